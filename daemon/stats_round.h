/*
 * stats_round.h - collects what the threads have counted, for whoever shows it.
 *
 * Used by commands, the line of statistics in the log and the page of metrics; in the main
 * thread.
 */
#ifndef TREESHREW_DAEMON_STATS_ROUND_H
#define TREESHREW_DAEMON_STATS_ROUND_H

#include "daemon/server_inside.h"

struct stats_round {
    struct round round;
    struct stats *of_thread; /* room for each thread; the caller's */
    struct stats whole;      /* all together, with what no thread has of its own */
    /** In the main thread, when all is there. The round is the caller's again. */
    void (*ready)(struct stats_round *round, struct server *server);
};

/** What no thread has of its own, as it is now. */
struct process_stats stats_of_process(const struct server *server);

int64_t stats_uptime_s(const struct server *server);

/** @param round with of_thread and ready set. */
void stats_round_go(struct stats_round *round, struct server *server);

#endif
