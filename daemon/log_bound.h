/*
 * log_bound.h - how many lines of one kind a thread may log: what strangers cause must not fill
 * disks.
 *
 * Each worker has one; its log asks it before a line is formatted (struct log, admit). In each
 * minute so many lines of a kind are let through, the others are counted, and the number is
 * logged at the end of the minute. Lines of level debug, and those that were asked for one by
 * one (log_each), are not bounded.
 */
#ifndef TREESHREW_DAEMON_LOG_BOUND_H
#define TREESHREW_DAEMON_LOG_BOUND_H

#include "services/world.h"
#include "util/log.h"

enum { LOG_BOUND_KINDS = 32, LOG_BOUND_PERIOD_MS = 60000 };

struct log_bound {
    struct world *world;
    struct log *log; /* that the numbers are logged to */
    uint32_t most;   /* lines of a kind in a minute; 0: no bound */
    int64_t began_ms;
    struct timer timer; /* runs while there is a number to tell */
    uint64_t left_out;  /* since the start */
    struct log_kind {
        const char *format; /* its address is the kind */
        enum log_level level;
        uint32_t lines;
        uint64_t left_out;
    } kinds[LOG_BOUND_KINDS];
    size_t count;
};

/** @param log not changed; its lines are those of log_each. */
void log_bound_init(struct log_bound *bound, struct world *world, struct log *log);

/** Stops the timer; what was left out since is told before. */
void log_bound_clear(struct log_bound *bound);

/** For struct log's admit. */
bool log_bound_admit(struct log_bound *bound, enum log_level level, const char *format);

#endif
