/*
 * stream_inside.h - one client's connection, for stream.c (octets) and stream_accept.c
 * (places).
 */
#ifndef TREESHREW_SERVICES_NET_STREAM_INSIDE_H
#define TREESHREW_SERVICES_NET_STREAM_INSIDE_H

#include "services/net/loop_inside.h"
#include "services/net/stream.h"

struct streams {
    struct loop *loop;
    struct stream_limits limits;
    net_receive *receive;
    void *context;
    struct list open; /* connections; who was active longest ago is the first */
    struct list listeners;
    size_t count;
    size_t held;   /* octets in buffers of all connections */
    size_t doomed; /* of them those of connections that are about to be closed */
    struct stream_stats stats;
};

struct stream {
    struct channel channel; /* first: the channel is cast back */
    struct link link;
    struct streams *streams;
    unsigned waiting; /* questions under way: they hold the channel */
    int fd;           /* -1: closed, freed with the last question */
    struct peer peer;
    struct event readable, writable;
    struct loop_flush flush;
    struct timer timer;
    uint32_t idle_ms;      /* told to the client; 0: the limit of all */
    int64_t active_ms;     /* last whole question, or progress in sending */
    int64_t unfinished_ms; /* since when a question has begun and is not whole; 0: none */
    bool paused;           /* nothing is read until answers have left */
    bool ended;            /* the client will send no more */
    bool broken;           /* to be closed at the end of the event */
    uint8_t *in, *out;
    size_t doomed; /* its part of streams->doomed */
    size_t in_used, in_size, out_used, out_size;
};

/** Takes over the descriptor. @return NULL: no memory; the descriptor is the caller's. */
struct stream *stream_new(struct streams *streams, int fd, const struct peer *peer);
/** Closes; freed when no question holds it any more. */
void stream_close(struct stream *stream);

#endif
