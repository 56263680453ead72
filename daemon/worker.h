/*
 * worker.h - one thread's share of the daemon: loop, exchange, resolver, sockets.
 *
 * Made and driven by server.c. A worker shares the caches and settings with the others, and
 * nothing else; all of it lives and dies in its own thread's hands, except making and freeing,
 * which the main thread does while no other thread runs.
 */
#ifndef TREESHREW_DAEMON_WORKER_H
#define TREESHREW_DAEMON_WORKER_H

#include "daemon/ports.h"
#include "daemon/stats.h"
#include "daemon/tap.h"
#include "lib/resolver.h"
#include "services/net/loop.h"

struct worker;

struct worker_place {
    unsigned index, threads;
    struct resolver_shared *shared;
    struct log *log;
    struct tap *tap; /* NULL: nobody looks on */
};

/** @return NULL: no memory, no descriptors. */
struct worker *worker_new(const struct worker_place *place);
void worker_free(struct worker *worker);
struct loop *worker_loop(struct worker *worker);

/** Closes sockets whose address is gone, takes its own of the others out of the table. */
bool worker_follow_ports(struct worker *worker, struct ports *ports);

/** As resolver_keep_anchors, for the one in the main thread. */
bool worker_keep_anchors(struct worker *worker, resolver_write_file *write_file, void *context);

/** As resolver_warm_up. */
void worker_warm_up(struct worker *worker);

/** Its questions under way; in its own thread. */
struct mesh *worker_mesh(struct worker *worker);

struct resolver *worker_resolver(struct worker *worker);

/** Which servers trouble it; in its own thread. */
const struct frequent *worker_trouble(const struct worker *worker);

/** What this thread has counted so far; in its own thread. */
void worker_stats(const struct worker *worker, struct stats *out);

/** This thread's log, with a bound on lines of one kind. */
struct log *worker_log(struct worker *worker);

/** Takes over the log's level. */
void worker_follow_log(struct worker *worker);

/** Takes over the newest settings, for questions to come. */
void worker_refresh(struct worker *worker);

#endif
