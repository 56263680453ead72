/*
 * trace.c - a bounded list of events in an arena of its own; counted, because parents and the
 * recorder of failures keep it when its query is gone. One thread only.
 */
#include "services/query/trace.h"

#include <stdlib.h>

/* First: what a question needs that one or two servers answer; malloc has such pieces at hand. */
enum { TRACE_BYTES_MAX = 128 * 1024, TRACE_BYTES_FIRST = 900 };

struct trace {
    unsigned references;
    struct arena *arena;
    int64_t began_ms;
    struct trace_event *first, *last;
    uint32_t count, dropped;
};

struct trace *trace_new(int64_t now_ms)
{
    struct arena *arena = arena_new_of(TRACE_BYTES_MAX, TRACE_BYTES_FIRST);
    struct trace *trace = arena == NULL ? NULL : ARENA_NEW(arena, struct trace);

    if (trace == NULL) {
        arena_free(arena);
        return NULL;
    }
    trace->references = 1;
    trace->arena = arena;
    trace->began_ms = now_ms;
    return trace;
}

struct trace *trace_ref(struct trace *trace)
{
    if (trace != NULL)
        trace->references++;
    return trace;
}

void trace_unref(struct trace *trace)
{
    /* A trace hangs below at most QUERY_DEPTH_MAX others, which bounds the recursion. */
    if (trace == NULL || --trace->references != 0)
        return;
    for (struct trace_event *event = trace->first; event != NULL; event = event->next)
        trace_unref(event->below);
    arena_free(trace->arena);
}

/* Copies what the event borrows; false when there was no memory for it. */
static bool own_parts(struct arena *arena, struct trace_event *event)
{
    if (event->name.wire != NULL) {
        event->name = dname_copy(arena, event->name);
        if (event->name.wire == NULL)
            return false;
    }
    if (event->zone.wire != NULL) {
        event->zone = dname_copy(arena, event->zone);
        if (event->zone.wire == NULL)
            return false;
    }
    if (event->said != NULL && (event->said = arena_text(arena, event->said)) == NULL)
        return false;
    if (event->words != NULL && (event->words = arena_text(arena, event->words)) == NULL)
        return false;
    return true;
}

struct trace_event *trace_add(struct trace *trace, int64_t now_ms,
                              const struct trace_event *event)
{
    struct trace_event *copy;

    if (trace == NULL)
        return NULL;
    copy = trace->count < TRACE_EVENTS_MAX ? ARENA_NEW(trace->arena, struct trace_event) : NULL;
    if (copy != NULL)
        *copy = *event;
    if (copy == NULL || !own_parts(trace->arena, copy)) {
        trace->dropped++;
        return NULL;
    }
    copy->next = NULL;
    copy->at_ms = now_ms - trace->began_ms;
    copy->below = trace_ref(event->below);
    if (trace->last == NULL)
        trace->first = copy;
    else
        trace->last->next = copy;
    trace->last = copy;
    trace->count++;
    return copy;
}

const struct trace_event *trace_first(const struct trace *trace)
{
    return trace == NULL ? NULL : trace->first;
}

const struct trace_event *trace_last(const struct trace *trace)
{
    return trace == NULL ? NULL : trace->last;
}

int64_t trace_began_ms(const struct trace *trace)
{
    return trace == NULL ? 0 : trace->began_ms;
}

uint32_t trace_dropped(const struct trace *trace)
{
    return trace == NULL ? 0 : trace->dropped;
}

const char *trace_kind_word(enum trace_kind kind)
{
    static const char *const words[] = {
#define TRACE(name, word) word,
#include "services/query/trace.def"
#undef TRACE
    };

    return kind < TRACE_KINDS ? words[kind] : "unknown";
}

bool trace_kind_is_failure(enum trace_kind kind)
{
    return kind >= TRACE_RCODE && kind <= TRACE_TIMEOUT;
}
