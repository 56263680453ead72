/*
 * anchor_net.h - sockets with a deadline, for a program that does one thing at a time.
 *
 * Used by anchor_fetch.c and anchor_ask.c. Every wait ends at the deadline at the latest; a
 * socket never blocks.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_NET_H
#define TREESHREW_TOOLS_ANCHOR_NET_H

#include "util/addr.h"

/** Which addresses may be used: -4, -6. */
enum net_family { NET_ANY, NET_ONLY_IP4, NET_ONLY_IP6 };
bool net_family_allows(enum net_family family, const struct addr *addr);

/** Milliseconds of a clock that only goes forward. */
int64_t net_now_ms(void);

/** Seconds since 1970. */
int64_t net_wall_s(void);

/**
 * A socket connected to an address; for a stream it waits until it is.
 * @param is_stream TCP, else UDP.
 * @return -1 with errno (ETIMEDOUT at the deadline).
 */
int net_connect(const struct addr *to, bool is_stream, int64_t deadline_ms);

/** Waits until the socket can be read or written. False at the deadline. */
bool net_wait(int fd, bool for_writing, int64_t deadline_ms);

enum { NET_HOST_ADDRESSES_MAX = 8 };

/**
 * The addresses of a host by way of the system's resolver, which has time limits of its own.
 * @return their number, 0 when there is none; why then tells the system's reason.
 */
size_t net_look_up(const char *host, uint16_t port, enum net_family family,
                   struct addr found[NET_HOST_ADDRESSES_MAX], const char **why);

#endif
