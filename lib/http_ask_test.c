/*
 * http_ask_test.c - what is taken for a request for the page, and what is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/http_ask.h"

#define H11 "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9053\r\n"

static const struct {
    const char *why, *ask;
    enum http_verdict verdict;
} cases[] = {
    {"as curl asks", H11 "User-Agent: curl/8\r\nAccept: */*\r\n\r\n", HTTP_PAGE},
    {"with a query", "GET /metrics?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n", HTTP_PAGE},
    {"RFC 9112 section 2.2: lines that end with LF alone", "GET /metrics HTTP/1.0\n\n",
     HTTP_PAGE},
    {"HTTP/1.0 needs no Host", "GET /metrics HTTP/1.0\r\n\r\n", HTTP_PAGE},
    {"RFC 9112 section 3.2: HTTP/1.1 does", "GET /metrics HTTP/1.1\r\n\r\n", HTTP_MALFORMED},
    {"and one only", H11 "Host: 127.0.0.1\r\n\r\n", HTTP_MALFORMED},
    {"an IPv6 address", "GET /metrics HTTP/1.1\r\nHost: [::1]:9053\r\n\r\n", HTTP_PAGE},
    {"without its brackets", "GET /metrics HTTP/1.1\r\nHost: ::1\r\n\r\n", HTTP_OTHER_HOST},
    {"localhost in capitals", "GET /metrics HTTP/1.1\r\nhOST:  LOCALHOST:1 \r\n\r\n",
     HTTP_PAGE},
    {"a name that was made to lead here", "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
     HTTP_OTHER_HOST},
    {"and looks like an address", "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1.example\r\n\r\n",
     HTTP_OTHER_HOST},
    {"no host at all", "GET /metrics HTTP/1.1\r\nHost:\r\n\r\n", HTTP_OTHER_HOST},
    {"another page", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", HTTP_NO_PAGE},
    {"a longer one", "GET /metrics/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", HTTP_NO_PAGE},
    {"another method", "POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", HTTP_METHOD},
    {"methods have their case", "GeT /metrics HTTP/1.0\r\n\r\n", HTTP_METHOD},
    {"a body", H11 "Content-Length: 5\r\n\r\nhello", HTTP_BODY},
    {"an empty one is none", H11 "Content-Length: 0\r\n\r\n", HTTP_PAGE},
    {"a body in pieces", H11 "Transfer-Encoding: chunked\r\n\r\n", HTTP_BODY},
    {"another version", "GET /metrics HTTP/2.0\r\n\r\n", HTTP_VERSION},
    {"no version", "GET /metrics\r\n\r\n", HTTP_MALFORMED},
    {"another protocol", "GET /metrics SIP/2.0\r\n\r\n", HTTP_MALFORMED},
    {"RFC 9112 section 5.2: folded lines", H11 "A: b\r\n c\r\n\r\n", HTTP_MALFORMED},
    {"RFC 9112 section 5.1: a space before the colon", H11 "A : b\r\n\r\n", HTTP_MALFORMED},
    {"no colon", H11 "hello\r\n\r\n", HTTP_MALFORMED},
    {"no name", H11 ": b\r\n\r\n", HTTP_MALFORMED},
    {"a control octet", H11 "A: \x01\r\n\r\n", HTTP_MALFORMED},
    {"and one in the first line", "GET /metrics\x01 HTTP/1.0\r\n\r\n", HTTP_MALFORMED},
    {"only an end", "A\n\n", HTTP_MALFORMED},
};

static void requests_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice ask = slice_of(cases[i].ask, strlen(cases[i].ask));
        enum http_verdict got = http_ask_read(ask, "/metrics", false);

        if (http_ask_is_whole(ask) != 1)
            fail_msg("%s: not whole", cases[i].why);
        if (got != cases[i].verdict)
            fail_msg("%s: %s", cases[i].why, http_verdict_words(got));
    }
}

static void any_host_where_others_may_ask(void **state)
{
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: ns1.example\r\n\r\n";

    (void)state;
    assert_int_equal(http_ask_read(slice_of(ask, strlen(ask)), "/metrics", true), HTTP_PAGE);
}

static const struct {
    const char *why, *octets;
    int whole;
} whole_cases[] = {
    {"nothing yet", "", 0},
    {"half a line", "GET /met", 0},
    {"no empty line yet", "GET / HTTP/1.1\r\nA: b\r\n", 0},
    {"its CR is there", "GET / HTTP/1.1\r\nA: b\r\n\r", 0},
    {"the empty line", "GET / HTTP/1.1\r\n\r\n", 1},
    {"and more", "GET / HTTP/1.1\r\n\r\nmore", 1},
    {"a greeting of TLS", "\x16\x03\x01", -1},
    {"the other protocol of ours", "shrewctl 1 lines\n", -1},
};

static void the_end_of_a_head_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(whole_cases); i++)
        if (http_ask_is_whole(slice_of(whole_cases[i].octets, strlen(whole_cases[i].octets))) !=
            whole_cases[i].whole)
            fail_msg("%s", whole_cases[i].why);
}

static void answers_have_a_head(void **state)
{
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);

    (void)state;
    http_answer_head(HTTP_METHOD, "text/plain", 7, &text);
    assert_non_null(text_done(&text));
    assert_memory_equal(text.chars, "HTTP/1.1 405 ", 13);
    assert_non_null(strstr(text.chars, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(text.chars, "\r\nAllow: GET\r\n"));
    assert_string_equal(text.chars + text.used - 4, "\r\n\r\n");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_judged),
        cmocka_unit_test(any_host_where_others_may_ask),
        cmocka_unit_test(the_end_of_a_head_is_found),
        cmocka_unit_test(answers_have_a_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
