/*
 * sig.h - is this RRset signed by its zone? RFC 4035 section 5.3.
 *
 * Called by the validator's states with the keys of one zone. Takes from the budget before each
 * verification; never asks for anything, never touches a cache. Bounds: 8 signatures an RRset, two
 * of them bad; 2 keys for one tag and algorithm.
 */
#ifndef TREESHREW_VALIDATOR_SIG_H
#define TREESHREW_VALIDATOR_SIG_H

#include "services/query/budget.h"
#include "util/wire/rrset.h"
#include "validator/finding.h"
#include "validator/zone_keys.h"

enum { SIGNATURES_PER_RRSET = 8, FAILURES_PER_RRSET = 2, KEYS_PER_TAG = 2 };

/** Octets that one signature may cover; an RRset of a 64 KiB message with a name of usual
 * length fits. */
enum { SIGNED_SIZE_MAX = 512 * 1024 };

/** The time that signatures are judged by: val-override-date, val-sig-skew-min, -max. */
struct sig_clock {
    bool ignored;       /* "-1": every time is good */
    int64_t override_s; /* 0: the clock of the world */
    uint32_t skew_min_s, skew_max_s;
};

/** Reads val-override-date: "0", "-1", seconds since 1970 or YYYYMMDDHHmmSS. STATUS_MALFORMED.
 */
enum status sig_clock_read(struct sig_clock *clock, const char *override_date);

/** What all checks of one query share. */
struct sig_check {
    const struct crypto *crypto;
    const struct sig_clock *clock;
    int64_t wall_s; /* seconds since 1970, of this event */
    struct budget *budget;
    struct arena *arena; /* the query's; little is taken */
    bool all_algorithms; /* harden-algo-downgrade */
};

/** A good signature, as far as others need to know it. */
struct sig_good {
    uint16_t key_tag;
    uint8_t algorithm;
    int64_t begin_s, end_s; /* inception and expiration as seconds since 1970 */
    uint32_t original_ttl_s;
    /* RFC 4035 section 5.3.3: the TTL may not be more than the original one, nor than what is
     * left until expiration (the skew included where the clock is past it): least of both. */
    uint32_t ttl_max_s;
    /* RFC 4035 section 5.3.4: the RRset was expanded from a wildcard; then *.ancestor of the
     * owner with `closest_labels` labels is its source, and the denial has to show that the
     * next closer name is not there. A wildcard's own owner name (*.example.) is no expansion.
     */
    bool is_expanded;
    uint8_t closest_labels;
};

struct sig_verdict {
    /* SEC_SECURE; SEC_BOGUS with a finding; SEC_INDETERMINATE: no memory. Whether lack of
     * signatures or of supported ones is insecure follows from the chain, which was asked
     * before. */
    enum security security;
    bool exhausted;         /* bogus because the budget said no: budget->exhausted says which */
    struct sig_good good;   /* when secure: the first good signature */
    struct finding finding; /* when bogus: the most telling of all its signatures */
};

/**
 * Verifies an RRset with the keys of a zone.
 * @param keys   validated keys of the zone that must be the signer.
 * @param needed when check->all_algorithms: algorithms of which each has to give a good
 *               signature (struct key_verdict, struct key_entry); NULL: one good signature is
 * enough.
 */
struct sig_verdict sig_verify(const struct sig_check *check, const struct rrset *set,
                              struct zone_keys *keys, const struct algo_set *needed);

/** The same where only some keys count. @param allowed one a key of `keys`. */
struct sig_verdict sig_verify_by(const struct sig_check *check, const struct rrset *set,
                                 struct zone_keys *keys, const bool *allowed,
                                 const struct algo_set *needed);

/**
 * Is a DNSKEY set signed by this one of its keys? RFC 5011 section 2.1: a revocation counts
 * only when the revoked key itself signed, so flags are no obstacle here.
 */
struct sig_verdict sig_verify_self(const struct sig_check *check, struct zone_keys *keys,
                                   size_t index);

/**
 * What all signatures of a set allow, without verifying them: it is known to be good.
 * @param known the same records when they were verified.
 * @return false: its signatures are others now, or one of them is not in its time; then it is to be
 *         verified before it is believed for longer.
 */
bool sig_is_unchanged(const struct sig_check *check, const struct rrset *set,
                      const struct rrset *known, struct sig_good *good);

/** The signer of the first signature that could be one of this RRset (signer at or above the
 * owner); false: none. Tells the chain which zone to find keys of. */
bool sig_signer(const struct rrset *set, struct dname *signer);

#endif
