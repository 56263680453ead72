/*
 * keys_fuzz.c - DNSKEY and DS sets that nearly fit: trust only where a digest and a signature
 * say so.
 *
 * The input is a list of pieces: kind, length, octets. Keys of any octets; DS of any octets, or
 * true ones of the last key with an octet changed or not; signatures that name the last key
 * (they count as good, by the test's policy, where the algorithm is one of the two fakes). What
 * is trusted is found out a second time here, record by record.
 */
#include <string.h>

#include <openssl/evp.h>

#include "validator/digest.h"
#include "validator/key_match.h"

enum { RECORDS_MAX = 24, RDATA_MAX = 300, RRSIG_FIXED = 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t zone_octets[] = "\7example\3org";

enum kind { KIND_KEY, KIND_DS, KIND_TRUE_DS, KIND_SIGNATURE, KINDS };

struct input {
    struct arena *arena;
    struct slice keys[RECORDS_MAX], ds[RECORDS_MAX], signatures[RECORDS_MAX];
    uint16_t key_count, ds_count, signature_count;
};

/* RFC 4034 section 5.1.4. @return octets; 0: a type that is not known. */
static size_t digest_of(struct slice key, uint8_t type, uint8_t out[EVP_MAX_MD_SIZE])
{
    const EVP_MD *hash = type == DIGEST_SHA1     ? EVP_sha1()
                         : type == DIGEST_SHA256 ? EVP_sha256()
                         : type == DIGEST_SHA384 ? EVP_sha384()
                                                 : NULL;
    uint8_t octets[sizeof(zone_octets) + RDATA_MAX];
    unsigned size = 0;

    if (hash == NULL || key.size > RDATA_MAX)
        return 0;
    memcpy(octets, zone_octets, sizeof(zone_octets));
    memcpy(octets + sizeof(zone_octets), key.data, key.size);
    ASSERT(EVP_Digest(octets, sizeof(zone_octets) + key.size, out, &size, hash, NULL));
    return size;
}

static void add_true_ds(struct input *input, struct slice octets)
{
    struct slice key = input->keys[input->key_count - 1];
    uint8_t digest[EVP_MAX_MD_SIZE], type = (uint8_t)(octets.size > 0 ? octets.data[0] % 5 : 2);
    struct sink out =
        sink_of(arena_bytes(input->arena, 4 + EVP_MAX_MD_SIZE), 4 + EVP_MAX_MD_SIZE);
    size_t size = digest_of(key, type, digest);

    if (out.base == NULL || key.size < 4)
        return;
    sink_u16(&out, dnskey_tag(key));
    sink_u8(&out, key.data[3]);
    sink_u8(&out, type);
    sink_bytes(&out, slice_of(digest, size));
    if (octets.size > 2) /* nearly true */
        out.base[octets.data[1] % out.used] ^= octets.data[2];
    input->ds[input->ds_count++] = sink_written(&out);
}

static void add_signature(struct input *input, struct slice octets)
{
    struct slice key = input->keys[input->key_count - 1];
    struct sink out = sink_of(arena_bytes(input->arena, RDATA_MAX), RDATA_MAX);

    if (out.base == NULL || key.size < 4)
        return;
    sink_u16(&out, TYPE_DNSKEY);
    sink_u8(&out, key.data[3]);
    sink_u8(&out, 2);
    sink_u32(&out, 3600);
    sink_u32(&out, 2);
    sink_u32(&out, 1);
    sink_u16(&out, dnskey_tag(key));
    sink_bytes(&out, slice_of(zone_octets, sizeof(zone_octets)));
    sink_u8(&out, 1);
    if (octets.size > 1)
        out.base[octets.data[0] % out.used] ^= octets.data[1];
    input->signatures[input->signature_count++] = sink_written(&out);
}

static void read_input(struct input *input, struct slice octets)
{
    struct cursor in = cursor_of(octets);

    while (cursor_left(&in) > 2) {
        unsigned kind = cursor_u8(&in) % KINDS;
        struct slice piece = cursor_bytes(&in, cursor_u8(&in));

        if (cursor_failed(&in))
            return;
        if (kind == KIND_KEY && input->key_count < RECORDS_MAX)
            input->keys[input->key_count++] = piece;
        else if (kind == KIND_DS && input->ds_count < RECORDS_MAX)
            input->ds[input->ds_count++] = piece;
        else if (kind == KIND_TRUE_DS && input->key_count > 0 && input->ds_count < RECORDS_MAX)
            add_true_ds(input, piece);
        else if (kind == KIND_SIGNATURE && input->key_count > 0 &&
                 input->signature_count < RECORDS_MAX)
            add_signature(input, piece);
    }
}

static struct rrset *make(const struct input *input, uint16_t type, const struct slice *records,
                          uint16_t count, bool is_signed)
{
    struct slice all[2 * RECORDS_MAX];
    struct rrset_parts parts = {.owner = dname_of_wire(zone_octets),
                                .type = type,
                                .rrclass = CLASS_IN,
                                .rdata = all,
                                .rr_count = count};

    memcpy(all, records, count * sizeof(all[0]));
    for (; is_signed && parts.rrsig_count < input->signature_count; parts.rrsig_count++)
        all[count + parts.rrsig_count] = input->signatures[parts.rrsig_count];
    return rrset_in(input->arena, &parts);
}

static bool is_named(const struct input *input, const struct dnskey *key)
{
    for (size_t i = 0; i < input->signature_count; i++) {
        struct slice rdata = input->signatures[i];

        if (rdata.size > RRSIG_FIXED && rdata.data[2] == key->algorithm &&
            bytes_u16(rdata.data + 16) == key->tag)
            return true;
    }
    return false;
}

static bool is_meant(const struct input *input, struct slice key)
{
    for (size_t i = 0; i < input->ds_count; i++) {
        uint8_t digest[EVP_MAX_MD_SIZE];
        struct slice ds = input->ds[i];
        size_t size = ds.size < 4 ? 0 : digest_of(key, ds.data[3], digest);

        if (size > 0 && slice_equal(slice_of(digest, size), slice_of(ds.data + 4, ds.size - 4)))
            return true;
    }
    return false;
}

/* Some usable key is meant (by a DS, or each is) and named by a signature. */
static bool may_be_trusted(const struct input *input, bool by_ds)
{
    for (size_t i = 0; i < input->key_count; i++) {
        struct dnskey key;

        if (dnskey_read(input->keys[i], &key) && key.protocol == 3 &&
            (key.flags & (DNSKEY_ZONE | DNSKEY_REVOKE)) == DNSKEY_ZONE &&
            is_named(input, &key) && (!by_ds || is_meant(input, input->keys[i])))
            return true;
    }
    return false;
}

static void check_verdict(struct key_verdict *verdict, bool may_be_secure)
{
    ASSERT(verdict->security != SEC_SECURE || may_be_secure);
    ASSERT((verdict->security == SEC_SECURE) == (verdict->keys != NULL));
    ASSERT((verdict->security == SEC_SECURE) == finding_is_none(&verdict->finding));
    zone_keys_unref(verdict->keys);
}

static void check_flaws(const struct rrset *dnskeys)
{
    struct zone_keys *keys = zone_keys_new(dnskeys);

    ASSERT(keys != NULL && zone_keys_count(keys) <= dnskeys->rr_count);
    for (size_t i = 0; i < zone_keys_count(keys); i++) {
        const struct dnskey *key = zone_keys_at(keys, i);
        enum key_flaw flaw = zone_keys_flaw(keys, key->tag, key->algorithm);

        ASSERT(dnskey_is_usable(key) || flaw != KEY_NO_MATCH);
    }
    zone_keys_unref(keys);
}

static void run(const struct input *input, const struct sig_check *check)
{
    struct rrset *dnskeys = make(input, TYPE_DNSKEY, input->keys, input->key_count, true);
    struct rrset *ds = make(input, TYPE_DS, input->ds, input->ds_count, false);
    struct anchor anchor = {.zone = dname_of_wire(zone_octets), .rrclass = CLASS_IN};
    struct key_verdict verdict;

    if (input->key_count == 0)
        return;
    check_flaws(dnskeys);
    if (input->ds_count > 0) {
        verdict = keys_verify_by_ds(check, dnskeys, ds);
        check_verdict(&verdict, may_be_trusted(input, true));
        anchor.ds = ds;
    }
    anchor.keys = dnskeys;
    verdict = keys_verify_by_anchor(check, dnskeys, &anchor);
    check_verdict(&verdict, may_be_trusted(input, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *crypto; /* made once: it takes longer than a run, and never changes */
    const struct crypto_policy policy = {.sha1 = true, .fake_dsa = true};
    const struct sig_clock clock = {.ignored = true};
    struct budget_limits limits;
    struct input input = {.arena = arena_new(0)};
    struct sig_check check = {.clock = &clock, .arena = input.arena};

    if (crypto == NULL)
        crypto = crypto_new(&policy);
    budget_limits_default(&limits);
    check.crypto = crypto;
    check.budget = budget_new(&limits, 0);
    ASSERT(input.arena != NULL && crypto != NULL && check.budget != NULL);
    read_input(&input, slice_of(data, size));
    run(&input, &check);
    ASSERT(limits.most[COST_DIGESTS] - check.budget->left[COST_DIGESTS] <= 2 * DIGESTS_PER_CUT);
    budget_unref(check.budget);
    arena_free(input.arena);
    return 0;
}
