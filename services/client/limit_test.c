/*
 * limit_test.c - questions of one address are counted, those of others are not in their way.
 */
#include "services/client/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct hash_key key = {3, 4};

static struct addr address(const char *text)
{
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, text, 53, NULL), STATUS_OK);
    return addr;
}

static void so_many_may_wait(void **state)
{
    struct limit *limit = limit_new(key);
    struct addr one = address("192.0.2.1"), other = address("192.0.2.2");

    (void)state;
    assert_true(limit_enter(limit, &one, 2));
    assert_true(limit_enter(limit, &one, 2));
    assert_false(limit_enter(limit, &one, 2));
    assert_true(limit_enter(limit, &other, 2));
    limit_leave(limit, &one);
    assert_true(limit_enter(limit, &one, 2));
    assert_true(limit_enter(limit, &one, 0)); /* no limit */
    limit_free(limit);
}

static void a_network_of_ip6_is_one(void **state)
{
    struct limit *limit = limit_new(key);
    struct addr one = address("2001:db8:1:2::1"), same = address("2001:db8:1:2:ffff::9");
    struct addr other = address("2001:db8:1:3::1");

    (void)state;
    assert_true(limit_enter(limit, &one, 1));
    assert_false(limit_enter(limit, &same, 1));
    assert_true(limit_enter(limit, &other, 1));
    limit_free(limit);
}

static void ports_do_not_matter(void **state)
{
    struct limit *limit = limit_new(key);
    struct addr one = address("192.0.2.1"), same = address("192.0.2.1@4000");

    (void)state;
    assert_true(limit_enter(limit, &one, 1));
    assert_false(limit_enter(limit, &same, 1));
    limit_free(limit);
}

static void so_much_at_once(void **state)
{
    struct limit *limit = limit_new(key);
    struct addr one = address("192.0.2.1"), other = address("192.0.2.2");

    (void)state;
    assert_true(limit_pulse(limit, &one, 600, 1000, 5000));
    assert_false(limit_pulse(limit, &one, 500, 1000, 5000));
    assert_true(limit_pulse(limit, &one, 400, 1000, 5000));
    assert_true(limit_pulse(limit, &other, 1000, 1000, 5000));
    assert_false(limit_pulse(limit, &one, 600, 1000, 5050));
    assert_true(limit_pulse(limit, &one, 500, 1000, 5050));
    assert_true(limit_pulse(limit, &one, 1000, 1000, 999999));
    assert_false(limit_pulse(limit, &one, 1001, 1000, 9999999));
    assert_true(limit_pulse(limit, &one, 100000, 0, 9999999)); /* no limit */
    limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_may_wait),
        cmocka_unit_test(a_network_of_ip6_is_one),
        cmocka_unit_test(ports_do_not_matter),
        cmocka_unit_test(so_much_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
