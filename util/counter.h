/*
 * counter.h - statistics: one table of counters, one struct a thread, summed when somebody
 * asks.
 *
 * A struct is written by its own thread only, so counting is a load and a store without a
 * locked instruction; any thread may read it meanwhile and sees each number whole, though not
 * all of them of the same moment. Nothing here allocates or locks.
 */
#ifndef TREESHREW_UTIL_COUNTER_H
#define TREESHREW_UTIL_COUNTER_H

#include <stdatomic.h>

#include "util/base.h"

enum counter {
#define COUNTER(member, name, words) COUNTER_##member,
#include "util/counter.def"
#undef COUNTER
    COUNTERS
};

/** Of one thread; all zero at the start. Own cache lines, so that threads do not disturb each
 * other. */
struct counters {
    _Alignas(64) atomic_uint_least64_t value[COUNTERS];
};

/** By the thread that owns the struct. */
static inline void counter_add(struct counters *counters, enum counter counter, uint64_t more)
{
    atomic_uint_least64_t *value = &counters->value[counter];

    atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

/** By any thread: adds what the struct holds to the sums. */
void counters_add_to(uint64_t sums[COUNTERS], const struct counters *counters);

/** The name in the statistics, and what one of it is, for the manual. */
const char *counter_name(enum counter counter);
const char *counter_words(enum counter counter);

#endif
