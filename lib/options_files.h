/*
 * options_files.h - how the reader of a configuration gets at files. For options.c; the daemon
 * looks for files that a configuration names in the same way.
 */
#ifndef TREESHREW_LIB_OPTIONS_FILES_H
#define TREESHREW_LIB_OPTIONS_FILES_H

#include "lib/options.h"

/* Both have the shapes that struct conf_files (util/conf/classic.h) asks for. */

enum status options_file_read(void *context, const char *name, struct arena *arena,
                              struct slice *out);

/**
 * @param context a struct options: what was configured so far; what was looked for is added to
 *                `seen`.
 * @return also STATUS_SYSTEM with errno: a folder on the way may not be read. A pattern that
 *         matches nothing for such a reason would be a part of the configuration that is lost
 *         silently.
 */
enum status options_file_find(void *context, const char *pattern, const char *from,
                              struct arena *arena, char ***names, size_t *count);

/**
 * A file's name as it is after a change of the root directory to `root`, where configurations
 * name files as they are seen from outside.
 *
 * @param root may be NULL or empty. @return path, or a part of it; path as long as `root` is
 *         there, for then it is not the root directory.
 */
const char *options_path_inside(const char *root, const char *path);

#endif
