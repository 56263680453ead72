/*
 * lock_test.c - no two threads hold a lock at once, none is left asleep, and a bench serves two
 * locks.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "util/lock.h"

enum { THREADS = 4, STEPS = 20000, LOCKS = 2 };

struct place {
    struct lock lock;
    unsigned long count; /* by whoever holds the lock */
    bool held;
};

struct shared {
    struct lock_bench bench;
    struct place places[LOCKS];
    atomic_uint broken;
};

static void *work(void *context)
{
    struct shared *shared = context;

    for (unsigned i = 0; i < STEPS; i++) {
        struct place *place = &shared->places[i % LOCKS];

        lock_take(&place->lock);
        if (place->held)
            atomic_fetch_add(&shared->broken, 1);
        place->held = true;
        if (i % 64 == 0) /* as if the holder lost its processor: the others go to sleep */
            sched_yield();
        place->count++;
        place->held = false;
        lock_give(&place->lock);
    }
    return NULL;
}

static void threads_count_together(void **state)
{
    struct shared shared = {.broken = 0};
    pthread_t threads[THREADS];

    (void)state;
    assert_true(lock_bench_init(&shared.bench));
    for (unsigned i = 0; i < LOCKS; i++)
        lock_init(&shared.places[i].lock, &shared.bench);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &shared), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.broken, 0);
    for (unsigned i = 0; i < LOCKS; i++) {
        assert_int_equal(shared.places[i].count, (unsigned long)THREADS * STEPS / LOCKS);
        assert_int_equal(shared.places[i].lock.state, LOCK_FREE);
    }
    lock_bench_clear(&shared.bench);
}

struct sleeper {
    struct lock lock;
    struct lock_bench bench;
    atomic_bool came_through;
};

static void *sleep_on(void *context)
{
    struct sleeper *sleeper = context;

    lock_take(&sleeper->lock);
    sleeper->came_through = true;
    lock_give(&sleeper->lock);
    return NULL;
}

/* The waiter is asleep, or about to be, when the lock becomes free: it says so in the lock. */
static void who_sleeps_is_woken(void **state)
{
    struct sleeper sleeper = {.came_through = false};
    pthread_t thread;

    (void)state;
    assert_true(lock_bench_init(&sleeper.bench));
    lock_init(&sleeper.lock, &sleeper.bench);
    lock_take(&sleeper.lock);
    assert_int_equal(pthread_create(&thread, NULL, sleep_on, &sleeper), 0);
    while (sleeper.lock.state != LOCK_AWAITED)
        sched_yield();
    assert_false(sleeper.came_through);
    lock_give(&sleeper.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(sleeper.came_through);
    lock_bench_clear(&sleeper.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_count_together),
        cmocka_unit_test(who_sleeps_is_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
