/*
 * val_judge.c - is this answer what the zones' owners signed? RFC 4035 section 5, part by part.
 *
 * Each RRset of the answer section is judged by the keys of the zone that signed it, an alias
 * chain over many zones part by part (val_rrset.c); what was expanded from a wildcard needs its
 * proof, and so does an end without data (val_end.c). The answer is as good as its weakest
 * part. In the authority and additional sections what cannot be verified is taken out of an
 * answer that is otherwise secure.
 *
 * Begins from the top whenever keys were fetched; items that were judged stay so.
 */
#include "validator/val_judge_inside.h"

#include <string.h>

enum { ASIDE_VERIFIED_MAX = 8 };

/* ---- faults and notes ---- */

struct val_fault val_fault_of(struct query *query, size_t i, const struct finding *finding)
{
    /* Where it is the clock, no server is to blame. */
    const struct outcome_source *source = finding->has_clock ? NULL : val_source(query, i);

    return (struct val_fault){
        .why = val_reason_of(query, finding, source), .set = i, .is_in_set = true};
}

void val_note(struct query *query, struct val_state *state, const struct reasons *reasons)
{
    for (size_t i = 0; i < reasons->count; i++) {
        bool known = false;

        for (size_t j = 0; j < state->notes.count; j++)
            known = known || (state->notes.item[j].code == reasons->item[i].code &&
                              strcmp(state->notes.item[j].text, reasons->item[i].text) == 0);
        if (!known)
            reasons_add(&state->notes, query->arena, reasons->item[i].code,
                        reasons->item[i].text);
    }
}

/* RFC 7646: what is insecure only for a time is not kept longer. */
void val_bound_by_end(struct query *query, const struct val_zone *zone)
{
    query->outcome.expires_s = time_min(query->outcome.expires_s, zone->ends_s);
}

/* ---- zones ---- */

/* @return JUDGED with the zone, or JUDGE_WAITS. */
enum judged val_zone_of(struct query *query, struct val_state *state, struct dname target,
                        bool exact, const struct val_zone **zone)
{
    *zone = val_zone_find(state, target, exact);
    if (*zone != NULL)
        return JUDGED;
    val_chain_begin(query, state, target, exact);
    return JUDGE_WAITS;
}

/* The zone's keys could not be had: another server of the answer would not change that. But
 * where it was looked for only because there is no signature, another one may have the
 * signature, also one that had no proof. */
enum judged val_no_keys(struct query *query, struct val_state *state,
                        const struct val_zone *zone, size_t i)
{
    if (!zone->exact && state->restarts == 0)
        query_forgive(query);
    return bogus(state,
                 (struct val_fault){.why = zone->reasons, .set = i, .is_final = zone->exact});
}

/* ---- what stands beside the answer ---- */

/* Verified with keys that are at hand; nothing is fetched for it. @param left so many more may
 * be. */
static bool is_good_aside(struct query *query, struct val_state *state, size_t i,
                          unsigned *left)
{
    const struct rrset *set = set_at(query, i);
    const struct val_zone *zone;
    struct dname signer;

    if (val_judge_cheaply(query, state, i))
        return state->items[i].security == SEC_SECURE && !state->items[i].is_expanded;
    if (!sig_signer(set, &signer) || state->items[i].failed)
        return false;
    zone = val_zone_find(state, signer, true);
    if (zone == NULL || zone->security != SEC_SECURE || *left == 0)
        return false;
    --*left;
    if (val_verify_set(query, state, i, zone) == JUDGED)
        return state->items[i].security == SEC_SECURE;
    state->fault = (struct val_fault){0};
    return false;
}

/* RFC 4035 section 3.2.3: AD vouches for answer and authority section, so what is not good
 * goes. */
static void clean_up(struct query *query, struct val_state *state)
{
    const struct validator_options *options = val_env(query)->config->options;
    unsigned left = ASIDE_VERIFIED_MAX;

    for (size_t i = authority_begin(query); i < authority_end(query); i++)
        state->items[i].drop = !is_good_aside(query, state, i, &left);
    for (size_t i = authority_end(query); i < state->item_count; i++)
        if (options->val_clean_additional)
            state->items[i].drop = !is_good_aside(query, state, i, &left);
}

bool val_drop_items(struct query *query, const struct val_state *state)
{
    struct message *message = message_of(query);
    const struct rrset **kept =
        ARENA_ARRAY(query->arena, const struct rrset *, state->item_count + 1);
    size_t at = 0, i = 0;

    if (kept == NULL)
        return false;
    for (size_t section = 0; section < SECTIONS; section++) {
        size_t end = i + message->count[section], before = at;

        for (; i < end; i++)
            if (!state->items[i].drop)
                kept[at++] = message->rrsets[i];
        message->count[section] = (uint16_t)(at - before);
    }
    message->rrsets = kept;
    return true;
}

static void bound_life(struct query *query)
{
    size_t count = authority_end(query);

    for (size_t i = 0; i < count; i++)
        query->outcome.expires_s =
            time_min(query->outcome.expires_s, set_at(query, i)->expires_s);
}

/* ---- the state ---- */

/* Without RD the cache's best referral may be the answer, or stand behind aliases. */
static bool is_referral(const struct query *query)
{
    const struct message *message = &query->outcome.message;
    bool has_data;

    if ((query->flags & QUERY_NO_RD) == 0 || message->rcode != RCODE_NOERROR ||
        val_soa_place(query) != authority_end(query))
        return false;
    (void)val_last_name(query, &has_data);
    return !has_data;
}

static enum judged judge_all(struct query *query, struct val_state *state,
                             enum security *security)
{
    struct dname name;
    bool has_data;

    *security = SEC_SECURE;
    for (size_t i = 0; i < authority_begin(query); i++) {
        enum judged judged = val_judge_set(query, state, i);

        if (judged != JUDGED)
            return judged;
        if (state->items[i].security != SEC_SECURE)
            *security = SEC_INSECURE;
    }
    if (is_referral(query))
        return JUDGED;
    name = val_last_name(query, &has_data);
    if (message_of(query)->rcode == RCODE_NXDOMAIN ||
        (message_of(query)->rcode == RCODE_NOERROR && !has_data)) {
        enum security denied = SEC_SECURE;
        enum judged judged = val_judge_denial(query, state, name, &denied);

        if (judged != JUDGED)
            return judged;
        if (denied != SEC_SECURE)
            *security = SEC_INSECURE;
    }
    return JUDGED;
}

/* The denials of a secure answer serve other questions, too, zone by zone. */
static void learn(struct query *query, enum security security)
{
    struct dname last = dname_root, signer;
    bool any = false;

    for (size_t i = authority_begin(query); security == SEC_SECURE && i < authority_end(query);
         i++) {
        if (!is_proof(set_at(query, i)) || !sig_signer(set_at(query, i), &signer) ||
            (any && dname_equal(signer, last)))
            continue;
        val_learn(query, signer, message_of(query));
        last = signer;
        any = true;
    }
}

enum step val_judge_run(struct query *query, struct val_state *state)
{
    enum security security;

    switch (judge_all(query, state, &security)) {
    case JUDGE_WAITS: return STEP_AGAIN;
    case JUDGE_BOGUS: return val_refuse(query, state);
    case JUDGE_NO_MEMORY: return val_no_memory(query, state);
    case JUDGED: break;
    }
    if (is_referral(query))
        return val_judge_referral(query, state);
    if (security == SEC_SECURE) {
        clean_up(query, state);
        if (!val_drop_items(query, state))
            return val_no_memory(query, state);
    }
    bound_life(query);
    learn(query, security);
    return val_accept(query, state, security);
}
