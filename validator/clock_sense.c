/*
 * clock_sense.c - what the signatures at the top of trust say of the local clock.
 */
#include "validator/clock_sense.h"

#include "validator/val_state.h"

static bool is_about_time(const struct finding *finding)
{
    return finding->ede == EDE_SIGNATURE_EXPIRED || finding->ede == EDE_SIGNATURE_NOT_YET_VALID;
}

static int64_t clock_of(const struct sig_check *check)
{
    return check->clock->override_s != 0 ? check->clock->override_s : check->wall_s;
}

/* Another zone's keys were found good by the same clock: it is this zone that is late. */
static bool another_is_good(const struct query *query, const struct anchor *anchor)
{
    const struct validator_env *env = val_env(query);
    bool good = false;

    for (size_t i = 0; !good && i < anchors_count(env->anchors); i++) {
        const struct anchor *other = anchors_at(env->anchors, i);
        const struct key_entry *entry;

        if (dname_equal(other->zone, anchor->zone))
            continue;
        entry = key_cache_ref(env->keys, other->zone, other->rrclass, query_now_s(query));
        good = entry != NULL && entry->security == SEC_SECURE;
        key_entry_unref(entry);
    }
    return good;
}

static struct clock_word word_of(const struct sig_check *check, struct dname zone,
                                 const struct sig_good *good, struct finding *finding)
{
    finding->has_clock = true;
    finding->clock_is_ahead = finding->ede == EDE_SIGNATURE_EXPIRED;
    finding->clock_s = clock_of(check);
    return (struct clock_word){true, dname_copy(check->arena, zone), finding->clock_s,
                               good->begin_s, good->end_s};
}

struct clock_word clock_sense_keys(struct query *query, const struct sig_check *check,
                                   const struct rrset *dnskeys, const struct anchor *anchor,
                                   struct finding *finding)
{
    struct sig_clock timeless = {.ignored = true};
    struct sig_check again = *check;
    struct clock_word word = {.is_wrong = false};
    struct key_verdict verdict;

    if (!is_about_time(finding) || dnskeys == NULL || another_is_good(query, anchor))
        return word;
    again.clock = &timeless;
    verdict = keys_verify_by_anchor(&again, dnskeys, anchor);
    if (verdict.security != SEC_SECURE)
        return word;
    zone_keys_unref(verdict.keys);
    return word_of(check, anchor->zone, &verdict.good, finding);
}

struct clock_word clock_sense_set(const struct sig_check *check, const struct rrset *set,
                                  struct zone_keys *keys, struct finding *finding)
{
    struct sig_clock timeless = {.ignored = true};
    struct sig_check again = *check;
    struct sig_verdict verdict;

    if (!is_about_time(finding) || !dname_is_root(zone_keys_zone(keys)))
        return (struct clock_word){.is_wrong = false};
    again.clock = &timeless;
    verdict = sig_verify(&again, set, keys, NULL);
    if (verdict.security != SEC_SECURE)
        return (struct clock_word){.is_wrong = false};
    return word_of(check, zone_keys_zone(keys), &verdict.good, finding);
}

/* Of several threads that find it out at once, one tells. */
static bool may_tell(struct query *query)
{
    struct clock_memory *memory = val_env(query)->clock;
    long long now_ms = query_now_ms(query), before;

    if (memory == NULL)
        return true;
    before = atomic_load(&memory->told_ms);
    if (before != CLOCK_NEVER_TOLD && now_ms - before < CLOCK_TELL_EVERY_S * 1000LL)
        return false;
    return atomic_compare_exchange_strong(&memory->told_ms, &before, now_ms);
}

void clock_sense_tell(struct query *query, const struct clock_word *word)
{
    char now[FINDING_TIME_MAX], begin[FINDING_TIME_MAX], end[FINDING_TIME_MAX];

    if (!word->is_wrong || word->zone.wire == NULL || !may_tell(query))
        return;
    log_line(
        query->env->log, LOG_LEVEL_ERROR,
        "event=clock clock=%s now=%s zone=%s signed-from=%s signed-until=%s msg=the clock of this machine "
        "seems to be wrong; until it is right, nothing signed can be validated",
        word->clock_s > word->end_s ? "ahead" : "behind", finding_time(word->clock_s, now),
        reason_name(query->arena, word->zone), finding_time(word->begin_s, begin),
        finding_time(word->end_s, end));
}
