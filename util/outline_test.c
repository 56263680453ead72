/*
 * outline_test.c - both forms of one answer, and what must not get out of a text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/outline.h"

static char *say_all(struct arena *arena, enum outline_form form)
{
    struct outline outline;

    outline_begin(&outline, arena, form);
    outline_text(&outline, "version", "1.0");
    outline_number(&outline, "threads", 2);
    outline_bool(&outline, "validates", true);
    outline_text(&outline, "left out", NULL);
    outline_open(&outline, "cache");
    outline_number(&outline, "entries", -3);
    outline_thousandths(&outline, "share", 12005);
    outline_thousandths(&outline, "change", -20);
    outline_close(&outline);
    outline_open_list(&outline, "upstreams");
    for (int i = 1; i <= 2; i++) {
        outline_open_row(&outline);
        outline_bare(&outline, "server", i == 1 ? "192.0.2.1:53" : "[2001:db8::1]:53");
        outline_printf(&outline, "zone", "zone %d", i);
        outline_number(&outline, "rtt", 10 * i);
        outline_close(&outline);
    }
    outline_close(&outline);
    outline_open_list(&outline, "names");
    outline_text(&outline, NULL, "a");
    outline_text(&outline, NULL, "b");
    outline_close(&outline);
    outline_open_list(&outline, "failures");
    outline_close(&outline);
    return outline_done(&outline);
}

static void both_forms(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    assert_string_equal(say_all(arena, OUTLINE_LINES),
                        "version: 1.0\nthreads: 2\nvalidates: yes\n"
                        "cache:\n  entries: -3\n  share: 12.005\n  change: -0.020\n"
                        "upstreams:\n"
                        "  192.0.2.1:53 zone=\"zone 1\" rtt=10\n"
                        "  [2001:db8::1]:53 zone=\"zone 2\" rtt=20\n"
                        "names:\n  a\n  b\n"
                        "failures: none\n");
    assert_string_equal(
        say_all(arena, OUTLINE_JSON),
        "{\"version\":\"1.0\",\"threads\":2,\"validates\":true,\"cache\":{\"entries\":-3,"
        "\"share\":12.005,\"change\":-0.020},"
        "\"upstreams\":[{\"server\":\"192.0.2.1:53\",\"zone\":\"zone 1\",\"rtt\":10},"
        "{\"server\":\"[2001:db8::1]:53\",\"zone\":\"zone 2\",\"rtt\":20}],"
        "\"names\":[\"a\",\"b\"],\"failures\":[]}\n");
    arena_free(arena);
}

static void texts_are_made_harmless(void **state)
{
    static const struct {
        const char *text, *lines, *json, *why;
    } cases[] = {
        {"plain", "plain", "plain", "as it is"},
        {"a\nb\033[2J", "a?b?[2J", "a\\u000ab\\u001b[2J", "terminal sequences"},
        {"say \"x\\y\"", "say \"x\\y\"", "say \\\"x\\\\y\\\"", "quotes"},
        {"\xc3\xa9", "\xc3\xa9", "\xc3\xa9", "UTF-8 of two octets"},
        {"\xe2\x82\xac!", "\xe2\x82\xac!", "\xe2\x82\xac!", "UTF-8 of three octets"},
        {"\xff\xc3", "\xff\xc3", "\\u00ff\\u00c3", "not UTF-8: JSON must be"},
        {"\xe2\x82", "\xe2\x82", "\\u00e2\\u0082", "UTF-8 that ends too early"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct outline outline;

        outline_begin(&outline, arena, OUTLINE_LINES);
        outline_text(&outline, "k", cases[i].text);
        assert_string_equal(outline_done(&outline), arena_printf(arena, "k: %s\n", cases[i].lines));
        outline_begin(&outline, arena, OUTLINE_JSON);
        outline_text(&outline, "k", cases[i].text);
        assert_string_equal(outline_done(&outline),
                            arena_printf(arena, "{\"k\":\"%s\"}\n", cases[i].json));
        arena_free(arena);
    }
}

/* Levels beyond the bound are closed as often as they were opened, and nothing is lost. */
static void depth_is_bounded(void **state)
{
    struct arena *arena = arena_new(0);
    struct outline outline;
    unsigned opened = 0, closed = 0;

    (void)state;
    outline_begin(&outline, arena, OUTLINE_JSON);
    for (int i = 0; i < OUTLINE_DEPTH_MAX + 10; i++)
        outline_open(&outline, "k");
    outline_number(&outline, "n", 1);
    for (int i = 0; i < OUTLINE_DEPTH_MAX + 10; i++)
        outline_close(&outline);
    for (const char *at = outline_done(&outline); *at != '\0'; at++) {
        opened += *at == '{';
        closed += *at == '}';
    }
    assert_int_equal(opened, OUTLINE_DEPTH_MAX + 1);
    assert_int_equal(opened, closed);
    arena_free(arena);
}

static void without_memory_there_is_no_half_answer(void **state)
{
    struct arena *arena = arena_new(4096);
    struct outline outline;

    (void)state;
    outline_begin(&outline, arena, OUTLINE_LINES);
    for (int i = 0; i < 5000; i++)
        outline_number(&outline, "number", i);
    assert_null(outline_done(&outline));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms),
        cmocka_unit_test(texts_are_made_harmless),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(without_memory_there_is_no_half_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
