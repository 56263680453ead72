/*
 * loop.h - one thread's event loop: the struct world made of libevent and the kernel.
 *
 * Made by the daemon, one a thread, and driven by loop_run. Story of an event: libevent calls
 * one of the files here; the time is read once; the receiver's callback runs; then the `after`
 * hook (which runs the mesh), and whatever was queued for sending leaves in one go. Only
 * loop_post may be called from another thread or a signal handler.
 */
#ifndef TREESHREW_SERVICES_NET_LOOP_H
#define TREESHREW_SERVICES_NET_LOOP_H

#include "services/world.h"

struct loop;

struct loop_limits {
    uint32_t
        datagrams_max; /* sockets that wait for datagrams at a time; 0: as many as there are */
    const uint8_t
        *ports; /* 8,192 octets, a bit for each port that may be used; NULL: from 1024 on */
    const char
        *tls_bundle; /* file of certificates (PEM) for TLS to servers; NULL: the system's */
};

/** @param limits borrowed for the call; NULL: none. @return NULL: no memory, no descriptors. */
struct loop *loop_new(const struct loop_limits *limits);
/** Everything that waits must have been forgotten, listening sockets closed. */
void loop_free(struct loop *loop);
struct world *loop_world(struct loop *loop);

/** Called after each event, before the loop sleeps again. */
void loop_set_after(struct loop *loop, void (*after)(void *context), void *context);

/** Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/** Told of words posted by loop_post, in the loop's own thread. */
void loop_set_posted(struct loop *loop, void (*posted)(void *context, uint8_t word),
                     void *context);
/** Sends a word to the loop; safe in signal handlers. False when 64 KiB of words wait already.
 */
bool loop_post(struct loop *loop, uint8_t word);

#endif
