/*
 * timers.h - a heap of timers, the earliest on top.
 *
 * Each world (the kernel's, the simulator's, the replay runner's) keeps one and asks it what is
 * due. Equal times fire in the order in which they were set, so that a run can be repeated.
 */
#ifndef TREESHREW_UTIL_TIMERS_H
#define TREESHREW_UTIL_TIMERS_H

#include "util/base.h"

/** Lives inside its owner; must be zeroed before first use and stopped before it goes away. */
struct timer {
    void (*fire)(struct timer *timer);
    int64_t at_ms;
    uint64_t order;
    size_t place; /* index in the heap plus one; 0: not set */
};

struct timers {
    struct timer **heap;
    size_t count, room;
    uint64_t order;
};

void timers_init(struct timers *timers);

/** The timers themselves belong to their owners; they are only forgotten. */
void timers_clear(struct timers *timers);

/** Sets or moves a timer. @return STATUS_NO_MEMORY, and then it is not set. */
enum status timers_set(struct timers *timers, struct timer *timer, int64_t at_ms);

/** No effect when it is not set. */
void timers_stop(struct timers *timers, struct timer *timer);

/** The earliest one that is due, taken out of the heap; NULL when none is. */
struct timer *timers_take_due(struct timers *timers, int64_t now_ms);

/** Time of the earliest one, or INT64_MAX. */
int64_t timers_next_ms(const struct timers *timers);

static inline bool timer_is_set(const struct timer *timer)
{
    return timer->place != 0;
}

#endif
