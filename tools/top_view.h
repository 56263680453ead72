/*
 * top_view.h - what happened between two samples, and how it is shown.
 *
 * Used by top.c. No terminal here: a picture is text, as wide and as high as it may be.
 */
#ifndef TREESHREW_TOOLS_TOP_VIEW_H
#define TREESHREW_TOOLS_TOP_VIEW_H

#include "tools/top_sample.h"
#include "util/outline.h"

enum { TOP_LIMITS_MAX = 32 };

/* Rates are in thousandths a second. */
struct top_view {
    const struct top_sample *now, *before;
    int64_t interval_ms;
    int64_t queries, answers, hits, misses, local, stale, servfail, bogus, dropped;
    int64_t asked, server_timeouts, unreachable;
    int64_t at_hand_share; /* of the questions answered from a cache or not at once: hits, in
                              thousandths; -1: none */
    int64_t cpu_share;     /* of one processor, in thousandths */
    uint64_t waited;       /* clients, in the interval */
    uint64_t answer_ms[4], wait_ms[4], server_ms[4]; /* p50, p90, p99, p999 */
    size_t limit_count;
    struct top_limit {
        const char *name;
        int64_t rate, total;
    } limits[TOP_LIMITS_MAX]; /* that said no, ever */
};

/**
 * Compares, and gives each zone and server of `now` its rate lately, carried on from `before`.
 * @param before the sample of the same process before it; NULL: there is none, all rates are 0.
 */
void top_view_make(struct top_view *view, struct top_sample *now,
                   const struct top_sample *before);

/**
 * A picture as lines.
 * @param width columns, @param height lines at most; 0: as many as it takes.
 * @param bold titles stand between ANSI sequences.
 */
void top_view_draw(const struct top_view *view, size_t width, size_t height, bool bold,
                   struct text *out);

/** The same numbers. */
void top_view_show(const struct top_view *view, struct outline *out);

#endif
