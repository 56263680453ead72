/*
 * stats_table.c - the rows of stats.def, and the words for what arrays count.
 *
 * Called by stats.c and metrics.c.
 */
#include "daemon/stats_table.h"

#include <stdio.h>
#include <string.h>

#include "util/wire/types.h"

/* ---- labels of arrays ---- */

static size_t one_label(struct stats_label *label, const char *name, const char *value)
{
    *label = (struct stats_label){name, value};
    return 1;
}

/* Those without a name of their own stand in no answer; the last is for all further. */
static size_t rcode_below(size_t end, size_t index, struct stats_label labels[STATS_LABELS_MAX],
                          char room[STATS_LABEL_ROOM])
{
    if (index + 1 == end)
        return one_label(labels, "rcode", "others");
    (void)rcode_to_text((uint16_t)index, room);
    return strncmp(room, "RCODE", 5) == 0 ? 0 : one_label(labels, "rcode", room);
}

static size_t label_rcode(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                          char room[STATS_LABEL_ROOM])
{
    return rcode_below(REQUEST_RCODES, index, labels, room);
}

static size_t label_upstream_rcode(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                                   char room[STATS_LABEL_ROOM])
{
    return rcode_below(EXCHANGE_RCODES, index, labels, room);
}

static size_t label_type(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                         char room[STATS_LABEL_ROOM])
{
    (void)room;
    return one_label(labels, "type", type_group_word((enum type_group)index));
}

static size_t label_drop(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                         char room[STATS_LABEL_ROOM])
{
    (void)room;
    return one_label(labels, "cause", drop_cause_word((enum drop_cause)index));
}

static size_t label_ede(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                        char room[STATS_LABEL_ROOM])
{
    bool is_last = index + 1 == TALLY_EDES;
    const char *words = is_last ? "others" : ede_words((uint16_t)index);

    if (strcmp(words, "Unknown") == 0)
        return 0;
    (void)snprintf(room, STATS_LABEL_ROOM, "%zu", index);
    labels[0] = (struct stats_label){"code", is_last ? "others" : room};
    labels[1] = (struct stats_label){"meaning", words};
    return 2;
}

static size_t label_limit(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                          char room[STATS_LABEL_ROOM])
{
    (void)room;
    return one_label(labels, "limit", cost_name((enum cost)index));
}

static size_t label_cost(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                         char room[STATS_LABEL_ROOM])
{
    (void)room;
    return one_label(labels, "cost", cost_name((enum cost)index));
}

/* ---- rows ---- */

#define PLACE(member) .place = offsetof(struct stats, member)
#define SIZED(member)                                                                          \
    PLACE(member), .count = sizeof(((struct stats *)NULL)->member) / sizeof(uint64_t)

const struct stats_row stats_rows[] = {
#define STAT(kind_, name_, member, type_, metric_, unit_, words_)                              \
    {.what = ROW_STAT,                                                                         \
     .kind = STATS_##kind_,                                                                    \
     .name = name_,                                                                            \
     SIZED(member),                                                                            \
     .type = METRIC_##type_,                                                                   \
     .metric = metric_,                                                                        \
     .unit = unit_,                                                                            \
     .words = words_},
#define FAMILY(type_, metric_, unit_, words_)                                                  \
    {.what = ROW_FAMILY,                                                                       \
     .type = METRIC_##type_,                                                                   \
     .metric = metric_,                                                                        \
     .unit = unit_,                                                                            \
     .words = words_},
#define PART(kind_, name_, member, label_, value_, words_)                                     \
    {.what = ROW_PART,                                                                         \
     .kind = STATS_##kind_,                                                                    \
     .name = name_,                                                                            \
     SIZED(member),                                                                            \
     .label = {label_, value_},                                                                \
     .words = words_},
#define PARTS(kind_, name_, member, labels_)                                                   \
    {.what = ROW_PARTS, .kind = STATS_##kind_, .name = name_, SIZED(member), .labels = labels_},
#define PER_THREAD(member) {.what = ROW_THREADS, SIZED(member)},
#define HISTOGRAM(metric_, unit_, member, sum, words_)                                         \
    {.what = ROW_HISTOGRAM,                                                                    \
     SIZED(member),                                                                            \
     .sum_place = offsetof(struct stats, sum),                                                 \
     .type = METRIC_HISTOGRAM,                                                                 \
     .metric = metric_,                                                                        \
     .unit = unit_,                                                                            \
     .words = words_},
#include "daemon/stats.def"
};

const size_t stats_row_count = COUNT(stats_rows);

uint64_t stats_value(const struct stats *stats, size_t place, size_t index)
{
    uint64_t value;

    memcpy(&value, (const char *)stats + place + index * sizeof(value), sizeof(value));
    return value;
}
