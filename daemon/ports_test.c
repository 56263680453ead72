/*
 * ports_test.c - which addresses are served, and what is said when one is taken.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/holder.h"
#include "daemon/ports.h"
#include "services/net/sock.h"

enum { ITEMS_MAX = 8 };

struct bench {
    struct log log;  /* first */
    char line[2048]; /* the last one */
    struct arena *arena;
    struct conf_report report;
    struct options *options;
    struct opt_item items[ITEMS_MAX];
};

static void keep_line(struct log *log, struct log_record *record)
{
    log_words(record, ((struct bench *)log)->line, sizeof(((struct bench *)log)->line));
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    if (bench == NULL)
        return -1;
    bench->log = (struct log){.level = LOG_LEVEL_DEBUG, .write = keep_line};
    bench->arena = arena_new(0);
    conf_report_init(&bench->report, bench->arena);
    bench->options = options_new();
    *state = bench;
    return bench->options != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    options_free(bench->options);
    arena_free(bench->arena);
    free(bench);
    return 0;
}

/* The addresses that come of these words, separated by blanks. */
static const char *addresses(struct bench *bench, const char *words)
{
    static char text[1024];
    char copy[256], one[ADDR_TEXT_MAX];
    struct opt_list *list = &bench->options->client.interface;
    struct ports *ports;

    snprintf(copy, sizeof(copy), "%s", words);
    *list = (struct opt_list){0, bench->items};
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        bench->items[list->count++] = (struct opt_item){word, "test.conf", 7, 3};
    ports = ports_new(bench->options, 2, &bench->report);
    if (ports == NULL)
        return NULL;
    text[0] = '\0';
    for (size_t i = 0; i < ports->count; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, addr_to_text(&ports->list[i].addr, one));
    }
    ports_free(ports);
    return text;
}

static void words_to_addresses(void **state)
{
    static const struct {
        const char *why, *words, *want;
    } cases[] = {
        {"the port is the option's", "127.0.0.1 ::1", "127.0.0.1:53 [::1]:53"},
        {"a port of its own", "192.0.2.1@5353", "192.0.2.1:5353"},
        {"the same twice is one", "127.0.0.1 127.0.0.1@53", "127.0.0.1:53"},
        {"the same address at two ports is two", "127.0.0.1 127.0.0.1@54",
         "127.0.0.1:53 127.0.0.1:54"},
        {"all addresses of the machine", "0.0.0.0 ::0", "0.0.0.0:53 [::]:53"},
        {"a network interface by name", "lo@5353", NULL},
        {"neither address nor interface", "no-such-thing0", ""},
        {"a port that is none", "lo@70000", ""},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = addresses(bench, cases[i].words);

        if (cases[i].want == NULL) { /* the loopback has 127.0.0.1 on every machine */
            if (got == NULL || strstr(got, "127.0.0.1:5353") == NULL)
                fail_msg("%s: %s", cases[i].words, cases[i].why);
        } else if (cases[i].want[0] == '\0') {
            if (got != NULL || bench->report.errors == 0)
                fail_msg("%s: %s", cases[i].words, cases[i].why);
        } else if (got == NULL || strcmp(got, cases[i].want) != 0) {
            fail_msg("%s: %s, got %s", cases[i].words, cases[i].why, got);
        }
    }
    assert_int_equal(bench->report.notes[0].place.line, 7);
}

static void families_that_are_off(void **state)
{
    struct bench *bench = *state;

    bench->options->upstream.do_ip6 = false;
    assert_string_equal(addresses(bench, "127.0.0.1 ::1"), "127.0.0.1:53");
    assert_int_equal(bench->report.warnings, 1);
    bench->options->upstream.do_ip6 = true;
    bench->options->upstream.do_ip4 = false;
    assert_string_equal(addresses(bench, "127.0.0.1 ::1"), "[::1]:53");
}

/* As long as it is not served, encrypted DNS must not turn into plain DNS at its port. */
static void tls_ports_are_left_out(void **state)
{
    struct bench *bench = *state;

    assert_string_equal(addresses(bench, "127.0.0.1@853"), "127.0.0.1:853");
    bench->options->client.tls_service_key = "key.pem";
    assert_string_equal(addresses(bench, "127.0.0.1@853 127.0.0.1"), "127.0.0.1:53");
    assert_int_equal(bench->report.warnings, 1);
}

/* A port of the loopback that somebody (this test) has. */
static int take_port(int type, struct addr *addr)
{
    struct sock_wishes wishes = {.reuse_port = true}; /* even so it is not shared unasked */
    int fd;

    *addr = addr_ip4((const uint8_t[]){127, 0, 0, 1}, 0);
    fd = sock_listen(addr, type, &wishes);
    *addr = sock_name(fd);
    return fd;
}

static void who_has_the_port_is_told(void **state)
{
    struct bench *bench = *state;

    for (int tcp = 0; tcp < 2; tcp++) {
        struct addr addr;
        int fd = take_port(tcp ? SOCK_STREAM : SOCK_DGRAM, &addr);
        char text[ADDR_TEXT_MAX], item[ADDR_TEXT_MAX], pid[32];
        struct ports *ports;

        snprintf(item, sizeof(item), "%s@%u", addr_host_text(&addr, text), addr.port);
        bench->items[0] = (struct opt_item){item, "test.conf", 1, 1};
        bench->options->client.interface = (struct opt_list){1, bench->items};
        ports = ports_new(bench->options, 2, &bench->report);
        assert_non_null(ports);
        assert_false(ports_open(ports, NULL, bench->options, &bench->log));
        assert_non_null(strstr(bench->line, tcp ? "/tcp" : "/udp"));
        assert_non_null(strstr(bench->line, "taken by"));
        if (access("/proc/net/udp", R_OK) == 0) {
            snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
            assert_non_null(strstr(bench->line, pid));
        }
        ports_free(ports);
        close(fd);
    }
}

static void systemd_resolved_has_a_cure(void **state)
{
    struct bench *bench = *state;
    struct holder holder = {.pid = 1, .name = "systemd-resolve"};
    struct addr addr = addr_ip4((const uint8_t[]){0, 0, 0, 0}, 53);
    const char *advice = holder_advice(&holder, &addr, bench->arena);

    assert_non_null(strstr(advice, "DNSStubListener=no"));
    assert_non_null(strstr(advice, "systemctl restart systemd-resolved"));
}

static void each_thread_gets_its_socket_once(void **state)
{
    struct bench *bench = *state;
    struct addr addr;
    char text[ADDR_TEXT_MAX], item[ADDR_TEXT_MAX];
    struct ports *ports, *next;
    int fds[4], fd = take_port(SOCK_STREAM, &addr);

    close(fd); /* a port that was free a moment ago */
    snprintf(item, sizeof(item), "%s@%u", addr_host_text(&addr, text), addr.port);
    bench->items[0] = (struct opt_item){item, "test.conf", 1, 1};
    bench->options->client.interface = (struct opt_list){1, bench->items};
    ports = ports_new(bench->options, 2, &bench->report);
    assert_true(ports_open(ports, NULL, bench->options, &bench->log));
    for (unsigned i = 0; i < 4; i++) {
        fds[i] = ports_take(ports, 0, i % 2, i / 2 == 1);
        assert_int_not_equal(fds[i], -1);
        assert_int_equal(sock_name(fds[i]).port, addr.port);
        assert_int_equal(ports_take(ports, 0, i % 2, i / 2 == 1), -1);
    }
    /* A reload that keeps the address opens nothing. */
    next = ports_new(bench->options, 2, &bench->report);
    assert_true(ports_open(next, ports, bench->options, &bench->log));
    assert_int_equal(ports_take(next, 0, 0, false), -1);
    ports_free(next);
    ports_free(ports);
    for (unsigned i = 0; i < 4; i++)
        close(fds[i]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(words_to_addresses),          T(families_that_are_off),
        T(tls_ports_are_left_out),      T(who_has_the_port_is_told),
        T(systemd_resolved_has_a_cure), T(each_thread_gets_its_socket_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
