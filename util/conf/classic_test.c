/*
 * classic_test.c - texts in the syntax of unbound.conf: what is taken, and what is said of
 * mistakes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/conf/classic.h"
#include "util/conf/conf_test.h"
#include "util/conf/print.h"

/* Files that "include:" can reach here; NULL ends the list. */
static const struct {
    const char *name, *text;
} shelf[] = {
    {"more", "how-many: 9 # inside\n"},
    {"zone", "stub-zone: title: z\nserver: how-many: 8"},
    {"wrong", "use-it: yes\nhow-many: many\n"},
    {"self", "how-many: 4 include: self"},
    {"open", "title:"},
    {"a.d", "address: 192.0.2.1"},
    {"b.d", "address: 192.0.2.2"},
};

static enum status find_on_shelf(void *context, const char *pattern, const char *from,
                                 struct arena *arena, char ***names, size_t *count)
{
    const char *star = strchr(pattern, '*');

    (void)context;
    (void)from;
    *names = ARENA_ARRAY(arena, char *, COUNT(shelf));
    *count = 0;
    for (size_t i = 0; i < COUNT(shelf); i++)
        if (star != NULL ? strstr(shelf[i].name, star + 1) != NULL
                         : strcmp(shelf[i].name, pattern) == 0)
            (*names)[(*count)++] = arena_text(arena, shelf[i].name);
    return *count > 0 || star != NULL ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status read_from_shelf(void *context, const char *name, struct arena *arena,
                                   struct slice *out)
{
    (void)context;
    (void)arena;
    for (size_t i = 0; i < COUNT(shelf); i++)
        if (strcmp(shelf[i].name, name) == 0) {
            *out = slice_of(shelf[i].text, strlen(shelf[i].text));
            return STATUS_OK;
        }
    return STATUS_NOT_FOUND;
}

static const struct {
    const char *why, *text;
    const char *yaml; /* what was set, told as YAML */
    const char *said; /* the lines of the report */
} cases[] = {
    {"nothing", "", "", ""},
    {"only a comment, without a line end", "# nothing", "", ""},
    {"an option", "server:\n  how-many: 7\n", "server:\n  how-many: 7\n", ""},
    {"all on one line", "server: how-many: 7 use-it: no",
     "server:\n  use-it: no\n  how-many: 7\n", ""},
    {"no blank behind the colon", "server:how-many:7", "server:\n  how-many: 7\n", ""},
    {"value on the next line", "server:\ntitle:\n# here it comes\n \"a b\"\n",
     "server:\n  title: a b\n", ""},
    {"carriage returns", "server:\r\n  how-many: 7\r\n", "server:\n  how-many: 7\n", ""},
    {"byte order mark", "\xef\xbb\xbfserver: how-many: 7", "server:\n  how-many: 7\n", ""},
    {"single quotes hold double ones", "server: title: 'x \"y\" z'",
     "server:\n  title: \"x \\\"y\\\" z\"\n", ""},
    {"a backslash keeps a quote from ending", "server: title: \"x \\\" z\"",
     "server:\n  title: \"x \\\\\\\" z\"\n", ""},
    {"a hash inside a word is no comment", "server: address: 192.0.2.1@853#a.b # this is",
     "server:\n  address:\n    - \"192.0.2.1@853#a.b\"\n", ""},
    {"a hash inside quotes is no comment", "server: title: \"#1\"",
     "server:\n  title: \"#1\"\n", ""},
    {"an empty value", "server: title: \"\"", "server:\n  title: \"\"\n", ""},
    {"repeated key of a list; the default gives way",
     "server: address: 192.0.2.1 address: 192.0.2.2",
     "server:\n  address:\n    - 192.0.2.1\n    - 192.0.2.2\n", ""},
    {"repeated key of a single value: the last counts", "server: how-many: 7 how-many: 8",
     "server:\n  how-many: 8\n", ""},
    {"two words", "server: access: 10.0.0.0/8 allow",
     "server:\n  access:\n    - 10.0.0.0/8 allow\n", ""},
    {"three words, some in quotes", "server: override: \"a.b\" 10.0.0.0/8 'static'",
     "server:\n  override:\n    - a.b 10.0.0.0/8 static\n", ""},
    {"sections again and again",
     "server: how-many: 7\nstub-zone: title: a\nserver: use-it: no\n"
     "stub-zone: title: b",
     "server:\n  use-it: no\n  how-many: 7\nstub-zone:\n  - title: a\n  - title: b\n", ""},
    {"UTF-8 in a value", "server: title: \"gr\xc3\xbc\xc3\x9f\"",
     "server:\n  title: \"gr\xc3\xbc\xc3\x9f\"\n", ""},

    /* what Unbound has */
    {"known and without effect", "server: msg-cache-slabs: 4 how-many: 7",
     "server:\n  how-many: 7\n",
     "file:1:26: warning: option msg-cache-slabs has no effect: the number of locks is chosen "
     "by "
     "the program\n"},
    {"known, with three words",
     "server: access-control-tag-data: 10.0.0.0/8 t \"A 1.2.3.4\" use-it: no",
     "server:\n  use-it: no\n",
     "file:1:34: warning: option access-control-tag-data has no effect: tags are not done; use "
     "local-zone-override, or a resolver for each group\n"},
    {"section passed over",
     "rpz: name: x zonefile: y\n tags: \"a b\" how-many: 3\nserver: use-it: no",
     "server:\n  use-it: no\n",
     "file:1:1: warning: section rpz is passed over: response policy zones are not done\n"},

    /* include */
    {"a file", "server: include: more use-it: no", "server:\n  use-it: no\n  how-many: 9\n",
     ""},
    {"a file in quotes, on the next line", "server: include:\n \"more\"",
     "server:\n  how-many: 9\n", ""},
    {"a file that changes the section", "include: zone use-it: no",
     "server:\n  use-it: no\n  how-many: 8\nstub-zone:\n  - title: z\n", ""},
    {"several files by a pattern", "server: include: *.d",
     "server:\n  address:\n    - 192.0.2.1\n    - 192.0.2.2\n", ""},
    {"a pattern without files", "server: include: *.none use-it: no", "server:\n  use-it: no\n",
     ""},
    {"include-toplevel begins outside of sections", "server: include-toplevel: more", "",
     "more:1:1: error: option \"how-many\" stands in no section; a line such as \"server:\" "
     "must "
     "come first\n"},
    {"include-toplevel ends outside of sections", "include-toplevel: zone\nuse-it: no", NULL,
     "file:2:1: error: option \"use-it\" stands in no section; a line such as \"server:\" must "
     "come first\n"},
    {"no such file", "server: include: none use-it: no", NULL,
     "file:1:18: error: none cannot be included: there is no such file\n"},
    {"an error in an included file", "server: include: wrong", NULL,
     "wrong:2:11: error: how-many: expected a number of pieces from 1 to 100, not \"many\"\n"},
    {"a value does not come from the next file", "server: include: open title: x", NULL,
     "open:1:7: error: title: a value is missing\n"},
    {"a file that includes itself", "server: include: self", NULL,
     "self:1:22: error: self is not included: at most 16 files within files, 1000 in all\n"},

    /* mistakes */
    {"a wrong value", "server:\n  use-it: maybe", NULL,
     "file:2:11: error: use-it: expected yes or no, not \"maybe\"\n"},
    {"the second word is wrong", "server:\n access: 10.0.0.0/8 alow", NULL,
     "file:2:21: error: access: expected deny, refuse, allow, allow_setrd, allow_snoop, "
     "allow_cookie, deny_non_local or refuse_non_local, not \"alow\"\n"},
    {"a name nearly right", "server:\n  how_many: 7\n", NULL,
     "file:2:3: error: unknown option \"how_many\" in section server; did you mean "
     "\"how-many\"?\n"},
    {"a name that Unbound has, nearly right", "server: msg-cache-slab: 4", NULL,
     "file:1:9: error: unknown option \"msg-cache-slab\" in section server; did you mean "
     "\"msg-cache-slabs\"?\n"},
    {"a name that nobody knows", "server: frobnicate: \"a b\" c use-it: maybe", NULL,
     "file:1:9: error: unknown option \"frobnicate\" in section server\n"},
    {"a section nearly right", "sever:\n use-it: no", NULL,
     "file:1:1: error: unknown section \"sever\"; did you mean \"server\"?\n"},
    {"a section that nobody knows", "frobnicate:\n use-it: no", NULL,
     "file:1:1: error: unknown section \"frobnicate\"; expected server, remote-control, "
     "dnstap, stub-zone "
     "or forward-zone\n"},
    {"no section, told once", "use-it: no\nhow-many: 7", NULL,
     "file:1:1: error: option \"use-it\" stands in no section; a line such as \"server:\" must "
     "come first\n"},
    {"a value is missing at the end", "server:\n  use-it:", NULL,
     "file:2:10: error: use-it: a value is missing\n"},
    {"a value is missing before another option", "server:\n  use-it:\n  how-many: 7", NULL,
     "file:2:10: error: use-it: a value is missing\n"},
    {"the second word is missing", "server:\n access: 10.0.0.0/8\n how-many: 7", NULL,
     "file:2:20: error: access: a value is missing\n"},
    {"a word too many", "server:\n  order: 1 2 3\n", NULL,
     "file:2:12: error: unexpected \"2\": order takes 1 word; quotes hold a value with spaces "
     "together\n"},
    {"a colon is missing", "server\n", NULL,
     "file:1:1: error: expected the name of an option or section and a colon, not "
     "\"server\"\n"},
    {"quotes are not closed", "server: title: \"a b\nuse-it: no", NULL,
     "file:1:16: error: these quotes are not closed on their line\n"},
    {"quotes are not closed in a section passed over", "rpz: name: \"x\n", NULL,
     "file:1:1: warning: section rpz is passed over: response policy zones are not done\n"
     "file:1:12: error: these quotes are not closed on their line\n"},
    {"two mistakes are two errors", "server:\n use-it: x\n how-many: y\n", NULL,
     "file:2:10: error: use-it: expected yes or no, not \"x\"\n"
     "file:3:12: error: how-many: expected a number of pieces from 1 to 100, not \"y\"\n"},
    {"not UTF-8", "server: title: \"\xff\"", NULL,
     "file:1:16: error: title: the value has control characters, or is not UTF-8\n"},
    {"a control character", "server: title: \"\x1b[2J\"", NULL,
     "file:1:16: error: title: the value has control characters, or is not UTF-8\n"},
};

static void texts(void **state)
{
    static const struct conf_files files = {NULL, find_on_shelf, read_from_shelf};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice text = slice_of(cases[i].text, strlen(cases[i].text));
        struct sample_conf sample;
        const char *said, *yaml;

        assert_true(sample_init(&sample, 0));
        assert_int_equal(classic_read(&sample.conf, "file", text, &files), STATUS_OK);
        said = conf_report_text(&sample.report, sample.arena);
        if (strcmp(said, cases[i].said) != 0)
            fail_msg("%s: said\n%sinstead of\n%s", cases[i].why, said, cases[i].said);
        yaml = print_yaml(&sample.conf, false, sample.arena);
        if (cases[i].yaml != NULL && strcmp(yaml, cases[i].yaml) != 0)
            fail_msg("%s: set\n%sinstead of\n%s", cases[i].why, yaml, cases[i].yaml);
        sample_clear(&sample);
    }
}

static void zero_octet(void **state)
{
    static const char text[] = "server:\n use-it: no\n x\0y";
    struct sample_conf sample;

    (void)state;
    assert_true(sample_init(&sample, 0));
    assert_int_equal(classic_read(&sample.conf, "file", slice_of(text, sizeof(text) - 1), NULL),
                     STATUS_OK);
    assert_string_equal(conf_report_text(&sample.report, sample.arena),
                        "file:3:3: error: a zero octet: this is not a text\n");
    assert_true(sample.server->use_it); /* nothing of such a file was read */
    sample_clear(&sample);
}

static void include_without_files(void **state)
{
    static const char text[] = "server: include: more";
    struct sample_conf sample;

    (void)state;
    assert_true(sample_init(&sample, 0));
    assert_int_equal(classic_read(&sample.conf, "file", slice_of(text, sizeof(text) - 1), NULL),
                     STATUS_OK);
    assert_string_equal(conf_report_text(&sample.report, sample.arena),
                        "file:1:18: error: include is not possible here\n");
    sample_clear(&sample);
}

/* All mistakes are counted, the first twenty are told. */
static void errors_are_bounded(void **state)
{
    struct sample_conf sample;
    char text[4096] = "server:\n";
    const char *said;

    (void)state;
    for (int i = 0; i < 30; i++)
        strcat(text, "use-it: x\n");
    assert_true(sample_init(&sample, 0));
    assert_int_equal(classic_read(&sample.conf, "file", slice_of(text, strlen(text)), NULL),
                     STATUS_OK);
    said = conf_report_text(&sample.report, sample.arena);
    assert_non_null(strstr(said, "file:21:9: error"));
    assert_null(strstr(said, "file:22:9: error"));
    assert_non_null(strstr(said, "10 more errors are not shown\n"));
    assert_int_equal(sample.report.errors, 30);
    sample_clear(&sample);
}

/* What was passed over can be looked up: the replay runner asks for it. */
static void ignored(void **state)
{
    static const char text[] =
        "server: fake-sha1: yes access-control-view: 10.0.0.0/8 v\nview: name: v";
    struct sample_conf sample;

    (void)state;
    assert_true(sample_init(&sample, 0));
    assert_int_equal(classic_read(&sample.conf, "file", slice_of(text, sizeof(text) - 1), NULL),
                     STATUS_OK);
    assert_int_equal(sample.conf.ignored_count, 3);
    assert_string_equal(sample.conf.ignored[0].name, "fake-sha1");
    assert_string_equal(sample.conf.ignored[0].value, "yes");
    assert_string_equal(sample.conf.ignored[1].value, "10.0.0.0/8 v");
    assert_string_equal(sample.conf.ignored[2].section, "view");
    assert_null(sample.conf.ignored[2].name);
    assert_int_equal(sample.conf.ignored[2].place.line, 2);
    sample_clear(&sample);
}

/* However little memory there is: the reading ends, and either all was told or the want of
 * memory. */
static void little_memory(void **state)
{
    static const char text[] =
        "server: use-it: no title: \"some words\" access: 10.0.0.0/8 allow\n"
        "msg-cache-slabs: 4 nonsense: 3\nstub-zone: title: a\n"
        "stub-zone: address: 192.0.2.1 order: x\nrpz: name: y\n";
    size_t complete = 0;

    (void)state;
    for (size_t spent = 1; spent < SAMPLE_BYTES; spent += 16) {
        struct sample_conf sample;
        enum status status = STATUS_NO_MEMORY;

        if (sample_init(&sample, spent))
            status = classic_read(&sample.conf, "file", slice_of(text, strlen(text)), NULL);
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        if (status == STATUS_OK && !sample.report.no_memory) {
            assert_int_equal(sample.report.errors, 2);
            assert_int_equal(sample.report.warnings, 2);
            complete++;
        }
        sample_clear(&sample);
    }
    assert_true(complete > 0 && complete < SAMPLE_BYTES / 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(little_memory),
        cmocka_unit_test(zero_octet),
        cmocka_unit_test(include_without_files),
        cmocka_unit_test(errors_are_bounded),
        cmocka_unit_test(ignored),
    };

    return cmocka_run_group_tests_name("classic", tests, NULL, NULL);
}
