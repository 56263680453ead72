/*
 * outdated.c - compares two settings, and walks the caches for what the difference outdates.
 *
 * Called by lib/resolver: when new settings take the place of old ones, and once more when the
 * last query of the old ones has ended, for until then it may have stored what it found under
 * them.
 */
#include "lib/outdated.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/options_overlay.h"
#include "lib/settings.h"

/* ---- what has changed ---- */

/* An option of validation: what it says may be in what was judged before. */
static void note_of_trust(void *context, const char *section, const char *name, bool at_restart)
{
    static const char *const of_trust[] = {
        "harden-algo-downgrade", "val-override-date",   "val-sig-skew-min",
        "val-sig-skew-max",      "val-permissive-mode", "val-nsec3-keysize-iterations"};
    bool *changed = context;

    (void)section;
    for (size_t i = 0; i < COUNT(of_trust); i++)
        *changed = *changed || (!at_restart && strcmp(name, of_trust[i]) == 0);
}

static bool trusts_otherwise(const struct settings *before, const struct settings *now)
{
    bool changed = !anchors_same(before->anchors, now->anchors);

    options_changes(before->options, now->options, note_of_trust, &changed);
    return changed;
}

struct search {
    struct outdated *out;
    struct arena *arena;
};

/* In the order of names a name comes before all below it. */
static void add_name(void *context, struct dname name)
{
    struct search *search = context;
    struct outdated *out = search->out;
    struct dname copy;
    char text[DNAME_TEXT_MAX];

    for (size_t i = 0; i < out->count; i++)
        if (dname_is_at_or_below(name, out->names[i]))
            return;
    copy = dname_copy(search->arena, name);
    if (out->count == OUTDATED_NAMES_MAX || copy.wire == NULL ||
        (out->texts[out->count] = arena_text(search->arena, dname_to_reason(name, text))) ==
            NULL) {
        out->judgements = true;
        return;
    }
    out->names[out->count++] = copy;
}

/* ---- zones that are told ---- */

struct zone {
    struct dname name;
    const struct conf_part *part;
    size_t place; /* in the files */
};

struct zones {
    struct arena *arena;
    struct zone *items;
    size_t count, room;
};

static void count_zone(void *context, const struct options_word *word)
{
    (void)word;
    ((struct zones *)context)->room++;
}

static void add_zone(void *context, const struct options_word *word)
{
    struct zones *zones = context;
    struct zone *zone = &zones->items[zones->count];

    *zone = (struct zone){dname_copy(zones->arena, word->name), word->part, zones->count};
    zones->count += zone->name.wire != NULL;
}

static int compare_zones(const void *a, const void *b)
{
    const struct zone *one = a, *other = b;
    int order = dname_compare(one->name, other->name);

    if (order != 0 || one->place == other->place)
        return order;
    return one->place < other->place ? -1 : 1;
}

/* @return false: no memory. */
static bool sort_zones(const struct options *options, const char *section, struct arena *arena,
                       struct zones *zones)
{
    const struct overlay_subject all = {section, "name", false, dname_root};

    *zones = (struct zones){.arena = arena};
    (void)options_words(options, &all, count_zone, zones);
    zones->items = ARENA_ARRAY(arena, struct zone, zones->room + 1);
    if (zones->items == NULL)
        return false;
    (void)options_words(options, &all, add_zone, zones);
    qsort(zones->items, zones->count, sizeof(zones->items[0]), compare_zones);
    return zones->count == zones->room;
}

static void find_zones(struct search *search, const struct options *before,
                       const struct options *now, const char *section)
{
    struct zones one, other;
    size_t a = 0, b = 0;

    if (!sort_zones(before, section, search->arena, &one) ||
        !sort_zones(now, section, search->arena, &other)) {
        search->out->judgements = true;
        return;
    }
    while (a < one.count || b < other.count) {
        int order = a == one.count     ? 1
                    : b == other.count ? -1
                                       : dname_compare(one.items[a].name, other.items[b].name);

        if (order < 0)
            add_name(search, one.items[a].name);
        else if (order > 0 || !conf_parts_equal(one.items[a].part, other.items[b].part))
            add_name(search, other.items[b].name);
        a += order <= 0;
        b += order >= 0;
    }
}

void outdated_find(const struct settings *before, const struct settings *now,
                   struct arena *arena, struct outdated *out)
{
    struct search search = {out, arena};

    *out = (struct outdated){.judgements = trusts_otherwise(before, now)};
    if (before->anchors != NULL && now->anchors != NULL)
        anchors_negative_changes(before->anchors, now->anchors, add_name, &search);
    find_zones(&search, before->options, now->options, "stub-zone");
    find_zones(&search, before->options, now->options, "forward-zone");
}

/* ---- forgetting ---- */

static bool covers(const struct outdated *outdated, struct dname name)
{
    for (size_t i = 0; i < outdated->count; i++)
        if (dname_is_at_or_below(name, outdated->names[i]))
            return true;
    return false;
}

/* An alias may have led there, and a name server's name may lie there: the reasons of a failure
 * say whose fault it was. */
static bool blames(const struct outdated *outdated, const struct reasons *reasons)
{
    for (size_t r = 0; r < reasons->count; r++)
        for (size_t i = 0; i < outdated->count; i++)
            if (strstr(reasons->item[r].text, outdated->texts[i]) != NULL)
                return true;
    return false;
}

static bool is_outdated_message(void *context, const struct msg_entry *entry)
{
    const struct outdated *outdated = context;
    size_t count = (size_t)entry->count[0] + entry->count[1] + entry->count[2];

    if (covers(outdated, entry->qname))
        return true;
    for (size_t i = 0; i < count; i++)
        if (covers(outdated, rrset_owner(entry->rrsets[i])))
            return true;
    return (entry->flavour & MSG_FLAVOUR_FAILURE) != 0 && blames(outdated, entry->reasons);
}

static bool is_outdated_set(void *context, const struct rrset *set)
{
    return covers(context, rrset_owner(set));
}

void outdated_drop(const struct outdated *outdated, const struct outdated_caches *caches)
{
    if (outdated->judgements) {
        msg_cache_flush(caches->messages);
        rrset_cache_flush(caches->rrsets);
        key_cache_flush(caches->keys);
        proven_flush(caches->proven);
        return;
    }
    if (outdated->count == 0)
        return;
    for (size_t i = 0; i < outdated->count; i++) {
        (void)key_cache_drop(caches->keys, outdated->names[i]);
        (void)proven_drop(caches->proven, outdated->names[i]);
    }
    (void)msg_cache_drop_if(caches->messages, is_outdated_message, (void *)outdated);
    (void)rrset_cache_drop_if(caches->rrsets, is_outdated_set, (void *)outdated);
}

/* ---- what is to be forgotten ---- */

struct outdated_sum {
    atomic_flag latch; /* held while some names are compared */
    bool judgements;
    size_t count;
    uint8_t names[OUTDATED_NAMES_MAX][DNAME_MAX];
};

static void latch(struct outdated_sum *sum)
{
    while (atomic_flag_test_and_set_explicit(&sum->latch, memory_order_acquire))
        ;
}

static void unlatch(struct outdated_sum *sum)
{
    atomic_flag_clear_explicit(&sum->latch, memory_order_release);
}

struct outdated_sum *outdated_sum_new(void)
{
    struct outdated_sum *sum = calloc(1, sizeof(*sum));

    if (sum != NULL)
        atomic_flag_clear(&sum->latch);
    return sum;
}

void outdated_sum_free(struct outdated_sum *sum)
{
    free(sum);
}

static void add_to_sum(struct outdated_sum *sum, struct dname name)
{
    for (size_t i = 0; i < sum->count; i++)
        if (dname_is_at_or_below(name, dname_of_wire(sum->names[i])))
            return;
    if (sum->count == OUTDATED_NAMES_MAX)
        sum->judgements = true;
    else
        (void)dname_store(name, sum->names[sum->count++]);
}

void outdated_sum_add(struct outdated_sum *sum, const struct outdated *outdated)
{
    latch(sum);
    sum->judgements = sum->judgements || outdated->judgements;
    for (size_t i = 0; i < outdated->count; i++)
        add_to_sum(sum, outdated->names[i]);
    unlatch(sum);
}

bool outdated_sum_is_any(struct outdated_sum *sum)
{
    bool any;

    latch(sum);
    any = sum->judgements || sum->count > 0;
    unlatch(sum);
    return any;
}

bool outdated_sum_take(struct outdated_sum *sum, struct arena *arena, struct outdated *out)
{
    struct search search = {out, arena};
    uint8_t names[OUTDATED_NAMES_MAX][DNAME_MAX];
    size_t count;

    *out = (struct outdated){.judgements = false};
    latch(sum);
    out->judgements = sum->judgements;
    count = sum->count;
    memcpy(names, sum->names, count * sizeof(names[0]));
    sum->judgements = false;
    sum->count = 0;
    unlatch(sum);
    for (size_t i = 0; i < count; i++)
        add_name(&search, dname_of_wire(names[i]));
    return out->judgements || count > 0;
}
