/*
 * denial.h - what the verified NSEC and NSEC3 records of one answer prove.
 *
 * Asked by the validator's states, after the signatures: begin with the zone whose key signed,
 * add each NSEC or NSEC3 RRset whose signature was good, tell of those that had none, then ask.
 * A question never fails: it gives a proof, whose security is that of the denial (secure,
 * insecure by opt-out or by too many iterations) or bogus with the finding by the grammar of
 * doc/EDE.md. Nothing is verified here, nothing sent; the only work that costs is hashing
 * (nsec3.h), which the budget pays before it is done.
 */
#ifndef TREESHREW_VALIDATOR_DENIAL_H
#define TREESHREW_VALIDATOR_DENIAL_H

#include "validator/finding.h"
#include "validator/nsec.h"
#include "validator/nsec3.h"

/* Records looked at per answer, NSEC and NSEC3 each; those beyond are left aside. */
enum { DENIAL_RECORDS_MAX = 8 };

struct denial {
    struct dname zone;      /* the apex of the zone whose key signed them */
    struct arena *arena;    /* of the query */
    struct nsec3_work hash; /* limits, budget and memo of the hashing */
    struct nsec nsec[DENIAL_RECORDS_MAX];
    struct nsec3 nsec3[DENIAL_RECORDS_MAX];
    uint8_t nsec_count, nsec3_count;
    uint8_t unsigned_count; /* told by denial_add_unsigned */
    bool has_unfit;         /* a record was left aside as one that cannot serve */
    bool unknown_hash;      /* an NSEC3 of an algorithm that we do not know was left aside */
    const struct rrset
        *too_many;       /* an NSEC3 over the limit of iterations or salt; NULL: none */
    uint16_t iterations; /* of that one */
};

/**
 * @param zone   the signer of the records that will be added: the zone that is judged.
 * @param rules  limits of NSEC3 (nsec3_rules_default, or as the options say); lives as long.
 * @param memo   hashes already made for this query, kept in its arena over restarts and
 *               retries; NULL: this denial has its own.
 * @param crypto for the hash.
 */
void denial_begin(struct denial *denial, struct dname zone, const struct nsec3_rules *rules,
                  struct nsec3_memo *memo, const struct crypto *crypto, struct budget *budget,
                  struct arena *arena);

/**
 * Adds an RRset of type NSEC or NSEC3 whose signature by the zone's key was verified; any other
 * type is left aside, and so is what cannot serve: outside the zone, a next name outside the
 * zone, NSEC3 whose owner is not one label below the zone, unknown algorithm or flags.
 * @param is_expanded as sig_verify found (struct sig_good): a record that was expanded from a
 *                    wildcard proves nothing about neighbours and is left aside (RFC 4035
 *                    section 5.3.4, RFC 7129 section 5.6).
 */
void denial_add(struct denial *denial, const struct rrset *set, bool is_expanded);

/** Some signature has fewer labels than the owner: the set may have been expanded from a
 * wildcard. denial_add asks it as well, so that a set known as secure from earlier needs no
 * more care. */
bool denial_is_expanded(const struct rrset *set);

/** There was an NSEC or NSEC3 RRset without a signature: the finding names it (EDE 10). */
void denial_add_unsigned(struct denial *denial);

enum denied {
    DENIED_NOTHING, /* not proven: security is SEC_BOGUS and the finding tells why */
    DENIED_NAME,    /* there is no such name, and no wildcard for it */
    DENIED_TYPE,    /* name or wildcard is there (or an empty non-terminal), the type is not */
    DENIED_CLOSER,  /* nothing is nearer to the name than the wildcard that was expanded */
    DENIED_DS,      /* a delegation without DS: what is below is insecure */
    DENIED_CUT, /* no delegation at this name: it belongs to the same zone, or is not there */
    DENIED_ANYTHING /* too many iterations: whatever is claimed is insecure (RFC 9276) */
};

struct proof {
    enum denied what;
    enum security security; /* SEC_SECURE, SEC_INSECURE or SEC_BOGUS */
    bool opt_out; /* insecure because the span is an opt-out one (RFC 5155 section 9.2) */
    bool no_name; /* DENIED_TYPE that stands for NXDOMAIN (NXNAME bit, RFC 9824), or DENIED_CUT
                     because the name is not there */
    bool exhausted; /* bogus only because the hashes could not be paid: limit=nsec3 */
    /* Of a bogus proof: EDE 12 or 10; of DENIED_ANYTHING: EDE 27 with n=; else none. Name and
     * type are the question's, the caller may put its own. */
    struct finding finding;
    struct dname encloser;       /* closest encloser where one was found; wire NULL: none */
    const struct rrset *used[4]; /* what it rests on, for TTLs and proven.h; then NULL */
};

/** RFC 4035 section 5.4, RFC 5155 sections 8.4, 9.2: the name is not there (RCODE NXDOMAIN).
 *  DENIED_NAME. Where it says DENIED_NOTHING, denial_of_type may still prove a NODATA. */
struct proof denial_of_name(struct denial *denial, struct dname qname);

/** RFC 4035 section 5.4, RFC 5155 sections 8.5 to 8.7, RFC 6840 section 4, RFC 9824: NODATA at
 *  the name, at an empty non-terminal or at a wildcard. DENIED_TYPE. DS as well, if the zone is
 *  the parent. */
struct proof denial_of_type(struct denial *denial, struct dname qname, uint16_t qtype);

/**
 * RFC 4035 section 5.3.4, RFC 5155 section 8.8: an answer expanded from a wildcard needs proof
 * that nothing nearer is there. DENIED_CLOSER.
 * @param closest_labels as sig_verify found (struct sig_good): what the closest encloser has.
 */
struct proof denial_of_closer(struct denial *denial, struct dname qname,
                              uint8_t closest_labels);

/**
 * No DS at this name, asked on the way down and of referrals (RFC 4035 section 5.2, RFC 5155
 * sections 8.6 and 8.9). The denial's zone must be above the name: records of the child prove
 * nothing.
 *
 * DENIED_DS with SEC_SECURE: the cut is there, unsigned, proven: the child is insecure.
 * DENIED_DS with SEC_INSECURE, opt_out: there may be an unsigned cut: below it is insecure.
 *
 * DENIED_CUT with SEC_SECURE: no cut here, go on with the parent's key (no_name: nor a name).
 *
 * DENIED_ANYTHING: iterations; insecure. DENIED_NOTHING: bogus (EDE 12 or 10).
 */
struct proof denial_of_ds(struct denial *denial, struct dname name);

/** The source of synthesis below a closest encloser, "*.encloser" (RFC 4592 section 3.3.1).
 *  @param storage holds its octets. The encloser is a real ancestor of some name. */
struct dname denial_wildcard(struct dname encloser, uint8_t storage[DNAME_MAX]);

#endif
