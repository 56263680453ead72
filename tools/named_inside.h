/*
 * named_inside.h - what named_take.c, named_clients.c and named_zones.c share.
 */
#ifndef TREESHREW_TOOLS_NAMED_INSIDE_H
#define TREESHREW_TOOLS_NAMED_INSIDE_H

#include "tools/named_acl.h"
#include "util/conf/conf.h"

/** One translation. */
struct named_take {
    struct conf *conf;
    struct arena *arena;
    struct conf_report *report;
    struct conf_part *server; /* our section of that name */
    const struct named_block *top;
    const struct named_block *view;    /* that is taken; NULL: there are none */
    const struct named_block *options; /* NULL: there is no such statement */
    struct named_lists lists;
    struct conf_place whole; /* of what follows from the file as a whole */
    bool no_memory;
};

/** Our option, as said at that place by a printf text of as many words as it takes, each
 * separated by one space; a list gets one item more. */
void take_option(struct named_take *take, struct conf_part *part, const char *option,
                 struct conf_place place, const char *format, ...) PRINTF_LIKE(5, 6);

/** A section that repeats. @return NULL: no memory. */
struct conf_part *take_section(struct named_take *take, const char *name,
                               struct conf_place place);

/** Tells that a statement is left out, and why. */
void leave(struct named_take *take, const struct named_word *word, const char *reason);

/** What the view, or else the options say to that name; NULL: neither says anything. */
const struct named_statement *taken(const struct named_take *take, const char *name);

/** The only word behind the statement's name. @return NULL: told as an error. */
const struct named_word *only_word(struct named_take *take,
                                   const struct named_statement *statement);

/** yes, true, 1; told as an error if it is neither that nor the opposite. */
bool is_yes(struct named_take *take, const struct named_statement *statement, bool otherwise);

/** Seconds of 3600, 1h30m, PT1H30M. @return false: it is none. */
bool named_seconds(const char *text, uint64_t *seconds);

/* ---- named_clients.c: where questions come in, and who may ask ---- */

void take_listening(struct named_take *take);
void take_access(struct named_take *take);

/* ---- named_zones.c: zones and trust ---- */

void take_forwarders(struct named_take *take);
void take_zone(struct named_take *take, const struct named_statement *statement);
void take_trust(struct named_take *take, const struct named_statement *statement);
void take_validation(struct named_take *take);

#endif
