/*
 * proven.h - answers out of validated denials: aggressive use of NSEC and NSEC3 (RFC 8198,
 * 9077).
 *
 * One table for all threads within neg-cache-size: for each signed zone its validated NSEC or
 * NSEC3 records in canonical order, as references to published RRsets. The validator stores
 * what a secure negative answer rested on (proven_store), and asks before it lets a question go
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
struct proven *proven_new(uint64_t size_bytes, unsigned shards, struct hash_key key);
void proven_free(struct proven *proven);
void proven_resize(struct proven *proven, uint64_t size_bytes);
void proven_flush(struct proven *proven);
uint64_t proven_size_bytes(const struct proven *proven);

/**
 * Keeps what a secure denial rested on. Sets that are not secure, not published, of TTL 0,
 * expanded from a wildcard or with opt-out are left aside.
 * @param zone   signer of the sets.
 * @param set    NSEC or NSEC3, secure; a reference is taken.
 * @param ttl_s  the least of the set's and the SOA's TTL and the SOA's minimum (RFC 9077).
 */
void proven_store(struct proven *proven, struct dname zone, const struct rrset *set,
                  uint32_t ttl_s, int64_t now_s);

/** proven_store of all secure NSEC and NSEC3 sets of a message's authority section; for a
 * message whose denial (or wildcard) was judged secure. Needs its SOA there, else nothing is
 * stored. */
void proven_learn(struct proven *proven, struct dname zone, const struct message *message,
                  int64_t now_s);

/**
 * Makes the answer to a question out of what is known: NXDOMAIN, NODATA, or a wildcard's
 * records under the asked name, with the proof in the authority section, all secure. Not for
 * qtype ANY, RRSIG, NSEC, NSEC3, nor for DS at an apex.
 *
 * @param out  sections and rcode; RRsets are references held by the query.
 * @return false: not known, or not worth its hashes; go and ask.
 */
bool proven_answer(struct proven *proven, struct query *query, const struct question *question,
                   const struct nsec3_rules *rules, const struct crypto *crypto,
                   struct message *out);

#endif
