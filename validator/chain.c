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
#include "validator/val_explain.h"

#include <string.h>

#include "util/wire/rdata.h"
#include "validator/key_match.h"

enum chained {
    CHAINED,     /* the phase has changed: go on */
    CHAIN_HAS,   /* fetch: there is something to judge */
    CHAIN_WAITS, /* a sub-question runs */
    CHAIN_ENDED, /* a val_zone was made */
    CHAIN_NO_MEMORY
};

enum { BAD_KEY_TTL_MAX_S = 300 };

void val_chain_begin(struct query *query, struct val_state *state, struct dname target,
                     bool exact)
{
    key_entry_unref(state->chain.at);
    state->chain = (struct val_chain){.target = target, .exact = exact};
    val_go(query, state, VAL_CHAIN);
}

static uint16_t class_of(const struct query *query)
{
    return query->question.qclass;
}

/* ---- the end of the walk ---- */

static enum chained end(struct query *query, struct val_state *state, enum security security,
                        const struct key_entry *entry, const struct reasons *reasons)
{
    struct val_zone *zone = ARENA_NEW(query->arena, struct val_zone);

    if (zone == NULL) {
        key_entry_unref(entry);
        return CHAIN_NO_MEMORY;
    }
    zone->target = state->chain.target;
    zone->exact = state->chain.exact;
    zone->security = security;
    zone->entry = entry;
    zone->ends_s = INT64_MAX;
    if (reasons != NULL)
        reasons_copy(&zone->reasons, reasons, query->arena);
    zone->next = state->zones;
    state->zones = zone;
    return CHAIN_ENDED;
}

static enum chained end_secure(struct query *query, struct val_state *state)
{
    const struct key_entry *entry = state->chain.at;

    state->chain.at = NULL;
    return end(query, state, SEC_SECURE, entry, NULL);
}

static enum chained end_insecure(struct query *query, struct val_state *state,
                                 const struct reasons *reasons, int64_t expires_s)
{
    const struct key_entry *entry = key_cache_store_insecure(
        val_env(query)->keys, state->chain.candidate, class_of(query), reasons, expires_s);

    val_explain_insecure(query, state->chain.candidate, reasons);
    return end(query, state, SEC_INSECURE, entry, reasons);
}

/* Nobody asks for these keys again for a while; each time in a row it is longer. */
static enum chained end_remembered(struct query *query, struct val_state *state,
                                   const struct reasons *reasons)
{
    uint32_t ttl_s = val_env(query)->config->options->val_bogus_ttl;
    const struct key_entry *entry = NULL;

    if (ttl_s > 0)
        entry = key_cache_store_bogus(val_env(query)->keys, state->chain.candidate,
                                      class_of(query), reasons, query_now_s(query), ttl_s,
                                      (uint32_t)size_max(BAD_KEY_TTL_MAX_S, ttl_s));
    return end(query, state, SEC_BOGUS, entry, reasons);
}

static enum chained end_bogus(struct query *query, struct val_state *state,
                              const struct reasons *reasons)
{
    clock_sense_tell(query, &state->chain.clock);
    if (query->budget->exhausted == COSTS)
        return end_remembered(query, state, reasons);
    return end(query, state, SEC_BOGUS, NULL,
               reasons); /* a limit says nothing about the zone */
}

/* ---- fetching a set ---- */

static const struct rrset *cached_set(struct query *query, struct dname name, uint16_t type)
{
    const struct rrset *set =
        query_hold(query, rrset_cache_find(query->env->rrsets, name, type, class_of(query),
                                           RRSET_PLAIN, query_now_s(query), 0));

    return set == NULL || rrset_security(set) == SEC_BOGUS || set->rrsig_count == 0 ? NULL
                                                                                    : set;
}

static enum chained limit_reached(struct query *query, struct val_state *state)
{
    const struct val_fetch *fetch = &state->chain.fetch;
    char type[TYPE_TEXT_MAX];
    enum cost cost =
        query->budget->exhausted == COSTS ? COST_SUBQUERIES : query->budget->exhausted;
    struct reasons why =
        val_reason(query, EDE_OTHER,
                   arena_printf(query->arena, "limit=%s for %s/%s", cost_word(cost),
                                reason_name(query->arena, fetch->name),
                                rrtype_to_text(fetch->type, type)));

    return end(query, state, SEC_BOGUS, NULL, fetch->fault.count != 0 ? &fetch->fault : &why);
}

static bool nothing_has_failed(const struct query *query)
{
    return query->budget->left[COST_FAILED_SIGNATURES] ==
           query->env->limits.most[COST_FAILED_SIGNATURES];
}

/* Nothing more may be verified. What was found until then tells more than the limit does.
 * @param alone only signatures of this very set had failed: then it is the zone's own doing,
 * and its next name must not cost as much again (KeyTrap, CVE-2023-50387). */
static enum chained verified_enough(struct query *query, struct val_state *state,
                                    const struct finding *finding,
                                    const struct outcome_source *source, bool alone)
{
    struct reasons why;

    if (finding->ede != EDE_DNSSEC_BOGUS || strcmp(finding->cause, "sig=invalid") != 0)
        return limit_reached(query, state);
    why = val_reason_of(query, finding, source);
    query_trace(query, TRACE_BOGUS,
                source == NULL || source->server.family == ADDR_NONE ? NULL : &source->server,
                NULL, why.item[0].text);
    return alone ? end_remembered(query, state, &why)
                 : end(query, state, SEC_BOGUS, NULL, &why);
}

static enum chained ask(struct query *query, struct val_state *state)
{
    struct val_fetch *fetch = &state->chain.fetch;
    struct question question = {fetch->name, fetch->type, class_of(query)};
    unsigned flags = QUERY_CD | (fetch->anew ? (unsigned)QUERY_REFRESH : 0u);

    if ((query->flags & QUERY_NO_RD) != 0) {
        state->not_at_hand = true;
        return limit_reached(query, state);
    }
    fetch->waiter = ARENA_NEW(query->arena, struct query_waiter);
    if (fetch->waiter == NULL)
        return CHAIN_NO_MEMORY;
    switch (mesh_need(query, &question, flags, fetch->waiter)) {
    case NEED_WAIT: val_go(query, state, VAL_FETCH); return CHAIN_WAITS;
    case NEED_NO_MEMORY: return CHAIN_NO_MEMORY;
    case NEED_LOOP:
    case NEED_LIMIT: break;
    }
    fetch->waiter = NULL;
    return limit_reached(query, state);
}

/* That there is no DS is known already (RFC 8198). */
static struct message *denied_before(struct query *query, struct val_state *state,
                                     struct dname name)
{
    struct question question = {name, TYPE_DS, class_of(query)};
    struct message *message = ARENA_NEW(query->arena, struct message);
    int64_t expires_s;

    return message != NULL &&
                   val_answer_from_proven(query, state, &question, message, &expires_s)
               ? message
               : NULL;
}

/* A referral on the way here has brought a denial of the DS, still to be judged. */
static struct message *denied_by_referral(struct query *query, struct dname zone)
{
    const struct referral *referral = query->referrals;
    struct message *message;
    size_t count, first;

    while (referral != NULL && !dname_equal(referral->zone, zone))
        referral = referral->next;
    message = referral == NULL ? NULL : ARENA_NEW(query->arena, struct message);
    if (message == NULL)
        return NULL;
    count = referral->message.count[SECTION_AUTHORITY];
    first = referral->message.count[SECTION_ANSWER];
    message->count[SECTION_AUTHORITY] = (uint16_t)count;
    message->rrsets = ARENA_ARRAY(query->arena, const struct rrset *, count);
    if (message->rrsets == NULL)
        return NULL;
    memcpy(message->rrsets, referral->message.rrsets + first, count * sizeof(*message->rrsets));
    return message;
}

/* @return CHAIN_HAS when there is a set or a result to judge. */
static enum chained fetch(struct query *query, struct val_state *state, struct dname name,
                          uint16_t type)
{
    struct val_fetch *fetch = &state->chain.fetch;

    if (fetch->name.wire == NULL || fetch->type != type || !dname_equal(fetch->name, name)) {
        *fetch = (struct val_fetch){.name = name, .type = type};
        fetch->set = cached_set(query, name, type);
        if (fetch->set == NULL && type == TYPE_DS)
            fetch->proven = denied_before(query, state, name);
        fetch->by_referral = fetch->set == NULL && fetch->proven == NULL && type == TYPE_DS;
        if (fetch->by_referral)
            fetch->proven = denied_by_referral(query, name);
    }
    if (fetch->set != NULL || fetch->proven != NULL ||
        (fetch->waiter != NULL && fetch->waiter->told))
        return CHAIN_HAS;
    return ask(query, state);
}

enum step val_fetch_run(struct query *query, struct val_state *state)
{
    const struct query_waiter *waiter = state->chain.fetch.waiter;

    if (waiter != NULL && !waiter->told)
        return STEP_WAIT; /* woken for another reason */
    val_go(query, state, VAL_CHAIN);
    return STEP_AGAIN;
}

static const struct message *fetched_message(const struct val_fetch *fetch)
{
    return fetch->proven != NULL ? fetch->proven : &fetch->waiter->result.message;
}

/* What was fetched, in the answer; NULL: it is not there. */
static const struct rrset *fetched_set(const struct val_fetch *fetch, uint16_t type)
{
    if (fetch->set != NULL)
        return fetch->set->type == type ? fetch->set : NULL;
    return message_find(fetched_message(fetch), SECTION_ANSWER, fetch->name, type);
}

static const struct outcome_source *fetched_from(const struct val_fetch *fetch, bool denial)
{
    const struct outcome *result =
        fetch->set != NULL || fetch->proven != NULL ? NULL : &fetch->waiter->result;

    if (result == NULL || result->source_count == 0)
        return NULL;
    return &result->sources[denial ? result->source_count - 1 : 0];
}

static bool has_failed(const struct val_fetch *fetch)
{
    return fetch->set == NULL && fetch->proven == NULL && fetch->waiter->result.failed;
}

static bool may_fetch_again(const struct query *query, const struct val_fetch *fetch)
{
    return fetch->tries < val_env(query)->config->options->val_max_restart &&
           query->budget->exhausted == COSTS && query->budget->left[COST_FAILED_SIGNATURES] > 0;
}

/* What was fetched is bad: another server may have better.
 * @param stripped the zone whose signatures are missing; wire NULL: none are. */
static enum chained fetch_again(struct query *query, struct val_state *state,
                                const struct reasons *why, const struct outcome_source *source,
                                struct dname stripped, bool is_forged)
{
    struct val_fetch *fetch = &state->chain.fetch;
    bool has_server = source != NULL && source->server.family != ADDR_NONE;

    query_trace(query, TRACE_BOGUS, has_server ? &source->server : NULL, NULL,
                why->item[0].text);
    log_line(query->env->log, LOG_LEVEL_DEBUG, "query=%u finding=\"%s\" try=%u", query->number,
             why->item[0].text, fetch->tries);
    if (fetch->set != NULL && rrset_security(fetch->set) != SEC_SECURE)
        rrset_set_security(fetch->set, SEC_BOGUS);
    if (fetch->fault.count == 0 || fetch->fault_of_cache) {
        fetch->fault = *why; /* the first of which the server is known */
        fetch->fault_of_cache = fetch->set != NULL;
    }
    if (!may_fetch_again(query, fetch))
        return end_bogus(query, state, fetch->fault.count == 0 ? why : &fetch->fault);
    val_avoid(query, source, stripped, is_forged);
    fetch->tries++;
    fetch->set = NULL;
    fetch->proven = NULL;
    fetch->waiter = NULL;
    fetch->anew = true;
    return CHAINED;
}

/* The sub-question failed: its own reasons say why, unless bad data was there before. */
static enum chained fetch_failed(struct query *query, struct val_state *state)
{
    struct val_fetch *fetch = &state->chain.fetch;
    const struct outcome *result = &fetch->waiter->result;
    struct reasons nothing;

    if (fetch->fault.count > 0)
        return end_bogus(query, state, &fetch->fault);
    if (result->reasons.count > 0)
        return end(query, state, SEC_BOGUS, NULL, &result->reasons);
    nothing = val_reason(query, EDE_OTHER, "limit=memory");
    return end(query, state, SEC_BOGUS, NULL, &nothing);
}

/* ---- where the walk begins ---- */

static struct reasons nta_reason(struct query *query, const struct negative_anchor *negative)
{
    return val_reason(
        query, EDE_NEGATIVE_TRUST_ANCHOR,
        arena_printf(query->arena, "nta=%s", reason_name(query->arena, negative->zone)));
}

/* RFC 7646 section 2: when its time is over everything is validated again, what is cached, too. */
static enum chained end_suspended(struct query *query, struct val_state *state,
                                  const struct negative_anchor *negative)
{
    struct world *world = query->env->world;
    struct reasons reasons = nta_reason(query, negative);
    enum chained ended = end(query, state, SEC_INSECURE, NULL, &reasons);

    if (ended == CHAIN_ENDED && negative->expires_s != 0)
        state->zones->ends_s =
            query_now_s(query) + negative->expires_s - world->wall_s(world);
    return ended;
}

static enum chained take_entry(struct query *query, struct val_state *state,
                               const struct key_entry *entry)
{
    struct val_chain *chain = &state->chain;

    if (entry->security == SEC_INSECURE)
        val_explain_insecure(query, entry->zone, &entry->reasons);
    if (entry->security != SEC_SECURE)
        return end(query, state, entry->security, entry, &entry->reasons);
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
        return end(query, state, SEC_INSECURE, NULL, NULL);
    if (!val_is_probe(query, found.anchor))
        entry = key_cache_closest_ref(env->keys, chain->target, found.anchor->zone,
                                      class_of(query), query_now_s(query));
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
    const struct message *message = fetch->set != NULL ? NULL : fetched_message(fetch);

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
    const struct outcome_source *source = fetched_from(&chain->fetch, false);
    const struct key_entry *entry;
    struct reasons why;

    if (verdict->security == SEC_INDETERMINATE)
        return CHAIN_NO_MEMORY;
    if (verdict->exhausted)
        return verified_enough(query, state, &verdict->finding, source, alone);
    if (verdict->security == SEC_BOGUS) {
        explain_emptied(&chain->fetch, &verdict->finding);
        /* Of the clock it is no server that is to blame. */
        why =
            val_reason_of(query, &verdict->finding, verdict->finding.has_clock ? NULL : source);
        return fetch_again(query, state, &why, source, if_stripped(dnskeys, chain->candidate),
                           false);
    }
    if (verdict->security == SEC_INSECURE) {
        why = val_reason_of(query, &verdict->finding, NULL);
        return end_insecure(query, state, &why, expires_s);
    }
    dnskeys = rrset_security(dnskeys) == SEC_SECURE
                  ? dnskeys
                  : val_publish(query, dnskeys, &verdict->good);
    entry = key_cache_store_secure(val_env(query)->keys, chain->candidate, class_of(query),
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
    enum chained got = fetch(query, state, chain->candidate, TYPE_DNSKEY);
    bool alone = nothing_has_failed(query);
    const struct rrset *dnskeys;
    struct key_verdict verdict;

    if (got != CHAIN_HAS)
        return got;
    if (has_failed(&chain->fetch))
        return fetch_failed(query, state);
    dnskeys = fetched_set(&chain->fetch, TYPE_DNSKEY);
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
    enum chained got = fetch(query, state, chain->candidate, TYPE_DNSKEY);
    struct sig_check check = val_sig_check(query);
    bool alone = nothing_has_failed(query);
    const struct rrset *dnskeys;
    struct key_verdict verdict;

    if (got != CHAIN_HAS)
        return got;
    if (has_failed(&chain->fetch))
        return fetch_failed(query, state);
    dnskeys = fetched_set(&chain->fetch, TYPE_DNSKEY);
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
        ns = rrset_cache_find(query->env->rrsets, *cut, TYPE_NS, class_of(query), RRSET_PLAIN,
                              query_now_s(query), 0);
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
        return end_secure(query, state);
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
    return fetch_again(query, state, why, fetched_from(&state->chain.fetch, denial), stripped,
                       !denial && stripped.wire == NULL);
}

static enum chained take_ds(struct query *query, struct val_state *state,
                            const struct rrset *ds)
{
    struct val_chain *chain = &state->chain;
    struct finding finding;
    struct reasons why;

    if (ds_support(val_env(query)->config->crypto, ds, &finding) != SEC_SECURE) {
        why = val_reason_of(query, &finding, NULL);
        return end_insecure(query, state, &why, ds->expires_s);
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
        return verified_enough(query, state, &verdict.finding,
                               fetched_from(&chain->fetch, denial), false);
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
    *why = val_reason_of(query, &verdict.finding,
                         chain->clock.is_wrong ? NULL : fetched_from(&chain->fetch, denial));
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
    const struct message *message = fetched_message(&chain->fetch);
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
    const struct message *message = fetched_message(&chain->fetch);
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

/* An empty answer does not show a server without signatures; the zone's SOA without them does. */
static struct dname if_soa_unsigned(const struct val_chain *chain)
{
    const struct rrset *soa = message_find(fetched_message(&chain->fetch), SECTION_AUTHORITY,
                                           chain->at->zone, TYPE_SOA);

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
        why = val_reason_of(query, &proof.finding, fetched_from(&chain->fetch, true));
        return ds_is_bad(query, state, &why, true, if_soa_unsigned(chain));
    }
    if (!finding_is_none(&proof.finding))
        why = val_reason_of(query, &proof.finding, NULL);
    return end_insecure(query, state, &why, expires_s);
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
    why = val_reason_of(query, &finding, fetched_from(&chain->fetch, false));
    return ds_is_bad(query, state, &why, false, (struct dname){0});
}

/* An alias at the candidate or above it: there is no cut here (RFC 6672 section 2.4). */
static enum chained judge_alias(struct query *query, struct val_state *state, bool *is_alias)
{
    struct val_chain *chain = &state->chain;
    const struct message *message = fetched_message(&chain->fetch);
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

    got = fetch(query, state, chain->candidate, TYPE_DS);
    if (got != CHAIN_HAS)
        return got;
    if (has_failed(&chain->fetch))
        return turn_careful(chain) ? CHAINED : fetch_failed(query, state);
    ds = fetched_set(&chain->fetch, TYPE_DS);
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
