/*
 * whole_file.h - reads small files whole, and replaces a file in one step.
 *
 * Called by shrew-anchor, and by the daemon for its caches and the files of trust anchors.
 * Nobody who reads the file at any moment, or after a loss of power, finds half of it.
 */
#ifndef TREESHREW_LIB_WHOLE_FILE_H
#define TREESHREW_LIB_WHOLE_FILE_H

#include "util/arena.h"

/**
 * @param octets in the arena, with a NUL behind them that is not counted.
 * @return STATUS_NOT_FOUND: there is no such file; STATUS_LIMIT: larger than that;
 *         STATUS_SYSTEM with errno; STATUS_NO_MEMORY.
 */
enum status whole_file_read(const char *path, size_t size_max, struct arena *arena,
                            struct slice *octets);

/**
 * Writes beside the file, then renames; what it points to when it is a symbolic link. Owner and
 * mode stay as they were; those of a new file are the caller's and 0644.
 * @return STATUS_SYSTEM with errno: the file is as it was; STATUS_NO_MEMORY.
 */
enum status whole_file_replace(const char *path, struct slice octets, struct arena *arena);

/**
 * The second half of that, for who makes the new file himself: writes it, gives it rights,
 * brings it to the disk, and then gives it the name.
 * @param fd   of `temporary`, empty; closed in any case.
 * @param path with links followed.
 * @return false with errno: the file is as it was, and the temporary one is gone.
 */
bool whole_file_put(int fd, const char *temporary, const char *path, struct slice octets);

/** The same in parts: all of these octets, false with errno. */
bool whole_file_write(int fd, struct slice octets);

/** And the end of it, with rights as they are: to the disk, then the name. As whole_file_put. */
bool whole_file_finish(int fd, const char *temporary, const char *path);

#endif
