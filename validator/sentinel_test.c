/*
 * sentinel_test.c - which test names of RFC 8509 fail, by the built-in keys of the root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "validator/sentinel.h"

static const struct {
    const char *why, *name;
    uint16_t qtype;
    bool refuses;
} cases[] = {
    {"a trusted key is one", "root-key-sentinel-is-ta-20326.example.", TYPE_A, false},
    {"a trusted key is denied", "root-key-sentinel-not-ta-20326.example.", TYPE_A, true},
    {"another key is no anchor", "root-key-sentinel-is-ta-12345.example.", TYPE_AAAA, true},
    {"and it is not denied", "root-key-sentinel-not-ta-12345.example.", TYPE_AAAA, false},
    {"letter case does not matter", "Root-Key-Sentinel-NOT-ta-38696.", TYPE_A, true},
    {"addresses only", "root-key-sentinel-not-ta-20326.example.", TYPE_TXT, false},
    {"five digits, no more", "root-key-sentinel-is-ta-012345.example.", TYPE_A, false},
    {"nor fewer", "root-key-sentinel-is-ta-1234.example.", TYPE_A, false},
    {"digits, not letters", "root-key-sentinel-is-ta-1234x.example.", TYPE_A, false},
    {"over the greatest tag", "root-key-sentinel-is-ta-99999.example.", TYPE_A, false},
    {"the leftmost label only", "www.root-key-sentinel-is-ta-12345.", TYPE_A, false},
    {"the root", ".", TYPE_A, false},
};

static void complain(void *context, const struct opt_item *item, const char *words)
{
    (void)context;
    (void)item;
    fail_msg("%s", words);
}

static void names_are_read(void **state)
{
    const struct validator_options options = {.root_trust_anchor = true};
    struct anchors *anchors = anchors_new(&options, NULL, complain, NULL, NULL);

    (void)state;
    assert_non_null(anchors);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t storage[DNAME_MAX];
        struct question question = {.qtype = cases[i].qtype, .qclass = CLASS_IN};

        assert_int_equal(dname_from_text(cases[i].name, storage, &question.qname), STATUS_OK);
        if (sentinel_refuses(anchors, &question) != cases[i].refuses)
            fail_msg("%s: %s", cases[i].name, cases[i].why);
    }
    anchors_free(anchors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
