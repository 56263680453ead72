/*
 * overlay_test.c - what is set at run time: added, taken back, hidden, undone, and its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/overlay.h"

struct named {
    uint8_t storage[DNAME_MAX];
    struct overlay_subject subject;
};

static const struct overlay_subject *subject(struct named *named, const char *option,
                                             const char *name)
{
    named->subject = (struct overlay_subject){"server", option, name != NULL, dname_root};
    if (name != NULL)
        assert_int_equal(dname_from_text(name, named->storage, &named->subject.name),
                         STATUS_OK);
    return &named->subject;
}

static enum status add(struct overlay *overlay, const char *option, const char *name,
                       const char *text)
{
    struct overlay_value value = {option, text, 4};
    struct named named;

    return overlay_add(overlay, subject(&named, option, name), "config set", &value, 1);
}

/* All texts of an option in their order, with a blank behind each. */
static const char *texts(const struct overlay *overlay, const char *option, char out[200])
{
    const struct overlay_statement *at = NULL;
    struct named named;

    out[0] = '\0';
    while ((at = overlay_find(overlay, subject(&named, option, NULL), at)) != NULL) {
        strcat(out, at->values[0].text);
        strcat(out, " ");
    }
    return out;
}

static void order_is_kept(void **state)
{
    struct overlay overlay;
    struct named named;
    char out[200];

    (void)state;
    overlay_init(&overlay);
    assert_int_equal(add(&overlay, "local-data", "a.example", "one"), STATUS_OK);
    assert_int_equal(add(&overlay, "ede", NULL, "no"), STATUS_OK);
    assert_int_equal(add(&overlay, "local-data", "b.example", "two"), STATUS_OK);
    assert_int_equal(add(&overlay, "local-data", "A.Example", "three"), STATUS_OK);
    overlay_commit(&overlay);
    assert_string_equal(texts(&overlay, "local-data", out), "one two three ");
    assert_int_equal(overlay_take_back(&overlay, subject(&named, "local-data", "a.EXAMPLE")),
                     2);
    overlay_commit(&overlay);
    assert_string_equal(texts(&overlay, "local-data", out), "two ");
    assert_string_equal(texts(&overlay, "ede", out), "no ");
    assert_int_equal(overlay.entries, 2);
    overlay_clear(&overlay);
}

/* A change that did not fit leaves everything as it was, in the order in which it was. */
static void undone(void **state)
{
    struct overlay overlay;
    struct named named;
    char out[200];
    size_t entries, size_bytes;

    (void)state;
    overlay_init(&overlay);
    assert_int_equal(add(&overlay, "local-data", "a.example", "one"), STATUS_OK);
    assert_int_equal(add(&overlay, "local-data", "b.example", "two"), STATUS_OK);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-data", "c.example")),
                     STATUS_OK);
    overlay_commit(&overlay);
    entries = overlay.entries;
    size_bytes = overlay.size_bytes;
    assert_int_equal(overlay_take_back(&overlay, subject(&named, "local-data", "a.example")),
                     1);
    assert_true(overlay_show(&overlay, subject(&named, "local-data", "c.example")));
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-data", "d.example")),
                     STATUS_OK);
    assert_int_equal(add(&overlay, "local-data", "a.example", "new"), STATUS_OK);
    assert_string_equal(texts(&overlay, "local-data", out), "two new ");
    overlay_roll_back(&overlay);
    assert_string_equal(texts(&overlay, "local-data", out), "one two ");
    assert_int_equal(overlay.entries, entries);
    assert_int_equal(overlay.size_bytes, size_bytes);
    assert_false(overlay_show(&overlay, subject(&named, "local-data", "d.example")));
    assert_true(overlay_show(&overlay, subject(&named, "local-data", "c.example")));
    overlay_clear(&overlay);
}

/* What is added and taken back in one change was never there. */
static void added_and_taken_back(void **state)
{
    struct overlay overlay;
    struct named named;
    char out[200];

    (void)state;
    overlay_init(&overlay);
    assert_int_equal(add(&overlay, "ede", NULL, "no"), STATUS_OK);
    assert_int_equal(overlay_take_back(&overlay, subject(&named, "ede", NULL)), 1);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "ede", NULL)), STATUS_OK);
    assert_true(overlay_show(&overlay, subject(&named, "ede", NULL)));
    overlay_roll_back(&overlay);
    assert_string_equal(texts(&overlay, "ede", out), "");
    assert_int_equal(overlay.entries, 0);
    assert_int_equal(overlay.size_bytes, 0);
    overlay_clear(&overlay);
}

static void unused_hidings_go(void **state)
{
    struct overlay overlay;
    struct named named;

    (void)state;
    overlay_init(&overlay);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-zone", "a.example")),
                     STATUS_OK);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-zone", "b.example")),
                     STATUS_OK);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-zone", "a.example")),
                     STATUS_OK); /* once is enough */
    assert_int_equal(overlay.entries, 2);
    assert_true(overlay_show(&overlay, subject(&named, "local-zone", NULL)));
    assert_int_equal(overlay.entries, 0);
    overlay_roll_back(&overlay);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-zone", "a.example")),
                     STATUS_OK);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-zone", "b.example")),
                     STATUS_OK);
    overlay_commit(&overlay);
    CONTAINER_OF(overlay.hidings.head.after, struct overlay_hiding, link)->was_used = true;
    overlay_forget_unused(&overlay);
    assert_int_equal(overlay.entries, 1);
    assert_false(overlay_show(&overlay, subject(&named, "local-zone", "b.example")));
    assert_true(overlay_show(&overlay, subject(&named, "local-zone", "a.example")));
    overlay_clear(&overlay);
}

static void bounds(void **state)
{
    static char large[OVERLAY_BYTES_MAX / 4];
    struct overlay overlay;
    struct named named;
    char name[32];
    size_t count = 0;

    (void)state;
    overlay_init(&overlay);
    memset(large, 'x', sizeof(large) - 1);
    while (add(&overlay, "identity", NULL, large) == STATUS_OK)
        count++;
    assert_int_equal(count, 3);
    overlay_roll_back(&overlay);
    for (count = 0;; count++) {
        snprintf(name, sizeof(name), "n%zu.example", count);
        if (add(&overlay, "local-data", name, "x") != STATUS_OK)
            break;
    }
    assert_int_equal(count, OVERLAY_ENTRIES_MAX);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-data", "a.example")),
                     STATUS_LIMIT);
    assert_int_equal(overlay_take_back(&overlay, subject(&named, "local-data", "n7.example")),
                     1);
    assert_int_equal(overlay_hide(&overlay, subject(&named, "local-data", "a.example")),
                     STATUS_OK);
    overlay_clear(&overlay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(undone),
        cmocka_unit_test(added_and_taken_back),
        cmocka_unit_test(unused_hidings_go),
        cmocka_unit_test(bounds),
    };

    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
