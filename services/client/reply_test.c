/*
 * reply_test.c - flags, sections, OPT and size of what goes out to clients.
 */
#include "services/client/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "testcode/message_of.h"

struct bench {
    struct arena *arena;
    struct client_options options;
    struct reply_style style;
    struct asker asker;
    struct reply reply;
    uint8_t octets[MESSAGE_MAX];
    struct message back; /* what came out, read again */
    size_t size;
};

static struct bench bench;

static int set_up(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof(bench));
    bench.arena = arena_new(0);
    bench.options = (struct client_options){.minimal_responses = true,
                                            .minimal_any = true,
                                            .ede = true,
                                            .ede_most = 4,
                                            .edns_tcp_keepalive = true,
                                            .edns_tcp_keepalive_timeout = 30000,
                                            .pad_responses = true,
                                            .max_udp_size = 1232};
    bench.style = (struct reply_style){.options = &bench.options, .edns_size = 1232};
    bench.asker.id = 4711;
    bench.asker.flags = FLAG_RD;
    bench.asker.has_question = true;
    bench.asker.question = question_of(bench.arena, "www.example. A");
    bench.asker.udp_size = 512;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(bench.arena);
    return 0;
}

static void write_it(void)
{
    struct sink out = sink_of(bench.octets, sizeof(bench.octets));

    assert_int_equal(reply_write(&bench.style, &bench.asker, &bench.reply, bench.arena, &out),
                     STATUS_OK);
    bench.size = out.used;
    assert_int_equal(message_read(sink_written(&out), bench.arena, 0, &bench.back), STATUS_OK);
}

static void put_message(const char *question, uint16_t rcode, const char *records)
{
    bench.asker.question = question_of(bench.arena, question);
    bench.reply.message = message_of(bench.arena, question, rcode, FLAG_QR, records);
    bench.reply.rcode = rcode;
}

static void use_edns(uint16_t size)
{
    bench.asker.has_edns = true;
    bench.asker.udp_size = size;
}

/* ---- flags ---- */

static const struct {
    const char *why;
    uint16_t asked;
    bool dnssec_ok;
    enum security security;
    uint16_t rcode;
    bool authoritative, no_recursion;
    uint16_t want;
} flag_cases[] = {
    {"plain", FLAG_RD, false, SEC_INSECURE, RCODE_NOERROR, false, false, FLAG_RD | FLAG_RA},
    {"RD is copied, not set", 0, false, SEC_INSECURE, RCODE_NOERROR, false, false, FLAG_RA},
    {"CD is copied", FLAG_CD, false, SEC_INSECURE, RCODE_NOERROR, false, false,
     FLAG_RA | FLAG_CD},
    {"secure, but nobody asked for AD", FLAG_RD, false, SEC_SECURE, RCODE_NOERROR, false, false,
     FLAG_RD | FLAG_RA},
    {"secure, AD asked", FLAG_AD, false, SEC_SECURE, RCODE_NOERROR, false, false,
     FLAG_RA | FLAG_AD},
    {"secure, DO", 0, true, SEC_SECURE, RCODE_NXDOMAIN, false, false, FLAG_RA | FLAG_AD},
    {"insecure, DO", 0, true, SEC_INSECURE, RCODE_NOERROR, false, false, FLAG_RA},
    {"with CD what is known as secure is still authentic", FLAG_CD, true, SEC_SECURE,
     RCODE_NOERROR, false, false, FLAG_RA | FLAG_CD | FLAG_AD},
    {"with CD what was not judged is not", FLAG_CD, true, SEC_UNCHECKED, RCODE_NOERROR, false,
     false, FLAG_RA | FLAG_CD},
    {"a failure is never authentic", 0, true, SEC_SECURE, RCODE_SERVFAIL, false, false,
     FLAG_RA},
    {"local data", FLAG_RD, false, SEC_INSECURE, RCODE_NOERROR, true, false,
     FLAG_RD | FLAG_RA | FLAG_AA},
    {"turned away", FLAG_RD, false, SEC_UNCHECKED, RCODE_REFUSED, false, true, FLAG_RD},
};

static void flags_follow_question_and_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(flag_cases); i++) {
        put_message("www.example. A", flag_cases[i].rcode, "www.example. A 192.0.2.1");
        bench.asker.flags = flag_cases[i].asked;
        bench.asker.has_edns = bench.asker.dnssec_ok = flag_cases[i].dnssec_ok;
        bench.reply.security = flag_cases[i].security;
        bench.reply.authoritative = flag_cases[i].authoritative;
        bench.reply.no_recursion = flag_cases[i].no_recursion;
        write_it();
        if (bench.back.flags != (flag_cases[i].want | FLAG_QR))
            fail_msg("%s: flags %04x", flag_cases[i].why, bench.back.flags);
        assert_int_equal(bench.back.id, 4711);
        assert_int_equal(bench.back.rcode, flag_cases[i].rcode);
    }
}

/* ---- sections ---- */

static const struct {
    const char *why, *question;
    uint16_t rcode;
    const char *records;
    bool minimal, known;
    unsigned answer, authority, additional; /* RRsets */
} section_cases[] = {
    {"an answer needs no more", "www.example. A", RCODE_NOERROR,
     "www.example. A 192.0.2.1\nauthority\nexample. NS ns.example.\nadditional\n"
     "ns.example. A 192.0.2.2",
     true, false, 1, 0, 0},
    {"all of it where minimal-responses is off", "www.example. A", RCODE_NOERROR,
     "www.example. A 192.0.2.1\nauthority\nexample. NS ns.example.\nadditional\n"
     "ns.example. A 192.0.2.2",
     false, false, 1, 1, 1},
    {"at the end of an alias", "www.example. A", RCODE_NOERROR,
     "www.example. CNAME a.example.\na.example. A 192.0.2.1\nauthority\nexample. NS "
     "ns.example.",
     true, false, 2, 0, 0},
    {"the proof of a wildcard stays", "www.example. A", RCODE_NOERROR,
     "www.example. A 192.0.2.1\nauthority\nexample. NSEC z.example. A NSEC", true, false, 1, 1,
     0},
    {"NS with the addresses", "example. NS", RCODE_NOERROR,
     "example. NS ns.example.\nadditional\nns.example. A 192.0.2.2", true, false, 1, 0, 1},
    {"NODATA: the SOA stays, the NS set goes", "www.example. A", RCODE_NOERROR,
     "authority\nexample. NS ns.example.\nexample. SOA a. b. 1 2 3 4 5\nadditional\n"
     "ns.example. A 192.0.2.2",
     true, false, 0, 1, 0},
    {"NXDOMAIN: likewise", "www.example. A", RCODE_NXDOMAIN,
     "authority\nexample. SOA a. b. 1 2 3 4 5\nexample. NS ns.example.\nadditional\n"
     "ns.example. A 192.0.2.2",
     true, false, 0, 1, 0},
    {"a referral is nothing without its servers", "www.example. A", RCODE_NOERROR,
     "authority\nexample. NS ns.example.\nadditional\nns.example. A 192.0.2.2", true, false, 0,
     1, 1},
    {"ANY from an address that may be forged: the smallest (RFC 8482)", "www.example. ANY",
     RCODE_NOERROR, "www.example. TXT \"long long long long long\"\nwww.example. A 192.0.2.1",
     true, false, 1, 0, 0},
    {"ANY from a known address", "www.example. ANY", RCODE_NOERROR,
     "www.example. TXT \"long long long long long\"\nwww.example. A 192.0.2.1", true, true, 2,
     0, 0},
};

static void sections_are_as_small_as_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(section_cases); i++) {
        put_message(section_cases[i].question, section_cases[i].rcode,
                    section_cases[i].records);
        bench.options.minimal_responses = section_cases[i].minimal;
        bench.asker.is_known = section_cases[i].known;
        use_edns(1232);
        bench.asker.dnssec_ok = true;
        write_it();
        if (bench.back.count[SECTION_ANSWER] != section_cases[i].answer ||
            bench.back.count[SECTION_AUTHORITY] != section_cases[i].authority ||
            bench.back.count[SECTION_ADDITIONAL] != section_cases[i].additional)
            fail_msg("%s: %d %d %d", section_cases[i].why, bench.back.count[0],
                     bench.back.count[1], bench.back.count[2]);
    }
}

static void the_smallest_of_any_is_chosen(void **state)
{
    (void)state;
    put_message("www.example. ANY", RCODE_NOERROR,
                "www.example. TXT \"long long long long long\"\nwww.example. A 192.0.2.1");
    write_it();
    assert_int_equal(bench.back.rrsets[0]->type, TYPE_A);
}

/* Else nobody could validate it. */
static void any_keeps_the_proof_of_a_wildcard(void **state)
{
    (void)state;
    put_message("www.example. ANY", RCODE_NOERROR,
                "www.example. A 192.0.2.1\nwww.example. TXT \"long long long long long\"\n"
                "authority\nexample. NS ns.example.\n*.example. NSEC example. A TXT");
    bench.asker.has_edns = bench.asker.dnssec_ok = true;
    bench.asker.udp_size = 1232;
    write_it();
    assert_int_equal(bench.back.count[SECTION_ANSWER], 1);
    assert_int_equal(bench.back.count[SECTION_AUTHORITY], 1);
    assert_int_equal(bench.back.rrsets[1]->type, TYPE_NSEC);
}

static void any_below_a_dname_keeps_it(void **state)
{
    (void)state;
    put_message("www.old.example. ANY", RCODE_NOERROR,
                "old.example. DNAME new.example.\nwww.old.example. CNAME www.new.example.");
    write_it();
    assert_int_equal(bench.back.count[SECTION_ANSWER], 2);
}

static void the_question_keeps_its_letter_case(void **state)
{
    (void)state;
    put_message("www.example. A", RCODE_NOERROR, "www.example. A 192.0.2.1");
    bench.asker.question = question_of(bench.arena, "wWw.eXaMpLe. A");
    write_it();
    assert_memory_equal(bench.octets + HEADER_SIZE, "\3wWw\7eXaMpLe", 13);
}

static void records_rotate_with_the_id(void **state)
{
    (void)state;
    put_message("www.example. A", RCODE_NOERROR,
                "www.example. A 192.0.2.1\nwww.example. A 192.0.2.2");
    bench.asker.id = 1;
    write_it();
    assert_int_equal(bench.octets[bench.size - 1], 2); /* off: as they are */
    bench.options.rrset_roundrobin = true;
    write_it();
    assert_int_equal(bench.octets[bench.size - 1], 1);
}

/* ---- OPT ---- */

static void opt_only_for_who_sent_one(void **state)
{
    (void)state;
    put_message("www.example. A", RCODE_NOERROR, "www.example. A 192.0.2.1");
    write_it();
    assert_false(bench.back.edns.present);
    use_edns(4096);
    bench.asker.dnssec_ok = true;
    write_it();
    assert_true(bench.back.edns.present);
    assert_true(bench.back.edns.dnssec_ok);
    assert_int_equal(bench.back.edns.udp_size, 1232);
    assert_int_equal(bench.back.edns.version, 0);
    assert_int_equal(bench.back.edns.option_count, 0);
}

static void options_are_answered_when_asked(void **state)
{
    uint8_t nsid[4];
    struct sink sink = sink_of(nsid, sizeof(nsid));
    const struct edns_option *option;
    uint16_t units;

    (void)state;
    assert_int_equal(reply_nsid_from_text("ascii_abc", &sink), STATUS_OK);
    bench.style.nsid = sink_written(&sink);
    use_edns(1232);
    write_it();
    assert_null(edns_find(&bench.back.edns, EDNS_NSID));
    bench.asker.wants_nsid = bench.asker.wants_keepalive = bench.asker.has_cookie = true;
    bench.asker.transport = TRANSPORT_TCP;
    memset(bench.asker.cookie, 7, sizeof(bench.asker.cookie));
    write_it();
    option = edns_find(&bench.back.edns, EDNS_NSID);
    assert_non_null(option);
    assert_true(slice_equal(option->data, slice_of("abc", 3)));
    option = edns_find(&bench.back.edns, EDNS_COOKIE);
    assert_non_null(option);
    assert_int_equal(option->data.size, COOKIE_SIZE);
    option = edns_find(&bench.back.edns, EDNS_TCP_KEEPALIVE);
    assert_non_null(option);
    assert_int_equal(keepalive_read(option->data, &units), STATUS_OK);
    assert_int_equal(units, 300);
    bench.options.edns_tcp_keepalive = false;
    write_it();
    assert_null(edns_find(&bench.back.edns, EDNS_TCP_KEEPALIVE));
}

static void nsid_is_hex_or_text(void **state)
{
    uint8_t octets[8];
    struct sink sink = sink_of(octets, sizeof(octets));

    (void)state;
    assert_int_equal(reply_nsid_from_text("0123456789abcdef", &sink), STATUS_OK);
    assert_int_equal(sink.used, 8);
    sink = sink_of(octets, sizeof(octets));
    assert_int_equal(reply_nsid_from_text("nonsense", &sink), STATUS_MALFORMED);
    sink = sink_of(octets, sizeof(octets));
    assert_int_equal(reply_nsid_from_text("ascii_much too long", &sink), STATUS_NO_SPACE);
}

static void reasons_go_out_in_order(void **state)
{
    struct reasons reasons = {.count = 3,
                              .item = {{EDE_NO_REACHABLE_AUTHORITY, "first"},
                                       {EDE_NETWORK_ERROR, "second"},
                                       {EDE_CACHED_ERROR, "third"}}};
    struct ede ede;

    (void)state;
    bench.reply.rcode = RCODE_SERVFAIL;
    bench.reply.reasons = &reasons;
    use_edns(1232);
    write_it();
    assert_int_equal(bench.back.edns.option_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ede_read(bench.back.edns.options[i].data, &ede), STATUS_OK);
        assert_int_equal(ede.code, reasons.item[i].code);
        assert_true(slice_equal(ede.text,
                                slice_of(reasons.item[i].text, strlen(reasons.item[i].text))));
    }
    bench.options.ede_most = 1;
    write_it();
    assert_int_equal(bench.back.edns.option_count, 1);
    assert_int_equal(ede_read(bench.back.edns.options[0].data, &ede), STATUS_OK);
    assert_int_equal(ede.code, EDE_NO_REACHABLE_AUTHORITY);
    bench.options.ede = false;
    write_it();
    assert_int_equal(bench.back.edns.option_count, 0);
}

static void padding_hides_the_size_on_tls_only(void **state)
{
    (void)state;
    put_message("www.example. A", RCODE_NOERROR, "www.example. A 192.0.2.1");
    use_edns(1232);
    bench.asker.is_padded = true;
    bench.asker.transport = TRANSPORT_TLS;
    write_it();
    assert_int_equal(bench.size, 468); /* RFC 8467 section 4.1 */
    bench.asker.transport = TRANSPORT_TCP;
    write_it();
    assert_null(edns_find(&bench.back.edns, EDNS_PADDING));
    bench.asker.transport = TRANSPORT_TLS;
    bench.asker.is_padded = false;
    write_it();
    assert_null(edns_find(&bench.back.edns, EDNS_PADDING));
}

/* ---- size ---- */

static const char *long_answer(void)
{
    static char records[4096];
    size_t used = 0;

    for (int i = 0; i < 8; i++) { /* 8 sets of over 170 octets */
        char line[256];
        int size = snprintf(line, sizeof(line), "www.example. TYPE%d \\# 160 ", 65280 + i);

        memcpy(records + used, line, (size_t)size);
        memset(records + used + size, 'a', 320);
        used += (size_t)size + 320;
        records[used++] = '\n';
    }
    records[used] = '\0';
    return records;
}

static const struct {
    const char *why;
    enum transport transport;
    uint16_t edns_size; /* 0: no EDNS */
    bool late;
    uint16_t rcode;
    size_t most;
    bool cut;
} size_cases[] = {
    {"512 without EDNS", TRANSPORT_UDP, 0, false, RCODE_NOERROR, 512, true},
    {"what the client takes", TRANSPORT_UDP, 600, false, RCODE_NOERROR, 600, true},
    {"no more than max-udp-size", TRANSPORT_UDP, 4096, false, RCODE_NOERROR, 1232, true},
    {"a stream takes all", TRANSPORT_TCP, 0, false, RCODE_NOERROR, 65535, false},
    {"late: no more than amplifies nothing", TRANSPORT_UDP, 1232, true, RCODE_NOERROR, 256,
     true},
};

static void size_is_the_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(size_cases); i++) {
        put_message("www.example. ANY", size_cases[i].rcode, long_answer());
        bench.options.minimal_any = false;
        bench.asker.transport = size_cases[i].transport;
        bench.asker.has_edns = size_cases[i].edns_size != 0;
        bench.asker.udp_size = size_cases[i].edns_size == 0 ? 512 : size_cases[i].edns_size;
        bench.reply.late = size_cases[i].late;
        write_it();
        if (bench.size > size_cases[i].most ||
            ((bench.back.flags & FLAG_TC) != 0) != size_cases[i].cut)
            fail_msg("%s: %zu octets, flags %04x", size_cases[i].why, bench.size,
                     bench.back.flags);
    }
}

static void told_to_come_by_tcp(void **state)
{
    (void)state;
    put_message("www.example. A", RCODE_REFUSED, "www.example. A 192.0.2.1");
    bench.reply.truncated = true;
    write_it();
    assert_true((bench.back.flags & FLAG_TC) != 0);
    assert_int_equal(bench.back.count[SECTION_ANSWER], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(flags_follow_question_and_answer),
        TEST(sections_are_as_small_as_allowed),
        TEST(the_smallest_of_any_is_chosen),
        TEST(any_keeps_the_proof_of_a_wildcard),
        TEST(any_below_a_dname_keeps_it),
        TEST(the_question_keeps_its_letter_case),
        TEST(records_rotate_with_the_id),
        TEST(opt_only_for_who_sent_one),
        TEST(options_are_answered_when_asked),
        TEST(nsid_is_hex_or_text),
        TEST(reasons_go_out_in_order),
        TEST(padding_hides_the_size_on_tls_only),
        TEST(size_is_the_clients),
        TEST(told_to_come_by_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
