/*
 * rate_table.c - one word for each stranger: who, and until when his questions are paid for.
 *
 * Each question costs its share of a second and moves that time on; he who is a whole second
 * ahead asks too much (a token bucket, without a need to fill it). Eight words are a set, on
 * one line of the processor's cache; a hash tells the set, 16 more bits of it the word. A word
 * is changed by one compare-and-swap, so what threads count together is right, and nobody ever
 * waits.
 */
#include "util/rate_table.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    WAYS = 8,
    LINE_OCTETS = 64,
    TRIES = 8,       /* when threads change one word at the same time */
    TIME_BITS = 48,  /* of a word; above them 16 bits of the hash */
    UNITS_MS = 1024, /* of that time, in a millisecond */
    SECOND = 1000 * UNITS_MS,
    AHEAD_MAX = 3 * SECOND
};

#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

struct rate_table {
    struct hash_key key;
    uint64_t mask; /* number of sets, less one */
    void *memory;
    _Atomic uint64_t
        *words; /* at a cache line's start; 0: empty, and has been paid for long ago */
};

struct rate_table *rate_table_new(uint64_t size_bytes, struct hash_key key)
{
    struct rate_table *table = calloc(1, sizeof(*table));
    uint64_t sets = 1;
    uintptr_t at;

    if (table == NULL)
        return NULL;
    while (sets * 2 * LINE_OCTETS <= size_bytes)
        sets *= 2;
    /* Pages that nobody writes to cost nothing. */
    table->memory = calloc(sets + 1, LINE_OCTETS);
    if (table->memory == NULL) {
        free(table);
        return NULL;
    }
    at = (uintptr_t)table->memory;
    table->words = (_Atomic uint64_t *)((at + LINE_OCTETS - 1) & ~(uintptr_t)(LINE_OCTETS - 1));
    table->mask = sets - 1;
    table->key = key;
    return table;
}

void rate_table_free(struct rate_table *table)
{
    if (table == NULL)
        return;
    free(table->memory);
    free(table);
}

struct hash_key rate_table_key(const struct rate_table *table)
{
    return table->key;
}

/* How far ahead a word is paid for; what lies further than can be is of a time that has gone
 * round. */
static uint64_t ahead_of(uint64_t word, uint64_t now)
{
    uint64_t ahead = (word - now) & TIME_MASK;

    return ahead > AHEAD_MAX ? 0 : ahead;
}

struct find {
    _Atomic uint64_t *word;
    uint64_t seen;
    uint64_t ahead;
};

/* The word of who asks least, to be taken from him. */
static struct find find_least(_Atomic uint64_t *set, uint64_t now)
{
    struct find least = {.ahead = UINT64_MAX};

    for (size_t i = 0; i < WAYS; i++) {
        uint64_t seen = atomic_load_explicit(&set[i], memory_order_relaxed);
        uint64_t ahead = ahead_of(seen, now);

        if (ahead < least.ahead)
            least = (struct find){&set[i], seen, ahead};
    }
    least.ahead = 0;
    return least;
}

/* The stranger's own word, or one for him. */
static struct find find(_Atomic uint64_t *set, uint64_t hash, uint64_t now)
{
    for (size_t i = 0; i < WAYS; i++) {
        uint64_t seen = atomic_load_explicit(&set[i], memory_order_relaxed);

        if ((seen ^ hash) >> TIME_BITS == 0)
            return (struct find){&set[i], seen, ahead_of(seen, now)};
    }
    return find_least(set, now);
}

bool rate_take(struct rate_table *table, uint64_t hash, uint32_t most, bool backoff,
               int64_t now_ms)
{
    _Atomic uint64_t *set = &table->words[(hash & table->mask) * WAYS];
    uint64_t now = (uint64_t)now_ms * UNITS_MS & TIME_MASK;
    uint64_t share = most == 0 ? SECOND : SECOND / most;

    for (int i = 0; i < TRIES; i++) {
        struct find found = find(set, hash, now);
        uint64_t ahead = found.ahead + share, word;
        bool good = ahead <= SECOND;

        if (!good && !backoff)
            return false;
        if (ahead > AHEAD_MAX)
            ahead = AHEAD_MAX;
        word = (hash & ~TIME_MASK) | ((now + ahead) & TIME_MASK);
        if (atomic_compare_exchange_weak_explicit(found.word, &found.seen, word,
                                                  memory_order_relaxed, memory_order_relaxed))
            return good;
    }
    return true; /* uncounted: others are busy with the same word */
}
