/*
 * dns64_config_test.c - settings of DNS64, and the local zones that come with it.
 */
#include "dns64/dns64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void count_complaint(void *context, const struct opt_item *item, const char *words)
{
    (void)item;
    (void)words;
    ++*(int *)context;
}

static const struct {
    const char *why, *prefix;
    bool good;
} prefixes[] = {
    {"the well-known one", "64:ff9b::/96", true},
    {"of the network's own", "2001:db8::/32", true},
    {"bits 64 to 71 are not zero", "2001:db8:0:0:ff00::/96", false},
    {"the octet behind them may be anything", "2001:db8:0:0:ff::/96", true},
    {"no such length", "64:ff9b::/80", false},
    {"not IPv6", "192.0.2.0/32", false},
};

static void prefix_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        struct dns64_options options = {.dns64_prefix = prefixes[i].prefix};
        struct arena *arena = arena_new(0);
        int complaints = 0;
        bool good = dns64_config_new(arena, &options, count_complaint, &complaints) != NULL;

        if (good != prefixes[i].good || complaints != (good ? 0 : 1))
            fail_msg("%s: %s", prefixes[i].prefix, prefixes[i].why);
        arena_free(arena);
    }
}

static bool has_item(const struct opt_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].text, text) == 0)
            return true;
    return false;
}

static void zones_are_added(void **state)
{
    struct opt_item own_zone = {.text = "171.0.0.192.in-addr.arpa transparent"};
    struct opt_item own_record = {.text = "a.170.0.0.192.in-addr.arpa. TXT mine"};
    struct opt_list zones = {1, &own_zone}, records = {1, &own_record};
    struct dns64_config config = {.all = false};
    struct arena *arena = arena_new(0);

    (void)state;
    assert_int_equal(netblock_from_text(&config.prefix, "64:ff9b::/96"), STATUS_OK);
    assert_int_equal(dns64_add_local(&config, arena, &zones, &records), STATUS_OK);
    assert_true(has_item(&zones, "ipv4only.arpa. static"));
    assert_true(has_item(&records, "ipv4only.arpa. 86400 IN AAAA 64:ff9b::c000:aa"));
    assert_true(has_item(&records, "ipv4only.arpa. 86400 IN A 192.0.0.171"));
    /* What the configuration speaks of, as a zone or as data, stays its own. */
    assert_int_equal(zones.count, 2);
    assert_int_equal(records.count, 1 + 6);
    assert_true(has_item(&records, own_record.text));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(prefix_is_checked),
                                       cmocka_unit_test(zones_are_added)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
