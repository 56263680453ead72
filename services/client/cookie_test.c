/*
 * cookie_test.c - server cookies against the examples of RFC 9018, and what is not believed.
 */
#include "services/client/cookie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/text.h"

static size_t from_hex(const char *hex, uint8_t *out, size_t size)
{
    struct sink sink = sink_of(out, size);

    assert_int_equal(text_read_hex(hex, &sink), STATUS_OK);
    return sink.used;
}

#define SECRET_A "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define SECRET_C "445536bcd2513298075a5d379663c962"
#define SECRET_D "dd3bdf9344b678b185a6f5cb60fca715"
#define OURS     "000102030405060708090a0b0c0d0e0f"

/* What is shown may be made with either of the secrets, new ones are made with the first. */
static const struct {
    const char *why, *secret, *client;
    int64_t wall_s;
    const char *shown;
    enum cookie_verdict want;
    const char *answer; /* NULL: none */
} cases[] = {
    {"RFC 9018 A.1: a new cookie", SECRET_A, "198.51.100.100", 1559731985, "2464c4abcf10c957",
     COOKIE_CLIENT_ONLY, "2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
    {"RFC 9018 A.2: the same cookie, renewed by a server half an hour later", SECRET_A,
     "198.51.100.100", 1559734385, "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
     COOKIE_GOOD, "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
    {"RFC 9018 A.3: reserved octets that are not zero are hashed as they stand", SECRET_A,
     "203.0.113.203", 1559727985, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
     COOKIE_GOOD, "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5"},
    {"RFC 9018 A.4: IPv6", SECRET_D, "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741817,
     "22681ab97d52c298", COOKIE_CLIENT_ONLY,
     "22681ab97d52c298010000005cf7c57926556bd0934c72f8"},
    {"RFC 9018 A.4: made with the secret before; made anew with the active one",
     SECRET_C "\n" SECRET_D, "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
     "22681ab97d52c298010000005cf7c57926556bd0934c72f8", COOKIE_GOOD,
     "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
    {"of the next secret, that other servers use already: good, and made with ours",
     SECRET_D "\n" SECRET_C, "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
     "22681ab97d52c298010000005cf7c609a6bb79d16625507a", COOKIE_GOOD, ""},
    {"the secret before has been dropped", SECRET_C, "2001:db8:220:1:59de:d0f4:8769:82b8",
     1559741961, "22681ab97d52c298010000005cf7c57926556bd0934c72f8", COOKIE_BAD,
     "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
    {"young: sent back as it is", OURS, "127.0.0.1", 1800,
     "31323334353637380100000000000000"
     "38527ba8c6a4ea96",
     COOKIE_GOOD,
     "31323334353637380100000000000000"
     "38527ba8c6a4ea96"},
    {"from another address", OURS, "127.0.0.2", 0,
     "31323334353637380100000000000000"
     "38527ba8c6a4ea96",
     COOKIE_BAD, ""},
    {"with another secret", SECRET_C, "127.0.0.1", 0,
     "31323334353637380100000000000000"
     "38527ba8c6a4ea96",
     COOKIE_BAD, ""},
    {"an hour old is still good", OURS, "127.0.0.1", 3600,
     "31323334353637380100000000000000"
     "38527ba8c6a4ea96",
     COOKIE_GOOD, ""},
    {"older than an hour", OURS, "127.0.0.1", 3601,
     "31323334353637380100000000000000"
     "38527ba8c6a4ea96",
     COOKIE_BAD, ""},
    {"299 s in the future", OURS, "127.0.0.1", 5402,
     "31323334353637380100000000001645"
     "4af50fdff0e8c709",
     COOKIE_GOOD, ""},
    {"more than 300 s in the future", OURS, "127.0.0.1", 5400,
     "31323334353637380100000000001645"
     "4af50fdff0e8c709",
     COOKIE_BAD, ""},
    {"unknown version", OURS, "127.0.0.1", 0,
     "31323334353637380200000000000000"
     "3132333435363738",
     COOKIE_BAD, ""},
    {"server cookie of another length", OURS, "127.0.0.1", 0,
     "3132333435363738"
     "0100000000000000",
     COOKIE_BAD, ""},
    {"client cookie too short", OURS, "127.0.0.1", 0, "31323334353637", COOKIE_MALFORMED, NULL},
    {"server cookie too short", OURS, "127.0.0.1", 0, "313233343536373801", COOKIE_MALFORMED,
     NULL},
    {"no cookie", OURS, "127.0.0.1", 0, NULL, COOKIE_ABSENT, NULL},
};

static void cookies_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cookie_secrets secrets;
        struct slice shown = {NULL, 0};
        struct addr client;
        uint8_t octets[64], answer[COOKIE_SIZE], want[COOKIE_SIZE];
        int line;

        assert_int_equal(cookie_secrets_from_text(cases[i].secret, &secrets, &line), STATUS_OK);
        assert_int_equal(addr_from_text(&client, cases[i].client, 53, NULL), STATUS_OK);
        if (cases[i].shown != NULL)
            shown = slice_of(octets, from_hex(cases[i].shown, octets, sizeof(octets)));
        if (cookie_judge(&secrets, shown, &client, cases[i].wall_s, answer) != cases[i].want)
            fail_msg("wrong verdict: %s", cases[i].why);
        if (cases[i].answer != NULL && cases[i].answer[0] != '\0') {
            from_hex(cases[i].answer, want, sizeof(want));
            if (memcmp(answer, want, sizeof(want)) != 0)
                fail_msg("wrong cookie in the answer: %s", cases[i].why);
        }
    }
}

static void secrets_are_checked(void **state)
{
    struct cookie_secret secret;

    (void)state;
    assert_int_equal(cookie_secret_from_text("00", &secret), STATUS_MALFORMED);
    assert_int_equal(cookie_secret_from_text(OURS "00", &secret), STATUS_MALFORMED);
    assert_int_equal(cookie_secret_from_text("xx" OURS, &secret), STATUS_MALFORMED);
}

static const struct {
    const char *why, *text;
    enum status want;
    size_t count;
    int line;
} files[] = {
    {"nothing", "", STATUS_OK, 0, 1},
    {"one, without an end of line", OURS, STATUS_OK, 1, 1},
    {"two, as Unbound writes them", OURS "\n" SECRET_A "\n", STATUS_OK, 2, 3},
    {"comments, blanks, other ends of lines",
     "# ours\n\n  " OURS " # active\r\n\t" SECRET_A "\r\n", STATUS_OK, 2, 5},
    {"a third", OURS "\n" SECRET_A "\n" SECRET_C "\n", STATUS_LIMIT, 2, 3},
    {"a digit too few", SECRET_A "\n00010203", STATUS_MALFORMED, 1, 2},
    {"no hex digit",
     "x"
     "00102030405060708090a0b0c0d0e0f\n",
     STATUS_MALFORMED, 1, 1},
};

static void files_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct cookie_secrets secrets;
        char hex[COOKIE_SECRET_TEXT_MAX];
        int line = 0;

        if (cookie_secrets_from_text(files[i].text, &secrets, &line) != files[i].want ||
            line != files[i].line ||
            (files[i].want == STATUS_OK && secrets.count != files[i].count))
            fail_msg("%s: line %d", files[i].why, line);
        if (files[i].want == STATUS_OK && secrets.count > 0)
            assert_string_equal(cookie_secret_to_text(&secrets.item[0], hex), OURS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies_are_judged),
        cmocka_unit_test(secrets_are_checked),
        cmocka_unit_test(files_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
