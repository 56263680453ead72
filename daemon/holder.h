/*
 * holder.h - who has a port that we wanted, and what can be done about it.
 *
 * Used by ports.c for the message when an address is taken.
 */
#ifndef TREESHREW_DAEMON_HOLDER_H
#define TREESHREW_DAEMON_HOLDER_H

#include "util/addr.h"
#include "util/text.h"

struct holder {
    long pid;      /* 0: somebody, but we cannot see which process (or not on this system) */
    char name[64]; /* of the program; "" when not even its address or its user tell */
};

/** Who has bound the address, or one that is in its way. False: it cannot be found out. */
bool holder_find(const struct addr *addr, bool tcp, struct holder *out);

/** A sentence on what to do, for the known ones. */
const char *holder_advice(const struct holder *holder, const struct addr *addr,
                          struct arena *arena);

#endif
