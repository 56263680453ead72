/*
 * infra_cache.h - what is known for everybody about one server address and one zone.
 *
 * Keyed by (address with port, zone cut): round trip time, EDNS, lameness, recent failures.
 * Shared by all threads; entries are read and written as values under a shard's lock, so nobody
 * holds a pointer into it. Times are monotonic.
 */
#ifndef TREESHREW_SERVICES_CACHE_INFRA_CACHE_H
#define TREESHREW_SERVICES_CACHE_INFRA_CACHE_H

#include "util/addr.h"
#include "util/hash.h"
#include "util/wire/dname.h"

struct infra_cache;

/** Some servers drop questions of one type and answer others. */
enum infra_type { INFRA_TYPE_A, INFRA_TYPE_AAAA, INFRA_TYPE_OTHER };

enum infra_type infra_type_of(uint16_t qtype);

enum infra_edns { INFRA_EDNS_UNKNOWN, INFRA_EDNS_WORKS, INFRA_EDNS_NONE };

/** The longest single wait that timeout_ms can ask for, whatever max_rtt_ms says: a client has
 *  long gone when a packet was given more, and another server could have been asked. */
enum { INFRA_WAIT_MAX_MS = 2000 };

/**
 * A copy of one entry. When there is none (or it is too old) all is zero but timeout_ms, and known
 * is false.
 */
struct infra {
    bool known;
    uint32_t srtt_ms, rttvar_ms; /* RFC 6298, for whatever zone; srtt 0: never measured */
    uint32_t timeout_ms;         /* what to wait for the next answer, back-off included */
    uint32_t rto_ms;             /* the same without back-off */
    uint16_t timeouts_in_row;    /* of packets that were not under way together */
    bool silent_elsewhere;       /* it was, more than once, for whatever zone it was asked last */
    bool dead_elsewhere;         /* so often that it counts as dead */
    uint8_t silent_types;        /* bit set of enum infra_type: what those packets asked for */
    /* 0: not dead. Else it was silent at least twice in a row; before that time nothing is sent
     * to it, from then on whoever gets infra_claim_probe's leave sends one packet. */
    int64_t dead_until_ms;
    uint8_t edns;                /* enum infra_edns */
    bool lame;                   /* does not serve the zone, says REFUSED or refers upwards */
    bool recursion_lame;         /* answers, but only out of a cache (no AA) */
    bool dnssec_lame;            /* has the zone, lacks its signatures */
    bool case_lame;              /* does not echo 0x20 */
    uint8_t cookie_size;         /* server cookie, RFC 7873; 0: none */
    uint8_t cookie[32];
    uint8_t client_cookie[8];
    int64_t expires_s;
};

/** @param size_bytes budget of all shards; @param key secret of the hash. NULL: no memory. */
struct infra_cache *infra_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key);
void infra_cache_free(struct infra_cache *cache);
/** Another budget; what is over it leaves at once. */
void infra_cache_resize(struct infra_cache *cache, uint64_t size_bytes);

/** How entries age and what an unknown server is expected to need. */
struct infra_rules {
    uint32_t host_ttl_s;           /* infra-host-ttl */
    uint32_t min_rtt_ms, max_rtt_ms;
    uint32_t unknown_ms;           /* first timeout for a server never heard of */
};
void infra_cache_set_rules(struct infra_cache *cache, const struct infra_rules *rules);

void infra_get(struct infra_cache *cache, const struct addr *server, struct dname zone,
               int64_t now_ms, struct infra *out);

/** An answer came after that time: RFC 6298 section 2, and the server lives again. */
void infra_answered(struct infra_cache *cache, const struct addr *server, struct dname zone,
                    int64_t now_ms, uint32_t rtt_ms);

/**
 * No answer within timeout_ms, the time that this packet was given: back off (doubling, up to max).
 * Packets that were under way at the last back-off count no further, so that ten silent
 * questions sent together are one sign and not ten.
 */
void infra_timed_out(struct infra_cache *cache, const struct addr *server, struct dname zone,
                     uint16_t qtype, int64_t now_ms, uint32_t timeout_ms);

/**
 * May a packet go to this server? Always true while it is not dead. To a dead one only a single
 * probe goes in each interval, of all threads: the first to ask after dead_until_ms gets leave,
 * and dead_until_ms moves on by the interval at once. Intervals: 1 s, doubled by each probe
 * without answer, at most 60 s. An answer ends it all.
 */
bool infra_claim_probe(struct infra_cache *cache, const struct addr *server, struct dname zone,
                       int64_t now_ms);

enum infra_fact { INFRA_LAME, INFRA_RECURSION_LAME, INFRA_DNSSEC_LAME, INFRA_CASE_LAME };
/** Kept as long as the entry. */
void infra_note(struct infra_cache *cache, const struct addr *server, struct dname zone,
                int64_t now_ms, enum infra_fact fact);
/** Of the server as such, whatever the zone. */
void infra_note_edns(struct infra_cache *cache, const struct addr *server, int64_t now_ms,
                     enum infra_edns edns);
void infra_note_cookie(struct infra_cache *cache, const struct addr *server, int64_t now_ms,
                       const uint8_t client[8], struct slice server_cookie);

/** The network has changed: forget timeouts and deaths, keep what servers can do. */
void infra_forget_failures(struct infra_cache *cache);
/** How often it has: what a thread has learned of our own network is true for one number only. */
unsigned infra_network(const struct infra_cache *cache);
/** True for one caller a number: what concerns the whole machine is told by one thread. */
bool infra_may_tell(struct infra_cache *cache);
void infra_flush(struct infra_cache *cache);
/** Shows every entry that is not too old; server, zone and infra are borrowed. */
void infra_cache_visit(struct infra_cache *cache, int64_t now_ms,
                       void (*show)(void *context, const struct addr *server, struct dname zone,
                                    const struct infra *infra),
                       void *context);
uint64_t infra_cache_count(const struct infra_cache *cache);
uint64_t infra_cache_size_bytes(const struct infra_cache *cache);

#endif
