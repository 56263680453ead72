/*
 * commands_explain.c - the command that tells how a name is resolved.
 *
 * Called by control.c, in the main thread, whose resolver is asked. The query's trace has it
 * all; here it becomes a tree: lines for people, things within things in JSON.
 */
#include <string.h>

#include "daemon/call.h"
#include "daemon/explain_page.h"
#include "services/query/trace_text.h"
#include "util/wire/text_rr.h"

enum { EVENTS_MOST = 4000 };

struct explain {
    struct mesh_client client;
    struct call *call;
    struct question question;
    bool cached, page;
    unsigned open; /* JSON: events whose "below" is still open */
};

/* ---- events ---- */

static void show_line(struct outline *out, const struct trace_event *event, int64_t at_ms,
                      unsigned depth)
{
    struct text text = text_in(out->text.arena);

    text_printf(&text, "%5lld ms  ", (long long)at_ms);
    for (unsigned i = 0; i < depth; i++)
        text_add(&text, "| ");
    trace_event_text(&text, event);
    outline_text(out, NULL, text_done(&text));
}

static void show_place(struct outline *out, const struct trace_event *event)
{
    char text[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    if (event->name.wire != NULL) {
        outline_text(out, "name", dname_to_reason(event->name, text));
        outline_text(out, "type", rrtype_to_text(event->type, type));
    }
    if (event->zone.wire != NULL)
        outline_text(out, "zone", dname_to_reason(event->zone, text));
    if (event->has_server) {
        outline_text(out, "server", addr_to_text(&event->server, text));
        outline_text(out, "transport", transport_word(event->transport));
    }
}

static bool has_rcode(enum trace_kind kind)
{
    return kind == TRACE_RCODE || kind == TRACE_ANSWERED || kind == TRACE_SUBQUESTION;
}

static void show_event(struct outline *out, const struct trace_event *event, int64_t at_ms)
{
    char rcode[TYPE_TEXT_MAX];

    outline_text(out, "event", trace_kind_word(event->kind));
    outline_number(out, "at_ms", at_ms);
    show_place(out, event);
    if (has_rcode(event->kind))
        outline_text(out, "rcode", rcode_to_text(event->code, rcode));
    if (event->number != 0)
        outline_number(out,
                       event->kind == TRACE_TIMEOUT || event->kind == TRACE_ANSWERED ? "ms"
                                                                                     : "number",
                       event->number);
    if (event->upstream_ede >= 0)
        outline_number(out, "upstream_ede", event->upstream_ede);
    outline_text(out, "said", event->said);
    outline_text(out, "words", event->words);
}

static void close_below(struct explain *explain, unsigned depth)
{
    for (; explain->open > depth; explain->open--) {
        outline_close(&explain->call->out); /* the list "below" */
        outline_close(&explain->call->out); /* its event */
    }
}

static void take_event(void *context, const struct trace_event *event, int64_t at_ms,
                       unsigned depth)
{
    struct explain *explain = context;
    struct outline *out = &explain->call->out;

    if (out->form == OUTLINE_LINES) {
        show_line(out, event, at_ms, depth);
        return;
    }
    close_below(explain, depth);
    outline_open(out, NULL);
    show_event(out, event, at_ms);
    if (event->below != NULL) {
        outline_open_list(out, "below");
        explain->open++;
    } else {
        outline_close(out);
    }
}

static void show_events(struct explain *explain, const struct trace *trace)
{
    struct outline *out = &explain->call->out;
    bool all;

    outline_open_list(out, "events");
    all = trace_walk(trace, EVENTS_MOST, take_event, explain);
    close_below(explain, 0);
    outline_close(out);
    if (!all || trace_dropped(trace) > 0)
        outline_bool(out, "more events", true);
}

/* ---- what came of it ---- */

static void show_answer(struct call *call, const struct message *message, int64_t now_s)
{
    static const char *const names[] = {"answer", "authority"};
    size_t at = 0;

    for (size_t section = 0; section < COUNT(names); section++) {
        outline_open_list(&call->out, names[section]);
        for (size_t end = at + message->count[section]; at < end; at++) {
            struct text text = text_in(call->arena);
            char *line, *rest;

            text_rrset_write(&text, message->rrsets[at], now_s);
            line = text_done(&text);
            for (line = line == NULL ? NULL : strtok_r(line, "\n", &rest); line != NULL;
                 line = strtok_r(NULL, "\n", &rest))
                outline_text(&call->out, NULL, line);
        }
        outline_close(&call->out);
    }
}

static void show_question(struct explain *explain)
{
    struct outline *out = &explain->call->out;
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    outline_printf(out, "question", "%s/%s", dname_to_reason(explain->question.qname, name),
                   rrtype_to_text(explain->question.qtype, type));
    outline_text(out, "from",
                 explain->cached ? "the caches as they are" : "the root, beside the caches");
}

static void show_budget(struct outline *out, const struct query *query)
{
    outline_open(out, "budget spent");
    for (unsigned i = 0; i < COSTS; i++) {
        uint32_t most = query->env->limits.most[i], spent = most - query->budget->left[i];

        if (spent != 0)
            outline_printf(out, cost_name((enum cost)i), "%u of %u", spent, most);
    }
    if (query->budget->exhausted != COSTS)
        outline_text(out, "used up", cost_name(query->budget->exhausted));
    outline_close(out);
}

static void told(struct mesh_client *client, const struct query *query,
                 const struct outcome *outcome)
{
    struct explain *explain = CONTAINER_OF(client, struct explain, client);
    struct outline *out = &explain->call->out;
    char rcode[TYPE_TEXT_MAX];

    if (explain->page) {
        call_done_with(explain->call, explain_page(query, outcome, explain->call->arena));
        return;
    }
    show_question(explain);
    outline_text(out, "rcode", rcode_to_text(outcome->message.rcode, rcode));
    outline_text(out, "security", security_word(outcome->security));
    outline_number(out, "took_ms", query_now_ms(query) - query->started_ms);
    call_reasons(out, &outcome->reasons);
    show_answer(explain->call, &outcome->message, query_now_s(query));
    show_budget(out, query);
    show_events(explain, query->trace);
    call_done(explain->call);
}

/* ---- local policy ---- */

/* @return false: local zones leave the name to be resolved. */
static bool answer_locally(struct explain *explain, struct resolver *resolver)
{
    struct outline *out = &explain->call->out;
    struct local_note note = {.inform = false};
    struct message message = {.rcode = RCODE_NOERROR};
    char rcode[TYPE_TEXT_MAX];
    int64_t now_s =
        world_now_s(loop_world(worker_loop(explain->call->server->threads[0].worker)));
    enum local_verdict verdict = resolver_local_answer(resolver, &explain->question,
                                                       explain->call->arena, &message, &note);

    if (verdict == LOCAL_NONE)
        return false;
    if (explain->page) {
        call_failed(explain->call,
                    "local zones or local data answer this: there is nothing to draw");
        return true;
    }
    show_question(explain);
    outline_text(out, "local",
                 verdict == LOCAL_DROP ? "a local zone gives no answer"
                                       : "answered by local zones or local data");
    if (verdict == LOCAL_ANSWER) {
        outline_text(out, "rcode", rcode_to_text(message.rcode, rcode));
        call_reasons(out, &note.why);
        show_answer(explain->call, &message, now_s);
    }
    call_done(explain->call);
    return true;
}

/* ---- the command ---- */

static void clean(struct call *call)
{
    mesh_withdraw(&((struct explain *)call->own)->client);
}

/* @return false: the call has ended. */
static bool read_words(struct explain *explain)
{
    struct call *call = explain->call;
    size_t at = 0;

    for (; at < call->count && strncmp(call->words[at], "--", 2) == 0; at++) {
        if (strcmp(call->words[at], "--cached") == 0)
            explain->cached = true;
        else if (strcmp(call->words[at], "--html") == 0)
            explain->page = true;
        else
            break;
    }
    explain->question = (struct question){.qtype = TYPE_A, .qclass = CLASS_IN};
    if (call->count <= at || call->count > at + 2) {
        call_misused(call, "usage: shrewctl explain [--cached] [--html FILE] NAME [TYPE]");
        return false;
    }
    if (!call_name(call, call->words[at], &explain->question.qname))
        return false;
    if (call->count == at + 2 &&
        rrtype_from_text(call->words[at + 1], &explain->question.qtype) != STATUS_OK) {
        call_misused(call, "\"%s\" is not a type of records", call->words[at + 1]);
        return false;
    }
    return true;
}

void command_explain(struct call *call)
{
    struct resolver *resolver = worker_resolver(call->server->threads[0].worker);
    struct explain *explain = ARENA_NEW(call->arena, struct explain);

    if (explain == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    explain->call = call;
    explain->client.done = told;
    if (!read_words(explain) || answer_locally(explain, resolver))
        return;
    call->own = explain;
    call->clean = clean;
    switch (resolver_explain(resolver, &explain->question, explain->cached, &explain->client)) {
    case STATUS_OK: return; /* told() comes when the mesh has run */
    case STATUS_LIMIT: call_failed(call, "too many questions are under way; try again"); return;
    default: call_failed(call, "out of memory"); return;
    }
}
