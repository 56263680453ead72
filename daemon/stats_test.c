/*
 * stats_test.c - sums, differences and quantiles of counters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/stats.h"

static const struct {
    const char *why;
    uint64_t waits[4], at_once;
    unsigned per_mille;
    uint64_t want_ms;
} waits_cases[] = {
    {"nobody waited", {0}, 0, 500, 0},
    {"all within a millisecond", {10}, 0, 990, 1},
    {"the middle of 4 to 8 ms when half lies below", {10, 0, 0, 20}, 0, 660, 6},
    {"the last of ten is the slow one", {9, 0, 0, 1}, 0, 990, 8},
    {"and is not among the first nine", {9, 0, 0, 1}, 0, 900, 1},
    {"who was answered at once counts, too", {0, 0, 0, 1}, 9, 900, 0},
    {"but does not make the slow one faster", {0, 0, 0, 1}, 9, 990, 8},
    {"one of a thousand", {0, 0, 1, 0}, 998, 999, 4},
    {"and one of two thousand", {0, 0, 1, 0}, 1999, 999, 0},
    {"all at once", {0}, 5, 999, 0},
};

static void shares_of_waiting_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(waits_cases); i++) {
        uint64_t got = stats_quantile_ms(waits_cases[i].waits, COUNT(waits_cases[i].waits),
                                         waits_cases[i].at_once, waits_cases[i].per_mille);

        if (got != waits_cases[i].want_ms)
            fail_msg("%s: %u ms, not %u", waits_cases[i].why, (unsigned)got,
                     (unsigned)waits_cases[i].want_ms);
    }
}

static void totals_are_taken_off_and_what_is_now_stays(void **state)
{
    struct stats before = {.requests.received = 5, .under_way = 3}, now = before;
    struct stats more = {.requests.received = 2, .mesh.overruns[COST_TIME] = 1, .under_way = 1};

    (void)state;
    stats_add(&now, &more);
    assert_int_equal(now.requests.received, 7);
    assert_int_equal(now.under_way, 4);
    stats_since(&now, &before);
    assert_int_equal(now.requests.received, 2);
    assert_int_equal(now.mesh.overruns[COST_TIME], 1);
    assert_int_equal(now.under_way, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_waiting_clients),
        cmocka_unit_test(totals_are_taken_off_and_what_is_now_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
