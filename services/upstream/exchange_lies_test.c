/*
 * exchange_lies_test.c - false answers, and what tells them from the server's: source, id,
 * question, case of letters, cookies.
 */
#include "services/upstream/exchange_bench_test.h"

/* ---- false answers ---- */

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
static void lone_servfail(struct reply *reply)
{
    memset(reply->octets + 4, 0, 8);
    reply->octets[3] = RCODE_SERVFAIL;
    reply->size = HEADER_SIZE;
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

/* ---- 0x20 ---- */

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

/* ---- cookies (RFC 7873) ---- */

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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(false_first_answers_are_dropped),
        T(datagrams_of_others_are_dropped),
        T(two_lies_lead_to_tcp),
        T(udp_wins_when_tcp_fails_after_lies),
        T(only_lies_end_in_time),
        T(many_lies_are_a_flood),
        T(case_is_mixed_and_compared),
        T(case_is_left_alone_where_it_is_known_to_fail),
        T(case_exempt_names),
        T(server_cookie_is_kept_and_expected),
        T(lost_cookies_are_found_out_over_tcp),
        T(bad_cookie_once_more_then_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
