/*
 * datagram.c - questions to servers over UDP: world.send and world.forget.
 *
 * Called through struct world by exchange.c. Each question that is under way has a socket of
 * its own, bound to a random port and connected to the server, so that the kernel drops
 * datagrams of other sources and tells ICMP errors. One datagram an event: a stranger who
 * floods a port does not keep the loop from other sockets.
 *
 * Life of a socket: made for a question; when the one answer came that was hoped for it rests,
 * and may serve the next questions to the same server, a few of them within half a second; then
 * it is closed. So a busy server costs two system calls a question instead of eight, and its
 * ports are still drawn at random and change faster than they could be searched for. A socket
 * that heard anything else, now or while it rests, or whose question ran out of time, is closed
 * at once: a late answer must not meet the next question, and who guesses at a port must find
 * it gone.
 */
#include "services/net/loop_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "services/net/sock.h"

enum {
    PORT_TRIES = 16,
    PORT_DRAWS = 64,
    SPARE_MAX = 1024,
    RESTING_MAX = 256, /* sockets; a quarter of a common limit of descriptors */
    USES_MAX = 8,
    AGE_MAX_MS = 500
};

struct datagram {
    struct link link;     /* among the spare ones, or in the bucket of its server while it rests */
    struct link by_age;   /* among those that rest, the first to be closed first */
    struct loop *loop;
    struct datagram_waiter *waiter; /* NULL while it rests */
    struct addr to, from; /* from: the host it was bound to; ADDR_NONE: the system's choice */
    int fd;
    unsigned uses, heard; /* heard: datagrams since the last question */
    int64_t made_ms;
    struct event readable;
};

static bool port_allowed(const struct loop *loop, uint16_t port)
{
    return (loop->ports[port / 8] & 1u << port % 8) != 0;
}

/* 0 when no port is allowed at all. */
static uint16_t random_port(struct loop *loop)
{
    uint16_t port = 0;

    for (int i = 0; i < PORT_DRAWS; i++) {
        loop->world.random(&loop->world, &port, sizeof(port));
        if (port_allowed(loop, port))
            return port;
    }
    for (unsigned i = 0; i < 65536; i++, port++)
        if (port_allowed(loop, port))
            return port;
    return 0;
}

/* RFC 5452 section 9.2: ports are drawn from all that may be used, not counted up. */
static bool bind_random(struct loop *loop, int fd, const struct addr *to,
                        const struct addr *from)
{
    struct addr local = {.family = to->family};

    if (from != NULL)
        local = *from;
    for (int i = 0; i < PORT_TRIES; i++) {
        local.port = random_port(loop);
        if (sock_bind(fd, &local) == STATUS_OK)
            return true;
        /* Taken, or a port below 1024 that is not ours to use: another one. */
        if (errno != EADDRINUSE && errno != EACCES)
            return false;
    }
    return false;
}

static struct datagram *take_spare(struct loop *loop)
{
    struct link *spare = spares_take(&loop->datagrams_spare);

    return spare == NULL ? calloc(1, sizeof(struct datagram))
                         : CONTAINER_OF(spare, struct datagram, link);
}

static void give_spare(struct loop *loop, struct datagram *datagram)
{
    if (!spares_keep(&loop->datagrams_spare, &datagram->link, SPARE_MAX))
        free(datagram);
}

/* ---- those that rest ------------------------------------------------------------------------
 */

static struct list *bucket_of(struct loop *loop, const struct addr *to)
{
    uint32_t mix = to->port;

    for (size_t i = 0; i < addr_octets(to); i += 4)
        mix = (mix ^ bytes_u32(to->bytes + i)) * 0x9e3779b1u;
    mix ^= mix >> 16;
    return &loop->resting[mix % COUNT(loop->resting)];
}

static void close_socket(struct datagram *datagram)
{
    event_del(&datagram->readable);
    close(datagram->fd);
}

static void end_rest(struct datagram *datagram)
{
    list_remove(&datagram->link);
    list_remove(&datagram->by_age);
    datagram->loop->resting_count--;
}

static void close_resting(struct datagram *datagram)
{
    end_rest(datagram);
    close_socket(datagram);
    give_spare(datagram->loop, datagram);
}

/* @return false: none rests. */
static bool close_oldest(struct loop *loop)
{
    struct link *first = list_first(&loop->resting_by_age);

    if (first == NULL)
        return false;
    close_resting(CONTAINER_OF(first, struct datagram, by_age));
    return true;
}

/* They come to rest in the order of their last answers, not of their making: one that is too
 * old may stand behind a younger one, and is not taken even so. */
static void close_old(struct timer *timer)
{
    struct loop *loop = CONTAINER_OF(timer, struct loop, resting_clock);
    struct link *first;

    while ((first = list_first(&loop->resting_by_age)) != NULL) {
        struct datagram *datagram = CONTAINER_OF(first, struct datagram, by_age);

        if (datagram->made_ms + AGE_MAX_MS > loop->now_ms) {
            (void)timers_set(&loop->timers, &loop->resting_clock,
                             datagram->made_ms + AGE_MAX_MS);
            return;
        }
        close_resting(datagram);
    }
}

/* When its waiter is content with what it is being told, and that was all. */
static bool may_rest(const struct datagram *datagram)
{
    return datagram->loop->telling == datagram && datagram->heard == 1 && datagram->uses < USES_MAX &&
           datagram->loop->now_ms < datagram->made_ms + AGE_MAX_MS;
}

static void rest(struct datagram *datagram)
{
    struct loop *loop = datagram->loop;

    if (!timer_is_set(&loop->resting_clock) &&
        timers_set(&loop->timers, &loop->resting_clock, datagram->made_ms + AGE_MAX_MS) !=
            STATUS_OK) {
        close_socket(datagram);
        give_spare(loop, datagram);
        return;
    }
    if (loop->resting_count == RESTING_MAX)
        (void)close_oldest(loop);
    datagram->waiter = NULL;
    loop->resting_count++;
    list_prepend(bucket_of(loop, &datagram->to), &datagram->link);
    list_append(&loop->resting_by_age, &datagram->by_age);
}

static bool same_source(const struct datagram *datagram, const struct addr *from)
{
    return from == NULL ? datagram->from.family == ADDR_NONE
                        : addr_same_host(&datagram->from, from);
}

/* One that rests and was connected to that server. */
static struct datagram *wake_one(struct loop *loop, const struct addr *to,
                                 const struct addr *from)
{
    LIST_EACH(bucket_of(loop, to), link)
    {
        struct datagram *datagram = CONTAINER_OF(link, struct datagram, link);

        if (!addr_equal(&datagram->to, to) || !same_source(datagram, from) ||
            loop->now_ms >= datagram->made_ms + AGE_MAX_MS)
            continue;
        end_rest(datagram);
        return datagram;
    }
    return NULL;
}

void datagram_init(struct loop *loop)
{
    spares_init(&loop->datagrams_spare);
    list_init(&loop->resting_by_age);
    for (size_t i = 0; i < COUNT(loop->resting); i++)
        list_init(&loop->resting[i]);
    loop->resting_clock.fire = close_old;
}

void datagram_free_all(struct loop *loop)
{
    struct link *link;

    timers_stop(&loop->timers, &loop->resting_clock);
    while (close_oldest(loop))
        ;
    while ((link = spares_take(&loop->datagrams_spare)) != NULL)
        free(CONTAINER_OF(link, struct datagram, link));
}

struct addr datagram_name(struct world *world, const struct datagram_waiter *waiter)
{
    const struct datagram *datagram = waiter->handle;

    (void)world;
    return datagram == NULL ? (struct addr){.family = ADDR_NONE} : sock_name(datagram->fd);
}

/* ---- sending and receiving ------------------------------------------------------------------
 */

static void hear(struct datagram *datagram)
{
    struct datagram_waiter *waiter = datagram->waiter;
    struct loop *loop = datagram->loop;
    struct addr from = datagram->to;
    ssize_t size = recv(datagram->fd, loop->buffer, LOOP_BUFFER_SIZE, 0);

    if (size >= 0) {
        datagram->heard++;
        loop->telling = datagram;
        waiter->received(waiter, slice_of(loop->buffer, (size_t)size), &from);
        loop->telling = NULL;
    } else if (!sock_must_wait(errno)) {
        int error = errno;

        datagram_forget(&loop->world, waiter);
        waiter->failed(waiter, error);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct datagram *datagram = context;
    struct loop *loop = datagram->loop;

    (void)fd;
    (void)what;
    loop_begin(loop);
    if (datagram->waiter != NULL)
        hear(datagram);
    else
        close_resting(datagram); /* nobody was asked */
    loop_end_of_many(loop);
}

/* A socket that is bound, connected and has sent; -1 with errno. */
static int send_first(struct loop *loop, const struct addr *to, const struct addr *from,
                      struct slice packet)
{
    struct sockaddr_storage storage;
    socklen_t size = sock_addr(to, &storage);
    int fd, error;

    if (size == 0) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    fd = sock_new((enum addr_family)to->family, SOCK_DGRAM);
    if (fd == -1)
        return -1;
    if (bind_random(loop, fd, to, from) &&
        connect(fd, (struct sockaddr *)&storage, size) == 0 &&
        send(fd, packet.data, packet.size, 0) == (ssize_t)packet.size)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static enum status status_of_error(void)
{
    if (errno == ENOMEM || errno == ENOBUFS)
        return STATUS_NO_MEMORY;
    return errno == EMFILE || errno == ENFILE || errno == EADDRINUSE ? STATUS_LIMIT
                                                                     : STATUS_SYSTEM;
}

/* A fresh socket that has sent, and is listened to. */
static enum status open_fresh(struct loop *loop, const struct addr *to, const struct addr *from,
                              struct slice packet, struct datagram **out)
{
    struct datagram *datagram = take_spare(loop);
    int fd;

    if (datagram == NULL)
        return STATUS_NO_MEMORY;
    fd = send_first(loop, to, from, packet);
    if (fd == -1 && (errno == EMFILE || errno == ENFILE) && close_oldest(loop))
        fd = send_first(loop, to, from, packet);
    if (fd == -1) {
        give_spare(loop, datagram);
        return status_of_error();
    }
    *datagram = (struct datagram){.loop = loop, .to = *to, .fd = fd, .made_ms = loop->now_ms};
    if (from != NULL)
        datagram->from = *from;
    event_assign(&datagram->readable, loop->base, fd, EV_READ | EV_PERSIST, on_readable,
                 datagram);
    if (event_add(&datagram->readable, NULL) != 0) {
        close(fd);
        give_spare(loop, datagram);
        return STATUS_NO_MEMORY;
    }
    *out = datagram;
    return STATUS_OK;
}

/* @return NULL: none rests, or the one that did was no good any more. */
static struct datagram *send_again(struct loop *loop, const struct addr *to,
                                   const struct addr *from, struct slice packet)
{
    struct datagram *datagram = wake_one(loop, to, from);

    if (datagram == NULL)
        return NULL;
    if (send(datagram->fd, packet.data, packet.size, 0) == (ssize_t)packet.size)
        return datagram;
    close_socket(datagram);
    give_spare(loop, datagram);
    return NULL;
}

enum status datagram_send(struct world *world, const struct addr *to, const struct addr *from,
                          struct slice packet, struct datagram_waiter *waiter)
{
    struct loop *loop = loop_of(world);
    struct datagram *datagram;
    enum status status;

    ASSERT(waiter->handle == NULL);
    if (loop->limits.datagrams_max != 0 && loop->datagrams >= loop->limits.datagrams_max)
        return STATUS_LIMIT;
    datagram = send_again(loop, to, from, packet);
    if (datagram == NULL) {
        status = open_fresh(loop, to, from, packet, &datagram);
        if (status != STATUS_OK)
            return status;
    }
    datagram->waiter = waiter;
    datagram->uses++;
    datagram->heard = 0;
    loop->datagrams++;
    waiter->handle = datagram;
    return STATUS_OK;
}

void datagram_forget(struct world *world, struct datagram_waiter *waiter)
{
    struct loop *loop = loop_of(world);
    struct datagram *datagram = waiter->handle;

    if (datagram == NULL)
        return;
    waiter->handle = NULL;
    loop->datagrams--;
    if (may_rest(datagram)) {
        rest(datagram);
        return;
    }
    close_socket(datagram);
    give_spare(loop, datagram);
}
