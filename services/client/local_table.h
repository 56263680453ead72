/*
 * local_table.h - the shape of local zones and data, between local_build.c, local_change.c and
 * local.c.
 *
 * Private to the three. Names stand in a hash table of nodes; a look-up takes the hash of the
 * question's name and of its ancestors, which come out of one pass over the octets. Built once,
 * then read-only.
 *
 * A change of a few items makes another table out of the one before: with buckets of its own,
 * and with new nodes in the place of those that change; all others are shown by both. What both
 * show lies in one store, which goes with the last of its tables. Only the thread that makes
 * tables adds to it.
 */
#ifndef TREESHREW_SERVICES_CLIENT_LOCAL_TABLE_H
#define TREESHREW_SERVICES_CLIENT_LOCAL_TABLE_H

#include <stdatomic.h>

#include "services/client/local.h"
#include "util/wire/text_rr.h"

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
    uint32_t times; /* that it was said: what stands twice goes with the second only */
    bool built_in;  /* of local_default.def: answers carry no EDE */
    const struct rrset *denial_soa; /* with the TTL of denials; NULL: the zone has no SOA */
    struct local_override *overrides;
};

/* A record before its RRset is made. */
struct local_record {
    struct local_record *next;
    uint16_t type;
    uint32_t times; /* as of a zone */
    uint32_t ttl_s;
    struct slice rdata;
};

/** A name that is a zone's apex, has records, or has names with records below it. */
struct local_node {
    struct local_node *next; /* in its bucket */
    uint64_t hash;
    struct dname name;
    uint16_t rrclass;
    uint32_t version;             /* of the table that it was made for ... */
    uint32_t records_version;     /* ... of that which may change its records ... */
    uint32_t touched_version;     /* ... and of that which makes its RRsets anew */
    uint32_t below;               /* names with one label more that exist */
    struct local_zone *zone;      /* NULL: no apex */
    struct local_record *records; /* of which the RRsets are made */
    const struct rrset **rrsets;
    size_t rrset_count;
};

/** It has records, or names below it have. */
static inline bool local_node_exists(const struct local_node *node)
{
    return node->records != NULL || node->below > 0;
}

struct local_store {
    atomic_uint references;
    struct arena *arena;
    uint32_t versions;  /* tables made in it so far */
    size_t built_bytes; /* of the first; what comes on top may be of no use any more */
};

struct local {
    atomic_uint references;
    struct local_store *store;
    struct arena *arena; /* the store's: of everything but this struct and the buckets */
    uint32_t version;    /* nodes of others are not to be touched */
    struct local_node **buckets;
    size_t bucket_count; /* a power of two */
    size_t node_count;
    uint8_t apex_labels_max; /* no apex has more */
};

/** A table being made. */
struct local_builder {
    struct local *local;
    const struct client_options *options;
    conf_complain *complain;
    void *context;
    const struct opt_item *item; /* being read; NULL: a built-in */
    bool good;
    bool is_change;                /* of another table: nothing that it shows is touched */
    struct local_touched *touched; /* changing: nodes whose RRsets are to be made anew */
};

struct local_touched {
    struct local_touched *next;
    const struct local_node *node; /* or an older version of it */
};

/**
 * By this a name is found, and hashes[n] is that of the ancestor with n labels. Strangers put
 * nothing into the table, so it is not keyed, and cheap: each question begins with it.
 */
uint64_t local_hash(struct dname name);
void local_hashes(struct dname name, uint64_t hashes[DNAME_LABELS_MAX + 1]);

/** @return NULL: not there. */
struct local_node *local_find(const struct local *local, uint64_t hash, struct dname name,
                              uint16_t rrclass);

/* ---- local_build.c. STATUS_MALFORMED: after a complaint. ---- */

enum status local_build(struct local *local, const struct client_options *options,
                        conf_complain *complain, void *context);

/** An item of local-zone, local-data or local-data-ptr, one of these three readers. */
typedef enum status local_read(struct local_builder *builder, const char *text);
local_read local_read_zone, local_read_data, local_read_ptr;

/** What an item says. @return STATUS_MALFORMED: nothing that was ever taken. */
enum status local_parse_zone(const char *text, uint8_t storage[DNAME_MAX], struct dname *name,
                             enum local_type *type);
enum status local_parse_data(const char *text, struct arena *arena, struct text_rr *out,
                             const char **why);
enum status local_parse_ptr(const char *text, struct arena *arena, struct text_rr *out,
                            const char **why);

/** The node of that name, which this table may change. @return NULL: no memory. */
struct local_node *local_own_node(struct local *local, struct dname name, uint16_t rrclass);

/** Records of the node may be changed from here on. */
enum status local_own_records(struct local_builder *builder, struct local_node *node);

/** A name has come to exist, or does so no longer; its ancestors learn of it. */
enum status local_raise(struct local *local, struct dname name, uint16_t rrclass);
enum status local_lower(struct local *local, struct dname name, uint16_t rrclass);

/** The node's RRsets are made anew of its records. */
enum status local_finish_node(struct local *local, struct local_node *node);
enum status local_touch(struct local_builder *builder, struct local_node *node);

/** A name that is a zone without a word in the configuration (or with unblock-lan-zones would
 * be). */
bool local_is_default(struct dname name);

/** local.c: an empty table in that store, which it takes a reference of. @return NULL: no
 * memory. */
struct local *local_empty(struct local_store *store, size_t bucket_count);

#endif
