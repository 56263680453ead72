/*
 * classic_word.h - cuts the text of an unbound.conf into names and words, and knows where they
 * are.
 *
 * Only for classic.c. A cut never fails: what is wrong is told by the kind of the word.
 */
#ifndef TREESHREW_UTIL_CONF_CLASSIC_WORD_H
#define TREESHREW_UTIL_CONF_CLASSIC_WORD_H

#include "util/bytes.h"
#include "util/conf/report.h"

struct words {
    const char *at, *end;
    struct conf_place place; /* of at */
};

enum word_kind {
    WORD_END,     /* nothing is left */
    WORD_NAME,    /* a name with its colon; the text is without it */
    WORD_BARE,    /* a run of characters without white space */
    WORD_QUOTED,  /* the text is without the quotes */
    WORD_UNCLOSED /* quotes that the line does not close */
};

struct word {
    enum word_kind kind;
    struct slice text;
    struct conf_place place;
};

struct words words_of(const char *file, struct slice text);

/** Passes over white space, line ends and comments. */
void words_skip(struct words *words);

/** Passes over what is left of the line. */
void words_skip_line(struct words *words);

/** The next word where a name with a colon is due: NAME, or something else that is out of
 * place. */
struct word words_name(struct words *words);

/** The next word where a value is due: BARE, QUOTED, UNCLOSED or END. */
struct word words_value(struct words *words);

#endif
