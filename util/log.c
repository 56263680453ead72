/*
 * log.c - formats an event's fields, hands them to whoever keeps lines, and writes lines.
 *
 * Called by everybody; knows nothing of files or of the time. A format is walked field by field
 * and each conversion is printed on its own: so the fields are known apart, whatever is in
 * them.
 */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

enum {
    VALUES_MAX = 3500, /* octets of all keys and values of an event */
    SPEC_MAX = 24      /* of one conversion */
};

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

/* ---- from the format to fields ---- */

struct pen {
    const char *format; /* what is still to come of it */
    va_list values;
    struct log_record record;
    size_t used;
    char octets[VALUES_MAX];
};

static void put_char(struct pen *pen, char character)
{
    if (pen->used + 1 < sizeof(pen->octets))
        pen->octets[pen->used++] = character;
    else
        pen->record.is_cut = true;
    pen->octets[pen->used] = '\0';
}

static const char *begin_text(struct pen *pen)
{
    pen->octets[pen->used] = '\0';
    return pen->octets + pen->used;
}

static void end_text(struct pen *pen)
{
    if (pen->used + 1 < sizeof(pen->octets))
        pen->used++; /* the NUL that stands there stays */
}

static void put_printed(struct pen *pen, int size)
{
    size_t room = sizeof(pen->octets) - pen->used;

    if (size < 0)
        return;
    if ((size_t)size >= room) {
        pen->record.is_cut = true;
        size = (int)room - 1;
    }
    pen->used += (size_t)size;
}

static void put_words(struct pen *pen, const char *words)
{
    size_t size = strlen(words), room = sizeof(pen->octets) - pen->used - 1;

    if (size > room) {
        pen->record.is_cut = true;
        size = room;
    }
    memcpy(pen->octets + pen->used, words, size);
    pen->used += size;
    pen->octets[pen->used] = '\0';
}

static intmax_t signed_value(struct pen *pen, char length)
{
    switch (length) {
    case 'l': return va_arg(pen->values, long);
    case 'L': return va_arg(pen->values, long long);
    case 'z': return va_arg(pen->values, ptrdiff_t);
    case 'j': return va_arg(pen->values, intmax_t);
    default: return va_arg(pen->values, int);
    }
}

static uintmax_t unsigned_value(struct pen *pen, char length)
{
    switch (length) {
    case 'l': return va_arg(pen->values, unsigned long);
    case 'L': return va_arg(pen->values, unsigned long long);
    case 'z': return va_arg(pen->values, size_t);
    case 'j': return va_arg(pen->values, uintmax_t);
    default: return va_arg(pen->values, unsigned);
    }
}

/* One conversion, from behind the '%'. @return true: a plain number. */
static bool convert(struct pen *pen)
{
    char spec[SPEC_MAX] = "%", length = 0, kind;
    char *out = pen->octets + pen->used;
    size_t room = sizeof(pen->octets) - pen->used, size = 1;
    const char *words;

    for (; *pen->format != '\0' && strchr("-+ 0123456789.", *pen->format) != NULL &&
           size < SPEC_MAX - 3;
         pen->format++)
        spec[size++] = *pen->format;
    for (; *pen->format == 'l' || *pen->format == 'z' || *pen->format == 'j'; pen->format++)
        length = length == 'l' ? 'L' : *pen->format;
    kind = *pen->format++;
    if (kind == 'd' || kind == 'i' || kind == 'u' || kind == 'x')
        spec[size++] = 'j';
    spec[size] = kind;
    switch (kind) {
    case 's':
        words = va_arg(pen->values, const char *);
        if (words != NULL && size == 1) /* as nearly always */
            put_words(pen, words);
        else
            put_printed(pen, snprintf(out, room, spec, words != NULL ? words : ""));
        return false;
    case 'c':
        put_printed(pen, snprintf(out, room, spec, va_arg(pen->values, int)));
        return false;
    case 'd':
    case 'i': put_printed(pen, snprintf(out, room, spec, signed_value(pen, length))); break;
    case 'u':
    case 'x': put_printed(pen, snprintf(out, room, spec, unsigned_value(pen, length))); break;
    default:
        ASSERT(kind == '%'); /* others are not for log lines */
        put_char(pen, '%');
        return false;
    }
    return kind != 'x' && size == 2; /* neither widths nor flags, which JSON's numbers lack */
}

/* Up to the next space, or to the end for words. */
static void put_value(struct pen *pen, struct log_field *field, bool is_words)
{
    size_t pieces = 0, numbers = 0;

    field->value = begin_text(pen);
    while (*pen->format != '\0' && (is_words || *pen->format != ' ')) {
        pieces++;
        if (*pen->format != '%') {
            put_char(pen, *pen->format++);
        } else {
            pen->format++;
            numbers += convert(pen);
        }
    }
    field->is_number = pieces == 1 && numbers == 1;
    end_text(pen);
}

static void put_field(struct pen *pen)
{
    struct log_field *field = &pen->record.fields[pen->record.count++];
    size_t size = strcspn(pen->format, "= %");
    bool has_key = pen->format[size] == '=';

    field->key = begin_text(pen);
    if (!has_key) /* words alone */
        size = 0;
    for (const char *at = has_key ? pen->format : "msg"; has_key ? size > 0 : *at != '\0';
         at++) {
        put_char(pen, *at);
        size -= has_key;
    }
    end_text(pen);
    if (has_key)
        pen->format += strcspn(pen->format, "=") + 1;
    put_value(pen, field, strcmp(field->key, "msg") == 0);
    if (field->value[0] == '\0') /* there is nothing to tell */
        pen->record.count--;
    while (*pen->format == ' ')
        pen->format++;
}

static void tell(struct log *log, enum log_level level, struct pen *pen)
{
    pen->record.level = level;
    pen->record.is_cut = false;
    pen->record.thread = 0;
    pen->record.count = 0;
    pen->used = 0;
    while (*pen->format != '\0' && pen->record.count < LOG_FIELDS_MAX)
        put_field(pen);
    ASSERT(*pen->format == '\0'); /* LOG_FIELDS_MAX suffices for every line that we write */
    log->write(log, &pen->record);
}

bool log_admits(struct log *log, enum log_level level, const char *format)
{
    return log_wants(log, level) && (log->admit == NULL || log->admit(log, level, format));
}

void log_wanted_line(struct log *log, enum log_level level, const char *format, ...)
{
    struct pen pen;

    if (!log_admits(log, level, format))
        return;
    pen.format = format;
    va_start(pen.values, format);
    tell(log, level, &pen);
    va_end(pen.values);
}

void log_each(struct log *log, enum log_level level, const char *format, ...)
{
    struct pen pen;

    if (!log_wants(log, level))
        return;
    pen.format = format;
    va_start(pen.values, format);
    tell(log, level, &pen);
    va_end(pen.values);
}

/* ---- from fields to a line ---- */

enum { END_ROOM = 24 }; /* for a quote, the field `cut`, a brace and the NUL */

struct line {
    char *out;
    size_t used, size;
    bool is_cut;
};

static bool add(struct line *line, const char *octets, size_t size)
{
    if (line->is_cut || line->used + size + END_ROOM > line->size) {
        line->is_cut = true;
        return false;
    }
    memcpy(line->out + line->used, octets, size);
    line->used += size;
    return true;
}

static size_t room_in(const struct line *line)
{
    size_t most = line->size - END_ROOM;

    return line->used < most ? most - line->used : 0;
}

/* As many of them as fit. */
static void add_some(struct line *line, const char *octets, size_t size)
{
    size_t fit = line->is_cut ? 0 : size_min(size, room_in(line));

    add(line, octets, fit);
    line->is_cut = line->is_cut || fit < size;
}

/* Where room is kept for it. */
static void add_end(struct line *line, const char *octets)
{
    size_t size = strlen(octets);

    memcpy(line->out + line->used, octets, size);
    line->used += size;
}

/* How many octets of it stand in JSON as they are. */
static size_t plain_run(const char *value)
{
    size_t size = 0;

    while ((unsigned char)value[size] >= ' ' && (unsigned char)value[size] < 0x7f &&
           value[size] != '"' && value[size] != '\\')
        size++;
    return size;
}

static void add_quoted(struct line *line, const char *value)
{
    char octets[TEXT_JSON_MAX];

    if (!add(line, "\"", 1))
        return;
    while (*value != '\0') {
        size_t run = plain_run(value);

        if (run > 0) {
            add_some(line, value, run);
            value += run;
        } else {
            add(line, octets, text_json_char(&value, octets));
        }
        if (line->is_cut)
            break;
    }
    add_end(line, "\"");
}

/* A value that needs no quotes reads the same with and without them. */
static bool is_plain(const char *value)
{
    if (*value == '\0')
        return false;
    for (; *value != '\0'; value++) {
        unsigned char octet = (unsigned char)*value;

        if (octet <= ' ' || octet >= 0x7f || octet == '"' || octet == '\\' || octet == '=')
            return false;
    }
    return true;
}

static void add_field(struct line *line, enum log_form form, const struct log_field *field)
{
    bool bare = form == LOG_JSON ? field->is_number : is_plain(field->value);
    size_t before = line->used, start;

    if (form == LOG_JSON) {
        add(line, before == 0 ? "{\"" : ",\"", 2);
        add(line, field->key, strlen(field->key));
        add(line, "\":", 2);
    } else {
        add(line, " ", before != 0);
        add(line, field->key, strlen(field->key));
        add(line, "=", 1);
    }
    start = line->used;
    if (!bare)
        add_quoted(line, field->value);
    else if (field->is_number)
        add(line, field->value, strlen(field->value));
    else
        add_some(line, field->value, strlen(field->value));
    /* Of a value that was cut the beginning is worth having; a key without a value is not. */
    if (line->is_cut && line->used == start)
        line->used = before;
}

size_t log_render(const struct log_record *record, enum log_form form,
                  const struct log_field *head, size_t head_count, char *out, size_t size)
{
    struct line line = {.out = out, .size = size};

    for (size_t i = 0; i < head_count && !line.is_cut; i++)
        add_field(&line, form, &head[i]);
    for (size_t i = 0; i < record->count && !line.is_cut; i++)
        add_field(&line, form, &record->fields[i]);
    if (line.is_cut || record->is_cut)
        add_end(&line,
                form == LOG_JSON ? (line.used == 0 ? "{\"cut\":1" : ",\"cut\":1") : " cut=1");
    if (form == LOG_JSON)
        add_end(&line, line.used == 0 ? "{}" : "}");
    out[line.used] = '\0';
    return line.used;
}

size_t log_words(const struct log_record *record, char *out, size_t size)
{
    struct line line = {.out = out, .size = size};

    for (size_t i = 0; i < record->count; i++) {
        const struct log_field *field = &record->fields[i];
        bool is_words = strcmp(field->key, "msg") == 0;

        if (strcmp(field->key, "event") == 0)
            continue;
        if (line.used != 0)
            add(&line, is_words ? ": " : " ", is_words ? 2 : 1);
        if (!is_words) {
            add(&line, field->key, strlen(field->key));
            add(&line, "=", 1);
        }
        for (const char *at = field->value; *at != '\0'; at++)
            add(&line, (unsigned char)*at < 0x20 || *at == 0x7f ? "?" : at, 1);
    }
    out[line.used] = '\0';
    return line.used;
}
