/*
 * fresh.h - the age policy: TTL bounds, negative TTLs, staleness, prefetch. Pure arithmetic.
 */
#ifndef TREESHREW_SERVICES_CACHE_FRESH_H
#define TREESHREW_SERVICES_CACHE_FRESH_H

#include "services/cache/cache_options.h"
#include "util/wire/message.h"

/** cache-min-ttl and cache-max-ttl; a floor never prolongs NS, or addresses that are glue. */
uint32_t fresh_ttl_s(const struct cache_options *options, uint32_t ttl_s, uint16_t type,
                     enum trust trust);

/** RFC 2308 section 5: least of the SOA's TTL and its MINIMUM, within cache-*-negative-ttl.
 *  Without a SOA (set NULL) the answer is not to be cached: 0. */
uint32_t fresh_negative_ttl_s(const struct cache_options *options, const struct rrset *soa);

/** How long expired data may still be used (serve-expired-ttl; 0 when serve-expired is off;
 *  UINT32_MAX when serve-expired-ttl is 0: for ever). */
uint32_t fresh_stale_s(const struct cache_options *options);

/** After how many seconds a hit shall fetch anew (nine tenths of the TTL); 0: never. */
uint32_t fresh_prefetch_s(const struct cache_options *options, uint32_t ttl_s);

/** For how long an expired failure still counts as "in a row". */
enum { FAILURE_MEMORY_S = 300 };

/** RFC 9520 section 3.2: 5 s the first time, then doubled, at most 60 s (300 s by the RFC). */
uint32_t fresh_failure_ttl_s(const struct cache_options *options, uint32_t failure_ttl_before_s);

#endif
