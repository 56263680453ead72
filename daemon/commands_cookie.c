/*
 * commands_cookie.c - the commands that change the secrets of server cookies (RFC 9018 section
 * 5).
 *
 * Called by control.c, in the main thread. The file is the truth: it is read, changed and
 * replaced in one step, and only then do the threads follow. So a restart finds what clients
 * were told, and what somebody else wrote into the file since is not lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/call.h"
#include "lib/options_files.h"
#include "lib/whole_file.h"

enum { FILE_MAX = 4096 };

/* @return NULL: none is configured, and the call has ended. */
static const char *path_of(struct call *call)
{
    const struct options *options = resolver_options(call->server->shared);
    const char *name = options->client.cookie_secret_file;

    if (name != NULL && name[0] != '\0')
        return options_path_inside(options->daemon.chroot, name);
    call_failed(
        call, "no cookie-secret-file is configured: name one, and the secrets are kept there");
    return NULL;
}

/* @return false: the call has ended. */
static bool read_file(struct call *call, const char *path, struct cookie_secrets *secrets)
{
    struct slice text;
    int line;

    secrets->count = 0;
    switch (whole_file_read(path, FILE_MAX, call->arena, &text)) {
    case STATUS_OK: break;
    case STATUS_NOT_FOUND: return true;
    case STATUS_NO_MEMORY: call_failed(call, "out of memory"); return false;
    case STATUS_LIMIT:
        call_failed(call, "%s: too large for a file of secrets", path);
        return false;
    default: call_failed(call, "%s cannot be read: %s", path, strerror(errno)); return false;
    }
    if (cookie_secrets_from_text((const char *)text.data, secrets, &line) == STATUS_OK)
        return true;
    call_failed(call, "%s, line %d: at most %d secrets of 32 hex digits are expected", path,
                line, COOKIE_SECRETS_MAX);
    return false;
}

/* Others must not read it; a file that is there keeps its rights. */
static bool make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1)
        return errno == EEXIST;
    close(fd);
    return true;
}

/* @return false: the call has ended, the file is as it was. */
static bool write_file(struct call *call, const char *path,
                       const struct cookie_secrets *secrets)
{
    char hex[COOKIE_SECRET_TEXT_MAX];
    const char *text = "";

    for (size_t i = 0; text != NULL && i < secrets->count; i++)
        text = arena_printf(call->arena, "%s%s\n", text,
                            cookie_secret_to_text(&secrets->item[i], hex));
    if (text == NULL) {
        call_failed(call, "out of memory");
        return false;
    }
    if (make_file(path) &&
        whole_file_replace(path, slice_of(text, strlen(text)), call->arena) == STATUS_OK)
        return true;
    call_failed(call, "%s cannot be written: %s; nothing has changed", path, strerror(errno));
    return false;
}

static void show(struct call *call)
{
    static const char *const roles[COOKIE_SECRETS_MAX] = {"active", "accepted"};
    struct cookie_secrets secrets = resolver_cookie_secrets(call->server->shared);
    char hex[COOKIE_SECRET_TEXT_MAX];

    outline_open_list(&call->out, "secrets");
    for (size_t i = 0; i < secrets.count; i++) {
        outline_open_row(&call->out);
        outline_text(&call->out, "secret", cookie_secret_to_text(&secrets.item[i], hex));
        outline_text(&call->out, "role", roles[i]);
        outline_close(&call->out);
    }
    outline_close(&call->out);
    call_done(call);
}

void command_cookie_secret_list(struct call *call)
{
    show(call);
}

static void follow(struct round *round, struct thread *thread)
{
    (void)round;
    resolver_refresh(worker_resolver(thread->worker));
}

static void all_follow(struct round *round, struct server *server)
{
    (void)server;
    show(CONTAINER_OF(round, struct call, round));
}

static void put(struct call *call, const char *path, const struct cookie_secrets *secrets)
{
    if (!write_file(call, path, secrets))
        return;
    resolver_set_cookie_secrets(call->server->shared, secrets);
    call->round = (struct round){.in_thread = follow, .done = all_follow};
    server_go_round(call->server, &call->round);
}

void command_cookie_secret_add(struct call *call)
{
    struct world *world = loop_world(worker_loop(call->server->threads[0].worker));
    const char *path = path_of(call); /* the call may be gone behind this */
    struct cookie_secrets secrets;
    struct cookie_secret fresh;

    if (path == NULL)
        return;
    if (call->count == 0)
        world->random(world, &fresh, sizeof(fresh));
    else if (cookie_secret_from_text(call->words[0], &fresh) != STATUS_OK) {
        call_misused(call, "a secret is 32 hex digits");
        return;
    }
    if (!read_file(call, path, &secrets))
        return;
    if (secrets.count == COOKIE_SECRETS_MAX)
        secrets.count--;
    secrets.item[secrets.count++] = fresh;
    put(call, path, &secrets);
}

/* @return NULL: the call has ended. */
static const char *with_second(struct call *call, struct cookie_secrets *secrets)
{
    const char *path = path_of(call);

    if (path == NULL || !read_file(call, path, secrets))
        return NULL;
    if (secrets->count == COOKIE_SECRETS_MAX)
        return path;
    call_failed(call, "there is no further secret in %s: shrewctl cookie-secret add", path);
    return NULL;
}

void command_cookie_secret_activate(struct call *call)
{
    struct cookie_secrets secrets;
    const char *path = with_second(call, &secrets);
    struct cookie_secret before;

    if (path == NULL)
        return;
    before = secrets.item[0];
    secrets.item[0] = secrets.item[1];
    secrets.item[1] = before;
    put(call, path, &secrets);
}

void command_cookie_secret_drop(struct call *call)
{
    struct cookie_secrets secrets;
    const char *path = with_second(call, &secrets);

    if (path == NULL)
        return;
    secrets.count = 1;
    put(call, path, &secrets);
}
