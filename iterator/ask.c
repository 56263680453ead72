/*
 * ask.c - sending: which server, which name, how long to wait; and the waiting itself.
 */
#include "iterator/iter_explain.h"

#include "iterator/pick.h"

enum {
    TIMEOUT_MIN_MS = 30,
    PATIENCE_MS = 1200, /* with a server that is alive */
    PATIENCE_TCP_MS = 1800, /* which repeats what was lost at first after 1 s */
    SPARE_MS = 700, /* when all that is left is hope, it ends before the time does */
    LAST_TRY_LEAST_MS = 500, /* a server that hesitates once is not given up in a blink */
    LAST_PLACE_LEAST_MS = 2000, /* that of servers which answer at all is rarely longer */
    LAME_TARGETS_MAX = 2,
    EQUAL_MAX = 3, /* equal questions to one server (limits) */
    EQUAL_BY_UDP_MAX = 2, /* of them, where TCP may be tried */
    LAST_BY_TCP = 2, /* of all that one delegation may cost */
    IP6_DOUBTED_AFTER = 3
};

static void flight_landed(struct upstream_ask *ask)
{
    struct flight *flight = ask->owner;

    flight->landed = true;
    mesh_wake(flight->query);
}

/* How often one server may get this question: with others to turn to, as often as rounds go. */
static unsigned sends_per_server(const struct iterator_options *options,
                                 const struct iter_state *state)
{
    unsigned most = (unsigned)size_max(options->outbound_msg_retry, 1);

    if (state->deleg->server_count <= 1)
        return most;
    /* Servers that change the case of names must agree, round by round. */
    if (state->case_flight != NULL)
        return CASE_ROUNDS_PER_ADDRESS;
    return (unsigned)size_min(options->timeout_rounds_max, most);
}

/* The same for one that has answered before: it is loss, then, and each try has its own chance. */
static unsigned sends_if_alive(const struct iterator_options *options,
                               const struct iter_state *state)
{
    return state->case_flight != NULL ? 0 : (unsigned)size_min(options->outbound_msg_retry, EQUAL_MAX);
}

static void flight_is_overdue(struct upstream_ask *ask)
{
    struct flight *flight = CONTAINER_OF(ask, struct flight, ask);

    flight->overdue = true;
    mesh_wake(flight->query);
}

/* NULL: there are enough, or no memory. */
static struct flight *free_flight(struct query *query, struct iter_state *state)
{
    unsigned in_time = 0;
    size_t place;

    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++)
        in_time += state->flights[i]->under_way && !state->flights[i]->given_up;
    if (in_time >= FLIGHTS_IN_TIME_MAX)
        return NULL;
    for (place = 0; place < FLIGHTS_MAX && state->flights[place] != NULL; place++)
        if (!state->flights[place]->under_way)
            return state->flights[place];
    if (place == FLIGHTS_MAX)
        return NULL;
    state->flights[place] = ARENA_NEW(query->arena, struct flight);
    if (state->flights[place] != NULL)
        state->flights[place]->query = query;
    return state->flights[place];
}

/* Milliseconds that are left for this question; 0: nothing more is to be sent. */
static int64_t time_left_ms(const struct query *query, const struct iter_state *state)
{
    const struct iterator_options *options = iter_env(query)->config->options;
    int64_t arrived_ms = query->budget->deadline_ms - options->query_time_max;
    int64_t end_ms = arrived_ms + options->silent_time_max;

    /* Silent servers are given up well before stubs give up on us (5 s); who has been led here by
     * slow ones on the way may still try these. */
    end_ms = time_max(end_ms, state->progress_ms + LAST_PLACE_LEAST_MS);
    end_ms = time_min(end_ms, query->budget->deadline_ms);
    return time_max(end_ms - query_now_ms(query), 0);
}

static uint32_t targets_taken(const struct query *query)
{
    return iter_env(query)->config->options->targets_max - query->budget->left[COST_TARGETS];
}

/* A server that all questions know to be silent gets a packet in a while; others do without. */
static bool is_left_alone(struct query *query, struct iter_state *state,
                          const struct deleg_server *server, const struct infra *infra)
{
    struct trace_event *event;

    /* Where many names of servers are looked up, those who have lost the zone are not asked for
     * one after the other (NRDelegation). */
    if (infra->lame && query->target_depth > 0 && targets_taken(query) > LAME_TARGETS_MAX) {
        (void)query_trace(query, TRACE_LAME, &server->addr, &state->deleg->zone, "remembered");
        return true;
    }
    if (!pick_is_silent(infra, state->question.qtype))
        return false;
    if (server->sends > 0) /* others have found out meanwhile, or not */
        return infra->timeouts_in_row > server->timeouts;
    if (infra_claim_probe(query->env->infra, &server->addr, state->deleg->zone,
                          query_now_ms(query)))
        return false;
    event = query_trace(query, TRACE_TIMEOUT, &server->addr, &state->deleg->zone, "remembered");
    if (event != NULL)
        event->number = infra->timeout_ms;
    return true;
}

/* @param last set when that server does not get this question again. */
static struct deleg_server *next_server(struct query *query, struct iter_state *state,
                                        struct infra *infra, bool *last)
{
    const struct iterator_env *env = iter_env(query);
    int64_t now_ms = query_now_ms(query);
    struct pick_rules rules = {.infra = query->env->infra,
                               .now_ms = now_ms,
                               .random = world_random(query->env->world),
                               .prefer_ip4 = env->config->upstream->prefer_ip4,
                               .prefer_ip6 = env->config->upstream->prefer_ip6,
                               .ip6_doubted = iter_ip6(query)->doubted_until_ms > now_ms,
                               .unknown_ms = env->config->upstream->unknown_server_time_limit,
                               .sends_max = sends_per_server(env->config->options, state),
                               .sends_alive_max = sends_if_alive(env->config->options, state)};
    struct deleg_server *server = pick_server(state->deleg, &rules, infra);

    while (server != NULL && is_left_alone(query, state, server, infra)) {
        iter_strike(query, state, server);
        server = pick_server(state->deleg, &rules, infra);
    }
    *last = server != NULL && server->sends + 1u >= pick_sends_max(&rules, infra);
    return server;
}

/*
 * RFC 9520 section 3.1 counts tries for each transport. Where two packets were lost, or the
 * last ones that this delegation may cost are due, TCP brings a third one through: it repeats
 * what is lost by itself.
 */
static bool wants_tcp_now(const struct query *query, const struct iter_state *state,
                          const struct flight *flight)
{
    const struct iterator_config *config = iter_env(query)->config;
    const struct deleg_server *server = flight->server;
    bool is_last = deleg_spent(state->deleg) + LAST_BY_TCP >= config->options->sends_per_delegation;

    return flight->alive && server->timeouts > 0 && config->upstream->do_tcp &&
           state->case_flight == NULL && query->budget->left[COST_CONNECTS] > 1 &&
           (server->sends >= EQUAL_BY_UDP_MAX || is_last);
}

static void set_times(const struct query *query, const struct iter_state *state,
                      struct flight *flight, const struct infra *infra, bool last)
{
    struct upstream_ask *ask = &flight->ask;
    int64_t left_ms = time_left_ms(query, state), wait_ms = infra->timeout_ms;

    /* Backing off is for servers that may be gone: of one that is alive a late answer is taken. */
    if (flight->alive)
        wait_ms = infra->rto_ms;
    else if (last && flight->server->sends > 0)
        wait_ms = time_max(wait_ms, LAST_TRY_LEAST_MS);
    ask->timeout_ms = (uint32_t)time_max(time_min(wait_ms, left_ms), TIMEOUT_MIN_MS);
    left_ms -= ask->timeout_ms;
    if (flight->alive)
        left_ms = time_min(left_ms - SPARE_MS, ask->rather_tcp ? PATIENCE_TCP_MS : PATIENCE_MS);
    ask->patience_ms = (uint32_t)time_max(left_ms, 0);
}

static void fill_ask(struct query *query, struct iter_state *state, struct flight *flight,
                     const struct infra *infra, bool last)
{
    const struct iterator_config *config = iter_env(query)->config;
    struct upstream_ask *ask = &flight->ask;

    upstream_ask_clear(ask);
    ask->server = flight->server->addr;
    ask->zone = state->deleg->zone;
    ask->recursion_desired = state->deleg->recursive;
    ask->dnssec_ok = query->env->validates;
    ask->want_tcp = state->deleg->tcp_only;
    ask->tls_name = flight->server->tls_name;
    ask->wrong_before = flight->server->wrong_answers;
    ask->known = infra;
    ask->arena = query->arena;
    ask->budget = query->budget;
    ask->trace = query->trace;
    ask->done = flight_landed;
    ask->overdue = flight_is_overdue;
    ask->owner = flight;
    /* RFC 4035 section 3.2.2: a validating forwarder below us must not hide what we can judge. */
    ask->checking_disabled = state->deleg->recursive &&
                             ((query->flags & QUERY_CD) != 0 || query->env->validates);
    ask->question = qmin_next(&state->qmin, &state->question, state->deleg->zone,
                              config->options->minimise_steps_max, &flight->minimised);
    flight->alive = pick_is_alive(infra);
    ask->rather_tcp = wants_tcp_now(query, state, flight);
    set_times(query, state, flight, infra, last);
}

/* The zone has as many questions under way as it may; this one is not worth a memory of failure. */
static enum step too_many(struct query *query, struct iter_state *state)
{
    iter_limit(query, state, COST_SENDS);
    query->outcome.uncacheable = true;
    return STEP_DONE;
}

/* Of a flood for names of one zone its servers see no more than they are to see. Questions of a
 * validator are few, and remembered; were they refused, a zone would seem bogus. */
static bool is_over_rate(struct query *query, const struct iter_state *state)
{
    const struct iterator_config *config = iter_env(query)->config;
    uint32_t factor = config->options->ratelimit_factor;

    return state->deleg->sends == 0 &&
           (query->depth == 0 || (query->flags & QUERY_TARGET) != 0) &&
           !zone_rates_take(&config->rates, state->deleg->zone, query_now_ms(query)) &&
           (factor == 0 || world_random_below(query->env->world, factor) != 0);
}

static enum step over_rate(struct query *query, struct iter_state *state)
{
    if (query->depth == 0) /* the whole question ends here */
        budget_take(query->budget, COST_RATE, UINT32_MAX);
    iter_limit(query, state, COST_RATE);
    query->outcome.uncacheable = true; /* it says nothing about the name */
    return STEP_DONE;
}

static enum step send(struct query *query, struct iter_state *state, struct flight *flight,
                      const struct infra *infra, bool last)
{
    struct upstream *upstream = query->env->upstream;
    struct cut_load *load = &iter_env(query)->memory->load;
    enum status status;

    if (is_over_rate(query, state))
        return over_rate(query, state);
    fill_ask(query, state, flight, infra, last);
    flight->landed = flight->overdue = flight->given_up = false;
    if (!cut_load_enter(load, state->deleg->zone,
                        iter_env(query)->config->options->questions_per_cut_max,
                        &flight->load_slot))
        return too_many(query, state);
    status = upstream->ask(upstream, &flight->ask);
    if (status != STATUS_OK) {
        cut_load_leave(load, flight->load_slot, CUT_WITHDRAWN);
        if (query->budget->exhausted != COSTS)
            return iter_limit(query, state, query->budget->exhausted);
        iter_strike(query, state, flight->server);
        return STEP_AGAIN;
    }
    flight->under_way = true;
    /* Who answers for no zone any more may still do so for this one; but that is seen at once. */
    flight->server->probed =
        pick_is_silent(infra, state->question.qtype) || infra->dead_elsewhere;
    flight->server->under_way = true;
    flight->server->sends++;
    state->deleg->sends++;
    state->sends++;
    if (state->deleg->policy == FORWARD_PARALLEL && state->deleg->recursive &&
        free_flight(query, state) != NULL)
        return STEP_AGAIN; /* a second one at once */
    iter_go(query, state, ITER_AWAIT);
    return STEP_AGAIN;
}

bool iter_has_time(const struct query *query, const struct iter_state *state)
{
    return time_left_ms(query, state) > 0;
}

bool iter_may_send(const struct query *query, const struct iter_state *state)
{
    const struct iterator_options *options = iter_env(query)->config->options;

    return deleg_spent(state->deleg) < options->sends_per_delegation &&
           state->deleg->answered_badly < options->failed_servers_max &&
           state->sends < options->max_sent_count && iter_has_time(query, state);
}

void iter_fetch_ahead(struct query *query, struct iter_state *state, uint32_t most)
{
    unsigned depth = query->depth;
    int policy =
        depth < FETCH_POLICY_DEPTHS ? iter_env(query)->config->fetch_policy[depth] : 0;

    if (policy == 0 || !budget_allows_extras(query->budget))
        return;
    if (policy > 0)
        most = (uint32_t)size_min(most, (size_t)policy);
    iter_look_up_targets(query, state, most);
}

enum step iter_ask_run(struct query *query, struct iter_state *state)
{
    struct flight *flight = free_flight(query, state);
    struct infra infra;
    bool last;

    iter_explain_cut(query, state);
    if (flight != NULL && iter_may_send(query, state)) {
        flight->server = next_server(query, state, &infra, &last);
        if (flight->server != NULL) {
            if ((flight->server->sends > 0 || infra.timeouts_in_row > 0) &&
                !iter_waits(state) && iter_ask_parent_early(query, state))
                return STEP_AGAIN;
            /* Behind an alias it is not done: aliases times name servers would multiply. */
            if (state->deleg->sends == 0 && state->alias_count == 0)
                iter_fetch_ahead(query, state, UINT32_MAX);
            return send(query, state, flight, &infra, last);
        }
    }
    iter_go(query, state, iter_waits(state) ? ITER_AWAIT : ITER_TARGETS);
    return STEP_AGAIN;
}

/* Three failures of IPv6 in a row and no success: its addresses come last for a minute. */
static void watch_ip6(struct query *query, const struct flight *flight)
{
    struct family_health *health = iter_ip6(query);

    if (flight->ask.server.family != ADDR_IP6)
        return;
    if (flight->ask.verdict == UPSTREAM_TIMEOUT || flight->ask.verdict == UPSTREAM_NET_ERROR)
        health->failures_in_row++;
    else
        *health = (struct family_health){.network = health->network};
    if (health->failures_in_row < IP6_DOUBTED_AFTER)
        return;
    health->doubted_until_ms = query_now_ms(query) + 60000;
    if (infra_may_tell(query->env->infra))
        log_line(query->env->log, LOG_LEVEL_INFO,
                 "event=ipv6 msg=no server answers over IPv6 at the moment: those with IPv4 go first; on a "
                 "machine without IPv6 do-ip6: no saves the tries");
}

/* A server is asked once more since no other one was known; now one is: it is not kept waiting. */
static bool should_overtake(struct query *query, struct iter_state *state)
{
    bool again = false;

    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++)
        again = again || (state->flights[i]->under_way && state->flights[i]->server->sends > 1);
    return again && deleg_has_untried(state->deleg) && free_flight(query, state) != NULL &&
           iter_may_send(query, state);
}

static void leave_cut(const struct query *query, struct flight *flight)
{
    flight->server->under_way = false;
    cut_load_leave(&iter_env(query)->memory->load, flight->load_slot,
                   flight->ask.verdict == UPSTREAM_TIMEOUT ? CUT_TIMED_OUT : CUT_ANSWERED);
}

/* A flight that has something to tell; NULL: none. Answers come first. */
static struct flight *take_landed(const struct query *query, struct iter_state *state)
{
    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++) {
        struct flight *flight = state->flights[i];

        if (!flight->landed)
            continue;
        flight->landed = flight->under_way = false;
        if (!flight->given_up)
            leave_cut(query, flight);
        else if (flight->ask.verdict != UPSTREAM_ANSWERED)
            continue; /* as was expected */
        return flight;
    }
    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++) {
        struct flight *flight = state->flights[i];

        if (!flight->under_way || !flight->overdue || flight->given_up)
            continue;
        flight->given_up = true;
        leave_cut(query, flight);
        return flight;
    }
    return NULL;
}

enum step iter_await_run(struct query *query, struct iter_state *state)
{
    struct flight *landed;

    iter_read_targets(query, state);
    landed = take_landed(query, state);
    if (landed != NULL) {
        watch_ip6(query, landed);
        state->landed = landed;
        iter_go(query, state, ITER_LEARN);
        return STEP_AGAIN;
    }
    if (should_overtake(query, state) || (!iter_waits(state) && !iter_hopes(query, state))) {
        iter_go(query, state, ITER_ASK);
        return STEP_AGAIN;
    }
    return STEP_WAIT;
}
