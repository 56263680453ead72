/*
 * anchor.c - trust anchors and negative ones, put together from a configuration and looked up.
 *
 * Life: options and files become a list of records, the list becomes RRsets zone by zone, in
 * canonical order of the zones' names. From then on only anchors_find and its like read it.
 */
#include "validator/anchor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "validator/anchor_text.h"

/* IANA's root-anchors.xml of 2024: KSK-2017 and KSK-2024. */
static const char *const built_in[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

struct anchors {
    struct arena *arena;
    struct anchor *items; /* by class, then in canonical order */
    size_t count;
    struct negative_anchor *negatives; /* in canonical order */
    size_t negative_count;
};

struct builder {
    struct anchors *anchors;
    struct anchor_list list;
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
        enum status status = anchor_read_line(&builder->list, lines->items[i].text, &fault);

        if (status != STATUS_OK)
            wrong(builder, &lines->items[i],
                  status == STATUS_NO_MEMORY
                      ? NULL
                      : arena_printf(builder->anchors->arena, "trust anchor: %s",
                                     fault.why == NULL ? status_text(status) : fault.why));
    }
}

/* @return NULL after a complaint; missing, if asked for, takes the place of one. */
static const char *open_file(struct builder *builder, const struct opt_item *item,
                             bool *missing)
{
    struct arena *arena = builder->anchors->arena;
    const char *text;

    errno = 0;
    text = builder->read_file(builder->context, item->text, arena);
    if (text != NULL)
        return text;
    if (missing != NULL && errno == ENOENT)
        *missing = true;
    else
        wrong(builder, item,
              arena_printf(arena, "trust anchors %s cannot be read: %s", item->text,
                           strerror(errno)));
    return NULL;
}

static void read_files(struct builder *builder, const struct opt_list *files, read_text *read)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct opt_item *item = &files->items[i];
        const char *text = open_file(builder, item, NULL);
        struct anchor_fault fault = {0};

        if (text != NULL)
            fault_in_file(builder, item, read(&builder->list, text, &fault), &fault);
    }
}

static void read_built_in(struct builder *builder, const char *auto_file)
{
    struct anchor_record **from = builder->list.last;
    struct anchor_fault fault = {0};

    for (size_t i = 0; i < COUNT(built_in); i++)
        if (anchor_read_line(&builder->list, built_in[i], &fault) != STATUS_OK)
            builder->failed = true;
    for (struct anchor_record *record = *from; record != NULL; record = record->next) {
        record->built_in = true;
        record->auto_file = auto_file;
    }
}

/* A file that is not there yet is that of the root: it begins with what is built in, and is
 * written when the keys have been seen. */
static void read_auto_files(struct builder *builder, const struct opt_list *files)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct opt_item *item = &files->items[i];
        struct anchor_fault fault = {0};
        bool missing = false;
        const char *text = open_file(builder, item, &missing);

        if (missing)
            read_built_in(builder, item->text);
        else if (text != NULL)
            fault_in_file(builder, item,
                          anchor_read_auto(&builder->list, text, item->text, &fault), &fault);
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
    struct slice *rdata = ARENA_ARRAY(arena, struct slice, builder->list.count);
    const struct rrset *set;

    if (rdata == NULL) {
        builder->failed = true;
        return NULL;
    }
    for (const struct anchor_record *r = builder->list.first; r != NULL; r = r->next) {
        if (!is_of(r, anchor, type) || is_there(rdata, parts.rr_count, r->rdata) ||
            parts.rr_count == UINT16_MAX)
            continue;
        rdata[parts.rr_count++] = r->rdata;
        if (r->auto_file != NULL)
            anchor->auto_file = r->auto_file;
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

    anchors->items = ARENA_ARRAY(anchors->arena, struct anchor, builder->list.count + 1);
    if (anchors->items == NULL) {
        builder->failed = true;
        return;
    }
    for (const struct anchor_record *r = builder->list.first; r != NULL; r = r->next)
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

/* "name time reason": three words, of which the last may have blanks (RFC 7646 section 2). */
static void read_negative(struct builder *builder, const struct opt_item *item)
{
    struct anchors *anchors = builder->anchors;
    struct negative_anchor *negative = &anchors->negatives[anchors->negative_count];
    char *text = arena_text(anchors->arena, item->text), *time, *reason;

    if (text == NULL) {
        wrong(builder, item, NULL);
        return;
    }
    time = text + strcspn(text, " ");
    reason = *time == '\0' ? time : time + 1 + strcspn(time + 1, " ");
    if (*time != '\0')
        *time++ = '\0';
    if (*reason != '\0')
        *reason++ = '\0';
    *negative = (struct negative_anchor){.reason = reason};
    if (dname_from_text_in(anchors->arena, text, &negative->zone) != STATUS_OK ||
        (strcmp(time, "0") != 0 && text_read_time(time, &negative->expires_s) != STATUS_OK))
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

struct anchors *anchors_new(const struct validator_options *options, anchor_complain *complain,
                            anchor_read_file *read_file, void *context)
{
    struct anchors *anchors = calloc(1, sizeof(*anchors));
    struct builder builder = {
        .anchors = anchors, .complain = complain, .read_file = read_file, .context = context};

    if (anchors == NULL)
        return NULL;
    anchors->arena = arena_new(0);
    if (anchors->arena == NULL) {
        free(anchors);
        return NULL;
    }
    anchor_list_init(&builder.list, anchors->arena);
    read_lines(&builder, &options->trust_anchor);
    read_files(&builder, &options->trust_anchor_file, anchor_read_zone);
    read_files(&builder, &options->trusted_keys_file, anchor_read_bind);
    read_auto_files(&builder, &options->auto_trust_anchor_file);
    if (builder.list.count == 0 && !builder.failed && options->root_trust_anchor)
        read_built_in(&builder, NULL);
    build(&builder);
    read_negatives(&builder, options);
    if (!builder.failed)
        return anchors;
    anchors_free(anchors);
    return NULL;
}

void anchors_free(struct anchors *anchors)
{
    if (anchors == NULL)
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
                    compare_negatives);
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

    for (;; name = dname_parent(name)) {
        found.negative = negative_of(anchors, name, wall_s);
        if (found.negative != NULL)
            return found;
        found.anchor = anchors_of(anchors, name, rrclass);
        if (found.anchor != NULL || dname_is_root(name))
            return found;
    }
}

size_t anchors_count(const struct anchors *anchors)
{
    return anchors->count;
}

const struct anchor *anchors_at(const struct anchors *anchors, size_t index)
{
    return &anchors->items[index];
}
