/*
 * chain_fetch.h - how a step of the walk gets the set that it judges, and how the walk ends.
 *
 * Used by chain.c only, which decides where the walk goes.
 */
#ifndef TREESHREW_VALIDATOR_CHAIN_FETCH_H
#define TREESHREW_VALIDATOR_CHAIN_FETCH_H

#include "validator/val_explain.h"

enum chained {
    CHAINED,     /* the phase has changed: go on */
    CHAIN_HAS,   /* fetch: there is something to judge */
    CHAIN_WAITS, /* a sub-question runs */
    CHAIN_ENDED, /* a val_zone was made */
    CHAIN_NO_MEMORY
};

static inline uint16_t chain_class(const struct query *query)
{
    return query->question.qclass;
}

/** The walk ends here. @param entry a reference, taken over; NULL: none. @param reasons copied;
 * may be NULL. */
enum chained chain_end(struct query *query, struct val_state *state, enum security security,
                       const struct key_entry *entry, const struct reasons *reasons);

/** At the zone whose keys are trusted. */
enum chained chain_end_secure(struct query *query, struct val_state *state);

/** At a cut that is proven to be unsigned. */
enum chained chain_end_insecure(struct query *query, struct val_state *state,
                                const struct reasons *reasons, int64_t expires_s);

/** Nothing more may be verified. What was found until then tells more than the limit does.
 * @param alone only signatures of this very set had failed: then it is the zone's own doing,
 * and its next name must not cost as much again (KeyTrap, CVE-2023-50387). */
enum chained chain_verified_enough(struct query *query, struct val_state *state,
                                   const struct finding *finding,
                                   const struct outcome_source *source, bool alone);

/** No signature has failed for this question yet. */
bool chain_nothing_has_failed(const struct query *query);

/** Has the set at hand, or asks for it. @return CHAIN_HAS when there is a set or a result to
 * judge. */
enum chained chain_fetch(struct query *query, struct val_state *state, struct dname name,
                         uint16_t type);

/** What came beside a referral has proven that there is no DS. Where the caches are to last, it
 * is kept for a later run, which need not ask then: nothing else in the caches says it of this
 * name. */
void chain_keep_denial(struct query *query, const struct val_state *state, int64_t expires_s);

/** What was fetched: a whole answer ... */
const struct message *chain_fetched_message(const struct val_fetch *fetch);

/** ... or the set in it; NULL: it is not there. */
const struct rrset *chain_fetched_set(const struct val_fetch *fetch, uint16_t type);

/** Which server said it; NULL: it was at hand. @param denial the authority section is meant. */
const struct outcome_source *chain_fetched_from(const struct val_fetch *fetch, bool denial);

/** There was no answer at all. */
bool chain_fetch_has_failed(const struct val_fetch *fetch);

/** What was fetched is bad: another server may have better.
 * @param stripped the zone whose signatures are missing; wire NULL: none are. */
enum chained chain_fetch_again(struct query *query, struct val_state *state,
                               const struct reasons *why, const struct outcome_source *source,
                               struct dname stripped, bool is_forged);

/** The sub-question failed: its own reasons say why, unless bad data was there before. */
enum chained chain_fetch_failed(struct query *query, struct val_state *state);

#endif
