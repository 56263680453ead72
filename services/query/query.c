/*
 * query.c - what every module may do with its query: hold references, note events, end it.
 */
#include "services/query/query.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct held_rrset {
    struct link link;
    const struct rrset *set;
};

const struct rrset *query_hold(struct query *query, const struct rrset *set)
{
    struct held_rrset *held;

    if (set == NULL)
        return NULL;
    held = ARENA_NEW(query->arena, struct held_rrset);
    if (held == NULL) {
        rrset_unref(set);
        return NULL;
    }
    held->set = set;
    list_append(&query->held, &held->link);
    return set;
}

void query_release_held(struct query *query)
{
    struct link *link;

    while ((link = list_take(&query->held)) != NULL)
        rrset_unref(CONTAINER_OF(link, struct held_rrset, link)->set);
}

const struct avoided *query_avoids(const struct query *query, const struct addr *server,
                                   struct dname zone)
{
    for (const struct avoided *at = query->avoided; at != NULL; at = at->next)
        if (addr_equal(&at->server, server) && dname_equal(at->zone, zone))
            return at;
    return NULL;
}

void query_forgive(struct query *query)
{
    query->avoided = NULL;
}

void query_avoid(struct query *query, const struct addr *server, struct dname zone, bool forged)
{
    struct avoided *avoided;

    if (query->avoided_count == AVOIDED_MAX || query_avoids(query, server, zone))
        return;
    avoided = ARENA_NEW(query->arena, struct avoided);
    if (avoided == NULL)
        return; /* it may be asked once more, then */
    avoided->zone = dname_copy(query->arena, zone);
    if (avoided->zone.wire == NULL)
        return;
    avoided->server = *server;
    avoided->forged = forged;
    avoided->next = query->avoided;
    query->avoided = avoided;
    query->avoided_count++;
}

struct trace_event *query_trace(struct query *query, enum trace_kind kind,
                                const struct addr *server, const struct dname *zone,
                                const char *words)
{
    struct trace_event event = {.kind = kind,
                                .name = query->question.qname,
                                .type = query->question.qtype,
                                .upstream_ede = -1,
                                .words = words};

    if (server != NULL) {
        event.has_server = true;
        event.server = *server;
    }
    if (zone != NULL)
        event.zone = *zone;
    return trace_add(query->trace, query_now_ms(query), &event);
}

void query_explain(struct query *query, struct trace_event event, const char *words, ...)
{
    char text[1024]; /* longer ones are cut */
    va_list values;

    if (!query->env->explains)
        return;
    va_start(values, words);
    (void)vsnprintf(text, sizeof(text), words, values);
    va_end(values);
    event.words = text;
    event.upstream_ede = -1;
    (void)trace_add(query->trace, query_now_ms(query), &event);
}

static void clear_outcome(struct query *query)
{
    memset(&query->outcome, 0, offsetof(struct outcome, message));
    message_clear(&query->outcome.message);
    query->outcome.message.has_question = true;
    query->outcome.message.question = query->question;
    query->has_outcome = true;
}

enum step query_fail(struct query *query, uint16_t rcode, uint16_t code, const char *cause, ...)
{
    char text[4 * EDE_TEXT_MAX];
    va_list arguments;

    va_start(arguments, cause);
    vsnprintf(text, sizeof(text), cause, arguments);
    va_end(arguments);
    clear_outcome(query);
    query->outcome.message.rcode = rcode;
    query->outcome.failed = true;
    outcome_explain(&query->outcome.reasons, query->arena, query->trace, code, text);
    return STEP_DONE;
}

enum step query_done(struct query *query, const struct message *message, enum security security)
{
    clear_outcome(query);
    message_copy(&query->outcome.message, message);
    query->outcome.message.has_question = true;
    query->outcome.message.question = query->question;
    query->outcome.security = security;
    return STEP_DONE;
}
