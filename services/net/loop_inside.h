/*
 * loop_inside.h - the loop's inside, for the files of services/net only.
 */
#ifndef TREESHREW_SERVICES_NET_LOOP_INSIDE_H
#define TREESHREW_SERVICES_NET_LOOP_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "services/net/loop.h"
#include "util/spares.h"

enum { LOOP_RANDOM_SIZE = 4096, LOOP_BUFFER_SIZE = 65536 + 64 };

/** Something that collects octets during an event and sends them after it. */
struct loop_flush {
    struct link link; /* in loop->flushes while there is something to send */
    void (*flush)(struct loop_flush *flush);
};

struct tls_client;
struct datagram;

struct loop {
    struct world world; /* first: a world is cast back to its loop */
    struct event_base *base;
    int64_t now_ms;

    struct timers timers;
    struct event clock; /* fires at armed_ms, for the earliest timer */
    int64_t armed_ms;   /* INT64_MAX: not armed */

    uint8_t random[LOOP_RANDOM_SIZE];
    size_t random_left;

    void (*after)(void *context);
    void *after_context;
    struct list flushes;
    struct event flush; /* active when they wait for other events to add to them */
    bool flush_wanted;

    int post_read, post_write;
    struct event post;
    void (*posted)(void *context, uint8_t word);
    void *posted_context;

    uint8_t
        *buffer; /* LOOP_BUFFER_SIZE octets: what is being read, until the callback returns */

    struct loop_limits limits;
    uint32_t datagrams;          /* sockets that wait now */
    struct spares datagrams_spare; /* structs of closed ones, for the next */
    struct list resting[64]; /* sockets that may be used again, by server */
    struct list resting_by_age;
    uint32_t resting_count;
    struct timer resting_clock;
    struct datagram *telling; /* whose waiter is being told of a datagram, NULL most of the time */
    struct tls_client *tls; /* made at first use */
    char *tls_bundle;
    uint8_t ports[8192];
};

static inline struct loop *loop_of(struct world *world)
{
    return (struct loop *)world;
}

/** Begins the handling of an event: reads the clock. */
void loop_begin(struct loop *loop);
/** Ends it: the hook, what is to be flushed, the clock for the next timer. */
void loop_end(struct loop *loop);
/** The same, but what is to be flushed waits for the other events that are active: of these there
 * are often many, each with one answer. */
void loop_end_of_many(struct loop *loop);

/** Will be flushed at the end of the event. */
static inline void loop_want_flush(struct loop *loop, struct loop_flush *flush)
{
    if (!link_is_listed(&flush->link))
        list_append(&loop->flushes, &flush->link);
}

/* datagram.c */
void datagram_init(struct loop *loop);
enum status datagram_send(struct world *world, const struct addr *to, const struct addr *from,
                          struct slice packet, struct datagram_waiter *waiter);
void datagram_forget(struct world *world, struct datagram_waiter *waiter);
struct addr datagram_name(struct world *world, const struct datagram_waiter *waiter);
void datagram_free_all(struct loop *loop);

/* dial.c */
struct addr dial_name(struct world *world, const struct stream_waiter *waiter);
enum status dial_connect(struct world *world, const struct addr *to, const struct addr *from,
                         const char *tls_name, struct stream_waiter *waiter);
enum status dial_write(struct world *world, struct stream_waiter *waiter, struct slice bytes);
void dial_close(struct world *world, struct stream_waiter *waiter);

#endif
