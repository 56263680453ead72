/*
 * oracle_health.c - is there a way to the answer that a good resolver must find?
 *
 * A zone is reachable when its parent is, and one of its servers is healthy and can be found:
 * by the addresses that come with the referral, or by looking up the names of hosts whose zones
 * are reachable. What that may cost is added up as if every bad server were tried first. Where
 * this stays well inside the limits of the resolver (services/query/budget.def,
 * iterator.opt.def), no excuse is left for SERVFAIL.
 */
#include "testcode/oracle.h"

enum {
    ROUND_TRIP_MS = 150,
    SILENT_MS = 1600,    /* waiting for a server that never answers, with its back-off */
    BAD_SERVERS_MAX = 3, /* failed-servers-max less the one that is good */
    BAD_SENDS_MAX = 6,   /* sends-per-delegation, less what the good one needs */
    CASE_SENDS = 6,      /* until answers in the wrong case are believed */
    /* Of one question in all; half of the budget or less. */
    MUST_TIME_MS = 3000, /* silent-time-max, query-time-max */
    MUST_SENDS = 45,     /* sends-soft */
    MUST_CONNECTS = 5,
    MUST_LOOKUPS = 8,
    MUST_DEPTH = 2,
    MUST_ALIASES = 9,
    MUST_FAILURES = 3,
    SETS_OF_A_LIAR =
        2, /* that are verified before it is left: of a referral and of an answer */
    /* Where data is validated: servers of all zones on the way that are of no use. */
    MUST_FLAWED = 1
};

struct zone_view {
    unsigned bad_servers, bad_sends;
    bool healthy_known;
    unsigned careless; /* about the case of names; two of them may contradict each other */
    struct oracle_cost cost; /* of this zone alone */
};

static bool is_usable(const struct sim_net *net, const struct sim_server *server)
{
    return server->addr.family != ADDR_IP6 || net->ip6_works;
}

static bool needs_stream(const struct sim_server *server)
{
    switch (server->fault.kind) {
    case FAULT_TRUNCATES:
    case FAULT_TC_NO_TCP:
    case FAULT_CORRUPT:
    case FAULT_WRONG_ID:
    case FAULT_WRONG_QUESTION:
    case FAULT_WRONG_SOURCE: return true;
    default: return server->fault.duplicate_permil != 0;
    }
}

/* @param zone NULL: any. */
static bool is_healthy(const struct sim_net *net, const struct sim_zone *zone,
                       const struct sim_server *server)
{
    if (!sim_fault_is_healthy(&server->fault))
        return false;
    if (net->anchor_count == 0 || (zone != NULL && zone->security != SEC_SECURE))
        return true;
    /* Without EDNS there are no signatures. */
    return (server->flaw == FLAW_NONE || server->flaw == FLAW_RAISES_TTL) &&
           !server->no_edns_in_reply && server->fault.kind != FAULT_FORMERR_EDNS &&
           server->fault.kind != FAULT_NOTIMP_EDNS;
}

/* Bad signatures that look good until they are verified. */
static uint32_t failures_of(const struct sim_zone *zone, const struct sim_server *server)
{
    uint32_t signatures = 0;

    if (zone == NULL || zone->signing == NULL ||
        (server->flaw != FLAW_BROKEN && server->flaw != FLAW_WRONG_KEY &&
         server->flaw != FLAW_CHANGES_DATA))
        return 0;
    for (unsigned i = 0; i < zone->signing->signer_count; i++)
        signatures += zone->signing->signers[i].signs_data;
    return SETS_OF_A_LIAR * signatures;
}

static void see_server(const struct sim_net *net, const struct sim_zone *zone,
                       const struct sim_server *server, struct zone_view *view)
{
    bool silent = sim_fault_is_silent(&server->fault);

    if (!is_usable(net, server)) {
        view->bad_sends++;
        return;
    }
    view->cost.connects += needs_stream(server);
    if (silent)
        view->cost.time_ms += SILENT_MS;
    view->careless += server->keeps_no_case;
    view->cost.failures += failures_of(zone, server);
    if (!sim_fault_is_healthy(&server->fault))
        view->cost.bad++;
    else if (!is_healthy(net, zone, server))
        view->cost.flawed++;
    if (is_healthy(net, zone, server)) {
        if (server->keeps_no_case)
            view->cost.sends += CASE_SENDS;
        view->healthy_known = true;
        return;
    }
    view->cost.time_ms += ROUND_TRIP_MS;
    view->bad_sends += silent ? 2 : 1;
    view->bad_servers += !silent;
}

static void see_host(const struct sim_net *net, const struct sim_zone *zone,
                     const struct sim_host *host, struct zone_view *view)
{
    bool healthy_before = view->healthy_known, hides_other = false;

    for (unsigned i = 0; i < host->server_count; i++) {
        hides_other = hides_other || !is_healthy(net, zone, host->servers[i]);
        see_server(net, zone, host->servers[i], view);
    }
    /* Of two addresses one may be known and the other not (any more). Where the first is no
     * good, the host is not expected to be better at the second. */
    if (hides_other)
        view->healthy_known = healthy_before;
}

static void add_cost(struct oracle_cost *sum, const struct oracle_cost *more)
{
    sum->time_ms += more->time_ms;
    sum->sends += more->sends;
    sum->connects += more->connects;
    sum->lookups += more->lookups;
    sum->failures += more->failures;
    sum->bad += more->bad;
    sum->flawed += more->flawed;
}

/* Hosts whose addresses have to be looked up. */
static void look_up_hosts(const struct sim_net *net, const struct sim_zone *zone,
                          const struct oracle_cost *costs, struct zone_view *view)
{
    for (unsigned i = 0; i < zone->host_count; i++) {
        const struct sim_host *host = zone->hosts[i];
        const struct oracle_cost *way = &costs[host->home->index];

        if (sim_has_glue(zone, host))
            continue;
        add_cost(&view->cost, way);
        view->cost.lookups += 2;
        if (!way->reachable)
            continue;
        view->cost.depth = (uint32_t)size_max(view->cost.depth, way->depth + 1);
        see_host(net, zone, host, view);
    }
}

static bool is_within_bounds(const struct zone_view *view)
{
    return view->healthy_known && view->careless <= 1 && view->bad_servers <= BAD_SERVERS_MAX &&
           view->bad_sends <= BAD_SENDS_MAX;
}

/* Those without glue as well: their addresses may be known from elsewhere. */
static uint32_t count_flawed(const struct sim_net *net, const struct sim_zone *zone)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < zone->host_count; i++)
        for (unsigned j = 0; j < zone->hosts[i]->server_count; j++)
            count += sim_fault_is_healthy(&zone->hosts[i]->servers[j]->fault) &&
                     !is_healthy(net, zone, zone->hosts[i]->servers[j]);
    return count;
}

/* @param costs of all zones before it, each from the root on. */
static struct oracle_cost cost_of(const struct sim_net *net, const struct sim_zone *zone,
                                  const struct oracle_cost *costs)
{
    struct zone_view view = {.cost = {.time_ms = 2 * ROUND_TRIP_MS, .sends = 3}};

    if (net->anchor_count > 0) { /* DS and DNSKEY */
        view.cost.time_ms += 2 * ROUND_TRIP_MS;
        view.cost.sends += 2;
    }
    for (unsigned i = 0; i < zone->host_count; i++)
        if (zone->parent == NULL || sim_has_glue(zone, zone->hosts[i]))
            see_host(net, zone, zone->hosts[i], &view);
    if (!view.healthy_known)
        look_up_hosts(net, zone, costs, &view);
    view.cost.flawed = count_flawed(net, zone);
    view.cost.sends += view.bad_sends;
    view.cost.reachable = is_within_bounds(&view);
    if (zone->parent != NULL) {
        const struct oracle_cost *parent = &costs[zone->parent->index];

        add_cost(&view.cost, parent);
        view.cost.depth = (uint32_t)size_max(view.cost.depth, parent->depth);
        view.cost.reachable = view.cost.reachable && parent->reachable;
    }
    return view.cost;
}

/* A forwarder that works has the whole answer. */
static struct oracle_cost cost_of_forwarding(const struct sim_net *net)
{
    struct zone_view view = {.cost = {.time_ms = ROUND_TRIP_MS, .sends = 1}};

    for (unsigned i = 0; i < net->forwarder_count; i++)
        see_server(net, NULL, net->forwarders[i], &view);
    view.cost.sends += view.bad_sends;
    view.cost.reachable = is_within_bounds(&view);
    return view.cost;
}

struct oracle_cost oracle_health(const struct sim_net *net, const struct oracle_answer *truth)
{
    struct oracle_cost costs[SIM_ZONES_MAX], sum = {.reachable = true};

    if (net->forwarder_count > 0)
        return cost_of_forwarding(net);
    for (unsigned i = 0; i < net->zone_count; i++)
        costs[i] = cost_of(net, net->zones[i], costs);
    for (unsigned i = 0; i < truth->zone_count; i++) {
        const struct oracle_cost *cost = &costs[truth->zones[i]->index];

        add_cost(&sum, cost);
        sum.reachable = sum.reachable && cost->reachable;
        sum.depth = (uint32_t)size_max(sum.depth, cost->depth);
    }
    return sum;
}

/* Both kinds of bad servers together use up more than their sum. */
static bool can_be_validated(const struct sim_net *net, const struct oracle_cost *cost)
{
    if (net->anchor_count == 0)
        return true;
    if (net->forwarder_count > 0)
        return cost->bad + cost->flawed == 0;
    return cost->flawed == 0 ||
           (cost->flawed <= MUST_FLAWED && cost->bad == 0 && cost->lookups == 0);
}

bool oracle_must_answer(const struct sim_net *net, const struct oracle_answer *truth)
{
    struct oracle_cost cost = oracle_health(net, truth);

    return can_be_validated(net, &cost) && !truth->endless && truth->aliases <= MUST_ALIASES &&
           cost.reachable && cost.time_ms <= MUST_TIME_MS && cost.sends <= MUST_SENDS &&
           cost.connects <= MUST_CONNECTS && cost.lookups <= MUST_LOOKUPS &&
           cost.failures <= MUST_FAILURES && cost.depth <= MUST_DEPTH;
}
