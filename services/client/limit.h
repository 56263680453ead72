/*
 * limit.h - how many questions of one client address are waiting, and how much it gets at once.
 *
 * Used by request.c, per thread. An address is one host of IPv4, or a /64 of IPv6 (which one
 * customer has whole). The table has a fixed size, so that strangers cannot make it grow:
 * addresses that share a place share its numbers.
 */
#ifndef TREESHREW_SERVICES_CLIENT_LIMIT_H
#define TREESHREW_SERVICES_CLIENT_LIMIT_H

#include "util/addr.h"
#include "util/hash.h"

struct limit;

/** @return NULL: no memory. */
struct limit *limit_new(struct hash_key key);
void limit_free(struct limit *limit);

/** One more that waits, if there are fewer than `most` (0: no limit). False: there are not. */
bool limit_enter(struct limit *limit, const struct addr *client, uint32_t most);

/** One that had entered waits no longer. */
void limit_leave(struct limit *limit, const struct addr *client);

/**
 * Counts an answer for which the address, which may be forged, has waited: many that come at
 * once make a pulse.
 * @param most octets in a tenth of a second; 0: no limit.
 * @return false: it would be too much, and does not count.
 */
bool limit_pulse(struct limit *limit, const struct addr *client, size_t octets, uint32_t most,
                 int64_t now_ms);

#endif
