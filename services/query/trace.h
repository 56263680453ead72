/*
 * trace.h - what happened to one query, event by event: a reason is found once, told
 * everywhere.
 *
 * EDE options, the SERVFAIL log line, `shrewctl explain` and the recorder of failures are views
 * of it. Events live in the trace's own arena; their number is bounded, what is over the bound
 * is counted. A sub-question's trace hangs below the event that started it, so that a tree can
 * be drawn.
 */
#ifndef TREESHREW_SERVICES_QUERY_TRACE_H
#define TREESHREW_SERVICES_QUERY_TRACE_H

#include "services/channel.h"
#include "util/addr.h"
#include "util/wire/message.h"

/* One line a kind in trace.def: TRACE(NAME, "word"). */
enum trace_kind {
#define TRACE(name, word) TRACE_##name,
#include "services/query/trace.def"
#undef TRACE
    TRACE_KINDS
};

enum { TRACE_EVENTS_MAX = 400 };

struct trace;

struct trace_event {
    struct trace_event *next;
    enum trace_kind kind;
    enum transport transport;
    bool has_server;
    int64_t at_ms;         /* since the trace began */
    struct addr server;
    struct dname name;     /* the RRset or question it is about; wire NULL: none */
    uint16_t type;
    struct dname zone;     /* the zone cut; wire NULL: none */
    uint16_t code;         /* rcode; of an upstream's EDE in upstream_ede */
    uint32_t number;       /* milliseconds, errno, count: by kind */
    int32_t upstream_ede;  /* -1: none */
    const char *said;      /* the upstream's EXTRA-TEXT, cleaned; NULL: none */
    const char *words;     /* detail for the kinds that have one; NULL: none */
    struct trace *below;   /* of the sub-question; a reference */
};

/** @return NULL: no memory; every function takes a NULL trace and does nothing. */
struct trace *trace_new(int64_t now_ms);
struct trace *trace_ref(struct trace *trace);
void trace_unref(struct trace *trace);

/**
 * Appends a copy (names and texts copied). @return the event, to be completed, or NULL when the
 * bound or memory says no.
 */
struct trace_event *trace_add(struct trace *trace, int64_t now_ms, const struct trace_event *event);

const struct trace_event *trace_first(const struct trace *trace);
const struct trace_event *trace_last(const struct trace *trace);
int64_t trace_began_ms(const struct trace *trace);
uint32_t trace_dropped(const struct trace *trace);
const char *trace_kind_word(enum trace_kind kind);

/** True for the kinds that tell of a server's failure (evidence for EDE 23). */
bool trace_kind_is_failure(enum trace_kind kind);

#endif
