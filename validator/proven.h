/*
 * proven.h - answers out of validated denials: aggressive use of NSEC and NSEC3 (RFC 8198,
 * 9077).
 *
 * One table for all threads within neg-cache-size: for each signed zone its validated NSEC or
 * NSEC3 records in canonical order, as references to published RRsets. The validator stores
 * what a secure negative answer rested on (proven_learn), and asks before it lets a question go
 * to the iterator (proven_answer). Spans of opt-out NSEC3 are never used; no answer lives
 * longer than its NSEC, its SOA and the SOA's minimum. Look-ups are logarithmic in the zone's
 * records; NSEC3 hashing is paid by the query's budget, and not tried where it would cost more
 * than PROVEN_BLOCKS_MAX.
 */
#ifndef TREESHREW_VALIDATOR_PROVEN_H
#define TREESHREW_VALIDATOR_PROVEN_H

#include "services/query/query.h"
#include "validator/denial.h"

/* SHA-1 blocks that one question may cost here: a fraction of the budget, as it is only a try.
 */
enum { PROVEN_BLOCKS_MAX = 500 };

struct proven;

/** @param key of the hash of zone names, from the world's random source. NULL: no memory. */
struct proven *proven_new(uint64_t size_bytes, struct hash_key key);
void proven_free(struct proven *proven);
void proven_resize(struct proven *proven, uint64_t size_bytes);
void proven_flush(struct proven *proven);
/** Forgets the denials of the zone and of all below it. @return number of zones forgotten. */
size_t proven_drop(struct proven *proven, struct dname zone);
uint64_t proven_size_bytes(const struct proven *proven);

/**
 * Keeps the denials of a message that was judged secure: NSEC and NSEC3 of its authority
 * section that the zone signed and that are secure themselves. Left aside: opt-out, expanded
 * from a wildcard, TTL 0. The zone's secure SOA must be in the same section, or be known
 * already (answers out of a wildcard have none), as it bounds the time (RFC 9077).
 * @param zone the signer; records of other zones are left aside.
 */
void proven_learn(struct proven *proven, struct dname zone, const struct message *message,
                  int64_t now_s);

/**
 * Puts the source of a secure answer that was expanded from a wildcard (RFC 8198 section 5.3)
 * into the RRset cache, as "*" below the closest encloser; proven_answer makes answers out of
 * it.
 * @param closest_labels as sig_verify found (struct sig_good).
 */
void proven_learn_wildcard(struct rrset_cache *rrsets, const struct rrset *set,
                           uint8_t closest_labels, struct arena *arena, int64_t now_s);

/** What the validator lends for the hashes. */
struct proven_tools {
    const struct nsec3_rules *rules;
    const struct crypto *crypto;
    struct nsec3_memo *memo; /* the query's */
};

/**
 * Makes the answer to a question out of what is known: NXDOMAIN, NODATA, or a wildcard's
 * records under the asked name, with the proof in the authority section, all secure. Not for
 * qtype ANY, RRSIG, NSEC, NSEC3. The caller has looked into the message cache before, and does
 * not ask for names under a negative trust anchor, with CD, or of queries that shall not be
 * answered from a cache (QUERY_REFRESH, QUERY_PRIMING).
 *
 * @param out rcode, question and sections; RRsets are references held by the query, or copies
 * in its arena where their time had to be bounded: the answer is not to be stored.
 * @param expires_s until when the answer may be given.
 * @return false: not known, or not worth its hashes; go and ask.
 */
bool proven_answer(struct proven *proven, struct query *query, const struct question *question,
                   const struct proven_tools *tools, struct message *out, int64_t *expires_s);

#endif
