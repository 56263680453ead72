/*
 * key_match.c - a DNSKEY set is held against DS records or a trust anchor.
 *
 * First the keys are found that the parent (or the anchor) speaks of, by digest or octet for
 * octet; then one of them has to have signed the whole set. Every digest is paid before it is
 * computed.
 */
#include "validator/key_match.h"

#include <string.h>

#include "validator/digest.h"

/* One search: which keys of the set are meant. */
struct search {
    const struct sig_check *check;
    struct dname zone;
    struct zone_keys *keys;
    bool *matched; /* one a key */
    size_t matches;
    struct algo_set found; /* algorithms of the matched keys */
    size_t looked_at, digests;
    bool exhausted;
    bool has_flaw;
    enum key_flaw flaw; /* why a key that was meant does not count */
    struct ds meant;    /* the DS that is told when nothing matches */
    bool has_meant;
};

/* ---- what a DS set can do ---- */

static bool ds_is_supported(const struct crypto *crypto, const struct ds *ds)
{
    return algo_is_supported(crypto, ds->algorithm) &&
           digest_is_supported(crypto, ds->digest_type);
}

/* RFC 4509 section 3: with a SHA-256 DS there (or a SHA-384 one, which came later) those of
 * SHA-1 are ignored, else who can break SHA-1 could choose the weaker one. */
static bool sha1_is_ignored(const struct crypto *crypto, const struct rrset *set)
{
    for (size_t i = 0; i < set->rr_count; i++) {
        struct ds ds;

        if (ds_read(rrset_rdata(set, i), &ds) && ds_is_supported(crypto, &ds) &&
            ds.digest_type != DIGEST_SHA1)
            return true;
    }
    return false;
}

static struct finding unsupported(struct dname owner, const struct ds *ds, bool algorithm_known)
{
    struct finding finding =
        algorithm_known
            ? finding_of(EDE_UNSUPPORTED_DS_DIGEST, "ds=unsupported-digest", owner, TYPE_DS)
            : finding_of(EDE_UNSUPPORTED_DNSKEY_ALGORITHM, "ds=unsupported-alg", owner,
                         TYPE_DS);

    finding.has_ds = ds != NULL;
    if (ds == NULL)
        return finding;
    finding.ds_tag = ds->tag;
    finding.ds_algorithm = ds->algorithm;
    finding.ds_digest = ds->digest_type;
    return finding;
}

enum security ds_support(const struct crypto *crypto, const struct rrset *set,
                         struct finding *finding)
{
    bool told_digest = false;

    /* Stays when none can even be read. */
    *finding = unsupported(rrset_owner(set), NULL, false);
    for (size_t i = 0; i < set->rr_count; i++) {
        struct ds ds;
        bool known;

        if (!ds_read(rrset_rdata(set, i), &ds))
            continue;
        if (ds_is_supported(crypto, &ds)) {
            *finding = (struct finding){0};
            return SEC_SECURE;
        }
        /* One whose algorithm is known fails only for its digest, which is told before others.
         */
        known = algo_is_supported(crypto, ds.algorithm);
        if (finding->has_ds && (told_digest || !known))
            continue;
        *finding = unsupported(rrset_owner(set), &ds, known);
        told_digest = known;
    }
    return SEC_INSECURE;
}

/* ---- matching ---- */

static void mark(struct search *search, size_t index)
{
    if (!search->matched[index])
        search->matches++;
    search->matched[index] = true;
    algo_set_add(&search->found, zone_keys_at(search->keys, index)->algorithm);
}

static void note_meant(struct search *search, const struct ds *ds)
{
    enum key_flaw flaw = zone_keys_flaw(search->keys, ds->tag, ds->algorithm);

    if (search->has_meant && (search->has_flaw || flaw == KEY_NO_MATCH))
        return;
    search->has_meant = true;
    search->meant = *ds;
    search->has_flaw = flaw != KEY_NO_MATCH;
    search->flaw = flaw;
}

static enum status match_digest(struct search *search, const struct ds *ds, size_t index)
{
    uint8_t digest[DIGEST_MAX];
    enum status status;

    if (ds->digest.size != digest_size(ds->digest_type))
        return STATUS_NOT_FOUND;
    if (search->digests == DIGESTS_PER_CUT ||
        !budget_take(search->check->budget, COST_DIGESTS, 1)) {
        search->exhausted = true;
        return STATUS_LIMIT;
    }
    search->digests++;
    status = digest_ds(search->check->crypto, ds->digest_type, search->zone,
                       rrset_rdata(zone_keys_rrset(search->keys), index), digest);
    if (status != STATUS_OK)
        return status;
    if (memcmp(digest, ds->digest.data, ds->digest.size) != 0)
        return STATUS_NOT_FOUND;
    mark(search, index);
    return STATUS_OK;
}

static enum status match_one_ds(struct search *search, const struct ds *ds)
{
    for (size_t i = 0; i < zone_keys_count(search->keys); i++) {
        const struct dnskey *key = zone_keys_at(search->keys, i);
        enum status status;

        if (key->tag != ds->tag || key->algorithm != ds->algorithm || !dnskey_is_usable(key))
            continue;
        status = match_digest(search, ds, i);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    note_meant(search, ds);
    return STATUS_OK;
}

/* STATUS_OK, STATUS_LIMIT (exhausted), STATUS_NO_MEMORY. */
static enum status match_ds(struct search *search, const struct rrset *set)
{
    const struct crypto *crypto = search->check->crypto;
    bool no_sha1 = sha1_is_ignored(crypto, set);

    for (size_t i = 0; i < set->rr_count && search->looked_at < DS_PER_CUT; i++) {
        struct ds ds;
        enum status status;

        if (!ds_read(rrset_rdata(set, i), &ds) || !ds_is_supported(crypto, &ds) ||
            (no_sha1 && ds.digest_type == DIGEST_SHA1))
            continue;
        search->looked_at++;
        status = match_one_ds(search, &ds);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void match_keys(struct search *search, const struct rrset *anchor)
{
    const struct rrset *set = zone_keys_rrset(search->keys);

    for (size_t i = 0; i < anchor->rr_count; i++) {
        struct slice wanted = rrset_rdata(anchor, i);
        struct dnskey key;

        for (size_t j = 0; j < zone_keys_count(search->keys); j++)
            if (dnskey_is_usable(zone_keys_at(search->keys, j)) &&
                slice_equal(rrset_rdata(set, j), wanted))
                mark(search, j);
        if (!search->has_meant && dnskey_read(wanted, &key))
            note_meant(search, &(struct ds){.tag = key.tag, .algorithm = key.algorithm});
    }
}

/* ---- verdicts ---- */

static void set_key(struct finding *finding, uint16_t tag, uint8_t algorithm)
{
    finding->has_key = true;
    finding->key_tag = tag;
    finding->key_algorithm = algorithm;
}

/* A key in DNSKEY form is told as key, one known by its digest as ds. */
static void set_meant(struct finding *finding, const struct ds *ds)
{
    if (ds->digest_type == 0) {
        set_key(finding, ds->tag, ds->algorithm);
        return;
    }
    finding->has_ds = true;
    finding->ds_tag = ds->tag;
    finding->ds_algorithm = ds->algorithm;
    finding->ds_digest = ds->digest_type;
}

static struct finding no_match(const struct search *search)
{
    static const struct {
        const char *cause;
        uint16_t ede;
    } causes[] = {
        [KEY_NO_MATCH] = {"key=no-match", EDE_DNSKEY_MISSING},
        [KEY_BAD_PROTO] = {"key=bad-proto", EDE_DNSKEY_MISSING},
        [KEY_REVOKED] = {"key=revoked", EDE_DNSKEY_MISSING},
        [KEY_NO_ZONE_BIT] = {"key=no-zone-bit", EDE_NO_ZONE_KEY_BIT},
    };
    enum key_flaw flaw = search->has_flaw ? search->flaw : KEY_NO_MATCH;
    struct finding finding =
        finding_of(causes[flaw].ede, causes[flaw].cause, search->zone, TYPE_DNSKEY);

    if (search->has_meant)
        set_meant(&finding, &search->meant);
    return finding;
}

static struct key_verdict no_memory(void)
{
    return (struct key_verdict){.security = SEC_INDETERMINATE};
}

/* The signature over the set, by a matched key. */
static struct key_verdict verify(struct search *search, struct algo_set algorithms)
{
    struct key_verdict verdict = {.algorithms = algorithms};
    struct sig_verdict sig = sig_verify_by(search->check, zone_keys_rrset(search->keys),
                                           search->keys, search->matched, &verdict.algorithms);

    verdict.security = sig.security;
    verdict.exhausted = sig.exhausted;
    verdict.good = sig.good;
    verdict.finding = sig.finding;
    verdict.finding.name = search->zone; /* the other view ends with the keys */
    if (sig.security == SEC_SECURE)
        verdict.keys = zone_keys_ref(search->keys);
    if (sig.security != SEC_BOGUS || sig.finding.ede != EDE_DNSSEC_BOGUS ||
        strcmp(sig.finding.cause, "sig=no-key") != 0)
        return verdict;
    /* Signed only by keys that nobody vouches for: what is missing is the signature of one that
     * is vouched for. */
    verdict.finding = finding_of(EDE_RRSIGS_MISSING, "sig=missing", search->zone, TYPE_DNSKEY);
    for (size_t i = 0; i < zone_keys_count(search->keys); i++)
        if (search->matched[i]) {
            const struct dnskey *key = zone_keys_at(search->keys, i);

            set_key(&verdict.finding, key->tag, key->algorithm);
            break;
        }
    return verdict;
}

/* What both forms share: search, then verify. @param ds, keys either may be NULL. */
static struct key_verdict search_and_verify(struct search *search, const struct rrset *ds,
                                            const struct rrset *keys,
                                            struct algo_set algorithms)
{
    struct key_verdict verdict = {.security = SEC_BOGUS};
    enum status status = STATUS_OK;

    search->matched =
        ARENA_ARRAY(search->check->arena, bool, zone_keys_count(search->keys) + 1);
    if (search->matched == NULL)
        return no_memory();
    if (keys != NULL)
        match_keys(search, keys);
    if (ds != NULL)
        status = match_ds(search, ds);
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    /* Keys that were found before the digests were used up count all the same. */
    if (search->matches > 0 &&
        (!search->check->all_algorithms || algo_set_has_all(&search->found, &algorithms)))
        return verify(search, algorithms);
    verdict.exhausted = search->exhausted;
    verdict.finding = no_match(search);
    if (search->matches > 0) /* harden-algo-downgrade: a key is missing of one algorithm only */
        verdict.finding.ede = EDE_DNSSEC_BOGUS;
    return verdict;
}

/* Supported algorithms of both forms; false: there are none. */
static bool supported(const struct crypto *crypto, const struct rrset *ds_set,
                      const struct rrset *keys, struct algo_set *out)
{
    bool any = false;

    for (size_t i = 0; ds_set != NULL && i < ds_set->rr_count; i++) {
        struct ds ds;

        if (!ds_read(rrset_rdata(ds_set, i), &ds) || !ds_is_supported(crypto, &ds))
            continue;
        algo_set_add(out, ds.algorithm);
        any = true;
    }
    for (size_t i = 0; keys != NULL && i < keys->rr_count; i++) {
        struct dnskey key;

        if (!dnskey_read(rrset_rdata(keys, i), &key) ||
            !algo_is_supported(crypto, key.algorithm))
            continue;
        algo_set_add(out, key.algorithm);
        any = true;
    }
    return any;
}

/* ds=unsupported-..., or for an anchor of keys only key=unsupported. */
static struct key_verdict insecure(const struct crypto *crypto, const struct rrset *ds,
                                   const struct rrset *keys)
{
    struct key_verdict verdict = {.security = SEC_INSECURE};
    struct dnskey key;

    if (ds != NULL) {
        ds_support(crypto, ds, &verdict.finding);
        return verdict;
    }
    verdict.finding = finding_of(EDE_UNSUPPORTED_DNSKEY_ALGORITHM, "key=unsupported",
                                 rrset_owner(keys), TYPE_DNSKEY);
    if (keys->rr_count > 0 && dnskey_read(rrset_rdata(keys, 0), &key))
        set_key(&verdict.finding, key.tag, key.algorithm);
    return verdict;
}

static struct key_verdict no_dnskey(struct dname zone, const struct crypto *crypto,
                                    const struct rrset *ds_set)
{
    struct key_verdict verdict = {
        .security = SEC_BOGUS,
        .finding = finding_of(EDE_DNSKEY_MISSING, "key=none", zone, TYPE_DNSKEY)};
    struct ds ds;

    for (size_t i = 0; ds_set != NULL && i < ds_set->rr_count; i++)
        if (ds_read(rrset_rdata(ds_set, i), &ds) && ds_is_supported(crypto, &ds)) {
            set_meant(&verdict.finding, &ds);
            break;
        }
    return verdict;
}

static struct key_verdict keys_verify(const struct sig_check *check, struct dname zone,
                                      const struct rrset *dnskeys, const struct rrset *ds,
                                      const struct rrset *anchor_keys)
{
    struct search search = {.check = check, .zone = zone};
    struct algo_set algorithms = {0};
    struct key_verdict verdict;

    if (!supported(check->crypto, ds, anchor_keys, &algorithms))
        return insecure(check->crypto, ds, anchor_keys);
    if (dnskeys == NULL || dnskeys->rr_count == 0)
        return no_dnskey(zone, check->crypto, ds);
    search.keys = zone_keys_new(dnskeys);
    if (search.keys == NULL)
        return no_memory();
    verdict = search_and_verify(&search, ds, anchor_keys, algorithms);
    zone_keys_unref(search.keys);
    return verdict;
}

struct key_verdict keys_verify_by_ds(const struct sig_check *check, const struct rrset *dnskeys,
                                     const struct rrset *ds)
{
    return keys_verify(check, rrset_owner(ds), dnskeys, ds, NULL);
}

struct key_verdict keys_verify_by_anchor(const struct sig_check *check,
                                         const struct rrset *dnskeys,
                                         const struct anchor *anchor)
{
    return keys_verify(check, anchor->zone, dnskeys, anchor->ds, anchor->keys);
}
