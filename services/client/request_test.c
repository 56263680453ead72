/*
 * request_test.c - clients are served: the door, the cache, cookies, waiting, and what is
 * refused.
 */
#include "services/client/bench_test.h"

/* ---- the door ---- */

static const struct {
    const char *why, *question;
    uint16_t flags;
    int edns;
    int rcode; /* -1: no answer */
    uint16_t want_flags;
    int ede;
} door_cases[] = {
    {"an answer is no question", "www.example. A", FLAG_QR, PLAIN, -1, 0, -1},
    {"a question that was cut", "www.example. A", FLAG_TC, PLAIN, RCODE_FORMERR, 0, -1},
    {"AXFR", "www.example. AXFR", 0, PLAIN, RCODE_REFUSED, 0, -1},
    {"IXFR", "www.example. IXFR", FLAG_RD, PLAIN, RCODE_REFUSED, FLAG_RD, -1},
    {"type 0", "www.example. TYPE0", FLAG_RD, WITH_EDNS, RCODE_FORMERR, FLAG_RD, 30},
    {"type OPT", "www.example. TYPE41", FLAG_RD, WITH_EDNS, RCODE_FORMERR, FLAG_RD, 30},
    {"type TSIG", "www.example. TYPE250", FLAG_RD, WITH_EDNS, RCODE_FORMERR, FLAG_RD, 30},
    {"RD clear: no snooping", "www.example. A", 0, WITH_EDNS, RCODE_REFUSED, FLAG_RA, 20},
    {"RD clear, local data", "localhost. A", 0, WITH_EDNS, RCODE_NOERROR, FLAG_RA | FLAG_AA,
     -1},
    {"local denial", "x.invalid. A", FLAG_RD, WITH_EDNS, RCODE_NXDOMAIN,
     FLAG_RD | FLAG_RA | FLAG_AA, -1},
    {"resolved", "www.example. A", FLAG_RD | FLAG_CD, WITH_EDNS, RCODE_NOERROR,
     FLAG_RD | FLAG_RA | FLAG_CD, -1},
};

static void the_door_turns_away_what_is_wrong(void **state)
{
    char text[128];

    (void)state;
    for (size_t i = 0; i < COUNT(door_cases); i++) {
        ask(door_cases[i].question, door_cases[i].flags, door_cases[i].edns);
        if (door_cases[i].rcode < 0) {
            no_answer();
            continue;
        }
        answer();
        if (bench.back.rcode != door_cases[i].rcode ||
            bench.back.flags != (door_cases[i].want_flags | FLAG_QR))
            fail_msg("%s: rcode %d flags %04x", door_cases[i].why, bench.back.rcode,
                     bench.back.flags);
        if (ede_at(0, text) != door_cases[i].ede)
            fail_msg("%s: EDE %d", door_cases[i].why, ede_at(0, text));
    }
    assert_int_equal(request_stats(bench.service)->received, COUNT(door_cases));
    assert_int_equal(request_stats(bench.service)->dropped[DROP_NO_QUESTION], 1);
}

static const struct {
    const char *why;
    size_t at; /* octet that is changed */
    uint8_t value;
    int change; /* of the packet's size */
    int rcode;  /* -1: no answer */
    bool shows_question;
} octet_cases[] = {
    {"shorter than a header", 0, 0, -(17 + 11 + 1), -1, false},
    {"a header alone", 0, 0, -(17 + 11), RCODE_FORMERR, false},
    {"opcode STATUS", 2, 0x11, 0, RCODE_NOTIMP, true},
    {"opcode 15", 2, 0x79, 0, RCODE_NOTIMP, true},
    {"no question (RFC 9619)", 5, 0, 0, RCODE_FORMERR, false},
    {"two questions (RFC 9619)", 5, 2, 0, RCODE_FORMERR, false},
    {"an answer section", 7, 1, 0, RCODE_FORMERR, false},
    {"an authority section", 9, 1, 0, RCODE_FORMERR, false},
    {"octets behind the end", 0, 0, 1, RCODE_FORMERR, true},
    {"an additional record that is not there", 11, 2, 0, RCODE_FORMERR, true},
    {"the question cut short", 0, 0, -(11 + 2), RCODE_FORMERR, false},
    {"label of a reserved kind", 12, 0x80, 0, RCODE_FORMERR, false},
    {"name that points to itself", 12, 0xc0, 0, RCODE_FORMERR, false},
    {"OPT not at the root", 12 + 17, 0xc0, 0, RCODE_FORMERR, true},
    {"EDNS version 1 (RFC 6891 section 6.1.3)", 12 + 17 + 6, 1, 0, RCODE_BADVERS, true},
};

static void mutilated_messages_get_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(octet_cases); i++) {
        size_t size = make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0));

        assert_int_equal(size, 12 + 17 + 11);
        bench.packet[size] = 0;
        bench.packet[0] = 0;
        if (octet_cases[i].at != 0)
            bench.packet[octet_cases[i].at] = octet_cases[i].value;
        receive_from("127.0.0.1", (size_t)((int)size + octet_cases[i].change));
        if (octet_cases[i].rcode < 0) {
            no_answer();
            continue;
        }
        if (paper_channel.count == 0)
            fail_msg("%s: no answer", octet_cases[i].why);
        answer();
        if (bench.back.rcode != octet_cases[i].rcode ||
            bench.back.has_question != octet_cases[i].shows_question)
            fail_msg("%s: rcode %d", octet_cases[i].why, bench.back.rcode);
    }
    assert_int_equal(bench.asked, 0);
}

static void access_comes_first(void **state)
{
    (void)state;
    receive_from("192.0.2.9",
                 make_packet("localhost. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    assert_int_equal(bench.back.flags, FLAG_QR | FLAG_RD); /* RA clear */
    expect_ede(0, EDE_PROHIBITED, "client=not-allowed for localhost/A");
    apply("192.0.2.0/24 deny", NULL, NULL);
    receive_from("192.0.2.9", make_packet("localhost. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    no_answer();
    apply("192.0.2.0/24 refuse_non_local", NULL, NULL);
    receive_from("192.0.2.9", make_packet("localhost. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    receive_from("192.0.2.9", make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    apply("192.0.2.0/24 deny_non_local", NULL, NULL);
    receive_from("192.0.2.9", make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    no_answer();
    assert_int_equal(bench.asked, 0);
}

static void class_ch_tells_of_the_server(void **state)
{
    size_t size;

    (void)state;
    bench.options.version = "one";
    size = make_packet("version.bind. TXT", FLAG_RD, PLAIN, slice_of(NULL, 0));
    bench.packet[size - 1] = CLASS_CH;
    receive_from("127.0.0.1", size);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_true(slice_equal(rrset_rdata(bench.back.rrsets[0], 0), slice_of("\3one", 4)));
    assert_int_equal(ttl_of_first(), 0);
    bench.options.hide_version = true;
    receive_from("127.0.0.1", size);
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    bench.packet[size - 1] = CLASS_HS;
    receive_from("127.0.0.1", size);
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    assert_int_equal(bench.asked, 0);
}

/* ---- cache ---- */

static void a_hit_asks_nobody(void **state)
{
    (void)state;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(ttl_of_first(), 300);
    paper_pass(&paper, 100000);
    ask("WWW.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(ttl_of_first(), 200);
    assert_memory_equal(bench.back.question.qname.wire, "\3WWW", 4);
    assert_int_equal(bench.asked, 1);
    assert_int_equal(request_stats(bench.service)->hits, 1);
    assert_int_equal(request_stats(bench.service)->misses, 1);
    paper_pass(&paper, 200000);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.asked, 2);
}

static void the_newest_rrset_goes_out(void **state)
{
    struct message *newer = message_of(bench.arena, "www.example. A", RCODE_NOERROR, FLAG_QR,
                                       "www.example. 900 A 192.0.2.2");
    struct rrset *set = rrset_copy_in(bench.arena, newer->rrsets[0]);

    (void)state;
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    set->trust = TRUST_ANSWER_AA;
    rrset_set_security(set, bench.security);
    rrset_set_expiry(set, paper.now_ms / 1000 + 900);
    rrset_unref(rrset_cache_replace(bench.env.rrsets, set, RRSET_PLAIN, paper.now_ms / 1000));
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.asked, 1);
    assert_int_equal(rrset_rdata(bench.back.rrsets[0], 0).data[3], 2);
    assert_int_equal(ttl_of_first(), 900);
}

static void ad_needs_every_rrset_secure(void **state)
{
    struct message *newer = message_of(bench.arena, "www.example. A", RCODE_NOERROR, FLAG_QR,
                                       "www.example. 900 A 192.0.2.2");
    struct rrset *set = rrset_copy_in(bench.arena, newer->rrsets[0]);

    (void)state;
    bench.security = SEC_SECURE;
    ask("www.example. A", FLAG_RD, WITH_DO);
    assert_true((answer()->flags & FLAG_AD) != 0);
    ask("www.example. A", FLAG_RD, WITH_DO);
    assert_true((answer()->flags & FLAG_AD) != 0);
    /* One that was never validated takes its place: the validated one is shown. */
    set->trust = TRUST_ANSWER_AA;
    rrset_set_expiry(set, paper.now_ms / 1000 + 900);
    rrset_unref(rrset_cache_replace(bench.env.rrsets, set, RRSET_PLAIN, paper.now_ms / 1000));
    ask("www.example. A", FLAG_RD, WITH_DO);
    assert_true((answer()->flags & FLAG_AD) != 0);
    assert_int_equal(rrset_rdata(bench.back.rrsets[0], 0).data[3], 1);
    assert_int_equal(bench.asked, 1);
}

static void snooping_is_a_right(void **state)
{
    (void)state;
    apply("127.0.0.0/8 allow_snoop", NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    ask("www.example. A", 0, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.asked, 1);
    bench.records = "other.example. A 192.0.2.3";
    ask("other.example. A", 0, PLAIN);
    answer();
    assert_true((bench.last_flags & QUERY_NO_RD) != 0);
    apply("127.0.0.0/8 allow_setrd", NULL, NULL);
    ask("third.example. A", 0, PLAIN);
    answer();
    assert_true((bench.last_flags & QUERY_NO_RD) == 0);
}

static void failures_keep_their_reasons(void **state)
{
    (void)state;
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    expect_ede(0, EDE_NO_REACHABLE_AUTHORITY,
               "deleg=all-failed for www.example/A z=example n=2/2");
    expect_ede(1, -1, NULL);
    paper_pass(&paper, 3000);
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    expect_ede(0, EDE_NO_REACHABLE_AUTHORITY,
               "deleg=all-failed for www.example/A z=example n=2/2");
    expect_ede(1, EDE_CACHED_ERROR, "cached=3 for www.example/A left=2");
    assert_int_equal(bench.asked, 1);
    paper_pass(&paper, 2000);
    bench.records = "www.example. A 192.0.2.1";
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.asked, 2);
    assert_int_equal(request_stats(bench.service)->servfail, 2);
}

static void popular_answers_are_fetched_anew(void **state)
{
    (void)state;
    bench.cache.prefetch = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    paper_pass(&paper, 269000);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.asked, 1);
    paper_pass(&paper, 2000);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(ttl_of_first(), 29); /* the client does not wait for it */
    assert_int_equal(bench.asked, 2);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(ttl_of_first(), 300);
    assert_int_equal(bench.asked, 2);
}

static void a_denial_shows_its_own_ttl(void **state)
{
    (void)state;
    bench.rcode = RCODE_NXDOMAIN;
    bench.records = "authority\nexample. 7200 SOA ns.example. host.example. 1 2 3 4 600";
    ask("no.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NXDOMAIN);
    assert_int_equal(bench.back.rrsets[0]->ttl_s, 600); /* RFC 2308 section 5 */
}

/* ---- cookies ---- */

static void cookies_are_asked_for_and_given(void **state)
{
    uint8_t cookie[COOKIE_SIZE] = "12345678";
    const struct edns_option *option;

    (void)state;
    bench.options.answer_cookie = true;
    apply("127.0.0.0/8 allow_cookie", NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    assert_true((bench.back.flags & FLAG_TC) != 0);
    receive_from("127.0.0.1",
                 make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(cookie, 8)));
    assert_int_equal(answer()->rcode, RCODE_BADCOOKIE);
    option = edns_find(&bench.back.edns, EDNS_COOKIE);
    assert_non_null(option);
    assert_int_equal(option->data.size, COOKIE_SIZE);
    memcpy(cookie, option->data.data, COOKIE_SIZE);
    receive_from("127.0.0.1", make_packet("www.example. A", FLAG_RD, WITH_EDNS,
                                          slice_of(cookie, COOKIE_SIZE)));
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    cookie[COOKIE_SIZE - 1] ^= 1;
    receive_from("127.0.0.1", make_packet("www.example. A", FLAG_RD, WITH_EDNS,
                                          slice_of(cookie, COOKIE_SIZE)));
    assert_int_equal(answer()->rcode, RCODE_BADCOOKIE);
    receive_from("127.0.0.1",
                 make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(cookie, 7)));
    assert_int_equal(answer()->rcode, RCODE_FORMERR);
    paper_channel.channel.transport = TRANSPORT_TCP;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
}

/* ---- waiting ---- */

static void equal_questions_are_one(void **state)
{
    (void)state;
    bench.waits = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(bench.asked, 1);
    assert_int_equal(paper_channel.held, 2);
    arrive();
    assert_false(answer()->edns.present);
    assert_true(answer()->edns.present);
}

static void a_full_list_is_told(void **state)
{
    char question[32];

    (void)state;
    bench.waits = true;
    for (int i = 0; i < 4; i++) {
        snprintf(question, sizeof(question), "w%d.example. A", i);
        ask(question, FLAG_RD, PLAIN);
    }
    no_answer();
    ask("w4.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    expect_ede(0, EDE_OTHER, "limit=requests");
    bench.options.answer_when_full = false;
    ask("w5.example. A", FLAG_RD, WITH_EDNS);
    no_answer();
    bench.options.answer_when_full = true;
    paper_pass(&paper, 250); /* the last half gives way */
    ask("w6.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    assert_memory_equal(bench.back.question.qname.wire, "\2w2", 3);
}

static void one_address_waits_for_so_much_only(void **state)
{
    (void)state;
    bench.options.wait_limit = 1;
    bench.waits = true;
    ask("w0.example. A", FLAG_RD, PLAIN);
    ask("w1.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    receive_from("127.0.0.2", make_packet("w2.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    no_answer();
    assert_int_equal(bench.asked, 2);
}

static bool is_not_dead(const struct env *env, const struct question *question)
{
    (void)env;
    return question->qname.wire[1] != 'd';
}

static void of_it_a_quarter_is_for_zones_that_answer(void **state)
{
    (void)state;
    bench.options.num_queries_per_thread = 100;
    bench.options.wait_limit = 4;
    bench.env.is_healthy = is_not_dead;
    bench.waits = true;
    ask("d0.example. A", FLAG_RD, PLAIN);
    ask("d1.example. A", FLAG_RD, PLAIN);
    ask("d2.example. A", FLAG_RD, PLAIN);
    no_answer();
    ask("d3.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    ask("w0.example. A", FLAG_RD, PLAIN);
    no_answer();
    assert_int_equal(bench.asked, 4);
    ask("w1.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static void all_addresses_together_have_a_limit(void **state)
{
    char client[32];

    (void)state;
    apply("10.0.0.0/8 allow", NULL, NULL);
    bench.waits = true;
    for (int i = 0; i < 4 * 16; i++) { /* of one question, from as many addresses */
        snprintf(client, sizeof(client), "10.0.0.%d", i);
        receive_from(client, make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    }
    no_answer();
    receive_from("10.0.1.1", make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static const struct {
    const char *why;
    int64_t wait_ms;
    enum transport transport;
    unsigned whole; /* of four answers that come at once */
} pulses[] = {
    {"quick answers are nobody's bomb", 90, TRANSPORT_UDP, 4},
    {"slow ones: one has room", 300, TRANSPORT_UDP, 1},
    {"who comes by TCP is not forged", 300, TRANSPORT_TCP, 4},
};

static void slow_answers_do_not_come_all_at_once(void **state)
{
    (void)state;
    bench.options.slow_answers_max = 100;
    for (size_t i = 0; i < COUNT(pulses); i++) {
        unsigned whole = 0;

        paper_channel.channel.transport = pulses[i].transport;
        bench.waits = true;
        for (int j = 0; j < 4; j++)
            ask("www.example. A", FLAG_RD, WITH_EDNS);
        receive_from("127.0.0.2",
                     make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0)));
        paper_pass(&paper, pulses[i].wait_ms);
        arrive();
        for (int j = 0; j < 4; j++) {
            bool is_cut = (answer()->flags & FLAG_TC) != 0;

            assert_int_equal(bench.back.count[SECTION_ANSWER], !is_cut);
            whole += !is_cut;
        }
        if (whole != pulses[i].whole)
            fail_msg("%s: %u", pulses[i].why, whole);
        assert_int_equal(answer()->flags & FLAG_TC, 0); /* another address */
        paper.now_ms += 400 * 1000;                     /* out of the cache */
    }
}

static void late_answers_are_small_but_come(void **state)
{
    (void)state;
    bench.records =
        "www.example. TXT \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"";
    bench.waits = true;
    ask("www.example. TXT", FLAG_RD, WITH_EDNS);
    paper_pass(&paper, 1901);
    arrive();
    assert_true((answer()->flags & FLAG_TC) != 0);
    ask("www.example. TXT", FLAG_RD, WITH_EDNS);
    assert_true((answer()->flags & FLAG_TC) == 0); /* from the cache it comes at once */
}

static void what_still_waits_goes_with_the_service(void **state)
{
    (void)state;
    bench.waits = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(paper_channel.held, 1);
    /* tear_down frees the service and looks whether the channel was released */
}

/* ---- local aliases ---- */

static void local_aliases_are_followed(void **state)
{
    (void)state;
    apply(NULL, "alias.example. redirect", "alias.example. 60 CNAME www.example.");
    ask("x.alias.example. A", FLAG_RD | FLAG_AD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.back.count[SECTION_ANSWER], 2);
    assert_int_equal(bench.back.rrsets[0]->type, TYPE_CNAME);
    assert_int_equal(bench.back.rrsets[0]->ttl_s, 60);
    assert_int_equal(bench.back.rrsets[1]->type, TYPE_A);
    assert_int_equal(bench.back.flags, FLAG_QR | FLAG_AA | FLAG_RD | FLAG_RA);
    ask("x.alias.example. A", FLAG_RD, PLAIN); /* its end out of the cache */
    answer();
    assert_int_equal(bench.back.count[SECTION_ANSWER], 2);
    assert_int_equal(bench.asked, 1);
    ask("x.alias.example. CNAME", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.back.count[SECTION_ANSWER], 1);
    bench.records = NULL;
    ask("y.alias.example. AAAA", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    assert_int_equal(bench.back.flags, FLAG_QR | FLAG_RD | FLAG_RA);
    assert_int_equal(bench.back.count[SECTION_ANSWER], 0);
}

static void a_loop_of_local_aliases_ends(void **state)
{
    (void)state;
    apply(NULL, "loop.example. redirect", "loop.example. 60 CNAME loop.example.");
    ask("loop.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    assert_int_equal(bench.asked, 0);
}

static void any_can_be_denied(void **state)
{
    (void)state;
    bench.options.deny_any = true;
    ask("www.example. ANY", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(message_rrsets(&bench.back), 0);
    assert_int_equal(bench.asked, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_door_turns_away_what_is_wrong),
        TEST(mutilated_messages_get_an_answer),
        TEST(access_comes_first),
        TEST(class_ch_tells_of_the_server),
        TEST(a_hit_asks_nobody),
        TEST(the_newest_rrset_goes_out),
        TEST(ad_needs_every_rrset_secure),
        TEST(snooping_is_a_right),
        TEST(failures_keep_their_reasons),
        TEST(popular_answers_are_fetched_anew),
        TEST(a_denial_shows_its_own_ttl),
        TEST(cookies_are_asked_for_and_given),
        TEST(equal_questions_are_one),
        TEST(a_full_list_is_told),
        TEST(one_address_waits_for_so_much_only),
        TEST(of_it_a_quarter_is_for_zones_that_answer),
        TEST(all_addresses_together_have_a_limit),
        TEST(slow_answers_do_not_come_all_at_once),
        TEST(late_answers_are_small_but_come),
        TEST(what_still_waits_goes_with_the_service),
        TEST(local_aliases_are_followed),
        TEST(a_loop_of_local_aliases_ends),
        TEST(any_can_be_denied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
