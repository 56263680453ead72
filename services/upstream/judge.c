/*
 * judge.c - what a packet from a server is worth: nothing, a reason to ask otherwise, or the
 * answer.
 *
 * Called by exchange.c for every packet. What is not the reply is dropped and the wait goes on;
 * many such are a reason to try TCP as well, while UDP goes on waiting, so that a forger can
 * spoil neither.
 */
#include "services/upstream/attempt.h"

#include <errno.h>
#include <string.h>

enum {
    MISSES_BEFORE_TCP = 2, /* false answers, then TCP is tried as well */
    MISSES_MAX = 64        /* false answers, then UDP is no longer listened to */
};

/* RFC 5452: dropped, counted, and the wait goes on; many of them are a reason for TCP. */
static void miss(struct attempt *attempt, uint64_t *counter)
{
    struct exchange *exchange = attempt->exchange;
    uint32_t threshold = exchange->options->unwanted_reply_threshold;

    ++*counter;
    attempt->misses++;
    exchange->wrong_answers++;
    if (!attempt->tcp_tried && exchange->options->do_tcp &&
        (attempt->misses + attempt->ask->wrong_before >= MISSES_BEFORE_TCP ||
         attempt->cookie_missing || (threshold != 0 && exchange->wrong_answers >= threshold))) {
        attempt->tcp_tried = true;
        attempt_open_tcp(attempt);
    }
    if (attempt->misses >= MISSES_MAX)
        attempt_close_udp(attempt);
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
        infra_note_cookie(attempt->exchange->infra, &attempt->ask->server,
                          attempt_now_ms(attempt), attempt->cookie, cookie.server);
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

static void learn_edns(struct attempt *attempt, const struct message *message)
{
    struct infra_cache *infra = attempt->exchange->infra;
    const struct upstream_ask *ask = attempt->ask;
    bool served = message->rcode != RCODE_FORMERR && message->rcode != RCODE_NOTIMP;

    if (attempt->tried_plain && served)
        infra_note_edns(infra, &ask->server, attempt_now_ms(attempt), INFRA_EDNS_NONE);
    else if (message->edns.present && attempt->known.edns != INFRA_EDNS_WORKS)
        infra_note_edns(infra, &ask->server, attempt_now_ms(attempt), INFRA_EDNS_WORKS);
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
            infra_note_cookie(attempt->exchange->infra, &ask->server, attempt_now_ms(attempt),
                              attempt->cookie, slice_of(NULL, 0));
        } else {
            attempt->cookie_missing = true;
            miss(attempt, &attempt->exchange->stats.wrong_cookie);
            return;
        }
    }
    ask->rtt_ms = (uint32_t)time_max(attempt_now_ms(attempt) - sent_ms, 1);
    infra_answered(attempt->exchange->infra, &ask->server, ask->zone, attempt_now_ms(attempt),
                   ask->rtt_ms);
    if (edns_is_refused(attempt, message)) {
        attempt_ask_plain(attempt, over_tcp);
        return;
    }
    /* RFC 7873 section 5.3: once more with the new cookie, then TCP. */
    if (message->rcode == RCODE_BADCOOKIE && attempt->with_edns && !over_tcp) {
        bool again = attempt->bad_cookie_seen;

        attempt->bad_cookie_seen = true;
        attempt_ask_again(attempt, again);
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
    attempt_finish(attempt, UPSTREAM_ANSWERED, 0);
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

void attempt_judge_datagram(struct attempt *attempt, struct slice packet,
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
    case REPLY_QUESTION:
        attempt->question_seen = true;
        miss(attempt, &stats->wrong_question);
        return;
    case REPLY_BARE: attempt->bare_seen = true; /* fall through */
    case REPLY_SHORT:
    case REPLY_GARBLED:
    case REPLY_NOT_REPLY:
        attempt->malformed_seen = true;
        miss(attempt, &stats->malformed);
        return;
    }
    if (attempt->exchange->tap != NULL)
        attempt_show_answer(attempt, false, packet);
    /* Paid by what is read, not by what a forger sends. */
    if (!budget_take(attempt->ask->budget, COST_BYTES, (uint32_t)packet.size)) {
        attempt_finish(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    if ((bytes_u16(packet.data + 2) & FLAG_TC) != 0) {
        stats->truncated++;
        attempt->truncated = true;
        infra_answered(attempt->exchange->infra, &attempt->ask->server, attempt->ask->zone,
                       attempt_now_ms(attempt),
                       (uint32_t)time_max(attempt_now_ms(attempt) - attempt->udp_sent_ms, 1));
        if (attempt->stream.conn == NULL)
            attempt_ask_again(attempt, true);
        else
            attempt_close_udp(attempt);
        return;
    }
    if (parse(attempt, packet, &status)) {
        judge_message(attempt, false, attempt->udp_sent_ms, case_kept);
    } else if (status == STATUS_NO_MEMORY) {
        attempt_finish(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
    } else {
        attempt->malformed_seen = true;
        miss(attempt, &stats->malformed);
    }
}

void attempt_judge_stream(struct attempt *attempt, struct slice packet)
{
    const struct conn_ask *stream = &attempt->stream;
    enum status status;
    bool case_kept;

    if (!budget_take(attempt->ask->budget, COST_BYTES, (uint32_t)packet.size)) {
        attempt_finish(attempt, UPSTREAM_LIMIT, 0);
        return;
    }
    attempt->stream_wire.id = stream->id;
    switch (ask_wire_check(&attempt->stream_wire, packet, &case_kept)) {
    case REPLY_FINE: break;
    case REPLY_BARE:
        if (attempt->with_edns) {
            attempt_ask_plain(attempt, true);
            return;
        } /* fall through */
    default:
        attempt->exchange->stats.malformed++;
        attempt_tcp_failed(attempt, UPSTREAM_MALFORMED, 0);
        return;
    }
    if (attempt->exchange->tap != NULL)
        attempt_show_answer(attempt, true, packet);
    /* TC over TCP: the server cannot say what it has to say. */
    if ((bytes_u16(packet.data + 2) & FLAG_TC) != 0)
        attempt_tcp_failed(attempt, UPSTREAM_TC_NO_TCP, 0);
    else if (parse(attempt, packet, &status))
        judge_message(attempt, true, stream->written_ms, case_kept);
    else if (status == STATUS_NO_MEMORY)
        attempt_finish(attempt, UPSTREAM_NO_RESOURCE, ENOMEM);
    else
        attempt_tcp_failed(attempt, UPSTREAM_MALFORMED, 0);
}
