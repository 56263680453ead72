/*
 * options_files.h - how the reader of a configuration gets at files. Only for options.c.
 */
#ifndef TREESHREW_LIB_OPTIONS_FILES_H
#define TREESHREW_LIB_OPTIONS_FILES_H

#include "util/arena.h"

/* Both have the shapes that struct conf_files (util/conf/classic.h) asks for. */

enum status options_file_read(void *context, const char *name, struct arena *arena,
                              struct slice *out);

/** @param context a const char **: the working directory that was configured so far, or NULL.
 */
enum status options_file_find(void *context, const char *pattern, const char *from,
                              struct arena *arena, char ***names, size_t *count);

#endif
