/*
 * rate_table.h - how fast each of very many strangers asks, in a table of fixed size.
 *
 * One for clients (services/client/pace.c), one for zones (iterator). Shared by all threads
 * without a lock, so that a limit is one for the process, however the kernel spreads the
 * packets. The work for a question is constant. When there are more strangers than places,
 * those who ask least are forgotten first: who is over a limit stays known.
 */
#ifndef TREESHREW_UTIL_RATE_TABLE_H
#define TREESHREW_UTIL_RATE_TABLE_H

#include "util/hash.h"

struct rate_table;

/** @param size_bytes at most; a power of two of it is used. @return NULL: no memory. */
struct rate_table *rate_table_new(uint64_t size_bytes, struct hash_key key);
void rate_table_free(struct rate_table *table); /* NULL: nothing */

/** What names of strangers are to be hashed with, so that nobody chooses whom he is taken for.
 */
struct hash_key rate_table_key(const struct rate_table *table);

/**
 * One more question of the stranger with that hash. A second's worth may come at once, then as
 * many a second as are allowed.
 *
 * @param most    questions a second; beyond a million, as many as come.
 * @param backoff those that are refused count, too: until fewer are tried than are allowed, all
 * are refused, at most two seconds beyond that.
 * @param now_ms  monotonic.
 * @return false: too many.
 */
bool rate_take(struct rate_table *table, uint64_t hash, uint32_t most, bool backoff,
               int64_t now_ms);

#endif
