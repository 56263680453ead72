/*
 * given.h - sockets that whoever started us has opened already (socket activation).
 *
 * Taken by server.c before anything else, used by ports.c for the addresses of `interface` that
 * they are bound to. So port 53 can be served without any right to open it.
 */
#ifndef TREESHREW_DAEMON_GIVEN_H
#define TREESHREW_DAEMON_GIVEN_H

#include "services/net/sock.h"
#include "util/log.h"

struct given;

/**
 * Reads LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)) and removes them from the
 * environment. @return NULL: nothing was given, to this process at least. All functions take
 * that.
 */
struct given *given_take(void);
void given_free(struct given *given);

bool given_has(const struct given *given, const struct addr *addr, bool tcp);

/**
 * A descriptor of the socket of that address, set up as sock_listen does; of several for one
 * address each thread gets its own.
 * @return -1 with errno; ENOENT: there is none.
 */
int given_socket(struct given *given, const struct addr *addr, bool tcp, unsigned thread,
                 const struct sock_wishes *wishes);

/** What was given and never asked for is a mistake in one of two files: a line for each. */
void given_tell_unused(const struct given *given, struct log *log);

#endif
