/*
 * classic_word.c - cuts the text of an unbound.conf into names and words.
 */
#include "util/conf/classic_word.h"

#include <string.h>

struct words words_of(const char *file, struct slice text)
{
    struct words words = {
        (const char *)text.data, (const char *)text.data + text.size, {file, 1, 1}};

    /* A byte order mark, as some editors leave it. */
    if (text.size >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        words.at += 3;
    return words;
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n' ||
           character == '\f' || character == '\v';
}

static void step(struct words *words)
{
    if (*words->at++ == '\n') {
        words->place.line++;
        words->place.column = 1;
    } else {
        words->place.column++;
    }
}

void words_skip_line(struct words *words)
{
    while (words->at < words->end && *words->at != '\n')
        step(words);
}

void words_skip(struct words *words)
{
    while (words->at < words->end) {
        if (*words->at == '#')
            words_skip_line(words);
        else if (is_space(*words->at))
            step(words);
        else
            return;
    }
}

/* A backslash takes the next character of the line with it, whatever that is. */
static void step_escaped(struct words *words)
{
    if (*words->at == '\\' && words->at + 1 < words->end && words->at[1] != '\n' &&
        words->at[1] != '\r')
        step(words);
    step(words);
}

static struct word quoted(struct words *words)
{
    struct word word = {WORD_UNCLOSED, {NULL, 0}, words->place};
    char quote = *words->at;
    const char *start;

    step(words);
    start = words->at;
    while (words->at < words->end && *words->at != '\n' && *words->at != quote)
        step_escaped(words);
    word.text = slice_of(start, (size_t)(words->at - start));
    if (words->at < words->end && *words->at == quote) {
        step(words);
        word.kind = WORD_QUOTED;
    }
    return word;
}

struct word words_value(struct words *words)
{
    struct word word = {WORD_END, {NULL, 0}, words->place};
    const char *start;

    words_skip(words);
    word.place = words->place;
    if (words->at == words->end)
        return word;
    if (*words->at == '"' || *words->at == '\'')
        return quoted(words);
    start = words->at;
    while (words->at < words->end && !is_space(*words->at))
        step_escaped(words);
    word.kind = WORD_BARE;
    word.text = slice_of(start, (size_t)(words->at - start));
    return word;
}

struct word words_name(struct words *words)
{
    struct words before;
    struct word word = {WORD_NAME, {NULL, 0}, words->place};
    const char *start;

    words_skip(words);
    before = *words;
    start = words->at;
    word.place = words->place;
    while (words->at < words->end && !is_space(*words->at) &&
           strchr(":\"'#", *words->at) == NULL)
        step(words);
    if (words->at < words->end && words->at > start && *words->at == ':') {
        word.text = slice_of(start, (size_t)(words->at - start));
        step(words);
        return word;
    }
    *words = before;
    return words_value(words);
}
