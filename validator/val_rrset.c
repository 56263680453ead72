/*
 * val_rrset.c - is this RRset of the answer good? By its signatures, by what it was made from,
 * or as insecure because of where it stands.
 *
 * Called by the state JUDGE for each RRset of the answer section, and by val_end.c for what is
 * to prove its end. Nothing is asked here: where keys have to be found first a walk of CHAIN is
 * begun, and the caller waits. What is good is published and takes its place in the message.
 */
#include "validator/val_judge_inside.h"

#include "util/wire/rdata.h"

/* An RRset known to be insecure is not looked at again while it is cached. */
static enum judged found_insecure(struct query *query, size_t i, struct val_item *item,
                                  const struct val_zone *zone)
{
    const struct rrset *set = set_at(query, i);

    val_bound_by_end(query, zone);
    if (rrset_security(set) == SEC_UNCHECKED && zone->ends_s == INT64_MAX)
        rrset_set_security(set, SEC_INSECURE);
    conclude(item, SEC_INSECURE);
    return JUDGED;
}

/* By the zone's keys. What is good is published and takes its place in the message. */
enum judged val_verify_set(struct query *query, struct val_state *state, size_t i,
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
        fault = val_fault_of(query, i, &verdict.finding);
        fault.is_final = verdict.exhausted;
        if (set->rrsig_count == 0)
            fault.stripped = zone->entry->zone;
        return bogus(state, fault);
    }
    val_explain_signed(query, zone->entry->zone, set, &verdict.good);
    item->is_expanded = verdict.good.is_expanded;
    item->closest_labels = verdict.good.closest_labels;
    if (item->is_expanded && !(is_proof(set) && i >= authority_begin(query))) {
        enum judged proven = val_prove_expansion(query, state, i, zone);

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
bool val_judge_cheaply(struct query *query, struct val_state *state, size_t i)
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
    fault = val_fault_of(query, i, &finding);
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
        return val_zone_of(query, state, target, true, zone);
    *zone = val_zone_find(state, place, false);
    if (*zone !=
        NULL) /* the walk went there: what it found says more than that something lacks */
        return JUDGED;
    /* First as far as the zone whose servers were asked: it shows whether they know DNSSEC. */
    if (source != NULL && source->server.family != ADDR_NONE &&
        dname_is_at_or_below(target, source->zone) &&
        anchors_of(val_env(query)->anchors, source->zone, query->question.qclass) != NULL) {
        judged = val_zone_of(query, state, source->zone, true, zone);
        if (judged != JUDGED)
            return judged;
    }
    if (is_stripped(query, i, &target))
        return stripped(query, state, i, target);
    return val_zone_of(query, state, place, false, zone);
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

enum judged val_judge_set(struct query *query, struct val_state *state, size_t i)
{
    const struct rrset *set = set_at(query, i);
    const struct val_zone *zone;
    struct dname signer;
    size_t from;
    enum judged judged;

    if (val_judge_cheaply(query, state, i))
        return JUDGED;
    if (made_from(query, set, &from)) {
        judged = val_judge_set(query, state, from);
        return judged == JUDGED ? as_good_as(query, state, i, from) : judged;
    }
    judged = sig_signer(set, &signer) ? val_zone_of(query, state, signer, true, &zone)
                                      : place_unsigned(query, state, i, &zone);
    if (judged != JUDGED)
        return judged;
    switch (zone->security) {
    case SEC_SECURE: return val_verify_set(query, state, i, zone);
    case SEC_BOGUS: return val_no_keys(query, state, zone, i);
    default:
        val_note(query, state, &zone->reasons);
        return found_insecure(query, i, &state->items[i], zone);
    }
}
