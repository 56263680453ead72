/*
 * anchor_file.h - writes the files of trust anchors (auto-trust-anchor-file).
 *
 * Called by server.c for the resolver, which makes the text. Whatever happens in the middle,
 * also to the machine, there is either the old file or the new one.
 */
#ifndef TREESHREW_DAEMON_ANCHOR_FILE_H
#define TREESHREW_DAEMON_ANCHOR_FILE_H

#include "util/base.h"
#include "util/log.h"

/**
 * Puts a file with this text in the place of the one that is there; owner and mode stay as far
 * as we may. A symbolic link is followed.
 * @param path  as this process sees it.
 * @param known what the file says as far as we know; NULL: there is none. Where it says
 * something else, somebody has changed it, and it is not ours to write any more.
 * @return false: the file is as it was, and a warning says why and what can be done.
 */
bool anchor_file_write(const char *path, const char *known, const char *text, struct log *log);

/** Could it be written? @return false: the same warning, in time. */
bool anchor_file_check(const char *path, struct log *log);

#endif
