/*
 * trust_points_test.c - what a reload keeps and what it takes anew, and what is wrong with
 * files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "validator/trust_points.h"

#define KEY    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="
#define KEY_2  "zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs="
#define FILE_A "a. IN DNSKEY 257 3 15 " KEY "\n"
#define FILE_B "b. IN DNSKEY 257 3 15 " KEY_2 "\n"

struct lab {
    struct trust_points *points; /* in use */
    const char *text[3];         /* of the files "0", "1", "2"; NULL: not there */
    bool unreadable;
    char said[300];
};

static const char *read_file(void *context, const char *name, struct arena *arena)
{
    const struct lab *lab = context;
    const char *text = lab->text[name[0] - '0'];

    errno = lab->unreadable ? EACCES : ENOENT;
    return text == NULL || lab->unreadable ? NULL : arena_text(arena, text);
}

static void complain(void *context, const struct opt_item *item, const char *words)
{
    struct lab *lab = context;

    snprintf(lab->said, sizeof(lab->said), "%d: %s", item->line, words);
}

/* @param names "02": the files 0 and 2. @return false after a complaint: all is as it was. */
static bool load(struct lab *lab, const char *names)
{
    struct opt_item items[3];
    struct opt_list list = {strlen(names), items};
    char words[3][2] = {"", "", ""};
    struct trust_points *fresh;

    for (size_t i = 0; i < list.count; i++) {
        words[i][0] = names[i];
        items[i] = (struct opt_item){.text = words[i], .line = (int)i + 1};
    }
    lab->said[0] = '\0';
    fresh = trust_points_read(lab->points, &list, complain, read_file, lab);
    if (fresh != NULL)
        trust_points_take(lab->points, fresh);
    return fresh != NULL;
}

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->points = trust_points_new();
    lab->text[0] = FILE_A;
    lab->text[1] = FILE_B;
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    trust_points_free(lab->points);
    free(lab);
    return 0;
}

static struct trust_point *of(struct lab *lab, const char *zone)
{
    uint8_t storage[DNAME_MAX];
    struct dname name;

    assert_int_equal(dname_from_text(zone, storage, &name), STATUS_OK);
    return trust_points_find(lab->points, name, CLASS_IN);
}

/* A reload with files as they were: what was learned stays, also what is not written yet. */
static void a_reload_keeps(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_point *point;

    assert_true(load(lab, "01"));
    point = of(lab, "a.")->point;
    point->failed = 77;
    of(lab, "a.")->unwritten = true;
    of(lab, "a.")->write_failures = 3;
    assert_true(load(lab, "10"));
    assert_ptr_equal(of(lab, "a.")->point, point);
    assert_int_equal(of(lab, "a.")->point->failed, 77);
    assert_true(of(lab, "a.")->unwritten);
    assert_int_equal(of(lab, "a.")->write_failures, 3);
    assert_non_null(of(lab, "b."));
}

static void our_own_text_is_no_change(void **state)
{
    struct lab *lab = *state;

    assert_true(load(lab, "0"));
    of(lab, "a.")->point->failed = 77;
    of(lab, "a.")->unwritten = true;
    trust_point_written(of(lab, "a."), "; ours\n" FILE_A);
    assert_false(of(lab, "a.")->unwritten);
    lab->text[0] = "; ours\n" FILE_A;
    assert_true(load(lab, "0"));
    assert_int_equal(of(lab, "a.")->point->failed, 77);
}

/* A file that the operator has put there counts. */
static void a_new_file_counts(void **state)
{
    struct lab *lab = *state;

    assert_true(load(lab, "0"));
    of(lab, "a.")->point->deleted = true;
    lab->text[0] = FILE_A "\n";
    assert_true(load(lab, "0"));
    assert_false(of(lab, "a.")->point->deleted);
    lab->text[0] = FILE_B;
    assert_true(load(lab, "0"));
    assert_null(of(lab, "a."));
    assert_non_null(of(lab, "b."));
    assert_true(load(lab, ""));
    assert_null(of(lab, "b."));
}

/* A file that has gone (its file system is not mounted): nobody loses trust by that. */
static void a_file_that_has_gone(void **state)
{
    struct lab *lab = *state;

    assert_true(load(lab, "0"));
    of(lab, "a.")->point->failed = 77;
    lab->text[0] = NULL;
    assert_true(load(lab, "0"));
    assert_null(of(lab, "."));
    assert_int_equal(of(lab, "a.")->point->failed, 77);
    assert_true(of(lab, "a.")->unwritten);
    lab->text[0] = FILE_A; /* it is back as it was */
    assert_true(load(lab, "0"));
    assert_int_equal(of(lab, "a.")->point->failed, 77);
}

static void a_bad_file_changes_nothing(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_point *point;

    assert_true(load(lab, "0"));
    point = of(lab, "a.")->point;
    lab->text[1] = "b. IN DNSKEY 257\n";
    assert_false(load(lab, "01"));
    assert_string_equal(lab->said, "2: trust anchors 1, line 1: a field is missing");
    assert_ptr_equal(of(lab, "a.")->point, point);
    lab->text[1] = FILE_A "\n";
    assert_false(load(lab, "01"));
    assert_string_equal(lab->said,
                        "2: trust anchors 1: another auto-trust-anchor-file is for the "
                        "same zone");
    assert_ptr_equal(of(lab, "a.")->point, point);
    lab->unreadable = true;
    assert_false(load(lab, "0"));
    assert_string_equal(lab->said, "1: trust anchors 0 cannot be read: Permission denied");
    assert_ptr_equal(of(lab, "a.")->point, point);
}

/* A file that is not there: the root's keys, and a reload before it was made keeps what is
 * known. */
static void a_missing_file_is_the_roots(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_point *point;

    assert_true(load(lab, "2"));
    point = of(lab, ".")->point;
    assert_true(point->built_in);
    assert_non_null(point->ds);
    assert_non_null(point->ds->next);
    assert_int_equal(bytes_u16(point->ds->rdata), 20326);
    assert_true(load(lab, "2"));
    assert_ptr_equal(of(lab, ".")->point, point);
    lab->text[2] = FILE_A;
    assert_true(load(lab, "2"));
    assert_null(of(lab, "."));
    assert_non_null(of(lab, "a."));
}

/* Anchors as the validator sees them follow the points. */
static void anchors_follow(void **state)
{
    struct lab *lab = *state;
    struct opt_item fixed = {.text = "fixed. IN DNSKEY 257 3 15 " KEY};
    struct opt_item insecure = {.text = "x.fixed."};
    struct validator_options options = {.trust_anchor = {1, &fixed},
                                        .domain_insecure = {1, &insecure}};
    struct anchors *before, *after;
    struct anchor_found found;
    uint8_t storage[DNAME_MAX];
    struct dname name;

    assert_true(load(lab, "01"));
    before = anchors_new(&options, lab->points, complain, read_file, lab);
    assert_int_equal(anchors_count(before), 3);
    of(lab, "b.")->point->deleted = true;
    of(lab, "a.")->point->keys->state = RFC5011_MISSING;
    after = anchors_renew(before, lab->points);
    assert_int_equal(anchors_count(before), 3); /* whoever has them may go on with them */
    anchors_free(before);
    assert_int_equal(anchors_count(after), 2);
    assert_int_equal(dname_from_text("a.", storage, &name), STATUS_OK);
    assert_true(anchors_of(after, name, CLASS_IN)->is_kept);
    assert_false(anchors_of(after, name, CLASS_IN)->has_fixed);
    assert_int_equal(dname_from_text("fixed.", storage, &name), STATUS_OK);
    assert_false(anchors_of(after, name, CLASS_IN)->is_kept);
    assert_int_equal(dname_from_text("y.x.fixed.", storage, &name), STATUS_OK);
    found = anchors_find(after, name, CLASS_IN, 0);
    assert_null(found.anchor);
    assert_non_null(found.negative);
    anchors_free(anchors_ref(after));
    assert_int_equal(anchors_count(after), 2);
    anchors_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reload_keeps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_own_text_is_no_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_file_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_has_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_file_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file_is_the_roots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(anchors_follow, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
