/*
 * lock.c - what a lock does where more than one thread wants it.
 *
 * Called through lock.h. Nobody who waits is overlooked: a waiter says so in the lock while it
 * holds the bench's mutex, and gives that up only by falling asleep; who frees a lock that is
 * awaited wakes with the mutex held, so either the waiter found the lock free or it is asleep
 * by then. A bench is shared, therefore all on it are woken; that is rare enough.
 */
#include "util/lock.h"

/* Looks before sleep: a few times what a section takes. */
enum { LOOKS = 100 };

bool lock_bench_init(struct lock_bench *bench)
{
    if (pthread_mutex_init(&bench->mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(&bench->freed, NULL) == 0)
        return true;
    pthread_mutex_destroy(&bench->mutex);
    return false;
}

void lock_bench_clear(struct lock_bench *bench)
{
    pthread_cond_destroy(&bench->freed);
    pthread_mutex_destroy(&bench->mutex);
}

static bool try_to_take(struct lock *lock)
{
    unsigned state = LOCK_FREE;

    /* Looking only reads, so that the holder's line stays with the holder. */
    return atomic_load_explicit(&lock->state, memory_order_relaxed) == LOCK_FREE &&
           atomic_compare_exchange_strong_explicit(&lock->state, &state, LOCK_TAKEN,
                                                   memory_order_acquire, memory_order_relaxed);
}

void lock_wait(struct lock *lock)
{
    struct lock_bench *bench = lock->bench;
    int error;

    for (unsigned i = 0; i < LOOKS; i++)
        if (try_to_take(lock))
            return;
    error = pthread_mutex_lock(&bench->mutex);
    ASSERT(error == 0);
    /* Taken this way it counts as awaited: others may still sleep. */
    while (atomic_exchange_explicit(&lock->state, LOCK_AWAITED, memory_order_acquire) != LOCK_FREE)
        pthread_cond_wait(&bench->freed, &bench->mutex);
    error = pthread_mutex_unlock(&bench->mutex);
    ASSERT(error == 0);
}

void lock_wake(struct lock_bench *bench)
{
    int error = pthread_mutex_lock(&bench->mutex);

    ASSERT(error == 0);
    pthread_cond_broadcast(&bench->freed);
    error = pthread_mutex_unlock(&bench->mutex);
    ASSERT(error == 0);
}
