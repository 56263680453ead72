/*
 * trace_text.h - a trace as lines for people.
 *
 * Used by the recorder of failures and by the command "explain": both say the same of the same
 * event.
 */
#ifndef TREESHREW_SERVICES_QUERY_TRACE_TEXT_H
#define TREESHREW_SERVICES_QUERY_TRACE_TEXT_H

#include "services/query/trace.h"
#include "util/text.h"

/** Adds the event in words, without its time: "rcode=REFUSED for www.example/A at
 * 192.0.2.1:53". */
void trace_event_text(struct text *text, const struct trace_event *event);

/**
 * Shows each event of the trace and of those below it, each trace once, in the order in which
 * they came to an end.
 * @param show at_ms is counted from the first trace's beginning; depth 0 is that trace itself.
 * @param most events.
 * @return false: there are more.
 */
bool trace_walk(const struct trace *trace, size_t most,
                void (*show)(void *context, const struct trace_event *event, int64_t at_ms,
                             unsigned depth),
                void *context);

#endif
