/*
 * rr_words.c - takes presentation form apart into words; see the header.
 *
 * No copies are made and nothing is looked at twice, so the work is bounded by the text's
 * length.
 */
#include "util/wire/rr_words.h"

#include <string.h>

struct rr_words rr_words_of(const char *text, int line)
{
    return (struct rr_words){.at = text, .line = line};
}

/* Over blanks, comments, parentheses, and line ends inside of these. */
static void skip_space(struct rr_words *words)
{
    for (;; words->at++) {
        switch (*words->at) {
        case ' ':
        case '\t':
        case '\r': break;
        case ';':
            words->at += strcspn(words->at, "\n");
            words->at--;
            break;
        case '(': words->depth++; break;
        case ')':
            if (words->depth == 0) {
                words->why = "closing parenthesis without an opening one";
                return;
            }
            words->depth--;
            break;
        case '\n':
            if (words->depth == 0)
                return;
            words->line++;
            break;
        default: return;
        }
    }
}

/* Behind a character or an escape; a backslash never stands last. */
static bool skip_character(struct rr_words *words)
{
    if (*words->at == '\\')
        words->at++;
    if (*words->at == '\0' || *words->at == '\n') {
        words->why = "backslash at the end of a line";
        return false;
    }
    words->at++;
    return true;
}

/* Up to the closing quote, which is passed over; the opening one is. */
static void skip_quoted(struct rr_words *words)
{
    while (words->why == NULL && *words->at != '"') {
        if (*words->at == '\0' || *words->at == '\n')
            words->why = "quote without an end";
        else
            skip_character(words);
    }
    if (words->why == NULL)
        words->at++;
}

bool rr_words_next(struct rr_words *words, struct rr_word *out)
{
    const char *start;

    if (words->why == NULL)
        skip_space(words);
    if (words->why == NULL && *words->at == '\0' && words->depth > 0)
        words->why = "opening parenthesis without a closing one";
    if (words->why != NULL || *words->at == '\0' || *words->at == '\n')
        return false;
    start = words->at;
    if (*start == '"') {
        words->at++;
        skip_quoted(words);
        *out = (struct rr_word){start + 1, (size_t)(words->at - start) - 2, true};
        return words->why == NULL;
    }
    while (words->why == NULL && strchr(" \t\r\n;()\"", *words->at) == NULL) {
        bool is_equals = *words->at == '=';

        /* RFC 9460 section 2.1: key="value with blanks" is one word. */
        if (skip_character(words) && is_equals && *words->at == '"') {
            words->at++;
            skip_quoted(words);
        }
    }
    *out = (struct rr_word){start, (size_t)(words->at - start), false};
    return words->why == NULL;
}

bool rr_words_end_line(struct rr_words *words)
{
    words->at += strcspn(words->at, "\n");
    if (*words->at == '\0')
        return false;
    words->at++;
    words->line++;
    words->depth = 0;
    return true;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

bool rr_word_octet(struct rr_word *word, uint8_t *octet, bool *broken)
{
    const char *at = word->at;
    size_t used = 1;
    unsigned value;

    if (word->size == 0)
        return false;
    *octet = (uint8_t)at[0];
    if (at[0] == '\\') {
        if (word->size < 2) {
            *broken = true;
            return false;
        }
        used = 2;
        *octet = (uint8_t)at[1];
        if (is_digit(at[1])) {
            used = 4;
            if (word->size < 4 || !is_digit(at[2]) || !is_digit(at[3])) {
                *broken = true;
                return false;
            }
            value = (unsigned)(at[1] - '0') * 100 + (unsigned)(at[2] - '0') * 10 +
                    (unsigned)(at[3] - '0');
            *broken = *broken || value > 255;
            *octet = (uint8_t)value;
        }
    }
    word->at += used;
    word->size -= used;
    return !*broken;
}
