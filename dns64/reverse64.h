/*
 * reverse64.h - names of addresses in ip6.arpa and in-addr.arpa. Called by dns64.
 */
#ifndef TREESHREW_DNS64_REVERSE64_H
#define TREESHREW_DNS64_REVERSE64_H

#include "util/wire/dname.h"

/**
 * The address that a name below ip6.arpa stands for (RFC 3596 section 2.5).
 * @return false: it is not such a name, or not of a whole address.
 */
bool reverse64_read(struct dname name, uint8_t ip6[16]);

/** "1.2.0.192.in-addr.arpa." for 192.0.2.1 (RFC 1035 section 3.5). */
struct dname reverse64_name(const uint8_t ip4[4], uint8_t storage[DNAME_MAX]);

#endif
