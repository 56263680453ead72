/*
 * options_overlay_test.c - what is set at run time, over files of both syntaxes: values, lists,
 * zones, what is hidden, what is said of mistakes; and that what was read is not touched by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/options_overlay.h"
#include "util/text.h"

static const char file[] = "server:\n"
                           "  ede: yes\n"
                           "  local-zone: \"lan.\" static\n"
                           "  local-zone: home.arpa. static\n"
                           "  local-data: \"a.lan. A 192.0.2.1\"\n"
                           "  local-data: \"b.lan. A 192.0.2.2\"\n"
                           "  local-data: \"A.lan. TXT x\"\n"
                           "  local-data-ptr: \"192.0.2.9 p.lan.\"\n"
                           "  domain-insecure: corp.example\n"
                           "forward-zone:\n"
                           "  name: Fwd.Example\n"
                           "  forward-addr: 192.0.2.53\n"
                           "stub-zone:\n"
                           "  name: stub.example\n"
                           "  stub-addr: 192.0.2.54\n";

struct run {
    struct arena *arena;
    struct conf_report report;
    struct options *read, *options;
    struct overlay overlay;
};

static void begin(struct run *run)
{
    *run = (struct run){.arena = arena_new(0)};
    assert_non_null(run->arena);
    conf_report_init(&run->report, run->arena);
    overlay_init(&run->overlay);
    run->read = options_new();
    assert_non_null(run->read);
    assert_int_equal(options_read_text(run->read, "x.conf", file, strlen(file), &run->report),
                     STATUS_OK);
}

static void end(struct run *run)
{
    options_free(run->options);
    options_free(run->read);
    overlay_clear(&run->overlay);
    arena_free(run->arena);
}

/* "section option [name]": of a step below. */
struct step {
    enum { ADD, HIDE } what;
    const char *section, *option, *name;
    const char *values[4]; /* option, text, ... */
};

static void take(struct run *run, const struct step *step)
{
    struct overlay_value values[2] = {{step->values[0], step->values[1], 4},
                                      {step->values[2], step->values[3], 5}};
    struct overlay_subject subject = {step->section, step->option, step->name != NULL,
                                      dname_root};
    uint8_t storage[DNAME_MAX];

    if (step->name != NULL)
        assert_int_equal(dname_from_text(step->name, storage, &subject.name), STATUS_OK);
    if (step->what == HIDE)
        assert_int_equal(overlay_hide(&run->overlay, &subject), STATUS_OK);
    else
        assert_int_equal(overlay_add(&run->overlay, &subject, "the command", values,
                                     step->values[2] != NULL ? 2 : 1),
                         STATUS_OK);
}

static const struct {
    const char *why;
    struct step steps[3];
    const char *yaml;  /* a part of what comes out ... */
    const char * not ; /* ... and what is not in it */
    const char *said;  /* in place of options: the report */
} cases[] = {
    {"a value", {{ADD, "server", "ede", NULL, {"ede", "no"}}}, "  ede: no\n", "ede: yes", NULL},
    {"a single value is not hidden, and its neighbours stay as they are",
     {{HIDE, "server", "cache-min-ttl", NULL, {NULL}},
      {ADD, "server", "cache-min-ttl", NULL, {"cache-min-ttl", "86400"}}},
     "  cache-min-ttl: 86400\n",
     "!",
     NULL},
    {"an item behind those of the file",
     {{ADD, "server", "local-data", "c.lan", {"local-data", "c.lan. A 192.0.2.3"}}},
     "    - A.lan. TXT x\n    - c.lan. A 192.0.2.3\n",
     "ptr: []",
     NULL},
    {"the last of several words has what is left",
     {{ADD,
       "server",
       "negative-trust-anchor",
       "x",
       {"negative-trust-anchor", "x 20300101000000 two words"}}},
     "    - x 20300101000000 two words\n",
     "!",
     NULL},
    {"a default gives way",
     {{ADD, "server", "interface", NULL, {"interface", "192.0.2.1"}}},
     "  interface:\n    - 192.0.2.1\n",
     "127.0.0.1",
     NULL},
    {"all items of a name are hidden, whatever their letters",
     {{HIDE, "server", "local-data", "a.LAN", {NULL}}},
     "  local-data:\n    - b.lan. A 192.0.2.2\n",
     "a.lan",
     NULL},
    {"hidden and said anew",
     {{HIDE, "server", "local-zone", "lan", {NULL}},
      {ADD, "server", "local-zone", "lan", {"local-zone", "lan. refuse"}}},
     "  local-zone:\n    - home.arpa. static\n    - lan. refuse\n",
     "lan. static",
     NULL},
    {"the name of a PTR record",
     {{HIDE, "server", "local-data-ptr", "9.2.0.192.in-addr.arpa", {NULL}}},
     "  local-data-ptr: []\n",
     "p.lan",
     NULL},
    {"a whole list is hidden",
     {{HIDE, "server", "local-data", NULL, {NULL}},
      {ADD, "server", "local-data", NULL, {"local-data", "z. A 192.0.2.5"}}},
     "  local-data:\n    - z. A 192.0.2.5\n",
     "b.lan",
     NULL},
    {"a zone behind those of the file",
     {{ADD,
       "forward-zone",
       "name",
       "n.example",
       {"name", "n.example", "forward-addr", "192.0.2.8@5353"}}},
     "      - 192.0.2.53\n  - name: n.example\n    forward-addr:\n      - 192.0.2.8@5353\n",
     "!",
     NULL},
    {"a zone is hidden",
     {{HIDE, "forward-zone", "name", "fwd.example", {NULL}}},
     "stub.example",
     "orward",
     NULL},
    {"what is hidden in one section is there in another",
     {{HIDE, "forward-zone", "name", "stub.example", {NULL}}},
     "stub.example",
     "!",
     NULL},
    {"hidden, though nobody said it",
     {{HIDE, "stub-zone", "name", "no.example", {NULL}}},
     "stub.example",
     "!",
     NULL},
    {"a wrong value is told with its place in the command",
     {{ADD, "server", "ede", NULL, {"ede", "nein"}}},
     NULL,
     NULL,
     "\"the command\", word 4: error: ede: expected yes or no, not \"nein\"\n"},
    {"a wrong address of a zone",
     {{ADD, "stub-zone", "name", "n", {"name", "n", "stub-addr", "1.2.3"}}},
     NULL,
     NULL,
     "\"the command\", word 5: error: stub-addr: expected an address, as 192.0.2.1, "
     "2001:db8::1@5353 or 192.0.2.1@853#name, not \"1.2.3\"\n"},
    {"too few words",
     {{ADD, "server", "local-zone", "a", {"local-zone", "a."}}},
     NULL,
     NULL,
     "\"the command\", word 4: error: local-zone: expected 2 words: name zone-type\n"},
    {"an option that nobody knows",
     {{ADD, "server", "verbosty", NULL, {"verbosty", "1"}}},
     NULL,
     NULL,
     "\"the command\", word 4: error: unknown option \"verbosty\" in section server; did you "
     "mean "
     "\"verbosity\"?\n"},
    {"what does not go with the file",
     {{ADD, "server", "cache-max-ttl", NULL, {"cache-max-ttl", "10"}},
      {ADD, "server", "cache-min-ttl", NULL, {"cache-min-ttl", "20"}}},
     NULL,
     NULL,
     "\"the command\", word 4: error: cache-min-ttl (20) is above cache-max-ttl (10)\n"},
};

static void over_a_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run run;
        const char *before, *after;

        begin(&run);
        before = options_print_yaml(run.read, true, run.arena);
        for (size_t s = 0; s < COUNT(cases[i].steps) && cases[i].steps[s].section != NULL; s++)
            take(&run, &cases[i].steps[s]);
        run.options = options_with(run.read, &run.overlay, &run.report);
        if ((run.options != NULL) != (cases[i].said == NULL))
            fail_msg("%s: %s", cases[i].why, conf_report_text(&run.report, run.arena));
        if (run.options == NULL) {
            assert_string_equal(conf_report_text(&run.report, run.arena), cases[i].said);
        } else {
            after = options_print_yaml(run.options, false, run.arena);
            if (strstr(after, cases[i].yaml) == NULL || strstr(after, cases[i].not ) != NULL)
                fail_msg("%s:\n%s", cases[i].why, after);
        }
        assert_string_equal(options_print_yaml(run.read, true, run.arena), before);
        end(&run);
    }
}

/* Options that were made of the same file live on when the file's and each other's have gone,
 * and lists of one do not grow into those of another. */
static void side_by_side(void **state)
{
    static const struct step first = {
        ADD, "server", "local-data", "c.lan", {"local-data", "c.lan. A 192.0.2.3"}};
    static const struct step second = {
        ADD, "server", "local-data", "d.lan", {"local-data", "d.lan. A 192.0.2.4"}};
    struct run run;
    struct options *one;

    (void)state;
    begin(&run);
    take(&run, &first);
    one = options_with(run.read, &run.overlay, &run.report);
    overlay_roll_back(&run.overlay);
    take(&run, &second);
    run.options = options_with(run.read, &run.overlay, &run.report);
    options_free(run.read);
    run.read = NULL;
    assert_string_equal(one->client.local_data.items[3].text, "c.lan. A 192.0.2.3");
    assert_int_equal(one->client.local_data.count, 4);
    assert_string_equal(one->forwards[0].name, "Fwd.Example");
    options_free(one);
    assert_string_equal(run.options->client.local_data.items[3].text, "d.lan. A 192.0.2.4");
    assert_string_equal(run.options->client.local_data.items[0].text, "a.lan. A 192.0.2.1");
    assert_true(conf_place_is_command(
        (struct conf_place){run.options->client.local_data.items[3].file,
                            run.options->client.local_data.items[3].line,
                            run.options->client.local_data.items[3].column}));
    end(&run);
}

static void note(void *context, const struct options_word *word)
{
    struct text *text = context;
    char name[DNAME_TEXT_MAX];

    text_printf(text, "%s:%d ", dname_to_reason(word->name, name), word->place.line);
}

static void words(void **state)
{
    static const struct {
        const char *section, *option, *said;
    } wanted[] = {{"server", "local-data", "a.lan:5 b.lan:6 a.lan:7 "},
                  {"server", "local-data-ptr", "9.2.0.192.in-addr.arpa:8 "},
                  {"server", "domain-insecure", "corp.example:9 "},
                  {"forward-zone", "name", "fwd.example:10 "},
                  {"server", "no-such", ""}};
    struct run run;

    (void)state;
    begin(&run);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct overlay_subject all = {wanted[i].section, wanted[i].option, false, dname_root};
        struct text text = text_in(run.arena);

        text_add(&text, "");
        (void)options_words(run.read, &all, note, &text);
        assert_string_equal(text_done(&text), wanted[i].said);
    }
    end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_a_file),
        cmocka_unit_test(side_by_side),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests_name("options_overlay", tests, NULL, NULL);
}
