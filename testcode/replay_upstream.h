/*
 * replay_upstream.h - the seam services/upstream/upstream.h, with servers that are a
 * scenario's.
 *
 * A question goes on the list of pending ones and stays there until replay_run.c answers it,
 * lets it time out or breaks it. Nothing happens by itself: no retries, no timers, no TCP after
 * TC.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_UPSTREAM_H
#define TREESHREW_TESTCODE_REPLAY_UPSTREAM_H

#include "services/cache/infra_cache.h"
#include "services/upstream/upstream.h"
#include "services/upstream/upstream_options.h"
#include "services/world.h"
#include "testcode/replay_packet.h"
#include "util/list.h"

/** One question on its way to a server. */
struct pending {
    struct link link;
    struct upstream_ask *ask;
    struct packet packet; /* as the server gets it, with id 0 */
    bool tcp;
};

struct replay_upstream {
    struct upstream upstream;
    struct world *world;
    struct infra_cache *infra;
    const struct upstream_options *options;
    struct arena *arena;
    struct list pending; /* the oldest first */
    /** Told of each question when it is sent, from within the asker's call: note only. */
    void (*sent)(void *context, struct pending *pending);
    void *context;
};

/** Everything is borrowed; the arena holds the packets. */
void replay_upstream_init(struct replay_upstream *upstream, struct world *world,
                          struct infra_cache *infra, const struct upstream_options *options,
                          struct arena *arena);

/** The one that was sent last, or NULL. */
struct pending *replay_upstream_newest(const struct replay_upstream *upstream);

/* Each ends the pending question, which is gone afterwards; the caller then runs the resolver.
 */

void replay_upstream_answer(struct replay_upstream *upstream, struct pending *pending,
                            struct slice wire);
void replay_upstream_timeout(struct replay_upstream *upstream, struct pending *pending);
void replay_upstream_error(struct replay_upstream *upstream, struct pending *pending);

#endif
