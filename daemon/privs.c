/*
 * privs.c - gives up what is not needed once the sockets are there.
 *
 * Called by server.c. Root is only needed for ports below 1024; after that the daemon is
 * `username`, and there is no way back: that is tried, and success would end the start.
 */
#define _GNU_SOURCE /* setresuid, setresgid */
#include "config.h"
#include "daemon/privs.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/advice.h"
#include "daemon/caps.h"
#include "daemon/named_files.h"

int privs_background(void)
{
    int ends[2];
    uint8_t word = 0;
    pid_t child;

    if (pipe(ends) != 0)
        return -1;
    child = fork();
    if (child == -1) {
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (child == 0) {
        close(ends[0]);
        (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        (void)setsid();
        return ends[1];
    }
    close(ends[1]);
    while (read(ends[0], &word, 1) == -1 && errno == EINTR)
        ;
    _exit(word == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

void privs_ready(int background)
{
    const uint8_t word = 1;
    int null = open("/dev/null", O_RDWR);

    if (null != -1) {
        for (int fd = 0; fd <= 2; fd++)
            (void)dup2(null, fd);
        if (null > 2)
            close(null);
    }
    if (write(background, &word, 1) != 1)
        return; /* the parent has gone: nobody waits */
    close(background);
}

void privs_raise_files(uint64_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted
                         ? (rlim_t)wanted
                         : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

bool privs_write_pid(const char *path, struct log *log)
{
    char advice[ADVICE_MAX];
    FILE *file;
    bool good;
    int error;

    if (!is_set(path))
        return true;
    file = fopen(path, "we");
    good = file != NULL && fprintf(file, "%ld\n", (long)getpid()) > 0;
    if (file != NULL && fclose(file) != 0)
        good = false;
    error = errno;
    if (!good)
        log_line(log, LOG_LEVEL_WARN, "event=pidfile file=%s msg=%s; %s", path, strerror(error),
                 advice_on_file(error, path, advice));
    return good;
}

void privs_remove_pid(const char *path)
{
    if (!is_set(path))
        return;
    /* After the change of user the folder may not be ours: then the file is at least emptied.
     */
    if (unlink(path) != 0 && errno != ENOENT && truncate(path, 0) != 0)
        return;
}

static bool complain(struct log *log, const char *what, const char *name)
{
    log_line(log, LOG_LEVEL_ERROR, "event=start msg=%s %s: %s", what, name, strerror(errno));
    return false;
}

static bool become(const struct passwd *user, struct log *log)
{
    caps_keep();
    if (initgroups(user->pw_name, user->pw_gid) != 0)
        return complain(log, "username", user->pw_name);
#if defined(HAVE_SETRESUID) && defined(HAVE_SETRESGID)
    if (setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
        return complain(log, "username", user->pw_name);
#else
    if (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        return complain(log, "username", user->pw_name);
#endif
    if (user->pw_uid != 0 && setuid(0) == 0) {
        log_line(log, LOG_LEVEL_ERROR, "event=start msg=root's rights could not be given up");
        return false;
    }
    return true;
}

/* So that the log can be opened again at a reload, and the pid file emptied at the end. */
static void hand_over_files(const struct daemon_options *options, const struct passwd *user)
{
    const char *files[] = {options->logfile, options->pidfile};

    for (size_t i = 0; i < COUNT(files); i++)
        if (is_set(files[i]) && chown(files[i], user->pw_uid, user->pw_gid) != 0)
            continue; /* not there, or on a file system without owners: told when it matters */
}

/* Looked up before a change of the root directory, which may have no list of users. @return
 * false: logged; else *user NULL: nobody is to be become. */
static bool find_user(const struct options *options, struct passwd **user, struct log *log)
{
    const char *name = options->daemon.username;

    *user = NULL;
    if (geteuid() != 0 || !is_set(name))
        return true;
    *user = getpwnam(name);
    if (*user != NULL)
        return true;
    if (options_place(options, "server", "username").file == NULL) {
        log_line(log, LOG_LEVEL_WARN,
                 "event=start msg=it goes on as root, for there is no user \"%s\": make it "
                 "(useradd --system "
                 "--shell /usr/sbin/nologin %s), or name another (username: \"\" is root "
                 "without this "
                 "line)",
                 name, name);
        return true;
    }
    log_line(
        log, LOG_LEVEL_ERROR,
        "event=start msg=there is no user \"%s\": make it, or set username to another (\"\" stays "
        "root)",
        name);
    return false;
}

static bool enter(const struct daemon_options *options, struct log *log)
{
    bool root = geteuid() == 0;

    if (root && is_set(options->chroot) && (chroot(options->chroot) != 0 || chdir("/") != 0))
        return complain(log, "chroot", options->chroot);
    if (is_set(options->directory)) {
        const char *path = options->directory;
        size_t size = root && is_set(options->chroot) ? strlen(options->chroot) : 0;

        if (size > 0 && strncmp(path, options->chroot, size) == 0)
            path = path[size] != '\0' ? path + size : "/";
        if (chdir(path) != 0)
            return complain(log, "directory", options->directory);
    }
    return true;
}

bool privs_drop(const struct options *options, struct log *log)
{
    struct passwd *user;

    if (!find_user(options, &user, log))
        return false;
    if (user != NULL)
        hand_over_files(&options->daemon, user);
    if (!enter(&options->daemon, log) || (user != NULL && !become(user, log)))
        return false;
    if (geteuid() != 0 && !caps_reduce())
        return complain(log, "capabilities", "of the process");
    caps_no_new();
    return true;
}

/* ---- what is out of reach from then on ---- */

static void tell_unreadable(void *context, const struct named_file *file)
{
    struct log *log = context;
    char user[ADVICE_USER_MAX];

    if (file->at_start_only || access(file->path, R_OK) == 0 || errno != EACCES)
        return;
    advice_user(user);
    log_line(log, LOG_LEVEL_WARN,
             "event=start file=%s msg=could be read as root, but not as the user %s: the next "
             "reload will "
             "fail; for example: chgrp %s %s; chmod g+r %s",
             file->path, user, user, file->path, file->path);
}

void privs_tell_unreadable(const struct options *options, struct log *log)
{
    named_files_tell(options, tell_unreadable, log);
}
