/*
 * local_table.h - the shape of local zones and data, between local_build.c and local.c.
 *
 * Private to the two. Names stand in a hash table of nodes; a look-up takes the hash of the
 * question's name and of its ancestors, which come out of one pass over the octets. Built once,
 * then read-only.
 */
#ifndef TREESHREW_SERVICES_CLIENT_LOCAL_TABLE_H
#define TREESHREW_SERVICES_CLIENT_LOCAL_TABLE_H

#include "services/client/local.h"

/* LOCAL_TYPE(NAME, "word", flags): what the flags mean stands below. */
#define LOCAL_TYPES                                                                            \
    LOCAL_TYPE(DENY, "deny", LOCAL_USES_DATA)                                                  \
    LOCAL_TYPE(REFUSE, "refuse", LOCAL_USES_DATA | LOCAL_BLOCKS)                               \
    LOCAL_TYPE(STATIC, "static", LOCAL_USES_DATA)                                              \
    LOCAL_TYPE(TRANSPARENT, "transparent", LOCAL_USES_DATA)                                    \
    LOCAL_TYPE(TYPETRANSPARENT, "typetransparent", LOCAL_USES_DATA)                            \
    LOCAL_TYPE(REDIRECT, "redirect", LOCAL_USES_DATA | LOCAL_REDIRECTS)                        \
    LOCAL_TYPE(INFORM, "inform", LOCAL_USES_DATA | LOCAL_INFORMS)                              \
    LOCAL_TYPE(INFORM_DENY, "inform_deny", LOCAL_USES_DATA | LOCAL_INFORMS)                    \
    LOCAL_TYPE(INFORM_REDIRECT, "inform_redirect",                                             \
               LOCAL_USES_DATA | LOCAL_REDIRECTS | LOCAL_INFORMS)                              \
    LOCAL_TYPE(ALWAYS_TRANSPARENT, "always_transparent", 0)                                    \
    LOCAL_TYPE(ALWAYS_REFUSE, "always_refuse", LOCAL_BLOCKS)                                   \
    LOCAL_TYPE(ALWAYS_NXDOMAIN, "always_nxdomain", LOCAL_BLOCKS)                               \
    LOCAL_TYPE(ALWAYS_NODATA, "always_nodata", LOCAL_BLOCKS)                                   \
    LOCAL_TYPE(ALWAYS_NULL, "always_null", LOCAL_USES_DATA | LOCAL_BLOCKS)                     \
    LOCAL_TYPE(ALWAYS_DENY, "always_deny", 0)                                                  \
    LOCAL_TYPE(BLOCK_A, "block_a", LOCAL_BLOCKS)                                               \
    LOCAL_TYPE(BLOCK_AAAA, "block_aaaa", LOCAL_BLOCKS)                                         \
    LOCAL_TYPE(BLOCK_A_WDATA, "block_a_wdata", LOCAL_USES_DATA | LOCAL_BLOCKS)                 \
    LOCAL_TYPE(BLOCK_AAAA_WDATA, "block_aaaa_wdata", LOCAL_USES_DATA | LOCAL_BLOCKS)           \
    LOCAL_TYPE(NOVIEW, "noview", LOCAL_USES_DATA)                                              \
    LOCAL_TYPE(NODEFAULT, "nodefault", LOCAL_USES_DATA)

enum {
    LOCAL_USES_DATA = 1, /* records at the name come first */
    LOCAL_REDIRECTS = 2, /* records of the apex stand for all names below */
    LOCAL_BLOCKS = 4,    /* an answer that is no data is told as blocked (EDE 15) */
    LOCAL_INFORMS = 8    /* who asks is logged */
};

enum local_type {
#define LOCAL_TYPE(name, word, flags) LOCAL_##name##_TYPE,
    LOCAL_TYPES
#undef LOCAL_TYPE
        LOCAL_TYPE_COUNT
};

/** For clients of the block the zone has another type. */
struct local_override {
    struct local_override *next;
    struct netblock block;
    enum local_type type;
};

struct local_zone {
    enum local_type type;
    bool built_in;                  /* of local_default.def: answers carry no EDE */
    const struct rrset *denial_soa; /* with the TTL of denials; NULL: the zone has no SOA */
    struct local_override *overrides;
};

/* A record before its RRset is made. */
struct local_record {
    struct local_record *next;
    uint16_t type;
    uint32_t ttl_s;
    struct slice rdata;
};

/** A name that is a zone's apex, has records, or has names with records below it. */
struct local_node {
    struct local_node *next; /* in its bucket */
    uint64_t hash;
    struct dname name;
    uint16_t rrclass;
    struct local_zone *zone;      /* NULL: no apex */
    bool exists;                  /* has records, or names below it have */
    struct local_record *records; /* while building */
    const struct rrset **rrsets;
    size_t rrset_count;
};

struct local {
    struct arena *arena; /* of everything */
    struct hash_key key;
    struct local_node **buckets;
    size_t bucket_count; /* a power of two */
    size_t node_count;
    uint8_t apex_labels_max; /* no apex has more */
};

/** @return NULL: not there. */
struct local_node *local_find(const struct local *local, uint64_t hash, struct dname name,
                              uint16_t rrclass);

/** local_build.c: STATUS_MALFORMED after a complaint, STATUS_NO_MEMORY. */
enum status local_build(struct local *local, const struct client_options *options,
                        conf_complain *complain, void *context);

#endif
