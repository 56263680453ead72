/*
 * outdated_test.c - which names two settings differ in, and the sum of several such
 * differences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/outdated.h"
#include "lib/settings.h"
#include "util/text.h"

#define FORWARD(name, address) "forward-zone: name: " name " forward-addr: " address "\n"
#define STUB(name, address)    "stub-zone: name: " name " stub-addr: " address "\n"

static const struct {
    const char *why, *before, *now;
    const char *names; /* in order, a blank behind each; "all ": all judgements */
} cases[] = {
    {"nothing", FORWARD("a.", "192.0.2.1"), FORWARD("a.", "192.0.2.1"), ""},
    {"written otherwise", FORWARD("A", "192.0.2.1"), "\n" FORWARD("\"a.\"", "192.0.2.1"), "a "},
    {"a new one", "", FORWARD("a.", "192.0.2.1"), "a "},
    {"one that has gone", STUB("a.", "192.0.2.1"), "", "a "},
    {"another address", STUB("a.", "192.0.2.1"), STUB("a.", "192.0.2.2"), "a "},
    {"a stub becomes a forwarder", STUB("a.", "192.0.2.1"), FORWARD("a.", "192.0.2.1"), "a "},
    {"what is below need not be named", "",
     FORWARD("c.b.a.", "192.0.2.1") FORWARD("a.", "192.0.2.1"), "a "},
    {"one of several, in another order",
     FORWARD("a.", "192.0.2.1") FORWARD("b.", "192.0.2.1") FORWARD("c.", "192.0.2.1"),
     FORWARD("c.", "192.0.2.1") FORWARD("b.", "192.0.2.9") FORWARD("a.", "192.0.2.1"), "b "},
    {"the root is above everything", FORWARD("a.", "192.0.2.1"),
     FORWARD("a.", "192.0.2.2") FORWARD(".", "192.0.2.1"), ". "},
    {"other rules of validation", "", "server: val-permissive-mode: yes", "all "},
    {"options that judge nothing", "", "server: ede: no\nlocal-data: \"a. A 192.0.2.1\"", ""},
};

static struct options *read(struct arena *arena, const char *text)
{
    struct conf_report *report = ARENA_NEW(arena, struct conf_report);
    struct options *options = options_new();

    assert_non_null(report);
    assert_non_null(options);
    conf_report_init(report, arena);
    if (options_read_text(options, "x.conf", text, strlen(text), report) != STATUS_OK)
        fail_msg("%s", conf_report_text(report, arena));
    return options;
}

static const char *text_of(const struct outdated *outdated, struct arena *arena)
{
    struct text text = text_in(arena);
    char name[DNAME_TEXT_MAX];

    text_add(&text, outdated->judgements ? "all " : "");
    for (size_t i = 0; i < outdated->count; i++) {
        assert_string_equal(outdated->texts[i], dname_to_reason(outdated->names[i], name));
        text_printf(&text, "%s ", outdated->texts[i]);
    }
    return text_done(&text);
}

static void differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct settings before = {.options = read(arena, cases[i].before)};
        struct settings now = {.options = read(arena, cases[i].now)};
        struct outdated outdated;

        outdated_find(&before, &now, arena, &outdated);
        if (strcmp(text_of(&outdated, arena), cases[i].names) != 0)
            fail_msg("%s: %s", cases[i].why, text_of(&outdated, arena));
        assert_int_equal(outdated_is_any(&outdated), cases[i].names[0] != '\0');
        options_free(before.options);
        options_free(now.options);
        arena_free(arena);
    }
}

/* More names than are looked for one by one. */
static void too_many(void **state)
{
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);
    struct settings before = {.options = read(arena, "")}, now;
    struct outdated outdated;

    (void)state;
    for (int i = 0; i < OUTDATED_NAMES_MAX; i++)
        text_printf(&text, FORWARD("n%d.", "192.0.2.1"), i);
    now = (struct settings){.options = read(arena, text_done(&text))};
    outdated_find(&before, &now, arena, &outdated);
    assert_false(outdated.judgements);
    assert_int_equal(outdated.count, OUTDATED_NAMES_MAX);
    options_free(now.options);
    text_add(&text, STUB("one.more.", "192.0.2.1"));
    now = (struct settings){.options = read(arena, text_done(&text))};
    outdated_find(&before, &now, arena, &outdated);
    assert_true(outdated.judgements);
    options_free(now.options);
    options_free(before.options);
    arena_free(arena);
}

static void add(struct outdated_sum *sum, const char *name)
{
    struct outdated outdated = {.count = 1};
    uint8_t storage[DNAME_MAX];

    assert_int_equal(dname_from_text(name, storage, &outdated.names[0]), STATUS_OK);
    outdated_sum_add(sum, &outdated);
}

static void sums(void **state)
{
    struct outdated_sum *sum = outdated_sum_new();
    const struct outdated all = {.judgements = true};
    struct arena *arena = arena_new(0);
    struct outdated outdated;
    char name[32];

    (void)state;
    assert_false(outdated_sum_is_any(sum));
    assert_false(outdated_sum_take(sum, arena, &outdated));
    add(sum, "b.a.");
    add(sum, "d.");
    add(sum, "c.B.A.");
    assert_true(outdated_sum_is_any(sum));
    assert_true(outdated_sum_take(sum, arena, &outdated));
    assert_string_equal(text_of(&outdated, arena), "b.a d ");
    assert_false(outdated_sum_is_any(sum));
    outdated_sum_add(sum, &all);
    assert_true(outdated_sum_take(sum, arena, &outdated));
    assert_string_equal(text_of(&outdated, arena), "all ");
    for (int i = 0; i <= OUTDATED_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "n%d.", i);
        add(sum, name);
    }
    assert_true(outdated_sum_take(sum, arena, &outdated));
    assert_true(outdated.judgements);
    arena_free(arena);
    outdated_sum_free(sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences),
        cmocka_unit_test(too_many),
        cmocka_unit_test(sums),
    };

    return cmocka_run_group_tests_name("outdated", tests, NULL, NULL);
}
