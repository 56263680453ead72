/*
 * replay_upstream.c - the pending questions of a scenario and how they end.
 *
 * Called by the iterator through the seam, and by replay_run.c. Keeps the promises of the seam:
 * the budget pays for each question, the trace knows of it, the infra cache learns from its
 * end.
 */
#include "testcode/replay_upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Any answer of a canned server has taken this long. */
enum { ANSWER_RTT_MS = 10 };

static struct replay_upstream *ours(struct upstream *upstream)
{
    return CONTAINER_OF(upstream, struct replay_upstream, upstream);
}

/* ---- the question as it would be sent
 * --------------------------------------------------------- */

/* edns-client-string: an option with a text for servers in a netblock. */
static void add_client_string(const struct replay_upstream *upstream, const struct addr *server,
                              struct sink *out)
{
    const struct opt_list *list = &upstream->options->edns_client_string;
    const struct netblock *best = NULL;
    struct netblock blocks[2];
    const char *text = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const char *item = list->items[i].text;
        size_t size = strcspn(item, " ");
        struct netblock *block = &blocks[best == &blocks[0]];
        char word[ADDR_NETBLOCK_TEXT_MAX];

        if (size >= sizeof(word) || item[size] == '\0')
            continue;
        memcpy(word, item, size);
        word[size] = '\0';
        if (netblock_from_text(block, word) != STATUS_OK || !netblock_covers(block, server) ||
            (best != NULL && block->bits < best->bits))
            continue;
        best = block;
        text = item + size + 1;
    }
    if (text == NULL)
        return;
    sink_u16(out, (uint16_t)upstream->options->edns_client_string_opcode);
    sink_u16(out, (uint16_t)strlen(text));
    sink_bytes(out, slice_of(text, strlen(text)));
}

static enum status build_packet(struct replay_upstream *upstream,
                                const struct upstream_ask *ask, struct packet *out)
{
    struct arena *arena = upstream->arena;
    struct packet_record question = {.owner = dname_copy(arena, ask->question.qname),
                                     .type = ask->question.qtype,
                                     .rrclass = ask->question.qclass};
    enum { OPTIONS_SIZE = 512 };
    struct sink options = sink_of(arena_bytes(arena, OPTIONS_SIZE), OPTIONS_SIZE);

    if (question.owner.wire == NULL || options.base == NULL)
        return STATUS_NO_MEMORY;
    memset(out, 0, sizeof(*out));
    out->opcode = OPCODE_QUERY;
    out->flags = (uint16_t)((ask->recursion_desired ? FLAG_RD : 0) |
                            (ask->checking_disabled ? FLAG_CD : 0));
    out->has_opt = true;
    out->opt_size = (uint16_t)upstream->options->edns_buffer_size;
    out->opt_ttl = ask->dnssec_ok ? OPT_DO : 0;
    add_client_string(upstream, &ask->server, &options);
    out->opt_rdata = sink_failed(&options) ? slice_of(NULL, 0) : sink_written(&options);
    return packet_add(out, PACKET_QUESTION, &question, arena);
}

/* ---- the seam
 * --------------------------------------------------------------------------------- */

static void note(struct replay_upstream *upstream, const struct upstream_ask *ask,
                 enum trace_kind kind, uint32_t number)
{
    struct trace_event event = {.kind = kind,
                                .transport = ask->transport,
                                .has_server = true,
                                .server = ask->server,
                                .name = ask->question.qname,
                                .type = ask->question.qtype,
                                .zone = ask->zone,
                                .number = number,
                                .upstream_ede = -1};

    trace_add(ask->trace, world_now_ms(upstream->world), &event);
}

static bool wants_tcp(const struct replay_upstream *upstream, const struct upstream_ask *ask)
{
    const struct upstream_options *options = upstream->options;

    return ask->want_tcp || ask->tls_name != NULL || options->tcp_upstream ||
           (!options->do_udp && !options->udp_upstream_without_downstream);
}

static enum status ask_server(struct upstream *seam, struct upstream_ask *ask)
{
    struct replay_upstream *upstream = ours(seam);
    bool tcp = wants_tcp(upstream, ask);
    struct pending *pending;
    enum status status;

    if (!budget_take(ask->budget, COST_SENDS, 1) ||
        (tcp && !budget_take(ask->budget, COST_CONNECTS, 1))) {
        ask->verdict = UPSTREAM_LIMIT;
        return STATUS_LIMIT;
    }
    pending = calloc(1, sizeof(*pending));
    if (pending == NULL)
        return STATUS_NO_MEMORY;
    pending->ask = ask;
    pending->tcp = tcp;
    status = build_packet(upstream, ask, &pending->packet);
    if (status != STATUS_OK) {
        free(pending);
        return status;
    }
    ask->transport = !tcp                    ? TRANSPORT_UDP
                     : ask->tls_name != NULL ? TRANSPORT_TLS
                                             : TRANSPORT_TCP;
    ask->handle = pending;
    list_append(&upstream->pending, &pending->link);
    note(upstream, ask, TRACE_SENT, 0);
    if (upstream->sent != NULL)
        upstream->sent(upstream->context, pending);
    return STATUS_OK;
}

static void withdraw(struct upstream *upstream, struct upstream_ask *ask)
{
    struct pending *pending = ask->handle;

    (void)upstream;
    if (pending == NULL)
        return;
    ask->handle = NULL;
    list_remove(&pending->link);
    free(pending);
}

void replay_upstream_init(struct replay_upstream *upstream, struct world *world,
                          struct infra_cache *infra, const struct upstream_options *options,
                          struct arena *arena)
{
    *upstream = (struct replay_upstream){
        .upstream = {.ask = ask_server, .withdraw = withdraw},
        .world = world,
        .infra = infra,
        .options = options,
        .arena = arena,
    };
    list_init(&upstream->pending);
}

/* ---- ends
 * ------------------------------------------------------------------------------------- */

struct pending *replay_upstream_newest(const struct replay_upstream *upstream)
{
    if (list_is_empty(&upstream->pending))
        return NULL;
    return CONTAINER_OF(upstream->pending.head.before, struct pending, link);
}

static void finish(struct replay_upstream *upstream, struct pending *pending,
                   enum upstream_verdict verdict)
{
    struct upstream_ask *ask = pending->ask;

    withdraw(&upstream->upstream, ask);
    ask->verdict = verdict;
    ask->done(ask);
}

/* An answer to another question is none; only an error may come without its question. */
static bool is_for(const struct upstream_ask *ask, const struct message *message)
{
    if (!(message->flags & FLAG_QR))
        return false;
    if (!message->has_question)
        return message->rcode != RCODE_NOERROR && message->rcode != RCODE_NXDOMAIN;
    return question_equal(&message->question, &ask->question);
}

void replay_upstream_answer(struct replay_upstream *upstream, struct pending *pending,
                            struct slice wire)
{
    struct upstream_ask *ask = pending->ask;
    int64_t now_ms = world_now_ms(upstream->world);
    struct slice packet = arena_copy(ask->arena, wire);
    enum status status = packet.data == NULL
                             ? STATUS_NO_MEMORY
                             : message_read(packet, ask->arena, now_ms / 1000, &ask->message);

    if (!budget_take(ask->budget, COST_BYTES, (uint32_t)wire.size)) {
        finish(upstream, pending, UPSTREAM_LIMIT);
        return;
    }
    ask->rtt_ms = ANSWER_RTT_MS;
    infra_answered(upstream->infra, &ask->server, ask->zone, now_ms, ask->rtt_ms);
    if (status == STATUS_NO_MEMORY) {
        finish(upstream, pending, UPSTREAM_NO_RESOURCE);
        return;
    }
    if (status == STATUS_OK && is_for(ask, &ask->message)) {
        finish(upstream, pending, UPSTREAM_ANSWERED);
        return;
    }
    ask->wrong_answers++;
    note(upstream, ask, status == STATUS_OK ? TRACE_WRONG_QUESTION : TRACE_MALFORMED, 0);
    finish(upstream, pending, UPSTREAM_MALFORMED);
}

void replay_upstream_timeout(struct replay_upstream *upstream, struct pending *pending)
{
    struct upstream_ask *ask = pending->ask;

    /* The time is a scenario's to pass: the packet was sent at this very moment. */
    infra_timed_out(upstream->infra, &ask->server, ask->zone, ask->question.qtype,
                    world_now_ms(upstream->world), 0);
    note(upstream, ask, TRACE_TIMEOUT, ask->timeout_ms);
    finish(upstream, pending, UPSTREAM_TIMEOUT);
}

void replay_upstream_error(struct replay_upstream *upstream, struct pending *pending)
{
    struct upstream_ask *ask = pending->ask;

    ask->error = ECONNREFUSED; /* what ICMP port unreachable becomes */
    /* The time is a scenario's to pass: the packet was sent at this very moment. */
    infra_timed_out(upstream->infra, &ask->server, ask->zone, ask->question.qtype,
                    world_now_ms(upstream->world), 0);
    note(upstream, ask, TRACE_REFUSED_CONNECTION, ECONNREFUSED);
    finish(upstream, pending, UPSTREAM_NET_ERROR);
}
