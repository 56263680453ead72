/*
 * cache_file.h - the caches survive: the file of the option cache-file.
 *
 * Used by server.c (start and end), reload.c and the command "status". Read once at the start,
 * while clients are answered already; written every cache-file-interval and at the end. A file
 * that cannot be read or written costs a line in the log and nothing else.
 */
#ifndef TREESHREW_DAEMON_CACHE_FILE_H
#define TREESHREW_DAEMON_CACHE_FILE_H

#include "daemon/server_inside.h"
#include "util/outline.h"

/** Begins to read the file, if one is named. @return NULL: no memory; the others may be called
 * all the same. */
struct cache_file *cache_file_new(struct server *server);

/** Writes it for the last time, after the loop has ended; all jobs end. */
void cache_file_free(struct cache_file *file);

/** After a reload: another file is written at once. */
void cache_file_follow(struct cache_file *file);

/** For "status"; nothing where there is no such file. */
void cache_file_tell(const struct cache_file *file, struct outline *out);

#endif
