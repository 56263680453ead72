/*
 * rfc5011.c - the states of the keys of one trust point, and what moves them (RFC 5011 section
 * 4).
 *
 * Called by trust_points.c with a DNSKEY set. One event: revocations are looked for first, for
 * they need no trust (section 2.1); then the set is validated by the trusted keys; then each
 * key of the point and each new one of the set makes at most one move of the table below.
 */
#include "validator/rfc5011.h"

#include <stdlib.h>
#include <string.h>

#include "validator/digest.h"

enum {
    HOUR_S = 3600,
    DAY_S = 86400,
    QUERY_INTERVAL_MAX_S = 15 * DAY_S,
    SEEN_MIN = 2, /* validated sets that a pending key must have been in */
    CLOCK_JUMP_S = DAY_S
};

/* ---- life ---- */

struct rfc5011_point *rfc5011_new(struct dname zone, uint16_t rrclass)
{
    struct rfc5011_point *point = calloc(1, sizeof(*point));

    if (point == NULL)
        return NULL;
    point->zone = dname_store(zone, point->zone_octets);
    point->rrclass = rrclass;
    return point;
}

static void free_ds(struct rfc5011_point *point)
{
    while (point->ds != NULL) {
        struct rfc5011_ds *ds = point->ds;

        point->ds = ds->next;
        free(ds);
    }
}

void rfc5011_free(struct rfc5011_point *point)
{
    if (point == NULL)
        return;
    while (point->keys != NULL) {
        struct rfc5011_key *key = point->keys;

        point->keys = key->next;
        free(key);
    }
    free_ds(point);
    free(point);
}

/* ---- keys ---- */

/* RFC 5011 section 2.1: a revoked key is the same key, with one bit more in its flags. */
static bool same_key(struct slice a, struct slice b)
{
    return a.size == b.size && a.size > 4 && a.data[0] == b.data[0] &&
           (a.data[1] | DNSKEY_REVOKE) == (b.data[1] | DNSKEY_REVOKE) &&
           memcmp(a.data + 2, b.data + 2, a.size - 2) == 0;
}

static struct slice rdata_of(const struct rfc5011_key *key)
{
    return slice_of(key->rdata, key->size);
}

static struct rfc5011_key *find_key(const struct rfc5011_point *point, struct slice rdata)
{
    for (struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (same_key(rdata_of(key), rdata))
            return key;
    return NULL;
}

static size_t count_keys(const struct rfc5011_point *point)
{
    size_t count = 0;

    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        count++;
    return count;
}

enum status rfc5011_add_key(struct rfc5011_point *point, struct slice rdata, uint32_t ttl_s,
                            enum rfc5011_state state, struct rfc5011_key **out)
{
    struct rfc5011_key *key = find_key(point, rdata);

    if (key == NULL) {
        if (count_keys(point) >= RFC5011_KEYS_MAX || rdata.size > UINT16_MAX)
            return STATUS_LIMIT;
        key = calloc(1, sizeof(*key) + rdata.size);
        if (key == NULL)
            return STATUS_NO_MEMORY;
        key->size = (uint16_t)rdata.size;
        memcpy(key->rdata, rdata.data, rdata.size);
        key->next = point->keys;
        point->keys = key;
    }
    key->ttl_s = ttl_s;
    if (key->state != RFC5011_REVOKED)
        key->state = state;
    if (state == RFC5011_REVOKED)
        key->rdata[1] |= DNSKEY_REVOKE;
    *out = key;
    return STATUS_OK;
}

enum status rfc5011_add_ds(struct rfc5011_point *point, struct slice rdata)
{
    struct rfc5011_ds **last = &point->ds, *ds;
    size_t count = 0;

    for (; *last != NULL; last = &(*last)->next) {
        if (slice_equal(slice_of((*last)->rdata, (*last)->size), rdata))
            return STATUS_OK;
        count++;
    }
    if (count >= RFC5011_KEYS_MAX || rdata.size > UINT16_MAX)
        return STATUS_LIMIT;
    ds = calloc(1, sizeof(*ds) + rdata.size);
    if (ds == NULL)
        return STATUS_NO_MEMORY;
    ds->size = (uint16_t)rdata.size;
    memcpy(ds->rdata, rdata.data, rdata.size);
    *last = ds;
    return STATUS_OK;
}

static bool has_trusted_key(const struct rfc5011_point *point)
{
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (rfc5011_is_trusted(key))
            return true;
    return false;
}

bool rfc5011_has_trust(const struct rfc5011_point *point)
{
    return point->ds != NULL || has_trusted_key(point);
}

/* ---- moves ---- */

/* RFC 5011 section 4.1, row by row. A pending key that revokes itself is as good as gone; a
 * missing one may be given up (section 4.2, Missing: by keep-missing). */
static const unsigned may_go_to[RFC5011_STATES] = {
    [RFC5011_START] = BIT(RFC5011_ADDPEND) | BIT(RFC5011_VALID),
    [RFC5011_ADDPEND] = BIT(RFC5011_START) | BIT(RFC5011_VALID),
    [RFC5011_VALID] = BIT(RFC5011_MISSING) | BIT(RFC5011_REVOKED),
    [RFC5011_MISSING] = BIT(RFC5011_VALID) | BIT(RFC5011_REVOKED) | BIT(RFC5011_REMOVED),
    [RFC5011_REVOKED] = BIT(RFC5011_REMOVED),
    [RFC5011_REMOVED] = 0,
};

static void move(struct rfc5011_event *event, struct rfc5011_key *key, enum rfc5011_state to)
{
    bool was_trusted = rfc5011_is_trusted(key);

    ASSERT((may_go_to[key->state] & BIT(to)) != 0);
    key->state = to;
    key->changed_s = event->wall_s;
    key->seen = 0;
    event->changed = event->moved = true;
    if (was_trusted != rfc5011_is_trusted(key))
        event->trust_changed = true;
}

/* RFC 5011 section 2.4.1. Time that only a clock made pass does not count. */
static bool hold_down_is_over(const struct rfc5011_key *key, const struct rfc5011_event *event)
{
    int64_t passed_s = event->wall_s - key->changed_s - event->jump_s;

    return key->changed_s != 0 && passed_s >= event->rules->add_holddown_s;
}

static void move_pending(struct rfc5011_event *event, struct rfc5011_key *key)
{
    if (!key->in_set) {
        move(event, key,
             RFC5011_START); /* KeyRem: whatever comes later begins from the start */
        return;
    }
    key->seen++;
    event->changed = true;
    if (key->seen >= SEEN_MIN && hold_down_is_over(key, event))
        move(event, key, RFC5011_VALID); /* AddTime */
}

/* A trusted key that is there with the REVOKE bit, but has not signed, is neither revoked nor
 * gone. */
static void move_valid(struct rfc5011_event *event, struct rfc5011_key *key)
{
    if (!key->shown) {
        move(event, key, RFC5011_MISSING); /* KeyRem */
    } else if (key->changed_s == 0) {
        key->changed_s = event->wall_s;
        event->changed = true;
    }
}

/* A revoked key that is still shown, in whatever form, is not to be forgotten: it would be new
 * to us afterwards. */
static void move_revoked(struct rfc5011_event *event, struct rfc5011_key *key)
{
    if (key->shown)
        key->changed_s = event->wall_s;
    else if (event->wall_s - key->changed_s >= event->rules->del_holddown_s)
        move(event, key, RFC5011_REMOVED); /* RemTime */
    event->changed = true;
}

static void move_key(struct rfc5011_event *event, struct rfc5011_key *key)
{
    switch (key->state) {
    case RFC5011_ADDPEND: move_pending(event, key); break;
    case RFC5011_VALID: move_valid(event, key); break;
    case RFC5011_MISSING:
        if (key->shown)
            move(event, key, RFC5011_VALID); /* KeyPres */
        break;
    case RFC5011_REVOKED: move_revoked(event, key); break;
    case RFC5011_START:
    case RFC5011_REMOVED:
    case RFC5011_STATES: break;
    }
}

/* keep-missing; never the last ones, without which nothing could be validated. */
static void give_up_missing(struct rfc5011_point *point, struct rfc5011_event *event)
{
    bool has_valid = false;

    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        has_valid = has_valid || key->state == RFC5011_VALID;
    if (!has_valid || event->rules->keep_missing_s == 0)
        return;
    for (struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (key->state == RFC5011_MISSING &&
            event->wall_s - key->changed_s >= event->rules->keep_missing_s)
            move(event, key, RFC5011_REMOVED);
}

static void sweep(struct rfc5011_point *point)
{
    struct rfc5011_key **at = &point->keys;

    while (*at != NULL) {
        struct rfc5011_key *key = *at;

        if (key->state != RFC5011_START && key->state != RFC5011_REMOVED) {
            at = &key->next;
            continue;
        }
        *at = key->next;
        free(key);
    }
}

/* ---- clocks ---- */

/* By how much the wall clock was set since a set was last good; 0 when by less than a day. */
static int64_t jump_of(const struct rfc5011_point *point, const struct rfc5011_event *event)
{
    int64_t jump_s;

    if (!point->has_clock)
        return 0;
    jump_s = (event->wall_s - point->clock_wall_s) - (event->mono_s - point->clock_mono_s);
    return jump_s > CLOCK_JUMP_S || jump_s < -CLOCK_JUMP_S ? jump_s : 0;
}

/* The set is good, so the clock is about right: times move along with it, and what would be in
 * the future is now (a hold-down begins again rather than never to end). */
static void settle_clock(struct rfc5011_point *point, struct rfc5011_event *event)
{
    for (struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (key->changed_s != 0)
            key->changed_s =
                time_max(1, time_min(key->changed_s + event->jump_s, event->wall_s));
    event->jump_s = 0;
    point->has_clock = true;
    point->clock_wall_s = event->wall_s;
    point->clock_mono_s = event->mono_s;
}

/* A tenth less at most. */
static int64_t spread(uint32_t wait_s, uint32_t random)
{
    return wait_s - (int64_t)((uint64_t)random * (wait_s / 10) >> 32);
}

/* What a file does not say yet. */
static uint32_t or_hour(uint32_t seconds)
{
    return seconds != 0 ? seconds : HOUR_S;
}

void rfc5011_probe_begins(struct rfc5011_point *point, const struct rfc5011_rules *rules,
                          int64_t wall_s, uint32_t random)
{
    uint32_t retry_s = or_hour(point->retry_s);

    if (!rules->small_holddown)
        retry_s = (uint32_t)size_max(retry_s, HOUR_S);
    point->next_probe_s = wall_s + spread(retry_s, random);
}

void rfc5011_probe_later(struct rfc5011_point *point, int64_t wall_s, uint32_t random)
{
    point->next_probe_s = wall_s + spread(or_hour(point->query_interval_s), random);
}

int64_t rfc5011_wait_s(const struct rfc5011_point *point, int64_t wall_s)
{
    int64_t most_s = time_max(or_hour(point->query_interval_s), or_hour(point->retry_s));
    int64_t wait_s = point->next_probe_s - wall_s;

    if (point->deleted)
        return INT64_MAX;
    return wait_s <= 0 || wait_s > most_s ? 0 : wait_s;
}

/* RFC 5011 section 2.3: of the part of the TTL, of the signature's lifetime, and of a bound the
 * least; but not more often than once an hour. */
static uint32_t part_of(uint32_t ttl_s, int64_t lifetime_s, uint32_t part, uint32_t most_s,
                        bool small)
{
    int64_t seconds = time_min(ttl_s / part, time_max(lifetime_s, 0) / part);

    return (uint32_t)time_max(time_min(seconds, most_s), small ? 1 : HOUR_S);
}

static void set_intervals(struct rfc5011_point *point, const struct rfc5011_event *event,
                          const struct sig_good *good)
{
    const struct sig_clock *clock = event->check->clock;
    int64_t now_s = clock->override_s != 0 ? clock->override_s : event->wall_s;
    int64_t lifetime_s = good->end_s - now_s;
    bool small = event->rules->small_holddown;

    point->query_interval_s =
        part_of(good->original_ttl_s, lifetime_s, 2, QUERY_INTERVAL_MAX_S, small);
    point->retry_s = part_of(good->original_ttl_s, lifetime_s, 10, DAY_S, small);
}

/* ---- revocation ---- */

static void look_at(struct rfc5011_point *point, const struct rrset *dnskeys)
{
    for (struct rfc5011_key *key = point->keys; key != NULL; key = key->next) {
        key->in_set = key->shown = false;
        for (size_t i = 0; i < dnskeys->rr_count; i++) {
            struct slice rdata = rrset_rdata(dnskeys, i);

            if (!same_key(rdata_of(key), rdata))
                continue;
            key->shown = true;
            if ((rdata.data[1] & DNSKEY_REVOKE) == 0)
                key->in_set = true;
        }
    }
}

static void revoke(struct rfc5011_event *event, struct rfc5011_key *key)
{
    move(event, key, RFC5011_REVOKED);
    key->rdata[1] |= DNSKEY_REVOKE;
}

/*
 * RFC 5011 section 2.1: a key that has the REVOKE bit and has signed the set is revoked at once
 * and for good; whether anybody else signed does not matter. Only keys that we trust are worth
 * the verification, so there are at most as many.
 */
static bool find_revoked(struct rfc5011_point *point, struct rfc5011_event *event,
                         const struct rrset *dnskeys)
{
    struct zone_keys *keys = zone_keys_new(dnskeys);

    if (keys == NULL)
        return false;
    for (size_t i = 0; i < zone_keys_count(keys); i++) {
        struct rfc5011_key *key;

        if ((zone_keys_at(keys, i)->flags & DNSKEY_REVOKE) == 0)
            continue;
        key = find_key(point, rrset_rdata(dnskeys, i));
        if (key != NULL && rfc5011_is_trusted(key) &&
            sig_verify_self(event->check, keys, i).security == SEC_SECURE)
            revoke(event, key);
    }
    zone_keys_unref(keys);
    return true;
}

/* ---- validation ---- */

/* Enough time has passed for a key that was never seen again missing: it counts while this set
 * is looked at, and becomes valid if the set is good and has it. RFC 5011 section 2.4.1 would
 * have the other keys sign once more after the hold-down; whoever was off the network then
 * would be locked out for good, and an attacker who has the old key could give that signature
 * anyway. */
static bool is_ripe(const struct rfc5011_key *key, const struct rfc5011_event *event)
{
    return key->state == RFC5011_ADDPEND && key->in_set && key->seen >= SEEN_MIN &&
           hold_down_is_over(key, event);
}

static const struct rrset *trusted_keys(const struct rfc5011_point *point,
                                        const struct rfc5011_event *event, struct slice *rdata)
{
    struct rrset_parts parts = {.owner = point->zone,
                                .type = TYPE_DNSKEY,
                                .rrclass = point->rrclass,
                                .rdata = rdata,
                                .trust = TRUST_CONFIGURED};

    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (rfc5011_is_trusted(key) || is_ripe(key, event))
            rdata[parts.rr_count++] = rdata_of(key);
    return parts.rr_count == 0 ? NULL : rrset_in(event->check->arena, &parts);
}

static const struct rrset *trusted_ds(const struct rfc5011_point *point,
                                      const struct rfc5011_event *event, struct slice *rdata)
{
    struct rrset_parts parts = {.owner = point->zone,
                                .type = TYPE_DS,
                                .rrclass = point->rrclass,
                                .rdata = rdata,
                                .trust = TRUST_CONFIGURED};

    for (const struct rfc5011_ds *ds = point->ds; ds != NULL; ds = ds->next)
        rdata[parts.rr_count++] = slice_of(ds->rdata, ds->size);
    return parts.rr_count == 0 ? NULL : rrset_in(event->check->arena, &parts);
}

/* A trusted key that is missing in the set may still have signed it (RFC 5011 section 4.2: it
 * is a trust anchor like a valid one). */
static bool signed_by_missing(const struct rfc5011_event *event, const struct rrset *trusted,
                              const struct rrset *dnskeys, struct key_verdict *verdict)
{
    struct zone_keys *keys = zone_keys_new(trusted);
    struct sig_verdict signature;
    struct dnskey key;

    if (keys == NULL)
        return false;
    signature = sig_verify(event->check, dnskeys, keys, NULL);
    zone_keys_unref(keys);
    if (signature.security != SEC_SECURE)
        return false;
    *verdict = (struct key_verdict){.security = SEC_SECURE, .good = signature.good};
    for (size_t i = 0; i < trusted->rr_count; i++)
        if (dnskey_read(rrset_rdata(trusted, i), &key))
            algo_set_add(&verdict->algorithms, key.algorithm);
    verdict->keys = zone_keys_new(dnskeys);
    if (verdict->keys == NULL)
        verdict->security = SEC_INDETERMINATE;
    return true;
}

/* A trusted key is there as revoked, but has not signed so: that is no revocation, but not
 * what the zone's owner signed either. */
static bool is_false_revocation(const struct rfc5011_point *point)
{
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (rfc5011_is_trusted(key) && key->shown && !key->in_set)
            return true;
    return false;
}

static bool is_one_missing(const struct rfc5011_point *point)
{
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        if (rfc5011_is_trusted(key) && !key->in_set)
            return true;
    return false;
}

static struct key_verdict validate(const struct rfc5011_point *point,
                                   const struct rfc5011_event *event,
                                   const struct rrset *dnskeys)
{
    struct slice rdata[RFC5011_KEYS_MAX];
    struct anchor anchor = {.zone = point->zone, .rrclass = point->rrclass};
    struct key_verdict verdict;

    anchor.keys = trusted_keys(point, event, rdata);
    anchor.ds = trusted_ds(point, event, rdata);
    if (anchor.keys == NULL && anchor.ds == NULL) /* there is trust, so it was memory */
        return (struct key_verdict){.security = SEC_INDETERMINATE};
    verdict = keys_verify_by_anchor(event->check, dnskeys, &anchor);
    if (verdict.security == SEC_BOGUS && !verdict.exhausted && dnskeys != NULL &&
        anchor.keys != NULL && is_one_missing(point))
        (void)signed_by_missing(event, anchor.keys, dnskeys, &verdict);
    if (verdict.security == SEC_BOGUS && dnskeys != NULL && is_false_revocation(point))
        verdict.finding.ede = EDE_DNSSEC_BOGUS;
    return verdict;
}

/* ---- learning from a validated set ---- */

static bool has_digest(const struct rfc5011_point *point, const struct rfc5011_event *event,
                       struct slice rdata, const struct ds *ds)
{
    const struct sig_check *check = event->check;
    uint8_t digest[DIGEST_MAX];

    return digest_is_supported(check->crypto, ds->digest_type) &&
           ds->digest.size == digest_size(ds->digest_type) &&
           budget_take(check->budget, COST_DIGESTS, 1) &&
           digest_ds(check->crypto, ds->digest_type, point->zone, rdata, digest) == STATUS_OK &&
           memcmp(digest, ds->digest.data, ds->digest.size) == 0;
}

/* Is it a key that the operator has named by a DS? */
static bool matches_ds(const struct rfc5011_point *point, const struct rfc5011_event *event,
                       const struct rrset *dnskeys, size_t index)
{
    struct slice rdata = rrset_rdata(dnskeys, index);
    struct dnskey key;

    if (!dnskey_read(rdata, &key) || !dnskey_is_usable(&key))
        return false;
    for (const struct rfc5011_ds *item = point->ds; item != NULL; item = item->next) {
        struct ds ds;

        if (ds_read(slice_of(item->rdata, item->size), &ds) && ds.tag == key.tag &&
            ds.algorithm == key.algorithm && has_digest(point, event, rdata, &ds))
            return true;
    }
    return false;
}

/* RFC 5011 section 2.4: only keys with the SEP bit can become trust anchors; one whose
 * algorithm we do not know could validate nothing. */
static bool can_be_anchor(const struct rfc5011_event *event, struct slice rdata)
{
    struct dnskey key;

    return dnskey_read(rdata, &key) && dnskey_is_usable(&key) &&
           (key.flags & DNSKEY_SEP) != 0 &&
           algo_is_supported(event->check->crypto, key.algorithm);
}

/* NewKey. */
static bool take_new(struct rfc5011_point *point, struct rfc5011_event *event,
                     const struct rrset *dnskeys, size_t index)
{
    struct slice rdata = rrset_rdata(dnskeys, index);
    bool given = matches_ds(point, event, dnskeys, index);
    struct rfc5011_key *key;
    enum status status;

    if (find_key(point, rdata) != NULL || (!given && !can_be_anchor(event, rdata)))
        return true;
    status = rfc5011_add_key(point, rdata, dnskeys->ttl_s, RFC5011_START, &key);
    if (status != STATUS_OK)
        return status == STATUS_LIMIT;
    key->in_set = key->shown = true;
    move(event, key, given ? RFC5011_VALID : RFC5011_ADDPEND);
    key->seen = given ? 0 : 1;
    return true;
}

/* Without memory a new key is taken up the next time. */
static void learn(struct rfc5011_point *point, struct rfc5011_event *event,
                  const struct rrset *dnskeys)
{
    bool good = true;

    for (struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        move_key(event, key);
    for (size_t i = 0; i < dnskeys->rr_count; i++)
        good = take_new(point, event, dnskeys, i) && good;
    give_up_missing(point, event);
    sweep(point);
    if (!good || point->ds == NULL || !has_trusted_key(point))
        return;
    free_ds(point); /* the keys that it named have taken its place */
    event->trust_changed = true;
}

/* ---- one event ---- */

/* RFC 5011 section 5: without a trusted key the trust point is deleted. */
static enum rfc5011_seen delete_point(struct rfc5011_point *point, struct rfc5011_event *event)
{
    point->deleted = true;
    point->last_success_s = event->wall_s;
    point->next_probe_s = 0;
    point->failed = 0;
    event->changed = event->moved = event->trust_changed = true;
    return RFC5011_DELETED;
}

enum rfc5011_seen rfc5011_see(struct rfc5011_point *point, struct rfc5011_event *event,
                              const struct rrset *dnskeys, struct key_verdict *verdict)
{
    *verdict = (struct key_verdict){.security = SEC_INDETERMINATE};
    event->changed = event->moved = event->trust_changed = false;
    event->jump_s = jump_of(point, event);
    if (point->deleted)
        return RFC5011_DELETED;
    point->last_queried_s = event->wall_s;
    if (dnskeys != NULL) {
        look_at(point, dnskeys);
        if (!find_revoked(point, event, dnskeys))
            return RFC5011_BAD;
        if (!rfc5011_has_trust(point))
            return delete_point(point, event);
    }
    *verdict = validate(point, event, dnskeys);
    if (verdict->security == SEC_INSECURE)
        return RFC5011_GOOD;
    if (verdict->security != SEC_SECURE) {
        bool is_bad = verdict->security == SEC_BOGUS && dnskeys != NULL;

        point->failed += is_bad;
        /* What the operator gave stays as it is until there is something to add to it. */
        event->changed = event->changed || (is_bad && point->last_success_s != 0);
        return RFC5011_BAD;
    }
    settle_clock(point, event);
    point->last_success_s = event->wall_s;
    point->failed = 0;
    set_intervals(point, event, &verdict->good);
    learn(point, event, dnskeys);
    event->changed = true;
    return RFC5011_GOOD;
}

const char *rfc5011_state_word(enum rfc5011_state state)
{
    switch (state) {
#define STATE(name, number, words)                                                             \
    case RFC5011_##name: return #name;
        RFC5011_STATE_LIST(STATE)
#undef STATE
    case RFC5011_STATES: break;
    }
    return "UNKNOWN";
}
