/*
 * log_sink.h - where written lines end: a descriptor or the system log.
 *
 * Used by logger.c: lines are put and flushed by one thread at a time, the main thread while
 * the daemon starts, the log's own thread from then on. Changes of the place come from the main
 * thread meanwhile.
 */
#ifndef TREESHREW_DAEMON_LOG_SINK_H
#define TREESHREW_DAEMON_LOG_SINK_H

#include "util/log.h"

struct log_sink;

struct log_sink_line {
    uint16_t size; /* with its line feed, at most LOG_LINE_MAX */
    uint8_t level; /* enum log_level */
    bool to_syslog;
};

/** Begins with standard error. @return NULL: no memory. */
struct log_sink *log_sink_new(void);
void log_sink_free(struct log_sink *sink);

/** @param fd becomes the sink's; STDERR_FILENO: standard error. Lines that come later go there.
 */
void log_sink_set_file(struct log_sink *sink, int fd);

/** For lines that go to syslog from now on. @param facility of syslog(3). */
void log_sink_set_syslog(struct log_sink *sink, const char *identity, int facility);

/** Lines go to standard error, where the journal reads them. */
bool log_sink_is_journal(const struct log_sink *sink);
bool log_sink_is_stderr(const struct log_sink *sink);

/** Takes a line; it is written with the next flush at the latest. May wait for a slow reader.
 */
void log_sink_put(struct log_sink *sink, const struct log_sink_line *line, const char *text);
void log_sink_flush(struct log_sink *sink);

/** Lines that were written, and that were not: full disk, nobody reads. From any thread. */
uint64_t log_sink_written(const struct log_sink *sink);
uint64_t log_sink_lost(const struct log_sink *sink);

#endif
