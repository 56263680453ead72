/*
 * pick.c - one pass ranks the candidates, a second one chooses within the best band.
 */
#include "iterator/pick.h"

enum {
    BAND_MS = 30,         /* servers this close to the best one are its equals */
    EXPLORE_ONE_IN = 20,
    EXPLORE_MS = 400,     /* what a client may lose by it: not the wait for a silent server */
    SILENT_COST_MS = 1000, /* beyond what is given to explore */
    CANDIDATES_MAX = 64
};

struct rank {
    unsigned class; /* 0 best */
    unsigned sends;
    uint32_t cost_ms;
};

struct candidate {
    struct deleg_server *server;
    struct rank rank;
    struct infra infra;
};

bool pick_is_silent(const struct infra *infra, uint16_t qtype)
{
    return infra->dead_until_ms != 0 && (infra->silent_types & BIT(infra_type_of(qtype))) != 0;
}

static struct rank rank_of(const struct deleg_server *server, const struct pick_rules *rules,
                           const struct infra *infra)
{
    bool is_ip6 = server->addr.family == ADDR_IP6;
    struct rank rank = {0, server->sends, rules->unknown_ms / 4};

    /* An unknown server counts as faster than it will be given time for: it gets its chance. */
    if (infra->srtt_ms != 0)
        rank.cost_ms = infra->srtt_ms;
    if (infra->timeouts_in_row > 0)
        rank.cost_ms += infra->timeout_ms;
    if (infra->silent_elsewhere)
        rank.cost_ms += SILENT_COST_MS;
    if ((rules->prefer_ip4 && is_ip6) || (rules->prefer_ip6 && !is_ip6))
        rank.class += 1;
    if (rules->ip6_doubted && is_ip6)
        rank.class += 2;
    if (infra->lame || infra->recursion_lame)
        rank.class += 4;
    if (infra->dnssec_lame)
        rank.class += 4;
    return rank;
}

static bool is_candidate(const struct deleg_server *server, const struct pick_rules *rules)
{
    return !server->failed && !server->under_way &&
           server->sends < size_max(rules->sends_max, rules->sends_alive_max);
}

bool pick_is_alive(const struct infra *infra)
{
    return infra->srtt_ms != 0 && infra->dead_until_ms == 0 && !infra->dead_elsewhere;
}

/* Once more is for servers that are known to answer: it is loss, then, and each try has its
 * chance. */
unsigned pick_sends_max(const struct pick_rules *rules, const struct infra *infra)
{
    return pick_is_alive(infra) && rules->sends_alive_max > rules->sends_max ? rules->sends_alive_max
                                                                 : rules->sends_max;
}

static bool is_better(const struct rank *a, const struct rank *b)
{
    if (a->class != b->class)
        return a->class < b->class;
    if (a->sends != b->sends)
        return a->sends < b->sends;
    return a->cost_ms < b->cost_ms;
}

static bool is_in_band(const struct rank *rank, const struct rank *best, uint32_t band_ms)
{
    return rank->class == best->class && rank->sends == best->sends &&
           rank->cost_ms - best->cost_ms <= band_ms;
}

/* The first that works. One that is known to take signatures away does not, while there are
 * others. */
static struct deleg_server *first_in_order(const struct deleg *deleg,
                                           const struct pick_rules *rules, struct infra *infra)
{
    struct deleg_server *best = NULL;

    for (struct deleg_server *at = deleg->servers; at != NULL; at = at->next) {
        struct infra known;

        if (!is_candidate(at, rules))
            continue;
        infra_get(rules->infra, &at->addr, deleg->zone, rules->now_ms, &known);
        if (at->sends >= pick_sends_max(rules, &known))
            continue;
        if (best != NULL && (known.dnssec_lame != infra->dnssec_lame
                                 ? known.dnssec_lame
                                 : at->sends >= best->sends))
            continue;
        best = at;
        *infra = known;
    }
    return best;
}

/* The candidates with their ranks; @return their number. */
static size_t rank_all(const struct deleg *deleg, const struct pick_rules *rules,
                       struct candidate candidates[CANDIDATES_MAX])
{
    size_t count = 0;

    for (struct deleg_server *at = deleg->servers; at != NULL && count < CANDIDATES_MAX;
         at = at->next) {
        struct candidate *candidate = &candidates[count];

        if (!is_candidate(at, rules))
            continue;
        infra_get(rules->infra, &at->addr, deleg->zone, rules->now_ms, &candidate->infra);
        if (at->sends >= pick_sends_max(rules, &candidate->infra))
            continue;
        candidate->server = at;
        candidate->rank = rank_of(at, rules, &candidate->infra);
        count++;
    }
    return count;
}

struct deleg_server *pick_server(const struct deleg *deleg, const struct pick_rules *rules,
                                 struct infra *infra)
{
    struct candidate candidates[CANDIDATES_MAX];
    struct rank top;
    size_t count, in_band = 0, best = 0;
    uint32_t band_ms = deleg->policy == FORWARD_SPREAD             ? UINT32_MAX
                       : rules->random % EXPLORE_ONE_IN == 0 ? EXPLORE_MS
                                                             : BAND_MS;

    if (deleg->policy == FORWARD_ORDER && deleg->recursive)
        return first_in_order(deleg, rules, infra);
    count = rank_all(deleg, rules, candidates);
    if (count == 0)
        return NULL;
    for (size_t i = 1; i < count; i++)
        if (is_better(&candidates[i].rank, &candidates[best].rank))
            best = i;
    top = candidates[best].rank;
    for (size_t i = 0; i < count; i++)
        if (is_in_band(&candidates[i].rank, &top, band_ms))
            candidates[in_band++] = candidates[i];
    best = rules->random / EXPLORE_ONE_IN % in_band;
    *infra = candidates[best].infra;
    return candidates[best].server;
}
