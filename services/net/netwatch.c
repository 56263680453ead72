/*
 * netwatch.c - listens to the kernel's routing messages: netlink on Linux, PF_ROUTE elsewhere.
 *
 * Called by the daemon. The messages are not read, only that some came: whatever changed, the
 * answer is the same. A burst (an interface coming up says a dozen things) is told once.
 */
#include "config.h"
#include "services/net/netwatch.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef HAVE_LINUX_RTNETLINK_H
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#elif defined(HAVE_NET_ROUTE_H)
#include <net/route.h>
#endif

#include "services/net/loop_inside.h"

enum {
    BURST_MS = 1000,
    APART_MS = 10000, /* a machine that starts containers all day has changes all day */
    READS_MAX = 64
};

struct netwatch {
    struct loop *loop;
    int fd;
    struct event readable;
    struct timer burst;
    int64_t quiet_until_ms;
    void (*changed)(void *context);
    void *context;
};

static int open_socket(void)
{
#ifdef HAVE_LINUX_RTNETLINK_H
    struct sockaddr_nl addr = {.nl_family = AF_NETLINK,
                               .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
                                            RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                                            RTMGRP_IPV6_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd != -1 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
#elif defined(HAVE_NET_ROUTE_H) && defined(PF_ROUTE)
    int fd = socket(PF_ROUTE, SOCK_RAW, AF_UNSPEC);

    if (fd != -1 &&
        (evutil_make_socket_nonblocking(fd) != 0 || evutil_make_socket_closeonexec(fd) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
#else
    return -1;
#endif
}

static void burst_over(struct timer *timer)
{
    struct netwatch *watch = CONTAINER_OF(timer, struct netwatch, burst);

    watch->quiet_until_ms = watch->loop->now_ms + APART_MS;
    watch->changed(watch->context);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct netwatch *watch = context;
    struct world *world = &watch->loop->world;

    (void)what;
    loop_begin(watch->loop);
    /* Also when messages were lost (ENOBUFS) something has changed. */
    for (int i = 0; i < READS_MAX; i++)
        if (recv(fd, watch->loop->buffer, LOOP_BUFFER_SIZE, 0) <= 0)
            break;
    if (!timer_is_set(&watch->burst))
        (void)world->timer_set(world, &watch->burst,
                               time_max(watch->loop->now_ms + BURST_MS, watch->quiet_until_ms));
    loop_end(watch->loop);
}

struct netwatch *netwatch_new(struct loop *loop, void (*changed)(void *context), void *context)
{
    struct netwatch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL)
        return NULL;
    watch->fd = open_socket();
    if (watch->fd == -1) {
        free(watch);
        return NULL;
    }
    watch->loop = loop;
    watch->changed = changed;
    watch->context = context;
    watch->burst.fire = burst_over;
    event_assign(&watch->readable, loop->base, watch->fd, EV_READ | EV_PERSIST, on_readable,
                 watch);
    if (event_add(&watch->readable, NULL) != 0) {
        close(watch->fd);
        free(watch);
        return NULL;
    }
    return watch;
}

void netwatch_free(struct netwatch *watch)
{
    if (watch == NULL)
        return;
    watch->loop->world.timer_stop(&watch->loop->world, &watch->burst);
    event_del(&watch->readable);
    close(watch->fd);
    free(watch);
}
