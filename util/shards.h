/*
 * shards.h - a table that all threads share: sharded, keyed by hash, held within a byte budget.
 *
 * Under every cache. The entries are the caller's own structs with a shard_link inside; the
 * caller hashes with a secret key (util/hash.h) and compares. The locks of the house are behind
 * this header and nowhere else. The story of an entry: its maker allocates and fills it without
 * a lock, says what it costs, and offers it with shards_change; from then on the
 * table owns it. Readers get at it through shards_look, and take a copy or a counted reference
 * before they return. When it is replaced, dropped or evicted, the table unlinks it and calls
 * release once, outside the lock.
 *
 * No function given to this table may call the table again, or do more than compare, count and
 * copy: all but release run in a critical section. Looks may run beside other looks, and
 * through shards_peek beside changes as well, so a look changes nothing but reference counts.
 */
#ifndef TREESHREW_UTIL_SHARDS_H
#define TREESHREW_UTIL_SHARDS_H

#include <stdatomic.h>

#include "util/base.h"

struct shard_link;
typedef _Atomic(struct shard_link *) shard_place;

/**
 * The table's part of an entry, as small as can be. Of the hash it has the half that tells
 * buckets apart, as the other one chooses the shard; and where it would end within a word
 * stands what nearly every entry has, its counter of references.
 */
struct shard_link {
    shard_place next;
    atomic_uint_least64_t what; /* hash and size; once unlinked, which one was before */
    atomic_bool visited; /* found since the hand last came by; written only when not yet set */
    uint8_t own[3];      /* the entry's, to do with as it likes */
    atomic_uint references; /* likewise; the table never looks at it */
};

/** What malloc takes for so many octets: they are rounded up and have a header. */
static inline uint32_t shard_cost(size_t size_bytes)
{
    return (uint32_t)((size_bytes + 31) & ~(size_t)15);
}

/** A link that is ready to be offered. References are left as they are.
 *  @param size_bytes the sum of shard_cost of all that release will give back. */
static inline void shard_link_init(struct shard_link *link, uint64_t hash, uint32_t size_bytes)
{
    atomic_init(&link->next, NULL);
    atomic_init(&link->what, (uint64_t)size_bytes << 32 | (uint32_t)hash);
    atomic_init(&link->visited, false);
    link->own[0] = link->own[1] = link->own[2] = 0;
}

/** Not of one that has left the table. */
static inline uint32_t shard_link_hash(const struct shard_link *link)
{
    return (uint32_t)link->what;
}

static inline uint32_t shard_link_size_bytes(const struct shard_link *link)
{
    return (uint32_t)(link->what >> 32);
}

struct shards;

/**
 * @param size_bytes budget of entries and bucket arrays together; the shards have equal parts.
 * @param count      number of shards wanted; a power of two near it is made, and fewer of them
 * where a shard would have less than 64 KiB.
 * @param release    frees an entry that left the table, or gives back the table's reference.
 * @return NULL: no memory.
 */
struct shards *shards_new(uint64_t size_bytes, unsigned count,
                          void (*release)(struct shard_link *link));

/** Releases all entries. No other thread may be in the table. */
void shards_free(struct shards *shards);

/**
 * Shows the entries with this hash to `look` until it answers true, which marks the entry as
 * visited. Allocates nothing.
 * @return false: none was taken.
 */
typedef bool shard_look(const struct shard_link *link, void *context);
bool shards_look(struct shards *shards, uint64_t hash, shard_look *look, void *context);

/**
 * Who may look without a lock: one thread, or nobody at the moment. What it could have seen is
 * released when it has looked away.
 */
struct shards_reader;

/** @return NULL: no memory. */
struct shards_reader *shards_reader_new(struct shards *shards);
void shards_reader_free(struct shards_reader *reader);

/**
 * As shards_look, without a lock: it writes nothing that threads share, but the mark of a visit.
 * No reference may be taken. What is being put or moved at the same moment may be missed, so false
 * means no more than "look again with shards_look".
 */
bool shards_peek(struct shards *shards, struct shards_reader *reader, uint64_t hash,
                 shard_look *look, void *context);

/**
 * Has the processor fetch what shards_peek will read for these hashes: for all of them at once, so
 * that it waits for memory once and not for one after the other. Nothing is changed or found.
 */
void shards_foresee(struct shards *shards, struct shards_reader *reader, const uint64_t *hashes,
                    size_t count);

enum shard_verdict {
    SHARD_KEEP,   /* what is there stays; the fresh one remains the caller's */
    SHARD_PUT,    /* the fresh one takes the place; the table owns it now */
    SHARD_DROP,   /* what is there goes; the fresh one remains the caller's */
    SHARD_REFUSED /* only as a result: too large for the table, decide was not asked */
};

/** One change of one entry, decided upon while nobody else can change it. */
struct shard_change {
    uint64_t hash;
    /** Is this the entry meant? */
    bool (*match)(const struct shard_link *link, const void *context);
    /** @param old the entry that matched, or NULL. May be changed in place where no look minds.
     */
    enum shard_verdict (*decide)(struct shard_link *old, void *context);
    void *context;
    struct shard_link *fresh; /* what SHARD_PUT puts; NULL: SHARD_PUT may not be answered */
};

/** @return what was done. Entries are evicted where the budget needs it. */
enum shard_verdict shards_change(struct shards *shards, const struct shard_change *change);

/**
 * Shows every entry, some hundred buckets for each taking of a lock. What comes or goes
 * meanwhile may be left out, and an entry may be shown twice when the budget shrinks at the
 * same time.
 * @param visit SHARD_KEEP or SHARD_DROP. May change the entry where no look minds.
 * @return number of entries dropped.
 */
typedef enum shard_verdict shard_visit(struct shard_link *link, void *context);
size_t shards_visit(struct shards *shards, shard_visit *visit, void *context);

/** How far a walk has come; begins as {0}. */
struct shards_place {
    unsigned shard;
    size_t bucket;
    bool at_end;
};

/**
 * One step of such a walk, for who must not hold anybody up: a few dozen buckets, under one taking
 * of a lock. What is true of shards_visit is true of the whole walk.
 * @return number of entries dropped; place->at_end says that this was all.
 */
size_t shards_visit_some(struct shards *shards, struct shards_place *place, shard_visit *visit,
                         void *context);

/** Everything goes. */
void shards_flush(struct shards *shards);

/** A new budget; evicts at once what is beyond it. The number of shards stays. */
void shards_resize(struct shards *shards, uint64_t size_bytes);

/** Sums over the shards, one lock at a time. */
struct shards_state {
    uint64_t size_bytes; /* as charged against the budget */
    uint64_t entries;
    uint64_t evictions; /* since shards_new */
};
struct shards_state shards_state(const struct shards *shards);

#endif
