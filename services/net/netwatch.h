/*
 * netwatch.h - tells when addresses, links or routes of this machine change.
 *
 * Used by the daemon's main thread: what was learned about silent servers is then forgotten,
 * because it may have been our own network that was silent.
 */
#ifndef TREESHREW_SERVICES_NET_NETWATCH_H
#define TREESHREW_SERVICES_NET_NETWATCH_H

#include "services/net/loop.h"

struct netwatch;

/**
 * @param changed called once for a burst of changes, a second after its beginning, and at most
 * every ten seconds.
 * @return NULL: the system does not tell (or not us); nothing is lost but speed.
 */
struct netwatch *netwatch_new(struct loop *loop, void (*changed)(void *context), void *context);
void netwatch_free(struct netwatch *watch);

#endif
