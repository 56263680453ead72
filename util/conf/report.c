/*
 * report.c - errors and warnings about a configuration, each with its place.
 */
#include "util/conf/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

enum { WORDS_MAX = 512 };

void conf_report_init(struct conf_report *report, struct arena *arena)
{
    memset(report, 0, sizeof(*report));
    report->arena = arena;
}

/* What stands in a file may be anything; a terminal or a log gets no control characters. */
static void make_printable(char *words)
{
    for (; *words != '\0'; words++)
        if ((unsigned char)*words < 0x20 || *words == 0x7f)
            *words = '?';
}

static void keep(struct conf_report *report, bool is_error, struct conf_place place,
                 const char *format, va_list arguments)
{
    struct conf_note *note = &report->notes[report->count];
    char words[WORDS_MAX];

    if (vsnprintf(words, sizeof(words), format, arguments) < 0)
        return;
    make_printable(words);
    /* The options that hold the name may be thrown away before the report is printed. */
    if (place.file != NULL)
        place.file = arena_text(report->arena, place.file);
    *note = (struct conf_note){is_error, place, arena_text(report->arena, words)};
    if (note->words == NULL)
        report->no_memory = true;
    else
        report->count++;
}

void conf_error(struct conf_report *report, struct conf_place place, const char *format, ...)
{
    va_list arguments;

    if (report->errors++ >= CONF_ERRORS_MAX)
        return;
    va_start(arguments, format);
    keep(report, true, place, format, arguments);
    va_end(arguments);
}

void conf_warning(struct conf_report *report, struct conf_place place, const char *format, ...)
{
    va_list arguments;

    if (report->warnings++ >= CONF_WARNINGS_MAX)
        return;
    va_start(arguments, format);
    keep(report, false, place, format, arguments);
    va_end(arguments);
}

static void add_line(struct text *text, const struct conf_note *note)
{
    const char *kind = note->is_error ? "error" : "warning";

    if (note->place.file != NULL && note->place.line > 0)
        text_printf(text, "%s:%d:%d: ", note->place.file, note->place.line, note->place.column);
    else if (conf_place_is_command(note->place))
        text_printf(text, "\"%s\", word %d: ", note->place.file, note->place.column);
    else if (note->place.file != NULL)
        text_printf(text, "%s: ", note->place.file);
    text_printf(text, "%s: %s", kind, note->words);
}

char *conf_note_line(const struct conf_note *note, struct arena *arena)
{
    struct text text = text_in(arena);

    add_line(&text, note);
    return text_done(&text);
}

char *conf_report_text(const struct conf_report *report, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, "");
    for (size_t i = 0; i < report->count; i++) {
        add_line(&text, &report->notes[i]);
        text_add_char(&text, '\n');
    }
    if (report->errors > CONF_ERRORS_MAX)
        text_printf(&text, "%zu more errors are not shown\n", report->errors - CONF_ERRORS_MAX);
    if (report->warnings > CONF_WARNINGS_MAX)
        text_printf(&text, "%zu more warnings are not shown\n",
                    report->warnings - CONF_WARNINGS_MAX);
    return text_done(&text);
}
