/*
 * msg_read_test.c - packets taken apart: what becomes one RRset, and what is refused as a
 * whole.
 */
#include "util/wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/wire/test_packet.h"

#define SIG(covered) covered " 13 2 300 20300101000000 20200101000000 4711 example. q80r"

static struct test_packet packet;

struct line {
    enum section section;
    const char *owner;
    uint32_t ttl_s;
    const char *type, *rdata;
};

static const struct {
    const char *why;
    struct line lines[8];
    const char *answer, *authority, *additional;
} groups[] = {
    {"nothing", {{0}}, "", "", ""},
    {"one record", {{0, "a.example.", 300, "A", "192.0.2.1"}}, "A 1+0", "", ""},
    {"two of one name, one in capitals",
     {{0, "a.example.", 300, "A", "192.0.2.1"}, {0, "A.EXAMPLE.", 300, "A", "192.0.2.2"}},
     "A 2+0",
     "",
     ""},
    {"of two names",
     {{0, "a.example.", 300, "A", "192.0.2.1"}, {0, "b.example.", 300, "A", "192.0.2.2"}},
     "A 1+0 A 1+0",
     "",
     ""},
    {"of two types, mixed",
     {{0, "a.example.", 300, "A", "192.0.2.1"},
      {0, "a.example.", 300, "AAAA", "::1"},
      {0, "a.example.", 300, "A", "192.0.2.2"}},
     "A 2+0 AAAA 1+0",
     "",
     ""},
    {"sections are kept apart",
     {{0, "a.example.", 300, "A", "192.0.2.1"},
      {1, "a.example.", 300, "A", "192.0.2.2"},
      {2, "a.example.", 300, "A", "192.0.2.3"}},
     "A 1+0",
     "A 1+0",
     "A 1+0"},
    {"the same record twice is one (RFC 2181 section 5)",
     {{0, "a.example.", 300, "A", "192.0.2.1"},
      {0, "a.example.", 300, "A", "192.0.2.2"},
      {0, "a.example.", 300, "A", "192.0.2.1"}},
     "A 2+0",
     "",
     ""},
    {"names in rdata that differ in case are the same",
     {{1, "example.", 300, "NS", "ns.example."}, {1, "example.", 300, "NS", "NS.Example."}},
     "",
     "NS 1+0",
     ""},
    {"but text that differs in case is not",
     {{0, "example.", 300, "TXT", "a"}, {0, "example.", 300, "TXT", "A"}},
     "TXT 2+0",
     "",
     ""},
    {"a signature behind its set",
     {{0, "a.example.", 300, "A", "192.0.2.1"}, {0, "a.example.", 300, "RRSIG", SIG("A")}},
     "A 1+1",
     "",
     ""},
    {"a signature before its set",
     {{0, "a.example.", 300, "RRSIG", SIG("A")}, {0, "a.example.", 300, "A", "192.0.2.1"}},
     "A 1+1",
     "",
     ""},
    {"the same signature twice",
     {{0, "a.example.", 300, "A", "192.0.2.1"},
      {0, "a.example.", 300, "RRSIG", SIG("A")},
      {0, "a.example.", 300, "RRSIG", SIG("A")}},
     "A 1+1",
     "",
     ""},
    {"signatures of two sets",
     {{0, "a.example.", 300, "A", "192.0.2.1"},
      {0, "a.example.", 300, "RRSIG", SIG("A")},
      {0, "a.example.", 300, "AAAA", "::1"},
      {0, "a.example.", 300, "RRSIG", SIG("AAAA")}},
     "A 1+1 AAAA 1+1",
     "",
     ""},
    {"a signature of another section's set goes to it all the same",
     {{0, "a.example.", 300, "A", "192.0.2.1"}, {1, "a.example.", 300, "RRSIG", SIG("A")}},
     "A 1+1",
     "",
     ""},
    {"that of its own section comes first",
     {{0, "a.example.", 300, "A", "192.0.2.1"},
      {2, "a.example.", 300, "A", "192.0.2.1"},
      {2, "a.example.", 300, "RRSIG", SIG("A")}},
     "A 1+0",
     "",
     "A 1+1"},
    {"a signature of another name's set stands alone",
     {{0, "a.example.", 300, "A", "192.0.2.1"}, {0, "b.example.", 300, "RRSIG", SIG("A")}},
     "A 1+0 RRSIG 1+0",
     "",
     ""},
    {"signatures without sets are one set of their own",
     {{0, "a.example.", 300, "RRSIG", SIG("A")}, {0, "a.example.", 300, "RRSIG", SIG("MX")}},
     "RRSIG 2+0",
     "",
     ""},
    {"a signature that covers signatures covers nothing",
     {{0, "a.example.", 300, "RRSIG", SIG("A")}, {0, "a.example.", 300, "RRSIG", SIG("RRSIG")}},
     "RRSIG 2+0",
     "",
     ""},
    {"an unknown type and its signature",
     {{0, "a.example.", 300, "TYPE65280", "\\# 2 abcd"},
      {0, "a.example.", 300, "RRSIG", SIG("TYPE65280")}},
     "TYPE65280 1+1",
     "",
     ""},
};

static void records_become_rrsets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(groups); i++) {
        struct arena *arena = arena_new(0);
        struct message message;

        packet_start(&packet, arena, FLAG_QR);
        packet_question(&packet, "a.example.", TYPE_ANY);
        for (const struct line *line = groups[i].lines; line->owner != NULL; line++)
            packet_add(&packet, line->section, line->owner, line->ttl_s, line->type,
                       line->rdata);
        assert_int_equal(message_read(packet_done(&packet), arena, 0, &message), STATUS_OK);
        if (strcmp(packet_sets(&message, SECTION_ANSWER, arena), groups[i].answer) != 0 ||
            strcmp(packet_sets(&message, SECTION_AUTHORITY, arena), groups[i].authority) != 0 ||
            strcmp(packet_sets(&message, SECTION_ADDITIONAL, arena), groups[i].additional) != 0)
            fail_msg("%s: %s / %s / %s", groups[i].why, packet_sets(&message, 0, arena),
                     packet_sets(&message, 1, arena), packet_sets(&message, 2, arena));
        arena_free(arena);
    }
}

static const struct {
    const char *why;
    uint32_t a, b, want;
} ttls[] = {
    {"the least counts (RFC 2181 section 5.2)", 300, 200, 200},
    {"in any order", 200, 300, 200},
    {"the largest that there is", INT32_MAX, INT32_MAX, INT32_MAX},
    {"the top bit makes it 0 (RFC 2181 section 8)", 0x80000000u, 300, 0},
    {"all bits", 0xffffffffu, 0xffffffffu, 0},
};

static void one_ttl_for_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ttls); i++) {
        struct arena *arena = arena_new(0);
        struct message message;

        packet_start(&packet, arena, FLAG_QR);
        packet_add(&packet, SECTION_ANSWER, "a.", ttls[i].a, "A", "192.0.2.1");
        packet_add(&packet, SECTION_ANSWER, "a.", ttls[i].b, "A", "192.0.2.2");
        assert_int_equal(message_read(packet_done(&packet), arena, 1000, &message), STATUS_OK);
        if (message.rrsets[0]->ttl_s != ttls[i].want ||
            message.rrsets[0]->expires_s != 1000 + (int64_t)ttls[i].want)
            fail_msg("%s: %u", ttls[i].why, message.rrsets[0]->ttl_s);
        arena_free(arena);
    }
}

static void header_and_question(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;
    char text[DNAME_TEXT_MAX];

    (void)state;
    packet_start(&packet, arena, FLAG_QR | FLAG_AA | FLAG_RD | FLAG_CD | 4 << 11 | 3);
    packet_question(&packet, "WwW.Example.", TYPE_MX);
    assert_int_equal(message_read(packet_done(&packet), arena, 0, &message), STATUS_OK);
    assert_int_equal(message.id, 0x1234);
    assert_int_equal(message.flags, FLAG_QR | FLAG_AA | FLAG_RD | FLAG_CD);
    assert_int_equal(message.opcode, OPCODE_NOTIFY);
    assert_int_equal(message.rcode, RCODE_NXDOMAIN);
    assert_true(message.has_question);
    assert_int_equal(message.question.qtype, TYPE_MX);
    assert_string_equal(dname_to_text(message.question.qname, text), "WwW.Example.");
    assert_int_equal(message.size_bytes, packet_done(&packet).size);
    arena_free(arena);
}

/* Nothing of a message may point into the packet, whose buffer is used again. */
static void the_packet_may_go_away(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;
    char text[DNAME_TEXT_MAX];

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "www.example.", TYPE_CNAME);
    packet_add(&packet, SECTION_ANSWER, "www.example.", 300, "CNAME", "a.example.");
    packet_raw(&packet, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0,
               slice_of("\0\xf\0\4\0\x16"
                        "ab",
                        8));
    assert_int_equal(message_read(packet_done(&packet), arena, 0, &message), STATUS_OK);
    memset(packet.octets, 0xee, sizeof(packet.octets));
    assert_string_equal(dname_to_text(message.question.qname, text), "www.example.");
    assert_string_equal(dname_to_text(rrset_owner(message.rrsets[0]), text), "www.example.");
    assert_memory_equal(rrset_rdata(message.rrsets[0], 0).data, "\1a\7example", 11);
    assert_memory_equal(edns_find(&message.edns, EDNS_ERROR)->data.data,
                        "\0\x16"
                        "ab",
                        4);
    arena_free(arena);
}

static void compressed_rdata_is_expanded(void **state)
{
    static const uint8_t octets[] = "\0\1\x80\0\0\1\0\2\0\0\0\0"
                                    "\1a\7example\0\0\xf\0\1" /* a.example. at 12 */
                                    "\xc0\x0c\0\xf\0\1\0\0\0\1\0\6\0\5\1b\xc0\x0e"
                                    "\xc0\x0c\0\xf\0\1\0\0\0\1\0\4\0\6\xc0\x0c";
    struct arena *arena = arena_new(0);
    struct message message;

    (void)state;
    assert_int_equal(message_read(slice_of(octets, sizeof(octets) - 1), arena, 0, &message),
                     STATUS_OK);
    assert_string_equal(packet_sets(&message, SECTION_ANSWER, arena), "MX 2+0");
    assert_int_equal(rrset_rdata(message.rrsets[0], 0).size, 13);
    assert_memory_equal(rrset_rdata(message.rrsets[0], 0).data, "\0\5\1b\7example", 13);
    assert_memory_equal(rrset_rdata(message.rrsets[0], 1).data, "\0\6\1a\7example", 13);
    arena_free(arena);
}

static void edns_is_no_rrset(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;

    (void)state;
    packet_start(&packet, arena, FLAG_QR | 1);
    packet_add(&packet, SECTION_ADDITIONAL, "a.", 300, "A", "192.0.2.1");
    packet_raw(&packet, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0x01008000, slice_of("", 0));
    packet_add(&packet, SECTION_ADDITIONAL, "a.", 300, "A", "192.0.2.2");
    assert_int_equal(message_read(packet_done(&packet), arena, 0, &message), STATUS_OK);
    assert_string_equal(packet_sets(&message, SECTION_ADDITIONAL, arena), "A 2+0");
    assert_true(message.edns.present && message.edns.dnssec_ok);
    assert_int_equal(message.edns.udp_size, 1232);
    assert_int_equal(message.rcode, 17); /* RFC 6891 section 6.1.3: 1 above, 1 below */
    arena_free(arena);
}

/* Each case changes a packet that is in order. */
static void no_change(void)
{
}

static void opt_twice(void)
{
    for (int i = 0; i < 2; i++)
        packet_raw(&packet, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, slice_of("", 0));
}

static void opt_in_answer(void)
{
    packet_raw(&packet, SECTION_ANSWER, ".", TYPE_OPT, 1232, 0, slice_of("", 0));
}

static void opt_with_name(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, "a.", TYPE_OPT, 1232, 0, slice_of("", 0));
}

static void opt_option_over_end(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0,
               slice_of("\0\xf\0\5\0\1", 6));
}

static void trailing_octet(void)
{
    sink_u8(&packet.out, 0);
}

static void octet_missing(void)
{
    packet.out.used--;
}

static void count_too_high(void)
{
    packet_count(&packet, 3);
}

static void count_absurd(void)
{
    bytes_put_u16(packet.octets + 10, 0xffff);
}

static void a_of_five_octets(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, "a.", TYPE_A, CLASS_IN, 300, slice_of("12345", 5));
}

static void rdata_over_end(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, "a.", TYPE_TXT, CLASS_IN, 300,
               slice_of("\3abc", 4));
    bytes_put_u16(packet.octets + packet.out.used - 6, 5);
}

static void type_any(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, "a.", TYPE_ANY, CLASS_IN, 300, slice_of("", 0));
}

static void type_0(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, "a.", 0, CLASS_IN, 300, slice_of("", 0));
}

static void tsig_last(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, "key.", TYPE_TSIG, CLASS_ANY, 0,
               slice_of("whatever", 8));
}

static void tsig_in_between(void)
{
    tsig_last();
    packet_add(&packet, SECTION_ADDITIONAL, "a.", 300, "A", "192.0.2.1");
}

static void tsig_in_answer(void)
{
    packet_raw(&packet, SECTION_ANSWER, "key.", TYPE_TSIG, CLASS_ANY, 0,
               slice_of("whatever", 8));
}

static void sig0_last(void)
{
    packet_raw(&packet, SECTION_ADDITIONAL, ".", TYPE_SIG, CLASS_ANY, 0,
               slice_of("\0\0whatever", 10));
}

static void two_questions(void)
{
    bytes_put_u16(packet.octets + 4, 2);
}

static void no_question(void)
{
    /* The octets of the question now stand where the answer ought to. */
    bytes_put_u16(packet.octets + 4, 0);
}

static const struct {
    const char *why;
    void (*change)(void);
    enum status want;
} changes[] = {
    {"as it is", no_change, STATUS_OK},
    {"two OPT records (RFC 6891 section 6.1.1)", opt_twice, STATUS_MALFORMED},
    {"OPT in the answer section", opt_in_answer, STATUS_MALFORMED},
    {"OPT with an owner name", opt_with_name, STATUS_MALFORMED},
    {"an option longer than the OPT", opt_option_over_end, STATUS_MALFORMED},
    {"an octet behind the last record", trailing_octet, STATUS_MALFORMED},
    {"an octet missing", octet_missing, STATUS_MALFORMED},
    {"a record announced that is not there", count_too_high, STATUS_MALFORMED},
    {"more records than octets", count_absurd, STATUS_MALFORMED},
    {"an address of five octets", a_of_five_octets, STATUS_MALFORMED},
    {"RDLENGTH over the end", rdata_over_end, STATUS_MALFORMED},
    {"a record of type ANY", type_any, STATUS_MALFORMED},
    {"a record of type 0", type_0, STATUS_MALFORMED},
    {"TSIG in the last place is not ours to check", tsig_last, STATUS_OK},
    {"TSIG in another place (RFC 8945 section 5.1)", tsig_in_between, STATUS_MALFORMED},
    {"TSIG in another section", tsig_in_answer, STATUS_MALFORMED},
    {"SIG(0) in the last place", sig0_last, STATUS_OK},
    {"two questions (RFC 9619)", two_questions, STATUS_LIMIT},
    {"a question that is not counted", no_question, STATUS_MALFORMED},
};

static void nothing_of_a_malformed_message_is_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct arena *arena = arena_new(0);
        struct message message;
        enum status status;

        packet_start(&packet, arena, FLAG_QR);
        packet_question(&packet, "a.", TYPE_A);
        packet_add(&packet, SECTION_ANSWER, "ns.", 300, "AAAA", "2001:db8::1");
        changes[i].change();
        status = message_read(packet_done(&packet), arena, 0, &message);
        if (status != changes[i].want)
            fail_msg("%s: %s", changes[i].why, status_text(status));
        assert_int_equal(message_rrsets(&message), status == STATUS_OK ? 1 : 0);
        assert_false(message.edns.present);
        arena_free(arena);
    }
}

static void the_question_alone(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;
    struct cursor in;

    (void)state;
    packet_start(&packet, arena, FLAG_RD);
    packet_question(&packet, "a.", TYPE_A);
    sink_u8(&packet.out, 0); /* whatever follows is not looked at */
    in = cursor_of(packet_done(&packet));
    assert_int_equal(message_read_question(&in, arena, &message), STATUS_OK);
    assert_int_equal(cursor_offset(&in), packet.out.used - 1);
    assert_int_equal(message.question.qtype, TYPE_A);
    bytes_put_u16(packet.octets + 4, 0);
    in = cursor_of(packet_done(&packet));
    assert_int_equal(message_read_question(&in, arena, &message), STATUS_LIMIT);
    assert_int_equal(message.id, 0x1234);
    assert_int_equal(message.flags, FLAG_RD);
    in = cursor_of(slice_of(packet.octets, 11));
    assert_int_equal(message_read_question(&in, arena, &message), STATUS_MALFORMED);
    bytes_put_u16(packet.octets + 4, 1);
    in = cursor_of(slice_of(packet.octets, 18));
    assert_int_equal(message_read_question(&in, arena, &message), STATUS_MALFORMED);
    assert_false(message.has_question);
    assert_false(message_read_header(slice_of(packet.octets, 11), &message));
    assert_true(message_read_header(slice_of(packet.octets, 12), &message));
    arena_free(arena);
}

/* As many records as a packet holds: all of one set, each in a set of its own, all equal. */
static void full_packets(void **state)
{
    static const struct {
        const char *why;
        bool one_owner, one_address;
        size_t sets, records;
    } full[] = {
        {"one large set", true, false, 1, 3000},
        {"the same record again and again", true, true, 1, 1},
        {"a name for each", false, true, 3000, 3000},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(full); i++) {
        struct arena *arena = arena_new(0);
        struct message message;
        size_t records = 0;

        packet_start(&packet, arena, FLAG_QR);
        for (unsigned n = 0; n < 3000; n++) {
            unsigned owner = full[i].one_owner ? 0 : n, address = full[i].one_address ? 0 : n;

            packet_raw(&packet, SECTION_ANSWER,
                       arena_printf(arena, "%c%c%c.", 'a' + owner % 26, 'a' + owner / 26 % 26,
                                    'a' + owner / 676),
                       TYPE_A, CLASS_IN, 300, slice_of(&address, 4));
        }
        assert_int_equal(message_read(packet_done(&packet), arena, 0, &message), STATUS_OK);
        for (size_t n = 0; n < message_rrsets(&message); n++)
            records += message.rrsets[n]->rr_count;
        if (message_rrsets(&message) != full[i].sets || records != full[i].records)
            fail_msg("%s: %zu sets, %zu records", full[i].why, message_rrsets(&message),
                     records);
        arena_free(arena);
    }
}

/* Wherever memory ends, the answer is "no memory" and nothing is half there. */
static void no_memory_is_an_ordinary_failure(void **state)
{
    struct arena *scratch = arena_new(0);
    bool succeeded = false;

    (void)state;
    packet_start(&packet, scratch, FLAG_QR);
    packet_question(&packet, "a.", TYPE_A);
    for (int i = 0; i < 200; i++)
        packet_add(&packet, SECTION_ANSWER, arena_printf(scratch, "a%d.example.", i), 300, "A",
                   "192.0.2.1");
    for (size_t limit = 4096; limit < 200000 && !succeeded; limit += 997) {
        struct arena *arena = arena_new(limit);
        struct message message;
        enum status status = message_read(packet_done(&packet), arena, 0, &message);

        succeeded = status == STATUS_OK;
        assert_true(succeeded || status == STATUS_NO_MEMORY);
        assert_int_equal(message_rrsets(&message), succeeded ? 200 : 0);
        arena_free(arena);
    }
    assert_true(succeeded);
    arena_free(scratch);
}

static void looking_around(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;
    uint8_t storage[DNAME_MAX];
    struct dname name;
    size_t count;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_add(&packet, SECTION_AUTHORITY, "b.", 300, "NS", "a.");
    packet_add(&packet, SECTION_ADDITIONAL, "a.", 300, "A", "192.0.2.1");
    assert_int_equal(message_read(packet_done(&packet), arena, 0, &message), STATUS_OK);
    assert_int_equal(dname_from_text("A.", storage, &name), STATUS_OK);
    assert_non_null(message_find(&message, SECTION_ADDITIONAL, name, TYPE_A));
    assert_null(message_find(&message, SECTION_ADDITIONAL, name, TYPE_AAAA));
    assert_null(message_find(&message, SECTION_ANSWER, name, TYPE_A));
    assert_int_equal(message_section(&message, SECTION_AUTHORITY, &count)[0]->type, TYPE_NS);
    assert_int_equal(count, 1);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_rrsets),
        cmocka_unit_test(one_ttl_for_all),
        cmocka_unit_test(header_and_question),
        cmocka_unit_test(the_packet_may_go_away),
        cmocka_unit_test(compressed_rdata_is_expanded),
        cmocka_unit_test(edns_is_no_rrset),
        cmocka_unit_test(nothing_of_a_malformed_message_is_believed),
        cmocka_unit_test(the_question_alone),
        cmocka_unit_test(full_packets),
        cmocka_unit_test(no_memory_is_an_ordinary_failure),
        cmocka_unit_test(looking_around),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
