/*
 * bytes_test.c - cursors and sinks: what they read and write, and that their errors stick.
 */
#include "util/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/hash.h"

static void numbers_both_ways(void **state)
{
    uint8_t octets[15];
    struct sink out = sink_of(octets, sizeof(octets));
    struct cursor in = cursor_of(slice_of(octets, sizeof(octets)));

    (void)state;
    sink_u8(&out, 0xab);
    sink_u16(&out, 0x1234);
    sink_u32(&out, 0xfedcba98u);
    sink_u48(&out, 0xa1b2c3d4e5f6u);
    sink_bytes(&out, slice_of("xy", 2));
    assert_false(sink_failed(&out));
    assert_memory_equal(octets, "\xab\x12\x34\xfe\xdc\xba\x98\xa1\xb2\xc3\xd4\xe5\xf6xy", 15);
    assert_int_equal(cursor_u8(&in), 0xab);
    assert_int_equal(cursor_u16(&in), 0x1234);
    assert_int_equal(cursor_u32(&in), 0xfedcba98u);
    assert_true(cursor_u48(&in) == 0xa1b2c3d4e5f6u);
    assert_int_equal(cursor_offset(&in), 13);
    assert_true(slice_equal(cursor_rest(&in), slice_of("xy", 2)));
    assert_int_equal(cursor_left(&in), 0);
    assert_false(cursor_failed(&in));
}

static void a_failed_cursor_reads_nothing(void **state)
{
    struct cursor in = cursor_of(slice_of("\1\2\3", 3));

    (void)state;
    assert_int_equal(cursor_u8(&in), 1);
    assert_int_equal(cursor_u32(&in), 0); /* two octets are left */
    assert_true(cursor_failed(&in));
    assert_int_equal(cursor_u8(&in), 0); /* though there was one */
    assert_int_equal(cursor_left(&in), 0);
    assert_int_equal(cursor_bytes(&in, 0).size, 0);
    assert_int_equal(cursor_offset(&in), 1);
}

static void a_failed_sink_writes_nothing(void **state)
{
    uint8_t octets[4] = {9, 9, 9, 9};
    struct sink out = sink_of(octets, 3);

    (void)state;
    sink_u16(&out, 0x0102);
    sink_u16(&out, 0x0304);
    assert_true(sink_failed(&out));
    sink_u8(&out, 5); /* though there was room for it */
    sink_patch_u16(&out, 0, 0x0708);
    assert_int_equal(out.used, 2);
    assert_memory_equal(octets, "\1\2\x9\x9", 4);
}

static void exactly_full(void **state)
{
    uint8_t octets[2];
    struct sink out = sink_of(octets, 2);
    struct cursor in = cursor_of(slice_of(octets, 2));

    (void)state;
    sink_u16(&out, 1);
    sink_bytes(&out, slice_of(NULL, 0));
    assert_false(sink_failed(&out));
    sink_patch_u16(&out, 0, 0x0a0b);
    assert_int_equal(cursor_u16(&in), 0x0a0b);
    assert_int_equal(cursor_bytes(&in, 0).size, 0);
    assert_false(cursor_failed(&in));
    assert_int_equal(sink_written(&out).size, 2);
}

static void cursors_within_cursors(void **state)
{
    struct cursor in = cursor_of(slice_of("\1\2\3\4\5", 5)), inner;

    (void)state;
    cursor_u8(&in);
    inner = cursor_sub(&in, 2);
    assert_int_equal(cursor_offset(&in), 3);
    assert_int_equal(cursor_left(&inner), 2);
    assert_int_equal(cursor_u8(&inner), 2);
    assert_int_equal(cursor_offset(&inner), 2); /* counted from the outer one's base */
    cursor_inherit(&in, &inner);
    assert_false(cursor_failed(&in));
    cursor_finish_sub(&in, &inner); /* an octet was left over */
    assert_true(cursor_failed(&in));

    in = cursor_of(slice_of("\1\2\3\4\5", 5));
    inner = cursor_sub(&in, 1);
    assert_int_equal(cursor_u16(&inner), 0);
    assert_false(cursor_failed(&in));
    cursor_inherit(&in, &inner);
    assert_true(cursor_failed(&in));

    in = cursor_of(slice_of("\1\2\3\4\5", 5));
    inner = cursor_sub(&in, 6);
    assert_true(cursor_failed(&in) && cursor_failed(&inner));
    assert_int_equal(cursor_left(&inner), 0);
}

static const struct {
    const char *a, *b;
    int order;
} orders[] = {
    {"", "", 0},   {"", "a", -1},   {"a", "a", 0},   {"a", "b", -1},
    {"b", "a", 1}, {"ab", "b", -1}, {"a", "ab", -1}, {"\xff", "\x01", 1},
};

static void order_of_slices(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct slice a = slice_of(orders[i].a, strlen(orders[i].a));
        struct slice b = slice_of(orders[i].b, strlen(orders[i].b));
        int order = slice_compare(a, b);

        assert_int_equal((order > 0) - (order < 0), orders[i].order);
        assert_true(slice_equal(a, b) == (orders[i].order == 0));
    }
}

static uint64_t hash_of(struct hash_key key, const char *octets, size_t size)
{
    struct hash_state hash = hash_start(key);

    hash_bytes(&hash, slice_of(octets, size));
    return hash_end(hash);
}

static void hashes_differ_in_every_way(void **state)
{
    static const char octets[17] = "abcdefghabcdefgh";
    const struct hash_key key = {1, 2};
    struct hash_state two = hash_start(key), one = hash_start(key);

    (void)state;
    for (size_t a = 0; a <= 16; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(hash_of(key, octets, a) != hash_of(key, octets, b));
    assert_true(hash_of(key, "\0", 1) != hash_of(key, "\0\0", 2));
    assert_true(hash_of(key, octets, 9) == hash_of(key, octets, 9));
    assert_true(hash_of(key, octets, 9) != hash_of((struct hash_key){2, 1}, octets, 9));
    hash_word(&one, 1);
    hash_word(&two, 1);
    assert_true(hash_end(one) == hash_end(two)); /* the end does not touch the state */
    assert_true(hash_end(one) == hash_end(one));
    hash_word(&two, 1);
    assert_true(hash_end(one) != hash_end(two));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_both_ways),
        cmocka_unit_test(a_failed_cursor_reads_nothing),
        cmocka_unit_test(a_failed_sink_writes_nothing),
        cmocka_unit_test(exactly_full),
        cmocka_unit_test(cursors_within_cursors),
        cmocka_unit_test(order_of_slices),
        cmocka_unit_test(hashes_differ_in_every_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
