/*
 * oracle.c - the truth, and how an answer differs from it.
 */
#include "testcode/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "testcode/sim_deny.h"
#include "testcode/sim_world.h"
#include "util/wire/rdata.h"

enum { ROUNDING_S = 1, CLOCK_SKEW_S = 3600 };

/* ---- the truth ---- */

static void add_link(struct oracle_answer *out, struct dname owner, uint16_t type,
                     const struct sim_set *set, struct dname target)
{
    for (unsigned i = 0; i < out->count; i++)
        if (out->links[i].type == type && dname_equal(out->links[i].owner, owner))
            return; /* a DNAME that is met twice */
    if (out->count < ORACLE_LINKS_MAX)
        out->links[out->count++] = (struct oracle_link){owner, type, set, target};
}

/* The DNAME above the name in its zone, or NULL. */
static const struct sim_set *dname_above(const struct sim_zone *zone, struct dname name)
{
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (set->type == TYPE_DNAME && dname_is_below(name, set->owner))
            return set;
    return NULL;
}

/* The wildcard that stands for a name that is not there, or NULL. */
static const struct sim_set *wildcard_for(const struct sim_net *net,
                                          const struct sim_zone *zone, struct dname name,
                                          uint16_t type, bool *exists)
{
    struct dname encloser = name;
    const struct sim_set *found = NULL;

    while (!sim_name_exists(net, zone, encloser))
        encloser = dname_parent(encloser);
    *exists = false;
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next) {
        if (!dname_is_wildcard(set->owner) || !dname_equal(dname_parent(set->owner), encloser))
            continue;
        *exists = true;
        if (set->type == type || (set->type == TYPE_CNAME && found == NULL))
            found = set;
    }
    return found;
}

/* What there is at the name of that type, or an alias. */
static const struct sim_set *data_at(const struct sim_net *net, const struct sim_zone *zone,
                                     struct dname name, uint16_t type, bool *exists)
{
    const struct sim_set *set = sim_set_find(zone, name, type);

    *exists = sim_name_exists(net, zone, name);
    if (set == NULL)
        set = sim_set_find(zone, name, TYPE_CNAME);
    if (!*exists)
        set = wildcard_for(net, zone, name, type, exists);
    return set;
}

static struct dname target_of(const struct sim_set *set)
{
    return dname_of_wire(set->rdata[0].data);
}

/* One name further, or the end. */
enum hop { HOP_END, HOP_ON, HOP_NO_MEMORY };

static enum hop hop(const struct sim_net *net, uint16_t qtype, struct dname *name,
                    struct arena *arena, struct oracle_answer *out)
{
    const struct sim_zone *zone = sim_zone_of(net, *name, qtype);
    const struct sim_set *set = dname_above(zone, *name);
    struct dname none = {NULL, 0, 0, 0}, target;
    uint8_t storage[DNAME_MAX];
    bool exists;

    out->zones[out->zone_count++] = zone;
    if (set != NULL) {
        add_link(out, set->owner, TYPE_DNAME, set, none);
        if (dname_replace_suffix(*name, set->owner, target_of(set), storage, &target) !=
            STATUS_OK) {
            out->rcode = RCODE_YXDOMAIN;
            return HOP_END;
        }
        target = dname_copy(arena, target);
        add_link(out, *name, TYPE_CNAME, set, target);
        *name = target;
        return target.wire == NULL ? HOP_NO_MEMORY : HOP_ON;
    }
    set = data_at(net, zone, *name, qtype, &exists);
    if (set == NULL) {
        out->denier = zone;
        out->rcode = exists ? RCODE_NOERROR : RCODE_NXDOMAIN;
        return HOP_END;
    }
    add_link(out, *name, set->type, set, none);
    if (set->type != TYPE_CNAME || qtype == TYPE_CNAME)
        return HOP_END;
    *name = target_of(set);
    return HOP_ON;
}

bool oracle_resolve(const struct sim_net *net, const struct question *question,
                    struct arena *arena, struct oracle_answer *out)
{
    struct dname name = question->qname;

    *out = (struct oracle_answer){.rcode = RCODE_NOERROR};
    while (out->aliases < ORACLE_LINKS_MAX / 2) {
        enum hop end;

        out->last_name = name;
        end = hop(net, question->qtype, &name, arena, out);

        if (end != HOP_ON)
            return end == HOP_END;
        out->aliases++;
    }
    out->endless = true;
    return true;
}

/* ---- the comparison ---- */

static bool wrong(char *words, const char *format, ...) PRINTF_LIKE(2, 3);

static bool wrong(char *words, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(words, ORACLE_WORDS_MAX, format, list);
    va_end(list);
    return false;
}

static bool wrong_set(char *words, const char *what, const struct rrset *set)
{
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    return wrong(words, "%s: %s %s", what, dname_to_text(rrset_owner(set), name),
                 rrtype_to_text(set->type, type));
}

/* The records as sets; the order is the resolver's. */
static bool same_records(const struct rrset *set, const struct slice *rdata, size_t count)
{
    if (set->rr_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool there = false;

        for (size_t j = 0; j < count && !there; j++)
            there = rdata_compare(rrset_rdata(set, j), rdata[i], set->type) == 0;
        if (!there)
            return false;
    }
    return true;
}

/* RFC 4035 section 5.3.3; past the expiration by what clocks may differ. */
static int64_t signature_left_s(const struct sim_set *set, int64_t now_ms)
{
    int64_t most_s = 0;

    for (size_t i = 0; i < SIM_SIGNED_BEFORE; i++) {
        int64_t left_s = set->signed_until_s[i] - sim_wall_s(now_ms);

        most_s = time_max(most_s, left_s > 0 ? left_s : left_s + CLOCK_SKEW_S);
    }
    return most_s;
}

/*
 * The TTL is no longer than the zone's, and no longer than what is left of the newest copy that
 * any server has sent: what was kept beyond its time shows here even though it is still true.
 */
static bool ttl_is_good(const struct sim_set *set, uint32_t ttl_s, uint32_t most_s,
                        int64_t now_ms, bool is_validated)
{
    if (ttl_s > most_s)
        return false;
    if (now_ms == INT64_MIN)
        return true;
    if (is_validated && ttl_s > signature_left_s(set, now_ms) + ROUNDING_S)
        return false;
    return set->sent_ms != INT64_MIN &&
           ttl_s <= most_s - time_min((now_ms - set->sent_ms) / 1000, most_s) + ROUNDING_S;
}

static const struct oracle_link *link_of(const struct oracle_answer *truth,
                                         const struct rrset *set)
{
    for (unsigned i = 0; i < truth->count; i++)
        if (rrset_is(set, truth->links[i].owner, truth->links[i].type, CLASS_IN))
            return &truth->links[i];
    return NULL;
}

static bool check_link(const struct oracle_link *link, const struct rrset *set, int64_t now_ms,
                       bool is_validated, bool is_hearsay, char *words)
{
    struct slice made = slice_of(link->target.wire, link->target.size);
    bool same = link->target.wire == NULL
                    ? same_records(set, link->set->rdata, link->set->count)
                    : same_records(set, &made, 1);

    if (!same)
        return wrong_set(words, "other records than the zone has", set);
    if (!is_hearsay &&
        !ttl_is_good(link->set, set->ttl_s, link->set->ttl_s, now_ms, is_validated)) {
        char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

        return wrong(words,
                     "TTL %" PRIu32 " of %s %s, which the zone gives %" PRIu32
                     " and a server last sent %" PRId64 " ms ago",
                     set->ttl_s, dname_to_text(rrset_owner(set), name),
                     rrtype_to_text(set->type, type), link->set->ttl_s,
                     link->set->sent_ms == INT64_MIN ? -1 : now_ms - link->set->sent_ms);
    }
    return true;
}

static bool check_answer(const struct sim_net *net, const struct oracle_answer *truth,
                         const struct message *message, int64_t now_ms, char *words)
{
    /* A part that is secure may end in one that is not; the whole is not validated then. */
    bool is_hearsay = !truth->is_validated && oracle_may_be_lied_to(net);
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_ANSWER, &count);

    for (size_t i = 0; i < count; i++) {
        const struct oracle_link *link = link_of(truth, sets[i]);

        if (link == NULL)
            return wrong_set(words, "does not belong into the answer", sets[i]);
        if (!check_link(link, sets[i], now_ms, truth->is_validated, is_hearsay, words))
            return false;
    }
    for (unsigned i = 0; i < truth->count; i++) {
        const struct oracle_link *link = &truth->links[i];

        /* The CNAME that was made for a DNAME may have stayed in the cache alone. */
        if (link->type != TYPE_DNAME &&
            message_find(message, SECTION_ANSWER, link->owner, link->type) == NULL)
            return wrong(words, "%zu RRsets in the answer instead of %u", count, truth->count);
    }
    return true;
}

static bool check_denial(const struct sim_net *net, const struct oracle_answer *truth,
                         const struct message *message, int64_t now_ms, char *words)
{
    const struct sim_set *soa = truth->denier->soa;
    const struct rrset *set =
        message_find(message, SECTION_AUTHORITY, truth->denier->apex, TYPE_SOA);
    struct rdata_soa inside;

    if (set == NULL && truth->may_lack_soa)
        return true;
    if (set == NULL)
        return wrong(words, "no SOA of the zone that denies");
    if (!same_records(set, soa->rdata, soa->count))
        return wrong_set(words, "other records than the zone has", set);
    /* RFC 2308 section 5: the lesser of TTL and MINIMUM. A newer SOA may be shown than the one
     * that the denial came with. */
    if (!rdata_soa(soa->rdata[0], &inside) || set->ttl_s > inside.minimum_s ||
        (!(oracle_may_be_lied_to(net) && !truth->is_validated) &&
         !ttl_is_good(soa, set->ttl_s, soa->ttl_s, now_ms, truth->is_validated)))
        return wrong(words,
                     "TTL %" PRIu32 " of the denial's SOA; the zone gives %" PRIu32
                     " and %" PRIu32,
                     set->ttl_s, soa->ttl_s, inside.minimum_s);
    return true;
}

/* Records of chains; at a cut parent and child have one each, which look like one set. */
static bool is_of_chains(const struct sim_net *net, const struct rrset *set)
{
    for (size_t i = 0; i < set->rr_count; i++) {
        bool found = false;

        for (unsigned j = 0; j < net->zone_count && !found; j++) {
            const struct sim_set *link =
                sim_chain_find(net->zones[j], rrset_owner(set), set->type);

            found = link != NULL && slice_equal(link->rdata[0], rrset_rdata(set, i));
        }
        if (!found)
            return false;
    }
    return true;
}

/* What nobody asked for must at least be true. */
static bool check_others(const struct sim_net *net, const struct oracle_answer *truth,
                         const struct message *message, char *words)
{
    size_t total = message_rrsets(message);
    size_t additional = total - message->count[SECTION_ADDITIONAL];

    for (size_t i = message->count[SECTION_ANSWER]; i < total; i++) {
        const struct rrset *set = message->rrsets[i];
        struct dname owner = rrset_owner(set);
        /* Nobody has validated its TTL. */
        bool is_hearsay =
            oracle_may_be_lied_to(net) && (i >= additional || !truth->is_validated);
        const struct sim_set *true_set =
            sim_set_find(sim_zone_of(net, owner, set->type), owner, set->type);

        if (set->type == TYPE_NSEC || set->type == TYPE_NSEC3) {
            if (!is_of_chains(net, set))
                return wrong_set(words, "a proof that is not true", set);
            continue;
        }
        if (true_set == NULL || !same_records(set, true_set->rdata, true_set->count))
            return wrong_set(words, "beside the answer, not true", set);
        if (set->ttl_s > true_set->ttl_s && !is_hearsay)
            return wrong_set(words, "beside the answer, TTL too long", set);
    }
    return true;
}

bool oracle_check(const struct sim_net *net, const struct oracle_answer *truth,
                  const struct message *message, int64_t now_ms, char *words)
{
    char got[TYPE_TEXT_MAX], want[TYPE_TEXT_MAX];

    if (truth->endless)
        return wrong(words, "aliases without end were answered");
    if (message->rcode != truth->rcode)
        return wrong(words, "rcode %s instead of %s", rcode_to_text(message->rcode, got),
                     rcode_to_text(truth->rcode, want));
    return check_answer(net, truth, message, now_ms, words) &&
           (truth->denier == NULL || check_denial(net, truth, message, now_ms, words)) &&
           check_others(net, truth, message, words);
}

bool oracle_may_be_lied_to(const struct sim_net *net)
{
    for (unsigned i = 0; i < net->server_count; i++)
        if (net->servers[i]->flaw != FLAW_NONE)
            return true;
    return false;
}

const char *oracle_misses_proof(const struct sim_net *net, const struct oracle_answer *truth,
                                const struct message *message)
{
    bool needs_proof = truth->denier != NULL, has_proof = false;

    (void)net;
    for (unsigned i = 0; i < truth->count; i++) {
        const struct oracle_link *link = &truth->links[i];
        const struct rrset *set =
            message_find(message, SECTION_ANSWER, link->owner, link->type);

        if (link->target.wire == NULL && set != NULL && set->rrsig_count == 0)
            return "a secure record without its signature";
        needs_proof = needs_proof || (link->target.wire == NULL &&
                                      !dname_equal(link->owner, link->set->owner));
    }
    for (size_t i = message->count[SECTION_ANSWER]; i < message_rrsets(message); i++) {
        uint16_t type = message->rrsets[i]->type;

        has_proof = has_proof || type == TYPE_NSEC || type == TYPE_NSEC3;
        if ((type == TYPE_NSEC || type == TYPE_NSEC3 || type == TYPE_SOA) &&
            message->rrsets[i]->rrsig_count == 0)
            return "a secure proof without signatures";
    }
    return needs_proof && !has_proof ? "a secure answer without the proof that it needs" : NULL;
}

static bool has_empty_server(const struct sim_zone *zone)
{
    for (unsigned i = 0; i < zone->host_count; i++)
        for (unsigned j = 0; j < zone->hosts[i]->server_count; j++)
            if (zone->hosts[i]->servers[j]->fault.kind == FAULT_EMPTY)
                return true;
    return false;
}

static bool has_soa(const struct message *message)
{
    for (size_t i = message->count[SECTION_ANSWER]; i < message_rrsets(message); i++)
        if (message->rrsets[i]->type == TYPE_SOA)
            return true;
    return false;
}

bool oracle_was_told_nothing(const struct sim_net *net, const struct oracle_answer *truth,
                             const struct message *message)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_ANSWER, &count);

    if (message->rcode != RCODE_NOERROR || has_soa(message))
        return false;
    for (size_t i = 0; i < count; i++)
        if ((sets[i]->type != TYPE_CNAME && sets[i]->type != TYPE_DNAME) ||
            link_of(truth, sets[i]) == NULL)
            return false;
    for (unsigned i = 0; i < net->forwarder_count; i++)
        if (net->forwarders[i]->fault.kind == FAULT_EMPTY)
            return true;
    for (unsigned i = 0; i < truth->zone_count; i++)
        for (const struct sim_zone *zone = truth->zones[i]; zone != NULL; zone = zone->parent)
            if (has_empty_server(zone))
                return true;
    return false;
}
