/*
 * anchor_fetch_test.c - files over HTTPS from servers that are slow, silent, endless or dead.
 *
 * What a sound server says is tested with the whole program (anchor_run_test.c). No case
 * depends on how fast the machine is: those that end at the deadline can only end there.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "tools/anchor_fetch.h"
#include "tools/anchor_servers_for_tests.h"
#include "util/text.h"

enum { DAY_S = 86400, BODY_MAX = 65536, SOON_MS = 500, LATE_MS = 60000 };

struct lab {
    struct arena *arena;
    struct party web;
    struct test_servers servers;
    struct text told;
};

/* "D": an address where nobody listens; "S": the server's. */
static const struct {
    const char *why, *addrs;
    enum web_mood mood;
    int64_t time_ms;
    size_t size_max;
    enum status status;
    const char *words; /* how the reason begins, or the body */
    const char *told;  /* what is told on the way has this in it */
} cases[] = {
    {"one address", "S", WEB_ANSWERS, LATE_MS, BODY_MAX, STATUS_OK, "<xml/>",
     "the web server's certificate: "},
    {"the second address", "DS", WEB_ANSWERS, LATE_MS, BODY_MAX, STATUS_OK, "<xml/>",
     "root-anchors.xml from 127.0.0.1:1: no connection: "},
    {"as large as may be", "S", WEB_ANSWERS, LATE_MS, 6, STATUS_OK, "<xml/>", ""},
    {"one octet too large", "S", WEB_ANSWERS, LATE_MS, 5, STATUS_LIMIT,
     "the reply's body is too large", ""},
    {"nobody there", "D", WEB_ANSWERS, LATE_MS, BODY_MAX, STATUS_SYSTEM, "no connection: ", ""},
    {"no address", "", WEB_ANSWERS, LATE_MS, BODY_MAX, STATUS_SYSTEM, "it has no address", ""},
    {"a server that says nothing", "S", WEB_SILENT, SOON_MS, BODY_MAX, STATUS_SYSTEM, "no ",
     ""},
    {"a server that stops in the middle", "S", WEB_STOPS, SOON_MS, BODY_MAX, STATUS_SYSTEM, "",
     "from 127.0.0.1:"},
    {"no time is left for the second address", "SD", WEB_SILENT, SOON_MS, BODY_MAX,
     STATUS_SYSTEM, "no ", "from 127.0.0.1:"},
    {"a head that comes octet by octet", "S", WEB_CRUMBS, LATE_MS, BODY_MAX, STATUS_LIMIT,
     "the reply is too large, or comes in too small pieces", ""},
    {"a body without end", "S", WEB_ENDLESS, LATE_MS, BODY_MAX, STATUS_LIMIT,
     "the reply's body is too large", ""},
    {"a server that hangs up", "S", WEB_HANGS_UP, LATE_MS, BODY_MAX, STATUS_SYSTEM,
     "no TLS connection", ""},
    {"a server that knows no TLS", "S", WEB_NO_TLS, LATE_MS, BODY_MAX, STATUS_SYSTEM,
     "no TLS connection: wrong version number", ""},
    {"no such file", "S", WEB_404, LATE_MS, BODY_MAX, STATUS_SYSTEM,
     "the server says 404 instead of 200", ""},
};

static void note(void *context, const char *words)
{
    struct lab *lab = context;

    text_printf(&lab->told, "%s\n", words);
}

static size_t addrs_of(const struct lab *lab, const char *letters, struct addr *addrs)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    size_t count = 0;

    for (; *letters != '\0'; letters++)
        addrs[count++] = addr_ip4(loopback, *letters == 'D' ? 1 : lab->servers.web_port);
    return count;
}

static void servers_are_borne(void **state)
{
    struct lab *lab = *state;
    const struct http_url url = {.host = "localhost", .port = 443, .path = "/root-anchors/"};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct addr addrs[2];
        struct fetch_from from = {.url = &url,
                                  .addrs = addrs,
                                  .addr_count = addrs_of(lab, cases[i].addrs, addrs),
                                  .time_ms = cases[i].time_ms,
                                  .tell = note,
                                  .context = lab};
        struct slice body = {0};
        const char *why = "", *words;
        enum status status;

        pthread_mutex_lock(&lab->servers.lock);
        lab->servers.web_mood = cases[i].mood;
        pthread_mutex_unlock(&lab->servers.lock);
        lab->told = text_in(lab->arena);
        text_add(&lab->told, "");
        status =
            fetch_file(&from, "root-anchors.xml", cases[i].size_max, lab->arena, &body, &why);
        words = status != STATUS_OK
                    ? why
                    : arena_printf(lab->arena, "%.*s", (int)body.size, (const char *)body.data);
        if (status != cases[i].status ||
            strncmp(words, cases[i].words, strlen(cases[i].words)) != 0 ||
            strstr(text_done(&lab->told), cases[i].told) == NULL)
            fail_msg("%s: %s: %s\n%s", cases[i].why, status_text(status), words,
                     text_done(&lab->told));
    }
}

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    int64_t now_s = (int64_t)time(NULL);
    const struct how_certified web = {
        .name = "localhost", .begin_s = now_s - DAY_S, .end_s = now_s + DAY_S};

    signal(SIGPIPE, SIG_IGN);
    lab->arena = arena_new(0);
    party_init(&lab->web, NULL, &web);
    lab->servers.xml = slice_of("<xml/>", 6);
    servers_start(&lab->servers, &lab->web);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    servers_stop(&lab->servers);
    party_clear(&lab->web);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(servers_are_borne)};

    return cmocka_run_group_tests_name("anchor_fetch", tests, set_up, tear_down);
}
