/*
 * control.c - the control socket's requests become calls, calls become answers.
 *
 * Called by server.c and, for each request, by services/net/control_socket. A call has an arena
 * of its own with a bound, so that no question to the daemon can take all its memory.
 */
#include "daemon/control.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/advice.h"
#include "daemon/call.h"

enum { CALL_BYTES_MAX = 64 << 20, FOLDER_MAX = 256 };

struct control {
    struct server *server;
    char *path;
    struct control_socket *socket;
    struct list calls;
};

static void (*const functions[])(struct call *call) = {
#define COMMAND(ident, words, arguments, least, most, text) command_##ident,
#include "lib/commands.def"
#undef COMMAND
};

/* ---- the socket ---- */

/* The folder is made only as root, and only its last part: /run is there, /run/shrewd is ours. */
static void make_folder(const char *path, const struct passwd *user)
{
    char folder[FOLDER_MAX];
    const char *slash = strrchr(path, '/');

    if (geteuid() != 0 || slash == NULL || slash == path ||
        (size_t)(slash - path) >= sizeof(folder))
        return;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    if (mkdir(folder, 0755) == 0 && user != NULL)
        (void)!chown(folder, user->pw_uid, user->pw_gid);
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool find_group(const char *name, gid_t *group, struct log *log)
{
    const struct group *found;

    *group = (gid_t)-1;
    if (!is_set(name))
        return true;
    found = getgrnam(name);
    if (found == NULL) {
        log_line(log, LOG_LEVEL_ERROR,
                 "event=control msg=there is no group \"%s\": make it, or change control-group", name);
        return false;
    }
    *group = found->gr_gid;
    return true;
}

int control_open(const struct options *options, struct log *log)
{
    const char *path = options->control.control_socket;
    const struct passwd *user =
        geteuid() == 0 && is_set(options->daemon.username) ? getpwnam(options->daemon.username) : NULL;
    bool was_asked_for = options_place(options, "remote-control", "control-socket").file != NULL;
    char advice[ADVICE_MAX];
    gid_t group;
    int fd, error;

    if (!options->control.control_enable || !is_set(path) ||
        !find_group(options->control.control_group, &group, log))
        return -1;
    make_folder(path, user);
    fd = control_socket_bind(path, group);
    error = errno;
    if (fd == -1)
        log_line(log, was_asked_for ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
                 "event=control socket=%s msg=%s; %s%sthere is no shrewctl without it (control-socket "
                 "names another place)",
                 path, error == EADDRINUSE ? "belongs to another process" : strerror(error),
                 error == EADDRINUSE ? "" : advice_on_file(error, path, advice),
                 error == EADDRINUSE ? "" : "; ");
    else if (user != NULL)
        (void)!chown(path, user->pw_uid, group);
    return fd;
}

/* ---- calls ---- */

static void call_free(struct call *call)
{
    if (call->clean != NULL)
        call->clean(call);
    list_remove(&call->listed);
    list_remove(&call->waiting);
    arena_free(call->arena);
    free(call);
}

static void answer(struct call *call, enum control_result result, const char *body)
{
    struct text whole = text_in(call->arena);

    if (body == NULL)
        body = "out of memory\n", result = CONTROL_FAILED;
    control_answer_begin(result, strlen(body), &whole);
    text_add(&whole, body);
    if (text_done(&whole) != NULL)
        control_answer(call->client, slice_of(whole.chars, whole.used));
    else
        control_answer(call->client, slice_of("failed 14\nout of memory\n", 24));
    call_free(call);
}

void call_done(struct call *call)
{
    answer(call, CONTROL_DONE, outline_done(&call->out));
}

void call_done_with(struct call *call, const char *body)
{
    answer(call, CONTROL_DONE, body);
}

static void end_badly(struct call *call, enum control_result result, const char *words)
{
    struct outline out;

    if (call->out.form == OUTLINE_LINES) {
        answer(call, result, words == NULL ? NULL : arena_printf(call->arena, "%s\n", words));
        return;
    }
    outline_begin(&out, call->arena, OUTLINE_JSON);
    outline_text(&out, "error", words);
    answer(call, result, outline_done(&out));
}

static const char *print(struct call *call, const char *format, va_list values)
{
    char words[2048]; /* longer ones are cut */

    (void)vsnprintf(words, sizeof(words), format, values);
    return arena_text(call->arena, words);
}

void call_failed(struct call *call, const char *format, ...)
{
    const char *words = "failed; the log says more";
    va_list values;

    if (format != NULL) {
        va_start(values, format);
        words = print(call, format, values);
        va_end(values);
    } else if (call->log_kept.used > 0) {
        words = text_done(&call->log_kept);
    }
    end_badly(call, CONTROL_FAILED, words);
}

void call_misused(struct call *call, const char *format, ...)
{
    const char *words;
    va_list values;

    va_start(values, format);
    words = print(call, format, values);
    va_end(values);
    end_badly(call, CONTROL_USAGE, words);
}

bool call_name(struct call *call, const char *text, struct dname *name)
{
    enum status status = dname_from_text_in(call->arena, text, name);

    if (status == STATUS_MALFORMED)
        call_misused(call, "\"%s\" is not a domain name", text);
    else if (status != STATUS_OK)
        call_failed(call, "out of memory");
    return status == STATUS_OK;
}

void call_reasons(struct outline *out, const struct reasons *reasons)
{
    if (reasons->count == 0)
        return;
    outline_open_list(out, "reasons");
    for (size_t i = 0; i < reasons->count; i++)
        outline_printf(out, NULL, "%u %s", reasons->item[i].code, reasons->item[i].text);
    outline_close(out);
}

static void keep_line(struct log *log, struct log_record *record)
{
    struct call *call = CONTAINER_OF(log, struct call, log);
    char words[LOG_LINE_MAX];

    call->server->log->write(call->server->log, record);
    log_words(record, words, sizeof(words));
    if (call->log_kept.used > 0)
        text_add_char(&call->log_kept, '\n');
    text_add(&call->log_kept, words);
}

/* ---- requests ---- */

static struct call *call_new(struct control *control, struct control_client *client)
{
    struct call *call = calloc(1, sizeof(*call));

    if (call == NULL)
        return NULL;
    call->server = control->server;
    call->client = client;
    call->arena = arena_new(CALL_BYTES_MAX);
    if (call->arena == NULL) {
        free(call);
        return NULL;
    }
    call->log = (struct log){.level = control->server->log->level, .write = keep_line};
    call->log_kept = text_in(call->arena);
    list_append(&control->calls, &call->listed);
    return call;
}

static void carry_out(struct call *call, const struct control_request *request)
{
    const struct command_line *line;
    size_t used;
    int found = command_find(request, &used);

    if (found < 0) {
        call_misused(call, "there is no command \"%s\"; shrewctl help lists them",
                     request->words[0]);
        return;
    }
    line = &command_lines[found];
    call->words = request->words + used;
    call->count = request->count - used;
    if (call->count < line->least || call->count > line->most) {
        call_misused(call, "usage: shrewctl %s %s", line->words, line->arguments);
        return;
    }
    log_line(call->server->log, LOG_LEVEL_DEBUG, "event=control uid=%lu command=%s",
             (unsigned long)control_client_uid(call->client), line->words);
    functions[found](call);
}

static void take(void *context, struct control_client *client, struct slice bytes)
{
    struct call *call = call_new(context, client);
    struct control_request request = {.form = OUTLINE_LINES};
    enum status status;

    if (call == NULL) {
        control_answer(client, slice_of("failed 14\nout of memory\n", 24));
        return;
    }
    status = control_request_read(bytes, call->arena, &request);
    outline_begin(&call->out, call->arena, request.form);
    if (status == STATUS_OK)
        carry_out(call, &request);
    else if (status == STATUS_NO_MEMORY)
        call_failed(call, "out of memory");
    else
        call_misused(call, "this is not a command");
}

struct control *control_new(struct server *server, int fd)
{
    const struct control_options *options = &resolver_options(server->shared)->control;
    struct control *control = calloc(1, sizeof(*control));
    struct control_handler handler = {control_request_is_whole, take, control, CONTROL_REQUEST_MAX,
                                      is_set(options->control_group), false};

    if (control == NULL)
        return NULL;
    control->server = server;
    control->path = strdup(options->control_socket);
    list_init(&control->calls);
    if (control->path != NULL)
        control->socket = control_socket_new(worker_loop(server->threads[0].worker), fd, &handler,
                                             worker_log(server->threads[0].worker));
    if (control->socket != NULL)
        return control;
    free(control->path);
    free(control);
    return NULL;
}

void control_free(struct control *control)
{
    struct link *link;

    if (control == NULL)
        return;
    while ((link = list_first(&control->calls)) != NULL)
        call_free(CONTAINER_OF(link, struct call, listed));
    control_socket_free(control->socket);
    (void)unlink(control->path); /* where the folder is not ours a left-over stays, and is replaced */
    free(control->path);
    free(control);
}
