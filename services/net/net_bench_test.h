/*
 * net_bench_test.h - a loop that a test runs for a while, and client sockets on loopback.
 *
 * Included by *_test.c of this folder only. Ports are chosen by the kernel. A test waits for
 * what it expects, at most WAIT_MS; what must not happen is waited for shortly.
 */
#ifndef TREESHREW_SERVICES_NET_NET_BENCH_TEST_H
#define TREESHREW_SERVICES_NET_NET_BENCH_TEST_H

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/net/loop.h"
#include "services/net/sock.h"

enum { WAIT_MS = 5000 };

struct pause {
    struct timer timer;
    struct loop *loop;
    bool over;
};

static inline void pause_over(struct timer *timer)
{
    struct pause *pause = CONTAINER_OF(timer, struct pause, timer);

    pause->over = true;
    loop_stop(pause->loop);
}

/* Runs the loop for that long. */
static inline void run_for(struct loop *loop, int64_t ms)
{
    struct pause pause = {.timer = {.fire = pause_over}, .loop = loop};
    struct world *world = loop_world(loop);

    world->timer_set(world, &pause.timer, world->mono_ms(world) + ms);
    while (!pause.over)
        loop_run(loop);
}

/* Runs the loop until the number is reached. @return whether it was, in WAIT_MS. */
static inline bool run_until(struct loop *loop, const unsigned *number, unsigned wanted)
{
    for (int i = 0; i < WAIT_MS / 5 && *number < wanted; i++)
        run_for(loop, 5);
    return *number >= wanted;
}

static inline struct addr loopback(uint16_t port)
{
    return addr_ip4((const uint8_t[]){127, 0, 0, 1}, port);
}

/* A client's socket, connected; TCP connects of the loopback do not wait. */
static inline int client_socket(const struct addr *to, int type)
{
    struct sockaddr_storage storage;
    socklen_t size = sock_addr(to, &storage);
    int fd = sock_new((enum addr_family)to->family, type);

    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&storage, size) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Waits for octets while the loop runs; 0 at the end, -1 when nothing comes in that time. */
static inline ssize_t client_read(struct loop *loop, int fd, void *octets, size_t size,
                                  int wait_ms)
{
    for (int waited = 0; waited <= wait_ms; waited += 5) {
        ssize_t got = recv(fd, octets, size, 0);

        if (got >= 0)
            return got;
        if (!sock_must_wait(errno))
            return errno == ECONNRESET ? 0 : -1;
        run_for(loop, 5);
    }
    return -1;
}

#endif
