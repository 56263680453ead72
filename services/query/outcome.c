/*
 * outcome.c - reasons out of traces, by the grammar of doc/EDE.md.
 *
 * Cause first, then at most two pieces of evidence: one per server, most telling kind first. The
 * texts are short (EDE_TEXT_MAX octets) so that they fit beside an answer.
 */
#include "services/query/outcome.h"

#include <string.h>

#include "util/text.h"

enum { EVIDENCE_MAX = 2, REASON_NAME_MAX = 48 };

/* Cuts at a character of UTF-8, never within one. */
static size_t cut_length(const char *text, size_t most)
{
    size_t size = strlen(text);

    if (size <= most)
        return size;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void reasons_add(struct reasons *reasons, struct arena *arena, uint16_t code, const char *text)
{
    char *copy;
    size_t size = text == NULL ? 0 : cut_length(text, EDE_TEXT_MAX);

    if (reasons->count == REASONS_MAX)
        return;
    copy = arena_alloc(arena, size + 1);
    if (copy != NULL && size != 0)
        memcpy(copy, text, size);
    reasons->item[reasons->count++] = (struct reason){code, copy == NULL ? "" : copy};
}

void reasons_copy(struct reasons *to, const struct reasons *from, struct arena *arena)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++)
        reasons_add(to, arena, from->item[i].code, from->item[i].text);
}

const char *reasons_line(const struct reasons *reasons, struct arena *arena)
{
    struct text line = text_in(arena);

    for (size_t i = 0; i < reasons->count; i++)
        text_printf(&line, "%s%u \"%s\"", i == 0 ? "" : " ", reasons->item[i].code,
                    reasons->item[i].text);
    return reasons->count == 0 ? "" : text_done(&line);
}

const char *reason_name(struct arena *arena, struct dname name)
{
    char text[DNAME_TEXT_MAX];

    dname_to_reason(name, text);
    if (strlen(text) <= REASON_NAME_MAX)
        return arena_text(arena, text);
    while (name.labels > 1 && strlen(text) > REASON_NAME_MAX - 2) {
        name = dname_parent(name);
        dname_to_reason(name, text);
    }
    return arena_printf(arena, "~.%s", text);
}

/* The event's own word with its value: rcode=REFUSED, timeout=1500, net=refused, reply=lame. */
static void add_cause(struct text *text, const struct trace_event *event, uint32_t waited_ms)
{
    char rcode[TYPE_TEXT_MAX];

    switch (event->kind) {
    case TRACE_RCODE:
        text_printf(text, "rcode=%s", rcode_to_text(event->code, rcode));
        return;
    case TRACE_TIMEOUT: text_printf(text, "timeout=%u", waited_ms); return;
    case TRACE_REFUSED_CONNECTION:
    case TRACE_UNREACHABLE:
    case TRACE_RESET:
    case TRACE_TLS:
    case TRACE_BLOCKED: text_printf(text, "net=%s", trace_kind_word(event->kind)); return;
    default: text_printf(text, "reply=%s", trace_kind_word(event->kind)); return;
    }
}

static void add_place(struct text *text, const struct trace_event *event, struct arena *arena)
{
    char type[TYPE_TEXT_MAX], server[ADDR_TEXT_MAX];

    if (event->name.wire != NULL)
        text_printf(text, " for %s/%s", reason_name(arena, event->name),
                    rrtype_to_text(event->type, type));
    if (event->has_server)
        text_printf(text, " at %s", addr_to_text(&event->server, server));
    if (event->transport == TRANSPORT_TCP)
        text_add(text, "/tcp");
    else if (event->transport == TRANSPORT_TLS)
        text_add(text, "/tls");
}

/* `said` is cleaned by whoever noted it; only the quote itself has to go. */
static void add_said(struct text *text, const char *said)
{
    text_add(text, " said=\"");
    for (; *said != '\0'; said++)
        text_add_char(text, *said == '"' ? '\'' : *said);
    text_add_char(text, '"');
}

static const char *evidence_text(const struct trace *trace, const struct trace_event *event,
                                 struct arena *arena)
{
    struct text text = text_in(arena);
    uint32_t waited_ms = 0, lost = 0, sent = 0;

    for (const struct trace_event *e = trace_first(trace); e != NULL; e = e->next) {
        if (!e->has_server || !addr_equal(&e->server, &event->server))
            continue;
        sent += e->kind == TRACE_SENT;
        if (e->kind == TRACE_TIMEOUT) {
            waited_ms += e->number;
            lost++;
        }
    }
    add_cause(&text, event, waited_ms);
    add_place(&text, event, arena);
    if (event->kind == TRACE_TIMEOUT && sent > 0)
        text_printf(&text, " n=%u/%u", lost, sent);
    if (event->upstream_ede >= 0)
        text_printf(&text, " upstream=%d", (int)event->upstream_ede);
    if (event->said != NULL)
        add_said(&text, event->said);
    return text_done(&text);
}

static bool server_is_taken(const struct trace_event *const *taken, size_t count,
                            const struct trace_event *event)
{
    for (size_t i = 0; i < count; i++)
        if (addr_equal(&taken[i]->server, &event->server))
            return true;
    return false;
}

void outcome_explain(struct reasons *reasons, struct arena *arena, const struct trace *trace,
                     uint16_t code, const char *cause)
{
    const struct trace_event *taken[EVIDENCE_MAX];
    size_t count = 0;

    reasons->count = 0;
    reasons_add(reasons, arena, code, cause);
    while (count < EVIDENCE_MAX) {
        const struct trace_event *best = NULL;

        /* The kinds are listed in trace.def with the most telling one first. */
        for (const struct trace_event *e = trace_first(trace); e != NULL; e = e->next)
            if (trace_kind_is_failure(e->kind) && e->has_server &&
                !server_is_taken(taken, count, e) && (best == NULL || e->kind < best->kind))
                best = e;
        if (best == NULL)
            return;
        taken[count++] = best;
        reasons_add(reasons, arena, EDE_NETWORK_ERROR, evidence_text(trace, best, arena));
    }
}
