/*
 * targets.c - more addresses: of name servers whose names are known, and at last from the parent.
 *
 * Each look-up is a sub-question through the mesh. Bounds: how many run at a time, how many may
 * fail for one delegation, how many a client's question may cost in all (NXNSAttack).
 */
#include "iterator/iter_state.h"

#include <string.h>

#include "util/wire/rdata.h"

static enum target_status *status_of(struct target *target)
{
    return target->aaaa ? &target->name->aaaa : &target->name->a;
}

/* A loop is found at its end; all that wait for it are in it as well. */
static bool failed_in_loop(const struct outcome *result)
{
    static const char loop[] = "deleg=loop";

    return result->failed && result->reasons.count > 0 &&
           strncmp(result->reasons.item[0].text, loop, sizeof(loop) - 1) == 0;
}

static void add_addresses(struct query *query, struct iter_state *state, struct target *target)
{
    const struct message *message = &target->waiter.result.message;
    uint16_t type = target->aaaa ? TYPE_AAAA : TYPE_A;
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_ANSWER, &count);

    *status_of(target) = TARGET_MISSING;
    if (target->waiter.result.failed || message->rcode != RCODE_NOERROR)
        target->deleg->target_failures += !target->waiter.result.from_cache;
    if (failed_in_loop(&target->waiter.result))
        target->deleg->saw_loop = true;
    /* Then there is no address of the other type either, or the same way leads nowhere. */
    if (message->rcode == RCODE_NXDOMAIN || target->waiter.result.failed)
        target->name->a = target->name->aaaa = TARGET_MISSING;
    for (size_t i = 0; i < count; i++) {
        if (sets[i]->type != type)
            continue;
        *status_of(target) = TARGET_KNOWN;
        iter_add_addresses(query, state, target->deleg, target->name, sets[i]);
    }
}

void iter_read_targets(struct query *query, struct iter_state *state)
{
    for (struct target *target = state->targets; target != NULL; target = target->next) {
        if (target->read || !target->waiter.told)
            continue;
        target->read = true;
        state->targets_running--;
        target->deleg->lookups_ended++;
        target->deleg->lookups_free += target->waiter.result.from_cache;
        target->deleg->parent_side = false; /* the zones' own word, not glue */
        add_addresses(query, state, target);
    }
}

/* IPv6 that seems not to work is left alone, but for hosts that have nothing else. */
static bool family_is_used(const struct query *query, const struct deleg_name *name, bool aaaa)
{
    const struct iterator_env *env = iter_env(query);

    if (!aaaa)
        return env->config->upstream->do_ip4 || env->config->nat64 != NULL;
    return env->config->upstream->do_ip6 &&
           (iter_ip6(query)->doubted_until_ms <= query_now_ms(query) ||
            !env->config->upstream->do_ip4 || name->a == TARGET_MISSING);
}

/* @return whether it runs now. */
static bool start(struct query *query, struct iter_state *state, struct deleg_name *name,
                  bool aaaa)
{
    struct question question = {name->name, aaaa ? TYPE_AAAA : TYPE_A, CLASS_IN};
    struct target *target = ARENA_NEW(query->arena, struct target);
    enum need need;

    if (target == NULL)
        return false;
    target->deleg = state->deleg;
    target->name = name;
    target->aaaa = aaaa;
    *status_of(target) = TARGET_MISSING;
    if (!budget_take(query->budget, COST_TARGETS, 1))
        return false;
    need = mesh_need(query, &question, QUERY_TARGET | QUERY_CD, &target->waiter);
    if (need == NEED_LOOP) {
        name->a = name->aaaa = TARGET_MISSING;
        state->deleg->saw_loop = true;
        query_trace(query, TRACE_LOOP, NULL, &state->deleg->zone, NULL);
    }
    if (need == NEED_LIMIT)
        query->budget->too_deep = true;
    if (need != NEED_WAIT) {
        state->deleg->target_failures++;
        return false;
    }
    state->deleg->lookups++;
    *status_of(target) = TARGET_ASKED;
    target->next = state->targets;
    state->targets = target;
    state->targets_running++;
    return true;
}

void iter_check_path(struct query *query, struct iter_state *state)
{
    struct question question = {state->deleg->zone, TYPE_NS, CLASS_IN};

    /* Only on a client's own way: checks of the checks' ways would never end. */
    if (query->depth > 0 || query->nobody_waits || !budget_allows_extras(query->budget))
        return;
    mesh_look_aside(query, &question, QUERY_CD);
    for (struct deleg_name *name = state->deleg->names; name != NULL; name = name->next) {
        struct question address = {name->name, TYPE_A, CLASS_IN};

        if (!deleg_needs_glue(state->deleg, name->name))
            continue;
        if (name->a == TARGET_KNOWN)
            mesh_look_aside(query, &address, QUERY_TARGET | QUERY_CD);
        address.qtype = TYPE_AAAA;
        if (name->aaaa == TARGET_KNOWN)
            mesh_look_aside(query, &address, QUERY_TARGET | QUERY_CD);
    }
}

/* May one more look-up be started for this delegation? */
static bool may_look_up(const struct query *query, const struct iter_state *state)
{
    const struct iterator_options *options = iter_env(query)->config->options;
    const struct deleg *deleg = state->deleg;

    /* Look-ups made for look-ups run one by one, and not at all once their nesting has met its
     * limit: whoever delegates without end gains nothing by doing it in width. */
    if (query->target_depth > 0 && (state->targets_running > 0 || query->budget->too_deep))
        return false;
    /* A name that cannot be found costs as much as a server that cannot be reached. */
    return state->targets_running < options->target_lookups_max &&
           deleg->target_failures + state->targets_running < options->target_failures_max &&
           deleg_spent(deleg) < options->sends_per_delegation;
}

/* Until the first look-up has found the way, others in the same place would only search it,
 * too. */
static bool way_is_being_found(const struct iter_state *state, const struct deleg_name *name)
{
    if (state->deleg->lookups_ended > 0 || name->name.labels < 2)
        return false;
    for (const struct target *at = state->targets; at != NULL; at = at->next)
        if (!at->read && at->name->name.labels > 1 &&
            dname_equal(dname_parent(at->name->name), dname_parent(name->name)))
            return true;
    return false;
}

/*
 * The second address type of a name that has the first is one, until all known addresses have
 * been tried; and hosts that have no good answer here will not have one there, least of all
 * about their own addresses. But records that are not the zone's were put in on the way to a
 * host, and there may be another way.
 */
static bool is_luxury(const struct iter_state *state, const struct deleg_name *name)
{
    const struct deleg *deleg = state->deleg;

    return deleg_has_untried(deleg) || state->poor_answer != NULL ||
           (deleg->heard && !deleg->misled && deleg_needs_glue(deleg, name->name));
}

/* How many names inside a zone without any address are looked up: each question ends where the
 * delegation came from. */
static unsigned glueless_most(const struct query *query)
{
    return query->target_depth == 0 ? 2 : 0;
}

/* Silent servers will not tell where they are, either; nor will parents without glue, however often
 * they are asked. Those whose words were bad may, for a name or two. */
static bool is_vain(const struct query *query, const struct deleg *deleg)
{
    if (deleg->servers != NULL && !deleg->misled)
        return !deleg->heard;
    return deleg->lookups >= glueless_most(query);
}

void iter_look_up_targets(struct query *query, struct iter_state *state, uint32_t most)
{
    struct deleg *deleg = state->deleg;
    uint32_t started = 0;

    for (unsigned aaaa = 0; aaaa < 2; aaaa++) {
        for (struct deleg_name *name = deleg->names; name != NULL; name = name->next) {
            enum target_status status = aaaa ? name->aaaa : name->a;

            if (status != TARGET_UNKNOWN)
                continue;
            if (started >= most || !may_look_up(query, state))
                return;
            if (!family_is_used(query, name, aaaa) ||
                (aaaa && name->a == TARGET_ASKED) || /* which may make this one needless */
                way_is_being_found(state, name))
                continue;
            if (deleg_needs_glue(deleg, name->name) && is_vain(query, deleg))
                continue;
            if (aaaa && name->a == TARGET_KNOWN && is_luxury(state, name))
                continue;
            started += start(query, state, name, aaaa);
        }
    }
}

/*
 * Glue runs out address by address: the parent may tell one that is no longer known here.
 * @param only_glue of names below the cut only, whose addresses nobody else could tell.
 */
static bool lacks_addresses(const struct deleg *deleg, bool only_glue)
{
    for (const struct deleg_name *at = deleg->names; at != NULL; at = at->next)
        if (at->a != TARGET_KNOWN && at->aaaa != TARGET_KNOWN &&
            (!only_glue || deleg_needs_glue(deleg, at->name)))
            return true;
    return false;
}

/*
 * The last resort: what is known of the zone's servers has failed; the parent may know better
 * ones. The parent is asked anew, once a zone; servers that failed stay struck off. The root
 * has no parent: of its servers the hints know what a parent's glue would say.
 */
static bool may_ask_parent(const struct iter_state *state)
{
    const struct deleg *deleg = state->deleg;

    if (deleg->origin != DELEG_CACHED || (deleg->parent_side && !lacks_addresses(deleg, false)))
        return false;
    return state->anew_zone.wire == NULL || !dname_equal(state->anew_zone, deleg->zone);
}

/* @return false: no memory. */
static bool go_to_parent(struct query *query, struct iter_state *state)
{
    struct deleg *parent = NULL;

    if (!dname_is_root(state->deleg->zone))
        parent = iter_place_above(query, state, state->deleg->zone);
    if (parent == NULL)
        parent = iter_deleg_from_hints(query, state);
    if (parent == NULL)
        return false;
    iter_withdraw_flights(query, state); /* what comes from there would be taken for the parent's words */
    query_trace(query, TRACE_PARENT_SIDE, NULL, &state->deleg->zone, NULL);
    state->anew_zone = state->deleg->zone;
    state->deleg = parent;
    state->qmin.labels = 0;
    iter_go(query, state, ITER_ASK);
    return true;
}

static bool ask_parent_anew(struct query *query, struct iter_state *state)
{
    if (!may_ask_parent(state))
        return false;
    for (struct deleg_server *at = state->deleg->servers; at != NULL; at = at->next)
        if (!at->failed)
            iter_strike(query, state, at);
    return go_to_parent(query, state);
}

bool iter_ask_parent_early(struct query *query, struct iter_state *state)
{
    return may_ask_parent(state) && lacks_addresses(state->deleg, true) &&
           go_to_parent(query, state);
}

/* Addresses as parents told them once, where the names' own zones say something else now. */
static bool add_parent_side(struct query *query, struct iter_state *state)
{
    for (struct deleg_name *name = state->deleg->names; name != NULL; name = name->next) {
        for (unsigned aaaa = 0; aaaa < 2; aaaa++) {
            const struct rrset *set = rrset_cache_find_parent_side(
                query->env->rrsets, name->name, aaaa ? TYPE_AAAA : TYPE_A, CLASS_IN,
                query_now_s(query));

            if (set == NULL)
                continue;
            iter_add_addresses(query, state, state->deleg, name, set);
            rrset_unref(set);
        }
    }
    return deleg_has_untried(state->deleg);
}

static enum step last_resort(struct query *query, struct iter_state *state)
{
    if (iter_may_send(query, state) && add_parent_side(query, state)) {
        query_trace(query, TRACE_PARENT_SIDE, NULL, &state->deleg->zone, NULL);
        iter_go(query, state, ITER_ASK);
        return STEP_AGAIN;
    }
    if (ask_parent_anew(query, state))
        return STEP_AGAIN;
    if (state->poor_answer != NULL)
        return iter_accept_last_resort(query, state);
    if (state->deleg->first && !state->told_zones_failed) {
        iter_withdraw(query, state);
        state->told_zones_failed = true;
        state->struck = NULL; /* who does not recurse for us may yet answer for the zone itself */
        state->deleg = NULL;
        state->progress_ms = query_now_ms(query); /* the others have their own time */
        state->qmin =
            (struct qmin){.active = iter_env(query)->config->options->qname_minimisation};
        iter_go(query, state, ITER_START);
        return STEP_AGAIN;
    }
    return iter_give_up(query, state);
}

enum step iter_targets_run(struct query *query, struct iter_state *state)
{
    iter_read_targets(query, state);
    if (iter_may_send(query, state)) {
        if (deleg_has_untried(state->deleg)) {
            iter_go(query, state, ITER_ASK);
            return STEP_AGAIN;
        }
        if (iter_settle_case(query, state) || iter_ask_parent_early(query, state))
            return STEP_AGAIN;
        iter_look_up_targets(query, state, UINT32_MAX);
        if (state->targets_running > 0)
            return STEP_WAIT;
    }
    if (iter_hopes(query, state)) {
        iter_go(query, state, ITER_AWAIT);
        return STEP_AGAIN;
    }
    return last_resort(query, state);
}
