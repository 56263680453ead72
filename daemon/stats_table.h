/*
 * stats_table.h - the rows of stats.def, for who shows numbers.
 *
 * Used by stats.c (sums, `shrewctl stats`) and metrics.c. Everything that is to be known of a
 * number is in its row; neither of them knows one by name.
 */
#ifndef TREESHREW_DAEMON_STATS_TABLE_H
#define TREESHREW_DAEMON_STATS_TABLE_H

#include "daemon/stats.h"

enum stats_kind { STATS_TOTAL, STATS_FINE, STATS_SEEN, STATS_NOW, STATS_WHOLE, STATS_AGE };

enum stats_row_kind { ROW_STAT, ROW_FAMILY, ROW_PART, ROW_PARTS, ROW_THREADS, ROW_HISTOGRAM };

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct stats_label {
    const char *name, *value;
};

enum { STATS_LABELS_MAX = 2, STATS_LABEL_ROOM = 32 };

/**
 * What the element of an array is.
 * @param room for a value that has to be made. @return how many labels; 0: nothing is counted
 * there.
 */
typedef size_t stats_labels(size_t index, struct stats_label labels[STATS_LABELS_MAX],
                            char room[STATS_LABEL_ROOM]);

/* What a kind of row has no use for is zero. */
struct stats_row {
    enum stats_row_kind what;
    enum stats_kind kind;
    const char *name;    /* in `shrewctl stats`, or its beginning; NULL: not there */
    size_t place, count; /* of the first number in struct stats, and how many there are */
    size_t sum_place;    /* of a histogram */
    enum metric_type type;
    const char *metric, *unit, *words; /* metric NULL: none */
    struct stats_label label;
    stats_labels *labels;
};

extern const struct stats_row stats_rows[];
extern const size_t stats_row_count;

/** The number in that place, or some further ones behind it. */
uint64_t stats_value(const struct stats *stats, size_t place, size_t index);

#endif
