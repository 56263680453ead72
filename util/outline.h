/*
 * outline.h - one answer in two forms: lines for people, JSON for programs, from the same
 * calls.
 *
 * A command of the control socket says what it knows once: values under keys, rows, things
 * inside of things. In lines a value is "key: value", what lies inside is indented, and a row
 * is one line of its values, so that grep and awk find what they need; a row's value says its
 * key ("rtt=12") unless it was added without one. In JSON keys keep their spelling, rows and
 * things are objects.
 *
 * Text goes to an arena; when memory runs out the error sticks and outline_done gives NULL.
 */
#ifndef TREESHREW_UTIL_OUTLINE_H
#define TREESHREW_UTIL_OUTLINE_H

#include "util/text.h"

/* Deeper than this nothing is opened; what would lie there is added to the level above. */
enum { OUTLINE_DEPTH_MAX = 24 };

enum outline_form { OUTLINE_LINES, OUTLINE_JSON };

struct outline {
    struct text text;
    enum outline_form form;
    unsigned depth, too_deep;
    char closing[OUTLINE_DEPTH_MAX + 1]; /* '}' or ']' of each level; level 0 is the whole */
    bool is_row[OUTLINE_DEPTH_MAX + 1];
    bool has_some[OUTLINE_DEPTH_MAX + 1];
    bool has_head[OUTLINE_DEPTH_MAX + 1]; /* a line with its key */
};

void outline_begin(struct outline *outline, struct arena *arena, enum outline_form form);

/** Something that has values of its own; key NULL inside of a list. */
void outline_open(struct outline *outline, const char *key);
/** Several of a kind, without keys. None of them: the line says so. */
void outline_open_list(struct outline *outline, const char *key);
/** One of a list, told in one line. Holds values only. */
void outline_open_row(struct outline *outline);
void outline_close(struct outline *outline);

/** Values. A text may hold anything; control characters never reach a terminal as they are. text
 *  NULL: nothing is added. */
void outline_text(struct outline *outline, const char *key, const char *text);
void outline_printf(struct outline *outline, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);
void outline_number(struct outline *outline, const char *key, int64_t number);
/** A number with three decimals: 1500 is said as 1.500. */
void outline_thousandths(struct outline *outline, const char *key, int64_t thousandths);
void outline_bool(struct outline *outline, const char *key, bool value);

/** A value of a row that is clear without its key in front, as its first one mostly is. */
void outline_bare(struct outline *outline, const char *key, const char *text);

/** The whole, with a line feed at its end. @return in the arena; NULL: no memory. */
char *outline_done(struct outline *outline);

#endif
