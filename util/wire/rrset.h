/*
 * rrset.h - an RRset with the signatures over it: one packed allocation, never changed afterwards.
 *
 * The same shape serves a parsed message (allocated in its arena, nobody counts references) and the
 * caches (allocated by rrset_publish, reference counted, shared between threads). Layout behind the
 * struct: offsets, owner name, rdata. Only the accessors know it. Names inside rdata are
 * uncompressed. Once published only the atomic members change. In front of a published one there is
 * room for the cache's link, so that the cache needs no memory of its own to hold it.
 */
#ifndef TREESHREW_UTIL_WIRE_RRSET_H
#define TREESHREW_UTIL_WIRE_RRSET_H

#include <stdatomic.h>

#include "util/wire/dname.h"
#include "util/wire/types.h"

/** RFC 2181 section 5.4.1, least trustworthy first. */
enum trust {
    TRUST_NONE,
    TRUST_ADDITIONAL,         /* additional section of an answer, glue */
    TRUST_AUTHORITY,          /* authority section of a non-authoritative answer: a referral */
    TRUST_ADDITIONAL_AA,      /* additional section of an authoritative answer */
    TRUST_ANSWER,             /* answer section without AA, or behind an alias */
    TRUST_AUTHORITY_AA,       /* authority section of an authoritative answer */
    TRUST_ANSWER_AA,          /* answer section of an authoritative answer */
    TRUST_VALIDATED,          /* DNSSEC says so */
    TRUST_CONFIGURED          /* hints and local data are never cached; trust anchors */
};

enum security { SEC_UNCHECKED, SEC_BOGUS, SEC_INDETERMINATE, SEC_INSECURE, SEC_SECURE };

/* A cache holds one or more for each answer, so what is here counts. The clock starts with the
 * machine: with the largest TTL (31 bits, RFC 2181 section 8) on top 32 bits are enough for 68
 * years. */
struct rrset {
    atomic_uint references; /* of a published RRset; 0 in a message's arena. See RRSET_ROOM */
    uint32_t size_bytes;    /* of the struct and all behind it */
    uint32_t expires_s;     /* monotonic seconds; receipt + ttl_s (rrset_set_expiry) */
    uint32_t ttl_s;             /* as it was received, after the bounds */
    uint16_t type, rrclass;
    uint16_t rr_count, rrsig_count;
    uint8_t owner_size, owner_labels;
    uint8_t trust;              /* enum trust */
    atomic_uchar state;         /* enum security, and RRSET_SUPERSEDED */
};

/** In rrset.state: a newer RRset took its place in the cache. */
enum { RRSET_SUPERSEDED = 0x80 };

/** So many octets in front of a published RRset are for the table that it is in (rrset_room);
 * what the table's link has for a counter of references is the RRset's own. */
enum { RRSET_ROOM = 20 };

/* ---- reading ---- */

struct dname rrset_owner(const struct rrset *set);

/**
 * Rdata without its length; signatures follow the records: rr_count <= i < rr_count +
 * rrsig_count.
 */
struct slice rrset_rdata(const struct rrset *set, size_t index);

static inline struct slice rrset_rrsig(const struct rrset *set, size_t index)
{
    return rrset_rdata(set, (size_t)set->rr_count + index);
}

/** Seconds left, 0 once expired. */
uint32_t rrset_ttl_left_s(const struct rrset *set, int64_t now_s);

static inline bool rrset_is_fresh(const struct rrset *set, int64_t now_s)
{
    return set->expires_s > now_s;
}

/** When it was received, or would have been with the TTL that it has. */
static inline int64_t rrset_came_s(const struct rrset *set)
{
    return (int64_t)set->expires_s - set->ttl_s;
}

/** Of one that nobody else sees. Before the clock began is as long ago as when it did. */
static inline void rrset_set_expiry(struct rrset *set, int64_t expires_s)
{
    set->expires_s = expires_s < 0            ? 0
                     : expires_s > UINT32_MAX ? UINT32_MAX
                                              : (uint32_t)expires_s;
}

static inline enum security rrset_security(const struct rrset *set)
{
    return (enum security)(atomic_load_explicit(&set->state, memory_order_acquire) &
                           ~RRSET_SUPERSEDED);
}

/** In a cache or counted beside it; not one of an arena. */
static inline bool rrset_is_published(const struct rrset *set)
{
    return atomic_load_explicit(&set->references, memory_order_relaxed) != 0;
}

/** Whoever holds it has to look for a newer one. */
static inline bool rrset_is_superseded(const struct rrset *set)
{
    return (atomic_load_explicit(&set->state, memory_order_acquire) & RRSET_SUPERSEDED) != 0;
}

/** Not superseded, and of that security; both at one glance. */
static inline bool rrset_is_still(const struct rrset *set, enum security security)
{
    return atomic_load_explicit(&set->state, memory_order_acquire) == (unsigned)security;
}

/** "secure", "bogus" ...; what the trust rests on. */
const char *security_word(enum security security);
const char *trust_word(enum trust trust);

void rrset_set_security(const struct rrset *set, enum security security);
void rrset_supersede(const struct rrset *set);

/** Same owner, type, class and the same rdata whatever the order; signatures and TTL left aside. */
bool rrset_same_data(const struct rrset *a, const struct rrset *b);

/**
 * Two NSEC or NSEC3 sets, of one owner, signed by different zones: at a zone cut parent and
 * child have one each (RFC 4035 section 2.3), and both are right.
 */
bool rrset_is_proof_of_other_zone(const struct rrset *a, const struct rrset *b);

bool rrset_is(const struct rrset *set, struct dname owner, uint16_t type, uint16_t rrclass);

/* ---- making ---- */

/** What an RRset is made of; rdata is in canonical-or-not uncompressed form, as it came. */
struct rrset_parts {
    struct dname owner;
    uint16_t type, rrclass;
    uint32_t ttl_s;
    int64_t now_s;
    enum trust trust;
    const struct slice *rdata; /* rr_count records, then rrsig_count signatures */
    uint16_t rr_count, rrsig_count;
};

/** Packed into the arena; not counted. @return NULL: no memory. */
struct rrset *rrset_in(struct arena *arena, const struct rrset_parts *parts);

/**
 * A counted copy outside any arena, one reference, with TTL and trust of the original. NULL: no
 * memory.
 */
struct rrset *rrset_publish(const struct rrset *set);

/**
 * The RRSET_ROOM octets in front of a published RRset, aligned for pointers, and what lies
 * behind them.
 */
void *rrset_room(const struct rrset *set);
struct rrset *rrset_behind(void *room);

/** What malloc was asked for when it was published. */
static inline size_t rrset_kept_bytes(const struct rrset *set)
{
    return RRSET_ROOM + set->size_bytes;
}

/** A copy in the arena, to be changed by its owner (TTL, trust, another owner name). */
struct rrset *rrset_copy_in(struct arena *arena, const struct rrset *set);

/** A copy in the arena under another owner name (wildcards, rotation of local data). */
struct rrset *rrset_rename_in(struct arena *arena, const struct rrset *set, struct dname owner);

/** A copy that keeps only the records whose bit is set in keep[] (rr_count + rrsig_count flags). */
struct rrset *rrset_filter_in(struct arena *arena, const struct rrset *set, const bool *keep);

/* ---- references ---- */

/** One more reference of a published RRset; no effect on one in an arena. @return set. */
const struct rrset *rrset_ref(const struct rrset *set);

/** Gives one back; the last one frees. No effect on one in an arena, or NULL. */
void rrset_unref(const struct rrset *set);

#endif
