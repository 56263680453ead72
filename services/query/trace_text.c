/*
 * trace_text.c - events in words, and the walk through traces below traces.
 */
#include "services/query/trace_text.h"

enum { TRACES_MOST = 256, DEPTH_MOST = 20 };

/* The event's word with its value where it has one, as in the reasons that clients get. */
static void add_kind(struct text *text, const struct trace_event *event)
{
    char rcode[TYPE_TEXT_MAX];

    switch (event->kind) {
    case TRACE_RCODE:
    case TRACE_ANSWERED:
    case TRACE_SUBQUESTION:
        text_printf(text, "%s=%s", trace_kind_word(event->kind),
                    rcode_to_text(event->code, rcode));
        return;
    case TRACE_TIMEOUT:
        text_printf(text, "%s=%u", trace_kind_word(event->kind), event->number);
        return;
    default: text_add(text, trace_kind_word(event->kind)); return;
    }
}

static void add_transport(struct text *text, enum transport transport)
{
    if (transport == TRANSPORT_TCP)
        text_add(text, "/tcp");
    else if (transport == TRANSPORT_TLS)
        text_add(text, "/tls");
}

void trace_event_text(struct text *text, const struct trace_event *event)
{
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX], server[ADDR_TEXT_MAX];

    add_kind(text, event);
    if (event->name.wire != NULL)
        text_printf(text, " for %s/%s", dname_to_reason(event->name, name),
                    rrtype_to_text(event->type, type));
    if (event->has_server) {
        text_printf(text, " at %s", addr_to_text(&event->server, server));
        add_transport(text, event->transport);
    }
    if (event->zone.wire != NULL)
        text_printf(text, " z=%s", dname_to_reason(event->zone, name));
    if (event->upstream_ede >= 0)
        text_printf(text, " upstream=%d", (int)event->upstream_ede);
    if (event->said != NULL)
        text_printf(text, " said=\"%s\"", event->said);
    if (event->words != NULL)
        text_printf(text, " (%s)", event->words);
}

/* ---- the walk ---- */

struct walk {
    const struct trace *seen[TRACES_MOST]; /* equal sub-questions share one trace */
    size_t seen_count, left;
    int64_t began_ms;
    void (*show)(void *context, const struct trace_event *event, int64_t at_ms, unsigned depth);
    void *context;
};

static bool is_new(struct walk *walk, const struct trace *trace)
{
    for (size_t i = 0; i < walk->seen_count; i++)
        if (walk->seen[i] == trace)
            return false;
    if (walk->seen_count == TRACES_MOST)
        return false;
    walk->seen[walk->seen_count++] = trace;
    return true;
}

/* Traces lie below each other at most as deep as sub-questions do. */
static void walk_trace(struct walk *walk, const struct trace *trace, unsigned depth)
{
    int64_t offset_ms = trace_began_ms(trace) - walk->began_ms;

    if (depth > DEPTH_MOST || !is_new(walk, trace))
        return;
    for (const struct trace_event *event = trace_first(trace); event != NULL && walk->left > 0;
         event = event->next) {
        walk->left--;
        walk->show(walk->context, event, offset_ms + event->at_ms, depth);
        if (event->below != NULL)
            walk_trace(walk, event->below, depth + 1);
    }
}

bool trace_walk(const struct trace *trace, size_t most,
                void (*show)(void *context, const struct trace_event *event, int64_t at_ms,
                             unsigned depth),
                void *context)
{
    struct walk walk = {
        .left = most, .began_ms = trace_began_ms(trace), .show = show, .context = context};

    if (trace != NULL)
        walk_trace(&walk, trace, 0);
    return walk.left > 0;
}
