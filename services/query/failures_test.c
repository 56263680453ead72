/*
 * failures_test.c - what the ring of failed questions keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/query/failures.h"

static int64_t now_ms(struct world *world)
{
    (void)world;
    return 5000;
}

static int64_t wall_s(struct world *world)
{
    (void)world;
    return 1700000000;
}

static struct world world = {.mono_ms = now_ms, .wall_s = wall_s};

/* A query that has failed, with an event in its trace. */
static void fail_question(struct failures *failures, const char *name, uint16_t type)
{
    struct arena *arena = arena_new(0);
    struct env env = {.world = &world};
    struct query query = {.env = &env, .arena = arena, .started_ms = 4000};
    struct trace *below = trace_new(4500);
    struct trace_event found = {.kind = TRACE_LAME, .upstream_ede = -1};
    struct trace_event sub = {.kind = TRACE_SUBQUESTION, .upstream_ede = -1, .below = below};

    query.trace = trace_new(4000);
    assert_int_equal(dname_from_text_in(arena, name, &query.question.qname), STATUS_OK);
    query.question.qtype = type;
    query.outcome.message.rcode = RCODE_SERVFAIL;
    reasons_add(&query.outcome.reasons, arena, EDE_OTHER, "limit=time");
    trace_add(below, 4600, &found);
    trace_add(query.trace, 4700, &sub);
    failures_note(failures, &query);
    trace_unref(below);
    trace_unref(query.trace);
    arena_free(arena);
}

/* The reasons of fail_question name no zone, so that the name asked for stands in for it. */
static void zones_that_fail_are_counted(void **state)
{
    struct failures *failures = failures_new();
    struct arena *arena = arena_new(0);
    struct env env = {.world = &world};
    struct query query = {.env = &env, .arena = arena, .started_ms = 4000};
    const struct frequent *zones = failures_zones(failures);

    (void)state;
    assert_null(failures_zones(NULL));
    assert_int_equal(dname_from_text_in(arena, "www.One.example", &query.question.qname),
                     STATUS_OK);
    query.question.qtype = TYPE_A;
    reasons_add(&query.outcome.reasons, arena, EDE_NO_REACHABLE_AUTHORITY,
                "deleg=all-failed for www.one.example/A z=one.example n=2/2");
    failures_note(failures, &query);
    query.question.qtype = TYPE_MX;
    failures_note(failures, &query);
    fail_question(failures, "Other.example", TYPE_A);
    assert_int_equal(zones->count, 2);
    assert_int_equal(zones->items[0].count, 2);
    assert_int_equal(zones->items[0].note, EDE_NO_REACHABLE_AUTHORITY);
    assert_memory_equal(zones->items[0].key, "one.example", 11);
    assert_int_equal(zones->items[0].size, 11);
    assert_memory_equal(zones->items[1].key, "other.example", 13);
    failures_free(failures);
    arena_free(arena);
}

static void the_latest_comes_first_with_all_that_went_wrong(void **state)
{
    struct failures *failures = failures_new();
    struct arena *arena = arena_new(0);
    struct failure *list;
    char text[DNAME_TEXT_MAX];
    size_t count;

    (void)state;
    fail_question(failures, "one.example", TYPE_A);
    fail_question(failures, "two.example", TYPE_A);
    list = failures_copy(failures, arena, &count);
    assert_int_equal(count, 2);
    assert_string_equal(dname_to_text(list[0].name, text), "two.example.");
    assert_int_equal(list[0].took_ms, 1000);
    assert_int_equal(list[0].wall_s, 1700000000);
    assert_string_equal(list[0].reasons.item[0].text, "limit=time");
    assert_int_equal(list[0].line_count, 1);
    assert_string_equal(list[0].lines[0], "600 ms lame"); /* since the first trace began */
    failures_free(failures);
    arena_free(arena);
}

static void the_same_question_has_one_place(void **state)
{
    struct failures *failures = failures_new();
    struct arena *arena = arena_new(0);
    struct failure *list;
    size_t count;

    (void)state;
    fail_question(failures, "one.example", TYPE_A);
    fail_question(failures, "one.example", TYPE_AAAA);
    fail_question(failures, "ONE.example", TYPE_A);
    list = failures_copy(failures, arena, &count);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].type, TYPE_A);
    assert_int_equal(list[0].times, 2);
    failures_free(failures);
    arena_free(arena);
}

static void the_oldest_goes_when_all_places_are_taken(void **state)
{
    struct failures *failures = failures_new();
    struct arena *arena = arena_new(0);
    struct failure *list;
    char text[DNAME_TEXT_MAX];
    size_t count;

    (void)state;
    for (unsigned i = 0; i < FAILURES_KEPT + 5; i++)
        fail_question(failures, arena_printf(arena, "n%u.example", i), TYPE_A);
    list = failures_copy(failures, arena, &count);
    assert_int_equal(count, FAILURES_KEPT);
    assert_string_equal(dname_to_text(list[count - 1].name, text), "n5.example.");
    assert_int_equal(list[0].times, 1);
    failures_free(failures);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_that_fail_are_counted),
        cmocka_unit_test(the_latest_comes_first_with_all_that_went_wrong),
        cmocka_unit_test(the_same_question_has_one_place),
        cmocka_unit_test(the_oldest_goes_when_all_places_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
