/*
 * stats.c - sums of counters, and the table that names them.
 *
 * Called by the commands and by the line of statistics in the log; in the main thread.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/stats_table.h"
#include "util/quantile.h"

_Static_assert(sizeof(struct stats) % sizeof(uint64_t) == 0,
               "struct stats is made of uint64_t");

static void set_at(struct stats *stats, size_t place, uint64_t value)
{
    memcpy((char *)stats + place, &value, sizeof(value));
}

void stats_add(struct stats *sum, const struct stats *more)
{
    for (size_t at = 0; at < sizeof(*sum); at += sizeof(uint64_t))
        set_at(sum, at, stats_value(sum, at, 0) + stats_value(more, at, 0));
}

void stats_since(struct stats *stats, const struct stats *before)
{
    struct stats now = *stats;

    for (size_t at = 0; at < sizeof(*stats); at += sizeof(uint64_t))
        set_at(stats, at, stats_value(&now, at, 0) - stats_value(before, at, 0));
    for (size_t i = 0; i < stats_row_count; i++)
        if (stats_rows[i].kind == STATS_NOW || stats_rows[i].kind == STATS_WHOLE)
            set_at(stats, stats_rows[i].place, stats_value(&now, stats_rows[i].place, 0));
}

/* ---- how long clients waited ---- */

uint64_t stats_wait_ms(const struct request_stats *requests, unsigned per_mille)
{
    return quantile_ms(requests->waits, REQUEST_WAITS, 0, per_mille);
}

uint64_t stats_at_once(const struct request_stats *requests)
{
    uint64_t waited = quantile_sum(requests->waits, REQUEST_WAITS);

    return requests->answered > waited ? requests->answered - waited : 0;
}

static void show_quantiles(struct outline *out, const char *what, const uint64_t *buckets,
                           size_t count, uint64_t at_once)
{
    static const struct {
        const char *word;
        unsigned per_mille;
    } shown[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}};
    char name[48];

    for (size_t i = 0; i < COUNT(shown); i++) {
        (void)snprintf(name, sizeof(name), "%s.ms.%s", what, shown[i].word);
        outline_number(out, name,
                       (int64_t)quantile_ms(buckets, count, at_once, shown[i].per_mille));
    }
}

static void show_waits(struct outline *out, const struct stats *stats)
{
    const struct request_stats *requests = &stats->requests;
    uint64_t all = quantile_sum(requests->waits, REQUEST_WAITS);

    outline_number(out, "num.recursivereplies", (int64_t)all);
    outline_number(out, "recursion.ms.avg",
                   all == 0 ? 0 : (int64_t)(requests->waited_ms / all));
    show_quantiles(out, "recursion", requests->waits, REQUEST_WAITS, 0);
    show_quantiles(out, "answer", requests->waits, REQUEST_WAITS, stats_at_once(requests));
    show_quantiles(out, "upstream", stats->upstream.rtts, EXCHANGE_RTTS, 0);
}

static void show_histogram(struct outline *out, const char *what, const uint64_t *buckets,
                           size_t count)
{
    char name[64];

    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count)
            (void)snprintf(name, sizeof(name), "%s.ms.below.%llu", what, 1ull << i);
        else
            (void)snprintf(name, sizeof(name), "%s.ms.longer", what);
        outline_number(out, name, (int64_t)buckets[i]);
    }
}

/* ---- all of it ---- */

static bool is_wanted(const struct stats_row *row, bool fine, bool whole)
{
    if (row->name == NULL)
        return false;
    switch (row->kind) {
    case STATS_FINE:
    case STATS_SEEN: return fine;
    case STATS_WHOLE:
    case STATS_AGE: return whole;
    case STATS_TOTAL:
    case STATS_NOW: break;
    }
    return true;
}

static void show_parts(struct outline *out, const struct stats_row *row,
                       const struct stats *stats)
{
    struct stats_label labels[STATS_LABELS_MAX];
    char name[64], room[STATS_LABEL_ROOM];

    for (size_t i = 0; i < row->count; i++) {
        uint64_t value = stats_value(stats, row->place, i);

        if ((row->kind == STATS_SEEN && value == 0) || row->labels(i, labels, room) == 0)
            continue;
        (void)snprintf(name, sizeof(name), "%s%s", row->name, labels[0].value);
        outline_number(out, name, (int64_t)value);
    }
}

void stats_show(struct outline *out, const struct stats *stats, bool fine, bool whole)
{
    for (size_t i = 0; i < stats_row_count; i++) {
        const struct stats_row *row = &stats_rows[i];

        if (!is_wanted(row, fine, whole))
            continue;
        if (row->what == ROW_PARTS)
            show_parts(out, row, stats);
        else
            outline_number(out, row->name, (int64_t)stats_value(stats, row->place, 0));
    }
    show_waits(out, stats);
    if (!fine)
        return;
    show_histogram(out, "histogram", stats->requests.waits, REQUEST_WAITS);
    show_histogram(out, "upstream.histogram", stats->upstream.rtts, EXCHANGE_RTTS);
}
