/*
 * named_files.h - every file that a configuration names, and what is done with it.
 *
 * Used by sandbox.c (what stays within reach) and forecast.c (what will fail later). What is
 * named in the option tables as a path is here by itself; which of them are written stands in
 * named_files.c.
 */
#ifndef TREESHREW_DAEMON_NAMED_FILES_H
#define TREESHREW_DAEMON_NAMED_FILES_H

#include "lib/options.h"

struct named_file {
    const char *option; /* NULL: the configuration itself, or what it includes */
    const char *path;   /* as this process sees it */
    struct conf_place place;
    bool is_written;    /* made and replaced, so its folder counts */
    bool is_folder;     /* of files that a pattern includes */
    bool at_start_only; /* a reload does not open it */
};

/** Tells each, in the order of the tables; the texts live as long as the options. */
void named_files_tell(const struct options *options,
                      void (*tell)(void *context, const struct named_file *file),
                      void *context);

#endif
