/*
 * pick.h - which server to ask next. Pure: time, chance and memory come in as arguments.
 */
#ifndef TREESHREW_ITERATOR_PICK_H
#define TREESHREW_ITERATOR_PICK_H

#include "iterator/deleg.h"
#include "services/cache/infra_cache.h"

struct pick_rules {
    struct infra_cache *infra;
    int64_t now_ms;
    uint32_t random;          /* one fresh number; the same number gives the same choice */
    bool prefer_ip4, prefer_ip6;
    bool ip6_doubted;         /* this machine's IPv6 does not seem to work */
    uint32_t unknown_ms;      /* expected of a server never heard of */
    unsigned sends_max;       /* of one question to one server */
    unsigned sends_alive_max; /* the same for servers that have answered lately, if it is more */
};

/** How often that server may get one question. */
unsigned pick_sends_max(const struct pick_rules *rules, const struct infra *infra);

/**
 * Choose the server to ask next.
 *
 * Each server gets its first question before one gets a second. Among equals those in the lowest
 * RTT band are taken at random; one time in twenty a server outside it, so that it can become
 * known. Lame ones and a doubted IPv6 come last.
 * @param infra what is known of the chosen one.
 * @return points into deleg; NULL when every server is used up or under way.
 */
struct deleg_server *pick_server(const struct deleg *deleg, const struct pick_rules *rules,
                                 struct infra *infra);

/** It has answered, and not fallen silent since: when nothing comes, a packet was lost. */
bool pick_is_alive(const struct infra *infra);

/** Has left such questions unanswered for so long that one packet in a while is enough. */
bool pick_is_silent(const struct infra *infra, uint16_t qtype);

#endif
