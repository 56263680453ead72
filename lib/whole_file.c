/*
 * whole_file.c - small files.
 */
#include "lib/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading ---- */

static enum status read_all(int fd, uint8_t *octets, size_t room, size_t *used)
{
    while (*used < room) {
        ssize_t count = read(fd, octets + *used, room - *used);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return STATUS_SYSTEM;
        if (count == 0)
            return STATUS_OK;
        *used += (size_t)count;
    }
    return STATUS_LIMIT; /* there is room for one octet more than is allowed */
}

enum status whole_file_read(const char *path, size_t size_max, struct arena *arena,
                            struct slice *octets)
{
    uint8_t *room = arena_alloc(arena, size_max + 2);
    enum status status;
    size_t used = 0;
    int fd;

    if (room == NULL)
        return STATUS_NO_MEMORY;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_SYSTEM;
    status = read_all(fd, room, size_max + 1, &used);
    close(fd);
    *octets = slice_of(room, used);
    return status;
}

/* ---- replacing ---- */

bool whole_file_write(int fd, struct slice octets)
{
    while (octets.size > 0) {
        ssize_t count = write(fd, octets.data, octets.size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        octets.data += count;
        octets.size -= (size_t)count;
    }
    return true;
}

/* Only root may give files away; where that fails the mode is not widened for a stranger. */
static bool keep_rights(int fd, const struct stat *before)
{
    mode_t mode = before == NULL ? 0644 : before->st_mode & 0777;

    if (before != NULL && (before->st_uid != geteuid() || before->st_gid != getegid()) &&
        fchown(fd, before->st_uid, before->st_gid) != 0 && errno != EPERM)
        return false;
    return fchmod(fd, mode) == 0;
}

/* The new name is only safe once the folder is on the disk as well. Not every file system can;
 * then it is as safe as it gets. */
static void sync_folder(const char *path)
{
    char *folder = strdup(path), *slash;
    int fd;

    if (folder == NULL)
        return;
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    fd = open(slash == NULL ? "." : folder, O_RDONLY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* @param error what went wrong before, or 0. */
static bool finish(int fd, const char *temporary, const char *path, int error)
{
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(temporary, path) != 0)
        error = errno;
    if (error == 0) {
        sync_folder(path);
        return true;
    }
    (void)unlink(temporary);
    errno = error;
    return false;
}

bool whole_file_finish(int fd, const char *temporary, const char *path)
{
    return finish(fd, temporary, path, 0);
}

bool whole_file_put(int fd, const char *temporary, const char *path, struct slice octets)
{
    struct stat before;
    bool is_there = stat(path, &before) == 0;
    bool good = whole_file_write(fd, octets) && keep_rights(fd, is_there ? &before : NULL);

    return finish(fd, temporary, path, good ? 0 : errno);
}

enum status whole_file_replace(const char *path, struct slice octets, struct arena *arena)
{
    char *target = realpath(path, NULL), *temporary;
    const char *name = target == NULL ? path : target;
    bool is_written = false;
    int fd;

    temporary = arena_printf(arena, "%s.XXXXXX", name);
    fd = temporary == NULL ? -1 : mkstemp(temporary);
    if (fd >= 0)
        is_written = whole_file_put(fd, temporary, name, octets);
    free(target);
    if (temporary == NULL)
        return STATUS_NO_MEMORY;
    return is_written ? STATUS_OK : STATUS_SYSTEM;
}
