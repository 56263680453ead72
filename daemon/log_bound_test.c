/*
 * log_bound_test.c - lines of one kind in a minute: how many are let through, and what is told
 * of the others.
 */
#include "daemon/log_bound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct desk {
    struct world world;
    struct timers timers;
    struct log log;
    struct log_bound bound;
    int64_t now_ms;
    unsigned lines;
    enum log_level level;
    char line[LOG_LINE_MAX]; /* the last one */
} desk;

static int64_t mono_ms(struct world *world)
{
    (void)world;
    return desk.now_ms;
}

static enum status timer_set(struct world *world, struct timer *timer, int64_t at_ms)
{
    (void)world;
    return timers_set(&desk.timers, timer, at_ms);
}

static void timer_stop(struct world *world, struct timer *timer)
{
    (void)world;
    timers_stop(&desk.timers, timer);
}

static void keep(struct log *log, struct log_record *record)
{
    (void)log;
    desk.lines++;
    desk.level = record->level;
    log_render(record, LOG_TEXT, NULL, 0, desk.line, sizeof(desk.line));
}

static bool admit(struct log *log, enum log_level level, const char *format)
{
    (void)log;
    return log_bound_admit(&desk.bound, level, format);
}

static int set_up(void **state)
{
    (void)state;
    memset(&desk, 0, sizeof(desk));
    timers_init(&desk.timers);
    desk.world =
        (struct world){.mono_ms = mono_ms, .timer_set = timer_set, .timer_stop = timer_stop};
    desk.log = (struct log){.level = LOG_LEVEL_DEBUG, .write = keep, .admit = admit};
    log_bound_init(&desk.bound, &desk.world, &desk.log);
    desk.bound.most = 10;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_bound_clear(&desk.bound);
    timers_clear(&desk.timers);
    return 0;
}

static void pass(int64_t ms)
{
    struct timer *due;

    desk.now_ms += ms;
    while ((due = timers_take_due(&desk.timers, desk.now_ms)) != NULL)
        due->fire(due);
}

static void flood(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        log_line(&desk.log, LOG_LEVEL_WARN, "event=flooded number=%u", i);
}

static void so_many_a_minute_and_the_rest_is_counted(void **state)
{
    (void)state;
    pass(20000);
    flood(1244);
    assert_int_equal(desk.lines, 10);
    log_line(&desk.log, LOG_LEVEL_INFO, "event=other");
    assert_int_equal(desk.lines, 11); /* another kind is not meant */
    pass(39999);
    assert_int_equal(desk.lines, 11);
    pass(1); /* by its own timer: nothing else needs to be logged */
    assert_int_equal(desk.lines, 12);
    assert_int_equal(desk.level, LOG_LEVEL_WARN);
    assert_string_equal(
        desk.line, "event=repeated of=flooded count=1234 seconds=60 msg=\"and 1,234 more\"");
    pass(600000); /* told once */
    assert_int_equal(desk.lines, 12);
    flood(10);
    assert_int_equal(desk.lines, 22);
    assert_int_equal(desk.bound.left_out, 1234);
}

static void what_was_asked_for_has_no_bound(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        log_each(&desk.log, LOG_LEVEL_INFO, "event=query");
        log_line(&desk.log, LOG_LEVEL_DEBUG, "event=step");
    }
    assert_int_equal(desk.lines, 200);
    desk.bound.most = 0;
    flood(100);
    assert_int_equal(desk.lines, 300);
    assert_int_equal(desk.bound.left_out, 0);
}

/* However many kinds there are, the memory is the same and the bound holds. */
static void many_kinds(void **state)
{
    static const char formats[LOG_BOUND_KINDS * 2][8] = {"event=a"};

    (void)state;
    for (size_t i = 0; i < COUNT(formats); i++)
        for (int k = 0; k < 20; k++)
            desk.lines += log_bound_admit(&desk.bound, LOG_LEVEL_INFO, formats[i]);
    assert_int_equal(desk.lines, LOG_BOUND_KINDS * 10);
}

static void told_at_the_end(void **state)
{
    (void)state;
    flood(11);
    pass(1500);
    log_bound_clear(&desk.bound);
    assert_string_equal(desk.line,
                        "event=repeated of=flooded count=1 seconds=1 msg=\"and 1 more\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(so_many_a_minute_and_the_rest_is_counted),
        TEST(what_was_asked_for_has_no_bound),
        TEST(many_kinds),
        TEST(told_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
