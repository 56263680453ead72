/*
 * paper_world_test.h - a world without a network, for the tests of this folder.
 *
 * Keeps what was sent and written, and lets the test play the servers: deliver datagrams, open
 * and close connections, move the clock. Numbers come from a seed. Included by *_test.c and
 * *_fuzz.c only.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_PAPER_WORLD_TEST_H
#define TREESHREW_SERVICES_UPSTREAM_PAPER_WORLD_TEST_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/world.h"

enum { PAPER_STREAMS = 16, PAPER_OCTETS = 65600 };

struct paper_stream {
    struct stream_waiter *waiter; /* NULL: closed by us */
    struct addr to;
    char tls_name[64];
    bool tls;
    size_t used;
    uint8_t octets[4096]; /* what was written */
};

struct paper {
    struct world world; /* first */
    int64_t now_ms;
    struct timers timers;
    uint64_t seed;

    unsigned sends;
    struct datagram_waiter *datagram; /* the last one that waits; NULL: none */
    struct addr to, from;
    bool has_from;
    size_t sent_size;
    uint8_t sent[1024];
    bool one_socket; /* there are no more */
    enum status send_status;
    int send_errno;

    unsigned connects;
    enum status connect_status;
    int connect_errno;
    struct paper_stream streams[PAPER_STREAMS];
};

static inline int64_t paper_mono_ms(struct world *world)
{
    return ((struct paper *)world)->now_ms;
}

static inline int64_t paper_wall_s(struct world *world)
{
    (void)world;
    return 1700000000;
}

static inline void paper_random(struct world *world, void *bytes, size_t size)
{
    struct paper *paper = (struct paper *)world;
    uint8_t *out = bytes;

    for (size_t i = 0; i < size; i++) {
        paper->seed = paper->seed * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(paper->seed >> 33);
    }
}

static inline enum status paper_timer_set(struct world *world, struct timer *timer,
                                          int64_t at_ms)
{
    return timers_set(&((struct paper *)world)->timers, timer, at_ms);
}

static inline void paper_timer_stop(struct world *world, struct timer *timer)
{
    timers_stop(&((struct paper *)world)->timers, timer);
}

static inline enum status paper_send(struct world *world, const struct addr *to,
                                     const struct addr *from, struct slice packet,
                                     struct datagram_waiter *waiter)
{
    struct paper *paper = (struct paper *)world;

    if (paper->send_status != STATUS_OK) {
        errno = paper->send_errno;
        return paper->send_status;
    }
    if (paper->one_socket && paper->datagram != NULL)
        return STATUS_LIMIT;
    ASSERT(paper->datagram == NULL && packet.size <= sizeof(paper->sent));
    paper->sends++;
    paper->datagram = waiter;
    paper->to = *to;
    paper->has_from = from != NULL;
    if (from != NULL)
        paper->from = *from;
    memcpy(paper->sent, packet.data, packet.size);
    paper->sent_size = packet.size;
    waiter->handle = paper;
    return STATUS_OK;
}

static inline void paper_forget(struct world *world, struct datagram_waiter *waiter)
{
    if (waiter->handle == NULL)
        return;
    ((struct paper *)world)->datagram = NULL;
    waiter->handle = NULL;
}

static inline enum status paper_connect(struct world *world, const struct addr *to,
                                        const struct addr *from, const char *tls_name,
                                        struct stream_waiter *waiter)
{
    struct paper *paper = (struct paper *)world;
    struct paper_stream *stream;

    (void)from;
    if (paper->connect_status != STATUS_OK) {
        errno = paper->connect_errno;
        return paper->connect_status;
    }
    ASSERT(paper->connects < PAPER_STREAMS);
    stream = &paper->streams[paper->connects++];
    stream->waiter = waiter;
    stream->to = *to;
    stream->tls = tls_name != NULL;
    if (tls_name != NULL)
        memcpy(stream->tls_name, tls_name, strlen(tls_name) + 1);
    waiter->handle = stream;
    return STATUS_OK;
}

static inline enum status paper_write(struct world *world, struct stream_waiter *waiter,
                                      struct slice bytes)
{
    struct paper_stream *stream = waiter->handle;

    (void)world;
    ASSERT(stream != NULL && bytes.size <= sizeof(stream->octets) - stream->used);
    memcpy(stream->octets + stream->used, bytes.data, bytes.size);
    stream->used += bytes.size;
    return STATUS_OK;
}

static inline void paper_close(struct world *world, struct stream_waiter *waiter)
{
    struct paper_stream *stream = waiter->handle;

    (void)world;
    if (stream == NULL)
        return;
    stream->waiter = NULL;
    waiter->handle = NULL;
}

static inline void paper_init(struct paper *paper)
{
    memset(paper, 0, sizeof(*paper));
    paper->world = (struct world){.mono_ms = paper_mono_ms,
                                  .wall_s = paper_wall_s,
                                  .random = paper_random,
                                  .timer_set = paper_timer_set,
                                  .timer_stop = paper_timer_stop,
                                  .send = paper_send,
                                  .forget = paper_forget,
                                  .connect = paper_connect,
                                  .write = paper_write,
                                  .close = paper_close};
    paper->now_ms = 1000000;
    paper->seed = 42;
    timers_init(&paper->timers);
}

static inline void paper_clear(struct paper *paper)
{
    timers_clear(&paper->timers);
}

/* Lets time go by and fires what is due, in order. */
static inline void paper_pass(struct paper *paper, int64_t ms)
{
    int64_t end_ms = paper->now_ms + ms;
    struct timer *timer;

    while (timers_next_ms(&paper->timers) <= end_ms) {
        paper->now_ms = time_max(paper->now_ms, timers_next_ms(&paper->timers));
        timer = timers_take_due(&paper->timers, paper->now_ms);
        timer->fire(timer);
    }
    paper->now_ms = end_ms;
}

static inline void paper_open(struct paper *paper, unsigned index)
{
    struct stream_waiter *waiter = paper->streams[index].waiter;

    waiter->opened(waiter);
}

/* The other side closes. */
static inline void paper_break(struct paper *paper, unsigned index, int error)
{
    struct stream_waiter *waiter = paper->streams[index].waiter;

    paper->streams[index].waiter = NULL;
    waiter->handle = NULL;
    waiter->closed(waiter, error);
}

/* Octets come, copied so that a tool sees reading behind them or after the call. */
static inline void paper_stream_bytes(struct paper *paper, unsigned index, struct slice bytes)
{
    struct stream_waiter *waiter = paper->streams[index].waiter;
    uint8_t *copy = malloc(bytes.size + 1);

    ASSERT(waiter != NULL && copy != NULL);
    memcpy(copy, bytes.data, bytes.size);
    waiter->received(waiter, slice_of(copy, bytes.size));
    free(copy);
}

static inline void paper_datagram(struct paper *paper, struct slice packet,
                                  const struct addr *from)
{
    struct datagram_waiter *waiter = paper->datagram;
    uint8_t *copy = malloc(packet.size + 1);

    ASSERT(waiter != NULL && copy != NULL);
    memcpy(copy, packet.data, packet.size);
    waiter->received(waiter, slice_of(copy, packet.size), from);
    free(copy);
}

static inline void paper_icmp(struct paper *paper, int error)
{
    struct datagram_waiter *waiter = paper->datagram;

    paper->datagram = NULL;
    waiter->handle = NULL;
    waiter->failed(waiter, error);
}

#endif
