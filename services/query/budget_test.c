/*
 * budget_test.c - taking comes before working; the first limit that said no is remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/query/budget.h"

static struct budget *small(void)
{
    struct budget_limits limits;

    budget_limits_default(&limits);
    limits.most[COST_SENDS] = 3;
    limits.most[COST_ALIASES] = 1;
    limits.soft_sends = 2;
    limits.time_ms = 700;
    return budget_new(&limits, 1000);
}

static void taking(void **state)
{
    struct budget *budget = small();

    (void)state;
    assert_int_equal(budget->deadline_ms, 1700);
    assert_true(budget_take(budget, COST_SENDS, 2));
    assert_false(budget_take(budget, COST_SENDS, 2)); /* takes all or nothing */
    assert_int_equal(budget->left[COST_SENDS], 1);
    assert_true(budget_take(budget, COST_SENDS, 1));
    assert_int_equal(budget->exhausted, COST_SENDS);
    budget_unref(budget);
}

static void first_no_counts(void **state)
{
    struct budget *budget = small();

    (void)state;
    assert_int_equal(budget->exhausted, COSTS);
    assert_true(budget_take(budget, COST_ALIASES, 1));
    assert_false(budget_take(budget, COST_ALIASES, 1));
    assert_false(budget_take(budget, COST_SENDS, 9));
    assert_int_equal(budget->exhausted, COST_ALIASES);
    assert_string_equal(cost_word(budget->exhausted), "cname");
    budget_unref(budget);
}

static void extras_end_early(void **state)
{
    struct budget *budget = small();

    (void)state;
    assert_true(budget_allows_extras(budget));
    budget_take(budget, COST_SENDS, 2);
    assert_false(budget_allows_extras(budget));
    assert_true(budget_take(budget, COST_SENDS, 1)); /* what the answer needs goes on */
    budget_unref(budget);
}

static void shared(void **state)
{
    struct budget *budget = small(), *again = budget_ref(budget);

    (void)state;
    budget_unref(budget);
    assert_true(budget_take(again, COST_SENDS, 1));
    budget_unref(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taking),
        cmocka_unit_test(first_no_counts),
        cmocka_unit_test(extras_end_early),
        cmocka_unit_test(shared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
