/*
 * exchange_test.c - one question to one server, with the server played by the test.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "services/upstream/exchange.h"
#include "services/upstream/paper_world_test.h"

#define OPT_INIT_BOOL(value)   value
#define OPT_INIT_UINT(value)   value
#define OPT_INIT_INT(value)    value
#define OPT_INIT_SIZE(value)   value
#define OPT_INIT_TEXT(value)   value
#define OPT_INIT_CHOICE(value) value
#define OPT_INIT_LIST(value)                                                                   \
    {                                                                                          \
        0, NULL                                                                                \
    }
#define OPTION(member, kind, default_, low, high, unit, reload, text)                          \
    .member = OPT_INIT_##kind(default_),
static const struct upstream_options defaults = {
#include "services/upstream/upstream.opt.def"
};
#undef OPTION

static const uint8_t example[] = {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0};
enum { EXAMPLE_SIZE = sizeof(example) };

struct bench {
    struct paper paper;
    struct upstream_options options;
    struct infra_cache *infra;
    struct exchange *exchange;
    struct upstream_ask ask;
    unsigned done, overdue, events;
};

static void count_event(void *context)
{
    ((struct bench *)context)->events++;
}

static void told(struct upstream_ask *ask)
{
    struct bench *bench = ask->owner;

    bench->done++;
    assert_null(ask->handle);
}

static void bench_ask(struct bench *bench)
{
    struct upstream *upstream = exchange_upstream(bench->exchange);

    bench->done = 0;
    assert_int_equal(upstream->ask(upstream, &bench->ask), STATUS_OK);
    assert_int_equal(bench->done, 0); /* never from within ask */
}

static void bench_new_exchange(struct bench *bench)
{
    exchange_free(bench->exchange);
    bench->exchange =
        exchange_new(&bench->paper.world, bench->infra, &bench->options, count_event, bench);
    assert_non_null(bench->exchange);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct budget_limits limits;
    struct upstream_ask *ask;

    if (bench == NULL)
        return -1;
    paper_init(&bench->paper);
    bench->options = defaults;
    bench->infra = infra_cache_new(1 << 20, 1, (struct hash_key){1, 2});
    bench_new_exchange(bench);
    ask = &bench->ask;
    ask->server = addr_ip4((const uint8_t[]){192, 0, 2, 53}, 53);
    ask->question = (struct question){dname_of_wire(example), TYPE_A, CLASS_IN};
    ask->zone = dname_of_wire(example + 8);
    ask->timeout_ms = 400;
    ask->arena = arena_new(0);
    budget_limits_default(&limits);
    ask->budget = budget_new(&limits, bench->paper.now_ms);
    ask->trace = trace_new(bench->paper.now_ms);
    ask->done = told;
    ask->owner = bench;
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    exchange_free(bench->exchange);
    infra_cache_free(bench->infra);
    arena_free(bench->ask.arena);
    budget_unref(bench->ask.budget);
    trace_unref(bench->ask.trace);
    paper_clear(&bench->paper);
    free(bench);
    return 0;
}

/* ---- replies --------------------------------------------------------------------------------
 */

struct reply {
    size_t size;
    uint8_t octets[1024];
};

static void append(struct reply *reply, const void *octets, size_t size)
{
    memcpy(reply->octets + reply->size, octets, size);
    reply->size += size;
}

/* Header and question of the packet that was sent, and one A record 192.0.2.1. */
static struct reply good_reply_to(const uint8_t *sent)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
    struct reply reply = {.size = 0};

    append(&reply, sent, HEADER_SIZE + EXAMPLE_SIZE + 4);
    reply.octets[2] = 0x84; /* QR AA */
    reply.octets[3] = 0;
    bytes_put_u16(reply.octets + 6, 1);
    bytes_put_u16(reply.octets + 10, 0);
    append(&reply, record, sizeof(record));
    return reply;
}

static struct reply good_reply(const struct bench *bench)
{
    return good_reply_to(bench->paper.sent);
}

/* No records, only a header with that rcode and the question. */
static struct reply short_reply(const struct bench *bench, unsigned rcode)
{
    struct reply reply = good_reply(bench);

    reply.size = HEADER_SIZE + EXAMPLE_SIZE + 4;
    bytes_put_u16(reply.octets + 6, 0);
    reply.octets[3] = (uint8_t)rcode;
    return reply;
}

static void add_opt(struct reply *reply, uint8_t rcode_high, struct slice options)
{
    uint8_t head[] = {0, 0, 41, 0x04, 0xd0, rcode_high, 0, 0, 0, 0, 0};

    bytes_put_u16(head + 9, (uint16_t)options.size);
    append(reply, head, sizeof(head));
    if (options.size > 0)
        append(reply, options.data, options.size);
    bytes_put_u16(reply->octets + 10, 1);
}

static void deliver(struct bench *bench, const struct reply *reply)
{
    unsigned events = bench->events;

    paper_datagram(&bench->paper, slice_of(reply->octets, reply->size), &bench->ask.server);
    assert_true(bench->events > events); /* whoever was woken gets its turn */
}

static struct reply framed(const struct reply *reply)
{
    struct reply out = {.size = 2};

    bytes_put_u16(out.octets, (uint16_t)reply->size);
    append(&out, reply->octets, reply->size);
    return out;
}

/* The reply to the last question written on that connection, whose id is not the datagram's. */
static struct reply stream_reply(const struct bench *bench, unsigned index)
{
    const struct paper_stream *stream = &bench->paper.streams[index];
    size_t at = 0, last = 0;

    while (at < stream->used) {
        last = at;
        at += 2u + bytes_u16(stream->octets + at);
    }
    assert_true(at == stream->used && at > 0);
    return good_reply_to(stream->octets + last + 2);
}

static void deliver_stream(struct bench *bench, unsigned index, const struct reply *reply)
{
    struct reply out = framed(reply);

    paper_stream_bytes(&bench->paper, index, slice_of(out.octets, out.size));
}

static void assert_answered(struct bench *bench)
{
    const struct upstream_ask *ask = &bench->ask;
    const struct rrset *set;

    assert_int_equal(bench->done, 1);
    assert_int_equal(ask->verdict, UPSTREAM_ANSWERED);
    set = message_find(&ask->message, SECTION_ANSWER, ask->question.qname, TYPE_A);
    assert_non_null(set);
    assert_int_equal(rrset_rdata(set, 0).data[3], 1);
    assert_null(bench->paper.datagram); /* nothing waits any more */
}

/* How many events of that kind the trace has. */
static unsigned traced(const struct bench *bench, enum trace_kind kind)
{
    unsigned count = 0;

    for (const struct trace_event *event = trace_first(bench->ask.trace); event != NULL;
         event = event->next)
        if (event->kind == kind)
            count++;
    return count;
}

/* Options of the OPT record that was sent; size 0 when there is none. */
static struct slice sent_cookie(const uint8_t *sent, size_t size)
{
    size_t at = HEADER_SIZE + EXAMPLE_SIZE + 4 + 11;

    if (size <= at || bytes_u16(sent + at) != EDNS_COOKIE)
        return slice_of(NULL, 0);
    return slice_of(sent + at + 4, bytes_u16(sent + at + 2));
}

/* ---- the plain way --------------------------------------------------------------------------
 */

static void asks_and_is_answered(void **state)
{
    struct bench *bench = *state;
    struct reply reply;
    struct infra known;
    const uint8_t *sent = bench->paper.sent;

    bench->ask.dnssec_ok = true;
    bench_ask(bench);
    assert_int_equal(bench->paper.sends, 1);
    assert_true(addr_equal(&bench->paper.to, &bench->ask.server));
    assert_int_equal(bytes_u16(sent + 2), 0);  /* RD and CD were not asked for */
    assert_int_equal(bytes_u16(sent + 10), 1); /* OPT */
    assert_int_equal(bytes_u16(sent + 12 + EXAMPLE_SIZE + 4 + 3), 1232);
    assert_int_equal(sent[12 + EXAMPLE_SIZE + 4 + 7] & 0x80, 0x80); /* DO */
    assert_int_equal(sent_cookie(sent, bench->paper.sent_size).size, 8);
    bench->paper.now_ms += 30;
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.rtt_ms, 30);
    assert_int_equal(bench->ask.transport, TRANSPORT_UDP);
    assert_false(bench->ask.case_failed);
    assert_int_equal(traced(bench, TRACE_SENT), 1);
    infra_get(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms, &known);
    assert_int_equal(known.srtt_ms, 30);
    assert_int_equal(timers_next_ms(&bench->paper.timers), INT64_MAX);
}

static void flags_as_asked(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench->ask.recursion_desired = bench->ask.checking_disabled = true;
    bench_ask(bench);
    assert_int_equal(bytes_u16(bench->paper.sent + 2), FLAG_RD | FLAG_CD);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
}

static void silence_is_a_timeout(void **state)
{
    struct bench *bench = *state;
    struct infra known;

    bench_ask(bench);
    paper_pass(&bench->paper, 399);
    assert_int_equal(bench->done, 0);
    paper_pass(&bench->paper, 1);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.verdict, UPSTREAM_TIMEOUT);
    assert_int_equal(bench->paper.sends, 1); /* one packet an ask */
    assert_int_equal(bench->paper.connects, 0);
    assert_null(bench->paper.datagram);
    assert_int_equal(traced(bench, TRACE_TIMEOUT), 1);
    infra_get(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms, &known);
    assert_int_equal(known.timeouts_in_row, 1);
}

/* ---- false answers --------------------------------------------------------------------------
 */

static void wrong_id(struct reply *reply)
{
    reply->octets[1] ^= 1;
}
static void a_question(struct reply *reply)
{
    reply->octets[2] &= 0x7f;
}
static void other_opcode(struct reply *reply)
{
    reply->octets[2] |= 2 << 3;
}
static void other_class(struct reply *reply)
{
    reply->octets[HEADER_SIZE + EXAMPLE_SIZE + 3] = CLASS_CH;
}
static void other_type(struct reply *reply)
{
    reply->octets[HEADER_SIZE + EXAMPLE_SIZE + 1] = TYPE_AAAA;
}
static void other_name(struct reply *reply)
{
    reply->octets[HEADER_SIZE + 1] = 'y';
}
static void no_question(struct reply *reply)
{
    memmove(reply->octets + HEADER_SIZE, reply->octets + HEADER_SIZE + EXAMPLE_SIZE + 4,
            reply->size - HEADER_SIZE - EXAMPLE_SIZE - 4);
    reply->size -= EXAMPLE_SIZE + 4;
    bytes_put_u16(reply->octets + 4, 0);
}
static void two_questions(struct reply *reply)
{
    bytes_put_u16(reply->octets + 4, 2);
}
static void lone_formerr(struct reply *reply)
{
    memset(reply->octets + 4, 0, 8);
    reply->octets[3] = RCODE_FORMERR;
    reply->size = HEADER_SIZE;
}
static void lone_servfail(struct reply *reply)
{
    memset(reply->octets + 4, 0, 8);
    reply->octets[3] = RCODE_SERVFAIL;
    reply->size = HEADER_SIZE;
}
static void cut_off(struct reply *reply)
{
    reply->size -= 2;
}
static void half_a_header(struct reply *reply)
{
    reply->size = 7;
}
static void empty(struct reply *reply)
{
    reply->size = 0;
}
static void pointer_to_itself(struct reply *reply)
{
    reply->octets[HEADER_SIZE + EXAMPLE_SIZE + 4 + 1] = HEADER_SIZE + EXAMPLE_SIZE + 4;
}
static void more_records_than_there_are(struct reply *reply)
{
    bytes_put_u16(reply->octets + 6, 2);
}
static void rdata_of_wrong_size(struct reply *reply)
{
    bytes_put_u16(reply->octets + reply->size - 6, 3);
}
static void cookie_of_another(struct reply *reply)
{
    static const uint8_t option[] = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};

    add_opt(reply, 0, slice_of(option, sizeof(option)));
}

static const struct {
    const char *why;
    void (*spoil)(struct reply *reply);
} false_answers[] = {
    {"the id was guessed wrong", wrong_id},
    {"QR clear: our own question thrown back", a_question},
    {"another opcode", other_opcode},
    {"another class", other_class},
    {"another type", other_type},
    {"another name", other_name},
    {"no question, records only", no_question},
    {"claims two questions", two_questions},
    {"a lone header with FORMERR", lone_formerr},
    {"a lone header with SERVFAIL", lone_servfail},
    {"cut off in the last record", cut_off},
    {"half a header", half_a_header},
    {"an empty datagram", empty},
    {"a name that points to itself", pointer_to_itself},
    {"more records counted than there are", more_records_than_there_are},
    {"rdata of A with three octets", rdata_of_wrong_size},
    {"a client cookie that is not ours", cookie_of_another},
};

static void false_first_answers_are_dropped(void **state)
{
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(false_answers); i++) {
        struct reply reply, spoilt;

        bench_ask(bench);
        reply = good_reply(bench);
        spoilt = reply;
        spoilt.octets[spoilt.size - 1] = 99; /* the lie: another address */
        false_answers[i].spoil(&spoilt);
        deliver(bench, &spoilt);
        if (bench->done != 0 || bench->paper.datagram == NULL)
            fail_msg("taken for the answer: %s", false_answers[i].why);
        paper_pass(&bench->paper, 10);
        if (bench->done != 0)
            fail_msg("ended the wait: %s", false_answers[i].why);
        deliver(bench, &reply);
        assert_answered(bench);
        if (bench->ask.wrong_answers != 1)
            fail_msg("not counted: %s", false_answers[i].why);
    }
}

static void datagrams_of_others_are_dropped(void **state)
{
    struct bench *bench = *state;
    struct addr other = bench->ask.server;
    struct reply reply;

    bench_ask(bench);
    reply = good_reply(bench);
    other.port = 5353;
    paper_datagram(&bench->paper, slice_of(reply.octets, reply.size), &other);
    assert_int_equal(bench->done, 0);
    assert_int_equal(exchange_stats(bench->exchange)->wrong_source, 1);
    deliver(bench, &reply);
    assert_answered(bench);
    bench_ask(bench);
    reply = good_reply(bench);
    other = bench->ask.server;
    other.bytes[3]++;
    paper_datagram(&bench->paper, slice_of(reply.octets, reply.size), &other);
    assert_int_equal(bench->done, 0);
    deliver(bench, &reply);
    assert_answered(bench);
}

/* RFC 5452 in spirit: who is being lied to asks where lying is harder. */
static void two_lies_lead_to_tcp(void **state)
{
    struct bench *bench = *state;
    struct reply reply, lie;

    bench_ask(bench);
    lie = good_reply(bench);
    wrong_id(&lie);
    deliver(bench, &lie);
    assert_int_equal(bench->paper.connects, 0);
    deliver(bench, &lie);
    assert_int_equal(bench->paper.connects, 1);
    assert_non_null(bench->paper.datagram); /* a forger cannot end UDP either */
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.transport, TRANSPORT_TCP);
    assert_int_equal(bench->ask.wrong_answers, 2);
}

static void udp_wins_when_tcp_fails_after_lies(void **state)
{
    struct bench *bench = *state;
    struct reply reply, lie;

    bench_ask(bench);
    reply = good_reply(bench);
    lie = reply;
    wrong_id(&lie);
    deliver(bench, &lie);
    deliver(bench, &lie);
    paper_break(&bench->paper, 0, ECONNREFUSED);
    assert_int_equal(bench->done, 0);
    deliver(bench, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.transport, TRANSPORT_UDP);
}

static void only_lies_end_in_time(void **state)
{
    struct bench *bench = *state;
    struct reply lie;

    bench_ask(bench);
    lie = good_reply(bench);
    other_name(&lie);
    deliver(bench, &lie);
    deliver(bench, &lie);
    paper_break(&bench->paper, 0, ECONNREFUSED);
    for (int i = 0; i < 100 && bench->paper.datagram != NULL; i++)
        deliver(bench, &lie);
    assert_null(bench->paper.datagram); /* a flood is not listened to for long */
    paper_pass(&bench->paper, 400);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.verdict, UPSTREAM_TIMEOUT);
    assert_int_equal(traced(bench, TRACE_WRONG_QUESTION), 1);
    assert_int_equal(traced(bench, TRACE_TIMEOUT), 0);
}

/* unwanted-reply-threshold: a forger at work is told to whoever keeps caches, and TCP is used.
 */
static void many_lies_are_a_flood(void **state)
{
    struct bench *bench = *state;
    struct reply reply, lie;

    bench->options.unwanted_reply_threshold = 3;
    for (unsigned i = 1; i <= 3; i++) {
        bench_ask(bench);
        reply = good_reply(bench);
        lie = reply;
        wrong_id(&lie);
        deliver(bench, &lie);
        assert_int_equal(bench->paper.connects, i == 3 ? 1 : 0);
        assert_int_equal(exchange_take_flood(bench->exchange), i == 3);
        deliver(bench, &reply);
        assert_answered(bench);
    }
    assert_false(exchange_take_flood(bench->exchange));
}

/* ---- 0x20 -----------------------------------------------------------------------------------
 */

static void case_is_mixed_and_compared(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    assert_memory_not_equal(bench->paper.sent + HEADER_SIZE, example, EXAMPLE_SIZE);
    reply = good_reply(bench);
    memcpy(reply.octets + HEADER_SIZE, example, EXAMPLE_SIZE);
    deliver(bench, &reply);
    assert_answered(bench); /* handed up: what it is worth is the iterator's to say */
    assert_true(bench->ask.case_failed);
    bench->ask.no_case_change = true;
    bench_ask(bench);
    assert_memory_equal(bench->paper.sent + HEADER_SIZE, example, EXAMPLE_SIZE);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
    assert_false(bench->ask.case_failed);
}

static void case_is_left_alone_where_it_is_known_to_fail(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    infra_note(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms,
               INFRA_CASE_LAME);
    bench_ask(bench);
    assert_memory_equal(bench->paper.sent + HEADER_SIZE, example, EXAMPLE_SIZE);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
}

static void case_exempt_names(void **state)
{
    struct bench *bench = *state;
    struct opt_item item = {.text = "org"};

    bench->options.caps_exempt = (struct opt_list){1, &item};
    bench_new_exchange(bench);
    bench_ask(bench);
    assert_memory_equal(bench->paper.sent + HEADER_SIZE, example, EXAMPLE_SIZE);
    exchange_upstream(bench->exchange)
        ->withdraw(exchange_upstream(bench->exchange), &bench->ask);
}

/* ---- EDNS (RFC 6891 section 7) --------------------------------------------------------------
 */

static void formerr_without_opt_means_no_edns(void **state)
{
    static const uint8_t rcodes[] = {RCODE_FORMERR, RCODE_NOTIMP};
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(rcodes); i++) {
        struct reply reply;
        struct infra known;

        bench->ask.server.bytes[3]++;
        bench_ask(bench);
        reply = short_reply(bench, rcodes[i]);
        deliver(bench, &reply);
        assert_int_equal(bench->done, 0);
        assert_int_equal(bytes_u16(bench->paper.sent + 10), 0); /* asked again without OPT */
        reply = good_reply(bench);
        deliver(bench, &reply);
        assert_answered(bench);
        assert_true(bench->ask.without_edns);
        infra_get(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms,
                  &known);
        assert_int_equal(known.edns, INFRA_EDNS_NONE);
        bench_ask(bench);
        assert_int_equal(bytes_u16(bench->paper.sent + 10), 0); /* remembered */
        reply = good_reply(bench);
        deliver(bench, &reply);
        assert_answered(bench);
    }
    assert_int_equal(bench->paper.sends, 6);
}

static void formerr_with_opt_is_the_answer(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    reply = short_reply(bench, RCODE_FORMERR);
    add_opt(&reply, 0, slice_of(NULL, 0));
    deliver(bench, &reply);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.verdict, UPSTREAM_ANSWERED);
    assert_int_equal(bench->ask.message.rcode, RCODE_FORMERR);
    assert_int_equal(bench->paper.sends, 1);
}

static void formerr_twice_is_not_about_edns(void **state)
{
    struct bench *bench = *state;
    struct reply reply;
    struct infra known;

    bench_ask(bench);
    reply = short_reply(bench, RCODE_FORMERR);
    deliver(bench, &reply);
    reply = short_reply(bench, RCODE_FORMERR);
    deliver(bench, &reply);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.message.rcode, RCODE_FORMERR);
    assert_int_equal(bench->paper.sends, 2);
    infra_get(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms, &known);
    assert_int_equal(known.edns, INFRA_EDNS_UNKNOWN);
}

static void badvers_is_asked_without_edns(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    reply = short_reply(bench, 0);
    add_opt(&reply, RCODE_BADVERS >> 4, slice_of(NULL, 0));
    deliver(bench, &reply);
    assert_int_equal(bench->done, 0);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
    assert_true(bench->ask.without_edns);
}

/* The lone header may be forged; so it is believed only when nothing better came. */
static void lone_formerr_counts_at_the_end(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    reply = good_reply(bench);
    lone_formerr(&reply);
    deliver(bench, &reply);
    paper_pass(&bench->paper, 399);
    assert_int_equal(bench->paper.sends, 1);
    paper_pass(&bench->paper, 1);
    assert_int_equal(bench->paper.sends, 2);
    assert_int_equal(bytes_u16(bench->paper.sent + 10), 0);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
}

static void silence_says_nothing_about_edns(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < 3; i++) {
        bench_ask(bench);
        assert_int_equal(bytes_u16(bench->paper.sent + 10), 1);
        paper_pass(&bench->paper, 400);
        assert_int_equal(bench->ask.verdict, UPSTREAM_TIMEOUT);
    }
}

/* ---- cookies (RFC 7873) ---------------------------------------------------------------------
 */

static struct reply with_cookie(struct bench *bench, struct reply reply, uint8_t rcode_high,
                                uint8_t filling)
{
    struct slice cookie = sent_cookie(bench->paper.sent, bench->paper.sent_size);
    uint8_t option[4 + 16] = {0, 10, 0, 16};

    memcpy(option + 4, cookie.data, 8);
    memset(option + 12, filling, 8);
    add_opt(&reply, rcode_high, slice_of(option, sizeof(option)));
    return reply;
}

static void server_cookie_is_kept_and_expected(void **state)
{
    struct bench *bench = *state;
    struct reply reply;
    uint8_t first[8];
    struct slice cookie;

    bench_ask(bench);
    memcpy(first, sent_cookie(bench->paper.sent, bench->paper.sent_size).data, 8);
    reply = with_cookie(bench, good_reply(bench), 0, 7);
    deliver(bench, &reply);
    assert_answered(bench);
    bench_ask(bench);
    cookie = sent_cookie(bench->paper.sent, bench->paper.sent_size);
    assert_int_equal(cookie.size, 16);
    assert_memory_equal(cookie.data, first, 8);
    assert_int_equal(cookie.data[8], 7);
    /* Section 5.3: now a reply without a cookie is not the server's. */
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_int_equal(bench->done, 0);
    assert_int_equal(bench->paper.connects, 1);
    reply = with_cookie(bench, good_reply(bench), 0, 7);
    deliver(bench, &reply);
    assert_answered(bench);
}

static void lost_cookies_are_found_out_over_tcp(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    reply = with_cookie(bench, good_reply(bench), 0, 7);
    deliver(bench, &reply);
    bench_ask(bench);
    reply = good_reply(bench);
    deliver(bench, &reply);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    bench_ask(bench); /* the server has lost its cookies; that is known now */
    assert_int_equal(sent_cookie(bench->paper.sent, bench->paper.sent_size).size, 8);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
}

static void bad_cookie_once_more_then_tcp(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    reply =
        with_cookie(bench, short_reply(bench, RCODE_BADCOOKIE & 0xf), RCODE_BADCOOKIE >> 4, 8);
    deliver(bench, &reply);
    assert_int_equal(bench->done, 0);
    assert_int_equal(bench->paper.sends, 2);
    assert_int_equal(sent_cookie(bench->paper.sent, bench->paper.sent_size).data[8], 8);
    reply =
        with_cookie(bench, short_reply(bench, RCODE_BADCOOKIE & 0xf), RCODE_BADCOOKIE >> 4, 9);
    deliver(bench, &reply);
    assert_int_equal(bench->done, 0);
    assert_int_equal(bench->paper.sends, 2);
    assert_int_equal(bench->paper.connects, 1);
    assert_null(bench->paper.datagram);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_int_equal(bench->ask.verdict, UPSTREAM_ANSWERED);
}

/* ---- TC and TCP -----------------------------------------------------------------------------
 */

static void truncated_goes_to_tcp(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench_ask(bench);
    reply = good_reply(bench);
    reply.octets[2] |= 2;
    reply.size -= 5; /* cut anywhere: with TC nothing of it is read */
    deliver(bench, &reply);
    assert_int_equal(bench->done, 0);
    assert_null(bench->paper.datagram);
    assert_int_equal(bench->paper.connects, 1);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.transport, TRANSPORT_TCP);
    assert_int_equal(traced(bench, TRACE_SENT), 2);
}

static void truncated_and_no_tcp(void **state)
{
    static const int errors[] = {ECONNREFUSED, ECONNRESET, 0, ETIMEDOUT};
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(errors); i++) {
        struct reply reply;

        bench_ask(bench);
        reply = good_reply(bench);
        reply.octets[2] |= 2;
        deliver(bench, &reply);
        if (errors[i] == ETIMEDOUT) {
            paper_pass(&bench->paper, 5000);
        } else {
            paper_break(&bench->paper, (unsigned)i, errors[i]);
            paper_pass(&bench->paper, 0);
        }
        assert_int_equal(bench->done, 1);
        assert_int_equal(bench->ask.verdict, UPSTREAM_TC_NO_TCP);
    }
    assert_int_equal(traced(bench, TRACE_TC_NO_TCP), COUNT(errors));
}

static void connection_is_used_again(void **state)
{
    struct bench *bench = *state;
    struct reply reply;
    uint32_t connects;

    bench->ask.want_tcp = true;
    bench_ask(bench);
    assert_int_equal(bench->paper.sends, 0);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    connects = bench->ask.budget->left[COST_CONNECTS];
    bench_ask(bench);
    assert_int_equal(bench->paper.connects, 1);
    assert_int_equal(bench->ask.budget->left[COST_CONNECTS], connects);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    /* RFC 7766 section 6.2.4: the server may close it just as we ask; then a fresh one is made.
     */
    bench_ask(bench);
    paper_break(&bench->paper, 0, 0);
    assert_int_equal(bench->done, 0);
    assert_int_equal(bench->paper.connects, 2);
    paper_open(&bench->paper, 1);
    reply = stream_reply(bench, 1);
    deliver_stream(bench, 1, &reply);
    assert_answered(bench);
}

static void garbage_over_tcp(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench->ask.want_tcp = true;
    bench_ask(bench);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    cut_off(&reply);
    deliver_stream(bench, 0, &reply);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.verdict, UPSTREAM_MALFORMED);
    bench_ask(bench);
    reply = stream_reply(bench, 0);
    other_type(&reply);
    deliver_stream(bench, 0, &reply);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->ask.verdict, UPSTREAM_MALFORMED);
}

static void tls_where_wanted(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench->ask.tls_name = "dns.example";
    bench_ask(bench);
    assert_true(bench->paper.streams[0].tls);
    assert_string_equal(bench->paper.streams[0].tls_name, "dns.example");
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.transport, TRANSPORT_TLS);
    bench->ask.tls_name = "other.example"; /* another name, another connection */
    bench_ask(bench);
    assert_int_equal(bench->paper.connects, 2);
    paper_break(&bench->paper, 1, EPROTO);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->ask.verdict, UPSTREAM_TLS_ERROR);
    assert_int_equal(traced(bench, TRACE_TLS), 1);
}

/* ---- failures of our side and of the network ------------------------------------------------
 */

static void icmp_is_a_net_error(void **state)
{
    struct bench *bench = *state;

    bench_ask(bench);
    paper_icmp(&bench->paper, ECONNREFUSED);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.verdict, UPSTREAM_NET_ERROR);
    assert_int_equal(bench->ask.error, ECONNREFUSED);
    assert_int_equal(traced(bench, TRACE_REFUSED_CONNECTION), 1);
    bench_ask(bench);
    paper_icmp(&bench->paper, EHOSTUNREACH);
    assert_int_equal(traced(bench, TRACE_UNREACHABLE), 1);
}

static void what_cannot_be_sent_is_told_later(void **state)
{
    static const struct {
        enum status status;
        int error;
        enum upstream_verdict verdict;
    } cases[] = {
        {STATUS_SYSTEM, ENETUNREACH, UPSTREAM_NET_ERROR},
        {STATUS_LIMIT, 0, UPSTREAM_NO_RESOURCE},
        {STATUS_NO_MEMORY, 0, UPSTREAM_NO_RESOURCE},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct infra known;

        bench->paper.send_status = cases[i].status;
        bench->paper.send_errno = cases[i].error;
        bench_ask(bench);
        paper_pass(&bench->paper, 0);
        assert_int_equal(bench->done, 1);
        assert_int_equal(bench->ask.verdict, cases[i].verdict);
        infra_get(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms,
                  &known);
        assert_int_equal(known.timeouts_in_row, 0); /* not the server's fault */
    }
}

static void families_that_are_off(void **state)
{
    struct bench *bench = *state;

    bench->options.do_ip4 = false;
    bench_ask(bench);
    assert_int_equal(bench->paper.sends, 0);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->ask.verdict, UPSTREAM_NET_ERROR);
    bench->options.do_ip6 = false;
    bench->ask.server = addr_ip6((const uint8_t[16]){0x20, 1, 0xd, 0xb8}, 53);
    bench_ask(bench);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->ask.verdict, UPSTREAM_NET_ERROR);
    assert_int_equal(bench->paper.sends, 0);
}

static void nothing_is_sent_without_budget(void **state)
{
    struct bench *bench = *state;

    bench->ask.budget->left[COST_SENDS] = 0;
    bench_ask(bench);
    assert_int_equal(bench->paper.sends, 0);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->ask.verdict, UPSTREAM_LIMIT);
    bench->ask.budget->left[COST_SENDS] = 9;
    bench->ask.budget->left[COST_CONNECTS] = 0;
    bench->ask.want_tcp = true;
    bench_ask(bench);
    assert_int_equal(bench->paper.connects, 0);
    paper_pass(&bench->paper, 0);
    assert_int_equal(bench->ask.verdict, UPSTREAM_LIMIT);
}

static void leaves_from_the_address_configured(void **state)
{
    struct bench *bench = *state;
    struct opt_item items[] = {{.text = "198.51.100.7"}, {.text = "2001:db8::/64"}};

    bench->options.outgoing_interface = (struct opt_list){2, items};
    bench_new_exchange(bench);
    bench_ask(bench);
    assert_true(bench->paper.has_from);
    assert_int_equal(bench->paper.from.bytes[3], 7);
    paper_pass(&bench->paper, 400);
    bench->ask.server = addr_ip6((const uint8_t[16]){0x20, 1, 0xd, 0xb8}, 53);
    bench_ask(bench);
    assert_memory_equal(bench->paper.from.bytes, bench->ask.server.bytes, 8);
    assert_memory_not_equal(bench->paper.from.bytes + 8, bench->ask.server.bytes + 8, 8);
    paper_pass(&bench->paper, 400);
    assert_int_equal(bench->done, 1);
}

/* ---- withdrawing at every stage (ASan and the worlds' asserts are the judges)
 * ---------------- */

static void withdrawn_at_each_stage(void **state)
{
    enum { SENT, LIED_TO, TRUNCATED, TCP_OPEN, ASKED_PLAIN, FAILING, STAGES };
    struct bench *bench = *state;
    struct upstream *upstream = exchange_upstream(bench->exchange);

    for (int stage = 0; stage < STAGES; stage++) {
        struct reply reply;

        bench->paper.send_status = stage == FAILING ? STATUS_NO_MEMORY : STATUS_OK;
        bench_ask(bench);
        reply = good_reply(bench);
        if (stage == LIED_TO) {
            wrong_id(&reply);
            deliver(bench, &reply);
            deliver(bench, &reply);
        } else if (stage == TRUNCATED || stage == TCP_OPEN) {
            reply.octets[2] |= 2;
            deliver(bench, &reply);
            if (stage == TCP_OPEN)
                paper_open(&bench->paper, bench->paper.connects - 1);
        } else if (stage == ASKED_PLAIN) {
            reply = short_reply(bench, RCODE_FORMERR);
            deliver(bench, &reply);
        }
        upstream->withdraw(upstream, &bench->ask);
        upstream->withdraw(upstream, &bench->ask); /* no effect */
        assert_null(bench->ask.handle);
        assert_null(bench->paper.datagram);
        paper_pass(&bench->paper, 100000);
        assert_int_equal(bench->done, 0);
    }
}

/* ---- late answers ---------------------------------------------------------------------------
 */

static void told_overdue(struct upstream_ask *ask)
{
    struct bench *bench = ask->owner;

    bench->overdue++;
    assert_int_equal(ask->verdict, UPSTREAM_TIMEOUT);
}

static void ask_patiently(struct bench *bench)
{
    bench->overdue = 0;
    bench->ask.overdue = told_overdue;
    bench->ask.patience_ms = 1000;
    bench_ask(bench);
}

static struct infra known_of(struct bench *bench)
{
    struct infra known;

    infra_get(bench->infra, &bench->ask.server, bench->ask.zone, bench->paper.now_ms, &known);
    return known;
}

static void a_late_answer_is_taken(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    ask_patiently(bench);
    paper_pass(&bench->paper, 399);
    assert_int_equal(bench->overdue, 0);
    paper_pass(&bench->paper, 1);
    assert_int_equal(bench->overdue, 1);
    assert_int_equal(bench->done, 0);
    assert_int_equal(traced(bench, TRACE_TIMEOUT), 1); /* noted like any other */
    assert_int_equal(known_of(bench).timeouts_in_row, 1);
    paper_pass(&bench->paper, 999);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
    assert_int_equal(bench->overdue, 1);
    assert_int_equal(known_of(bench).timeouts_in_row, 0);
    assert_int_equal(known_of(bench).srtt_ms, 1399);
}

static void patience_ends(void **state)
{
    struct bench *bench = *state;

    ask_patiently(bench);
    paper_pass(&bench->paper, 1399);
    assert_int_equal(bench->done, 0);
    paper_pass(&bench->paper, 1);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->ask.verdict, UPSTREAM_TIMEOUT);
    assert_null(bench->paper.datagram);
    assert_int_equal(traced(bench, TRACE_TIMEOUT), 1); /* once, not twice */
    assert_int_equal(known_of(bench).timeouts_in_row, 1);
    assert_int_equal(exchange_stats(bench->exchange)->timeouts, 1);
}

static void who_is_overdue_can_be_withdrawn(void **state)
{
    struct bench *bench = *state;
    struct upstream *upstream = exchange_upstream(bench->exchange);

    ask_patiently(bench);
    paper_pass(&bench->paper, 400);
    upstream->withdraw(upstream, &bench->ask);
    assert_null(bench->paper.datagram);
    paper_pass(&bench->paper, 10000);
    assert_int_equal(bench->done, 0);
}

/* Lies came, and TCP was to tell: that is no matter of waiting. */
static void lies_are_not_waited_for(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench->options.do_tcp = false;
    ask_patiently(bench);
    reply = good_reply(bench);
    reply.octets[0] ^= 1;
    deliver(bench, &reply);
    paper_pass(&bench->paper, 400);
    assert_int_equal(bench->overdue, 0);
    assert_int_equal(bench->done, 1);
}

static void rather_tcp_than_udp(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench->ask.rather_tcp = true;
    ask_patiently(bench);
    assert_int_equal(bench->paper.sends, 0);
    assert_int_equal(bench->paper.connects, 1);
    paper_pass(&bench->paper, 800); /* a connection takes a round trip more */
    assert_int_equal(bench->overdue, 1);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.transport, TRANSPORT_TCP);
}

static void udp_where_tcp_is_refused(void **state)
{
    struct bench *bench = *state;
    struct reply reply;

    bench->ask.rather_tcp = true;
    ask_patiently(bench);
    paper_break(&bench->paper, 0, ECONNREFUSED);
    assert_int_equal(bench->done, 0);
    assert_int_equal(bench->paper.sends, 1);
    reply = good_reply(bench);
    deliver(bench, &reply);
    assert_answered(bench);
    assert_int_equal(bench->ask.transport, TRANSPORT_UDP);
    assert_int_equal(bench->paper.connects, 1);
}

/* Sockets are first of all for questions whose answer is still expected. */
static void the_overdue_give_way(void **state)
{
    struct bench *bench = *state;
    struct upstream *upstream = exchange_upstream(bench->exchange);
    struct upstream_ask second = bench->ask;

    ask_patiently(bench);
    paper_pass(&bench->paper, 400);
    bench->paper.one_socket = true;
    assert_int_equal(upstream->ask(upstream, &second), STATUS_OK);
    assert_int_equal(bench->paper.sends, 2);
    assert_non_null(bench->paper.datagram);
    paper_pass(&bench->paper, 399);
    assert_int_equal(bench->done, 0);
    upstream->withdraw(upstream, &second);
    upstream->withdraw(upstream, &bench->ask);
}

/* ---- who looks on -------------------------------------------------------------------------- */

struct watcher {
    struct upstream_tap tap; /* first */
    unsigned count;
    struct {
        bool is_answer;
        struct upstream_shown shown;
        int64_t sent;
        struct reply octets;
    } seen[8];
};

static void watch(struct upstream_tap *tap, const struct upstream_shown *shown, struct slice octets,
                  bool is_answer, int64_t sent)
{
    struct watcher *watcher = (struct watcher *)tap;

    assert_true(watcher->count < COUNT(watcher->seen));
    watcher->seen[watcher->count].is_answer = is_answer;
    watcher->seen[watcher->count].shown = *shown;
    watcher->seen[watcher->count].sent = sent;
    append(&watcher->seen[watcher->count++].octets, octets.data, octets.size);
}

static int64_t see_question(struct upstream_tap *tap, const struct upstream_shown *shown,
                            struct slice octets)
{
    watch(tap, shown, octets, false, 0);
    return 1000 + ((struct watcher *)tap)->count;
}

static void see_answer(struct upstream_tap *tap, const struct upstream_shown *shown,
                       struct slice octets, int64_t sent)
{
    watch(tap, shown, octets, true, sent);
}

static struct addr name_of_datagram(struct world *world, const struct datagram_waiter *waiter)
{
    (void)world;
    assert_non_null(waiter->handle);
    return addr_ip4((const uint8_t *)"\300\0\2\1", 1111);
}

static struct addr name_of_stream(struct world *world, const struct stream_waiter *waiter)
{
    (void)world;
    assert_non_null(waiter->handle);
    return addr_ip4((const uint8_t *)"\300\0\2\1", 2222);
}

/* Questions as they went out, answers as they came, each with the time of its own question; lies not. */
static void who_looks_on_sees_what_counts(void **state)
{
    struct bench *bench = *state;
    struct watcher watcher = {.tap = {see_question, see_answer}};
    const struct paper_stream *stream = &bench->paper.streams[0];
    struct reply reply, lie;

    bench->paper.world.datagram_name = name_of_datagram;
    bench->paper.world.stream_name = name_of_stream;
    exchange_set_tap(bench->exchange, &watcher.tap);
    bench_ask(bench);
    lie = good_reply(bench);
    lie.octets[0] ^= 1;
    deliver(bench, &lie);
    reply = good_reply(bench);
    reply.octets[2] |= 2; /* TC */
    deliver(bench, &reply);
    paper_open(&bench->paper, 0);
    reply = stream_reply(bench, 0);
    deliver_stream(bench, 0, &reply);
    assert_answered(bench);
    assert_int_equal(watcher.count, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct upstream_shown *shown = &watcher.seen[i].shown;

        assert_int_equal(watcher.seen[i].is_answer, i % 2);
        assert_int_equal(shown->transport, i < 2 ? TRANSPORT_UDP : TRANSPORT_TCP);
        assert_int_equal(shown->ours.port, i < 2 ? 1111 : 2222);
        assert_true(addr_equal(&shown->server, &bench->ask.server));
        assert_true(dname_equal(shown->zone, bench->ask.zone));
        assert_int_equal(shown->is_forwarder, bench->ask.recursion_desired);
    }
    assert_int_equal(watcher.seen[1].sent, 1001);
    assert_int_equal(watcher.seen[3].sent, 1003);
    assert_memory_equal(watcher.seen[0].octets.octets, bench->paper.sent,
                        watcher.seen[0].octets.size);
    /* The id is the connection's. */
    assert_int_equal(stream->used, watcher.seen[2].octets.size + 2);
    assert_memory_equal(watcher.seen[2].octets.octets, stream->octets + 2, stream->used - 2);
    assert_int_equal(watcher.seen[3].octets.size, reply.size);
    assert_memory_equal(watcher.seen[3].octets.octets, reply.octets, reply.size);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(asks_and_is_answered),
        T(a_late_answer_is_taken),
        T(patience_ends),
        T(who_is_overdue_can_be_withdrawn),
        T(lies_are_not_waited_for),
        T(rather_tcp_than_udp),
        T(udp_where_tcp_is_refused),
        T(the_overdue_give_way),
        T(who_looks_on_sees_what_counts),
        T(flags_as_asked),
        T(silence_is_a_timeout),
        T(false_first_answers_are_dropped),
        T(datagrams_of_others_are_dropped),
        T(two_lies_lead_to_tcp),
        T(udp_wins_when_tcp_fails_after_lies),
        T(only_lies_end_in_time),
        T(many_lies_are_a_flood),
        T(case_is_mixed_and_compared),
        T(case_is_left_alone_where_it_is_known_to_fail),
        T(case_exempt_names),
        T(formerr_without_opt_means_no_edns),
        T(formerr_with_opt_is_the_answer),
        T(formerr_twice_is_not_about_edns),
        T(badvers_is_asked_without_edns),
        T(lone_formerr_counts_at_the_end),
        T(silence_says_nothing_about_edns),
        T(server_cookie_is_kept_and_expected),
        T(lost_cookies_are_found_out_over_tcp),
        T(bad_cookie_once_more_then_tcp),
        T(truncated_goes_to_tcp),
        T(truncated_and_no_tcp),
        T(connection_is_used_again),
        T(garbage_over_tcp),
        T(tls_where_wanted),
        T(icmp_is_a_net_error),
        T(what_cannot_be_sent_is_told_later),
        T(families_that_are_off),
        T(nothing_is_sent_without_budget),
        T(leaves_from_the_address_configured),
        T(withdrawn_at_each_stage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
