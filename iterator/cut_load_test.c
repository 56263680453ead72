/*
 * cut_load_test.c - one zone's questions are bounded, more tightly while it is silent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iterator/cut_load.h"
#include "testcode/message_of.h"

static struct cut_load load;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    memset(&load, 0, sizeof(load));
    arena = arena_new(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static unsigned how_many(const char *zone, uint32_t most)
{
    struct dname name = name_of(arena, zone);
    unsigned count = 0;
    uint16_t slot;

    while (count < 1000 && cut_load_enter(&load, name, most, &slot))
        count++;
    for (unsigned i = 0; i < count; i++)
        cut_load_leave(&load, slot, CUT_WITHDRAWN);
    return count;
}

static void end(const char *zone, enum cut_end how, unsigned times)
{
    uint16_t slot;

    for (unsigned i = 0; i < times; i++) {
        assert_true(cut_load_enter(&load, name_of(arena, zone), 200, &slot));
        cut_load_leave(&load, slot, how);
    }
}

static void bounded(void **state)
{
    (void)state;
    assert_int_equal(how_many("example.", 200), 200);
    assert_int_equal(how_many("EXAMPLE.", 200), 200);
}

static void others_are_free(void **state)
{
    uint16_t slot;

    (void)state;
    while (cut_load_enter(&load, name_of(arena, "dead.example."), 20, &slot))
        ;
    assert_int_equal(how_many("alive.example.", 20), 20);
}

static void silence_shrinks(void **state)
{
    (void)state;
    end("example.", CUT_TIMED_OUT, 15);
    assert_int_equal(how_many("example.", 200), 200); /* too few to judge */
    end("example.", CUT_TIMED_OUT, 5);
    assert_int_equal(how_many("example.", 200), 20);
    assert_int_equal(how_many("example.", 5), 1); /* never nothing: it may come back */
    end("example.", CUT_ANSWERED, 4);
    assert_int_equal(how_many("example.", 200), 200);
}

static void silence_is_told(void **state)
{
    uint16_t slot;

    (void)state;
    assert_true(cut_load_enter(&load, name_of(arena, "example."), 200, &slot));
    assert_false(cut_load_is_silent(&load, slot));
    end("example.", CUT_TIMED_OUT, 20);
    assert_true(cut_load_is_silent(&load, slot));
    end("example.", CUT_ANSWERED, 4);
    assert_false(cut_load_is_silent(&load, slot));
}

static void old_ends_fade(void **state)
{
    (void)state;
    end("example.", CUT_TIMED_OUT, 5000);
    assert_int_equal(how_many("example.", 200), 20);
    end("example.", CUT_ANSWERED, 30);
    assert_int_equal(how_many("example.", 200), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others_are_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_shrinks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_ends_fade, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
