/*
 * rate_table_test.c - so many a second and no more, for each stranger by himself.
 */
#include "util/rate_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct hash_key key = {5, 6};

/* How many of so many tries, evenly over that time, are let through. */
static unsigned passed(struct rate_table *table, uint64_t hash, uint32_t most, bool backoff,
                       int64_t from_ms, int64_t ms, unsigned tries)
{
    unsigned good = 0;

    for (unsigned i = 0; i < tries; i++)
        good += rate_take(table, hash, most, backoff, from_ms + ms * i / tries);
    return good;
}

static const struct {
    const char *why;
    uint32_t most;
    bool backoff;
    int64_t ms;
    unsigned tries, least, greatest;
} cases[] = {
    {"fewer than allowed: all", 100, false, 10000, 900, 900, 900},
    {"just as many: all", 100, false, 10000, 1000, 1000, 1000},
    {"all at once: a second's worth", 100, false, 0, 500, 100, 100},
    {"ten times too many: as many a second as allowed, and the first second's worth", 100,
     false, 10000, 10000, 1095, 1101},
    {"with back-off: the first second's worth, and no more while they go on", 100, true, 10000,
     10000, 100, 115},
    {"with back-off: few too few to matter", 100, true, 10000, 950, 950, 950},
    {"one a second", 1, false, 10000, 1000, 10, 11},
    {"more than can be told apart: as many as come", 2000000, false, 0, 100000, 100000, 100000},
};

static void so_many_a_second(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rate_table *table = rate_table_new(4096, key);
        unsigned good = passed(table, 77, cases[i].most, cases[i].backoff, 1000, cases[i].ms,
                               cases[i].tries);

        if (good < cases[i].least || good > cases[i].greatest)
            fail_msg("%s: %u", cases[i].why, good);
        rate_table_free(table);
    }
}

static void backoff_ends_when_the_demand_does(void **state)
{
    struct rate_table *table = rate_table_new(4096, key);

    (void)state;
    (void)passed(table, 77, 100, true, 1000, 5000, 5000);
    assert_int_equal(passed(table, 77, 100, true, 7000, 1000, 50), 0); /* still too early */
    assert_int_equal(passed(table, 77, 100, true, 12000, 1000, 50), 50);
    rate_table_free(table);
}

static void each_for_himself(void **state)
{
    struct rate_table *table = rate_table_new(65536, key);

    (void)state;
    (void)passed(table, 1, 10, false, 1000, 0, 1000);
    for (uint64_t other = 1; other < 50; other++)
        assert_true(rate_take(table, other << 48 | 1, 10, false, 1000)); /* in the same set */
    assert_false(rate_take(table, 1, 10, false, 1000));
    rate_table_free(table);
}

/* Forged addresses without number do not make the table forget who asks too much. */
static void who_asks_most_is_remembered(void **state)
{
    struct rate_table *table = rate_table_new(4096, key);

    (void)state;
    (void)passed(table, 42, 10, false, 1000, 0, 100);
    for (uint64_t i = 1; i < 100000; i++)
        (void)rate_take(table, i * 0x9e3779b97f4a7c15u, 10, false, 1000);
    assert_false(rate_take(table, 42, 10, false, 1000));
    rate_table_free(table);
}

static void a_table_of_nothing_has_places(void **state)
{
    struct rate_table *table = rate_table_new(0, key);

    (void)state;
    assert_non_null(table);
    assert_true(
        rate_take(table, 0, 1, false, 1000)); /* also the hash that is an empty word's */
    assert_false(rate_take(table, 0, 1, false, 1000));
    assert_true(rate_take(table, 0, 1, false, 2100));
    assert_int_equal(rate_table_key(table).a, key.a);
    rate_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_a_second),
        cmocka_unit_test(backoff_ends_when_the_demand_does),
        cmocka_unit_test(each_for_himself),
        cmocka_unit_test(who_asks_most_is_remembered),
        cmocka_unit_test(a_table_of_nothing_has_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
