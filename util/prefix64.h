/*
 * prefix64.h - IPv4 addresses inside IPv6 addresses (RFC 6052): embed, extract.
 *
 * Called by dns64 (addresses for clients) and by whoever reaches IPv4 servers through a NAT64.
 * Plain arithmetic on octets; what a prefix may be used for is the caller's to know.
 */
#ifndef TREESHREW_UTIL_PREFIX64_H
#define TREESHREW_UTIL_PREFIX64_H

#include "util/addr.h"

/** RFC 6052 section 2.2: IPv6, of a length for which places of the IPv4 octets are defined, and
 *  with zeros in bits 64 to 71. */
bool prefix64_is_prefix(const struct netblock *block);
#define PREFIX64_WANTED                                                                        \
    "an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits is expected, bits 64 to 71 zero"

/** RFC 6052 section 2.1: 64:ff9b::/96. */
bool prefix64_is_well_known(const struct netblock *prefix);

/**
 * The IPv6 address that stands for an IPv4 address: prefix, the IPv4 octets around the octet
 * "u" (bits 64 to 71), which is zero, and a suffix of zeros.
 * @param prefix one that prefix64_is_prefix agrees to.
 */
void prefix64_embed(const struct netblock *prefix, const uint8_t ip4[4], uint8_t ip6[16]);

/**
 * The way back. The suffix is ignored, as RFC 6052 section 2.2 asks of receivers.
 * @return false: the address is not below the prefix, or "u" is not zero.
 */
bool prefix64_extract(const struct netblock *prefix, const uint8_t ip6[16], uint8_t ip4[4]);

/**
 * True for the addresses of RFC 1918 and of RFC 5735 section 3, which the well-known prefix
 * must not represent (RFC 6052 section 3.1).
 */
bool prefix64_is_not_global(const uint8_t ip4[4]);

#endif
