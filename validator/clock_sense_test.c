/*
 * clock_sense_test.c - what is told of the clock, to whom, and how often.
 *
 * What makes the clock suspect is shown by scenarios (testdata/clock_*.rpl).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "validator/val_state.h"

struct desk {
    struct world world;
    struct log log;
    struct clock_memory memory;
    struct validator_env own;
    struct env env;
    struct query query;
    int64_t now_ms;
    char line[400];
    enum log_level level;
    unsigned lines;
};

static int64_t mono_ms(struct world *world)
{
    return CONTAINER_OF(world, struct desk, world)->now_ms;
}

static void keep_line(struct log *log, struct log_record *record)
{
    struct desk *desk = CONTAINER_OF(log, struct desk, log);

    desk->lines++;
    desk->level = record->level;
    log_words(record, desk->line, sizeof(desk->line));
}

static void desk_init(struct desk *desk)
{
    memset(desk, 0, sizeof(*desk));
    desk->world.mono_ms = mono_ms;
    desk->log = (struct log){.level = LOG_LEVEL_INFO, .write = keep_line};
    atomic_init(&desk->memory.told_ms, CLOCK_NEVER_TOLD);
    desk->own.clock = &desk->memory;
    desk->env.world = &desk->world;
    desk->env.log = &desk->log;
    desk->env.modules[0] = &validator_module;
    desk->env.module_env[0] = &desk->own;
    desk->env.module_count = 1;
    desk->query.env = &desk->env;
    desk->query.arena = arena_new(0);
}

/* 2031-06-01 by the clock, signed from 2026-11-01 to 2027-01-01; and 1970. */
static const struct clock_word ahead = {
    true, {(const uint8_t *)"", 1, 0, 0}, 1938038400, 1793491200, 1798761600};
static const struct clock_word behind = {
    true, {(const uint8_t *)"", 1, 0, 0}, 86400, 1793491200, 1798761600};

static void both_times_are_told(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    clock_sense_tell(&desk.query, &ahead);
    assert_int_equal(desk.lines, 1);
    assert_int_equal(desk.level, LOG_LEVEL_ERROR);
    assert_string_equal(
        desk.line, "clock=ahead now=2031-06-01T00:00Z zone=. signed-from=2026-11-01T00:00Z "
                   "signed-until=2027-01-01T00:00Z: the clock of this machine seems to be "
                   "wrong; until it is right, nothing signed can be validated");
    desk.own.clock = NULL;
    clock_sense_tell(&desk.query, &behind);
    assert_non_null(strstr(desk.line, "clock=behind now=1970-01-02T00:00Z "));
    arena_free(desk.query.arena);
}

static const struct {
    const char *why;
    int64_t at_s;
    const struct clock_word *word;
    unsigned lines; /* so far */
} times[] = {
    {"the first one", 0, &ahead, 1},
    {"the next name", 1, &ahead, 1},
    {"just before it may be told again", CLOCK_TELL_EVERY_S - 1, &ahead, 1},
    {"still wrong", CLOCK_TELL_EVERY_S, &behind, 2},
    {"not again", CLOCK_TELL_EVERY_S + 1, &behind, 2},
    {"nothing is wrong", 3 * CLOCK_TELL_EVERY_S, &(const struct clock_word){.is_wrong = false},
     2},
};

static void seldom(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    for (size_t i = 0; i < COUNT(times); i++) {
        desk.now_ms = 5000 + times[i].at_s * 1000;
        clock_sense_tell(&desk.query, times[i].word);
        if (desk.lines != times[i].lines)
            fail_msg("%s: %u lines", times[i].why, desk.lines);
    }
    arena_free(desk.query.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_times_are_told),
                                       cmocka_unit_test(seldom)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
