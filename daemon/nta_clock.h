/*
 * nta_clock.h - takes negative trust anchors that were set at run time off the list when their
 * time is over.
 *
 * Used by server.c and reload.c, in the main thread.
 */
#ifndef TREESHREW_DAEMON_NTA_CLOCK_H
#define TREESHREW_DAEMON_NTA_CLOCK_H

#include "daemon/server_inside.h"

struct nta_clock;

/** @return NULL: no memory; then they end all the same, but stay on the list. */
struct nta_clock *nta_clock_new(struct server *server);
void nta_clock_free(struct nta_clock *clock); /* NULL: nothing */

/** What is set has changed. NULL: nothing. */
void nta_clock_follow(struct nta_clock *clock);

#endif
