/*
 * deleg.h - a delegation: the name servers of one zone as one query sees them.
 *
 * Built by the states from the RRset cache, a referral, the hints, a stub or a forward zone. Lives
 * in the arena of the query; nothing is shared between queries. What is learned about a server for
 * everybody (RTT, EDNS) goes to infra_cache.c. No I/O here, no clock: both come in as arguments.
 */
#ifndef TREESHREW_ITERATOR_DELEG_H
#define TREESHREW_ITERATOR_DELEG_H

#include "iterator/zone_options.h"
#include "util/addr.h"
#include "util/wire/message.h"

enum deleg_origin { DELEG_CACHED, DELEG_REFERRED, DELEG_HINTS, DELEG_STUB, DELEG_FORWARD };

/** What is known of one address type of one name server's name. */
enum target_status {
    TARGET_UNKNOWN,
    TARGET_KNOWN,   /* addresses are among the servers */
    TARGET_ASKED,   /* a sub-question is under way */
    TARGET_MISSING  /* there is none, or it could not be had */
};

struct deleg_name {
    struct deleg_name *next;
    struct dname name;
    enum target_status a, aaaa;
    const char *tls_name;
    uint16_t port;
};

struct deleg_server {
    struct deleg_server *next;
    struct addr addr;
    const char *tls_name; /* NULL: no TLS */
    uint8_t sends, timeouts;
    uint16_t wrong_answers; /* false ones that came instead of its answer */
    bool failed;          /* struck off for this query */
    bool probed;          /* long silent: this query tries it once */
    bool under_way;
};

struct deleg {
    struct dname zone;
    enum deleg_origin origin;
    int64_t expires_s;    /* of its NS set; what its servers say of the cut never outlives it */
    bool recursive;       /* forward zone: ask with RD, take any answer */
    bool first;           /* stub-first, forward-first: resolve without it when all fail */
    bool no_cache;
    bool tcp_only;
    bool heard;           /* one of its servers said something */
    bool misled;          /* one is passed over, for it gave records that are not the zone's */
    bool parent_side;     /* names and addresses are as the parent told them */
    enum forward_policy policy;
    struct deleg_name *names;
    struct deleg_server *servers;
    struct deleg_server *blocked; /* that may not or cannot be asked */
    uint16_t name_count, server_count;
    uint16_t blocked_count;
    uint16_t sends, answered_badly, target_failures;
    uint16_t lookups, lookups_ended, lookups_free; /* of names' addresses; free: out of the cache */
    bool saw_loop;
};

struct deleg_limits {
    uint32_t names, addresses_per_name, addresses;
};

/** @param zone copied. @return NULL: no memory. */
struct deleg *deleg_new(struct arena *arena, struct dname zone, enum deleg_origin origin);

/** Adds a name once. @return it (new or old), or NULL: no memory, or the limit. */
struct deleg_name *deleg_add_name(struct deleg *deleg, struct arena *arena, struct dname name,
                                  const struct deleg_limits *limits);

/** Adds an address once. @return it (new or old), or NULL: no memory, or the limit. */
struct deleg_server *deleg_add_server(struct deleg *deleg, struct arena *arena,
                                      const struct addr *addr, const char *tls_name,
                                      const struct deleg_limits *limits);

/** Notes an address that is not to be asked, once. @return whether it is new. */
bool deleg_add_blocked(struct deleg *deleg, struct arena *arena, const struct addr *addr);

/** NS records into names. @param random chooses which are kept when there are too many. */
enum status deleg_add_ns(struct deleg *deleg, struct arena *arena, const struct rrset *ns,
                         const struct deleg_limits *limits, uint32_t random);

struct deleg_name *deleg_find_name(const struct deleg *deleg, struct dname name);

/** What was done for this delegation: packets to its servers, look-ups of its names. */
static inline unsigned deleg_spent(const struct deleg *deleg)
{
    return (unsigned)(deleg->sends + deleg->lookups - deleg->lookups_free);
}

/** Some server that was not struck off has not been asked yet. */
bool deleg_has_untried(const struct deleg *deleg);

/** Servers that this query can still ask. */
size_t deleg_usable(const struct deleg *deleg);
size_t deleg_failed(const struct deleg *deleg);

/** True when no address is known and none can be found without asking the zone itself. */
bool deleg_is_useless(const struct deleg *deleg);

/** All NS names lie in the zone, so that their addresses must come as glue. */
bool deleg_needs_glue(const struct deleg *deleg, struct dname name);

#endif
