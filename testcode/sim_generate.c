/*
 * sim_generate.c - draws zones, hosts, servers, records and faults.
 *
 * Order: zones from the root down (each with its hosts: new ones in its own or its parent's
 * zone, or those of zones before it, so that nothing depends on itself), then records, then
 * faults.
 */
#include "testcode/sim_generate.h"

#include <string.h>

#include "testcode/sim_signing.h"
#include "testcode/sim_world.h"
#include "util/text.h"
#include "util/wire/rdata.h"

enum {
    PART_ZONES = 1,
    PART_RECORDS,
    PART_FAULTS,
    PART_FORWARDERS,
    PART_SIGNING,
    PORT = 53,
    DEPTH_MAX = 5,
    FORWARDED_PERMIL = 150,
    SIGNED_PERMIL = 700
};

static const char *const labels[] = {"ash",   "beech", "cedar",  "elder",   "fir",
                                     "gorse", "hazel", "ivy",    "juniper", "lime",
                                     "maple", "oak",   "pine",   "rowan",   "sloe",
                                     "thyme", "vetch", "willow", "yew",     "bracken"};

struct maker {
    struct sim_net *net;
    struct arena *arena;
    struct sim_random random;
    unsigned labels_used;
};

static uint32_t below(struct maker *maker, uint32_t most)
{
    return sim_below(&maker->random, most);
}

static bool chance(struct maker *maker, uint32_t permil)
{
    return sim_chance(&maker->random, permil);
}

static const char *some_label(struct maker *maker)
{
    return labels[below(maker, COUNT(labels))];
}

static const char *text_of(struct maker *maker, struct dname name)
{
    char text[DNAME_TEXT_MAX];
    const char *copy = arena_text(maker->arena, dname_to_text(name, text));

    maker->net->no_memory = maker->net->no_memory || copy == NULL;
    return copy == NULL ? "." : copy;
}

/* "label" in front of the name; the root where there is no memory. */
static struct dname name_in(struct maker *maker, const char *front, struct dname name)
{
    const char *base = text_of(maker, name);
    const char *text = arena_printf(maker->arena, "%s.%s", front, name.labels == 0 ? "" : base);
    struct dname made = dname_root;

    if (text == NULL || dname_from_text_in(maker->arena, text, &made) != STATUS_OK)
        maker->net->no_memory = true;
    return made;
}

/* ---- records ---- */

static uint32_t some_ttl(struct maker *maker)
{
    static const uint32_t ttls[] = {0, 1, 5, 30, 60, 300, 300, 3600, 3600, 86400, 200000};

    return ttls[below(maker, COUNT(ttls))];
}

static bool read_rdata(struct maker *maker, const char *text, uint16_t type, struct slice *out)
{
    if (text != NULL &&
        rdata_from_text(text, type, CLASS_IN, NULL, maker->arena, out) == STATUS_OK)
        return true;
    maker->net->no_memory = true;
    return false;
}

/* One record more in a set, the set made if need be. Equal records are left out. */
static struct sim_set *add_record(struct maker *maker, struct sim_zone *zone,
                                  struct dname owner, uint16_t type, uint32_t ttl_s,
                                  const char *text)
{
    struct sim_set *before = sim_set_find(zone, owner, type), **place = &zone->sets;
    uint16_t count = before == NULL ? 0 : before->count;
    struct slice *rdata = ARENA_ARRAY(maker->arena, struct slice, (size_t)count + 1);

    if (rdata == NULL || !read_rdata(maker, text, type, &rdata[count]))
        return NULL;
    for (uint16_t i = 0; i < count; i++) {
        rdata[i] = before->rdata[i];
        if (slice_equal(rdata[i], rdata[count]))
            return before;
    }
    if (before != NULL) {
        ttl_s = before->ttl_s;
        while (*place != before)
            place = &(*place)->next;
        *place = before->next;
    }
    return sim_set_add(maker->net, zone, owner, type, ttl_s, rdata, (uint16_t)(count + 1));
}

/* ---- hosts and servers ---- */

static struct sim_server *new_server(struct maker *maker, bool ip6)
{
    struct sim_net *net = maker->net;
    struct sim_server *server = ARENA_NEW(maker->arena, struct sim_server);
    uint8_t number = (uint8_t)net->server_count;
    uint8_t bytes[16] = {0x26, 0x00, [15] = number};
    uint8_t bytes4[4] = {45, 0, 9, number};

    if (server == NULL || net->server_count == SIM_SERVERS_MAX) {
        net->no_memory = true;
        return NULL;
    }
    server->addr = ip6 ? addr_ip6(bytes, PORT) : addr_ip4(bytes4, PORT);
    server->udp_max = 1232;
    net->servers[net->server_count++] = server;
    return server;
}

static void add_address(struct maker *maker, struct sim_host *host, bool ip6, uint32_t ttl_s)
{
    struct sim_server *server = new_server(maker, ip6);
    char text[ADDR_TEXT_MAX];

    if (server == NULL || host->server_count == SIM_HOST_ADDRS_MAX)
        return;
    host->servers[host->server_count++] = server;
    add_record(maker, host->home, host->name, ip6 ? TYPE_AAAA : TYPE_A, ttl_s,
               addr_host_text(&server->addr, text));
}

static struct sim_host *new_host(struct maker *maker, struct sim_zone *home, const char *label)
{
    struct sim_net *net = maker->net;
    struct sim_host *host;
    bool only_ip6 = chance(maker, 40);
    uint32_t ttl_s = some_ttl(maker);

    if (net->host_count == SIM_HOSTS_MAX || net->server_count + 3 > SIM_SERVERS_MAX)
        return NULL;
    host = ARENA_NEW(maker->arena, struct sim_host);
    if (host == NULL) {
        net->no_memory = true;
        return NULL;
    }
    host->home = home;
    host->name = name_in(maker, label, home->apex);
    if (!only_ip6)
        add_address(maker, host, false, ttl_s);
    if (!only_ip6 && chance(maker, 150))
        add_address(maker, host, false, ttl_s);
    if (only_ip6 || chance(maker, 250))
        add_address(maker, host, true, ttl_s);
    net->hosts[net->host_count++] = host;
    return host;
}

static void serve(struct sim_zone *zone, struct sim_server *server)
{
    for (unsigned i = 0; i < server->zone_count; i++)
        if (server->zones[i] == zone)
            return;
    server->zones[server->zone_count++] = zone;
}

static void use_host(struct maker *maker, struct sim_zone *zone, struct sim_host *host,
                     uint32_t ttl_s)
{
    if (host == NULL || zone->host_count == SIM_NS_MAX)
        return;
    for (unsigned i = 0; i < zone->host_count; i++)
        if (zone->hosts[i] == host)
            return;
    zone->hosts[zone->host_count++] = host;
    for (unsigned i = 0; i < host->server_count; i++)
        serve(zone, host->servers[i]);
    zone->ns = add_record(maker, zone, zone->apex, TYPE_NS, ttl_s, text_of(maker, host->name));
}

/* A host of a zone that was there before; never one that needs this zone. */
static struct sim_host *host_of_others(struct maker *maker)
{
    struct sim_net *net = maker->net;

    return net->host_count == 0 ? NULL : net->hosts[below(maker, net->host_count)];
}

static void add_hosts(struct maker *maker, struct sim_zone *zone)
{
    unsigned count = 1 + below(maker, 4);
    uint32_t ttl_s = some_ttl(maker);

    if (ttl_s < 30)
        ttl_s = 30;
    for (unsigned i = 0; i < count || zone->host_count == 0; i++) {
        char label[16] = "ns0";
        uint32_t kind = below(maker, 100);

        label[2] = (char)('0' + i % 10);
        if (zone->parent == NULL || kind < 60) {
            use_host(maker, zone, new_host(maker, zone, label), ttl_s);
        } else if (kind < 72) {
            label[0] = 'x'; /* beside the zone, in its parent */
            label[1] = (char)('a' + zone->index);
            use_host(maker, zone, new_host(maker, zone->parent, label), ttl_s);
        } else {
            use_host(maker, zone, host_of_others(maker), ttl_s);
        }
        if (maker->net->no_memory || i > 20)
            return;
    }
}

/* ---- zones ---- */

static void add_soa(struct maker *maker, struct sim_zone *zone)
{
    static const uint32_t minima[] = {0, 5, 60, 300, 3600, 20000};
    const char *apex = text_of(maker, zone->apex);
    const char *text =
        arena_printf(maker->arena, "%s hostmaster.%s 1 7200 3600 1209600 %u",
                     text_of(maker, zone->hosts[0]->name), zone->apex.labels == 0 ? "" : apex,
                     (unsigned)minima[below(maker, COUNT(minima))]);

    zone->soa = add_record(maker, zone, zone->apex, TYPE_SOA, some_ttl(maker), text);
}

static struct sim_zone *add_zone(struct maker *maker, struct dname apex,
                                 struct sim_zone *parent)
{
    struct sim_net *net = maker->net;
    struct sim_zone *zone = ARENA_NEW(maker->arena, struct sim_zone);

    if (zone == NULL) {
        net->no_memory = true;
        return NULL;
    }
    zone->apex = apex;
    zone->parent = parent;
    zone->index = net->zone_count;
    zone->sibling_glue = chance(maker, 600);
    net->zones[net->zone_count++] = zone;
    add_hosts(maker, zone);
    if (!net->no_memory)
        add_soa(maker, zone);
    return zone;
}

/* Zones are made from the root down: none comes between two others later. */
static bool is_taken(const struct sim_net *net, struct dname apex)
{
    for (unsigned i = 0; i < net->zone_count; i++)
        if (dname_is_at_or_below(net->zones[i]->apex, apex))
            return true;
    return false;
}

static void add_zones(struct maker *maker)
{
    static const char *const tops[] = {"com", "net", "org"};
    struct sim_net *net = maker->net;
    unsigned top_count = 1 + below(maker, COUNT(tops));
    unsigned count = 4 + below(maker, 8);

    add_zone(maker, dname_root, NULL);
    for (unsigned i = 0; i < top_count && !net->no_memory; i++)
        add_zone(maker, name_in(maker, tops[i], dname_root), net->zones[0]);
    for (unsigned i = 0; i < count && !net->no_memory; i++) {
        struct sim_zone *parent = net->zones[1 + below(maker, net->zone_count - 1)];
        struct dname apex = name_in(maker, some_label(maker), parent->apex);

        if (parent->apex.labels >= DEPTH_MAX)
            continue;
        if (chance(maker, 100)) /* an empty non-terminal between parent and child */
            apex = name_in(maker, some_label(maker), apex);
        if (net->zone_count < SIM_ZONES_MAX && !is_taken(net, apex) &&
            sim_zone_of(net, apex, TYPE_NS) == parent)
            add_zone(maker, apex, parent);
    }
}

/* ---- contents ---- */

static const char *some_text_record(struct maker *maker, unsigned size)
{
    struct text text = text_in(maker->arena);

    for (unsigned left = size; left > 0;) {
        unsigned part = left < 200 ? left : 200;

        text_printf(&text, "\"%0*u\" ", (int)part, (unsigned)below(maker, 1000));
        left -= part;
    }
    return text_done(&text);
}

static void add_addresses(struct maker *maker, struct sim_zone *zone, struct dname owner)
{
    uint32_t ttl_s = some_ttl(maker);
    unsigned count = 1 + below(maker, 3) * below(maker, 2);

    if (chance(maker, 40))
        count = 80; /* too much for a datagram */
    for (unsigned i = 0; i < count; i++)
        add_record(maker, zone, owner, TYPE_A, ttl_s,
                   arena_printf(maker->arena, "203.0.%u.%u", (unsigned)below(maker, 100),
                                (unsigned)below(maker, 256)));
    if (chance(maker, 300))
        add_record(maker, zone, owner, TYPE_AAAA, some_ttl(maker),
                   arena_printf(maker->arena, "2a00::%x:%x", (unsigned)below(maker, 65536),
                                (unsigned)below(maker, 65536)));
}

static struct dname some_name(struct maker *maker);

static void add_alias(struct maker *maker, struct sim_zone *zone, struct dname owner,
                      uint16_t type)
{
    add_record(maker, zone, owner, type, some_ttl(maker), text_of(maker, some_name(maker)));
}

static void add_others(struct maker *maker, struct sim_zone *zone, struct dname owner)
{
    switch (below(maker, 3)) {
    case 0:
        add_record(maker, zone, owner, TYPE_MX, some_ttl(maker),
                   arena_printf(maker->arena, "10 %s", text_of(maker, some_name(maker))));
        break;
    case 1:
        add_record(maker, zone, owner, TYPE_TXT, some_ttl(maker),
                   some_text_record(maker, 10 + below(maker, 3) * 700));
        break;
    default:
        add_record(maker, zone, owner, TYPE_SRV, some_ttl(maker),
                   arena_printf(maker->arena, "1 2 %u %s", (unsigned)below(maker, 9999),
                                text_of(maker, some_name(maker))));
        break;
    }
}

/* Below a DNAME and beside a CNAME nothing else may be; nothing is put behind a cut. */
static bool is_free(const struct sim_net *net, const struct sim_zone *zone, struct dname owner)
{
    if (sim_zone_of(net, owner, TYPE_A) != zone || sim_name_exists(net, zone, owner))
        return false;
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (set->type == TYPE_DNAME && dname_is_below(owner, set->owner))
            return false;
    return true;
}

/* One owner name with something at it; a third of them is for traps. */
static void add_owner(struct maker *maker, struct sim_zone *zone)
{
    struct dname owner = name_in(maker, some_label(maker), zone->apex);
    uint32_t kind = below(maker, 100);

    if (chance(maker, 150))
        owner = name_in(maker, some_label(maker), owner); /* an empty non-terminal above it */
    if (kind >= 86)
        owner = name_in(maker, "*", chance(maker, 500) ? owner : zone->apex);
    if (!is_free(maker->net, zone, owner))
        return;
    if (kind < 45 || (kind >= 86 && kind < 95)) {
        add_addresses(maker, zone, owner);
        if (chance(maker, 300))
            add_others(maker, zone, owner);
    } else if (kind < 55) {
        add_others(maker, zone, owner);
    } else if (kind < 80 || kind >= 95) {
        add_alias(maker, zone, owner, TYPE_CNAME);
    } else {
        add_alias(maker, zone, owner, TYPE_DNAME);
    }
}

static void add_records(struct maker *maker)
{
    struct sim_net *net = maker->net;

    for (unsigned round = 0; round < 8; round++)
        for (unsigned i = 0; i < net->zone_count && !net->no_memory; i++)
            if (i > 0 || round < 2)
                add_owner(maker, net->zones[i]);
}

/* A name that is there, mostly. Aliases to it may come before it has an alias of its own:
 * loops. */
static struct dname some_name(struct maker *maker)
{
    struct sim_net *net = maker->net;
    struct sim_zone *zone = net->zones[below(maker, net->zone_count)];
    unsigned count = 0, at;

    if (chance(maker, 350))
        return name_in(maker, some_label(maker), zone->apex);
    for (struct sim_set *set = zone->sets; set != NULL; set = set->next)
        count++;
    at = below(maker, count);
    for (struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (at-- == 0)
            return dname_is_wildcard(set->owner)
                       ? name_in(maker, some_label(maker), dname_parent(set->owner))
                       : set->owner;
    return zone->apex;
}

/* ---- faults ---- */

static void draw_habits(struct maker *maker, struct sim_server *server)
{
    server->fault.delay_ms = 4 + below(maker, 120);
    server->fault.jitter_ms = below(maker, 12);
    server->follows_aliases = chance(maker, 500);
    server->full_answers = chance(maker, 500);
    server->keeps_no_case = chance(maker, 30);
    server->no_edns_in_reply = chance(maker, 60);
    if (chance(maker, 100))
        server->udp_max = 512;
}

static void draw_fault(struct maker *maker, struct sim_server *server, uint32_t bad_permil,
                       uint32_t loss_permil)
{
    struct sim_fault *fault = &server->fault;

    if (chance(maker, bad_permil)) {
        fault->kind = sim_fault_bad(&maker->random);
        if (fault->kind == FAULT_SLOW)
            fault->delay_ms = 300 + below(maker, 1500);
        if (fault->kind == FAULT_TC_NO_TCP)
            fault->tcp = chance(maker, 500) ? TCP_REFUSED : TCP_SILENT;
        if (chance(maker, 100))
            fault->tcp = (enum sim_tcp)below(maker, 4);
    } else if (chance(maker, bad_permil)) {
        fault->kind = sim_fault_mild(&maker->random);
    }
    if (chance(maker, loss_permil))
        fault->loss_permil = sim_between(&maker->random, 20, 400);
    if (chance(maker, bad_permil))
        fault->duplicate_permil = 200;
}

/* Most zones keep one server that does its work, so that there is an answer to be had. */
static void keep_one_healthy(struct maker *maker, const struct sim_zone *zone)
{
    const struct sim_host *host = zone->hosts[below(maker, zone->host_count)];
    struct sim_server *server = host->servers[below(maker, host->server_count)];

    if (sim_fault_is_healthy(&server->fault))
        return;
    server->fault = (struct sim_fault){.delay_ms = 4 + below(maker, 120)};
    if (chance(maker, 300))
        server->fault.kind = sim_fault_mild(&maker->random);
}

static void draw_faults(struct maker *maker)
{
    static const struct {
        const char *name;
        uint32_t bad_permil, loss_permil;
    } weathers[] = {{"fair", 0, 0},    {"cloudy", 120, 0}, {"rain", 350, 0},
                    {"storm", 600, 0}, {"fog", 100, 500},  {"thunder", 400, 300}};
    struct sim_net *net = maker->net;
    unsigned weather = below(maker, COUNT(weathers));

    net->weather = weathers[weather].name;
    net->ip6_works = chance(maker, 700);
    for (unsigned i = 0; i < net->server_count; i++) {
        draw_habits(maker, net->servers[i]);
        draw_fault(maker, net->servers[i], weathers[weather].bad_permil,
                   weathers[weather].loss_permil);
    }
    for (unsigned i = 0; i < net->zone_count; i++)
        if (chance(maker, 900))
            keep_one_healthy(maker, net->zones[i]);
}

/* Some seeds leave the work to other resolvers; one of them does it, mostly. */
static void add_forwarders(struct maker *maker)
{
    struct sim_net *net = maker->net;
    unsigned count = 1 + below(maker, SIM_FORWARDERS_MAX);
    uint32_t bad_permil = below(maker, 3) * 350;

    for (unsigned i = 0; i < count && net->server_count < SIM_SERVERS_MAX; i++) {
        struct sim_server *server = new_server(maker, net->ip6_works && chance(maker, 300));

        if (server == NULL)
            return;
        server->forwards = true;
        draw_habits(maker, server);
        draw_fault(maker, server, bad_permil, 0);
        if (server->fault.kind ==
            FAULT_POISON) /* who is trusted with everything can say anything */
            server->fault.kind = FAULT_NONE;
        net->forwarders[net->forwarder_count++] = server;
    }
    if (net->forwarder_count > 0 && chance(maker, 850))
        net->forwarders[below(maker, net->forwarder_count)]->fault =
            (struct sim_fault){.delay_ms = 4 + below(maker, 120)};
}

struct sim_net *sim_generate(uint64_t seed, struct arena *arena)
{
    struct maker maker = {.arena = arena, .random = sim_random_of(seed, PART_ZONES)};

    maker.net = ARENA_NEW(arena, struct sim_net);
    if (maker.net == NULL)
        return NULL;
    maker.net->arena = arena;
    add_zones(&maker);
    maker.random = sim_random_of(seed, PART_RECORDS);
    if (!maker.net->no_memory)
        add_records(&maker);
    maker.random = sim_random_of(seed, PART_FAULTS);
    if (!maker.net->no_memory)
        draw_faults(&maker);
    maker.random = sim_random_of(seed, PART_SIGNING);
    if (!maker.net->no_memory && chance(&maker, SIGNED_PERMIL))
        sim_sign_net(maker.net, &maker.random, sim_wall_s(SIM_START_MS));
    maker.random = sim_random_of(seed, PART_FORWARDERS);
    if (!maker.net->no_memory && chance(&maker, FORWARDED_PERMIL))
        add_forwarders(&maker);
    if (!maker.net->no_memory)
        return maker.net;
    sim_net_clear(maker.net);
    return NULL;
}

void sim_net_clear(struct sim_net *net)
{
    sim_signing_clear(net);
}

const char *sim_hints(const struct sim_net *net)
{
    struct text text = text_in(net->arena);
    const struct sim_zone *root = net->zones[0];
    char name[DNAME_TEXT_MAX], addr[ADDR_TEXT_MAX];

    for (unsigned i = 0; i < root->host_count; i++) {
        const struct sim_host *host = root->hosts[i];

        text_printf(&text, ". 3600000 IN NS %s\n", dname_to_text(host->name, name));
        for (unsigned j = 0; j < host->server_count; j++) {
            const struct addr *at = &host->servers[j]->addr;

            text_printf(&text, "%s 3600000 IN %s %s\n", dname_to_text(host->name, name),
                        at->family == ADDR_IP6 ? "AAAA" : "A", addr_host_text(at, addr));
        }
    }
    return text_done(&text);
}

/* ---- questions ---- */

static uint16_t some_type(struct maker *maker)
{
    static const uint16_t types[] = {TYPE_A,    TYPE_A,     TYPE_A,     TYPE_A,  TYPE_A,
                                     TYPE_AAAA, TYPE_AAAA,  TYPE_TXT,   TYPE_MX, TYPE_SRV,
                                     TYPE_NS,   TYPE_SOA,   TYPE_CNAME, TYPE_DS, TYPE_CAA,
                                     TYPE_DS,   TYPE_DNSKEY};

    return types[below(maker, COUNT(types))];
}

static bool is_below_dname(const struct sim_zone *zone, struct dname name)
{
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next)
        if (set->type == TYPE_DNAME && dname_is_below(name, set->owner))
            return true;
    return false;
}

struct question sim_question(const struct sim_net *net, struct sim_random *random,
                             struct arena *arena)
{
    struct sim_net copy = *net;
    struct maker maker = {.net = &copy, .arena = arena, .random = *random};
    struct sim_zone *zone = net->zones[below(&maker, net->zone_count)];
    struct question question = {.qtype = some_type(&maker), .qclass = CLASS_IN};
    uint32_t kind = below(&maker, 100);

    if (kind < 70) {
        question.qname = some_name(&maker);
    } else if (kind < 80) {
        question.qname = name_in(&maker, some_label(&maker), some_name(&maker));
    } else if (kind < 90) {
        question.qname = zone->apex;
    } else {
        question.qname = name_in(&maker, some_label(&maker),
                                 name_in(&maker, some_label(&maker), zone->apex));
    }
    /* Whether the CNAME made for a DNAME answers a question for CNAME is seen in two ways. */
    if (question.qtype == TYPE_CNAME &&
        is_below_dname(sim_zone_of(net, question.qname, TYPE_CNAME), question.qname))
        question.qtype = TYPE_A;
    *random = maker.random;
    return question;
}
