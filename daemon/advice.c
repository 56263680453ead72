/*
 * advice.c - errnos of files turned into something to do.
 *
 * Called by anchor_file.c, privs.c and server.c.
 */
#include "daemon/advice.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

const char *advice_user(char out[ADVICE_USER_MAX])
{
    const struct passwd *user = getpwuid(geteuid());

    if (user != NULL && user->pw_name != NULL)
        snprintf(out, ADVICE_USER_MAX, "%s", user->pw_name);
    else
        snprintf(out, ADVICE_USER_MAX, "number %ld", (long)geteuid());
    return out;
}

/* chown takes a number as it is. */
static const char *owner_word(const char *user)
{
    return strncmp(user, "number ", 7) == 0 ? user + 7 : user;
}

const char *advice_on_writing(int error, const char *folder, char out[ADVICE_MAX])
{
    char user[ADVICE_USER_MAX];

    advice_user(user);
    switch (error) {
    case EACCES:
    case EPERM:
        snprintf(out, ADVICE_MAX, "let the user %s write in %s, for example: chown %s %s", user,
                 folder, owner_word(user), folder);
        break;
    case EROFS:
        snprintf(out, ADVICE_MAX,
                 "%s is read-only; under systemd it belongs into ReadWritePaths=", folder);
        break;
    case ENOENT: snprintf(out, ADVICE_MAX, "make the directory %s", folder); break;
    case ENOSPC:
    case EDQUOT: snprintf(out, ADVICE_MAX, "there is no room left in %s", folder); break;
    case EBUSY:
    case EXDEV:
        snprintf(out, ADVICE_MAX,
                 "the file cannot be replaced; mount its directory, not the file");
        break;
    default: snprintf(out, ADVICE_MAX, "look at %s", folder); break;
    }
    return out;
}

const char *advice_on_file(int error, const char *path, char out[ADVICE_MAX])
{
    const char *slash = strrchr(path, '/');
    char folder[ADVICE_MAX / 4];

    if (slash == NULL)
        snprintf(folder, sizeof(folder), ".");
    else
        snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return advice_on_writing(error, folder, out);
}
