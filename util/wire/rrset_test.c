/*
 * rrset_test.c - packing, comparing, copying and counting references of RRsets.
 */
#include "util/wire/rrset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t owner_wire[] = "\1a\7Example";

static struct slice text_slice(const char *text)
{
    return slice_of(text, strlen(text));
}

/* records and signatures: texts that stand for rdata, up to NULL. */
static struct rrset *make(struct arena *arena, const char *const *records,
                          const char *const *rrsigs)
{
    struct slice rdata[16];
    struct rrset_parts parts = {
        .owner = dname_of_wire(owner_wire),
        .type = TYPE_TXT,
        .rrclass = CLASS_IN,
        .ttl_s = 300,
        .now_s = 1000,
        .trust = TRUST_ANSWER,
        .rdata = rdata,
    };

    for (; records[parts.rr_count] != NULL; parts.rr_count++)
        rdata[parts.rr_count] = text_slice(records[parts.rr_count]);
    for (; rrsigs[parts.rrsig_count] != NULL; parts.rrsig_count++)
        rdata[parts.rr_count + parts.rrsig_count] = text_slice(rrsigs[parts.rrsig_count]);
    return rrset_in(arena, &parts);
}

static void check_rdata(const struct rrset *set, const char *const *records,
                        const char *const *rrsigs)
{
    size_t i;

    for (i = 0; records[i] != NULL; i++)
        assert_true(slice_equal(rrset_rdata(set, i), text_slice(records[i])));
    assert_int_equal(i, set->rr_count);
    for (i = 0; rrsigs[i] != NULL; i++)
        assert_true(slice_equal(rrset_rrsig(set, i), text_slice(rrsigs[i])));
    assert_int_equal(i, set->rrsig_count);
}

static const struct {
    const char *why, *records[6], *rrsigs[4];
    size_t size; /* behind the struct */
} packings[] = {
    {"one record needs no ends", {"abcd"}, {NULL}, 11 + 4},
    {"two octets for each but the last", {"abcd", "ef", "g"}, {NULL}, 4 + 11 + 7},
    {"signatures are counted, too", {"abcd"}, {"signature"}, 2 + 11 + 13},
    {"empty rdata", {"", "a", ""}, {NULL}, 4 + 11 + 1},
    {"only empty rdata", {""}, {NULL}, 11},
    {"signatures alone", {NULL}, {"one", "two"}, 2 + 11 + 6},
};

static void packing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(packings); i++) {
        struct arena *arena = arena_new(0);
        struct rrset *set = make(arena, packings[i].records, packings[i].rrsigs);

        assert_non_null(set);
        if (set->size_bytes != sizeof(*set) + packings[i].size)
            fail_msg("%s: %u", packings[i].why, set->size_bytes);
        check_rdata(set, packings[i].records, packings[i].rrsigs);
        assert_true(dname_equal(rrset_owner(set), dname_of_wire(owner_wire)));
        assert_memory_equal(rrset_owner(set).wire, owner_wire, sizeof(owner_wire));
        assert_int_equal(set->expires_s, 1300);
        assert_int_equal(set->trust, TRUST_ANSWER);
        assert_int_equal(rrset_security(set), SEC_UNCHECKED);
        arena_free(arena);
    }
}

/* The memory goal of the caches: an address with its signature leaves room for what keeps it.
 */
static void small_enough(void **state)
{
    uint8_t rrsig[18 + 13 + 64] = {0}; /* fixed fields, signer, ECDSA P-256 */
    struct slice rdata[] = {slice_of("\xc0\0\2\1", 4), slice_of(rrsig, sizeof(rrsig))};
    struct rrset_parts parts = {.owner = dname_of_wire(owner_wire),
                                .type = TYPE_A,
                                .rdata = rdata,
                                .rr_count = 1,
                                .rrsig_count = 1};
    struct arena *arena = arena_new(0);

    (void)state;
    assert_true(rrset_in(arena, &parts)->size_bytes <= 152);
    parts.rrsig_count = 0;
    assert_true(rrset_in(arena, &parts)->size_bytes <= 56);
    arena_free(arena);
}

/* Past 64 KiB the ends take four octets; the border itself is where a mistake would hide. */
static void large_sets(void **state)
{
    static uint8_t octets[70000];

    (void)state;
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t size = 65400; size < 65540; size++) {
        struct slice rdata[3] = {slice_of(octets, size / 2), slice_of(octets + 1, 10),
                                 slice_of(octets + size / 2, size - size / 2)};
        struct rrset_parts parts = {
            .owner = dname_of_wire(owner_wire), .rdata = rdata, .rr_count = 3};
        struct arena *arena = arena_new(0);
        struct rrset *set = rrset_in(arena, &parts);

        assert_non_null(set);
        assert_int_equal(set->size_bytes, sizeof(*set) + 11 + size + 10 +
                                              (sizeof(*set) + 11 + size + 14 > 65535 ? 8 : 4));
        for (size_t i = 0; i < 3; i++)
            assert_true(slice_equal(rrset_rdata(set, i), rdata[i]));
        arena_free(arena);
    }
}

static const struct {
    const char *why, *a[6], *b[6];
    bool want;
} comparisons[] = {
    {"the same", {"a", "b", "c"}, {"a", "b", "c"}, true},
    {"rotated", {"a", "b", "c"}, {"c", "a", "b"}, true},
    {"another order", {"a", "b", "c", "d"}, {"d", "b", "a", "c"}, true},
    {"one more", {"a", "b"}, {"a", "b", "c"}, false},
    {"one other", {"a", "b", "c"}, {"a", "x", "c"}, false},
    {"case", {"a"}, {"A"}, false},
    {"longer", {"a"}, {"aa"}, false},
};

static void comparing(void **state)
{
    static const char *const none[] = {NULL}, *const some[] = {"sig", NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(comparisons); i++) {
        struct arena *arena = arena_new(0);
        struct rrset *a = make(arena, comparisons[i].a, none);
        struct rrset *b = make(arena, comparisons[i].b, some);

        if (rrset_same_data(a, b) != comparisons[i].want ||
            rrset_same_data(b, a) != comparisons[i].want)
            fail_msg("%s", comparisons[i].why);
        b->type = TYPE_SPF;
        assert_false(rrset_same_data(a, b));
        arena_free(arena);
    }
}

/* Many records: rotations are found, and the work stays within bounds whatever the order. */
static void comparing_large_sets(void **state)
{
    enum { RECORDS = 20000 };
    static uint16_t values[RECORDS];
    static struct slice rdata[RECORDS];
    struct rrset_parts parts = {
        .owner = dname_of_wire(owner_wire), .rdata = rdata, .rr_count = RECORDS};
    struct arena *arena = arena_new(0);
    struct rrset *a, *rotated, *reversed;

    (void)state;
    for (size_t i = 0; i < RECORDS; i++) {
        values[i] = (uint16_t)i;
        rdata[i] = slice_of(&values[i], 2);
    }
    a = rrset_in(arena, &parts);
    for (size_t i = 0; i < RECORDS; i++)
        rdata[i] = slice_of(&values[(i + 777) % RECORDS], 2);
    rotated = rrset_in(arena, &parts);
    for (size_t i = 0; i < RECORDS; i++)
        rdata[i] = slice_of(&values[RECORDS - 1 - i], 2);
    reversed = rrset_in(arena, &parts);
    assert_true(rrset_same_data(a, rotated));
    assert_false(rrset_same_data(a, reversed)); /* not worth the search */
    arena_free(arena);
}

static void copies(void **state)
{
    static const char *const records[] = {"one", "two", "three", NULL};
    static const char *const rrsigs[] = {"sig1", "sig2", NULL};
    static const char *const kept_records[] = {"one", "three", NULL};
    static const char *const kept_rrsigs[] = {"sig2", NULL};
    static const bool keep[] = {true, false, true, false, true};
    struct arena *arena = arena_new(0), *other = arena_new(0);
    struct rrset *set = make(other, records, rrsigs), *copy, *renamed, *filtered;
    uint8_t storage[DNAME_MAX];
    struct dname name;

    (void)state;
    rrset_set_security(set, SEC_SECURE);
    set->ttl_s = 77;
    set->expires_s = 4711;
    assert_int_equal(dname_from_text("longer.than.before.", storage, &name), STATUS_OK);
    copy = rrset_copy_in(arena, set);
    renamed = rrset_rename_in(arena, set, name);
    filtered = rrset_filter_in(arena, set, keep);
    arena_free(other); /* nothing of a copy may lie in the original */
    check_rdata(copy, records, rrsigs);
    check_rdata(renamed, records, rrsigs);
    check_rdata(filtered, kept_records, kept_rrsigs);
    assert_true(dname_equal(rrset_owner(renamed), name));
    assert_true(dname_equal(rrset_owner(copy), rrset_owner(filtered)));
    for (struct rrset *const *each = (struct rrset *[]){copy, renamed, filtered, NULL};
         *each != NULL; each++) {
        assert_int_equal((*each)->ttl_s, 77);
        assert_int_equal((*each)->expires_s, 4711);
        assert_int_equal((*each)->type, TYPE_TXT);
        assert_int_equal((*each)->rrclass, CLASS_IN);
        assert_int_equal((*each)->trust, TRUST_ANSWER);
        assert_int_equal(rrset_security(*each), SEC_SECURE);
        assert_int_equal((*each)->references, 0);
    }
    arena_free(arena);
}

static void references(void **state)
{
    static const char *const records[] = {"one", "two", NULL}, *const none[] = {NULL};
    struct arena *arena = arena_new(0);
    struct rrset *set = make(arena, records, none), *published = rrset_publish(set);

    (void)state;
    assert_non_null(published);
    assert_ptr_equal(rrset_ref(set), set); /* one in an arena is not counted */
    assert_int_equal(set->references, 0);
    rrset_unref(set);
    arena_free(arena);
    check_rdata(published, records, none);
    assert_int_equal(published->references, 1);
    assert_ptr_equal(rrset_ref(published), published);
    assert_int_equal(published->references, 2);
    rrset_unref(published);
    assert_int_equal(published->references, 1);
    check_rdata(published, records, none);
    rrset_unref(published); /* freed: the sanitizers tell whether too early or never */
    rrset_unref(NULL);
}

static void time_goes_by(void **state)
{
    static const char *const records[] = {"one", NULL}, *const none[] = {NULL};
    struct arena *arena = arena_new(0);
    struct rrset *set = make(arena, records, none); /* received at 1000, for 300 */

    (void)state;
    assert_int_equal(rrset_ttl_left_s(set, 1000), 300);
    assert_int_equal(rrset_ttl_left_s(set, 1299), 1);
    assert_true(rrset_is_fresh(set, 1299));
    assert_int_equal(rrset_ttl_left_s(set, 1300), 0);
    assert_false(rrset_is_fresh(set, 1300));
    assert_int_equal(rrset_ttl_left_s(set, INT64_MAX / 2), 0);
    assert_int_equal(rrset_came_s(set), 1000);
    rrset_set_expiry(set, -1);
    assert_int_equal(set->expires_s, 0);
    assert_int_equal(rrset_came_s(set), -300);
    rrset_set_expiry(set, INT64_MAX);
    assert_int_equal(rrset_ttl_left_s(set, 0), UINT32_MAX);
    arena_free(arena);
}

static void no_memory_is_an_ordinary_failure(void **state)
{
    static const char *const records[] = {"one", NULL}, *const none[] = {NULL};
    struct arena *arena = arena_new(0), *full = arena_new(1);
    struct rrset *set = make(arena, records, none);
    const bool keep[] = {true};

    (void)state;
    while (arena_bytes(full, 1) != NULL)
        continue;
    assert_null(make(full, records, none));
    assert_null(rrset_copy_in(full, set));
    assert_null(rrset_rename_in(full, set, dname_root));
    assert_null(rrset_filter_in(full, set, keep));
    arena_free(arena);
    arena_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing),
        cmocka_unit_test(small_enough),
        cmocka_unit_test(large_sets),
        cmocka_unit_test(comparing),
        cmocka_unit_test(comparing_large_sets),
        cmocka_unit_test(copies),
        cmocka_unit_test(references),
        cmocka_unit_test(time_goes_by),
        cmocka_unit_test(no_memory_is_an_ordinary_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
