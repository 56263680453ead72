/*
 * exchange_tcp_test.c - one question to one server over TCP or TLS, and answers that come late.
 */
#include "services/upstream/exchange_bench_test.h"

/* ---- TC and TCP ---- */

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

/* ---- late answers ---- */

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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_late_answer_is_taken),
        T(patience_ends),
        T(who_is_overdue_can_be_withdrawn),
        T(lies_are_not_waited_for),
        T(rather_tcp_than_udp),
        T(udp_where_tcp_is_refused),
        T(the_overdue_give_way),
        T(truncated_goes_to_tcp),
        T(truncated_and_no_tcp),
        T(connection_is_used_again),
        T(garbage_over_tcp),
        T(tls_where_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
