/*
 * control_socket.c - accepts, checks who it is, collects a request, writes the answer.
 *
 * Called by libevent in the main thread. The life of a client: READING until its request is whole,
 * WORKING while the answer is owed, WRITING until the last octet is out. Nothing is read after the
 * request, so a client may close its half; one that has gone is noticed when its answer is written.
 */
#define _GNU_SOURCE /* struct ucred */
#include "config.h"
#include "services/net/control_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef HAVE_SYS_UCRED_H
#include <sys/ucred.h>
#endif

#include "services/net/loop_inside.h"

enum { REQUEST_MS = 10000, ANSWER_MS = 30000, PIECE = 4096, BACKLOG = 16, PAUSE_MS = 500 };

enum client_state { READING, WORKING, WRITING };

struct control_client {
    struct link link;
    struct control_socket *control;
    enum client_state state;
    int fd;
    int file; /* that came with the request; -1: none */
    uid_t uid;
    struct event readable, writable;
    struct timer patience;
    uint8_t *bytes; /* the request, then the answer */
    size_t used, size, written;
};

struct control_socket {
    struct loop *loop;
    struct log *log;
    int fd;
    struct event acceptable;
    struct timer pause; /* without descriptors: accepts again after that */
    struct control_handler handler;
    struct list clients;
    unsigned count;
};

/* ---- binding ---- */

static int local_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd != -1 &&
        (evutil_make_socket_nonblocking(fd) != 0 || evutil_make_socket_closeonexec(fd) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool path_to_addr(const char *path, struct sockaddr_un *addr)
{
    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) > CONTROL_PATH_MAX || strlen(path) >= sizeof(addr->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(addr->sun_path, path, strlen(path));
    return true;
}

/* Is there somebody? A file that is no socket at all counts as somebody: it is not ours to
 * remove. */
static bool somebody_answers(const char *path, const struct sockaddr_un *addr)
{
    struct stat there;
    int fd;
    bool answers;

    if (lstat(path, &there) != 0)
        return false;
    if (!S_ISSOCK(there.st_mode))
        return true;
    fd = local_socket();
    if (fd == -1)
        return true;
    answers = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN;
    close(fd);
    return answers;
}

int control_socket_bind(const char *path, gid_t group)
{
    struct sockaddr_un addr;
    mode_t mask;
    int fd, error;
    bool good;

    if (!path_to_addr(path, &addr))
        return -1;
    if (somebody_answers(path, &addr)) {
        errno = EADDRINUSE;
        return -1;
    }
    if (unlink(path) != 0 && errno != ENOENT)
        return -1;
    fd = local_socket();
    if (fd == -1)
        return -1;
    mask = umask(0177); /* there is no moment at which others could open it */
    good = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
    (void)umask(mask);
    if (good && group != (gid_t)-1)
        good = chown(path, (uid_t)-1, group) == 0 && chmod(path, 0660) == 0;
    if (good && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* ---- clients ---- */

static bool ask_who(int fd, uid_t *uid)
{
#if defined(SO_PEERCRED) && defined(__linux__)
    struct ucred who;
    socklen_t size = sizeof(who);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
        return false;
    *uid = who.uid;
    return true;
#else
    gid_t gid;

    return getpeereid(fd, uid, &gid) == 0;
#endif
}

static void client_free(struct control_client *client)
{
    struct control_socket *control = client->control;

    list_remove(&client->link);
    control->count--;
    timers_stop(&control->loop->timers, &client->patience);
    event_del(&client->readable);
    event_del(&client->writable);
    close(client->fd);
    if (client->file != -1)
        close(client->file);
    free(client->bytes);
    free(client);
}

static void be_patient(struct control_client *client, int64_t wait_ms)
{
    struct loop *loop = client->control->loop;

    /* Without memory for a timer the client has all the time it wants, within the other bounds. */
    (void)timers_set(&loop->timers, &client->patience, loop->now_ms + wait_ms);
}

static void out_of_patience(struct timer *timer)
{
    client_free(CONTAINER_OF(timer, struct control_client, patience));
}

static bool make_room(struct control_client *client)
{
    size_t size = client->size == 0 ? PIECE : 2 * client->size;
    uint8_t *bytes;

    if (client->used < client->size)
        return true;
    if (client->used >= client->control->handler.request_max)
        return false;
    bytes = realloc(client->bytes, size);
    if (bytes == NULL)
        return false;
    client->bytes = bytes;
    client->size = size;
    return true;
}

static void hand_over(struct control_client *client)
{
    struct control_socket *control = client->control;

    client->state = WORKING;
    event_del(&client->readable);
    timers_stop(&control->loop->timers, &client->patience);
    control->handler.take(control->handler.context, client,
                          slice_of(client->bytes, client->used));
}

static void keep_file(struct control_client *client, int file)
{
    (void)evutil_make_socket_closeonexec(file);
    if (client->file != -1)
        close(client->file);
    client->file = file;
}

/* Of several the last one counts. */
static void keep_files(struct control_client *client, struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        int file;

        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(file)) <= at->cmsg_len; i++) {
            memcpy(&file, CMSG_DATA(at) + i * sizeof(file), sizeof(file));
            keep_file(client, file);
        }
    }
}

static ssize_t receive(struct control_client *client, void *bytes, size_t size)
{
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(client->fd, &message, 0);

    if (got >= 0)
        keep_files(client, &message);
    return got;
}

int control_client_take_file(struct control_client *client)
{
    int file = client->file;

    client->file = -1;
    return file;
}

static void read_request(struct control_client *client)
{
    ssize_t size;
    int whole;

    if (!make_room(client)) {
        client_free(client);
        return;
    }
    size = receive(client, client->bytes + client->used, client->size - client->used);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        client_free(client);
        return;
    }
    client->used += (size_t)size;
    whole = client->control->handler.is_whole(slice_of(client->bytes, client->used));
    if (whole < 0)
        client_free(client);
    else if (whole > 0)
        hand_over(client);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct control_client *client = context;
    struct loop *loop = client->control->loop;

    (void)fd;
    (void)what;
    loop_begin(loop);
    read_request(client);
    loop_end(loop);
}

static void write_answer(struct control_client *client)
{
    ssize_t size = write(client->fd, client->bytes + client->written,
                         client->used - client->written);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        size = 0;
    else if (size >= 0)
        be_patient(client, ANSWER_MS);
    if (size < 0 || (client->written += (size_t)size) == client->used) {
        client_free(client);
        return;
    }
    if (event_add(&client->writable, NULL) != 0)
        client_free(client);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct control_client *client = context;
    struct loop *loop = client->control->loop;

    (void)fd;
    (void)what;
    loop_begin(loop);
    write_answer(client);
    loop_end(loop);
}

void control_answer(struct control_client *client, struct slice answer)
{
    ASSERT(client->state == WORKING);
    free(client->bytes);
    client->bytes = malloc(answer.size + 1);
    if (client->bytes == NULL) {
        client_free(client);
        return;
    }
    memcpy(client->bytes, answer.data, answer.size);
    client->used = answer.size;
    client->state = WRITING;
    be_patient(client, ANSWER_MS);
    write_answer(client);
}

uid_t control_client_uid(const struct control_client *client)
{
    return client->uid;
}

/* ---- accepting ---- */

static void pause_over(struct timer *timer)
{
    struct control_socket *control = CONTAINER_OF(timer, struct control_socket, pause);

    (void)event_add(&control->acceptable, NULL);
}

static void welcome(struct control_socket *control, int fd, uid_t uid)
{
    struct control_client *client = calloc(1, sizeof(*client));

    if (client == NULL || evutil_make_socket_nonblocking(fd) != 0) {
        free(client);
        close(fd);
        return;
    }
    (void)evutil_make_socket_closeonexec(fd);
    *client = (struct control_client){.control = control, .fd = fd, .file = -1, .uid = uid,
                                      .patience = {.fire = out_of_patience}};
    event_assign(&client->readable, control->loop->base, fd, EV_READ | EV_PERSIST, on_readable,
                 client);
    event_assign(&client->writable, control->loop->base, fd, EV_WRITE, on_writable, client);
    list_append(&control->clients, &client->link);
    control->count++;
    be_patient(client, REQUEST_MS);
    if (event_add(&client->readable, NULL) != 0)
        client_free(client);
}

/* The file's mode says the same; not every system looks at the mode of a socket. */
static bool may_command(struct control_socket *control, int fd, uid_t *uid)
{
    *uid = (uid_t)-1;
    if (control->handler.anybody_may)
        return true;
    if (!ask_who(fd, uid))
        return false;
    if (*uid == 0 || *uid == geteuid() || control->handler.group_may)
        return true;
    log_line(control->log, LOG_LEVEL_WARN, "event=control uid=%lu msg=is not allowed to give commands",
             (unsigned long)*uid);
    return false;
}

/* The longest one that is still talking gives way, so that sixteen silent ones lock nobody out. */
static bool make_place(struct control_socket *control)
{
    if (control->count < CONTROL_CLIENTS_MAX)
        return true;
    LIST_EACH(&control->clients, link)
    {
        struct control_client *client = CONTAINER_OF(link, struct control_client, link);

        if (client->state != WORKING) {
            client_free(client);
            return true;
        }
    }
    return false;
}

static void on_acceptable(evutil_socket_t listening, short what, void *context)
{
    struct control_socket *control = context;
    int fd;
    uid_t uid;

    (void)what;
    loop_begin(control->loop);
    fd = accept(listening, NULL, NULL);
    if (fd == -1 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
        event_del(&control->acceptable);
        if (timers_set(&control->loop->timers, &control->pause, control->loop->now_ms + PAUSE_MS) !=
            STATUS_OK)
            (void)event_add(&control->acceptable, NULL);
    } else if (fd != -1 && (!may_command(control, fd, &uid) || !make_place(control))) {
        close(fd);
    } else if (fd != -1) {
        welcome(control, fd, uid);
    }
    loop_end(control->loop);
}

struct control_socket *control_socket_new(struct loop *loop, int fd,
                                          const struct control_handler *handler, struct log *log)
{
    struct control_socket *control = calloc(1, sizeof(*control));

    if (control == NULL)
        return NULL;
    *control = (struct control_socket){.loop = loop, .log = log, .fd = fd, .handler = *handler,
                                       .pause = {.fire = pause_over}};
    list_init(&control->clients);
    event_assign(&control->acceptable, loop->base, fd, EV_READ | EV_PERSIST, on_acceptable,
                 control);
    if (event_add(&control->acceptable, NULL) != 0) {
        free(control);
        return NULL;
    }
    return control;
}

void control_socket_free(struct control_socket *control)
{
    struct link *link;

    if (control == NULL)
        return;
    while ((link = list_first(&control->clients)) != NULL)
        client_free(CONTAINER_OF(link, struct control_client, link));
    timers_stop(&control->loop->timers, &control->pause);
    event_del(&control->acceptable);
    close(control->fd);
    free(control);
}
