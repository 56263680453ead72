/*
 * iter_state.c - the table of moves, and what several states do.
 */
#include "iterator/iter_state.h"

#include <string.h>

#include "services/cache/fresh.h"
#include "util/prefix64.h"
#include "util/wire/rdata.h"
#include "util/text.h"

static const struct iter_rule {
    const char *name;
    enum step (*run)(struct query *query, struct iter_state *state);
    unsigned may_go_to; /* bit set of states */
} iter_rules[ITER_STATES] = {
    [ITER_START] = {"start", iter_start_run, BIT(ITER_START) | BIT(ITER_ASK) | BIT(ITER_DONE)},
    [ITER_ASK] = {"ask", iter_ask_run,
                  BIT(ITER_ASK) | BIT(ITER_AWAIT) | BIT(ITER_TARGETS) | BIT(ITER_DONE)},
    [ITER_AWAIT] = {"await", iter_await_run, BIT(ITER_ASK) | BIT(ITER_LEARN)},
    [ITER_TARGETS] = {"targets", iter_targets_run,
                      BIT(ITER_ASK) | BIT(ITER_AWAIT) | BIT(ITER_LEARN) | BIT(ITER_START) |
                          BIT(ITER_DONE)},
    [ITER_LEARN] = {"learn", iter_learn_run, BIT(ITER_START) | BIT(ITER_ASK) | BIT(ITER_DONE)},
    [ITER_DONE] = {"done", NULL, 0},
};

void iter_go(struct query *query, struct iter_state *state, enum iter_state_id to)
{
    log_line(query->env->log, LOG_LEVEL_DEBUG, "event=step query=%u iterator=%s next=%s",
             query->number, iter_rules[state->id].name, iter_rules[to].name);
    ASSERT((iter_rules[state->id].may_go_to & BIT(to)) != 0);
    state->id = to;
}

bool iterator_is_healthy(const struct env *env, const struct question *question)
{
    const struct iterator_env *own = iter_env_of(env);
    const struct told_zone *told = forward_find(own->config->told, question->qname);
    struct dname zone = question->qname;

    /* RFC 4035 section 3.1.4.1: DS lives in the parent's zone. */
    if (question->qtype == TYPE_DS && !dname_is_root(zone))
        zone = dname_parent(zone);
    for (; !dname_is_root(zone); zone = dname_parent(zone)) {
        const struct rrset *ns;

        if (told != NULL && dname_equal(zone, told->name))
            break;
        ns = rrset_cache_find(env->rrsets, zone, TYPE_NS, question->qclass, RRSET_PLAIN,
                              world_now_s(env->world), 0);
        rrset_unref(ns);
        if (ns != NULL)
            break;
    }
    return cut_health_is_good(&own->memory->health, zone, world_now_ms(env->world));
}

/* A prefetch renews the way as well where that would not outlive the answer it is made for. */
static int64_t leeway_of_prefetch_s(const struct query *query)
{
    const struct msg_entry *entry;
    int64_t leeway_s = 0;

    if (!query->nobody_waits || (query->flags & QUERY_REFRESH) == 0)
        return 0;
    entry = msg_cache_find(query->env->messages, &query->question,
                           (uint8_t)(query_flavour(query->flags) & MSG_FLAVOUR_CD),
                           query_now_s(query), 0);
    if (entry != NULL) {
        leeway_s = entry->expires_s - query_now_s(query);
        msg_entry_unref(entry);
    }
    return leeway_s;
}

/* RFC 9156 section 2.3 bounds what minimising costs: behind this many aliases names are asked
 * for as they are, so that a ring of them does not have each name on the way asked for again
 * and again. What is asked anew after bad data was disclosed before. */
static bool may_minimise(const struct query *query, const struct iter_state *state)
{
    enum { ALIASES_MINIMISED = 3 };
    unsigned passed = 0;

    for (size_t i = 0; i < state->alias_count; i++)
        passed += state->aliases[i]->type == TYPE_CNAME;
    return iter_env(query)->config->options->qname_minimisation && !query->anew &&
           passed < ALIASES_MINIMISED;
}

static struct iter_state *state_new(struct query *query)
{
    struct iter_state *state = ARENA_NEW(query->arena, struct iter_state);

    if (state == NULL)
        return NULL;
    state->id = ITER_START;
    state->question = query->question;
    /* Asked for by a client or, since an answer has come, by a module: that is progress. That a
     * server without an address needs one is none. */
    if (query->target_depth == 0)
        state->progress_ms = query_now_ms(query);
    state->qmin.active = may_minimise(query, state);
    state->skip_cache = query->anew || (query->flags & (QUERY_REFRESH | QUERY_PRIMING)) != 0;
    state->leeway_s = leeway_of_prefetch_s(query);
    return state;
}

static enum step iterator_step(struct query *query, void **slot)
{
    struct iter_state *state = *slot;

    if (state == NULL || state->id == ITER_DONE) /* the module before asks anew: from the start */
        *slot = state = state_new(query);
    if (state == NULL)
        return query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=memory");
    for (;;) {
        enum step step = iter_rules[state->id].run(query, state);

        if (step != STEP_AGAIN)
            return step;
    }
}

static void iterator_abandon(struct query *query, void **slot)
{
    if (*slot != NULL)
        iter_withdraw(query, *slot);
}

const struct module iterator_module = {"iterator", iterator_step, iterator_abandon};

/* ---- servers ---- */

/* As the operator says it: neither this machine's own servers nor those that are listed. */
static bool is_forbidden(const struct iterator_config *config, const struct addr *addr)
{
    if (config->options->do_not_query_localhost && addr_is_loopback(addr))
        return true;
    for (size_t i = 0; i < config->do_not_query_count; i++)
        if (netblock_covers(&config->do_not_query[i], addr))
            return true;
    return false;
}

struct family_health *iter_ip6(const struct query *query)
{
    struct family_health *health = &iter_env(query)->memory->ip6;
    unsigned network = infra_network(query->env->infra);

    if (health->network != network)
        *health = (struct family_health){.network = network};
    return health;
}

/* Below the NAT64's prefix it is the IPv4 address that is asked; IPv6 addresses that must not be
 * asked do not concern it. */
static bool is_behind_nat64(const struct iterator_config *config, const struct addr *addr,
                            struct addr *ip4)
{
    uint8_t octets[4];

    if (config->nat64 == NULL || addr->family != ADDR_IP6 ||
        !prefix64_extract(config->nat64, addr->bytes, octets))
        return false;
    *ip4 = addr_ip4(octets, addr->port);
    return true;
}

static bool may_not_ask(const struct query *query, const struct addr *addr, bool told)
{
    const struct iterator_config *config = iter_env(query)->config;
    struct addr ip4;

    if (addr->family == ADDR_IP4 && config->nat64 == NULL ? !config->upstream->do_ip4
                                                          : !config->upstream->do_ip6)
        return true;
    if (is_behind_nat64(config, addr, &ip4))
        return is_forbidden(config, &ip4);
    if (is_forbidden(config, addr))
        return true;
    if (config->documentation_routable && addr_is_documentation(addr))
        return false;
    return !told && addr_is_unroutable(addr);
}

/* RFC 6052: where a machine with IPv6 only finds a server that has IPv4 only. What must not be
 * asked by IPv4 is not asked in that way, either.
 * @return false: not there. */
static bool find_behind_nat64(const struct query *query, bool told, struct addr *addr)
{
    const struct iterator_config *config = iter_env(query)->config;
    struct addr ip4 = *addr;
    uint8_t ip6[16];

    if (may_not_ask(query, &ip4, told) ||
        (prefix64_is_well_known(config->nat64) && prefix64_is_not_global(ip4.bytes) &&
         !(config->documentation_routable && addr_is_documentation(&ip4))))
        return false;
    prefix64_embed(config->nat64, ip4.bytes, ip6);
    *addr = addr_ip6(ip6, ip4.port);
    return true;
}

static bool is_struck(const struct iter_state *state, struct dname zone, const struct addr *addr)
{
    for (const struct struck *at = state->struck; at != NULL; at = at->next)
        if (addr_equal(&at->addr, addr) && dname_equal(at->zone, zone))
            return true;
    return false;
}

static void note_blocked(struct query *query, struct deleg *deleg, const struct addr *addr,
                         struct dname host)
{
    struct trace_event event = {.kind = TRACE_BLOCKED,
                                .has_server = true,
                                .server = *addr,
                                .name = host.wire == NULL ? deleg->zone : host,
                                .type = addr->family == ADDR_IP4 ? TYPE_A : TYPE_AAAA,
                                .zone = deleg->zone,
                                .upstream_ede = -1};

    if (deleg_add_blocked(deleg, query->arena, addr))
        trace_add(query->trace, query_now_ms(query), &event);
}

void iter_add_server(struct query *query, struct iter_state *state, struct deleg *deleg,
                     const struct addr *addr, const char *tls_name, struct dname host)
{
    /* Of an address that the operator wrote down, only the operator knows where it leads. */
    bool told = deleg->origin == DELEG_FORWARD || deleg->origin == DELEG_STUB ||
                deleg->origin == DELEG_HINTS;
    bool by_nat64 = addr->family == ADDR_IP4 && iter_env(query)->config->nat64 != NULL;
    const struct avoided *avoided;
    struct deleg_server *server;
    struct addr way = *addr;

    if (by_nat64 ? !find_behind_nat64(query, told, &way) : may_not_ask(query, addr, told)) {
        note_blocked(query, deleg, addr, host);
        return;
    }
    server = deleg_add_server(deleg, query->arena, &way, tls_name,
                              &iter_env(query)->config->deleg_limits);
    avoided = query_avoids(query, &way, deleg->zone);
    if (server != NULL && (avoided != NULL || is_struck(state, deleg->zone, &way)))
        server->failed = true;
    if (avoided != NULL && avoided->forged)
        deleg->misled = true;
}

void iter_add_addresses(struct query *query, struct iter_state *state, struct deleg *deleg,
                        const struct deleg_name *name, const struct rrset *set)
{
    uint32_t most = iter_env(query)->config->deleg_limits.addresses_per_name;
    uint16_t port = name->port == 0 ? 53 : name->port;

    for (size_t i = 0; i < size_min(set->rr_count, most); i++) {
        struct slice rdata = rrset_rdata(set, i);
        struct addr addr = set->type == TYPE_A ? addr_ip4(rdata.data, port)
                                               : addr_ip6(rdata.data, port);

        iter_add_server(query, state, deleg, &addr, name->tls_name, name->name);
    }
}

static void add_cached(struct query *query, struct iter_state *state, struct deleg *deleg,
                       struct deleg_name *name, uint16_t type)
{
    struct env *env = query->env;
    enum target_status *status = type == TYPE_A ? &name->a : &name->aaaa;
    const struct rrset *set;

    if (*status != TARGET_UNKNOWN)
        return;
    name->name = env_hashed(env, name->name);
    set = rrset_cache_find(env->rrsets, name->name, type, CLASS_IN, RRSET_PLAIN,
                           query_now_s(query), 0);
    if (set == NULL)
        return;
    *status = TARGET_KNOWN;
    if (set->trust > TRUST_ADDITIONAL_AA)
        deleg->parent_side = false;
    iter_add_addresses(query, state, deleg, name, set);
    rrset_unref(set);
}

void iter_add_cached_addresses(struct query *query, struct iter_state *state,
                               struct deleg *deleg)
{
    const struct upstream_options *upstream = iter_env(query)->config->upstream;

    for (struct deleg_name *name = deleg->names; name != NULL; name = name->next) {
        add_cached(query, state, deleg, name, TYPE_A);
        /* Without another address it is worth knowing what must not be asked. */
        if (upstream->do_ip6 || name->a != TARGET_KNOWN)
            add_cached(query, state, deleg, name, TYPE_AAAA);
    }
}

void iter_strike(struct query *query, struct iter_state *state, struct deleg_server *server)
{
    struct struck *struck = ARENA_NEW(query->arena, struct struck);

    server->failed = true;
    if (struck == NULL)
        return;
    struck->zone = state->deleg->zone;
    struck->addr = server->addr;
    struck->next = state->struck;
    state->struck = struck;
}

bool iter_waits(const struct iter_state *state)
{
    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++)
        if (state->flights[i]->under_way && !state->flights[i]->given_up)
            return true;
    return false;
}

bool iter_hopes(const struct query *query, const struct iter_state *state)
{
    const struct cut_load *load = &iter_env(query)->memory->load;

    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++) {
        const struct flight *flight = state->flights[i];

        if (flight->under_way && flight->alive && !cut_load_is_silent(load, flight->load_slot))
            return true;
    }
    return false;
}

void iter_withdraw_flights(struct query *query, struct iter_state *state)
{
    struct upstream *upstream = query->env->upstream;

    for (size_t i = 0; i < FLIGHTS_MAX && state->flights[i] != NULL; i++) {
        struct flight *flight = state->flights[i];

        if (flight->under_way)
            upstream->withdraw(upstream, &flight->ask);
        if (flight->under_way && !flight->given_up) {
            cut_load_leave(&iter_env(query)->memory->load, flight->load_slot, CUT_WITHDRAWN);
        }
        if (flight->server != NULL)
            flight->server->under_way = false;
        flight->under_way = flight->landed = false;
    }
}

void iter_withdraw(struct query *query, struct iter_state *state)
{
    iter_withdraw_flights(query, state);
    for (struct target *target = state->targets; target != NULL; target = target->next)
        if (!target->read && target->waiter.child != NULL)
            mesh_unneed(&target->waiter);
    state->targets = NULL;
    state->targets_running = 0;
}

/* ---- ends ---- */

static const char *question_reason(struct query *query, const struct question *question)
{
    char type[TYPE_TEXT_MAX];

    return arena_printf(query->arena, "%s/%s", reason_name(query->arena, question->qname),
                        rrtype_to_text(question->qtype, type));
}

/* What is to be said of a delegation from which no answer came. */
static const char *deleg_finding(const struct deleg *deleg)
{
    if (deleg->server_count > 0)
        return "deleg=all-failed";
    if (deleg->blocked_count > 0)
        return "deleg=unroutable";
    return deleg->saw_loop ? "deleg=loop" : "deleg=no-address";
}

enum step iter_give_up(struct query *query, struct iter_state *state)
{
    const struct deleg *deleg = state->deleg;
    bool asked = deleg->server_count > 0;
    /* Where nobody could be asked, the NS set is at fault and not what was asked for. */
    struct question fault = {deleg->zone, TYPE_NS, state->question.qclass};
    size_t failed = deleg_failed(deleg) + deleg->blocked_count;
    size_t known = (size_t)deleg->server_count + deleg->blocked_count;
    enum step step;

    if (known == 0) /* each name is a server that was of no use */
        failed = known = deleg->name_count;
    iter_withdraw(query, state);
    step = query_fail(query, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY,
                      "%s for %s z=%s n=%zu/%zu", deleg_finding(deleg),
                      question_reason(query, asked ? &state->question : &fault),
                      reason_name(query->arena, deleg->zone), failed, known);
    /* Where the client question's time was up before anybody was asked, nothing was learned. */
    query->outcome.uncacheable =
        deleg->no_cache ||
        (asked && deleg->sends == 0 && failed < known && !iter_has_time(query, state));
    iter_go(query, state, ITER_DONE);
    return step;
}

enum step iter_limit(struct query *query, struct iter_state *state, enum cost cost)
{
    uint16_t code = cost == COST_ALIASES ? EDE_OTHER : EDE_NO_REACHABLE_AUTHORITY;
    struct dname zone = state->deleg == NULL ? state->alias_zone : state->deleg->zone;

    iter_withdraw(query, state);
    query_fail(query, RCODE_SERVFAIL, code, "limit=%s for %s%s%s", cost_word(cost),
               question_reason(query, &state->question), zone.wire == NULL ? "" : " z=",
               zone.wire == NULL ? "" : reason_name(query->arena, zone));
    iter_go(query, state, ITER_DONE);
    return STEP_DONE;
}

enum step iter_no_memory(struct query *query, struct iter_state *state)
{
    iter_withdraw(query, state);
    query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=memory");
    query->outcome.uncacheable = true;
    iter_go(query, state, ITER_DONE);
    return STEP_DONE;
}

void iter_note_source(struct query *query, struct iter_state *state,
                      const struct flight *flight)
{
    struct outcome_source *all =
        ARENA_ARRAY(query->arena, struct outcome_source, state->source_count + 1);
    struct outcome_source *last;

    if (all == NULL)
        return; /* then it is not known who said it */
    if (state->source_count != 0)
        memcpy(all, state->sources, state->source_count * sizeof(*all));
    last = &all[state->source_count++];
    state->sources = all;
    last->first = (uint16_t)state->alias_count;
    last->server.family = ADDR_NONE;
    last->zone = state->deleg == NULL ? dname_root : state->deleg->zone;
    if (flight == NULL)
        return;
    last->server = flight->ask.server;
    last->transport = flight->ask.transport;
}

bool iter_is_expanded(const struct rrset *set)
{
    struct rdata_rrsig rrsig;

    return set->rrsig_count > 0 && rdata_rrsig(rrset_rrsig(set, 0), &rrsig) &&
           rrsig.labels + dname_is_wildcard(rrset_owner(set)) < set->owner_labels;
}

/* The same RRset stands in the answer only once. */
static bool is_among(const struct rrset *const *sets, size_t count, const struct rrset *set)
{
    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == set->type && dname_equal(rrset_owner(sets[i]), rrset_owner(set)) &&
            !rrset_is_proof_of_other_zone(sets[i], set))
            return true;
    return false;
}

/* The message with the aliases in front of its answer, and their proofs before its authority. */
static const struct rrset **join_sections(struct query *query, const struct iter_state *state,
                                          struct message *message)
{
    size_t count = message_rrsets(message), at = 0, answers;
    size_t before = (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];
    const struct rrset **sets = ARENA_ARRAY(query->arena, const struct rrset *,
                                            state->alias_count + count + state->proof_count + 1);

    if (sets == NULL)
        return NULL;
    for (size_t i = 0; i < state->alias_count; i++)
        sets[at++] = state->aliases[i];
    for (size_t i = 0; i < message->count[SECTION_ANSWER]; i++)
        sets[at++] = message->rrsets[i];
    answers = at;
    for (size_t i = 0; i < state->proof_count; i++)
        if (!is_among(sets + answers, at - answers, state->proofs[i]))
            sets[at++] = state->proofs[i];
    for (size_t i = message->count[SECTION_ANSWER]; i < before; i++)
        if (!is_among(sets + answers, at - answers, message->rrsets[i]))
            sets[at++] = message->rrsets[i];
    message->count[SECTION_ANSWER] = (uint16_t)answers;
    message->count[SECTION_AUTHORITY] = (uint16_t)(at - answers);
    for (size_t i = before; i < count; i++)
        sets[at++] = message->rrsets[i];
    return sets;
}

enum step iter_finish(struct query *query, struct iter_state *state,
                      const struct message *message, int64_t expires_s, enum security security)
{
    struct message whole;

    message_copy(&whole, message);
    iter_withdraw(query, state);
    whole.rrsets = join_sections(query, state, &whole);
    if (whole.rrsets == NULL)
        return iter_no_memory(query, state);
    for (size_t i = 0; i < state->alias_count; i++)
        expires_s = time_min(expires_s, state->aliases[i]->expires_s);
    for (size_t i = 0; i < state->proof_count; i++)
        expires_s = time_min(expires_s, state->proofs[i]->expires_s);
    edns_clear(&whole.edns);
    query_done(query, &whole, security);
    query->outcome.expires_s = expires_s;
    query->outcome.sources = state->sources;
    query->outcome.source_count = state->source_count;
    query->outcome.uncacheable = state->deleg != NULL && state->deleg->no_cache;
    iter_go(query, state, ITER_DONE);
    return STEP_DONE;
}

static bool was_visited(const struct iter_state *state, struct dname name)
{
    for (size_t i = 0; i < state->alias_count; i++)
        if (state->aliases[i]->type == TYPE_CNAME &&
            dname_equal(rrset_owner(state->aliases[i]), name))
            return true;
    return false;
}

enum step iter_follow(struct query *query, struct iter_state *state, const struct rrset **sets,
                      size_t count, struct dname target)
{
    uint32_t hops = 0;
    const struct rrset **all =
        ARENA_ARRAY(query->arena, const struct rrset *, state->alias_count + count + 1);

    if (all == NULL)
        return iter_no_memory(query, state);
    report_forget(query, true);
    for (size_t i = 0; i < count; i++)
        hops += sets[i]->type == TYPE_CNAME;
    if (state->alias_count != 0)
        memcpy(all, state->aliases, state->alias_count * sizeof(*all));
    for (size_t i = 0; i < count; i++)
        if (sets[i]->type != TYPE_DNAME || !is_among(all, state->alias_count, sets[i]))
            all[state->alias_count++] = sets[i];
    state->aliases = all;
    if (was_visited(state, target) || !budget_take(query->budget, COST_ALIASES, hops))
        return iter_limit(query, state, COST_ALIASES);
    target = dname_copy(query->arena, target);
    if (target.wire == NULL)
        return iter_no_memory(query, state);
    iter_withdraw(query, state);
    query_trace(query, TRACE_ALIAS, NULL, state->deleg == NULL ? NULL : &state->deleg->zone, NULL);
    state->question.qname = target;
    state->skip_cache = query->anew;
    if (state->deleg != NULL)
        state->alias_zone = state->deleg->zone;
    state->deleg = NULL;
    state->qmin = (struct qmin){.active = may_minimise(query, state)};
    state->poor_answer = NULL;
    state->anew_zone = (struct dname){NULL, 0, 0, 0};
    iter_forget_case(state);
    iter_go(query, state, ITER_START);
    return STEP_AGAIN;
}
