/*
 * fresh.c - the age policy: TTL bounds, negative TTLs, staleness, prefetch.
 *
 * Called by the iterator and the mesh before they store, by the client's side when it finds.
 * Pure arithmetic on its arguments.
 */
#include "services/cache/fresh.h"

#include "util/wire/rdata.h"

/* RFC 9520 section 3.2: at least 1 s, at most 5 min. */

/*
 * A delegation belongs to the parent: a longer life would serve a zone that was moved or
 * withdrawn (ghost domains). NS and DS are it; so are addresses that came as glue.
 */
static bool is_delegation(uint16_t type, enum trust trust)
{
    switch (type) {
    case TYPE_NS:
    case TYPE_DS: return true;
    case TYPE_A:
    case TYPE_AAAA: return trust <= TRUST_ADDITIONAL_AA;
    default: return false;
    }
}

/* RFC 2181 section 8: a TTL has 31 bits; with the top bit set it is taken for 0. */
static uint32_t ttl_of_31_bits(uint32_t ttl_s)
{
    return ttl_s > INT32_MAX ? 0 : ttl_s;
}

static uint32_t ttl_within(uint32_t ttl_s, uint32_t least_s, uint32_t most_s)
{
    if (ttl_s < least_s)
        ttl_s = least_s;
    return ttl_s < most_s ? ttl_s : most_s; /* where both contradict each other, the cap wins */
}

uint32_t fresh_ttl_s(const struct cache_options *options, uint32_t ttl_s, uint16_t type,
                     enum trust trust)
{
    uint32_t least_s = is_delegation(type, trust) ? 0 : options->cache_min_ttl;

    /* What is shown is what the server said; so it cannot be kept for another time either. */
    if (options->serve_original_ttl)
        return ttl_of_31_bits(ttl_s);
    return ttl_within(ttl_of_31_bits(ttl_s), least_s, options->cache_max_ttl);
}

uint32_t fresh_negative_ttl_s(const struct cache_options *options, const struct rrset *soa)
{
    struct rdata_soa data;
    uint32_t ttl_s;

    /* RFC 2308 section 5: without a SOA a negative answer should not be cached. */
    if (soa == NULL || soa->type != TYPE_SOA || soa->rr_count == 0 ||
        !rdata_soa(rrset_rdata(soa, 0), &data))
        return 0;
    ttl_s = ttl_of_31_bits(data.minimum_s);
    if (soa->ttl_s < ttl_s)
        ttl_s = soa->ttl_s;
    return ttl_within(ttl_s, options->cache_min_negative_ttl, options->cache_max_negative_ttl);
}

/* RFC 8767 section 5: the maximum stale timer. */
uint32_t fresh_stale_s(const struct cache_options *options)
{
    if (!options->serve_expired)
        return 0;
    return options->serve_expired_ttl == 0 ? UINT32_MAX : options->serve_expired_ttl;
}

uint32_t fresh_prefetch_s(const struct cache_options *options, uint32_t ttl_s)
{
    return options->prefetch ? ttl_s - ttl_s / 10 - (ttl_s % 10 != 0) : 0;
}

/* RFC 9520 section 3.2: back-off by doubling while a failure persists. */
uint32_t fresh_failure_ttl_s(const struct cache_options *options, uint32_t failure_ttl_before_s)
{
    uint64_t ttl_s = (uint64_t)failure_ttl_before_s * 2;

    if (ttl_s < options->failure_ttl)
        ttl_s = options->failure_ttl;
    return (uint32_t)(ttl_s < options->failure_ttl_max ? ttl_s : options->failure_ttl_max);
}
