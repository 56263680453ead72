/*
 * sig_fuzz.c - DNSKEY, DS and RRSIG records of any octets: a verdict always, its text, its
 * cost.
 *
 * The input is a list of records: kind, length of two octets, rdata. Keys, DS and signatures
 * are of example.org. A good signature can hardly be found; what is checked is that nothing
 * else than a verdict comes out, and that it is paid.
 */
#include <string.h>

#include "validator/key_match.h"

enum { RECORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t zone_octets[] = "\7example\3org";
static const uint8_t owner_octets[] = "\3www\7example\3org";

/* The records of one kind as an RRset; kind 0 keys, 1 DS, 2 signatures over the first two A. */
struct input {
    struct slice rdata[3][RECORDS_MAX];
    uint16_t count[3];
};

static void read_input(struct input *input, struct slice octets)
{
    struct cursor in = cursor_of(octets);

    memset(input->count, 0, sizeof(input->count));
    while (cursor_left(&in) > 3) {
        unsigned kind = cursor_u8(&in) % 3u;
        struct slice rdata = cursor_bytes(&in, cursor_u16(&in) % 600u);

        if (!cursor_failed(&in) && input->count[kind] < RECORDS_MAX)
            input->rdata[kind][input->count[kind]++] = rdata;
    }
}

static struct rrset *make(struct arena *arena, const uint8_t *owner, uint16_t type,
                          const struct slice *records, uint16_t count,
                          const struct input *input)
{
    struct slice all[2 * RECORDS_MAX];
    struct rrset_parts parts = {.owner = dname_of_wire(owner),
                                .type = type,
                                .rrclass = CLASS_IN,
                                .rdata = all,
                                .rr_count = count};

    memcpy(all, records, count * sizeof(all[0]));
    for (; parts.rrsig_count < input->count[2]; parts.rrsig_count++)
        all[count + parts.rrsig_count] = input->rdata[2][parts.rrsig_count];
    return rrset_in(arena, &parts);
}

static void check_sig(const struct sig_check *check, const struct rrset *set,
                      struct zone_keys *keys)
{
    struct sig_verdict verdict = sig_verify(check, set, keys, NULL);
    struct dname signer;

    ASSERT(verdict.security == SEC_SECURE || verdict.security == SEC_BOGUS);
    ASSERT((verdict.security == SEC_BOGUS) == !finding_is_none(&verdict.finding));
    ASSERT(verdict.security == SEC_SECURE ||
           finding_text(&verdict.finding, NULL, check->arena) != NULL);
    ASSERT(verdict.security == SEC_BOGUS ||
           verdict.good.closest_labels <= rrset_owner(set).labels);
    if (sig_signer(set, &signer))
        ASSERT(dname_is_at_or_below(rrset_owner(set), signer));
}

static void check_keys(const struct sig_check *check, const struct rrset *keys,
                       const struct rrset *ds)
{
    struct key_verdict verdict = keys_verify_by_ds(check, keys, ds);
    struct finding finding;

    ASSERT((verdict.security == SEC_SECURE) == (verdict.keys != NULL));
    ASSERT((verdict.security == SEC_SECURE) == finding_is_none(&verdict.finding));
    ASSERT((verdict.security == SEC_INSECURE) ==
           (ds_support(check->crypto, ds, &finding) == SEC_INSECURE));
    zone_keys_unref(verdict.keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t address[2][4] = {{192, 0, 2, 2}, {192, 0, 2, 1}};
    const struct slice addresses[2] = {slice_of(address[0], 4), slice_of(address[1], 4)};
    const struct crypto_policy policy = {.sha1 = true};
    const struct sig_clock clock = {.ignored = true};
    struct budget_limits limits;
    struct arena *arena = arena_new(0);
    struct crypto *crypto = crypto_new(&policy);
    struct sig_check check = {.crypto = crypto, .clock = &clock, .arena = arena};
    struct input input;
    struct rrset *dnskeys;
    struct zone_keys *keys;

    budget_limits_default(&limits);
    check.budget = budget_new(&limits, 0);
    ASSERT(arena != NULL && crypto != NULL && check.budget != NULL);
    read_input(&input, slice_of(data, size));
    dnskeys = make(arena, zone_octets, TYPE_DNSKEY, input.rdata[0], input.count[0], &input);
    keys = zone_keys_new(dnskeys);
    ASSERT(zone_keys_count(keys) <= input.count[0]);
    check_sig(&check, make(arena, owner_octets, TYPE_A, addresses, 2, &input), keys);
    if (input.count[1] > 0)
        check_keys(&check, dnskeys,
                   make(arena, zone_octets, TYPE_DS, input.rdata[1], input.count[1], &input));
    ASSERT(limits.most[COST_SIGNATURES] - check.budget->left[COST_SIGNATURES] <=
           2 * SIGNATURES_PER_RRSET * KEYS_PER_TAG);
    ASSERT(limits.most[COST_DIGESTS] - check.budget->left[COST_DIGESTS] <= DIGESTS_PER_CUT);
    zone_keys_unref(keys);
    budget_unref(check.budget);
    crypto_free(crypto);
    arena_free(arena);
    return 0;
}
