/*
 * stats.h - what the threads have counted, added up: one table for all who show it.
 *
 * Each part counts for itself, in a plain struct of its own thread, so that counting costs an
 * addition and no two threads share what they write. Whoever wants to know lets a round collect
 * the structs (stats_round.h) and shows the sum. Nothing is ever set to zero.
 */
#ifndef TREESHREW_DAEMON_STATS_H
#define TREESHREW_DAEMON_STATS_H

#include "lib/resolver.h"
#include "services/net/stream.h"
#include "services/query/mesh.h"
#include "services/upstream/exchange.h"
#include "util/outline.h"

/** What no thread has of its own. */
struct process_stats {
    struct cache_use cache[RESOLVER_CACHES];
    uint64_t threads, started_ms, cpu_ms, log_written, log_lost, tap_sent, tap_lost;
};

/** Of one thread (process is zero then), or of all. Nothing but uint64_t in it. */
struct stats {
    struct request_stats requests;
    struct mesh_stats mesh;
    struct exchange_stats upstream;
    struct stream_stats streams;
    struct udp_stats udp;
    uint64_t under_way, connections, log_left_out;
    struct process_stats process;
};

/** Adds up. */
void stats_add(struct stats *sum, const struct stats *more);

/** Takes off what had been counted before; what is "now" stays as it is. */
void stats_since(struct stats *stats, const struct stats *before);

/** Values under their names. @param fine the finer ones as well. @param whole of all threads.
 */
void stats_show(struct outline *out, const struct stats *stats, bool fine, bool whole);

/** Milliseconds that so many of a thousand clients that had to wait waited at most; 0: none did. */
uint64_t stats_wait_ms(const struct request_stats *requests, unsigned per_mille);

/** Answers that no client had to wait for. */
uint64_t stats_at_once(const struct request_stats *requests);

#endif
