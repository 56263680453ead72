/*
 * zone_rate.h - how many questions a second may begin to be asked of one zone's servers.
 *
 * For floods of names that nobody has asked before, whoever asks: no limit on clients helps the
 * servers that they are all about. Made with the settings (ratelimit and its like); the table
 * is shared by all threads.
 */
#ifndef TREESHREW_ITERATOR_ZONE_RATE_H
#define TREESHREW_ITERATOR_ZONE_RATE_H

#include "iterator/forward.h"
#include "iterator/iterator_options.h"
#include "util/rate_table.h"

struct zone_rate {
    struct dname name;
    uint32_t most; /* 0: no limit */
    bool below;    /* of zones below the name, each; else of that zone */
};

struct zone_rates {
    struct rate_table *table; /* NULL: no zone is limited */
    uint32_t most;            /* of zones that no entry speaks of */
    bool backoff;
    size_t count;
    struct zone_rate *entries;
};

/** @return false after a complaint, or without memory. */
bool zone_rates_read(struct zone_rates *rates, struct arena *arena,
                     const struct iterator_options *options, forward_complain *complain,
                     void *context);

/** Is there a limit at all, so that a table is needed? */
bool zone_rates_limit(const struct zone_rates *rates);

/** What counts for a zone: its own entry, else that of the nearest name above, else the general
 * one. */
uint32_t zone_rates_most(const struct zone_rates *rates, struct dname zone);

/** One more question for that zone. False: too many. */
bool zone_rates_take(const struct zone_rates *rates, struct dname zone, int64_t now_ms);

#endif
