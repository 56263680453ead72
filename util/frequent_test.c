/*
 * frequent_test.c - who is met often is found, whatever else comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/frequent.h"

static void note(struct frequent *table, const char *key, uint32_t what)
{
    frequent_note(table, slice_of(key, strlen(key)), what);
}

static const struct frequent_item *item_of(const struct frequent *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->items[i].size == strlen(key) &&
            memcmp(table->items[i].key, key, strlen(key)) == 0)
            return &table->items[i];
    return NULL;
}

static void few_keys_are_counted_exactly(void **state)
{
    struct frequent table = {.count = 0};

    (void)state;
    for (int i = 0; i < 5; i++)
        note(&table, "a", 7);
    note(&table, "b", 8);
    note(&table, "a", 9);
    note(&table, "", 1);
    frequent_sort(&table);
    assert_int_equal(table.count, 3);
    assert_int_equal(table.items[0].count, 6);
    assert_int_equal(table.items[0].note, 9);
    assert_int_equal(item_of(&table, "b")->count, 1);
    assert_int_equal(item_of(&table, "b")->over, 0);
}

/* One in ten is the same; all others come once. No count is too low, none too high by more than
 * it says, and none by more than the share of a place. */
static void the_frequent_stay(void **state)
{
    struct frequent table = {.count = 0};
    const struct frequent_item *found;
    char key[32];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof(key), "once-%d", i);
        note(&table, i % 10 == 3 ? "often" : key, 0);
    }
    found = item_of(&table, "often");
    assert_non_null(found);
    assert_int_equal(table.count, FREQUENT_KEPT);
    assert_true(found->count >= 1000 && found->count - found->over <= 1000);
    for (size_t i = 0; i < table.count; i++)
        assert_true(table.items[i].over <= 10000 / FREQUENT_KEPT);
    frequent_sort(&table);
    assert_ptr_equal(item_of(&table, "often"), &table.items[0]);
}

static void tables_add_up(void **state)
{
    struct frequent one = {.count = 0}, other = {.count = 0};

    (void)state;
    note(&one, "a", 1);
    note(&one, "b", 1);
    note(&other, "a", 2);
    note(&other, "c", 3);
    for (size_t i = 0; i < other.count; i++)
        frequent_add(&one, &other.items[i]);
    assert_int_equal(one.count, 3);
    assert_int_equal(item_of(&one, "a")->count, 2);
    assert_int_equal(item_of(&one, "a")->over, 0);
    assert_int_equal(item_of(&one, "a")->note, 2);
}

static void a_long_key_is_cut(void **state)
{
    struct frequent table = {.count = 0};
    uint8_t key[300];

    (void)state;
    memset(key, 'x', sizeof(key));
    frequent_note(&table, slice_of(key, sizeof(key)), 0);
    frequent_note(&table, slice_of(key, 200), 0);
    assert_int_equal(table.count, 1);
    assert_int_equal(table.items[0].size, FREQUENT_KEY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_keys_are_counted_exactly),
        cmocka_unit_test(the_frequent_stay),
        cmocka_unit_test(tables_add_up),
        cmocka_unit_test(a_long_key_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
