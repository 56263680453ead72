/*
 * logger.h - where log lines go: standard error, a file or the system log; and in which form.
 *
 * One a process, made by shrewd.c. Every thread writes through it; once the daemon runs, a
 * thread of its own does the writing, so that nobody waits for a disk or for syslog.
 */
#ifndef TREESHREW_DAEMON_LOGGER_H
#define TREESHREW_DAEMON_LOGGER_H

#include "lib/options.h"
#include "util/log.h"

struct logger;

/** Writes to standard error. @return NULL: no memory. */
struct logger *logger_new(void);
/** Writes what is left, but waits a second at most. */
void logger_free(struct logger *logger);
struct log *logger_log(struct logger *logger);

/** Until logger_set is called again. Threads that copied the level have to be told. */
void logger_set_level(struct logger *logger, enum log_level level);

/**
 * The daemon runs: the log gets its thread. Until this is called lines are written at once, and
 * errors go to standard error as well, where whoever starts it looks.
 */
void logger_started(struct logger *logger);

/**
 * Takes over what the options say, and opens the file anew. Only in the main thread.
 * @param more       added to the option verbosity (-v).
 * @param background nobody reads standard error: the system log takes its place.
 * @return STATUS_SYSTEM (errno): the file cannot be opened; everything stays as it was.
 */
enum status logger_set(struct logger *logger, const struct daemon_options *options,
                       unsigned more, bool background);

/** Lines since the start: written, and lost for want of room, readers or disk. */
struct logger_stats {
    uint64_t written, lost;
};

struct logger_stats logger_stats(const struct logger *logger);

#endif
