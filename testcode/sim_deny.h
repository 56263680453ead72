/*
 * sim_deny.h - the chain of NSEC or NSEC3 records of a simulated zone, and what they prove.
 *
 * The chain is made once by sim_signing.c's work; sim_auth.c asks for the records that belong
 * to a denial. Written by RFC 4035 section 3.1.3 and RFC 5155 section 7.2, from the server's
 * side, and apart from the validator.
 */
#ifndef TREESHREW_TESTCODE_SIM_DENY_H
#define TREESHREW_TESTCODE_SIM_DENY_H

#include "testcode/sim_model.h"

/** All names of the zone must be there by now, its SOA included. @return false: no memory. */
bool sim_chain_make(struct sim_net *net, struct sim_zone *zone);

enum sim_claim {
    CLAIM_NO_NAME,
    CLAIM_NO_TYPE,          /* at the name, which is there; also of DS at a cut */
    CLAIM_WILDCARD_NO_TYPE, /* at the wildcard that stands for the name */
    CLAIM_EXPANDED          /* nothing is nearer than the wildcard of the answer */
};

enum { SIM_PROOF_MAX = 3 };

struct sim_proof {
    unsigned count;
    struct sim_set *sets[SIM_PROOF_MAX];
};

struct sim_proof sim_deny(const struct sim_net *net, const struct sim_zone *zone,
                          enum sim_claim claim, struct dname name);

/** A record of the chain that is none of these; NULL: there is no other. */
struct sim_set *sim_deny_other(const struct sim_zone *zone, const struct sim_proof *proof);

/** The record of the chain with that owner, or NULL. */
struct sim_set *sim_chain_find(const struct sim_zone *zone, struct dname owner, uint16_t type);

/** The asterisk label below a name. wire NULL: too long. */
struct dname sim_wildcard(struct dname encloser, uint8_t storage[DNAME_MAX]);

#endif
