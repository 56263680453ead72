/*
 * exchange.c - one question to one server, carried through to one verdict.
 *
 * Called through struct upstream by the iterator; driven by the world's events. Life of an
 * attempt: ask() builds the packet and opens a leg (a datagram, or a place on a connection);
 * what comes back is judged by judge_packet: dropped, a reason to ask again in another way, or
 * the answer; finish() writes the result, lets go of both legs, frees the attempt and only then
 * tells the asker. Both legs can be open at once: when false answers arrive over UDP, TCP is
 * tried while UDP goes on waiting, so that a forger can spoil neither. No queries and no caches
 * of records here.
 */
#include "services/upstream/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/upstream/ask_wire.h"
#include "services/upstream/conn.h"
#include "services/upstream/outgoing.h"

enum {
    MISSES_BEFORE_TCP = 2, /* false answers, then TCP is tried as well */
    MISSES_MAX = 64,       /* false answers, then UDP is no longer listened to */
    TCP_LEAST_MS = 1000,   /* a connection needs a round trip more than a datagram */
    TCP_MOST_MS = 3000,
    CLIENT_COOKIE_SIZE = 8,
    COOKIE_MAX = 40
};

struct exchange {
    struct upstream upstream; /* first: cast back from the seam */
    struct world *world;
    struct infra_cache *infra;
    const struct upstream_options *options;
    struct outgoing *outgoing;
    struct conns *conns;
    struct list attempts;
    void (*after_event)(void *context);
    void *context;
    struct exchange_stats stats;
    uint64_t wrong_answers; /* of all attempts together */
};

struct attempt {
    struct link link;
    struct exchange *exchange;
    struct upstream_ask *ask;
    struct infra known; /* about the server, when the attempt began */
    struct datagram_waiter datagram;
    struct conn_ask stream;
    struct timer timer;
    struct ask_wire wire; /* of the UDP leg */
    struct ask_wire stream_wire;
    int64_t udp_sent_ms;
    const char *tls_name; /* NULL: TCP */
    bool with_edns;
    bool tried_plain; /* asked again without EDNS after FORMERR or NOTIMP */
    bool bare_seen;   /* a lone header with FORMERR came */
    bool bad_cookie_seen;
    bool truncated; /* the TCP leg is there because of TC */
    bool tcp_tried; /* the TCP leg was opened for false answers */
    bool reconnected;
    bool cookie_missing; /* a reply lacked our cookie: TCP tells who lied */
    bool failing;        /* the timer tells `verdict`, which could not be told at once */
    bool own_fault;      /* and the server has no part in it: no route, no such family */
    enum upstream_verdict verdict;
    int error;
    bool malformed_seen;
    uint16_t misses;
    uint8_t cookie_size;
    uint8_t cookie[COOKIE_MAX];
};

static void finish(struct attempt *attempt, enum upstream_verdict verdict, int error);
static void fail_later(struct attempt *attempt, enum upstream_verdict verdict, int error);
static void open_udp(struct attempt *attempt);
static void open_tcp(struct attempt *attempt);

static void event_done(struct exchange *exchange)
{
    if (exchange->after_event != NULL)
        exchange->after_event(exchange->context);
}

static int64_t now_of(const struct attempt *attempt)
{
    return world_now_ms(attempt->exchange->world);
}

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

    return trace_add(ask->trace, now_of(attempt), &event);
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
        if (attempt->misses > 0) {
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
                        now_of(attempt), ask->timeout_ms);
}

/* ---- the end --------------------------------------------------------------------------------
 */

static void close_udp(struct attempt *attempt)
{
    attempt->exchange->world->forget(attempt->exchange->world, &attempt->datagram);
}

static void close_tcp(struct attempt *attempt)
{
    conns_withdraw(attempt->exchange->conns, &attempt->stream);
}

static void let_go(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;

    close_udp(attempt);
    close_tcp(attempt);
    exchange->world->timer_stop(exchange->world, &attempt->timer);
    list_remove(&attempt->link);
    attempt->ask->handle = NULL;
    free(attempt);
}

static void finish(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    struct exchange *exchange = attempt->exchange;
    struct upstream_ask *ask = attempt->ask;

    ask->verdict = verdict;
    ask->error = error;
    ask->wrong_answers = attempt->misses;
    if (verdict == UPSTREAM_TIMEOUT)
        exchange->stats.timeouts++;
    else if (verdict == UPSTREAM_ANSWERED)
        exchange->stats.answers++;
    note_failure(attempt, verdict, error);
    note_infra(attempt, verdict);
    let_go(attempt);
    ask->done(ask);
}

/* What goes wrong while we are being called is told by the timer. */
static void fail_later(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    struct world *world = attempt->exchange->world;

    attempt->failing = true;
    attempt->verdict = verdict;
    attempt->error = error;
    close_udp(attempt);
    close_tcp(attempt);
    /* It was set before, so that there is room for it: this does not fail. */
    (void)world->timer_set(world, &attempt->timer, now_of(attempt));
}

static void fail_by_status(struct attempt *attempt, enum status status)
{
    int error = errno;

    attempt->own_fault = true;
    if (status == STATUS_SYSTEM)
        fail_later(attempt, UPSTREAM_NET_ERROR, error);
    else
        fail_later(attempt, UPSTREAM_NO_RESOURCE, status == STATUS_LIMIT ? EMFILE : ENOMEM);
}

static uint32_t tcp_timeout_ms(const struct attempt *attempt)
{
    uint64_t wanted = 2 * (uint64_t)attempt->ask->timeout_ms;

    if (wanted < TCP_LEAST_MS)
        return TCP_LEAST_MS;
    return wanted > TCP_MOST_MS ? (uint32_t)TCP_MOST_MS : (uint32_t)wanted;
}

static bool set_timer(struct attempt *attempt, int64_t at_ms)
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

static void open_udp(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;
    struct world *world = exchange->world;
    struct addr from;
    enum status status;

    close_udp(attempt);
    if (!budget_take(attempt->ask->budget, COST_SENDS, 1)) {
        fail_later(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    build(attempt, &attempt->wire, wants_mixed_case(attempt));
    attempt->udp_sent_ms = now_of(attempt);
    if (!set_timer(attempt, attempt->udp_sent_ms + attempt->ask->timeout_ms)) {
        fail_later(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
        return;
    }
    status =
        world->send(world, &attempt->ask->server, choose_source(attempt, &from),
                    slice_of(attempt->wire.octets, attempt->wire.size), &attempt->datagram);
    exchange->stats.udp_sent++;
    note(attempt, TRACE_SENT, TRANSPORT_UDP);
    if (status != STATUS_OK)
        fail_by_status(attempt, status);
}

/* The TCP leg could not be opened, or broke. */
static void tcp_failed(struct attempt *attempt, enum upstream_verdict verdict, int error)
{
    int64_t until_ms = attempt->udp_sent_ms + attempt->ask->timeout_ms;

    /* Where TCP cannot settle it, the next question begins without the cookie. */
    if (attempt->cookie_missing)
        infra_note_cookie(attempt->exchange->infra, &attempt->ask->server, attempt->ask->zone,
                          now_of(attempt), attempt->cookie, slice_of(NULL, 0));
    if (attempt->datagram.handle != NULL) {
        /* UDP still waits: its time goes on as if nothing had been tried. */
        if (!set_timer(attempt, time_max(until_ms, now_of(attempt))))
            fail_later(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
        return;
    }
    if (attempt->truncated && verdict != UPSTREAM_LIMIT && verdict != UPSTREAM_NO_RESOURCE)
        verdict = UPSTREAM_TC_NO_TCP;
    fail_later(attempt, verdict, error);
}

static void write_tcp(struct attempt *attempt, bool fresh)
{
    struct exchange *exchange = attempt->exchange;
    const struct addr *server = &attempt->ask->server;
    struct addr from;
    enum status status;
    int error;

    if (!budget_take(attempt->ask->budget, COST_SENDS, 1) ||
        ((fresh || !conns_has(exchange->conns, server, attempt->tls_name)) &&
         !budget_take(attempt->ask->budget, COST_CONNECTS, 1))) {
        tcp_failed(attempt, UPSTREAM_LIMIT, 0);
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
        tcp_failed(attempt, UPSTREAM_NET_ERROR, error);
    else if (status != STATUS_OK)
        tcp_failed(attempt, UPSTREAM_NO_RESOURCE, status == STATUS_LIMIT ? EMFILE : ENOMEM);
}

static void open_tcp(struct attempt *attempt)
{
    if (attempt->datagram.handle == NULL)
        attempt->ask->transport = attempt->tls_name != NULL ? TRANSPORT_TLS : TRANSPORT_TCP;
    if (!attempt->exchange->options->do_tcp && attempt->tls_name == NULL) {
        tcp_failed(attempt, UPSTREAM_NET_ERROR, EPROTONOSUPPORT);
        return;
    }
    if (!set_timer(attempt, now_of(attempt) + tcp_timeout_ms(attempt))) {
        fail_later(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
        return;
    }
    write_tcp(attempt, false);
}

/* ---- packets in -----------------------------------------------------------------------------
 */

/* RFC 5452: dropped, counted, and the wait goes on; many of them are a reason for TCP. */
static void miss(struct attempt *attempt, uint64_t *counter)
{
    struct exchange *exchange = attempt->exchange;
    uint32_t threshold = exchange->options->unwanted_reply_threshold;

    ++*counter;
    attempt->misses++;
    exchange->wrong_answers++;
    if (!attempt->tcp_tried && exchange->options->do_tcp &&
        (attempt->misses >= MISSES_BEFORE_TCP || attempt->cookie_missing ||
         (threshold != 0 && exchange->wrong_answers > threshold))) {
        attempt->tcp_tried = true;
        open_tcp(attempt);
    }
    if (attempt->misses >= MISSES_MAX)
        close_udp(attempt);
}

/* The same server in the same way, with what has been learned. */
static void ask_again(struct attempt *attempt, bool over_tcp)
{
    if (over_tcp) {
        close_udp(attempt);
        close_tcp(attempt);
        open_tcp(attempt);
    } else {
        close_tcp(attempt);
        open_udp(attempt);
    }
}

/*
 * RFC 7873 section 5.3: a reply whose client cookie is not ours is dropped; so is one without
 * any when the server is known to send cookies.
 */
static bool cookie_is_good(struct attempt *attempt, const struct message *message)
{
    const struct edns_option *option = edns_find(&message->edns, EDNS_COOKIE);
    struct cookie cookie;

    if (attempt->cookie_size == 0 || !attempt->with_edns)
        return true;
    if (option == NULL)
        return attempt->cookie_size == CLIENT_COOKIE_SIZE;
    if (cookie_read(option->data, &cookie) != STATUS_OK ||
        memcmp(cookie.client.data, attempt->cookie, CLIENT_COOKIE_SIZE) != 0)
        return false;
    if (cookie.server.size > 0 && cookie.server.size <= COOKIE_MAX - CLIENT_COOKIE_SIZE &&
        !slice_equal(cookie.server, slice_of(attempt->cookie + CLIENT_COOKIE_SIZE,
                                             attempt->cookie_size - CLIENT_COOKIE_SIZE))) {
        memcpy(attempt->cookie + CLIENT_COOKIE_SIZE, cookie.server.data, cookie.server.size);
        attempt->cookie_size = (uint8_t)(CLIENT_COOKIE_SIZE + cookie.server.size);
        infra_note_cookie(attempt->exchange->infra, &attempt->ask->server, attempt->ask->zone,
                          now_of(attempt), attempt->cookie, cookie.server);
    }
    return true;
}

/* RFC 6891 section 7: an error to EDNS by a server that does not know it carries no OPT. */
static bool edns_is_refused(const struct attempt *attempt, const struct message *message)
{
    if (!attempt->with_edns)
        return false;
    if (message->rcode == RCODE_BADVERS)
        return true;
    return !message->edns.present &&
           (message->rcode == RCODE_FORMERR || message->rcode == RCODE_NOTIMP);
}

static void ask_plain(struct attempt *attempt, bool over_tcp)
{
    attempt->with_edns = false;
    attempt->tried_plain = true;
    attempt->exchange->stats.without_edns++;
    ask_again(attempt, over_tcp);
}

static void learn_edns(struct attempt *attempt, const struct message *message)
{
    struct infra_cache *infra = attempt->exchange->infra;
    const struct upstream_ask *ask = attempt->ask;
    bool served = message->rcode != RCODE_FORMERR && message->rcode != RCODE_NOTIMP;

    if (attempt->tried_plain && served)
        infra_note_edns(infra, &ask->server, ask->zone, now_of(attempt), INFRA_EDNS_NONE);
    else if (message->edns.present && attempt->known.edns != INFRA_EDNS_WORKS)
        infra_note_edns(infra, &ask->server, ask->zone, now_of(attempt), INFRA_EDNS_WORKS);
}

/* A well-formed reply to our question; whether it is the last word. */
static void judge_message(struct attempt *attempt, bool over_tcp, int64_t sent_ms,
                          bool case_kept)
{
    struct upstream_ask *ask = attempt->ask;
    const struct message *message = &ask->message;

    if (!cookie_is_good(attempt, message)) {
        if (over_tcp) {
            /* Nobody forges that: the server does without cookies now. */
            infra_note_cookie(attempt->exchange->infra, &ask->server, ask->zone,
                              now_of(attempt), attempt->cookie, slice_of(NULL, 0));
        } else {
            attempt->cookie_missing = true;
            miss(attempt, &attempt->exchange->stats.wrong_cookie);
            return;
        }
    }
    ask->rtt_ms = (uint32_t)time_max(now_of(attempt) - sent_ms, 1);
    infra_answered(attempt->exchange->infra, &ask->server, ask->zone, now_of(attempt),
                   ask->rtt_ms);
    if (edns_is_refused(attempt, message)) {
        ask_plain(attempt, over_tcp);
        return;
    }
    /* RFC 7873 section 5.3: once more with the new cookie, then TCP. */
    if (message->rcode == RCODE_BADCOOKIE && attempt->with_edns && !over_tcp) {
        bool again = attempt->bad_cookie_seen;

        attempt->bad_cookie_seen = true;
        ask_again(attempt, again);
        return;
    }
    learn_edns(attempt, message);
    ask->without_edns = !attempt->with_edns;
    ask->case_failed = !over_tcp && attempt->wire.case_mixed && !case_kept;
    if (ask->case_failed)
        attempt->exchange->stats.case_failed++;
    ask->transport = !over_tcp                   ? TRANSPORT_UDP
                     : attempt->tls_name != NULL ? TRANSPORT_TLS
                                                 : TRANSPORT_TCP;
    finish(attempt, UPSTREAM_ANSWERED, 0);
}

static bool parse(struct attempt *attempt, struct slice packet, enum status *status)
{
    struct upstream_ask *ask = attempt->ask;
    struct slice copy = arena_copy(ask->arena, packet); /* the message's views point into it */

    *status = STATUS_NO_MEMORY;
    if (copy.data != NULL)
        *status = message_read(copy, ask->arena, world_now_s(attempt->exchange->world),
                               &ask->message);
    return *status == STATUS_OK;
}

static void judge_datagram(struct attempt *attempt, struct slice packet,
                           const struct addr *from)
{
    struct exchange_stats *stats = &attempt->exchange->stats;
    enum status status;
    bool case_kept;

    if (!addr_equal(from, &attempt->ask->server)) {
        miss(attempt, &stats->wrong_source);
        return;
    }
    switch (ask_wire_check(&attempt->wire, packet, &case_kept)) {
    case REPLY_FINE: break;
    case REPLY_ID: miss(attempt, &stats->wrong_id); return;
    case REPLY_QUESTION: miss(attempt, &stats->wrong_question); return;
    case REPLY_BARE: attempt->bare_seen = true; /* fall through */
    case REPLY_SHORT:
    case REPLY_NOT_REPLY:
        attempt->malformed_seen = true;
        miss(attempt, &stats->malformed);
        return;
    }
    /* Paid by what is read, not by what a forger sends. */
    if (!budget_take(attempt->ask->budget, COST_BYTES, (uint32_t)packet.size)) {
        finish(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    if ((bytes_u16(packet.data + 2) & FLAG_TC) != 0) {
        stats->truncated++;
        attempt->truncated = true;
        infra_answered(attempt->exchange->infra, &attempt->ask->server, attempt->ask->zone,
                       now_of(attempt),
                       (uint32_t)time_max(now_of(attempt) - attempt->udp_sent_ms, 1));
        if (attempt->stream.conn == NULL)
            ask_again(attempt, true);
        else
            close_udp(attempt);
        return;
    }
    if (parse(attempt, packet, &status)) {
        judge_message(attempt, false, attempt->udp_sent_ms, case_kept);
    } else if (status == STATUS_NO_MEMORY) {
        finish(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
    } else {
        attempt->malformed_seen = true;
        miss(attempt, &stats->malformed);
    }
}

static void datagram_received(struct datagram_waiter *waiter, struct slice packet,
                              const struct addr *from)
{
    struct attempt *attempt = CONTAINER_OF(waiter, struct attempt, datagram);
    struct exchange *exchange = attempt->exchange;

    judge_datagram(attempt, packet, from);
    event_done(exchange);
}

static void datagram_failed(struct datagram_waiter *waiter, int error)
{
    struct attempt *attempt = CONTAINER_OF(waiter, struct attempt, datagram);
    struct exchange *exchange = attempt->exchange;

    if (attempt->stream.conn == NULL)
        finish(attempt, UPSTREAM_NET_ERROR, error);
    event_done(exchange);
}

static void stream_answered(struct conn_ask *stream, struct slice packet)
{
    struct attempt *attempt = CONTAINER_OF(stream, struct attempt, stream);
    enum status status;
    bool case_kept;

    if (!budget_take(attempt->ask->budget, COST_BYTES, (uint32_t)packet.size)) {
        finish(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    attempt->stream_wire.id = stream->id;
    switch (ask_wire_check(&attempt->stream_wire, packet, &case_kept)) {
    case REPLY_FINE: break;
    case REPLY_BARE:
        if (attempt->with_edns) {
            ask_plain(attempt, true);
            return;
        } /* fall through */
    default:
        attempt->exchange->stats.malformed++;
        tcp_failed(attempt, UPSTREAM_MALFORMED, 0);
        return;
    }
    /* TC over TCP: the server cannot say what it has to say. */
    if ((bytes_u16(packet.data + 2) & FLAG_TC) != 0)
        tcp_failed(attempt, UPSTREAM_TC_NO_TCP, 0);
    else if (parse(attempt, packet, &status))
        judge_message(attempt, true, stream->written_ms, case_kept);
    else if (status == STATUS_NO_MEMORY)
        finish(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
    else
        tcp_failed(attempt, UPSTREAM_MALFORMED, 0);
}

static void stream_failed(struct conn_ask *stream, int error, bool worn)
{
    struct attempt *attempt = CONTAINER_OF(stream, struct attempt, stream);

    /* RFC 7766 section 6.2.4: a server may close an idle connection just as we ask. */
    if (worn && !attempt->reconnected) {
        attempt->reconnected = true;
        write_tcp(attempt, true);
        return;
    }
    if (attempt->tls_name != NULL && error == EPROTO)
        tcp_failed(attempt, UPSTREAM_TLS_ERROR, error);
    else
        tcp_failed(attempt, UPSTREAM_NET_ERROR, error);
}

static void time_is_up(struct attempt *attempt)
{
    if (attempt->failing) {
        finish(attempt, attempt->verdict, attempt->error);
        return;
    }
    if (attempt->stream.conn != NULL) {
        finish(attempt, attempt->truncated ? UPSTREAM_TC_NO_TCP : UPSTREAM_TIMEOUT,
               attempt->truncated ? ETIMEDOUT : 0);
        return;
    }
    /* Nothing better than the lone header came: take it at its word. */
    if (attempt->bare_seen && attempt->with_edns && !attempt->tried_plain) {
        ask_plain(attempt, false);
        return;
    }
    finish(attempt, UPSTREAM_TIMEOUT, 0);
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

    return attempt->ask->want_tcp || attempt->tls_name != NULL || options->tcp_upstream ||
           (!options->do_udp && !options->udp_upstream_without_downstream);
}

static void start(struct attempt *attempt)
{
    struct exchange *exchange = attempt->exchange;
    struct upstream_ask *ask = attempt->ask;

    infra_get(exchange->infra, &ask->server, ask->zone, now_of(attempt), &attempt->known);
    attempt->with_edns = attempt->known.edns != INFRA_EDNS_NONE;
    attempt->tls_name = ask->tls_name;
    if (attempt->tls_name == NULL && exchange->options->tls_upstream)
        attempt->tls_name = "";
    prepare_cookie(attempt);
    attempt->own_fault = !may_ask(exchange, &ask->server);
    if (attempt->own_fault)
        fail_later(attempt, UPSTREAM_NET_ERROR, EAFNOSUPPORT);
    else if (wants_stream(attempt))
        open_tcp(attempt);
    else
        open_udp(attempt);
}

static enum status exchange_ask(struct upstream *upstream, struct upstream_ask *ask)
{
    struct exchange *exchange = (struct exchange *)upstream;
    struct attempt *attempt = calloc(1, sizeof(*attempt));

    ASSERT(ask->handle == NULL);
    if (attempt == NULL)
        return STATUS_NO_MEMORY;
    attempt->exchange = exchange;
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
    /* From here on there is a timer, so that every end can be told: moving it cannot fail. */
    if (!set_timer(attempt, now_of(attempt))) {
        free(attempt);
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
        let_go(ask->handle);
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
    if (exchange == NULL)
        return;
    ASSERT(list_is_empty(&exchange->attempts));
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

struct upstream *exchange_upstream(struct exchange *exchange)
{
    return &exchange->upstream;
}

const struct exchange_stats *exchange_stats(const struct exchange *exchange)
{
    return &exchange->stats;
}
