/*
 * sim_sign.h - signatures over the sets of a simulated zone, made when somebody asks for them.
 *
 * Called by sim_auth.c for each set that goes into an answer. What was signed is remembered in
 * the set until its signatures are due to be made anew, so that a run signs no more than what
 * is asked for.
 */
#ifndef TREESHREW_TESTCODE_SIM_SIGN_H
#define TREESHREW_TESTCODE_SIM_SIGN_H

#include "testcode/sim_model.h"

/**
 * The set with its signatures as the zone has them at that time, or as the flaw makes them.
 * @param flaw of the server or of the zone; those that are not about signatures count as none.
 * @return lives in the net; the set's own rrset when the zone is not signed; NULL: no memory.
 */
const struct rrset *sim_sign(struct sim_net *net, const struct sim_zone *zone,
                             struct sim_set *set, enum sim_flaw flaw, int64_t wall_s);

/** When good signatures that are made at that time expire. */
int64_t sim_sign_end_s(const struct sim_zone *zone, int64_t wall_s);

#endif
