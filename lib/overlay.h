/*
 * overlay.h - what was set at run time, over the configuration that was read.
 *
 * A list of small statements in the order they were given, and a list of what of the files does
 * not count any more. Both speak of a subject: an option, an item of a list that belongs to a
 * name, or a zone. The daemon's main thread owns it and changes it in steps: what was added and
 * taken back since the last commit can be undone, so that a change that does not fit leaves
 * nothing behind.
 *
 * It is data only. How options are made of it and of what was read: options_overlay.h.
 */
#ifndef TREESHREW_LIB_OVERLAY_H
#define TREESHREW_LIB_OVERLAY_H

#include "util/base.h"
#include "util/list.h"
#include "util/wire/dname.h"

/** What all of it may be; who needs more has a configuration file. */
enum { OVERLAY_ENTRIES_MAX = 50000, OVERLAY_BYTES_MAX = 16 << 20, OVERLAY_BUCKETS = 1024 };

/** What a statement is about. */
struct overlay_subject {
    const char *section; /* "server", "forward-zone" */
    const char *option;  /* "local-data"; of a zone: "name" */
    bool has_name;       /* false: the whole option */
    struct dname name;
};

struct overlay_value {
    const char *option, *text;
    int word; /* its number in the command */
};

enum overlay_state { OVERLAY_KEPT, OVERLAY_NEW, OVERLAY_LEAVING };

struct overlay_statement {
    struct link link;
    struct link named; /* in the bucket of its name, if it has one */
    enum overlay_state state;
    struct overlay_subject subject; /* its octets live in the statement, as do the texts */
    const char *command;            /* as it was given; begins the place of each value */
    size_t size_bytes;
    size_t count;
    struct overlay_value values[];
};

/** The files' word on the subject does not count. */
struct overlay_hiding {
    struct link link;
    enum overlay_state state;
    bool was_used; /* when options were made last, the files spoke of it */
    size_t size_bytes;
    struct overlay_subject subject;
    char octets[];
};

struct overlay {
    struct list statements; /* those that are leaving included: see overlay_is_there */
    struct list named[OVERLAY_BUCKETS]; /* the same by the hash of their names */
    struct list hidings;
    size_t entries; /* of both, without those that are leaving */
    size_t leaving; /* statements */
    size_t size_bytes;
};

void overlay_init(struct overlay *overlay);
void overlay_clear(struct overlay *overlay);

/** False for an entry that is only kept until the change is sure. */
static inline bool overlay_is_there(enum overlay_state state)
{
    return state != OVERLAY_LEAVING;
}

bool overlay_same_subject(const struct overlay_subject *one,
                          const struct overlay_subject *other);

/**
 * Adds a statement at the end. All texts are copied.
 * @return STATUS_OK, STATUS_LIMIT (too many, or too large), STATUS_NO_MEMORY.
 */
enum status overlay_add(struct overlay *overlay, const struct overlay_subject *subject,
                        const char *command, const struct overlay_value *values, size_t count);

/**
 * Takes back the statements about the subject; where it names a whole option, all of that
 * option.
 * @return how many there were.
 */
size_t overlay_take_back(struct overlay *overlay, const struct overlay_subject *subject);

/** Has the files' word on the subject not count. Once is enough. Failures as overlay_add. */
enum status overlay_hide(struct overlay *overlay, const struct overlay_subject *subject);

/** The files' word counts again; of a whole option, on all names. @return false: it did all the
 * time. */
bool overlay_show(struct overlay *overlay, const struct overlay_subject *subject);

/** The first statement about the subject, and the next one; NULL: there is none (more). */
const struct overlay_statement *overlay_find(const struct overlay *overlay,
                                             const struct overlay_subject *subject,
                                             const struct overlay_statement *after);

/** All changes since the last commit hold, or none. */
void overlay_commit(struct overlay *overlay);
void overlay_roll_back(struct overlay *overlay);

/** What hides something that the files, newly read, do not say any more is forgotten. */
void overlay_forget_unused(struct overlay *overlay);

#endif
