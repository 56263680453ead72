/*
 * snapshot_test.c - what a file brings back, and what no file can bring in.
 */
#include "services/cache/snapshot_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/cache/sets_for_tests.h"

enum { NOW = 5000, FILE_MAX = 1 << 20 };
static const int64_t WALL = 1800000000;

struct home {
    struct arena *arena;
    struct snapshot_caches caches;
};

static struct snapshot_caches new_caches(void)
{
    struct snapshot_caches caches = {rrset_cache_new(1 << 20, 4, (struct hash_key){1, 2}),
                                     msg_cache_new(1 << 20, 4, (struct hash_key){3, 4})};

    assert_non_null(caches.rrsets);
    assert_non_null(caches.messages);
    return caches;
}

static void free_caches(struct snapshot_caches *caches)
{
    msg_cache_free(caches->messages);
    rrset_cache_free(caches->rrsets);
}

static int set_up(void **state)
{
    struct home *home = calloc(1, sizeof(*home));

    home->arena = arena_new(0);
    home->caches = new_caches();
    *state = home;
    return home->arena == NULL;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    free_caches(&home->caches);
    arena_free(home->arena);
    free(home);
    return 0;
}

#define SIGNED_A                                                                               \
    "www.example. 300 IN A 192.0.2.1\n"                                                        \
    "www.example. 300 IN RRSIG A 13 2 300 20300101000000 20200101000000 1 example. AAAA"
#define SOA_TEXT "example. 600 IN SOA ns.example. host.example. 1 2 3 4 600"

static const struct rrset *store(struct home *home, const char *lines, enum trust trust,
                                 enum security security)
{
    struct rrset *set = set_of(home->arena, lines, trust, NOW);
    const struct rrset *stored;

    rrset_set_security(set, security);
    stored = rrset_cache_store(home->caches.rrsets, set, RRSET_PLAIN, NOW);
    assert_non_null(stored);
    rrset_unref(stored); /* the cache's reference is enough here */
    return stored;
}

static void keep(struct home *home, const char *name, uint16_t type, uint16_t rcode,
                 const struct rrset *answer, const struct rrset *authority, uint8_t flavour,
                 enum security security)
{
    struct question question = question_of(home->arena, name, type);
    const struct rrset *sets[] = {answer != NULL ? answer : authority, authority};
    struct message message = {.flags = FLAG_QR | FLAG_RD | FLAG_RA,
                              .rcode = rcode,
                              .count = {answer != NULL, authority != NULL},
                              .rrsets = sets};
    const struct msg_store what = {.message = &message,
                                   .question = &question,
                                   .flavour = flavour,
                                   .security = security,
                                   .ttl_s = 300,
                                   .now_s = NOW};

    assert_int_equal(msg_cache_store(home->caches.messages, &what), STATUS_OK);
}

/* Three sets and two answers. */
static void fill(struct home *home)
{
    const struct rrset *address = store(home, SIGNED_A, TRUST_VALIDATED, SEC_SECURE);
    const struct rrset *soa = store(home, SOA_TEXT, TRUST_AUTHORITY_AA, SEC_INSECURE);

    store(home, "example. 300 IN NS ns.other.", TRUST_AUTHORITY, SEC_UNCHECKED);
    keep(home, "www.example.", TYPE_A, RCODE_NOERROR, address, NULL, 0, SEC_SECURE);
    keep(home, "no.example.", TYPE_A, RCODE_NXDOMAIN, NULL, soa, 0, SEC_INSECURE);
}

static struct slice write_all(struct home *home, struct snapshot_counts *counts)
{
    struct snapshot_writer *writer =
        snapshot_writer_new(&home->caches, NOW, WALL, 0x1234567890abcdef);
    uint8_t *octets = arena_bytes(home->arena, FILE_MAX);
    size_t used = 0;
    bool more = true;

    while (more) {
        struct slice next;

        more = snapshot_write(writer, NOW, &next);
        assert_true(used + next.size <= FILE_MAX && next.size <= SNAPSHOT_STEP_MAX);
        if (next.size != 0)
            memcpy(octets + used, next.data, next.size);
        used += next.size;
    }
    *counts = *snapshot_written(writer);
    snapshot_writer_free(writer);
    return slice_of(octets, used);
}

static const struct snapshot_limits wide = {86400, 3600, 1 << 20, 1 << 20};

static enum snapshot_end read_at(struct snapshot_caches *caches, struct slice file,
                                 const struct snapshot_limits *limits, int64_t now_s,
                                 int64_t wall_s, struct snapshot_counts *counts)
{
    struct snapshot_reader *reader = snapshot_reader_new(caches, limits, now_s, wall_s);
    enum snapshot_end end = SNAPSHOT_GOES_ON;

    while (end == SNAPSHOT_GOES_ON) {
        size_t size = size_min(snapshot_wants(reader), file.size);

        assert_true(snapshot_wants(reader) > 0 && snapshot_wants(reader) <= SNAPSHOT_STEP_MAX);
        end = snapshot_read(reader, slice_of(file.data, size));
        file = slice_of(file.data + size, file.size - size);
    }
    *counts = *snapshot_loaded(reader);
    snapshot_reader_free(reader);
    return end;
}

static const struct rrset *find(struct home *home, struct snapshot_caches *caches,
                                const char *name, uint16_t type, int64_t now_s)
{
    return rrset_cache_find(caches->rrsets, name_of(home->arena, name), type, CLASS_IN,
                            RRSET_PLAIN, now_s, 0);
}

static const struct msg_entry *find_answer(struct home *home, struct snapshot_caches *caches,
                                           const char *name, uint8_t flavour, int64_t now_s)
{
    struct question question = question_of(home->arena, name, TYPE_A);

    return msg_cache_find(caches->messages, &question, flavour, now_s, 0);
}

/* ---- there and back ---- */

static void comes_back(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_counts written, loaded;
    const struct msg_entry *entry;
    const struct rrset *set;
    struct slice file;

    fill(home);
    file = write_all(home, &written);
    assert_int_equal(written.sets, 3);
    assert_int_equal(written.messages, 2);
    assert_int_equal(written.octets, file.size);
    assert_int_equal(read_at(&caches, file, &wide, 100, WALL + 40, &loaded), SNAPSHOT_WHOLE);
    assert_int_equal(loaded.sets, 3);
    assert_int_equal(loaded.messages, 2);
    assert_int_equal(loaded.octets, file.size);

    set = find(home, &caches, "www.example.", TYPE_A, 100);
    assert_non_null(set);
    assert_int_equal(rrset_ttl_left_s(set, 100), 260);
    assert_int_equal(set->ttl_s, 300);
    assert_int_equal(set->rrsig_count, 1);
    assert_true(rrset_same_data(set, set_of(home->arena, SIGNED_A, TRUST_ANSWER, 0)));
    assert_int_equal(rrset_security(set), SEC_UNCHECKED); /* nobody's verdict is believed */
    assert_int_equal(set->trust, TRUST_ANSWER);
    rrset_unref(set);
    set = find(home, &caches, "example.", TYPE_NS, 100);
    assert_int_equal(set->trust, TRUST_AUTHORITY); /* a lower rank stays as it was */
    rrset_unref(set);

    assert_null(find_answer(home, &caches, "www.example.", MSG_FLAVOUR_NONE, 100));
    entry = find_answer(home, &caches, "www.example.", MSG_FLAVOUR_KEPT, 100);
    assert_non_null(entry);
    assert_int_equal(entry->security, SEC_UNCHECKED);
    assert_int_equal(entry->flags, FLAG_QR | FLAG_RD | FLAG_RA);
    assert_int_equal(entry->expires_s, 360);
    msg_entry_unref(entry);
    entry = find_answer(home, &caches, "no.example.", MSG_FLAVOUR_KEPT, 100);
    assert_non_null(entry);
    assert_int_equal(entry->rcode, RCODE_NXDOMAIN);
    assert_int_equal(entry->count[SECTION_AUTHORITY], 1);
    msg_entry_unref(entry);
    free_caches(&caches);
}

/* What was loaded and not asked for yet is written again. */
static void comes_back_twice(void **state)
{
    struct home *home = *state;
    struct snapshot_counts counts;
    struct slice file;

    fill(home);
    file = write_all(home, &counts);
    free_caches(&home->caches);
    home->caches = new_caches();
    assert_int_equal(read_at(&home->caches, file, &wide, NOW, WALL, &counts), SNAPSHOT_WHOLE);
    (void)write_all(home, &counts);
    assert_int_equal(counts.sets, 3);
    assert_int_equal(counts.messages, 2);
}

/* Answers that are marks at their RRsets are written and read like others, and are marks again.
 */
static void plain_answers_come_back_twice(void **state)
{
    struct home *home = *state;
    struct snapshot_counts counts;
    const struct msg_entry *entry;
    struct slice file;

    msg_cache_rest_on(home->caches.messages, home->caches.rrsets);
    fill(home);
    assert_int_equal(msg_cache_count(home->caches.messages), 1);
    for (unsigned i = 0; i < 2; i++) {
        file = write_all(home, &counts);
        assert_int_equal(counts.messages, 2);
        free_caches(&home->caches);
        home->caches = new_caches();
        msg_cache_rest_on(home->caches.messages, home->caches.rrsets);
        assert_int_equal(read_at(&home->caches, file, &wide, NOW, WALL, &counts),
                         SNAPSHOT_WHOLE);
        assert_int_equal(counts.messages, 2);
        assert_int_equal(msg_cache_count(home->caches.messages), 1);
        assert_null(find_answer(home, &home->caches, "www.example.", MSG_FLAVOUR_NONE, NOW));
        entry = find_answer(home, &home->caches, "www.example.", MSG_FLAVOUR_KEPT, NOW);
        assert_true(entry->is_plain);
        assert_int_equal(entry->security, SEC_UNCHECKED);
        assert_int_equal(entry->expires_s, NOW + 300);
        msg_entry_unref(entry);
    }
}

/* An RRset that the RRset cache has lost goes with the answer. */
static void keeps_evicted_sets(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_counts counts;
    const struct msg_entry *entry;
    struct slice file;

    fill(home);
    rrset_cache_flush(home->caches.rrsets);
    file = write_all(home, &counts);
    assert_int_equal(counts.sets, 0);
    assert_int_equal(counts.messages, 2);
    assert_int_equal(read_at(&caches, file, &wide, NOW, WALL, &counts), SNAPSHOT_WHOLE);
    assert_int_equal(counts.messages, 2);
    entry = find_answer(home, &caches, "www.example.", MSG_FLAVOUR_KEPT, NOW);
    assert_non_null(entry);
    assert_true(
        rrset_same_data(entry->rrsets[0], set_of(home->arena, SIGNED_A, TRUST_ANSWER, 0)));
    msg_entry_unref(entry);
    free_caches(&caches);
}

static void takes_many_slices(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_counts written, loaded;
    struct slice file;
    char line[64], name[32];

    for (unsigned i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "n%u.example.", i);
        snprintf(line, sizeof(line), "%s 300 IN A 192.0.2.1", name);
        keep(home, name, TYPE_A, RCODE_NOERROR, store(home, line, TRUST_ANSWER_AA, SEC_SECURE),
             NULL, 0, SEC_SECURE);
    }
    file = write_all(home, &written);
    assert_true(file.size > 2 * SNAPSHOT_SLICE_MAX);
    assert_int_equal(written.messages, 2000);
    assert_int_equal(read_at(&caches, file, &wide, NOW, WALL, &loaded), SNAPSHOT_WHOLE);
    assert_int_equal(loaded.sets, 2000);
    assert_int_equal(loaded.messages, 2000);
    free_caches(&caches);
}

static void leaves_out_what_is_not_kept(void **state)
{
    struct home *home = *state;
    struct snapshot_counts counts;
    const struct rrset *bogus = store(home, SIGNED_A, TRUST_ANSWER_AA, SEC_BOGUS);
    const struct rrset *good =
        store(home, "a.example. 300 IN A 192.0.2.2", TRUST_ANSWER_AA, SEC_SECURE);

    store(home, "b.example. 0 IN A 192.0.2.3", TRUST_ANSWER_AA, SEC_SECURE);
    keep(home, "www.example.", TYPE_A, RCODE_NOERROR, bogus, NULL, MSG_FLAVOUR_CD,
         SEC_UNCHECKED);
    keep(home, "b.example.", TYPE_A, RCODE_NOERROR, good, NULL, 0, SEC_BOGUS);
    keep(home, "c.example.", TYPE_A, RCODE_NOERROR, good, NULL, MSG_FLAVOUR_MADE, SEC_SECURE);
    keep(home, "d.example.", TYPE_A, RCODE_SERVFAIL, NULL, NULL, MSG_FLAVOUR_FAILURE,
         SEC_SECURE);
    (void)write_all(home, &counts);
    assert_int_equal(counts.sets, 1);
    assert_int_equal(counts.messages, 0);
}

/* ---- time ---- */

static void tells_time(void **state)
{
    static const struct {
        const char *why;
        int64_t wall_s;
        enum snapshot_end end;
        uint64_t sets;
        uint32_t left_s; /* of the address */
    } cases[] = {
        {"at once", 0, SNAPSHOT_WHOLE, 3, 300},
        {"later", 299, SNAPSHOT_WHOLE, 3, 1},
        {"its time is over, the SOA's is not", 300, SNAPSHOT_WHOLE, 1, 0},
        {"a year later", 31536000, SNAPSHOT_WHOLE, 0, 0},
        {"a clock that is a little behind prolongs nothing", -10, SNAPSHOT_WHOLE, 3, 300},
        {"a clock that jumped back", -11, SNAPSHOT_FUTURE, 0, 0},
        {"a clock that begins anew", -1800000000, SNAPSHOT_FUTURE, 0, 0},
    };
    struct home *home = *state;
    struct snapshot_counts counts;
    struct slice file;

    fill(home);
    file = write_all(home, &counts);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct snapshot_caches caches = new_caches();
        const struct rrset *set;

        if (read_at(&caches, file, &wide, 77, WALL + cases[i].wall_s, &counts) !=
                cases[i].end ||
            counts.sets != cases[i].sets)
            fail_msg("%s: %llu sets", cases[i].why, (unsigned long long)counts.sets);
        set = find(home, &caches, "www.example.", TYPE_A, 77);
        if ((set == NULL ? 0 : rrset_ttl_left_s(set, 77)) != cases[i].left_s)
            fail_msg("%s: another time is left", cases[i].why);
        rrset_unref(set);
        free_caches(&caches);
    }
}

static void caps_times(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_limits short_ = {60, 30, 1 << 20, 1 << 20};
    struct snapshot_counts counts;
    const struct msg_entry *entry;
    const struct rrset *set;

    fill(home);
    assert_int_equal(read_at(&caches, write_all(home, &counts), &short_, NOW, WALL, &counts),
                     SNAPSHOT_WHOLE);
    set = find(home, &caches, "example.", TYPE_SOA, NOW);
    assert_int_equal(rrset_ttl_left_s(set, NOW), 60);
    rrset_unref(set);
    entry = find_answer(home, &caches, "no.example.", MSG_FLAVOUR_KEPT, NOW);
    assert_int_equal(entry->expires_s, NOW + 30);
    msg_entry_unref(entry);
    free_caches(&caches);
}

static void leaves_what_is_known(void **state)
{
    struct home *home = *state;
    struct snapshot_counts counts;
    const struct msg_entry *entry;
    const struct rrset *set, *now;
    struct slice file;

    fill(home);
    file = write_all(home, &counts);
    free_caches(&home->caches);
    home->caches = new_caches();
    now = store(home, "www.example. 30 IN A 198.51.100.1", TRUST_ADDITIONAL, SEC_UNCHECKED);
    keep(home, "www.example.", TYPE_A, RCODE_NOERROR, now, NULL, 0, SEC_INSECURE);
    assert_int_equal(read_at(&home->caches, file, &wide, NOW, WALL, &counts), SNAPSHOT_WHOLE);
    assert_int_equal(counts.known, 2);
    set = find(home, &home->caches, "www.example.", TYPE_A, NOW);
    assert_ptr_equal(set, now);
    rrset_unref(set);
    entry = find_answer(home, &home->caches, "www.example.", MSG_FLAVOUR_KEPT, NOW);
    assert_null(entry);
}

static void stops_where_there_is_no_room(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_limits small = {86400, 3600, 1 << 10, 1 << 10};
    struct snapshot_counts counts;

    fill(home);
    assert_int_equal(read_at(&caches, write_all(home, &counts), &small, NOW, WALL, &counts),
                     SNAPSHOT_FULL);
    assert_int_equal(counts.sets + counts.messages, 0);
    free_caches(&caches);
}

/* Records that expired long ago fill no cache, so a file of them could go on for ever. */
static void stops_where_it_is_too_long(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_limits small = {86400, 3600, 1 << 13, 1 << 13};
    struct snapshot_counts counts;
    char line[64];

    for (unsigned i = 0; i < 4000; i++) {
        snprintf(line, sizeof(line), "n%u.example. 300 IN A 192.0.2.1", i);
        store(home, line, TRUST_ANSWER_AA, SEC_SECURE);
    }
    assert_int_equal(
        read_at(&caches, write_all(home, &counts), &small, NOW, WALL + 1000, &counts),
        SNAPSHOT_FULL);
    assert_int_equal(counts.sets, 0);
    assert_true(counts.expired > 0 && counts.expired < 4000);
    free_caches(&caches);
}

/* ---- damage ---- */

/* Whatever was loaded is what was written, and lives no longer. */
static void check_nothing_new(struct home *home, struct slice file, const char *what, size_t at)
{
    static const struct {
        const char *name, *lines;
        uint16_t type;
    } known[] = {{"www.example.", SIGNED_A, TYPE_A},
                 {"example.", SOA_TEXT, TYPE_SOA},
                 {"example.", "example. 300 IN NS ns.other.", TYPE_NS}};
    struct snapshot_caches caches = new_caches();
    struct arena *arena = home->arena;
    struct snapshot_counts counts;
    enum snapshot_end end;
    uint64_t found = 0, answers = 0;

    home->arena = arena_new(0);
    end = read_at(&caches, file, &wide, NOW, WALL, &counts);
    if (end == SNAPSHOT_WHOLE)
        fail_msg("%s at %zu is not noticed", what, at);
    for (size_t i = 0; i < COUNT(known); i++) {
        const struct rrset *set = find(home, &caches, known[i].name, known[i].type, NOW);

        found += set != NULL;
        if (set != NULL &&
            (!rrset_same_data(set, set_of(home->arena, known[i].lines, TRUST_ANSWER, 0)) ||
             set->expires_s > NOW + 600))
            fail_msg("%s at %zu: another set", what, at);
        rrset_unref(set);
    }
    for (int i = 0; i < 2; i++) {
        const struct msg_entry *entry = find_answer(
            home, &caches, i == 0 ? "www.example." : "no.example.", MSG_FLAVOUR_KEPT, NOW);

        answers += entry != NULL;
        msg_entry_unref(entry);
    }
    if (found != rrset_cache_count(caches.rrsets) ||
        answers != msg_cache_count(caches.messages))
        fail_msg("%s at %zu: something that was not there", what, at);
    free_caches(&caches);
    arena_free(home->arena);
    home->arena = arena;
}

static void notices_each_flip(void **state)
{
    struct home *home = *state;
    struct snapshot_counts counts;
    struct slice file;
    uint8_t *octets;

    fill(home);
    file = write_all(home, &counts);
    octets = (uint8_t *)(uintptr_t)file.data;
    for (size_t at = 0; at < file.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            octets[at] ^= (uint8_t)(1u << bit);
            check_nothing_new(home, file, "a flip", at);
            octets[at] ^= (uint8_t)(1u << bit);
        }
}

static void notices_each_cut(void **state)
{
    struct home *home = *state;
    struct snapshot_counts counts;
    struct slice file;

    fill(home);
    file = write_all(home, &counts);
    for (size_t size = 0; size < file.size; size++)
        check_nothing_new(home, slice_of(file.data, size), "a cut", size);
}

/* The slices before the damage count, those behind it do not; none can stand at another place.
 */
static void keeps_the_good_part(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_counts counts;
    struct slice file;
    uint8_t *octets;

    fill(home);
    file = write_all(home, &counts);
    octets = (uint8_t *)(uintptr_t)file.data;
    octets[file.size - SNAPSHOT_SLICE_HEAD_SIZE - 1] ^= 1; /* in the answers, behind the sets */
    assert_int_equal(read_at(&caches, file, &wide, NOW, WALL, &counts), SNAPSHOT_DAMAGED);
    assert_int_equal(counts.sets, 3);
    assert_int_equal(counts.messages, 0);
    free_caches(&caches);
}

/* Slices that are whole, each for itself, and have changed places. */
static void keeps_the_order(void **state)
{
    struct home *home = *state;
    struct snapshot_caches caches = new_caches();
    struct snapshot_counts counts;
    struct slice file;
    uint8_t *octets, *other;
    size_t first, second;

    fill(home);
    file = write_all(home, &counts);
    octets = (uint8_t *)(uintptr_t)file.data + SNAPSHOT_HEAD_SIZE;
    first = SNAPSHOT_SLICE_HEAD_SIZE + bytes_u32(octets + 8);
    second = SNAPSHOT_SLICE_HEAD_SIZE + bytes_u32(octets + first + 8);
    other = arena_bytes(home->arena, first);
    memcpy(other, octets, first);
    memmove(octets, octets + first, second);
    memcpy(octets + second, other, first);
    assert_int_equal(read_at(&caches, file, &wide, NOW, WALL, &counts), SNAPSHOT_DAMAGED);
    assert_int_equal(counts.sets + counts.messages, 0);
    for (int i = 0; i < 2; i++) /* with numbers as they should be */
        bytes_put_u32(octets + (i == 0 ? 0 : second), (uint32_t)i);
    assert_int_equal(read_at(&caches, file, &wide, NOW, WALL, &counts), SNAPSHOT_DAMAGED);
    assert_int_equal(counts.sets + counts.messages, 0);
    free_caches(&caches);
}

static void refuses_other_files(void **state)
{
    static const uint8_t next[SNAPSHOT_HEAD_SIZE] = {
        0x89, 'S', 'H', 'R', 'E', 'W', 'C', '\n', 0, SNAPSHOT_VERSION + 1};
    static const struct {
        const char *why;
        const void *octets;
        size_t size;
        enum snapshot_end end;
    } cases[] = {
        {"nothing", "", 0, SNAPSHOT_NONE},
        {"a text", "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1", 44, SNAPSHOT_NONE},
        {"the next version", next, sizeof(next), SNAPSHOT_OTHER_VERSION},
        {"the next version may have another head", next, 10, SNAPSHOT_OTHER_VERSION},
        {"magic and no more", next, 8, SNAPSHOT_DAMAGED},
    };
    struct home *home = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct snapshot_counts counts;

        if (read_at(&home->caches, slice_of(cases[i].octets, cases[i].size), &wide, NOW, WALL,
                    &counts) != cases[i].end)
            fail_msg("%s", cases[i].why);
    }
}

/* ---- well-formed and bad ---- */

/* A file with the right sums around one slice of records, given in hex. */
static struct slice forge(struct home *home, const char *hex)
{
    struct sink out = sink_of(arena_bytes(home->arena, 4096), 4096);
    struct sink records = sink_of(arena_bytes(home->arena, 2048), 2048);
    size_t begin;

    assert_int_equal(text_read_hex(hex, &records), STATUS_OK);
    sink_bytes(&out, slice_of(snapshot_magic, SNAPSHOT_MAGIC_SIZE));
    sink_u16(&out, SNAPSHOT_VERSION);
    sink_u16(&out, 0);
    sink_u64(&out, 9);
    sink_u48(&out, (uint64_t)WALL);
    sink_u16(&out, 0);
    sink_u64(&out, snapshot_sum(9, 0, sink_written(&out), slice_of(NULL, 0)));
    for (unsigned slice = 0; slice < 2; slice++) {
        struct slice body = slice == 0 ? sink_written(&records) : slice_of(NULL, 0);

        begin = out.used;
        sink_u32(&out, slice);
        sink_u16(&out, slice == 0 ? SLICE_RECORDS : SLICE_END);
        sink_u16(&out, 0);
        sink_u32(&out, (uint32_t)body.size);
        sink_u64(&out,
                 snapshot_sum(9, slice, slice_of(out.base + begin, out.used - begin), body));
        sink_bytes(&out, body);
    }
    assert_false(sink_failed(&out));
    return sink_written(&out);
}

/* kind, flavour and trust, type, class, end, ttl, records, signatures, owner "a." */
#define SET(trust, type, records, signatures)                                                  \
    "01" trust type "0001 0000012c 0000012c" records signatures "016100"
#define ADDRESS       "0004 c0000201"
#define MESSAGE(rest) "02 0001 0001 8180" rest
/* a. RRSIG of type A, algorithm 13, labels, ttl, expiration, inception, tag, signer, 2 octets
 */
#define SIGNATURE(covers, labels, signer)                                                      \
    covers "0d" labels "0000012c 70000000 50000000 0001" signer "abcd"

static const struct {
    const char *why, *hex;
    enum snapshot_end end;
    uint64_t sets, messages, unfit;
} untrue[] = {
    {"a good one, to begin with", SET("06", "0001", "0001", "0000") ADDRESS, SNAPSHOT_WHOLE, 1,
     0, 0},
    {"with a signature",
     SET("06", "0001", "0001", "0001") ADDRESS "0016" SIGNATURE("0001", "01", "00") "",
     SNAPSHOT_DAMAGED, 0, 0, 0}, /* the length is wrong by one octet */
    {"with a signature of the right length",
     SET("06", "0001", "0001", "0001") ADDRESS "0015" SIGNATURE("0001", "01", "00"),
     SNAPSHOT_WHOLE, 1, 0, 0},
    {"a signature over another type",
     SET("06", "0001", "0001", "0001") ADDRESS "0015" SIGNATURE("0002", "01", "00"),
     SNAPSHOT_WHOLE, 0, 0, 1},
    {"a signature with more labels than the name",
     SET("06", "0001", "0001", "0001") ADDRESS "0015" SIGNATURE("0001", "02", "00"),
     SNAPSHOT_WHOLE, 0, 0, 1},
    {"a signature of a zone elsewhere",
     SET("06", "0001", "0001", "0001") ADDRESS "0017" SIGNATURE("0001", "01", "016200"),
     SNAPSHOT_WHOLE, 0, 0, 1},
    {"an address of five octets", SET("06", "0001", "0001", "0000") "0005 c000020101",
     SNAPSHOT_WHOLE, 0, 0, 1},
    {"no record", SET("06", "0001", "0000", "0000"), SNAPSHOT_WHOLE, 0, 0, 1},
    {"the same record twice", SET("06", "0001", "0002", "0000") ADDRESS ADDRESS, SNAPSHOT_WHOLE,
     0, 0, 1},
    {"two aliases", SET("06", "0005", "0002", "0000") "0003016200 0003016300", SNAPSHOT_WHOLE,
     0, 0, 1},
    {"a type for questions", SET("06", "00ff", "0001", "0000") ADDRESS, SNAPSHOT_WHOLE, 0, 0,
     1},
    {"an OPT record", SET("06", "0029", "0001", "0000") "0000", SNAPSHOT_WHOLE, 0, 0, 1},
    {"no trust", SET("00", "0001", "0001", "0000") ADDRESS, SNAPSHOT_WHOLE, 0, 0, 1},
    {"more trust than there is", SET("08", "0001", "0001", "0000") ADDRESS, SNAPSHOT_WHOLE, 0,
     0, 1},
    {"a flavour that there is not", SET("26", "0001", "0001", "0000") ADDRESS, SNAPSHOT_WHOLE,
     0, 0, 1},
    {"a text as the parent's side", SET("16", "0010", "0001", "0000") "00020161",
     SNAPSHOT_WHOLE, 0, 0, 1},
    {"more records than any set has", SET("06", "0001", "ffff", "ffff"), SNAPSHOT_DAMAGED, 0, 0,
     0},
    {"a name with a pointer", "01 06 0001 0001 0000012c 0000012c 0001 0000 c00c" ADDRESS,
     SNAPSHOT_DAMAGED, 0, 0, 0},
    {"a name that is cut", "01 06 0001 0001 0000012c 0000012c 0001 0000 3f61", SNAPSHOT_DAMAGED,
     0, 0, 0},
    {"class ANY", "01 06 0001 00ff 0000012c 0000012c 0001 0000 016100" ADDRESS, SNAPSHOT_WHOLE,
     0, 0, 1},
    {"a kind of record that there is not", "03", SNAPSHOT_DAMAGED, 0, 0, 0},
    {"an answer",
     SET("06", "0001", "0001", "0000") ADDRESS MESSAGE("0000 0000012c 010000 016100 01"),
     SNAPSHOT_WHOLE, 1, 1, 0},
    {"an answer of records that are nowhere", MESSAGE("0000 0000012c 010000 016100 01"),
     SNAPSHOT_WHOLE, 0, 0, 0},
    {"an answer of nothing", MESSAGE("0000 0000012c 000000 016100"), SNAPSHOT_WHOLE, 0, 0, 1},
    {"a failure",
     SET("06", "0001", "0001", "0000") ADDRESS MESSAGE("0002 0000012c 010000 016100 01"),
     SNAPSHOT_WHOLE, 1, 0, 1},
    {"a reference of a kind that there is not",
     SET("06", "0001", "0001", "0000") ADDRESS MESSAGE("0000 0000012c 010000 016100 05"),
     SNAPSHOT_DAMAGED, 1, 0, 0},
    {"an ancestor with more labels than the name",
     SET("06", "0001", "0001", "0000")
         ADDRESS MESSAGE("0000 0000012c 010000 016100 02 02 0001"),
     SNAPSHOT_DAMAGED, 1, 0, 0},
    {"fewer references than told",
     SET("06", "0001", "0001", "0000") ADDRESS MESSAGE("0000 0000012c 02ffff 016100 01"),
     SNAPSHOT_DAMAGED, 1, 0, 0},
    {"references without end, of an answer that is too long for it",
     MESSAGE("0000 0000012c ffffff 016100 01"), SNAPSHOT_DAMAGED, 0, 0, 0},
};

static void believes_no_more_than_a_server(void **state)
{
    struct home *home = *state;

    for (size_t i = 0; i < COUNT(untrue); i++) {
        struct snapshot_caches caches = new_caches();
        struct snapshot_counts counts;
        enum snapshot_end end =
            read_at(&caches, forge(home, untrue[i].hex), &wide, NOW, WALL, &counts);

        if (end != untrue[i].end || counts.sets != untrue[i].sets ||
            counts.messages != untrue[i].messages || counts.unfit != untrue[i].unfit)
            fail_msg("%s: end %d, %llu sets, %llu answers, %llu unfit", untrue[i].why, end,
                     (unsigned long long)counts.sets, (unsigned long long)counts.messages,
                     (unsigned long long)counts.unfit);
        if (rrset_cache_count(caches.rrsets) != counts.sets)
            fail_msg("%s: counted wrongly", untrue[i].why);
        free_caches(&caches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(comes_back_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_answers_come_back_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_evicted_sets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_many_slices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_out_what_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(caps_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_what_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_where_there_is_no_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_where_it_is_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_each_flip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_each_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_good_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_other_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(believes_no_more_than_a_server, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
