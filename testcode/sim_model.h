/*
 * sim_model.h - a small internet as data: zones with their records, servers with their faults.
 *
 * Filled by sim_generate.c from a seed; read by sim_auth.c (which answers as the servers would)
 * and by oracle.c (which knows the truth). Everything lives in the arena of the net. Nothing
 * changes after generation except what was last sent when.
 */
#ifndef TREESHREW_TESTCODE_SIM_MODEL_H
#define TREESHREW_TESTCODE_SIM_MODEL_H

#include "testcode/sim_faults.h"
#include "util/addr.h"
#include "util/wire/rrset.h"

enum {
    SIM_ZONES_MAX = 16,
    SIM_HOSTS_MAX = 48,
    SIM_SERVERS_MAX = 96,
    SIM_NS_MAX = 5,
    SIM_HOST_ADDRS_MAX = 3,
    SIM_FORWARDERS_MAX = 4
};

/** An RRset as its zone has it. */
struct sim_set {
    struct sim_set *next; /* in its zone */
    struct dname owner;
    uint16_t type;
    uint32_t ttl_s;
    uint16_t count;
    const struct slice *rdata;
    const struct rrset *rrset; /* the same, ready to be written */
    int64_t sent_ms; /* when a server's answer with it arrives at last; INT64_MIN: never */
};

/** A host that serves zones. Its addresses stand in the zone that holds its name, too. */
struct sim_host {
    struct dname name;
    struct sim_zone *home; /* the zone that holds the name */
    unsigned server_count;
    struct sim_server *servers[SIM_HOST_ADDRS_MAX];
};

struct sim_zone {
    struct dname apex;
    struct sim_zone *parent; /* NULL: the root */
    unsigned index;          /* a zone depends only on zones before it */
    struct sim_set *sets;
    struct sim_set *soa, *ns;
    unsigned host_count;
    struct sim_host *hosts[SIM_NS_MAX];
    bool sibling_glue; /* the parent gives addresses of hosts that are not below the cut, too */
};

/** One address. */
struct sim_server {
    struct addr addr;
    struct sim_fault fault;
    bool follows_aliases;  /* into other zones that it serves */
    bool full_answers;     /* NS set and addresses with every answer */
    bool keeps_no_case;    /* 0x20: the question comes back in lower case */
    bool no_edns_in_reply; /* knows nothing of EDNS but does not mind */
    bool forwards;         /* a resolver that we forward to: answers everything, has no zones */
    uint16_t udp_max;      /* its own limit */
    unsigned zone_count;
    struct sim_zone *zones[SIM_ZONES_MAX];
};

struct sim_net {
    struct arena *arena;
    bool no_memory;
    unsigned zone_count, host_count, server_count;
    struct sim_zone *zones[SIM_ZONES_MAX]; /* the root first */
    struct sim_host *hosts[SIM_HOSTS_MAX];
    struct sim_server *servers[SIM_SERVERS_MAX];
    unsigned forwarder_count; /* 0: questions go to the zones' own servers */
    struct sim_server *forwarders[SIM_FORWARDERS_MAX];
    bool ip6_works;
    const char *weather; /* for people */
};

/** The deepest zone that holds the name (for DS: the parent's side of a cut). */
struct sim_zone *sim_zone_of(const struct sim_net *net, struct dname name, uint16_t type);

/** NULL: no such RRset at that very name. */
struct sim_set *sim_set_find(const struct sim_zone *zone, struct dname owner, uint16_t type);

/** Something is at or below the name in the zone, cuts included. */
bool sim_name_exists(const struct sim_net *net, const struct sim_zone *zone, struct dname name);

struct sim_server *sim_server_find(const struct sim_net *net, const struct addr *addr);

/** The parent tells the host's addresses with the referral. */
bool sim_has_glue(const struct sim_zone *zone, const struct sim_host *host);

#endif
