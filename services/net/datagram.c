/*
 * datagram.c - questions to servers over UDP: world.send and world.forget.
 *
 * Called through struct world by exchange.c. Each question has a socket of its own, bound to a
 * fresh random port and connected to the server, so that the kernel drops datagrams of other
 * sources and tells ICMP errors. Life: send makes the socket, events hand over what arrives,
 * forget closes it. One datagram an event: a stranger who floods a port does not keep the loop
 * from other sockets.
 */
#include "services/net/loop_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "services/net/sock.h"

enum { PORT_TRIES = 16, PORT_DRAWS = 64, SPARE_MAX = 1024 };

struct datagram {
    struct link link; /* among the spare ones */
    struct loop *loop;
    struct datagram_waiter *waiter;
    struct addr to;
    int fd;
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
    struct link *link = list_take(&loop->datagrams_spare);

    if (link == NULL)
        return calloc(1, sizeof(struct datagram));
    loop->datagrams_spare_count--;
    return CONTAINER_OF(link, struct datagram, link);
}

static void give_spare(struct loop *loop, struct datagram *datagram)
{
    if (loop->datagrams_spare_count >= SPARE_MAX) {
        free(datagram);
        return;
    }
    loop->datagrams_spare_count++;
    list_prepend(&loop->datagrams_spare, &datagram->link);
}

void datagram_free_spare(struct loop *loop)
{
    struct link *link;

    while ((link = list_take(&loop->datagrams_spare)) != NULL)
        free(CONTAINER_OF(link, struct datagram, link));
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct datagram *datagram = context;
    struct datagram_waiter *waiter = datagram->waiter;
    struct loop *loop = datagram->loop;
    struct addr from = datagram->to;
    ssize_t size;

    (void)what;
    loop_begin(loop);
    size = recv(fd, loop->buffer, LOOP_BUFFER_SIZE, 0);
    if (size >= 0) {
        waiter->received(waiter, slice_of(loop->buffer, (size_t)size), &from);
    } else if (!sock_must_wait(errno)) {
        int error = errno;

        datagram_forget(&loop->world, waiter);
        waiter->failed(waiter, error);
    }
    loop_end(loop);
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

enum status datagram_send(struct world *world, const struct addr *to, const struct addr *from,
                          struct slice packet, struct datagram_waiter *waiter)
{
    struct loop *loop = loop_of(world);
    struct datagram *datagram;
    int fd;

    ASSERT(waiter->handle == NULL);
    if (loop->limits.datagrams_max != 0 && loop->datagrams >= loop->limits.datagrams_max)
        return STATUS_LIMIT;
    datagram = take_spare(loop);
    if (datagram == NULL)
        return STATUS_NO_MEMORY;
    fd = send_first(loop, to, from, packet);
    if (fd == -1) {
        give_spare(loop, datagram);
        if (errno == ENOMEM || errno == ENOBUFS)
            return STATUS_NO_MEMORY;
        return errno == EMFILE || errno == ENFILE || errno == EADDRINUSE ? STATUS_LIMIT
                                                                         : STATUS_SYSTEM;
    }
    datagram->loop = loop;
    datagram->waiter = waiter;
    datagram->to = *to;
    datagram->fd = fd;
    event_assign(&datagram->readable, loop->base, fd, EV_READ | EV_PERSIST, on_readable,
                 datagram);
    if (event_add(&datagram->readable, NULL) != 0) {
        close(fd);
        give_spare(loop, datagram);
        return STATUS_NO_MEMORY;
    }
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
    event_del(&datagram->readable);
    close(datagram->fd);
    loop->datagrams--;
    give_spare(loop, datagram);
}
