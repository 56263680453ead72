/*
 * cache_threads_test.c - two threads at all caches at once, for ThreadSanitizer's eyes and for
 * ours.
 *
 * Each thread does a fixed number of random steps on a small set of keys, so that both meet all
 * the time: storing, finding, holding on, dropping, walking, resizing. What is found must be
 * whole: the rdata of a set tells which owner it was made for.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/cache/infra_cache.h"
#include "services/cache/msg_cache.h"
#include "services/cache/rrset_cache.h"
#include "services/cache/sets_for_tests.h"
#include "services/cache/snapshot.h"

enum { NOW = 1000, THREADS = 2, STEPS = 100000, NAMES = 400, HELD = 16 };

struct caches {
    struct rrset_cache *rrsets;
    struct msg_cache *messages;
    struct infra_cache *infra;
    struct dname names[NAMES]; /* read only */
    struct addr servers[16];
};

struct worker {
    struct caches *caches;
    struct arena *arena;
    uint64_t random;
    unsigned found, wrong, seen; /* seen: without a lock or a reference */
    unsigned plain;              /* answers that were marks */
    struct shards_reader *reader;
    const struct rrset *held[HELD]; /* references that outlive what happens in the caches */
    unsigned held_of[HELD];         /* the name's number */
};

/* Assertions of cmocka are for its own thread only: a worker counts what is wrong. */
static void expect(struct worker *worker, bool right)
{
    worker->wrong += !right;
}

static uint32_t below(struct worker *worker, uint32_t bound)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((worker->random >> 33) % bound);
}

static bool is_of(const struct rrset *set, unsigned number)
{
    struct slice rdata = rrset_rdata(set, 0);

    return rdata.size == 4 && bytes_u32(rdata.data) == number;
}

static const struct rrset *store_set(struct worker *worker, unsigned number)
{
    uint8_t octets[16][4];
    struct slice rdata[16];
    struct rrset_parts parts = {
        .owner = worker->caches->names[number],
        .type = below(worker, 8) == 0 ? TYPE_NS : TYPE_A, /* NS: opaque octets do for a cache */
        .rrclass = CLASS_IN,
        .ttl_s = 1 + below(worker, 600),
        .now_s = NOW,
        .trust = (enum trust)(TRUST_ADDITIONAL + below(worker, 6)),
        .rdata = rdata,
        .rr_count = (uint16_t)(1 + below(worker, 16)),
    };
    struct rrset *set;

    for (unsigned i = 0; i < parts.rr_count; i++) {
        bytes_put_u32(octets[i], number + i * NAMES);
        rdata[i] = slice_of(octets[i], 4);
    }
    set = rrset_in(worker->arena, &parts);
    return below(worker, 4) == 0
               ? rrset_cache_replace(worker->caches->rrsets, set, RRSET_PLAIN, NOW)
               : rrset_cache_store(worker->caches->rrsets, set, RRSET_PLAIN, NOW);
}

static void work_on_rrsets(struct worker *worker)
{
    unsigned number = below(worker, NAMES), hold = below(worker, HELD);
    struct dname name = worker->caches->names[number];
    const struct rrset *set;

    if (worker->held[hold] != NULL)
        expect(worker, is_of(worker->held[hold], worker->held_of[hold]));
    rrset_unref(worker->held[hold]);
    if (below(worker, 3) == 0)
        set = store_set(worker, number);
    else
        set = rrset_cache_find(worker->caches->rrsets, name, TYPE_A, CLASS_IN, RRSET_PLAIN, NOW,
                               0);
    worker->held[hold] = set;
    worker->held_of[hold] = number;
    if (set != NULL) {
        worker->found++;
        expect(worker, is_of(set, number) && dname_equal(rrset_owner(set), name));
        if (below(worker, 8) == 0)
            rrset_set_security(set, (enum security)below(worker, 5));
    }
    if (below(worker, 50) == 0)
        rrset_cache_drop(worker->caches->rrsets, name, TYPE_A, CLASS_IN, RRSET_PLAIN);
}

/* A memo's octets say which name it was made for. */
static void keep_memo(struct worker *worker, const struct msg_entry *entry, unsigned number)
{
    uint8_t octets[64];
    struct msg_shown shown = {.set = NULL};
    struct msg_memo memo = {.generation = number, .shown = &shown};

    memset(octets, (int)(number % 251), sizeof(octets));
    memo.image[number % MSG_IMAGES] = slice_of(octets, 1 + below(worker, sizeof(octets)));
    if (entry->count[0] == 1)
        shown.set = entry->rrsets[0];
    msg_cache_keep_memo(worker->caches->messages, entry, &memo);
}

struct looking {
    struct worker *worker;
    unsigned number;
};

static bool look_at(const struct msg_entry *entry, void *context)
{
    const struct looking *looking = context;
    struct worker *worker = looking->worker;
    unsigned number = looking->number;
    const struct slice *image;

    worker->seen++;
    expect(worker, dname_equal(entry->qname, worker->caches->names[number]));
    if (entry->count[0] == 1)
        expect(worker, is_of(entry->rrsets[0], number));
    if (entry->memo == NULL)
        return true;
    image = &entry->memo->image[number % MSG_IMAGES];
    expect(worker, entry->memo->generation == number && image->size != 0);
    expect(worker, image->data[0] == number % 251 &&
                       image->data[image->size - 1] == number % 251);
    if (entry->count[0] == 1)
        expect(worker, entry->memo->shown[0].set == entry->rrsets[0]);
    return true;
}

/* While arrays grow and entries go: several at once, of which some are there. */
static void foresee(struct worker *worker, const struct question *question)
{
    uint64_t places[8];

    for (uint64_t i = 0; i < COUNT(places); i++)
        places[i] = msg_cache_place(worker->caches->messages, question) + i;
    msg_cache_foresee(worker->caches->messages, worker->reader, places, COUNT(places));
}

static void work_on_messages(struct worker *worker)
{
    unsigned number = below(worker, NAMES);
    struct question question = {worker->caches->names[number], TYPE_A, CLASS_IN};
    struct reasons reasons = {.count = 1, .item = {{22, "no answer"}}};
    const struct msg_entry *entry;
    struct looking looking;

    if (below(worker, 3) == 0) {
        const struct rrset *set = store_set(worker, number);
        struct message message = {.count = {set != NULL, 0, 0}, .rrsets = &set};
        struct msg_store what = {.message = &message,
                                 .question = &question,
                                 .reasons = &reasons,
                                 .ttl_s = 60,
                                 .now_s = NOW};

        if (set != NULL && below(worker, 2) == 0) { /* a plain one */
            what.reasons = NULL;
            what.ttl_s = (uint32_t)(set->expires_s - NOW);
            what.security = (enum security)below(worker, 5);
        }
        msg_cache_store(worker->caches->messages, &what);
        rrset_unref(set);
    }
    looking = (struct looking){worker, number};
    foresee(worker, &question);
    msg_cache_show(worker->caches->messages, worker->reader,
                   &(struct msg_wanted){question, NOW, 0}, look_at, &looking);
    entry = msg_cache_find(worker->caches->messages, &question, 0, NOW, 3);
    if (entry != NULL) {
        worker->found++;
        if (below(worker, 3) == 0)
            keep_memo(worker, entry, number);
        expect(worker, dname_equal(entry->qname, question.qname));
        worker->plain += entry->is_plain;
        expect(worker, entry->reasons->count == 0 ||
                           strcmp(entry->reasons->item[0].text, "no answer") == 0);
        msg_cache_note_hit(worker->caches->messages, entry);
        if (entry->count[0] == 1)
            expect(worker, is_of(entry->rrsets[0], number));
        msg_entry_unref(entry);
    }
    if (below(worker, 40) == 0)
        msg_cache_expire(worker->caches->messages, &question, 0, NOW - 2);
    if (below(worker, 40) == 0)
        msg_cache_drop(worker->caches->messages, &question, 0);
}

static void work_on_infra(struct worker *worker)
{
    const struct addr *server = &worker->caches->servers[below(worker, 16)];
    struct dname zone = worker->caches->names[below(worker, 4)];
    struct infra_cache *cache = worker->caches->infra;
    int64_t now_ms = NOW * 1000 + below(worker, 5000);
    struct infra_rules rules = {900, 50, 120000, 300 + below(worker, 100)};
    struct infra infra;

    switch (below(worker, 8)) {
    case 0: infra_answered(cache, server, zone, now_ms, 1 + below(worker, 300)); break;
    case 1: infra_timed_out(cache, server, zone, TYPE_A, now_ms, 400); break;
    case 2: infra_note(cache, server, zone, now_ms, INFRA_LAME); break;
    case 3: infra_claim_probe(cache, server, zone, now_ms); break;
    case 4: infra_cache_set_rules(cache, &rules); break;
    default:
        infra_get(cache, server, zone, now_ms, &infra);
        worker->found += infra.known;
        expect(worker, infra.timeout_ms >= 50 && infra.timeout_ms <= INFRA_WAIT_MAX_MS);
    }
}

static void count_set(void *context, const struct rrset *set, enum rrset_flavour flavour)
{
    (void)flavour;
    *(unsigned *)context += set->rr_count > 0;
}

static bool drops_some(void *context, const struct rrset *set)
{
    return set->ttl_s % 16 == *(unsigned *)context;
}

static bool drops_messages(void *context, const struct msg_entry *entry)
{
    return entry->qname.size % 16 == *(unsigned *)context;
}

/* All into a file and back, step by step, while the other thread changes everything. */
static void take_snapshot(struct worker *worker)
{
    const struct snapshot_caches caches = {worker->caches->rrsets, worker->caches->messages};
    const struct snapshot_limits limits = {86400, 3600, 200000, 200000};
    struct snapshot_writer *writer = snapshot_writer_new(&caches, NOW, NOW, worker->random);
    struct snapshot_reader *reader = snapshot_reader_new(&caches, &limits, NOW, NOW);
    enum snapshot_end end = SNAPSHOT_GOES_ON;
    struct slice octets;
    bool more = true;

    while (more) {
        more = snapshot_write(writer, NOW, &octets);
        while (octets.size > 0 && end == SNAPSHOT_GOES_ON) {
            size_t size = snapshot_wants(reader);

            end = snapshot_read(reader, slice_of(octets.data, size));
            octets = slice_of(octets.data + size, octets.size - size);
        }
    }
    expect(worker, end == SNAPSHOT_WHOLE || end == SNAPSHOT_FULL);
    snapshot_writer_free(writer);
    snapshot_reader_free(reader);
}

/* What control and reload do, now and then. */
static void work_on_all(struct worker *worker)
{
    struct caches *caches = worker->caches;
    unsigned number = below(worker, 16);

    switch (below(worker, 11)) {
    case 0: rrset_cache_visit(caches->rrsets, count_set, &number); break;
    case 1: rrset_cache_drop_if(caches->rrsets, drops_some, &number); break;
    case 2: msg_cache_drop_if(caches->messages, drops_messages, &number); break;
    case 3: rrset_cache_resize(caches->rrsets, 20000 + below(worker, 100000)); break;
    case 4: msg_cache_resize(caches->messages, 20000 + below(worker, 100000)); break;
    case 5: infra_forget_failures(caches->infra); break;
    case 6: infra_flush(caches->infra); break;
    case 7: msg_cache_flush(caches->messages); break;
    case 8: rrset_cache_flush(caches->rrsets); break;
    case 9: take_snapshot(worker); break;
    default:
        expect(worker, rrset_cache_size_bytes(caches->rrsets) <= 200000);
        expect(worker, msg_cache_size_bytes(caches->messages) <= 200000);
    }
}

static void *work(void *context)
{
    struct worker *worker = context;

    for (unsigned i = 0; i < STEPS; i++) {
        switch (below(worker, 3)) {
        case 0: work_on_rrsets(worker); break;
        case 1: work_on_messages(worker); break;
        default: work_on_infra(worker);
        }
        if (below(worker, 200) == 0)
            work_on_all(worker);
        arena_reset(worker->arena);
    }
    for (unsigned i = 0; i < HELD; i++)
        rrset_unref(worker->held[i]);
    return NULL;
}

static void caches_init(struct caches *caches, struct arena *arena)
{
    caches->rrsets = rrset_cache_new(160000, 2, (struct hash_key){1, 2});
    caches->messages = msg_cache_new(160000, 2, (struct hash_key){3, 4});
    caches->infra = infra_cache_new(160000, 2, (struct hash_key){5, 6});
    msg_cache_rest_on(caches->messages, caches->rrsets);
    for (unsigned i = 0; i < NAMES; i++) {
        char text[64];

        snprintf(text, sizeof(text), "%.*s%u.example.", (int)(i % 20), "abcdefghijklmnopqrstu",
                 i);
        caches->names[i] = name_of(arena, text);
    }
    for (unsigned i = 0; i < COUNT(caches->servers); i++) {
        uint8_t bytes[4] = {192, 0, 2, (uint8_t)i};

        caches->servers[i] = addr_ip4(bytes, 53);
    }
}

static void two_threads_at_once(void **state)
{
    struct arena *arena = arena_new(0);
    struct caches caches;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    caches_init(&caches, arena);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.caches = &caches, .arena = arena_new(0), .random = i + 1};
        workers[i].reader = msg_cache_reader_new(caches.messages);
        assert_non_null(workers[i].reader);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
        assert_true(workers[i].found > STEPS / 20); /* they did meet something */
        assert_true(workers[i].seen > STEPS / 20);
        assert_true(workers[i].plain > STEPS / 200);
        msg_cache_reader_free(workers[i].reader);
        arena_free(workers[i].arena);
    }
    msg_cache_free(caches.messages);
    rrset_cache_free(caches.rrsets);
    infra_cache_free(caches.infra);
    arena_free(arena);
}

/* ---- walking while the arrays grow ---- */

enum { KEPT = 200, GROWTH = 40000, BETWEEN_WALKS = 100 };

struct growing {
    struct rrset_cache *rrsets;
    atomic_uint stored;
};

static const struct rrset *store_numbered(struct rrset_cache *rrsets, struct arena *arena,
                                          const char *prefix, unsigned number)
{
    char text[64];

    snprintf(text, sizeof(text), "%s%u.example. 60 IN A 192.0.2.1", prefix, number);
    return rrset_cache_store(rrsets, set_of(arena, text, TRUST_ANSWER_AA, NOW), RRSET_PLAIN,
                             NOW);
}

static void *make_grow(void *context)
{
    struct growing *growing = context;
    struct arena *arena = arena_new(0);

    for (unsigned i = 0; i < GROWTH; i++) {
        rrset_unref(store_numbered(growing->rrsets, arena, "new", i));
        arena_reset(arena);
        atomic_fetch_add(&growing->stored, 1);
    }
    arena_free(arena);
    return NULL;
}

static void count_kept(void *context, const struct rrset *set, enum rrset_flavour flavour)
{
    (void)flavour;
    *(unsigned *)context += rrset_owner(set).wire[1] == 'k';
}

/* The sets that are there all the time are shown once by each walk, however the arrays grow. */
static void walking_while_growing(void **state)
{
    struct arena *arena = arena_new(0);
    struct growing growing = {rrset_cache_new(64 << 20, 1, (struct hash_key){1, 2}), 0};
    pthread_t thread;
    unsigned stored;

    (void)state;
    for (unsigned i = 0; i < KEPT; i++)
        rrset_unref(store_numbered(growing.rrsets, arena, "keep", i));
    assert_int_equal(pthread_create(&thread, NULL, make_grow, &growing), 0);
    do {
        unsigned kept = 0;

        stored = atomic_load(&growing.stored);
        rrset_cache_visit(growing.rrsets, count_kept, &kept);
        assert_int_equal(kept, KEPT);
        /* Mutexes are not fair: who does nothing but walk keeps everybody else out. */
        while (atomic_load(&growing.stored) < size_min(stored + BETWEEN_WALKS, GROWTH))
            sched_yield();
    } while (stored < GROWTH);
    pthread_join(thread, NULL);
    assert_int_equal(rrset_cache_count(growing.rrsets), KEPT + GROWTH);
    rrset_cache_free(growing.rrsets);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_at_once),
        cmocka_unit_test(walking_while_growing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
