/*
 * quantile_test.c - which bucket a share ends in, and where between its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/quantile.h"

static const struct {
    const char *why;
    uint64_t waits[4], at_once;
    unsigned per_mille;
    uint64_t want_ms;
} cases[] = {
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

static void shares_of_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t got = quantile_ms(cases[i].waits, COUNT(cases[i].waits), cases[i].at_once,
                                   cases[i].per_mille);

        if (got != cases[i].want_ms)
            fail_msg("%s: %u ms, not %u", cases[i].why, (unsigned)got,
                     (unsigned)cases[i].want_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
