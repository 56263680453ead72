/*
 * exchange_test.c - one question to one server: what is sent, EDNS, failures of our side and of
 * the network, and who looks on. False answers are in exchange_lies_test.c, TCP and lateness in
 * exchange_tcp_test.c.
 */
#include "services/upstream/exchange_bench_test.h"

/* ---- the plain way ---- */

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

/* ---- EDNS (RFC 6891 section 7) ---- */

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

/* ---- failures of our side and of the network ---- */

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

/* ---- withdrawing at every stage (ASan and the worlds' asserts are the judges) ---- */

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

/* ---- who looks on ---- */

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

/* Questions as they went out, answers as they came, each with the time of its own question;
 * lies not. */
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
        T(who_looks_on_sees_what_counts),
        T(flags_as_asked),
        T(silence_is_a_timeout),
        T(formerr_without_opt_means_no_edns),
        T(formerr_with_opt_is_the_answer),
        T(formerr_twice_is_not_about_edns),
        T(badvers_is_asked_without_edns),
        T(lone_formerr_counts_at_the_end),
        T(silence_says_nothing_about_edns),
        T(icmp_is_a_net_error),
        T(what_cannot_be_sent_is_told_later),
        T(families_that_are_off),
        T(nothing_is_sent_without_budget),
        T(leaves_from_the_address_configured),
        T(withdrawn_at_each_stage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
