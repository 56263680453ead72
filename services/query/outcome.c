/*
 * outcome.c - reasons out of traces, by the grammar of doc/EDE.md.
 *
 * Cause first, then at most two pieces of evidence: one per server, most telling kind first. The
 * texts are short (EDE_TEXT_MAX octets) so that they fit beside an answer.
 */
#include "services/query/outcome.h"

#include <string.h>

#include "util/text.h"

enum { EVIDENCE_MAX = 2, REASON_NAME_MAX = 48, EVIDENCE_DEPTH_MAX = 4 };

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

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t length = strlen(end);

    return size >= length && memcmp(text + size - length, end, length) == 0;
}

/* How much of a text stays so that the grammar still holds: whole pieces, dropped from the end.
 */
static size_t whole_pieces(const char *text)
{
    size_t size = cut_length(text, EDE_TEXT_MAX);

    if (text[size] == '\0' || memchr(text, ' ', size) == NULL)
        return size;
    while (text[size] != ' ')
        size--;
    if (ends_with(text, size, " for") || ends_with(text, size, " at"))
        while (text[--size] != ' ')
            ;
    return size;
}

void reasons_add(struct reasons *reasons, struct arena *arena, uint16_t code, const char *text)
{
    static const char said_begins[] = " said=\"";
    const char *said = text == NULL ? NULL : strstr(text, said_begins);
    char *copy;
    size_t size;

    if (reasons->count == REASONS_MAX)
        return;
    if (text == NULL)
        text = "";
    size = strlen(text);
    copy = arena_alloc(arena, EDE_TEXT_MAX + 1); /* comes zeroed */
    if (copy == NULL || size <= EDE_TEXT_MAX) {
        size = copy == NULL ? 0 : size;
    } else if (said != NULL && said + sizeof(said_begins) - text < EDE_TEXT_MAX) {
        /* What others said may be shortened; its closing quote stays. */
        size = cut_length(text, EDE_TEXT_MAX - 1);
        copy[size] = '"';
    } else {
        size = whole_pieces(text);
    }
    if (copy != NULL)
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

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

const char *reasons_codes(const struct reasons *reasons, struct arena *arena)
{
    struct text line = text_in(arena);

    for (size_t i = 0; reasons != NULL && i < reasons->count; i++)
        text_printf(&line, "%s%u", i == 0 ? "" : ",", reasons->item[i].code);
    return line.used == 0 ? "" : or_empty(text_done(&line));
}

const char *reasons_words(const struct reasons *reasons, struct arena *arena)
{
    struct text line = text_in(arena);

    for (size_t i = 0; reasons != NULL && i < reasons->count; i++)
        if (reasons->item[i].text[0] != '\0')
            text_printf(&line, "%s%s", line.used == 0 ? "" : "; ", reasons->item[i].text);
    return line.used == 0 ? "" : or_empty(text_done(&line));
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
    return arena_printf(arena, "~.%s", dname_is_root(name) ? "" : text);
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

static void add_transport(struct text *text, const struct trace_event *event)
{
    if (event->transport == TRANSPORT_TCP)
        text_add(text, "/tcp");
    else if (event->transport == TRANSPORT_TLS)
        text_add(text, "/tls");
}

static void add_place(struct text *text, const struct trace_event *event, struct arena *arena)
{
    char type[TYPE_TEXT_MAX], server[ADDR_TEXT_MAX];

    if (event->name.wire != NULL)
        text_printf(text, " for %s/%s", reason_name(arena, event->name),
                    rrtype_to_text(event->type, type));
    if (event->has_server) {
        text_printf(text, " at %s", addr_to_text(&event->server, server));
        add_transport(text, event);
    }
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

struct evidence {
    const struct trace *trace;
    const struct trace_event *event;
};

static bool server_is_taken(const struct evidence *taken, size_t count,
                            const struct trace_event *event)
{
    for (size_t i = 0; i < count; i++)
        if (addr_equal(&taken[i].event->server, &event->server))
            return true;
    return false;
}

/*
 * The most telling failure of a server that is not taken yet; the kinds are listed in trace.def
 * with that one first.
 * @param depth how far down the traces of sub-questions are looked at, too.
 */
static struct evidence most_telling(const struct trace *trace, const struct evidence *taken,
                                    size_t count, unsigned depth)
{
    struct evidence best = {0};

    for (const struct trace_event *e = trace_first(trace); e != NULL; e = e->next) {
        struct evidence found = {trace, e};

        if (e->kind == TRACE_SUBQUESTION && depth > 0)
            found = most_telling(e->below, taken, count, depth - 1);
        else if (!trace_kind_is_failure(e->kind) || !e->has_server ||
                 server_is_taken(taken, count, e))
            continue;
        if (found.event != NULL && (best.event == NULL || found.event->kind < best.event->kind))
            best = found;
    }
    return best;
}

/* A finding of the validator is the reason by itself: servers that failed on the way to the data,
 * or when keys were asked for, would only mislead. */
static bool is_of_validator(uint16_t code)
{
    switch (code) {
    case EDE_DNSSEC_BOGUS:
    case EDE_SIGNATURE_EXPIRED:
    case EDE_SIGNATURE_NOT_YET_VALID:
    case EDE_DNSKEY_MISSING:
    case EDE_RRSIGS_MISSING:
    case EDE_NO_ZONE_KEY_BIT:
    case EDE_NSEC_MISSING:
    case EDE_SIGNATURE_EXPIRED_BEFORE_VALID: return true;
    default: return false;
    }
}

void outcome_explain(struct reasons *reasons, struct arena *arena, const struct trace *trace,
                     uint16_t code, const char *cause)
{
    struct evidence taken[EVIDENCE_MAX];
    size_t count = 0;
    /* Where no server was asked, those that were asked for servers' addresses are to blame. */
    unsigned depth = most_telling(trace, NULL, 0, 0).event == NULL ? EVIDENCE_DEPTH_MAX : 0;

    reasons->count = 0;
    reasons_add(reasons, arena, code, cause);
    while (count < EVIDENCE_MAX && !is_of_validator(code)) {
        struct evidence best = most_telling(trace, taken, count, depth);

        if (best.event == NULL)
            return;
        taken[count++] = best;
        reasons_add(reasons, arena, EDE_NETWORK_ERROR,
                    evidence_text(best.trace, best.event, arena));
    }
}

void outcome_pass_on(struct reasons *reasons, struct arena *arena,
                     const struct trace_event *event)
{
    struct text text = text_in(arena);
    char server[ADDR_TEXT_MAX];

    text_printf(&text, "upstream=%d at %s", (int)event->upstream_ede,
                addr_to_text(&event->server, server));
    add_transport(&text, event);
    if (event->said != NULL)
        add_said(&text, event->said);
    reasons_add(reasons, arena, (uint16_t)event->upstream_ede, text_done(&text));
}
