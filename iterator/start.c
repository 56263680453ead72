/*
 * start.c - where a question begins: the caches, then the deepest place from which to ask.
 *
 * Order: remembered answer, one kept from an earlier run, remembered failure, alias, remembered
 * records, denial of a name above, told zone, deepest known delegation, and at last the root,
 * which is primed first (RFC 9609).
 */
#include "iterator/iter_state.h"

#include "services/cache/fresh.h"
#include "util/wire/rdata.h"

/* ---- out of the caches ---- */

/* RFC 4035 section 4.5: a proof that has changed may no longer prove this. */
static bool is_other_proof(const struct rrset *set, const struct rrset *newer)
{
    return (set->type == TYPE_NSEC || set->type == TYPE_NSEC3) && !rrset_same_data(set, newer);
}

/* The entry's RRset, or the newer one that took its place; NULL when neither is of use. */
static const struct rrset *newest(struct query *query, const struct rrset *set, int64_t now_s)
{
    const struct rrset *newer;

    if (!rrset_is_superseded(set))
        return rrset_is_fresh(set, now_s) ? query_hold(query, rrset_ref(set)) : NULL;
    newer = rrset_cache_find(query->env->rrsets, rrset_owner(set), set->type, set->rrclass,
                             RRSET_PLAIN, now_s, 0);
    /* What was judged is replaced only by what was found at least as good. */
    if (newer != NULL && rrset_security(newer) >= rrset_security(set))
        return is_other_proof(set, query_hold(query, newer)) ? NULL : newer;
    rrset_unref(newer);
    return rrset_is_fresh(set, now_s) ? query_hold(query, rrset_ref(set)) : NULL;
}

static bool message_of_entry(struct query *query, const struct msg_entry *entry,
                             struct message *message)
{
    size_t count = (size_t)entry->count[0] + entry->count[1] + entry->count[2];
    int64_t now_s = query_now_s(query);

    *message = (struct message){.rcode = entry->rcode, .flags = entry->flags};
    for (size_t i = 0; i < SECTIONS; i++)
        message->count[i] = entry->count[i];
    message->rrsets = ARENA_ARRAY(query->arena, const struct rrset *, count + 1);
    if (message->rrsets == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        message->rrsets[i] = newest(query, entry->rrsets[i], now_s);
        if (message->rrsets[i] == NULL)
            return false;
    }
    return true;
}

static bool finish_from_entry(struct query *query, struct iter_state *state,
                              const struct msg_entry *entry)
{
    struct message message;

    if (!message_of_entry(query, entry, &message))
        return false;
    query_trace(query, TRACE_CACHED, NULL, NULL, NULL);
    iter_note_source(query, state, NULL);
    iter_finish(query, state, &message, entry->expires_s, (enum security)entry->security);
    query->outcome.from_cache = state->alias_count == 0;
    if (query->has_outcome)
        reasons_copy(&query->outcome.reasons, entry->reasons, query->arena);
    return true;
}

static bool try_message(struct query *query, struct iter_state *state)
{
    const struct msg_entry *entry =
        msg_cache_find(query->env->messages, &state->question,
                       (uint8_t)(query_flavour(query->flags) & MSG_FLAVOUR_CD),
                       query_now_s(query), 0);
    bool done = entry != NULL && finish_from_entry(query, state, entry);

    if (entry != NULL)
        msg_entry_unref(entry);
    return done;
}

/* Without a SOA it is not an answer but a proof that came with a referral, of use to the
 * validator. */
static bool is_answer(const struct msg_entry *entry)
{
    size_t end = (size_t)entry->count[SECTION_ANSWER] + entry->count[SECTION_AUTHORITY];
    bool has_soa = false;

    for (size_t i = entry->count[SECTION_ANSWER]; i < end; i++)
        has_soa = has_soa || entry->rrsets[i]->type == TYPE_SOA;
    return entry->count[SECTION_ANSWER] > 0 || has_soa;
}

/*
 * What a server has told an earlier run of the program (services/cache/snapshot.h). It counts as if
 * the server had said it now: whoever judges answers judges it, and then it is kept like any other.
 */
static bool try_kept(struct query *query, struct iter_state *state)
{
    struct msg_cache *cache = query->env->messages;
    const struct msg_entry *entry =
        msg_cache_find(cache, &state->question, MSG_FLAVOUR_KEPT, query_now_s(query), 0);
    bool done;

    if (entry == NULL || !is_answer(entry)) {
        msg_entry_unref(entry);
        return false;
    }
    done = finish_from_entry(query, state, entry);
    if (done)
        query->outcome.from_cache = false;
    if ((query->flags & (QUERY_NO_RD | QUERY_NO_CACHE_STORE)) == 0)
        msg_cache_drop(cache, &state->question, MSG_FLAVOUR_KEPT);
    msg_entry_unref(entry);
    return done;
}

/* RFC 9520 section 3.2: a failure that is still remembered is not tried again. */
static bool try_failure(struct query *query, struct iter_state *state)
{
    uint8_t flavour = (uint8_t)((query_flavour(query->flags) & MSG_FLAVOUR_CD) |
                                MSG_FLAVOUR_FAILURE);
    const struct msg_entry *entry = msg_cache_find(query->env->messages, &state->question,
                                                   flavour, query_now_s(query), 0);

    if (entry == NULL)
        return false;
    query_fail(query, entry->rcode, EDE_OTHER, "cached");
    reasons_copy(&query->outcome.reasons, entry->reasons, query->arena);
    query->outcome.security = (enum security)entry->security;
    query->outcome.from_cache = true;
    msg_entry_unref(entry);
    iter_go(query, state, ITER_DONE);
    return true;
}

/* RFC 8020: below a name that does not exist there is nothing. Unless a validator judges, the
 * denial counts as far as its sender's authority does. */
static bool try_denial_above(struct query *query, struct iter_state *state)
{
    struct question above = state->question;
    const struct told_zone *told =
        forward_find(iter_env(query)->config->told, state->question.qname);
    bool done = false;

    if (!iter_env(query)->config->options->harden_below_nxdomain)
        return false;
    while (!done && above.qname.labels > 1) {
        const struct msg_entry *entry;

        above.qname = query_name(query, dname_parent(above.qname));
        /* The zone that we were told of is there, whatever those above it know. */
        if (told != NULL && told->name.labels > above.qname.labels)
            break;
        entry = msg_cache_find_denial(query->env->messages, &above,
                                      (uint8_t)(query_flavour(query->flags) & MSG_FLAVOUR_CD),
                                      query_now_s(query));
        if (entry == NULL)
            continue;
        if (entry->rcode == RCODE_NXDOMAIN && entry->count[SECTION_ANSWER] == 0 &&
            (!query->env->validates || entry->security == SEC_SECURE)) {
            done = finish_from_entry(query, state, entry);
            query->outcome.from_cache = false; /* becomes an entry under its own name */
        }
        msg_entry_unref(entry);
    }
    return done;
}

/* What is fetched ahead is of no use when it runs out with what its aliases lead to: that is
 * fetched anew as well where it is in the last tenth of its own life. */
static bool is_worn(struct query *query, const struct iter_state *state)
{
    int64_t now_s = query_now_s(query);
    const struct msg_entry *entry;
    const struct rrset *set;
    bool worn;

    if (state->alias_count == 0 || !query->nobody_waits || (query->flags & QUERY_REFRESH) == 0)
        return false;
    entry = msg_cache_find(query->env->messages, &state->question,
                           (uint8_t)(query_flavour(query->flags) & MSG_FLAVOUR_CD), now_s, 0);
    if (entry != NULL) {
        worn = entry->prefetch_at_s != 0 && now_s >= entry->prefetch_at_s;
        msg_entry_unref(entry);
        return worn;
    }
    set = rrset_cache_find(query->env->rrsets, state->question.qname, state->question.qtype,
                           query->question.qclass, RRSET_PLAIN, now_s, 0);
    worn = set != NULL && rrset_ttl_left_s(set, now_s) <= set->ttl_s / 10;
    rrset_unref(set);
    return worn;
}

static const struct rrset *find_set(struct query *query, struct dname owner, uint16_t type)
{
    return query_hold(query, rrset_cache_find(query->env->rrsets, owner, type,
                                              query->question.qclass, RRSET_PLAIN,
                                              query_now_s(query), 0));
}

/* Stands in front of this answer already, and is judged with it. Not a signed one: until it is
 * validated, what is made of it has to come from the servers. */
static bool was_passed(const struct iter_state *state, const struct rrset *set)
{
    for (size_t i = 0; set->rrsig_count == 0 && i < state->alias_count; i++)
        if (state->aliases[i] == set)
            return true;
    return false;
}

/* A set that may be used out of the cache: one found bogus only for who asks for it, one
 * made from a wildcard not at all, because the proof that goes with it is not here. */
static const struct rrset *find_good(struct query *query, const struct iter_state *state,
                                     struct dname owner, uint16_t type)
{
    const struct rrset *set = find_set(query, owner, type);

    if (set == NULL || iter_is_expanded(set))
        return NULL;
    if (!query->env->validates || (query->flags & QUERY_CD) != 0)
        return set;
    /* A DNAME rewrites a whole branch, so it has to be known as good. */
    if (type == TYPE_DNAME && rrset_security(set) != SEC_SECURE && !was_passed(state, set))
        return NULL;
    return rrset_security(set) == SEC_BOGUS ? NULL : set;
}

/* A CNAME made for a cached DNAME (RFC 6672 section 5.3.1). NULL: too long, or no memory. */
static const struct rrset *alias_of_dname(struct query *query, const struct iter_state *state,
                                          const struct rrset *dname_set)
{
    uint8_t storage[DNAME_MAX];
    struct dname to, target;
    struct slice rdata;
    int64_t now_s = query_now_s(query);
    struct rrset_parts parts = {.owner = state->question.qname,
                                .type = TYPE_CNAME,
                                .rrclass = dname_set->rrclass,
                                .ttl_s = rrset_ttl_left_s(dname_set, now_s),
                                .now_s = now_s,
                                .trust = (enum trust)dname_set->trust,
                                .rdata = &rdata,
                                .rr_count = 1};

    if (!rdata_target(rrset_rdata(dname_set, 0), TYPE_DNAME, &to) ||
        dname_replace_suffix(state->question.qname, rrset_owner(dname_set), to, storage,
                             &target) != STATUS_OK)
        return NULL;
    rdata = slice_of(target.wire, target.size);
    return rrset_in(query->arena, &parts);
}

/* The cached CNAME where it says the same; else `made` goes into the cache, so that the answer
 * may. */
static const struct rrset *published_alias(struct query *query, const struct rrset *made)
{
    const struct rrset *cached = find_set(query, rrset_owner(made), TYPE_CNAME);

    if (cached == NULL)
        cached = query_hold(query, rrset_cache_store(query->env->rrsets, made, RRSET_PLAIN,
                                                     query_now_s(query)));
    return cached != NULL && cached->rr_count == 1 &&
                   rdata_compare(rrset_rdata(cached, 0), rrset_rdata(made, 0), TYPE_CNAME) == 0
               ? cached
               : made;
}

/* The CNAME itself was asked for, and stood in the answer to another question. */
static enum step answer_with(struct query *query, struct iter_state *state,
                             const struct rrset **sets, uint16_t count)
{
    struct message message = {.count = {count}, .rrsets = sets};

    iter_note_source(query, state, NULL);
    return iter_finish(query, state, &message,
                       time_min(sets[0]->expires_s, sets[count - 1]->expires_s), SEC_UNCHECKED);
}

static bool try_dname(struct query *query, struct iter_state *state, enum step *step)
{
    for (struct dname above = state->question.qname; above.labels > 1;) {
        const struct rrset *sets[2];
        struct dname target;

        above = query_name(query, dname_parent(above));
        sets[0] = find_good(query, state, above, TYPE_DNAME);
        if (sets[0] == NULL)
            continue;
        sets[1] = alias_of_dname(query, state, sets[0]);
        if (sets[1] == NULL || !rdata_target(rrset_rdata(sets[1], 0), TYPE_CNAME, &target))
            return false;
        sets[1] = published_alias(query, sets[1]);
        if (state->question.qtype == TYPE_CNAME) {
            *step = answer_with(query, state, sets, 2);
            return true;
        }
        iter_note_source(query, state, NULL);
        *step = iter_follow(query, state, sets, 2, target);
        return true;
    }
    return false;
}

/* An alias that was made from a DNAME goes out with it (RFC 6672 section 3.2), also where that is
 * not good enough to rewrite other names. @return the number of sets. */
static uint16_t with_dname(struct query *query, const struct rrset *alias, struct dname target,
                           const struct rrset *sets[2])
{
    uint8_t storage[DNAME_MAX];
    struct dname to, made;

    for (struct dname above = rrset_owner(alias); above.labels > 1;) {
        above = dname_parent(above);
        sets[0] = find_set(query, above, TYPE_DNAME);
        if (sets[0] == NULL || rrset_security(sets[0]) == SEC_BOGUS ||
            !rdata_target(rrset_rdata(sets[0], 0), TYPE_DNAME, &to) ||
            dname_replace_suffix(rrset_owner(alias), above, to, storage, &made) != STATUS_OK ||
            !dname_equal(made, target))
            continue;
        sets[1] = alias;
        return 2;
    }
    sets[0] = alias;
    return 1;
}

static bool try_alias(struct query *query, struct iter_state *state, enum step *step)
{
    const struct rrset *alias, *sets[2];
    struct dname target;
    uint16_t count;

    if (state->question.qtype == TYPE_ANY || state->question.qtype == TYPE_DS)
        return false;
    /* A zone's name is no alias (RFC 1034 section 3.6.2). One that a forger has put there must not
     * keep the validator from the keys of the zone. */
    if (state->question.qtype == TYPE_DNSKEY)
        return false;
    /* First, because a CNAME below a DNAME was made from it and goes out with it. */
    if (try_dname(query, state, step))
        return true;
    alias = find_good(query, state, state->question.qname, TYPE_CNAME);
    if (alias == NULL)
        return false;
    if (!rdata_target(rrset_rdata(alias, 0), TYPE_CNAME, &target))
        return false;
    count = with_dname(query, alias, target, sets);
    if (state->question.qtype == TYPE_CNAME) {
        *step = answer_with(query, state, sets, count);
        return true;
    }
    iter_note_source(query, state, NULL);
    *step = iter_follow(query, state, sets, count, target);
    return true;
}

/*
 * Records that stood in the answer to another question: behind an alias, or looked up as the
 * address of a name server. RFC 2181 section 5.4.1: nothing of lower rank answers a client.
 */
static bool try_set(struct query *query, struct iter_state *state, enum step *step)
{
    const struct rrset *set;

    switch (state->question.qtype) {
    case TYPE_A:
    case TYPE_AAAA:
    case TYPE_TXT:
    case TYPE_HTTPS: break;
    default: return false; /* mostly asked for themselves, with what belongs beside them */
    }
    set = find_good(query, state, state->question.qname, state->question.qtype);
    if (set == NULL || (set->trust != TRUST_ANSWER && set->trust < TRUST_ANSWER_AA))
        return false;
    *step = answer_with(query, state, &set, 1);
    return true;
}

/* ---- where to ask ---- */

/* RFC 4035 section 3.1.4.1: DS lives in the parent's zone. */
static struct dname place_of(const struct question *question)
{
    return question->qtype == TYPE_DS ? dname_parent(question->qname) : question->qname;
}

static struct deleg *deleg_from_told(struct query *query, struct iter_state *state,
                                     const struct told_zone *told)
{
    enum deleg_origin origin = told->is_forward              ? DELEG_FORWARD
                               : dname_is_root(told->name) ? DELEG_HINTS
                                                             : DELEG_STUB;
    struct deleg *deleg = deleg_new(query->arena, told->name, origin);

    if (deleg == NULL)
        return NULL;
    deleg->recursive = told->is_forward;
    deleg->first = told->first;
    deleg->no_cache = told->no_cache;
    deleg->tcp_only = told->tcp_only;
    deleg->policy = told->policy;
    for (size_t i = 0; i < told->count; i++) {
        const struct told_server *server = &told->servers[i];
        struct deleg_name *name;

        if (server->addr.family != ADDR_NONE) {
            iter_add_server(query, state, deleg, &server->addr, server->tls_name, server->host);
            continue;
        }
        name = deleg_add_name(deleg, query->arena, server->host,
                              &iter_env(query)->config->deleg_limits);
        if (name == NULL)
            continue;
        name->port = server->addr.port;
        name->tls_name = server->tls_name;
    }
    iter_add_cached_addresses(query, state, deleg);
    return deleg;
}

struct deleg *iter_deleg_from_hints(struct query *query, struct iter_state *state)
{
    return deleg_from_told(query, state, forward_root(iter_env(query)->config->told));
}

static struct deleg *deleg_from_cache_at(struct query *query, struct iter_state *state,
                                         struct dname zone)
{
    const struct rrset *ns = rrset_cache_find(query->env->rrsets, zone, TYPE_NS,
                                              query->question.qclass, RRSET_PLAIN,
                                              query_now_s(query) + state->leeway_s, 0);
    struct deleg *deleg;

    if (ns == NULL)
        return NULL;
    deleg = deleg_new(query->arena, zone, DELEG_CACHED);
    if (deleg != NULL) {
        deleg->expires_s = ns->expires_s;
        deleg->parent_side = ns->trust <= TRUST_AUTHORITY;
        (void)deleg_add_ns(deleg, query->arena, ns, &iter_env(query)->config->deleg_limits,
                           world_random(query->env->world));
        iter_add_cached_addresses(query, state, deleg);
    }
    rrset_unref(ns);
    return deleg;
}

static struct deleg *deepest_known(struct query *query, struct iter_state *state, struct dname name)
{
    for (;;) {
        struct deleg *deleg = deleg_from_cache_at(query, state, query_name(query, name));

        if (deleg != NULL && (!deleg_is_useless(deleg) || dname_is_root(name)))
            return deleg_is_useless(deleg) ? NULL : deleg;
        if (dname_is_root(name))
            return NULL;
        name = dname_parent(name);
    }
}

/* RFC 9609 section 3: the told servers are asked for the NS set, which then counts. */
static enum step prime(struct query *query, struct iter_state *state,
                       const struct told_zone *told)
{
    struct question question = {told->name, TYPE_NS, query->question.qclass};

    state->primed = true;
    state->priming = ARENA_NEW(query->arena, struct query_waiter);
    if (state->priming == NULL)
        return iter_no_memory(query, state);
    if (mesh_need(query, &question, QUERY_PRIMING, state->priming) == NEED_WAIT)
        return STEP_WAIT;
    return STEP_AGAIN; /* it cannot be primed now: the told servers themselves will do */
}

/* The told zone is used unless something deeper is known, which its servers have told. */
static bool told_comes_first(const struct told_zone *told, const struct deleg *known)
{
    if (told == NULL)
        return false;
    if (told->is_forward || known == NULL)
        return true;
    if (known->zone.labels > told->name.labels)
        return false;
    return !(told->prime && known->zone.labels == told->name.labels);
}

/* What the configuration tells of the name; NULL: nothing, or it has failed (forward-first). */
static const struct told_zone *told_of(const struct query *query, const struct iter_state *state,
                                       struct dname name)
{
    const struct told_zone *told =
        state->told_zones_failed ? NULL : forward_find(iter_env(query)->config->told, name);

    /* Priming asks the told servers of the zone itself: forwarders are not those, and may have
     * failed already. */
    if ((query->flags & QUERY_PRIMING) != 0 && told != NULL && told->is_forward)
        return NULL;
    return told;
}

struct deleg *iter_place_above(struct query *query, struct iter_state *state, struct dname zone)
{
    struct dname name = dname_parent(zone);
    const struct told_zone *told = told_of(query, state, name);
    struct deleg *known = deepest_known(query, state, name);

    return told_comes_first(told, known) ? deleg_from_told(query, state, told) : known;
}

static enum step choose_place(struct query *query, struct iter_state *state)
{
    const struct forward_table *table = iter_env(query)->config->told;
    struct dname place = place_of(&state->question);
    const struct told_zone *told = told_of(query, state, place);
    struct deleg *known = NULL;

    if (told == NULL || !told->is_forward)
        known = deepest_known(query, state, place);
    if (told == NULL && known == NULL)
        told = forward_root(table);
    if (told_comes_first(told, known)) {
        /* A fresh NS set without addresses would not get any by being asked for again. */
        if (told->prime && !state->primed && !(query->flags & QUERY_PRIMING) &&
            find_set(query, told->name, TYPE_NS) == NULL)
            return prime(query, state, told);
        known = deleg_from_told(query, state, told);
    }
    if (known == NULL)
        return iter_no_memory(query, state);
    state->deleg = known;
    state->qmin.labels = 0;
    if (known->recursive)
        state->qmin.active = false;
    iter_go(query, state, ITER_ASK);
    return STEP_AGAIN;
}

/* Where aliases have led, nobody has looked yet (RFC 8198). */
static bool try_known_denial(struct query *query, struct iter_state *state)
{
    struct message message;
    int64_t expires_s;

    if (query->env->known_denial == NULL ||
        !query->env->known_denial(query, &state->question, &message, &expires_s))
        return false;
    iter_note_source(query, state, NULL);
    iter_finish(query, state, &message, expires_s, SEC_UNCHECKED);
    query->outcome.uncacheable = true;
    query->outcome.synthesized = true;
    return true;
}

/* Who asked has looked for answer and failure at this very moment. */
static bool was_looked_up(const struct query *query, const struct iter_state *state)
{
    return query->looked_up && state->alias_count == 0 && query->started_ms == query_now_ms(query) &&
           question_equal(&query->question, &state->question);
}

enum step iter_start_run(struct query *query, struct iter_state *state)
{
    bool is_missing = was_looked_up(query, state);
    enum step step;

    if (state->priming != NULL && !state->priming->told)
        return STEP_WAIT; /* woken for another reason */
    if (state->priming != NULL && !state->priming->result.failed)
        state->progress_ms = query_now_ms(query);
    state->skip_cache = state->skip_cache || is_worn(query, state);
    if (!state->skip_cache &&
        ((!is_missing && try_message(query, state)) || try_kept(query, state)))
        return STEP_DONE;
    if (!is_missing && !(query->flags & QUERY_PRIMING) && try_failure(query, state))
        return STEP_DONE;
    if (!state->skip_cache) {
        if (try_alias(query, state, &step) || try_set(query, state, &step))
            return step;
        if (try_denial_above(query, state))
            return STEP_DONE;
    }
    if (state->alias_count > 0 && try_known_denial(query, state))
        return STEP_DONE;
    if ((query->flags & QUERY_NO_RD) != 0)
        return iter_refer(query, state, deepest_known(query, state, place_of(&state->question)));
    return choose_place(query, state);
}
