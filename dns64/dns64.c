/*
 * dns64.c - the module's states: which sub-questions are asked, and what their answers make.
 *
 *   START    what kind of question it is
 *   SIX      AAAA was asked for
 *   FOUR     A was asked for
 *   REVERSE  the PTR records of the IPv4 address were asked for
 *   BELOW    not ours: the next module's turn
 *   DONE     the outcome is set
 *
 * Only questions with QUERY_MADE are looked at: a client's own. What other modules ask for,
 * name servers' addresses for instance, goes through untouched, and so it is what the servers
 * said. The sub-questions are ordinary ones as well, validated where the chain validates; what
 * is made of them has its own place in the message cache (MSG_FLAVOUR_MADE) and none in the
 * cache of RRsets.
 */
#include "dns64/dns64.h"

#include "dns64/reverse64.h"
#include "dns64/synth.h"
#include "services/query/mesh.h"
#include "util/prefix64.h"

/* RFC 6147 section 5.1.7: the longest life of made records when no SOA came with the denial. */
enum { TTL_WITHOUT_SOA_S = 600 };

enum dns64_state_id {
    DNS64_START,
    DNS64_SIX,
    DNS64_FOUR,
    DNS64_REVERSE,
    DNS64_BELOW,
    DNS64_DONE,
    DNS64_STATES
};

struct dns64_state {
    enum dns64_state_id id;
    struct query_waiter six, four, reverse;
    bool has_six;    /* six.result is known ... */
    bool six_void;   /* ... and its addresses do not count */
    int64_t until_s; /* how long it is known that there are no AAAA records */
};

static enum step start_run(struct query *query, struct dns64_state *state);
static enum step six_run(struct query *query, struct dns64_state *state);
static enum step four_run(struct query *query, struct dns64_state *state);
static enum step reverse_run(struct query *query, struct dns64_state *state);
static enum step below_run(struct query *query, struct dns64_state *state);

static const struct dns64_rule {
    const char *name;
    enum step (*run)(struct query *query, struct dns64_state *state);
    unsigned may_go_to; /* bit set of states */
} rules[DNS64_STATES] = {
    [DNS64_START] = {"start", start_run,
                     BIT(DNS64_SIX) | BIT(DNS64_FOUR) | BIT(DNS64_REVERSE) | BIT(DNS64_BELOW) |
                         BIT(DNS64_DONE)},
    [DNS64_SIX] = {"six", six_run, BIT(DNS64_FOUR) | BIT(DNS64_DONE)},
    [DNS64_FOUR] = {"four", four_run, BIT(DNS64_SIX) | BIT(DNS64_DONE)},
    [DNS64_REVERSE] = {"reverse", reverse_run, BIT(DNS64_BELOW) | BIT(DNS64_DONE)},
    [DNS64_BELOW] = {"below", below_run, BIT(DNS64_DONE)},
    [DNS64_DONE] = {"done", NULL, 0},
};

static void go(struct query *query, struct dns64_state *state, enum dns64_state_id to)
{
    log_line(query->env->log, LOG_LEVEL_DEBUG, "event=step query=%u dns64=%s next=%s", query->number,
             rules[state->id].name, rules[to].name);
    ASSERT((rules[state->id].may_go_to & BIT(to)) != 0);
    state->id = to;
}

static const struct dns64_config *config_in(const struct env *env)
{
    const struct dns64_env *own;
    unsigned place = 0;

    while (env->modules[place] != &dns64_module)
        place++;
    own = env->module_env[place];
    return own->config;
}

/* ---- endings ---- */

static enum step fail(struct query *query, struct dns64_state *state, const char *cause)
{
    char type[TYPE_TEXT_MAX];

    query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "%s for %s/%s", cause,
               reason_name(query->arena, query->question.qname),
               rrtype_to_text(query->question.qtype, type));
    query->outcome.uncacheable = true; /* it says nothing about the name */
    go(query, state, DNS64_DONE);
    return STEP_DONE;
}

/* What a sub-question has found is the answer. */
static enum step accept(struct query *query, struct dns64_state *state,
                        const struct outcome *found)
{
    query->outcome = *found;
    query->outcome.message.has_question = true;
    query->outcome.message.question = query->question;
    if (!found->failed) /* becomes an entry of its own beside the one that it may be out of */
        query->outcome.from_cache = false;
    query->has_outcome = true;
    go(query, state, DNS64_DONE);
    return STEP_DONE;
}

/* RFC 8914 registry, 29: the answer is not what the servers said. */
static void say_made(struct query *query, const struct reasons *others)
{
    struct reasons *reasons = &query->outcome.reasons;
    char type[TYPE_TEXT_MAX];

    reasons->count = 0;
    reasons_add(reasons, query->arena, EDE_SYNTHESIZED,
                arena_printf(query->arena, "policy=dns64 for %s/%s",
                             reason_name(query->arena, query->question.qname),
                             rrtype_to_text(query->question.qtype, type)));
    for (size_t i = 0; i < others->count; i++)
        reasons_add(reasons, query->arena, others->item[i].code, others->item[i].text);
}

static enum step accept_made(struct query *query, struct dns64_state *state,
                             const struct outcome *made_of, const struct message *made,
                             enum security security, int64_t expires_s)
{
    query_done(query, made, security);
    query->outcome.expires_s = expires_s;
    query->outcome.uncacheable = made_of->uncacheable;
    say_made(query, &made_of->reasons);
    go(query, state, DNS64_DONE);
    return STEP_DONE;
}

/* ---- asking ---- */

static enum step ask(struct query *query, struct dns64_state *state, enum dns64_state_id to,
                     struct query_waiter *waiter, struct dname qname, uint16_t qtype)
{
    struct question question = {qname, qtype, query->question.qclass};

    switch (mesh_need(query, &question, query->flags & ~(unsigned)QUERY_MADE, waiter)) {
    case NEED_WAIT: go(query, state, to); return STEP_WAIT;
    case NEED_LOOP: return fail(query, state, "deleg=loop");
    case NEED_LIMIT: return fail(query, state, "limit=queries");
    case NEED_NO_MEMORY: break;
    }
    return fail(query, state, "limit=memory");
}

static enum step ask_six(struct query *query, struct dns64_state *state)
{
    return ask(query, state, DNS64_SIX, &state->six, query->question.qname, TYPE_AAAA);
}

static enum step ask_four(struct query *query, struct dns64_state *state)
{
    return ask(query, state, DNS64_FOUR, &state->four, query->question.qname, TYPE_A);
}

/* ---- states ---- */

static bool ignores_six(const struct dns64_config *config, struct dname qname)
{
    for (size_t i = 0; i < config->ignore_count; i++)
        if (dname_is_at_or_below(qname, config->ignore[i]))
            return true;
    return false;
}

/* The IPv4 address whose IPv6 form the reverse name is about. Those that are not global have
 * their names nowhere but in local zones, where they were looked for. */
static bool read_reverse(const struct dns64_config *config, struct dname qname, uint8_t ip4[4])
{
    uint8_t ip6[16];
    struct addr addr;

    if (!reverse64_read(qname, ip6) || !prefix64_extract(&config->prefix, ip6, ip4))
        return false;
    addr = addr_ip4(ip4, 0);
    return !prefix64_is_not_global(ip4) ||
           (config->documentation_global && addr_is_documentation(&addr));
}

bool dns64_may_make(const struct env *env, const struct question *question)
{
    uint8_t ip4[4];

    if (question->qclass != CLASS_IN)
        return false;
    return question->qtype == TYPE_AAAA ||
           (question->qtype == TYPE_PTR && read_reverse(config_in(env), question->qname, ip4));
}

static enum step start_run(struct query *query, struct dns64_state *state)
{
    const struct dns64_config *config = config_in(query->env);
    uint8_t storage[DNAME_MAX], ip4[4];

    state->until_s = INT64_MAX;
    if ((query->flags & QUERY_MADE) == 0) {
        go(query, state, DNS64_BELOW);
        return STEP_PASS;
    }
    if (query->question.qtype == TYPE_PTR) {
        if (!read_reverse(config, query->question.qname, ip4))
            return fail(query, state, "policy=dns64");
        return ask(query, state, DNS64_REVERSE, &state->reverse, reverse64_name(ip4, storage),
                   TYPE_PTR);
    }
    state->six_void = ignores_six(config, query->question.qname);
    return config->all || state->six_void ? ask_four(query, state) : ask_six(query, state);
}

/* RFC 6147 section 5.1.7: as long as the denial lasts; 600 s where no SOA says how long. */
static int64_t denied_until_s(const struct query *query, const struct outcome *six)
{
    const struct message *message = &six->message;
    size_t end = (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];

    for (size_t i = message->count[SECTION_ANSWER]; !six->failed && i < end; i++)
        if (message->rrsets[i]->type == TYPE_SOA)
            return six->expires_s;
    return query_now_s(query) + TTL_WITHOUT_SOA_S;
}

/* RFC 6147 sections 5.1.1 to 5.1.4, and 5.5: bogus is the end. */
static enum step six_run(struct query *query, struct dns64_state *state)
{
    struct outcome *six = &state->six.result;
    bool denied = !six->failed && six->message.rcode == RCODE_NXDOMAIN;

    if (!state->six.told)
        return STEP_WAIT;
    if (state->four.told || denied || (six->failed && six->security == SEC_BOGUS))
        return accept(query, state, six);
    state->has_six = true;
    if (!six->failed && synth_has(&six->message, TYPE_AAAA)) {
        switch (synth_take_out(query, config_in(query->env), &six->message)) {
        case SYNTH_DONE: return accept(query, state, six);
        case SYNTH_NO_MEMORY: return fail(query, state, "limit=memory");
        case SYNTH_NOTHING: state->six_void = true; break;
        }
    }
    state->until_s = denied_until_s(query, six);
    return ask_four(query, state);
}

/*
 * RFC 6147 section 5.5: without a validated denial nothing is made of a signed name's
 * addresses, so that whoever suppresses AAAA records does not get around DNSSEC. An unsigned
 * name has no such denial; for it section 5.1.2 takes a failure for an empty answer.
 */
static bool may_make_of(const struct query *query, const struct dns64_state *state)
{
    return !state->has_six || !state->six.result.failed || !query->env->validates ||
           (query->flags & QUERY_CD) != 0 || state->four.result.security == SEC_INSECURE;
}

/* What is made is no more secure than what was found and what was not (section 5.5: AD is set).
 */
static enum security made_security(const struct dns64_state *state)
{
    enum security four = state->four.result.security;

    if (!state->has_six || state->six.result.failed)
        return four;
    return state->six.result.security < four ? state->six.result.security : four;
}

/* Nothing was made: the better of what was found. */
static enum step accept_found(struct query *query, struct dns64_state *state)
{
    const struct dns64_config *config = config_in(query->env);
    struct outcome *four = &state->four.result;

    if (!state->has_six && config->all && !state->six_void)
        return ask_six(query, state);
    if (state->has_six && !state->six_void && (state->six.result.failed || !four->failed))
        return accept(query, state, &state->six.result);
    /* RFC 6147 section 5.1.6: the failure, or the empty answer, is that of the A question. */
    if (!four->failed && synth_has(&four->message, TYPE_A)) { /* none that may be represented */
        four->message.rrsets += four->message.count[SECTION_ANSWER];
        four->message.count[SECTION_ANSWER] = 0;
    }
    if (four->security == SEC_SECURE)
        four->security = SEC_INSECURE; /* nobody has proven it of AAAA */
    return accept(query, state, four);
}

static enum step four_run(struct query *query, struct dns64_state *state)
{
    const struct outcome *four = &state->four.result;
    struct message made;

    if (!state->four.told)
        return STEP_WAIT;
    if (!may_make_of(query, state))
        return accept_found(query, state);
    switch (synth_addresses(query, config_in(query->env), four, state->until_s, &made)) {
    case SYNTH_NO_MEMORY: return fail(query, state, "limit=memory");
    case SYNTH_NOTHING: return accept_found(query, state);
    case SYNTH_DONE: break;
    }
    return accept_made(query, state, four, &made, made_security(state),
                       time_min(four->expires_s, state->until_s));
}

static enum step reverse_run(struct query *query, struct dns64_state *state)
{
    const struct outcome *reverse = &state->reverse.result;
    struct message made;

    if (!state->reverse.told)
        return STEP_WAIT;
    if (reverse->failed)
        return accept(query, state, reverse);
    switch (synth_alias(query, &reverse->message, &made)) {
    case SYNTH_NO_MEMORY: return fail(query, state, "limit=memory");
    case SYNTH_NOTHING: go(query, state, DNS64_BELOW); return STEP_PASS;
    case SYNTH_DONE: break;
    }
    /* Nobody has signed the alias. */
    return accept_made(query, state, reverse, &made,
                       reverse->security == SEC_SECURE ? SEC_INSECURE : reverse->security,
                       reverse->expires_s);
}

static enum step below_run(struct query *query, struct dns64_state *state)
{
    go(query, state, DNS64_DONE);
    return STEP_DONE; /* the outcome is the next module's */
}

static enum step dns64_step(struct query *query, void **slot)
{
    struct dns64_state *state = *slot;

    if (state == NULL)
        *slot = state = ARENA_NEW(query->arena, struct dns64_state);
    if (state == NULL)
        return query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=memory");
    return rules[state->id].run(query, state);
}

/* What was asked for is withdrawn by the mesh. */
const struct module dns64_module = {"dns64", dns64_step, NULL};
