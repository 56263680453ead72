/*
 * lacks.h - what the configuration counts on and this machine does not have.
 *
 * Called by server.c at the start and by reload.c after each reload. Nothing here ends the
 * start: an address may come later.
 */
#ifndef TREESHREW_DAEMON_LACKS_H
#define TREESHREW_DAEMON_LACKS_H

#include "lib/options.h"
#include "util/log.h"

/** A line for each address of outgoing-interface that cannot be sent from. */
void lacks_tell(const struct options *options, struct log *log);

#endif
