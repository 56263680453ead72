/*
 * learn.c - an answer came, or did not: what it means and what is next.
 *
 * A reply is scrubbed, classified, stored; then the query is done, follows an alias or a referral,
 * or turns to the next server. Each failure of a server is noted in the trace, once, here.
 */
#include "iterator/iter_explain.h"

#include "iterator/classify.h"
#include "iterator/store.h"
#include "util/text.h"
#include "util/wire/rdata.h"

enum { CASE_ANSWERS_MAX = 6 };

static enum step ask_next(struct query *query, struct iter_state *state)
{
    iter_go(query, state, ITER_ASK);
    return STEP_AGAIN;
}

/* ---- failures of a server ---- */

/* Octets of the UTF-8 character here (RFC 3629 section 4); 0: none, or one that shows nothing. */
static size_t character_size(struct slice text)
{
    uint8_t first = text.data[0];
    size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first < 0x20 || first == 0x7f || first > 0xf4 || size > text.size)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text.data[i] & 0xc0) != 0x80)
            return 0;
    if (size > 1 && ((first == 0xc2 && text.data[1] < 0xa0) ||   /* controls */
                     (first == 0xe0 && text.data[1] < 0xa0) ||   /* too long a form */
                     (first == 0xed && text.data[1] > 0x9f) ||   /* surrogates */
                     (first == 0xf0 && text.data[1] < 0x90) ||
                     (first == 0xf4 && text.data[1] > 0x8f)))
        return 0;
    return size;
}

/* RFC 8914 section 3: an upstream's own error is passed on as its words, cleaned of controls. */
static void quote_ede(struct query *query, const struct message *message,
                      struct trace_event *event)
{
    const struct edns_option *option = edns_find(&message->edns, EDNS_ERROR);
    struct ede ede;
    struct text said = text_in(query->arena);

    if (option == NULL || ede_read(option->data, &ede) != STATUS_OK)
        return;
    event->upstream_ede = ede.code;
    ede.text.size = size_min(ede.text.size, EDE_TEXT_MAX);
    for (size_t i = 0; i < ede.text.size && ede.text.data[i] != 0;) {
        size_t size = character_size(slice_of(ede.text.data + i, ede.text.size - i));

        if (size == 0)
            text_add_char(&said, '?');
        for (size_t j = 0; j < size; j++)
            text_add_char(&said, (char)ede.text.data[i + j]);
        i += size_max(size, 1);
    }
    if (said.used != 0)
        event->said = text_done(&said);
}

/*
 * RFC 8914 sections 4.5 and 4.16 to 4.18: what a forwarder did by policy is passed on with its
 * answer; an answer with any other code is a clean one.
 */
static void pass_on_policy(struct query *query, const struct flight *flight,
                           const struct message *message)
{
    struct trace_event event = {.transport = flight->ask.transport,
                                .has_server = true,
                                .server = flight->ask.server,
                                .upstream_ede = -1};

    quote_ede(query, message, &event);
    switch (event.upstream_ede) {
    case EDE_FORGED_ANSWER:
    case EDE_BLOCKED:
    case EDE_CENSORED:
    case EDE_FILTERED: outcome_pass_on(&query->outcome.reasons, query->arena, &event); return;
    default: return;
    }
}

static void note_failure(struct query *query, struct iter_state *state, enum trace_kind kind)
{
    const struct flight *flight = state->landed;
    const struct message *message = &flight->ask.message;
    struct trace_event event = {.kind = kind,
                                .has_server = true,
                                .transport = flight->ask.transport,
                                .server = flight->ask.server,
                                .name = flight->ask.question.qname,
                                .type = flight->ask.question.qtype,
                                .zone = state->deleg->zone,
                                .code = message->rcode,
                                .upstream_ede = -1};

    quote_ede(query, message, &event);
    trace_add(query->trace, query_now_ms(query), &event);
}

static void note_fact(struct query *query, const struct iter_state *state, enum infra_fact fact)
{
    infra_note(query->env->infra, &state->landed->ask.server, state->deleg->zone,
               query_now_ms(query), fact);
}

/* The server is of no use for this query. */
static enum step try_next_server(struct query *query, struct iter_state *state,
                                 enum trace_kind kind)
{
    note_failure(query, state, kind);
    /* RFC 9156 section 2.3: a server that fails for a shortened name may know the full one. */
    if (state->landed->minimised &&
        !iter_env(query)->config->options->qname_minimisation_strict) {
        state->qmin.active = false;
        return ask_next(query, state);
    }
    iter_strike(query, state, state->landed->server);
    state->deleg->answered_badly++;
    return ask_next(query, state);
}

static enum step timed_out(struct query *query, struct iter_state *state)
{
    const struct iterator_options *options = iter_env(query)->config->options;
    struct deleg_server *server = state->landed->server;

    server->timeouts++;
    server->wrong_answers = (uint16_t)size_min(
        (size_t)server->wrong_answers + state->landed->ask.wrong_answers, UINT16_MAX);
    if (state->landed->minimised)
        qmin_timed_out(&state->qmin,
                       options->qname_minimisation_strict ? 0 : options->minimise_timeouts_max);
    /* A long silent one had its one packet; of two false answers TCP was the judge; and who is
     * silent will not say whether an answer in the wrong case is right. */
    if ((server->probed && server->sends == 1) || server->wrong_answers > 1 ||
        state->case_flight != NULL)
        iter_strike(query, state, server);
    iter_fetch_ahead(query, state, 1); /* others, while this one may still come */
    return ask_next(query, state);
}

/* Refused, or nothing that can be read came back: with others to turn to it is struck off. */
static enum step failed_at_once(struct query *query, struct iter_state *state)
{
    struct deleg_server *server = state->landed->server;

    if (state->deleg->server_count > 1 ||
        server->sends >= iter_env(query)->config->options->outbound_error_retry)
        iter_strike(query, state, server);
    return ask_next(query, state);
}

static enum step no_answer(struct query *query, struct iter_state *state)
{
    switch (state->landed->ask.verdict) {
    case UPSTREAM_TIMEOUT: return timed_out(query, state);
    case UPSTREAM_LIMIT: return iter_limit(query, state, query->budget->exhausted);
    default: return failed_at_once(query, state);
    }
}

/* ---- good answers ---- */

static enum step accept(struct query *query, struct iter_state *state, struct message *message,
                        bool denial)
{
    struct flight *flight = state->landed;
    bool forwarded = state->deleg->recursive;
    struct message told;
    enum step step;

    message_copy(&told, message);
    message->question = state->question;
    if (!store_message(query, state->deleg, message, denial))
        return iter_no_memory(query, state);
    iter_note_source(query, state, flight);
    step = iter_finish(query, state, message, store_expiry_s(query, message, denial),
                       SEC_UNCHECKED);
    if (forwarded && !query->outcome.failed)
        pass_on_policy(query, flight, &told);
    return step;
}

enum step iter_accept_last_resort(struct query *query, struct iter_state *state)
{
    struct message *message = state->poor_answer;
    bool denial = message->count[SECTION_ANSWER] == 0;

    return accept(query, state, message, denial);
}

/* RFC 4035 section 3.1.3.3: an alias that was expanded from a wildcard is only as good as the proof
 * beside it, which has to stay with it in the answer. */
static bool keep_proofs(struct query *query, struct iter_state *state,
                        const struct message *message)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);
    const struct rrset **all =
        ARENA_ARRAY(query->arena, const struct rrset *, state->proof_count + count + 1);

    if (all == NULL)
        return false;
    for (size_t i = 0; i < state->proof_count; i++)
        all[i] = state->proofs[i];
    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == TYPE_NSEC || sets[i]->type == TYPE_NSEC3)
            all[state->proof_count++] = sets[i];
    state->proofs = all;
    return true;
}

static enum step follow_alias(struct query *query, struct iter_state *state,
                              struct message *message)
{
    unsigned hops;
    struct dname target;
    size_t count;
    const struct rrset **sets;

    message->question = state->question;
    if (!store_message(query, state->deleg, message, false))
        return iter_no_memory(query, state);
    iter_note_source(query, state, state->landed);
    target = alias_end(message, &state->question, &hops);
    sets = message_section(message, SECTION_ANSWER, &count);
    if (query->env->validates && !keep_proofs(query, state, message))
        return iter_no_memory(query, state);
    return iter_follow(query, state, sets, count, target);
}

/* ---- referrals ---- */

static const struct rrset *referral_ns(const struct message *message)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);

    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == TYPE_NS)
            return sets[i];
    UNREACHABLE(); /* classify has seen it */
}

/* harden-unverified-glue: what the zone's own servers could not confirm is asked for instead. */
static bool may_use_glue(const struct query *query, struct dname zone, const struct rrset *glue)
{
    return !iter_env(query)->config->options->harden_unverified_glue ||
           dname_is_at_or_below(rrset_owner(glue), zone);
}

/* Takes glue that may not be used as it is out of the message. */
static void drop_unverified(const struct query *query, struct message *message, struct dname zone)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_ADDITIONAL, &count);
    uint16_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (may_use_glue(query, zone, sets[i]))
            sets[kept++] = sets[i];
    message->count[SECTION_ADDITIONAL] = kept;
}

/* Glue of this very referral counts even where the cache could not take it. */
static void add_glue(struct query *query, struct iter_state *state, struct deleg *deleg,
                     const struct message *message)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_ADDITIONAL, &count);

    for (size_t i = 0; i < count; i++) {
        struct deleg_name *name = deleg_find_name(deleg, rrset_owner(sets[i]));

        if (name == NULL || (sets[i]->type != TYPE_A && sets[i]->type != TYPE_AAAA) ||
            !may_use_glue(query, deleg->zone, sets[i]))
            continue;
        *(sets[i]->type == TYPE_A ? &name->a : &name->aaaa) = TARGET_KNOWN;
        iter_add_addresses(query, state, deleg, name, sets[i]);
    }
}

static const struct rrset **copy_sets(struct arena *arena, const struct message *message)
{
    size_t count = message_rrsets(message);
    const struct rrset **copy = ARENA_ARRAY(arena, const struct rrset *, count + 1);

    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = message->rrsets[i];
    return copy;
}

/* Without memory for it the DS is asked for. */
static void keep_denial_of_ds(struct query *query, struct dname zone, const struct message *message)
{
    struct referral *referral;
    bool denies = false;

    for (size_t i = 0; i < message_rrsets(message); i++) {
        if (message->rrsets[i]->type == TYPE_DS)
            return;
        denies = denies || message->rrsets[i]->type == TYPE_NSEC ||
                 message->rrsets[i]->type == TYPE_NSEC3;
    }
    referral = denies && query->env->validates ? ARENA_NEW(query->arena, struct referral) : NULL;
    if (referral == NULL)
        return;
    *referral = (struct referral){query->referrals, zone, *message};
    query->referrals = referral;
}

/* prefetch-key: a validator will want the keys of a zone that has a DS, so they are asked for
 * while the answer is. Not for its own questions (CD), nor for addresses of servers, which
 * nobody judges. */
static void fetch_keys_ahead(struct query *query, const struct message *referral,
                             struct dname zone)
{
    struct question keys = {zone, TYPE_DNSKEY, query->question.qclass};
    size_t count;
    const struct rrset **sets = message_section(referral, SECTION_AUTHORITY, &count);

    if (!query->env->cache_options->prefetch_key || !query->env->validates ||
        (query->flags & (QUERY_CD | QUERY_TARGET | QUERY_NO_RD)) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == TYPE_DS && dname_equal(rrset_owner(sets[i]), zone)) {
            mesh_look_ahead(query, &keys, QUERY_CD);
            return;
        }
}

static enum step follow_referral(struct query *query, struct iter_state *state,
                                 struct message *message)
{
    const struct rrset *ns;
    struct deleg *deleg;
    struct message told; /* the parent's own words, whatever the cache prefers */

    if (!budget_take(query->budget, COST_REFERRALS, 1))
        return iter_limit(query, state, COST_REFERRALS);
    message_copy(&told, message);
    told.rrsets = copy_sets(query->arena, message);
    message->question = state->landed->ask.question;
    if (told.rrsets == NULL)
        return iter_no_memory(query, state);
    ns = referral_ns(&told);
    drop_unverified(query, message, rrset_owner(ns));
    if (state->leeway_s > 0)
        store_make_way(query, message);
    if (!store_message(query, state->deleg, message, false))
        return iter_no_memory(query, state);
    store_parent_side(query, state->deleg, &told, message, rrset_owner(ns));
    keep_denial_of_ds(query, rrset_owner(ns), message);
    iter_withdraw(query, state);
    deleg = deleg_new(query->arena, env_hashed(query->env, rrset_owner(ns)), DELEG_REFERRED);
    if (deleg == NULL)
        return iter_no_memory(query, state);
    deleg->expires_s = ns->expires_s;
    deleg->parent_side = true;
    (void)deleg_add_ns(deleg, query->arena, ns, &iter_env(query)->config->deleg_limits,
                       world_random(query->env->world));
    add_glue(query, state, deleg, &told);
    iter_add_cached_addresses(query, state, deleg);
    query_trace(query, TRACE_REFERRED, &state->landed->ask.server, &deleg->zone, NULL);
    state->deleg = deleg;
    state->progress_ms = query_now_ms(query);
    fetch_keys_ahead(query, &told, deleg->zone);
    if (iter_env(query)->config->options->harden_referral_path)
        iter_check_path(query, state);
    iter_forget_case(state);
    if (state->landed->minimised)
        qmin_answered(&state->qmin, state->landed->ask.question.qname.labels);
    if (state->anew_zone.wire == NULL) /* on the second way down it is still the best there is */
        state->poor_answer = NULL;
    return ask_next(query, state);
}

/* ---- answers to shortened names ---- */

static enum step go_on_minimised(struct query *query, struct iter_state *state,
                                 enum verdict verdict)
{
    query_trace(query, TRACE_MINIMISED, &state->landed->ask.server, &state->deleg->zone,
                verdict_word(verdict));
    state->progress_ms = query_now_ms(query);
    iter_withdraw_flights(query, state); /* the next name is another question */
    state->landed->server->sends = 0;
    state->deleg->sends = 0;
    qmin_answered(&state->qmin, state->landed->ask.question.qname.labels);
    iter_forget_case(state);
    return ask_next(query, state);
}

/* Servers of signed zones know their empty non-terminals; the proof will be judged. */
static bool is_signed_denial(const struct message *message)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);
    bool has_proof = false;

    for (size_t i = 0; i < count; i++) {
        if (sets[i]->rrsig_count == 0 && sets[i]->type != TYPE_NS)
            return false;
        has_proof = has_proof || sets[i]->type == TYPE_NSEC || sets[i]->type == TYPE_NSEC3;
    }
    return has_proof;
}

static enum step minimised_nxdomain(struct query *query, struct iter_state *state,
                                    struct message *message)
{
    /* RFC 9156 section 2.3: without DNSSEC an NXDOMAIN for a name between may be a lie of a server
     * that does not know empty non-terminals; relaxed mode asks for the full name. */
    if (iter_env(query)->config->options->qname_minimisation_strict ||
        (query->env->validates && is_signed_denial(message)))
        return accept(query, state, message, true);
    state->qmin.active = false;
    return go_on_minimised(query, state, VERDICT_NXDOMAIN);
}

/* ---- 0x20 ---- */

static bool same_answer(const struct message *a, const struct message *b)
{
    size_t count = message_rrsets(a);

    if (a->rcode != b->rcode || a->count[SECTION_ANSWER] != b->count[SECTION_ANSWER] ||
        a->count[SECTION_AUTHORITY] != b->count[SECTION_AUTHORITY])
        return false;
    count = (size_t)a->count[SECTION_ANSWER] + a->count[SECTION_AUTHORITY];
    for (size_t i = 0; i < count; i++)
        if (!rrset_same_data(a->rrsets[i], b->rrsets[i]))
            return false;
    return true;
}

/*
 * The case of the question came back changed: forged, or a server that does not keep it. Good when
 * enough answers agree, from as many addresses as there are.
 * @return true when the message may be believed.
 */
static bool case_is_settled(struct query *query, struct iter_state *state, enum step *step)
{
    struct flight *flight = state->landed;
    unsigned wanted = (unsigned)size_min(CASE_ANSWERS_MAX, CASE_ROUNDS_PER_ADDRESS *
                                                               deleg_usable(state->deleg));

    if (!flight->ask.case_failed)
        return true;
    if (state->case_flight != NULL &&
        !question_equal(&state->case_flight->ask.question, &flight->ask.question))
        iter_forget_case(state);
    if (state->case_flight == NULL) {
        state->case_flight = ARENA_NEW(query->arena, struct flight);
        if (state->case_flight == NULL) {
            *step = iter_no_memory(query, state);
            return false;
        }
        *state->case_flight = *flight;
    } else if (!same_answer(&state->case_flight->ask.message, &flight->ask.message)) {
        state->case_differs = true;
        *step = try_next_server(query, state, TRACE_WRONG_QUESTION);
        return false;
    }
    if (++state->case_answers < wanted) {
        *step = ask_next(query, state);
        return false;
    }
    note_fact(query, state, INFRA_CASE_LAME);
    return true;
}

void iter_forget_case(struct iter_state *state)
{
    state->case_flight = NULL;
    state->case_answers = 0;
    state->case_differs = false;
}

bool iter_settle_case(struct query *query, struct iter_state *state)
{
    if (state->case_flight == NULL || state->case_differs)
        return false;
    state->landed = state->case_flight;
    state->landed->ask.case_failed = false;
    note_fact(query, state, INFRA_CASE_LAME);
    iter_forget_case(state);
    iter_go(query, state, ITER_LEARN);
    return true;
}

/* ---- the verdict ---- */

/* Not as good as an answer should be, but better than none. */
static enum step keep_for_last_resort(struct query *query, struct iter_state *state,
                                      const struct message *message, enum trace_kind kind)
{
    if (state->poor_answer == NULL && !state->landed->minimised) {
        state->poor_answer = ARENA_NEW(query->arena, struct message);
        if (state->poor_answer == NULL)
            return iter_no_memory(query, state);
        *state->poor_answer = *message;
    }
    return try_next_server(query, state, kind);
}

static enum step judge_minimised(struct query *query, struct iter_state *state,
                                 struct message *message, enum verdict verdict)
{
    if (verdict == VERDICT_NXDOMAIN)
        return minimised_nxdomain(query, state, message);
    /* An alias in the middle: the full name decides (a DNAME there will show itself). */
    if (verdict == VERDICT_ALIAS)
        state->qmin.active = false;
    return go_on_minimised(query, state, verdict);
}

/*
 * With AA an empty answer may be a NODATA without its SOA, if all servers say so. Small forwarders
 * leave the SOA out as well (RFC 2308 section 2.2, type 3); the only one is taken at its word.
 */
static bool may_be_nodata(const struct iter_state *state, const struct message *message)
{
    if (message->rcode != RCODE_NOERROR)
        return false;
    return (message->flags & FLAG_AA) != 0 ||
           (state->deleg->recursive && state->deleg->server_count == 1 && state->landed->bare);
}

static enum step judge(struct query *query, struct iter_state *state, struct message *message,
                       enum verdict verdict)
{
    if (state->landed->minimised && verdict <= VERDICT_ALIAS)
        return judge_minimised(query, state, message, verdict);
    if (verdict <= VERDICT_ALIAS)
        cut_health_note(&iter_env(query)->memory->health, state->deleg->zone,
                        query_now_ms(query));
    switch (verdict) {
    case VERDICT_ANSWER: return accept(query, state, message, false);
    case VERDICT_NODATA:
    case VERDICT_NXDOMAIN: return accept(query, state, message, true);
    case VERDICT_ALIAS: return follow_alias(query, state, message);
    case VERDICT_REFERRAL:
        if (state->deleg->recursive) /* a forwarder that only refers does not do its work */
            return keep_for_last_resort(query, state, message, TRACE_LAME);
        return follow_referral(query, state, message);
    case VERDICT_LAME:
        note_fact(query, state, INFRA_LAME);
        return try_next_server(query, state, TRACE_LAME);
    case VERDICT_RECURSION_LAME:
        note_fact(query, state, INFRA_RECURSION_LAME);
        return keep_for_last_resort(query, state, message, TRACE_LAME);
    case VERDICT_SELF_REFERRAL: return try_next_server(query, state, TRACE_SELF_REFERRAL);
    case VERDICT_EMPTY:
        if (may_be_nodata(state, message))
            return keep_for_last_resort(query, state, message, TRACE_EMPTY);
        return try_next_server(query, state, TRACE_EMPTY);
    case VERDICT_RCODE:
        /* Who refuses does not serve the zone, for all that we are told; others are asked
         * before. */
        if (message->rcode == RCODE_REFUSED && !state->deleg->recursive)
            note_fact(query, state, INFRA_LAME);
        return try_next_server(query, state, TRACE_RCODE);
    }
    UNREACHABLE();
}

enum step iter_learn_run(struct query *query, struct iter_state *state)
{
    struct flight *flight = state->landed;
    struct message *message = &flight->ask.message;
    const struct scrub_rules *rules = &iter_env(query)->config->scrub;
    const struct rrset **before;
    size_t before_count;
    struct scrub_result scrubbed;
    unsigned answers;
    enum verdict verdict;
    enum step step;

    if (flight->ask.verdict != UPSTREAM_ANSWERED)
        return no_answer(query, state);
    state->deleg->heard = true;
    /* RFC 5452 section 9.1; the exchange drops such answers, other ways to a server may not. */
    if (message->has_question && !question_equal(&message->question, &flight->ask.question))
        return try_next_server(query, state, TRACE_WRONG_QUESTION);
    if (!message->has_question)
        return try_next_server(query, state, TRACE_MALFORMED);
    answers = message->count[SECTION_ANSWER];
    flight->bare = message_rrsets(message) == 0;
    before = message->rrsets;
    before_count = message_rrsets(message);
    if (scrub(message, &flight->ask.question, state->deleg->zone, state->deleg->recursive, rules,
              query->arena, &scrubbed) != STATUS_OK)
        return iter_no_memory(query, state);
    iter_explain_scrubbed(query, state, &scrubbed, before, before_count);
    if (scrubbed.too_long && message->rcode == RCODE_NOERROR)
        message->rcode = RCODE_YXDOMAIN;
    if (!case_is_settled(query, state, &step))
        return step;
    /* What was there, but was not the server's to say or about another name, is no denial. */
    if (answers > 0 && message->count[SECTION_ANSWER] == 0 && !scrubbed.private_address &&
        !scrubbed.foreign_next)
        message->flags &= (uint16_t)~FLAG_AA;
    verdict = classify(message, &flight->ask.question, state->deleg->zone,
                       state->deleg->recursive);
    iter_explain_answer(query, state, verdict);
    if (verdict == VERDICT_REFERRAL)
        report_forget(query, false);
    else if (!state->deleg->recursive)
        report_learn(query, state->deleg->zone, state->question.qname, message);
    /* What rebinding protection took away leaves a name without such addresses, not a failure. */
    if (verdict == VERDICT_EMPTY && (scrubbed.private_address || scrubbed.foreign_next))
        verdict = VERDICT_NODATA;
    return judge(query, state, message, verdict);
}
