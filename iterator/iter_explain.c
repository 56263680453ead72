/*
 * iter_explain.c - cuts, answers and what was scrubbed, as events of the trace.
 *
 * Called by ask.c and learn.c. Reads only.
 */
#include "iterator/iter_explain.h"

#include "util/text.h"

void iter_explain_cut(struct query *query, struct iter_state *state)
{
    const struct deleg *deleg = state->deleg;
    struct trace_event event = {.kind = TRACE_CUT};
    struct text text;
    char word[DNAME_TEXT_MAX];

    if (!query->env->explains || state->explained == deleg)
        return;
    event.zone = deleg->zone;
    text = text_in(query->arena);
    state->explained = deleg;
    text_add(&text, deleg->recursive ? "forwarders:" : "servers:");
    for (const struct deleg_name *name = deleg->names; name != NULL; name = name->next)
        text_printf(&text, " %s", dname_to_reason(name->name, word));
    for (const struct deleg_server *server = deleg->servers; server != NULL;
         server = server->next)
        text_printf(&text, " %s", addr_to_text(&server->addr, word));
    if (text_done(&text) != NULL)
        query_explain(query, event, "%s", text.chars);
}

void iter_explain_answer(struct query *query, const struct iter_state *state,
                         enum verdict verdict)
{
    const struct upstream_ask *ask = &state->landed->ask;
    const struct message *message = &ask->message;
    struct trace_event event;

    if (!query->env->explains)
        return;
    event = (struct trace_event){.kind = TRACE_ANSWERED,
                                 .has_server = true,
                                 .server = ask->server,
                                 .transport = ask->transport,
                                 .name = ask->question.qname,
                                 .type = ask->question.qtype,
                                 .zone = state->deleg->zone,
                                 .code = message->rcode,
                                 .number = ask->rtt_ms};
    query_explain(query, event, "%s%s, %u+%u+%u sets, %u ms", verdict_word(verdict),
                  (message->flags & FLAG_AA) != 0 ? ", aa" : "", message->count[SECTION_ANSWER],
                  message->count[SECTION_AUTHORITY], message->count[SECTION_ADDITIONAL],
                  ask->rtt_ms);
}

static bool is_among(const struct message *message, const struct rrset *set)
{
    size_t count = message_rrsets(message);

    for (size_t i = 0; i < count; i++)
        if (message->rrsets[i]->type == set->type &&
            dname_equal(rrset_owner(message->rrsets[i]), rrset_owner(set)))
            return true;
    return false;
}

void iter_explain_scrubbed(struct query *query, const struct iter_state *state,
                           const struct scrub_result *scrubbed,
                           const struct rrset *const *before, size_t count)
{
    struct text text = text_in(query->arena);
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    if (scrubbed->removed == 0)
        return;
    for (size_t i = 0; query->env->explains && i < count; i++)
        if (!is_among(&state->landed->ask.message, before[i]))
            text_printf(&text, "%s%s/%s", text.used == 0 ? "" : " ",
                        dname_to_reason(rrset_owner(before[i]), name),
                        rrtype_to_text(before[i]->type, type));
    if (scrubbed->private_address && query->env->explains)
        text_add(&text, " for a private address (rebinding)");
    query_trace(query, TRACE_SCRUBBED, &state->landed->ask.server, &state->deleg->zone,
                text.used == 0 ? NULL : text_done(&text));
}
