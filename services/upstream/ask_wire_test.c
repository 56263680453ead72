/*
 * ask_wire_test.c - mixed case: letters are turned by chance, each for itself, and nothing else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "services/upstream/ask_wire.h"

enum { DRAWS = 2000 };

struct chance {
    struct world world;
    uint64_t state;
};

static void draw(struct world *world, void *bytes, size_t size)
{
    struct chance *chance = (struct chance *)world;
    uint8_t *out = bytes;

    while (size-- > 0) {
        chance->state = chance->state * 6364136223846793005u + 1442695040888963407u;
        *out++ = (uint8_t)(chance->state >> 56);
    }
}

static bool is_letter(uint8_t octet)
{
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

static const struct {
    const char *why;
    struct dname name;
} names[] = {
    {"the root", {.wire = (const uint8_t *)"", .size = 1}},
    {"a word's worth less one, and both ends of the alphabet",
     {.wire = (const uint8_t *)"\5AZaz@", .size = 7, .labels = 1}},
    {"neighbours of letters",
     {.wire = (const uint8_t *)"\10`{@[\x7f\xe1\xfa\xc1", .size = 10, .labels = 1}},
    {"several words, length octets between",
     {.wire = (const uint8_t *)"\17abcdefghijklmno\17PQRSTUVWXYZabcd\3org",
      .size = 37,
      .labels = 3}},
};

static void letters_are_turned_by_chance(void **state)
{
    struct chance chance = {.world = {.random = draw}, .state = 1};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct question question = {names[i].name, TYPE_A, CLASS_IN};
        struct ask_wishes wishes = {.question = &question, .mix_case = true};
        unsigned turned[DNAME_MAX] = {0};

        for (unsigned n = 0; n < DRAWS; n++) {
            struct ask_wire wire;

            ask_wire_build(&wire, &wishes, &chance.world);
            assert_memory_equal(wire.octets + HEADER_SIZE + question.qname.size, "\0\1\0\1", 4);
            for (size_t at = 0; at < question.qname.size; at++) {
                uint8_t was = question.qname.wire[at], is = wire.octets[HEADER_SIZE + at];

                if (was == is)
                    continue;
                if (!is_letter(was) || (was ^ is) != 0x20)
                    fail_msg("%s: octet %zu became %u", names[i].why, at, is);
                turned[at]++;
            }
        }
        for (size_t at = 0; at < question.qname.size; at++)
            if (is_letter(question.qname.wire[at]) &&
                (turned[at] < DRAWS * 2 / 5 || turned[at] > DRAWS * 3 / 5))
                fail_msg("%s: octet %zu was turned %u times", names[i].why, at, turned[at]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters_are_turned_by_chance)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
