/*
 * zone_rate_test.c - which limit counts for a zone, and that it does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iterator/zone_rate.h"
#include "testcode/message_of.h"

static struct arena *arena;
static unsigned complaints;

static void complain(void *context, const struct opt_item *item, const char *words)
{
    (void)context;
    assert_non_null(item);
    assert_non_null(words);
    complaints++;
}

static bool read(struct zone_rates *rates, uint32_t most, const char *exact, const char *below)
{
    struct opt_item exacts[] = {{exact, "test", 1, 1}};
    struct opt_item belows[] = {{"test 0", "test", 2, 1}, {below, "test", 2, 1}};
    struct iterator_options options = {
        .ratelimit = most,
        .ratelimit_for_domain = {exact != NULL, exacts},
        .ratelimit_below_domain = {below != NULL ? 2 : 0, belows}};

    return zone_rates_read(rates, arena, &options, complain, NULL);
}

static const struct {
    const char *why, *zone;
    uint32_t most;
} cases[] = {
    {"no entry: the general one", "example.", 100},
    {"the zone itself", "big.example.", 5000},
    {"letters do not matter", "BIG.Example.", 5000},
    {"an entry of a zone says nothing of those below it", "www.big.example.", 100},
    {"below a name", "a.com.", 10},
    {"deep below it", "a.b.c.com.", 10},
    {"the name itself is not below it", "com.", 100},
    {"no limit below a name", "a.test.", 0},
    {"not every name that ends so is below it", "acom.", 100},
};

static void the_nearest_counts(void **state)
{
    struct zone_rates rates;

    (void)state;
    assert_true(read(&rates, 100, "big.example 5000", "com 10"));
    assert_true(zone_rates_limit(&rates));
    for (size_t i = 0; i < COUNT(cases); i++)
        if (zone_rates_most(&rates, name_of(arena, cases[i].zone)) != cases[i].most)
            fail_msg("%s", cases[i].why);
}

static void zones_are_counted_apart(void **state)
{
    struct zone_rates rates;

    (void)state;
    assert_true(read(&rates, 2, NULL, NULL));
    rates.table = rate_table_new(4096, (struct hash_key){1, 2});
    assert_true(zone_rates_take(&rates, name_of(arena, "a.example."), 0));
    assert_true(zone_rates_take(&rates, name_of(arena, "A.example."), 0));
    assert_false(zone_rates_take(&rates, name_of(arena, "a.example."), 0));
    assert_true(zone_rates_take(&rates, name_of(arena, "b.example."), 0));
    assert_true(zone_rates_take(&rates, name_of(arena, "a.example."), 1000));
    rate_table_free(rates.table);
}

static void mistakes_are_told(void **state)
{
    static const char *const wrong[] = {"example", "example x", "example 1x", "a..b 1",
                                        "exam ple 1"};
    struct zone_rates rates;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        complaints = 0;
        assert_false(read(&rates, 0, wrong[i], NULL));
        assert_int_equal(complaints, 1);
    }
    assert_true(read(&rates, 0, NULL, NULL));
    assert_false(zone_rates_limit(&rates));
    assert_true(zone_rates_take(&rates, name_of(arena, "a.example."), 0));
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_counts),
        cmocka_unit_test(zones_are_counted_apart),
        cmocka_unit_test(mistakes_are_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
