/*
 * tap_client.h - a channel around a client's channel, which shows what passes through it.
 *
 * Used by worker.c in place of the plain receiver when there is a tap.
 */
#ifndef TREESHREW_DAEMON_TAP_CLIENT_H
#define TREESHREW_DAEMON_TAP_CLIENT_H

#include "daemon/tap.h"

/**
 * Shows a question, and hands out a channel to answer it by, which shows the answer. It is the
 * caller's until tap_client_done, and lives on for as long as somebody holds it.
 * @return NULL: no memory; the inner channel must do.
 */
struct channel *tap_client_begin(struct tap *tap, struct channel *inner,
                                 const struct peer *peer, struct slice packet);
void tap_client_done(struct channel *channel);

#endif
