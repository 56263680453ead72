/*
 * val_judge_inside.h - an answer under judgement, for val_judge.c (the state), val_rrset.c
 * (each RRset) and val_end.c (proofs of what is not there).
 *
 * An RRset is named by its place in the message of the outcome; its item in val_state has the
 * same one.
 */
#ifndef TREESHREW_VALIDATOR_VAL_JUDGE_INSIDE_H
#define TREESHREW_VALIDATOR_VAL_JUDGE_INSIDE_H

#include "validator/val_explain.h"

enum judged {
    JUDGED,      /* the item's security is known */
    JUDGE_WAITS, /* keys have to be found first: CHAIN */
    JUDGE_BOGUS, /* state->fault says why */
    JUDGE_NO_MEMORY
};

static inline struct message *message_of(struct query *query)
{
    return &query->outcome.message;
}

static inline const struct rrset *set_at(const struct query *query, size_t i)
{
    return query->outcome.message.rrsets[i];
}

static inline bool is_proof(const struct rrset *set)
{
    return set->type == TYPE_NSEC || set->type == TYPE_NSEC3;
}

static inline size_t authority_begin(const struct query *query)
{
    return query->outcome.message.count[SECTION_ANSWER];
}

static inline size_t authority_end(const struct query *query)
{
    return authority_begin(query) + query->outcome.message.count[SECTION_AUTHORITY];
}

static inline enum judged bogus(struct val_state *state, struct val_fault fault)
{
    state->fault = fault;
    return JUDGE_BOGUS;
}

static inline void conclude(struct val_item *item, enum security security)
{
    item->judged = true;
    item->security = security;
}

/* ---- val_judge.c ---- */

/** The finding as a fault of the RRset at that place. Its words name the server, if it may be
 * to blame. */
struct val_fault val_fault_of(struct query *query, size_t i, const struct finding *finding);

/** Remembers why something is insecure, each reason once. */
void val_note(struct query *query, struct val_state *state, const struct reasons *reasons);

/** The outcome is kept no longer than the negative anchor holds, if it was one (RFC 7646). */
void val_bound_by_end(struct query *query, const struct val_zone *zone);

/**
 * The zone of a name, or the one that is named as a signer.
 *
 * @param exact the target was named as a signer.
 * @return JUDGED with the zone, which may be insecure or bogus; or JUDGE_WAITS: the state is
 * CHAIN.
 */
enum judged val_zone_of(struct query *query, struct val_state *state, struct dname target,
                        bool exact, const struct val_zone **zone);

/** The zone is bogus: its keys could not be had. @param i the place that the fault names.
 *  @return JUDGE_BOGUS. */
enum judged val_no_keys(struct query *query, struct val_state *state,
                        const struct val_zone *zone, size_t i);

/* ---- val_rrset.c ---- */

/**
 * Judges an RRset of the answer section (RFC 4035 section 5.3).
 *
 * @return JUDGED: its item is SECURE or INSECURE. With JUDGE_WAITS it is to be called again.
 */
enum judged val_judge_set(struct query *query, struct val_state *state, size_t i);

/** What needs no keys: known already, good in the cache, or never signed. @return whether the
 * item is judged now. */
bool val_judge_cheaply(struct query *query, struct val_state *state, size_t i);

/**
 * By the zone's keys, and where the RRset was expanded from a wildcard by the proof beside it.
 * Draws on the query's budget of signatures.
 *
 * @param zone a secure one.
 * @return JUDGED: its item is SECURE or, by the proof, INSECURE. Never JUDGE_WAITS.
 */
enum judged val_verify_set(struct query *query, struct val_state *state, size_t i,
                           const struct val_zone *zone);

/* ---- val_end.c ---- */

/**
 * Nothing may be nearer to the name than the wildcard (RFC 4035 section 5.3.4).
 *
 * @param i    an RRset with a good signature, whose item says from which wildcard.
 * @param zone which signed it.
 * @return JUDGED: the item is as good as the proof. Never JUDGE_WAITS: these keys are at hand.
 */
enum judged val_prove_expansion(struct query *query, struct val_state *state, size_t i,
                                const struct val_zone *zone);

/** Where the aliases lead, and whether there are the data asked for. */
struct dname val_last_name(const struct query *query, bool *has_data);

/** Of the first SOA in the authority section; its end when there is none. */
size_t val_soa_place(const struct query *query);

/**
 * Is it proven that the name, or the type at it, is not there? Turns NXDOMAIN into NOERROR
 * where the proof shows that the name is there.
 *
 * @param name     where the aliases lead (val_last_name).
 * @param security counts only with JUDGED.
 */
enum judged val_judge_denial(struct query *query, struct val_state *state, struct dname name,
                             enum security *security);

#endif
