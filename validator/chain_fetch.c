/*
 * chain_fetch.c - the ends of a walk, and the sets that its steps judge.
 *
 * Called by chain.c. A set comes out of the RRset cache, out of denials that are here already,
 * or by a sub-question without judgement. What turns out to be bad is fetched anew from other
 * servers, a few times, within what the budget has for failed verifications.
 */
#include "validator/chain_fetch.h"

#include <string.h>

#include "util/wire/rdata.h"

enum { BAD_KEY_TTL_MAX_S = 300 };

/* ---- the end of the walk ---- */

enum chained chain_end(struct query *query, struct val_state *state, enum security security,
                       const struct key_entry *entry, const struct reasons *reasons)
{
    struct val_zone *zone = ARENA_NEW(query->arena, struct val_zone);

    if (zone == NULL) {
        key_entry_unref(entry);
        return CHAIN_NO_MEMORY;
    }
    zone->target = state->chain.target;
    zone->exact = state->chain.exact;
    zone->security = security;
    zone->entry = entry;
    zone->ends_s = INT64_MAX;
    if (reasons != NULL)
        reasons_copy(&zone->reasons, reasons, query->arena);
    zone->next = state->zones;
    state->zones = zone;
    return CHAIN_ENDED;
}

enum chained chain_end_secure(struct query *query, struct val_state *state)
{
    const struct key_entry *entry = state->chain.at;

    state->chain.at = NULL;
    return chain_end(query, state, SEC_SECURE, entry, NULL);
}

enum chained chain_end_insecure(struct query *query, struct val_state *state,
                                const struct reasons *reasons, int64_t expires_s)
{
    const struct key_entry *entry = key_cache_store_insecure(
        val_env(query)->keys, state->chain.candidate, chain_class(query), reasons, expires_s);

    val_explain_insecure(query, state->chain.candidate, reasons);
    return chain_end(query, state, SEC_INSECURE, entry, reasons);
}

/* Nobody asks for these keys again for a while; each time in a row it is longer. */
static enum chained end_remembered(struct query *query, struct val_state *state,
                                   const struct reasons *reasons)
{
    uint32_t ttl_s = val_env(query)->config->options->val_bogus_ttl;
    const struct key_entry *entry = NULL;

    if (ttl_s > 0)
        entry = key_cache_store_bogus(val_env(query)->keys, state->chain.candidate,
                                      chain_class(query), reasons, query_now_s(query), ttl_s,
                                      (uint32_t)size_max(BAD_KEY_TTL_MAX_S, ttl_s));
    return chain_end(query, state, SEC_BOGUS, entry, reasons);
}

static enum chained chain_end_bogus(struct query *query, struct val_state *state,
                                    const struct reasons *reasons)
{
    clock_sense_tell(query, &state->chain.clock);
    if (query->budget->exhausted == COSTS)
        return end_remembered(query, state, reasons);
    return chain_end(query, state, SEC_BOGUS, NULL,
                     reasons); /* a limit says nothing about the zone */
}

/* ---- fetching a set ---- */

static const struct rrset *cached_set(struct query *query, struct dname name, uint16_t type)
{
    const struct rrset *set =
        query_hold(query, rrset_cache_find(query->env->rrsets, name, type, chain_class(query),
                                           RRSET_PLAIN, query_now_s(query), 0));

    return set == NULL || rrset_security(set) == SEC_BOGUS || set->rrsig_count == 0 ? NULL
                                                                                    : set;
}

static enum chained limit_reached(struct query *query, struct val_state *state)
{
    const struct val_fetch *fetch = &state->chain.fetch;
    char type[TYPE_TEXT_MAX];
    enum cost cost =
        query->budget->exhausted == COSTS ? COST_SUBQUERIES : query->budget->exhausted;
    struct reasons why =
        val_reason(query, EDE_OTHER,
                   arena_printf(query->arena, "limit=%s for %s/%s", cost_word(cost),
                                reason_name(query->arena, fetch->name),
                                rrtype_to_text(fetch->type, type)));

    return chain_end(query, state, SEC_BOGUS, NULL,
                     fetch->fault.count != 0 ? &fetch->fault : &why);
}

bool chain_nothing_has_failed(const struct query *query)
{
    return query->budget->left[COST_FAILED_SIGNATURES] ==
           query->env->limits.most[COST_FAILED_SIGNATURES];
}

enum chained chain_verified_enough(struct query *query, struct val_state *state,
                                   const struct finding *finding,
                                   const struct outcome_source *source, bool alone)
{
    struct reasons why;

    if (finding->ede != EDE_DNSSEC_BOGUS || strcmp(finding->cause, "sig=invalid") != 0)
        return limit_reached(query, state);
    why = val_reason_of(query, finding, source);
    query_trace(query, TRACE_BOGUS,
                source == NULL || source->server.family == ADDR_NONE ? NULL : &source->server,
                NULL, why.item[0].text);
    return alone ? end_remembered(query, state, &why)
                 : chain_end(query, state, SEC_BOGUS, NULL, &why);
}

static enum chained ask(struct query *query, struct val_state *state)
{
    struct val_fetch *fetch = &state->chain.fetch;
    struct question question = {fetch->name, fetch->type, chain_class(query)};
    unsigned flags = QUERY_CD | (fetch->anew ? (unsigned)QUERY_REFRESH : 0u);

    if ((query->flags & QUERY_NO_RD) != 0) {
        state->not_at_hand = true;
        return limit_reached(query, state);
    }
    fetch->waiter = ARENA_NEW(query->arena, struct query_waiter);
    if (fetch->waiter == NULL)
        return CHAIN_NO_MEMORY;
    switch (mesh_need(query, &question, flags, fetch->waiter)) {
    case NEED_WAIT: val_go(query, state, VAL_FETCH); return CHAIN_WAITS;
    case NEED_NO_MEMORY: return CHAIN_NO_MEMORY;
    case NEED_LOOP:
    case NEED_LIMIT: break;
    }
    fetch->waiter = NULL;
    return limit_reached(query, state);
}

/* That there is no DS is known already (RFC 8198). */
static struct message *denied_before(struct query *query, struct val_state *state,
                                     struct dname name)
{
    struct question question = {name, TYPE_DS, chain_class(query)};
    struct message *message = ARENA_NEW(query->arena, struct message);
    int64_t expires_s;

    return message != NULL &&
                   val_answer_from_proven(query, state, &question, message, &expires_s)
               ? message
               : NULL;
}

/* A referral on the way here has brought a denial of the DS, still to be judged. */
static struct message *denied_by_referral(struct query *query, struct dname zone)
{
    const struct referral *referral = query->referrals;
    struct message *message;
    size_t count, first;

    while (referral != NULL && !dname_equal(referral->zone, zone))
        referral = referral->next;
    message = referral == NULL ? NULL : ARENA_NEW(query->arena, struct message);
    if (message == NULL)
        return NULL;
    count = referral->message.count[SECTION_AUTHORITY];
    first = referral->message.count[SECTION_ANSWER];
    message->count[SECTION_AUTHORITY] = (uint16_t)count;
    message->rrsets = ARENA_ARRAY(query->arena, const struct rrset *, count);
    if (message->rrsets == NULL)
        return NULL;
    memcpy(message->rrsets, referral->message.rrsets + first, count * sizeof(*message->rrsets));
    return message;
}

/* ---- what lasts ---- */

enum { KEPT_PROOFS_MAX = 8 };

void chain_keep_denial(struct query *query, const struct val_state *state, int64_t expires_s)
{
    const struct val_fetch *fetch = &state->chain.fetch;
    const struct rrset *proofs[KEPT_PROOFS_MAX];
    struct message message = {.flags = FLAG_QR | FLAG_RD | FLAG_RA, .rrsets = proofs};
    const struct question question = {state->chain.candidate, TYPE_DS, chain_class(query)};
    struct msg_store what = {.message = &message,
                             .question = &question,
                             .flavour = MSG_FLAVOUR_KEPT,
                             .security = SEC_UNCHECKED,
                             .now_s = query_now_s(query)};
    uint16_t *used = &message.count[SECTION_AUTHORITY];
    size_t count;
    const struct rrset **sets;

    if (!query->env->is_to_last || !fetch->by_referral || fetch->proven == NULL ||
        query->outcome.uncacheable || expires_s <= what.now_s)
        return;
    sets = message_section(fetch->proven, SECTION_AUTHORITY, &count);
    for (size_t i = 0; i < count && *used < KEPT_PROOFS_MAX; i++)
        if (rrset_security(sets[i]) == SEC_SECURE)
            proofs[(*used)++] = sets[i];
    what.ttl_s = (uint32_t)time_min(expires_s - what.now_s, INT32_MAX);
    if (*used > 0)
        (void)msg_cache_store(query->env->messages, &what); /* without memory it is just not kept */
}

/* The same on the way back: it proves as little or as much as what comes with a referral. */
static struct message *denied_in_file(struct query *query, struct dname zone)
{
    const struct question question = {zone, TYPE_DS, chain_class(query)};
    const struct msg_entry *entry =
        query->anew ? NULL
                    : msg_cache_find(query->env->messages, &question, MSG_FLAVOUR_KEPT,
                                     query_now_s(query), 0);
    struct message *message = entry == NULL ? NULL : ARENA_NEW(query->arena, struct message);
    uint16_t count = entry == NULL ? 0 : entry->count[SECTION_AUTHORITY];

    if (message != NULL)
        message->rrsets = ARENA_ARRAY(query->arena, const struct rrset *, count + 1);
    if (message == NULL || message->rrsets == NULL || entry->count[SECTION_ANSWER] != 0) {
        msg_entry_unref(entry);
        return NULL;
    }
    for (uint16_t i = 0; i < count; i++) {
        const struct rrset *set = query_hold(query, rrset_ref(entry->rrsets[i]));

        if (set != NULL && rrset_is_fresh(set, query_now_s(query)))
            message->rrsets[message->count[SECTION_AUTHORITY]++] = set;
    }
    msg_entry_unref(entry);
    return message;
}

enum chained chain_fetch(struct query *query, struct val_state *state, struct dname name,
                         uint16_t type)
{
    struct val_fetch *fetch = &state->chain.fetch;

    if (fetch->name.wire == NULL || fetch->type != type || !dname_equal(fetch->name, name)) {
        *fetch = (struct val_fetch){.name = name, .type = type};
        fetch->set = cached_set(query, name, type);
        if (fetch->set == NULL && type == TYPE_DS)
            fetch->proven = denied_before(query, state, name);
        fetch->by_referral = fetch->set == NULL && fetch->proven == NULL && type == TYPE_DS;
        if (fetch->by_referral)
            fetch->proven = denied_by_referral(query, name);
        if (fetch->by_referral && fetch->proven == NULL)
            fetch->proven = denied_in_file(query, name);
    }
    if (fetch->set != NULL || fetch->proven != NULL ||
        (fetch->waiter != NULL && fetch->waiter->told))
        return CHAIN_HAS;
    return ask(query, state);
}

enum step val_fetch_run(struct query *query, struct val_state *state)
{
    const struct query_waiter *waiter = state->chain.fetch.waiter;

    if (waiter != NULL && !waiter->told)
        return STEP_WAIT; /* woken for another reason */
    val_go(query, state, VAL_CHAIN);
    return STEP_AGAIN;
}

const struct message *chain_fetched_message(const struct val_fetch *fetch)
{
    return fetch->proven != NULL ? fetch->proven : &fetch->waiter->result.message;
}

const struct rrset *chain_fetched_set(const struct val_fetch *fetch, uint16_t type)
{
    if (fetch->set != NULL)
        return fetch->set->type == type ? fetch->set : NULL;
    return message_find(chain_fetched_message(fetch), SECTION_ANSWER, fetch->name, type);
}

const struct outcome_source *chain_fetched_from(const struct val_fetch *fetch, bool denial)
{
    const struct outcome *result =
        fetch->set != NULL || fetch->proven != NULL ? NULL : &fetch->waiter->result;

    if (result == NULL || result->source_count == 0)
        return NULL;
    return &result->sources[denial ? result->source_count - 1 : 0];
}

bool chain_fetch_has_failed(const struct val_fetch *fetch)
{
    return fetch->set == NULL && fetch->proven == NULL && fetch->waiter->result.failed;
}

static bool may_fetch_again(const struct query *query, const struct val_fetch *fetch)
{
    return fetch->tries < val_env(query)->config->options->val_max_restart &&
           query->budget->exhausted == COSTS && query->budget->left[COST_FAILED_SIGNATURES] > 0;
}

enum chained chain_fetch_again(struct query *query, struct val_state *state,
                               const struct reasons *why, const struct outcome_source *source,
                               struct dname stripped, bool is_forged)
{
    struct val_fetch *fetch = &state->chain.fetch;
    bool has_server = source != NULL && source->server.family != ADDR_NONE;

    query_trace(query, TRACE_BOGUS, has_server ? &source->server : NULL, NULL,
                why->item[0].text);
    log_line(query->env->log, LOG_LEVEL_DEBUG, "event=finding query=%u try=%u msg=%s", query->number,
             fetch->tries, why->item[0].text);
    if (fetch->set != NULL && rrset_security(fetch->set) != SEC_SECURE)
        rrset_set_security(fetch->set, SEC_BOGUS);
    if (fetch->fault.count == 0 || fetch->fault_of_cache) {
        fetch->fault = *why; /* the first of which the server is known */
        fetch->fault_of_cache = fetch->set != NULL;
    }
    if (!may_fetch_again(query, fetch))
        return chain_end_bogus(query, state, fetch->fault.count == 0 ? why : &fetch->fault);
    val_avoid(query, source, stripped, is_forged);
    if (query->doubt == NULL || query->doubt->count == 0)
        query->doubt = &fetch->fault;
    fetch->tries++;
    fetch->set = NULL;
    fetch->proven = NULL;
    fetch->waiter = NULL;
    fetch->anew = true;
    return CHAINED;
}

enum chained chain_fetch_failed(struct query *query, struct val_state *state)
{
    struct val_fetch *fetch = &state->chain.fetch;
    const struct outcome *result = &fetch->waiter->result;
    struct reasons nothing;

    if (fetch->fault.count > 0)
        return chain_end_bogus(query, state, &fetch->fault);
    if (result->reasons.count > 0)
        return chain_end(query, state, SEC_BOGUS, NULL, &result->reasons);
    nothing = val_reason(query, EDE_OTHER, "limit=memory");
    return chain_end(query, state, SEC_BOGUS, NULL, &nothing);
}
