/*
 * rr_words.h - the words of one record in presentation form (RFC 1035 section 5.1).
 *
 * Used by the readers of records, rdata and zone files. A record ends at a line end outside
 * parentheses, or with the text. Words keep their quotes' content and escapes as written: only
 * the field that reads a word knows what a backslash means in it.
 */
#ifndef TREESHREW_UTIL_WIRE_RR_WORDS_H
#define TREESHREW_UTIL_WIRE_RR_WORDS_H

#include "util/bytes.h"

struct rr_word {
    const char *at;
    size_t size;
    bool quoted; /* the whole word was in quotes, which are not part of it */
};

struct rr_words {
    const char *at; /* NUL-terminated text, what is still to be read */
    int line;
    unsigned depth;  /* of open parentheses */
    const char *why; /* set: the text is broken, no more words come */
};

struct rr_words rr_words_of(const char *text, int line);

/** The next word of the record. False at its end, or when why is set. */
bool rr_words_next(struct rr_words *words, struct rr_word *out);

/** Passes over what is left of the record and its line end; false at the text's end. */
bool rr_words_end_line(struct rr_words *words);

/** Reads one octet of a word: "\DDD", "\X" or a character. False: its end, or a broken escape,
 * in which case *broken is set. */
bool rr_word_octet(struct rr_word *word, uint8_t *octet, bool *broken);

#endif
