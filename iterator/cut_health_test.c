/*
 * cut_health_test.c - who answered lately is remembered, for ten seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "iterator/cut_health.h"
#include "testcode/message_of.h"

static struct cut_health health;
static struct arena *arena;

static bool is_good(const char *zone, int64_t now_ms)
{
    return cut_health_is_good(&health, name_of(arena, zone), now_ms);
}

static void for_a_while(void **state)
{
    (void)state;
    assert_false(is_good("example.", 0));
    assert_false(is_good(".", 0));
    cut_health_note(&health, name_of(arena, "example."), 500);
    assert_true(is_good("example.", 500));
    assert_true(is_good("EXAMPLE.", 10400));
    assert_false(is_good("example.", 12000));
    assert_false(is_good("www.example.", 500));
    cut_health_note(&health, name_of(arena, "example."), 11000);
    assert_true(is_good("example.", 12000));
}

/* Other zones may take a slot, which is then nobody else's: none is good for another's sake. */
static void others_are_told_apart(void **state)
{
    unsigned good = 0;
    char name[32];

    (void)state;
    cut_health_note(&health, name_of(arena, "example."), 500);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "d%u.test.", i);
        good += is_good(name, 500);
    }
    assert_int_equal(good, 0);
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
        cmocka_unit_test(for_a_while),
        cmocka_unit_test(others_are_told_apart),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
