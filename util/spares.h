/*
 * spares.h - structs that have ended and are kept for the next ones, instead of the heap.
 *
 * The owner says how many are kept at most, frees what there is no room for, and empties the
 * list at its own end. What is taken is as it was given: to be cleared by whoever takes it.
 */
#ifndef TREESHREW_UTIL_SPARES_H
#define TREESHREW_UTIL_SPARES_H

#include "util/list.h"

struct spares {
    struct list list;
    size_t count;
};

static inline void spares_init(struct spares *spares)
{
    list_init(&spares->list);
    spares->count = 0;
}

/** The last that was kept, or NULL. */
static inline struct link *spares_take(struct spares *spares)
{
    struct link *link = list_take(&spares->list);

    if (link != NULL)
        spares->count--;
    return link;
}

/** @return false: there are `most` already, and it stays the caller's. */
static inline bool spares_keep(struct spares *spares, struct link *link, size_t most)
{
    if (spares->count >= most)
        return false;
    spares->count++;
    list_prepend(&spares->list, link);
    return true;
}

#endif
