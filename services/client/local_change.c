/*
 * local_change.c - a table of local zones and data made out of the one before it.
 *
 * Called when settings are made and the lists of local-zone, local-data and local-data-ptr
 * differ by a few items from those of the settings before. What has gone is taken out, what has
 * come is added as when a table is built, each in nodes of the new table's own. Whatever is
 * unusual (zones that are built in, overrides, redirection over records that are there, an
 * order that has changed) and whatever is much is built anew: it need not be fast, and there is
 * one truth.
 */
#include <stdlib.h>
#include <string.h>

#include "services/client/local_table.h"

enum {
    ITEMS_MOST = 4096,       /* that come or go; one command brings no more */
    GARBAGE_BYTES = 4 << 20, /* beside as much as the table itself */
};

/* How one list differs from what it was. */
struct difference {
    const struct opt_list *now;
    const struct opt_item **gone;
    size_t gone_count;
    size_t added_from; /* items of `now` from there on have come */
};

static bool same_item(const struct opt_item *one, const struct opt_item *other)
{
    return one->text == other->text || strcmp(one->text, other->text) == 0;
}

/* Items go anywhere and come at the end. @return false: too many, or no memory. */
static bool find_difference(const struct opt_list *was, const struct opt_list *now,
                            const struct opt_item *gone[ITEMS_MOST], struct difference *out)
{
    size_t j = 0;

    *out = (struct difference){.now = now, .gone = gone};
    for (size_t i = 0; i < was->count; i++) {
        if (j < now->count && same_item(&was->items[i], &now->items[j])) {
            j++;
            continue;
        }
        if (out->gone_count == ITEMS_MOST)
            return false;
        gone[out->gone_count++] = &was->items[i];
    }
    out->added_from = j;
    return now->count - j <= ITEMS_MOST;
}

static bool lists_equal(const struct opt_list *one, const struct opt_list *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (!same_item(&one->items[i], &other->items[i]))
            return false;
    return true;
}

static bool differs(const struct difference *difference)
{
    return difference->gone_count > 0 || difference->added_from < difference->now->count;
}

/* ---- taking out ---- */

static bool redirects(const struct local_zone *zone)
{
    return zone->type == LOCAL_REDIRECT_TYPE || zone->type == LOCAL_INFORM_REDIRECT_TYPE;
}

static bool is_below_redirection(const struct local *local, struct dname name)
{
    while (!dname_is_root(name)) {
        const struct local_node *node;

        name = dname_parent(name);
        node = local_find(local, local_hash(name), name, CLASS_IN);
        if (node != NULL && node->zone != NULL)
            return redirects(node->zone);
    }
    return false;
}

/* STATUS_LIMIT, here and below: this is not for a change; the whole is built anew. */
static enum status remove_zone(struct local_builder *builder, const char *text)
{
    struct local *local = builder->local;
    uint8_t storage[DNAME_MAX];
    struct dname name;
    enum local_type type;
    struct local_node *node;

    if (local_parse_zone(text, storage, &name, &type) != STATUS_OK || local_is_default(name))
        return STATUS_LIMIT;
    node = local_own_node(local, name, CLASS_IN);
    if (node == NULL)
        return STATUS_NO_MEMORY;
    if (node->zone == NULL || node->zone->times > 1 || node->zone->overrides != NULL ||
        (local_node_exists(node) && is_below_redirection(local, name)))
        return STATUS_LIMIT;
    node->zone = NULL;
    return local_touch(builder, node);
}

static enum status remove_record(struct local_builder *builder, const struct text_rr *rr)
{
    struct local *local = builder->local;
    struct local_node *node = local_own_node(local, rr->owner, rr->rrclass);
    struct local_record **at;

    if (node == NULL || local_own_records(builder, node) != STATUS_OK ||
        local_touch(builder, node) != STATUS_OK)
        return STATUS_NO_MEMORY;
    for (at = &node->records; *at != NULL; at = &(*at)->next)
        if ((*at)->type == rr->type && slice_equal((*at)->rdata, rr->rdata))
            break;
    if (*at == NULL)
        return STATUS_LIMIT;
    if (--(*at)->times > 0)
        return STATUS_OK;
    *at = (*at)->next;
    return local_node_exists(node) ? STATUS_OK : local_lower(local, rr->owner, rr->rrclass);
}

static enum status remove_data(struct local_builder *builder, const char *text)
{
    struct text_rr rr;
    const char *why;
    enum status status = local_parse_data(text, builder->local->arena, &rr, &why);

    return status == STATUS_OK ? remove_record(builder, &rr) : STATUS_LIMIT;
}

static enum status remove_ptr(struct local_builder *builder, const char *text)
{
    struct text_rr rr;
    const char *why;
    enum status status = local_parse_ptr(text, builder->local->arena, &rr, &why);

    return status == STATUS_OK ? remove_record(builder, &rr) : STATUS_LIMIT;
}

/* ---- adding ---- */

/* A zone that is built in brings records that go with it; one that redirects has none below it.
 */
static enum status add_zone(struct local_builder *builder, const char *text)
{
    struct local *local = builder->local;
    uint8_t storage[DNAME_MAX];
    struct dname name;
    const struct local_node *node;
    struct local_zone wanted;

    if (local_parse_zone(text, storage, &name, &wanted.type) != STATUS_OK ||
        local_is_default(name))
        return STATUS_LIMIT;
    node = local_find(local, local_hash(name), name, CLASS_IN);
    if (redirects(&wanted) && node != NULL && node->below > 0)
        return STATUS_LIMIT;
    return local_read_zone(builder, text);
}

static enum status apply(struct local_builder *builder, const struct difference *difference,
                         local_read *remove, local_read *add)
{
    enum status status = STATUS_OK;

    if (remove != NULL)
        for (size_t i = 0; i < difference->gone_count && status == STATUS_OK; i++)
            status = remove(builder, difference->gone[i]->text);
    if (add != NULL)
        for (size_t i = difference->added_from;
             i < difference->now->count && status == STATUS_OK; i++) {
            builder->item = &difference->now->items[i];
            status = add(builder, builder->item->text);
        }
    return status;
}

/* ---- all of it ---- */

/* The same table, to be changed. */
static struct local *copy_table(const struct local *before)
{
    struct local *local = local_empty(before->store, before->bucket_count);

    if (local == NULL)
        return NULL;
    memcpy(local->buckets, before->buckets, before->bucket_count * sizeof(before->buckets[0]));
    local->node_count = before->node_count;
    local->apex_labels_max = before->apex_labels_max;
    return local;
}

/* A zone's struct is shown by older tables as well: the SOA of its denials needs another. */
static enum status finish(struct local_builder *builder)
{
    struct local *local = builder->local;

    for (const struct local_touched *touched = builder->touched; touched != NULL;
         touched = touched->next) {
        struct local_node *node =
            local_own_node(local, touched->node->name, touched->node->rrclass);

        if (node == NULL)
            return STATUS_NO_MEMORY;
        if (node->zone != NULL) {
            struct local_zone *zone = ARENA_NEW(local->arena, struct local_zone);

            if (zone == NULL)
                return STATUS_NO_MEMORY;
            *zone = *node->zone;
            node->zone = zone;
        }
        if (local_finish_node(local, node) != STATUS_OK)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* Zones that have gone go first and come last: what is said of a record that redirection
 * forbids is said of the state in the end. */
static enum status change(struct local_builder *builder, const struct difference zones,
                          const struct difference data, const struct difference ptr)
{
    enum status status = apply(builder, &data, remove_data, NULL);

    if (status == STATUS_OK)
        status = apply(builder, &ptr, remove_ptr, NULL);
    if (status == STATUS_OK)
        status = apply(builder, &zones, remove_zone, add_zone);
    if (status == STATUS_OK)
        status = apply(builder, &data, NULL, local_read_data);
    if (status == STATUS_OK)
        status = apply(builder, &ptr, NULL, local_read_ptr);
    return status == STATUS_OK ? finish(builder) : status;
}

/* Nodes that nobody shows any more stay in the store; when they are most of it, it is time. */
static bool is_worn(const struct local *local)
{
    return local->node_count > 2 * local->bucket_count ||
           arena_size_bytes(local->arena) > 2 * local->store->built_bytes + GARBAGE_BYTES;
}

struct local *local_renew(struct local *before, const struct client_options *was,
                          const struct client_options *now, conf_complain *complain,
                          void *context)
{
    const struct opt_item **gone = calloc(3 * ITEMS_MOST, sizeof(gone[0]));
    struct difference zones, data, ptr;
    struct local_builder builder = {.options = now,
                                    .complain = complain,
                                    .context = context,
                                    .good = true,
                                    .is_change = true};
    enum status status = STATUS_LIMIT;

    if (gone != NULL && was->unblock_lan_zones == now->unblock_lan_zones &&
        lists_equal(&was->local_zone_override, &now->local_zone_override) &&
        find_difference(&was->local_zone, &now->local_zone, gone, &zones) &&
        find_difference(&was->local_data, &now->local_data, gone + ITEMS_MOST, &data) &&
        find_difference(&was->local_data_ptr, &now->local_data_ptr, gone + 2 * ITEMS_MOST,
                        &ptr)) {
        if (!differs(&zones) && !differs(&data) && !differs(&ptr)) {
            free(gone);
            atomic_fetch_add_explicit(&before->references, 1, memory_order_relaxed);
            return before;
        }
        builder.local = is_worn(before) ? NULL : copy_table(before);
        if (builder.local != NULL)
            status = change(&builder, zones, data, ptr);
    }
    free(gone);
    if (status == STATUS_OK && builder.good)
        return builder.local;
    local_free(builder.local);
    return status == STATUS_OK || status == STATUS_MALFORMED
               ? NULL
               : local_new(now, complain, context);
}
