/*
 * request_stale_test.c - expired data for clients (RFC 8767): when, for how long, and what is
 * said.
 */
#include "services/client/bench_test.h"

static void know_and_expire(void)
{
    bench.cache.serve_expired = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    paper_pass(&paper, 300 * 1000);
}

static void stale_at_once_and_refreshed_behind(void **state)
{
    (void)state;
    bench.cache.serve_expired_client_timeout = 0;
    know_and_expire();
    paper_pass(&paper, 7000);
    bench.waits = true;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(ttl_of_first(), 30);
    expect_ede(0, EDE_STALE_ANSWER, "stale=7 for www.example/A left=30");
    assert_int_equal(bench.asked, 2);
    assert_true((bench.last_flags & QUERY_REFRESH) != 0);
    arrive();
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(ttl_of_first(), 300);
    expect_ede(0, -1, NULL);
    assert_int_equal(request_stats(bench.service)->stale, 1);
}

static void stale_after_the_clients_patience(void **state)
{
    (void)state;
    know_and_expire();
    bench.waits = true;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    paper_pass(&paper, 1799);
    no_answer();
    paper_pass(&paper, 1);
    answer();
    expect_ede(0, EDE_STALE_ANSWER, NULL);
    arrive(); /* for the cache's sake: the client has its answer */
    no_answer();
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(ttl_of_first(), 300);
}

static void fresh_data_in_time_beats_stale(void **state)
{
    (void)state;
    know_and_expire();
    bench.waits = true;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    paper_pass(&paper, 1000);
    arrive();
    answer();
    assert_int_equal(ttl_of_first(), 300);
    expect_ede(0, -1, NULL);
    paper_pass(&paper, 5000); /* the timer is gone */
    no_answer();
}

static void stale_when_servers_fail(void **state)
{
    (void)state;
    know_and_expire();
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    expect_ede(0, EDE_STALE_ANSWER, NULL);
    assert_int_equal(bench.asked, 2);
    /* While the failure is remembered nobody is asked and nobody waits. */
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    expect_ede(0, EDE_STALE_ANSWER, NULL);
    assert_int_equal(bench.asked, 2);
}

static void stale_denial_says_so(void **state)
{
    (void)state;
    bench.rcode = RCODE_NXDOMAIN;
    bench.records = "authority\nexample. 300 SOA ns.example. host.example. 1 2 3 4 300";
    know_and_expire();
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NXDOMAIN);
    expect_ede(0, EDE_STALE_NXDOMAIN, NULL);
}

static void too_old_is_not_served(void **state)
{
    (void)state;
    know_and_expire();
    bench.cache.serve_expired_ttl = 10;
    paper_pass(&paper, 11000);
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static void a_failed_try_prolongs_the_stale_life(void **state)
{
    (void)state;
    know_and_expire();
    bench.cache.serve_expired_ttl = 10;
    bench.cache.serve_expired_ttl_reset = true;
    bench.records = NULL;
    for (int i = 0; i < 3; i++) { /* each try is in time, together they are not */
        paper_pass(&paper, 9000);
        ask("www.example. A", FLAG_RD, PLAIN);
        assert_int_equal(answer()->rcode, RCODE_NOERROR);
    }
    paper_pass(&paper, 61000);
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static void nothing_stale_unless_wanted(void **state)
{
    (void)state;
    know_and_expire();
    bench.cache.serve_expired = false;
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(stale_at_once_and_refreshed_behind),
        TEST(stale_after_the_clients_patience),
        TEST(fresh_data_in_time_beats_stale),
        TEST(stale_when_servers_fail),
        TEST(stale_denial_says_so),
        TEST(too_old_is_not_served),
        TEST(a_failed_try_prolongs_the_stale_life),
        TEST(nothing_stale_unless_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
