/*
 * top_sample.h - one answer of the daemon to "top", read: numbers by name, and rows.
 *
 * Used by top.c, which asks, and top_view.c, which compares.
 */
#ifndef TREESHREW_TOOLS_TOP_SAMPLE_H
#define TREESHREW_TOOLS_TOP_SAMPLE_H

#include "util/arena.h"
#include "util/bytes.h"

enum { TOP_NUMBERS_MAX = 1024, TOP_ROWS_MAX = 1024 };

struct top_number {
    const char *name;
    int64_t value;
};

/* A thread, a zone or a server. What it does not have is zero or NULL. */
struct top_row {
    const char *name, *last;
    int64_t failed, over, rtt_ms, timeouts, queries, hits, requests;
    int64_t recent; /* set by top_view.c: failures a second lately, in thousandths */
};

struct top_rows {
    size_t count;
    struct top_row *list;
};

struct top_sample {
    struct arena *arena; /* of all that it points to */
    int64_t at_ms;       /* when it was asked for, by a clock that only goes forward */
    const char *version;
    int64_t uptime_s;
    size_t number_count;
    struct top_number *numbers;
    struct top_rows threads, zones, servers;
    bool before_rates; /* set by top_view.c: it is the first, its rows have no rate yet */
};

/**
 * Reads the lines. What is not known is passed over, so that another version may say more.
 * @return false: no memory; or nothing of what must be there is.
 */
bool top_sample_read(struct top_sample *out, struct slice lines, struct arena *arena,
                     int64_t at_ms);

/** 0: there is none of that name. */
int64_t top_sample_number(const struct top_sample *sample, const char *name);

/** The row of that name; NULL: none. */
const struct top_row *top_rows_find(const struct top_rows *rows, const char *name);

#endif
