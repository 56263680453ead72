/*
 * text_test.c - growing text, the codings of RFC 4648, numbers, times, distances.
 */
#include "util/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>


static void text_grows(void **state)
{
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);
    const char *all;

    (void)state;
    assert_string_equal(text_done(&text), "");
    for (int i = 0; i < 1000; i++) {
        text_add(&text, "ab");
        text_add_char(&text, 'c');
        text_printf(&text, "%03d", i);
    }
    all = text_done(&text);
    assert_non_null(all);
    assert_int_equal(strlen(all), 6000);
    for (int i = 0; i < 1000; i++) {
        char want[16];

        snprintf(want, sizeof(want), "abc%03d", i);
        assert_memory_equal(all + (size_t)6 * (size_t)i, want, 6);
    }
    arena_free(arena);
}

static void failure_sticks(void **state)
{
    struct arena *arena = arena_new(8192);
    struct text text = text_in(arena);

    (void)state;
    for (int i = 0; i < 10000 && !text.failed; i++)
        text_add(&text, "0123456789");
    assert_true(text.failed);
    text_add(&text, "a");
    text_printf(&text, "%d", 1);
    text_add_hex(&text, slice_of("a", 1));
    assert_null(text_done(&text));
    arena_free(arena);
}

/* RFC 4648 section 10, base32hex in lower case without padding. */
static const struct {
    const char *plain, *base64, *base32hex, *hex;
} codings[] = {
    {"", "", "", ""},
    {"f", "Zg==", "co", "66"},
    {"fo", "Zm8=", "cpng", "666f"},
    {"foo", "Zm9v", "cpnmu", "666f6f"},
    {"foob", "Zm9vYg==", "cpnmuog", "666f6f62"},
    {"fooba", "Zm9vYmE=", "cpnmuoj1", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "cpnmuoj1e8", "666f6f626172"},
    {"\xff\xfe\xfd", "//79", "vvvfq", "fffefd"},
};

typedef void (*adder)(struct text *, struct slice);
typedef enum status (*reader)(const char *, struct sink *);

static void check_coding(adder add, reader read, const char *plain, const char *coded)
{
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);
    uint8_t octets[16];
    struct sink out = sink_of(octets, sizeof(octets));

    add(&text, slice_of(plain, strlen(plain)));
    assert_string_equal(text_done(&text), coded);
    assert_int_equal(read(coded, &out), STATUS_OK);
    assert_int_equal(out.used, strlen(plain));
    assert_memory_equal(octets, plain, out.used);
    arena_free(arena);
}

static void codings_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codings); i++) {
        check_coding(text_add_base64, text_read_base64, codings[i].plain, codings[i].base64);
        check_coding(text_add_base32hex, text_read_base32hex, codings[i].plain,
                     codings[i].base32hex);
        check_coding(text_add_hex, text_read_hex, codings[i].plain, codings[i].hex);
    }
}

static const struct {
    const char *why;
    reader read;
    const char *text;
    size_t room;
    enum status want;
} coded[] = {
    {"hex in capitals", text_read_hex, "ABCDEF", 8, STATUS_OK},
    {"hex with blanks", text_read_hex, "ab cd\n\tef", 8, STATUS_OK},
    {"an odd hex digit", text_read_hex, "abc", 8, STATUS_MALFORMED},
    {"no hex digit", text_read_hex, "ag", 8, STATUS_MALFORMED},
    {"hex has no padding", text_read_hex, "ab=", 8, STATUS_MALFORMED},
    {"hex without room", text_read_hex, "abcdef", 2, STATUS_NO_SPACE},
    {"base64 with blanks", text_read_base64, "Zm 9v\nYg = =", 8, STATUS_OK},
    {"base64 without padding", text_read_base64, "Zg", 8, STATUS_MALFORMED},
    {"half of the padding", text_read_base64, "Zg=", 8, STATUS_MALFORMED},
    {"too much padding", text_read_base64, "Zm9v====", 8, STATUS_MALFORMED},
    {"something behind the padding", text_read_base64, "Zg==Zg==", 8, STATUS_MALFORMED},
    {"stray bits", text_read_base64, "Zh==", 8, STATUS_MALFORMED},
    {"one digit", text_read_base64, "Z===", 8, STATUS_MALFORMED},
    {"no base64 digit", text_read_base64, "Zm9-", 8, STATUS_MALFORMED},
    {"base64 without room", text_read_base64, "Zm9v", 2, STATUS_NO_SPACE},
    {"base32hex in capitals", text_read_base32hex, "CPNMU", 8, STATUS_OK},
    {"base32hex digit too many", text_read_base32hex, "cpn", 8, STATUS_MALFORMED},
    {"base32hex stray bits", text_read_base32hex, "cp", 8, STATUS_MALFORMED},
    {"no base32hex digit", text_read_base32hex, "cw", 8, STATUS_MALFORMED},
    {"base32hex with a blank", text_read_base32hex, "cp ng", 8, STATUS_MALFORMED},
};

static void codings_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(coded); i++) {
        uint8_t octets[8];
        struct sink out = sink_of(octets, coded[i].room);

        if (coded[i].read(coded[i].text, &out) != coded[i].want)
            fail_msg("%s: %s", coded[i].text, coded[i].why);
    }
}

static const struct {
    const char *why, *text;
    uint64_t most;
    enum status want;
    uint64_t value;
} numbers[] = {
    {"zero", "0", 10, STATUS_OK, 0},
    {"leading zeros", "0010", 10, STATUS_OK, 10},
    {"over the most", "11", 10, STATUS_LIMIT, 0},
    {"the largest", "18446744073709551615", UINT64_MAX, STATUS_OK, UINT64_MAX},
    {"one more", "18446744073709551616", UINT64_MAX, STATUS_LIMIT, 0},
    {"far too large", "99999999999999999999999", UINT64_MAX, STATUS_LIMIT, 0},
    {"large, but no number", "99999999999999999999999x", UINT64_MAX, STATUS_MALFORMED, 0},
    {"nothing", "", 10, STATUS_MALFORMED, 0},
    {"sign", "+1", 10, STATUS_MALFORMED, 0},
    {"negative", "-1", 10, STATUS_MALFORMED, 0},
    {"blank before", " 1", 10, STATUS_MALFORMED, 0},
    {"unit behind", "1s", 10, STATUS_MALFORMED, 0},
};

static void numbers_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        uint64_t value = 4711;

        if (text_read_u64(numbers[i].text, numbers[i].most, &value) != numbers[i].want ||
            value != (numbers[i].want == STATUS_OK ? numbers[i].value : 4711))
            fail_msg("%s: %s", numbers[i].text, numbers[i].why);
    }
}

static const struct {
    const char *why, *text;
    int64_t seconds; /* -1: malformed */
} times[] = {
    {"the beginning", "19700101000000", 0},
    {"last second of a year", "19991231235959", 946684799},
    {"leap day of 2000", "20000229120000", 951825600},
    {"RFC 4034's example", "20040509183619", 1084127779},
    {"past 32 bits with sign", "20380119031408", 2147483648},
    {"past 32 bits", "21060207062816", 4294967296},
    {"the end", "99991231235959", 253402300799},
    {"no leap day in 1900 or 2100", "21000229000000", -1},
    {"no leap day in 2023", "20230229000000", -1},
    {"month 13", "20231301000000", -1},
    {"month 0", "20230001000000", -1},
    {"day 0", "20230100000000", -1},
    {"April has 30 days", "20230431000000", -1},
    {"hour 24", "20230101240000", -1},
    {"minute 60", "20230101006000", -1},
    {"second 60", "20230101000060", -1},
    {"before 1970", "19691231235959", -1},
    {"too short", "2023010100000", -1},
    {"too long", "202301010000000", -1},
    {"not a digit", "2023010100000x", -1},
};

static void times_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        char text[15];
        int64_t seconds = -1;
        enum status status = text_read_time(times[i].text, &seconds);

        if ((status == STATUS_OK) != (times[i].seconds >= 0) || seconds != times[i].seconds)
            fail_msg("%s: %s: %lld", times[i].text, times[i].why, (long long)seconds);
        if (status != STATUS_OK)
            continue;
        text_time(seconds, text);
        assert_string_equal(text, times[i].text);
    }
}

static void words(void **state)
{
    (void)state;
    assert_true(text_equal_nocase("do-IP6", "DO-ip6"));
    assert_false(text_equal_nocase("do-ip6", "do-ip"));
    assert_false(text_equal_nocase("do-ip", "do-ip6"));
    assert_false(text_equal_nocase("@", "`"));
    assert_int_equal(text_distance("verbosity", "verbosity", 3), 0);
    assert_int_equal(text_distance("verbosty", "verbosity", 3), 1);
    assert_int_equal(text_distance("kitten", "sitting", 5), 3);
    assert_int_equal(text_distance("", "abc", 5), 3);
    assert_int_equal(text_distance("kitten", "sitting", 2), 3);
    assert_int_equal(text_distance("a", "abcdefgh", 2), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows),
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(codings_both_ways),
        cmocka_unit_test(codings_are_read_strictly),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(times_both_ways),
        cmocka_unit_test(words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
