/*
 * store.c - ranks and lifetimes of what a server said.
 */
#include "iterator/store.h"

#include "services/cache/fresh.h"

static enum trust trust_of(const struct message *message, enum section section,
                           const struct rrset *set, struct dname first_name)
{
    bool aa = (message->flags & FLAG_AA) != 0;

    switch (section) {
    case SECTION_ANSWER:
        /* RFC 2181 section 5.4.1: behind an alias AA says nothing of the records. */
        return aa && dname_equal(rrset_owner(set), first_name) ? TRUST_ANSWER_AA : TRUST_ANSWER;
    case SECTION_AUTHORITY: return aa ? TRUST_AUTHORITY_AA : TRUST_AUTHORITY;
    default: return aa ? TRUST_ADDITIONAL_AA : TRUST_ADDITIONAL;
    }
}

/* Only what its parent has delegated has a life to be cut; the root and told zones have none. */
static int64_t life_of_cut(const struct deleg *deleg)
{
    if (deleg->origin == DELEG_CACHED || deleg->origin == DELEG_REFERRED)
        return dname_is_root(deleg->zone) ? INT64_MAX : deleg->expires_s;
    return INT64_MAX;
}

static uint32_t life_of(struct query *query, const struct rrset *set, enum trust trust,
                        bool is_denials_soa)
{
    const struct cache_options *options = query->env->cache_options;

    return is_denials_soa ? fresh_negative_ttl_s(options, set)
                          : fresh_ttl_s(options, set->ttl_s, set->type, trust);
}

static bool is_wanted_anew(const struct query *query)
{
    return query->env->validates && (query->anew || (query->flags & QUERY_REFRESH) != 0);
}

/* What is kept was told by somebody of higher rank, but unlike this it cannot be validated. */
static bool lacks_signatures(const struct rrset *cached, const struct rrset *came)
{
    enum security security = rrset_security(cached);

    return cached->rrsig_count == 0 && came->rrsig_count > 0 && security != SEC_SECURE &&
           security != SEC_INSECURE;
}

/* Validated data stays in the cache until what came is validated, too; but what came is what has to
 * be judged where it says something else, or where the point was to have it anew. So has what came
 * anew from a server of lower rank, or with signatures that the cached set lacks. */
static bool is_contested(const struct query *query, const struct rrset *cached,
                         const struct rrset *came)
{
    bool is_secure = rrset_security(cached) == SEC_SECURE;

    if (is_wanted_anew(query))
        return is_secure || cached->trust != came->trust;
    return query->env->validates && ((is_secure && !rrset_same_data(cached, came)) ||
                                     lacks_signatures(cached, came));
}

/* Judged and shown, but not stored: the cache has a place for one of two. */
static const struct rrset *beside_cached(struct query *query, const struct rrset *cached,
                                         const struct rrset *came)
{
    bool is_no_less =
        rrset_is_proof_of_other_zone(cached, came) || lacks_signatures(cached, came);
    const struct rrset *published = is_no_less ? rrset_publish(came) : NULL;

    return published == NULL ? came : query_hold(query, published);
}

/* What was validated ranks above all that comes, so it would run out however often it came. The
 * same with the same signatures begins a new life; not before a quarter of the last one is
 * over, since all answers that show it are written anew then. */
static const struct rrset *renew(struct query *query, const struct rrset *stored,
                                 const struct rrset *came)
{
    int64_t left_s = rrset_ttl_left_s(stored, query_now_s(query));

    if (query->env->renew == NULL || rrset_security(stored) != SEC_SECURE ||
        came->trust < TRUST_ANSWER || came->expires_s <= stored->expires_s ||
        left_s * 4 > (int64_t)came->ttl_s * 3)
        return NULL;
    return query->env->renew(query, stored, came);
}

static const struct rrset *store_set(struct query *query, const struct deleg *deleg,
                                     const struct rrset *set, enum trust trust,
                                     bool is_denials_soa)
{
    struct env *env = query->env;
    int64_t now_s = query_now_s(query);
    /* An answer that had to wait until it was believed is as old as it is. */
    int64_t came_s = time_min(rrset_came_s(set), now_s);
    struct rrset *ranked = rrset_copy_in(query->arena, set);
    const struct rrset *stored, *renewed;

    if (ranked == NULL)
        return NULL;
    ranked->trust = (uint8_t)trust;
    if (is_denials_soa) /* RFC 2308 section 3: this is the TTL to show */
        ranked->ttl_s = life_of(query, set, trust, true);
    rrset_set_expiry(ranked, came_s + life_of(query, set, trust, is_denials_soa));
    if (ranked->type == TYPE_NS || trust <= TRUST_ADDITIONAL || trust == TRUST_ADDITIONAL_AA)
        rrset_set_expiry(ranked, time_min(ranked->expires_s, life_of_cut(deleg)));
    if (deleg->no_cache)
        return ranked;
    stored = rrset_cache_store(env->rrsets, ranked, RRSET_PLAIN, now_s);
    if (stored == NULL)
        return ranked;
    if (is_contested(query, stored, ranked)) {
        const struct rrset *beside = beside_cached(query, stored, ranked);

        rrset_unref(stored);
        return beside;
    }
    renewed = renew(query, stored, ranked);
    if (renewed != NULL) {
        rrset_unref(stored);
        return renewed;
    }
    if (is_wanted_anew(query) && stored->trust == trust && rrset_same_data(stored, ranked)) {
        rrset_unref(stored); /* the same data, but perhaps with better signatures */
        stored = rrset_cache_replace(env->rrsets, ranked, RRSET_PLAIN, now_s);
    }
    return stored == NULL ? ranked : query_hold(query, stored);
}

bool store_message(struct query *query, const struct deleg *deleg, struct message *message,
                   bool denial)
{
    size_t at = 0;

    for (size_t section = 0; section < SECTIONS; section++) {
        for (size_t i = 0; i < message->count[section]; i++, at++) {
            const struct rrset *set = message->rrsets[at];

            set = store_set(query, deleg, set,
                            trust_of(message, (enum section)section, set,
                                     message->question.qname),
                            denial && section == SECTION_AUTHORITY && set->type == TYPE_SOA);
            if (set == NULL)
                return false;
            message->rrsets[at] = set;
        }
    }
    return true;
}

/* What the cache took as it was told is a last resort by itself. With signatures another set
 * may have been put beside the cached one. */
static bool is_kept_as_told(const struct rrset *stored, const struct rrset *told)
{
    return stored->trust == TRUST_ADDITIONAL && told->rrsig_count == 0 &&
           rrset_is_published(stored) && rrset_same_data(stored, told);
}

void store_parent_side(struct query *query, const struct deleg *deleg,
                       const struct message *told, const struct message *stored,
                       struct dname zone)
{
    size_t count, stored_count, at = 0;
    const struct rrset **sets = message_section(told, SECTION_ADDITIONAL, &count);
    const struct rrset **kept = message_section(stored, SECTION_ADDITIONAL, &stored_count);
    int64_t now_s = query_now_s(query);

    for (size_t i = 0; i < count && !deleg->no_cache; i++) {
        struct rrset *glue;

        /* Those that were stored are some of those that were told, in the same order. */
        if (at < stored_count && rrset_is(kept[at], rrset_owner(sets[i]), sets[i]->type,
                                          sets[i]->rrclass) &&
            is_kept_as_told(kept[at++], sets[i]))
            continue;
        /* Where glue from elsewhere is not used at once, it is a last resort as well. */
        if (!dname_is_at_or_below(rrset_owner(sets[i]), zone) &&
            !iter_env(query)->config->options->harden_unverified_glue)
            continue;
        glue = rrset_copy_in(query->arena, sets[i]);
        if (glue == NULL)
            return; /* a last resort less */
        glue->trust = TRUST_ADDITIONAL;
        rrset_set_expiry(glue, now_s + life_of(query, sets[i], TRUST_ADDITIONAL, false));
        rrset_cache_keep_parent_side(query->env->rrsets, glue, now_s);
    }
}

/* Of a delegation: its NS set, and addresses that only came beside it. */
static bool is_renewed(struct query *query, const struct rrset *set)
{
    const struct rrset *old;
    bool renewed;

    if (set->type != TYPE_A && set->type != TYPE_AAAA)
        return set->type == TYPE_NS;
    old = rrset_cache_find(query->env->rrsets, rrset_owner(set), set->type, set->rrclass,
                           RRSET_PLAIN, query_now_s(query), 0);
    renewed = old != NULL && old->trust <= TRUST_ADDITIONAL_AA;
    rrset_unref(old);
    return renewed;
}

void store_make_way(struct query *query, const struct message *referral)
{
    size_t count = message_rrsets(referral);

    for (size_t i = referral->count[SECTION_ANSWER]; i < count; i++) {
        const struct rrset *set = referral->rrsets[i];

        if (is_renewed(query, set))
            rrset_cache_drop(query->env->rrsets, rrset_owner(set), set->type, set->rrclass,
                             RRSET_PLAIN);
    }
}

int64_t store_expiry_s(struct query *query, const struct message *message, bool denial)
{
    int64_t now_s = query_now_s(query), expires_s = INT64_MAX;
    size_t count = (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];
    const struct rrset *soa = NULL;

    for (size_t i = 0; i < count; i++) {
        expires_s = time_min(expires_s, message->rrsets[i]->expires_s);
        if (i >= message->count[SECTION_ANSWER] && message->rrsets[i]->type == TYPE_SOA)
            soa = message->rrsets[i];
    }
    /* The SOA may be one that was asked for as such and lives longer than a denial may. */
    if (denial && soa != NULL)
        expires_s =
            time_min(expires_s, now_s + fresh_negative_ttl_s(query->env->cache_options, soa));
    else if (denial)
        expires_s = now_s;
    return expires_s == INT64_MAX ? now_s : expires_s;
}
