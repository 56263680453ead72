/*
 * quantile.c - quantiles of histograms.
 *
 * Called by the daemon's statistics and by shrewctl top.
 */
#include "util/quantile.h"

uint64_t quantile_sum(const uint64_t *buckets, size_t count)
{
    uint64_t all = 0;

    for (size_t i = 0; i < count; i++)
        all += buckets[i];
    return all;
}

uint64_t quantile_ms(const uint64_t *buckets, size_t count, uint64_t at_once,
                     unsigned per_mille)
{
    uint64_t all = at_once + quantile_sum(buckets, count);
    uint64_t wanted = (all * per_mille + 999) / 1000, seen = at_once;

    for (size_t i = 0; i < count && wanted > seen; i++) {
        uint64_t low = i == 0 ? 0 : 1ull << (i - 1), high = 1ull << i;

        if (seen + buckets[i] >= wanted) /* as if they lay evenly between the bounds */
            return low + (high - low) * (wanted - seen) / buckets[i];
        seen += buckets[i];
    }
    return 0;
}
