/*
 * starter_test.c - the first configuration: what is in effect, what is an example, how words
 * wrap.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "util/conf/starter.h"

struct values {
    struct opt_list place;
    uint64_t room;
    bool flag;
};

static const struct opt_desc table[] = {
    {"place", OPT_LIST, OPT_RELOAD, offsetof(struct values, place), 0, "192.0.2.1\n::1", 0, 0,
     "text", "Where it is."},
    {"room_size", OPT_SIZE, OPT_RELOAD, offsetof(struct values, room), 4 << 20, NULL, 0,
     1ll << 40, "octets",
     "How much there is of it, which needs so many words that they do not fit into one line of "
     "the file, however wide it is."},
    {"flag", OPT_BOOL, OPT_RELOAD, offsetof(struct values, flag), 1, NULL, 0, 1, "",
     "Whether."},
};
static const struct opt_table tables[] = {{table, COUNT(table), 0}};
static const struct opt_section sections[] = {
    {"server", "It.", tables, 1, false, sizeof(struct values)},
    {"zone", "A zone.", tables, 1, true, sizeof(struct values)},
};

static const struct {
    const char *why;
    size_t count;
    struct starter list[3];
    const char *part; /* NULL: it cannot be */
} cases[] = {
    {"a default is behind a number sign, an item a line",
     1,
     {{"server", "place", STARTER_DEFAULT, NULL}},
     "\nserver:\n  # Where it is.\n  #place:\n  #  - 192.0.2.1\n  #  - \"::1\"\n"},
    {"sizes as people write them",
     1,
     {{"server", "room-size", STARTER_DEFAULT, NULL}},
     "#room-size: 4m\n"},
    {"words are wrapped, none is lost",
     1,
     {{"server", "room-size", STARTER_DEFAULT, NULL}},
     "one line of the\n  # file, however wide it is.\n"},
    {"what is set has no sign", 1, {{"server", "flag", STARTER_SET, "no"}}, "  flag: no\n"},
    {"several values of a list",
     2,
     {{"server", "place", STARTER_SET, "one"}, {"server", "place", STARTER_SET, "two: 2"}},
     "  place:\n    - one\n    - \"two: 2\"\n"},
    {"a zone is an item, all of it behind signs",
     2,
     {{"zone", "flag", STARTER_EXAMPLE, "yes"}, {"zone", "place", STARTER_EXAMPLE, "here"}},
     "# A zone.\n#zone:\n#  - flag: \"yes\"\n#    place: here\n"},
    {"an option that nobody knows", 1, {{"server", "nothing", STARTER_DEFAULT, NULL}}, NULL},
    {"a section that nobody knows", 1, {{"nothing", "flag", STARTER_DEFAULT, NULL}}, NULL},
};

static void files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        char *text =
            starter_yaml(sections, COUNT(sections), cases[i].list, cases[i].count, arena);

        if ((text == NULL) != (cases[i].part == NULL))
            fail_msg("%s", cases[i].why);
        if (text != NULL && strstr(text, cases[i].part) == NULL)
            fail_msg("%s:\n%s", cases[i].why, text);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
