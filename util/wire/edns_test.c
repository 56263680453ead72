/*
 * edns_test.c - the OPT record and its options, read strictly and written back.
 */
#include "util/wire/edns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define OCTETS(text)                                                                           \
    {                                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                                              \
    }

static const struct {
    const char *why;
    struct slice octets; /* CLASS, TTL, RDLENGTH, RDATA */
    enum status want;
    uint16_t udp_size, options;
    uint8_t version, rcode_high;
    bool dnssec_ok, compact_ok;
} records[] = {
    {"as small as it gets", OCTETS("\2\0\0\0\0\0\0\0"), STATUS_OK, 512, 0, 0, 0, false, false},
    {"DO", OCTETS("\4\xd0\0\0\x80\0\0\0"), STATUS_OK, 1232, 0, 0, 0, true, false},
    {"CO", OCTETS("\4\xd0\0\0\x40\0\0\0"), STATUS_OK, 1232, 0, 0, 0, false, true},
    {"other flags are nobody's", OCTETS("\4\xd0\0\0\x3f\xff\0\0"), STATUS_OK, 1232, 0, 0, 0,
     false, false},
    {"version and upper rcode", OCTETS("\0\0\1\2\0\0\0\0"), STATUS_OK, 0, 0, 2, 1, false,
     false},
    {"two options", OCTETS("\2\0\0\0\0\0\0\xa\0\3\0\0\0\xa\0\2xy"), STATUS_OK, 512, 2, 0, 0,
     false, false},
    {"option over the end", OCTETS("\2\0\0\0\0\0\0\6\0\3\0\3xy"), STATUS_MALFORMED, 0, 0, 0, 0,
     false, false},
    {"half an option", OCTETS("\2\0\0\0\0\0\0\3\0\3\0"), STATUS_MALFORMED, 0, 0, 0, 0, false,
     false},
    {"rdata over the end", OCTETS("\2\0\0\0\0\0\0\1"), STATUS_MALFORMED, 0, 0, 0, 0, false,
     false},
    {"cut in the flags", OCTETS("\2\0\0\0\0"), STATUS_MALFORMED, 0, 0, 0, 0, false, false},
};

static void opt_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        struct cursor in = cursor_of(records[i].octets);
        uint8_t octets[64];
        struct sink out = sink_of(octets, sizeof(octets));
        struct edns edns;
        enum status status = edns_read(&in, &edns);

        if (status != records[i].want)
            fail_msg("%s: %s", records[i].why, status_text(status));
        if (status != STATUS_OK)
            continue;
        if (edns.udp_size != records[i].udp_size || edns.option_count != records[i].options ||
            edns.version != records[i].version || edns.rcode_high != records[i].rcode_high ||
            edns.dnssec_ok != records[i].dnssec_ok ||
            edns.compact_ok != records[i].compact_ok || !edns.present || cursor_left(&in) != 0)
            fail_msg("%s", records[i].why);
        edns_write(&out, &edns);
        assert_int_equal(out.used, edns_size(&edns));
        assert_int_equal(out.used, 3 + records[i].octets.size);
        assert_memory_equal(octets, "\0\0\x29", 3);
        octets[7] |=
            records[i].octets.data[4] & 0x3f; /* flags that we do not know are not sent */
        octets[8] |= records[i].octets.data[5];
        assert_memory_equal(octets + 3, records[i].octets.data, records[i].octets.size);
    }
}

static void options_beyond_the_table(void **state)
{
    uint8_t octets[8 + 4 * 40] = {2, 0, 0, 0, 0, 0, 0, 160};
    struct cursor in = cursor_of(slice_of(octets, sizeof(octets)));
    struct edns edns;

    (void)state;
    for (size_t i = 0; i < 40; i++)
        octets[8 + 4 * i + 1] = (uint8_t)(i + 1);
    assert_int_equal(edns_read(&in, &edns), STATUS_OK);
    assert_int_equal(edns.option_count, EDNS_OPTIONS_MAX);
    assert_non_null(edns_find(&edns, 32));
    assert_null(edns_find(&edns, 33));
    edns_add(&edns, 99, slice_of("", 0));
    assert_null(edns_find(&edns, 99));
}

enum kind { SUBNET, COOKIE, KEEPALIVE, ERROR };

static const struct {
    const char *why;
    enum kind kind;
    struct slice data;
    enum status want;
} options[] = {
    {"IPv4, 24 bits", SUBNET, OCTETS("\0\1\x18\0\xc0\0\2"), STATUS_OK},
    {"IPv6, 56 bits", SUBNET, OCTETS("\0\2\x38\0\x20\1\xd\xb8\0\0\1"), STATUS_OK},
    {"no bits", SUBNET, OCTETS("\0\1\0\0"), STATUS_OK},
    {"no family, no bits", SUBNET, OCTETS("\0\0\0\0"), STATUS_OK},
    {"no family, but bits", SUBNET, OCTETS("\0\0\x8\0\xa"), STATUS_MALFORMED},
    {"unknown family", SUBNET, OCTETS("\0\3\0\0"), STATUS_MALFORMED},
    {"33 bits of IPv4", SUBNET, OCTETS("\0\1\x21\0\1\2\3\4\0"), STATUS_MALFORMED},
    {"129 bits of IPv6", SUBNET,
     OCTETS("\0\2\x81\0"
            "0123456789abcdef0"),
     STATUS_MALFORMED},
    {"scope of 33 bits", SUBNET, OCTETS("\0\1\x18\x21\xc0\0\2"), STATUS_MALFORMED},
    {"an octet too many", SUBNET, OCTETS("\0\1\x18\0\xc0\0\2\0"), STATUS_MALFORMED},
    {"an octet too few", SUBNET, OCTETS("\0\1\x18\0\xc0\0"), STATUS_MALFORMED},
    {"bits behind the prefix", SUBNET, OCTETS("\0\1\x17\0\xc0\0\3"), STATUS_MALFORMED},
    {"none behind the prefix", SUBNET, OCTETS("\0\1\x17\0\xc0\0\2"), STATUS_OK},
    {"cut", SUBNET, OCTETS("\0\1\x18"), STATUS_MALFORMED},
    {"client cookie", COOKIE, OCTETS("12345678"), STATUS_OK},
    {"with the least server cookie", COOKIE, OCTETS("1234567812345678"), STATUS_OK},
    {"with the most", COOKIE, OCTETS("1234567812345678123456781234567812345678"), STATUS_OK},
    {"client cookie too short", COOKIE, OCTETS("1234567"), STATUS_MALFORMED},
    {"server cookie too short", COOKIE, OCTETS("123456781234567"), STATUS_MALFORMED},
    {"server cookie too long", COOKIE, OCTETS("12345678123456781234567812345678123456781"),
     STATUS_MALFORMED},
    {"none", COOKIE, OCTETS(""), STATUS_MALFORMED},
    {"keepalive of a client", KEEPALIVE, OCTETS(""), STATUS_OK},
    {"keepalive of a server", KEEPALIVE, OCTETS("\0\x64"), STATUS_OK},
    {"one octet", KEEPALIVE, OCTETS("\0"), STATUS_MALFORMED},
    {"three octets", KEEPALIVE, OCTETS("\0\0\0"), STATUS_MALFORMED},
    {"a code alone", ERROR, OCTETS("\0\x16"), STATUS_OK},
    {"code and text", ERROR, OCTETS("\0\x16text"), STATUS_OK},
    {"no code", ERROR, OCTETS("\0"), STATUS_MALFORMED},
};

static enum status read_option(enum kind kind, struct slice data)
{
    struct client_subnet subnet;
    struct cookie cookie;
    struct ede ede;
    uint16_t units;

    switch (kind) {
    case SUBNET: return client_subnet_read(data, &subnet);
    case COOKIE: return cookie_read(data, &cookie);
    case KEEPALIVE: return keepalive_read(data, &units);
    case ERROR: return ede_read(data, &ede);
    }
    return STATUS_NOT_FOUND;
}

static void options_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(options); i++)
        if (read_option(options[i].kind, options[i].data) != options[i].want)
            fail_msg("%s", options[i].why);
}

static void options_have_their_parts(void **state)
{
    struct client_subnet subnet;
    struct cookie cookie;
    struct ede ede;
    uint16_t units;
    char text[ADDR_TEXT_MAX];

    (void)state;
    assert_int_equal(client_subnet_read(slice_of("\0\1\x18\7\xc0\0\2", 7), &subnet), STATUS_OK);
    assert_string_equal(addr_host_text(&subnet.addr, text), "192.0.2.0");
    assert_int_equal(subnet.source_bits, 24);
    assert_int_equal(subnet.scope_bits, 7);
    assert_int_equal(cookie_read(slice_of("abcdefgh12345678", 16), &cookie), STATUS_OK);
    assert_true(slice_equal(cookie.client, slice_of("abcdefgh", 8)));
    assert_true(slice_equal(cookie.server, slice_of("12345678", 8)));
    assert_int_equal(keepalive_read(slice_of("\1\2", 2), &units), STATUS_OK);
    assert_int_equal(units, 0x102);
    assert_int_equal(keepalive_read(slice_of("", 0), &units), STATUS_OK);
    assert_int_equal(units, 0);
    assert_int_equal(ede_read(slice_of("\0\x16text\0", 7), &ede), STATUS_OK);
    assert_int_equal(ede.code, EDE_NO_REACHABLE_AUTHORITY);
    assert_true(
        slice_equal(ede.text, slice_of("text", 4))); /* RFC 8914 section 2: NUL or none */
}

static void texts_are_cut_between_characters(void **state)
{
    struct arena *arena = arena_new(0), *full = arena_new(1);
    char text[200];
    struct slice option;

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text + 98, "\xe2\x82\xac", 3); /* an euro sign over the border at 100 */
    text[199] = '\0';
    option = ede_option(arena, 22, text);
    assert_int_equal(option.size, 2 + 98);
    memcpy(text + 97, "\xe2\x82\xac", 3);
    text[100] = 'a';
    assert_int_equal(ede_option(arena, 22, text).size, 2 + 100);
    text[100] = '\0';
    assert_int_equal(ede_option(arena, 22, text).size, 2 + 100);
    option = ede_option(arena, 22, NULL);
    assert_int_equal(option.size, 2);
    assert_memory_equal(option.data, "\0\x16", 2);
    while (arena_bytes(full, 1) != NULL)
        continue;
    assert_null(ede_option(full, 22, "text").data);
    arena_free(arena);
    arena_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opt_both_ways),
        cmocka_unit_test(options_beyond_the_table),
        cmocka_unit_test(options_are_read_strictly),
        cmocka_unit_test(options_have_their_parts),
        cmocka_unit_test(texts_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
