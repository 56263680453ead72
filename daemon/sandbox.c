/*
 * sandbox.c - which paths stay within reach.
 *
 * Called by server.c and reload.c. Folders count rather than files, because files are replaced
 * by renaming: the new one is another file to the system. Only in folders that hold everybody's
 * things
 * (/etc, /tmp) it is the file alone that stays readable.
 */
#include "daemon/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/fence.h"
#include "daemon/named_files.h"

enum { PATHS_MAX = 512, STATE_OCTETS = 128 };

struct sandbox {
    struct log *log;
    size_t count;
    struct fence_path paths[PATHS_MAX];
    bool is_closed, no_memory;
    char state[STATE_OCTETS];
};

/* What libraries read when they feel like it: names of users, certificates and settings of TLS.
 */
static const struct {
    const char *path;
    unsigned rights;
} always[] = {
    {"/dev/null", FENCE_WRITE},
    {"/dev/urandom", FENCE_READ},
    {"/dev/random", FENCE_READ},
    {"/etc/passwd", FENCE_READ},
    {"/etc/group", FENCE_READ},
    {"/etc/nsswitch.conf", FENCE_READ},
    {"/etc/pwd.db", FENCE_READ},
    {"/etc/localtime", FENCE_READ},
    {"/etc/ssl", FENCE_READ},
    {"/etc/pki", FENCE_READ},
    {"/usr/lib/ssl", FENCE_READ},
    {"/usr/local/etc/ssl", FENCE_READ},
    {"/usr/share/ca-certificates", FENCE_READ},
    {"/usr/local/share/ca-certificates", FENCE_READ},
    {"/usr/local/share/certs", FENCE_READ},
    {"/proc/self/net", FENCE_READ}, /* who has a port that a reload wants */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    {"/proc", FENCE_READ}, /* the sanitizers' reports */
    {"/usr", FENCE_READ},
#endif
};

/* Folders that hold everybody's things. */
static const char *const shared_folders[] = {"/",     "/etc",     "/usr", "/var",
                                             "/home", "/root",    "/tmp", "/proc",
                                             "/dev",  "/var/tmp", "/run", "/sys"};

static bool is_shared(const char *path)
{
    for (size_t i = 0; i < COUNT(shared_folders); i++)
        if (strcmp(path, shared_folders[i]) == 0)
            return true;
    return false;
}

/* "." for a name without a slash. @return malloc'ed, NULL: no memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* ---- what is allowed ---- */

/* @param real malloc'ed, and taken over; NULL: it is not there. */
static void add_real(struct sandbox *sandbox, char *real, unsigned rights)
{
    for (size_t i = 0; real != NULL && i < sandbox->count; i++)
        if (strcmp(sandbox->paths[i].path, real) == 0) {
            sandbox->paths[i].rights |= rights;
            free(real);
            return;
        }
    if (real == NULL)
        return;
    if (sandbox->count == PATHS_MAX) {
        free(real);
        return;
    }
    sandbox->paths[sandbox->count++] = (struct fence_path){real, rights};
}

static void add_folder(struct sandbox *sandbox, const char *path, unsigned rights)
{
    char *folder = folder_of(path), *real = folder != NULL ? realpath(folder, NULL) : NULL;

    if (real != NULL && rights == FENCE_READ && is_shared(real)) {
        free(real);
        real = realpath(path, NULL);
    }
    add_real(sandbox, real, rights);
    free(folder);
}

/* Beside the folder of the name also that of what it points to. */
static void add_named(void *context, const struct named_file *file)
{
    struct sandbox *sandbox = context;
    unsigned rights = file->is_written ? FENCE_READ | FENCE_WRITE : FENCE_READ;
    char *real = realpath(file->path, NULL);

    if (file->is_folder) {
        add_real(sandbox, real, rights);
        return;
    }
    add_folder(sandbox, file->path, rights);
    if (real != NULL)
        add_folder(sandbox, real, rights);
    free(real);
}

struct sandbox *sandbox_close(const struct options *options, struct log *log)
{
    struct sandbox *sandbox = calloc(1, sizeof(*sandbox));

    if (sandbox == NULL)
        return NULL;
    sandbox->log = log;
    if (!options->daemon.sandbox) {
        snprintf(sandbox->state, sizeof(sandbox->state), "off");
        return sandbox;
    }
    for (size_t i = 0; i < COUNT(always); i++)
        add_real(sandbox, realpath(always[i].path, NULL), always[i].rights);
    named_files_tell(options, add_named, sandbox);
    sandbox->is_closed =
        fence_close(sandbox->paths, sandbox->count, sandbox->state, sizeof(sandbox->state));
    log_line(log, LOG_LEVEL_DEBUG, "event=sandbox state=%s paths=%zu", sandbox->state,
             sandbox->count);
    return sandbox;
}

void sandbox_free(struct sandbox *sandbox)
{
    for (size_t i = 0; sandbox != NULL && i < sandbox->count; i++)
        free(sandbox->paths[i].path);
    free(sandbox);
}

const char *sandbox_state(const struct sandbox *sandbox)
{
    return sandbox != NULL ? sandbox->state : "none";
}

/* ---- what a new configuration wants ---- */

static bool lies_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 &&
           (path[size] == '\0' || path[size] == '/' || folder[size - 1] == '/');
}

/* Looking where a name leads to is still possible; opening it is what is not. */
static bool reaches(const struct sandbox *sandbox, const char *path, unsigned rights)
{
    char *real = realpath(path, NULL), *folder = NULL;
    bool found = false;

    if (real == NULL && (folder = folder_of(path)) != NULL)
        real = realpath(folder, NULL);
    free(folder);
    if (real == NULL)
        return true; /* its folder is not there either, and that is what will be told */
    for (size_t i = 0; i < sandbox->count && !found; i++)
        found = (sandbox->paths[i].rights & rights) == rights &&
                lies_in(real, sandbox->paths[i].path);
    free(real);
    return found;
}

struct covering {
    const struct sandbox *sandbox;
    struct conf_report *report;
    bool is_good;
};

static void check_named(void *context, const struct named_file *file)
{
    struct covering *covering = context;
    unsigned rights = file->is_written ? FENCE_READ | FENCE_WRITE : FENCE_READ;

    if (file->at_start_only || reaches(covering->sandbox, file->path, rights))
        return;
    covering->is_good = false;
    conf_error(
        covering->report, file->place,
        "%s is not within reach since the start, when the sandbox was closed around the files "
        "that the configuration named then: restart shrewd",
        file->path);
}

bool sandbox_covers(const struct sandbox *sandbox, const struct options *options,
                    struct conf_report *report)
{
    struct covering covering = {sandbox, report, true};

    if (sandbox != NULL && sandbox->is_closed)
        named_files_tell(options, check_named, &covering);
    return covering.is_good;
}
