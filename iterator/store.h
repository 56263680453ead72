/*
 * store.h - a scrubbed reply goes into the RRset cache, ranked by section and AA.
 */
#ifndef TREESHREW_ITERATOR_STORE_H
#define TREESHREW_ITERATOR_STORE_H

#include "iterator/iter_state.h"

/**
 * Stores all RRsets and puts what the cache holds of them in their place (references are the
 * query's). What does not fit the cache stays as it is, in the arena.
 *
 * RFC 2181 section 5.4.1 for the ranks. NS sets and the addresses beside them never outlive
 * what the parent said of the cut (ghost domains): their life is cut to the delegation's. The
 * SOA of a denial lives as long as the denial (RFC 2308 section 3).
 * @return false: no memory.
 */
bool store_message(struct query *query, const struct deleg *deleg, struct message *message,
                   bool denial);

/**
 * Keeps the glue of a referral as the parent told it: a last resort when the zone's own word about
 * these names turns out to be wrong.
 *
 * @param told    as it came.
 * @param stored  the same after store_message, which leaves less to be done here.
 */
void store_parent_side(struct query *query, const struct deleg *deleg,
                       const struct message *told, const struct message *stored,
                       struct dname zone);

/**
 * The parent was asked anew about a delegation that is still known: the old NS set goes, and the
 * addresses that came beside it, for these bound the life of new ones (ghost domains).
 */
void store_make_way(struct query *query, const struct message *referral);

/** When the message as a whole expires: the least of its answer and authority sections, or for a
 *  denial (RFC 2308 section 5) what its SOA says. */
int64_t store_expiry_s(struct query *query, const struct message *message, bool denial);

#endif
