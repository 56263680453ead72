/*
 * options_test.c - whole configurations: those that people have, the way to YAML and back, the
 * tables of all floors, and files that include each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/options.h"
#include "util/conf/form.h"

/* A configuration as servers have it: most kinds of options, quoted and bare. */
static const char server_conf[] =
    "# a resolver for an office\n"
    "server:\n"
    "    directory: \"/var/lib/shrewd\"\n"
    "    chroot: \"\"\n"
    "    username: \"\"\n"
    "    pidfile: '/run/shrewd.pid'\n"
    "    use-syslog: no\n"
    "    verbosity: 1\n"
    "    num-threads: 2 # of four\n"
    "    interface: 127.0.0.1\n"
    "    interface: 127.0.0.1@853\n"
    "    interface: ::1\n"
    "    outgoing-interface: 192.0.2.9\n"
    "    do-ip6: no\n"
    "    tls-service-key: \"tls.key\"\n"
    "    tls-service-pem: \"tls.crt\"\n"
    "    access-control: 0.0.0.0/0 refuse\n"
    "    access-control: 10.0.0.0/8 allow_snoop\n"
    "    msg-cache-size: 64m\n"
    "    rrset-cache-size: 131072k\n"
    "    msg-cache-slabs: 4\n"
    "    infra-cache-numhosts: 100000\n"
    "    root-hints: \"root.hints\"\n"
    "    trust-anchor: \"example. IN DS 4711 13 2 "
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\"\n"
    "    module-config: \"validator iterator\"\n"
    "    serve-expired: yes\n"
    "    target-fetch-policy: \"0 0 0 0 0\"\n"
    "    local-zone: \"10.in-addr.arpa.\" nodefault\n"
    "    local-data: 'note.example. TXT \"two words\"'\n"
    "    local-data-ptr: \"192.0.2.7 printer.example.\"\n"
    "    domain-insecure: \"office.example\"\n"
    "    private-address: 10.0.0.0/8\n"
    "    val-override-date: \"-1\"\n"
    "    edns-client-string: 192.0.2.0/24 \"the office # 1\"\n"
    "remote-control:\n"
    "    control-enable: no\n"
    "stub-zone:\n"
    "    name: \"example.org.\"\n"
    "    stub-addr: 192.0.2.53@5353\n"
    "    stub-first: no\n"
    "forward-zone:\n"
    "    name: \"corp.example.\"\n"
    "    forward-addr: 192.0.2.1\n"
    "    forward-addr: 192.0.2.2@853#dns.corp.example\n"
    "    forward-first: yes\n"
    "stub-zone:\n"
    "    name: .\n"
    "    stub-host: ns.example\n"
    "    stub-prime: yes\n";

struct run {
    struct options *options;
    struct conf_report report;
    struct arena *arena;
};

static enum status run_text(struct run *run, const char *name, const char *text)
{
    run->arena = arena_new(0);
    run->options = options_new();
    assert_non_null(run->arena);
    assert_non_null(run->options);
    conf_report_init(&run->report, run->arena);
    return options_read_text(run->options, name, text, strlen(text), &run->report);
}

static void run_end(struct run *run)
{
    options_free(run->options);
    arena_free(run->arena);
}

static void real_configuration(void **state)
{
    struct run run;
    const struct options *options;
    struct conf_place place;

    (void)state;
    if (run_text(&run, "server.conf", server_conf) != STATUS_OK)
        fail_msg("%s", conf_report_text(&run.report, run.arena));
    assert_non_null(
        strstr(conf_report_text(&run.report, run.arena),
               "server.conf:21:22: warning: option msg-cache-slabs has no effect: the "
               "number of locks is chosen by the program\n"));
    options = run.options;
    assert_string_equal(options->daemon.directory, "/var/lib/shrewd");
    assert_string_equal(options->daemon.chroot, "");
    assert_int_equal(options->daemon.num_threads, 2);
    assert_int_equal(options->client.interface.count, 3);
    assert_string_equal(options->client.interface.items[1].text, "127.0.0.1@853");
    assert_int_equal(options->client.interface.items[1].line, 11);
    assert_false(options->upstream.do_ip6);
    assert_true(options->upstream.do_ip4);
    assert_int_equal(options->cache.msg_cache_size, 64 << 20);
    assert_int_equal(options->cache.rrset_cache_size, 128 << 20);
    assert_true(options->cache.serve_expired);
    assert_string_equal(options->client.local_data.items[0].text,
                        "note.example. TXT \"two words\"");
    assert_string_equal(options->iterator.target_fetch_policy, "0 0 0 0 0");
    assert_string_equal(options->validator.val_override_date, "-1");
    assert_string_equal(options->upstream.edns_client_string.items[0].text,
                        "192.0.2.0/24 the office # 1");
    assert_int_equal(options->stub_count, 2);
    assert_string_equal(options->stubs[0].stub_addr.items[0].text, "192.0.2.53@5353");
    assert_string_equal(options->stubs[1].name, ".");
    assert_true(options->stubs[1].stub_prime);
    assert_int_equal(options->forward_count, 1);
    assert_int_equal(options->forwards[0].forward_addr.count, 2);
    assert_true(options->forwards[0].forward_first);
    assert_int_equal(options->forwards[0].forward_policy, FORWARD_FASTEST);
    place = options_place(options, "server", "num-threads");
    assert_int_equal(place.line, 9);
    assert_int_equal(place.column, 18);
    assert_null(options_place(options, "server", "prefetch").file);
    run_end(&run);
}

/* An unbound.conf becomes a shrewd.yaml that means the same, and stays what it is from then on.
 */
static void to_yaml_and_back(void **state)
{
    struct run one, other;
    char *yaml;

    (void)state;
    for (int all = 0; all <= 1; all++) {
        assert_int_equal(run_text(&one, "server.conf", server_conf), STATUS_OK);
        yaml = options_print_yaml(one.options, all, one.arena);
        assert_non_null(yaml);
        if (run_text(&other, "shrewd.yaml", yaml) != STATUS_OK)
            fail_msg("%s", conf_report_text(&other.report, other.arena));
        assert_true(options_equal(one.options, other.options));
        assert_string_equal(options_print_yaml(other.options, all, other.arena), yaml);
        run_end(&one);
        run_end(&other);
    }
}

/* That options_equal sees a difference at all, in a value, a list and a zone. */
static void differences_are_seen(void **state)
{
    static const char *const changes[] = {
        "server: prefetch: yes", "server: interface: 192.0.2.1", "stub-zone: name: a.example",
        "server: identity: someone"};
    struct run one, other;

    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        assert_int_equal(run_text(&one, "server.conf", server_conf), STATUS_OK);
        assert_int_equal(run_text(&other, "server.conf", server_conf), STATUS_OK);
        assert_true(options_equal(one.options, other.options));
        assert_int_equal(options_read_text(other.options, "more", changes[i],
                                           strlen(changes[i]), &other.report),
                         STATUS_OK);
        assert_false(options_equal(one.options, other.options));
        run_end(&one);
        run_end(&other);
    }
}

static const struct {
    const char *why, *name, *text, *said;
} faults[] = {
    {"a zone without a name", "a.conf", "server:\nstub-zone:\n stub-addr: 192.0.2.1",
     "a.conf:2:1: error: this stub-zone has no name; add \"name:\" and the zone\n"},
    {"the same in YAML", "a.yaml", "forward-zone:\n  - forward-addr: 192.0.2.1\n",
     "a.yaml:2:5: error: this forward-zone has no name; add \"name:\" and the zone\n"},
    {"lowest above highest", "a.conf", "server: cache-max-ttl: 10\ncache-min-ttl: 20",
     "a.conf:2:16: error: cache-min-ttl (20) is above cache-max-ttl (10)\n"},
    {"an option of a zone in server", "a.conf", "server: stub-addr: 192.0.2.1",
     "a.conf:1:9: error: option \"stub-addr\" belongs in section stub-zone, not in server\n"},
    {"an option of server in a zone", "a.yaml", "stub-zone: {name: a, prefetch: yes}",
     "a.yaml:1:22: error: option \"prefetch\" belongs in section server, not in stub-zone\n"},
    {"the ending of the name decides, in large letters too", "A.YML", "server: prefetch: yes",
     "A.YML:1:9: error: section server: expected a map of options, as {name: value}\n"
     "A.YML:1:17: error: this is not YAML: mapping values are not allowed in this context\n"},
    {"a module that is not done is left out", "a.conf",
     "server: module-config: \"respip validator iterator\"",
     "a.conf:1:24: warning: module respip is not done here and left out\n"},
    {"a module twice", "a.conf", "server: module-config: \"validator validator iterator\"",
     "a.conf:1:24: error: module-config: a module stands twice in it\n"},
    {"what is made has no signature for who comes before it", "a.conf",
     "server: module-config: \"validator dns64 iterator\"",
     "a.conf:1:24: error: module-config: the order of modules is: dns64 validator iterator\n"},
    {"a module that nobody knows", "a.conf", "server: module-config: \"validatr iterator\"",
     "a.conf:1:24: error: module-config: expected names of modules, iterator the last, as "
     "\"validator iterator\", not \"validatr iterator\"\n"},
    {"an older name means the same option", "a.conf",
     "server: ip-address: 192.0.2.1 caps-whitelist: a.example\n", ""},
};

static void faulty_configurations(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        bool is_error = strstr(faults[i].said, "error: ") != NULL;
        struct run run;
        enum status status = run_text(&run, faults[i].name, faults[i].text);
        const char *said = conf_report_text(&run.report, run.arena);

        if (strcmp(said, faults[i].said) != 0)
            fail_msg("%s: said\n%sinstead of\n%s", faults[i].why, said, faults[i].said);
        if (status != (is_error ? STATUS_MALFORMED : STATUS_OK))
            fail_msg("%s: %s", faults[i].why, status_text(status));
        run_end(&run);
    }
}

/* Every default is a value that the option itself would take, every form exists, every text is
 * one. */
static void tables(void **state)
{
    struct arena *arena = arena_new(0);
    struct options *options = options_new();
    size_t seen = 0;

    (void)state;
    for (size_t s = 0; s < options->conf.section_count; s++) {
        const struct opt_section *section = &options->conf.sections[s];

        for (size_t i = 0; i < opt_count(section); i++, seen++) {
            size_t offset, index;
            const struct opt_desc *option = opt_at(section, i, &offset);
            char name[OPT_NAME_MAX];

            opt_name(option, name);
            assert_ptr_equal(opt_find(section, name, &index), option);
            assert_int_equal(index, i); /* no name is there twice */
            if (strlen(option->text) < 10 || option->text[strlen(option->text) - 1] == ' ')
                fail_msg("%s: \"%s\" explains nothing", name, option->text);
            if (option->kind == OPT_TEXT || option->kind == OPT_LIST)
                for (size_t n = 0; n < form_count(option->unit); n++)
                    assert_non_null(form_of(option->unit, n));
            else if (option->number < option->low || option->number > option->high)
                fail_msg("%s: the default is out of range", name);
        }
    }
    assert_true(seen > 100);
    options_free(options);
    arena_free(arena);
}

/* The list of what is only known must agree with the tables: a name is ours or known, not both;
 * an alias leads to an option of ours; what has no effect yet is ours. */
static const struct {
    const char *name;
    bool is_ours;
} known[] = {
#define KNOWN(section, name, words, reason) {name, false},
#define KNOWN_SECTION(name, reason)
#define KNOWN_ALIAS(name, other)  {name, false}, {other, true},
#define KNOWN_LATER(name, reason) {name, true},
#include "util/conf/known.def"
};

static void known_names(void **state)
{
    struct options *options = options_new();

    (void)state;
    assert_non_null(options);
    for (size_t i = 0; i < COUNT(known); i++) {
        bool is_ours = false;
        size_t index;

        for (size_t s = 0; s < options->conf.section_count; s++)
            if (opt_find(&options->conf.sections[s], known[i].name, &index) != NULL)
                is_ours = true;
        if (is_ours != known[i].is_ours)
            fail_msg("%s is %s option of ours", known[i].name, is_ours ? "an" : "no");
    }
    options_free(options);
}

/* All options with their defaults, printed and read again: no default that a reader refuses. */
static void defaults_are_readable(void **state)
{
    struct run run;
    struct options *defaults = options_new();
    char *yaml;

    (void)state;
    assert_non_null(defaults);
    assert_int_equal(run_text(&run, "empty.conf", ""), STATUS_OK);
    yaml = options_print_yaml(defaults, true, run.arena);
    if (options_read_text(run.options, "all.yaml", yaml, strlen(yaml), &run.report) !=
        STATUS_OK)
        fail_msg("%s", conf_report_text(&run.report, run.arena));
    assert_true(options_equal(run.options, defaults));
    options_free(defaults);
    run_end(&run);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *folder, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

/* Names in "include:" are relative to the including file, patterns are sorted. */
static void included_files(void **state)
{
    char folder[] = "/tmp/options_test.XXXXXX", path[512];
    struct run run;

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file(folder, "main.conf",
               "server: include: \"part*.inc\"\ninclude-toplevel: zone.inc\n");
    write_file(folder, "part2.inc", "interface: 192.0.2.2\n");
    write_file(folder, "part1.inc", "interface: 192.0.2.1\n");
    write_file(folder, "zone.inc", "stub-zone: name: a.example\n");
    assert_int_equal(run_text(&run, "empty.conf", ""), STATUS_OK);
    snprintf(path, sizeof(path), "%s/main.conf", folder);
    if (options_read_file(run.options, path, &run.report) != STATUS_OK)
        fail_msg("%s", conf_report_text(&run.report, run.arena));
    assert_int_equal(run.options->client.interface.count, 2);
    assert_string_equal(run.options->client.interface.items[0].text, "192.0.2.1");
    assert_string_equal(run.options->client.interface.items[1].text, "192.0.2.2");
    assert_int_equal(run.options->stub_count, 1);
    snprintf(path, sizeof(path), "%s/none.conf", folder);
    assert_int_equal(options_read_file(run.options, path, &run.report), STATUS_SYSTEM);
    assert_int_equal(run.report.errors, 1);
    remove_file(folder, "main.conf");
    remove_file(folder, "part1.inc");
    remove_file(folder, "part2.inc");
    remove_file(folder, "zone.inc");
    rmdir(folder);
    run_end(&run);
}

static void set_by_hand(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(run_text(&run, "empty.conf", ""), STATUS_OK);
    assert_true(run.options->client.ede);
    assert_int_equal(options_set(run.options, "server", "ede", "no", &run.report), STATUS_OK);
    assert_false(run.options->client.ede);
    assert_int_equal(options_set(run.options, "server", "ede", "nein", &run.report),
                     STATUS_MALFORMED);
    assert_string_equal(conf_report_text(&run.report, run.arena),
                        "option:1:14: error: ede: expected yes or no, not \"nein\"\n");
    run_end(&run);
}

/* What the manual and the schema are made of: each option is in both. */
static void manual_and_schema(void **state)
{
    struct arena *arena = arena_new(0);
    char *manual = options_print_manual(arena), *schema = options_print_schema(arena);

    (void)state;
    assert_non_null(manual);
    assert_non_null(schema);
    assert_non_null(strstr(manual, ".SS \"forward-zone:\""));
    assert_non_null(strstr(manual, "\\fBcache\\-max\\-ttl:\\fR \\fIseconds\\fR\n"));
    assert_non_null(
        strstr(schema, "\"cache-max-ttl\": {\"type\": \"integer\", \"minimum\": 0"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_configuration),
        cmocka_unit_test(to_yaml_and_back),
        cmocka_unit_test(differences_are_seen),
        cmocka_unit_test(faulty_configurations),
        cmocka_unit_test(tables),
        cmocka_unit_test(defaults_are_readable),
        cmocka_unit_test(included_files),
        cmocka_unit_test(set_by_hand),
        cmocka_unit_test(manual_and_schema),
        cmocka_unit_test(known_names),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
