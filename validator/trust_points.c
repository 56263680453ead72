/*
 * trust_points.c - the list of trust points: read with a configuration, found by their zones.
 *
 * Life: a list is read and its points are new or borrowed from the one in use; when it takes
 * that one's place, the borrowed ones move over and what is left goes.
 */
#include "validator/trust_points.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "validator/rfc5011_text.h"

struct reading {
    const struct trust_points *now;
    struct trust_points *fresh;
    struct arena *scratch;
    anchor_complain *complain;
    anchor_read_file *read_file;
    void *context;
    bool failed;
};

/* ---- life ---- */

struct trust_points *trust_points_new(void)
{
    struct trust_points *points = calloc(1, sizeof(*points));

    if (points != NULL)
        list_init(&points->list);
    return points;
}

static void point_free(struct trust_point *point)
{
    if (!point->borrowed)
        rfc5011_free(point->point);
    free(point->file);
    free(point->known);
    free(point);
}

void trust_points_clear(struct trust_points *points)
{
    struct link *link;

    points->touched = true;
    while ((link = list_take(&points->list)) != NULL)
        point_free(CONTAINER_OF(link, struct trust_point, link));
}

void trust_points_free(struct trust_points *points)
{
    if (points == NULL)
        return;
    trust_points_clear(points);
    free(points);
}

/* ---- reading ---- */

static void wrong(struct reading *reading, const struct opt_item *item, const char *words)
{
    reading->failed = true;
    reading->complain(reading->context, item, words == NULL ? "out of memory" : words);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct trust_point *find_file(const struct trust_points *points, const char *file)
{
    if (points == NULL)
        return NULL;
    LIST_EACH(&points->list, link)
    {
        struct trust_point *point = CONTAINER_OF(link, struct trust_point, link);

        if (strcmp(point->file, file) == 0)
            return point;
    }
    return NULL;
}

/* @param text NULL: the file is not there. */
static enum status begin_point(struct reading *reading, const char *text,
                               struct rfc5011_point **out, struct anchor_fault *fault)
{
    struct anchor_list built_in;
    enum status status;

    if (text != NULL)
        return rfc5011_read(text, reading->scratch, out, fault);
    anchor_list_init(&built_in, reading->scratch);
    status = anchor_read_built_in(&built_in);
    if (status != STATUS_OK)
        return status;
    *out = rfc5011_new(dname_root, CLASS_IN);
    if (*out == NULL)
        return STATUS_NO_MEMORY;
    (*out)->built_in = true;
    for (const struct anchor_record *r = built_in.first; r != NULL; r = r->next)
        if (rfc5011_add_ds(*out, r->rdata) != STATUS_OK)
            status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        return STATUS_OK;
    rfc5011_free(*out);
    *out = NULL;
    return status;
}

static void complain_of(struct reading *reading, const struct opt_item *item,
                        enum status status, const struct anchor_fault *fault)
{
    if (status == STATUS_NO_MEMORY)
        wrong(reading, item, NULL);
    else if (status == STATUS_NOT_FOUND)
        wrong(reading, item,
              arena_printf(reading->scratch, "trust anchors %s: %s", item->text, fault->why));
    else
        wrong(reading, item,
              arena_printf(reading->scratch, "trust anchors %s, line %d: %s", item->text,
                           fault->line, fault->why));
}

static void fill(struct reading *reading, const struct opt_item *item, const char *text,
                 struct trust_point *point)
{
    struct trust_point *before = find_file(reading->now, item->text);
    struct anchor_fault fault = {0};
    enum status status = STATUS_OK;

    /* As we left it: what we know is at least as new, and all that is known where it could not
     * be written. A file that has gone takes no trust with it: it is written again. */
    if (before != NULL && (text == NULL || same_text(before->known, text))) {
        point->point = before->point;
        point->borrowed = true;
        point->unwritten = before->unwritten || (text == NULL && before->known != NULL);
        point->urgent = before->urgent;
        point->trust_changed = before->trust_changed;
        point->write_failures = before->write_failures;
        point->write_at_ms = before->write_at_ms;
    } else {
        status = begin_point(reading, text, &point->point, &fault);
    }
    if (status != STATUS_OK)
        complain_of(reading, item, status, &fault);
    else if (trust_points_find(reading->fresh, point->point->zone, point->point->rrclass) !=
             NULL)
        wrong(reading, item,
              arena_printf(reading->scratch,
                           "trust anchors %s: another auto-trust-anchor-file is for the same "
                           "zone",
                           item->text));
}

static void read_one(struct reading *reading, const struct opt_item *item)
{
    struct trust_point *point = calloc(1, sizeof(*point)), *before;
    const char *text, *known = NULL;

    errno = 0;
    text = reading->read_file(reading->context, item->text, reading->scratch);
    if (text == NULL && errno != ENOENT) {
        wrong(reading, item,
              arena_printf(reading->scratch, "trust anchors %s cannot be read: %s", item->text,
                           strerror(errno)));
        free(point);
        return;
    }
    if (point != NULL) {
        point->file = strdup(item->text);
        before = find_file(reading->now, item->text);
        known = text == NULL && before != NULL ? before->known : text;
        point->known = known == NULL ? NULL : strdup(known);
    }
    if (point == NULL || point->file == NULL || (known != NULL && point->known == NULL)) {
        wrong(reading, item, NULL);
        if (point != NULL)
            point_free(point);
        return;
    }
    fill(reading, item, text, point);
    if (reading->failed)
        point_free(point);
    else
        list_append(&reading->fresh->list, &point->link);
}

struct trust_points *trust_points_read(struct trust_points *now, const struct opt_list *files,
                                       anchor_complain *complain, anchor_read_file *read_file,
                                       void *context)
{
    struct reading reading = {.now = now,
                              .fresh = trust_points_new(),
                              .scratch = arena_new(0),
                              .complain = complain,
                              .read_file = read_file,
                              .context = context};

    reading.failed = reading.fresh == NULL || reading.scratch == NULL;
    for (size_t i = 0; i < files->count && !reading.failed; i++)
        read_one(&reading, &files->items[i]);
    arena_free(reading.scratch);
    if (!reading.failed)
        return reading.fresh;
    trust_points_free(reading.fresh);
    return NULL;
}

void trust_points_take(struct trust_points *points, struct trust_points *fresh)
{
    struct link *link;

    LIST_EACH(&points->list, at)
    {
        struct trust_point *old = CONTAINER_OF(at, struct trust_point, link);

        LIST_EACH(&fresh->list, other)
        if (CONTAINER_OF(other, struct trust_point, link)->point == old->point)
            old->borrowed = true; /* moves over */
    }
    trust_points_clear(points);
    while ((link = list_take(&fresh->list)) != NULL) {
        CONTAINER_OF(link, struct trust_point, link)->borrowed = false;
        list_append(&points->list, link);
    }
    free(fresh);
}

/* ---- use ---- */

struct trust_point *trust_points_find(const struct trust_points *points, struct dname zone,
                                      uint16_t rrclass)
{
    LIST_EACH(&points->list, link)
    {
        struct trust_point *point = CONTAINER_OF(link, struct trust_point, link);

        if (point->point->rrclass == rrclass && dname_equal(point->point->zone, zone))
            return point;
    }
    return NULL;
}

struct rfc5011_rules trust_points_rules(const struct validator_options *options)
{
    return (struct rfc5011_rules){.add_holddown_s = options->add_holddown,
                                  .del_holddown_s = options->del_holddown,
                                  .keep_missing_s = options->keep_missing,
                                  .small_holddown = options->permit_small_holddown};
}

enum rfc5011_seen trust_points_see(struct trust_points *points, const struct anchor *anchor,
                                   const struct validator_options *options,
                                   const struct sig_check *check, int64_t mono_s,
                                   uint32_t random, const struct rrset *dnskeys,
                                   struct key_verdict *verdict)
{
    struct trust_point *point = trust_points_find(points, anchor->zone, anchor->rrclass);
    struct rfc5011_rules rules = trust_points_rules(options);
    struct rfc5011_event event = {
        .rules = &rules, .check = check, .wall_s = check->wall_s, .mono_s = mono_s};
    enum rfc5011_seen seen;

    if (point == NULL)
        return RFC5011_DELETED;
    points->touched = true;
    seen = rfc5011_see(point->point, &event, dnskeys, verdict);
    if (seen == RFC5011_GOOD)
        rfc5011_probe_later(point->point, check->wall_s, random);
    point->unwritten = point->unwritten || event.changed;
    point->urgent = point->urgent || event.moved;
    point->trust_changed = point->trust_changed || event.trust_changed;
    return seen;
}

void trust_point_written(struct trust_point *point, const char *text)
{
    char *known = strdup(text);

    point->unwritten = point->urgent = known == NULL;
    point->write_failures = 0;
    if (known == NULL)
        return;
    free(point->known);
    point->known = known;
}
