/*
 * replay_lines.h - a scenario's text, line by line, with the first error that was found in it.
 *
 * Used by the readers of entries and of whole scenarios. Lines come without white space at both
 * ends and are copies in the arena. Once an error is noted no further line comes.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_LINES_H
#define TREESHREW_TESTCODE_REPLAY_LINES_H

#include "util/arena.h"

struct lines {
    struct arena *arena;
    const char *at;    /* what is still to be read */
    char *line;        /* the current line */
    int number;        /* of the current line, from 1 */
    const char *error; /* the first one, in the arena; NULL: none */
};

struct lines lines_of(const char *text, struct arena *arena);

/** The next line, whatever is in it. @return false at the end, or after an error. */
bool lines_next(struct lines *lines);

/** The next line that is not empty and no comment (";"). @return false as above. */
bool lines_next_said(struct lines *lines);

/** Notes an error at the current line, if it is the first. @return false, for the caller's
 * return. */
bool lines_fail(struct lines *lines, const char *format, ...) PRINTF_LIKE(2, 3);

/** When *at begins with the word, moves behind it and the white space after it. */
bool word_begins(const char **at, const char *word);

/**
 * The next word of a list of words: up to white space. ";" and "#" end the list.
 * @return in the arena; NULL at the end of the list, and without memory.
 */
char *word_next(const char **at, struct arena *arena);

#endif
