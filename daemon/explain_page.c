/*
 * explain_page.c - delegation and chain of trust as an SVG, and the events beneath it.
 *
 * Called by commands_explain.c. Each zone of the way is a row with two boxes: left who serves
 * it and what they were asked, right by which keys it is believed. What comes from servers is
 * escaped wherever it goes.
 */
#include "daemon/explain_page.h"

#include <string.h>

#include "services/query/trace_text.h"
#include "util/wire/text_rr.h"

enum {
    ZONES_MOST = 24,
    LINES_MOST = 9, /* of one box; what is more is counted */
    LINE_CHARS = 82,
    EVENTS_MOST = 4000,
    BOX_WIDTH = 560,
    BOX_GAP = 40,
    HEAD_HEIGHT = 26,
    LINE_HEIGHT = 16,
    ROW_GAP = 34,
    MARGIN = 10
};

struct box {
    size_t count, left_out;
    const char *lines[LINES_MOST];
};

struct zone {
    struct dname name;
    const char *who; /* its servers; NULL: not known */
    struct box asked, trust;
    enum security security;
};

struct page {
    struct arena *arena;
    struct text text;
    struct zone zones[ZONES_MOST];
    size_t zone_count;
};

/* ---- gathering ---- */

static struct zone *zone_of(struct page *page, struct dname name)
{
    struct zone *zone = &page->zones[page->zone_count];

    for (size_t i = 0; i < page->zone_count; i++)
        if (dname_equal(page->zones[i].name, name))
            return &page->zones[i];
    if (page->zone_count == ZONES_MOST)
        return NULL;
    *zone = (struct zone){.name = name, .security = SEC_UNCHECKED};
    page->zone_count++;
    return zone;
}

/* The zone nearest to the name, of those that are shown. */
static struct zone *nearest(struct page *page, struct dname name)
{
    struct zone *found = NULL;

    for (size_t i = 0; i < page->zone_count; i++)
        if (dname_is_at_or_below(name, page->zones[i].name) &&
            (found == NULL || found->name.labels < page->zones[i].name.labels))
            found = &page->zones[i];
    return found;
}

static void add_line(struct box *box, const char *words)
{
    if (words == NULL || box->count == LINES_MOST)
        box->left_out++;
    else
        box->lines[box->count++] = words;
}

/* Long lists in words become a line for each that begins with `start`. */
static void add_pieces(struct page *page, struct box *box, const char *words, const char *start)
{
    const char *at = words, *next;

    while (at != NULL && *at != '\0') {
        next = strstr(at + 1, start);
        add_line(box,
                 next == NULL ? at : arena_printf(page->arena, "%.*s", (int)(next - at), at));
        at = next;
    }
}

static void add_asked(struct page *page, const struct trace_event *event)
{
    struct zone *zone = event->zone.wire == NULL ? NULL : zone_of(page, event->zone);
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX], server[ADDR_TEXT_MAX], rcode[TYPE_TEXT_MAX];

    if (zone == NULL || event->name.wire == NULL)
        return;
    if (event->kind == TRACE_ANSWERED)
        add_line(&zone->asked, arena_printf(page->arena, "%s/%s: %s, %u ms",
                                            dname_to_reason(event->name, name),
                                            rrtype_to_text(event->type, type),
                                            rcode_to_text(event->code, rcode), event->number));
    else
        add_line(&zone->asked,
                 arena_printf(page->arena, "! %s at %s for %s/%s", trace_kind_word(event->kind),
                              addr_to_text(&event->server, server),
                              dname_to_reason(event->name, name),
                              rrtype_to_text(event->type, type)));
}

static void add_trust(struct page *page, const struct trace_event *event)
{
    struct zone *zone =
        event->zone.wire == NULL ? nearest(page, event->name) : zone_of(page, event->zone);
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    if (zone == NULL)
        return;
    switch (event->kind) {
    case TRACE_KEYS:
        zone->security = SEC_SECURE;
        add_pieces(page, &zone->trust, event->words, "signed by");
        return;
    case TRACE_DS: add_pieces(page, &zone->trust, event->words, "ds="); return;
    case TRACE_INSECURE:
        zone->security = SEC_INSECURE;
        add_line(&zone->trust, event->words);
        return;
    case TRACE_BOGUS:
        zone->security = SEC_BOGUS;
        add_line(&zone->trust, arena_printf(page->arena, "! %s", event->words));
        return;
    default:
        add_line(&zone->trust,
                 arena_printf(page->arena, "%s %s/%s: %s", trace_kind_word(event->kind),
                              dname_to_reason(event->name, name),
                              rrtype_to_text(event->type, type), event->words));
        return;
    }
}

static void take_event(void *context, const struct trace_event *event, int64_t at_ms,
                       unsigned depth)
{
    struct page *page = context;
    struct zone *zone;

    (void)at_ms;
    switch (event->kind) {
    case TRACE_CUT:
        zone =
            depth > 0 && nearest(page, event->zone) == NULL ? NULL : zone_of(page, event->zone);
        if (zone != NULL && zone->who == NULL)
            zone->who = event->words;
        return;
    case TRACE_KEYS:
    case TRACE_DS:
    case TRACE_INSECURE:
    case TRACE_BOGUS:
    case TRACE_SIGNED:
    case TRACE_DENIED: add_trust(page, event); return;
    case TRACE_ANSWERED: add_asked(page, event); return;
    default:
        if (trace_kind_is_failure(event->kind))
            add_asked(page, event);
    }
}

/* ---- writing ---- */

static void escape(struct text *text, const char *words)
{
    for (; *words != '\0'; words++)
        switch (*words) {
        case '<': text_add(text, "&lt;"); break;
        case '>': text_add(text, "&gt;"); break;
        case '&': text_add(text, "&amp;"); break;
        case '"': text_add(text, "&quot;"); break;
        default: text_add_char(text, (unsigned char)*words < ' ' ? '?' : *words);
        }
}

static const char *colour(enum security security)
{
    switch (security) {
    case SEC_SECURE: return "#2e7d32";
    case SEC_BOGUS: return "#c62828";
    case SEC_INSECURE: return "#9e6a00";
    case SEC_UNCHECKED:
    case SEC_INDETERMINATE: break;
    }
    return "#5f6b7a";
}

static unsigned box_height(const struct box *box, const char *first)
{
    size_t lines = box->count + (box->left_out > 0) + (first != NULL);

    return HEAD_HEIGHT + (unsigned)lines * LINE_HEIGHT + 8;
}

static unsigned row_height(const struct zone *zone)
{
    return (unsigned)size_max(box_height(&zone->asked, zone->who),
                              box_height(&zone->trust, NULL));
}

/* Of a long line the rest is shown when the pointer rests on it. */
static void put_line(struct page *page, unsigned x, unsigned y, const char *words)
{
    struct text *text = &page->text;
    const char *cut = strlen(words) <= LINE_CHARS
                          ? words
                          : arena_printf(page->arena, "%.*s...", LINE_CHARS - 3, words);

    text_printf(text, "<text class=\"%s\" x=\"%u\" y=\"%u\">", *words == '!' ? "bad" : "line",
                x, y);
    if (cut != words) {
        text_add(text, "<title>");
        escape(text, words);
        text_add(text, "</title>");
    }
    escape(text, cut == NULL ? "" : cut);
    text_add(text, "</text>\n");
}

/* @param first a line in front of the others, or NULL. */
static void put_box(struct page *page, const struct box *box, const char *first, unsigned x,
                    unsigned y, const char *head, const char *stroke)
{
    struct text *text = &page->text;
    unsigned at = y + HEAD_HEIGHT + 10;

    text_printf(text,
                "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"6\" fill=\"#fff\" "
                "stroke=\"%s\" stroke-width=\"2\"/>\n<text class=\"head\" x=\"%u\" y=\"%u\" "
                "fill=\"%s\">",
                x, y, BOX_WIDTH, box_height(box, first), stroke, x + 10, y + 18, stroke);
    escape(text, head == NULL ? "" : head);
    text_add(text, "</text>\n");
    if (first != NULL) {
        put_line(page, x + 10, at, first);
        at += LINE_HEIGHT;
    }
    for (size_t i = 0; i < box->count; i++, at += LINE_HEIGHT)
        put_line(page, x + 10, at, box->lines[i]);
    if (box->left_out > 0)
        text_printf(text, "<text class=\"line\" x=\"%u\" y=\"%u\">and %zu more</text>\n",
                    x + 10, at, box->left_out);
}

/* The zone that the row hangs from: the nearest above it. */
static const struct zone *parent_of(const struct page *page, const struct zone *zone)
{
    const struct zone *found = NULL;

    for (const struct zone *other = page->zones; other < page->zones + page->zone_count;
         other++)
        if (other != zone && other < zone && dname_is_at_or_below(zone->name, other->name) &&
            (found == NULL || found->name.labels < other->name.labels))
            found = other;
    return found;
}

static void put_arrow(struct text *text, unsigned x, unsigned from, unsigned to,
                      const char *stroke)
{
    text_printf(
        text,
        "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"%s\" stroke-width=\"2\" "
        "marker-end=\"url(#tip)\"/>\n",
        x, from, x, to - 4, stroke);
}

static void put_row(struct page *page, const struct zone *zone, unsigned y, const unsigned *ys)
{
    const struct zone *parent = parent_of(page, zone);
    char name[DNAME_TEXT_MAX];
    unsigned right = MARGIN + BOX_WIDTH + BOX_GAP;

    put_box(page, &zone->asked, zone->who, MARGIN, y,
            arena_printf(page->arena, "zone %s", dname_to_reason(zone->name, name)), "#37506b");
    put_box(page, &zone->trust, NULL, right, y,
            arena_printf(page->arena, "%s: %s", name, security_word(zone->security)),
            colour(zone->security));
    if (parent != NULL) {
        unsigned above = ys[parent - page->zones];

        put_arrow(&page->text, MARGIN + 40, above + box_height(&parent->asked, parent->who), y,
                  "#37506b");
        put_arrow(&page->text, right + 40, above + box_height(&parent->trust, NULL), y,
                  colour(zone->security));
    }
}

static void put_picture(struct page *page)
{
    unsigned ys[ZONES_MOST], y = MARGIN;

    for (size_t i = 0; i < page->zone_count; i++) {
        ys[i] = y;
        y += row_height(&page->zones[i]) + ROW_GAP;
    }
    text_printf(
        &page->text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" "
        "role=\"img\" aria-label=\"zones and the keys by which they are believed\">\n"
        "<defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"6\" refY=\"4\" "
        "orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"#37506b\"/></marker></defs>\n",
        2 * (MARGIN + BOX_WIDTH) + BOX_GAP, y, 2 * (MARGIN + BOX_WIDTH) + BOX_GAP);
    for (size_t i = 0; i < page->zone_count; i++)
        put_row(page, &page->zones[i], ys[i], ys);
    text_add(&page->text, "</svg>\n");
}

static void put_event(void *context, const struct trace_event *event, int64_t at_ms,
                      unsigned depth)
{
    struct page *page = context;
    struct text words = text_in(page->arena);
    bool bad = trace_kind_is_failure(event->kind) || event->kind == TRACE_BOGUS;

    trace_event_text(&words, event);
    text_printf(&page->text, "<tr%s><td>%lld ms</td><td style=\"padding-left:%uem\">",
                bad ? " class=\"bad\"" : "", (long long)at_ms, depth * 2);
    escape(&page->text, text_done(&words) == NULL ? "" : words.chars);
    text_add(&page->text, "</td></tr>\n");
}

static void put_list(struct page *page, const struct reasons *reasons)
{
    if (reasons->count == 0)
        return;
    text_add(&page->text, "<ul>\n");
    for (size_t i = 0; i < reasons->count; i++) {
        text_printf(&page->text, "<li>EDE %u: ", reasons->item[i].code);
        escape(&page->text, reasons->item[i].text);
        text_add(&page->text, "</li>\n");
    }
    text_add(&page->text, "</ul>\n");
}

static void put_answer(struct page *page, const struct message *message, int64_t now_s)
{
    struct text records = text_in(page->arena);
    char *line, *rest;

    for (size_t i = 0; i < message->count[SECTION_ANSWER]; i++)
        text_rrset_write(&records, message->rrsets[i], now_s);
    if (message->count[SECTION_ANSWER] == 0 || text_done(&records) == NULL)
        return;
    text_add(&page->text, "<pre>");
    for (line = strtok_r(records.chars, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        escape(&page->text, line);
        text_add_char(&page->text, '\n');
    }
    text_add(&page->text, "</pre>\n");
}

static const char style[] =
    "body{font:15px/1.4 system-ui,sans-serif;margin:24px;color:#1c2733;background:#f6f8fa}"
    "h1{font-size:22px}svg{max-width:100%;height:auto}"
    ".line,.bad{font:11px monospace;fill:#1c2733}.head{font:600 14px system-ui,sans-serif}"
    "text.bad{fill:#c62828}tr.bad td{color:#c62828}"
    "pre,td{font:12px/1.5 monospace}pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    "td{vertical-align:top;overflow-wrap:anywhere;padding:0 8px 0 0}"
    "td:first-child{text-align:right;white-space:nowrap;color:#5f6b7a}";

static void put_head(struct page *page, const struct query *query,
                     const struct outcome *outcome)
{
    struct text *text = &page->text;
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX], rcode[TYPE_TEXT_MAX];
    const char *question =
        arena_printf(page->arena, "%s/%s", dname_to_reason(query->question.qname, name),
                     rrtype_to_text(query->question.qtype, type));

    text_add(text,
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>");
    escape(text, question == NULL ? "" : question);
    text_printf(text, "</title>\n<style>%s</style></head><body>\n<h1>", style);
    escape(text, question == NULL ? "" : question);
    text_printf(
        text, ": %s, <span style=\"color:%s\">%s</span></h1>\n<p>%lld ms, %u packets sent",
        rcode_to_text(outcome->message.rcode, rcode), colour(outcome->security),
        security_word(outcome->security), (long long)(query_now_ms(query) - query->started_ms),
        query->env->limits.most[COST_SENDS] - query->budget->left[COST_SENDS]);
    if (query->budget->exhausted != COSTS)
        text_printf(text, ", the limit of %s was reached", cost_name(query->budget->exhausted));
    text_add(text, "</p>\n");
}

char *explain_page(const struct query *query, const struct outcome *outcome,
                   struct arena *arena)
{
    struct page *page = ARENA_NEW(arena, struct page);

    if (page == NULL)
        return NULL;
    page->arena = arena;
    page->text = text_in(arena);
    (void)trace_walk(query->trace, EVENTS_MOST, take_event, page);
    put_head(page, query, outcome);
    put_list(page, &outcome->reasons);
    put_answer(page, &outcome->message, query_now_s(query));
    put_picture(page);
    text_add(&page->text, "<h2>Event by event</h2>\n<table>\n");
    (void)trace_walk(query->trace, EVENTS_MOST, put_event, page);
    text_add(&page->text, "</table>\n</body></html>\n");
    return text_done(&page->text);
}
