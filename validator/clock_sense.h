/*
 * clock_sense.h - do good signatures say that the local clock is wrong?
 *
 * Called by the chain when the top of trust fails for the times of its signatures: the DNSKEY
 * set of an anchor's zone, or what the root has signed. A clock that is off makes everything
 * bogus; then the log and EDE say which clock that is, instead of blaming one name after the
 * other. Nothing is done about it: neither the clock nor validation is changed by what a packet
 * says.
 */
#ifndef TREESHREW_VALIDATOR_CLOCK_SENSE_H
#define TREESHREW_VALIDATOR_CLOCK_SENSE_H

#include <stdatomic.h>

#include "validator/key_match.h"

struct query;

/** When it was last told, by whichever thread; one a process. */
struct clock_memory {
    atomic_llong told_ms; /* CLOCK_NEVER_TOLD at first */
};

#define CLOCK_NEVER_TOLD INT64_MIN

/** At most one line in that time. */
enum { CLOCK_TELL_EVERY_S = 600 };

/** What is told: the clock, and the times that the signatures are good for. */
struct clock_word {
    bool is_wrong;
    struct dname zone;
    int64_t clock_s, begin_s, end_s; /* seconds since 1970 */
};

/**
 * The DNSKEY set of the anchor's zone was found expired, or not valid yet. When it is good
 * apart from its times, and no other anchor's zone is, by the same clock, the finding gets the
 * details "clock" and "now". A verification is paid for.
 * @param finding as keys_verify_by_anchor left it; others than those two are passed over.
 */
struct clock_word clock_sense_keys(struct query *query, const struct sig_check *check,
                                   const struct rrset *dnskeys, const struct anchor *anchor,
                                   struct finding *finding);

/** The same for a set that the root has signed. Other zones may be late with one of their
 *  signatures; those of the root never are. */
struct clock_word clock_sense_set(const struct sig_check *check, const struct rrset *set,
                                  struct zone_keys *keys, struct finding *finding);

/** One line for the log, when all servers have said the same; now and then, not for each name.
 */
void clock_sense_tell(struct query *query, const struct clock_word *word);

#endif
