/*
 * qmin_test.c - which names are sent for a full one (RFC 9156 section 2.3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "iterator/qmin.h"
#include "testcode/message_of.h"

static const struct {
    const char *why, *full, *zone;
    bool active;
    unsigned most;
    const char *want; /* the questions in order, the full one last */
} cases[] = {
    {"one label at a time below the root", "a.b.example. AAAA", ".", true, 10,
     "example. A;b.example. A;a.b.example. AAAA;"},
    {"nothing to hide right below the zone", "www.example. MX", "example.", true, 10,
     "www.example. MX;"},
    {"switched off", "a.b.c.example. TXT", ".", false, 10, "a.b.c.example. TXT;"},
    {"the zone itself", "example. NS", "example.", true, 10, "example. NS;"},
    {"four single labels, the rest spread over the steps that are left",
     "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16. A", ".", true, 8,
     "16. A;15.16. A;14.15.16. A;13.14.15.16. A;10.11.12.13.14.15.16. A;"
     "7.8.9.10.11.12.13.14.15.16. A;4.5.6.7.8.9.10.11.12.13.14.15.16. A;"
     "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16. A;"},
};

static void names_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct question full = question_of(arena, cases[i].full);
        struct dname zone = name_of(arena, cases[i].zone);
        struct qmin qmin = {.active = cases[i].active};
        char seen[2000] = "";
        bool minimised = true;

        for (unsigned step = 0; minimised && step < 200; step++) {
            struct question question =
                qmin_next(&qmin, &full, zone, cases[i].most, &minimised);
            char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

            qmin_answered(&qmin, question.qname.labels);
            snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s %s;",
                     dname_to_text(question.qname, name), rrtype_to_text(question.qtype, type));
        }
        if (strcmp(seen, cases[i].want) != 0)
            fail_msg("%s:\n got %s\nwant %s", cases[i].why, seen, cases[i].want);
        arena_free(arena);
    }
}

/* RFC 9156 section 2.3: never more than MAX_MINIMISE_COUNT shortened names, whatever the name. */
static void hundred_labels(void **state)
{
    struct arena *arena = arena_new(0);
    char name[300] = "";
    struct question full = {.qtype = TYPE_A, .qclass = CLASS_IN};
    struct qmin qmin = {.active = true};
    unsigned shortened = 0;
    bool minimised = true;

    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(name, "a.");
    full.qname = name_of(arena, name);
    for (;;) {
        struct question question = qmin_next(&qmin, &full, dname_root, 10, &minimised);

        if (!minimised)
            break;
        qmin_answered(&qmin, question.qname.labels);
        shortened++;
    }
    assert_true(shortened >= 4 && shortened <= 10);
    arena_free(arena);
}

/* A lost packet costs no label; servers that stay silent for a shortened name get the full one. */
static void names_unanswered(void **state)
{
    struct arena *arena = arena_new(0);
    struct question full = question_of(arena, "a.b.example. A"), asked;
    struct qmin qmin = {.active = true};
    bool minimised;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        asked = qmin_next(&qmin, &full, dname_root, 10, &minimised);
        assert_true(minimised);
        assert_int_equal(asked.qname.labels, name_of(arena, "example.").labels);
        qmin_timed_out(&qmin, 3);
    }
    asked = qmin_next(&qmin, &full, dname_root, 10, &minimised);
    assert_false(minimised);
    assert_true(question_equal(&asked, &full));
    arena_free(arena);
}

/* A question that was lost is repeated as it was; nothing more of the name is shown for it. */
static void lost_questions(void **state)
{
    struct arena *arena = arena_new(0);
    struct question full = question_of(arena, "a.b.example. A");
    struct qmin qmin = {.active = true};
    bool minimised;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(qmin_next(&qmin, &full, dname_root, 10, &minimised).qname.labels, 1);
        assert_true(minimised);
        qmin_timed_out(&qmin, 3);
    }
    assert_int_equal(qmin_next(&qmin, &full, dname_root, 10, &minimised).qname.labels, 3);
    assert_false(minimised); /* enough: the server may drop what it does not know */
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_shown),
        cmocka_unit_test(hundred_labels),
        cmocka_unit_test(lost_questions),
        cmocka_unit_test(names_unanswered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
