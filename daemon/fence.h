/*
 * fence.h - the operating system's way to shut a process off from files that it does not need.
 *
 * Used by sandbox.c only. Linux: Landlock. OpenBSD: unveil and pledge. Elsewhere there is none.
 */
#ifndef TREESHREW_DAEMON_FENCE_H
#define TREESHREW_DAEMON_FENCE_H

#include "util/base.h"

enum fence_right {
    FENCE_READ = 1,
    FENCE_WRITE = 2, /* and read; of a folder: make, replace and remove files in it */
};

struct fence_path {
    char *path; /* without symbolic links */
    unsigned rights;
};

/**
 * From here on this thread, and those that it starts, reach these paths and what lies below
 * them, and no others. There is no way back. Files that are open stay so; paths that are not
 * there are left out.
 * @param state in words what is in effect, or why nothing is, as "landlock abi 3".
 * @return true: it is closed.
 */
bool fence_close(const struct fence_path *paths, size_t count, char *state, size_t size);

#endif
