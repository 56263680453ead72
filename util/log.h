/*
 * log.h - one event, one line: what happened, as fields.
 *
 * The core gets a struct log and never asks where the lines go, nor in which form: the daemon
 * writes text or JSON to standard error, a file or syslog, tests keep them. error: somebody
 * must act; warn: may want to; info: start and reload; debug: per query.
 *
 * A format is a list of fields, "event=listen address=%s/%s msg=taken by %s": the first key is
 * `event`; a field ends at the next space of the format; what stands behind `msg=` is words for
 * people and goes on to the end; a field whose value is empty is left out. What a value holds
 * never matters: in text a value with spaces, quotes or the like is written as in JSON, within
 * quotes, so that whoever reads a line finds the same fields again, and nobody can forge a
 * field or a line.
 */
#ifndef TREESHREW_UTIL_LOG_H
#define TREESHREW_UTIL_LOG_H

#include "util/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVELS };

enum {
    LOG_FIELDS_MAX = 32,
    LOG_LINE_MAX =
        4000 /* with what stands in front of it a line goes through a pipe in one piece */
};

enum log_form { LOG_TEXT, LOG_JSON };

struct log_field {
    const char *key, *value;
    bool is_number; /* stands in JSON as it is */
};

/** One event; its texts live as long as the call of write(). */
struct log_record {
    enum log_level level;
    bool is_cut;     /* it was too long: something at its end is missing */
    unsigned thread; /* its number + 1; 0: not known */
    size_t count;
    struct log_field fields[LOG_FIELDS_MAX];
};

struct log {
    enum log_level level; /* lines above it are not even formatted */
    void (*write)(struct log *log, struct log_record *record);
    /** False: there have been too many of these already. Formats are told apart by their
     * address: one place in the program, one kind of event. NULL: there is no bound. */
    bool (*admit)(struct log *log, enum log_level level, const char *format);
};

const char *log_level_text(enum log_level level);

static inline bool log_wants(const struct log *log, enum log_level level)
{
    return log != NULL && log->write != NULL && level <= log->level;
}

/**
 * Tells one event. Conversions: s, c, d, i, u, x with flags, widths and l, ll, z, j; a field
 * that is one conversion of a number is a number.
 */
#define log_line(log, level, ...)                                                              \
    (log_wants(log, level) ? log_wanted_line(log, level, __VA_ARGS__) : (void)0)

/* A macro, so that what a line would say is not found out where its level is off. */
void log_wanted_line(struct log *log, enum log_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);

/**
 * May a line of this format be logged now? It counts as one. For who would have to find words
 * first, and what nobody is going to read need not be found: log_each then tells it.
 */
bool log_admits(struct log *log, enum log_level level, const char *format);

/** The same for what was asked for one by one (the query log): however many they are. */
void log_each(struct log *log, enum log_level level, const char *format, ...) PRINTF_LIKE(3, 4);

/**
 * Writes the line, without a line feed; what does not fit is left out, and the line says so by
 * a last field `cut`, being well-formed all the same.
 * @param head fields in front of the record's own, head_count of them.
 * @param size of `out`, at least 64. @return octets written; a NUL follows.
 */
size_t log_render(const struct log_record *record, enum log_form form,
                  const struct log_field *head, size_t head_count, char *out, size_t size);

/** For people who wait for it: "key=value ...: words", all but `event`. Control characters become
 * '?'. */
size_t log_words(const struct log_record *record, char *out, size_t size);

#endif
