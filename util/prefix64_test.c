/*
 * prefix64_test.c - IPv4 addresses inside IPv6 addresses, both ways, for each length of prefix.
 */
#include "util/prefix64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* RFC 6052 section 2.4: the examples of the table, for 192.0.2.33. */
static const struct {
    const char *prefix, *ip6;
} examples[] = {
    {"2001:db8::/32", "2001:db8:c000:221::"},
    {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
    {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
    {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
    {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
    {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
    {"64:ff9b::/96", "64:ff9b::192.0.2.33"},
};

static void read_both(size_t i, struct netblock *prefix, struct addr *ip6)
{
    assert_int_equal(netblock_from_text(prefix, examples[i].prefix), STATUS_OK);
    assert_int_equal(addr_from_text(ip6, examples[i].ip6, 0, NULL), STATUS_OK);
}

static void embedding(void **state)
{
    static const uint8_t ip4[4] = {192, 0, 2, 33};

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct netblock prefix;
        struct addr wanted;
        uint8_t made[16];

        read_both(i, &prefix, &wanted);
        assert_true(prefix64_is_prefix(&prefix));
        prefix64_embed(&prefix, ip4, made);
        if (memcmp(made, wanted.bytes, 16) != 0)
            fail_msg("%s: not %s", examples[i].prefix, examples[i].ip6);
    }
}

static void extracting(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        struct netblock prefix;
        struct addr from;
        uint8_t ip4[4];

        read_both(i, &prefix, &from);
        from.bytes[15] |= prefix.bits == 96 ? 0 : 1; /* section 2.2: a suffix is ignored */
        if (!prefix64_extract(&prefix, from.bytes, ip4) || memcmp(ip4, "\300\0\2\41", 4) != 0)
            fail_msg("%s: %s gives another address", examples[i].prefix, examples[i].ip6);
        from.bytes[8] = 1;
        if (prefix64_extract(&prefix, from.bytes, ip4))
            fail_msg("%s: octet u is not zero", examples[i].prefix);
        from.bytes[8] = 0;
        from.bytes[0] ^= 0x80;
        if (prefix64_extract(&prefix, from.bytes, ip4))
            fail_msg("%s: taken from below another prefix", examples[i].prefix);
    }
}

static const struct {
    const char *why, *text;
    bool want;
} prefixes[] = {
    {"of all lengths", "2001:db8::/32", true},
    {"of all lengths", "2001:db8::/64", true},
    {"no such length", "2001:db8::/33", false},
    {"no such length", "2001:db8::/128", false},
    {"bits 64 to 71 are not zero", "2001:db8:0:0:ff00::/96", false},
    {"those behind them may be anything", "2001:db8:0:0:ff::/96", true},
    {"not IPv6", "192.0.2.0/32", false},
};

static void what_is_a_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        struct netblock block;

        assert_int_equal(netblock_from_text(&block, prefixes[i].text), STATUS_OK);
        if (prefix64_is_prefix(&block) != prefixes[i].want)
            fail_msg("%s: %s", prefixes[i].text, prefixes[i].why);
    }
}

static const struct {
    const char *why, *ip4;
    bool want;
} reach[] = {
    {"somebody", "8.8.8.8", false},          {"private", "10.255.255.255", true},
    {"behind it", "11.0.0.0", false},        {"private", "172.31.0.1", true},
    {"behind it", "172.32.0.1", false},      {"private", "192.168.0.1", true},
    {"this network", "0.1.2.3", true},       {"loopback", "127.0.0.1", true},
    {"link-local", "169.254.1.1", true},     {"protocol assignments", "192.0.0.170", true},
    {"documentation", "192.0.2.1", true},    {"between two", "192.0.1.1", false},
    {"relays of 6to4", "192.88.99.1", true}, {"benchmarks", "198.19.255.255", true},
    {"documentation", "198.51.100.9", true}, {"documentation", "203.0.113.9", true},
    {"multicast", "224.0.0.1", true},        {"reserved", "240.0.0.1", true},
    {"everybody", "255.255.255.255", true},
};

static void not_global(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reach); i++) {
        struct addr addr;

        assert_int_equal(addr_from_text(&addr, reach[i].ip4, 0, NULL), STATUS_OK);
        if (prefix64_is_not_global(addr.bytes) != reach[i].want)
            fail_msg("%s: %s", reach[i].ip4, reach[i].why);
    }
}

static void well_known(void **state)
{
    struct netblock prefix;

    (void)state;
    assert_int_equal(netblock_from_text(&prefix, "64:ff9b::/96"), STATUS_OK);
    assert_true(prefix64_is_well_known(&prefix));
    assert_int_equal(netblock_from_text(&prefix, "64:ff9b:1::/96"), STATUS_OK);
    assert_false(prefix64_is_well_known(&prefix)); /* RFC 8215: for local use */
    assert_int_equal(netblock_from_text(&prefix, "64:ff9b::/64"), STATUS_OK);
    assert_false(prefix64_is_well_known(&prefix));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedding),  cmocka_unit_test(extracting), cmocka_unit_test(what_is_a_prefix),
        cmocka_unit_test(not_global), cmocka_unit_test(well_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
