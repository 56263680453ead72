/*
 * sim_signing.h - who signs in a simulated internet, with what, and what of it can be trusted.
 *
 * Called by sim_generate.c when all zones have their records.
 */
#ifndef TREESHREW_TESTCODE_SIM_SIGNING_H
#define TREESHREW_TESTCODE_SIM_SIGNING_H

#include "testcode/sim_model.h"

/**
 * Draws keys, DS and DNSKEY sets, chains, trust anchors, and the flaws of zones and servers;
 * says of each zone how far its keys can be trusted.
 * @return false: no memory.
 */
bool sim_sign_net(struct sim_net *net, struct sim_random *random, int64_t wall_s);

/** Of a zone whose keys are trusted: what its denials are worth. SEC_INSECURE: too many
 *  iterations. Opt-out is left aside. */
enum security sim_denial_security(const struct sim_zone *zone);

/** More than any validator hashes (RFC 9276 section 3.2). */
bool sim_has_too_many_iterations(const struct sim_zone *zone);

/** Keys hold what an arena does not free. */
void sim_signing_clear(struct sim_net *net);

/** The trust anchors as lines of configuration; "" without any. NULL: no memory. */
const char *sim_anchor_lines(const struct sim_net *net);

#endif
