/*
 * shards.c - the sharded table with a byte budget, and the only locks of the house.
 *
 * Called by the caches of services/cache and by whatever else threads share. Knows nothing of
 * what an entry means.
 *
 * Lock: a plain mutex for each shard. A critical section is a walk along a chain of one or two
 * entries and a reference taken, some 50 ns. A read-write lock writes its count of readers into
 * the same cache line that a mutex writes, so a hit would cost no less memory traffic and more
 * instructions, to let readers be together who are hardly ever there together (64 shards, few
 * threads). A spin lock burns a time slice whenever its holder loses the processor. Should hits
 * become free of locks, that happens in this file: chains are singly linked, entries are
 * published whole and unlinked by one store, and look takes nothing but a reference or a copy.
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

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHARDS_MAX = 1024,
    SHARD_BYTES_MIN = 64 * 1024, /* budget below which a table is not divided further */
    BUCKETS_MIN = 64,
    MOVES = 4,       /* old buckets moved by an insertion: done long before the next doubling */
    SPARED_MAX = 64, /* visited entries that the hand passes by in one critical section */
    VISIT_BUCKETS = 256, /* of a shard, for one taking of the lock */
    /* Buckets are paid for in advance by entries: doubling at n entries needs n + 2n pointers.
     * So an array that grows never has to push out entries. */
    ENTRY_BUCKET_BYTES = 3 * sizeof(struct shard_link *)
};

struct buckets {
    struct shard_link **heads; /* NULL: no such array */
    size_t count;              /* a power of two */
};

struct shard {
    _Alignas(64) pthread_mutex_t lock; /* a shard shares no cache line with its neighbour */
    struct buckets now, grown;         /* grown.heads: while growing, where entries go */
    size_t moved;                      /* buckets of `now` that have been moved to `grown` */
    size_t hand;                       /* bucket of the shard that the clock looks at next */
    uint64_t entries, entries_bytes, budget_bytes, evictions;
};

struct shards {
    struct shard *shard;
    unsigned count, bits; /* count == 1 << bits */
    void (*release)(struct shard_link *link);
};

/* What a critical section leaves to be freed after it. */
struct trash {
    struct shard_link *links;
    struct shard_link **heads; /* at most one array is given up in a section */
};

static void trash_link(struct trash *trash, struct shard_link *link)
{
    link->next = trash->links;
    trash->links = link;
}

static void trash_empty(const struct shards *shards, struct trash *trash)
{
    while (trash->links != NULL) {
        struct shard_link *link = trash->links;

        trash->links = link->next;
        shards->release(link);
    }
    free(trash->heads);
}

/* ---- one shard; the lock is held ---- */

static uint64_t arrays_bytes(const struct shard *shard)
{
    return (shard->now.count + shard->grown.count) * sizeof(struct shard_link *);
}

/* What the shard would be charged with so much more in it. */
static uint64_t charge(const struct shard *shard, uint64_t more_entries, uint64_t more_bytes)
{
    uint64_t paid = (shard->entries + more_entries) * ENTRY_BUCKET_BYTES;
    uint64_t arrays = arrays_bytes(shard);

    return shard->entries_bytes + more_bytes + (paid > arrays ? paid : arrays);
}

static bool is_growing(const struct shard *shard)
{
    return shard->grown.heads != NULL;
}

/* The chain in which an entry with this hash is or would be. */
static struct shard_link **chain_of(struct shard *shard, uint64_t hash)
{
    size_t at = (size_t)hash & (shard->now.count - 1);

    if (is_growing(shard) && at < shard->moved)
        return &shard->grown.heads[(size_t)hash & (shard->grown.count - 1)];
    return &shard->now.heads[at];
}

/* The chains of a bucket of the shard. @return 1 or 2. */
static unsigned chains_of_bucket(struct shard *shard, size_t at, struct shard_link **chains[2])
{
    if (is_growing(shard) && at < shard->moved) {
        chains[0] = &shard->grown.heads[at];
        chains[1] = &shard->grown.heads[at + shard->now.count];
        return 2;
    }
    chains[0] = &shard->now.heads[at];
    return 1;
}

static void unlink_at(struct shard *shard, struct shard_link **place, struct trash *trash)
{
    struct shard_link *link = *place;

    *place = link->next;
    shard->entries--;
    shard->entries_bytes -= link->size_bytes;
    trash_link(trash, link);
}

static void move_chain(struct shard_link *link, struct buckets *to)
{
    while (link != NULL) {
        struct shard_link *next = link->next;
        struct shard_link **head = &to->heads[(size_t)link->hash & (to->count - 1)];

        link->next = *head;
        *head = link;
        link = next;
    }
}

static void growing_step(struct shard *shard, struct trash *trash)
{
    for (unsigned i = 0; i < MOVES && shard->moved < shard->now.count; i++) {
        move_chain(shard->now.heads[shard->moved], &shard->grown);
        shard->now.heads[shard->moved++] = NULL;
    }
    if (shard->moved < shard->now.count)
        return;
    trash->heads = shard->now.heads;
    shard->now = shard->grown;
    shard->grown = (struct buckets){NULL, 0};
    shard->moved = 0;
}

/* Without memory the chains just get longer. */
static void grow(struct shard *shard, struct trash *trash)
{
    if (is_growing(shard)) {
        growing_step(shard, trash);
        return;
    }
    if (shard->entries <= shard->now.count)
        return;
    shard->grown.heads = calloc(shard->now.count * 2, sizeof(struct shard_link *));
    if (shard->grown.heads != NULL)
        shard->grown.count = shard->now.count * 2;
}

/* One bucket under the hand. @return how many visited entries may still be spared. */
static unsigned sweep_bucket(struct shard *shard, uint64_t more_entries, uint64_t more_bytes,
                             unsigned may_spare, struct trash *trash)
{
    struct shard_link **chains[2];
    unsigned count = chains_of_bucket(shard, shard->hand, chains);

    for (unsigned i = 0; i < count; i++) {
        struct shard_link **place = chains[i];

        while (*place != NULL &&
               charge(shard, more_entries, more_bytes) > shard->budget_bytes) {
            if (may_spare > 0 &&
                atomic_load_explicit(&(*place)->visited, memory_order_relaxed)) {
                atomic_store_explicit(&(*place)->visited, false, memory_order_relaxed);
                place = &(*place)->next;
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
        if (shard->hand >= shard->now.count)
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
static struct shard_link **find_place(struct shard *shard, const struct shard_change *change)
{
    struct shard_link **place = chain_of(shard, change->hash);

    while (*place != NULL &&
           ((*place)->hash != change->hash || !change->match(*place, change->context)))
        place = &(*place)->next;
    return place;
}

static void put(struct shard *shard, struct shard_link **place, struct shard_link *fresh,
                struct trash *trash)
{
    struct shard_link **chain;

    if (*place != NULL) { /* a popular entry stays popular when it is replaced */
        bool visited = atomic_load_explicit(&(*place)->visited, memory_order_relaxed);

        atomic_store_explicit(&fresh->visited, visited, memory_order_relaxed);
        unlink_at(shard, place, trash);
    }
    evict(shard, 1, fresh->size_bytes, trash);
    grow(shard, trash);
    chain = chain_of(shard, fresh->hash);
    fresh->next = *chain;
    *chain = fresh;
    shard->entries++;
    shard->entries_bytes += fresh->size_bytes;
}

/* All entries out; the smallest array in. On lack of memory the array is kept and emptied. */
static void flush(struct shard *shard, struct trash *trash)
{
    struct shard_link **heads = calloc(BUCKETS_MIN, sizeof(struct shard_link *));
    struct shard_link **chains[2];

    for (size_t at = 0; at < shard->now.count; at++) {
        for (unsigned i = chains_of_bucket(shard, at, chains); i-- > 0;) {
            while (*chains[i] != NULL)
                unlink_at(shard, chains[i], trash);
        }
    }
    if (is_growing(shard)) {
        free(shard->grown.heads);
        shard->grown = (struct buckets){NULL, 0};
        shard->moved = 0;
    }
    shard->hand = 0;
    if (heads == NULL)
        return;
    trash->heads = shard->now.heads;
    shard->now = (struct buckets){heads, BUCKETS_MIN};
}

/* After the budget was made smaller: an array of an eighth of it at most. */
static void shrink_arrays(struct shard *shard, struct trash *trash)
{
    struct buckets small = {NULL, shard->now.count};
    struct shard_link **chains[2];

    while (small.count > BUCKETS_MIN &&
           small.count * sizeof(struct shard_link *) > shard->budget_bytes / 8)
        small.count /= 2;
    if (small.count == shard->now.count && !is_growing(shard))
        return;
    small.heads = calloc(small.count, sizeof(struct shard_link *));
    if (small.heads == NULL)
        return;
    for (size_t at = 0; at < shard->now.count; at++) {
        for (unsigned i = chains_of_bucket(shard, at, chains); i-- > 0;)
            move_chain(*chains[i], &small);
    }
    free(shard->grown.heads);
    shard->grown = (struct buckets){NULL, 0};
    shard->moved = shard->hand = 0;
    trash->heads = shard->now.heads;
    shard->now = small;
}

/* ---- all shards ---- */

static struct shard *shard_of(const struct shards *shards, uint64_t hash)
{
    /* The upper bits choose the shard, the lower ones the bucket. Two shifts: bits may be 0. */
    return &shards->shard[hash >> 1 >> (63 - shards->bits)];
}

static struct shard *shard_lock(struct shard *shard)
{
    int error = pthread_mutex_lock(&shard->lock);

    ASSERT(error == 0);
    return shard;
}

static void shard_unlock(struct shard *shard)
{
    int error = pthread_mutex_unlock(&shard->lock);

    ASSERT(error == 0);
}

static bool shard_init(struct shard *shard, uint64_t budget_bytes)
{
    memset(shard, 0, sizeof(*shard));
    shard->budget_bytes = budget_bytes;
    shard->now.heads = calloc(BUCKETS_MIN, sizeof(struct shard_link *));
    if (shard->now.heads == NULL)
        return false;
    shard->now.count = BUCKETS_MIN;
    if (pthread_mutex_init(&shard->lock, NULL) == 0)
        return true;
    free(shard->now.heads);
    return false;
}

static void shard_clear(struct shard *shard)
{
    pthread_mutex_destroy(&shard->lock);
    free(shard->now.heads);
    free(shard->grown.heads);
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
    shards->shard = aligned_alloc(_Alignof(struct shard), shards->count * sizeof(struct shard));
    while (shards->shard != NULL && made < shards->count &&
           shard_init(&shards->shard[made], size_bytes / shards->count))
        made++;
    if (made == shards->count)
        return shards;
    while (made-- > 0)
        shard_clear(&shards->shard[made]);
    free(shards->shard);
    free(shards);
    return NULL;
}

void shards_free(struct shards *shards)
{
    if (shards == NULL)
        return;
    shards_flush(shards);
    for (unsigned i = 0; i < shards->count; i++)
        shard_clear(&shards->shard[i]);
    free(shards->shard);
    free(shards);
}

bool shards_look(struct shards *shards, uint64_t hash, shard_look *look, void *context)
{
    struct shard *shard = shard_lock(shard_of(shards, hash));
    struct shard_link *link = *chain_of(shard, hash);

    while (link != NULL && (link->hash != hash || !look(link, context)))
        link = link->next;
    if (link != NULL && !atomic_load_explicit(&link->visited, memory_order_relaxed))
        atomic_store_explicit(&link->visited, true, memory_order_relaxed);
    shard_unlock(shard);
    return link != NULL;
}

enum shard_verdict shards_change(struct shards *shards, const struct shard_change *change)
{
    struct shard *shard = shard_lock(shard_of(shards, change->hash));
    enum shard_verdict verdict = SHARD_REFUSED;
    struct trash trash = {NULL, NULL};

    if (change->fresh == NULL || fits(shard, change->fresh->size_bytes)) {
        struct shard_link **place = find_place(shard, change);

        verdict = change->decide(*place, change->context);
        if (verdict == SHARD_PUT) {
            ASSERT(change->fresh != NULL && change->fresh->hash == change->hash);
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
    struct shard_link **chains[2];
    size_t dropped = 0;

    for (unsigned i = chains_of_bucket(shard, at, chains); i-- > 0;) {
        struct shard_link **place = chains[i];

        while (*place != NULL) {
            if (visit(*place, context) == SHARD_DROP) {
                unlink_at(shard, place, trash);
                dropped++;
            } else {
                place = &(*place)->next;
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

static size_t visit_shard(struct shards *shards, struct shard *shard, shard_visit *visit,
                          void *context)
{
    size_t dropped = 0, at = 0;

    do {
        struct trash trash = {NULL, NULL};

        shard_lock(shard);
        for (unsigned i = 0; i < VISIT_BUCKETS; i++) {
            size_t bucket = at & (shard->now.count - 1);

            dropped += visit_bucket(shard, bucket, visit, context, &trash);
            at = next_bucket(bucket, shard->now.count);
            if (at == 0)
                break;
        }
        shard_unlock(shard);
        trash_empty(shards, &trash);
    } while (at != 0);
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
