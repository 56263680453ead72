/*
 * log.h - one event, one line, key=value.
 *
 * The core gets a struct log and never asks where the lines go: the daemon writes to stderr, a file
 * or syslog, tests keep them. error: somebody must act; warn: may want to; info: start and reload;
 * debug: per query.
 */
#ifndef TREESHREW_UTIL_LOG_H
#define TREESHREW_UTIL_LOG_H

#include "util/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVELS };

struct log {
    enum log_level level; /* lines above it are not even formatted */
    void (*write)(struct log *log, enum log_level level, const char *line);
};

const char *log_level_text(enum log_level level);

static inline bool log_wants(const struct log *log, enum log_level level)
{
    return log != NULL && log->write != NULL && level <= log->level;
}

/** Formats and writes one line (cut at 2,000 octets; control characters become '?'). */
void log_line(struct log *log, enum log_level level, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
