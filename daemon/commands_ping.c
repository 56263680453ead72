/*
 * commands_ping.c - the commands by which monitoring asks whether the daemon is well.
 *
 * Called by control.c, in the main thread. "ping" shows that its loop turns; "ping --upstream"
 * that the servers on which everything rests can be reached, and are believed.
 */
#include <string.h>

#include "daemon/call.h"

struct ping {
    struct mesh_client client;
    struct call *call;
};

static void told(struct mesh_client *client, const struct query *query,
                 const struct outcome *outcome)
{
    struct call *call = CONTAINER_OF(client, struct ping, client)->call;
    char rcode[TYPE_TEXT_MAX];

    if (outcome->message.rcode != RCODE_NOERROR || outcome->failed) {
        call_failed(call, "./NS %s: %s", rcode_to_text(outcome->message.rcode, rcode),
                    reasons_line(&outcome->reasons, call->arena));
        return;
    }
    outline_text(&call->out, "upstream", "answers");
    outline_text(&call->out, "security", security_word(outcome->security));
    outline_number(&call->out, "took_ms", query_now_ms(query) - query->started_ms);
    call_done(call);
}

static void clean(struct call *call)
{
    mesh_withdraw(&((struct ping *)call->own)->client);
}

/* The root's name servers: whoever resolves needs them, and forwarders know them, too. */
static void ping_upstream(struct call *call)
{
    const struct question question = {dname_root, TYPE_NS, CLASS_IN};
    struct ping *ping = ARENA_NEW(call->arena, struct ping);
    struct resolver *resolver = worker_resolver(call->server->threads[0].worker);

    if (ping == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    ping->call = call;
    ping->client.done = told;
    call->own = ping;
    call->clean = clean;
    if (resolver_explain(resolver, &question, false, &ping->client) != STATUS_OK)
        call_failed(call, "no room for one more question");
}

void command_ping(struct call *call)
{
    if (call->count == 1 && strcmp(call->words[0], "--upstream") == 0) {
        ping_upstream(call);
    } else if (call->count == 1) {
        call_misused(call, "usage: shrewctl ping [--upstream]");
    } else {
        outline_text(&call->out, "shrewd", "answers");
        call_done(call);
    }
}
