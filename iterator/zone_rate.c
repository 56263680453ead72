/*
 * zone_rate.c - reads the limits of zones; counts.
 */
#include "iterator/zone_rate.h"

#include <stdlib.h>
#include <string.h>

/* "name number" */
static bool read_entry(struct zone_rate *entry, struct arena *arena, const char *text)
{
    const char *space = strpbrk(text, " \t");
    char *name, *end;
    unsigned long most;

    if (space == NULL)
        return false;
    name = arena_printf(arena, "%.*s", (int)(space - text), text);
    if (name == NULL || dname_from_text_in(arena, name, &entry->name) != STATUS_OK)
        return false;
    most = strtoul(space, &end, 10);
    entry->most = (uint32_t)size_min(most, UINT32_MAX);
    return end != space && *end == '\0';
}

static bool read_list(struct zone_rates *rates, struct arena *arena,
                      const struct opt_list *list, bool below, forward_complain *complain,
                      void *context)
{
    for (size_t i = 0; i < list->count; i++) {
        struct zone_rate *entry = &rates->entries[rates->count++];

        if (!read_entry(entry, arena, list->items[i].text)) {
            complain(context, &list->items[i], "is no name and number (example.com 1000)");
            return false;
        }
        entry->below = below;
    }
    return true;
}

bool zone_rates_read(struct zone_rates *rates, struct arena *arena,
                     const struct iterator_options *options, forward_complain *complain,
                     void *context)
{
    size_t count = options->ratelimit_for_domain.count + options->ratelimit_below_domain.count;

    *rates = (struct zone_rates){.most = options->ratelimit,
                                 .backoff = options->ratelimit_backoff,
                                 .entries = ARENA_ARRAY(arena, struct zone_rate, count + 1)};
    return rates->entries != NULL &&
           read_list(rates, arena, &options->ratelimit_for_domain, false, complain, context) &&
           read_list(rates, arena, &options->ratelimit_below_domain, true, complain, context);
}

bool zone_rates_limit(const struct zone_rates *rates)
{
    return rates->most != 0 || rates->count != 0;
}

uint32_t zone_rates_most(const struct zone_rates *rates, struct dname zone)
{
    const struct zone_rate *best = NULL;

    for (size_t i = 0; i < rates->count; i++) {
        const struct zone_rate *entry = &rates->entries[i];

        if (!entry->below && dname_equal(entry->name, zone))
            return entry->most;
        if (entry->below && zone.labels > entry->name.labels &&
            dname_is_at_or_below(zone, entry->name) &&
            (best == NULL || entry->name.labels > best->name.labels))
            best = entry;
    }
    return best == NULL ? rates->most : best->most;
}

bool zone_rates_take(const struct zone_rates *rates, struct dname zone, int64_t now_ms)
{
    uint32_t most = rates->table == NULL ? 0 : zone_rates_most(rates, zone);

    return most == 0 || rate_take(rates->table, dname_hash(zone, rate_table_key(rates->table)),
                                  most, rates->backoff, now_ms);
}
