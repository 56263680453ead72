/*
 * metrics.h - the numbers of stats.def as metrics: OpenMetrics text, or an outline with the
 * same in it.
 *
 * Used by the command "metrics" and by the page that is served over HTTP. OpenMetrics 1.0:
 * https://github.com/OpenObservability/OpenMetrics, as Prometheus and its like read it.
 */
#ifndef TREESHREW_DAEMON_METRICS_H
#define TREESHREW_DAEMON_METRICS_H

#include "daemon/stats.h"

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** What they are made from; borrowed. */
struct metrics_source {
    const struct stats *whole, *of_thread;
    unsigned threads;
    const char *version;
};

/** The whole text, "# EOF" included. */
void metrics_text(struct text *out, const struct metrics_source *source);

/** The same as a list "families", each with its samples. */
void metrics_show(struct outline *out, const struct metrics_source *source);

#endif
