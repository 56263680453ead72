/*
 * exchange.c - one question to one server, carried through to one verdict.
 *
 * Called through struct upstream by the iterator; driven by the world's events. Life of an
 * attempt: ask() builds the packet and opens a leg (attempt.c); what comes back is judged
 * (judge.c): dropped, a reason to ask again in another way, or the answer; the end writes the
 * result, lets go of both legs, frees the attempt and only then tells the asker. No queries and
 * no caches of records here.
 */
#include "services/upstream/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/upstream/attempt.h"

static void event_done(struct exchange *exchange)
{
    if (exchange->after_event != NULL)
        exchange->after_event(exchange->context);
}

/* ---- events ---------------------------------------------------------------------------------
 */

static void datagram_received(struct datagram_waiter *waiter, struct slice packet,
                              const struct addr *from)
{
    struct attempt *attempt = CONTAINER_OF(waiter, struct attempt, datagram);
    struct exchange *exchange = attempt->exchange;

    attempt_judge_datagram(attempt, packet, from);
    event_done(exchange);
}

static void datagram_failed(struct datagram_waiter *waiter, int error)
{
    struct attempt *attempt = CONTAINER_OF(waiter, struct attempt, datagram);
    struct exchange *exchange = attempt->exchange;

    if (attempt->stream.conn == NULL)
        attempt_finish(attempt, UPSTREAM_NET_ERROR, error);
    event_done(exchange);
}

static void stream_answered(struct conn_ask *stream, struct slice packet)
{
    attempt_judge_stream(CONTAINER_OF(stream, struct attempt, stream), packet);
}

static void stream_failed(struct conn_ask *stream, int error, bool worn)
{
    struct attempt *attempt = CONTAINER_OF(stream, struct attempt, stream);

    /* RFC 7766 section 6.2.4: a server may close an idle connection just as we ask. */
    if (worn && !attempt->reconnected) {
        attempt->reconnected = true;
        attempt_write_tcp(attempt, true);
        return;
    }
    if (attempt->tls_name != NULL && error == EPROTO)
        attempt_tcp_failed(attempt, UPSTREAM_TLS_ERROR, error);
    else
        attempt_tcp_failed(attempt, UPSTREAM_NET_ERROR, error);
}

/* Nothing has come at all: there is nothing to be learned by ending it. */
static bool may_be_overdue(const struct attempt *attempt)
{
    return !attempt->is_overdue && attempt->ask->overdue != NULL &&
           attempt->ask->patience_ms > 0 && attempt->misses == 0 && !attempt->truncated;
}

/*
 * A lost packet and a slow answer look alike. Whoever asked turns to another server, or to this one
 * anew; what comes after all is as good as it would have been before.
 */
static bool become_overdue(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;
    struct upstream_ask *ask = attempt->ask;

    if (!attempt_set_timer(attempt, attempt_now_ms(attempt) + ask->patience_ms))
        return false;
    attempt_note_timeout(attempt);
    attempt->is_overdue = true;
    list_remove(&attempt->link);
    list_append(&exchange->overdue, &attempt->link);
    ask->verdict = UPSTREAM_TIMEOUT;
    ask->overdue(ask);
    return true;
}

static void time_is_up(struct attempt *attempt)
{
    if (attempt->failing) {
        attempt_finish(attempt, attempt->verdict, attempt->error);
        return;
    }
    if (may_be_overdue(attempt) && become_overdue(attempt))
        return;
    if (attempt->stream.conn != NULL) {
        attempt_finish(attempt, attempt->truncated ? UPSTREAM_TC_NO_TCP : UPSTREAM_TIMEOUT,
                       attempt->truncated ? ETIMEDOUT : 0);
        return;
    }
    /* Nothing better than the lone header came: take it at its word. */
    if (attempt->bare_seen && attempt->with_edns && !attempt->tried_plain) {
        attempt_ask_plain(attempt, false);
        return;
    }
    attempt_finish(attempt, attempt->bare_seen ? UPSTREAM_MALFORMED : UPSTREAM_TIMEOUT, 0);
}

static void timer_fired(struct timer *timer)
{
    struct attempt *attempt = CONTAINER_OF(timer, struct attempt, timer);
    struct exchange *exchange = attempt->exchange;

    time_is_up(attempt);
    event_done(exchange);
}

/* ---- the seam -------------------------------------------------------------------------------
 */

static void prepare_cookie(struct attempt *attempt)
{
    const struct infra *known = &attempt->known;
    struct world *world = attempt->exchange->world;

    if (known->cookie_size > 0 && known->cookie_size <= COOKIE_MAX - CLIENT_COOKIE_SIZE) {
        memcpy(attempt->cookie, known->client_cookie, CLIENT_COOKIE_SIZE);
        memcpy(attempt->cookie + CLIENT_COOKIE_SIZE, known->cookie, known->cookie_size);
        attempt->cookie_size = (uint8_t)(CLIENT_COOKIE_SIZE + known->cookie_size);
        return;
    }
    /* RFC 7873 section 4.1: one for each server, kept with what the server gives for it. */
    world->random(world, attempt->cookie, CLIENT_COOKIE_SIZE);
    attempt->cookie_size = CLIENT_COOKIE_SIZE;
}

static bool may_ask(const struct exchange *exchange, const struct addr *server)
{
    if (server->port == 0)
        return false;
    return server->family == ADDR_IP4   ? exchange->options->do_ip4
           : server->family == ADDR_IP6 ? exchange->options->do_ip6
                                        : false;
}

static bool wants_stream(const struct attempt *attempt)
{
    const struct upstream_options *options = attempt->exchange->options;

    return attempt->ask->want_tcp || attempt->ask->rather_tcp || attempt->tls_name != NULL ||
           options->tcp_upstream ||
           (!options->do_udp && !options->udp_upstream_without_downstream);
}

static void start(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;
    struct upstream_ask *ask = attempt->ask;

    if (ask->known != NULL)
        attempt->known = *ask->known;
    else
        infra_get(exchange->infra, &ask->server, ask->zone, attempt_now_ms(attempt),
                  &attempt->known);
    attempt->with_edns = attempt->known.edns != INFRA_EDNS_NONE;
    attempt->tls_name = ask->tls_name;
    if (attempt->tls_name == NULL && exchange->options->tls_upstream)
        attempt->tls_name = "";
    prepare_cookie(attempt);
    attempt->own_fault = !may_ask(exchange, &ask->server);
    if (attempt->own_fault)
        attempt_fail_later(attempt, UPSTREAM_NET_ERROR, EAFNOSUPPORT);
    else if (wants_stream(attempt))
        attempt_open_tcp(attempt);
    else
        attempt_open_udp(attempt);
}

static enum status exchange_ask(struct upstream *upstream, struct upstream_ask *ask)
{
    struct exchange *exchange = (struct exchange *)upstream;
    struct attempt *attempt = attempt_new(exchange);

    ASSERT(ask->handle == NULL);
    if (attempt == NULL)
        return STATUS_NO_MEMORY;
    attempt->ask = ask;
    attempt->datagram.received = datagram_received;
    attempt->datagram.failed = datagram_failed;
    attempt->stream.answered = stream_answered;
    attempt->stream.failed = stream_failed;
    attempt->timer.fire = timer_fired;
    ask->transport = TRANSPORT_UDP;
    ask->error = 0;
    ask->rtt_ms = 0;
    ask->case_failed = ask->without_edns = false;
    ask->wrong_answers = 0;
    /* From here on there is a timer, so that every end can be told: moving it cannot fail.
     * Mostly it is set for the right time at once. */
    if (!attempt_set_timer(attempt, attempt_now_ms(attempt) + ask->timeout_ms)) {
        attempt_drop(attempt);
        return STATUS_NO_MEMORY;
    }
    ask->handle = attempt;
    list_append(&exchange->attempts, &attempt->link);
    start(attempt);
    return STATUS_OK;
}

static void exchange_withdraw(struct upstream *upstream, struct upstream_ask *ask)
{
    (void)upstream;
    if (ask->handle != NULL)
        attempt_let_go(ask->handle);
}

/* ---- life -----------------------------------------------------------------------------------
 */

struct exchange *exchange_new(struct world *world, struct infra_cache *infra,
                              const struct upstream_options *options,
                              void (*after_event)(void *context), void *context)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    exchange->upstream.ask = exchange_ask;
    exchange->upstream.withdraw = exchange_withdraw;
    exchange->world = world;
    exchange->infra = infra;
    exchange->after_event = after_event;
    exchange->context = context;
    list_init(&exchange->attempts);
    list_init(&exchange->overdue);
    spares_init(&exchange->spares);
    exchange->conns = conns_new(world, after_event, context);
    exchange_set_options(exchange, options);
    if (exchange->conns == NULL || exchange->outgoing == NULL) {
        exchange_free(exchange);
        return NULL;
    }
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    struct link *spare;

    if (exchange == NULL)
        return;
    while ((spare = spares_take(&exchange->spares)) != NULL)
        free(CONTAINER_OF(spare, struct attempt, link));
    ASSERT(list_is_empty(&exchange->attempts) && list_is_empty(&exchange->overdue));
    conns_free(exchange->conns);
    outgoing_free(exchange->outgoing);
    free(exchange);
}

void exchange_set_options(struct exchange *exchange, const struct upstream_options *options)
{
    struct outgoing *outgoing = outgoing_new(options);

    exchange->options = options;
    if (outgoing != NULL) { /* without memory the old lists stay */
        outgoing_free(exchange->outgoing);
        exchange->outgoing = outgoing;
    }
    if (exchange->conns != NULL)
        conns_set_limits(exchange->conns, &(struct conn_limits){options->outgoing_num_tcp,
                                                                options->max_reuse_tcp_queries,
                                                                options->tcp_reuse_timeout});
}

void exchange_set_tap(struct exchange *exchange, struct upstream_tap *tap)
{
    exchange->tap = tap;
}

struct upstream *exchange_upstream(struct exchange *exchange)
{
    return &exchange->upstream;
}

bool exchange_take_flood(struct exchange *exchange)
{
    uint32_t threshold = exchange->options->unwanted_reply_threshold;

    if (threshold == 0 || exchange->wrong_answers < threshold)
        return false;
    exchange->wrong_answers = 0;
    return true;
}

const struct frequent *exchange_trouble(const struct exchange *exchange)
{
    return &exchange->trouble;
}

struct addr exchange_server_addr(struct slice key)
{
    struct exchange_server server;
    struct addr addr = {.family = ADDR_NONE};

    if (key.size != sizeof(server))
        return addr;
    memcpy(&server, key.data, sizeof(server));
    addr = (struct addr){.family = server.family, .port = bytes_u16(server.port)};
    memcpy(addr.bytes, server.bytes, sizeof(addr.bytes));
    return addr;
}

const struct exchange_stats *exchange_stats(const struct exchange *exchange)
{
    return &exchange->stats;
}
