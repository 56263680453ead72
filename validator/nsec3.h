/*
 * nsec3.h - NSEC3 records against names: parameters, hashing within bounds, closest encloser.
 *
 * Used by denial.c and proven.c. Hashing is the one dear thing: it is counted in SHA-1 blocks,
 * paid out of the budget before it is done (COST_HASH_BLOCKS), and done once for each name and
 * salt (the memo). More iterations or salt than the rules allow are never hashed at all (RFC
 * 9276).
 */
#ifndef TREESHREW_VALIDATOR_NSEC3_H
#define TREESHREW_VALIDATOR_NSEC3_H

#include "services/query/budget.h"
#include "util/wire/rrset.h"
#include "validator/digest.h"

/* SHA-1 is the only algorithm (RFC 5155 section 11); bit 0 of the flags is opt-out. */
enum { NSEC3_OPT_OUT = 1, NSEC3_SALT_MAX = 32 };

struct nsec3_rules {
    uint16_t iterations_max; /* 50 (RFC 9276 section 3.2) */
    uint8_t salt_max;        /* octets: 32 */
};

/** 50 iterations, 32 octets of salt. */
extern const struct nsec3_rules nsec3_rules_default;

/** From the text of val-nsec3-keysize-iterations, pairs of key size and iterations: the largest
 *  number counts, since key sizes say nothing of the cost. @return false: not such a text. */
bool nsec3_rules_from_text(const char *text, struct nsec3_rules *out);

struct nsec3 {
    const struct rrset *set;
    uint8_t hash[NSEC3_HASH_SIZE]; /* out of the owner's first label */
    struct slice next;             /* NSEC3_HASH_SIZE octets */
    struct slice salt, bitmap;
    uint16_t iterations;
    bool opt_out;
};

enum nsec3_use {
    NSEC3_USABLE,
    NSEC3_ALIEN,        /* malformed, of another zone, more than one record, unknown flags */
    NSEC3_UNKNOWN_HASH, /* RFC 5155 section 8.1 */
    NSEC3_TOO_MANY      /* iterations or salt over the rules; `out` has iterations and salt */
};

/** Reads the record of an NSEC3 RRset of the zone. */
enum nsec3_use nsec3_read(const struct rrset *set, struct dname zone,
                          const struct nsec3_rules *rules, struct nsec3 *out);

/** Hashes made for one query, found again by name, salt and iterations. Lives in an arena. */
struct nsec3_memo;
struct nsec3_memo *nsec3_memo_new(struct arena *arena); /* NULL: no memory */

/** What hashing needs. */
struct nsec3_work {
    const struct nsec3_rules *rules;
    struct nsec3_memo *memo;
    const struct crypto *crypto;
    struct budget *budget;
    bool exhausted; /* the budget said no, or memory did; all later hashing fails as well */
};

/** The hash with the parameters of `like`. @return NULL: not paid for. */
const uint8_t *nsec3_hash_of(struct nsec3_work *work, struct dname name,
                             const struct nsec3 *like);

/** The same algorithm, salt and iterations. */
bool nsec3_same_chain(const struct nsec3 *a, const struct nsec3 *b);

bool nsec3_hash_matches(const struct nsec3 *nsec3, const uint8_t hash[NSEC3_HASH_SIZE]);
/** Strictly between owner and next hash; the last record wraps around. */
bool nsec3_hash_covers(const struct nsec3 *nsec3, const uint8_t hash[NSEC3_HASH_SIZE]);

/** The record of the chain whose hash is that of the name, or that covers it; NULL: none (or
 *  work->exhausted). `like` gives the chain. */
const struct nsec3 *nsec3_find_match(struct nsec3_work *work, const struct nsec3 *all,
                                     size_t count, const struct nsec3 *like, struct dname name);
const struct nsec3 *nsec3_find_cover(struct nsec3_work *work, const struct nsec3 *all,
                                     size_t count, const struct nsec3 *like, struct dname name);

struct nsec3_encloser {
    struct dname name;         /* the closest encloser */
    struct dname next_closer;  /* wire NULL: the name itself matched */
    const struct nsec3 *match; /* shows the encloser */
    const struct nsec3 *cover; /* denies the next closer name; NULL: none did */
};

/**
 * The closest encloser of a name (RFC 5155 section 8.3), searched from the apex down: it stops
 * at the first name whose child is denied, so that a long name below a short zone costs two
 * hashes.
 * @return false: no record matches an ancestor of the name; or the match is of a delegation or
 * DNAME above the name, which may not say so (section 8.3); or work->exhausted.
 */
bool nsec3_find_encloser(struct nsec3_work *work, const struct nsec3 *all, size_t count,
                         const struct nsec3 *like, struct dname name, struct dname zone,
                         struct nsec3_encloser *out);

#endif
