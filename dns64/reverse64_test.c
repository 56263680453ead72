/*
 * reverse64_test.c - names in ip6.arpa that are whole addresses, and names in in-addr.arpa.
 */
#include "dns64/reverse64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/addr.h"

#define ZEROES "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static const struct {
    const char *why, *name, *ip6;
} names[] = {
    {"an address", "1.2.0.0.0.0.0.c." ZEROES "b.9.f.f.4.6.0.0.ip6.arpa.", "64:ff9b::c000:21"},
    {"upper case", "1.2.0.0.0.0.0.C." ZEROES "B.9.F.F.4.6.0.0.IP6.ARPA.", "64:ff9b::c000:21"},
    {"every nibble counts",
     "f.e.d.c.b.a.9.8.7.6.5.4.3.2.1.0.0.1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.ip6.arpa.",
     "fedc:ba98:7654:3210:123:4567:89ab:cdef"},
    {"a nibble is missing", "2.0.0.0.0.0.c." ZEROES "b.9.f.f.4.6.0.0.ip6.arpa.", NULL},
    {"one too many", "0.1.2.0.0.0.0.0.c." ZEROES "b.9.f.f.4.6.0.0.ip6.arpa.", NULL},
    {"no nibble", "g.2.0.0.0.0.0.c." ZEROES "b.9.f.f.4.6.0.0.ip6.arpa.", NULL},
    {"two digits in a label", "11.2.0.0.0.0.0.c." ZEROES "b.9.f.f.4.6.0.0.ip6.arpa.", NULL},
    {"elsewhere", "1.2.0.0.0.0.0.c." ZEROES "b.9.f.f.4.6.0.0.ip6.int.", NULL},
    {"nothing but the tree", "ip6.arpa.", NULL},
    {"the root", ".", NULL},
};

static void reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        uint8_t storage[DNAME_MAX], ip6[16];
        struct dname name;
        struct addr addr;
        char text[ADDR_TEXT_MAX];
        bool good;

        assert_int_equal(dname_from_text(names[i].name, storage, &name), STATUS_OK);
        good = reverse64_read(name, ip6);
        if (good != (names[i].ip6 != NULL))
            fail_msg("%s: %s", names[i].name, names[i].why);
        if (!good)
            continue;
        addr = addr_ip6(ip6, 0);
        if (strcmp(addr_host_text(&addr, text), names[i].ip6) != 0)
            fail_msg("%s: %s: %s", names[i].name, names[i].why, text);
    }
}

static void naming(void **state)
{
    static const uint8_t lowest[4] = {0, 0, 0, 0}, one[4] = {192, 0, 2, 33},
                         highest[4] = {255, 255, 255, 255};
    uint8_t storage[DNAME_MAX];
    char text[DNAME_TEXT_MAX];

    (void)state;
    assert_string_equal(dname_to_text(reverse64_name(one, storage), text),
                        "33.2.0.192.in-addr.arpa.");
    assert_string_equal(dname_to_text(reverse64_name(lowest, storage), text),
                        "0.0.0.0.in-addr.arpa.");
    assert_string_equal(dname_to_text(reverse64_name(highest, storage), text),
                        "255.255.255.255.in-addr.arpa.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reading), cmocka_unit_test(naming)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
