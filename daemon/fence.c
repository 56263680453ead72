/*
 * fence.c - Landlock (Linux), unveil and pledge (OpenBSD).
 *
 * Called by sandbox.c, once. No library knows Landlock's three system calls; which rights a
 * kernel knows is a matter of its ABI, so what is asked for is cut to that. Rules about the
 * network are not used: who forwards chooses the port, and a reload may bring new ones.
 */
#define _GNU_SOURCE /* O_PATH */
#include "config.h"
#include "daemon/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(HAVE_LINUX_LANDLOCK_H) && defined(HAVE_SYS_SYSCALL_H)
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#ifdef SYS_landlock_create_ruleset

/* Rights that came after the header that we may be compiled with; the numbers are the kernel's.
 */
enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_IOCTL = 5, ABI_SCOPES = 6 };

static const uint64_t refer = 1ull << 13, truncation = 1ull << 14, ioctls = 1ull << 15;
static const uint64_t scope_abstract_sockets = 1ull << 0, scope_signals = 1ull << 1;

/* As struct landlock_ruleset_attr of newer headers; older kernels take the beginning of it. */
struct ruleset {
    uint64_t files, network, scopes;
};

static uint64_t all_rights(int abi)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

    return rights | (abi >= ABI_REFER ? refer : 0) | (abi >= ABI_TRUNCATE ? truncation : 0) |
           (abi >= ABI_IOCTL ? ioctls : 0);
}

static uint64_t rights_of(const struct fence_path *path, int abi, bool is_folder)
{
    uint64_t rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    const uint64_t of_files =
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | truncation;

    if ((path->rights & FENCE_WRITE) != 0)
        rights |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                  LANDLOCK_ACCESS_FS_REMOVE_FILE | truncation;
    return rights & all_rights(abi) & (is_folder ? UINT64_MAX : of_files);
}

static bool allow(int rules, const struct fence_path *path, int abi)
{
    struct landlock_path_beneath_attr rule;
    struct stat stat;
    bool good = true;
    int fd = open(path->path, O_PATH | O_CLOEXEC);

    if (fd == -1)
        return true; /* it is not there */
    if (fstat(fd, &stat) == 0) {
        rule = (struct landlock_path_beneath_attr){
            .allowed_access = rights_of(path, abi, S_ISDIR(stat.st_mode)), .parent_fd = fd};
        good = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    }
    close(fd);
    return good;
}

static bool close_fence(const struct fence_path *paths, size_t count, int abi)
{
    struct ruleset wanted = {all_rights(abi), 0,
                             abi >= ABI_SCOPES ? scope_abstract_sockets | scope_signals : 0};
    size_t size = abi >= ABI_SCOPES ? sizeof(wanted) : sizeof(wanted.files);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
    bool good = rules != -1;

    for (size_t i = 0; good && i < count; i++)
        good = allow(rules, &paths[i], abi);
    good = good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (rules != -1) {
        int error = errno;

        close(rules);
        errno = error;
    }
    return good;
}

bool fence_close(const struct fence_path *paths, size_t count, char *state, size_t size)
{
    int abi =
        (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 1) {
        snprintf(state, size, "none: %s",
                 errno == EOPNOTSUPP ? "landlock is switched off in this kernel"
                                     : "this kernel has no landlock");
        return false;
    }
    if (!close_fence(paths, count, abi)) {
        snprintf(state, size, "none: landlock abi %d: %s", abi, strerror(errno));
        return false;
    }
    snprintf(state, size, "landlock abi %d", abi);
    return true;
}

#elif defined(HAVE_UNVEIL) && defined(HAVE_PLEDGE)

bool fence_close(const struct fence_path *paths, size_t count, char *state, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (unveil(paths[i].path, (paths[i].rights & FENCE_WRITE) != 0 ? "rwc" : "r") != 0 &&
            errno != ENOENT) {
            snprintf(state, size, "none: unveil %s: %s", paths[i].path, strerror(errno));
            return false;
        }
    if (unveil(NULL, NULL) != 0 ||
        pledge("stdio rpath wpath cpath fattr chown inet unix recvfd route getpw", NULL) != 0) {
        snprintf(state, size, "none: pledge: %s", strerror(errno));
        return false;
    }
    snprintf(state, size, "unveil and pledge");
    return true;
}

#else

bool fence_close(const struct fence_path *paths, size_t count, char *state, size_t size)
{
    (void)paths;
    (void)count;
    snprintf(state, size, "none: this system has nothing of the kind");
    return false;
}

#endif
