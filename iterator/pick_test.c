/*
 * pick_test.c - which server is asked next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iterator/pick.h"
#include "testcode/message_of.h"

enum { NOW = 100000 };

struct home {
    struct arena *arena;
    struct infra_cache *infra;
    struct deleg *deleg;
    struct pick_rules rules;
};

static struct home home;

static struct deleg_server *add(const char *address)
{
    struct deleg_limits limits = {13, 6, 26};
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, address, 53, NULL), STATUS_OK);
    return deleg_add_server(home.deleg, home.arena, &addr, NULL, &limits);
}

static void answers_in(const struct deleg_server *server, uint32_t rtt_ms)
{
    for (int i = 0; i < 20; i++)
        infra_answered(home.infra, &server->addr, home.deleg->zone, NOW, rtt_ms);
}

static int set_up(void **state)
{
    struct infra_rules rules = {900, 50, 2000, 400};

    (void)state;
    home.arena = arena_new(0);
    home.infra = infra_cache_new(1 << 20, 1, (struct hash_key){1, 2});
    infra_cache_set_rules(home.infra, &rules);
    home.deleg = deleg_new(home.arena, name_of(home.arena, "example."), DELEG_CACHED);
    home.deleg->policy = FORWARD_FASTEST;
    home.rules = (struct pick_rules){
        .infra = home.infra, .now_ms = NOW, .random = 1, .unknown_ms = 400, .sends_max = 2};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    infra_cache_free(home.infra);
    arena_free(home.arena);
    return 0;
}

/* How often each server is chosen over all random numbers of a round. */
static unsigned times_chosen(const struct deleg_server *server)
{
    unsigned times = 0;

    for (uint32_t random = 0; random < 400; random++) {
        struct infra infra;

        home.rules.random = random;
        times += pick_server(home.deleg, &home.rules, &infra) == server;
    }
    return times;
}

static void none_left(void **state)
{
    struct infra infra;
    struct deleg_server *server = add("192.0.2.1");

    (void)state;
    assert_ptr_equal(pick_server(home.deleg, &home.rules, &infra), server);
    server->under_way = true;
    assert_null(pick_server(home.deleg, &home.rules, &infra));
    server->under_way = false;
    server->sends = 2; /* sends_max */
    assert_null(pick_server(home.deleg, &home.rules, &infra));
    server->sends = 0;
    server->failed = true;
    assert_null(pick_server(home.deleg, &home.rules, &infra));
}

/* Who has answered before gets a question once more: packets of his were lost. */
static void once_more_for_the_living(void **state)
{
    struct deleg_server *living = add("192.0.2.1"), *unknown = add("192.0.2.2");
    struct infra infra;

    (void)state;
    home.rules.sends_alive_max = 3;
    answers_in(living, 10);
    living->sends = unknown->sends = 2;
    assert_ptr_equal(pick_server(home.deleg, &home.rules, &infra), living);
    assert_int_equal(pick_sends_max(&home.rules, &infra), 3);
    for (int i = 1; i <= 4; i++)
        infra_timed_out(home.infra, &living->addr, home.deleg->zone, TYPE_A, NOW + i * 3000,
                        2000);
    home.rules.now_ms = NOW + 12000;
    assert_null(pick_server(home.deleg, &home.rules, &infra)); /* it lives no more */
    home.rules.now_ms = NOW;
}

/* For other zones it was silent: it is not the first to be asked for this one. */
static void silent_elsewhere_is_asked_later(void **state)
{
    struct deleg_server *silent = add("192.0.2.1"), *slow = add("192.0.2.2");
    struct dname other = name_of(home.arena, "other.");

    (void)state;
    infra_answered(home.infra, &silent->addr, other, NOW - 9000, 5);
    for (int i = 0; i < 2; i++)
        infra_timed_out(home.infra, &silent->addr, other, TYPE_A, NOW - 6000 + i * 3000, 400);
    answers_in(slow, 390);
    assert_int_equal(times_chosen(slow), 400);
    slow->failed = true;
    assert_int_equal(times_chosen(silent), 400);
}

static void fast_ones_mostly(void **state)
{
    struct deleg_server *slow = add("192.0.2.1"), *fast = add("192.0.2.2"),
                        *near = add("192.0.2.3");

    (void)state;
    answers_in(slow, 300);
    answers_in(fast, 10);
    answers_in(near, 20); /* in the band of the fast one */
    assert_in_range(times_chosen(fast), 150, 240);
    assert_in_range(times_chosen(near), 150, 240);
    /* Now and then the slow one, so that it can become known as fast. */
    assert_in_range(times_chosen(slow), 1, 40);
}

static void each_once_before_one_twice(void **state)
{
    struct deleg_server *fast = add("192.0.2.1"), *slow = add("192.0.2.2");

    (void)state;
    answers_in(fast, 10);
    answers_in(slow, 300);
    fast->sends = 1;
    assert_int_equal(times_chosen(slow), 400);
}

static void lame_ones_last(void **state)
{
    struct deleg_server *lame = add("192.0.2.1"), *slow = add("192.0.2.2");

    (void)state;
    answers_in(lame, 10);
    answers_in(slow, 300);
    infra_note(home.infra, &lame->addr, home.deleg->zone, NOW, INFRA_LAME);
    assert_int_equal(times_chosen(slow), 400);
    slow->failed = true;
    assert_int_equal(times_chosen(lame), 400); /* a last resort all the same */
}

static void doubted_ip6_last(void **state)
{
    struct deleg_server *six = add("2001:db8::1"), *four = add("192.0.2.1");

    (void)state;
    answers_in(six, 10);
    answers_in(four, 300);
    home.rules.ip6_doubted = true;
    assert_int_equal(times_chosen(four), 400);
    home.rules.ip6_doubted = false;
    home.rules.prefer_ip4 = true;
    assert_int_equal(times_chosen(four), 400);
    home.rules.prefer_ip4 = false;
    home.rules.prefer_ip6 = true;
    assert_int_equal(times_chosen(six), 400);
}

static void forwarders_in_order(void **state)
{
    struct deleg_server *first = add("192.0.2.1"), *second = add("192.0.2.2");

    (void)state;
    home.deleg->recursive = true;
    home.deleg->policy = FORWARD_ORDER;
    answers_in(first, 300);
    answers_in(second, 10);
    assert_int_equal(times_chosen(first), 400);
    infra_note(home.infra, &first->addr, home.deleg->zone, NOW, INFRA_DNSSEC_LAME);
    assert_int_equal(times_chosen(second), 400);
    infra_note(home.infra, &second->addr, home.deleg->zone, NOW, INFRA_DNSSEC_LAME);
    assert_int_equal(times_chosen(first), 400);
    first->failed = true;
    assert_int_equal(times_chosen(second), 400);
}

static void forwarders_spread(void **state)
{
    struct deleg_server *first = add("192.0.2.1"), *second = add("192.0.2.2");

    (void)state;
    home.deleg->recursive = true;
    home.deleg->policy = FORWARD_SPREAD;
    answers_in(first, 300);
    answers_in(second, 10);
    assert_in_range(times_chosen(first), 160, 240);
    assert_in_range(times_chosen(second), 160, 240);
}

static void silent_by_type(void **state)
{
    struct deleg_server *server = add("192.0.2.1");
    struct infra infra;

    (void)state;
    for (int i = 0; i < 6; i++)
        infra_timed_out(home.infra, &server->addr, home.deleg->zone, TYPE_AAAA, NOW + i * 3000,
                        400);
    infra_get(home.infra, &server->addr, home.deleg->zone, NOW + 16000, &infra);
    assert_true(pick_is_silent(&infra, TYPE_AAAA));
    assert_false(pick_is_silent(&infra, TYPE_A));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(once_more_for_the_living, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silent_elsewhere_is_asked_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fast_ones_mostly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_once_before_one_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lame_ones_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(doubted_ip6_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forwarders_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forwarders_spread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silent_by_type, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
