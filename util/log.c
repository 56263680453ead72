/*
 * log.c - formats one line and hands it to whoever keeps lines.
 *
 * Called by everybody; knows nothing of files or of the time. A line never holds a control
 * character, so that what a stranger sent cannot forge a second line.
 */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_OCTETS = 2000 };

const char *log_level_text(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR: return "error";
    case LOG_LEVEL_WARN: return "warn";
    case LOG_LEVEL_INFO: return "info";
    case LOG_LEVEL_DEBUG: return "debug";
    case LOG_LEVELS: break;
    }
    return "unknown";
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_OCTETS + 1];
    va_list arguments;

    if (!log_wants(log, level))
        return;
    va_start(arguments, format);
    if (vsnprintf(line, sizeof(line), format, arguments) < 0)
        line[0] = '\0';
    va_end(arguments);
    for (char *at = line; *at != '\0'; at++) {
        unsigned char octet = (unsigned char)*at;

        if (octet < 0x20 || octet == 0x7f)
            *at = '?';
    }
    log->write(log, level, line);
}
