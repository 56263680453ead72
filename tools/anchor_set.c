/*
 * anchor_set.c - the anchors of the root, read, written and tried.
 */
#include "tools/anchor_set.h"

#include <errno.h>
#include <string.h>

#include "util/wire/text_rr.h"
#include "validator/key_match.h"
#include "validator/trust_points.h"

struct source {
    const char *text;
    struct arena *arena;
    const char *why;
};

static const char *give_text(void *context, const char *name, struct arena *arena)
{
    struct source *source = context;

    (void)name;
    (void)arena;
    errno =
        ENOENT; /* of a file that is not there, the resolver begins with the built-in ones */
    return source->text;
}

static void keep_words(void *context, const struct opt_item *item, const char *words)
{
    struct source *source = context;

    (void)item;
    if (source->why == NULL)
        source->why = arena_text(source->arena, words);
}

/* RFC 5011 section 5: a zone all of whose keys were revoked is trusted by nobody. */
static bool is_revoked(const struct trust_points *points)
{
    const struct trust_point *root = trust_points_find(points, dname_root, CLASS_IN);

    return root != NULL && root->point->deleted;
}

/* As the daemon reads a configuration with this file alone. @return false: see source->why. */
static bool read_as_daemon(struct source *source, struct anchor_set *set)
{
    struct opt_item file = {.text = "file"};
    struct validator_options options = {0};
    struct trust_points *points;

    options.root_trust_anchor = true;
    options.auto_trust_anchor_file = (struct opt_list){.items = &file, .count = 1};
    points =
        trust_points_read(NULL, &options.auto_trust_anchor_file, keep_words, give_text, source);
    if (points == NULL)
        return false;
    set->anchors = anchors_new(&options, points, keep_words, give_text, source);
    set->is_revoked = is_revoked(points);
    trust_points_free(points);
    return set->anchors != NULL;
}

enum status anchor_set_read(const char *text, struct arena *arena, struct anchor_set *set,
                            const char **why)
{
    struct source source = {.text = text, .arena = arena};

    *set = (struct anchor_set){0};
    if (!read_as_daemon(&source, set)) {
        *why = source.why == NULL ? "out of memory" : source.why;
        return source.why == NULL ? STATUS_NO_MEMORY : STATUS_MALFORMED;
    }
    set->root = anchors_of(set->anchors, dname_root, CLASS_IN);
    if (set->root != NULL || set->is_revoked)
        return STATUS_OK;
    *why = "there is no anchor of the root in it";
    anchor_set_clear(set);
    return STATUS_NOT_FOUND;
}

void anchor_set_clear(struct anchor_set *set)
{
    anchors_free(set->anchors);
    *set = (struct anchor_set){0};
}

static void write_records(const struct rrset *records, struct text *out)
{
    if (records == NULL)
        return;
    for (size_t i = 0; i < records->rr_count; i++) {
        text_add(out, records->type == TYPE_DS ? ". IN DS " : ". IN DNSKEY ");
        rdata_to_text(out, rrset_rdata(records, i), records->type, records->rrclass);
        text_add_char(out, '\n');
    }
}

void anchor_set_write(const struct anchor_set *set, struct text *out)
{
    if (set->root == NULL)
        return;
    write_records(set->root->ds, out);
    write_records(set->root->keys, out);
}

enum status anchor_set_prove(const struct anchor_set *set, const struct rrset *dnskeys,
                             const struct crypto *crypto, int64_t wall_s, struct arena *arena,
                             uint16_t *key_tag, const char **why)
{
    /* As shrewd has it without configuration (val-sig-skew-min, -max). */
    const struct sig_clock clock = {.skew_min_s = 3600, .skew_max_s = 86400};
    struct budget_limits limits;
    struct sig_check check = {
        .crypto = crypto, .clock = &clock, .wall_s = wall_s, .arena = arena};
    struct key_verdict verdict;

    *why = "all keys of the root were revoked, the file says";
    if (set->root == NULL)
        return STATUS_MALFORMED;
    *why = "out of memory";
    budget_limits_default(&limits);
    check.budget = budget_new(&limits, 0);
    if (check.budget == NULL)
        return STATUS_NO_MEMORY;
    verdict = keys_verify_by_anchor(&check, dnskeys, set->root);
    budget_unref(check.budget);
    if (verdict.security == SEC_SECURE) {
        zone_keys_unref(verdict.keys);
        *key_tag = verdict.good.key_tag;
        return STATUS_OK;
    }
    if (verdict.security == SEC_INDETERMINATE)
        return STATUS_NO_MEMORY;
    *why = finding_text(&verdict.finding, NULL, arena);
    return *why == NULL ? STATUS_NO_MEMORY : STATUS_MALFORMED;
}
