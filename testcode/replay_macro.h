/*
 * replay_macro.h - variables of a scenario and the ${...} expressions made of them.
 *
 * Used by replay_run.c for ASSIGN, TIME_PASSES EVAL and expected files; nowhere else is
 * anything expanded.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_MACRO_H
#define TREESHREW_TESTCODE_REPLAY_MACRO_H

#include "util/arena.h"

struct macro_variable {
    struct macro_variable *next;
    const char *name, *text;
};

struct macros {
    struct arena *arena;
    struct macro_variable *variables; /* the last one set stands first */
    int64_t now_s;                    /* ${time} */
    int64_t next_timer_s;             /* ${timeout}: seconds until then, 0 for none */
};

/** @return false: no memory. */
bool macro_assign(struct macros *macros, const char *name, const char *text);

/** The text with every ${...} replaced. @return NULL: *error says why. */
const char *macro_expand(struct macros *macros, const char *text, const char **error);

#endif
