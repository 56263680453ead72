/*
 * val_judge.c - is this answer what the zones' owners signed? RFC 4035 section 5, part by part.
 *
 * Each RRset of the answer section is judged by the keys of the zone that signed it, an alias
 * chain over many zones part by part; what was expanded from a wildcard needs its proof, and so
 * does an end without data. The answer is as good as its weakest part. In the authority and
 * additional sections what cannot be verified is taken out of an answer that is otherwise
 * secure.
 *
 * Begins from the top whenever keys were fetched; items that were judged stay so.
 */
#include "validator/val_explain.h"

#include <string.h>

#include "util/wire/rdata.h"

enum judged {
    JUDGED,      /* the item's security is known */
    JUDGE_WAITS, /* keys have to be found first: CHAIN */
    JUDGE_BOGUS, /* state->fault says why */
    JUDGE_NO_MEMORY
};

enum { ALIAS_STEPS_MAX = 64, ASIDE_VERIFIED_MAX = 8 };

static struct message *message_of(struct query *query)
{
    return &query->outcome.message;
}

static const struct rrset *set_at(const struct query *query, size_t i)
{
    return query->outcome.message.rrsets[i];
}

static bool is_proof(const struct rrset *set)
{
    return set->type == TYPE_NSEC || set->type == TYPE_NSEC3;
}

static size_t authority_begin(const struct query *query)
{
    return query->outcome.message.count[SECTION_ANSWER];
}

static size_t authority_end(const struct query *query)
{
    return authority_begin(query) + query->outcome.message.count[SECTION_AUTHORITY];
}

/* ---- faults and notes ---- */

static struct val_fault fault_of(struct query *query, size_t i, const struct finding *finding)
{
    /* Where it is the clock, no server is to blame. */
    const struct outcome_source *source = finding->has_clock ? NULL : val_source(query, i);

    return (struct val_fault){
        .why = val_reason_of(query, finding, source), .set = i, .is_in_set = true};
}

static enum judged bogus(struct val_state *state, struct val_fault fault)
{
    state->fault = fault;
    return JUDGE_BOGUS;
}

static void note(struct query *query, struct val_state *state, const struct reasons *reasons)
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

static void conclude(struct val_item *item, enum security security)
{
    item->judged = true;
    item->security = security;
}

/* RFC 7646: what is insecure only for a time is not kept longer. */
static void bound_by_end(struct query *query, const struct val_zone *zone)
{
    query->outcome.expires_s = time_min(query->outcome.expires_s, zone->ends_s);
}

/* An RRset known to be insecure is not looked at again while it is cached. */
static enum judged found_insecure(struct query *query, size_t i, struct val_item *item,
                                  const struct val_zone *zone)
{
    const struct rrset *set = set_at(query, i);

    bound_by_end(query, zone);
    if (rrset_security(set) == SEC_UNCHECKED && zone->ends_s == INT64_MAX)
        rrset_set_security(set, SEC_INSECURE);
    conclude(item, SEC_INSECURE);
    return JUDGED;
}

/* ---- zones ---- */

/* @return JUDGED with the zone, or JUDGE_WAITS. */
static enum judged zone_of(struct query *query, struct val_state *state, struct dname target,
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
static enum judged no_keys(struct query *query, struct val_state *state,
                           const struct val_zone *zone, size_t i)
{
    if (!zone->exact && state->restarts == 0)
        query_forgive(query);
    return bogus(state,
                 (struct val_fault){.why = zone->reasons, .set = i, .is_final = zone->exact});
}

/* ---- one RRset ---- */

static enum judged prove_expansion(struct query *query, struct val_state *state, size_t i,
                                   const struct val_zone *zone);

/* By the zone's keys. What is good is published and takes its place in the message. */
static enum judged verify(struct query *query, struct val_state *state, size_t i,
                          const struct val_zone *zone)
{
    struct val_item *item = &state->items[i];
    const struct rrset *set = set_at(query, i);
    struct sig_check check = val_sig_check(query);
    struct sig_verdict verdict =
        sig_verify(&check, set, zone->entry->keys, val_needed(query, zone->entry));
    struct val_fault fault;

    if (verdict.security == SEC_INDETERMINATE)
        return JUDGE_NO_MEMORY;
    if (verdict.security != SEC_SECURE) {
        state->clock =
            clock_sense_set(&check, set, zone->entry->keys, &verdict.finding);
        fault = fault_of(query, i, &verdict.finding);
        fault.is_final = verdict.exhausted;
        if (set->rrsig_count == 0)
            fault.stripped = zone->entry->zone;
        return bogus(state, fault);
    }
    val_explain_signed(query, zone->entry->zone, set, &verdict.good);
    item->is_expanded = verdict.good.is_expanded;
    item->closest_labels = verdict.good.closest_labels;
    if (item->is_expanded && !(is_proof(set) && i >= authority_begin(query))) {
        enum judged proven = prove_expansion(query, state, i, zone);

        if (proven != JUDGED || item->security != SEC_SECURE)
            return proven;
    }
    if (item->is_expanded && is_proof(set)) {
        conclude(item, SEC_SECURE); /* proves nothing; not to be found in the cache as good */
        return JUDGED;
    }
    set = val_publish(query, set, &verdict.good);
    message_of(query)->rrsets[i] = set;
    if (item->is_expanded && val_env(query)->config->options->aggressive_nsec &&
        !query->outcome.uncacheable)
        proven_learn_wildcard(query->env->rrsets, set, item->closest_labels, query->arena,
                              query_now_s(query));
    conclude(item, SEC_SECURE);
    return JUDGED;
}

/* RFC 6672 section 5.3.1: a CNAME made from a DNAME has no signature; it is as good as the
 * DNAME. */
static bool made_from(const struct query *query, const struct rrset *alias, size_t *from)
{
    size_t count = authority_begin(query);
    uint8_t storage[DNAME_MAX];
    struct dname to, target, made;

    if (alias->type != TYPE_CNAME || alias->rrsig_count != 0 || alias->rr_count != 1 ||
        !rdata_target(rrset_rdata(alias, 0), TYPE_CNAME, &target))
        return false;
    for (*from = 0; *from < count; ++*from) {
        const struct rrset *set = set_at(query, *from);

        if (set->type == TYPE_DNAME && set->rr_count == 1 &&
            dname_is_below(rrset_owner(alias), rrset_owner(set)) &&
            rdata_target(rrset_rdata(set, 0), TYPE_DNAME, &to) &&
            dname_replace_suffix(rrset_owner(alias), rrset_owner(set), to, storage, &made) ==
                STATUS_OK &&
            dname_equal(made, target))
            return true;
    }
    return false;
}

/* RFC 4034 section 3: signatures are not signed, so what consists of them is never secure. */
static bool cannot_be_signed(const struct rrset *set)
{
    return set->type == TYPE_RRSIG || set->type == TYPE_SIG;
}

static bool is_answer(const struct query *query, size_t i)
{
    return i < authority_begin(query);
}

/* What needs no keys. @return whether the item is judged now. */
static bool judge_cheaply(struct query *query, struct val_state *state, size_t i)
{
    struct val_item *item = &state->items[i];
    const struct rrset *set = set_at(query, i), *known;
    enum security security = rrset_security(set);

    if (item->judged)
        return true;
    /* What was made from a wildcard is as good as the proof that stands beside it this time. */
    if (security == SEC_SECURE && is_answer(query, i) && denial_is_expanded(set))
        return false;
    if (security == SEC_SECURE || security == SEC_INSECURE) {
        conclude(item, security);
        return true;
    }
    if (cannot_be_signed(set)) {
        conclude(item, SEC_INSECURE);
        return true;
    }
    known =
        is_answer(query, i) && denial_is_expanded(set) ? NULL : val_known_secure(query, set);
    if (known != NULL) {
        message_of(query)->rrsets[i] = known;
        conclude(item, SEC_SECURE);
        return true;
    }
    return false;
}

static bool is_known_signed(struct query *query, struct dname zone)
{
    uint16_t rrclass = query->question.qclass;
    const struct key_entry *entry =
        key_cache_ref(val_env(query)->keys, zone, rrclass, query_now_s(query));
    bool is_signed = entry != NULL ? entry->security == SEC_SECURE
                                   : anchors_of(val_env(query)->anchors, zone, rrclass) != NULL;

    key_entry_unref(entry);
    return is_signed;
}

/*
 * Was the answer robbed of its signatures? Only where the server has said itself, in the same
 * answer, that it speaks for a zone that is known to be signed, or was caught before: then no
 * question for an unsigned zone below is needed, which a server that knows no DNSSEC could not
 * answer anyway.
 */
static bool is_stripped(struct query *query, size_t i, struct dname *zone)
{
    const struct outcome_source *source = val_source(query, i);
    struct infra infra;

    if (source == NULL || source->server.family == ADDR_NONE ||
        !dname_is_at_or_below(rrset_owner(set_at(query, i)), source->zone) ||
        !is_known_signed(query, source->zone))
        return false;
    *zone = source->zone;
    infra_get(query->env->infra, &source->server, source->zone, query_now_ms(query), &infra);
    if (infra.dnssec_lame)
        return true;
    for (size_t k = authority_begin(query); k < authority_end(query); k++) {
        const struct rrset *set = set_at(query, k);

        if ((set->type == TYPE_NS || set->type == TYPE_SOA) && set->rrsig_count == 0 &&
            dname_equal(rrset_owner(set), source->zone))
            return true;
    }
    return false;
}

static enum judged stripped(struct query *query, struct val_state *state, size_t i,
                            struct dname zone)
{
    const struct rrset *set = set_at(query, i);
    struct finding finding =
        finding_of(EDE_RRSIGS_MISSING, "sig=missing", rrset_owner(set), set->type);
    struct val_fault fault;

    finding.zone = zone;
    fault = fault_of(query, i, &finding);
    fault.stripped = zone;
    return bogus(state, fault);
}

/* RFC 6672 section 2.4: below a DNAME there is neither data nor a cut, so what is said of a
 * name there is the DNAME's zone's word. */
static bool is_below_dname(const struct query *query, const struct val_state *state, size_t i,
                           struct dname *zone)
{
    for (size_t k = 0; k < i && k < authority_begin(query); k++)
        if (set_at(query, k)->type == TYPE_DNAME && state->items[k].security == SEC_SECURE &&
            dname_is_below(rrset_owner(set_at(query, i)), rrset_owner(set_at(query, k))) &&
            sig_signer(set_at(query, k), zone))
            return true;
    return false;
}

/* An RRset without signatures: where it belongs, or that it was robbed of them. */
static enum judged place_unsigned(struct query *query, struct val_state *state, size_t i,
                                  const struct val_zone **zone)
{
    const struct outcome_source *source = val_source(query, i);
    struct dname target = rrset_owner(set_at(query, i));
    /* RFC 4035 section 3.1.4.1: DS lives in the parent's zone. */
    struct dname place = set_at(query, i)->type == TYPE_DS ? dname_parent(target) : target;
    enum judged judged;

    if (is_below_dname(query, state, i, &target))
        return zone_of(query, state, target, true, zone);
    *zone = val_zone_find(state, place, false);
    if (*zone !=
        NULL) /* the walk went there: what it found says more than that something lacks */
        return JUDGED;
    /* First as far as the zone whose servers were asked: it shows whether they know DNSSEC. */
    if (source != NULL && source->server.family != ADDR_NONE &&
        dname_is_at_or_below(target, source->zone) &&
        anchors_of(val_env(query)->anchors, source->zone, query->question.qclass) != NULL) {
        judged = zone_of(query, state, source->zone, true, zone);
        if (judged != JUDGED)
            return judged;
    }
    if (is_stripped(query, i, &target))
        return stripped(query, state, i, target);
    return zone_of(query, state, place, false, zone);
}

/* RFC 6672 section 3.1: its TTL is the DNAME's, which is what the signature bounds. */
static enum judged as_good_as(struct query *query, struct val_state *state, size_t i,
                              size_t from)
{
    const struct rrset *set = set_at(query, i), *source = set_at(query, from);
    struct rrset *copy;

    conclude(&state->items[i], state->items[from].security);
    if (state->items[i].security != SEC_SECURE || set->expires_s <= source->expires_s)
        return JUDGED;
    copy = rrset_copy_in(query->arena, set);
    if (copy == NULL)
        return JUDGE_NO_MEMORY;
    copy->expires_s = source->expires_s;
    copy->ttl_s = (uint32_t)size_min(copy->ttl_s, source->ttl_s);
    message_of(query)->rrsets[i] = copy;
    return JUDGED;
}

static enum judged judge_set(struct query *query, struct val_state *state, size_t i)
{
    const struct rrset *set = set_at(query, i);
    const struct val_zone *zone;
    struct dname signer;
    size_t from;
    enum judged judged;

    if (judge_cheaply(query, state, i))
        return JUDGED;
    if (made_from(query, set, &from)) {
        judged = judge_set(query, state, from);
        return judged == JUDGED ? as_good_as(query, state, i, from) : judged;
    }
    judged = sig_signer(set, &signer) ? zone_of(query, state, signer, true, &zone)
                                      : place_unsigned(query, state, i, &zone);
    if (judged != JUDGED)
        return judged;
    switch (zone->security) {
    case SEC_SECURE: return verify(query, state, i, zone);
    case SEC_BOGUS: return no_keys(query, state, zone, i);
    default:
        note(query, state, &zone->reasons);
        return found_insecure(query, i, &state->items[i], zone);
    }
}

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
        if (!judge_cheaply(query, state, i) && verified++ < DENIAL_RECORDS_MAX)
            judged = verify(query, state, i, zone);
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
    struct val_fault fault = fault_of(query, i, &proof->finding);

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
    note(query, state, &why);
}

/* RFC 4035 section 5.3.4: nothing may be nearer to the name than the wildcard. */
static enum judged prove_expansion(struct query *query, struct val_state *state, size_t i,
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
static struct dname last_name(const struct query *query, bool *has_data)
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

static size_t soa_place(const struct query *query)
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
    size_t i = soa_place(query);
    bool has_soa = i < authority_end(query);
    struct finding finding =
        has_soa ? finding_of(EDE_RRSIGS_MISSING, "sig=missing", rrset_owner(set_at(query, i)),
                             TYPE_SOA)
                : finding_of(EDE_NSEC_MISSING, "proof=none", name, query->question.qtype);
    struct val_fault fault;

    finding.zone = zone->entry->zone;
    fault = fault_of(query, i, &finding);
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
    size_t i = soa_place(query);

    if (i == authority_end(query) || judge_cheaply(query, state, i))
        return JUDGED;
    if (security != SEC_SECURE &&
        dname_is_below(rrset_owner(set_at(query, i)), zone->entry->zone))
        return JUDGED;
    return verify(query, state, i, zone);
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
    size_t i = soa_place(query);

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
    judged = zone_of(query, state, target, false, &zone);
    if (judged == JUDGED && zone->security == SEC_INSECURE) {
        note(query, state, &zone->reasons);
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

static enum judged judge_denial(struct query *query, struct val_state *state, struct dname name,
                                enum security *security)
{
    struct dname target = query->question.qtype == TYPE_DS ? dname_parent(name) : name;
    bool is_signed = denier(query, name, &target);
    const struct val_zone *zone;
    enum judged judged = zone_of(query, state, target, is_signed, &zone);

    if (judged != JUDGED)
        return judged;
    switch (zone->security) {
    case SEC_BOGUS: return no_keys(query, state, zone, authority_begin(query));
    case SEC_SECURE:
        return is_signed ? judge_proof(query, state, zone, name, security)
                         : nothing_signed(query, state, name, zone);
    default:
        note(query, state, &zone->reasons);
        bound_by_end(query, zone);
        *security = SEC_INSECURE;
        return JUDGED;
    }
}

/* ---- what stands beside the answer ---- */

/* Verified with keys that are at hand; nothing is fetched for it. @param left so many more may be. */
static bool is_good_aside(struct query *query, struct val_state *state, size_t i,
                          unsigned *left)
{
    const struct rrset *set = set_at(query, i);
    const struct val_zone *zone;
    struct dname signer;

    if (judge_cheaply(query, state, i))
        return state->items[i].security == SEC_SECURE && !state->items[i].is_expanded;
    if (!sig_signer(set, &signer) || state->items[i].failed)
        return false;
    zone = val_zone_find(state, signer, true);
    if (zone == NULL || zone->security != SEC_SECURE || *left == 0)
        return false;
    --*left;
    if (verify(query, state, i, zone) == JUDGED)
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
        soa_place(query) != authority_end(query))
        return false;
    (void)last_name(query, &has_data);
    return !has_data;
}

static enum judged judge_all(struct query *query, struct val_state *state,
                             enum security *security)
{
    struct dname name;
    bool has_data;

    *security = SEC_SECURE;
    for (size_t i = 0; i < authority_begin(query); i++) {
        enum judged judged = judge_set(query, state, i);

        if (judged != JUDGED)
            return judged;
        if (state->items[i].security != SEC_SECURE)
            *security = SEC_INSECURE;
    }
    if (is_referral(query))
        return JUDGED;
    name = last_name(query, &has_data);
    if (message_of(query)->rcode == RCODE_NXDOMAIN ||
        (message_of(query)->rcode == RCODE_NOERROR && !has_data)) {
        enum security denied = SEC_SECURE;
        enum judged judged = judge_denial(query, state, name, &denied);

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
