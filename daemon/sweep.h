/*
 * sweep.h - what settings have outdated is swept out of the caches, in a thread of its own.
 *
 * Used by server.c and reload.c, in the main thread.
 */
#ifndef TREESHREW_DAEMON_SWEEP_H
#define TREESHREW_DAEMON_SWEEP_H

#include "daemon/server_inside.h"

struct sweep;

/** @return NULL: no memory; then it is done on the spot. */
struct sweep *sweep_new(struct server *server);

/** Waits for the thread. NULL: nothing. */
void sweep_free(struct sweep *sweep);

/** Begins with what there is, if there is something and it is not at it already. NULL: nothing.
 */
void sweep_begin(struct sweep *sweep);

/** True while something is still to be swept. NULL: nothing ever is. */
bool sweep_is_busy(const struct sweep *sweep);

/** The main thread's answer to server_post_sweep_over. */
void sweep_end(struct sweep *sweep);

#endif
