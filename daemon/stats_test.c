/*
 * stats_test.c - sums and differences of counters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/stats.h"

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
        cmocka_unit_test(totals_are_taken_off_and_what_is_now_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
