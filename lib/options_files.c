/*
 * options_files.c - the files of a configuration: reading one whole, and finding those that
 * "include:" stands for. Called by options.c only.
 */
#include "lib/options_files.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Block lists make large configurations; what is larger is none. */
enum { FILE_BYTES_MAX = 256 << 20, CHUNK_BYTES = 64 << 10 };

static enum status read_all(FILE *file, struct arena *arena, struct slice *out)
{
    size_t size = 0, room = CHUNK_BYTES;
    uint8_t *data = arena_bytes(arena, room);

    for (;;) {
        size_t got;

        if (data == NULL)
            return STATUS_NO_MEMORY;
        got = fread(data + size, 1, room - size, file);
        size += got;
        if (got == 0)
            break;
        if (size == room) {
            uint8_t *more;

            if (room >= FILE_BYTES_MAX)
                return STATUS_LIMIT;
            more = arena_bytes(arena, room * 2);
            if (more != NULL)
                memcpy(more, data, size);
            data = more;
            room *= 2;
        }
    }
    if (ferror(file))
        return STATUS_SYSTEM;
    *out = slice_of(data, size);
    return STATUS_OK;
}

enum status options_file_read(void *context, const char *name, struct arena *arena,
                              struct slice *out)
{
    FILE *file = fopen(name, "rb");
    enum status status;
    int error;

    (void)context;
    if (file == NULL)
        return STATUS_SYSTEM;
    errno = 0;
    status = read_all(file, arena, out);
    error = errno;
    fclose(file);
    errno = error;
    return status;
}

/* Relative names: below `directory` if that was set before, else beside the including file. */
static char *full_pattern(const char *directory, const char *pattern, const char *from,
                          struct arena *arena)
{
    const char *slash = strrchr(from, '/');

    if (pattern[0] == '/')
        return arena_text(arena, pattern);
    if (directory != NULL && directory[0] != '\0')
        return arena_printf(arena, "%s/%s", directory, pattern);
    if (slash == NULL)
        return arena_text(arena, pattern);
    return arena_printf(arena, "%.*s/%s", (int)(slash - from), from, pattern);
}

static enum status copy_names(const glob_t *found, struct arena *arena, char ***names,
                              size_t *count)
{
    *names = ARENA_ARRAY(arena, char *, found->gl_pathc + 1);
    if (*names == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < found->gl_pathc; i++) {
        (*names)[i] = arena_text(arena, found->gl_pathv[i]);
        if ((*names)[i] == NULL)
            return STATUS_NO_MEMORY;
    }
    *count = found->gl_pathc;
    return STATUS_OK;
}

const char *options_path_inside(const char *root, const char *path)
{
    size_t size = root != NULL ? strlen(root) : 0;

    while (size > 0 && root[size - 1] == '/')
        size--;
    if (size == 0 || path == NULL || strncmp(path, root, size) != 0 || path[size] != '/' ||
        access(root, F_OK) == 0)
        return path;
    return path + size;
}

/* A folder that is not there matches nothing; one that we may not look into might match. */
static int judge_folder(const char *path, int error)
{
    (void)path;
    return error == EACCES || error == EPERM;
}

/* What stands before the first wildcard, up to a slash. */
static bool remember(struct options *options, const char *path)
{
    struct options_seen *seen = arena_alloc(options->arena, sizeof(*seen));
    size_t size = strcspn(path, "*?[");

    if (seen == NULL)
        return false;
    *seen = (struct options_seen){.next = options->seen, .is_folder = path[size] != '\0'};
    while (seen->is_folder && size > 1 && path[size - 1] != '/')
        size--;
    seen->path = arena_printf(options->arena, "%.*s", (int)size, path);
    if (seen->path == NULL)
        return false;
    options->seen = seen;
    return true;
}

enum status options_file_find(void *context, const char *pattern, const char *from,
                              struct arena *arena, char ***names, size_t *count)
{
    struct options *options = context;
    const char *full = full_pattern(options->daemon.directory, pattern, from, arena);
    enum status status = STATUS_OK;
    glob_t found;
    int outcome;

    *count = 0;
    if (full == NULL || !remember(options, full))
        return STATUS_NO_MEMORY;
    full = options_path_inside(options->daemon.chroot, full);
    errno = 0;
    outcome = glob(full, 0, judge_folder, &found);
    if (outcome == 0)
        status = copy_names(&found, arena, names, count);
    else if (outcome == GLOB_NOSPACE)
        status = STATUS_NO_MEMORY;
    else if (outcome == GLOB_ABORTED)
        status = STATUS_SYSTEM;
    else if (strpbrk(full, "*?[") == NULL)
        status = STATUS_NOT_FOUND;
    if (outcome == 0)
        globfree(&found);
    if (outcome == GLOB_ABORTED && errno == 0)
        errno = EACCES;
    return status;
}
