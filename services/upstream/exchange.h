/*
 * exchange.h - the real implementation of the seam upstream.h, on a world.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_EXCHANGE_H
#define TREESHREW_SERVICES_UPSTREAM_EXCHANGE_H

#include "services/cache/infra_cache.h"
#include "services/upstream/upstream.h"
#include "services/upstream/upstream_options.h"
#include "services/world.h"
#include "util/frequent.h"

struct exchange;

enum { EXCHANGE_RCODES = 17, EXCHANGE_RTTS = 16 };

/** Numbers only, from the start of the process. */
struct exchange_stats {
    uint64_t udp_sent, tcp_sent, answers, timeouts, unreachable, wrong_id, wrong_source,
        wrong_question, wrong_cookie, malformed, truncated, without_edns, case_failed;
    uint64_t rcodes[EXCHANGE_RCODES]; /* of answers; the last for all further ones */
    /* Of answers: under 1 ms, under 2, 4, 8 ...; the last is open. And all together. */
    uint64_t rtts[EXCHANGE_RTTS], rtts_ms;
};

/** Whose message it is, for who looks on. */
struct upstream_shown {
    struct addr server, ours; /* ours: family ADDR_NONE where it is not known */
    struct dname zone;        /* whose servers are asked */
    enum transport transport;
    bool is_forwarder;        /* asked for recursion */
};

/** Somebody who is shown each question as it is sent, and each answer to it as it came. */
struct upstream_tap {
    /** @return the time, to be handed back with the answer. */
    int64_t (*sent)(struct upstream_tap *tap, const struct upstream_shown *shown,
                    struct slice message);
    void (*received)(struct upstream_tap *tap, const struct upstream_shown *shown,
                     struct slice message, int64_t sent);
};

/**
 * @param after_event called after each event from the network that may have woken a query
 *                    (mesh_run).
 */
struct exchange *exchange_new(struct world *world, struct infra_cache *infra,
                              const struct upstream_options *options,
                              void (*after_event)(void *context), void *context);
/** All asks must have ended. Closes reused connections. */
void exchange_free(struct exchange *exchange);
/** New options for asks to come; borrowed, must outlive the asks that began under them. */
void exchange_set_options(struct exchange *exchange, const struct upstream_options *options);
/** @param tap borrowed; NULL: nobody looks on. */
void exchange_set_tap(struct exchange *exchange, struct upstream_tap *tap);
struct upstream *exchange_upstream(struct exchange *exchange);
const struct exchange_stats *exchange_stats(const struct exchange *exchange);

/** What a server in trouble did last: the note of exchange_trouble. An rcode, or one of these. */
enum { TROUBLE_SILENT = 0x10000, TROUBLE_UNREACHABLE, TROUBLE_MALFORMED };

/**
 * The servers that gave no answer or none of use (SERVFAIL, REFUSED, FORMERR, NOTIMP) most
 * often since the start. Keys are struct exchange_server.
 */
const struct frequent *exchange_trouble(const struct exchange *exchange);

/** An address as octets that are equal when it is. */
struct exchange_server {
    uint8_t family, port[2], bytes[16];
};
struct addr exchange_server_addr(struct slice key);

/** True once each time unwanted-reply-threshold false answers have come: caches may be poisoned. */
bool exchange_take_flood(struct exchange *exchange);

#endif
