/*
 * rrset_cache_test.c - which RRset stays when two meet, how long it lives, and who sees it.
 */
#include "services/cache/rrset_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/cache/sets_for_tests.h"

enum { NOW = 1000 };

struct home {
    struct arena *arena;
    struct rrset_cache *cache;
};

static int set_up(void **state)
{
    struct home *home = calloc(1, sizeof(*home));

    home->arena = arena_new(0);
    home->cache = rrset_cache_new(1 << 20, 4, (struct hash_key){1, 2});
    *state = home;
    return home->cache == NULL;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    rrset_cache_free(home->cache);
    arena_free(home->arena);
    free(home);
    return 0;
}

#define A1       "a.example. 300 IN A 192.0.2.1"
#define A2       "a.example. 300 IN A 192.0.2.2"
#define A1_LONG  "a.example. 900 IN A 192.0.2.1"
#define A1_SHORT "a.example. 60 IN A 192.0.2.1"
#define A1_SIGNED                                                                              \
    A1 "\na.example. 300 IN RRSIG A 13 2 300 20300101000000 20200101000000 1 example. AAAA"
#define NS1      "example. 300 IN NS ns1.example."
#define NS1_LONG "example. 900 IN NS ns1.example."
#define NS1_SIGNED(end)                                                                        \
    NS1 "\nexample. 300 IN RRSIG NS 13 1 300 " end " 20200101000000 1 example. AAAA"
#define NS2_LONG "example. 900 IN NS ns2.example."

enum wins { OLD, NEW };

/* The first set is stored at NOW, the second one so many seconds later. */
static const struct meeting {
    const char *why, *first;
    enum trust first_trust;
    int later_s;
    const char *second;
    enum trust second_trust;
    enum wins wins;
    int64_t expires_s;
} meetings[] = {
    /* RFC 2181 section 5.4.1 */
    {"higher rank wins", A1, TRUST_ADDITIONAL, 10, A2, TRUST_ANSWER_AA, NEW, NOW + 310},
    {"higher rank wins although it ends earlier", A1, TRUST_ADDITIONAL, 10, A1_SHORT,
     TRUST_ANSWER_AA, NEW, NOW + 70},
    {"lower rank never replaces fresh data", A1, TRUST_ANSWER_AA, 10, A2, TRUST_ADDITIONAL, OLD,
     NOW + 300},
    {"lower rank does not prolong equal data", A1, TRUST_ANSWER_AA, 10, A1_LONG,
     TRUST_AUTHORITY, OLD, NOW + 300},
    {"lower rank replaces expired data", A1, TRUST_ANSWER_AA, 300, A2, TRUST_ADDITIONAL, NEW,
     NOW + 600},
    {"a second before the end it is still fresh", A1, TRUST_ANSWER_AA, 299, A2,
     TRUST_ADDITIONAL, OLD, NOW + 300},
    {"validated data is above an authoritative answer", A1, TRUST_VALIDATED, 10, A2,
     TRUST_ANSWER_AA, OLD, NOW + 300},
    /* equal rank */
    {"newer content of equal rank wins", A1, TRUST_ANSWER_AA, 10, A2, TRUST_ANSWER_AA, NEW,
     NOW + 310},
    {"equal content that ends later wins", A1, TRUST_ANSWER_AA, 10, A1, TRUST_ANSWER_AA, NEW,
     NOW + 310},
    {"equal content that ends earlier is left out", A1, TRUST_ANSWER_AA, 10, A1_SHORT,
     TRUST_ANSWER_AA, OLD, NOW + 300},
    {"equal content with signatures wins over one without", A1, TRUST_ANSWER_AA, 0, A1_SIGNED,
     TRUST_ANSWER_AA, NEW, NOW + 300},
    {"equal content without signatures does not replace one with them", A1_SIGNED,
     TRUST_ANSWER_AA, 0, A1, TRUST_ANSWER_AA, OLD, NOW + 300},
    /* ghost domains: what name servers say about themselves never prolongs a delegation */
    {"equal NS of equal rank does not prolong", NS1, TRUST_AUTHORITY, 10, NS1_LONG,
     TRUST_AUTHORITY, OLD, NOW + 300},
    {"equal NS of higher rank does not prolong", NS1, TRUST_AUTHORITY, 10, NS1_LONG,
     TRUST_AUTHORITY_AA, NEW, NOW + 300},
    {"renamed NS of higher rank does not prolong", NS1, TRUST_AUTHORITY, 10, NS2_LONG,
     TRUST_AUTHORITY_AA, NEW, NOW + 300},
    {"renamed NS of equal rank does not prolong", NS1, TRUST_AUTHORITY_AA, 10, NS2_LONG,
     TRUST_AUTHORITY_AA, NEW, NOW + 300},
    {"validated NS does not prolong", NS1, TRUST_AUTHORITY_AA, 10, NS1_LONG, TRUST_VALIDATED,
     NEW, NOW + 300},
    {"when the old NS has expired the new one has its own time", NS1, TRUST_AUTHORITY_AA, 300,
     NS1_LONG, TRUST_AUTHORITY, NEW, NOW + 1200},
    {"equal glue of equal rank does not prolong", A1, TRUST_ADDITIONAL, 10, A1_LONG,
     TRUST_ADDITIONAL, OLD, NOW + 300},
    {"glue that the child told does not prolong", A1, TRUST_ADDITIONAL, 10, A2,
     TRUST_ADDITIONAL_AA, NEW, NOW + 300},
    {"an address that was asked for has its own time", A1, TRUST_ADDITIONAL, 10, A1_LONG,
     TRUST_ANSWER, NEW, NOW + 910},
    {"signatures that came last are kept, but do not prolong", NS1_SIGNED("20300101000000"),
     TRUST_AUTHORITY_AA, 10, NS1_SIGNED("20310101000000"), TRUST_AUTHORITY_AA, NEW, NOW + 300},
    {"the same signatures change nothing", NS1_SIGNED("20300101000000"), TRUST_AUTHORITY_AA, 10,
     NS1_SIGNED("20300101000000"), TRUST_AUTHORITY_AA, OLD, NOW + 300},
    {"NS may end earlier", NS1_LONG, TRUST_AUTHORITY, 10, NS1, TRUST_AUTHORITY_AA, NEW,
     NOW + 310},
};

static void who_stays(void **state)
{
    struct home *home = *state;

    for (size_t i = 0; i < COUNT(meetings); i++) {
        const struct meeting *m = &meetings[i];
        int64_t later_s = NOW + m->later_s;
        struct rrset *first = set_of(home->arena, m->first, m->first_trust, NOW);
        struct rrset *second = set_of(home->arena, m->second, m->second_trust, later_s);
        const struct rrset *old, *now, *found;

        old = rrset_cache_store(home->cache, first, RRSET_PLAIN, NOW);
        now = rrset_cache_store(home->cache, second, RRSET_PLAIN, later_s);
        found = rrset_cache_find(home->cache, rrset_owner(first), first->type, CLASS_IN,
                                 RRSET_PLAIN, NOW, 0);
        if (found != now || (now == old) != (m->wins == OLD) || now->expires_s != m->expires_s)
            fail_msg("%s (expires %ld)", m->why, (long)now->expires_s);
        if (now->expires_s != later_s + now->ttl_s && m->wins == NEW)
            fail_msg("%s: TTL and expiry differ", m->why);
        if (rrset_is_superseded(old) != (m->wins == NEW) || rrset_is_superseded(now))
            fail_msg("%s: superseded", m->why);
        rrset_unref(old);
        rrset_unref(now);
        rrset_unref(found);
        rrset_cache_flush(home->cache);
    }
}

/* The parent's NS set is the parent's word: the bound is for what the child says. */
static void flavours_are_apart(void **state)
{
    struct home *home = *state;
    struct rrset *parent = set_of(home->arena, NS1, TRUST_AUTHORITY, NOW);
    struct rrset *again = set_of(home->arena, NS1_LONG, TRUST_AUTHORITY, NOW + 10);
    const struct rrset *found;
    struct dname owner = rrset_owner(parent);

    rrset_unref(rrset_cache_store(home->cache, parent, RRSET_PARENT_SIDE, NOW));
    assert_null(rrset_cache_find(home->cache, owner, TYPE_NS, CLASS_IN, RRSET_PLAIN, NOW, 0));
    rrset_unref(rrset_cache_store(home->cache, again, RRSET_PARENT_SIDE, NOW + 10));
    found = rrset_cache_find(home->cache, owner, TYPE_NS, CLASS_IN, RRSET_PARENT_SIDE, NOW, 0);
    assert_int_equal(found->expires_s, NOW + 910);
    rrset_unref(found);
    assert_int_equal(rrset_cache_count(home->cache), 1);
}

static void replace_wins_over_rank(void **state)
{
    struct home *home = *state;
    struct rrset *high = set_of(home->arena, A1, TRUST_VALIDATED, NOW);
    struct rrset *low = set_of(home->arena, A2, TRUST_ANSWER_AA, NOW + 1);
    struct rrset *ns = set_of(home->arena, NS1, TRUST_AUTHORITY, NOW);
    struct rrset *ns_later = set_of(home->arena, NS2_LONG, TRUST_ANSWER_AA, NOW + 1);
    const struct rrset *now;

    rrset_unref(rrset_cache_store(home->cache, high, RRSET_PLAIN, NOW));
    now = rrset_cache_replace(home->cache, low, RRSET_PLAIN, NOW + 1);
    assert_true(rrset_same_data(now, low));
    rrset_unref(now);
    rrset_unref(rrset_cache_store(home->cache, ns, RRSET_PLAIN, NOW));
    now = rrset_cache_replace(home->cache, ns_later, RRSET_PLAIN, NOW + 1);
    assert_true(rrset_same_data(now, ns_later));
    assert_int_equal(now->expires_s, NOW + 300); /* ghost domains, once more */
    rrset_unref(now);
}

/* What validation refused must not keep other data out, whatever its rank was. */
static void bogus_defends_nothing(void **state)
{
    struct home *home = *state;
    struct rrset *bad = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);
    struct rrset *good = set_of(home->arena, A2, TRUST_ANSWER, NOW + 1);
    const struct rrset *stored = rrset_cache_store(home->cache, bad, RRSET_PLAIN, NOW);
    const struct rrset *now;

    rrset_set_security(stored, SEC_BOGUS);
    now = rrset_cache_store(home->cache, good, RRSET_PLAIN, NOW + 1);
    assert_true(rrset_same_data(now, good));
    rrset_unref(stored);
    rrset_unref(now);
}

static const struct {
    const char *why;
    int64_t at_s;
    uint32_t stale_s;
    bool found;
} ages[] = {
    {"fresh", NOW + 299, 0, true},
    {"at its end it is not fresh", NOW + 300, 0, false},
    {"expired for less than allowed", NOW + 359, 60, true},
    {"expired for just too long", NOW + 360, 60, false},
    {"for ever", NOW + 100000000, UINT32_MAX, true},
};

static void fresh_and_stale(void **state)
{
    struct home *home = *state;
    struct rrset *set = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);

    rrset_unref(rrset_cache_store(home->cache, set, RRSET_PLAIN, NOW));
    for (size_t i = 0; i < COUNT(ages); i++) {
        const struct rrset *found =
            rrset_cache_find(home->cache, name_of(home->arena, "A.ExamplE."), TYPE_A, CLASS_IN,
                             RRSET_PLAIN, ages[i].at_s, ages[i].stale_s);

        if ((found != NULL) != ages[i].found)
            fail_msg("%s", ages[i].why);
        rrset_unref(found);
    }
}

static void keys_are_told_apart(void **state)
{
    struct home *home = *state;
    struct rrset *set = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);
    struct dname owner = rrset_owner(set), other = name_of(home->arena, "b.example.");

    rrset_unref(rrset_cache_store(home->cache, set, RRSET_PLAIN, NOW));
    assert_null(rrset_cache_find(home->cache, owner, TYPE_AAAA, CLASS_IN, RRSET_PLAIN, NOW, 0));
    assert_null(rrset_cache_find(home->cache, owner, TYPE_A, CLASS_CH, RRSET_PLAIN, NOW, 0));
    assert_null(rrset_cache_find(home->cache, other, TYPE_A, CLASS_IN, RRSET_PLAIN, NOW, 0));
    assert_false(rrset_cache_drop(home->cache, other, TYPE_A, CLASS_IN, RRSET_PLAIN));
}

/* RFC 2181 section 5.4.1 needs no exception for it: a stored set offered once more is itself.
 */
static void what_it_holds_offered_again(void **state)
{
    struct home *home = *state;
    struct rrset *set = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);
    const struct rrset *stored = rrset_cache_store(home->cache, set, RRSET_PLAIN, NOW);
    const struct rrset *again = rrset_cache_replace(home->cache, stored, RRSET_PLAIN, NOW + 5);

    assert_ptr_equal(stored, again);
    assert_false(rrset_is_superseded(stored));
    rrset_unref(stored);
    rrset_unref(again);
}

/* limits.md, CVE-2024-1737: at most 256 records and 16 KiB; such a set is used but not cached.
 */
static void too_large(void **state)
{
    struct home *home = *state;
    static const uint8_t octets[60000];
    struct slice rdata[300];
    struct rrset_parts parts = {
        .owner = name_of(home->arena, "big.example."),
        .type = TYPE_TXT,
        .rrclass = CLASS_IN,
        .ttl_s = 60,
        .now_s = NOW,
        .trust = TRUST_ANSWER_AA,
        .rdata = rdata,
    };
    static const struct {
        const char *why;
        uint16_t count;
        size_t each;
        bool stored;
    } sizes[] = {
        {"256 small records", 256, 20, true},
        {"257 records", 257, 20, false},
        {"just below 16 KiB", 16, 1000, true},
        {"above 16 KiB", 17, 1000, false},
    };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        const struct rrset *stored;

        for (size_t k = 0; k < sizes[i].count; k++)
            rdata[k] = slice_of(octets + k, sizes[i].each);
        parts.rr_count = sizes[i].count;
        stored =
            rrset_cache_replace(home->cache, rrset_in(home->arena, &parts), RRSET_PLAIN, NOW);
        if ((stored != NULL) != sizes[i].stored)
            fail_msg("%s", sizes[i].why);
        rrset_unref(stored);
    }
}

static bool is_ns(void *context, const struct rrset *set)
{
    (void)context;
    return set->type == TYPE_NS;
}

static void count_set(void *context, const struct rrset *set, enum rrset_flavour flavour)
{
    unsigned *seen = context;

    (void)set;
    seen[flavour]++;
}

/* Whoever holds a reference may read on; and sees that the set was taken out. */
static void dropping(void **state)
{
    struct home *home = *state;
    struct rrset *a = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);
    struct rrset *ns = set_of(home->arena, NS1, TRUST_AUTHORITY, NOW);
    const struct rrset *held = rrset_cache_store(home->cache, a, RRSET_PLAIN, NOW);
    unsigned seen[RRSET_FLAVOURS] = {0, 0};

    rrset_unref(rrset_cache_store(home->cache, ns, RRSET_PLAIN, NOW));
    rrset_unref(rrset_cache_store(home->cache, ns, RRSET_PARENT_SIDE, NOW));
    rrset_cache_visit(home->cache, count_set, seen);
    assert_int_equal(seen[RRSET_PLAIN], 2);
    assert_int_equal(seen[RRSET_PARENT_SIDE], 1);
    assert_int_equal(rrset_cache_drop_if(home->cache, is_ns, NULL), 2);
    assert_int_equal(rrset_cache_count(home->cache), 1);
    assert_true(rrset_cache_drop(home->cache, rrset_owner(a), TYPE_A, CLASS_IN, RRSET_PLAIN));
    assert_true(rrset_is_superseded(held));
    assert_true(rrset_same_data(held, a));
    assert_int_equal(atomic_load(&held->references), 1);
    rrset_unref(held);
}

/* Evicted is not superseded: the data is as good as before, there was only no room for it. */
static void evicting(void **state)
{
    struct home *home = *state;
    struct rrset *a = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);
    const struct rrset *held = rrset_cache_store(home->cache, a, RRSET_PLAIN, NOW);

    rrset_cache_resize(home->cache, 0);
    assert_int_equal(rrset_cache_count(home->cache), 0);
    assert_false(rrset_is_superseded(held));
    assert_null(rrset_cache_store(home->cache, a, RRSET_PLAIN, NOW)); /* no room at all */
    rrset_unref(held);
}

/* What a parent told of an address: kept once, and for itself only when others say something. */
static const struct glue {
    const char *why, *then; /* NULL: nothing else is heard */
    enum trust then_trust;
    bool twice;             /* then the cache holds two */
    const char *last_resort;
} glues[] = {
    {"nobody else says anything", NULL, TRUST_NONE, false, A1},
    {"the parent says the same again, for longer", A1_LONG, TRUST_ADDITIONAL, false, A1},
    {"the zone itself says something else", A2, TRUST_ANSWER_AA, true, A1},
    {"the zone itself says the same: it may change its mind", A1_LONG, TRUST_ANSWER_AA, true, A1},
    {"another referral says something else", A2, TRUST_ADDITIONAL, true, A1},
};

static void the_parents_word(void **state)
{
    struct home *home = *state;

    for (size_t i = 0; i < COUNT(glues); i++) {
        const struct glue *g = &glues[i];
        struct rrset *told = set_of(home->arena, A1, TRUST_ADDITIONAL, NOW);
        const struct rrset *found;

        rrset_unref(rrset_cache_store(home->cache, told, RRSET_PLAIN, NOW));
        rrset_cache_keep_parent_side(home->cache, told, NOW);
        if (rrset_cache_count(home->cache) != 1)
            fail_msg("%s: at first", g->why);
        if (g->then != NULL)
            rrset_unref(rrset_cache_replace(home->cache,
                                            set_of(home->arena, g->then, g->then_trust, NOW),
                                            RRSET_PLAIN, NOW));
        found = rrset_cache_find_parent_side(home->cache, rrset_owner(told), TYPE_A, CLASS_IN,
                                             NOW);
        if (found == NULL ||
            !rrset_same_data(found, set_of(home->arena, g->last_resort, TRUST_NONE, NOW)) ||
            found->trust != TRUST_ADDITIONAL ||
            rrset_cache_count(home->cache) != (g->twice ? 2 : 1))
            fail_msg("%s", g->why);
        rrset_unref(found);
        rrset_cache_flush(home->cache);
    }
}

/* Where something else is there already it is kept beside that; the newest counts. */
static void the_parents_word_comes_later(void **state)
{
    struct home *home = *state;
    struct rrset *own = set_of(home->arena, A1, TRUST_ANSWER_AA, NOW);
    const struct rrset *found;

    rrset_unref(rrset_cache_store(home->cache, own, RRSET_PLAIN, NOW));
    assert_null(rrset_cache_find_parent_side(home->cache, rrset_owner(own), TYPE_A, CLASS_IN,
                                             NOW));
    rrset_cache_keep_parent_side(home->cache, set_of(home->arena, A1, TRUST_ADDITIONAL, NOW),
                                 NOW);
    rrset_cache_keep_parent_side(home->cache, set_of(home->arena, A2, TRUST_ADDITIONAL, NOW),
                                 NOW);
    assert_int_equal(rrset_cache_count(home->cache), 2);
    found = rrset_cache_find_parent_side(home->cache, rrset_owner(own), TYPE_A, CLASS_IN, NOW);
    assert_true(rrset_same_data(found, set_of(home->arena, A2, TRUST_NONE, NOW)));
    rrset_unref(found);
    assert_null(rrset_cache_find_parent_side(home->cache, rrset_owner(own), TYPE_A, CLASS_IN,
                                             NOW + 300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flavours_are_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replace_wins_over_rank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bogus_defends_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fresh_and_stale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_holds_offered_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dropping, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evicting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_parents_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_parents_word_comes_later, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
