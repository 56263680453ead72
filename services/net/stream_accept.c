/*
 * stream_accept.c - who gets a connection, and who gives way.
 *
 * Called by libevent for listening sockets and by the daemon. A new connection is never refused
 * for want of a place as long as another one can be closed for it: first one with a question
 * that was begun long ago and is not whole, then the one that has been idle longest, and only
 * when all have questions under way the one whose last question is the oldest. So whoever holds
 * connections open only pushes out his own kind (RFC 9210 section 6.1).
 */
#include "services/net/stream_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/net/sock.h"

enum {
    ACCEPT_AT_ONCE = 32,
    PAUSE_MS = 500, /* without descriptors: listening again after that */
    UNFINISHED_MS = 2000,
    CROWDED_PERCENT = 80
};

struct stream_listener {
    struct link link;
    struct streams *streams;
    int fd;
    struct addr bound;
    bool wildcard; /* each connection has an address of its own */
    struct event readable;
    struct timer pause;
};

/* /24 or /56: what one customer usually has. */
static bool same_block(const struct addr *a, const struct addr *b)
{
    return a->family == b->family &&
           memcmp(a->bytes, b->bytes, a->family == ADDR_IP4 ? 3 : 7) == 0;
}

struct crowd {
    uint32_t count;
    struct stream *unfinished, *idle, *oldest;
};

/* Looks at all connections, or only at those of one block. */
static struct crowd look_round(struct streams *streams, const struct addr *block)
{
    struct crowd crowd = {.count = 0};
    int64_t now_ms = streams->loop->now_ms;

    LIST_EACH(&streams->open, link)
    {
        struct stream *stream = CONTAINER_OF(link, struct stream, link);

        if (block != NULL && !same_block(&stream->peer.from, block))
            continue;
        crowd.count++;
        if (crowd.oldest == NULL)
            crowd.oldest = stream;
        if (crowd.idle == NULL && stream->waiting == 0)
            crowd.idle = stream;
        if (crowd.unfinished == NULL && stream->unfinished_ms != 0 && stream->waiting == 0 &&
            now_ms - stream->unfinished_ms >= UNFINISHED_MS)
            crowd.unfinished = stream;
    }
    return crowd;
}

static bool evict(struct streams *streams, const struct crowd *crowd, bool even_busy)
{
    struct stream *victim = crowd->unfinished;

    if (victim == NULL)
        victim = crowd->idle;
    if (victim == NULL && even_busy)
        victim = crowd->oldest;
    if (victim == NULL)
        return false;
    streams->stats.evicted++;
    stream_close(victim);
    return true;
}

static void make_room(struct streams *streams, const struct addr *from)
{
    uint64_t crowded = (uint64_t)streams->limits.connections_max * CROWDED_PERCENT / 100;
    struct crowd crowd = look_round(streams, from);

    if (crowd.count >= streams->limits.block_max)
        evict(streams, &crowd, true);
    if (streams->count < crowded)
        return;
    crowd = look_round(streams, NULL);
    evict(streams, &crowd, streams->count >= streams->limits.connections_max);
}

static void listen_again(struct timer *timer)
{
    struct stream_listener *listener = CONTAINER_OF(timer, struct stream_listener, pause);

    (void)event_add(&listener->readable, NULL);
}

/* EMFILE and its like: the connection stays in the kernel's queue, and asking again at once
 * would only spin. */
static void pause_listening(struct stream_listener *listener)
{
    struct streams *streams = listener->streams;
    struct world *world = &streams->loop->world;
    struct crowd crowd = look_round(streams, NULL);

    streams->stats.no_descriptor++;
    if (world->timer_set(world, &listener->pause, streams->loop->now_ms + PAUSE_MS) ==
        STATUS_OK)
        event_del(&listener->readable);
    evict(streams, &crowd, false);
}

static void take_in(struct stream_listener *listener, int fd, const struct addr *from)
{
    struct streams *streams = listener->streams;
    struct peer peer = {.from = *from, .to = listener->bound};

    if (listener->wildcard)
        peer.to = sock_name(fd);
    if (from->family == ADDR_NONE || streams->limits.connections_max == 0) {
        close(fd);
        return;
    }
    make_room(streams, from);
    streams->stats.accepted++;
    if (stream_new(streams, fd, &peer) == NULL)
        close(fd);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct stream_listener *listener = context;
    struct loop *loop = listener->streams->loop;

    (void)what;
    loop_begin(loop);
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct addr from;
        int accepted = sock_accept(fd, &from);

        if (accepted != -1) {
            take_in(listener, accepted, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_listening(listener);
            break;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            break;
        }
    }
    loop_end(loop);
}

struct stream_listener *streams_listen(struct streams *streams, int fd,
                                       const struct addr *bound)
{
    struct stream_listener *listener = calloc(1, sizeof(*listener));

    if (listener == NULL)
        return NULL;
    listener->streams = streams;
    listener->fd = fd;
    listener->bound = *bound;
    listener->wildcard = sock_is_wildcard(bound);
    listener->pause.fire = listen_again;
    event_assign(&listener->readable, streams->loop->base, fd, EV_READ | EV_PERSIST,
                 on_readable, listener);
    if (event_add(&listener->readable, NULL) != 0) {
        free(listener);
        return NULL;
    }
    list_append(&streams->listeners, &listener->link);
    return listener;
}

void stream_listener_close(struct stream_listener *listener)
{
    struct world *world;

    if (listener == NULL)
        return;
    world = &listener->streams->loop->world;
    world->timer_stop(world, &listener->pause);
    event_del(&listener->readable);
    list_remove(&listener->link);
    close(listener->fd);
    free(listener);
}

struct streams *streams_new(struct loop *loop, const struct stream_limits *limits,
                            net_receive *receive, void *context)
{
    struct streams *streams = calloc(1, sizeof(*streams));

    if (streams == NULL)
        return NULL;
    streams->loop = loop;
    streams->limits = *limits;
    streams->receive = receive;
    streams->context = context;
    list_init(&streams->open);
    list_init(&streams->listeners);
    return streams;
}

void streams_free(struct streams *streams)
{
    struct link *link;

    if (streams == NULL)
        return;
    while ((link = list_first(&streams->listeners)) != NULL)
        stream_listener_close(CONTAINER_OF(link, struct stream_listener, link));
    while ((link = list_first(&streams->open)) != NULL)
        stream_close(CONTAINER_OF(link, struct stream, link));
    free(streams);
}

void streams_set_limits(struct streams *streams, const struct stream_limits *limits)
{
    streams->limits = *limits;
}

size_t streams_count(const struct streams *streams)
{
    return streams->count;
}

size_t streams_held(const struct streams *streams)
{
    return streams->held;
}

const struct stream_stats *stream_stats(const struct streams *streams)
{
    return &streams->stats;
}
