/*
 * anchor_file.c - a new file beside the old one, brought to the disk, then given its name.
 *
 * Rights were given up long before, so the directory has to be writable for the user of the
 * daemon; that is what usually goes wrong, and what the warnings are about. The temporary name
 * is always the same: what a killed process left behind is used up by the next one.
 */
#include "daemon/anchor_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/advice.h"
#include "lib/whole_file.h"

enum { PATH_OCTETS = 4096 + 8, TRIAL_OCTETS = 4096 };

struct place {
    char path[PATH_OCTETS];      /* with links followed */
    char temporary[PATH_OCTETS]; /* beside it */
    char folder[PATH_OCTETS];
};

/* ---- warnings ---- */

static bool warn(struct log *log, const char *path, const char *folder, int error)
{
    char advice[ADVICE_MAX];

    log_line(
        log, LOG_LEVEL_WARN,
        "event=trust-anchor file=%s msg=cannot be written: %s; %s. It is tried again; until then "
        "the keys are followed in memory",
        path, strerror(error), advice_on_writing(error, folder, advice));
    return false;
}

/* ---- places ---- */

/* @return false with errno. */
static bool find_place(const char *path, struct place *place)
{
    char *real = realpath(path, NULL);
    const char *slash;
    int used = snprintf(place->path, sizeof(place->path) - 8, "%s", real != NULL ? real : path);

    free(real);
    snprintf(place->folder, sizeof(place->folder), ".");
    if (used < 0 || (size_t)used >= sizeof(place->path) - 8) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(place->temporary, place->path, (size_t)used);
    memcpy(place->temporary + used, ".new", 5);
    slash = strrchr(place->path, '/');
    if (slash != NULL) {
        size_t size = size_max((size_t)(slash - place->path), 1);

        memcpy(place->folder, place->path, size);
        place->folder[size] = '\0';
    }
    return true;
}

/* @return -1 with errno. */
static int open_temporary(const struct place *place)
{
    if (unlink(place->temporary) != 0 && errno != ENOENT)
        return -1;
    return open(place->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* On a full disk a file can be made, but nothing written to it. @return an errno, or 0. */
static int try_writing(int file)
{
    static const char nothing[TRIAL_OCTETS];
    ssize_t size = write(file, nothing, sizeof(nothing));

    return size == -1 ? errno : size < (ssize_t)sizeof(nothing) ? ENOSPC : 0;
}

bool anchor_file_check(const char *path, struct log *log)
{
    struct place place;
    int file = find_place(path, &place) ? open_temporary(&place) : -1, error;

    if (file == -1)
        return warn(log, path, place.folder, errno);
    error = try_writing(file);
    if (close(file) != 0 && error == 0)
        error = errno;
    (void)unlink(place.temporary);
    return error == 0 || warn(log, path, place.folder, error);
}

/* ---- writing ---- */

/* @return an errno, or 0. */
static int replace(const struct place *place, const char *text)
{
    int file = open_temporary(place);

    if (file == -1 ||
        !whole_file_put(file, place->temporary, place->path, slice_of(text, strlen(text))))
        return errno;
    return 0;
}

/* A file that has gone is nobody's; one that cannot be read tells nothing. */
static bool is_ours(const char *path, const char *known)
{
    FILE *file = fopen(path, "re");
    size_t size = known == NULL ? 0 : strlen(known);
    bool same = true;

    if (file == NULL)
        return true;
    for (size_t i = 0; i <= size && same; i++) {
        int character = getc(file);

        same = character == (i == size ? EOF : (unsigned char)known[i]);
    }
    fclose(file);
    return same && known != NULL;
}

bool anchor_file_write(const char *path, const char *known, const char *text, struct log *log)
{
    struct place place;
    int error = find_place(path, &place) ? 0 : ENAMETOOLONG;

    if (error == 0 && !is_ours(place.path, known)) {
        log_line(log, LOG_LEVEL_WARN,
                 "event=trust-anchor file=%s msg=was changed by somebody else and is left alone; a "
                 "reload takes it over, and if it is removed it is made anew",
                 path);
        return false;
    }
    if (error == 0)
        error = replace(&place, text);
    return error == 0 || warn(log, path, place.folder, error);
}
