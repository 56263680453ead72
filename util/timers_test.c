/*
 * timers_test.c - timers come out in order of time, equal ones in order of setting.
 */
#include "util/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void in_order_of_time(void **state)
{
    struct timer timer[500] = {{0}};
    struct timers timers;
    int64_t last = -1;

    (void)state;
    timers_init(&timers);
    assert_true(timers_next_ms(&timers) == INT64_MAX);
    for (size_t i = 0; i < COUNT(timer); i++)
        assert_int_equal(timers_set(&timers, &timer[i], (int64_t)(i * 7919 % 500)), STATUS_OK);
    for (size_t i = 0; i < COUNT(timer); i++) {
        struct timer *next;

        assert_true(timers_next_ms(&timers) > last);
        assert_null(timers_take_due(&timers, last));
        next = timers_take_due(&timers, 1000);
        assert_non_null(next);
        assert_false(timer_is_set(next));
        last = next->at_ms;
        assert_int_equal(last, i);
    }
    assert_null(timers_take_due(&timers, INT64_MAX));
    timers_clear(&timers);
}

static void equal_times_in_order_of_setting(void **state)
{
    struct timer timer[20] = {{0}};
    struct timers timers;

    (void)state;
    timers_init(&timers);
    for (size_t i = 0; i < COUNT(timer); i++)
        timers_set(&timers, &timer[i], 5);
    timers_set(&timers, &timer[3], 5); /* set again: now the last one */
    for (size_t i = 0; i < COUNT(timer) - 1; i++)
        assert_ptr_equal(timers_take_due(&timers, 5), &timer[i < 3 ? i : i + 1]);
    assert_ptr_equal(timers_take_due(&timers, 5), &timer[3]);
    timers_clear(&timers);
}

/* Random sets, moves and stops beside a plain list that is searched from end to end. */
static void against_a_list(void **state)
{
    enum { TIMERS = 64, STEPS = 20000 };
    struct timer timer[TIMERS] = {{0}};
    uint64_t order[TIMERS] = {0}, next_order = 0, random = 1;
    struct timers timers;

    (void)state;
    timers_init(&timers);
    for (int step = 0; step < STEPS; step++) {
        struct timer *first = NULL;
        size_t i;

        random = random * 6364136223846793005u + 1442695040888963407u;
        i = random >> 33 & (TIMERS - 1);
        if ((random >> 40 & 3) != 0) {
            assert_int_equal(timers_set(&timers, &timer[i], (int64_t)(random >> 45 & 31)),
                             STATUS_OK);
            order[i] = ++next_order;
        } else if ((random >> 50 & 1) != 0) {
            timers_stop(&timers, &timer[i]);
            assert_false(timer_is_set(&timer[i]));
        } else {
            for (size_t n = 0; n < TIMERS; n++)
                if (timer_is_set(&timer[n]) &&
                    (first == NULL || timer[n].at_ms < first->at_ms ||
                     (timer[n].at_ms == first->at_ms && order[n] < order[first - timer])))
                    first = &timer[n];
            assert_true(timers_next_ms(&timers) == (first == NULL ? INT64_MAX : first->at_ms));
            assert_ptr_equal(timers_take_due(&timers, INT64_MAX), first);
        }
    }
    timers_clear(&timers);
    for (size_t n = 0; n < TIMERS; n++)
        assert_false(timer_is_set(&timer[n]));
}

static void stopping_twice(void **state)
{
    struct timer timer = {0};
    struct timers timers;

    (void)state;
    timers_init(&timers);
    timers_stop(&timers, &timer);
    timers_set(&timers, &timer, 1);
    timers_stop(&timers, &timer);
    timers_stop(&timers, &timer);
    assert_true(timers_next_ms(&timers) == INT64_MAX);
    timers_set(&timers, &timer, 2);
    assert_null(timers_take_due(&timers, 1));
    assert_ptr_equal(timers_take_due(&timers, 2), &timer);
    timers_clear(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_of_time),
        cmocka_unit_test(equal_times_in_order_of_setting),
        cmocka_unit_test(against_a_list),
        cmocka_unit_test(stopping_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
