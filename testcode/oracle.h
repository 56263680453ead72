/*
 * oracle.h - what the right answer is, read off the model.
 *
 * Called by sim_client.c with each answer that a client got. Looks at the whole model at once,
 * as no resolver can. oracle_health.c says besides whether an answer could be had at all.
 */
#ifndef TREESHREW_TESTCODE_ORACLE_H
#define TREESHREW_TESTCODE_ORACLE_H

#include "testcode/sim_model.h"
#include "util/wire/message.h"

enum { ORACLE_LINKS_MAX = 40, ORACLE_WORDS_MAX = 1600 };

/** One RRset of the answer section. */
struct oracle_link {
    struct dname owner;
    uint16_t type;
    const struct sim_set *set;
    struct dname
        target; /* of a CNAME made for a DNAME; else wire is NULL and the set's data count */
};

struct oracle_answer {
    uint16_t rcode;
    bool endless;     /* aliases without end, or more than anybody follows */
    unsigned aliases; /* CNAMEs on the way */
    unsigned count;
    struct oracle_link links[ORACLE_LINKS_MAX];
    struct dname last_name;        /* where the aliases lead */
    const struct sim_zone *denier; /* whose SOA says that there is nothing; NULL: there is */
    /* Of a zone with too many iterations: whoever leaves the signatures out makes it insecure,
     * since nobody looks whether there might be an unsigned delegation. */
    bool may_be_insecure;
    bool has_insecure_part; /* of which anybody can say anything (set by oracle_security) */
    bool may_lack_soa; /* set by who compares: somebody may have taken it away */
    bool is_validated; /* set by who compares: TTLs end with the signatures */
    unsigned zone_count;
    const struct sim_zone *zones[ORACLE_LINKS_MAX]; /* that had to be asked, in order */
};

/** @param arena for names that DNAME makes. @return false: no memory. */
bool oracle_resolve(const struct sim_net *net, const struct question *question,
                    struct arena *arena, struct oracle_answer *out);

/**
 * Compares an answer that is not SERVFAIL with the truth.
 * @param now_ms time of the answer; INT64_MIN: it may be stale (RFC 8767).
 * @param words  what is wrong, ORACLE_WORDS_MAX octets.
 * @return true: nothing.
 */
bool oracle_check(const struct sim_net *net, const struct oracle_answer *truth,
                  const struct message *message, int64_t now_ms, char *words);

/**
 * What validation must come to (oracle_security.c): SEC_SECURE, SEC_INSECURE or SEC_BOGUS. The
 * last one means that nobody may be given the answer who did not set CD. Sets may_be_insecure.
 */
enum security oracle_security(const struct sim_net *net, struct oracle_answer *truth);

/** In an answer that is secure: signatures and proofs are there for who asked for them.
 *  @return NULL: they are; else what is missing. */
const char *oracle_misses_proof(const struct sim_net *net, const struct oracle_answer *truth,
                                const struct message *message);

/** Some server or zone on the way may say what is not so, if nobody validates. */
bool oracle_may_be_lied_to(const struct sim_net *net);

/**
 * Nothing but the aliases and no SOA: what is left to say when the only server of a zone on the
 * way that answers at all answers with AA and nothing. No lie of the resolver's, as long as no
 * server that does its work could be asked.
 */
bool oracle_was_told_nothing(const struct sim_net *net, const struct oracle_answer *truth,
                             const struct message *message);

/** Worst case of what an answer costs who knows nothing yet and has bad luck with every choice.
 */
struct oracle_cost {
    bool reachable; /* each zone on the way has a healthy server that can be found */
    uint32_t time_ms, sends, connects, lookups, depth;
    uint32_t failures;    /* signatures that are verified in vain */
    uint32_t bad, flawed; /* servers that are of no use; that cannot be believed */
};

/** Of one question: of all zones on its way. */
struct oracle_cost oracle_health(const struct sim_net *net, const struct oracle_answer *truth);

/** Reachable, and that within the limits that the resolver has by default (oracle_health.c). */
bool oracle_must_answer(const struct sim_net *net, const struct oracle_answer *truth);

#endif
