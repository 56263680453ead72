/*
 * replay_files.h - the files of a scenario as the resolver has left them.
 *
 * Used by replay_run.c: what a scenario gives as AUTOTRUST_FILE is read from it until the
 * resolver has the file written, and CHECK_AUTOTRUST looks at what it says then.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_FILES_H
#define TREESHREW_TESTCODE_REPLAY_FILES_H

#include "testcode/replay_parse.h"

struct written_file {
    struct written_file *next;
    const char *name, *text;
};

struct replay_files {
    struct arena *arena;
    const struct scenario *scenario;
    struct written_file *written; /* the newest first */
};

/** @return false: no memory. */
bool replay_files_write(struct replay_files *files, const char *name, const char *text);

/** By the id in the scenario; NULL: there is no such file. */
const char *replay_files_text(const struct replay_files *files, const char *id);

/** Line by line, white space at their ends left aside. @return NULL: equal; else what is not.
 */
const char *replay_files_compare(const char *text, const char *expected, struct arena *arena);

#endif
