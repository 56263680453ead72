/*
 * setup.h - a configuration being read: options, and what is to be said about them.
 *
 * Used by server.c at start, and by reload.c at each reload and change.
 */
#ifndef TREESHREW_DAEMON_SETUP_H
#define TREESHREW_DAEMON_SETUP_H

#include "lib/overlay.h"
#include "lib/resolver.h"

struct setup {
    struct arena *arena;
    struct conf_report report;
    struct options *read;    /* what the files say */
    struct options *options; /* with what was set at run time; NULL once handed over */
    const char *root;        /* the option chroot; as long as the options */
};

/**
 * @param path    NULL: the defaults.
 * @param overlay what was set at run time; NULL: nothing.
 * @return false after an error; it is in the report.
 */
bool setup_read(struct setup *setup, const char *path, struct overlay *overlay);

/** The same with what was read before: a change at run time opens no configuration file. */
bool setup_change(struct setup *setup, struct options *read, struct overlay *overlay);
void setup_clear(struct setup *setup);

/** The resolver's way to files that a configuration names; at most 16 MiB, else EFBIG. */
const char *setup_read_file(void *report, const char *name, struct arena *arena);

/** Writes errors and warnings to the log, at most that many lines. */
void setup_log(const struct setup *setup, struct log *log, size_t lines_max);

#endif
