/*
 * sim_auth.h - what an authoritative server of the model answers (RFC 1034 section 4.3.2).
 *
 * Called by sim_servers.c with each question that arrives. Walks down from the apex of the
 * deepest zone that the server has; written apart from oracle.c, which looks at the whole
 * model, so that a mistake of either shows. Faults are not its business, but the lies of lame
 * and poisoning servers are written here.
 */
#ifndef TREESHREW_TESTCODE_SIM_AUTH_H
#define TREESHREW_TESTCODE_SIM_AUTH_H

#include "testcode/sim_model.h"
#include "util/wire/message.h"

/** Addresses that nobody in the model has; whoever shows one to a client has been lied to. */
enum { SIM_LIE_OCTET = 66 };

/** A question as it arrives. */
struct sim_asked_for {
    struct sim_net *net;
    const struct sim_server *server;
    const struct question *question;
    bool dnssec;     /* signatures and proofs are wanted (DO), and the server knows of them */
    int64_t sent_ms; /* when the reply will arrive: noted in the sets that are in it */
};

/** @param arena of the reply's parts; RRsets of the model are borrowed. @return false: no
 *  memory. */
bool sim_auth_answer(const struct sim_asked_for *asked, struct arena *arena,
                     struct message *reply);

/** What a resolver answers, who knows everything. */
bool sim_auth_recurse(const struct sim_asked_for *asked, struct arena *arena,
                      struct message *reply);

/** A referral to the root, where the zone should be. */
bool sim_auth_refer_upward(struct sim_net *net, const struct question *question,
                           struct arena *arena, struct message *reply);

/** The answer of a liar: an address that is not the name's. */
bool sim_auth_lie(const struct question *question, struct arena *arena, struct message *reply);

/** Adds records of zones that the server has no right to speak of. */
bool sim_auth_poison(struct sim_net *net, const struct sim_server *server, struct arena *arena,
                     struct message *reply);

#endif
