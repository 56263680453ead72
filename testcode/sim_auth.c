/*
 * sim_auth.c - from the apex down: cut, alias, data, wildcard, nothing.
 *
 * What goes into an answer is signed by sim_sign.c, what is not there is denied by sim_deny.c;
 * the flaws of zone and server are put in here.
 */
#include "testcode/sim_auth.h"

#include <string.h>

#include "testcode/oracle.h"
#include "testcode/sim_deny.h"
#include "testcode/sim_sign.h"
#include "testcode/sim_signing.h"
#include "testcode/sim_world.h"

enum { SETS_MAX = 48, ALIASES_MAX = 16, LIE_TTL_S = 3600, RAISE = 9 };

struct answering {
    struct sim_net *net;
    const struct sim_server *server; /* NULL: somebody who has all zones */
    struct arena *arena;
    int64_t sent_ms;
    bool dnssec;
    struct message *reply;
    const struct rrset *sets[SECTIONS][SETS_MAX];
    bool no_memory;
};

static void put(struct answering *answering, enum section section, const struct rrset *set)
{
    uint16_t *count = &answering->reply->count[section];

    if (set == NULL) {
        answering->no_memory = true;
        return;
    }
    for (uint16_t i = 0; i < *count; i++)
        if (answering->sets[section][i] == set)
            return;
    if (*count < SETS_MAX)
        answering->sets[section][(*count)++] = set;
}

static void put_set(struct answering *answering, enum section section, struct sim_set *set)
{
    set->sent_ms = time_max(set->sent_ms, answering->sent_ms);
    put(answering, section, set->rrset);
}

/* ---- signed ---- */

/* What is wrong with what is said of the zone. A server's own flaw shows only where a resolver
 * can notice it. */
static enum sim_flaw flaw_of(const struct answering *answering, const struct sim_zone *zone)
{
    if (zone->signing != NULL && zone->signing->flaw != FLAW_NONE)
        return zone->signing->flaw;
    if (answering->server == NULL || zone->security != SEC_SECURE)
        return FLAW_NONE;
    switch (answering->server->flaw) {
    case FLAW_LIES:
    case FLAW_FALSE_NXDOMAIN:
    case FLAW_FALSE_NODATA:
    case FLAW_REPLAYS_WILDCARD:
    case FLAW_DENIES_DS:
        return sim_has_too_many_iterations(zone) ? FLAW_NONE : answering->server->flaw;
    default: return answering->server->flaw;
    }
}

static const struct rrset *raise_ttl(struct answering *answering, const struct rrset *set)
{
    struct rrset *copy = rrset_copy_in(answering->arena, set);

    if (copy != NULL)
        copy->ttl_s = RAISE * (copy->ttl_s + RAISE);
    return copy;
}

static bool is_of_host(const struct sim_net *net, struct dname name)
{
    for (unsigned i = 0; i < net->host_count; i++)
        if (dname_is_at_or_below(net->hosts[i]->name, name))
            return true;
    return false;
}

static const struct rrset *change_data(struct answering *answering, const struct rrset *set)
{
    static const uint8_t octets[] = {6, 6, 6, SIM_LIE_OCTET};
    size_t count = (size_t)set->rr_count + set->rrsig_count;
    struct slice *rdata = ARENA_ARRAY(answering->arena, struct slice, count);
    struct rrset_parts parts = {.owner = rrset_owner(set),
                                .type = set->type,
                                .rrclass = set->rrclass,
                                .ttl_s = set->ttl_s,
                                .rdata = rdata,
                                .rr_count = set->rr_count,
                                .rrsig_count = set->rrsig_count};

    if (rdata == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        rdata[i] = rrset_rdata(set, i);
    rdata[0] = slice_of(octets, sizeof(octets));
    return rrset_in(answering->arena, &parts);
}

/* What the server makes of a signed set. */
static const struct rrset *with_flaw(struct answering *answering, enum sim_flaw flaw,
                                     const struct rrset *set)
{
    if (flaw == FLAW_RAISES_TTL)
        return raise_ttl(answering, set);
    if (flaw == FLAW_CHANGES_DATA && set->type == TYPE_A &&
        !is_of_host(answering->net, rrset_owner(set)))
        return change_data(answering, set);
    return set;
}

/* The set as the zone's server gives it: signed, if that is wanted and the zone is. */
static const struct rrset *signed_set(struct answering *answering, const struct sim_zone *zone,
                                      struct sim_set *set)
{
    enum sim_flaw flaw = flaw_of(answering, zone);
    int64_t wall_s = sim_wall_s(answering->sent_ms);
    const struct rrset *made;

    set->sent_ms = time_max(set->sent_ms, answering->sent_ms);
    if (!answering->dnssec || zone->signing == NULL)
        return set->rrset;
    if (set->type == TYPE_DNSKEY && flaw == zone->signing->flaw &&
        zone->signing->flaw_spares_keys)
        flaw = FLAW_NONE;
    made = sim_sign(answering->net, zone, set, flaw, wall_s);
    if (set->signed_until_s[0] == INT64_MAX) {
        set->signed_until_s[0] = sim_sign_end_s(zone, wall_s);
    } else if (set->signed_until_s[0] != sim_sign_end_s(zone, wall_s)) {
        memmove(&set->signed_until_s[1], &set->signed_until_s[0],
                (SIM_SIGNED_BEFORE - 1) * sizeof(set->signed_until_s[0]));
        set->signed_until_s[0] = sim_sign_end_s(zone, wall_s);
    }
    return made == NULL ? NULL : with_flaw(answering, flaw, made);
}

static void put_signed(struct answering *answering, enum section section,
                       const struct sim_zone *zone, struct sim_set *set)
{
    put(answering, section, signed_set(answering, zone, set));
}

/* The records of the chain that show it, or what the flaw leaves of them. */
static void prove(struct answering *answering, const struct sim_zone *zone,
                  enum sim_claim claim, struct dname name)
{
    enum sim_flaw flaw = flaw_of(answering, zone);
    struct sim_proof proof;

    if (!answering->dnssec || zone->signing == NULL || flaw == FLAW_STRIPPED ||
        flaw == FLAW_NO_PROOF || flaw == FLAW_NO_KEYS)
        return;
    proof = sim_deny(answering->net, zone, claim, name);
    if (flaw == FLAW_WRONG_PROOF) {
        proof.sets[0] = sim_deny_other(zone, &proof);
        proof.count = proof.sets[0] != NULL;
    }
    for (unsigned i = 0; i < proof.count; i++)
        put_signed(answering, SECTION_AUTHORITY, zone, proof.sets[i]);
}

static bool finish(struct answering *answering)
{
    struct message *reply = answering->reply;
    size_t at = 0;

    reply->rrsets =
        ARENA_ARRAY(answering->arena, const struct rrset *, message_rrsets(reply) + 1);
    if (reply->rrsets == NULL || answering->no_memory)
        return false;
    for (size_t section = 0; section < SECTIONS; section++)
        for (size_t i = 0; i < reply->count[section]; i++)
            reply->rrsets[at++] = answering->sets[section][i];
    return true;
}

/* ---- sections ---- */

static void put_addresses(struct answering *answering, const struct sim_host *host)
{
    static const uint16_t types[] = {TYPE_A, TYPE_AAAA};

    for (size_t i = 0; i < COUNT(types); i++) {
        struct sim_set *set = sim_set_find(host->home, host->name, types[i]);

        if (set != NULL)
            put_set(answering, SECTION_ADDITIONAL, set);
    }
}

static void refer(struct answering *answering, const struct sim_zone *zone,
                  const struct sim_zone *child)
{
    struct sim_set *ds = sim_set_find(zone, child->apex, TYPE_DS);

    put_set(answering, SECTION_AUTHORITY, child->ns);
    if (answering->dnssec && ds != NULL && flaw_of(answering, zone) != FLAW_DENIES_DS &&
        flaw_of(answering, zone) != FLAW_STRIPPED)
        put_signed(answering, SECTION_AUTHORITY, zone, ds);
    else
        prove(answering, zone, CLAIM_NO_TYPE, child->apex);
    for (unsigned i = 0; i < child->host_count; i++)
        if (sim_has_glue(child, child->hosts[i]))
            put_addresses(answering, child->hosts[i]);
}

/* What a generous server sends along with an answer. */
static void be_generous(struct answering *answering, const struct sim_zone *zone)
{
    if (answering->server == NULL || !answering->server->full_answers)
        return;
    put_signed(answering, SECTION_AUTHORITY, zone, zone->ns);
    for (unsigned i = 0; i < zone->host_count; i++)
        if (dname_is_at_or_below(zone->hosts[i]->name, zone->apex))
            put_addresses(answering, zone->hosts[i]);
}

/* ---- one zone ---- */

static struct sim_zone *deepest_zone(const struct sim_net *net, const struct sim_server *server,
                                     const struct question *question)
{
    struct sim_zone *best = NULL;

    if (server == NULL)
        return sim_zone_of(net, question->qname, question->qtype);

    for (unsigned i = 0; i < server->zone_count; i++) {
        struct sim_zone *zone = server->zones[i];

        if (!dname_is_at_or_below(question->qname, zone->apex) ||
            (best != NULL && best->apex.labels >= zone->apex.labels))
            continue;
        if (best != NULL && question->qtype == TYPE_DS &&
            dname_equal(question->qname, zone->apex))
            continue; /* the parent's, which we have, too */
        best = zone;
    }
    return best;
}

static const struct rrset *with_owner(struct answering *answering, const struct rrset *set,
                                      struct dname owner)
{
    return set == NULL ? NULL : rrset_rename_in(answering->arena, set, owner);
}

/* Of a CNAME or DNAME. */
static struct dname target_of(const struct sim_set *set)
{
    return dname_of_wire(set->rdata[0].data);
}

/* RFC 6672 section 3.1. @return false: the new name would be too long. */
static bool rewrite(struct answering *answering, const struct sim_zone *zone,
                    struct sim_set *set, struct dname *name)
{
    uint8_t storage[DNAME_MAX];
    struct dname target;
    struct slice rdata;
    struct rrset_parts parts = {.owner = *name,
                                .type = TYPE_CNAME,
                                .rrclass = CLASS_IN,
                                .ttl_s = set->ttl_s,
                                .rdata = &rdata,
                                .rr_count = 1};

    put_signed(answering, SECTION_ANSWER, zone, set);
    if (dname_replace_suffix(*name, set->owner, target_of(set), storage, &target) !=
        STATUS_OK) {
        answering->reply->rcode = RCODE_YXDOMAIN;
        return false;
    }
    rdata = slice_of(target.wire, target.size);
    put(answering, SECTION_ANSWER, rrset_in(answering->arena, &parts));
    *name = dname_copy(answering->arena, target);
    answering->no_memory = answering->no_memory || name->wire == NULL;
    return name->wire != NULL;
}

static void deny(struct answering *answering, const struct sim_zone *zone, enum sim_claim claim,
                 struct dname name)
{
    answering->reply->rcode = claim == CLAIM_NO_NAME ? RCODE_NXDOMAIN : RCODE_NOERROR;
    put_signed(answering, SECTION_AUTHORITY, zone, zone->soa);
    prove(answering, zone, claim, name);
}

/*
 * Data at `source`, told as of `name` (they differ for a wildcard). @return true when `name`
 * was an alias and has been replaced by its target.
 */
static bool tell_data(struct answering *answering, const struct sim_zone *zone,
                      struct dname source, uint16_t qtype, struct dname *name)
{
    struct sim_set *set = sim_set_find(zone, source, qtype);
    struct sim_set *alias = sim_set_find(zone, source, TYPE_CNAME);

    bool is_expanded = !dname_equal(source, *name);
    const struct rrset *told;

    if (set != NULL && qtype == TYPE_DS && flaw_of(answering, zone) == FLAW_DENIES_DS)
        set = NULL;
    if (set == NULL && alias == NULL) {
        deny(answering, zone, is_expanded ? CLAIM_WILDCARD_NO_TYPE : CLAIM_NO_TYPE, *name);
        return false;
    }
    if (set == NULL)
        set = alias;
    told = signed_set(answering, zone, set);
    if (is_expanded) {
        told = with_owner(answering, told, *name);
        prove(answering, zone, CLAIM_EXPANDED, *name);
    }
    put(answering, SECTION_ANSWER, told);
    if (set->type == TYPE_CNAME && qtype != TYPE_CNAME) {
        *name = target_of(set);
        return true;
    }
    be_generous(answering, zone);
    return false;
}

/* The asterisk label below the closest encloser (RFC 4592 section 3.3.1). */
static bool tell_wildcard(struct answering *answering, const struct sim_zone *zone,
                          struct dname encloser, uint16_t qtype, struct dname *name)
{
    uint8_t storage[DNAME_MAX];
    struct dname source = sim_wildcard(encloser, storage);

    if (source.wire == NULL || !sim_name_exists(answering->net, zone, source)) {
        deny(answering, zone, CLAIM_NO_NAME, *name);
        return false;
    }
    return tell_data(answering, zone, source, qtype, name);
}

/* @return true when the search goes on at *name. */
static bool search_zone(struct answering *answering, const struct sim_zone *zone,
                        uint16_t qtype, struct dname *name)
{
    for (uint8_t labels = zone->apex.labels; labels <= name->labels; labels++) {
        struct dname at = dname_ancestor(*name, labels);
        const struct sim_zone *child =
            labels == zone->apex.labels ? NULL : sim_cut_at(answering->net, zone, at);
        struct sim_set *dname_set =
            labels == name->labels ? NULL : sim_set_find(zone, at, TYPE_DNAME);

        if (child != NULL && !(qtype == TYPE_DS && labels == name->labels)) {
            if (answering->reply->count[SECTION_ANSWER] == 0)
                answering->reply->flags &= (uint16_t)~FLAG_AA;
            refer(answering, zone, child);
            return false;
        }
        if (dname_set != NULL)
            return rewrite(answering, zone, dname_set, name);
        if (!sim_name_exists(answering->net, zone, at))
            return tell_wildcard(answering, zone, dname_parent(at), qtype, name);
    }
    return tell_data(answering, zone, *name, qtype, name);
}

static struct answering begin(struct sim_net *net, const struct question *question,
                              struct arena *arena, struct message *reply)
{
    *reply = (struct message){
        .flags = FLAG_QR, .has_question = true, .question = *question, .rcode = RCODE_NOERROR};
    return (struct answering){.net = net, .arena = arena, .reply = reply};
}

static struct answering begin_for(const struct sim_asked_for *asked, struct arena *arena,
                                  struct message *reply)
{
    struct answering answering = begin(asked->net, asked->question, arena, reply);

    answering.dnssec = asked->dnssec;
    answering.sent_ms = asked->sent_ms;
    return answering;
}

/* ---- lies about a signed zone ---- */

static struct rrset *lie_in(struct arena *arena, struct dname owner)
{
    static const uint8_t octets[] = {6, 6, 6, SIM_LIE_OCTET};
    static const struct slice rdata = {octets, sizeof(octets)};
    struct rrset_parts parts = {.owner = owner,
                                .type = TYPE_A,
                                .rrclass = CLASS_IN,
                                .ttl_s = LIE_TTL_S,
                                .rdata = &rdata,
                                .rr_count = 1};

    return rrset_in(arena, &parts);
}

/* Other names lead to servers: a lie there would be none about data. */
static bool may_be_lied_about(const struct sim_net *net, const struct sim_zone *zone,
                              struct dname name)
{
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (set->type == TYPE_DNAME && dname_is_below(name, set->owner))
            return false;
    for (unsigned i = 0; i < net->zone_count; i++)
        if (dname_is_at_or_below(net->zones[i]->apex, name))
            return false;
    return !is_of_host(net, name);
}

/* A wildcard that the name lies below without being meant by it; NULL: there is none. */
static struct sim_set *wildcard_to_replay(const struct sim_net *net,
                                          const struct sim_zone *zone,
                                          const struct question *question)
{
    struct dname encloser = question->qname;

    while (!sim_name_exists(net, zone, encloser))
        encloser = dname_parent(encloser);
    for (struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (set->type == question->qtype && dname_is_wildcard(set->owner) &&
            dname_is_below(question->qname, dname_parent(set->owner)) &&
            !dname_equal(question->qname, set->owner) &&
            (sim_name_exists(net, zone, question->qname) ||
             !dname_equal(dname_parent(set->owner), encloser)))
            return set;
    return NULL;
}

static bool lie(struct answering *answering, const struct sim_zone *zone)
{
    const struct question *question = &answering->reply->question;
    struct dname name = question->qname;
    struct oracle_answer truth;
    struct sim_set *set;

    if (!oracle_resolve(answering->net, question, answering->arena, &truth) ||
        truth.zones[0] != zone || !may_be_lied_about(answering->net, zone, name))
        return false;
    /* In the span of an opt-out record there might be an unsigned delegation, of which anybody
     * can say anything. */
    if (zone->signing != NULL && zone->signing->opt_out &&
        !sim_name_exists(answering->net, zone, name))
        return false;
    switch (flaw_of(answering, zone)) {
    case FLAW_LIES:
        if (question->qtype != TYPE_A)
            return false;
        put(answering, SECTION_ANSWER, lie_in(answering->arena, name));
        return true;
    case FLAW_FALSE_NXDOMAIN:
        if (truth.zone_count == 1 && truth.rcode == RCODE_NXDOMAIN)
            return false;
        deny(answering, zone, CLAIM_NO_NAME, name);
        return true;
    case FLAW_FALSE_NODATA:
        if (truth.count == 0)
            return false;
        deny(answering, zone,
             sim_name_exists(answering->net, zone, name) ? CLAIM_NO_TYPE
                                                         : CLAIM_WILDCARD_NO_TYPE,
             name);
        return true;
    case FLAW_REPLAYS_WILDCARD:
        set = wildcard_to_replay(answering->net, zone, question);
        if (set == NULL)
            return false;
        put(answering, SECTION_ANSWER,
            with_owner(answering, signed_set(answering, zone, set), name));
        prove(answering, zone, CLAIM_EXPANDED, name);
        return true;
    default: return false;
    }
}

bool sim_auth_answer(const struct sim_asked_for *asked, struct arena *arena,
                     struct message *reply)
{
    struct answering answering = begin_for(asked, arena, reply);
    struct question now = *asked->question;
    struct sim_zone *first = deepest_zone(asked->net, asked->server, &now), *zone = first;

    answering.server = asked->server;
    if (first == NULL) {
        reply->rcode = RCODE_REFUSED;
        return finish(&answering);
    }
    reply->flags |= FLAG_AA;
    if (lie(&answering, first))
        return finish(&answering);
    for (unsigned hops = 0; hops < ALIASES_MAX; hops++) {
        if (!search_zone(&answering, zone, now.qtype, &now.qname) || answering.no_memory)
            break;
        zone = deepest_zone(asked->net, asked->server, &now);
        if (zone == NULL || (zone != first && !asked->server->follows_aliases))
            break;
    }
    return finish(&answering);
}

/* ---- a resolver ---- */

bool sim_auth_recurse(const struct sim_asked_for *asked, struct arena *arena,
                      struct message *reply)
{
    struct answering answering = begin_for(asked, arena, reply);
    struct question now = *asked->question;
    struct oracle_answer truth;

    reply->flags |= FLAG_RA;
    if (!oracle_resolve(asked->net, asked->question, arena, &truth))
        return false;
    if (truth.endless) {
        reply->rcode = RCODE_SERVFAIL;
        return finish(&answering);
    }
    while (
        search_zone(&answering, deepest_zone(asked->net, NULL, &now), now.qtype, &now.qname) &&
        !answering.no_memory)
        ;
    return finish(&answering);
}

/* ---- what should not be said ---- */

static struct rrset *false_ns_in(struct arena *arena, struct dname owner, struct dname host)
{
    struct slice rdata = slice_of(host.wire, host.size);
    struct rrset_parts parts = {.owner = owner,
                                .type = TYPE_NS,
                                .rrclass = CLASS_IN,
                                .ttl_s = LIE_TTL_S,
                                .rdata = &rdata,
                                .rr_count = 1};

    return rrset_in(arena, &parts);
}

bool sim_auth_refer_upward(struct sim_net *net, const struct question *question,
                           struct arena *arena, struct message *reply)
{
    struct answering answering = begin(net, question, arena, reply);

    put(&answering, SECTION_AUTHORITY, net->zones[0]->ns->rrset);
    return finish(&answering);
}

bool sim_auth_lie(const struct question *question, struct arena *arena, struct message *reply)
{
    struct answering answering = begin(NULL, question, arena, reply);

    reply->flags |= FLAG_AA;
    put(&answering, SECTION_ANSWER, lie_in(arena, question->qname));
    return finish(&answering);
}

bool sim_auth_poison(struct sim_net *net, const struct sim_server *server, struct arena *arena,
                     struct message *reply)
{
    struct answering answering = {.net = net, .server = server, .arena = arena, .reply = reply};
    size_t at = 0;

    for (size_t section = 0; section < SECTIONS; section++)
        for (size_t i = 0; i < reply->count[section]; i++)
            answering.sets[section][i] = reply->rrsets[at++];
    /* Of each zone that the server has nothing to do with: its apex, its servers. */
    for (unsigned i = 0; i < net->zone_count; i++) {
        const struct sim_zone *zone = net->zones[i];
        struct question apex = {zone->apex, TYPE_A, CLASS_IN};
        const struct sim_host *host = zone->hosts[0];
        struct question at_host = {host->name, TYPE_A, CLASS_IN};

        if (deepest_zone(net, server, &apex) != NULL ||
            deepest_zone(net, server, &at_host) != NULL)
            continue;
        put(&answering, SECTION_ANSWER, lie_in(arena, zone->apex));
        put(&answering, SECTION_AUTHORITY, false_ns_in(arena, zone->apex, host->name));
        put(&answering, SECTION_ADDITIONAL, lie_in(arena, host->name));
        break;
    }
    return finish(&answering);
}
