/*
 * outline.c - writes the two forms.
 *
 * Called by the commands of the control socket. A level remembers whether it has something already
 * (for commas and spaces) and whether it is a row.
 */
#include "util/outline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_json(const struct outline *outline)
{
    return outline->form == OUTLINE_JSON;
}

static void indent(struct outline *outline, unsigned levels)
{
    for (unsigned i = 0; i < levels; i++)
        text_add(&outline->text, "  ");
}

static void add_quoted(struct text *text, const char *words)
{
    char octets[TEXT_JSON_MAX];

    text_add_char(text, '"');
    while (*words != '\0') {
        size_t size = text_json_char(&words, octets);

        text_add_slice(text, slice_of(octets, size));
    }
    text_add_char(text, '"');
}

static void add_shown(struct text *text, const char *words)
{
    for (; *words != '\0'; words++)
        text_add_char(text, (unsigned char)*words < 0x20 || *words == 0x7f ? '?' : *words);
}

/* What stands in front of whatever comes next on this level. */
static void begin_item(struct outline *outline, const char *key, bool is_bare)
{
    unsigned depth = outline->depth;
    bool is_first = !outline->has_some[depth];

    outline->has_some[depth] = true;
    if (is_json(outline)) {
        if (!is_first)
            text_add_char(&outline->text, ',');
        if (key != NULL && outline->closing[depth] == '}') {
            add_quoted(&outline->text, key);
            text_add_char(&outline->text, ':');
        }
        return;
    }
    if (outline->is_row[depth]) {
        if (!is_first)
            text_add_char(&outline->text, ' ');
        if (key != NULL && !is_bare)
            text_printf(&outline->text, "%s=", key);
        return;
    }
    indent(outline, depth);
    if (key != NULL && outline->closing[depth] == '}')
        text_printf(&outline->text, "%s: ", key);
}

static void end_value(struct outline *outline)
{
    if (!is_json(outline) && !outline->is_row[outline->depth])
        text_add_char(&outline->text, '\n');
}

/* ---- levels ---- */

static void open_level(struct outline *outline, const char *key, char closing, bool is_row)
{
    unsigned depth = outline->depth;
    bool has_head = key != NULL && outline->closing[depth] == '}' && !is_row;

    if (depth == OUTLINE_DEPTH_MAX || outline->is_row[depth]) {
        outline->too_deep++;
        return;
    }
    if (is_json(outline)) {
        begin_item(outline, key, false);
        text_add_char(&outline->text, closing == '}' ? '{' : '[');
    } else if (is_row) {
        indent(outline, depth);
    } else if (has_head) {
        indent(outline, depth);
        text_printf(&outline->text, "%s:\n", key);
    }
    outline->has_some[depth] = true;
    outline->depth = ++depth;
    outline->closing[depth] = closing;
    outline->is_row[depth] = is_row;
    outline->has_some[depth] = false;
    outline->has_head[depth] = has_head;
}

void outline_begin(struct outline *outline, struct arena *arena, enum outline_form form)
{
    *outline = (struct outline){.text = text_in(arena), .form = form, .closing = "}"};
    if (is_json(outline))
        text_add_char(&outline->text, '{');
}

void outline_open(struct outline *outline, const char *key)
{
    open_level(outline, key, '}', false);
}

void outline_open_list(struct outline *outline, const char *key)
{
    open_level(outline, key, ']', false);
}

void outline_open_row(struct outline *outline)
{
    open_level(outline, NULL, '}', true);
}

/* The line feed behind the key of a list that stays empty gives way. */
static void say_none(struct outline *outline)
{
    struct text *text = &outline->text;

    if (text->failed || text->used == 0 || text->chars[text->used - 1] != '\n')
        return;
    text->used--;
    text_add(text, " none\n");
}

void outline_close(struct outline *outline)
{
    if (outline->too_deep > 0) {
        outline->too_deep--;
        return;
    }
    ASSERT(outline->depth > 0);
    if (is_json(outline))
        text_add_char(&outline->text, outline->closing[outline->depth]);
    else if (outline->is_row[outline->depth])
        text_add_char(&outline->text, '\n');
    else if (outline->closing[outline->depth] == ']' && outline->has_head[outline->depth] &&
             !outline->has_some[outline->depth])
        say_none(outline);
    outline->depth--;
}

char *outline_done(struct outline *outline)
{
    ASSERT(outline->depth == 0 && outline->too_deep == 0);
    if (is_json(outline))
        text_add(&outline->text, "}\n");
    else if (outline->text.used == 0)
        text_add(&outline->text, "");
    return text_done(&outline->text);
}

/* ---- values ---- */

static void add_text(struct outline *outline, const char *key, const char *text, bool is_bare)
{
    if (text == NULL)
        return;
    begin_item(outline, key, is_bare);
    if (is_json(outline))
        add_quoted(&outline->text, text);
    else if (outline->is_row[outline->depth] && strpbrk(text, " \"\\") != NULL && !is_bare)
        add_quoted(&outline->text, text);
    else
        add_shown(&outline->text, text);
    end_value(outline);
}

void outline_text(struct outline *outline, const char *key, const char *text)
{
    add_text(outline, key, text, false);
}

void outline_bare(struct outline *outline, const char *key, const char *text)
{
    add_text(outline, key, text, true);
}

void outline_printf(struct outline *outline, const char *key, const char *format, ...)
{
    char words[1024]; /* longer ones are cut */
    va_list values;

    va_start(values, format);
    (void)vsnprintf(words, sizeof(words), format, values);
    va_end(values);
    add_text(outline, key, words, false);
}

void outline_number(struct outline *outline, const char *key, int64_t number)
{
    begin_item(outline, key, false);
    text_printf(&outline->text, "%" PRId64, number);
    end_value(outline);
}

void outline_thousandths(struct outline *outline, const char *key, int64_t thousandths)
{
    uint64_t size = thousandths < 0 ? 0 - (uint64_t)thousandths : (uint64_t)thousandths;

    begin_item(outline, key, false);
    text_printf(&outline->text, "%s%llu.%03llu", thousandths < 0 ? "-" : "",
                (unsigned long long)(size / 1000), (unsigned long long)(size % 1000));
    end_value(outline);
}

void outline_bool(struct outline *outline, const char *key, bool value)
{
    begin_item(outline, key, false);
    text_add(&outline->text, is_json(outline) ? (value ? "true" : "false") : (value ? "yes" : "no"));
    end_value(outline);
}
