/*
 * key_match.h - which keys of a DNSKEY set are trusted: by the DS set of the parent, or by an
 * anchor.
 *
 * Called by the validator's chain with data that it fetched; the result goes into the key
 * cache. Takes from the budget before each digest and each verification; asks nobody for
 * anything.
 */
#ifndef TREESHREW_VALIDATOR_KEY_MATCH_H
#define TREESHREW_VALIDATOR_KEY_MATCH_H

#include "validator/anchor.h"
#include "validator/sig.h"

enum { DS_PER_CUT = 8, DIGESTS_PER_CUT = 8 };

/**
 * Can anything be done with a validated DS set? RFC 4035 section 5.2, RFC 4509 section 3.
 * @return SEC_SECURE: it has a DS of supported algorithm and digest; SEC_INSECURE: none, the
 * finding says why (EDE 1 or 2).
 */
enum security ds_support(const struct crypto *crypto, const struct rrset *ds,
                         struct finding *finding);

struct key_verdict {
    /* SEC_SECURE: keys is set; SEC_INSECURE: no supported DS, finding has EDE 1 or 2;
     * SEC_BOGUS: finding; SEC_INDETERMINATE: no memory. */
    enum security security;
    bool exhausted;
    struct sig_good good;       /* the signature over the DNSKEY set */
    struct zone_keys *keys;     /* when secure: one reference, the caller's to release */
    struct algo_set algorithms; /* supported ones of the DS set, for sig_verify's `needed` */
    struct finding finding;
};

/**
 * Validates a DNSKEY RRset by a validated DS set (RFC 4035 section 5.2): at most 8 DS and 8
 * digests (COST_DIGESTS); SHA-1 DS are ignored where there is one of SHA-256 or -384 (RFC 4509
 * section 3).
 * @param dnskeys NULL: there is none (finding key=none).
 */
struct key_verdict keys_verify_by_ds(const struct sig_check *check, const struct rrset *dnskeys,
                                     const struct rrset *ds);

/** The same by a trust anchor, in DS or DNSKEY form or both. */
struct key_verdict keys_verify_by_anchor(const struct sig_check *check,
                                         const struct rrset *dnskeys,
                                         const struct anchor *anchor);

#endif
