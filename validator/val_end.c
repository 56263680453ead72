/*
 * val_end.c - do the NSEC and NSEC3 records of the authority section prove what the answer says
 * is not there? RFC 4035 section 5.4, RFC 5155 section 8.
 *
 * Called by the state JUDGE where the answer ends without the data asked for, and by
 * val_rrset.c for what was expanded from a wildcard. Here the records are chosen by zone and
 * verified, as many as a denial looks at; what they prove is denial.c's to say.
 */
#include "validator/val_judge_inside.h"

#include "util/wire/rdata.h"

enum { ALIAS_STEPS_MAX = 64 };

/* ---- proofs ---- */

/* Adds what the zone signed of the authority section, as many records as denials look at. What is
 * bad is remembered, not fatal: the proof may do without. */
static enum judged gather(struct query *query, struct val_state *state,
                          const struct val_zone *zone, struct denial *denial)
{
    unsigned verified = 0;

    val_denial_begin(query, state, denial, zone->entry->zone);
    for (size_t i = authority_begin(query); i < authority_end(query); i++) {
        const struct rrset *set = set_at(query, i);
        struct val_item *item = &state->items[i];
        struct dname signer;
        enum judged judged = JUDGED;

        if (!is_proof(set) || item->failed)
            continue;
        if (set->rrsig_count == 0) {
            denial_add_unsigned(denial);
            continue;
        }
        if (!sig_signer(set, &signer) || !dname_equal(signer, zone->entry->zone))
            continue;
        if (!val_judge_cheaply(query, state, i) && verified++ < DENIAL_RECORDS_MAX)
            judged = val_verify_set(query, state, i, zone);
        if (judged == JUDGE_NO_MEMORY)
            return judged;
        if (judged == JUDGE_BOGUS) {
            item->failed = true;
            if (state->proof_fault.why.count == 0)
                state->proof_fault = state->fault;
            state->fault = (struct val_fault){0};
            if (query->budget->left[COST_FAILED_SIGNATURES] < VAL_FAILURES_FOR_RETRY)
                break; /* another server may have a better proof, which must be paid for, too */
            continue;
        }
        if (item->security == SEC_SECURE)
            denial_add(denial, set_at(query, i), item->is_expanded);
    }
    return JUDGED;
}

/* The proof does not hold: because of a bad signature in it, or as it is. */
static enum judged not_proven(struct query *query, struct val_state *state,
                              const struct proof *proof, size_t i)
{
    struct val_fault fault = val_fault_of(query, i, &proof->finding);

    if (state->proof_fault.why.count > 0)
        return bogus(state, state->proof_fault);
    fault.is_in_set = false;
    fault.is_final = proof->exhausted;
    return bogus(state, fault);
}

/* Insecure by opt-out or by iterations; the latter is told. */
static void note_proof(struct query *query, struct val_state *state, const struct proof *proof)
{
    struct reasons why;

    if (finding_is_none(&proof->finding))
        return;
    why = val_reason_of(query, &proof->finding, NULL);
    val_note(query, state, &why);
}

/* RFC 4035 section 5.3.4: nothing may be nearer to the name than the wildcard. */
enum judged val_prove_expansion(struct query *query, struct val_state *state, size_t i,
                                const struct val_zone *zone)
{
    struct val_item *item = &state->items[i];
    const struct rrset *set = set_at(query, i);
    struct denial denial;
    struct proof proof;
    enum judged gathered = gather(query, state, zone, &denial);

    if (gathered != JUDGED)
        return gathered;
    proof = denial_of_closer(&denial, rrset_owner(set), item->closest_labels);
    if (proof.what == DENIED_NOTHING) {
        proof.finding.name = rrset_owner(set);
        proof.finding.type = set->type;
        return not_proven(query, state, &proof, i);
    }
    val_explain_denied(query, zone->entry->zone, rrset_owner(set), set->type, &proof);
    note_proof(query, state, &proof);
    conclude(item, proof.security);
    return JUDGED;
}

/* ---- the end of the answer ---- */

/* Where the aliases lead, and whether there are the data asked for. */
struct dname val_last_name(const struct query *query, bool *has_data)
{
    struct dname name = query->question.qname;
    uint16_t qtype = query->question.qtype;
    const struct message *message = &query->outcome.message;

    *has_data = false;
    for (unsigned steps = 0; steps < ALIAS_STEPS_MAX; steps++) {
        const struct rrset *alias = message_find(message, SECTION_ANSWER, name, TYPE_CNAME);

        for (size_t i = 0; i < message->count[SECTION_ANSWER]; i++)
            if (dname_equal(rrset_owner(message->rrsets[i]), name) &&
                (qtype == TYPE_ANY || message->rrsets[i]->type == qtype))
                *has_data = true;
        if ((*has_data && message->rcode != RCODE_NXDOMAIN) || alias == NULL ||
            alias->rr_count == 0 || !rdata_target(rrset_rdata(alias, 0), TYPE_CNAME, &name))
            break;
    }
    return name;
}

/* The zone that speaks in the authority section: who signed the SOA or proofs there. The
 * deepest one: proofs of aliases on the way, and of the parent's side of a cut, stand here,
 * too. */
static bool denier(const struct query *query, struct dname name, struct dname *signer)
{
    bool found = false;

    for (size_t i = authority_begin(query); i < authority_end(query); i++) {
        const struct rrset *set = set_at(query, i);
        struct dname one;

        if ((!is_proof(set) && set->type != TYPE_SOA) || !sig_signer(set, &one) ||
            !dname_is_at_or_below(name, one))
            continue;
        if (!found || one.labels > signer->labels)
            *signer = one;
        found = true;
    }
    return found;
}

size_t val_soa_place(const struct query *query)
{
    size_t i = authority_begin(query);

    while (i < authority_end(query) && set_at(query, i)->type != TYPE_SOA)
        i++;
    return i;
}

/* Nothing in the authority section is signed although the zone is. */
static enum judged nothing_signed(struct query *query, struct val_state *state,
                                  struct dname name, const struct val_zone *zone)
{
    size_t i = val_soa_place(query);
    bool has_soa = i < authority_end(query);
    struct finding finding =
        has_soa ? finding_of(EDE_RRSIGS_MISSING, "sig=missing", rrset_owner(set_at(query, i)),
                             TYPE_SOA)
                : finding_of(EDE_NSEC_MISSING, "proof=none", name, query->question.qtype);
    struct val_fault fault;

    finding.zone = zone->entry->zone;
    fault = val_fault_of(query, i, &finding);
    fault.is_in_set = false;
    /* An empty answer, as some give to odd types, does not show a server without signatures. */
    if (has_soa && dname_equal(rrset_owner(set_at(query, i)), zone->entry->zone))
        fault.stripped = zone->entry->zone;
    return bogus(state, fault);
}

static struct proof prove_end(struct query *query, struct denial *denial, struct dname name)
{
    struct message *message = message_of(query);
    uint16_t qtype = query->question.qtype;
    struct proof proof, other;

    if (message->rcode != RCODE_NXDOMAIN)
        return denial_of_type(denial, name, qtype);
    proof = denial_of_name(denial, name);
    if (proof.what != DENIED_NOTHING)
        return proof;
    /* The name is there after all, or a compact denial (RFC 9824) says NXDOMAIN in its own way.
     */
    other = denial_of_type(denial, name, qtype);
    if (other.what == DENIED_NOTHING || other.security != SEC_SECURE)
        return proof;
    if (!other.no_name)
        message->rcode = RCODE_NOERROR;
    return other;
}

/* Where the proof shows that all below is insecure, an alias may have led to the SOA of a zone
 * there, which these keys have not signed. */
static enum judged judge_soa(struct query *query, struct val_state *state,
                             const struct val_zone *zone, enum security security)
{
    size_t i = val_soa_place(query);

    if (i == authority_end(query) || val_judge_cheaply(query, state, i))
        return JUDGED;
    if (security != SEC_SECURE &&
        dname_is_below(rrset_owner(set_at(query, i)), zone->entry->zone))
        return JUDGED;
    return val_verify_set(query, state, i, zone);
}

/* An alias may lead below a cut that these very records show to be unsigned: the server, which
 * has both zones, has then spoken for the child, from which no proof can come. */
static bool leads_to_insecure(const struct query *query, struct denial *denial,
                              struct dname name)
{
    if (authority_begin(query) == 0 || denial->unsigned_count > 0)
        return false;
    for (unsigned labels = denial->zone.labels + 1u; labels <= name.labels; labels++)
        if (denial_of_ds(denial, dname_ancestor(name, (uint8_t)labels)).what == DENIED_DS)
            return true;
    return false;
}

/* The proofs may be those of aliases on the way, and the end in a zone further down that has
 * not signed its SOA. */
static bool may_end_below(const struct query *query, struct dname name, struct dname signer)
{
    size_t i = val_soa_place(query);

    return i < authority_end(query) && set_at(query, i)->rrsig_count == 0 &&
           dname_is_below(rrset_owner(set_at(query, i)), signer) &&
           dname_is_at_or_below(name, rrset_owner(set_at(query, i)));
}

/* @param insecure whether it does, and that zone is. */
static enum judged end_below(struct query *query, struct val_state *state, struct dname name,
                             struct dname signer, bool *insecure)
{
    struct dname target = query->question.qtype == TYPE_DS ? dname_parent(name) : name;
    const struct val_zone *zone;
    enum judged judged;

    *insecure = false;
    if (!may_end_below(query, name, signer))
        return JUDGED;
    judged = val_zone_of(query, state, target, false, &zone);
    if (judged == JUDGED && zone->security == SEC_INSECURE) {
        val_note(query, state, &zone->reasons);
        *insecure = true;
    }
    return judged;
}

/* The zone is secure: its proof, then its SOA. */
static enum judged judge_proof(struct query *query, struct val_state *state,
                               const struct val_zone *zone, struct dname name,
                               enum security *security)
{
    struct denial denial;
    struct proof proof;
    enum judged judged = gather(query, state, zone, &denial);

    if (judged != JUDGED)
        return judged;
    proof = prove_end(query, &denial, name);
    if (proof.what == DENIED_NOTHING) {
        bool insecure = leads_to_insecure(query, &denial, name);

        if (!insecure)
            judged = end_below(query, state, name, zone->entry->zone, &insecure);
        if (judged != JUDGED || insecure) {
            *security = SEC_INSECURE;
            return judged;
        }
        proof.finding.name = name;
        proof.finding.type = query->question.qtype;
        return not_proven(query, state, &proof, authority_begin(query));
    }
    if (proof.security != SEC_SECURE && denial.unsigned_count > 0) {
        proof.finding =
            finding_of(EDE_RRSIGS_MISSING, "proof=unsigned", name, query->question.qtype);
        proof.finding.zone = denial.zone;
        return not_proven(query, state, &proof, authority_begin(query));
    }
    val_explain_denied(query, zone->entry->zone, name, query->question.qtype, &proof);
    note_proof(query, state, &proof);
    *security = proof.security;
    return judge_soa(query, state, zone, *security);
}

enum judged val_judge_denial(struct query *query, struct val_state *state, struct dname name,
                             enum security *security)
{
    struct dname target = query->question.qtype == TYPE_DS ? dname_parent(name) : name;
    bool is_signed = denier(query, name, &target);
    const struct val_zone *zone;
    enum judged judged = val_zone_of(query, state, target, is_signed, &zone);

    if (judged != JUDGED)
        return judged;
    switch (zone->security) {
    case SEC_BOGUS: return val_no_keys(query, state, zone, authority_begin(query));
    case SEC_SECURE:
        return is_signed ? judge_proof(query, state, zone, name, security)
                         : nothing_signed(query, state, name, zone);
    default:
        val_note(query, state, &zone->reasons);
        val_bound_by_end(query, zone);
        *security = SEC_INSECURE;
        return JUDGED;
    }
}
