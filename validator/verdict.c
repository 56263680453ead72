/*
 * verdict.c - how judging ends: accepted, tried again elsewhere, or refused with its reason.
 *
 * Called by the states JUDGE and AWAIT. Nothing else in the program turns bogus data into
 * SERVFAIL.
 */
#include "validator/val_state.h"

#include "validator/sentinel.h"

static void log_bogus(struct query *query, const struct reasons *why)
{
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    if (val_env(query)->config->options->val_log_level == 0)
        return;
    log_line(query->env->log, LOG_LEVEL_INFO, "event=bogus query=%u name=%s type=%s ede=%s why=%s",
             query->number, dname_to_text(query->question.qname, name),
             rrtype_to_text(query->question.qtype, type), reasons_codes(why, query->arena),
             reasons_words(why, query->arena));
}

/* RFC 8509 section 3.2: the answer is SERVFAIL, and that says it all. */
static enum step fail_for_sentinel(struct query *query, struct val_state *state)
{
    query_fail(query, RCODE_SERVFAIL, EDE_DNSSEC_BOGUS, "policy=root-key-sentinel for %s",
               reason_name(query->arena, query->question.qname));
    val_go(query, state, VAL_DONE);
    return STEP_DONE;
}

enum step val_accept(struct query *query, struct val_state *state, enum security security)
{
    const struct validator_config *config = val_env(query)->config;

    if (security == SEC_SECURE && config->options->root_key_sentinel &&
        sentinel_refuses(val_env(query)->anchors, &query->question))
        return fail_for_sentinel(query, state);
    query->outcome.security = security;
    for (size_t i = 0; security == SEC_INSECURE && i < state->notes.count; i++)
        reasons_add(&query->outcome.reasons, query->arena, state->notes.item[i].code,
                    state->notes.item[i].text);
    val_go(query, state, VAL_DONE);
    return STEP_DONE;
}

enum step val_no_memory(struct query *query, struct val_state *state)
{
    query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=memory");
    query->outcome.uncacheable = true;
    val_go(query, state, VAL_DONE);
    return STEP_DONE;
}

enum step val_fail(struct query *query, struct val_state *state)
{
    const struct reasons *why = &state->first_fault;
    struct message *message = &state->first_message;
    bool uncacheable = query->outcome.uncacheable;

    log_bogus(query, why);
    clock_sense_tell(query, &state->clock);
    if (val_env(query)->config->options->val_permissive_mode) {
        query_done(query, message, SEC_INSECURE);
        query->outcome.expires_s = state->first_expires_s;
        reasons_copy(&query->outcome.reasons, why, query->arena);
    } else {
        query_fail(query, RCODE_SERVFAIL, why->item[0].code, "%s", why->item[0].text);
        if (why->count > 1) /* a sub-question's whole story */
            reasons_copy(&query->outcome.reasons, why, query->arena);
        query->outcome.security = SEC_BOGUS; /* no failure to be worked around */
    }
    query->outcome.uncacheable = uncacheable;
    val_go(query, state, VAL_DONE);
    return STEP_DONE;
}

/* The words of which server stand at that place of the message. */
static const struct outcome_source *source_of(const struct outcome *outcome, size_t index)
{
    const struct outcome_source *found = NULL;

    if (index >= outcome->message.count[SECTION_ANSWER])
        return outcome->source_count == 0 ? NULL : &outcome->sources[outcome->source_count - 1];
    for (size_t i = 0; i < outcome->source_count; i++)
        if (outcome->sources[i].first <= index)
            found = &outcome->sources[i];
    return found;
}

const struct outcome_source *val_source(const struct query *query, size_t index)
{
    return source_of(&query->outcome, index);
}

void val_avoid(struct query *query, const struct outcome_source *source, struct dname stripped,
               bool is_forged)
{
    if (source == NULL || source->server.family == ADDR_NONE)
        return;
    query_avoid(query, &source->server, source->zone, is_forged);
    if (stripped.wire != NULL && dname_equal(stripped, source->zone))
        infra_note(query->env->infra, &source->server, source->zone, query_now_ms(query),
                   INFRA_DNSSEC_LAME);
}

static bool may_try_again(const struct query *query, const struct val_state *state)
{
    return !state->fault.is_final && (query->flags & QUERY_NO_RD) == 0 &&
           query->budget->exhausted == COSTS &&
           state->restarts < val_env(query)->config->options->val_max_restart &&
           query->budget->left[COST_FAILED_SIGNATURES] > 0;
}

/* Without RD what cannot be judged with what is cached is as if it was not there. */
static enum step tell_nothing(struct query *query, struct val_state *state)
{
    struct message nothing = {.rcode = RCODE_NOERROR};

    query_done(query, &nothing, SEC_INSECURE);
    query->outcome.expires_s = query_now_s(query);
    val_go(query, state, VAL_DONE);
    return STEP_DONE;
}

enum step val_refuse(struct query *query, struct val_state *state)
{
    const struct val_fault *fault = &state->fault;
    const struct outcome_source *source = source_of(&query->outcome, fault->set);
    bool has_server = source != NULL && source->server.family != ADDR_NONE;

    if (state->not_at_hand)
        return tell_nothing(query, state);
    query_trace(query, TRACE_BOGUS, has_server ? &source->server : NULL, NULL,
                fault->why.item[0].text);
    log_line(query->env->log, LOG_LEVEL_DEBUG, "event=finding query=%u try=%u msg=%s", query->number,
             state->restarts, fault->why.item[0].text);
    /* Of an answer out of the cache nobody can say who gave it; of the next one it is known. */
    if (state->first_fault.count == 0 || (!state->first_has_server && has_server)) {
        state->first_has_server = has_server;
        state->first_fault = fault->why;
        /* Not proven, and a forwarder has said that it is its policy: that may be why. */
        for (size_t i = 0; i < query->outcome.reasons.count; i++)
            reasons_add(&state->first_fault, query->arena, query->outcome.reasons.item[i].code,
                        query->outcome.reasons.item[i].text);
        state->first_message = query->outcome.message;
        state->first_expires_s = query->outcome.expires_s;
    }
    if (fault->is_in_set)
        rrset_set_security(query->outcome.message.rrsets[fault->set], SEC_BOGUS);
    if (!may_try_again(query, state))
        return val_fail(query, state);
    val_avoid(query, source, fault->stripped, false);
    state->restarts++;
    query->anew = true;
    query->doubt = &state->first_fault;
    query->has_outcome = false;
    val_go(query, state, VAL_AWAIT);
    return STEP_PASS;
}
