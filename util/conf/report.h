/*
 * report.h - errors and warnings about a configuration, each with its place.
 *
 * Filled by the readers and by whoever looks at values later (access control, local zones);
 * printed by the daemon, shrew-checkconf and the tests. Collects, so that all mistakes of a
 * file are seen in one run; stops collecting at a bound, but goes on counting.
 */
#ifndef TREESHREW_UTIL_CONF_REPORT_H
#define TREESHREW_UTIL_CONF_REPORT_H

#include "util/arena.h"
#include "util/base.h"

/**
 * Where something was said. file NULL: nowhere, it is a default. Lines and columns begin at 1. What
 * was set at run time stands in no file: file has the words of the command, line is 0 and column
 * is the number of the word in it.
 */
struct conf_place {
    const char *file;
    int line, column;
};

struct conf_note {
    bool is_error;
    struct conf_place place;
    const char *words;
};

enum { CONF_ERRORS_MAX = 20, CONF_WARNINGS_MAX = 100 };

struct conf_report {
    struct arena *arena; /* holds the words; lives as long as the report */
    struct conf_note notes[CONF_ERRORS_MAX + CONF_WARNINGS_MAX];
    size_t count;
    size_t errors, warnings; /* all that happened, also those not kept */
    bool no_memory;          /* a note could not be kept for want of memory */
};

void conf_report_init(struct conf_report *report, struct arena *arena);

void conf_error(struct conf_report *report, struct conf_place place, const char *format, ...)
    PRINTF_LIKE(3, 4);
void conf_warning(struct conf_report *report, struct conf_place place, const char *format, ...)
    PRINTF_LIKE(3, 4);

/** True for what was said in a command, at run time. */
static inline bool conf_place_is_command(struct conf_place place)
{
    return place.file != NULL && place.line == 0 && place.column > 0;
}

/** True when nothing may take effect: an error, or no memory to tell of one. */
static inline bool conf_failed(const struct conf_report *report)
{
    return report->errors > 0 || report->no_memory;
}

/** "file:line:column: error: words", in the arena. @return NULL: no memory. */
char *conf_note_line(const struct conf_note *note, struct arena *arena);

/** All lines, each with its newline, and a last one if some were left out. NULL: no memory. */
char *conf_report_text(const struct conf_report *report, struct arena *arena);

#endif
