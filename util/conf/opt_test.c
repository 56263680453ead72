/*
 * opt_test.c - values from words: every kind, its range, its default, and back into text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/conf/conf_test.h"

/* What a value becomes when it is told again; NULL: it is refused. */
static const struct {
    const char *why, *name, *word, *told;
} scalars[] = {
    {"yes", "use-it", "yes", "yes"},
    {"no", "use-it", "no", "no"},
    {"as YAML says it", "use-it", "true", "yes"},
    {"as people say it", "use-it", "off", "no"},
    {"in large letters", "use-it", "NO", "no"},
    {"a number is no truth", "use-it", "1", NULL},
    {"nothing is no truth", "use-it", "", NULL},
    {"more than yes", "use-it", "yess", NULL},
    {"a number", "how-many", "7", "7"},
    {"the lowest", "how-many", "1", "1"},
    {"the highest", "how-many", "100", "100"},
    {"below the lowest", "how-many", "0", NULL},
    {"above the highest", "how-many", "101", NULL},
    {"negative", "how-many", "-1", NULL},
    {"something behind it", "how-many", "7x", NULL},
    {"something before it", "how-many", " 7", NULL},
    {"hex", "how-many", "0x7", NULL},
    {"beyond 64 bits", "how-many", "99999999999999999999", NULL},
    {"beyond 64 bits by wrapping to 1", "how-many", "18446744073709551617", NULL},
    {"negative allowed", "how-warm", "-50", "-50"},
    {"negative, too low", "how-warm", "-51", NULL},
    {"only a sign", "how-warm", "-", NULL},
    {"two signs", "how-warm", "--5", NULL},
    {"octets", "how-large", "1000", "1000"},
    {"kibi", "how-large", "4k", "4k"},
    {"mebi, large letter", "how-large", "4M", "4m"},
    {"gibi", "how-large", "1g", "1g"},
    {"with a b", "how-large", "64mb", "64m"},
    {"told in the largest unit", "how-large", "1048576", "1m"},
    {"nothing at all", "how-large", "0", "0"},
    {"no such unit", "how-large", "4t", NULL},
    {"unit without a number", "how-large", "m", NULL},
    {"two units", "how-large", "4km", NULL},
    {"a fraction", "how-large", "1.5m", NULL},
    {"too large", "how-large", "1025g", NULL},
    {"too large for the unit", "how-large", "99999999999999999g", NULL},
    {"any text", "title", "anything at all", "anything at all"},
    {"an empty text unsets", "title", "", ""},
    {"numbers", "order", "3 -1 0", "3 -1 0"},
    {"not only numbers", "order", "3 x 0", NULL},
    {"blanks only", "order", " ", NULL},
    {"one of the names", "color", "blue", "blue"},
    {"part of a name", "color", "gree", NULL},
    {"two names", "color", "red|green", NULL},
    {"no name", "color", "", NULL},
};

static const struct opt_desc *option_named(const char *name)
{
    size_t index;
    const struct opt_desc *option = opt_find(&sample_sections[0], name, &index);

    if (option == NULL)
        fail_msg("no option %s", name);
    return option;
}

static void values_from_words(void **state)
{
    struct arena *arena = arena_new(0);
    struct conf_place place = {"file", 1, 1};

    (void)state;
    for (size_t i = 0; i < COUNT(scalars); i++) {
        const struct opt_desc *option = option_named(scalars[i].name);
        struct sample sample;
        void *member = (char *)&sample + option->offset;
        const char *wanted = NULL, *told;
        size_t bad;
        enum status status;

        memset(&sample, 0, sizeof(sample));
        assert_int_equal(opt_set_default(option, member, arena), STATUS_OK);
        status = opt_set(option, member, arena, &scalars[i].word, place, &wanted, &bad);
        if (status != (scalars[i].told != NULL ? STATUS_OK : STATUS_MALFORMED))
            fail_msg("%s: %s %s", scalars[i].why, scalars[i].name, status_text(status));
        if (status == STATUS_MALFORMED && (wanted == NULL || strlen(wanted) < 5))
            fail_msg("%s: does not say what was expected", scalars[i].why);
        told = opt_value_text(option, member, arena);
        if (status == STATUS_OK && strcmp(told, scalars[i].told) != 0)
            fail_msg("%s: told as %s", scalars[i].why, told);
    }
    arena_free(arena);
}

/* Lists: words of one item, and whether they are taken. */
static const struct {
    const char *why, *name, *words[OPT_WORDS_MAX], *item;
    size_t bad; /* the word at fault */
} items[] = {
    {"an address", "address", {"192.0.2.1"}, "192.0.2.1", 0},
    {"with port and name",
     "address",
     {"192.0.2.1@853#a.example"},
     "192.0.2.1@853#a.example",
     0},
    {"no address", "address", {"192.0.2"}, NULL, 0},
    {"a bad name behind it", "address", {"192.0.2.1#a..b"}, NULL, 0},
    {"port too high", "address", {"192.0.2.1@65536"}, NULL, 0},
    {"a pair", "access", {"10.0.0.0/8", "allow"}, "10.0.0.0/8 allow", 0},
    {"an IPv6 pair", "access", {"::/0", "refuse"}, "::/0 refuse", 0},
    {"first word bad", "access", {"10.0.0.0/33", "allow"}, NULL, 0},
    {"second word bad", "access", {"10.0.0.0/8", "alow"}, NULL, 1},
    {"a triple",
     "override",
     {"a.example", "10.0.0.0/8", "static"},
     "a.example 10.0.0.0/8 static",
     0},
    {"third word bad", "override", {"a.example", "10.0.0.0/8", "statics"}, NULL, 2},
    {"blank in a name", "override", {"a example", "10.0.0.0/8", "static"}, NULL, 0},
};

static void items_from_words(void **state)
{
    struct arena *arena = arena_new(0);
    struct conf_place place = {"file", 3, 4};

    (void)state;
    for (size_t i = 0; i < COUNT(items); i++) {
        const struct opt_desc *option = option_named(items[i].name);
        struct opt_list list = {0, NULL};
        const char *wanted;
        size_t bad;
        enum status status =
            opt_set(option, &list, arena, items[i].words, place, &wanted, &bad);

        if (status != (items[i].item != NULL ? STATUS_OK : STATUS_MALFORMED))
            fail_msg("%s: %s", items[i].why, status_text(status));
        if (status == STATUS_MALFORMED && (bad != items[i].bad || list.count != 0))
            fail_msg("%s: word %zu, %zu items", items[i].why, bad, list.count);
        if (status == STATUS_OK && (list.count != 1 || list.items[0].line != 3 ||
                                    strcmp(list.items[0].text, items[i].item) != 0))
            fail_msg("%s: %s", items[i].why, list.items[0].text);
    }
    arena_free(arena);
}

/* A list grows past every size of its array and keeps what it had. */
static void lists_grow(void **state)
{
    struct arena *arena = arena_new(0);
    const struct opt_desc *option = option_named("address");
    struct opt_list list = {0, NULL};

    (void)state;
    for (int i = 0; i < 300; i++) {
        const char *word = arena_printf(arena, "192.0.2.1@%d", i + 1), *wanted;
        struct conf_place place = {"file", i, 1};
        size_t bad;

        assert_int_equal(opt_set(option, &list, arena, &word, place, &wanted, &bad), STATUS_OK);
    }
    assert_int_equal(list.count, 300);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(list.items[i].line, i);
        assert_string_equal(list.items[i].text, arena_printf(arena, "192.0.2.1@%d", i + 1));
    }
    arena_free(arena);
}

static void defaults(void **state)
{
    struct sample_conf sample;

    (void)state;
    assert_true(sample_init(&sample, 0));
    assert_true(sample.server->use_it);
    assert_int_equal(sample.server->how_many, 5);
    assert_int_equal(sample.server->how_warm, -3);
    assert_int_equal(sample.server->how_large, 4 << 20);
    assert_null(sample.server->title);
    assert_string_equal(sample.server->order, "1 2");
    assert_int_equal(sample.server->address.count, 2);
    assert_string_equal(sample.server->address.items[1].text, "::1");
    assert_null(sample.server->address.items[1].file);
    assert_int_equal(sample.server->access.count, 0);
    assert_int_equal(sample.server->color, 1);
    sample_clear(&sample);
}

/* Without memory a value is not half set, and nothing is made up. */
static void no_memory(void **state)
{
    struct arena *arena = arena_new(4096);
    const struct opt_desc *option = option_named("address");
    struct opt_list list = {0, NULL};
    const char *word = "192.0.2.1", *wanted;
    struct conf_place place = {"file", 1, 1};
    size_t bad;

    (void)state;
    assert_non_null(arena);
    while (arena_bytes(arena, 1) != NULL)
        ;
    assert_int_equal(opt_set(option, &list, arena, &word, place, &wanted, &bad),
                     STATUS_NO_MEMORY);
    assert_int_equal(list.count, 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_from_words), cmocka_unit_test(items_from_words),
        cmocka_unit_test(lists_grow),        cmocka_unit_test(defaults),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
