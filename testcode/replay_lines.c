/*
 * replay_lines.c - cuts a scenario's text into lines and words.
 *
 * Called by replay_entry.c and replay_parse.c. Knows nothing of what the words mean.
 */
#include "testcode/replay_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct lines lines_of(const char *text, struct arena *arena)
{
    return (struct lines){.arena = arena, .at = text};
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\f' ||
           character == '\v';
}

bool lines_next(struct lines *lines)
{
    const char *begin = lines->at, *end;

    if (lines->error != NULL || *begin == '\0')
        return false;
    end = begin + strcspn(begin, "\n");
    lines->at = *end == '\n' ? end + 1 : end;
    lines->number++;
    while (begin < end && is_blank(*begin))
        begin++;
    while (end > begin && is_blank(end[-1]))
        end--;
    lines->line = arena_printf(lines->arena, "%.*s", (int)(end - begin), begin);
    if (lines->line == NULL)
        return lines_fail(lines, "no memory");
    return true;
}

bool lines_next_said(struct lines *lines)
{
    do {
        if (!lines_next(lines))
            return false;
    } while (lines->line[0] == '\0' || lines->line[0] == ';');
    return true;
}

bool lines_fail(struct lines *lines, const char *format, ...)
{
    char words[512];
    va_list list;

    if (lines->error != NULL)
        return false;
    va_start(list, format);
    vsnprintf(words, sizeof(words), format, list);
    va_end(list);
    lines->error = arena_printf(lines->arena, "line %d: %s", lines->number, words);
    if (lines->error == NULL)
        lines->error = "no memory";
    return false;
}

bool word_begins(const char **at, const char *word)
{
    size_t size = strlen(word);

    if (strncmp(*at, word, size) != 0)
        return false;
    *at += size;
    while (is_blank(**at))
        (*at)++;
    return true;
}

char *word_next(const char **at, struct arena *arena)
{
    const char *begin = *at;
    size_t size;

    while (is_blank(*begin))
        begin++;
    if (*begin == '\0' || *begin == ';' || *begin == '#') {
        *at = begin + strlen(begin);
        return NULL;
    }
    size = strcspn(begin, " \t\r\f\v");
    *at = begin + size;
    return arena_printf(arena, "%.*s", (int)size, begin);
}
