/*
 * sim_auth.c - from the apex down: cut, alias, data, wildcard, nothing.
 */
#include "testcode/sim_auth.h"

#include <string.h>

#include "testcode/oracle.h"

enum { SETS_MAX = 48, ALIASES_MAX = 16, LIE_TTL_S = 3600 };

struct answering {
    const struct sim_net *net;
    const struct sim_server *server;
    struct arena *arena;
    int64_t sent_ms;
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

static void refer(struct answering *answering, const struct sim_zone *child)
{
    put_set(answering, SECTION_AUTHORITY, child->ns);
    for (unsigned i = 0; i < child->host_count; i++)
        if (sim_has_glue(child, child->hosts[i]))
            put_addresses(answering, child->hosts[i]);
}

/* What a generous server sends along with an answer. */
static void be_generous(struct answering *answering, const struct sim_zone *zone)
{
    if (!answering->server->full_answers)
        return;
    put_set(answering, SECTION_AUTHORITY, zone->ns);
    for (unsigned i = 0; i < zone->host_count; i++)
        if (dname_is_at_or_below(zone->hosts[i]->name, zone->apex))
            put_addresses(answering, zone->hosts[i]);
}

/* ---- one zone ---- */

static struct sim_zone *deepest_zone(const struct sim_server *server,
                                     const struct question *question)
{
    struct sim_zone *best = NULL;

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

static const struct sim_zone *cut_at(const struct answering *answering,
                                     const struct sim_zone *zone, struct dname name)
{
    for (unsigned i = 0; i < answering->net->zone_count; i++)
        if (answering->net->zones[i]->parent == zone &&
            dname_equal(answering->net->zones[i]->apex, name))
            return answering->net->zones[i];
    return NULL;
}

static const struct rrset *with_owner(struct answering *answering, struct sim_set *set,
                                      struct dname owner)
{
    set->sent_ms = time_max(set->sent_ms, answering->sent_ms);
    return rrset_rename_in(answering->arena, set->rrset, owner);
}

/* Of a CNAME or DNAME. */
static struct dname target_of(const struct sim_set *set)
{
    return dname_of_wire(set->rdata[0].data);
}

/* RFC 6672 section 3.1. @return false: the new name would be too long. */
static bool rewrite(struct answering *answering, struct sim_set *set, struct dname *name)
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

    put_set(answering, SECTION_ANSWER, set);
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

static void deny(struct answering *answering, const struct sim_zone *zone, uint16_t rcode)
{
    answering->reply->rcode = rcode;
    put_set(answering, SECTION_AUTHORITY, zone->soa);
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

    if (set == NULL && alias == NULL) {
        deny(answering, zone, RCODE_NOERROR);
        return false;
    }
    if (set == NULL)
        set = alias;
    put(answering, SECTION_ANSWER,
        dname_equal(source, *name) ? set->rrset : with_owner(answering, set, *name));
    set->sent_ms = time_max(set->sent_ms, answering->sent_ms);
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
    static const uint8_t asterisk[] = {1, '*', 0};
    uint8_t storage[DNAME_MAX];
    struct dname source;

    if (dname_join(dname_of_wire(asterisk), 1, encloser, storage, &source) != STATUS_OK ||
        !sim_name_exists(answering->net, zone, source)) {
        deny(answering, zone, RCODE_NXDOMAIN);
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
            labels == zone->apex.labels ? NULL : cut_at(answering, zone, at);
        struct sim_set *dname_set =
            labels == name->labels ? NULL : sim_set_find(zone, at, TYPE_DNAME);

        if (child != NULL && !(qtype == TYPE_DS && labels == name->labels)) {
            if (answering->reply->count[SECTION_ANSWER] == 0)
                answering->reply->flags &= (uint16_t)~FLAG_AA;
            refer(answering, child);
            return false;
        }
        if (dname_set != NULL)
            return rewrite(answering, dname_set, name);
        if (!sim_name_exists(answering->net, zone, at))
            return tell_wildcard(answering, zone, dname_parent(at), qtype, name);
    }
    return tell_data(answering, zone, *name, qtype, name);
}

static struct answering begin(const struct sim_net *net, const struct question *question,
                              struct arena *arena, struct message *reply)
{
    *reply = (struct message){
        .flags = FLAG_QR, .has_question = true, .question = *question, .rcode = RCODE_NOERROR};
    return (struct answering){.net = net, .arena = arena, .reply = reply};
}

bool sim_auth_answer(const struct sim_net *net, const struct sim_server *server,
                     const struct question *question, int64_t sent_ms, struct arena *arena,
                     struct message *reply)
{
    struct answering answering = begin(net, question, arena, reply);
    struct question now = *question;
    struct sim_zone *first = deepest_zone(server, question), *zone = first;

    answering.server = server;
    answering.sent_ms = sent_ms;
    if (first == NULL) {
        reply->rcode = RCODE_REFUSED;
        return finish(&answering);
    }
    reply->flags |= FLAG_AA;
    for (unsigned hops = 0; hops < ALIASES_MAX; hops++) {
        if (!search_zone(&answering, zone, now.qtype, &now.qname) || answering.no_memory)
            break;
        zone = deepest_zone(server, &now);
        if (zone == NULL || (zone != first && !server->follows_aliases))
            break;
    }
    return finish(&answering);
}

/* ---- a resolver ---- */

static void put_link(struct answering *answering, const struct oracle_link *link)
{
    struct sim_set *set =
        sim_set_find(sim_zone_of(answering->net, link->set->owner, link->type),
                     link->set->owner, link->set->type);
    struct slice rdata = slice_of(link->target.wire, link->target.size);
    struct rrset_parts parts = {.owner = link->owner,
                                .type = TYPE_CNAME,
                                .rrclass = CLASS_IN,
                                .ttl_s = link->set->ttl_s,
                                .rdata = &rdata,
                                .rr_count = 1};

    set->sent_ms = time_max(set->sent_ms, answering->sent_ms);
    if (link->target.wire != NULL)
        put(answering, SECTION_ANSWER, rrset_in(answering->arena, &parts));
    else if (dname_equal(link->owner, set->owner))
        put(answering, SECTION_ANSWER, set->rrset);
    else
        put(answering, SECTION_ANSWER, with_owner(answering, set, link->owner));
}

bool sim_auth_recurse(const struct sim_net *net, const struct question *question,
                      int64_t sent_ms, struct arena *arena, struct message *reply)
{
    struct answering answering = begin(net, question, arena, reply);
    struct oracle_answer truth;

    answering.sent_ms = sent_ms;
    reply->flags |= FLAG_RA;
    if (!oracle_resolve(net, question, arena, &truth))
        return false;
    if (truth.endless) {
        reply->rcode = RCODE_SERVFAIL;
        return finish(&answering);
    }
    reply->rcode = truth.rcode;
    for (unsigned i = 0; i < truth.count; i++)
        put_link(&answering, &truth.links[i]);
    if (truth.denier != NULL)
        put_set(&answering, SECTION_AUTHORITY, truth.denier->soa);
    return finish(&answering);
}

/* ---- what should not be said ---- */

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

bool sim_auth_refer_upward(const struct sim_net *net, const struct question *question,
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

bool sim_auth_poison(const struct sim_net *net, const struct sim_server *server,
                     struct arena *arena, struct message *reply)
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

        if (deepest_zone(server, &apex) != NULL || deepest_zone(server, &at_host) != NULL)
            continue;
        put(&answering, SECTION_ANSWER, lie_in(arena, zone->apex));
        put(&answering, SECTION_AUTHORITY, false_ns_in(arena, zone->apex, host->name));
        put(&answering, SECTION_ADDITIONAL, lie_in(arena, host->name));
        break;
    }
    return finish(&answering);
}
