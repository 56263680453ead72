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

/* What refer.c has put behind the NS set. Before it stand proofs of aliases, judged with these. */
static size_t keys_begin(struct query *query)
{
    const struct message *message = message_of(query);
    size_t at = message->count[SECTION_ANSWER], end = at + message->count[SECTION_AUTHORITY];

    while (at < end && message->rrsets[at]->type != TYPE_NS)
        at++;
    return at < end ? at + 1 : end;
}

static size_t keys_end(struct query *query)
{
    const struct message *message = message_of(query);

    return (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];
}

/* Do the NSEC or NSEC3 records that are good prove that there is no DS? */
static bool is_proven(struct query *query, struct val_state *state, struct dname zone)
{
    const struct message *message = message_of(query);
    struct denial denial;
    bool begun = false;

    for (size_t i = keys_begin(query); i < keys_end(query); i++) {
        const struct rrset *set = message->rrsets[i];
        struct dname signer;

        if (state->items[i].drop || !sig_signer(set, &signer))
            continue;
        if (!begun)
            val_denial_begin(query, state, &denial, signer);
        begun = true;
        denial_add(&denial, set, false);
    }
    return begun && denial_of_ds(&denial, zone).what == DENIED_DS;
}

static enum step refuse(struct query *query, struct val_state *state,
                        const struct reasons *why)
{
    state->first_fault = *why;
    state->first_message = *message_of(query);
    state->first_expires_s = query->outcome.expires_s;
    return val_fail(query, state);
}

enum step val_judge_referral(struct query *query, struct val_state *state)
{
    struct message *message = message_of(query);
    size_t begin = keys_begin(query), end = keys_end(query);
    struct dname zone = begin == end ? dname_root : rrset_owner(message->rrsets[begin - 1]);
    bool has_ds = false;

    for (size_t i = begin; i < end; i++) {
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
        for (size_t i = begin; i < end; i++)
            state->items[i].drop = true;
    if (!val_drop_items(query, state))
        return val_no_memory(query, state);
    return val_accept(query, state, SEC_INSECURE);
}
