/*
 * sim_model.c - looking things up in the model. Small worlds: every look-up is a walk.
 */
#include "testcode/sim_model.h"

struct sim_zone *sim_zone_of(const struct sim_net *net, struct dname name, uint16_t type)
{
    struct sim_zone *best = net->zones[0];

    for (unsigned i = 1; i < net->zone_count; i++) {
        struct sim_zone *zone = net->zones[i];

        if (zone->apex.labels <= best->apex.labels || !dname_is_at_or_below(name, zone->apex))
            continue;
        /* RFC 4035 section 3.1.4.1: DS lives above the cut. */
        if (type == TYPE_DS && name.labels == zone->apex.labels)
            continue;
        best = zone;
    }
    return best;
}

struct sim_set *sim_set_find(const struct sim_zone *zone, struct dname owner, uint16_t type)
{
    for (struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (set->type == type && dname_equal(set->owner, owner))
            return set;
    return NULL;
}

struct sim_set *sim_set_new(struct sim_net *net, struct dname owner, uint16_t type,
                            uint32_t ttl_s, const struct slice *rdata, uint16_t count)
{
    struct sim_set *set = ARENA_NEW(net->arena, struct sim_set);
    struct rrset_parts parts = {.owner = owner,
                                .type = type,
                                .rrclass = CLASS_IN,
                                .ttl_s = ttl_s,
                                .rdata = rdata,
                                .rr_count = count};

    if (set == NULL || (set->rrset = rrset_in(net->arena, &parts)) == NULL) {
        net->no_memory = true;
        return NULL;
    }
    set->owner = owner;
    set->type = type;
    set->ttl_s = ttl_s;
    set->count = count;
    set->rdata = rdata;
    set->sent_ms = INT64_MIN;
    set->signed_until_s[0] = INT64_MAX;
    return set;
}

struct sim_set *sim_set_add(struct sim_net *net, struct sim_zone *zone, struct dname owner,
                            uint16_t type, uint32_t ttl_s, const struct slice *rdata,
                            uint16_t count)
{
    struct sim_set *set = sim_set_new(net, owner, type, ttl_s, rdata, count);
    struct sim_set **place = &zone->sets;

    while (*place != NULL)
        place = &(*place)->next;
    *place = set;
    return set;
}

const struct sim_zone *sim_cut_at(const struct sim_net *net, const struct sim_zone *zone,
                                  struct dname name)
{
    for (unsigned i = 0; i < net->zone_count; i++)
        if (net->zones[i]->parent == zone && dname_equal(net->zones[i]->apex, name))
            return net->zones[i];
    return NULL;
}

bool sim_name_exists(const struct sim_net *net, const struct sim_zone *zone, struct dname name)
{
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (dname_is_at_or_below(set->owner, name))
            return true;
    for (unsigned i = 0; i < net->zone_count; i++)
        if (net->zones[i]->parent == zone && dname_is_at_or_below(net->zones[i]->apex, name))
            return true;
    return false;
}

struct sim_server *sim_server_find(const struct sim_net *net, const struct addr *addr)
{
    for (unsigned i = 0; i < net->server_count; i++)
        if (addr_equal(&net->servers[i]->addr, addr))
            return net->servers[i];
    return NULL;
}

bool sim_has_glue(const struct sim_zone *zone, const struct sim_host *host)
{
    if (dname_is_at_or_below(host->name, zone->apex))
        return true;
    return zone->sibling_glue && zone->parent != NULL &&
           dname_is_at_or_below(host->name, zone->parent->apex);
}
