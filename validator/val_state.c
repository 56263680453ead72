/*
 * val_state.c - the table of moves, and what several states do.
 */
#include "validator/val_state.h"

static const struct val_rule {
    const char *name;
    enum step (*run)(struct query *query, struct val_state *state);
    unsigned may_go_to; /* bit set of states */
} val_rules[VAL_STATES] = {
    [VAL_START] = {"start", val_start_run, BIT(VAL_AWAIT) | BIT(VAL_DONE)},
    [VAL_AWAIT] = {"await", val_await_run, BIT(VAL_JUDGE) | BIT(VAL_DONE)},
    [VAL_JUDGE] = {"judge", val_judge_run, BIT(VAL_CHAIN) | BIT(VAL_AWAIT) | BIT(VAL_DONE)},
    [VAL_CHAIN] = {"chain", val_chain_run, BIT(VAL_FETCH) | BIT(VAL_JUDGE) | BIT(VAL_DONE)},
    [VAL_FETCH] = {"fetch", val_fetch_run, BIT(VAL_CHAIN)},
    [VAL_DONE] = {"done", NULL, 0},
};

void val_go(struct query *query, struct val_state *state, enum val_state_id to)
{
    log_line(query->env->log, LOG_LEVEL_DEBUG, "event=step query=%u validator=%s next=%s",
             query->number, val_rules[state->id].name, val_rules[to].name);
    ASSERT((val_rules[state->id].may_go_to & BIT(to)) != 0);
    state->id = to;
}

const struct validator_env *val_env(const struct query *query)
{
    unsigned place = 0;

    while (query->env->modules[place] != &validator_module)
        place++;
    return query->env->module_env[place];
}

static struct val_state *state_new(struct query *query)
{
    struct val_state *state = ARENA_NEW(query->arena, struct val_state);

    if (state != NULL)
        state->memo = nsec3_memo_new(query->arena);
    return state == NULL || state->memo == NULL ? NULL : state;
}

/* The keys of zones are ours only while we judge: the query may wait for other things
 * afterwards, and the key cache should be able to let go of what it has dropped. */
static void release_keys(struct val_state *state)
{
    for (struct val_zone *zone = state->zones; zone != NULL; zone = zone->next)
        key_entry_unref(zone->entry);
    key_entry_unref(state->chain.at);
    state->zones = NULL;
    state->chain.at = NULL;
}

static enum step validator_step(struct query *query, void **slot)
{
    struct val_state *state = *slot;

    if (state == NULL || state->id == VAL_DONE)
        *slot = state = state_new(query);
    if (state == NULL)
        return query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=memory");
    for (;;) {
        enum step step = val_rules[state->id].run(query, state);

        if (state->id == VAL_DONE)
            release_keys(state);
        if (step != STEP_AGAIN)
            return step;
    }
}

/* What was asked for is withdrawn by the mesh. */
static void validator_abandon(struct query *query, void **slot)
{
    (void)query;
    if (*slot != NULL)
        release_keys(*slot);
}

const struct module validator_module = {"validator", validator_step, validator_abandon};

/* ---- the first two states ---- */

/* RFC 8198: what is known not to be there need not be asked for. */
bool validator_known_denial(struct query *query, const struct question *question,
                            struct message *out, int64_t *expires_s)
{
    const unsigned not_for = QUERY_CD | QUERY_TARGET | QUERY_PRIMING | QUERY_REFRESH;
    struct world *world = query->env->world;
    struct anchor_found found;
    unsigned place = 0;

    if ((query->flags & not_for) != 0 || query->anew)
        return false;
    while (query->env->modules[place] != &validator_module)
        place++;
    found = anchors_find(val_env(query)->anchors, question->qname, question->qclass,
                         world->wall_s(world));
    return found.anchor != NULL && query->state[place] != NULL &&
           val_answer_from_proven(query, query->state[place], question, out, expires_s);
}

static const struct rrset *cached_secure(struct query *query, struct dname owner, uint16_t type)
{
    const struct rrset *set = query_hold(
        query, rrset_cache_find(query->env->rrsets, owner, type, query->question.qclass,
                                RRSET_PLAIN, query_now_s(query), 0));

    return set != NULL && rrset_security(set) == SEC_SECURE ? set : NULL;
}

/* A referral has brought the proof that there is no DS, but no SOA; with one it is an answer.
 */
static void learn_from_referral(struct query *query)
{
    const struct rrset *sets[2];
    struct message message;
    struct dname signer;

    if (query->question.qtype != TYPE_DS)
        return;
    message_clear(&message);
    message.count[SECTION_AUTHORITY] = 2;
    message.rrsets = sets;
    sets[0] = cached_secure(query, query->question.qname, TYPE_NSEC);
    if (sets[0] == NULL || !sig_signer(sets[0], &signer))
        return;
    sets[1] = cached_secure(query, signer, TYPE_SOA);
    if (sets[1] != NULL)
        val_learn(query, signer, &message);
}

static bool is_denied_already(struct query *query)
{
    struct message message;
    int64_t expires_s;

    learn_from_referral(query);
    if (!validator_known_denial(query, &query->question, &message, &expires_s))
        return false;
    query_trace(query, TRACE_CACHED, NULL, NULL, NULL);
    query_done(query, &message, SEC_SECURE);
    query->outcome.expires_s = expires_s;
    query->outcome.uncacheable = true;
    query->outcome.synthesized = true;
    return true;
}

enum step val_start_run(struct query *query, struct val_state *state)
{
    if (is_denied_already(query))
        return val_accept(query, state, SEC_SECURE);
    val_go(query, state, VAL_AWAIT);
    return STEP_PASS;
}

/* RFC 4035 section 3.2.2 for CD. What only serves to find servers needs no proof: a wrong one
 * gives answers that fail to validate. */
static bool is_to_be_judged(const struct query *query)
{
    const struct outcome *outcome = &query->outcome;

    if ((query->flags & (QUERY_CD | QUERY_TARGET | QUERY_PRIMING)) != 0)
        return false;
    return !(outcome->from_cache &&
             (outcome->security == SEC_SECURE || outcome->security == SEC_INSECURE));
}

enum step val_await_run(struct query *query, struct val_state *state)
{
    struct outcome *outcome = &query->outcome;

    if (outcome->failed && state->restarts > 0) /* nobody is left who could have said better */
        return val_fail(query, state);
    if (outcome->failed || !is_to_be_judged(query)) {
        val_go(query, state, VAL_DONE);
        return STEP_DONE;
    }
    state->item_count = message_rrsets(&outcome->message);
    state->items = ARENA_ARRAY(query->arena, struct val_item, state->item_count + 1);
    state->fault = (struct val_fault){0};
    state->proof_fault = (struct val_fault){0};
    state->notes.count = 0;
    if (state->items == NULL)
        return val_no_memory(query, state);
    val_go(query, state, VAL_JUDGE);
    return STEP_AGAIN;
}

/* ---- what several states do ---- */

struct sig_check val_sig_check(const struct query *query)
{
    const struct validator_config *config = val_env(query)->config;
    struct world *world = query->env->world;

    return (struct sig_check){.crypto = config->crypto,
                              .clock = &config->clock,
                              .wall_s = world->wall_s(world),
                              .budget = query->budget,
                              .arena = query->arena,
                              .all_algorithms = config->options->harden_algo_downgrade};
}

const struct algo_set *val_needed(const struct query *query, const struct key_entry *entry)
{
    return val_env(query)->config->options->harden_algo_downgrade ? &entry->algorithms : NULL;
}

const struct rrset *val_publish(struct query *query, const struct rrset *set,
                                const struct sig_good *good)
{
    int64_t now_s = query_now_s(query);
    struct rrset *copy = rrset_copy_in(query->arena, set);
    const struct rrset *stored;

    if (copy == NULL)
        return set;
    copy->trust = TRUST_VALIDATED;
    /* RFC 4035 section 5.3.3: the original TTL counts from when the set came, not from now. */
    if (copy->ttl_s > good->original_ttl_s)
        rrset_set_expiry(copy, rrset_came_s(copy) + good->original_ttl_s);
    copy->ttl_s = (uint32_t)size_min(copy->ttl_s, good->ttl_max_s);
    rrset_set_expiry(copy, time_min(copy->expires_s, now_s + good->ttl_max_s));
    rrset_set_security(copy, SEC_SECURE);
    if (query->outcome.uncacheable || (query->flags & QUERY_NO_CACHE_STORE) != 0)
        return copy;
    stored =
        query_hold(query, rrset_cache_replace(query->env->rrsets, copy, RRSET_PLAIN, now_s));
    return stored == NULL ? copy : stored;
}

/* No more is believed than if its signatures were verified once more: they are the same. */
const struct rrset *validator_renew(struct query *query, const struct rrset *known,
                                    const struct rrset *fresh)
{
    struct sig_check check = val_sig_check(query);
    struct sig_good good;

    if (rrset_security(known) != SEC_SECURE || !rrset_same_data(known, fresh) ||
        !sig_is_unchanged(&check, fresh, known, &good))
        return NULL;
    return val_publish(query, fresh, &good);
}

const struct rrset *val_known_secure(struct query *query, const struct rrset *set)
{
    const struct rrset *known;

    if (query->anew || (query->flags & QUERY_REFRESH) != 0)
        return NULL; /* its TTL is to begin anew */
    /* It is itself what the cache has, for nobody has put another in its place; or it stands beside
     * it, with signatures that are to be judged. */
    if (rrset_is_published(set) && !rrset_is_superseded(set))
        return rrset_security(set) == SEC_SECURE ? set : NULL;
    known =
        query_hold(query, rrset_cache_find(query->env->rrsets, rrset_owner(set), set->type,
                                           set->rrclass, RRSET_PLAIN, query_now_s(query), 0));
    if (known == NULL || rrset_security(known) != SEC_SECURE || !rrset_same_data(known, set))
        return NULL;
    return known;
}

void val_denial_begin(struct query *query, struct val_state *state, struct denial *denial,
                      struct dname zone)
{
    const struct validator_config *config = val_env(query)->config;

    denial_begin(denial, zone, &config->nsec3_rules, state->memo, config->crypto, query->budget,
                 query->arena);
}

bool val_answer_from_proven(struct query *query, struct val_state *state,
                            const struct question *question, struct message *out,
                            int64_t *expires_s)
{
    const struct validator_env *env = val_env(query);
    struct proven_tools tools = {&env->config->nsec3_rules, env->config->crypto, state->memo};

    return env->proven != NULL && env->config->options->aggressive_nsec &&
           proven_answer(env->proven, query, question, &tools, out, expires_s);
}

void val_learn(struct query *query, struct dname zone, const struct message *message)
{
    const struct validator_env *env = val_env(query);

    if (env->proven != NULL && env->config->options->aggressive_nsec)
        proven_learn(env->proven, zone, message, query_now_s(query));
}

const char *val_server_text(struct query *query, const struct outcome_source *source)
{
    char text[ADDR_TEXT_MAX];
    const char *how = "";

    if (source == NULL || source->server.family == ADDR_NONE)
        return NULL;
    if (source->transport == TRANSPORT_TCP)
        how = "/tcp";
    else if (source->transport == TRANSPORT_TLS)
        how = "/tls";
    return arena_printf(query->arena, "%s%s", addr_to_text(&source->server, text), how);
}

struct reasons val_reason(struct query *query, uint16_t code, const char *text)
{
    struct reasons reasons = {0};

    reasons_add(&reasons, query->arena, code, text == NULL ? "limit=memory" : text);
    return reasons;
}

struct reasons val_reason_of(struct query *query, const struct finding *finding,
                             const struct outcome_source *source)
{
    const char *text = finding_text(finding, val_server_text(query, source), query->arena);

    return val_reason(query, finding->ede, text);
}

const struct val_zone *val_zone_find(const struct val_state *state, struct dname target,
                                     bool exact)
{
    for (const struct val_zone *zone = state->zones; zone != NULL; zone = zone->next)
        if (zone->exact == exact && dname_equal(zone->target, target))
            return zone;
    return NULL;
}
