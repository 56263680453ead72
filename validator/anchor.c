/*
 * anchor.c - trust anchors and negative ones, put together from a configuration and looked up.
 *
 * Life: options and files become a list of records, the list becomes RRsets zone by zone, in
 * canonical order of the zones' names. From then on only anchors_find and its like read it.
 */
#include "validator/anchor.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "validator/anchor_text.h"
#include "validator/trust_points.h"

struct anchors {
    atomic_uint references;
    struct arena *arena;
    struct anchor_list list; /* what it was built of */
    struct anchor *items; /* by class, then in canonical order */
    size_t count;
    struct negative_anchor *negatives; /* in canonical order */
    size_t negative_count;
    uint8_t deepest; /* labels; below that nothing stands */
};

struct builder {
    struct anchors *anchors;
    anchor_complain *complain;
    anchor_read_file *read_file;
    void *context;
    bool failed;
};

typedef enum status read_text(struct anchor_list *list, const char *text,
                              struct anchor_fault *fault);

static void wrong(struct builder *builder, const struct opt_item *item, const char *words)
{
    builder->failed = true;
    builder->complain(builder->context, item, words == NULL ? "out of memory" : words);
}

/* ---- reading ---- */

static void fault_in_file(struct builder *builder, const struct opt_item *item,
                          enum status status, const struct anchor_fault *fault)
{
    struct arena *arena = builder->anchors->arena;

    if (status == STATUS_NO_MEMORY)
        wrong(builder, item, NULL);
    else if (status == STATUS_NOT_FOUND)
        wrong(builder, item,
              arena_printf(arena, "trust anchors %s: %s", item->text, fault->why));
    else if (status != STATUS_OK)
        wrong(builder, item,
              arena_printf(arena, "trust anchors %s, line %d: %s", item->text, fault->line,
                           fault->why == NULL ? status_text(status) : fault->why));
}

static void read_lines(struct builder *builder, const struct opt_list *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct anchor_fault fault = {0};
        enum status status = anchor_read_line(&builder->anchors->list, lines->items[i].text, &fault);

        if (status != STATUS_OK)
            wrong(builder, &lines->items[i],
                  status == STATUS_NO_MEMORY
                      ? NULL
                      : arena_printf(builder->anchors->arena, "trust anchor: %s",
                                     fault.why == NULL ? status_text(status) : fault.why));
    }
}

/* @return NULL after a complaint. */
static const char *open_file(struct builder *builder, const struct opt_item *item)
{
    struct arena *arena = builder->anchors->arena;
    const char *text;

    errno = 0;
    text = builder->read_file(builder->context, item->text, arena);
    if (text == NULL)
        wrong(builder, item,
              arena_printf(arena, "trust anchors %s cannot be read: %s", item->text,
                           strerror(errno)));
    return text;
}

static void read_files(struct builder *builder, const struct opt_list *files, read_text *read)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct opt_item *item = &files->items[i];
        const char *text = open_file(builder, item);
        struct anchor_fault fault = {0};

        if (text != NULL)
            fault_in_file(builder, item, read(&builder->anchors->list, text, &fault), &fault);
    }
}

/* ---- what the trust points trust ---- */

static bool copy_record(struct anchor_list *list, const struct anchor_record *record)
{
    struct anchor_record copy = *record;

    copy.zone = dname_copy(list->arena, record->zone);
    copy.rdata = arena_copy(list->arena, record->rdata);
    return copy.zone.wire != NULL && copy.rdata.data != NULL &&
           anchor_list_add(list, &copy) == STATUS_OK;
}

static bool add_point(struct anchor_list *list, const struct rfc5011_point *point)
{
    struct anchor_record record = {.zone = point->zone,
                                   .rrclass = point->rrclass,
                                   .is_kept = true,
                                   .built_in = point->built_in};

    record.type = TYPE_DS;
    for (const struct rfc5011_ds *ds = point->ds; ds != NULL; ds = ds->next) {
        record.rdata = slice_of(ds->rdata, ds->size);
        if (!copy_record(list, &record))
            return false;
    }
    record.type = TYPE_DNSKEY;
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next) {
        record.rdata = slice_of(key->rdata, key->size);
        if (rfc5011_is_trusted(key) && !copy_record(list, &record))
            return false;
    }
    return true;
}

/* RFC 5011 section 5: a point that is deleted is as if it had never been. */
static void add_points(struct builder *builder, const struct trust_points *points)
{
    if (points == NULL)
        return;
    LIST_EACH (&points->list, link) {
        const struct rfc5011_point *point = CONTAINER_OF(link, struct trust_point, link)->point;

        if (!point->deleted && !add_point(&builder->anchors->list, point))
            builder->failed = true;
    }
}

/* ---- records become anchors ---- */

static int compare_anchors(const void *a, const void *b)
{
    const struct anchor *one = a, *other = b;

    if (one->rrclass != other->rrclass)
        return one->rrclass < other->rrclass ? -1 : 1;
    return dname_compare(one->zone, other->zone);
}

static bool is_of(const struct anchor_record *record, const struct anchor *anchor,
                  uint16_t type)
{
    return record->type == type && record->rrclass == anchor->rrclass &&
           dname_equal(record->zone, anchor->zone);
}

static bool is_there(const struct slice *rdata, size_t count, struct slice one)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(rdata[i], one))
            return true;
    return false;
}

/* All records of one zone and type as an RRset; NULL: there are none (or no memory: failed). */
static const struct rrset *gather(struct builder *builder, struct anchor *anchor, uint16_t type)
{
    struct arena *arena = builder->anchors->arena;
    struct rrset_parts parts = {.owner = anchor->zone,
                                .type = type,
                                .rrclass = anchor->rrclass,
                                .trust = TRUST_CONFIGURED};
    struct slice *rdata = ARENA_ARRAY(arena, struct slice, builder->anchors->list.count);
    const struct rrset *set;

    if (rdata == NULL) {
        builder->failed = true;
        return NULL;
    }
    for (const struct anchor_record *r = builder->anchors->list.first; r != NULL; r = r->next) {
        if (!is_of(r, anchor, type) || is_there(rdata, parts.rr_count, r->rdata) ||
            parts.rr_count == UINT16_MAX)
            continue;
        rdata[parts.rr_count++] = r->rdata;
        anchor->is_kept = anchor->is_kept || r->is_kept;
        anchor->has_fixed = anchor->has_fixed || !r->is_kept;
        anchor->built_in = r->built_in;
    }
    if (parts.rr_count == 0)
        return NULL;
    parts.rdata = rdata;
    set = rrset_in(arena, &parts);
    builder->failed = builder->failed || set == NULL;
    return set;
}

static void build(struct builder *builder)
{
    struct anchors *anchors = builder->anchors;
    size_t kept = 0, count = 0;

    anchors->items = ARENA_ARRAY(anchors->arena, struct anchor, builder->anchors->list.count + 1);
    if (anchors->items == NULL) {
        builder->failed = true;
        return;
    }
    for (const struct anchor_record *r = builder->anchors->list.first; r != NULL; r = r->next)
        anchors->items[count++] = (struct anchor){.zone = r->zone, .rrclass = r->rrclass};
    qsort(anchors->items, count, sizeof(anchors->items[0]), compare_anchors);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_anchors(&anchors->items[kept - 1], &anchors->items[i]) != 0)
            anchors->items[kept++] = anchors->items[i];
    anchors->count = kept;
    for (size_t i = 0; i < kept; i++) {
        anchors->items[i].ds = gather(builder, &anchors->items[i], TYPE_DS);
        anchors->items[i].keys = gather(builder, &anchors->items[i], TYPE_DNSKEY);
    }
}

/* ---- negative anchors ---- */

static int compare_negatives(const void *a, const void *b)
{
    const struct negative_anchor *one = a, *other = b;
    int order = dname_compare(one->zone, other->zone);

    if (order != 0 || one->expires_s == other->expires_s)
        return order;
    return one->expires_s < other->expires_s ? -1 : 1;
}

static int compare_negative_zones(const void *a, const void *b)
{
    return dname_compare(((const struct negative_anchor *)a)->zone,
                         ((const struct negative_anchor *)b)->zone);
}

static void read_insecure(struct builder *builder, const struct opt_item *item)
{
    struct anchors *anchors = builder->anchors;
    struct negative_anchor *negative = &anchors->negatives[anchors->negative_count];

    *negative = (struct negative_anchor){.reason = ""};
    if (dname_from_text_in(anchors->arena, item->text, &negative->zone) != STATUS_OK)
        wrong(builder, item, "domain-insecure: this is no domain name");
    else
        anchors->negative_count++;
}

/* Three words, of which the last may have blanks (RFC 7646 section 2). */
const char *negative_anchor_end(const char *item, int64_t *end_s)
{
    const char *time = item + strcspn(item, " "), *reason;
    char word[16];
    size_t size;

    *end_s = 0;
    time += *time == ' ';
    size = strcspn(time, " ");
    reason = time + size + (time[size] == ' ');
    if (size == 1 && *time == '0')
        return reason;
    if (size >= sizeof(word))
        return NULL;
    memcpy(word, time, size);
    word[size] = '\0';
    return text_read_time(word, end_s) == STATUS_OK ? reason : NULL;
}

static void read_negative(struct builder *builder, const struct opt_item *item)
{
    struct anchors *anchors = builder->anchors;
    struct negative_anchor *negative = &anchors->negatives[anchors->negative_count];
    char *text = arena_text(anchors->arena, item->text);

    if (text == NULL) {
        wrong(builder, item, NULL);
        return;
    }
    *negative = (struct negative_anchor){.reason = ""};
    negative->reason = negative_anchor_end(text, &negative->expires_s);
    text[strcspn(text, " ")] = '\0';
    if (negative->reason == NULL ||
        dname_from_text_in(anchors->arena, text, &negative->zone) != STATUS_OK)
        wrong(
            builder, item,
            "negative-trust-anchor: a name, the time of its end as 20260901120000 or 0, and a "
            "reason are expected");
    else
        anchors->negative_count++;
}

static void read_negatives(struct builder *builder, const struct validator_options *options)
{
    struct anchors *anchors = builder->anchors;
    const struct opt_list *plain = &options->domain_insecure;
    const struct opt_list *full = &options->negative_trust_anchor;

    anchors->negatives =
        ARENA_ARRAY(anchors->arena, struct negative_anchor, plain->count + full->count + 1);
    if (anchors->negatives == NULL) {
        builder->failed = true;
        return;
    }
    for (size_t i = 0; i < plain->count; i++)
        read_insecure(builder, &plain->items[i]);
    for (size_t i = 0; i < full->count; i++)
        read_negative(builder, &full->items[i]);
    qsort(anchors->negatives, anchors->negative_count, sizeof(anchors->negatives[0]),
          compare_negatives);
}

/* ---- life ---- */

static struct anchors *empty(void)
{
    struct anchors *anchors = calloc(1, sizeof(*anchors));

    if (anchors == NULL)
        return NULL;
    atomic_init(&anchors->references, 1);
    anchors->arena = arena_new(0);
    anchor_list_init(&anchors->list, anchors->arena);
    if (anchors->arena != NULL)
        return anchors;
    free(anchors);
    return NULL;
}

static uint8_t deepest_of(const struct anchors *anchors)
{
    uint8_t deepest = 0;

    for (size_t i = 0; i < anchors->count; i++)
        if (anchors->items[i].zone.labels > deepest)
            deepest = anchors->items[i].zone.labels;
    for (size_t i = 0; i < anchors->negative_count; i++)
        if (anchors->negatives[i].zone.labels > deepest)
            deepest = anchors->negatives[i].zone.labels;
    return deepest;
}

static struct anchors *finish(struct builder *builder)
{
    build(builder);
    if (!builder->failed) {
        builder->anchors->deepest = deepest_of(builder->anchors);
        return builder->anchors;
    }
    anchors_free(builder->anchors);
    return NULL;
}

struct anchors *anchors_new(const struct validator_options *options,
                            const struct trust_points *points, anchor_complain *complain,
                            anchor_read_file *read_file, void *context)
{
    struct builder builder = {
        .anchors = empty(), .complain = complain, .read_file = read_file, .context = context};
    struct anchors *anchors = builder.anchors;

    if (anchors == NULL)
        return NULL;
    read_lines(&builder, &options->trust_anchor);
    read_files(&builder, &options->trust_anchor_file, anchor_read_zone);
    read_files(&builder, &options->trusted_keys_file, anchor_read_bind);
    add_points(&builder, points);
    if (anchors->list.count == 0 && !builder.failed && options->root_trust_anchor &&
        options->auto_trust_anchor_file.count == 0)
        builder.failed = anchor_read_built_in(&anchors->list) != STATUS_OK;
    read_negatives(&builder, options);
    return finish(&builder);
}

static void copy_negatives(struct builder *builder, const struct anchors *from)
{
    struct anchors *to = builder->anchors;

    to->negatives = ARENA_ARRAY(to->arena, struct negative_anchor, from->negative_count + 1);
    to->negative_count = to->negatives == NULL ? 0 : from->negative_count;
    builder->failed = builder->failed || to->negatives == NULL;
    for (size_t i = 0; i < to->negative_count; i++) {
        struct negative_anchor *copy = &to->negatives[i];

        *copy = from->negatives[i];
        copy->zone = dname_copy(to->arena, copy->zone);
        copy->reason = arena_text(to->arena, copy->reason);
        builder->failed = builder->failed || copy->zone.wire == NULL || copy->reason == NULL;
    }
}

struct anchors *anchors_renew(const struct anchors *anchors, const struct trust_points *points)
{
    struct builder builder = {.anchors = empty()};

    if (builder.anchors == NULL)
        return NULL;
    for (const struct anchor_record *r = anchors->list.first; r != NULL; r = r->next)
        if (!r->is_kept && !copy_record(&builder.anchors->list, r))
            builder.failed = true;
    add_points(&builder, points);
    copy_negatives(&builder, anchors);
    return finish(&builder);
}

/* The next record that is there for good, this one included. */
static const struct anchor_record *skip_kept(const struct anchor_record *record)
{
    while (record != NULL && record->is_kept)
        record = record->next;
    return record;
}

bool anchors_same(const struct anchors *one, const struct anchors *other)
{
    const struct anchor_record *a, *b;

    if (one == NULL || other == NULL)
        return one == other;
    a = skip_kept(one->list.first);
    b = skip_kept(other->list.first);
    while (a != NULL && b != NULL && a->type == b->type && a->rrclass == b->rrclass &&
           dname_equal(a->zone, b->zone) && slice_equal(a->rdata, b->rdata)) {
        a = skip_kept(a->next);
        b = skip_kept(b->next);
    }
    return a == NULL && b == NULL;
}

/* Both are in canonical order; at one name those that end first stand first. */
void anchors_negative_changes(const struct anchors *one, const struct anchors *other,
                              void (*tell)(void *context, struct dname zone), void *context)
{
    const struct negative_anchor *a = one->negatives, *a_end = a + one->negative_count;
    const struct negative_anchor *b = other->negatives, *b_end = b + other->negative_count;

    while (a < a_end || b < b_end) {
        int order = a == a_end ? 1 : b == b_end ? -1 : compare_negatives(a, b);

        if (order != 0)
            tell(context, order < 0 ? a->zone : b->zone);
        a += order <= 0;
        b += order >= 0;
    }
}

struct anchors *anchors_ref(struct anchors *anchors)
{
    atomic_fetch_add_explicit(&anchors->references, 1, memory_order_relaxed);
    return anchors;
}

void anchors_free(struct anchors *anchors)
{
    if (anchors == NULL ||
        atomic_fetch_sub_explicit(&anchors->references, 1, memory_order_acq_rel) > 1)
        return;
    arena_free(anchors->arena);
    free(anchors);
}

/* ---- looking up ---- */

const struct anchor *anchors_of(const struct anchors *anchors, struct dname zone,
                                uint16_t rrclass)
{
    struct anchor wanted = {.zone = zone, .rrclass = rrclass};

    if (anchors->count == 0)
        return NULL;
    return bsearch(&wanted, anchors->items, anchors->count, sizeof(wanted), compare_anchors);
}

/* Several may stand at one name: any that has not expired counts. */
static const struct negative_anchor *negative_of(const struct anchors *anchors,
                                                 struct dname zone, int64_t wall_s)
{
    struct negative_anchor wanted = {.zone = zone};
    const struct negative_anchor *end = anchors->negatives + anchors->negative_count, *found;

    if (anchors->negative_count == 0)
        return NULL;
    found = bsearch(&wanted, anchors->negatives, anchors->negative_count, sizeof(wanted),
                    compare_negative_zones);
    while (found != NULL && found > anchors->negatives && dname_equal(found[-1].zone, zone))
        found--;
    for (; found != NULL && found < end && dname_equal(found->zone, zone); found++)
        if (found->expires_s == 0 || found->expires_s > wall_s)
            return found;
    return NULL;
}

struct anchor_found anchors_find(const struct anchors *anchors, struct dname name,
                                 uint16_t rrclass, int64_t wall_s)
{
    struct anchor_found found = {NULL, NULL};

    /* Mostly there is one for the root alone. */
    for (name = dname_ancestor(name, anchors->deepest);; name = dname_parent(name)) {
        found.negative = negative_of(anchors, name, wall_s);
        if (found.negative != NULL)
            return found;
        found.anchor = anchors_of(anchors, name, rrclass);
        if (found.anchor != NULL || dname_is_root(name))
            return found;
    }
}

size_t anchors_negative_count(const struct anchors *anchors)
{
    return anchors->negative_count;
}

const struct negative_anchor *anchors_negative_at(const struct anchors *anchors, size_t index)
{
    return &anchors->negatives[index];
}

size_t anchors_count(const struct anchors *anchors)
{
    return anchors->count;
}

const struct anchor *anchors_at(const struct anchors *anchors, size_t index)
{
    return &anchors->items[index];
}
