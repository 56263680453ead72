/*
 * proven_zone.h - the validated denials of one zone in order: one version, never changed.
 *
 * The inside of proven.c. Whoever learns something makes a new version out of the old one and
 * the fresh records, without a lock, and puts it in the old one's place; readers keep a
 * reference and search in peace. A version costs a copy of its pointers, which is little beside
 * the question and the signatures that brought the news.
 */
#ifndef TREESHREW_VALIDATOR_PROVEN_ZONE_H
#define TREESHREW_VALIDATOR_PROVEN_ZONE_H

#include "util/shards.h"
#include "util/wire/rrset.h"
#include "validator/digest.h"

enum { PROVEN_RECORDS_MAX = 4096 };

struct proven_record {
    const struct rrset *set;       /* NSEC or NSEC3; a reference */
    int64_t expires_s;             /* RFC 9077: no later than the SOA allows */
    uint8_t hash[NSEC3_HASH_SIZE]; /* NSEC3: the owner's; NSEC: unused */
};

struct proven_zone {
    struct shard_link link;
    atomic_uint references;
    const struct rrset *soa; /* a reference; its owner is the zone's name */
    uint16_t type;           /* TYPE_NSEC, TYPE_NSEC3 */
    uint16_t iterations;     /* of NSEC3, the same in all records; so is the salt */
    struct slice salt;       /* in records[0] */
    uint32_t count;
    struct proven_record records[];
};

static inline struct dname proven_zone_name(const struct proven_zone *zone)
{
    return rrset_owner(zone->soa);
}

/** What a new version is made of, besides the old one. The sets are published ones. */
struct proven_news {
    const struct rrset *soa;
    uint16_t type, iterations; /* an old version of another kind or chain is forgotten */
    struct slice salt;
    const struct proven_record *records; /* in any order */
    size_t count;                        /* at least 1 */
};

/**
 * The old version's records that are still good, with the news in the place of those of the
 * same owner. Takes references of its own.
 * @param old        may be NULL.
 * @param size_bytes what the version and its records may cost: over it, or over
 * PROVEN_RECORDS_MAX, the records that expire first are left out.
 * @return one reference; NULL: no memory.
 */
struct proven_zone *proven_zone_merge(const struct proven_zone *old,
                                      const struct proven_news *news, uint64_t hash,
                                      uint64_t size_bytes, int64_t now_s);

struct proven_zone *proven_zone_ref(struct proven_zone *zone);
void proven_zone_unref(struct proven_zone *zone); /* NULL: nothing */

/** The record whose owner is the name, or the last one before it; for hashes the last of all
 * where none is before (its span wraps around). NULL: none, or what is there is out of date. */
const struct proven_record *proven_zone_at_name(const struct proven_zone *zone,
                                                struct dname name, int64_t now_s);
const struct proven_record *proven_zone_at_hash(const struct proven_zone *zone,
                                                const uint8_t hash[NSEC3_HASH_SIZE],
                                                int64_t now_s);

#endif
