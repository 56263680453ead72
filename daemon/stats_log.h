/*
 * stats_log.h - a line of statistics in the log, each statistics-interval.
 *
 * Used by server.c and reload.c, in the main thread.
 */
#ifndef TREESHREW_DAEMON_STATS_LOG_H
#define TREESHREW_DAEMON_STATS_LOG_H

#include "daemon/server_inside.h"

struct stats_log;

/** Begins, if the configuration says so. @return NULL: no memory; the other functions take it.
 */
struct stats_log *stats_log_new(struct server *server);

/** When the main thread's loop has ended and no other thread runs. */
void stats_log_free(struct stats_log *log);

/** The configuration is another one. */
void stats_log_follow(struct stats_log *log);

#endif
