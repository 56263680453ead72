/*
 * addr_test.c - addresses and prefixes: text both ways, what covers what, special ranges.
 */
#include "util/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *why, *text;
    enum status want;
    const char *printed, *tls_name;
} texts[] = {
    {"IPv4", "192.0.2.1", STATUS_OK, "192.0.2.1:53", NULL},
    {"with a port", "192.0.2.1@5353", STATUS_OK, "192.0.2.1:5353", NULL},
    {"IPv6", "2001:DB8::1", STATUS_OK, "[2001:db8::1]:53", NULL},
    {"IPv6 with a port", "::1@853", STATUS_OK, "[::1]:853", NULL},
    {"with a name", "192.0.2.1@853#dns.example", STATUS_OK, "192.0.2.1:853", "dns.example"},
    {"name without port", "::1#dns.example", STATUS_OK, "[::1]:53", "dns.example"},
    {"scope", "fe80::1%12", STATUS_OK, "[fe80::1%12]:53", NULL},
    {"scope and port", "fe80::1%2@54", STATUS_OK, "[fe80::1%2]:54", NULL},
    {"longest", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295@65535", STATUS_OK,
     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535", NULL},
    {"mapped", "::ffff:192.0.2.1", STATUS_OK, "[::ffff:192.0.2.1]:53", NULL},
    {"nothing", "", STATUS_MALFORMED, NULL, NULL},
    {"a name is no address", "localhost", STATUS_MALFORMED, NULL, NULL},
    {"three octets", "192.0.2", STATUS_MALFORMED, NULL, NULL},
    {"octet of 256", "192.0.2.256", STATUS_MALFORMED, NULL, NULL},
    {"blank behind", "192.0.2.1 ", STATUS_MALFORMED, NULL, NULL},
    {"no port behind @", "192.0.2.1@", STATUS_MALFORMED, NULL, NULL},
    {"port of 65536", "192.0.2.1@65536", STATUS_MALFORMED, NULL, NULL},
    {"negative port", "192.0.2.1@-1", STATUS_MALFORMED, NULL, NULL},
    {"no name behind #", "192.0.2.1#", STATUS_MALFORMED, NULL, NULL},
    {"scope of an IPv4 address", "192.0.2.1%1", STATUS_MALFORMED, NULL, NULL},
    {"scope by name", "fe80::1%eth0", STATUS_MALFORMED, NULL, NULL},
    {"brackets are how we print, not how we read", "[::1]:53", STATUS_MALFORMED, NULL, NULL},
    {"too long", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
     STATUS_MALFORMED, NULL, NULL},
};

static void text_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char printed[ADDR_TEXT_MAX];
        const char *tls_name = "untouched";
        struct addr addr;

        if (addr_from_text(&addr, texts[i].text, 53, &tls_name) != texts[i].want)
            fail_msg("%s: %s", texts[i].text, texts[i].why);
        if (texts[i].want != STATUS_OK)
            continue;
        if (strcmp(addr_to_text(&addr, printed), texts[i].printed) != 0)
            fail_msg("%s: %s: %s", texts[i].text, texts[i].why, printed);
        if (texts[i].tls_name == NULL)
            assert_null(tls_name);
        else
            assert_string_equal(tls_name, texts[i].tls_name);
    }
}

static void a_name_only_where_it_is_wanted(void **state)
{
    struct addr addr;

    (void)state;
    assert_int_equal(addr_from_text(&addr, "::1#dns.example", 53, NULL), STATUS_MALFORMED);
    assert_int_equal(addr_from_text(&addr, "::1", 53, NULL), STATUS_OK);
}

static struct addr addr_of(const char *text)
{
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, text, 53, NULL), STATUS_OK);
    return addr;
}

static void comparison(void **state)
{
    static const char *const sorted[] = {"10.0.0.1", "10.0.0.1@54", "10.0.0.2",
                                         "::",       "fe80::1%1",   "fe80::1%2"};

    (void)state;
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            struct addr a = addr_of(sorted[i]), b = addr_of(sorted[j]);
            int order = addr_compare(&a, &b);

            assert_true((order < 0) == (i < j) && (order > 0) == (i > j));
            assert_true(addr_equal(&a, &b) == (i == j));
        }
    }
    assert_true(addr_same_host(&(struct addr){.family = ADDR_IP4, .port = 1},
                               &(struct addr){.family = ADDR_IP4, .port = 2}));
    assert_false(
        addr_same_host(&(struct addr){.family = ADDR_IP4}, &(struct addr){.family = ADDR_IP6}));
}

static const struct {
    const char *why, *block, *addr;
    bool want;
    const char *printed;
} blocks[] = {
    {"inside", "10.0.0.0/8", "10.255.1.2", true, "10.0.0.0/8"},
    {"outside", "10.0.0.0/8", "11.0.0.0", false, "10.0.0.0/8"},
    {"bits behind the prefix do not count", "10.1.2.3/8", "10.9.9.9", true, "10.0.0.0/8"},
    {"prefix inside of an octet", "192.0.2.128/25", "192.0.2.127", false, "192.0.2.128/25"},
    {"last of it", "192.0.2.128/25", "192.0.2.255", true, "192.0.2.128/25"},
    {"one address", "192.0.2.1", "192.0.2.1", true, "192.0.2.1/32"},
    {"its neighbour", "192.0.2.1", "192.0.2.0", false, "192.0.2.1/32"},
    {"everything", "0.0.0.0/0", "255.1.2.3", true, "0.0.0.0/0"},
    {"everything of the other family", "0.0.0.0/0", "::", false, "0.0.0.0/0"},
    {"IPv6", "2001:db8:8000::/33", "2001:db8:ffff::1", true, "2001:db8:8000::/33"},
    {"IPv6, outside", "2001:db8:8000::/33", "2001:db8:7fff::1", false, "2001:db8:8000::/33"},
    {"one IPv6 address", "::1", "::1", true, "::1/128"},
};

static void prefixes(void **state)
{
    struct netblock block;

    (void)state;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        char printed[ADDR_NETBLOCK_TEXT_MAX];
        struct addr addr = addr_of(blocks[i].addr);

        assert_int_equal(netblock_from_text(&block, blocks[i].block), STATUS_OK);
        if (netblock_covers(&block, &addr) != blocks[i].want ||
            strcmp(netblock_to_text(&block, printed), blocks[i].printed) != 0)
            fail_msg("%s, %s: %s", blocks[i].block, blocks[i].addr, blocks[i].why);
    }
    assert_int_equal(netblock_from_text(&block, "10.0.0.0/33"), STATUS_MALFORMED);
    assert_int_equal(netblock_from_text(&block, "::/129"), STATUS_MALFORMED);
    assert_int_equal(netblock_from_text(&block, "10.0.0.0/"), STATUS_MALFORMED);
    assert_int_equal(netblock_from_text(&block, "10/8"), STATUS_MALFORMED);
    assert_int_equal(netblock_from_text(&block, "fe80::1%1/64"), STATUS_MALFORMED);
}

static const struct {
    const char *why, *addr;
    bool loopback, unroutable;
} kinds[] = {
    {"loopback", "127.0.0.1", true, false},
    {"its far end", "127.255.255.255", true, false},
    {"behind it", "128.0.0.0", false, false},
    {"loopback of IPv6", "::1", true, false},
    {"mapped loopback", "::ffff:127.0.0.1", true, true},
    {"private space is somebody's", "10.0.0.1", false, false},
    {"unique local", "fd00::1", false, false},
    {"ordinary", "192.5.6.30", false, false},
    {"ordinary IPv6", "2001:500:2f::f", false, false},
    {"this network", "0.1.2.3", false, true},
    {"link-local", "169.254.1.1", false, true},
    {"documentation", "192.0.2.1", false, true},
    {"documentation, the second", "198.51.100.1", false, true},
    {"documentation, the third", "203.0.113.9", false, true},
    {"last before multicast", "223.255.255.255", false, false},
    {"multicast", "224.0.0.1", false, true},
    {"multicast, the last", "239.255.255.255", false, true},
    {"reserved", "240.0.0.1", false, true},
    {"broadcast", "255.255.255.255", false, true},
    {"unspecified", "::", false, true},
    {"IPv4-compatible", "::192.5.6.30", false, true},
    {"mapped", "::ffff:192.5.6.30", false, true},
    {"discard", "100::1", false, true},
    {"documentation of IPv6", "2001:db8::1", false, true},
    {"documentation of IPv6, the second", "3fff:fff::1", false, true},
    {"behind that", "3fff:1000::1", false, false},
    {"link-local of IPv6", "fe80::1", false, true},
    {"its far end", "febf::1", false, true},
    {"site-local", "fec0::1", false, true},
    {"multicast of IPv6", "ff02::1", false, true},
};

static void kinds_of_address(void **state)
{
    struct addr none = {.family = ADDR_NONE};

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct addr addr = addr_of(kinds[i].addr);

        if (addr_is_loopback(&addr) != kinds[i].loopback ||
            addr_is_unroutable(&addr) != kinds[i].unroutable)
            fail_msg("%s: %s", kinds[i].addr, kinds[i].why);
    }
    assert_true(addr_is_unroutable(&none));
    assert_false(addr_is_loopback(&none));
}

static void reverse_names(void **state)
{
    char text[ADDR_REVERSE_MAX];
    struct addr addr;

    (void)state;
    assert_int_equal(addr_from_text(&addr, "192.0.2.7", 0, NULL), STATUS_OK);
    assert_string_equal(addr_reverse_name(&addr, text), "7.2.0.192.in-addr.arpa.");
    assert_int_equal(addr_from_text(&addr, "2001:db8::af", 0, NULL), STATUS_OK);
    assert_string_equal(addr_reverse_name(&addr, text),
                        "f.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
                        "ip6.arpa.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_both_ways),   cmocka_unit_test(a_name_only_where_it_is_wanted),
        cmocka_unit_test(comparison),       cmocka_unit_test(prefixes),
        cmocka_unit_test(kinds_of_address), cmocka_unit_test(reverse_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
