/*
 * lock.h - a lock for sections of a few dozen instructions, taken by one store where nobody
 * waits.
 *
 * Used by shards.c, fifty times for a question that is not in the cache: a mutex of the
 * system's library takes 80 instructions for a lock and its release, this one a dozen. Who
 * finds it taken looks again a few times, since the other is nearly done, and then sleeps:
 * where the holder has lost its processor nobody burns time.
 */
#ifndef TREESHREW_UTIL_LOCK_H
#define TREESHREW_UTIL_LOCK_H

#include <pthread.h>
#include <stdatomic.h>

#include "util/base.h"

enum lock_state { LOCK_FREE, LOCK_TAKEN, LOCK_AWAITED /* taken, and somebody may sleep */ };

/** Where those who wait sleep; many locks may share one. */
struct lock_bench {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
};

/** Must not be taken by who holds it already. */
struct lock {
    atomic_uint state;
    struct lock_bench *bench;
};

/** @return false: the system has no more of that; there is nothing to be cleared then. */
bool lock_bench_init(struct lock_bench *bench);

void lock_bench_clear(struct lock_bench *bench);

/** The bench stays where it is as long as the lock is used. */
static inline void lock_init(struct lock *lock, struct lock_bench *bench)
{
    atomic_init(&lock->state, LOCK_FREE);
    lock->bench = bench;
}

/* What lock_take and lock_give do when more than one thread is there. */
void lock_wait(struct lock *lock);
void lock_wake(struct lock_bench *bench);

/** What the last holder did comes before whatever follows. */
static inline void lock_take(struct lock *lock)
{
    unsigned state = LOCK_FREE;

    if (!atomic_compare_exchange_strong_explicit(&lock->state, &state, LOCK_TAKEN,
                                                 memory_order_acquire, memory_order_relaxed))
        lock_wait(lock);
}

static inline void lock_give(struct lock *lock)
{
    unsigned state = atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release);

    ASSERT(state != LOCK_FREE);
    if (state == LOCK_AWAITED)
        lock_wake(lock->bench);
}

#endif
