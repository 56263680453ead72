/*
 * yaml_test.c - configurations in YAML: what is taken, and what is said of mistakes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/conf/conf_test.h"
#include "util/conf/print.h"
#include "util/conf/yaml.h"

static const struct {
    const char *why, *text;
    const char *yaml; /* what was set, told again; NULL: does not matter */
    const char *said; /* the lines of the report */
} cases[] = {
    {"nothing", "", "", ""},
    {"only a comment", "# nothing\n", "", ""},
    {"an empty section", "server:\n", "", ""},
    {"an empty section in braces", "server: {}\n", "", ""},
    {"a document mark", "---\nserver: {how-many: 7}\n...\n", "server:\n  how-many: 7\n", ""},
    {"an option", "server:\n  how-many: 7\n", "server:\n  how-many: 7\n", ""},
    {"JSON is YAML", "{\"server\": {\"how-many\": 7, \"use-it\": false}}",
     "server:\n  use-it: no\n  how-many: 7\n", ""},
    {"a list in brackets; the default gives way", "server: {address: [192.0.2.1, \"::1\"]}",
     "server:\n  address:\n    - 192.0.2.1\n    - \"::1\"\n", ""},
    {"a scalar is a list of one", "server: {address: 192.0.2.1}",
     "server:\n  address:\n    - 192.0.2.1\n", ""},
    {"an empty list replaces the default", "server: {address: []}", "server:\n  address: []\n",
     ""},
    {"a pair in one text", "server: {access: 10.0.0.0/8 allow}",
     "server:\n  access:\n    - 10.0.0.0/8 allow\n", ""},
    {"pairs as a map", "server:\n  access:\n    10.0.0.0/8: allow\n    ::/0: refuse\n",
     "server:\n  access:\n    - 10.0.0.0/8 allow\n    - \"::/0 refuse\"\n", ""},
    {"pairs as a list of maps",
     "server:\n  access:\n    - 10.0.0.0/8: allow\n    - ::/0: refuse\n",
     "server:\n  access:\n    - 10.0.0.0/8 allow\n    - \"::/0 refuse\"\n", ""},
    {"pairs as a list of lists", "server: {access: [[10.0.0.0/8, allow], ['::/0', refuse]]}",
     "server:\n  access:\n    - 10.0.0.0/8 allow\n    - \"::/0 refuse\"\n", ""},
    {"a triple with many blanks", "server: {override: 'a.b   10.0.0.0/8  static'}",
     "server:\n  override:\n    - a.b 10.0.0.0/8 static\n", ""},
    {"words as a list", "server: {order: [3, 2, 1]}", "server:\n  order: 3 2 1\n", ""},
    {"a text with a quote", "server: {title: 'x \"y\"'}", "server:\n  title: \"x \\\"y\\\"\"\n",
     ""},
    {"an empty text", "server: {title: ''}", "server:\n  title: \"\"\n", ""},
    {"the word null, in quotes", "server: {title: 'null'}", "server:\n  title: \"null\"\n", ""},
    {"a section that repeats, one", "stub-zone: {title: a}", "stub-zone:\n  - title: a\n", ""},
    {"a section that repeats, two", "stub-zone: [{title: a}, {title: b, how-many: 3}]",
     "stub-zone:\n  - title: a\n  - how-many: 3\n    title: b\n", ""},
    {"a section that repeats, none", "stub-zone: []", "", ""},
    {"a list in a section that repeats", "stub-zone:\n- address:\n  - 192.0.2.1\n",
     "stub-zone:\n  - address:\n      - 192.0.2.1\n", ""},

    /* what Unbound has */
    {"known and without effect", "server:\n  msg-cache-slabs: 4\n", "",
     "file:2:20: warning: option msg-cache-slabs has no effect: the number of locks is chosen "
     "by "
     "the program\n"},
    {"known, as a list", "server:\n  define-tag: [a, b]\n  use-it: no",
     "server:\n  use-it: no\n",
     "file:2:15: warning: option define-tag has no effect: tags are not done; use "
     "local-zone-override, or a resolver for each group\n"},
    {"a section passed over", "rpz:\n  - {name: x, tags: [a, [b]]}\nserver: {use-it: no}",
     "server:\n  use-it: no\n",
     "file:1:1: warning: section rpz is passed over: response policy zones are not done\n"},

    /* mistakes */
    {"a wrong value", "server:\n  use-it: maybe\n", NULL,
     "file:2:11: error: use-it: expected yes or no, not \"maybe\"\n"},
    {"a wrong value in a list", "server:\n  address: [192.0.2.1,\n     192.0.2]\n", NULL,
     "file:3:6: error: address: expected an address, as 192.0.2.1, 2001:db8::1@5353 or "
     "192.0.2.1@853#name, not \"192.0.2\"\n"},
    {"a wrong value in a map", "server:\n  access:\n    10.0.0.0/8: alow\n", NULL,
     "file:3:5: error: access: expected deny, refuse, allow, allow_setrd, allow_snoop, "
     "allow_cookie, deny_non_local or refuse_non_local, not \"alow\"\n"},
    {"a word is missing", "server: {access: 10.0.0.0/8}", NULL,
     "file:1:18: error: access: expected 2 words: netblock action\n"},
    {"no value", "server:\n  use-it:\n  title: ~\n", NULL,
     "file:2:10: error: use-it: a value is missing\n"
     "file:3:10: error: title: a value is missing\n"},
    {"no value for a list", "server: {address: }", NULL,
     "file:1:19: error: address: a value is missing\n"},
    {"a list for one value", "server: {how-many: [1, 2]}", NULL,
     "file:1:20: error: how-many: expected one value, not a list\n"},
    {"a map for one value", "server: {how-many: {a: 2}}", NULL,
     "file:1:20: error: how-many: expected a value, not a list or map\n"},
    {"a map for a list of single words", "server: {address: {a: 2}, use-it: x}", NULL,
     "file:1:19: error: address: expected a value, not a list or map\n"
     "file:1:35: error: use-it: expected yes or no, not \"x\"\n"},
    {"a list within a list", "server: {address: [[192.0.2.1]]}", NULL,
     "file:1:20: error: address: expected a value, not a list or map\n"},
    {"a name nearly right", "server: {how_many: 7}", NULL,
     "file:1:10: error: unknown option \"how_many\" in section server; did you mean "
     "\"how-many\"?\n"},
    {"an unknown name with a deep value", "server: {x: {y: [z, {}]}, use-it: x}", NULL,
     "file:1:10: error: unknown option \"x\" in section server\n"
     "file:1:35: error: use-it: expected yes or no, not \"x\"\n"},
    {"a section nearly right", "sever: {use-it: no}", NULL,
     "file:1:1: error: unknown section \"sever\"; did you mean \"server\"?\n"},
    {"an option twice", "server: {how-many: 7, how-many: 8}", NULL,
     "file:1:23: error: \"how-many\" is there twice, first on line 1; a list is written [a, "
     "b]\n"},
    {"a section twice", "server: {how-many: 7}\nserver: {use-it: no}", NULL,
     "file:2:1: error: \"server\" is there twice, first on line 1; a list is written [a, b]\n"},
    {"a section as a list", "server: [{how-many: 7}]", NULL,
     "file:1:9: error: section server: expected a map of options, as {name: value}\n"},
    {"a section as a word", "server: yes", NULL,
     "file:1:9: error: section server: expected a map of options, as {name: value}\n"},
    {"a list of words as a section", "stub-zone: [a]", NULL,
     "file:1:13: error: section stub-zone: expected a map of options, as {name: value}\n"},
    {"no map at all", "- server\n", NULL,
     "file:1:1: error: expected a map of sections, as \"server:\" and its options\n"},
    {"a list as a name", "server: {[a]: b, use-it: no}", "server:\n  use-it: no\n",
     "file:1:10: error: expected a name, not a list or map\n"},
    {"a second document", "server: {}\n---\nserver: {}\n", NULL,
     "file:2:1: error: a second document; a configuration is one\n"},
    {"an anchor", "server: &all {use-it: no}", NULL,
     "file:1:9: error: anchors (&) and aliases (*) are not taken; quote a value that begins "
     "with "
     "one\n"},
    {"an alias", "server: {title: *all}", NULL,
     "file:1:17: error: anchors (&) and aliases (*) are not taken; quote a value that begins "
     "with "
     "one\n"},
    {"a tabulator", "server:\n\tuse-it: no", NULL,
     "file:2:1: error: this is not YAML: while scanning for the next token, found character "
     "that "
     "cannot start any token\n"},
    {"a bracket is missing", "server: {address: [1, 2}\n", NULL,
     "file:1:20: error: address: expected an address, as 192.0.2.1, 2001:db8::1@5353 or "
     "192.0.2.1@853#name, not \"1\"\n"
     "file:1:23: error: address: expected an address, as 192.0.2.1, 2001:db8::1@5353 or "
     "192.0.2.1@853#name, not \"2\"\n"
     "file:1:24: error: this is not YAML: while parsing a flow sequence, did not find expected "
     "',' "
     "or ']'\n"},
    {"not UTF-8", "server: {}\n# \xff\n", NULL,
     "file:2:3: error: this is not YAML: invalid leading UTF-8 octet\n"},
    {"a zero octet", "server: {title: \"a\\0b\"}", NULL,
     "file:1:17: error: a zero octet in a value\n"},
    {"a control character", "server: {title: \"a\\eb\"}", NULL,
     "file:1:17: error: title: the value has control characters, or is not UTF-8\n"},
    {"brackets without end", "server: {x: [[[[[[[[[[[[[[[[[", NULL,
     "file:1:10: error: unknown option \"x\" in section server\n"
     "file:1:21: error: too many levels\n"},
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice text = slice_of(cases[i].text, strlen(cases[i].text));
        struct sample_conf sample;
        const char *said, *yaml;

        assert_true(sample_init(&sample, 0));
        assert_int_equal(yaml_read(&sample.conf, "file", text), STATUS_OK);
        said = conf_report_text(&sample.report, sample.arena);
        if (strcmp(said, cases[i].said) != 0)
            fail_msg("%s: said\n%sinstead of\n%s", cases[i].why, said, cases[i].said);
        yaml = print_yaml(&sample.conf, false, sample.arena);
        if (cases[i].yaml != NULL && strcmp(yaml, cases[i].yaml) != 0)
            fail_msg("%s: set\n%sinstead of\n%s", cases[i].why, yaml, cases[i].yaml);
        sample_clear(&sample);
    }
}

/* A million errors end the reading long before. */
static void errors_are_bounded(void **state)
{
    struct sample_conf sample;
    char text[8192] = "server:\n";

    (void)state;
    for (int i = 0; i < 500; i++)
        strcat(text, "  x: [a]\n");
    assert_true(sample_init(&sample, 0));
    assert_int_equal(yaml_read(&sample.conf, "file", slice_of(text, strlen(text))), STATUS_OK);
    assert_int_equal(sample.report.errors, CONF_ERRORS_MAX + 1);
    sample_clear(&sample);
}

/* However little memory there is: the reading ends, and either all was told or the want of
 * memory. */
static void little_memory(void **state)
{
    static const char text[] = "server: {use-it: no, title: some words, nonsense: 3,\n"
                               " access: {10.0.0.0/8: allow}, msg-cache-slabs: 4}\n"
                               "stub-zone: [{title: a}, {address: 192.0.2.1, order: x}]\n"
                               "rpz: {name: y}\n";
    size_t complete = 0;

    (void)state;
    for (size_t spent = 1; spent < SAMPLE_BYTES; spent += 16) {
        struct sample_conf sample;
        enum status status = STATUS_NO_MEMORY;

        if (sample_init(&sample, spent))
            status = yaml_read(&sample.conf, "file", slice_of(text, strlen(text)));
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
        cmocka_unit_test(errors_are_bounded),
    };

    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
