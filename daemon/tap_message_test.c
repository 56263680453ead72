/*
 * tap_message_test.c - a message of dnstap, taken apart again by a reader of protocol buffers.
 */
#include "daemon/tap_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FIELDS = 16 };

/* Of one level: each field at most once. */
struct fields {
    bool has[FIELDS];
    uint64_t number[FIELDS];
    struct slice octets[FIELDS];
};

static uint64_t read_varint(struct cursor *in)
{
    uint64_t value = 0;
    uint8_t octet = 0x80;

    for (unsigned shift = 0; (octet & 0x80) != 0; shift += 7) {
        assert_true(shift < 64 && cursor_left(in) > 0);
        octet = cursor_u8(in);
        value |= (uint64_t)(octet & 0x7f) << shift;
    }
    return value;
}

static struct fields take_apart(struct slice octets)
{
    struct cursor in = cursor_of(octets);
    struct fields fields;

    memset(&fields, 0, sizeof(fields));
    while (cursor_left(&in) > 0) {
        uint64_t head = read_varint(&in), field = head >> 3;

        assert_true(field > 0 && field < FIELDS && !fields.has[field]);
        fields.has[field] = true;
        switch (head & 7) {
        case 0: fields.number[field] = read_varint(&in); break;
        case 2: fields.octets[field] = cursor_bytes(&in, (size_t)read_varint(&in)); break;
        case 5:
            for (unsigned i = 0; i < 4; i++)
                fields.number[field] |= (uint64_t)cursor_u8(&in) << 8 * i;
            break;
        default: fail_msg("kind %u", (unsigned)head & 7);
        }
    }
    assert_false(cursor_failed(&in));
    return fields;
}

static const struct {
    const char *why, *asker, *answerer;
    enum tap_kind kind;
    enum transport transport;
    uint64_t family, protocol;
    int64_t query_ns, response_ns;
    size_t size;
    bool has_zone;
} cases[] = {
    {"a client's question", "192.0.2.1@5353", "192.0.2.53@53", TAP_CLIENT_QUERY, TRANSPORT_UDP,
     1, 1, 1795329543000000007, 0, 29, false},
    {"an answer of 65,535 octets", "2001:db8::1@5353", "2001:db8::53@53", TAP_CLIENT_RESPONSE,
     TRANSPORT_TCP, 2, 2, 1795329543999999999, 1795329544000000000, 65535, false},
    {"to a server; our address is not known", NULL, "2001:db8::53@853", TAP_RESOLVER_QUERY,
     TRANSPORT_TLS, 2, 3, 1, 0, 127, true},
    {"from a server", "192.0.2.1@5353", "192.0.2.53@53", TAP_RESOLVER_RESPONSE, TRANSPORT_UDP,
     1, 1, 1000000000, 2999999999, 128, true},
    {"to a resolver, an empty message", "192.0.2.1@1", "192.0.2.53@65535", TAP_FORWARDER_QUERY,
     TRANSPORT_HTTPS, 1, 4, 5000000000, 0, 0, true},
};

static struct addr addr_of(const char *text)
{
    struct addr addr = {.family = ADDR_NONE};

    if (text != NULL)
        assert_int_equal(addr_from_text(&addr, text, 53, NULL), STATUS_OK);
    return addr;
}

static void expect_end(const struct fields *fields, unsigned address, unsigned port,
                       const struct addr *addr)
{
    assert_int_equal(fields->has[address], addr->family != ADDR_NONE);
    assert_int_equal(fields->has[port], addr->family != ADDR_NONE);
    if (addr->family == ADDR_NONE)
        return;
    assert_true(slice_equal(fields->octets[address], slice_of(addr->bytes, addr_octets(addr))));
    assert_int_equal(fields->number[port], addr->port);
}

static void expect_time(const struct fields *fields, unsigned seconds, unsigned rest,
                        int64_t ns)
{
    assert_int_equal(fields->has[seconds], ns != 0);
    assert_int_equal(fields->has[rest], ns != 0);
    assert_int_equal(fields->number[seconds] * 1000000000 + fields->number[rest], ns);
}

static void every_field_comes_back(void **state)
{
    static uint8_t message[65535];
    uint8_t storage[DNAME_MAX];
    struct dname zone;

    (void)state;
    memset(message, 0xa5, sizeof(message));
    assert_int_equal(dname_from_text("sub.example.", storage, &zone), STATUS_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct addr asker = addr_of(cases[i].asker), answerer = addr_of(cases[i].answerer);
        struct tap_message in = {.kind = cases[i].kind,
                                 .transport = cases[i].transport,
                                 .asker = &asker,
                                 .answerer = &answerer,
                                 .query_ns = cases[i].query_ns,
                                 .response_ns = cases[i].response_ns,
                                 .octets = slice_of(message, cases[i].size)};
        unsigned at = cases[i].kind % 2 == 0 ? 14 : 10;
        struct fields whole, inner;
        uint8_t *octets;
        size_t size;

        if (cases[i].has_zone)
            in.zone = zone;
        octets = tap_message_encode(&in, slice_of("me", 2), slice_of(NULL, 0), &size);
        assert_non_null(octets);
        whole = take_apart(slice_of(octets, size));
        assert_true(slice_equal(whole.octets[1], slice_of("me", 2)));
        assert_false(whole.has[2]); /* no version */
        assert_int_equal(whole.number[15], 1);
        inner = take_apart(whole.octets[14]);
        if (inner.number[1] != cases[i].kind || inner.number[2] != cases[i].family ||
            inner.number[3] != cases[i].protocol)
            fail_msg("%s", cases[i].why);
        expect_end(&inner, 4, 6, &asker);
        expect_end(&inner, 5, 7, &answerer);
        expect_time(&inner, 8, 9, cases[i].query_ns);
        expect_time(&inner, 12, 13, cases[i].response_ns);
        assert_int_equal(inner.has[11], cases[i].has_zone);
        if (cases[i].has_zone)
            assert_true(slice_equal(inner.octets[11], slice_of(zone.wire, zone.size)));
        assert_true(inner.has[at] && !inner.has[24 - at]);
        assert_true(slice_equal(inner.octets[at], in.octets));
        free(octets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_field_comes_back)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
