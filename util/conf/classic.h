/*
 * classic.h - reads the syntax of unbound.conf.
 *
 * Called by lib/options.c. Opens no file by itself: what "include:" names is fetched through
 * struct conf_files, which the caller makes (or does not: then there is no including).
 */
#ifndef TREESHREW_UTIL_CONF_CLASSIC_H
#define TREESHREW_UTIL_CONF_CLASSIC_H

#include "util/conf/conf.h"

/** How the reader gets at other files. */
struct conf_files {
    void *context;
    /**
     * The files that a pattern (* ? [...]) or a plain name stands for.
     * @param from the file that includes. @return STATUS_OK also when a pattern matches nothing
     *        (count 0); STATUS_NOT_FOUND for a plain name without a file; STATUS_SYSTEM with errno;
     *        STATUS_NO_MEMORY.
     */
    enum status (*find)(void *context, const char *pattern, const char *from,
                        struct arena *arena, char ***names, size_t *count);
    /** The contents. @return STATUS_SYSTEM with errno set, STATUS_LIMIT (too large) ... */
    enum status (*read)(void *context, const char *name, struct arena *arena,
                        struct slice *out);
};

/** Files within files, and all files together: against a file that includes itself. */
enum { CLASSIC_DEPTH_MAX = 16, CLASSIC_FILES_MAX = 1000 };

/**
 * Reads a text into a configuration.
 *
 * Sections and options follow each other freely; line ends mean nothing but the end of a
 * comment. Values are bare words or stand in quotes, single or double, in which nothing is
 * special but a backslash before a character (both are kept, and the character does not end the
 * quotes).
 *
 * @param file  stands in messages and places; copied.
 * @param files NULL: "include:" is an error.
 * @return STATUS_OK even after errors, which are in the report of conf; STATUS_NO_MEMORY.
 */
enum status classic_read(struct conf *conf, const char *file, struct slice text,
                         const struct conf_files *files);

#endif
