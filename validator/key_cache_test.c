/*
 * key_cache_test.c - what is found at which time, how long failures are kept, and the budget.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/wire/text_rr.h"
#include "validator/key_cache.h"

struct lab {
    struct arena *arena;
    struct key_cache *cache;
};

static const struct reasons none;
static const struct reasons why_bogus = {
    1, {{EDE_SIGNATURE_EXPIRED, "sig=expired for example.org/DNSKEY"}}};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->arena = arena_new(0);
    lab->cache = key_cache_new(1 << 20, 4, (struct hash_key){1, 2});
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    key_cache_free(lab->cache);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

static struct dname name_of(struct lab *lab, const char *text)
{
    struct dname name;

    assert_int_equal(dname_from_text_in(lab->arena, text, &name), STATUS_OK);
    return name;
}

static struct zone_keys *keys_of(struct lab *lab, const char *zone)
{
    struct text_rr rr;
    char line[200];
    struct rrset_parts parts = {.rr_count = 1, .type = TYPE_DNSKEY, .rrclass = CLASS_IN};

    snprintf(line, sizeof(line),
             "%s DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", zone);
    assert_int_equal(text_rr_read(line, NULL, 0, false, lab->arena, &rr, NULL), STATUS_OK);
    parts.owner = rr.owner;
    parts.rdata = &rr.rdata;
    return zone_keys_new(rrset_in(lab->arena, &parts));
}

static void store_secure(struct lab *lab, const char *zone, int64_t expires_s)
{
    struct zone_keys *keys = keys_of(lab, zone);
    struct algo_set algorithms = {0};

    algo_set_add(&algorithms, ALGORITHM_ED25519);
    key_entry_unref(key_cache_store_secure(lab->cache, name_of(lab, zone), CLASS_IN, keys,
                                           &algorithms, expires_s));
    zone_keys_unref(keys);
}

static void secure_keys(void **state)
{
    struct lab *lab = *state;
    const struct key_entry *entry;

    store_secure(lab, "Example.ORG.", 100);
    entry = key_cache_ref(lab->cache, name_of(lab, "example.org."), CLASS_IN, 99);
    assert_non_null(entry);
    assert_int_equal(entry->security, SEC_SECURE);
    assert_int_equal(zone_keys_count(entry->keys), 1);
    assert_true(algo_set_has(&entry->algorithms, ALGORITHM_ED25519));
    assert_false(algo_set_has(&entry->algorithms, ALGORITHM_ED448));
    /* Whoever holds it reads on, whatever becomes of the table. */
    key_cache_flush(lab->cache);
    assert_null(key_cache_ref(lab->cache, name_of(lab, "example.org."), CLASS_IN, 99));
    assert_int_equal(zone_keys_at(entry->keys, 0)->algorithm, ALGORITHM_ED25519);
    key_entry_unref(entry);
}

static void only_what_was_asked_for(void **state)
{
    struct lab *lab = *state;

    store_secure(lab, "example.org.", 100);
    assert_null(key_cache_ref(lab->cache, name_of(lab, "example.org."), CLASS_IN, 100));
    assert_null(key_cache_ref(lab->cache, name_of(lab, "example.org."), CLASS_CH, 0));
    assert_null(key_cache_ref(lab->cache, name_of(lab, "a.example.org."), CLASS_IN, 0));
    assert_null(key_cache_ref(lab->cache, name_of(lab, "org."), CLASS_IN, 0));
}

static const struct {
    const char *why, *name, *top;
    int64_t now_s;
    const char *want;
} closest[] = {
    {"the zone itself", "b.a.example.", ".", 0, "b.a.example."},
    {"the nearest above", "d.c.b.a.example.", ".", 0, "b.a.example."},
    {"one that has expired is passed over", "d.c.b.a.example.", ".", 50, "example."},
    {"nothing above the anchor", "x.example.net.", "example.net.", 0, NULL},
    {"up to the root", "x.example.net.", ".", 0, "."},
    {"the anchor's own zone counts", "x.example.", "example.", 0, "example."},
};

static void nearest_zone(void **state)
{
    struct lab *lab = *state;
    struct hashed names = {.key = {1, 2}}; /* the cache's own */

    store_secure(lab, ".", 100);
    store_secure(lab, "example.", 100);
    store_secure(lab, "b.a.example.", 50);
    for (size_t i = 0; i < COUNT(closest); i++) {
        char text[DNAME_TEXT_MAX];
        const struct key_entry *entry =
            key_cache_closest_ref(lab->cache, &names, name_of(lab, closest[i].name),
                                  name_of(lab, closest[i].top), CLASS_IN, closest[i].now_s);
        const char *got = entry == NULL ? NULL : dname_to_text(entry->zone, text);

        if ((got == NULL) != (closest[i].want == NULL) ||
            (got != NULL && strcmp(got, closest[i].want) != 0))
            fail_msg("%s: %s", closest[i].why, got == NULL ? "nothing" : got);
        key_entry_unref(entry);
    }
}

/* Stored at that time; found until that other one. */
static const struct {
    int64_t at_s, until_s;
    uint32_t failures;
} backoff[] = {
    {0, 5, 1},     {5, 15, 2},    {15, 35, 3},
    {40, 80, 4},   {80, 140, 5},  {140, 200, 6}, /* val-bogus-ttl is the most */
    {259, 319, 7}, {379, 384, 1},                /* a minute after the end it begins anew */
};

static void failures_in_a_row(void **state)
{
    struct lab *lab = *state;
    struct dname zone = name_of(lab, "example.org.");

    for (size_t i = 0; i < COUNT(backoff); i++) {
        const struct key_entry *entry = key_cache_store_bogus(
            lab->cache, zone, CLASS_IN, &why_bogus, backoff[i].at_s, 5, 60);

        assert_int_equal(entry->failures, backoff[i].failures);
        assert_true(entry->expires_s == backoff[i].until_s);
        key_entry_unref(entry);
        entry = key_cache_ref(lab->cache, zone, CLASS_IN, backoff[i].until_s - 1);
        assert_int_equal(entry->security, SEC_BOGUS);
        assert_string_equal(entry->reasons->item[0].text, "sig=expired for example.org/DNSKEY");
        assert_int_equal(entry->reasons->item[0].code, 7);
        key_entry_unref(entry);
        assert_null(key_cache_ref(lab->cache, zone, CLASS_IN, backoff[i].until_s));
    }
    /* A success in between ends the row. */
    store_secure(lab, "example.org.", 390);
    key_entry_unref(key_cache_store_bogus(lab->cache, zone, CLASS_IN, &why_bogus, 391, 5, 60));
    key_entry_unref(key_cache_ref(lab->cache, zone, CLASS_IN, 395));
    assert_null(key_cache_ref(lab->cache, zone, CLASS_IN, 396));
}

static void bogus_keys_do_not_replace_good_ones(void **state)
{
    struct lab *lab = *state;
    struct dname zone = name_of(lab, "example.org.");
    const struct key_entry *entry;

    store_secure(lab, "example.org.", 100);
    entry = key_cache_store_bogus(lab->cache, zone, CLASS_IN, &why_bogus, 10, 5, 60);
    assert_int_equal(entry->security, SEC_BOGUS); /* who stores it goes by what he found */
    assert_true(entry->expires_s == 15);
    key_entry_unref(entry);
    entry = key_cache_ref(lab->cache, zone, CLASS_IN, 11);
    assert_int_equal(entry->security, SEC_SECURE);
    key_entry_unref(entry);
    /* When they have expired it does. */
    key_entry_unref(key_cache_store_bogus(lab->cache, zone, CLASS_IN, &why_bogus, 100, 5, 60));
    entry = key_cache_ref(lab->cache, zone, CLASS_IN, 101);
    assert_int_equal(entry->security, SEC_BOGUS);
    key_entry_unref(entry);
}

static void insecure_zones_and_forgetting(void **state)
{
    struct lab *lab = *state;
    const struct key_entry *entry;

    store_secure(lab, "example.", 100);
    store_secure(lab, "other.", 100);
    entry =
        key_cache_store_insecure(lab->cache, name_of(lab, "a.example."), CLASS_IN, &none, 100);
    assert_int_equal(entry->security, SEC_INSECURE);
    assert_int_equal(entry->reasons->count, 0);
    key_entry_unref(entry);
    assert_int_equal(key_cache_count(lab->cache), 3);
    assert_int_equal(key_cache_drop(lab->cache, name_of(lab, "EXAMPLE.")), 2);
    assert_int_equal(key_cache_count(lab->cache), 1);
}

static void the_budget_is_kept(void **state)
{
    enum { ZONES = 4000 };
    struct lab *lab = *state;
    const struct key_entry *entry;
    struct zone_keys *keys;

    for (int i = 0; i < ZONES; i++) {
        char zone[30];

        snprintf(zone, sizeof(zone), "zone%d.example.", i);
        store_secure(lab, zone, 100);
        assert_true(key_cache_size_bytes(lab->cache) <= 1 << 20);
    }
    assert_in_range(key_cache_count(lab->cache), ZONES / 4, ZONES - 1);
    key_cache_resize(lab->cache, 0);
    assert_int_equal(key_cache_count(lab->cache), 0);
    /* With no room at all the result still reaches who made it. */
    keys = keys_of(lab, "example.");
    entry = key_cache_store_secure(lab->cache, name_of(lab, "example."), CLASS_IN, keys,
                                   &(struct algo_set){0}, 100);
    assert_non_null(entry);
    key_entry_unref(entry);
    zone_keys_unref(keys);
    entry = key_cache_store_bogus(lab->cache, name_of(lab, "example."), CLASS_IN, &why_bogus, 0,
                                  5, 60);
    assert_true(entry->expires_s == 5);
    key_entry_unref(entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(secure_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_was_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nearest_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_in_a_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bogus_keys_do_not_replace_good_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(insecure_zones_and_forgetting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_budget_is_kept, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
