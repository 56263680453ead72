/*
 * top_view_test.c - two answers of a daemon, and what is made of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/top_view.h"

static const char before_text[] =
    "version: 1.2\nuptime: 90061\nstats:\n"
    "  num.queries: 100\n  num.answers: 100\n  num.cachehits: 50\n  num.cachemiss: 50\n"
    "  num.queries.dropped.rate: 1\n  num.limits.time: 3\n"
    "  histogram.ms.below.1: 5\n  histogram.ms.below.8: 7\n"
    "threads:\n  thread=0 queries=60 hits=1 requests=2\n  thread=1 queries=40 hits=1 "
    "requests=0\n"
    "zones:\n  a.example failed=10 over=0 last=\"22 No Reachable Authority\"\n"
    "something new:\n  whatever it=\"is\"\n"
    "servers:\n  192.0.2.1:53 failed=4 over=0 last=silent rtt_ms=12 timeouts=2\n";

static const char now_text[] =
    "version: 1.2\nuptime: 90063\nstats:\n"
    "  num.queries: 300\n  num.answers: 290\n  num.cachehits: 200\n  num.cachemiss: 100\n"
    "  num.queries.dropped.rate: 3\n  num.queries.dropped.full: 8\n  num.limits.time: 5\n"
    "  histogram.ms.below.1: 5\n  histogram.ms.below.8: 26\n  requestlist.current: 4\n"
    "threads:\n  thread=0 queries=160 hits=1 requests=2\n  thread=1 queries=140 hits=1 "
    "requests=0\n"
    "zones:\n  a.example failed=12 over=0 last=\"22 No \\\"Reachable\\\" Authority\"\n"
    "  b.example failed=30 over=20 last=\"6 DNSSEC Bogus\"\n"
    "servers:\n";

struct both {
    struct arena *arena;
    struct top_sample before, now;
    struct top_view view;
};

static struct top_sample sample_of(const char *text, struct arena *arena, int64_t at_ms)
{
    struct top_sample sample;

    assert_true(top_sample_read(&sample, slice_of(text, strlen(text)), arena, at_ms));
    return sample;
}

static void compare(struct both *both)
{
    both->arena = arena_new(0);
    both->before = sample_of(before_text, both->arena, 1000);
    top_view_make(&both->view, &both->before, NULL);
    assert_int_equal(both->view.queries, 0);
    both->now = sample_of(now_text, both->arena, 3000);
    top_view_make(&both->view, &both->now, &both->before);
}

static void two_samples_make_rates(void **state)
{
    struct both both;
    const struct top_view *view = &both.view;

    (void)state;
    compare(&both);
    assert_int_equal(view->interval_ms, 2000);
    assert_int_equal(view->queries, 100000);
    assert_int_equal(view->at_hand_share, 750);
    assert_int_equal(view->dropped,
                     5000); /* a cause that was not there before counts as well */
    assert_int_equal(view->waited, 19);
    assert_int_equal(view->wait_ms[0], 6);
    assert_int_equal(view->answer_ms[1], 0);
    assert_int_equal(view->answer_ms[3], 8);
    assert_int_equal(view->limit_count, 1);
    assert_int_equal(view->limits[0].rate, 1000);
    assert_int_equal(view->limits[0].total, 5);
    arena_free(both.arena);
}

static void what_fails_now_comes_first(void **state)
{
    struct both both;
    const struct top_rows *zones = &both.now.zones;

    (void)state;
    compare(&both);
    assert_int_equal(zones->count, 2);
    assert_string_equal(zones->list[0].name, "b.example");
    assert_int_equal(zones->list[0].recent, 5000); /* what it took over from others left out */
    assert_string_equal(zones->list[1].name, "a.example");
    assert_int_equal(zones->list[1].recent, 1000);
    assert_string_equal(zones->list[1].last, "22 No \"Reachable\" Authority");
    assert_int_equal(both.before.servers.list[0].rtt_ms, 12);
    arena_free(both.arena);
}

/* A rate lately fades; it does not jump. */
static void rates_are_carried_on(void **state)
{
    struct both both;
    struct top_sample later;

    (void)state;
    compare(&both);
    later = sample_of(now_text, both.arena, 4000);
    top_view_make(&both.view, &later, &both.now);
    assert_string_equal(later.zones.list[0].name, "b.example");
    assert_int_equal(later.zones.list[0].recent, 3750);
    assert_int_equal(both.view.queries, 0);
    assert_int_equal(both.view.at_hand_share, -1);
    arena_free(both.arena);
}

static const struct {
    const char *why;
    size_t width, height;
} windows[] = {{"as wide as most", 80, 24}, {"narrow", 20, 24}, {"low", 80, 5},
               {"a single cell", 1, 1},     {"huge", 400, 100}, {"few rows left", 80, 15}};

static void pictures_fit_the_window(void **state)
{
    struct both both;

    (void)state;
    compare(&both);
    for (size_t i = 0; i < COUNT(windows); i++) {
        struct text text = text_in(both.arena);
        size_t lines = 0;

        top_view_draw(&both.view, windows[i].width, windows[i].height, false, &text);
        assert_non_null(text_done(&text));
        for (const char *at = text.chars; *at != '\0'; at += strcspn(at, "\n") + 1, lines++)
            if (strcspn(at, "\n") > windows[i].width)
                fail_msg("%s: a line is too wide", windows[i].why);
        if (lines > windows[i].height || lines < size_min(windows[i].height, 15))
            fail_msg("%s: %zu lines", windows[i].why, lines);
    }
    arena_free(both.arena);
}

static void garbage_is_no_sample(void **state)
{
    static const char *const cases[] = {"", "\n\n", "stats:\n", "stats:\n  a\n",
                                        "zones:\n  a =\" b=\n  =\n"};
    struct arena *arena = arena_new(0);
    struct top_sample sample;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_false(top_sample_read(&sample, slice_of(cases[i], strlen(cases[i])), arena, 0));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_samples_make_rates), cmocka_unit_test(what_fails_now_comes_first),
        cmocka_unit_test(rates_are_carried_on),   cmocka_unit_test(pictures_fit_the_window),
        cmocka_unit_test(garbage_is_no_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
