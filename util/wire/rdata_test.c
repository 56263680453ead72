/*
 * rdata_test.c - rdata as octets: the check, decompression, canonical form and single fields.
 */
#include "util/wire/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *why;
    uint16_t type;
    const char *hex;
} broken_octets[] = {
    {"three octets", TYPE_A, "c00002"},
    {"five octets", TYPE_A, "c000020100"},
    {"a name cut short", TYPE_NS, "0161"},
    {"something behind the name", TYPE_NS, "00ff"},
    {"a pointer", TYPE_NS, "c00c"},
    {"an unknown kind of label", TYPE_NS, "4100"},
    {"no string", TYPE_TXT, ""},
    {"a string cut short", TYPE_TXT, "0261"},
    {"one string of two", TYPE_HINFO, "0161"},
    {"three strings of two at most", TYPE_ISDN, "016101620163"},
    {"a number cut short", TYPE_SOA,
     "00000000000100000002000000030000000400"
     "0000"},
    {"no digest", TYPE_DS, "00010802"},
    {"no key", TYPE_DNSKEY, "01000308"},
    {"an empty window", TYPE_NSEC, "000000"},
    {"a window of 33 octets", TYPE_NSEC,
     "000021"
     "000000000000000000000000000000000000000000000000000000000000000001"},
    {"windows out of order", TYPE_NSEC,
     "0001014000"
     "0140"},
    {"a window twice", TYPE_NSEC,
     "0000014000"
     "0140"},
    {"a zero octet at a window's end", TYPE_NSEC, "0000024000"},
    {"a window cut short", TYPE_NSEC, "00000240"},
    {"a hash of no octets", TYPE_NSEC3, "010000000000"},
    {"a salt cut short", TYPE_NSEC3PARAM, "0100000002aa"},
    {"a prefix over 128", TYPE_A6, "8100"},
    {"padding of the name left out", TYPE_A6,
     "40"
     "0000000000000001"},
    {"an address part cut short", TYPE_APL, "0001150501020304"},
    {"a gateway cut short", TYPE_IPSECKEY, "0a0102c00002"},
    {"a relay where there is none", TYPE_AMTRELAY, "0a00c0000201"},
    {"lengths beyond the end", TYPE_HIP,
     "0402000400000000"
     "00"},
    {"a HIT of no octets", TYPE_HIP, "00020001aa"},
    {"a tag of no octets", TYPE_CAA, "000061"},
    {"a tag with a dash", TYPE_CAA, "00022d6161"},
    {"a tag longer than the rest", TYPE_CAA, "000361"},
    {"keys out of order", TYPE_SVCB,
     "000100"
     "000300020035"
     "000100030268"
     "32"},
    {"a key twice", TYPE_SVCB,
     "000100"
     "000300020035"
     "000300020035"},
    {"a value cut short", TYPE_SVCB,
     "000100"
     "0003000200"},
    {"fifteen octets", TYPE_LOC,
     "001212"
     "8000000080000000009896"},
    {"over 8192 octets of ports would be", TYPE_WKS, "c00002"},
    {"a length beyond the end", TYPE_TSIG,
     "00"
     "000000000001"
     "012c"
     "0002"
     "ff"},
};

static struct slice octets_of(struct arena *arena, const char *hex)
{
    size_t size = strlen(hex) / 2;
    struct sink sink = sink_of(arena_bytes(arena, size + 1), size);

    assert_int_equal(text_read_hex(hex, &sink), STATUS_OK);
    return sink_written(&sink);
}

static const char *hex_of(struct arena *arena, struct slice octets)
{
    struct text text = text_in(arena);

    text_add_hex(&text, octets);
    return text_done(&text);
}

static void octets_that_are_refused(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(broken_octets); i++)
        if (rdata_check(octets_of(arena, broken_octets[i].hex), broken_octets[i].type,
                        CLASS_IN))
            fail_msg("%s: %s", broken_octets[i].why, broken_octets[i].hex);
    arena_free(arena);
}

/* ---- out of messages ---- */

static const struct {
    const char *why;
    uint16_t type;
    const char *rdata; /* behind "example" at offset 0 of a message */
    enum status status;
    const char *want;
} compressed[] = {
    {"a name alone", TYPE_NS, "c000", STATUS_OK, "076578616d706c6500"},
    {"labels before the pointer", TYPE_CNAME, "0161c000", STATUS_OK, "0161076578616d706c6500"},
    {"a number before the name", TYPE_MX, "000ac000", STATUS_OK, "000a076578616d706c6500"},
    {"two names and numbers behind", TYPE_SOA,
     "c0000161c0000000000100000002000000030000000400000005", STATUS_OK,
     "076578616d706c65000161076578616d706c65000000000100000002000000030000000400000005"},
    {"the second name points into the first", TYPE_MINFO, "0162c000c009", STATUS_OK,
     "0162076578616d706c65000162076578616d706c6500"},
    {"RFC 3597 section 4: SRV may come compressed", TYPE_SRV, "000000000035c000", STATUS_OK,
     "000000000035076578616d706c6500"},
    {"RFC 3597 section 4: NAPTR too", TYPE_NAPTR, "00010002000000c000", STATUS_OK,
     "00010002000000076578616d706c6500"},
    {"RFC 6672 section 2.5: DNAME may not", TYPE_DNAME, "c000", STATUS_MALFORMED, NULL},
    {"RFC 4034 section 4.1.1: nor NSEC", TYPE_NSEC, "c000000140", STATUS_MALFORMED, NULL},
    {"RFC 4034 section 3.1.7: nor RRSIG", TYPE_RRSIG,
     "000108000000000000000000000000000000c000ff", STATUS_MALFORMED, NULL},
    {"RFC 9460 section 2.2: nor SVCB", TYPE_SVCB, "0001c000", STATUS_MALFORMED, NULL},
    {"a pointer to itself", TYPE_NS, "c009", STATUS_MALFORMED, NULL},
    {"a pointer forward", TYPE_MX, "000ac00d", STATUS_MALFORMED, NULL},
    {"something behind the name", TYPE_NS, "c00000", STATUS_MALFORMED, NULL},
    {"a number missing behind the names", TYPE_SOA, "c000c000", STATUS_MALFORMED, NULL},
    {"an unknown type's octets stay", 65280, "c000", STATUS_OK, "c000"},
};

static void reading_from_messages(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(compressed); i++) {
        const char *hex = arena_printf(arena, "076578616d706c6500%s", compressed[i].rdata);
        struct cursor in = cursor_of(octets_of(arena, hex)), rdata;
        struct slice out;
        enum status status;

        cursor_bytes(&in, 9);
        rdata = cursor_sub(&in, cursor_left(&in));
        status = rdata_read(&rdata, compressed[i].type, CLASS_IN, arena, &out);
        if (status != compressed[i].status)
            fail_msg("%s: %s", compressed[i].why, status_text(status));
        assert_int_equal(cursor_failed(&rdata), status != STATUS_OK);
        if (status == STATUS_OK) {
            assert_string_equal(hex_of(arena, out), compressed[i].want);
            assert_int_equal(cursor_left(&rdata), 0);
        }
    }
    arena_free(arena);
}

/* Decompression must not make more of it than a length field can say. */
static void too_large_once_decompressed(void **state)
{
    enum { NAME = 9, FIXED = 18, SIZE = 65535 };
    struct arena *arena = arena_new(0);
    uint8_t *message = calloc(NAME + SIZE, 1);
    struct cursor in = cursor_of(slice_of(message, NAME + SIZE)), rdata;
    struct slice out;

    (void)state;
    assert_non_null(message);
    memcpy(message, "\7example", NAME);
    message[NAME + FIXED] = 0xc0; /* the signer of a SIG, at offset 0 */
    cursor_bytes(&in, NAME);
    rdata = cursor_sub(&in, SIZE);
    assert_int_equal(rdata_read(&rdata, TYPE_SIG, CLASS_IN, arena, &out), STATUS_MALFORMED);
    free(message);
    arena_free(arena);
}

static void no_memory_is_an_ordinary_failure(void **state)
{
    static const uint8_t message[] = "\7example\0\0\12\1a\300";
    struct arena *arena = arena_new(4096);
    struct cursor in = cursor_of(slice_of(message, sizeof(message))), rdata;
    struct slice out;

    (void)state;
    while (arena_bytes(arena, 1) != NULL)
        ;
    cursor_bytes(&in, 9);
    rdata = cursor_sub(&in, 6);
    assert_int_equal(rdata_read(&rdata, TYPE_MX, CLASS_IN, arena, &out), STATUS_NO_MEMORY);
    assert_int_equal(rdata_from_text("192.0.2.1", TYPE_A, CLASS_IN, NULL, arena, &out),
                     STATUS_NO_MEMORY);
    arena_free(arena);
}

/* ---- canonical form ---- */

static const struct {
    const char *why;
    uint16_t type;
    const char *text, *canonical;
    size_t names;
    bool compress;
} canonical[] = {
    {"types of RFC 1035", TYPE_NS, "NS.Example.", "ns.example.", 1, true},
    {"a number before", TYPE_MX, "10 MAIL.Example.", "10 mail.example.", 1, true},
    {"two names", TYPE_SOA, "A.B. C.D. 1 2 3 4 5", "a.b. c.d. 1 2 3 4 5", 2, true},
    {"RFC 4034 section 6.2: SRV", TYPE_SRV, "1 2 3 SIP.Example.", "1 2 3 sip.example.", 1,
     false},
    {"strings keep their case", TYPE_NAPTR, "1 2 \"U\" \"E2U\" \"X\" A.B.",
     "1 2 \"U\" \"E2U\" \"X\" a.b.", 1, false},
    {"RFC 4034 section 6.2: DNAME", TYPE_DNAME, "A.B.", "a.b.", 1, false},
    {"RFC 4034 section 6.2: A6", TYPE_A6, "128 A.B.", "128 a.b.", 1, false},
    {"RFC 6840 section 5.1: RRSIG is lower-cased", TYPE_RRSIG, "A 8 0 0 1 1 1 A.B. AAAA",
     "A 8 0 0 1 1 1 a.b. AAAA", 1, false},
    {"RFC 6840 section 5.1: NSEC is not", TYPE_NSEC, "A.B. A", "A.B. A", 1, false},
    {"RFC 3597 section 7: nor any later type", TYPE_SVCB, "1 A.B.", "1 A.B.", 1, false},
    {"a list of names is left alone", TYPE_HIP, "2 aa AAAA A.B. C.D.", "2 aa AAAA A.B. C.D.", 0,
     false},
    {"no names", TYPE_TXT, "\"A.B.\"", "\"A.B.\"", 0, false},
};

static void canonical_form(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(canonical); i++) {
        struct rdata_name names[RDATA_NAMES_MAX];
        struct slice rdata, lower;
        uint8_t storage[512];
        struct sink sink = sink_of(storage, sizeof(storage));

        assert_int_equal(rdata_from_text(canonical[i].text, canonical[i].type, CLASS_IN, NULL,
                                         arena, &rdata),
                         STATUS_OK);
        assert_int_equal(rdata_from_text(canonical[i].canonical, canonical[i].type, CLASS_IN,
                                         NULL, arena, &lower),
                         STATUS_OK);
        rdata_write_canonical(&sink, rdata, canonical[i].type);
        assert_false(sink_failed(&sink));
        if (!slice_equal(sink_written(&sink), lower))
            fail_msg("%s", canonical[i].why);
        assert_int_equal(rdata_compare(rdata, lower, canonical[i].type), 0);
        assert_int_equal(rdata_names(rdata, canonical[i].type, names), canonical[i].names);
        if (canonical[i].names > 0)
            assert_int_equal(names[0].compress, canonical[i].compress);
    }
    arena_free(arena);
}

/* Empty slices come with and without an address. */
static void no_octets_at_all(void **state)
{
    struct rdata_name names[RDATA_NAMES_MAX];
    struct slice nothing = slice_of(NULL, 0);
    uint8_t storage[1];
    struct sink sink = sink_of(storage, sizeof(storage));

    (void)state;
    assert_true(rdata_check(nothing, TYPE_APL, CLASS_IN));
    assert_true(rdata_check(nothing, 65280, CLASS_IN));
    assert_false(rdata_check(nothing, TYPE_NS, CLASS_IN));
    assert_int_equal(rdata_names(nothing, TYPE_NS, names), 0);
    rdata_write_canonical(&sink, nothing, TYPE_NS);
    assert_int_equal(sink.used, 0);
    assert_int_equal(rdata_compare(nothing, nothing, TYPE_NS), 0);
}

static void order_of_records(void **state)
{
    static const struct {
        const char *why;
        uint16_t type;
        const char *less, *more;
    } pairs[] = {
        {"octet by octet", TYPE_A, "10.0.0.1", "10.0.0.2"},
        {"octets have no sign", TYPE_A, "127.0.0.1", "128.0.0.1"},
        {"the shorter first", TYPE_TXT, "a", "a b"},
        {"case of names does not count", TYPE_MX, "10 A.", "10 b."},
        {"the length of the first label before its letters", TYPE_NS, "z.", "aa."},
        {"case of strings does", TYPE_TXT, "B", "a"},
        {"case of an NSEC's name does", TYPE_NSEC, "B. A", "a. A"},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct slice less, more;

        assert_int_equal(
            rdata_from_text(pairs[i].less, pairs[i].type, CLASS_IN, NULL, arena, &less),
            STATUS_OK);
        assert_int_equal(
            rdata_from_text(pairs[i].more, pairs[i].type, CLASS_IN, NULL, arena, &more),
            STATUS_OK);
        if (rdata_compare(less, more, pairs[i].type) >= 0 ||
            rdata_compare(more, less, pairs[i].type) <= 0)
            fail_msg("%s", pairs[i].why);
    }
    arena_free(arena);
}

/* ---- single fields ---- */

static struct slice parse(struct arena *arena, uint16_t type, const char *text)
{
    struct slice rdata;

    assert_int_equal(rdata_from_text(text, type, CLASS_IN, NULL, arena, &rdata), STATUS_OK);
    return rdata;
}

static void targets(void **state)
{
    static const struct {
        uint16_t type;
        const char *text, *target;
    } cases[] = {
        {TYPE_NS, "ns.example.", "ns.example."},
        {TYPE_CNAME, "a.example.", "a.example."},
        {TYPE_DNAME, "b.example.", "b.example."},
        {TYPE_PTR, "c.example.", "c.example."},
        {TYPE_MX, "10 d.example.", "d.example."},
        {TYPE_SRV, "1 2 3 e.example.", "e.example."},
        {TYPE_KX, "10 f.example.", "f.example."},
        {TYPE_HTTPS, "1 g.example. alpn=h2", "g.example."},
        {TYPE_NAPTR, "20 0 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.", "_sip._udp.example."},
        {TYPE_A, "192.0.2.1", NULL},
        {TYPE_TXT, "a", NULL},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice rdata = parse(arena, cases[i].type, cases[i].text);
        char text[DNAME_TEXT_MAX];
        struct dname name;
        bool found = rdata_target(rdata, cases[i].type, &name);

        assert_int_equal(found, cases[i].target != NULL);
        if (found)
            assert_string_equal(dname_to_text(name, text), cases[i].target);
    }
    assert_int_equal(rdata_mx_preference(parse(arena, TYPE_MX, "4711 a.")), 4711);
    arena_free(arena);
}

static void soa_and_rrsig(void **state)
{
    struct arena *arena = arena_new(0);
    char text[DNAME_TEXT_MAX];
    struct slice rdata = parse(arena, TYPE_SOA, "a. b. 1 2 3 4 5");
    struct rdata_soa soa;
    struct rdata_rrsig rrsig;

    (void)state;
    assert_true(rdata_soa(rdata, &soa));
    assert_string_equal(dname_to_text(soa.mname, text), "a.");
    assert_string_equal(dname_to_text(soa.rname, text), "b.");
    assert_int_equal(soa.serial, 1);
    assert_int_equal(soa.refresh_s, 2);
    assert_int_equal(soa.retry_s, 3);
    assert_int_equal(soa.expire_s, 4);
    assert_int_equal(soa.minimum_s, 5);
    assert_false(rdata_soa(slice_of(rdata.data, rdata.size - 1), &soa));

    rdata = parse(arena, TYPE_RRSIG, "MX 8 2 3600 2000 1000 4711 c. AQID");
    assert_true(rdata_rrsig(rdata, &rrsig));
    assert_int_equal(rrsig.type_covered, TYPE_MX);
    assert_int_equal(rrsig.algorithm, 8);
    assert_int_equal(rrsig.labels, 2);
    assert_int_equal(rrsig.original_ttl_s, 3600);
    assert_int_equal(rrsig.expiration, 2000);
    assert_int_equal(rrsig.inception, 1000);
    assert_int_equal(rrsig.key_tag, 4711);
    assert_string_equal(dname_to_text(rrsig.signer, text), "c.");
    assert_string_equal(hex_of(arena, rrsig.signature), "010203");
    assert_false(rdata_rrsig(slice_of(rdata.data, 19), &rrsig));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_that_are_refused),
        cmocka_unit_test(reading_from_messages),
        cmocka_unit_test(too_large_once_decompressed),
        cmocka_unit_test(no_memory_is_an_ordinary_failure),
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(no_octets_at_all),
        cmocka_unit_test(order_of_records),
        cmocka_unit_test(targets),
        cmocka_unit_test(soa_and_rrsig),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
