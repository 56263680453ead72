/*
 * change.h - one change of what is set at run time: what it does to the overlay, and its
 * answer.
 *
 * Used by the commands that change settings. A plan says what to add, or what to remove;
 * reload.c carries it out in the transaction that a reload is.
 */
#ifndef TREESHREW_DAEMON_CHANGE_H
#define TREESHREW_DAEMON_CHANGE_H

#include "daemon/call.h"
#include "lib/options_overlay.h"

/** What a command speaks of, and where that stands in a configuration. */
struct change_kind {
    const char *what; /* "forward zone" */
    const char *section, *option;
};

struct change_entry {
    struct overlay_subject subject;
    const char *command; /* for the places of its values */
    const struct overlay_value *values;
    size_t count;
};

struct change_plan {
    struct change change;
    const struct change_kind *kind;
    const struct change_entry *entries;
    size_t count;
    bool is_beside;    /* adding: what was said before of the same name stays, as records do */
    const char *until; /* adding: when it ends by itself, and need not be kept; NULL: never */
    size_t removed;    /* removing: statements that were set at run time */
};

/** The command as it was given, cut where it is long. @return NULL: no memory. */
const char *change_command(struct call *call, const char *words, size_t arguments);

/** Reads a name and makes the subject of it. @return false: it is none, and the call has ended.
 */
bool change_subject(struct call *call, const struct change_kind *kind, const char *name,
                    struct overlay_subject *subject);

/** Ends the call, sooner or later. The plan and what it points to are in the call's arena. */
void change_add(struct call *call, struct change_plan *plan);
void change_remove(struct call *call, struct change_plan *plan);

/** Where something was said: "set", a file and its line, or "default". In the arena. */
const char *change_origin(struct conf_place place, struct arena *arena);

#endif
