/*
 * local_build.c - the table of local zones and data, made from the configuration.
 *
 * Called once by local_new at start and at a reload. First the zones of the configuration, then
 * those that are built in and were not spoken of, then records; at the end records become
 * RRsets.
 */
#include <stdio.h>
#include <string.h>

#include "services/client/local_table.h"
#include "util/wire/rdata.h"
#include "util/wire/text_rr.h"

enum { TTL_DEFAULT_S = 3600, RDATA_MAX = 256, WORD_MAX = 256 };

#define DEFAULT_SOA "SOA localhost. nobody.invalid. 1 3600 1200 604800 10800"

static enum status wrong(struct local_builder *builder, const char *words)
{
    if (builder->item != NULL)
        builder->complain(builder->context, builder->item, words);
    builder->good = false;
    return STATUS_MALFORMED;
}

static bool type_from_text(const char *word, enum local_type *out)
{
    static const char *const words[] = {
#define LOCAL_TYPE(name, word, flags) word,
        LOCAL_TYPES
#undef LOCAL_TYPE
    };

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum local_type)i;
            return true;
        }
    return false;
}

/* ---- nodes ---- */

void local_hashes(struct dname name, uint64_t hashes[DNAME_LABELS_MAX + 1])
{
    uint8_t starts[DNAME_LABELS_MAX];

    dname_label_starts(name, starts);
    hashes[0] = 0;
    for (size_t i = 1; i <= name.labels; i++)
        hashes[i] =
            dname_label_mix((uint32_t)hashes[i - 1], name.wire + starts[name.labels - i]);
}

uint64_t local_hash(struct dname name)
{
    uint64_t hashes[DNAME_LABELS_MAX + 1];

    local_hashes(name, hashes);
    return hashes[name.labels];
}

struct local_node *local_find(const struct local *local, uint64_t hash, struct dname name,
                              uint16_t rrclass)
{
    struct local_node *node = local->buckets[hash & (local->bucket_count - 1)];

    while (node != NULL &&
           (node->hash != hash || node->rrclass != rrclass || !dname_equal(node->name, name)))
        node = node->next;
    return node;
}

/* @return NULL: no memory. */
static struct local_node *add_node(struct local *local, struct dname name, uint16_t rrclass)
{
    uint64_t hash = local_hash(name);
    struct local_node *node = local_find(local, hash, name, rrclass), **bucket;

    if (node != NULL)
        return node;
    node = ARENA_NEW(local->arena, struct local_node);
    if (node == NULL)
        return NULL;
    node->name = dname_copy(local->arena, name);
    if (node->name.wire == NULL)
        return NULL;
    node->hash = hash;
    node->rrclass = rrclass;
    node->version = local->version;
    bucket = &local->buckets[hash & (local->bucket_count - 1)];
    node->next = *bucket;
    *bucket = node;
    local->node_count++;
    return node;
}

/* Nodes before it in the chain point to it, so they are copied, too; chains are short. */
struct local_node *local_own_node(struct local *local, struct dname name, uint16_t rrclass)
{
    struct local_node *node = add_node(local, name, rrclass), **at;

    if (node == NULL || node->version == local->version)
        return node;
    at = &local->buckets[node->hash & (local->bucket_count - 1)];
    for (;;) {
        struct local_node *one = *at;

        if (one->version != local->version) {
            struct local_node *copy = ARENA_NEW(local->arena, struct local_node);

            if (copy == NULL)
                return NULL;
            *copy = *one;
            copy->version = local->version;
            *at = copy;
        }
        if (one == node)
            return *at;
        at = &(*at)->next;
    }
}

/* The zone's struct may be changed from here on. */
static struct local_zone *own_zone(struct local_builder *builder, struct local_node *node)
{
    struct local_zone *zone = node->zone;

    if (zone != NULL && !builder->is_change)
        return zone;
    zone = ARENA_NEW(builder->local->arena, struct local_zone);
    if (zone != NULL && node->zone != NULL)
        *zone = *node->zone;
    return node->zone = zone;
}

enum status local_own_records(struct local_builder *builder, struct local_node *node)
{
    struct local_record **last = &node->records;
    bool is_own = node->records_version == builder->local->version;

    node->records_version = builder->local->version;
    for (; builder->is_change && !is_own && *last != NULL; last = &(*last)->next) {
        struct local_record *copy = ARENA_NEW(builder->local->arena, struct local_record);

        if (copy == NULL)
            return STATUS_NO_MEMORY;
        *copy = **last;
        *last = copy;
    }
    return STATUS_OK;
}

enum status local_touch(struct local_builder *builder, struct local_node *node)
{
    struct local_touched *touched;

    if (!builder->is_change || node->touched_version == builder->local->version)
        return STATUS_OK;
    touched = ARENA_NEW(builder->local->arena, struct local_touched);
    if (touched == NULL)
        return STATUS_NO_MEMORY;
    node->touched_version = builder->local->version;
    *touched = (struct local_touched){builder->touched, node};
    builder->touched = touched;
    return STATUS_OK;
}

/* The apex that a name lies under, or NULL. */
static struct local_node *apex_of(const struct local *local, struct dname name,
                                  uint16_t rrclass)
{
    for (;; name = dname_parent(name)) {
        struct local_node *node =
            local_find(local, local_hash(name), name, rrclass);

        if (node != NULL && node->zone != NULL)
            return node;
        if (dname_is_root(name))
            return NULL;
    }
}

/* ---- zones ---- */

static enum status add_zone(struct local_builder *builder, struct dname name,
                            enum local_type type, bool built_in)
{
    struct local *local = builder->local;
    struct local_node *node = local_own_node(local, name, CLASS_IN);

    if (node == NULL || own_zone(builder, node) == NULL)
        return STATUS_NO_MEMORY;
    node->zone->type = type;
    node->zone->built_in = built_in;
    node->zone->times++;
    if (name.labels > local->apex_labels_max)
        local->apex_labels_max = name.labels;
    return local_touch(builder, node); /* for the SOA of its denials */
}

/* "first second ..." @return what stands behind the first word, or NULL when nothing does. */
static const char *split(const char *text, char first[WORD_MAX])
{
    const char *space = strchr(text, ' ');
    size_t size = space == NULL ? strlen(text) : (size_t)(space - text);

    if (space == NULL || size >= WORD_MAX)
        return NULL;
    memcpy(first, text, size);
    first[size] = '\0';
    return space + 1;
}

enum status local_parse_zone(const char *text, uint8_t storage[DNAME_MAX], struct dname *name,
                             enum local_type *type)
{
    char word[WORD_MAX];
    const char *rest = split(text, word);

    if (rest == NULL || dname_from_text(word, storage, name) != STATUS_OK)
        return STATUS_MALFORMED;
    return type_from_text(rest, type) ? STATUS_OK : STATUS_NOT_FOUND;
}

/* local-zone: "name type" */
enum status local_read_zone(struct local_builder *builder, const char *text)
{
    uint8_t storage[DNAME_MAX];
    struct dname name;
    enum local_type type;
    enum status status = local_parse_zone(text, storage, &name, &type);

    if (status == STATUS_MALFORMED)
        return wrong(builder, "expected a name and a zone type, such as: home.arpa. static");
    if (status == STATUS_OK)
        return add_zone(builder, name, type, false);
    if (strcmp(strchr(text, ' ') + 1, "ipset") == 0)
        return wrong(builder, "the zone type ipset is not supported");
    return wrong(builder, "no such zone type; known are static, transparent, redirect, "
                          "refuse, deny, always_nxdomain, nodefault and others");
}

/* local-zone-override: "name netblock type" */
static enum status read_override(struct local_builder *builder, const char *text)
{
    struct local *local = builder->local;
    char word[WORD_MAX], block[WORD_MAX];
    uint8_t storage[DNAME_MAX];
    struct dname name;
    struct local_override override = {.next = NULL}, *kept;
    struct local_node *node;
    const char *rest = split(text, word);

    if (rest == NULL || dname_from_text(word, storage, &name) != STATUS_OK ||
        (rest = split(rest, block)) == NULL ||
        netblock_from_text(&override.block, block) != STATUS_OK ||
        !type_from_text(rest, &override.type))
        return wrong(builder, "expected a name, a netblock and a zone type");
    node = local_find(local, local_hash(name), name, CLASS_IN);
    if (node == NULL || node->zone == NULL)
        return wrong(builder, "there is no local-zone of that name");
    kept = ARENA_NEW(local->arena, struct local_override);
    if (kept == NULL)
        return STATUS_NO_MEMORY;
    *kept = override;
    kept->next = node->zone->overrides;
    node->zone->overrides = kept;
    return STATUS_OK;
}

/* ---- records ---- */

/* Every name above a record exists, if only as an empty non-terminal (RFC 8020 section 2). */
enum status local_raise(struct local *local, struct dname name, uint16_t rrclass)
{
    while (!dname_is_root(name)) {
        struct local_node *node;
        bool did_exist;

        name = dname_parent(name);
        node = local_own_node(local, name, rrclass);
        if (node == NULL)
            return STATUS_NO_MEMORY;
        did_exist = local_node_exists(node);
        node->below++;
        if (did_exist)
            break;
    }
    return STATUS_OK;
}

enum status local_lower(struct local *local, struct dname name, uint16_t rrclass)
{
    while (!dname_is_root(name)) {
        struct local_node *node;

        name = dname_parent(name);
        node = local_own_node(local, name, rrclass);
        if (node == NULL)
            return STATUS_NO_MEMORY;
        ASSERT(node->below > 0);
        node->below--;
        if (local_node_exists(node))
            break;
    }
    return STATUS_OK;
}

static enum status add_record(struct local_builder *builder, const struct text_rr *rr)
{
    static const unsigned flags[] = {
#define LOCAL_TYPE(name, word, flags) flags,
        LOCAL_TYPES
#undef LOCAL_TYPE
    };
    struct local *local = builder->local;
    struct local_node *apex = apex_of(local, rr->owner, rr->rrclass);
    struct local_node *node;
    struct local_record *record, **last;

    if (apex != NULL && (flags[apex->zone->type] & LOCAL_REDIRECTS) != 0 &&
        !dname_equal(apex->name, rr->owner))
        return wrong(builder, "records of a redirect zone stand at the zone's own name only");
    node = local_own_node(local, rr->owner, rr->rrclass);
    record = ARENA_NEW(local->arena, struct local_record);
    if (node == NULL || record == NULL || local_touch(builder, node) != STATUS_OK ||
        (!local_node_exists(node) && local_raise(local, rr->owner, rr->rrclass) != STATUS_OK) ||
        local_own_records(builder, node) != STATUS_OK)
        return STATUS_NO_MEMORY;
    *record = (struct local_record){NULL, rr->type, 1, rr->ttl_s, rr->rdata};
    for (last = &node->records; *last != NULL; last = &(*last)->next)
        if ((*last)->type == rr->type && slice_equal((*last)->rdata, rr->rdata)) {
            (*last)->times++; /* RFC 2181 section 5: no record twice */
            return STATUS_OK;
        }
    *last = record;
    return STATUS_OK;
}

enum status local_parse_data(const char *text, struct arena *arena, struct text_rr *out,
                             const char **why)
{
    enum status status = text_rr_read(text, &dname_root, TTL_DEFAULT_S, false, arena, out, why);

    if (status != STATUS_OK || !rrtype_is_meta(out->type))
        return status;
    *why = "a type that only a question can have";
    return STATUS_MALFORMED;
}

static enum status read_record(struct local_builder *builder, const char *text,
                               enum status (*parse)(const char *text, struct arena *arena,
                                                    struct text_rr *out, const char **why))
{
    struct text_rr rr;
    const char *why = NULL;
    enum status status = parse(text, builder->local->arena, &rr, &why);

    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        return wrong(builder,
                     why == NULL ? "not a record, such as: a.example. A 192.0.2.1" : why);
    return add_record(builder, &rr);
}

/* local-data: a record */
enum status local_read_data(struct local_builder *builder, const char *text)
{
    return read_record(builder, text, local_parse_data);
}

enum status local_parse_ptr(const char *text, struct arena *arena, struct text_rr *out,
                            const char **why)
{
    char word[WORD_MAX], reverse[ADDR_REVERSE_MAX], ttl[WORD_MAX];
    struct addr addr;
    const char *rest = split(text, word), *name;
    const char *line;

    *why = "expected an address and a name, such as: 192.0.2.7 a.example.";
    if (rest == NULL || addr_from_text(&addr, word, 0, NULL) != STATUS_OK)
        return STATUS_MALFORMED;
    name = split(rest, ttl);
    if (name == NULL) {
        name = rest;
        ttl[0] = '\0';
    }
    line = arena_printf(arena, "%s %s IN PTR %s", addr_reverse_name(&addr, reverse), ttl, name);
    return line == NULL ? STATUS_NO_MEMORY : local_parse_data(line, arena, out, why);
}

/* local-data-ptr: "address [ttl] name" */
enum status local_read_ptr(struct local_builder *builder, const char *text)
{
    return read_record(builder, text, local_parse_ptr);
}

/* ---- what is built in ---- */

enum default_kind { DEFAULT_EMPTY, DEFAULT_LAN, DEFAULT_LOOPBACK };

static enum status add_default(struct local_builder *builder, enum default_kind kind,
                               const char *text)
{
    struct local *local = builder->local;
    uint8_t storage[DNAME_MAX];
    struct dname name;
    struct local_node *node;
    const char *soa, *ns;
    enum status status;

    if (kind == DEFAULT_LAN && builder->options->unblock_lan_zones)
        return STATUS_OK;
    status = dname_from_text(text, storage, &name);
    ASSERT(status == STATUS_OK);
    node = local_find(local, local_hash(name), name, CLASS_IN);
    if (node != NULL && node->zone != NULL)
        return STATUS_OK; /* the configuration speaks of it */
    /* RFC 6761 section 6.3: all names below localhost have the address of loopback. */
    status = add_zone(builder, name,
                      kind == DEFAULT_LOOPBACK ? LOCAL_REDIRECT_TYPE : LOCAL_STATIC_TYPE, true);
    soa = arena_printf(local->arena, "%s 10800 IN %s", text, DEFAULT_SOA);
    ns = arena_printf(local->arena, "%s 10800 IN NS localhost.", text);
    if (soa == NULL || ns == NULL)
        return STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = local_read_data(builder, soa);
    return status == STATUS_OK ? local_read_data(builder, ns) : status;
}

/* A record of a zone that the configuration has taken over is not ours to add. */
static enum status add_default_record(struct local_builder *builder, const char *line)
{
    struct text_rr rr;
    const struct local_node *apex;
    enum status status =
        text_rr_read(line, &dname_root, TTL_DEFAULT_S, false, builder->local->arena, &rr, NULL);

    if (status != STATUS_OK)
        return status;
    apex = apex_of(builder->local, rr.owner, rr.rrclass);
    return apex != NULL && apex->zone->built_in ? add_record(builder, &rr) : STATUS_OK;
}

static enum status add_default_range(struct local_builder *builder, enum default_kind kind,
                                     unsigned first, unsigned last, const char *suffix)
{
    enum status status = STATUS_OK;

    for (unsigned i = first; i <= last && status == STATUS_OK; i++) {
        char text[WORD_MAX];

        snprintf(text, sizeof(text), "%u%s", i, suffix);
        status = add_default(builder, kind, text);
    }
    return status;
}

static enum status add_defaults(struct local_builder *builder)
{
    enum status status = STATUS_OK;

    builder->item = NULL;
#define LOCAL_DEFAULT(kind, name)                                                              \
    if (status == STATUS_OK)                                                                   \
        status = add_default(builder, DEFAULT_##kind, name);
#define LOCAL_DEFAULT_RANGE(kind, first, last, suffix)                                         \
    if (status == STATUS_OK)                                                                   \
        status = add_default_range(builder, DEFAULT_##kind, first, last, suffix);
#define LOCAL_DEFAULT_RECORD(line)                                                             \
    if (status == STATUS_OK)                                                                   \
        status = add_default_record(builder, line);
#include "services/client/local_default.def"
#undef LOCAL_DEFAULT
#undef LOCAL_DEFAULT_RANGE
#undef LOCAL_DEFAULT_RECORD
    return status;
}

static bool is_named(struct dname name, const char *text)
{
    uint8_t storage[DNAME_MAX];
    struct dname other;

    return dname_from_text(text, storage, &other) == STATUS_OK && dname_equal(name, other);
}

/* @return whether there was room and memory. */
static bool add_lan(struct arena *arena, struct opt_item *items, size_t most, size_t *count,
                    const char *text)
{
    char *copy = arena_text(arena, text);

    if (copy == NULL || *count == most)
        return false;
    items[(*count)++] = (struct opt_item){.text = copy, .file = "unblock-lan-zones"};
    return true;
}

bool local_lan_zones(struct arena *arena, struct opt_item *items, size_t most, size_t *count)
{
    char text[WORD_MAX];
    bool good = true;

#define LOCAL_DEFAULT(kind, name)                                                              \
    if (DEFAULT_##kind == DEFAULT_LAN)                                                         \
        good = good && add_lan(arena, items, most, count, name);
#define LOCAL_DEFAULT_RANGE(kind, first, last, suffix)                                         \
    for (unsigned i = first; i <= last; i++) {                                                 \
        snprintf(text, sizeof(text), "%u%s", i, suffix);                                       \
        good = good && add_lan(arena, items, most, count, text);                               \
    }
#define LOCAL_DEFAULT_RECORD(line)
#include "services/client/local_default.def"
#undef LOCAL_DEFAULT
#undef LOCAL_DEFAULT_RANGE
#undef LOCAL_DEFAULT_RECORD
    return good;
}

bool local_is_default(struct dname name)
{
    char text[WORD_MAX];
    bool found = false;

#define LOCAL_DEFAULT(kind, name_) found = found || is_named(name, name_);
#define LOCAL_DEFAULT_RANGE(kind, first, last, suffix)                                         \
    for (unsigned i = first; i <= last && !found; i++) {                                       \
        snprintf(text, sizeof(text), "%u%s", i, suffix);                                       \
        found = is_named(name, text);                                                          \
    }
#define LOCAL_DEFAULT_RECORD(line)
#include "services/client/local_default.def"
#undef LOCAL_DEFAULT
#undef LOCAL_DEFAULT_RANGE
#undef LOCAL_DEFAULT_RECORD
    return found;
}

/* ---- RRsets ---- */

static const struct rrset *make_rrset(struct local *local, const struct local_node *node,
                                      uint16_t type)
{
    struct slice rdata[RDATA_MAX];
    struct rrset_parts parts = {.owner = node->name,
                                .type = type,
                                .rrclass = node->rrclass,
                                .ttl_s = UINT32_MAX,
                                .trust = TRUST_CONFIGURED,
                                .rdata = rdata};

    for (const struct local_record *r = node->records; r != NULL; r = r->next)
        if (r->type == type && parts.rr_count < RDATA_MAX) {
            rdata[parts.rr_count++] = r->rdata;
            if (r->ttl_s < parts.ttl_s) /* RFC 2181 section 5.2: one TTL for all */
                parts.ttl_s = r->ttl_s;
        }
    return rrset_in(local->arena, &parts);
}

static bool has_rrset(const struct local_node *node, uint16_t type)
{
    for (size_t i = 0; i < node->rrset_count; i++)
        if (node->rrsets[i]->type == type)
            return true;
    return false;
}

/* RFC 2308 section 3: a denial shows the SOA with the lesser of its TTL and MINIMUM. */
static enum status make_denial_soa(struct local *local, struct local_node *node,
                                   const struct rrset *set)
{
    struct rdata_soa soa;
    struct rrset *copy = rrset_copy_in(local->arena, set);

    if (copy == NULL)
        return STATUS_NO_MEMORY;
    if (rdata_soa(rrset_rdata(set, 0), &soa) && soa.minimum_s < copy->ttl_s)
        copy->ttl_s = soa.minimum_s;
    node->zone->denial_soa = copy;
    return STATUS_OK;
}

enum status local_finish_node(struct local *local, struct local_node *node)
{
    size_t count = 0;

    for (const struct local_record *r = node->records; r != NULL; r = r->next)
        count++;
    node->rrset_count = 0;
    if (node->zone != NULL)
        node->zone->denial_soa = NULL;
    if (count == 0)
        return STATUS_OK;
    node->rrsets = ARENA_ARRAY(local->arena, const struct rrset *, count);
    if (node->rrsets == NULL)
        return STATUS_NO_MEMORY;
    for (const struct local_record *r = node->records; r != NULL; r = r->next) {
        const struct rrset *set;

        if (has_rrset(node, r->type))
            continue;
        set = make_rrset(local, node, r->type);
        if (set == NULL)
            return STATUS_NO_MEMORY;
        node->rrsets[node->rrset_count++] = set;
        if (r->type == TYPE_SOA && node->zone != NULL &&
            make_denial_soa(local, node, set) != STATUS_OK)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* ---- all of it ---- */

static enum status read_list(struct local_builder *builder, const struct opt_list *list,
                             enum status (*read)(struct local_builder *builder,
                                                 const char *text))
{
    for (size_t i = 0; i < list->count; i++) {
        builder->item = &list->items[i];
        if (read(builder, list->items[i].text) == STATUS_NO_MEMORY)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

enum status local_build(struct local *local, const struct client_options *options,
                        conf_complain *complain, void *context)
{
    struct local_builder builder = {.local = local,
                                    .options = options,
                                    .complain = complain,
                                    .context = context,
                                    .good = true};

    if (read_list(&builder, &options->local_zone, local_read_zone) != STATUS_OK ||
        read_list(&builder, &options->local_zone_override, read_override) != STATUS_OK ||
        add_defaults(&builder) != STATUS_OK ||
        read_list(&builder, &options->local_data, local_read_data) != STATUS_OK ||
        read_list(&builder, &options->local_data_ptr, local_read_ptr) != STATUS_OK)
        return STATUS_NO_MEMORY;
    if (!builder.good)
        return STATUS_MALFORMED;
    for (size_t i = 0; i < local->bucket_count; i++)
        for (struct local_node *node = local->buckets[i]; node != NULL; node = node->next)
            if (local_finish_node(local, node) != STATUS_OK)
                return STATUS_NO_MEMORY;
    return STATUS_OK;
}
