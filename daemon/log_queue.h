/*
 * log_queue.h - lines on their way to a thread of their own that writes them.
 *
 * Made by logger.c once the daemon runs: from then on no thread that answers clients waits for
 * a disk, a pipe or syslog. The queue has a bound; a line that finds no room is lost and
 * counted.
 */
#ifndef TREESHREW_DAEMON_LOG_QUEUE_H
#define TREESHREW_DAEMON_LOG_QUEUE_H

#include "daemon/log_sink.h"

struct log_queue;

/**
 * Starts the thread. @param tell_lost called in it when lines have been lost and writing works
 * again: to put a line that says how many. @return NULL: no memory, no thread.
 */
struct log_queue *log_queue_new(struct log_sink *sink,
                                void (*tell_lost)(void *context, uint64_t lines),
                                void *context);

/**
 * Writes what is left, for so long at most, and ends the thread.
 * @return false: it hangs in a write; queue and sink must stay as they are until the process
 * ends.
 */
bool log_queue_free(struct log_queue *queue, uint32_t patience_ms);

/** From any thread; never waits for a reader. */
void log_queue_add(struct log_queue *queue, const struct log_sink_line *line, const char *text);

/** Lines for which there was no room. */
uint64_t log_queue_lost(const struct log_queue *queue);

#endif
