/*
 * chain.c - the walk down from a trust anchor to the zone whose keys are wanted.
 *
 * RFC 4035 section 5: the keys of a zone are trusted because a DS of its parent, validated,
 * names one of them. Each step finds the next cut: by the NS sets that are known from
 * resolving, by the signer that is looked for, or (careful) label by label. DS and DNSKEY sets
 * come out of the RRset cache or by sub-questions without judgement; they are judged here, and
 * what is good is kept in the key cache. Bad data is fetched anew from other servers a few
 * times.
 *
 * The walk ends with the deepest zone at or above the target whose keys are trusted (secure),
 * with the proof that a cut on the way is unsigned (insecure), or with a reason why neither
 * (bogus).
 */
#include "validator/chain_fetch.h"

#include <string.h>

#include "util/wire/rdata.h"
#include "validator/key_match.h"

void val_chain_begin(struct query *query, struct val_state *state, struct dname target,
                     bool exact)
{
    key_entry_unref(state->chain.at);
    state->chain = (struct val_chain){.target = query_own_name(query, target),
                                      .exact = exact};
    val_go(query, state, VAL_CHAIN);
}

/* ---- where the walk begins ---- */

static struct reasons nta_reason(struct query *query, const struct negative_anchor *negative)
{
    return val_reason(
        query, EDE_NEGATIVE_TRUST_ANCHOR,
        arena_printf(query->arena, "nta=%s", reason_name(query->arena, negative->zone)));
}

/* RFC 7646 section 2: when its time is over everything is validated again, what is cached, too.
 */
static enum chained end_suspended(struct query *query, struct val_state *state,
                                  const struct negative_anchor *negative)
{
    struct world *world = query->env->world;
    struct reasons reasons = nta_reason(query, negative);
    enum chained ended = chain_end(query, state, SEC_INSECURE, NULL, &reasons);

    if (ended == CHAIN_ENDED && negative->expires_s != 0)
        state->zones->ends_s = query_now_s(query) + negative->expires_s - world->wall_s(world);
    return ended;
}

static enum chained take_entry(struct query *query, struct val_state *state,
                               const struct key_entry *entry)
{
    struct val_chain *chain = &state->chain;

    if (entry->security == SEC_INSECURE)
        val_explain_insecure(query, entry->zone, entry->reasons);
    if (entry->security != SEC_SECURE)
        return chain_end(query, state, entry->security, entry, entry->reasons);
    key_entry_unref(chain->at);
    chain->at = entry;
    chain->checked = entry->zone;
    chain->phase = CHAIN_NEXT;
    return CHAINED;
}

static enum chained find_place(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    const struct validator_env *env = val_env(query);
    struct anchor_found found = val_anchor_find(query, chain->target);
    const struct key_entry *entry = NULL;

    if (found.negative != NULL)
        return end_suspended(query, state, found.negative);
    if (found.anchor == NULL)
        return chain_end(query, state, SEC_INSECURE, NULL, NULL);
    if (!val_is_probe(query, found.anchor))
        entry = key_cache_closest_ref(env->keys, &query->names, chain->target,
                                      found.anchor->zone, chain_class(query), query_now_s(query));
    if (entry != NULL) {
        val_explain_keys(query, entry, NULL, false);
        return take_entry(query, state, entry);
    }
    chain->anchor = found.anchor;
    chain->candidate = found.anchor->zone;
    chain->phase = CHAIN_ANCHOR;
    return CHAINED;
}

/* ---- keys ---- */

static struct dname if_stripped(const struct rrset *set, struct dname zone)
{
    static const struct dname none;

    return set == NULL || set->rrsig_count == 0 ? zone : none;
}

/* RFC 2308 section 2.2: that something is not there is said with an SOA. Without it, and
 * without anything else, what was there was taken away on the way. */
static void explain_emptied(const struct val_fetch *fetch, struct finding *finding)
{
    const struct message *message = fetch->set != NULL ? NULL : chain_fetched_message(fetch);

    if (message == NULL || message->count[SECTION_ANSWER] != 0 ||
        message->count[SECTION_AUTHORITY] != 0)
        return;
    finding->ede = EDE_RRSIGS_MISSING;
    finding->cause = "sig=missing";
}

/* The DNSKEY set is judged by the DS set, or at the top by the anchor. */
static enum chained take_keys(struct query *query, struct val_state *state,
                              struct key_verdict *verdict, const struct rrset *dnskeys,
                              int64_t expires_s, bool alone)
{
    struct val_chain *chain = &state->chain;
    const struct outcome_source *source = chain_fetched_from(&chain->fetch, false);
    const struct key_entry *entry;
    struct reasons why;

    if (verdict->security == SEC_INDETERMINATE)
        return CHAIN_NO_MEMORY;
    if (verdict->exhausted)
        return chain_verified_enough(query, state, &verdict->finding, source, alone);
    if (verdict->security == SEC_BOGUS) {
        explain_emptied(&chain->fetch, &verdict->finding);
        /* Of the clock it is no server that is to blame. */
        why =
            val_reason_of(query, &verdict->finding, verdict->finding.has_clock ? NULL : source);
        return chain_fetch_again(query, state, &why, source,
                                 if_stripped(dnskeys, chain->candidate), false);
    }
    if (verdict->security == SEC_INSECURE) {
        why = val_reason_of(query, &verdict->finding, NULL);
        return chain_end_insecure(query, state, &why, expires_s);
    }
    dnskeys = rrset_security(dnskeys) == SEC_SECURE
                  ? dnskeys
                  : val_publish(query, dnskeys, &verdict->good);
    zone_keys_rest_on(verdict->keys, dnskeys);
    entry = key_cache_store_secure(val_env(query)->keys, chain->candidate, chain_class(query),
                                   verdict->keys, &verdict->algorithms,
                                   time_min(expires_s, dnskeys->expires_s));
    zone_keys_unref(verdict->keys);
    if (entry != NULL)
        val_explain_keys(query, entry, &verdict->good, chain->phase == CHAIN_ANCHOR);
    return entry == NULL ? CHAIN_NO_MEMORY : take_entry(query, state, entry);
}

static enum chained judge_anchor(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    enum chained got = chain_fetch(query, state, chain->candidate, TYPE_DNSKEY);
    bool alone = chain_nothing_has_failed(query);
    const struct rrset *dnskeys;
    struct key_verdict verdict;

    if (got != CHAIN_HAS)
        return got;
    if (chain_fetch_has_failed(&chain->fetch))
        return chain_fetch_failed(query, state);
    dnskeys = chain_fetched_set(&chain->fetch, TYPE_DNSKEY);
    if (!val_anchor_judge(query, chain->anchor, dnskeys, &verdict)) {
        chain->phase = CHAIN_PLACE;
        return CHAINED;
    }
    if (chain->fetch.tries == 0 && verdict.security != SEC_INSECURE)
        val_anchor_signal(query, chain->anchor);
    if (verdict.security == SEC_BOGUS) {
        struct sig_check check = val_sig_check(query);

        chain->clock =
            clock_sense_keys(query, &check, dnskeys, chain->anchor, &verdict.finding);
    }
    return take_keys(query, state, &verdict, dnskeys, INT64_MAX, alone);
}

static enum chained judge_keys(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    enum chained got = chain_fetch(query, state, chain->candidate, TYPE_DNSKEY);
    struct sig_check check = val_sig_check(query);
    bool alone = chain_nothing_has_failed(query);
    const struct rrset *dnskeys;
    struct key_verdict verdict;

    if (got != CHAIN_HAS)
        return got;
    if (chain_fetch_has_failed(&chain->fetch))
        return chain_fetch_failed(query, state);
    dnskeys = chain_fetched_set(&chain->fetch, TYPE_DNSKEY);
    verdict = keys_verify_by_ds(&check, dnskeys, chain->ds);
    return take_keys(query, state, &verdict, dnskeys, chain->ds->expires_s, alone);
}

/* ---- the next cut ---- */

/* The nearest cut below `labels` on the way to the target that resolving has come by. */
static bool known_cut(struct query *query, const struct val_chain *chain, unsigned labels,
                      struct dname *cut)
{
    while (labels < chain->target.labels) {
        const struct rrset *ns;

        *cut = dname_ancestor(chain->target, (uint8_t)++labels);
        ns = rrset_cache_find(query->env->rrsets, *cut, TYPE_NS, chain_class(query),
                              RRSET_PLAIN, query_now_s(query), 0);
        rrset_unref(ns);
        if (ns != NULL)
            return true;
    }
    return false;
}

static enum chained choose_next(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    unsigned labels = chain->checked.labels;

    if (labels >= chain->target.labels)
        return chain_end_secure(query, state);
    chain->candidate = dname_ancestor(chain->target, (uint8_t)(labels + 1));
    if (chain->via.wire != NULL && chain->via.labels > labels)
        chain->candidate = chain->via;
    else if (!chain->careful && !known_cut(query, chain, labels, &chain->candidate))
        chain->candidate =
            chain->exact ? chain->target : dname_ancestor(chain->target, (uint8_t)(labels + 1));
    chain->phase = CHAIN_DS;
    return CHAINED;
}

/* The candidate was far down and what came of it is of no use: label by label, then. */
static bool turn_careful(struct val_chain *chain)
{
    if (chain->careful || chain->candidate.labels <= chain->checked.labels + 1)
        return false;
    chain->careful = true;
    chain->via.wire = NULL;
    chain->fetch = (struct val_fetch){0};
    chain->phase = CHAIN_NEXT;
    return true;
}

/* Between the trusted zone and the candidate is another zone, whose signature this is. */
static bool goes_via(struct val_chain *chain, struct dname signer)
{
    if (signer.labels <= chain->checked.labels || signer.labels >= chain->candidate.labels ||
        !dname_is_at_or_below(chain->candidate, signer))
        return false;
    chain->via = signer;
    chain->phase = CHAIN_NEXT;
    return true;
}

/* ---- DS ---- */

/* What came beside a referral was no proof: that is for the question itself to bring. */
static bool ask_after_all(struct val_fetch *fetch)
{
    if (!fetch->by_referral || fetch->proven == NULL)
        return false;
    fetch->proven = NULL;
    return true;
}

static enum chained ds_is_bad(struct query *query, struct val_state *state,
                              const struct reasons *why, bool denial, struct dname stripped)
{
    if (ask_after_all(&state->chain.fetch))
        return CHAINED;
    if (turn_careful(&state->chain))
        return CHAINED;
    return chain_fetch_again(query, state, why, chain_fetched_from(&state->chain.fetch, denial),
                             stripped, !denial && stripped.wire == NULL);
}

static enum chained take_ds(struct query *query, struct val_state *state,
                            const struct rrset *ds)
{
    struct val_chain *chain = &state->chain;
    struct finding finding;
    struct reasons why;

    if (ds_support(val_env(query)->config->crypto, ds, &finding) != SEC_SECURE) {
        why = val_reason_of(query, &finding, NULL);
        return chain_end_insecure(query, state, &why, ds->expires_s);
    }
    val_explain_ds(query, chain->candidate, ds);
    chain->ds = ds;
    chain->phase = CHAIN_KEYS;
    return CHAINED;
}

/* An RRset of the parent's zone: CHAIN_HAS, it is good; CHAINED, it is of a zone between, or
 * bad and *why says so. */
static enum chained check_set(struct query *query, struct val_state *state,
                              const struct rrset **set, bool denial, struct reasons *why,
                              bool *is_bad)
{
    struct val_chain *chain = &state->chain;
    struct sig_check check = val_sig_check(query);
    struct sig_verdict verdict;
    struct dname signer;

    *is_bad = false;
    if (sig_signer(*set, &signer)) {
        if (goes_via(chain, signer))
            return CHAINED;
        if (rrset_security(*set) == SEC_SECURE && dname_equal(signer, chain->at->zone))
            return CHAIN_HAS;
    }
    verdict = sig_verify(&check, *set, chain->at->keys, val_needed(query, chain->at));
    if (verdict.security == SEC_INDETERMINATE)
        return CHAIN_NO_MEMORY;
    if (verdict.exhausted)
        return chain_verified_enough(query, state, &verdict.finding,
                                     chain_fetched_from(&chain->fetch, denial), false);
    /* Not kept for others: its proof is still to come. */
    if (verdict.security == SEC_SECURE && verdict.good.is_expanded &&
        (*set)->type == TYPE_CNAME)
        return CHAIN_HAS;
    if (verdict.security == SEC_SECURE && verdict.good.is_expanded) {
        /* RFC 4592 section 4.6: a wildcard makes no delegations. */
        verdict.security = SEC_BOGUS;
        verdict.finding =
            finding_of(EDE_DNSSEC_BOGUS, "sig=bad-labels", rrset_owner(*set), (*set)->type);
    }
    if (verdict.security == SEC_SECURE) {
        val_explain_signed(query, chain->at->zone, *set, &verdict.good);
        *set = val_publish(query, *set, &verdict.good);
        return CHAIN_HAS;
    }
    *is_bad = true;
    chain->clock = clock_sense_set(&check, *set, chain->at->keys, &verdict.finding);
    *why =
        val_reason_of(query, &verdict.finding,
                      chain->clock.is_wrong ? NULL : chain_fetched_from(&chain->fetch, denial));
    return CHAINED;
}

/* The same where a bad one is of no use. */
static enum chained verify(struct query *query, struct val_state *state,
                           const struct rrset **set, bool denial)
{
    struct reasons why;
    bool is_bad;
    enum chained good = check_set(query, state, set, denial, &why, &is_bad);

    return is_bad
               ? ds_is_bad(query, state, &why, denial, if_stripped(*set, state->chain.at->zone))
               : good;
}

/* What a walk meets that is no delegation: the same keys go on for the names below. */
static enum chained no_cut_here(struct val_chain *chain, bool nothing_below)
{
    chain->checked = nothing_below ? chain->target : chain->candidate;
    chain->phase = CHAIN_NEXT;
    return CHAINED;
}

/* Collects the verified NSEC and NSEC3 of a denial of DS. A bad one is left out, for the proof
 * may do without. @param bad what was wrong with the first such. */
static enum chained gather(struct query *query, struct val_state *state, struct denial *denial,
                           int64_t *expires_s, struct reasons *bad)
{
    struct val_chain *chain = &state->chain;
    const struct message *message = chain_fetched_message(&chain->fetch);
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);
    unsigned looked_at = 0;

    val_denial_begin(query, state, denial, chain->at->zone);
    for (size_t i = 0; i < count && looked_at < DENIAL_RECORDS_MAX; i++) {
        const struct rrset *set = sets[i];
        struct reasons why;
        enum chained good;
        bool is_bad;

        if (set->type != TYPE_NSEC && set->type != TYPE_NSEC3)
            continue;
        if (set->rrsig_count == 0) {
            denial_add_unsigned(denial);
            continue;
        }
        looked_at++;
        good = check_set(query, state, &set, true, &why, &is_bad);
        if (is_bad) {
            if (bad->count == 0)
                *bad = why;
            if (query->budget->left[COST_FAILED_SIGNATURES] < VAL_FAILURES_FOR_RETRY)
                break;
            continue;
        }
        if (good != CHAIN_HAS)
            return good;
        denial_add(denial, set, false);
        sets[i] = set;
        *expires_s = time_min(*expires_s, set->expires_s);
    }
    return CHAIN_HAS;
}

/* The denial and its SOA, once verified, spare others the question. */
static void learn_denial(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    const struct message *message = chain_fetched_message(&chain->fetch);
    struct sig_check check = val_sig_check(query);
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);

    if (chain->fetch.proven != NULL && !chain->fetch.by_referral)
        return; /* it was learned from */
    for (size_t i = 0; i < count; i++) {
        struct sig_verdict verdict;

        if (sets[i]->type != TYPE_SOA || rrset_security(sets[i]) == SEC_SECURE ||
            !dname_equal(rrset_owner(sets[i]), chain->at->zone))
            continue;
        verdict = sig_verify(&check, sets[i], chain->at->keys, val_needed(query, chain->at));
        if (verdict.security == SEC_SECURE)
            sets[i] = val_publish(query, sets[i], &verdict.good);
    }
    val_learn(query, chain->at->zone, message);
}

/* An empty answer does not show a server without signatures; the zone's SOA without them does.
 */
static struct dname if_soa_unsigned(const struct val_chain *chain)
{
    const struct rrset *soa = message_find(chain_fetched_message(&chain->fetch),
                                           SECTION_AUTHORITY, chain->at->zone, TYPE_SOA);

    return soa == NULL ? (struct dname){0} : if_stripped(soa, chain->at->zone);
}

static enum chained judge_denial(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    int64_t least_s = query_now_s(query) + 1;
    int64_t expires_s = chain->fetch.proven != NULL
                            ? INT64_MAX
                            : time_max(chain->fetch.waiter->result.expires_s, least_s);
    struct reasons why = {0}, bad = {0};
    struct denial denial;
    enum chained gathered = gather(query, state, &denial, &expires_s, &bad);
    struct proof proof;

    if (gathered != CHAIN_HAS)
        return gathered;
    proof = denial_of_ds(&denial, chain->candidate);
    if (proof.what != DENIED_NOTHING) {
        val_explain_denied(query, chain->at->zone, chain->candidate, TYPE_DS, &proof);
        learn_denial(query, state);
    }
    if (proof.what == DENIED_CUT)
        return ask_after_all(&chain->fetch) ? CHAINED : no_cut_here(chain, proof.no_name);
    if (proof.what == DENIED_NOTHING && bad.count > 0)
        return ds_is_bad(query, state, &bad, true, (struct dname){0});
    if (proof.what == DENIED_NOTHING) {
        explain_emptied(&chain->fetch, &proof.finding);
        why = val_reason_of(query, &proof.finding, chain_fetched_from(&chain->fetch, true));
        return ds_is_bad(query, state, &why, true, if_soa_unsigned(chain));
    }
    if (!finding_is_none(&proof.finding))
        why = val_reason_of(query, &proof.finding, NULL);
    chain_keep_denial(query, state, expires_s);
    return chain_end_insecure(query, state, &why, expires_s);
}

/* A wildcard stands for the candidate only if nothing is there (RFC 4035 section 5.3.4): else
 * whoever repeats its records could hide a cut. */
static enum chained prove_expansion(struct query *query, struct val_state *state,
                                    const struct rrset *alias)
{
    struct val_chain *chain = &state->chain;
    struct finding finding =
        finding_of(EDE_DNSSEC_BOGUS, "sig=bad-labels", rrset_owner(alias), alias->type);
    struct reasons why = {0};
    struct rdata_rrsig rrsig;
    struct denial denial;
    int64_t expires_s = INT64_MAX;
    enum chained gathered = gather(query, state, &denial, &expires_s, &why);

    if (gathered != CHAIN_HAS)
        return gathered;
    if (rdata_rrsig(rrset_rrsig(alias, 0), &rrsig) &&
        denial_of_closer(&denial, chain->candidate, rrsig.labels).what != DENIED_NOTHING)
        return CHAIN_HAS;
    why = val_reason_of(query, &finding, chain_fetched_from(&chain->fetch, false));
    return ds_is_bad(query, state, &why, false, (struct dname){0});
}

/* An alias at the candidate or above it: there is no cut here (RFC 6672 section 2.4). */
static enum chained judge_alias(struct query *query, struct val_state *state, bool *is_alias)
{
    struct val_chain *chain = &state->chain;
    const struct message *message = chain_fetched_message(&chain->fetch);
    const struct rrset *alias = NULL;
    enum chained good;

    *is_alias = true;
    for (size_t i = 0; alias == NULL && i < message->count[SECTION_ANSWER]; i++) {
        const struct rrset *set = message->rrsets[i];

        if (set->type == TYPE_DNAME && dname_is_below(chain->candidate, rrset_owner(set)))
            alias = set;
        else if (set->type == TYPE_CNAME && dname_equal(chain->candidate, rrset_owner(set)))
            alias = set;
    }
    if (alias == NULL) {
        *is_alias = false;
        return CHAINED;
    }
    good = verify(query, state, &alias, false);
    if (good == CHAIN_HAS && denial_is_expanded(alias))
        good = prove_expansion(query, state, alias);
    return good != CHAIN_HAS ? good : no_cut_here(chain, alias->type == TYPE_DNAME);
}

static enum chained judge_ds(struct query *query, struct val_state *state)
{
    struct val_chain *chain = &state->chain;
    const struct rrset *ds;
    enum chained got;
    bool is_alias;

    got = chain_fetch(query, state, chain->candidate, TYPE_DS);
    if (got != CHAIN_HAS)
        return got;
    if (chain_fetch_has_failed(&chain->fetch))
        return turn_careful(chain) ? CHAINED : chain_fetch_failed(query, state);
    ds = chain_fetched_set(&chain->fetch, TYPE_DS);
    if (ds != NULL) {
        got = verify(query, state, &ds, false);
        return got != CHAIN_HAS ? got : take_ds(query, state, ds);
    }
    got = judge_alias(query, state, &is_alias);
    return is_alias ? got : judge_denial(query, state);
}

/* ---- the state ---- */

enum step val_chain_run(struct query *query, struct val_state *state)
{
    static enum chained (*const phases[])(struct query *, struct val_state *) = {
        [CHAIN_PLACE] = find_place, [CHAIN_ANCHOR] = judge_anchor, [CHAIN_NEXT] = choose_next,
        [CHAIN_DS] = judge_ds,      [CHAIN_KEYS] = judge_keys,
    };

    for (;;) {
        switch (phases[state->chain.phase](query, state)) {
        case CHAINED:
        case CHAIN_HAS: break;
        case CHAIN_WAITS: return STEP_WAIT;
        case CHAIN_ENDED: val_go(query, state, VAL_JUDGE); return STEP_AGAIN;
        case CHAIN_NO_MEMORY: return val_no_memory(query, state);
        }
    }
}
