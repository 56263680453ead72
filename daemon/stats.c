/*
 * stats.c - sums of counters, and the table that names them.
 *
 * Called by the commands and by the line of statistics in the log; in the main thread.
 */
#include "daemon/stats.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "util/wire/types.h"

enum kind { TOTAL, GAUGE, FINE };

static const struct row {
    enum kind kind;
    const char *name;
    size_t place;
} rows[] = {
#define STAT(kind, name, member, words) {kind, name, offsetof(struct stats, member)},
#include "daemon/stats.def"
#undef STAT
};

_Static_assert(sizeof(struct stats) % sizeof(uint64_t) == 0,
               "struct stats is made of uint64_t");

static uint64_t value_at(const struct stats *stats, size_t place)
{
    uint64_t value;

    memcpy(&value, (const char *)stats + place, sizeof(value));
    return value;
}

static void set_at(struct stats *stats, size_t place, uint64_t value)
{
    memcpy((char *)stats + place, &value, sizeof(value));
}

void stats_add(struct stats *sum, const struct stats *more)
{
    for (size_t at = 0; at < sizeof(*sum); at += sizeof(uint64_t))
        set_at(sum, at, value_at(sum, at) + value_at(more, at));
}

void stats_since(struct stats *stats, const struct stats *before)
{
    struct stats now = *stats;

    for (size_t at = 0; at < sizeof(*stats); at += sizeof(uint64_t))
        set_at(stats, at, value_at(&now, at) - value_at(before, at));
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].kind == GAUGE)
            set_at(stats, rows[i].place, value_at(&now, rows[i].place));
}

/* ---- how long clients waited ---- */

static uint64_t waits(const struct request_stats *requests)
{
    uint64_t all = 0;

    for (size_t i = 0; i < REQUEST_WAITS; i++)
        all += requests->waits[i];
    return all;
}

uint64_t stats_wait_ms(const struct request_stats *requests, unsigned percent)
{
    uint64_t wanted = (waits(requests) * percent + 99) / 100, seen = 0;

    for (size_t i = 0; i < REQUEST_WAITS && wanted > 0; i++) {
        uint64_t here = requests->waits[i];
        uint64_t low = i == 0 ? 0 : 1ull << (i - 1), high = 1ull << i;

        if (seen + here >= wanted) /* as if they lay evenly between the bounds */
            return low + (high - low) * (wanted - seen) / here;
        seen += here;
    }
    return 0;
}

static void show_waits(struct outline *out, const struct request_stats *requests)
{
    uint64_t all = waits(requests);

    outline_number(out, "num.recursivereplies", (int64_t)all);
    outline_number(out, "recursion.ms.avg",
                   all == 0 ? 0 : (int64_t)(requests->waited_ms / all));
    outline_number(out, "recursion.ms.p50", (int64_t)stats_wait_ms(requests, 50));
    outline_number(out, "recursion.ms.p90", (int64_t)stats_wait_ms(requests, 90));
    outline_number(out, "recursion.ms.p99", (int64_t)stats_wait_ms(requests, 99));
}

static void show_histogram(struct outline *out, const struct request_stats *requests)
{
    char name[48];

    for (size_t i = 0; i < REQUEST_WAITS; i++) {
        if (i + 1 < REQUEST_WAITS)
            (void)snprintf(name, sizeof(name), "histogram.ms.below.%llu", 1ull << i);
        else
            (void)snprintf(name, sizeof(name), "histogram.ms.longer");
        outline_number(out, name, (int64_t)requests->waits[i]);
    }
}

/* ---- by rcode, by budget ---- */

static void show_rcodes(struct outline *out, const struct request_stats *requests)
{
    char name[48];
    uint64_t others = requests->rcodes[REQUEST_RCODES - 1];

    for (unsigned i = 0; i + 1 < REQUEST_RCODES; i++) {
        char word[TYPE_TEXT_MAX];

        if (requests->rcodes[i] == 0)
            continue;
        (void)snprintf(name, sizeof(name), "num.answer.rcode.%s",
                       rcode_to_text((uint16_t)i, word));
        outline_number(out, name, (int64_t)requests->rcodes[i]);
    }
    if (others != 0)
        outline_number(out, "num.answer.rcode.others", (int64_t)others);
}

static void show_costs(struct outline *out, const char *what, const uint64_t counts[COSTS])
{
    char name[48];

    for (unsigned i = 0; i < COSTS; i++) {
        (void)snprintf(name, sizeof(name), "%s.%s", what, cost_name((enum cost)i));
        outline_number(out, name, (int64_t)counts[i]);
    }
}

void stats_show(struct outline *out, const struct stats *stats, bool fine)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].kind != FINE || fine)
            outline_number(out, rows[i].name, (int64_t)value_at(stats, rows[i].place));
    show_waits(out, &stats->requests);
    show_costs(out, "num.limits", stats->mesh.overruns);
    if (!fine)
        return;
    show_histogram(out, &stats->requests);
    show_rcodes(out, &stats->requests);
    show_costs(out, "budget.spent", stats->mesh.spent);
}
