/*
 * frequent.h - which of very many keys are met most often, in a table that never grows.
 *
 * The space-saving method (Metwally, Agrawal, El Abbadi 2005): a key that finds no place takes
 * that of the least one and goes on with its count. So no count is too low, each knows by how
 * much it may be too high, and whatever is met more often than one time in FREQUENT_KEPT is in
 * the table, however many others strangers think of. For what happens now and then; each note
 * looks through the table.
 */
#ifndef TREESHREW_UTIL_FREQUENT_H
#define TREESHREW_UTIL_FREQUENT_H

#include "util/bytes.h"

enum { FREQUENT_KEPT = 64, FREQUENT_KEY_MAX = 127 };

struct frequent_item {
    uint64_t count, over; /* met at most `count` times, and at least `over` times less */
    uint32_t note;        /* of the last time; what it means is the caller's business */
    uint8_t size;
    uint8_t key[FREQUENT_KEY_MAX];
};

/** Zeroed: empty. */
struct frequent {
    size_t count;
    struct frequent_item items[FREQUENT_KEPT]; /* in no order */
};

/** Met once more. A longer key is cut. */
void frequent_note(struct frequent *table, struct slice key, uint32_t note);

/** Adds what another table knows of a key. */
void frequent_add(struct frequent *table, const struct frequent_item *item);

/** The most frequent first. */
void frequent_sort(struct frequent *table);

#endif
