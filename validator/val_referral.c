/*
 * val_referral.c - is what a referral says of a zone's keys good? For clients without RD.
 *
 * Called by the state JUDGE. A referral's NS set and addresses are the child's and cannot be
 * signed here; the DS set, or the proof that there is none, is the parent's and can (RFC 4035
 * section 3.1.4). Nothing is asked for it, since the client has not wanted that: what cannot be
 * verified with the keys at hand is left out, what is bogus is refused. AD is never set.
 */
#include "validator/val_state.h"

enum good { GOOD, UNKNOWN, BAD };

static struct message *message_of(struct query *query)
{
    return &query->outcome.message;
}

/* With keys that are at hand. */
static enum good verify(struct query *query, const struct rrset **set, struct dname signer,
                        struct finding *finding)
{
    struct sig_check check = val_sig_check(query);
    const struct key_entry *entry =
        key_cache_ref(val_env(query)->keys, signer, query->question.qclass, query_now_s(query));
    struct sig_verdict verdict = {.security = SEC_INDETERMINATE};

    if (entry != NULL && entry->security == SEC_SECURE)
        verdict = sig_verify(&check, *set, entry->keys, val_needed(query, entry));
    key_entry_unref(entry);
    *finding = verdict.finding;
    if (verdict.security == SEC_BOGUS)
        return verdict.exhausted ? UNKNOWN : BAD;
    if (verdict.security != SEC_SECURE || verdict.good.is_expanded)
        return UNKNOWN;
    *set = val_publish(query, *set, &verdict.good);
    return GOOD;
}

static enum good judge_set(struct query *query, const struct rrset **set, struct dname zone,
                           struct finding *finding)
{
    struct dname signer;

    if (!sig_signer(*set, &signer) || !dname_is_below(zone, signer))
        return UNKNOWN;
    if (rrset_security(*set) == SEC_SECURE)
        return denial_is_expanded(*set) ? UNKNOWN : GOOD;
    return verify(query, set, signer, finding);
}

/* Do the NSEC or NSEC3 records that are good prove that there is no DS? */
static bool is_proven(struct query *query, struct val_state *state, struct dname zone)
{
    const struct message *message = message_of(query);
    struct denial denial;
    bool begun = false;

    for (size_t i = 0; i < message->count[SECTION_AUTHORITY]; i++) {
        const struct rrset *set = message->rrsets[i];
        struct dname signer;

        if (state->items[i].drop || set->type == TYPE_NS || !sig_signer(set, &signer))
            continue;
        if (!begun)
            val_denial_begin(query, state, &denial, signer);
        begun = true;
        denial_add(&denial, set, false);
    }
    return begun && denial_of_ds(&denial, zone).what == DENIED_DS;
}

static enum step refuse(struct query *query, struct val_state *state, const struct reasons *why)
{
    state->first_fault = *why;
    state->first_message = *message_of(query);
    state->first_expires_s = query->outcome.expires_s;
    return val_fail(query, state);
}

enum step val_judge_referral(struct query *query, struct val_state *state)
{
    struct message *message = message_of(query);
    struct dname zone =
        message->count[SECTION_AUTHORITY] == 0 ? dname_root : rrset_owner(message->rrsets[0]);
    bool has_ds = false;

    for (size_t i = 1; i < message->count[SECTION_AUTHORITY]; i++) {
        struct finding finding;
        enum good good = judge_set(query, &message->rrsets[i], zone, &finding);

        if (good == BAD && message->rrsets[i]->type == TYPE_DS) {
            struct reasons why = val_reason_of(query, &finding, NULL);

            rrset_set_security(message->rrsets[i], SEC_BOGUS);
            return refuse(query, state, &why);
        }
        state->items[i].drop = good != GOOD;
        has_ds = has_ds || (good == GOOD && message->rrsets[i]->type == TYPE_DS);
    }
    if (!has_ds && !is_proven(query, state, zone))
        for (size_t i = 1; i < message->count[SECTION_AUTHORITY]; i++)
            state->items[i].drop = true;
    if (!val_drop_items(query, state))
        return val_no_memory(query, state);
    return val_accept(query, state, SEC_INSECURE);
}
