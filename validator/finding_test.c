/*
 * finding_test.c - findings as the texts of doc/EDE.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "validator/finding.h"

#define ZONE                                                                                   \
    {                                                                                          \
        (const uint8_t *)"\7example\3com", 13, 2                                               \
    }
#define WWW                                                                                    \
    {                                                                                          \
        (const uint8_t *)"\3wWw\7Example\3com", 17, 3                                          \
    }

static const struct {
    const char *why;
    struct finding finding;
    const char *server, *want;
} cases[] = {
    {"a cause alone", {.cause = "sig=missing"}, NULL, "sig=missing"},
    {"with its RRset, in lower case",
     {.cause = "sig=missing", .name = WWW, .type = TYPE_AAAA},
     NULL,
     "sig=missing for www.example.com/AAAA"},
    {"of the root, at a server",
     {.cause = "key=none", .name = {(const uint8_t *)"", 1, 0, 0}, .type = TYPE_DNSKEY},
     "192.0.2.1:53/tcp",
     "key=none for ./DNSKEY at 192.0.2.1:53/tcp"},
    {"the first example of the grammar",
     {.cause = "sig=expired",
      .name = WWW,
      .type = TYPE_A,
      .has_key = true,
      .key_tag = 34505,
      .key_algorithm = 13,
      .has_end = true,
      .end_s = 1794391200},
     "192.0.2.1:53",
     "sig=expired for www.example.com/A at 192.0.2.1:53 key=34505/13 end=2026-11-11T10:00Z"},
    {"all details, in their order",
     {.cause = "proof=none",
      .name = WWW,
      .type = 65280,
      .zone = ZONE,
      .has_key = true,
      .key_tag = 1,
      .key_algorithm = 2,
      .has_ds = true,
      .ds_tag = 3,
      .ds_algorithm = 4,
      .ds_digest = 5,
      .has_end = true,
      .has_begin = true,
      .begin_s = 60,
      .has_clock = true,
      .clock_s = 120,
      .has_count = true,
      .count = 500,
      .of = 50},
     NULL,
     "proof=none for www.example.com/TYPE65280 z=example.com key=1/2 ds=3/4/5 "
     "end=1970-01-01T00:00Z begin=1970-01-01T00:01Z clock=behind now=1970-01-01T00:02Z "
     "n=500/50"},
};

static void texts(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct finding copy = finding_copy(&cases[i].finding, arena);
        const char *got = finding_text(&copy, cases[i].server, arena);

        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].why, got);
        if (copy.name.wire != NULL)
            assert_ptr_not_equal(copy.name.wire, cases[i].finding.name.wire);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
