/*
 * stats_log.c - collects what the threads have counted, now and then, and logs it.
 *
 * Called by server.c at start and end, by reload.c, and by its own timer. A round collects;
 * while one is under way the timer stands still, so that a busy daemon logs less and not more.
 */
#include "daemon/stats_log.h"

#include <inttypes.h>
#include <stdlib.h>

#include "daemon/stats_round.h"

struct stats_log {
    struct server *server;
    struct timer timer;
    struct stats_round round;
    bool is_round; /* it goes round now */
    struct stats before;
    struct stats of_thread[]; /* each written by its thread */
};

static struct world *world_of(const struct stats_log *log)
{
    return loop_world(worker_loop(log->server->threads[0].worker));
}

static void start_timer(struct stats_log *log)
{
    const struct daemon_options *options = &resolver_options(log->server->shared)->daemon;
    struct world *world = world_of(log);

    world->timer_stop(world, &log->timer);
    if (options->statistics_interval != 0 && !log->is_round)
        (void)world->timer_set(world, &log->timer,
                               world_now_ms(world) +
                                   options->statistics_interval * INT64_C(1000));
}

static void write_line(const struct stats_log *log, const struct stats *stats)
{
    const struct request_stats *requests = &stats->requests;
    const struct mesh_stats *mesh = &stats->mesh;
    uint64_t limits = 0, dropped = 0;

    for (size_t i = 0; i < COSTS; i++)
        limits += mesh->overruns[i];
    for (size_t i = 0; i < DROP_CAUSES; i++)
        dropped += requests->dropped[i];
    log_line(log->server->log, LOG_LEVEL_INFO,
             "event=statistics queries=%" PRIu64 " hits=%" PRIu64 " misses=%" PRIu64
             " local=%" PRIu64 " servfail=%" PRIu64 " bogus=%" PRIu64 " expired=%" PRIu64
             " dropped=%" PRIu64 " limits=%" PRIu64 " sent=%" PRIu64 " timeouts=%" PRIu64
             " underway=%" PRIu64 " p50_ms=%" PRIu64 " p90_ms=%" PRIu64 " p99_ms=%" PRIu64,
             requests->received, requests->hits, requests->misses, requests->local,
             requests->servfail, mesh->verdicts[SEC_BOGUS], requests->stale, dropped,
             limits, stats->upstream.udp_sent + stats->upstream.tcp_sent,
             stats->upstream.timeouts, stats->under_way, stats_wait_ms(requests, 500),
             stats_wait_ms(requests, 900), stats_wait_ms(requests, 990));
}

static void collected(struct stats_round *round, struct server *server)
{
    struct stats_log *log = CONTAINER_OF(round, struct stats_log, round);
    struct stats shown = round->whole;

    if (!resolver_options(server->shared)->daemon.statistics_cumulative)
        stats_since(&shown, &log->before);
    log->before = round->whole;
    write_line(log, &shown);
    log->is_round = false;
    start_timer(log);
}

static void fire(struct timer *timer)
{
    struct stats_log *log = CONTAINER_OF(timer, struct stats_log, timer);

    log->is_round = true;
    log->round.of_thread = log->of_thread;
    log->round.ready = collected;
    stats_round_go(&log->round, log->server);
}

struct stats_log *stats_log_new(struct server *server)
{
    struct stats_log *log =
        calloc(1, sizeof(*log) + server->thread_count * sizeof(log->of_thread[0]));

    if (log == NULL)
        return NULL;
    log->server = server;
    log->timer.fire = fire;
    start_timer(log);
    return log;
}

void stats_log_free(struct stats_log *log)
{
    struct world *world;

    if (log == NULL)
        return;
    world = world_of(log);
    world->timer_stop(world, &log->timer);
    free(log);
}

void stats_log_follow(struct stats_log *log)
{
    if (log != NULL)
        start_timer(log);
}
