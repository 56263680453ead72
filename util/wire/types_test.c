/*
 * types_test.c - names of types, classes, rcodes: every number has a text, every text its
 * number.
 */
#include "util/wire/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *why, *text;
    enum status want;
    uint16_t number;
    const char *printed; /* NULL: as it was written */
} types[] = {
    {"an address", "A", STATUS_OK, 1, NULL},
    {"small letters", "aaaa", STATUS_OK, 28, "AAAA"},
    {"a name with a dash", "NSAP-PTR", STATUS_OK, 23, NULL},
    {"the table's spelling is not the registry's", "NSAP_PTR", STATUS_MALFORMED, 0, NULL},
    {"NULL is a type", "NULL", STATUS_OK, 10, NULL},
    {"ANY", "ANY", STATUS_OK, 255, NULL},
    {"the longest", "NSEC3PARAM", STATUS_OK, 51, NULL},
    {"unknown (RFC 3597 section 5)", "TYPE65280", STATUS_OK, 65280, NULL},
    {"known, by its number", "type1", STATUS_OK, 1, "A"},
    {"number too large", "TYPE65536", STATUS_MALFORMED, 0, NULL},
    {"no number", "TYPE", STATUS_MALFORMED, 0, NULL},
    {"no number either", "TYPE1x", STATUS_MALFORMED, 0, NULL},
    {"begin of a name", "AAA", STATUS_MALFORMED, 0, NULL},
    {"more than a name", "AA", STATUS_MALFORMED, 0, NULL},
    {"nothing", "", STATUS_MALFORMED, 0, NULL},
};

static void types_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        char text[TYPE_TEXT_MAX];
        uint16_t number = 0;

        if (rrtype_from_text(types[i].text, &number) != types[i].want ||
            number != types[i].number)
            fail_msg("%s: %s", types[i].text, types[i].why);
        if (types[i].want == STATUS_OK)
            assert_string_equal(rrtype_to_text(number, text),
                                types[i].printed != NULL ? types[i].printed : types[i].text);
    }
}

typedef const char *(*printer)(uint16_t, char[TYPE_TEXT_MAX]);
typedef enum status (*reader)(const char *, uint16_t *);

static void every_number_has_a_text(void **state)
{
    static const struct {
        printer print;
        reader read;
    } pairs[] = {
        {rrtype_to_text, rrtype_from_text},
        {rrclass_to_text, rrclass_from_text},
        {rcode_to_text, rcode_from_text},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        for (unsigned number = 0; number <= UINT16_MAX; number++) {
            char text[TYPE_TEXT_MAX];
            uint16_t again = 0;

            pairs[i].print((uint16_t)number, text);
            if (pairs[i].read(text, &again) != STATUS_OK || again != number)
                fail_msg("%u is %s", number, text);
        }
    }
}

static void words(void **state)
{
    char text[TYPE_TEXT_MAX];
    uint16_t number;

    (void)state;
    assert_string_equal(rrclass_to_text(CLASS_CH, text), "CH");
    assert_string_equal(rrclass_to_text(2, text), "CLASS2");
    assert_int_equal(rrclass_from_text("in", &number), STATUS_OK);
    assert_int_equal(number, CLASS_IN);
    assert_string_equal(rcode_to_text(RCODE_BADCOOKIE, text), "BADCOOKIE");
    assert_string_equal(rcode_to_text(12, text), "RCODE12");
    assert_string_equal(opcode_to_text(OPCODE_NOTIFY, text), "NOTIFY");
    assert_string_equal(opcode_to_text(3, text), "OPCODE3");
    assert_string_equal(ede_words(EDE_STALE_ANSWER), "Stale Answer");
    assert_string_equal(ede_words(31), "Unknown");
}

/* RFC 6895 section 3.1. */
static void meta_types(void **state)
{
    (void)state;
    assert_true(rrtype_is_meta(0));
    assert_true(rrtype_is_meta(TYPE_OPT));
    assert_true(rrtype_is_meta(128));
    assert_true(rrtype_is_meta(TYPE_ANY));
    assert_false(rrtype_is_meta(127));
    assert_false(rrtype_is_meta(256));
    assert_false(rrtype_is_meta(TYPE_RRSIG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_both_ways),
        cmocka_unit_test(every_number_has_a_text),
        cmocka_unit_test(words),
        cmocka_unit_test(meta_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
