/*
 * deleg_test.c - names and addresses are added once and within their limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "iterator/deleg.h"
#include "testcode/message_of.h"

static const struct deleg_limits limits = {3, 6, 4};
static struct arena *arena;
static struct deleg *deleg;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    deleg = deleg_new(arena, name_of(arena, "example."), DELEG_CACHED);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct deleg_server *add(const char *address)
{
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, address, 53, NULL), STATUS_OK);
    return deleg_add_server(deleg, arena, &addr, NULL, &limits);
}

static void names_once(void **state)
{
    struct deleg_name *first = deleg_add_name(deleg, arena, name_of(arena, "ns.example."), &limits);

    (void)state;
    assert_non_null(first);
    assert_ptr_equal(deleg_add_name(deleg, arena, name_of(arena, "NS.example."), &limits), first);
    assert_int_equal(deleg->name_count, 1);
    assert_ptr_equal(deleg_find_name(deleg, name_of(arena, "ns.EXAMPLE.")), first);
}

/* Many names at one address are one server, so that the limit counts addresses, not names. */
static void addresses_unique_first(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_non_null(add("192.0.2.1"));
    assert_int_equal(deleg->server_count, 1);
    for (int i = 2; i <= 4; i++) {
        char text[32];

        snprintf(text, sizeof(text), "192.0.2.%d", i);
        assert_non_null(add(text));
    }
    assert_null(add("192.0.2.5"));
    assert_non_null(add("192.0.2.3")); /* it is there already */
    assert_non_null(deleg->servers);
}

/* Of a hostile number of name servers a sample is kept; which one, chance decides. */
static void sample_of_names(void **state)
{
    char records[2000] = "authority\n";
    const struct message *message;
    size_t used = 10, first_kept = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(records + used, sizeof(records) - used,
                                 "example. NS ns%d.other.\n", i);
    message = message_of(arena, "www.example. A", RCODE_NOERROR, 0, records);
    for (uint32_t random = 0; random < 40; random++) {
        deleg = deleg_new(arena, name_of(arena, "example."), DELEG_CACHED);
        assert_int_equal(deleg_add_ns(deleg, arena, message->rrsets[0], &limits, random),
                         STATUS_LIMIT);
        assert_int_equal(deleg->name_count, 3);
        first_kept += deleg_find_name(deleg, name_of(arena, "ns0.other.")) != NULL;
    }
    assert_int_equal(first_kept, 3);
}

static void useless(void **state)
{
    (void)state;
    assert_true(deleg_is_useless(deleg));
    deleg_add_name(deleg, arena, name_of(arena, "ns.example."), &limits);
    assert_true(deleg_is_useless(deleg)); /* its address is known to itself only */
    deleg_add_name(deleg, arena, name_of(arena, "ns.other."), &limits);
    assert_false(deleg_is_useless(deleg));
}

static void counting(void **state)
{
    struct deleg_server *a = add("192.0.2.1"), *b = add("192.0.2.2");

    (void)state;
    assert_int_equal(deleg_usable(deleg), 2);
    a->failed = true;
    assert_int_equal(deleg_usable(deleg), 1);
    b->timeouts = 1;
    assert_int_equal(deleg_failed(deleg), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses_unique_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sample_of_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(useless, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counting, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
