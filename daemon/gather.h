/*
 * gather.h - a command asks every thread for something of its own and shows all of it together.
 *
 * Used by commands. A thread writes into an arena of its own, for threads work at the same
 * time.
 */
#ifndef TREESHREW_DAEMON_GATHER_H
#define TREESHREW_DAEMON_GATHER_H

#include "daemon/call.h"

/** What one thread has; in its arena. */
struct gathered {
    struct arena *arena;
    void *items;
    size_t count;
};

typedef void gather_collect(struct thread *thread, struct gathered *mine);
typedef void gather_show(struct call *call, const struct gathered *threads, unsigned count);

/**
 * @param collect called in each thread. @param show called in the main thread when all have
 * done it; the call ends afterwards, with what is in its outline.
 */
void gather(struct call *call, gather_collect *collect, gather_show *show);

#endif
