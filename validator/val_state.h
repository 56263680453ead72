/*
 * val_state.h - what the states of the validator share, and the moves between them.
 *
 *   START   nothing to judge yet
 *   AWAIT   the next module's turn; its outcome is taken up here
 *   JUDGE   which RRsets of the answer are good, what is proven; whose keys are needed
 *   CHAIN   walks down from a trust anchor to the zone whose keys are needed
 *   FETCH   a DS or DNSKEY set was asked for
 *   DONE    the outcome is judged
 *
 * JUDGE begins again from the top after each walk of CHAIN; what was verified is remembered, so
 * that it costs nothing twice.
 */
#ifndef TREESHREW_VALIDATOR_VAL_STATE_H
#define TREESHREW_VALIDATOR_VAL_STATE_H

#include "services/query/mesh.h"
#include "validator/clock_sense.h"
#include "validator/denial.h"
#include "validator/key_match.h"
#include "validator/proven.h"
#include "validator/sig.h"
#include "validator/validator.h"

/* Failed verifications that are kept back of signature-failures-max where one proof has several bad
 * signatures: another server may have a better one, which must be paid for, too. */
enum { VAL_FAILURES_FOR_RETRY = 3 };

enum val_state_id {
    VAL_START,
    VAL_AWAIT,
    VAL_JUDGE,
    VAL_CHAIN,
    VAL_FETCH,
    VAL_DONE,
    VAL_STATES
};

/** What a walk down from the anchor ended with; kept for the query. */
struct val_zone {
    struct val_zone *next;
    struct dname target;           /* the name for which it was looked for */
    bool exact;                    /* the target was named as a signer */
    enum security security;        /* SECURE: entry is set; INSECURE; BOGUS */
    const struct key_entry *entry; /* a reference, released with the query */
    struct reasons reasons;        /* insecure: EDE 1, 2, 27, 33; bogus: why */
    int64_t ends_s;                /* a negative anchor's end, monotonic; INT64_MAX: none */
};

/** A DS or DNSKEY set that CHAIN wants. */
struct val_fetch {
    struct dname name; /* wire NULL: nothing */
    uint16_t type;
    bool anew; /* what was there was bad: neither caches nor bad servers */
    unsigned tries;
    const struct rrset *set;     /* out of the RRset cache; NULL: the waiter's result counts */
    struct query_waiter *waiter; /* NULL: not asked yet */
    struct message *proven;      /* made out of denials that are here already; NULL: none */
    bool by_referral;            /* these came beside a referral: where they prove nothing, ask */
    struct reasons fault;        /* what was wrong with the first one */
    bool fault_of_cache;         /* ... which nobody knows the server of */
};

enum chain_phase { CHAIN_PLACE, CHAIN_ANCHOR, CHAIN_NEXT, CHAIN_DS, CHAIN_KEYS };

struct val_chain {
    struct dname target;
    bool exact;
    enum chain_phase phase;
    bool careful; /* label by label, not from known cut to known cut */
    const struct anchor *anchor;
    const struct key_entry *at; /* the deepest zone with trusted keys so far; a reference */
    struct dname checked; /* between that zone and this name, itself included, is no cut */
    struct dname via;     /* signs for the candidate, so it comes first; wire NULL: none */
    struct dname candidate;
    const struct rrset *ds; /* of the candidate, validated */
    struct clock_word clock; /* of the fault at hand: it may be the clock's */
    struct val_fetch fetch;
};

/** What was found out about one RRset of the message. */
struct val_item {
    bool judged;
    bool failed; /* its signatures are bad; only where that is not the end */
    bool drop;   /* does not go to the client */
    enum security security;
    bool is_expanded; /* from a wildcard; closest_labels says which */
    uint8_t closest_labels;
};

/** Why the answer at hand cannot be. */
struct val_fault {
    struct reasons why; /* none: there is no fault */
    size_t set;         /* index of the RRset, for its server */
    bool is_in_set;     /* that RRset itself is bad, and not what should stand beside it */
    bool is_final;      /* another server could not say otherwise */
    struct dname stripped; /* the zone whose signatures or proofs are missing; wire NULL: none */
};

struct val_state {
    enum val_state_id id;
    struct val_zone *zones;
    struct val_chain chain;
    struct val_item *items; /* one for each RRset of the outcome's message */
    size_t item_count;
    struct reasons notes;         /* why it is insecure */
    struct val_fault fault;       /* of the answer at hand */
    struct val_fault proof_fault; /* of the first NSEC or NSEC3 that was bad */
    struct reasons first_fault;   /* of the first answer; what the client is told */
    bool first_has_server;        /* it is known who gave that answer */
    struct message first_message; /* for val-permissive-mode */
    int64_t first_expires_s;
    struct clock_word clock;      /* of the last fault: it may be the clock's */
    unsigned restarts;
    bool not_at_hand; /* keys would have to be fetched, for a client that has not wanted that */
    struct nsec3_memo *memo;
};

/** The one way to change the state. */
void val_go(struct query *query, struct val_state *state, enum val_state_id to);

const struct validator_env *val_env(const struct query *query);

/* The states; each makes one step. */
enum step val_start_run(struct query *query, struct val_state *state);
enum step val_await_run(struct query *query, struct val_state *state);
enum step val_judge_run(struct query *query, struct val_state *state);
enum step val_chain_run(struct query *query, struct val_state *state);
enum step val_fetch_run(struct query *query, struct val_state *state);

/** JUDGE for a referral (val_referral.c). */
enum step val_judge_referral(struct query *query, struct val_state *state);

/* ---- what several states do ---- */

/** Takes the RRsets that are marked out of the message. @return false: no memory. */
bool val_drop_items(struct query *query, const struct val_state *state);

/** What sig.h needs to know of this query. */
struct sig_check val_sig_check(const struct query *query);

/** The algorithms of which each has to sign (harden-algo-downgrade), or NULL. */
const struct algo_set *val_needed(const struct query *query, const struct key_entry *entry);

/**
 * A validated RRset goes into the cache with the highest rank, its TTL cut to what its
 * signature allows. @return the one to use (the query's), never NULL: without memory it is
 * `set`.
 */
const struct rrset *val_publish(struct query *query, const struct rrset *set,
                                const struct sig_good *good);

/** The cached RRset that was validated and says the same, or NULL. */
const struct rrset *val_known_secure(struct query *query, const struct rrset *set);

/** denial_begin with what this query has for it. */
void val_denial_begin(struct query *query, struct val_state *state, struct denial *denial,
                      struct dname zone);

/** Makes the answer out of denials that were validated before (RFC 8198). */
bool val_answer_from_proven(struct query *query, struct val_state *state,
                            const struct question *question, struct message *out,
                            int64_t *expires_s);

/** Keeps the denials of a secure message for others. */
void val_learn(struct query *query, struct dname zone, const struct message *message);

/** "192.0.2.1:53/tcp" of a server, or NULL when its address is ADDR_NONE. */
const char *val_server_text(struct query *query, const struct outcome_source *source);

/** Reasons that consist of one finding. */
struct reasons val_reason_of(struct query *query, const struct finding *finding,
                             const struct outcome_source *source);
struct reasons val_reason(struct query *query, uint16_t code, const char *text);

/** Starts a walk of CHAIN to the zone of a name, or to the zone that is named as a signer. */
void val_chain_begin(struct query *query, struct val_state *state, struct dname target,
                     bool exact);

/** What such a walk has found, or NULL: not walked yet. */
const struct val_zone *val_zone_find(const struct val_state *state, struct dname target,
                                     bool exact);

/* ---- val_prime.c ---- */

/** anchors_find for a name of this query. */
struct anchor_found val_anchor_find(const struct query *query, struct dname name);

/** The question is for the keys of the anchor's zone, and they are to be judged by the anchor. */
bool val_is_probe(const struct query *query, const struct anchor *anchor);

/** The DNSKEY set of an anchor's zone, or NULL. @return false: all its keys were revoked, the
 *  anchor is gone, and there is no verdict. */
bool val_anchor_judge(struct query *query, const struct anchor *anchor,
                      const struct rrset *dnskeys, struct key_verdict *verdict);

/** Tells the zone's servers which keys are trusted (RFC 8145), if that is wanted. */
void val_anchor_signal(struct query *query, const struct anchor *anchor);

/* ---- verdict.c ---- */

/** The server whose words the RRset at that place of the outcome is; NULL: not known. */
const struct outcome_source *val_source(const struct query *query, size_t index);

/**
 * The server is passed over for this query. Where signatures of a zone are missing that it was
 * asked about as that zone's, it comes last for others, too; but what lies below may be broken
 * by itself, and says nothing of the server.
 * @param stripped that zone; wire NULL: nothing is missing.
 * @param is_forged as for query_avoid.
 */
void val_avoid(struct query *query, const struct outcome_source *source, struct dname stripped,
               bool is_forged);

/** The answer is good as it is, secure or insecure: DONE. */
enum step val_accept(struct query *query, struct val_state *state, enum security security);

/** The answer at hand has state->fault: another try elsewhere, or the end. */
enum step val_refuse(struct query *query, struct val_state *state);

/** The one place where bogus becomes SERVFAIL (or, by val-permissive-mode, does not): DONE. */
enum step val_fail(struct query *query, struct val_state *state);

enum step val_no_memory(struct query *query, struct val_state *state);

#endif
