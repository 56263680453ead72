/*
 * pace_test.c - who asks too fast: whom he is counted with, what he gets, and who is not in his
 * way.
 */
#include "services/client/bench_test.h"

static const char name[] = "www.example. A";

/* How many of so many questions of that client are answered at all; the last answer is kept. */
static unsigned ask_often(const char *client, unsigned times)
{
    unsigned answers = 0;

    for (unsigned i = 0; i < times; i++) {
        receive_from(client, make_packet(name, FLAG_RD, WITH_EDNS, slice_of(NULL, 0)));
        if (paper_channel.count > 0) {
            answer();
            answers++;
        }
    }
    return answers;
}

static void limit_to(uint32_t most, uint32_t slip)
{
    bench.options.ip_ratelimit = most;
    bench.options.ip_ratelimit_slip = slip;
    apply("::0/0 allow", NULL, NULL);
}

static const struct {
    const char *why, *one, *other;
    uint32_t bits4, bits6;
    bool together;
} netblocks[] = {
    {"two hosts", "127.0.0.1", "127.0.0.2", 32, 64, false},
    {"two hosts of a /24, counted as one", "127.0.0.1", "127.0.0.200", 24, 64, true},
    {"two /24", "127.0.0.1", "127.0.1.1", 24, 64, false},
    {"a /64 has many hosts", "2001:db8::1", "2001:db8::ffff:1", 32, 64, true},
    {"two /64", "2001:db8::1", "2001:db8:0:1::1", 32, 64, false},
    {"a /56", "2001:db8::1", "2001:db8:0:ff::1", 32, 56, true},
    {"hosts, where the prefix is a host's", "2001:db8::1", "2001:db8::2", 32, 128, false},
    {"ports do not matter", "127.0.0.1", "127.0.0.1@99", 32, 64, true},
};

static void clients_are_netblocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(netblocks); i++) {
        bench.options.ip_ratelimit_ipv4_prefix = netblocks[i].bits4;
        bench.options.ip_ratelimit_ipv6_prefix = netblocks[i].bits6;
        limit_to(3, 0);
        assert_int_equal(ask_often(netblocks[i].one, 10), 3);
        if (ask_often(netblocks[i].other, 10) != (netblocks[i].together ? 0 : 3))
            fail_msg("%s", netblocks[i].why);
    }
}

static void as_many_a_second_as_allowed(void **state)
{
    (void)state;
    limit_to(5, 0);
    assert_int_equal(ask_often("127.0.0.1", 20), 5);
    paper.now_ms += 1000;
    assert_int_equal(ask_often("127.0.0.1", 20), 5);
    assert_int_equal(request_stats(bench.service)->rate_limited, 30);
    assert_int_equal(request_stats(bench.service)->dropped[DROP_RATE], 30);
}

static void some_slip_with_tc(void **state)
{
    unsigned answers;

    (void)state;
    limit_to(1, 2);
    assert_int_equal(ask_often("127.0.0.1", 1), 1);
    answers = ask_often("127.0.0.1", 400);
    assert_in_range(answers, 150, 250);
    assert_int_equal(request_stats(bench.service)->slipped, answers);
    assert_true((bench.back.flags & FLAG_TC) != 0);
    assert_int_equal(bench.back.rcode, RCODE_NOERROR);
    assert_int_equal(message_rrsets(&bench.back), 0);
    limit_to(1, 1);
    assert_int_equal(ask_often("127.0.0.1", 50), 50); /* each of them, so wished */
}

static void some_pass_all_the_same(void **state)
{
    (void)state;
    bench.options.ip_ratelimit_factor = 4;
    limit_to(1, 0);
    assert_in_range(ask_often("127.0.0.1", 401), 60, 140);
    assert_int_equal(bench.back.count[SECTION_ANSWER], 1);
    bench.options.ip_ratelimit_factor = 1;
    limit_to(1, 0);
    assert_int_equal(ask_often("127.0.0.1", 50), 50);
}

static void backoff_waits_for_less(void **state)
{
    (void)state;
    bench.options.ip_ratelimit_backoff = true;
    limit_to(5, 0);
    assert_int_equal(ask_often("127.0.0.1", 100), 5);
    paper.now_ms += 1000;
    assert_int_equal(ask_often("127.0.0.1", 5), 0);
    paper.now_ms += 3000;
    assert_int_equal(ask_often("127.0.0.1", 5), 5);
}

/* RFC 7873 section 5.2.3: who speaks of cookies is given one; with it he is not limited. */
static void cookies_exempt(void **state)
{
    uint8_t shown[COOKIE_SIZE] = "8 octets";

    (void)state;
    bench.options.answer_cookie = true;
    limit_to(1, 1);
    assert_int_equal(ask_often("127.0.0.1", 1), 1);
    receive_from("127.0.0.1", make_packet(name, FLAG_RD, WITH_EDNS, slice_of(shown, 8)));
    assert_int_equal(answer()->rcode, RCODE_BADCOOKIE);
    assert_int_equal(bench.back.edns.options[0].code, EDNS_COOKIE);
    memcpy(shown, bench.back.edns.options[0].data.data, COOKIE_SIZE);
    for (int i = 0; i < 50; i++) {
        receive_from("127.0.0.1",
                     make_packet(name, FLAG_RD, WITH_EDNS, slice_of(shown, COOKIE_SIZE)));
        assert_int_equal(answer()->rcode, RCODE_NOERROR);
        assert_int_equal(bench.back.count[SECTION_ANSWER], 1);
    }
    assert_int_equal(request_stats(bench.service)->cookies[COOKIE_GOOD], 50);
    assert_int_equal(request_stats(bench.service)->cookies[COOKIE_CLIENT_ONLY], 1);
}

static void connections_have_a_limit_of_their_own(void **state)
{
    (void)state;
    bench.options.ip_ratelimit_cookie = 3;
    limit_to(1, 0);
    assert_int_equal(ask_often("127.0.0.1", 10), 1);
    paper_channel.channel.transport = TRANSPORT_TCP;
    for (int i = 0; i < 6; i++) {
        receive_from("127.0.0.1", make_packet(name, FLAG_RD, WITH_EDNS, slice_of(NULL, 0)));
        assert_int_equal(answer()->rcode, i < 3 ? RCODE_NOERROR : RCODE_REFUSED);
    }
    expect_ede(0, EDE_PROHIBITED, "limit=rate for www.example/A");
}

/* The fast way of hits keeps to the limit, and counts each question once. */
static void the_lane_keeps_the_limit(void **state)
{
    (void)state;
    bench.uses_lane = true;
    limit_to(10, 0);
    assert_int_equal(ask_often("127.0.0.1", 30), 10);
    paper.now_ms += 1000;
    assert_int_equal(ask_often("127.0.0.1", 30), 10);
    assert_true(bench.service->lane_is_open);
    assert_int_equal(request_stats(bench.service)->dropped[DROP_RATE], 40);
    assert_int_equal(request_stats(bench.service)->received, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clients_are_netblocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_many_a_second_as_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(some_slip_with_tc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(some_pass_all_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(backoff_waits_for_less, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cookies_exempt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(connections_have_a_limit_of_their_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_lane_keeps_the_limit, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
