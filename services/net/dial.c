/*
 * dial.c - connections to servers over TCP and TLS: world.connect, write and close.
 *
 * Called through struct world by conn.c. Life: connect (CONNECTING, with TLS then GREETING),
 * OPEN, closed by either side. The waiter's callback is the last thing that happens in an
 * event, because it may close the connection and so free it. What is written is collected and
 * leaves at the end of the event; an error there is told by the next event, never from within
 * write.
 */
#include "services/net/loop_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/net/sock.h"
#include "services/net/tls.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* the daemon ignores SIGPIPE */
#endif

enum { UNSENT_MAX = 256 * 1024 };
enum dial_state { DIAL_CONNECTING, DIAL_GREETING, DIAL_OPEN, DIAL_BROKEN };

struct dial {
    struct loop *loop;
    struct stream_waiter *waiter;
    enum dial_state state;
    int fd;
    int error; /* with DIAL_BROKEN */
    struct tls_session *tls;
    struct event readable, writable;
    struct loop_flush flush;
    uint8_t *out;
    size_t out_used, out_size;
};

static void dial_free(struct dial *dial)
{
    event_del(&dial->readable);
    event_del(&dial->writable);
    list_remove(&dial->flush.link);
    tls_session_free(dial->tls);
    close(dial->fd);
    free(dial->out);
    free(dial);
}

struct addr dial_name(struct world *world, const struct stream_waiter *waiter)
{
    const struct dial *dial = waiter->handle;

    (void)world;
    return dial == NULL ? (struct addr){.family = ADDR_NONE} : sock_name(dial->fd);
}

void dial_close(struct world *world, struct stream_waiter *waiter)
{
    struct dial *dial = waiter->handle;

    (void)world;
    if (dial == NULL)
        return;
    waiter->handle = NULL;
    dial_free(dial);
}

static void end(struct dial *dial, int error)
{
    struct stream_waiter *waiter = dial->waiter;

    waiter->handle = NULL;
    dial_free(dial);
    waiter->closed(waiter, error);
}

static void want_write(struct dial *dial, bool wanted)
{
    if (wanted)
        (void)event_add(&dial->writable, NULL);
    else
        event_del(&dial->writable);
}

/* Told later by an event of its own: whoever writes is not called back from within. */
static void break_later(struct dial *dial, int error)
{
    dial->state = DIAL_BROKEN;
    dial->error = error;
    dial->out_used = 0;
    want_write(dial, false);
    event_active(&dial->readable, EV_READ, 0);
}

/* How many octets left; 0 with errno set to EAGAIN when it has to wait. */
static size_t send_octets(struct dial *dial, bool *failed)
{
    size_t got = 0;
    ssize_t size;

    if (dial->tls != NULL) {
        enum tls_progress progress =
            tls_write(dial->tls, slice_of(dial->out, dial->out_used), &got);

        *failed = progress == TLS_FAILED || progress == TLS_CLOSED;
        errno = EPROTO;
        return progress == TLS_DONE ? got : 0;
    }
    size = send(dial->fd, dial->out, dial->out_used, MSG_NOSIGNAL);
    *failed = size < 0 && !sock_must_wait(errno);
    return size > 0 ? (size_t)size : 0;
}

static void send_out(struct dial *dial)
{
    while (dial->out_used > 0) {
        bool failed;
        size_t size = send_octets(dial, &failed);

        if (failed) {
            break_later(dial, errno);
            return;
        }
        if (size == 0)
            break;
        dial->out_used -= size;
        memmove(dial->out, dial->out + size, dial->out_used);
    }
    want_write(dial, dial->out_used > 0);
}

static void flush(struct loop_flush *flush)
{
    struct dial *dial = CONTAINER_OF(flush, struct dial, flush);

    if (dial->state == DIAL_OPEN)
        send_out(dial);
}

enum status dial_write(struct world *world, struct stream_waiter *waiter, struct slice bytes)
{
    struct dial *dial = waiter->handle;
    size_t needed;

    (void)world;
    if (dial == NULL || dial->state == DIAL_BROKEN)
        return STATUS_OK; /* its end is told, or about to be */
    needed = dial->out_used + bytes.size;
    if (needed > UNSENT_MAX)
        return STATUS_LIMIT;
    if (needed > dial->out_size) {
        size_t size = size_max(needed, 2 * dial->out_size);
        uint8_t *out = realloc(dial->out, size);

        if (out == NULL)
            return STATUS_NO_MEMORY;
        dial->out = out;
        dial->out_size = size;
    }
    memcpy(dial->out + dial->out_used, bytes.data, bytes.size);
    dial->out_used = needed;
    loop_want_flush(dial->loop, &dial->flush);
    return STATUS_OK;
}

static void open_now(struct dial *dial)
{
    struct stream_waiter *waiter = dial->waiter;

    dial->state = DIAL_OPEN;
    want_write(dial, false);
    if (dial->out_used > 0)
        loop_want_flush(dial->loop, &dial->flush);
    waiter->opened(waiter);
}

static void greet(struct dial *dial)
{
    switch (tls_handshake(dial->tls)) {
    case TLS_DONE: open_now(dial); return;
    case TLS_WANT_READ: want_write(dial, false); return;
    case TLS_WANT_WRITE: want_write(dial, true); return;
    default: end(dial, EPROTO); return;
    }
}

static void finish_connect(struct dial *dial)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0) {
        end(dial, error);
    } else if (event_add(&dial->readable, NULL) != 0) {
        end(dial, ENOMEM);
    } else if (dial->tls != NULL) {
        dial->state = DIAL_GREETING;
        greet(dial);
    } else {
        open_now(dial);
    }
}

static void read_in(struct dial *dial)
{
    struct stream_waiter *waiter = dial->waiter;
    struct loop *loop = dial->loop;
    size_t got = 0;
    ssize_t size;

    if (dial->tls != NULL) {
        switch (tls_read(dial->tls, loop->buffer, LOOP_BUFFER_SIZE, &got)) {
        case TLS_DONE: waiter->received(waiter, slice_of(loop->buffer, got)); return;
        case TLS_CLOSED: end(dial, 0); return;
        case TLS_FAILED: end(dial, EPROTO); return;
        default: return;
        }
    }
    size = recv(dial->fd, loop->buffer, LOOP_BUFFER_SIZE, 0);
    if (size > 0)
        waiter->received(waiter, slice_of(loop->buffer, (size_t)size));
    else if (size == 0)
        end(dial, 0);
    else if (!sock_must_wait(errno))
        end(dial, errno);
}

static void on_event(evutil_socket_t fd, short what, void *context)
{
    struct dial *dial = context;
    struct loop *loop = dial->loop;

    (void)fd;
    loop_begin(loop);
    switch (dial->state) {
    case DIAL_CONNECTING: finish_connect(dial); break;
    case DIAL_GREETING: greet(dial); break;
    case DIAL_BROKEN: end(dial, dial->error); break;
    case DIAL_OPEN:
        if ((what & EV_WRITE) != 0)
            send_out(dial);
        else
            read_in(dial);
        break;
    }
    loop_end(loop);
}

/* A socket on its way to the server; -1 with errno. */
static int set_out(const struct addr *to, const struct addr *from)
{
    struct sockaddr_storage storage;
    socklen_t size = sock_addr(to, &storage);
    int fd, error;

    if (size == 0) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    fd = sock_new((enum addr_family)to->family, SOCK_STREAM);
    if (fd == -1)
        return -1;
    if ((from == NULL || sock_bind(fd, from) == STATUS_OK) &&
        (connect(fd, (struct sockaddr *)&storage, size) == 0 || errno == EINPROGRESS))
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static bool prepare_tls(struct dial *dial, const char *tls_name)
{
    struct loop *loop = dial->loop;

    if (loop->tls == NULL)
        loop->tls = tls_client_new(loop->tls_bundle);
    if (loop->tls != NULL)
        dial->tls = tls_session_new(loop->tls, dial->fd, tls_name);
    return dial->tls != NULL;
}

enum status dial_connect(struct world *world, const struct addr *to, const struct addr *from,
                         const char *tls_name, struct stream_waiter *waiter)
{
    struct loop *loop = loop_of(world);
    struct dial *dial = calloc(1, sizeof(*dial));

    ASSERT(waiter->handle == NULL);
    if (dial == NULL)
        return STATUS_NO_MEMORY;
    dial->fd = set_out(to, from);
    if (dial->fd == -1) {
        free(dial);
        return errno == EMFILE || errno == ENFILE ? STATUS_LIMIT : STATUS_SYSTEM;
    }
    dial->loop = loop;
    dial->waiter = waiter;
    dial->flush.flush = flush;
    event_assign(&dial->readable, loop->base, dial->fd, EV_READ | EV_PERSIST, on_event, dial);
    event_assign(&dial->writable, loop->base, dial->fd, EV_WRITE | EV_PERSIST, on_event, dial);
    if ((tls_name != NULL && !prepare_tls(dial, tls_name)) ||
        event_add(&dial->writable, NULL) != 0) {
        dial_free(dial);
        return STATUS_NO_MEMORY;
    }
    waiter->handle = dial;
    return STATUS_OK;
}
