/*
 * counter_test.c - the statistics table: names, and sums over threads that are counting.
 */
#include "util/counter.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void names_are_there_and_unique(void **state)
{
    (void)state;
    for (int i = 0; i < COUNTERS; i++) {
        assert_true(strlen(counter_name((enum counter)i)) > 0);
        assert_true(strlen(counter_words((enum counter)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(counter_name((enum counter)i),
                                    counter_name((enum counter)j));
    }
}

enum { ROUNDS = 20000 };

static void *count_up(void *context)
{
    struct counters *counters = context;

    for (int i = 0; i < ROUNDS; i++) {
        counter_add(counters, COUNTER_QUERIES, 1);
        counter_add(counters, COUNTER_CACHE_HITS, 2);
    }
    return NULL;
}

/* Reading beside the writers must be no race (ThreadSanitizer) and never go back. */
static void sums_over_threads(void **state)
{
    static struct counters each[2];
    pthread_t thread[2];
    uint64_t last = 0;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count_up, &each[i]), 0);
    for (int i = 0; i < 100; i++) {
        uint64_t sums[COUNTERS] = {0};

        counters_add_to(sums, &each[0]);
        counters_add_to(sums, &each[1]);
        assert_true(sums[COUNTER_QUERIES] >= last);
        last = sums[COUNTER_QUERIES];
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);

    uint64_t sums[COUNTERS] = {0};
    counters_add_to(sums, &each[0]);
    counters_add_to(sums, &each[1]);
    assert_int_equal(sums[COUNTER_QUERIES], 2 * ROUNDS);
    assert_int_equal(sums[COUNTER_CACHE_HITS], 4 * ROUNDS);
    assert_int_equal(sums[COUNTER_TIMEOUTS], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_there_and_unique),
        cmocka_unit_test(sums_over_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
