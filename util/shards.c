/*
 * shards.c - the sharded table with a byte budget, and the only user of locks below the daemon.
 *
 * Called by the caches of services/cache and by whatever else threads share. Knows nothing of
 * what an entry means.
 *
 * Lock: a plain one (lock.h) for each shard. A critical section is a walk along a chain of one
 * or two entries and a reference taken, some 50 ns. A read-write lock writes its count of
 * readers into the same cache line that a plain lock writes, so a hit would cost no less memory
 * traffic and more instructions, to let readers be together who are hardly ever there together
 * (64 shards, few threads).
 *
 * Looking without a lock (shards_peek): chains are singly linked, entries are published whole
 * and unlinked by one store, so whoever walks a chain finds nothing but entries. All that has
 * to be seen to is that none is released under his eyes. A reader writes into a line of its own
 * since when it looks (the table's epoch), and 0 when it looks away. Whoever unlinks something
 * begins a new epoch behind that; when no reader looks since an earlier one, nobody can see it
 * any more. All of these loads and stores are in one order (memory_order_seq_cst): either the
 * reader finds the entry gone, or the writer finds the reader there. Looks are short, so hardly
 * ever is somebody there; then what was unlinked lies in limbo until the next change.
 *
 * Eviction: a clock whose hand walks the buckets; an entry found since the hand last came is
 * spared once. New entries start unvisited (as with SIEVE), so a flood of names asked for once
 * passes through without taking popular ones along. A hit writes one flag, and that only once a
 * round; there is no list to be kept in order.
 *
 * Growth: the bucket array is doubled, and every insertion moves a few buckets, so that no lock
 * is held for the moving of a million entries. While that lasts bucket i of the old array is
 * either still there or has become buckets i and i + n of the new one; "a bucket of the shard"
 * below means these one or two chains.
 */
#include "util/shards.h"

#include <stdlib.h>
#include <string.h>

#include "util/lock.h"

enum {
    SHARDS_MAX = 1024,
    SHARD_BYTES_MIN = 64 * 1024, /* budget below which a table is not divided further */
    BUCKETS_MIN = 64,
    MOVES = 4,       /* old buckets moved by an insertion: done long before the next doubling */
    SPARED_MAX = 64, /* visited entries that the hand passes by in one critical section */
    VISIT_BUCKETS = 256, /* of a shard, for one taking of the lock */
    SOME_BUCKETS = 32,   /* where others are not to wait */
    /* Entries a bucket when the array is doubled. So there are 4 to 8 octets of it for each
     * entry, and a look passes by 0.75 others; with 1 it was twice and half as much. */
    LOAD = 2,
    /* Buckets are paid for in advance by entries: doubling at LOAD n entries needs n + 2n
     * pointers. So an array that grows never has to push out entries. As much again is for the
     * holes that malloc has between entries of many sizes (cache_memory_test). */
    ENTRY_BUCKET_BYTES = 3 * sizeof(struct shard_link *) / LOAD,
    ENTRY_HOLE_BYTES = 12
};

struct buckets {
    size_t count; /* a power of two */
    struct buckets *next; /* in the trash */
    shard_place heads[];
};

struct shard {
    _Alignas(64) struct lock lock; /* a shard shares no cache line with its neighbour */
    _Atomic(struct buckets *) now;
    _Atomic(struct buckets *) grown; /* while growing, where entries go; else NULL */
    size_t moved;                    /* buckets of `now` that have been moved to `grown` */
    size_t hand;                       /* bucket of the shard that the clock looks at next */
    uint64_t entries, entries_bytes, budget_bytes, evictions;
};

struct shards_reader {
    _Alignas(64) atomic_uint_least64_t since; /* epoch in which it began to look; 0: it does not */
    atomic_bool taken;
    struct shards_reader *next; /* never changed once it is listed */
};

/* What was unlinked. Of a link only `next` is still followed by readers who are at it; its hash
 * and size are of no use any more, and in their place stands which link was unlinked before. */
struct trash {
    struct shard_link *links;
    struct buckets *buckets;
};

struct shards {
    struct shard *shard;
    unsigned count, bits; /* count == 1 << bits */
    void (*release)(struct shard_link *link);

    _Atomic(struct shards_reader *) readers; /* all there ever were */
    atomic_uint_least64_t epoch;
    struct lock_bench bench; /* of all locks here */
    struct lock limbo_lock;
    atomic_bool limbo_is_used;
    struct trash limbo;
    uint64_t limbo_epoch; /* when no reader looks since before, limbo can be emptied */
};

static void trash_link(struct trash *trash, struct shard_link *link)
{
    link->what = (uintptr_t)trash->links;
    trash->links = link;
}

static void trash_buckets(struct trash *trash, struct buckets *buckets)
{
    buckets->next = trash->buckets;
    trash->buckets = buckets;
}

static void trash_free(const struct shards *shards, struct trash *trash)
{
    while (trash->links != NULL) {
        struct shard_link *link = trash->links;

        trash->links = (struct shard_link *)(uintptr_t)link->what;
        shards->release(link);
    }
    while (trash->buckets != NULL) {
        struct buckets *buckets = trash->buckets;

        trash->buckets = buckets->next;
        free(buckets);
    }
}

/* ---- what readers may still see ---- */

static bool is_unseen(const struct shards *shards, uint64_t epoch)
{
    const struct shards_reader *reader = shards->readers;

    for (; reader != NULL; reader = reader->next) {
        uint64_t since = reader->since;

        if (since != 0 && since < epoch)
            return false;
    }
    return true;
}

static void limbo_add(struct shards *shards, struct trash *trash, uint64_t epoch)
{
    lock_take(&shards->limbo_lock);
    while (trash->links != NULL) {
        struct shard_link *link = trash->links;

        trash->links = (struct shard_link *)(uintptr_t)link->what;
        trash_link(&shards->limbo, link);
    }
    while (trash->buckets != NULL) {
        struct buckets *buckets = trash->buckets;

        trash->buckets = buckets->next;
        trash_buckets(&shards->limbo, buckets);
    }
    if (shards->limbo_epoch < epoch)
        shards->limbo_epoch = epoch;
    shards->limbo_is_used = true;
    lock_give(&shards->limbo_lock);
}

static void limbo_empty(struct shards *shards)
{
    struct trash trash = {NULL, NULL};

    lock_take(&shards->limbo_lock);
    if (is_unseen(shards, shards->limbo_epoch)) {
        trash = shards->limbo;
        shards->limbo = (struct trash){NULL, NULL};
        shards->limbo_is_used = false;
    }
    lock_give(&shards->limbo_lock);
    trash_free(shards, &trash);
}

static void trash_empty(struct shards *shards, struct trash *trash)
{
    uint64_t epoch;

    if (shards->limbo_is_used)
        limbo_empty(shards);
    if (trash->links == NULL && trash->buckets == NULL)
        return;
    epoch = atomic_fetch_add(&shards->epoch, 1) + 1;
    if (is_unseen(shards, epoch))
        trash_free(shards, trash);
    else
        limbo_add(shards, trash, epoch);
}

/* ---- one shard; the lock is held ---- */

static uint64_t arrays_bytes(const struct shard *shard)
{
    const struct buckets *grown = shard->grown;

    return (shard->now->count + (grown == NULL ? 0 : grown->count)) *
           sizeof(struct shard_link *);
}

/* What the shard would be charged with so much more in it. */
static uint64_t charge(const struct shard *shard, uint64_t more_entries, uint64_t more_bytes)
{
    uint64_t entries = shard->entries + more_entries;
    uint64_t paid = entries * ENTRY_BUCKET_BYTES, arrays = arrays_bytes(shard);

    return shard->entries_bytes + more_bytes + entries * ENTRY_HOLE_BYTES +
           (paid > arrays ? paid : arrays);
}

static bool is_growing(const struct shard *shard)
{
    return shard->grown != NULL;
}

/* NULL: no memory. */
static struct buckets *buckets_new(size_t count)
{
    struct buckets *buckets =
        calloc(1, sizeof(struct buckets) + count * sizeof(shard_place));

    if (buckets != NULL)
        buckets->count = count;
    return buckets;
}

static shard_place *chain_in(struct buckets *buckets, uint64_t hash)
{
    return &buckets->heads[(size_t)hash & (buckets->count - 1)];
}

/* The chain in which an entry with this hash is or would be. */
static shard_place *chain_of(struct shard *shard, uint64_t hash)
{
    struct buckets *now = shard->now;

    if (is_growing(shard) && ((size_t)hash & (now->count - 1)) < shard->moved)
        return chain_in(shard->grown, hash);
    return chain_in(now, hash);
}

/* The chains of a bucket of the shard. @return 1 or 2. */
static unsigned chains_of_bucket(struct shard *shard, size_t at, shard_place *chains[2])
{
    struct buckets *now = shard->now, *grown = shard->grown;

    if (grown != NULL && at < shard->moved) {
        chains[0] = &grown->heads[at];
        chains[1] = &grown->heads[at + now->count];
        return 2;
    }
    chains[0] = &now->heads[at];
    return 1;
}

static void unlink_at(struct shard *shard, shard_place *place, struct trash *trash)
{
    struct shard_link *link = *place;

    *place = atomic_load(&link->next);
    shard->entries--;
    shard->entries_bytes -= shard_link_size_bytes(link);
    trash_link(trash, link);
}

static void move_chain(struct shard_link *link, struct buckets *to)
{
    while (link != NULL) {
        struct shard_link *next = link->next;
        shard_place *head = chain_in(to, shard_link_hash(link));

        link->next = atomic_load(head);
        *head = link;
        link = next;
    }
}

static void growing_step(struct shard *shard, struct trash *trash)
{
    struct buckets *now = shard->now;

    for (unsigned i = 0; i < MOVES && shard->moved < now->count; i++) {
        move_chain(now->heads[shard->moved], shard->grown);
        now->heads[shard->moved++] = NULL;
    }
    if (shard->moved < now->count)
        return;
    shard->now = atomic_load(&shard->grown);
    shard->grown = NULL;
    shard->moved = 0;
    trash_buckets(trash, now);
}

/* Without memory the chains just get longer. */
static void grow(struct shard *shard, struct trash *trash)
{
    size_t count = shard->now->count;

    if (is_growing(shard))
        growing_step(shard, trash);
    else if (shard->entries > LOAD * count)
        shard->grown = buckets_new(count * 2);
}

/* One bucket under the hand. @return how many visited entries may still be spared. */
static unsigned sweep_bucket(struct shard *shard, uint64_t more_entries, uint64_t more_bytes,
                             unsigned may_spare, struct trash *trash)
{
    shard_place *chains[2];
    unsigned count = chains_of_bucket(shard, shard->hand, chains);

    for (unsigned i = 0; i < count; i++) {
        shard_place *place = chains[i];

        while (*place != NULL &&
               charge(shard, more_entries, more_bytes) > shard->budget_bytes) {
            struct shard_link *link = *place;

            if (may_spare > 0 && atomic_load_explicit(&link->visited, memory_order_relaxed)) {
                atomic_store_explicit(&link->visited, false, memory_order_relaxed);
                place = &link->next;
                may_spare--;
            } else {
                unlink_at(shard, place, trash);
                shard->evictions++;
            }
        }
    }
    return may_spare;
}

/* Makes room for so much more. */
static void evict(struct shard *shard, uint64_t more_entries, uint64_t more_bytes,
                  struct trash *trash)
{
    unsigned may_spare = SPARED_MAX;

    while (shard->entries > 0 &&
           charge(shard, more_entries, more_bytes) > shard->budget_bytes) {
        if (shard->hand >= shard->now->count)
            shard->hand = 0;
        may_spare = sweep_bucket(shard, more_entries, more_bytes, may_spare, trash);
        shard->hand++;
    }
}

/* Half of a shard is the most that one entry may push out. */
static bool fits(const struct shard *shard, uint32_t size_bytes)
{
    return size_bytes + BUCKETS_MIN * sizeof(struct shard_link *) <= shard->budget_bytes / 2;
}

/* The place that points to the matching entry, or to the NULL at the end of its chain. */
static shard_place *find_place(struct shard *shard, const struct shard_change *change)
{
    shard_place *place = chain_of(shard, change->hash);
    struct shard_link *link;

    while ((link = *place) != NULL && (shard_link_hash(link) != (uint32_t)change->hash ||
                                       !change->match(link, change->context)))
        place = &link->next;
    return place;
}

static void put(struct shard *shard, shard_place *place, struct shard_link *fresh,
                struct trash *trash)
{
    struct shard_link *old = *place;
    shard_place *chain;

    if (old != NULL) { /* a popular entry stays popular when it is replaced */
        bool visited = atomic_load_explicit(&old->visited, memory_order_relaxed);

        atomic_store_explicit(&fresh->visited, visited, memory_order_relaxed);
        unlink_at(shard, place, trash);
    }
    evict(shard, 1, shard_link_size_bytes(fresh), trash);
    grow(shard, trash);
    chain = chain_of(shard, shard_link_hash(fresh));
    fresh->next = atomic_load(chain);
    *chain = fresh;
    shard->entries++;
    shard->entries_bytes += shard_link_size_bytes(fresh);
}

/* All entries out; the smallest array in. On lack of memory the array is kept and emptied. */
static void flush(struct shard *shard, struct trash *trash)
{
    struct buckets *small = buckets_new(BUCKETS_MIN), *now = shard->now;
    shard_place *chains[2];

    for (size_t at = 0; at < now->count; at++) {
        for (unsigned i = chains_of_bucket(shard, at, chains); i-- > 0;) {
            while (*chains[i] != NULL)
                unlink_at(shard, chains[i], trash);
        }
    }
    if (is_growing(shard)) {
        trash_buckets(trash, shard->grown);
        shard->grown = NULL;
        shard->moved = 0;
    }
    shard->hand = 0;
    if (small == NULL)
        return;
    shard->now = small;
    trash_buckets(trash, now);
}

/* After the budget was made smaller: an array of an eighth of it at most. */
static void shrink_arrays(struct shard *shard, struct trash *trash)
{
    struct buckets *now = shard->now, *small;
    size_t count = now->count;
    shard_place *chains[2];

    while (count > BUCKETS_MIN &&
           count * sizeof(struct shard_link *) > shard->budget_bytes / 8)
        count /= 2;
    if (count == now->count && !is_growing(shard))
        return;
    small = buckets_new(count);
    if (small == NULL)
        return;
    for (size_t at = 0; at < now->count; at++) {
        for (unsigned i = chains_of_bucket(shard, at, chains); i-- > 0;)
            move_chain(*chains[i], small);
    }
    if (is_growing(shard))
        trash_buckets(trash, shard->grown);
    shard->grown = NULL;
    shard->moved = shard->hand = 0;
    shard->now = small;
    trash_buckets(trash, now);
}

/* ---- all shards ---- */

static struct shard *shard_of(const struct shards *shards, uint64_t hash)
{
    /* The upper half chooses the shard, the lower one the bucket. Two shifts: bits may be 0. */
    return &shards->shard[hash >> 1 >> (63 - shards->bits)];
}

static struct shard *shard_lock(struct shard *shard)
{
    lock_take(&shard->lock);
    return shard;
}

static void shard_unlock(struct shard *shard)
{
    lock_give(&shard->lock);
}

static bool shard_init(struct shard *shard, uint64_t budget_bytes, struct lock_bench *bench)
{
    memset(shard, 0, sizeof(*shard));
    lock_init(&shard->lock, bench);
    shard->budget_bytes = budget_bytes;
    shard->now = buckets_new(BUCKETS_MIN);
    return shard->now != NULL;
}

static void shard_clear(struct shard *shard)
{
    free(shard->now);
    free(shard->grown);
}

struct shards *shards_new(uint64_t size_bytes, unsigned count,
                          void (*release)(struct shard_link *link))
{
    struct shards *shards = calloc(1, sizeof(*shards));
    unsigned made = 0;

    if (shards == NULL)
        return NULL;
    while (BIT(shards->bits) < count && BIT(shards->bits) < SHARDS_MAX &&
           size_bytes / BIT(shards->bits + 1) >= SHARD_BYTES_MIN)
        shards->bits++;
    shards->count = BIT(shards->bits);
    shards->release = release;
    atomic_init(&shards->epoch, 1);
    if (!lock_bench_init(&shards->bench)) {
        free(shards);
        return NULL;
    }
    lock_init(&shards->limbo_lock, &shards->bench);
    shards->shard = aligned_alloc(_Alignof(struct shard), shards->count * sizeof(struct shard));
    while (shards->shard != NULL && made < shards->count &&
           shard_init(&shards->shard[made], size_bytes / shards->count, &shards->bench))
        made++;
    if (made == shards->count)
        return shards;
    while (made-- > 0)
        shard_clear(&shards->shard[made]);
    lock_bench_clear(&shards->bench);
    free(shards->shard);
    free(shards);
    return NULL;
}

static void free_readers(struct shards *shards)
{
    struct shards_reader *reader = shards->readers;

    while (reader != NULL) {
        struct shards_reader *next = reader->next;

        ASSERT(!reader->taken);
        free(reader);
        reader = next;
    }
}

void shards_free(struct shards *shards)
{
    if (shards == NULL)
        return;
    shards_flush(shards);
    trash_free(shards, &shards->limbo);
    for (unsigned i = 0; i < shards->count; i++)
        shard_clear(&shards->shard[i]);
    free_readers(shards);
    lock_bench_clear(&shards->bench);
    free(shards->shard);
    free(shards);
}

/* ---- looking ---- */

struct shards_reader *shards_reader_new(struct shards *shards)
{
    struct shards_reader *reader = shards->readers, *first;

    for (; reader != NULL; reader = reader->next)
        if (!atomic_exchange(&reader->taken, true))
            return reader;
    reader = aligned_alloc(_Alignof(struct shards_reader), sizeof(*reader));
    if (reader == NULL)
        return NULL;
    atomic_init(&reader->since, 0);
    atomic_init(&reader->taken, true);
    first = shards->readers;
    do
        reader->next = first;
    while (!atomic_compare_exchange_weak(&shards->readers, &first, reader));
    return reader;
}

void shards_reader_free(struct shards_reader *reader)
{
    if (reader != NULL)
        reader->taken = false;
}

/* Marked once a round of the clock, so that popular entries stay in every thread's cache. */
static void mark_visited(const struct shard_link *link)
{
    if (!atomic_load_explicit(&link->visited, memory_order_relaxed))
        atomic_store_explicit(&((struct shard_link *)link)->visited, true,
                              memory_order_relaxed);
}

static inline const struct shard_link *walk(const struct shard_link *link, uint64_t hash,
                                     shard_look *look, void *context)
{
    while (link != NULL && (shard_link_hash(link) != (uint32_t)hash || !look(link, context)))
        link = link->next;
    if (link != NULL)
        mark_visited(link);
    return link;
}

bool shards_look(struct shards *shards, uint64_t hash, shard_look *look, void *context)
{
    struct shard *shard = shard_lock(shard_of(shards, hash));
    bool found = walk(*chain_of(shard, hash), hash, look, context) != NULL;

    shard_unlock(shard);
    return found;
}

/* Entries are a few cache lines long, and hardly ever at hand: they are fetched all at once. */
static struct shard_link *fetch(struct shard_link *link)
{
    uintptr_t at = (uintptr_t)link;

    PREFETCH(at + 64);
    PREFETCH(at + 128);
    PREFETCH(at + 192);
    PREFETCH(at + 256);
    PREFETCH(at + 320);
    return link;
}

bool shards_peek(struct shards *shards, struct shards_reader *reader, uint64_t hash,
                 shard_look *look, void *context)
{
    struct shard *shard = shard_of(shards, hash);
    struct buckets *grown;
    bool found;

    atomic_exchange(&reader->since, shards->epoch);
    found = walk(fetch(*chain_in(shard->now, hash)), hash, look, context) != NULL;
    if (!found && (grown = shard->grown) != NULL)
        found = walk(*chain_in(grown, hash), hash, look, context) != NULL;
    atomic_store_explicit(&reader->since, 0, memory_order_release);
    return found;
}

/* The arrays first; when the last one is asked for the first one is mostly there. */
void shards_foresee(struct shards *shards, struct shards_reader *reader, const uint64_t *hashes,
                    size_t count)
{
    atomic_exchange(&reader->since, shards->epoch);
    for (size_t i = 0; i < count; i++)
        PREFETCH(chain_in(shard_of(shards, hashes[i])->now, hashes[i]));
    for (size_t i = 0; i < count; i++) {
        shard_place *chain = chain_in(shard_of(shards, hashes[i])->now, hashes[i]);

        PREFETCH(fetch(atomic_load_explicit(chain, memory_order_relaxed)));
    }
    atomic_store_explicit(&reader->since, 0, memory_order_release);
}

/* ---- changing, and walking through everything ---- */

enum shard_verdict shards_change(struct shards *shards, const struct shard_change *change)
{
    struct shard *shard = shard_lock(shard_of(shards, change->hash));
    enum shard_verdict verdict = SHARD_REFUSED;
    struct trash trash = {NULL, NULL};

    if (change->fresh == NULL || fits(shard, shard_link_size_bytes(change->fresh))) {
        shard_place *place = find_place(shard, change);

        verdict = change->decide(*place, change->context);
        if (verdict == SHARD_PUT) {
            ASSERT(change->fresh != NULL &&
                   shard_link_hash(change->fresh) == (uint32_t)change->hash);
            put(shard, place, change->fresh, &trash);
        } else if (verdict == SHARD_DROP && *place != NULL) {
            unlink_at(shard, place, &trash);
        }
    }
    shard_unlock(shard);
    trash_empty(shards, &trash);
    return verdict;
}

static size_t visit_bucket(struct shard *shard, size_t at, shard_visit *visit, void *context,
                           struct trash *trash)
{
    shard_place *chains[2];
    size_t dropped = 0;

    for (unsigned i = chains_of_bucket(shard, at, chains); i-- > 0;) {
        shard_place *place = chains[i];

        while (*place != NULL) {
            struct shard_link *link = *place;

            if (visit(link, context) == SHARD_DROP) {
                unlink_at(shard, place, trash);
                dropped++;
            } else {
                place = &link->next;
            }
        }
    }
    return dropped;
}

/*
 * The next bucket number, counted with the uppermost bit as the least. So when the array
 * doubles between two steps, the buckets that were done have become those that lie behind us in
 * the new order, too: bucket i splits into i and i + n, which follow each other.
 */
static size_t next_bucket(size_t at, size_t count)
{
    size_t bit = count >> 1;

    while (bit != 0 && (at & bit) != 0) {
        at ^= bit;
        bit >>= 1;
    }
    return at | bit;
}

/* @param at a bucket of the shard, moved on; 0 when the last one was visited. */
static size_t visit_buckets(struct shards *shards, struct shard *shard, size_t *at, unsigned most,
                            shard_visit *visit, void *context)
{
    struct trash trash = {NULL, NULL};
    size_t dropped = 0;

    shard_lock(shard);
    for (unsigned i = 0; i < most; i++) {
        size_t bucket = *at & (shard->now->count - 1);

        dropped += visit_bucket(shard, bucket, visit, context, &trash);
        *at = next_bucket(bucket, shard->now->count);
        if (*at == 0)
            break;
    }
    shard_unlock(shard);
    trash_empty(shards, &trash);
    return dropped;
}

static size_t visit_shard(struct shards *shards, struct shard *shard, shard_visit *visit,
                          void *context)
{
    size_t dropped = 0, at = 0;

    do
        dropped += visit_buckets(shards, shard, &at, VISIT_BUCKETS, visit, context);
    while (at != 0);
    return dropped;
}

size_t shards_visit_some(struct shards *shards, struct shards_place *place, shard_visit *visit,
                         void *context)
{
    size_t dropped;

    if (place->shard >= shards->count) {
        place->at_end = true;
        return 0;
    }
    dropped = visit_buckets(shards, &shards->shard[place->shard], &place->bucket, SOME_BUCKETS,
                            visit, context);
    if (place->bucket == 0)
        place->shard++;
    place->at_end = place->shard == shards->count;
    return dropped;
}

size_t shards_visit(struct shards *shards, shard_visit *visit, void *context)
{
    size_t dropped = 0;

    for (unsigned i = 0; i < shards->count; i++)
        dropped += visit_shard(shards, &shards->shard[i], visit, context);
    return dropped;
}

void shards_flush(struct shards *shards)
{
    for (unsigned i = 0; i < shards->count; i++) {
        struct shard *shard = shard_lock(&shards->shard[i]);
        struct trash trash = {NULL, NULL};

        flush(shard, &trash);
        shard_unlock(shard);
        trash_empty(shards, &trash);
    }
}

void shards_resize(struct shards *shards, uint64_t size_bytes)
{
    for (unsigned i = 0; i < shards->count; i++) {
        struct shard *shard = shard_lock(&shards->shard[i]);
        struct trash trash = {NULL, NULL};

        shard->budget_bytes = size_bytes / shards->count;
        shrink_arrays(shard, &trash);
        evict(shard, 0, 0, &trash);
        shard_unlock(shard);
        trash_empty(shards, &trash);
    }
}

struct shards_state shards_state(const struct shards *shards)
{
    struct shards_state sum = {0, 0, 0};

    for (unsigned i = 0; i < shards->count; i++) {
        struct shard *shard = shard_lock(&shards->shard[i]);

        sum.size_bytes += charge(shard, 0, 0);
        sum.entries += shard->entries;
        sum.evictions += shard->evictions;
        shard_unlock(shard);
    }
    return sum;
}
