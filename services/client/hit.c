/*
 * hit.c - answers out of the message cache.
 *
 * Called by request.c. An entry says which RRsets the answer is made of; each of them may have
 * been replaced in the RRset cache since, and the newer one is shown then. References that were
 * taken are given back by hit_release.
 */
#include "services/client/hit.h"

#include <string.h>

static bool is_proof(uint16_t type)
{
    return type == TYPE_NSEC || type == TYPE_NSEC3;
}

/* What was judged is replaced only by what was found at least as good: an answer that turned out
 * bogus leaves records behind that nobody has judged. */
static bool may_replace(const struct rrset *old, const struct rrset *newer, bool judged)
{
    enum security security = rrset_security(newer);

    if (judged && security == SEC_UNCHECKED)
        return false;
    return security != SEC_BOGUS && security >= rrset_security(old);
}

/* @return a reference to the RRset that took its place, or NULL. */
static const struct rrset *find_newer(const struct env *env, const struct rrset *set, bool judged,
                                      int64_t now_s)
{
    const struct rrset *newer;

    if (!rrset_is_superseded(set))
        return NULL;
    newer = rrset_cache_find(env->rrsets, rrset_owner(set), set->type, set->rrclass,
                             RRSET_PLAIN, now_s, 0);
    if (newer == NULL ||
        (may_replace(set, newer, judged) && !rrset_is_proof_of_other_zone(set, newer)))
        return newer;
    rrset_unref(newer);
    return NULL;
}

/* RFC 8767 section 4: expired records are shown with a short TTL, never a longer one than
 * theirs. */
static const struct rrset *with_stale_ttl(const struct rrset *set, int64_t now_s,
                                          uint32_t stale_ttl_s, struct arena *arena)
{
    struct rrset *copy = rrset_copy_in(arena, set);

    if (copy != NULL)
        rrset_set_expiry(copy, now_s + (int64_t)size_min(set->ttl_s, stale_ttl_s));
    return copy;
}

/* Chooses the RRset to show at place i. @return false: the entry is of no use. */
static bool choose(const struct env *env, struct hit *hit, size_t i, int64_t now_s)
{
    const struct rrset *set = hit->entry->rrsets[i];
    const struct rrset *newer = find_newer(env, set, hit->entry->security != SEC_UNCHECKED, now_s);

    hit->message.rrsets[i] = set;
    if (newer == NULL)
        return true;
    hit->newer[hit->newer_count++] = newer;
    /* A proof that has changed may no longer prove this. */
    if (is_proof(set->type) && !rrset_same_data(set, newer))
        return false;
    hit->message.rrsets[i] = newer;
    return true;
}

static enum hit_age make_stale(struct hit *hit, size_t total, int64_t now_s,
                               uint32_t stale_ttl_s, struct arena *arena)
{
    for (size_t i = 0; i < total; i++) {
        const struct rrset *set = hit->message.rrsets[i];

        if (rrset_is_fresh(set, now_s))
            continue;
        set = with_stale_ttl(set, now_s, stale_ttl_s, arena);
        if (set == NULL)
            return HIT_NONE;
        hit->message.rrsets[i] = set;
    }
    hit->stale_s = (uint32_t)time_max(now_s - hit->entry->expires_s, 0);
    return HIT_STALE;
}

static enum hit_age judge_age(struct hit *hit, size_t total, int64_t now_s, uint32_t stale_s,
                              uint32_t stale_ttl_s, struct arena *arena)
{
    bool fresh = hit->entry->expires_s > now_s;

    for (size_t i = 0; fresh && i < total; i++)
        fresh = rrset_is_fresh(hit->message.rrsets[i], now_s);
    if (fresh)
        return HIT_FRESH;
    return stale_s == 0 ? HIT_NONE : make_stale(hit, total, now_s, stale_ttl_s, arena);
}

static void fill_message(struct hit *hit, const struct msg_entry *entry)
{
    hit->message.id = 0;
    hit->message.flags = entry->flags;
    hit->message.opcode = OPCODE_QUERY;
    hit->message.rcode = entry->rcode;
    hit->message.has_question = false;
    hit->message.edns.present = false;
    hit->message.edns.option_count = 0;
    memcpy(hit->message.count, entry->count, sizeof(entry->count));
}

/* AD says of the whole answer that it is authentic, so each RRset must be (RFC 4035 3.2.3). */
static enum security security_of(const struct hit *hit, size_t total)
{
    enum security least = (enum security)hit->entry->security;

    for (size_t i = 0; least == SEC_SECURE && i < total; i++)
        if (rrset_security(hit->message.rrsets[i]) != SEC_SECURE &&
            hit->message.rrsets[i] != hit->entry->rrsets[i])
            least = SEC_INSECURE;
    return least;
}

/* The entry's reference becomes the hit's, or is given back. */
static enum hit_age use_entry(const struct env *env, const struct msg_entry *entry,
                              int64_t now_s, uint32_t stale_s, uint32_t stale_ttl_s,
                              struct arena *arena, struct hit *hit)
{
    size_t total = (size_t)entry->count[0] + entry->count[1] + entry->count[2];
    bool useful = true;

    hit->entry = entry;
    hit->newer_count = 0;
    fill_message(hit, entry);
    hit->message.rrsets = ARENA_ARRAY(arena, const struct rrset *, 2 * total + 1);
    if (hit->message.rrsets == NULL) {
        hit_release(hit);
        return HIT_NONE;
    }
    hit->newer = hit->message.rrsets + total;
    for (size_t i = 0; useful && i < total; i++)
        useful = choose(env, hit, i, now_s);
    hit->age = useful ? judge_age(hit, total, now_s, stale_s, stale_ttl_s, arena) : HIT_NONE;
    if (hit->age == HIT_NONE) {
        hit_release(hit);
        return HIT_NONE;
    }
    hit->security = security_of(hit, total);
    hit->prefetch = entry->prefetch_at_s != 0 && now_s >= entry->prefetch_at_s;
    return hit->age;
}

/* What may be told to somebody who did not set CD. */
static bool was_judged(const struct msg_entry *entry)
{
    return entry->security == SEC_SECURE || entry->security == SEC_INSECURE;
}

enum hit_age hit_find(const struct env *env, const struct question *question,
                      uint8_t flavour, int64_t now_s, uint32_t stale_s, uint32_t stale_ttl_s,
                      struct arena *arena, struct hit *out)
{
    const struct msg_entry *entry =
        msg_cache_find(env->messages, question, flavour, now_s, stale_s);

    out->age = HIT_NONE;
    out->stale_s = 0;
    if (entry == NULL && env->validates) {
        /* RFC 4035 section 3.2.2: what is good for one is good for the other once it is judged.
         */
        entry =
            msg_cache_find(env->messages, question, flavour ^ MSG_FLAVOUR_CD, now_s, stale_s);
        if (entry != NULL && (flavour & MSG_FLAVOUR_CD) == 0 && !was_judged(entry)) {
            msg_entry_unref(entry);
            entry = NULL;
        }
    }
    if (entry == NULL)
        return HIT_NONE;
    if (entry->ttl_s == 0) { /* kept only so that what was there before is gone */
        msg_entry_unref(entry);
        return HIT_NONE;
    }
    return use_entry(env, entry, now_s, stale_s, stale_ttl_s, arena, out);
}

enum hit_age hit_find_failure(const struct env *env, const struct question *question,
                              uint8_t flavour, int64_t now_s, struct hit *out)
{
    out->entry = msg_cache_find(env->messages, question,
                                (uint8_t)(flavour | MSG_FLAVOUR_FAILURE), now_s, 0);
    out->newer_count = 0;
    out->prefetch = false;
    out->security = SEC_UNCHECKED;
    out->age = out->entry == NULL ? HIT_NONE : HIT_FAILURE;
    if (out->entry != NULL) {
        fill_message(out, out->entry);
        out->message.rrsets = NULL;
    }
    return out->age;
}

void hit_release(struct hit *hit)
{
    for (size_t i = 0; i < hit->newer_count; i++)
        rrset_unref(hit->newer[i]);
    hit->newer_count = 0;
    if (hit->entry != NULL)
        msg_entry_unref(hit->entry);
    hit->entry = NULL;
    hit->age = HIT_NONE;
}
