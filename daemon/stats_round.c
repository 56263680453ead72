/*
 * stats_round.c - one round through the threads for their counters.
 *
 * Called by commands_stats.c, stats_log.c and metrics_page.c. A thread writes into a place of
 * its own; the sum is made in the main thread afterwards.
 */
#include "daemon/stats_round.h"

#include <sys/resource.h>
#include <time.h>

static void collect(struct round *round, struct thread *thread)
{
    struct stats_round *stats = CONTAINER_OF(round, struct stats_round, round);

    worker_stats(thread->worker, &stats->of_thread[thread->index]);
}

static uint64_t in_ms(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000;
}

struct process_stats stats_of_process(const struct server *server)
{
    struct process_stats stats = {.threads = server->thread_count,
                                  .started_ms = (uint64_t)server->started_s * 1000};
    struct tap_stats tap = taps_stats(server->taps);
    struct logger_stats log = logger_stats(server->logger);
    struct rusage usage;

    stats.log_written = log.written;
    stats.log_lost = log.lost;
    stats.tap_sent = tap.sent;
    stats.tap_lost = tap.lost;
    for (unsigned i = 0; i < RESOLVER_CACHES; i++)
        stats.cache[i] = resolver_cache_use(server->shared, (enum resolver_cache)i);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        stats.cpu_ms = in_ms(usage.ru_utime) + in_ms(usage.ru_stime);
    return stats;
}

int64_t stats_uptime_s(const struct server *server)
{
    return time_max((int64_t)time(NULL) - server->started_s, 0);
}

static void collected(struct round *round, struct server *server)
{
    struct stats_round *stats = CONTAINER_OF(round, struct stats_round, round);

    stats->whole = stats->of_thread[0];
    for (unsigned i = 1; i < server->thread_count; i++)
        stats_add(&stats->whole, &stats->of_thread[i]);
    stats->whole.process = stats_of_process(server);
    stats->ready(stats, server);
}

void stats_round_go(struct stats_round *round, struct server *server)
{
    round->round = (struct round){.in_thread = collect, .done = collected};
    server_go_round(server, &round->round);
}
