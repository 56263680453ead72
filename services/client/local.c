/*
 * local.c - answers out of local zones and data.
 *
 * Called by request.c for every question that passed the door, so what costs is the miss: one
 * hash over the name, which gives those of its ancestors, and a probe a label. The table is
 * made by local_build.c and never changes; answers are copies in the asker's arena.
 */
#include "services/client/local.h"

#include <stdlib.h>
#include <string.h>

#include "services/client/local_table.h"
#include "util/wire/rdata.h"

enum { BUCKETS_LEAST = 256, BUCKETS_MOST = 1 << 22, NULL_TTL_S = 3600 };

/* What is being answered. */
struct matter {
    const struct question *question;
    const struct local_zone *zone; /* NULL: records without a zone of their own */
    struct dname apex;
    const struct local_node *node; /* of the very name, or NULL */
    enum local_type type;
    int64_t now_s;
    struct arena *arena;
    struct message *out;
    struct local_note *note;
};

static unsigned flags_of(enum local_type type)
{
    static const unsigned flags[] = {
#define LOCAL_TYPE(name, word, flags) flags,
        LOCAL_TYPES
#undef LOCAL_TYPE
    };

    return flags[type];
}

/* ---- life ---- */

static void store_free(struct local_store *store)
{
    if (atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) > 1)
        return;
    arena_free(store->arena);
    free(store);
}

static struct local_store *store_new(void)
{
    struct local_store *store = calloc(1, sizeof(*store));

    if (store == NULL)
        return NULL;
    atomic_init(&store->references, 1);
    store->arena = arena_new(0);
    if (store->arena != NULL)
        return store;
    free(store);
    return NULL;
}

struct local *local_empty(struct local_store *store, size_t bucket_count)
{
    struct local *local = calloc(1, sizeof(*local));

    if (local == NULL)
        return NULL;
    atomic_init(&local->references, 1);
    local->buckets = calloc(bucket_count, sizeof(struct local_node *));
    if (local->buckets == NULL) {
        free(local);
        return NULL;
    }
    atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
    local->store = store;
    local->arena = store->arena;
    local->version = ++store->versions;
    local->bucket_count = bucket_count;
    return local;
}

struct local *local_new(const struct client_options *options, conf_complain *complain,
                        void *context)
{
    size_t items =
        options->local_zone.count + options->local_data.count + options->local_data_ptr.count;
    size_t bucket_count = BUCKETS_LEAST;
    struct local_store *store = store_new();
    struct local *local;

    if (store == NULL)
        return NULL;
    while (bucket_count < 2 * items && bucket_count < BUCKETS_MOST)
        bucket_count *= 2;
    local = local_empty(store, bucket_count);
    store_free(store); /* the table has its own reference */
    if (local == NULL)
        return NULL;
    if (local_build(local, options, complain, context) != STATUS_OK) {
        local_free(local);
        return NULL;
    }
    local->store->built_bytes = arena_size_bytes(local->arena);
    return local;
}

void local_free(struct local *local)
{
    if (local == NULL ||
        atomic_fetch_sub_explicit(&local->references, 1, memory_order_acq_rel) > 1)
        return;
    store_free(local->store);
    free(local->buckets);
    free(local);
}

/* ---- answers ---- */

static enum local_verdict answer(struct matter *matter, uint16_t rcode, enum section section,
                                 const struct rrset *const *sets, size_t count)
{
    struct message *out = matter->out;

    out->rcode = rcode;
    out->flags = 0;
    memset(out->count, 0, sizeof(out->count));
    out->rrsets = NULL;
    if (count != 0) {
        out->rrsets = ARENA_ARRAY(matter->arena, const struct rrset *, count);
        if (out->rrsets == NULL) {
            out->rcode = RCODE_SERVFAIL;
            return LOCAL_ANSWER;
        }
        memcpy(out->rrsets, sets, count * sizeof(*sets));
        out->count[section] = (uint16_t)count;
    }
    return LOCAL_ANSWER;
}

/* A copy under the asked name whose TTL begins now. @return NULL: no memory. */
static const struct rrset *fresh_copy(const struct matter *matter, const struct rrset *set,
                                      struct dname owner)
{
    struct rrset *copy = rrset_rename_in(matter->arena, set, owner);

    if (copy != NULL)
        rrset_set_expiry(copy, matter->now_s + copy->ttl_s);
    return copy;
}

static void blame(struct matter *matter, uint16_t code)
{
    struct reasons *why = &matter->note->why;
    char name[DNAME_TEXT_MAX];
    const char *text;

    if (matter->zone == NULL || matter->zone->built_in || why->count == REASONS_MAX)
        return;
    text = arena_printf(matter->arena, "policy=%.80s", dname_to_reason(matter->apex, name));
    if (text != NULL)
        why->item[why->count++] = (struct reason){code, text};
}

/* NXDOMAIN, or NOERROR without data; with the zone's SOA if it has one (RFC 2308 section 3). */
static enum local_verdict deny(struct matter *matter, uint16_t rcode)
{
    const struct rrset *soa = matter->zone == NULL ? NULL : matter->zone->denial_soa;

    if ((flags_of(matter->type) & LOCAL_BLOCKS) != 0)
        blame(matter, EDE_BLOCKED);
    if (soa == NULL)
        return answer(matter, rcode, SECTION_AUTHORITY, NULL, 0);
    soa = fresh_copy(matter, soa, rrset_owner(soa));
    return soa == NULL ? answer(matter, RCODE_SERVFAIL, SECTION_ANSWER, NULL, 0)
                       : answer(matter, rcode, SECTION_AUTHORITY, &soa, 1);
}

/* 0.0.0.0 or :: with which a block list sends its victims nowhere. */
static enum local_verdict answer_null(struct matter *matter)
{
    static const uint8_t zeroes[16];
    bool ip4 = matter->question->qtype == TYPE_A;
    struct slice rdata = slice_of(zeroes, ip4 ? 4 : 16);
    struct rrset_parts parts = {.owner = matter->question->qname,
                                .type = matter->question->qtype,
                                .rrclass = CLASS_IN,
                                .ttl_s = NULL_TTL_S,
                                .now_s = matter->now_s,
                                .trust = TRUST_CONFIGURED,
                                .rdata = &rdata,
                                .rr_count = 1};
    const struct rrset *set;

    if (!ip4 && matter->question->qtype != TYPE_AAAA)
        return deny(matter, RCODE_NOERROR);
    set = rrset_in(matter->arena, &parts);
    if (set == NULL)
        return answer(matter, RCODE_SERVFAIL, SECTION_ANSWER, NULL, 0);
    blame(matter, EDE_BLOCKED);
    return answer(matter, RCODE_NOERROR, SECTION_ANSWER, &set, 1);
}

/* ---- records ---- */

static const struct rrset *find_rrset(const struct local_node *node, uint16_t type)
{
    for (size_t i = 0; i < node->rrset_count; i++)
        if (node->rrsets[i]->type == type)
            return node->rrsets[i];
    return NULL;
}

/* "*.target" at the apex of a redirect zone: the whole asked name stands in place of the
 * asterisk. */
static const struct rrset *synthesise_cname(struct matter *matter, const struct rrset *set,
                                            bool *too_long)
{
    uint8_t storage[DNAME_MAX];
    struct dname target, name;
    struct slice rdata;
    struct rrset_parts parts = {.owner = matter->question->qname,
                                .type = TYPE_CNAME,
                                .rrclass = set->rrclass,
                                .ttl_s = set->ttl_s,
                                .now_s = matter->now_s,
                                .trust = TRUST_CONFIGURED,
                                .rdata = &rdata,
                                .rr_count = 1};

    if (!rdata_target(rrset_rdata(set, 0), TYPE_CNAME, &target) || !dname_is_wildcard(target))
        return fresh_copy(matter, set, matter->question->qname);
    if (dname_join(matter->question->qname, matter->question->qname.labels,
                   dname_parent(target), storage, &name) != STATUS_OK) {
        *too_long = true;
        return NULL;
    }
    rdata = slice_of(name.wire, name.size);
    return rrset_in(matter->arena, &parts);
}

static enum local_verdict answer_any(struct matter *matter, const struct local_node *node)
{
    const struct rrset **sets =
        ARENA_ARRAY(matter->arena, const struct rrset *, node->rrset_count);

    for (size_t i = 0; sets != NULL && i < node->rrset_count; i++) {
        sets[i] = fresh_copy(matter, node->rrsets[i], matter->question->qname);
        if (sets[i] == NULL)
            sets = NULL;
    }
    return sets == NULL
               ? answer(matter, RCODE_SERVFAIL, SECTION_ANSWER, NULL, 0)
               : answer(matter, RCODE_NOERROR, SECTION_ANSWER, sets, node->rrset_count);
}

/* @return LOCAL_NONE: no record of that type, nor an alias. */
static enum local_verdict answer_data(struct matter *matter, const struct local_node *node)
{
    uint16_t qtype = matter->question->qtype;
    const struct rrset *set, *shown;
    bool too_long = false;

    if (node == NULL || node->rrset_count == 0)
        return LOCAL_NONE;
    if (qtype == TYPE_ANY)
        return answer_any(matter, node);
    set = find_rrset(node, qtype);
    if (set == NULL) /* RFC 1034 section 3.6.2: an alias stands for all types */
        set = find_rrset(node, TYPE_CNAME);
    if (set == NULL)
        return LOCAL_NONE;
    if (set->type == TYPE_CNAME && (flags_of(matter->type) & LOCAL_REDIRECTS) != 0)
        shown = synthesise_cname(matter, set, &too_long);
    else
        shown = fresh_copy(matter, set, matter->question->qname);
    if (too_long)
        blame(matter, EDE_OTHER);
    if (shown == NULL)
        return answer(matter, too_long ? RCODE_YXDOMAIN : RCODE_SERVFAIL, SECTION_ANSWER, NULL,
                      0);
    return answer(matter, RCODE_NOERROR, SECTION_ANSWER, &shown, 1);
}

/* ---- zones ---- */

static bool has_records(const struct matter *matter)
{
    return matter->node != NULL && matter->node->rrset_count != 0;
}

/* There was no record to answer with: what the type of the zone makes of it. */
static enum local_verdict answer_without_data(struct matter *matter)
{
    uint16_t qtype = matter->question->qtype;
    bool exists = matter->node != NULL && local_node_exists(matter->node);

    switch (matter->type) {
    case LOCAL_DENY_TYPE:
    case LOCAL_ALWAYS_DENY_TYPE:
    case LOCAL_INFORM_DENY_TYPE: return LOCAL_DROP;
    case LOCAL_REFUSE_TYPE:
    case LOCAL_ALWAYS_REFUSE_TYPE:
        blame(matter, EDE_BLOCKED);
        return answer(matter, RCODE_REFUSED, SECTION_ANSWER, NULL, 0);
    case LOCAL_STATIC_TYPE: return deny(matter, exists ? RCODE_NOERROR : RCODE_NXDOMAIN);
    case LOCAL_ALWAYS_NXDOMAIN_TYPE: return deny(matter, RCODE_NXDOMAIN);
    case LOCAL_REDIRECT_TYPE:
    case LOCAL_INFORM_REDIRECT_TYPE:
    case LOCAL_ALWAYS_NODATA_TYPE: return deny(matter, RCODE_NOERROR);
    case LOCAL_ALWAYS_NULL_TYPE: return answer_null(matter);
    case LOCAL_TYPETRANSPARENT_TYPE:
    case LOCAL_ALWAYS_TRANSPARENT_TYPE: return LOCAL_NONE;
    case LOCAL_BLOCK_A_TYPE:
    case LOCAL_BLOCK_A_WDATA_TYPE:
        return qtype == TYPE_A ? deny(matter, RCODE_NOERROR) : LOCAL_NONE;
    case LOCAL_BLOCK_AAAA_TYPE:
    case LOCAL_BLOCK_AAAA_WDATA_TYPE:
        return qtype == TYPE_AAAA ? deny(matter, RCODE_NOERROR) : LOCAL_NONE;
    case LOCAL_TRANSPARENT_TYPE:
    case LOCAL_INFORM_TYPE:
    case LOCAL_NOVIEW_TYPE:
    case LOCAL_NODEFAULT_TYPE:
    case LOCAL_TYPE_COUNT: break;
    }
    /* A name with records of ours is ours with all its types; all others are resolved. */
    return has_records(matter) ? deny(matter, RCODE_NOERROR) : LOCAL_NONE;
}

static enum local_type type_for(const struct local_zone *zone, const struct addr *client)
{
    const struct local_override *best = NULL;

    for (const struct local_override *o = zone->overrides; o != NULL; o = o->next)
        if (netblock_covers(&o->block, client) &&
            (best == NULL || o->block.bits > best->block.bits))
            best = o;
    return best == NULL ? zone->type : best->type;
}

/* Finds the name's own node and the zone responsible. @return false: neither is there. */
static bool find_matter(const struct local *local, struct matter *matter,
                        const struct local_node **apex)
{
    const struct question *question = matter->question;
    uint64_t hashes[DNAME_LABELS_MAX + 1];
    uint8_t labels = question->qname.labels;

    local_hashes(question->qname, hashes);
    matter->node = local_find(local, hashes[labels], question->qname, question->qclass);
    *apex = NULL;
    /* RFC 4035 section 3.1.4.1: DS records belong to the zone above the cut. */
    if (question->qtype == TYPE_DS && labels > 0)
        labels--;
    if (labels > local->apex_labels_max)
        labels = local->apex_labels_max;
    for (unsigned i = labels + 1u; i-- > 0;) {
        const struct local_node *node = local_find(
            local, hashes[i], dname_ancestor(question->qname, (uint8_t)i), question->qclass);

        if (node != NULL && node->zone != NULL) {
            *apex = node;
            return true;
        }
    }
    return has_records(matter) && question->qtype != TYPE_DS;
}

bool local_is_silent(const struct local *local, const struct question *question)
{
    struct matter matter = {.question = question};
    const struct local_node *apex;

    return !find_matter(local, &matter, &apex);
}

enum local_verdict local_answer(const struct local *local, const struct question *question,
                                const struct addr *client, int64_t now_s, struct arena *arena,
                                struct message *out, struct local_note *note)
{
    struct matter matter = {.question = question,
                            .type = LOCAL_TRANSPARENT_TYPE,
                            .now_s = now_s,
                            .arena = arena,
                            .out = out,
                            .note = note};
    const struct local_node *apex, *node;
    enum local_verdict verdict = LOCAL_NONE;

    note->inform = false;
    if (!find_matter(local, &matter, &apex))
        return LOCAL_NONE;
    node = matter.node;
    if (apex != NULL) {
        matter.zone = apex->zone;
        matter.apex = apex->name;
        matter.type = type_for(apex->zone, client);
        if ((flags_of(matter.type) & LOCAL_REDIRECTS) != 0)
            node = apex;
        note->inform = (flags_of(matter.type) & LOCAL_INFORMS) != 0;
        note->zone = apex->name;
    }
    if ((flags_of(matter.type) & LOCAL_USES_DATA) != 0)
        verdict = answer_data(&matter, node);
    if (verdict == LOCAL_NONE)
        return answer_without_data(&matter);
    if ((flags_of(matter.type) & LOCAL_REDIRECTS) != 0 && out->rcode == RCODE_NOERROR)
        blame(&matter, EDE_FORGED_ANSWER); /* RFC 8914 section 4.5 */
    return verdict;
}
