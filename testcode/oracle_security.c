/*
 * oracle_security.c - what validation must make of an answer, read off the model.
 *
 * Part by part: each link of the aliases by the zone that holds it, an expansion and the end by
 * what the zone can deny. The whole is as good as its weakest part. Says nothing of servers:
 * one that lies must not show.
 */
#include "testcode/oracle.h"
#include "testcode/sim_deny.h"
#include "testcode/sim_signing.h"

static enum security worse(enum security a, enum security b)
{
    if (a == SEC_BOGUS || b == SEC_BOGUS)
        return SEC_BOGUS;
    return a == SEC_INSECURE || b == SEC_INSECURE ? SEC_INSECURE : SEC_SECURE;
}

static enum security of_data(const struct sim_zone *zone, uint16_t type)
{
    if (zone->security != SEC_SECURE)
        return zone->security;
    if (type == TYPE_DNSKEY && zone->signing->flaw_spares_keys)
        return SEC_SECURE;
    return sim_flaw_spoils_data(zone->signing->flaw) ? SEC_BOGUS : SEC_SECURE;
}

/* @param is_at_name a record of the chain stands at the very name: no span is needed. */
static enum security of_denial(const struct sim_zone *zone, bool is_at_name)
{
    enum security security;

    if (zone->security != SEC_SECURE)
        return zone->security;
    security = sim_denial_security(zone);
    /* RFC 5155 section 9.2. */
    if (security == SEC_SECURE && zone->signing->nsec3 && zone->signing->opt_out && !is_at_name)
        return SEC_INSECURE;
    return security;
}

static bool has_link(const struct sim_zone *zone, struct dname name)
{
    const struct sim_signing *signing = zone->signing;

    for (unsigned i = 0; signing != NULL && i < signing->link_count; i++)
        if (dname_equal(signing->links[i].name, name))
            return true;
    return false;
}

static enum security of_link(const struct sim_net *net, const struct oracle_link *link)
{
    const struct sim_zone *zone = sim_zone_of(net, link->set->owner, link->set->type);
    enum security security = of_data(zone, link->set->type);

    if (link->target.wire == NULL && !dname_equal(link->owner, link->set->owner))
        security = worse(security, of_denial(zone, false));
    return security;
}

enum security oracle_security(const struct sim_net *net, struct oracle_answer *truth)
{
    enum security security = net->anchor_count == 0 ? SEC_INSECURE : SEC_SECURE;

    for (unsigned i = 0; i < truth->zone_count; i++)
        for (const struct sim_zone *zone = truth->zones[i]; zone != NULL; zone = zone->parent)
            truth->may_be_insecure =
                truth->may_be_insecure || sim_has_too_many_iterations(zone);
    for (unsigned i = 0; i < truth->zone_count; i++)
        truth->has_insecure_part =
            truth->has_insecure_part || truth->zones[i]->security == SEC_INSECURE;
    for (unsigned i = 0; i < truth->count; i++)
        security = worse(security, of_link(net, &truth->links[i]));
    if (truth->denier == NULL)
        return security;
    security = worse(security, of_data(truth->denier, TYPE_SOA));
    return worse(security,
                 of_denial(truth->denier, truth->rcode == RCODE_NOERROR &&
                                              has_link(truth->denier, truth->last_name)));
}
