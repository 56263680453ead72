/*
 * key_cache.h - what is known of the keys of zones: secure with parsed keys, insecure, or
 * bogus.
 *
 * Shared by all threads. An entry is never changed once stored; whoever found it holds a
 * reference and may read in peace after it was replaced. Times are monotonic seconds. A bogus
 * entry is the bad-key entry of val-bogus-ttl: until it expires nobody asks for these keys
 * again.
 */
#ifndef TREESHREW_VALIDATOR_KEY_CACHE_H
#define TREESHREW_VALIDATOR_KEY_CACHE_H

#include "services/cache/reasons.h"
#include "util/hash.h"
#include "util/shards.h"
#include "util/wire/hashed.h"
#include "validator/zone_keys.h"

struct key_entry {
    struct shard_link link; /* its references are the entry's */
    int64_t expires_s;
    struct dname zone; /* its octets live in the entry */
    union {
        struct zone_keys *keys;        /* when secure; a reference */
        const struct reasons *reasons; /* else: why bogus, or insecure (EDE 1, 2); never NULL */
    };
    union {
        struct algo_set algorithms; /* when secure */
        uint32_t failures;          /* bogus: how often in a row */
    };
    uint16_t rrclass;
    uint8_t security; /* enum security: SEC_SECURE, SEC_INSECURE or SEC_BOGUS */
};

struct key_cache;

struct key_cache *key_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key);
void key_cache_free(struct key_cache *cache);
void key_cache_resize(struct key_cache *cache, uint64_t size_bytes);
void key_cache_flush(struct key_cache *cache);

/** The fresh entry of exactly this zone; a reference, or NULL. */
const struct key_entry *key_cache_ref(struct key_cache *cache, struct dname zone,
                                      uint16_t rrclass, int64_t now_s);

/** The fresh entry of the deepest zone at or above the name; a reference, or NULL.
 *  @param names of the question, with the key of this cache, or none.
 *  @param top nothing above this name is looked at (the trust anchor's zone). */
const struct key_entry *key_cache_closest_ref(struct key_cache *cache, struct hashed *names,
                                              struct dname name,
                                              struct dname top, uint16_t rrclass,
                                              int64_t now_s);
void key_entry_unref(const struct key_entry *entry); /* NULL: nothing */

/** @param keys counted once more by the cache. @return the entry as stored, a reference (also
 * when the cache had no room for it); NULL: no memory. */
const struct key_entry *key_cache_store_secure(struct key_cache *cache, struct dname zone,
                                               uint16_t rrclass, struct zone_keys *keys,
                                               const struct algo_set *algorithms,
                                               int64_t expires_s);

/** @param reasons EDE 1 or 2, or empty: a proven absence of DS. */
const struct key_entry *key_cache_store_insecure(struct key_cache *cache, struct dname zone,
                                                 uint16_t rrclass,
                                                 const struct reasons *reasons,
                                                 int64_t expires_s);

/** Kept first_ttl_s, doubled for each failure in a row, at most ttl_max_s (RFC 9520
 * section 3.2). Fresh secure keys are not replaced by it. */
const struct key_entry *key_cache_store_bogus(struct key_cache *cache, struct dname zone,
                                              uint16_t rrclass, const struct reasons *reasons,
                                              int64_t now_s, uint32_t first_ttl_s,
                                              uint32_t ttl_max_s);

/** Forgets the zone and all below it. @return number of entries dropped. */
size_t key_cache_drop(struct key_cache *cache, struct dname zone);

uint64_t key_cache_size_bytes(const struct key_cache *cache);
uint64_t key_cache_count(const struct key_cache *cache);

#endif
