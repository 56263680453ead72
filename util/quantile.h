/*
 * quantile.h - how long a share of all took, out of a histogram of milliseconds.
 */
#ifndef TREESHREW_UTIL_QUANTILE_H
#define TREESHREW_UTIL_QUANTILE_H

#include "util/base.h"

/**
 * The time that a share of all took no longer than.
 * @param buckets how many took under 1 ms, under 2, 4, 8 ...; the last is open.
 * @param at_once of how many it is known that they took no time; they are not in a bucket.
 * @param per_mille 1 to 999. @return milliseconds, between the bounds of a bucket; 0: at once,
 * or none.
 */
uint64_t quantile_ms(const uint64_t *buckets, size_t count, uint64_t at_once,
                     unsigned per_mille);

/** How many are in the buckets. */
uint64_t quantile_sum(const uint64_t *buckets, size_t count);

#endif
