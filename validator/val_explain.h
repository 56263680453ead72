/*
 * val_explain.h - what the validator found good, for whoever wants the whole story of a
 * question.
 *
 * Called where something was verified. Nothing happens unless the query's env explains.
 * Findings of what is bad are in every trace, and not made here.
 */
#ifndef TREESHREW_VALIDATOR_VAL_EXPLAIN_H
#define TREESHREW_VALIDATOR_VAL_EXPLAIN_H

#include "validator/val_state.h"

/** A signature was good. */
void val_explain_signed(struct query *query, struct dname zone, const struct rrset *set,
                        const struct sig_good *good);

/** The DS set that leads to the zone is good. */
void val_explain_ds(struct query *query, struct dname zone, const struct rrset *ds);

/** The zone's keys are good. @param anchor by which they are, or NULL: by the DS set. */
void val_explain_keys(struct query *query, const struct key_entry *entry,
                      const struct sig_good *good, bool by_anchor);

/** From here on down nothing is signed, or cannot be checked. reasons may be empty. */
void val_explain_insecure(struct query *query, struct dname zone,
                          const struct reasons *reasons);

/** That name, or type at that name, is proven not to be there. */
void val_explain_denied(struct query *query, struct dname zone, struct dname name,
                        uint16_t type, const struct proof *proof);

#endif
