/*
 * stream.h - connections of clients over TCP: all of one thread.
 *
 * Made by the daemon, fed with listening sockets. RFC 7766: a client may send many questions
 * without waiting, and answers leave as they are ready. RFC 9210 section 4: connections are a
 * resource with a bound, and the idle give way to the new.
 */
#ifndef TREESHREW_SERVICES_NET_STREAM_H
#define TREESHREW_SERVICES_NET_STREAM_H

#include "services/net/loop.h"
#include "services/net/udp.h"

struct streams;
struct stream_listener;

struct stream_limits {
    uint32_t connections_max;
    uint32_t block_max; /* of one /24 or /56 */
    uint32_t idle_ms;   /* without a whole question or progress in sending */
    size_t held_max;    /* octets of unsent answers and unfinished questions, all together */
};

/** Numbers only, from the start of the process. */
struct stream_stats {
    uint64_t accepted, evicted, timed_out, no_descriptor, received, sent, overflowed;
};

/** @return NULL: no memory. */
struct streams *streams_new(struct loop *loop, const struct stream_limits *limits,
                            net_receive *receive, void *context);
/** Closes everything; listeners too. Requests that hold a channel may still send into the void.
 */
void streams_free(struct streams *streams);
void streams_set_limits(struct streams *streams, const struct stream_limits *limits);

/** @param fd of sock_listen; becomes ours when this succeeds. @return NULL: no memory. */
struct stream_listener *streams_listen(struct streams *streams, int fd,
                                       const struct addr *bound);
/** Connections that were accepted live on. */
void stream_listener_close(struct stream_listener *listener);

size_t streams_count(const struct streams *streams);
size_t streams_held(const struct streams *streams); /* see held_max */
const struct stream_stats *stream_stats(const struct streams *streams);

#endif
