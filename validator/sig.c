/*
 * sig.c - the signatures of one RRset, checked cheapest test first (RFC 4035 section 5.3).
 *
 * Each signature goes through its fields, its key, its times, and only then through the
 * verification that costs. What stops it is a flaw; of all flaws the one is told that was found
 * furthest on the way, because that signature came nearest to being good.
 */
#include "validator/sig.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "util/wire/rdata.h"

enum {
    SIGNATURES_PER_KEY = 2,
    SIGNATURES_LOOKED_AT = 64, /* cheap tests only; verified are at most SIGNATURES_PER_RRSET */
    RRSIG_FIXED = 18           /* octets before the signer's name */
};

/* In the order of the way: a later one tells more. */
enum flaw {
    FLAW_NONE,
    FLAW_MISSING,
    FLAW_FOREIGN_SIGNER,
    FLAW_BAD_LABELS,
    FLAW_UNSUPPORTED,
    FLAW_NO_KEY,
    FLAW_BAD_PROTO,
    FLAW_REVOKED,
    FLAW_NO_ZONE_BIT,
    FLAW_FUTURE,
    FLAW_EXPIRED,
    FLAW_EXPIRED_BEFORE_VALID,
    FLAW_INVALID
};

static const struct {
    const char *cause;
    uint16_t ede;
} flaws[] = {
    [FLAW_NONE] = {NULL, 0},
    [FLAW_MISSING] = {"sig=missing", EDE_RRSIGS_MISSING},
    [FLAW_FOREIGN_SIGNER] = {"sig=foreign-signer", EDE_DNSSEC_BOGUS},
    [FLAW_BAD_LABELS] = {"sig=bad-labels", EDE_DNSSEC_BOGUS},
    [FLAW_UNSUPPORTED] = {"sig=unsupported", EDE_DNSSEC_BOGUS},
    [FLAW_NO_KEY] = {"sig=no-key", EDE_DNSSEC_BOGUS},
    [FLAW_BAD_PROTO] = {"key=bad-proto", EDE_DNSKEY_MISSING},
    [FLAW_REVOKED] = {"key=revoked", EDE_DNSKEY_MISSING},
    [FLAW_NO_ZONE_BIT] = {"key=no-zone-bit", EDE_NO_ZONE_KEY_BIT},
    [FLAW_FUTURE] = {"sig=future", EDE_SIGNATURE_NOT_YET_VALID},
    [FLAW_EXPIRED] = {"sig=expired", EDE_SIGNATURE_EXPIRED},
    [FLAW_EXPIRED_BEFORE_VALID] = {"sig=expired-before-valid",
                                   EDE_SIGNATURE_EXPIRED_BEFORE_VALID},
    [FLAW_INVALID] = {"sig=invalid", EDE_DNSSEC_BOGUS},
};

/* The RRset in canonical form, made before the first verification and freed with the last. */
struct canonical {
    struct slice *records; /* in order, equal ones once */
    size_t count;
    struct sink octets; /* of the records */
    struct sink buffer; /* what one signature covers */
};

struct signing {
    const struct sig_check *check;
    const struct rrset *set;
    struct dname owner;
    struct zone_keys *keys;
    const bool *allowed;           /* NULL: all keys */
    const size_t *only;            /* this key, whatever its flags; NULL: those fit for it */
    const struct algo_set *needed; /* NULL: one signature is enough */
    struct canonical canonical;
    unsigned verified, failures;
    enum flaw flaw;
    struct algo_set good; /* algorithms with a good signature */
    bool ended;           /* exhausted, or no memory: nothing further is tried */
    struct sig_verdict verdict;
};

/* One signature on its way. */
struct attempt {
    struct rdata_rrsig fields;
    struct slice rdata;
    int64_t begin_s, end_s, skew_s;
};

/* ---- the clock ---- */

enum status sig_clock_read(struct sig_clock *clock, const char *override_date)
{
    uint64_t seconds;

    clock->ignored = override_date != NULL && strcmp(override_date, "-1") == 0;
    clock->override_s = 0;
    if (override_date == NULL || clock->ignored || strcmp(override_date, "0") == 0)
        return STATUS_OK;
    if (strlen(override_date) == 14)
        return text_read_time(override_date, &clock->override_s);
    if (text_read_u64(override_date, UINT32_MAX, &seconds) != STATUS_OK)
        return STATUS_MALFORMED;
    clock->override_s = (int64_t)seconds;
    return STATUS_OK;
}

static int64_t now_s(const struct sig_check *check)
{
    return check->clock->override_s != 0 ? check->clock->override_s : check->wall_s;
}

/* RFC 4034 section 3.1.5: times are serial numbers (RFC 1982) about the present. */
static int64_t near_now(int64_t now, uint32_t serial)
{
    return now + (int32_t)(serial - (uint32_t)now);
}

static enum flaw check_times(const struct sig_check *check, struct attempt *attempt)
{
    const struct sig_clock *clock = check->clock;
    int64_t now = now_s(check), lifetime_s;

    attempt->begin_s = near_now(now, attempt->fields.inception);
    attempt->end_s = near_now(now, attempt->fields.expiration);
    if (clock->ignored)
        return FLAW_NONE;
    lifetime_s = (int32_t)(attempt->fields.expiration - attempt->fields.inception);
    if (lifetime_s < 0)
        return FLAW_EXPIRED_BEFORE_VALID;
    /* A tenth of the lifetime, so that a clock or zone file that is off by an hour does not
     * matter. */
    attempt->skew_s = time_max(time_min(lifetime_s / 10, clock->skew_max_s), clock->skew_min_s);
    if (now < attempt->begin_s - attempt->skew_s)
        return FLAW_FUTURE;
    return now > attempt->end_s + attempt->skew_s ? FLAW_EXPIRED : FLAW_NONE;
}

/* RFC 4035 section 5.3.3. */
static uint32_t ttl_max_s(const struct sig_check *check, const struct attempt *attempt)
{
    int64_t left = attempt->end_s - now_s(check);

    if (check->clock->ignored)
        return attempt->fields.original_ttl_s;
    if (left <= 0) /* within the skew */
        left += attempt->skew_s;
    return (uint32_t)time_max(time_min(left, attempt->fields.original_ttl_s), 0);
}

/* ---- flaws ---- */

static void note(struct signing *signing, enum flaw flaw, const struct attempt *attempt)
{
    struct finding *finding = &signing->verdict.finding;

    if (flaw <= signing->flaw)
        return;
    signing->flaw = flaw;
    *finding =
        finding_of(flaws[flaw].ede, flaws[flaw].cause, signing->owner, signing->set->type);
    if (attempt == NULL)
        return;
    finding->has_key = true;
    finding->key_tag = attempt->fields.key_tag;
    finding->key_algorithm = attempt->fields.algorithm;
    finding->has_end = flaw == FLAW_EXPIRED || flaw == FLAW_EXPIRED_BEFORE_VALID;
    finding->has_begin = flaw == FLAW_FUTURE || flaw == FLAW_EXPIRED_BEFORE_VALID;
    finding->begin_s = attempt->begin_s;
    finding->end_s = attempt->end_s;
}

/* The budget said no: what was found so far is told, or that it was the budget. */
static void end_exhausted(struct signing *signing)
{
    signing->ended = true;
    signing->verdict.exhausted = true;
    if (signing->flaw == FLAW_NONE)
        signing->verdict.finding = finding_of(EDE_DNSSEC_BOGUS, "limit=signatures",
                                              signing->owner, signing->set->type);
}

static void end_without_memory(struct signing *signing)
{
    signing->ended = true;
    signing->verdict.security = SEC_INDETERMINATE;
}

/* ---- the fields (RFC 4035 section 5.3.1) ---- */

/* RFC 4034 section 3.1.3: neither the root label nor "*" counts. */
static unsigned owner_labels(struct dname owner)
{
    return owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
}

static bool may_sign(const struct rrset *set, struct dname owner, struct dname signer)
{
    if (set->type == TYPE_DNSKEY)
        return dname_equal(owner, signer);
    /* RFC 4035 section 2.4: the parent signs a DS; at the root there is no parent. */
    if (set->type == TYPE_DS)
        return dname_is_below(owner, signer);
    return dname_is_at_or_below(owner, signer);
}

static enum flaw check_fields(const struct signing *signing, const struct attempt *attempt)
{
    const struct rdata_rrsig *fields = &attempt->fields;
    struct dname zone = zone_keys_zone(signing->keys);

    if (fields->type_covered != signing->set->type || !dname_equal(fields->signer, zone) ||
        !may_sign(signing->set, signing->owner, fields->signer))
        return FLAW_FOREIGN_SIGNER;
    /* Fewer labels than the signer would let one zone's wildcard stand for names above it. */
    if (fields->labels > owner_labels(signing->owner) || fields->labels < zone.labels)
        return FLAW_BAD_LABELS;
    return algo_is_supported(signing->check->crypto, fields->algorithm) ? FLAW_NONE
                                                                        : FLAW_UNSUPPORTED;
}

static bool key_fits(const struct signing *signing, size_t index,
                     const struct rdata_rrsig *fields)
{
    const struct dnskey *key = zone_keys_at(signing->keys, index);

    if (key->tag != fields->key_tag || key->algorithm != fields->algorithm)
        return false;
    if (signing->only != NULL)
        return index == *signing->only;
    return dnskey_is_usable(key) && (signing->allowed == NULL || signing->allowed[index]);
}

static enum flaw check_key(const struct signing *signing, const struct attempt *attempt)
{
    const struct rdata_rrsig *fields = &attempt->fields;

    for (size_t i = 0; i < zone_keys_count(signing->keys); i++)
        if (key_fits(signing, i, fields))
            return FLAW_NONE;
    if (signing->flaw >= FLAW_NO_KEY) /* said already; the search below is not free */
        return FLAW_NO_KEY;
    switch (zone_keys_flaw(signing->keys, fields->key_tag, fields->algorithm)) {
    case KEY_NO_ZONE_BIT: return FLAW_NO_ZONE_BIT;
    case KEY_REVOKED: return FLAW_REVOKED;
    case KEY_BAD_PROTO: return FLAW_BAD_PROTO;
    case KEY_NO_MATCH: break;
    }
    return FLAW_NO_KEY;
}

/* ---- canonical form (RFC 4034 section 6) ---- */

static int compare_records(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void fill_canonical(struct canonical *canonical, const struct rrset *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->rr_count; i++) {
        size_t start = canonical->octets.used;

        rdata_write_canonical(&canonical->octets, rrset_rdata(set, i), set->type);
        canonical->records[i] =
            slice_of(canonical->octets.base + start, canonical->octets.used - start);
    }
    qsort(canonical->records, set->rr_count, sizeof(canonical->records[0]), compare_records);
    for (size_t i = 0; i < set->rr_count; i++)
        if (kept == 0 || !slice_equal(canonical->records[kept - 1], canonical->records[i]))
            canonical->records[kept++] = canonical->records[i];
    canonical->count = kept;
}

/* One allocation for slices, records and buffer. */
static enum status make_canonical(struct canonical *canonical, const struct rrset *set,
                                  struct dname owner)
{
    size_t octets = 0, slices = set->rr_count * sizeof(struct slice), buffer;
    uint8_t *memory;

    if (canonical->records != NULL)
        return STATUS_OK;
    for (size_t i = 0; i < set->rr_count; i++)
        octets += rrset_rdata(set, i).size;
    /* Of each record: owner, type, class, TTL, length, rdata. */
    buffer = RRSIG_FIXED + DNAME_MAX + set->rr_count * ((size_t)owner.size + 10) + octets;
    if (buffer > SIGNED_SIZE_MAX)
        return STATUS_LIMIT;
    memory = malloc(slices + octets + buffer);
    if (memory == NULL)
        return STATUS_NO_MEMORY;
    canonical->records = (struct slice *)(void *)memory;
    canonical->octets = sink_of(memory + slices, octets);
    canonical->buffer = sink_of(memory + slices + octets, buffer);
    fill_canonical(canonical, set);
    return STATUS_OK;
}

/* The owner that was signed: the wildcard where there are fewer labels (RFC 4035
 * section 5.3.2). */
static void write_owner(struct sink *out, struct dname owner, uint8_t labels)
{
    static const uint8_t star[] = {1, '*'};

    if (labels < owner_labels(owner)) {
        sink_bytes(out, slice_of(star, sizeof(star)));
        owner = dname_ancestor(owner, labels);
    }
    dname_write_lower(out, owner);
}

/* What a signature covers: its own fields, then all records (RFC 4034 section 3.1.8.1). */
static struct slice write_signed(struct signing *signing, const struct attempt *attempt)
{
    struct sink *out = &signing->canonical.buffer;
    const struct rrset *set = signing->set;
    size_t start, size;

    out->used = 0;
    sink_bytes(out, slice_of(attempt->rdata.data, RRSIG_FIXED));
    dname_write_lower(out, attempt->fields.signer);
    start = out->used;
    write_owner(out, signing->owner, attempt->fields.labels);
    size = out->used - start;
    out->used = start;
    for (size_t i = 0; i < signing->canonical.count; i++) {
        struct slice record = signing->canonical.records[i];

        if (i == 0)
            out->used += size; /* it stands there already */
        else
            sink_bytes(out, slice_of(out->base + start, size));
        sink_u16(out, set->type);
        sink_u16(out, set->rrclass);
        sink_u32(out, attempt->fields.original_ttl_s);
        sink_u16(out, (uint16_t)record.size);
        sink_bytes(out, record);
    }
    ASSERT(!sink_failed(out));
    return sink_written(out);
}

/* ---- verification ---- */

/* Taking comes before working; a question whose failures are used up verifies nothing more. */
static bool take(struct signing *signing, uint8_t algorithm)
{
    struct budget *budget = signing->check->budget;

    if (budget->left[COST_FAILED_SIGNATURES] > 0 &&
        budget_take(budget, COST_SIGNATURES, algo_weight(algorithm)))
        return true;
    if (budget->left[COST_FAILED_SIGNATURES] == 0)
        budget_take(budget, COST_FAILED_SIGNATURES, 1); /* says no, and notes it */
    end_exhausted(signing);
    return false;
}

static void accept_signature(struct signing *signing, const struct attempt *attempt)
{
    const struct rdata_rrsig *fields = &attempt->fields;
    struct sig_good *good = &signing->verdict.good;

    algo_set_add(&signing->good, fields->algorithm);
    if (signing->verdict.security == SEC_SECURE)
        return;
    signing->verdict.security = SEC_SECURE;
    good->key_tag = fields->key_tag;
    good->algorithm = fields->algorithm;
    good->begin_s = attempt->begin_s;
    good->end_s = attempt->end_s;
    good->original_ttl_s = fields->original_ttl_s;
    good->ttl_max_s = ttl_max_s(signing->check, attempt);
    good->is_expanded = fields->labels < owner_labels(signing->owner);
    good->closest_labels = fields->labels;
}

/* Nothing more is verified for this question: it is under attack. */
static void give_up(struct signing *signing)
{
    struct budget *budget = signing->check->budget;

    budget_take(budget, COST_FAILED_SIGNATURES, budget->left[COST_FAILED_SIGNATURES]);
}

/* A key signs an RRset once; twice where an old signature has not gone yet. */
static bool has_crowd(const struct rrset *set, const struct rdata_rrsig *like)
{
    size_t same = 0;

    for (size_t i = 0; i < set->rrsig_count && i < SIGNATURES_LOOKED_AT; i++) {
        struct rdata_rrsig fields;

        same += rdata_rrsig(rrset_rrsig(set, i), &fields) && fields.key_tag == like->key_tag &&
                fields.algorithm == like->algorithm;
    }
    return same > SIGNATURES_PER_KEY;
}

/* A broken key costs what a bad signature costs (CVE-2025-8677). All that is left is the price
 * where no accident explains it: two keys of one tag that both fail (chance brings that about
 * once in 65,536 signatures that are bad anyway, who makes keys collide, CVE-2023-50387, each
 * time), or a bad signature among many by one key. */
static void pay_failure(struct signing *signing, unsigned tried,
                        const struct rdata_rrsig *fields)
{
    signing->failures++;
    if (tried > 1 || has_crowd(signing->set, fields))
        give_up(signing);
    else
        budget_take(signing->check->budget, COST_FAILED_SIGNATURES, 1);
}

/* @param tried keys for this signature, this one included.
 * @return true: this key is through with it, good or for lack of memory or budget. */
static bool try_key(struct signing *signing, size_t index, const struct attempt *attempt,
                    struct slice octets, unsigned tried)
{
    const struct sig_check *check = signing->check;
    const struct public_key *key;
    enum status status;

    /* Where data was damaged on the way, both signatures of a key roll fail; then this is the
     * end of the RRset. That there are still more is nobody's mistake. */
    if (signing->failures == FAILURES_PER_RRSET)
        give_up(signing);
    if (!take(signing, attempt->fields.algorithm))
        return true;
    status = zone_keys_public(signing->keys, check->crypto, index, &key);
    if (status == STATUS_OK)
        status = public_key_verify(check->crypto, key, octets, attempt->fields.signature);
    if (status == STATUS_NO_MEMORY) {
        end_without_memory(signing);
        return true;
    }
    if (status == STATUS_OK) {
        accept_signature(signing, attempt);
        return true;
    }
    note(signing, FLAW_INVALID, attempt);
    pay_failure(signing, tried, &attempt->fields);
    return false;
}

static void verify(struct signing *signing, const struct attempt *attempt)
{
    enum status status = make_canonical(&signing->canonical, signing->set, signing->owner);
    unsigned tried = 0;
    struct slice octets;

    if (status == STATUS_NO_MEMORY)
        end_without_memory(signing);
    else if (status != STATUS_OK)
        note(signing, FLAW_INVALID, attempt);
    if (status != STATUS_OK)
        return;
    signing->verified++;
    octets = write_signed(signing, attempt);
    for (size_t i = 0; i < zone_keys_count(signing->keys) && tried < KEYS_PER_TAG; i++) {
        if (!key_fits(signing, i, &attempt->fields))
            continue;
        tried++;
        if (try_key(signing, i, attempt, octets, tried))
            return;
    }
}

static void try_signature(struct signing *signing, struct slice rdata)
{
    struct attempt attempt = {.rdata = rdata};
    enum flaw flaw;

    if (!rdata_rrsig(rdata, &attempt.fields) ||
        algo_set_has(&signing->good, attempt.fields.algorithm))
        return;
    flaw = check_fields(signing, &attempt);
    if (flaw == FLAW_NONE)
        flaw = check_key(signing, &attempt);
    if (flaw == FLAW_NONE)
        flaw = check_times(signing->check, &attempt);
    if (flaw == FLAW_NONE)
        verify(signing, &attempt);
    else
        note(signing, flaw, &attempt);
}

/* harden-algo-downgrade: each algorithm that the parent lists has given a good signature. */
static bool has_all(const struct algo_set *good, const struct algo_set *needed)
{
    return needed == NULL || algo_set_has_all(good, needed);
}

static struct sig_verdict run(struct signing *signing)
{
    const struct rrset *set = signing->set;
    struct sig_verdict *verdict = &signing->verdict;
    bool done = false;

    verdict->security = SEC_BOGUS;
    for (size_t i = 0; i < set->rrsig_count && i < SIGNATURES_LOOKED_AT && !done; i++) {
        if (signing->verified == SIGNATURES_PER_RRSET)
            break;
        try_signature(signing, rrset_rrsig(set, i));
        done = signing->ended ||
               (verdict->security == SEC_SECURE && has_all(&signing->good, signing->needed));
    }
    free(signing->canonical.records);
    if (verdict->security == SEC_SECURE &&
        (signing->ended || !has_all(&signing->good, signing->needed)))
        verdict->security = SEC_BOGUS;
    if (verdict->security == SEC_SECURE)
        verdict->finding = (struct finding){0};
    else if (verdict->security == SEC_BOGUS && !verdict->exhausted)
        note(signing, FLAW_MISSING, NULL); /* counts only where there was no signature at all */
    return *verdict;
}

struct sig_verdict sig_verify_by(const struct sig_check *check, const struct rrset *set,
                                 struct zone_keys *keys, const bool *allowed,
                                 const struct algo_set *needed)
{
    struct signing signing = {.check = check,
                              .set = set,
                              .owner = rrset_owner(set),
                              .keys = keys,
                              .allowed = allowed,
                              .needed = check->all_algorithms ? needed : NULL};

    return run(&signing);
}

struct sig_verdict sig_verify_self(const struct sig_check *check, struct zone_keys *keys,
                                   size_t index)
{
    const struct rrset *set = zone_keys_rrset(keys);
    struct signing signing = {
        .check = check, .set = set, .owner = rrset_owner(set), .keys = keys, .only = &index};

    return run(&signing);
}

struct sig_verdict sig_verify(const struct sig_check *check, const struct rrset *set,
                              struct zone_keys *keys, const struct algo_set *needed)
{
    return sig_verify_by(check, set, keys, NULL, needed);
}

bool sig_signer(const struct rrset *set, struct dname *signer)
{
    for (size_t i = 0; i < set->rrsig_count && i < SIGNATURES_LOOKED_AT; i++) {
        struct rdata_rrsig fields;

        if (!rdata_rrsig(rrset_rrsig(set, i), &fields) ||
            !may_sign(set, rrset_owner(set), fields.signer))
            continue;
        *signer = fields.signer;
        return true;
    }
    return false;
}

static bool has_rrsig(const struct rrset *set, struct slice rrsig)
{
    for (size_t i = 0; i < set->rrsig_count; i++)
        if (slice_equal(rrset_rrsig(set, i), rrsig))
            return true;
    return false;
}

bool sig_is_unchanged(const struct sig_check *check, const struct rrset *set,
                      const struct rrset *known, struct sig_good *good)
{
    *good = (struct sig_good){.original_ttl_s = UINT32_MAX, .ttl_max_s = UINT32_MAX};
    if (set->rrsig_count == 0 || set->rrsig_count > SIGNATURES_PER_RRSET ||
        set->rrsig_count != known->rrsig_count)
        return false;
    for (size_t i = 0; i < set->rrsig_count; i++) {
        struct attempt attempt = {.rdata = rrset_rrsig(set, i)};

        if (!has_rrsig(known, attempt.rdata) || !rdata_rrsig(attempt.rdata, &attempt.fields) ||
            check_times(check, &attempt) != FLAW_NONE)
            return false;
        good->original_ttl_s =
            (uint32_t)size_min(good->original_ttl_s, attempt.fields.original_ttl_s);
        good->ttl_max_s = (uint32_t)size_min(good->ttl_max_s, ttl_max_s(check, &attempt));
    }
    return true;
}
