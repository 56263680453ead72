/*
 * outcome_test.c - reasons out of traces: order, number and words (doc/EDE.md).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/query/outcome.h"
#include "testcode/message_of.h"

struct home {
    struct arena *arena;
    struct trace *trace;
};

static int set_up(void **state)
{
    static struct home home;

    home.arena = arena_new(0);
    home.trace = trace_new(0);
    *state = &home;
    return 0;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    trace_unref(home->trace);
    arena_free(home->arena);
    return 0;
}

static struct trace_event *happened(struct home *home, enum trace_kind kind, const char *server)
{
    struct trace_event event = {.kind = kind,
                                .has_server = true,
                                .name = name_of(home->arena, "www.example."),
                                .type = TYPE_A,
                                .upstream_ede = -1};

    assert_int_equal(addr_from_text(&event.server, server, 53, NULL), STATUS_OK);
    return trace_add(home->trace, 10, &event);
}

static const char *line(struct home *home)
{
    struct reasons reasons;

    outcome_explain(&reasons, home->arena, home->trace, EDE_NO_REACHABLE_AUTHORITY, "cause=x");
    return reasons_line(&reasons, home->arena);
}

static void most_telling_first(void **state)
{
    struct home *home = *state;
    struct trace_event *event;

    happened(home, TRACE_SENT, "192.0.2.1");
    event = happened(home, TRACE_TIMEOUT, "192.0.2.1");
    event->number = 400;
    happened(home, TRACE_LAME, "192.0.2.2");
    event = happened(home, TRACE_RCODE, "192.0.2.3");
    event->code = RCODE_REFUSED;
    assert_string_equal(line(home),
                        "22 \"cause=x\" "
                        "23 \"rcode=REFUSED for www.example/A at 192.0.2.3:53\" "
                        "23 \"reply=lame for www.example/A at 192.0.2.2:53\"");
}

static void one_piece_a_server(void **state)
{
    struct home *home = *state;

    for (uint32_t i = 1; i <= 3; i++) {
        happened(home, TRACE_SENT, "192.0.2.1");
        happened(home, TRACE_TIMEOUT, "192.0.2.1")->number = 100 * i;
    }
    happened(home, TRACE_SENT, "192.0.2.1");
    assert_string_equal(line(home), "22 \"cause=x\" "
                                    "23 \"timeout=600 for www.example/A at 192.0.2.1:53 n=3/4\"");
}

static void upstreams_words(void **state)
{
    struct home *home = *state;
    struct trace_event *event = happened(home, TRACE_RCODE, "2001:db8::1");

    event->code = RCODE_SERVFAIL;
    event->upstream_ede = 6;
    event->said = "a \"bad\" thing";
    assert_string_equal(line(home), "22 \"cause=x\" 23 \"rcode=SERVFAIL for www.example/A at "
                                    "[2001:db8::1]:53 upstream=6 said=\"a 'bad' thing\"\"");
}

static void cut_at_a_character(void **state)
{
    struct home *home = *state;
    struct reasons reasons = {0};
    char text[200];

    memset(text, 'x', 99);
    memcpy(text + 99, "\xc3\xa4", 3); /* two octets that straddle the limit */
    reasons_add(&reasons, home->arena, 0, text);
    assert_int_equal(strlen(reasons.item[0].text), 99);
}

static void whole_pieces_only(void **state)
{
    static const struct {
        const char *why, *text, *want;
    } cases[] = {
        {"a detail that does not fit is left out",
         "deleg=all-failed for aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/A "
         "z=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example n=1/1",
         "deleg=all-failed for aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/A"},
        {"a preposition goes with its object",
         "rcode=REFUSED for aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/TYPE65280 at "
         "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:53",
         "rcode=REFUSED for aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/TYPE65280"},
        {"words of others are shortened and stay quoted",
         "rcode=SERVFAIL for www.example/A at 192.0.2.1:53 upstream=6 "
         "said=\"one two three four five six seven eight nine ten\"",
         "rcode=SERVFAIL for www.example/A at 192.0.2.1:53 upstream=6 "
         "said=\"one two three four five six seven\""},
    };
    struct home *home = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reasons reasons = {0};

        reasons_add(&reasons, home->arena, 0, cases[i].text);
        if (strcmp(reasons.item[0].text, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].why, reasons.item[0].text);
    }
}

static void below_when_alone(void **state)
{
    struct home *home = *state;
    struct trace *above = trace_new(0);
    struct trace_event sub = {
        .kind = TRACE_SUBQUESTION, .upstream_ede = -1, .below = home->trace};
    struct reasons reasons;

    happened(home, TRACE_LAME, "192.0.2.1");
    trace_add(above, 10, &sub);
    outcome_explain(&reasons, home->arena, above, EDE_NO_REACHABLE_AUTHORITY, "cause=x");
    assert_string_equal(reasons_line(&reasons, home->arena),
                        "22 \"cause=x\" 23 \"reply=lame for www.example/A at 192.0.2.1:53\"");
    trace_unref(above);
}

/* Data could be had after all, and was bad: that a server of several failed before is no reason. */
static void a_finding_stands_alone(void **state)
{
    struct home *home = *state;
    struct trace *above = trace_new(0);
    struct trace_event sub = {
        .kind = TRACE_SUBQUESTION, .upstream_ede = -1, .below = home->trace};
    struct reasons reasons;

    happened(home, TRACE_LAME, "192.0.2.1");
    outcome_explain(&reasons, home->arena, home->trace, EDE_RRSIGS_MISSING, "sig=missing");
    assert_string_equal(reasons_line(&reasons, home->arena), "10 \"sig=missing\"");
    trace_add(above, 10, &sub);
    outcome_explain(&reasons, home->arena, above, EDE_RRSIGS_MISSING, "sig=missing");
    assert_string_equal(reasons_line(&reasons, home->arena), "10 \"sig=missing\"");
    trace_unref(above);
}

static void policy_is_passed_on(void **state)
{
    struct home *home = *state;
    struct trace_event *event = happened(home, TRACE_RCODE, "192.0.2.1");
    struct reasons reasons = {0};

    event->upstream_ede = EDE_BLOCKED;
    event->said = "not here";
    outcome_pass_on(&reasons, home->arena, event);
    assert_string_equal(reasons_line(&reasons, home->arena),
                        "15 \"upstream=15 at 192.0.2.1:53 said=\"not here\"\"");
}

static void long_names(void **state)
{
    struct home *home = *state;
    struct dname name =
        name_of(home->arena, "a-label-of-some-length.another-label-of-some-length.and.example.");

    assert_string_equal(reason_name(home->arena, name),
                        "~.another-label-of-some-length.and.example");
    assert_string_equal(reason_name(home->arena, dname_root), ".");
    assert_string_equal(reason_name(home->arena, name_of(home->arena, "WWW.Example.")),
                        "www.example");
}

static void traces_are_bounded(void **state)
{
    struct home *home = *state;

    for (size_t i = 0; i < TRACE_EVENTS_MAX + 5; i++)
        happened(home, TRACE_SENT, "192.0.2.1");
    assert_int_equal(trace_dropped(home->trace), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(most_telling_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_piece_a_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(upstreams_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut_at_a_character, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_pieces_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(below_when_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_finding_stands_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(policy_is_passed_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(traces_are_bounded, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
