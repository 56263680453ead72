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
#include "testcode/sim_keys.h"
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

/* Ways to sign a set that are remembered: well, and with each flaw up to FOREIGN. */
enum {
    SIM_WAYS = FLAW_FOREIGN + 1,
    SIM_KEYS_MAX = 6,
    SIM_ANCHORS_MAX = 2,
    SIM_SIGNED_BEFORE = 4
};

/** A set with signatures that were made at some time. */
struct sim_signed {
    const struct rrset *rrset; /* NULL: not made yet */
    int64_t turn;              /* of the signatures: older ones are made anew */
    int64_t end_s;             /* when they expire */
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
    struct sim_signed ways[SIM_WAYS];
    /* Expiration of the last good signatures that were sent, and of those before: who has not
     * asked since may still have them, and believe them for a while (val-sig-skew-min). */
    int64_t signed_until_s[SIM_SIGNED_BEFORE];
};

/** A key of a zone and what it is there for. */
struct sim_signer {
    struct sim_key key;
    bool published;              /* in the DNSKEY set */
    bool signs_keys, signs_data; /* DNSKEY; all else */
    bool replaces;               /* signs only after the change, */
    bool retires;                /* or only before it */
};

/** One record of the chain of NSEC or NSEC3. */
struct sim_link {
    struct dname name;
    uint8_t hash[20]; /* of NSEC3 */
    struct sim_set *set;
};

/** How a zone is signed. */
struct sim_signing {
    unsigned signer_count;
    struct sim_signer signers[SIM_KEYS_MAX];
    struct sim_key stranger; /* nobody has it from the zone */
    int64_t change_s;        /* of keys, wall time */
    int64_t life_s;          /* of a signature; made anew at half of it */
    bool is_noisy;           /* signatures of no use stand before the good ones */
    bool nsec3, opt_out;
    uint16_t iterations;
    struct slice salt;
    unsigned link_count;
    struct sim_link *links; /* in their order */
    enum sim_flaw flaw;
    bool flaw_spares_keys; /* of the flaws that spoil data: the DNSKEY set is signed well */
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
    struct sim_signing *signing; /* NULL: it is not */
    enum security security;      /* of its keys: SECURE, INSECURE or BOGUS */
    bool sibling_glue; /* the parent gives addresses of hosts that are not below the cut, too */
};

/** One address. */
struct sim_server {
    struct addr addr;
    struct sim_fault fault;
    enum sim_flaw flaw;    /* in what it says of secure zones */
    bool follows_aliases;  /* into other zones that it serves */
    bool full_answers;     /* NS set and addresses with every answer */
    bool keeps_no_case;    /* 0x20: the question comes back in lower case */
    bool no_edns_in_reply; /* knows nothing of EDNS but does not mind */
    bool forwards;         /* a resolver that we forward to: answers everything, has no zones */
    uint16_t udp_max;      /* its own limit */
    unsigned zone_count;
    struct sim_zone *zones[SIM_ZONES_MAX];
};

/** Where trust begins. */
struct sim_anchor {
    const struct sim_zone *zone;
    struct slice rdata;
    uint16_t type; /* DS or DNSKEY */
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
    const char *weather;   /* for people */
    unsigned anchor_count; /* 0: nothing is validated */
    struct sim_anchor anchors[SIM_ANCHORS_MAX];
    const struct sim_zone *insecure; /* at and below it nothing is validated; NULL: none */
    bool strict_algorithms;          /* every algorithm of a DS set has to sign */
    unsigned key_count;
};

/** The deepest zone that holds the name (for DS: the parent's side of a cut). */
struct sim_zone *sim_zone_of(const struct sim_net *net, struct dname name, uint16_t type);

/** NULL: no such RRset at that very name. */
struct sim_set *sim_set_find(const struct sim_zone *zone, struct dname owner, uint16_t type);

/** A new set; there is none of that owner and type yet. @return NULL: no memory (noted). */
struct sim_set *sim_set_add(struct sim_net *net, struct sim_zone *zone, struct dname owner,
                            uint16_t type, uint32_t ttl_s, const struct slice *rdata,
                            uint16_t count);
/** The same outside of any zone's list: NSEC and NSEC3. */
struct sim_set *sim_set_new(struct sim_net *net, struct dname owner, uint16_t type,
                            uint32_t ttl_s, const struct slice *rdata, uint16_t count);

/** The zone's cut at that very name, or NULL. */
const struct sim_zone *sim_cut_at(const struct sim_net *net, const struct sim_zone *zone,
                                  struct dname name);

/** Something is at or below the name in the zone, cuts included. */
bool sim_name_exists(const struct sim_net *net, const struct sim_zone *zone, struct dname name);

struct sim_server *sim_server_find(const struct sim_net *net, const struct addr *addr);

/** The parent tells the host's addresses with the referral. */
bool sim_has_glue(const struct sim_zone *zone, const struct sim_host *host);

#endif
