/*
 * proven_zone.c - the validated denials of one zone in order: one version, never changed.
 *
 * Called by proven.c. A version is allocated once, filled, and from then on only counted.
 */
#include "validator/proven_zone.h"

#include <stdlib.h>
#include <string.h>

static bool is_good(const struct proven_record *record, int64_t now_s)
{
    return record->expires_s > now_s && !rrset_is_superseded(record->set);
}

static int compare_to(const struct proven_zone *zone, const struct proven_record *record,
                      const struct proven_record *other)
{
    if (zone->type == TYPE_NSEC3)
        return memcmp(record->hash, other->hash, NSEC3_HASH_SIZE);
    return dname_compare(rrset_owner(record->set), rrset_owner(other->set));
}

/* Where the record belongs: the place of its owner (found), or of the next one. */
static size_t place_of(const struct proven_zone *zone, const struct proven_record *record,
                       bool *found)
{
    size_t low = 0, high = zone->count;

    *found = false;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_to(zone, &zone->records[middle], record);

        *found = order == 0;
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct proven_zone *zone, const struct proven_record *record)
{
    bool found;
    size_t at = place_of(zone, record, &found);
    struct proven_record *place = &zone->records[at];

    if (!found) {
        memmove(place + 1, place, (zone->count - at) * sizeof(*place));
        zone->count++;
    }
    *place = *record;
}

static uint64_t cost_of(const struct proven_zone *zone)
{
    uint64_t cost = shard_cost(sizeof(*zone) + zone->count * sizeof(zone->records[0])) +
                    shard_cost(zone->soa->size_bytes);

    for (size_t i = 0; i < zone->count; i++)
        cost += shard_cost(zone->records[i].set->size_bytes);
    return cost;
}

/* Leaves out the half that expires first; every second one where all expire together. */
static void shrink(struct proven_zone *zone)
{
    int64_t sum_s = 0, base_s = zone->records[0].expires_s, mean_s;
    size_t kept = 0;

    for (size_t i = 0; i < zone->count; i++)
        sum_s += zone->records[i].expires_s - base_s;
    mean_s = base_s + sum_s / (int64_t)zone->count;
    for (size_t i = 0; i < zone->count; i++) {
        if (zone->records[i].expires_s > mean_s ||
            (zone->records[i].expires_s == mean_s && i % 2 != 0))
            zone->records[kept++] = zone->records[i];
    }
    zone->count = (uint32_t)kept;
}

static bool is_same_chain(const struct proven_zone *old, const struct proven_news *news)
{
    return old != NULL && old->type == news->type && old->iterations == news->iterations &&
           slice_equal(old->salt, news->salt);
}

static void take_references(struct proven_zone *zone)
{
    rrset_ref(zone->soa);
    for (size_t i = 0; i < zone->count; i++)
        rrset_ref(zone->records[i].set);
}

/* The salt stands behind algorithm, flags, iterations and its own length. */
static struct slice salt_of(const struct rrset *set)
{
    struct cursor in = cursor_of(rrset_rdata(set, 0));

    cursor_bytes(&in, 4);
    return cursor_bytes(&in, cursor_u8(&in));
}

struct proven_zone *proven_zone_merge(const struct proven_zone *old,
                                      const struct proven_news *news, uint64_t hash,
                                      uint64_t size_bytes, int64_t now_s)
{
    size_t old_count = is_same_chain(old, news) ? old->count : 0;
    struct proven_zone *zone =
        malloc(sizeof(*zone) + (old_count + news->count) * sizeof(zone->records[0]));

    if (zone == NULL)
        return NULL;
    atomic_init(&zone->references, 1);
    zone->soa = news->soa;
    zone->type = news->type;
    zone->iterations = news->iterations;
    zone->salt = slice_of(NULL, 0);
    zone->count = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (is_good(&old->records[i], now_s))
            zone->records[zone->count++] = old->records[i];
    }
    for (size_t i = 0; i < news->count; i++)
        insert(zone, &news->records[i]);
    while (zone->count > 1 && (zone->count > PROVEN_RECORDS_MAX || cost_of(zone) > size_bytes))
        shrink(zone);
    take_references(zone);
    if (zone->type == TYPE_NSEC3 && zone->count > 0)
        zone->salt = salt_of(zone->records[0].set);
    shard_link_init(&zone->link, hash, (uint32_t)cost_of(zone));
    return zone;
}

struct proven_zone *proven_zone_ref(struct proven_zone *zone)
{
    atomic_fetch_add_explicit(&zone->references, 1, memory_order_relaxed);
    return zone;
}

void proven_zone_unref(struct proven_zone *zone)
{
    if (zone == NULL ||
        atomic_fetch_sub_explicit(&zone->references, 1, memory_order_acq_rel) != 1)
        return;
    rrset_unref(zone->soa);
    for (size_t i = 0; i < zone->count; i++)
        rrset_unref(zone->records[i].set);
    free(zone);
}

const struct proven_record *proven_zone_at_name(const struct proven_zone *zone,
                                                struct dname name, int64_t now_s)
{
    size_t low = 0, high = zone->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (dname_compare(rrset_owner(zone->records[middle].set), name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && is_good(&zone->records[low - 1], now_s) ? &zone->records[low - 1] : NULL;
}

const struct proven_record *proven_zone_at_hash(const struct proven_zone *zone,
                                                const uint8_t hash[NSEC3_HASH_SIZE],
                                                int64_t now_s)
{
    struct proven_record wanted = {.set = NULL};
    bool found;
    size_t at;

    if (zone->count == 0)
        return NULL;
    memcpy(wanted.hash, hash, NSEC3_HASH_SIZE);
    at = place_of(zone, &wanted, &found);
    if (!found)
        at = at == 0 ? zone->count - 1 : at - 1;
    return is_good(&zone->records[at], now_s) ? &zone->records[at] : NULL;
}
