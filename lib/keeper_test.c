/*
 * keeper_test.c - when the keeper asks and writes, and what it does when that fails.
 *
 * Its surroundings are made by hand: a clock, a list of trust points, a file that can be
 * refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/keeper.h"
#include "testcode/replay_world.h"
#include "validator/rfc5011_text.h"

enum { NOW_S = 1800000000 };

struct bench {
    struct replay_world world;
    struct log log;
    unsigned lines;
    struct options *options;
    struct trust_points *points;
    struct trust_point *point; /* the only one */
    struct keeper *keeper;
    bool refuse_files, refuse_memory;
    unsigned written, refused, published;
};

static void count_line(struct log *log, struct log_record *record)
{
    CONTAINER_OF(log, struct bench, log)->lines += record->level <= LOG_LEVEL_INFO;
}

static bool write_file(void *context, const char *name, const char *known, const char *text)
{
    struct bench *bench = context;

    assert_string_equal(known, bench->point->known);
    assert_string_equal(name, "root.key");
    assert_non_null(strstr(text, ";;id: . 1\n"));
    bench->written += !bench->refuse_files;
    bench->refused += bench->refuse_files;
    return !bench->refuse_files;
}

static bool publish(void *context, struct dname zone)
{
    struct bench *bench = context;

    assert_true(dname_is_root(zone));
    bench->published += !bench->refuse_memory;
    return !bench->refuse_memory;
}

static const struct options *options_of(void *context)
{
    return ((struct bench *)context)->options;
}

/* No question is begun here: the points are never due. */
static struct env *no_env(void *context)
{
    (void)context;
    fail_msg("a question was begun");
    return NULL;
}

static const char *no_file(void *context, const char *name, struct arena *arena)
{
    (void)context, (void)name;
    return arena_text(arena,
                      ". IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n");
}

static void no_complaint(void *context, const struct opt_item *item, const char *words)
{
    (void)context, (void)item;
    fail_msg("%s", words);
}

static void make_keeper(struct bench *bench)
{
    const struct keeper_place place = {.world = &bench->world.world,
                                       .log = &bench->log,
                                       .points = bench->points,
                                       .env = no_env,
                                       .options = options_of,
                                       .publish = publish,
                                       .context = bench,
                                       .write_file = write_file,
                                       .write_context = bench};

    bench->keeper = keeper_new(&place);
    assert_non_null(bench->keeper);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct opt_item item = {.text = "root.key"};
    struct opt_list files = {1, &item};

    replay_world_init(&bench->world);
    bench->world.now_ms = (int64_t)NOW_S * 1000;
    bench->log = (struct log){.level = LOG_LEVEL_DEBUG, .write = count_line};
    bench->options = options_new();
    bench->points = trust_points_read(NULL, &files, no_complaint, no_file, NULL);
    assert_non_null(bench->points);
    bench->point = CONTAINER_OF(list_first(&bench->points->list), struct trust_point, link);
    bench->point->point->query_interval_s = 40000;
    bench->point->point->next_probe_s = NOW_S + 36000;
    make_keeper(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    keeper_free(bench->keeper);
    trust_points_free(bench->points);
    options_free(bench->options);
    replay_world_clear(&bench->world);
    free(bench);
    return 0;
}

static void touch(struct bench *bench)
{
    bench->points->touched = true;
    assert_false(keeper_run(bench->keeper));
}

static int64_t next_s(const struct bench *bench)
{
    return (timers_next_ms(&bench->world.timers) - bench->world.now_ms) / 1000;
}

/* Moves the clock to the next timer; @return seconds until it. */
static int64_t pass(struct bench *bench)
{
    int64_t seconds = next_s(bench);
    struct timer *timer;

    bench->world.now_ms += seconds * 1000;
    timer = timers_take_due(&bench->world.timers, bench->world.now_ms);
    assert_non_null(timer);
    timer->fire(timer);
    assert_false(keeper_run(bench->keeper));
    return seconds;
}

static void writes_once(void **state)
{
    struct bench *bench = *state;

    touch(bench);
    assert_int_equal(bench->written, 0);
    bench->point->unwritten = true;
    assert_false(keeper_run(bench->keeper)); /* nothing was learned: nothing is looked at */
    assert_int_equal(bench->written, 0);
    touch(bench);
    touch(bench);
    assert_int_equal(bench->written, 1);
    assert_int_equal(next_s(bench), 36000);
}

/* Whoever fetches the keys, the times of the file change: once an hour is enough for that. A
 * key that has moved does not wait. */
static void writes_seldom(void **state)
{
    struct bench *bench = *state;

    bench->point->unwritten = true;
    touch(bench);
    assert_int_equal(bench->written, 1);
    bench->point->unwritten = true;
    touch(bench);
    assert_int_equal(bench->written, 1);
    assert_int_equal(next_s(bench), 3600);
    bench->point->urgent = true;
    touch(bench);
    assert_int_equal(bench->written, 2);
    bench->point->unwritten = true;
    touch(bench);
    assert_int_equal(pass(bench), 3600);
    assert_int_equal(bench->written, 3);
}

/* A write that fails is tried again after 5 s, then ever later, at most an hour. */
static void writes_again(void **state)
{
    struct bench *bench = *state;
    static const int64_t waits[] = {5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600};

    bench->point->point->next_probe_s = NOW_S + 39999;
    bench->point->unwritten = true;
    bench->refuse_files = true;
    touch(bench);
    for (size_t i = 0; i < COUNT(waits); i++) {
        assert_int_equal(bench->refused, i + 1);
        assert_int_equal(next_s(bench), waits[i]);
        touch(bench); /* what is learned meanwhile does not make it more often */
        assert_int_equal(bench->refused, i + 1);
        (void)pass(bench);
    }
    bench->refuse_files = false;
    (void)pass(bench);
    assert_int_equal(bench->written, 1);
    bench->refuse_files = true;
    bench->point->unwritten = bench->point->urgent = true;
    touch(bench);
    assert_int_equal(next_s(bench), 5); /* from the beginning */
}

static void tells_again(void **state)
{
    struct bench *bench = *state;
    unsigned lines = bench->lines;

    bench->refuse_memory = true;
    bench->point->trust_changed = true;
    touch(bench);
    assert_int_equal(bench->published, 0);
    assert_int_equal(next_s(bench), 1);
    bench->refuse_memory = false;
    (void)pass(bench);
    assert_int_equal(bench->published, 1);
    assert_int_equal(bench->lines, lines + 1);
    touch(bench);
    assert_int_equal(bench->published, 1);
}

/* At the end there is one more try. */
static void writes_at_the_end(void **state)
{
    struct bench *bench = *state;

    bench->refuse_files = true;
    bench->point->unwritten = true;
    touch(bench);
    bench->refuse_files = false;
    keeper_free(bench->keeper);
    assert_int_equal(bench->written, 1);
    make_keeper(bench);
}

/* A wait of weeks is looked at each day, for the clock may be set meanwhile. */
static void looks_at_the_clock(void **state)
{
    struct bench *bench = *state;

    bench->point->point->query_interval_s = 15 * 86400;
    bench->point->point->next_probe_s = NOW_S + 14 * 86400;
    touch(bench);
    for (int i = 0; i < 13; i++)
        assert_int_equal(pass(bench), 86400);
    bench->point->point->deleted = true;
    touch(bench);
    assert_int_equal(timers_next_ms(&bench->world.timers), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_seldom, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writes_at_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_at_the_clock, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
