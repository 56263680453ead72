/*
 * anchor_http_test.c - URLs, the request, and what servers may reply.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tools/anchor_http.h"
#include "util/text.h"

enum { BODY_MAX = 64 };

/* ---- URLs ---- */

static const struct {
    const char *why, *text;
    const char *url; /* of "x" in it; NULL: malformed */
    const char *words;
} urls[] = {
    {"a whole one", "https://data.iana.org/root-anchors/",
     "https://data.iana.org/root-anchors/x", ""},
    {"without its last slash", "https://data.iana.org/root-anchors",
     "https://data.iana.org/root-anchors/x", ""},
    {"a host stands for the folder of the RFC", "data.iana.org",
     "https://data.iana.org/root-anchors/x", ""},
    {"its root does not", "data.iana.org/", "https://data.iana.org/x", ""},
    {"a port", "localhost:8443/a/b/", "https://localhost:8443/a/b/x", ""},
    {"the usual port", "https://localhost:443/", "https://localhost/x", ""},
    {"IPv6", "[2001:db8::1]:8443", "https://[2001:db8::1]:8443/root-anchors/x", ""},
    {"IPv6 without a port", "https://[::1]/", "https://[::1]/x", ""},
    {"not TLS", "http://data.iana.org/", NULL, "only https:// is fetched"},
    {"a file", "file:///etc/passwd", NULL, "only https:// is fetched"},
    {"nothing", "", NULL, "not of the form"},
    {"no host", "https:///root-anchors/", NULL, "not of the form"},
    {"port 0", "localhost:0", NULL, "not of the form"},
    {"a port too large", "localhost:65536", NULL, "not of the form"},
    {"no port where one is said to be", "localhost:/", NULL, "not of the form"},
    {"a user", "https://me@localhost/", NULL, "not of the form"},
    {"a query", "https://localhost/?a", NULL, "not of the form"},
    {"a line's end, which would begin a field of ours", "https://localhost/\r\nX: y", NULL,
     "not of the form"},
    {"a blank", "https://localhost/a b", NULL, "not of the form"},
    {"letters that are not of ASCII", "https://localhost/\xc3\xa4", NULL, "not of the form"},
    {"a bracket that is not closed", "https://[::1", NULL, "not of the form"},
    {"something behind the bracket", "https://[::1]a/", NULL, "not of the form"},
};

static void urls_are_read(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct http_url url;
        const char *why = NULL;
        enum status status = http_url_read(urls[i].text, arena, &url, &why);

        if (urls[i].url == NULL) {
            if (status != STATUS_MALFORMED ||
                strncmp(why, urls[i].words, strlen(urls[i].words)) != 0)
                fail_msg("%s: %s: %s", urls[i].why, status_text(status), why);
        } else if (status != STATUS_OK ||
                   strcmp(http_url_text(&url, "x", arena), urls[i].url) != 0) {
            fail_msg("%s: %s: %s", urls[i].why, status_text(status),
                     status == STATUS_OK ? http_url_text(&url, "x", arena) : why);
        }
    }
    arena_free(arena);
}

static void long_urls_are_refused(void **state)
{
    static char text[HTTP_URL_MAX + 2];
    struct arena *arena = arena_new(0);
    struct http_url url;
    const char *why;

    (void)state;
    memset(text, 'a', HTTP_URL_MAX + 1);
    assert_int_equal(http_url_read(text, arena, &url, &why), STATUS_MALFORMED);
    text[HTTP_URL_MAX] = '\0';
    assert_int_equal(http_url_read(text, arena, &url, &why), STATUS_OK);
    arena_free(arena);
}

static void the_request_is_plain(void **state)
{
    struct arena *arena = arena_new(0);
    struct http_url url;
    const char *why, *request;

    (void)state;
    assert_int_equal(http_url_read("localhost:8443/a", arena, &url, &why), STATUS_OK);
    request = http_request(&url, "b.xml", arena);
    assert_string_equal(request, "GET /a/b.xml HTTP/1.1\r\nHost: localhost:8443\r\n"
                                 "User-Agent: shrew-anchor\r\nAccept: */*\r\n"
                                 "Accept-Encoding: identity\r\nConnection: close\r\n\r\n");
    arena_free(arena);
}

/* ---- replies ---- */

#define OK          "HTTP/1.1 200 OK\r\n"
#define SIZED(size) OK "Content-Length: " size "\r\n\r\n"
#define CHUNKED     OK "Transfer-Encoding: chunked\r\n\r\n"
#define TEN         "0123456789"

/* Replies whose end can be seen need no end of the connection; the others do. */
static const struct {
    const char *why, *octets;
    bool needs_end;
    unsigned code;
    enum status status;
    const char *body; /* or how the reason begins */
} replies[] = {
    {"with a length", SIZED("5") "hello", false, 200, STATUS_OK, "hello"},
    {"an empty body", SIZED("0"), false, 200, STATUS_OK, ""},
    {"what is behind the length is not the body", SIZED("5") "hello, world", false, 200,
     STATUS_OK, "hello"},
    {"however much it is", SIZED("5") "hello" TEN TEN TEN TEN TEN TEN TEN, false, 200,
     STATUS_OK, "hello"},
    {"up to the end of the connection", OK "\r\nhello", true, 200, STATUS_OK, "hello"},
    {"lines that end with LF alone", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", false, 200,
     STATUS_OK, "hello"},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", true, 200, STATUS_OK, "hello"},
    {"no words behind the code", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", false, 200,
     STATUS_OK, "hello"},
    {"letters of either case", OK "CONTENT-LENGTH:5  \r\n\r\nhello", false, 200, STATUS_OK,
     "hello"},
    {"chunks", CHUNKED "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\n\r\n", false, 200, STATUS_OK,
     "hello, world"},
    {"hexadecimal sizes", CHUNKED "A\r\n" TEN "\r\n00\r\n\r\n", false, 200, STATUS_OK, TEN},
    {"no chunk but the last", CHUNKED "0\r\n\r\n", false, 200, STATUS_OK, ""},
    {"fields behind the chunks", CHUNKED "1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n", false, 200,
     STATUS_OK, "a"},
    {"the same length twice", OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", false,
     200, STATUS_OK, "hello"},
    {"a reply before the reply",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" SIZED("5") "hello", false, 200, STATUS_OK,
     "hello"},
    {"not encoded, as is said", OK "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
     false, 200, STATUS_OK, "a"},
    {"another code", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone", false, 404,
     STATUS_OK, "none"},
    {"as large as may be", SIZED("64") TEN TEN TEN TEN TEN TEN "0123", false, 200, STATUS_OK,
     TEN TEN TEN TEN TEN TEN "0123"},

    {"nothing", "", true, 0, STATUS_MALFORMED, "the reply is not complete"},
    {"a head without an end", OK "A: b\r\n", true, 200, STATUS_MALFORMED,
     "the reply is not complete"},
    {"a body cut short", SIZED("5") "hell", true, 200, STATUS_MALFORMED,
     "the reply is not complete"},
    {"a chunk cut short", CHUNKED "5\r\nhell", true, 200, STATUS_MALFORMED,
     "the reply is not complete"},
    {"chunks without the last one", CHUNKED "1\r\na\r\n", true, 200, STATUS_MALFORMED,
     "the reply is not complete"},
    {"another protocol", "SSH-2.0-OpenSSH\r\n", false, 0, STATUS_MALFORMED,
     "this is no HTTP/1 reply"},
    {"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", false, 0, STATUS_MALFORMED, "this is no HTTP/1"},
    {"no code", "HTTP/1.1 2x0 OK\r\n\r\n", false, 0, STATUS_MALFORMED, "this is no HTTP/1"},
    {"a code of four digits", "HTTP/1.1 2000 OK\r\n\r\n", false, 0, STATUS_MALFORMED,
     "this is no HTTP/1"},
    {"a field without a colon", OK "abc\r\n\r\n", false, 200, STATUS_MALFORMED,
     "a field in the reply's head"},
    {"a field without a name", OK ": b\r\n\r\n", false, 200, STATUS_MALFORMED,
     "a field in the reply's head"},
    {"a folded field", OK "A: b\r\n c\r\n\r\n", false, 200, STATUS_MALFORMED,
     "a field in the reply's head"},
    {"a length below nothing", SIZED("-1"), false, 200, STATUS_MALFORMED,
     "a field in the reply's head"},
    {"no length", SIZED(""), false, 200, STATUS_MALFORMED, "a field in the reply's head"},
    {"a length that nobody can count", SIZED("99999999999999999999"), false, 200,
     STATUS_MALFORMED, "a field in the reply's head"},
    {"two lengths", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", false, 200,
     STATUS_MALFORMED, "a field in the reply's head"},
    {"a length and chunks",
     OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, 200,
     STATUS_MALFORMED, "the reply has two lengths"},
    {"an encoding that we do not know", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", false,
     200, STATUS_MALFORMED, "a field in the reply's head"},
    {"a compressed body", OK "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", false, 200,
     STATUS_MALFORMED, "the reply is compressed"},
    {"a chunk without a size", CHUNKED "\r\n\r\n", false, 200, STATUS_MALFORMED,
     "the size of a chunk"},
    {"a size that is no number", CHUNKED "5x\r\nhello", false, 200, STATUS_MALFORMED,
     "the size of a chunk"},
    {"a size beyond all bounds", CHUNKED "ffffffffffffffff\r\n", false, 200, STATUS_MALFORMED,
     "the size of a chunk"},
    {"a chunk that goes on", CHUNKED "5\r\nhello!\r\n0\r\n\r\n", false, 200, STATUS_MALFORMED,
     "a chunk does not end"},
    {"one octet too many", SIZED("65"), false, 200, STATUS_LIMIT,
     "the reply's body is too large"},
    {"one too many without a length", OK "\r\n" TEN TEN TEN TEN TEN TEN "01234", false, 200,
     STATUS_LIMIT, "the reply's body is too large"},
    {"one too many in chunks", CHUNKED "1\r\na\r\n40\r\n", false, 200, STATUS_LIMIT,
     "the reply's body is too large"},
    {"early replies without end",
     "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n",
     false, 100, STATUS_LIMIT, "too many replies before"},
};

static void check_reply(size_t i, size_t size, struct arena *arena)
{
    const bool is_all = size == strlen(replies[i].octets);
    struct http_reply reply;
    const char *why = NULL;
    enum status status =
        http_reply_read(slice_of(replies[i].octets, size), is_all && replies[i].needs_end,
                        BODY_MAX, arena, &reply, &why);

    if (!is_all) {
        /* Less than the whole is the same verdict, or none yet. */
        if (status != STATUS_NOT_FOUND && status != replies[i].status)
            fail_msg("%s, %zu octets of it: %s: %s", replies[i].why, size, status_text(status),
                     why);
        return;
    }
    if (status != replies[i].status || reply.code != replies[i].code)
        fail_msg("%s: %s, code %u: %s", replies[i].why, status_text(status), reply.code, why);
    if (status == STATUS_OK
            ? !slice_equal(reply.body, slice_of(replies[i].body, strlen(replies[i].body)))
            : strncmp(why, replies[i].body, strlen(replies[i].body)) != 0)
        fail_msg("%s: %s", replies[i].why, status == STATUS_OK ? "another body" : why);
}

static void replies_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct arena *arena = arena_new(0);

        for (size_t size = 0; size <= strlen(replies[i].octets); size++)
            check_reply(i, size, arena);
        arena_free(arena);
    }
}

/* A server that never ends its head, and one that never ends the line of a chunk's size. */
static const struct {
    const char *why, *head, *one;
    size_t times;
    const char *tail, *words;
} endless[] = {
    {"a first line", "", "x", HTTP_HEAD_MAX + 1, "", "the reply's head is too large"},
    {"one long field", OK "A: ", "x", HTTP_HEAD_MAX, "", "the reply's head is too large"},
    {"many fields", OK, "A: b\r\n", HTTP_FIELDS_MAX + 1, "",
     "too many fields in the reply's head"},
    {"the size of a chunk", CHUNKED "1;", "x", HTTP_HEAD_MAX, "", "the line of a chunk's size"},
    {"fields behind the chunks", CHUNKED "0\r\n", "A: b\r\n", HTTP_FIELDS_MAX, "",
     "too many fields behind"},
    {"one long field that ends after all", OK "A: ", "x", HTTP_HEAD_MAX,
     "\r\nContent-Length: 0\r\n\r\n", "the reply's head is too large"},
};

static void endless_replies_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(endless); i++) {
        struct arena *arena = arena_new(0);
        struct text octets = text_in(arena);
        struct http_reply reply;
        const char *why = NULL;
        enum status status;

        text_add(&octets, endless[i].head);
        for (size_t times = 0; times < endless[i].times; times++)
            text_add(&octets, endless[i].one);
        text_add(&octets, endless[i].tail);
        status = http_reply_read(slice_of(text_done(&octets), octets.used), false, BODY_MAX,
                                 arena, &reply, &why);
        if (status != STATUS_LIMIT ||
            strncmp(why, endless[i].words, strlen(endless[i].words)) != 0)
            fail_msg("%s: %s: %s", endless[i].why, status_text(status), why);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_read), cmocka_unit_test(long_urls_are_refused),
        cmocka_unit_test(the_request_is_plain), cmocka_unit_test(replies_are_read),
        cmocka_unit_test(endless_replies_end)};

    return cmocka_run_group_tests_name("anchor_http", tests, NULL, NULL);
}
