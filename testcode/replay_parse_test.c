/*
 * replay_parse_test.c - scenario files taken apart, refused where they are wrong, and macros.
 */
#include "testcode/replay_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "testcode/replay_macro.h"

#define BEGIN "CONFIG_END\nSCENARIO_BEGIN t\n"
#define END   "SCENARIO_END\n"
#define ENTRY "ENTRY_BEGIN\nENTRY_END\n"

static const struct {
    const char *why, *text;
    bool good;
} files[] = {
    {"the least", BEGIN END, true},
    {"text behind the end", BEGIN END "STEP x\n", true},
    {"a line that means nothing", BEGIN "hello\n" END, true},
    {"steps in order", BEGIN "STEP 1 NOTHING\nSTEP 7 TRAFFIC\n" END, true},
    {"a step's entry", BEGIN "STEP 1 QUERY ADDRESS ::1 ; comment\n\n; more\n" ENTRY END, true},
    {"a range between steps",
     BEGIN "STEP 1 NOTHING\nRANGE_BEGIN 0 9\nADDRESS 192.0.2.1@5353\n" ENTRY "RANGE_END\n" END,
     true},
    {"a file's end is missing", "TEMPFILE_CONTENTS a\n" BEGIN END, false},
    {"config without end", "server:\n", false},
    {"no beginning", "CONFIG_END\n" END, false},
    {"no end", BEGIN, false},
    {"begins twice", BEGIN "SCENARIO_BEGIN u\n" END, false},
    {"step before the beginning", "CONFIG_END\nSTEP 1 NOTHING\n" END, false},
    {"same number twice", BEGIN "STEP 1 NOTHING\nSTEP 1 NOTHING\n" END, false},
    {"unknown step", BEGIN "STEP 1 CHECK_ANSWERS\n" ENTRY END, false},
    {"step without its entry", BEGIN "STEP 1 QUERY\nSTEP 2 NOTHING\n" END, false},
    {"address that is none", BEGIN "STEP 1 QUERY ADDRESS 192.0.2\n" ENTRY END, false},
    {"range without numbers", BEGIN "RANGE_BEGIN\nRANGE_END\n" END, false},
    {"range without end", BEGIN "RANGE_BEGIN 0 1\n" ENTRY, false},
    {"unknown line in a range", BEGIN "RANGE_BEGIN 0 1\nADRESS ::1\nRANGE_END\n" END, false},
    {"entry without end", BEGIN "STEP 1 QUERY\nENTRY_BEGIN\n", false},
    {"seconds that are none", BEGIN "STEP 1 TIME_PASSES ELAPSE soon\n" END, false},
    {"assignment without a name", BEGIN "STEP 1 ASSIGN = 1\n" END, false},
};

static void files_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct arena *arena = arena_new(0);
        const char *error = NULL;

        if ((scenario_read(files[i].text, arena, &error) != NULL) != files[i].good)
            fail_msg("%s: %s", files[i].why, error);
        arena_free(arena);
    }
}

/* Line numbers stay, comments go, names of files take the place of what stands for them. */
static void config_is_made(void **state)
{
    static const char text[] =
        "; comment\nserver:\n\tede: yes ; not one\n"
        "auth-zone:\n zonefile:\nTEMPFILE_NAME z\n"
        "TEMPFILE_CONTENTS z\n$INCLUDE_TEMPFILE y\na A 192.0.2.1\n"
        "TEMPFILE_END\nAUTOTRUST_FILE k\nkey\nAUTOTRUST_END\nserver:\n" BEGIN END;
    struct arena *arena = arena_new(0);
    const struct scenario *scenario;
    const struct scenario_file *file;
    const char *error = "";

    (void)state;
    scenario = scenario_read(text, arena, &error);
    assert_non_null(scenario);
    assert_string_equal(
        scenario->config,
        "\nserver:\nede: yes ; not one\nauth-zone:\nzonefile: \"/scenario/z\"\n"
        "\n\n\n\n\nserver: auto-trust-anchor-file: \"/scenario/k\"\n\n\nserver:\n");
    file = scenario_file_by_name(scenario, "/scenario/z");
    assert_non_null(file);
    assert_string_equal(file->text, "$INCLUDE /scenario/y \na A 192.0.2.1\n");
    file = scenario_file_by_id(scenario, "k");
    assert_non_null(file);
    assert_string_equal(file->text, "key\n");
    assert_null(scenario_file_by_id(scenario, "y"));
    arena_free(arena);
}

static const struct {
    const char *text, *done; /* NULL: refused */
} expressions[] = {
    {"plain $x {y}", "plain $x {y}"},
    {"${1 + 2 * 3}", "9"},
    {"${1 + ${2 * 3}}", "7"},
    {"${30*24*3600}", "2592000"},
    {"${7/2} ${-1 + 3}", "3.5 2"},
    {"${$n + 1}", "43"},
    {"${$n}s", "42s"},
    {"${time}", "1251100000"},
    {"${timeout}", "60"},
    {"${ctime 1251100000}", "Mon Aug 24 07:46:40 2009"},
    {"${ctime ${time}}", "Mon Aug 24 07:46:40 2009"},
    {"${range 50 ${timeout} 70}", "60"},
    {"${range 61 ${timeout} 70}", NULL},
    {"${$unknown}", NULL},
    {"${1 / 0}", NULL},
    {"${some words}", "some words"},
};

static void macros_are_expanded(void **state)
{
    struct arena *arena = arena_new(0);
    struct macros macros = {.arena = arena, .now_s = 1251100000, .next_timer_s = 1251100060};

    (void)state;
    assert_true(macro_assign(&macros, "n", "41"));
    assert_true(macro_assign(&macros, "n", "42"));
    for (size_t i = 0; i < COUNT(expressions); i++) {
        const char *error = NULL;
        const char *done = macro_expand(&macros, expressions[i].text, &error);

        if ((done == NULL) != (expressions[i].done == NULL) ||
            (done != NULL && strcmp(done, expressions[i].done) != 0))
            fail_msg("%s: %s", expressions[i].text, done != NULL ? done : error);
        if (done == NULL)
            assert_non_null(error);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_taken_or_refused),
        cmocka_unit_test(config_is_made),
        cmocka_unit_test(macros_are_expanded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
