/*
 * shards_test.c - the sharded table alone: finding, replacing, the budget, the clock, growing.
 *
 * One thread; services/cache/cache_threads_test.c has two.
 */
#include "util/shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

struct item {
    struct shard_link link;
    uint32_t number, value;
};

/* Entries alive, of all tables of this program. */
static size_t alive;

static struct item *item_of(const struct shard_link *link)
{
    return CONTAINER_OF(link, struct item, link);
}

static void item_release(struct shard_link *link)
{
    alive--;
    free(item_of(link));
}

/* Spreads numbers; one test gives all the same hash. */
static uint64_t hash_of(uint32_t number)
{
    uint64_t x = (number + 1) * 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9u;
    return x ^ x >> 29;
}

struct wanted {
    uint32_t number;
    uint32_t value;
    enum shard_verdict verdict;
    bool saw_old;
};

static bool look_number(const struct shard_link *link, void *context)
{
    struct wanted *wanted = context;

    if (item_of(link)->number != wanted->number)
        return false;
    wanted->value = item_of(link)->value;
    return true;
}

static bool match_number(const struct shard_link *link, const void *context)
{
    return item_of(link)->number == ((const struct wanted *)context)->number;
}

static enum shard_verdict decide_as_told(struct shard_link *old, void *context)
{
    struct wanted *wanted = context;

    wanted->saw_old = old != NULL;
    return wanted->verdict;
}

static enum shard_verdict put_hashed(struct shards *shards, uint64_t hash, uint32_t number,
                                     uint32_t value, uint32_t size_bytes)
{
    struct item *item = malloc(sizeof(*item));
    struct wanted wanted = {number, 0, SHARD_PUT, false};
    struct shard_change change = {hash, match_number, decide_as_told, &wanted, NULL};
    enum shard_verdict verdict;

    assert_non_null(item);
    item->number = number;
    item->value = value;
    shard_link_init(&item->link, hash, size_bytes);
    change.fresh = &item->link;
    alive++;
    verdict = shards_change(shards, &change);
    if (verdict != SHARD_PUT)
        item_release(&item->link);
    return verdict;
}

static void put(struct shards *shards, uint32_t number, uint32_t value)
{
    assert_int_equal(
        put_hashed(shards, hash_of(number), number, value, shard_cost(sizeof(struct item))),
        SHARD_PUT);
}

static bool find(struct shards *shards, uint32_t number, uint32_t *value)
{
    struct wanted wanted = {number, 0, SHARD_KEEP, false};
    bool found = shards_look(shards, hash_of(number), look_number, &wanted);

    *value = wanted.value;
    return found;
}

static bool drop(struct shards *shards, uint32_t number)
{
    struct wanted wanted = {number, 0, SHARD_DROP, false};
    struct shard_change change = {hash_of(number), match_number, decide_as_told, &wanted, NULL};

    shards_change(shards, &change);
    return wanted.saw_old;
}

/* Every entry stays findable at each moment while arrays are doubled bucket by bucket. */
static void finds_all_while_growing(void **state)
{
    struct shards *shards = shards_new(64 << 20, 4, item_release);
    uint32_t value;

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        put(shards, i, i * 3);
        for (uint32_t back = 1; back <= i; back *= 3) {
            assert_true(find(shards, i - back, &value));
            assert_int_equal(value, (i - back) * 3);
        }
    }
    for (uint32_t i = 0; i < 20000; i++)
        assert_true(find(shards, i, &value));
    assert_false(find(shards, 20000, &value));
    assert_int_equal(shards_state(shards).entries, 20000);
    assert_int_equal(shards_state(shards).evictions, 0);
    shards_free(shards);
    assert_int_equal(alive, 0);
}

static void replaces_keeps_and_drops(void **state)
{
    struct shards *shards = shards_new(1 << 20, 1, item_release);
    struct wanted keep = {7, 0, SHARD_KEEP, false};
    struct shard_change change = {hash_of(7), match_number, decide_as_told, &keep, NULL};
    uint32_t value;

    (void)state;
    put(shards, 7, 1);
    put(shards, 7, 2);
    assert_int_equal(alive, 1); /* the replaced one was released */
    assert_true(find(shards, 7, &value));
    assert_int_equal(value, 2);
    assert_int_equal(shards_change(shards, &change), SHARD_KEEP);
    assert_true(keep.saw_old);
    assert_true(drop(shards, 7));
    assert_false(drop(shards, 7));
    assert_int_equal(alive, 0);
    shards_free(shards);
}

/* Entries with one and the same hash are told apart by the caller's comparison. */
static void same_hash(void **state)
{
    struct shards *shards = shards_new(1 << 20, 4, item_release);
    struct wanted wanted = {0, 0, SHARD_KEEP, false};

    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(put_hashed(shards, 42, i, i, 100), SHARD_PUT);
    for (uint32_t i = 0; i < 200; i++) {
        wanted.number = i;
        assert_true(shards_look(shards, 42, look_number, &wanted));
        assert_int_equal(wanted.value, i);
    }
    wanted.number = 200;
    assert_false(shards_look(shards, 42, look_number, &wanted));
    shards_free(shards);
    assert_int_equal(alive, 0);
}

/* Ten times the budget goes through, in sizes from small to an eighth of a shard. */
static void budget_is_never_exceeded(void **state)
{
    static const uint64_t budgets[] = {0, 2000, 100000, 1 << 20};

    (void)state;
    for (size_t b = 0; b < COUNT(budgets); b++) {
        struct shards *shards = shards_new(budgets[b], 8, item_release);
        uint64_t put_bytes = 0;

        for (uint32_t i = 0; i < 30000 && put_bytes < 10 * budgets[b] + 1000; i++) {
            uint32_t size = 48 + (uint32_t)(hash_of(i) % 1000) * (i % 17 == 0 ? 8 : 1);

            put_hashed(shards, hash_of(i), i, i, size);
            put_bytes += size;
            if (budgets[b] >= 2000)
                assert_in_range(shards_state(shards).size_bytes, 0, budgets[b]);
        }
        assert_int_equal(alive, shards_state(shards).entries);
        if (budgets[b] >= 100000) { /* and not left empty either */
            assert_in_range(shards_state(shards).size_bytes, budgets[b] / 2, budgets[b]);
            assert_true(shards_state(shards).evictions > 0);
        }
        if (budgets[b] == 0)
            assert_int_equal(alive, 0);
        shards_free(shards);
        assert_int_equal(alive, 0);
    }
}

static void too_large_is_refused(void **state)
{
    struct shards *shards = shards_new(64 * 1024, 1, item_release);
    uint32_t value;

    (void)state;
    put(shards, 1, 1);
    assert_int_equal(put_hashed(shards, hash_of(1), 1, 2, 60000), SHARD_REFUSED);
    assert_true(find(shards, 1, &value)); /* what was there stays */
    assert_int_equal(value, 1);
    shards_free(shards);
    assert_int_equal(alive, 0);
}

/* A flood of names asked for once does not take along those that are asked for again and again.
 */
static void popular_entries_outlive_a_flood(void **state)
{
    enum { POPULAR = 100, FLOOD = 50000 };
    struct shards *shards = shards_new(256 * 1024, 2, item_release);
    uint32_t value, lost = 0;

    (void)state;
    for (uint32_t i = 0; i < POPULAR; i++)
        put(shards, i, i);
    for (uint32_t i = 0; i < FLOOD; i++) {
        find(shards, i % POPULAR, &value);
        put(shards, POPULAR + i, 0);
    }
    for (uint32_t i = 0; i < POPULAR; i++)
        lost += !find(shards, i, &value);
    assert_int_equal(lost, 0);
    assert_true(shards_state(shards).evictions > FLOOD * 9 / 10);
    shards_free(shards);
}

/* When all were visited, one still goes, and soon: the hand's patience is bounded. */
static void all_visited(void **state)
{
    struct shards *shards = shards_new(64 * 1024, 1, item_release);
    uint32_t value, number = 0;

    (void)state;
    while (shards_state(shards).evictions == 0)
        put(shards, number++, 0);
    for (int round = 0; round < 200; round++) {
        uint64_t before = shards_state(shards).evictions;

        for (uint32_t i = 0; i < number; i++)
            find(shards, i, &value);
        put(shards, number++, 0);
        assert_in_range(shards_state(shards).evictions, before, before + 1);
        assert_true(find(shards, number - 1, &value));
    }
    shards_free(shards);
}

struct seen {
    uint8_t *times;
    bool drop_odd;
};

static enum shard_verdict visit_count(struct shard_link *link, void *context)
{
    struct seen *seen = context;
    uint32_t number = item_of(link)->number;

    seen->times[number]++;
    return seen->drop_odd && number % 2 == 1 ? SHARD_DROP : SHARD_KEEP;
}

/* At every stage of growing each entry is shown exactly once, and dropped where asked. */
static void visits_everything_once(void **state)
{
    static const uint32_t counts[] = {0, 1, 63, 64, 65, 80, 130, 1000, 4097, 5000};

    (void)state;
    for (size_t c = 0; c < COUNT(counts); c++) {
        struct shards *shards = shards_new(16 << 20, 2, item_release);
        uint8_t times[5000] = {0};
        struct seen seen = {times, true};

        for (uint32_t i = 0; i < counts[c]; i++)
            put(shards, i, i);
        assert_int_equal(shards_visit(shards, visit_count, &seen), counts[c] / 2);
        for (uint32_t i = 0; i < 5000; i++)
            assert_int_equal(times[i], i < counts[c]);
        seen.drop_odd = false;
        shards_visit(shards, visit_count, &seen);
        for (uint32_t i = 0; i < counts[c]; i++)
            assert_int_equal(times[i], i % 2 == 1 ? 1 : 2);
        assert_int_equal(shards_state(shards).entries, alive);
        shards_free(shards);
        assert_int_equal(alive, 0);
    }
}

static void flush_and_resize(void **state)
{
    struct shards *shards = shards_new(4 << 20, 4, item_release);
    uint32_t value;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++)
        put(shards, i, i);
    shards_resize(shards, 256 * 1024);
    assert_in_range(shards_state(shards).size_bytes, 128 * 1024, 256 * 1024);
    for (uint32_t i = 0, found = 0; i < 10000; i++) { /* what was left is still found */
        found += find(shards, i, &value);
        if (i == 9999)
            assert_int_equal(found, shards_state(shards).entries);
    }
    shards_resize(shards, 4 << 20);
    for (uint32_t i = 0; i < 10000; i++)
        put(shards, i, i);
    assert_int_equal(shards_state(shards).entries, 10000);
    shards_flush(shards);
    assert_int_equal(shards_state(shards).entries, 0);
    assert_int_equal(alive, 0);
    assert_in_range(shards_state(shards).size_bytes, 0, 4096);
    put(shards, 5, 6);
    assert_true(find(shards, 5, &value));
    shards_resize(shards, 0);
    assert_int_equal(alive, 0);
    shards_free(shards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_all_while_growing),
        cmocka_unit_test(replaces_keeps_and_drops),
        cmocka_unit_test(same_hash),
        cmocka_unit_test(budget_is_never_exceeded),
        cmocka_unit_test(too_large_is_refused),
        cmocka_unit_test(popular_entries_outlive_a_flood),
        cmocka_unit_test(all_visited),
        cmocka_unit_test(visits_everything_once),
        cmocka_unit_test(flush_and_resize),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
