/*
 * attempt.c - sends the question of one attempt, and ends the attempt with a verdict.
 *
 * Called by exchange.c and judge.c. Both legs (a datagram, a place on a connection) can be open
 * at once; there is one timer, for the leg that was opened last. Every packet and connection is
 * paid for before it is made.
 */
#include "services/upstream/attempt.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SPARES_MAX = 64 };

enum {
    TCP_LEAST_MS = 750, /* a connection needs a round trip more than a datagram */
    TCP_MOST_MS = 3000
};

/* ---- reasons --------------------------------------------------------------------------------
 */

static struct trace_event *note(struct attempt *attempt, enum trace_kind kind,
                                enum transport transport)
{
    const struct upstream_ask *ask = attempt->ask;
    struct trace_event event = {.kind = kind,
                                .transport = transport,
                                .has_server = true,
                                .server = ask->server,
                                .name = ask->question.qname,
                                .type = ask->question.qtype,
                                .zone = ask->zone,
                                .upstream_ede = -1};

    return trace_add(ask->trace, attempt_now_ms(attempt), &event);
}

static enum trace_kind kind_of_error(int error)
{
    switch (error) {
    case ECONNREFUSED: return TRACE_REFUSED_CONNECTION;
    case 0: /* closed instead of answered */
    case ECONNRESET:
    case EPIPE: return TRACE_RESET;
    default: return TRACE_UNREACHABLE;
    }
}

/* What only comes to light below the seam; an answer is the iterator's to note. */
static void note_failure(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    enum transport transport = attempt->ask->transport;
    struct trace_event *event = NULL;

    switch (verdict) {
    case UPSTREAM_TIMEOUT:
        if (attempt->malformed_seen || attempt->question_seen) {
            event =
                note(attempt, attempt->malformed_seen ? TRACE_MALFORMED : TRACE_WRONG_QUESTION,
                     transport);
            if (event != NULL)
                event->number = attempt->misses;
            return;
        }
        event = note(attempt, TRACE_TIMEOUT, transport);
        if (event != NULL)
            event->number = attempt->ask->timeout_ms;
        return;
    case UPSTREAM_NET_ERROR: event = note(attempt, kind_of_error(error), transport); break;
    case UPSTREAM_TLS_ERROR: event = note(attempt, TRACE_TLS, transport); break;
    case UPSTREAM_MALFORMED: event = note(attempt, TRACE_MALFORMED, transport); break;
    case UPSTREAM_TC_NO_TCP: event = note(attempt, TRACE_TC_NO_TCP, transport); break;
    case UPSTREAM_ANSWERED:
    case UPSTREAM_LIMIT:
    case UPSTREAM_NO_RESOURCE: return;
    }
    if (event != NULL)
        event->number = (uint32_t)error;
}

static void note_infra(struct attempt *attempt, enum upstream_verdict verdict)
{
    struct exchange *exchange = attempt->exchange;
    const struct upstream_ask *ask = attempt->ask;
    bool silent = verdict == UPSTREAM_TIMEOUT || verdict == UPSTREAM_NET_ERROR ||
                  verdict == UPSTREAM_TLS_ERROR;

    if (silent && !attempt->own_fault)
        infra_timed_out(exchange->infra, &ask->server, ask->zone, ask->question.qtype,
                        attempt_now_ms(attempt), ask->timeout_ms);
}

/* ---- the end --------------------------------------------------------------------------------
 */

void attempt_close_udp(struct attempt *attempt)
{
    attempt->exchange->world->forget(attempt->exchange->world, &attempt->datagram);
}

static void close_tcp(struct attempt *attempt)
{
    conns_withdraw(attempt->exchange->conns, &attempt->stream);
}

struct attempt *attempt_new(struct exchange *exchange)
{
    struct link *spare = spares_take(&exchange->spares);
    struct attempt *attempt =
        spare != NULL ? CONTAINER_OF(spare, struct attempt, link) : malloc(sizeof(*attempt));

    if (attempt == NULL)
        return NULL;
    memset(attempt, 0, offsetof(struct attempt, wire));
    attempt->exchange = exchange;
    return attempt;
}

void attempt_drop(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;

    if (!spares_keep(&exchange->spares, &attempt->link, SPARES_MAX))
        free(attempt);
}

void attempt_let_go(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;

    attempt_close_udp(attempt);
    close_tcp(attempt);
    exchange->world->timer_stop(exchange->world, &attempt->timer);
    list_remove(&attempt->link);
    attempt->ask->handle = NULL;
    attempt_drop(attempt);
}

static void count_answer(struct exchange_stats *stats, const struct upstream_ask *ask)
{
    size_t bucket = 0;

    while (bucket + 1 < EXCHANGE_RTTS && ask->rtt_ms >> bucket != 0)
        bucket++;
    stats->answers++;
    stats->rtts[bucket]++;
    stats->rtts_ms += ask->rtt_ms;
    stats->rcodes[size_min(ask->message.rcode, EXCHANGE_RCODES - 1)]++;
}

static void note_trouble(const struct attempt *attempt, uint32_t what)
{
    const struct addr *server = &attempt->ask->server;
    struct exchange_server key = {
        server->family, {(uint8_t)(server->port >> 8), (uint8_t)server->port}, {0}};

    memcpy(key.bytes, server->bytes, addr_octets(server));
    frequent_note(&attempt->exchange->trouble, slice_of(&key, sizeof(key)), what);
}

static void note_rcode(const struct attempt *attempt)
{
    uint16_t rcode = attempt->ask->message.rcode;

    if (rcode == RCODE_SERVFAIL || rcode == RCODE_REFUSED || rcode == RCODE_FORMERR ||
        rcode == RCODE_NOTIMP)
        note_trouble(attempt, rcode);
}

static void count_end(const struct attempt *attempt, enum upstream_verdict verdict)
{
    struct exchange_stats *stats = &attempt->exchange->stats;

    switch (verdict) {
    case UPSTREAM_ANSWERED:
        count_answer(stats, attempt->ask);
        note_rcode(attempt);
        break;
    case UPSTREAM_TIMEOUT:
        stats->timeouts++;
        note_trouble(attempt, TROUBLE_SILENT);
        break;
    case UPSTREAM_NET_ERROR:
    case UPSTREAM_TLS_ERROR:
    case UPSTREAM_TC_NO_TCP:
        stats->unreachable++;
        note_trouble(attempt, TROUBLE_UNREACHABLE);
        break;
    case UPSTREAM_MALFORMED: /* counted when it came */
        note_trouble(attempt, TROUBLE_MALFORMED);
        break;
    case UPSTREAM_LIMIT:
    case UPSTREAM_NO_RESOURCE: break;
    }
}

static void end_with(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    count_end(attempt, verdict);
    note_failure(attempt, verdict, error);
    note_infra(attempt, verdict);
}

void attempt_note_timeout(struct attempt *attempt)
{
    end_with(attempt, UPSTREAM_TIMEOUT, 0);
}

void attempt_finish(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    struct upstream_ask *ask = attempt->ask;

    ask->verdict = verdict;
    ask->error = error;
    ask->wrong_answers = attempt->misses;
    if (verdict != UPSTREAM_TIMEOUT || !attempt->is_overdue)
        end_with(attempt, verdict, error);
    attempt_let_go(attempt);
    ask->done(ask);
}

/* What goes wrong while we are being called is told by the timer. */
void attempt_fail_later(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    struct world *world = attempt->exchange->world;

    attempt->failing = true;
    attempt->verdict = verdict;
    attempt->error = error;
    attempt_close_udp(attempt);
    close_tcp(attempt);
    /* It was set before, so that there is room for it: this does not fail. */
    (void)world->timer_set(world, &attempt->timer, attempt_now_ms(attempt));
}

static void fail_by_status(struct attempt *attempt, enum status status)
{
    int error = errno;

    attempt->own_fault = true;
    if (status == STATUS_SYSTEM)
        attempt_fail_later(attempt, UPSTREAM_NET_ERROR, error);
    else
        attempt_fail_later(attempt, UPSTREAM_NO_RESOURCE,
                           status == STATUS_LIMIT ? EMFILE : ENOMEM);
}

static uint32_t tcp_timeout_ms(const struct attempt *attempt)
{
    uint64_t wanted = 2 * (uint64_t)attempt->ask->timeout_ms;

    if (attempt->ask->rather_tcp) /* a connection takes a round trip; others are asked meanwhile */
        return (uint32_t)wanted;
    if (wanted < TCP_LEAST_MS)
        return TCP_LEAST_MS;
    return wanted > TCP_MOST_MS ? (uint32_t)TCP_MOST_MS : (uint32_t)wanted;
}

bool attempt_set_timer(struct attempt *attempt, int64_t at_ms)
{
    struct world *world = attempt->exchange->world;

    return world->timer_set(world, &attempt->timer, at_ms) == STATUS_OK;
}

/* ---- packets out ----------------------------------------------------------------------------
 */

static bool wants_mixed_case(const struct attempt *attempt)
{
    const struct exchange *exchange = attempt->exchange;

    return exchange->options->use_caps_for_id && !attempt->ask->no_case_change &&
           !attempt->known.case_lame &&
           !outgoing_case_exempt(exchange->outgoing, attempt->ask->question.qname);
}

static void build(struct attempt *attempt, struct ask_wire *wire, bool mix_case)
{
    const struct exchange *exchange = attempt->exchange;
    const struct upstream_ask *ask = attempt->ask;
    struct ask_wishes wishes = {.question = &ask->question,
                                .recursion_desired = ask->recursion_desired,
                                .checking_disabled = ask->checking_disabled,
                                .mix_case = mix_case,
                                .edns = attempt->with_edns,
                                .dnssec_ok = ask->dnssec_ok,
                                .udp_size = (uint16_t)exchange->options->edns_buffer_size,
                                .cookie = slice_of(attempt->cookie, attempt->cookie_size)};

    wishes.extra = outgoing_client_string(exchange->outgoing, &ask->server);
    wishes.extra_code = (uint16_t)exchange->options->edns_client_string_opcode;
    ask_wire_build(wire, &wishes, exchange->world);
}

static const struct addr *choose_source(struct attempt *attempt, struct addr *from)
{
    struct exchange *exchange = attempt->exchange;

    if (outgoing_source(exchange->outgoing, (enum addr_family)attempt->ask->server.family,
                        exchange->world, from))
        return from;
    return NULL;
}

/* Sockets are for questions that are waited for first of all. @return false: none was to be had
 * so. */
static bool close_overdue(struct exchange *exchange)
{
    struct link *first = list_take(&exchange->overdue);

    if (first == NULL)
        return false;
    list_append(&exchange->attempts, first);
    attempt_close_udp(CONTAINER_OF(first, struct attempt, link));
    return true;
}

void attempt_open_udp(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;
    struct world *world = exchange->world;
    struct addr from;
    enum status status;

    attempt_close_udp(attempt);
    if (!budget_take(attempt->ask->budget, COST_SENDS, 1)) {
        attempt_fail_later(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    build(attempt, &attempt->wire, wants_mixed_case(attempt));
    attempt->udp_sent_ms = attempt_now_ms(attempt);
    if (!attempt_set_timer(attempt, attempt->udp_sent_ms + attempt->ask->timeout_ms)) {
        attempt_fail_later(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
        return;
    }
    do {
        status =
            world->send(world, &attempt->ask->server, choose_source(attempt, &from),
                        slice_of(attempt->wire.octets, attempt->wire.size), &attempt->datagram);
    } while (status == STATUS_LIMIT && close_overdue(exchange));
    exchange->stats.udp_sent++;
    note(attempt, TRACE_SENT, TRANSPORT_UDP);
    if (status != STATUS_OK)
        fail_by_status(attempt, status);
    else if (exchange->tap != NULL)
        attempt_show_question(attempt, false);
}

/* The TCP leg could not be opened, or broke. */
void attempt_tcp_failed(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    int64_t until_ms = attempt->udp_sent_ms + attempt->ask->timeout_ms;
    struct upstream_ask *ask = attempt->ask;

    if (ask->rather_tcp && verdict != UPSTREAM_LIMIT) {
        ask->rather_tcp = false;
        close_tcp(attempt);
        ask->transport = TRANSPORT_UDP;
        attempt_open_udp(attempt);
        return;
    }
    /* Where TCP cannot settle it, the next question begins without the cookie. */
    if (attempt->cookie_missing)
        infra_note_cookie(attempt->exchange->infra, &attempt->ask->server,
                          attempt_now_ms(attempt), attempt->cookie, slice_of(NULL, 0));
    if (attempt->datagram.handle != NULL) {
        /* UDP still waits: its time goes on as if nothing had been tried. */
        if (!attempt_set_timer(attempt, time_max(until_ms, attempt_now_ms(attempt))))
            attempt_fail_later(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
        return;
    }
    if (attempt->truncated && verdict != UPSTREAM_LIMIT && verdict != UPSTREAM_NO_RESOURCE)
        verdict = UPSTREAM_TC_NO_TCP;
    attempt_fail_later(attempt, verdict, error);
}

void attempt_write_tcp(struct attempt *attempt, bool fresh)
{
    struct exchange *exchange = attempt->exchange;
    const struct addr *server = &attempt->ask->server;
    struct addr from;
    enum status status;
    int error;

    if (!budget_take(attempt->ask->budget, COST_SENDS, 1) ||
        ((fresh || !conns_has(exchange->conns, server, attempt->tls_name)) &&
         !budget_take(attempt->ask->budget, COST_CONNECTS, 1))) {
        attempt_tcp_failed(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    build(attempt, &attempt->stream_wire, false);
    attempt->stream.packet = slice_of(attempt->stream_wire.octets, attempt->stream_wire.size);
    status = conns_ask(exchange->conns, server, choose_source(attempt, &from),
                       attempt->tls_name, fresh, &attempt->stream);
    error = errno;
    exchange->stats.tcp_sent++;
    note(attempt, TRACE_SENT, attempt->tls_name != NULL ? TRANSPORT_TLS : TRANSPORT_TCP);
    attempt->own_fault = status != STATUS_OK && attempt->datagram.handle == NULL;
    if (status == STATUS_SYSTEM)
        attempt_tcp_failed(attempt, UPSTREAM_NET_ERROR, error);
    else if (status != STATUS_OK)
        attempt_tcp_failed(attempt, UPSTREAM_NO_RESOURCE,
                           status == STATUS_LIMIT ? EMFILE : ENOMEM);
    else if (exchange->tap != NULL)
        attempt_show_question(attempt, true);
}

void attempt_open_tcp(struct attempt *attempt)
{
    if (attempt->datagram.handle == NULL)
        attempt->ask->transport = attempt->tls_name != NULL ? TRANSPORT_TLS : TRANSPORT_TCP;
    if (!attempt->exchange->options->do_tcp && attempt->tls_name == NULL) {
        attempt_tcp_failed(attempt, UPSTREAM_NET_ERROR, EPROTONOSUPPORT);
        return;
    }
    if (!attempt_set_timer(attempt, attempt_now_ms(attempt) + tcp_timeout_ms(attempt))) {
        attempt_fail_later(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
        return;
    }
    attempt_write_tcp(attempt, false);
}

/* The same server in the same way, with what has been learned. */
void attempt_ask_again(struct attempt *attempt, bool over_tcp)
{
    if (over_tcp) {
        attempt_close_udp(attempt);
        close_tcp(attempt);
        attempt_open_tcp(attempt);
    } else {
        close_tcp(attempt);
        attempt_open_udp(attempt);
    }
}

void attempt_ask_plain(struct attempt *attempt, bool over_tcp)
{
    attempt->with_edns = false;
    attempt->tried_plain = true;
    attempt->exchange->stats.without_edns++;
    attempt_ask_again(attempt, over_tcp);
}
