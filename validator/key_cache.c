/*
 * key_cache.c - what is known of the keys of zones, in one table of all threads.
 *
 * Life of an entry: made whole (name and texts in one allocation), offered to the table, shared
 * by references, released by the table when it is replaced or evicted, freed with the last
 * reference.
 */
#include "validator/key_cache.h"

#include <stdlib.h>
#include <string.h>

enum { BACKOFF_DOUBLINGS_MOST = 16 };

struct key_cache {
    struct shards *shards;
    struct hash_key key;
};

static uint64_t zone_hash(const struct key_cache *cache, struct dname zone, uint16_t rrclass)
{
    return dname_hash_beside(zone, rrclass, cache->key);
}

/* ---- entries ---- */

static const struct reasons no_reasons;

/* What stands behind the struct, in this order: the reasons of entries that have some, the
 * name, texts. */
static size_t entry_size(struct dname zone, const struct reasons *reasons)
{
    size_t size = sizeof(struct key_entry) + zone.size;

    size += reasons->count == 0 ? 0 : sizeof(*reasons);
    for (size_t i = 0; i < reasons->count; i++)
        size += strlen(reasons->item[i].text) + 1;
    return size;
}

/* @param copy the place for them, in front of the name. */
static void pack_reasons(struct key_entry *entry, const struct reasons *reasons,
                         struct reasons *copy)
{
    uint8_t *at = (uint8_t *)(copy + 1) + entry->zone.size;

    entry->reasons = copy;
    copy->count = reasons->count;
    for (size_t i = 0; i < reasons->count; i++) {
        size_t octets = strlen(reasons->item[i].text) + 1;

        memcpy(at, reasons->item[i].text, octets);
        copy->item[i] = (struct reason){reasons->item[i].code, (const char *)at};
        at += octets;
    }
}

/* @param keys when secure. @return NULL: no memory. */
static struct key_entry *entry_new(const struct key_cache *cache, struct dname zone,
                                   uint16_t rrclass, enum security security,
                                   const struct reasons *reasons, struct zone_keys *keys)
{
    size_t size = entry_size(zone, reasons);
    struct key_entry *entry = calloc(1, size);
    void *behind = entry + 1;
    uint8_t *name = behind;

    if (entry == NULL)
        return NULL;
    shard_link_init(&entry->link, zone_hash(cache, zone, rrclass),
                    shard_cost(size) +
                        (security == SEC_SECURE ? (uint32_t)zone_keys_size_bytes(keys) : 0));
    atomic_init(&entry->link.references, 1);
    name += reasons->count == 0 ? 0 : sizeof(*reasons);
    memcpy(name, zone.wire, zone.size);
    entry->zone = dname_of_wire(name);
    entry->rrclass = rrclass;
    entry->security = (uint8_t)security;
    if (security == SEC_SECURE)
        entry->keys = zone_keys_ref(keys);
    else
        entry->reasons = &no_reasons;
    if (reasons->count != 0)
        pack_reasons(entry, reasons, behind);
    return entry;
}

static void entry_ref(const struct key_entry *entry)
{
    atomic_fetch_add_explicit(&((struct key_entry *)(uintptr_t)entry)->link.references, 1,
                              memory_order_relaxed);
}

void key_entry_unref(const struct key_entry *borrowed)
{
    struct key_entry *entry = (struct key_entry *)(uintptr_t)borrowed;

    if (entry == NULL ||
        atomic_fetch_sub_explicit(&entry->link.references, 1, memory_order_acq_rel) != 1)
        return;
    if (entry->security == SEC_SECURE)
        zone_keys_unref(entry->keys);
    free(entry);
}

static void entry_release(struct shard_link *link)
{
    key_entry_unref(CONTAINER_OF(link, struct key_entry, link));
}

/* ---- the table ---- */

struct key_cache *key_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key)
{
    struct key_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->key = key;
    cache->shards = shards_new(size_bytes, shards, entry_release);
    if (cache->shards != NULL)
        return cache;
    free(cache);
    return NULL;
}

void key_cache_free(struct key_cache *cache)
{
    if (cache == NULL)
        return;
    shards_free(cache->shards);
    free(cache);
}

void key_cache_resize(struct key_cache *cache, uint64_t size_bytes)
{
    shards_resize(cache->shards, size_bytes);
}

void key_cache_flush(struct key_cache *cache)
{
    shards_flush(cache->shards);
}

uint64_t key_cache_size_bytes(const struct key_cache *cache)
{
    return shards_state(cache->shards).size_bytes;
}

uint64_t key_cache_count(const struct key_cache *cache)
{
    return shards_state(cache->shards).entries;
}

/* ---- looking up ---- */

struct search {
    struct dname zone;
    uint16_t rrclass;
    int64_t now_s;
    const struct key_entry *found;
};

static bool look_fresh(const struct shard_link *link, void *context)
{
    const struct key_entry *entry = CONTAINER_OF(link, const struct key_entry, link);
    struct search *search = context;

    if (entry->rrclass != search->rrclass || entry->expires_s <= search->now_s ||
        !dname_equal(entry->zone, search->zone))
        return false;
    entry_ref(entry);
    search->found = entry;
    return true;
}

const struct key_entry *key_cache_ref(struct key_cache *cache, struct dname zone,
                                      uint16_t rrclass, int64_t now_s)
{
    struct search search = {zone, rrclass, now_s, NULL};

    shards_look(cache->shards, zone_hash(cache, zone, rrclass), look_fresh, &search);
    return search.found;
}

const struct key_entry *key_cache_closest_ref(struct key_cache *cache, struct hashed *names,
                                              struct dname name, struct dname top,
                                              uint16_t rrclass, int64_t now_s)
{
    for (;; name = dname_parent(name)) {
        const struct key_entry *found =
            key_cache_ref(cache, hashed_name(names, name), rrclass, now_s);

        if (found != NULL || name.labels <= top.labels)
            return found;
    }
}

/* ---- storing ---- */

struct storing {
    struct key_entry *fresh;
    int64_t now_s;
    uint32_t first_ttl_s, ttl_max_s; /* of a bogus entry; 0: not bogus */
};

static bool is_zone(const struct shard_link *link, const void *context)
{
    const struct key_entry *entry = CONTAINER_OF(link, const struct key_entry, link);
    const struct storing *storing = context;

    return entry->rrclass == storing->fresh->rrclass &&
           dname_equal(entry->zone, storing->fresh->zone);
}

/* A failure in a row doubles the time; one long past the last begins anew. */
static void set_backoff(struct key_entry *fresh, const struct key_entry *old,
                        const struct storing *storing)
{
    uint64_t ttl_s = storing->first_ttl_s;

    fresh->failures = 1;
    if (old != NULL && old->security == SEC_BOGUS &&
        old->expires_s + storing->ttl_max_s > storing->now_s)
        fresh->failures = old->failures + 1;
    for (uint32_t i = 1; i < fresh->failures && i < BACKOFF_DOUBLINGS_MOST; i++)
        ttl_s *= 2;
    if (ttl_s > storing->ttl_max_s)
        ttl_s = storing->ttl_max_s;
    fresh->expires_s = storing->now_s + (int64_t)ttl_s;
}

static enum shard_verdict decide(struct shard_link *link, void *context)
{
    struct storing *storing = context;
    const struct key_entry *old =
        link == NULL ? NULL : CONTAINER_OF(link, const struct key_entry, link);

    if (storing->fresh->security != SEC_BOGUS)
        return SHARD_PUT;
    set_backoff(storing->fresh, old, storing);
    /* Keys that were validated stay so until they expire, whatever somebody sends meanwhile. */
    return old != NULL && old->security == SEC_SECURE && old->expires_s > storing->now_s
               ? SHARD_KEEP
               : SHARD_PUT;
}

/* Two references: the table's and the caller's. */
static const struct key_entry *store(struct key_cache *cache, struct storing *storing)
{
    struct key_entry *entry = storing->fresh;
    struct shard_change change = {.hash = zone_hash(cache, entry->zone, entry->rrclass),
                                  .match = is_zone,
                                  .decide = decide,
                                  .context = storing,
                                  .fresh = &entry->link};

    entry_ref(entry);
    switch (shards_change(cache->shards, &change)) {
    case SHARD_PUT: break;
    case SHARD_REFUSED:
        decide(NULL, storing); /* too large for the table: nobody has decided */
        /* fall through */
    default: key_entry_unref(entry); break;
    }
    return entry;
}

const struct key_entry *key_cache_store_secure(struct key_cache *cache, struct dname zone,
                                               uint16_t rrclass, struct zone_keys *keys,
                                               const struct algo_set *algorithms,
                                               int64_t expires_s)
{
    struct storing storing = {
        .fresh = entry_new(cache, zone, rrclass, SEC_SECURE, &no_reasons, keys)};

    if (storing.fresh == NULL)
        return NULL;
    storing.fresh->algorithms = *algorithms;
    storing.fresh->expires_s = expires_s;
    return store(cache, &storing);
}

const struct key_entry *key_cache_store_insecure(struct key_cache *cache, struct dname zone,
                                                 uint16_t rrclass,
                                                 const struct reasons *reasons,
                                                 int64_t expires_s)
{
    struct storing storing = {.fresh =
                                  entry_new(cache, zone, rrclass, SEC_INSECURE, reasons, NULL)};

    if (storing.fresh == NULL)
        return NULL;
    storing.fresh->expires_s = expires_s;
    return store(cache, &storing);
}

const struct key_entry *key_cache_store_bogus(struct key_cache *cache, struct dname zone,
                                              uint16_t rrclass, const struct reasons *reasons,
                                              int64_t now_s, uint32_t first_ttl_s,
                                              uint32_t ttl_max_s)
{
    struct storing storing = {.fresh =
                                  entry_new(cache, zone, rrclass, SEC_BOGUS, reasons, NULL),
                              .now_s = now_s,
                              .first_ttl_s = first_ttl_s,
                              .ttl_max_s = ttl_max_s};

    if (storing.fresh == NULL)
        return NULL;
    return store(cache, &storing);
}

/* ---- forgetting ---- */

static enum shard_verdict visit_below(struct shard_link *link, void *context)
{
    const struct key_entry *entry = CONTAINER_OF(link, const struct key_entry, link);
    const struct dname *zone = context;

    return dname_is_at_or_below(entry->zone, *zone) ? SHARD_DROP : SHARD_KEEP;
}

size_t key_cache_drop(struct key_cache *cache, struct dname zone)
{
    return shards_visit(cache->shards, visit_below, &zone);
}
