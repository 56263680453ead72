/*
 * lane_test.c - what the lane answers is what the long way answers, and it keeps out of what is
 * not its own.
 */
#include "services/client/lane.h"

#include "services/client/bench_test.h"
#include "services/client/memo.h"

static struct peer peer_of(const char *client)
{
    struct peer peer = {.interface_index = 0};

    assert_int_equal(addr_from_text(&peer.from, client, 5353, NULL), STATUS_OK);
    return peer;
}

/* Would the lane answer what is in bench.packet? What it would say is in `out`. */
static bool lane_takes(const char *client, enum transport transport, size_t size,
                       struct sink *out)
{
    struct peer peer = peer_of(client);

    out->used = 0;
    return lane_answer(bench.service, transport, &peer, slice_of(bench.packet, size), out);
}

static bool is_in_lane(const char *question, uint16_t flags, int edns)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));

    return lane_takes("127.0.0.1", TRANSPORT_UDP,
                      make_packet(question, flags, edns, slice_of(NULL, 0)), &out);
}

/* Asked so often that whatever may have a memo has one. */
static void ask_until_known(const char *question, int edns)
{
    for (int i = 0; i < 3; i++) {
        ask(question, FLAG_RD, edns);
        answer();
    }
}

/* ---- what is usual ---- */

static const struct {
    const char *why, *question;
    uint16_t flags;
    int edns;
    bool taken;
} cases[] = {
    {"the usual question", "www.example. A", FLAG_RD, PLAIN, true},
    {"in other letters", "WWW.eXample. A", FLAG_RD, PLAIN, true},
    {"with EDNS", "www.example. A", FLAG_RD, WITH_EDNS, true},
    {"with DO", "www.example. A", FLAG_RD, WITH_DO, true},
    {"AD is asked for", "www.example. A", FLAG_RD | FLAG_AD, PLAIN, true},
    {"RA, AA and Z mean nothing in a question", "www.example. A",
     FLAG_RD | FLAG_RA | FLAG_AA | FLAG_Z, PLAIN, true},
    {"without RD it is a matter of rights", "www.example. A", 0, PLAIN, false},
    {"CD, where nothing is validated", "www.example. A", FLAG_RD | FLAG_CD, PLAIN, true},
    {"an answer", "www.example. A", FLAG_RD | FLAG_QR, PLAIN, false},
    {"cut", "www.example. A", FLAG_RD | FLAG_TC, PLAIN, false},
    {"another type", "www.example. AAAA", FLAG_RD, PLAIN, false},
    {"another name", "ww.example. A", FLAG_RD, PLAIN, false},
};

static void usual_questions_are_taken(void **state)
{
    (void)state;
    ask_until_known("www.example. A", PLAIN);
    ask_until_known("www.example. A", WITH_DO);
    for (size_t i = 0; i < COUNT(cases); i++)
        if (is_in_lane(cases[i].question, cases[i].flags, cases[i].edns) != cases[i].taken)
            fail_msg("%s", cases[i].why);
}

static const struct {
    const char *why;
    size_t at; /* octet that is changed */
    uint8_t value;
    int change; /* of the packet's size */
} octet_cases[] = {
    {"shorter than a header", 0, 0, -(17 + 11 + 1)},
    {"a header alone", 0, 0, -(17 + 11)},
    {"opcode STATUS", 2, 0x11, 0},
    {"no question", 5, 0, 0},
    {"two questions", 5, 2, 0},
    {"an answer section", 7, 1, 0},
    {"an authority section", 9, 1, 0},
    {"octets behind the end", 0, 0, 1},
    {"octets behind a question without OPT", 11, 0, 0},
    {"an additional record that is not there", 11, 2, 0},
    {"the question cut short", 0, 0, -(11 + 2)},
    {"the OPT cut short", 0, 0, -1},
    {"class CH", 12 + 16, CLASS_CH, 0},
    {"label of a reserved kind", 12, 0x80, 0},
    {"label that reaches beyond the end", 12, 63, 0},
    {"OPT not at the root", 12 + 17, 1, 0},
    {"no OPT but another type", 12 + 17 + 2, 40, 0},
    {"EDNS version 1", 12 + 17 + 6, 1, 0},
    {"options longer than the packet", 12 + 17 + 10, 4, 0},
};

static void whatever_is_odd_is_not(void **state)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));

    (void)state;
    ask_until_known("www.example. A", WITH_EDNS);
    for (size_t i = 0; i < COUNT(octet_cases); i++) {
        size_t size = make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0));

        assert_int_equal(size, 12 + 17 + 11);
        assert_true(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
        bench.packet[size] = 0;
        if (octet_cases[i].at != 0)
            bench.packet[octet_cases[i].at] = octet_cases[i].value;
        if (lane_takes("127.0.0.1", TRANSPORT_UDP, (size_t)((int)size + octet_cases[i].change),
                       &out))
            fail_msg("%s", octet_cases[i].why);
    }
}

/* ---- options ---- */

/* What of the settings an option depends on. */
enum { BARE = 0, NSID = 1, COOKIES = 2, NO_PADDING = 4 };

static const struct {
    const char *why;
    uint16_t code;
    const char *data;
    size_t size;
    enum transport transport;
    unsigned settings;
    bool taken;
} option_cases[] = {
    {"a cookie that is not answered", EDNS_COOKIE, "client!!", 8, TRANSPORT_UDP, BARE, true},
    {"a malformed one is not looked at", EDNS_COOKIE, "client", 6, TRANSPORT_UDP, BARE, true},
    {"a cookie that is", EDNS_COOKIE, "client!!", 8, TRANSPORT_UDP, COOKIES, true},
    {"a malformed one is FORMERR", EDNS_COOKIE, "client", 6, TRANSPORT_UDP, COOKIES, false},
    {"there is no NSID", EDNS_NSID, "", 0, TRANSPORT_UDP, BARE, true},
    {"there is one", EDNS_NSID, "", 0, TRANSPORT_UDP, NSID, false},
    {"padding on UDP", EDNS_PADDING, "\0\0", 2, TRANSPORT_UDP, BARE, true},
    {"padding on TCP", EDNS_PADDING, "\0\0", 2, TRANSPORT_TCP, BARE, true},
    {"padding is answered with padding", EDNS_PADDING, "\0\0", 2, TRANSPORT_TLS, BARE, false},
    {"but not here", EDNS_PADDING, "\0\0", 2, TRANSPORT_TLS, NO_PADDING, true},
    {"keepalive on UDP", EDNS_TCP_KEEPALIVE, "\0\1", 2, TRANSPORT_UDP, BARE, true},
    {"keepalive on TCP", EDNS_TCP_KEEPALIVE, "", 0, TRANSPORT_TCP, BARE, false},
    {"a subnet", EDNS_CLIENT_SUBNET, "\0\1\x18\0\300\0\2", 7, TRANSPORT_UDP, BARE, true},
    {"a malformed one is FORMERR", EDNS_CLIENT_SUBNET, "\0\1\x18\0\300", 5, TRANSPORT_UDP, BARE,
     false},
    {"one that nobody knows", 65001, "\1\2\3", 3, TRANSPORT_UDP, BARE, true},
};

static size_t packet_with_option(uint16_t code, struct slice data, int edns)
{
    struct message message = {.id = 77, .flags = FLAG_RD, .has_question = true};
    struct message_write how = {.size_max = PACKET_MAX};
    struct sink out = sink_of(bench.packet, sizeof(bench.packet));

    message.question = question_of(bench.arena, "www.example. A");
    message.edns.present = true;
    message.edns.dnssec_ok = (edns & WITH_DO) != 0;
    message.edns.udp_size = 1232;
    edns_add(&message.edns, code, data);
    assert_int_equal(message_write(&message, &how, &out), STATUS_OK);
    return out.used;
}

/* By the long way, beside which the lane is compared. */
static void options_are_answered_alike(void **state)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));

    (void)state;
    for (size_t i = 0; i < COUNT(option_cases); i++) {
        struct slice data =
            slice_of((const uint8_t *)option_cases[i].data, option_cases[i].size);
        size_t size;

        bench.options.answer_cookie = (option_cases[i].settings & COOKIES) != 0;
        bench.options.pad_responses = (option_cases[i].settings & NO_PADDING) == 0;
        bench.options.edns_tcp_keepalive = true;
        bench.options.nsid = (option_cases[i].settings & NSID) != 0 ? "ascii_me" : NULL;
        apply(NULL, NULL, NULL);
        ask_until_known("www.example. A", WITH_EDNS);
        size = packet_with_option(option_cases[i].code, data, WITH_EDNS);
        if (lane_takes("127.0.0.1", option_cases[i].transport, size, &out) !=
            option_cases[i].taken)
            fail_msg("%s", option_cases[i].why);
        paper_channel.channel.transport = option_cases[i].transport;
        receive_from("127.0.0.1", size);
        answer();
        paper_channel.channel.transport = TRANSPORT_UDP;
    }
}

static const struct {
    const char *why, *octets; /* of the OPT's data */
    uint8_t size;
    bool taken;
} options_cases[] = {
    {"several", "\0\x03\0\0\0\x0c\0\1\0", 9, true},
    {"as many as are looked at",
     "\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0", 32, true},
    {"one more", "\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0\0\3\0\0", 36,
     false},
    {"the second is cut", "\0\x03\0\0\0\x0c\0", 7, false},
    {"the second is longer than the OPT", "\0\x03\0\0\0\x0c\0\2\0", 9, false},
};

static void all_options_are_looked_at(void **state)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));

    (void)state;
    ask_until_known("www.example. A", WITH_EDNS);
    for (size_t i = 0; i < COUNT(options_cases); i++) {
        size_t size = make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0));

        memcpy(bench.packet + size, options_cases[i].octets, options_cases[i].size);
        bench.packet[size - 1] = options_cases[i].size;
        if (lane_takes("127.0.0.1", TRANSPORT_UDP, size + options_cases[i].size, &out) !=
            options_cases[i].taken)
            fail_msg("%s", options_cases[i].why);
    }
}

/* Shown again as it was given it is good, which counts for ip-ratelimit-cookie. Each of these
 * answers is given both ways, with reasons behind the cookie and without. */
static void cookies_are_answered(void **state)
{
    const char *const reasons[] = {NULL, "why"};

    (void)state;
    bench.options.answer_cookie = true;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        uint8_t cookie[COOKIE_SIZE] = "client!!", octets[PACKET_MAX];
        struct sink out = sink_of(octets, sizeof(octets));
        struct slice data = slice_of(cookie, COOKIE_CLIENT_SIZE);

        bench.reason = reasons[i];
        msg_cache_flush(bench.env.messages);
        apply(NULL, NULL, NULL);
        ask_until_known("www.example. A", WITH_DO);
        for (enum cookie_verdict want = COOKIE_CLIENT_ONLY; want <= COOKIE_GOOD; want += 2) {
            size_t size = packet_with_option(EDNS_COOKIE, data, WITH_DO);

            assert_true(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
            assert_int_equal(bench.service->lane_cookie, want);
            receive_from("127.0.0.1", size);
            data = edns_find(&answer()->edns, EDNS_COOKIE)->data;
            assert_int_equal(data.size, COOKIE_SIZE);
            out.size = out.used - 1;
            assert_false(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
            out.size = sizeof(octets);
        }
    }
}

static void cookies_are_counted(void **state)
{
    const struct request_stats *stats;
    uint8_t cookie[COOKIE_CLIENT_SIZE] = "client!!";
    struct slice shown = slice_of(cookie, sizeof(cookie));

    (void)state;
    bench.uses_lane = bench.options.answer_cookie = true;
    apply(NULL, NULL, NULL);
    ask_until_known("www.example. A", WITH_EDNS);
    receive_from("127.0.0.1", packet_with_option(EDNS_COOKIE, shown, WITH_EDNS));
    shown = edns_find(&answer()->edns, EDNS_COOKIE)->data;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    receive_from("127.0.0.1", packet_with_option(EDNS_COOKIE, shown, WITH_EDNS));
    answer();
    stats = request_stats(bench.service);
    assert_int_equal(stats->cookies[COOKIE_CLIENT_ONLY], 1);
    assert_int_equal(stats->cookies[COOKIE_GOOD], 1);
    assert_int_equal(stats->hits, 5);
}

/* ---- with CD ---- */

static void ask_unchecked_until_known(const char *question)
{
    for (int i = 0; i < 4; i++) {
        ask(question, FLAG_RD | FLAG_CD, WITH_EDNS);
        answer();
    }
}

static bool unchecked_is_in_lane(void)
{
    return is_in_lane("www.example. A", FLAG_RD | FLAG_CD, WITH_EDNS);
}

static bool checked_is_in_lane(void)
{
    return is_in_lane("www.example. A", FLAG_RD, WITH_EDNS);
}

/* The last octet of the address that the lane gives to who sets CD; -1: there is none. */
static int unchecked_address(void)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));
    size_t size = make_packet("www.example. A", FLAG_RD | FLAG_CD, PLAIN, slice_of(NULL, 0));

    if (!lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out))
        return -1;
    assert_int_equal(bytes_u16(octets + 2) & ~15, FLAG_QR | FLAG_RD | FLAG_RA | FLAG_CD);
    return bytes_u16(octets + 6) == 0 ? -1 : octets[out.used - 1];
}

/* Data that is bogus: who judges for himself has it, others have the failure. */
static void bogus_data_is_for_who_sets_cd(void **state)
{
    (void)state;
    bench.env.validates = true;
    bench.security = SEC_BOGUS;
    ask_unchecked_until_known("www.example. A");
    assert_int_equal(unchecked_address(), 1);
    assert_false(checked_is_in_lane());
    bench.records = NULL; /* as the validator has it */
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    ask("www.example. A", FLAG_RD | FLAG_CD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_false(checked_is_in_lane());
    assert_int_equal(unchecked_address(), 1);
    assert_int_equal(bench.asked, 2);
}

/* RFC 4035 section 3.2.2. */
static void what_was_judged_is_for_all(void **state)
{
    (void)state;
    bench.env.validates = true;
    bench.security = SEC_SECURE;
    ask_until_known("www.example. A", WITH_EDNS);
    assert_true(checked_is_in_lane());
    assert_false(unchecked_is_in_lane()); /* he may have an answer of his own */
    ask_unchecked_until_known("www.example. A");
    assert_true(checked_is_in_lane());
    assert_int_equal(unchecked_address(), 1);
    assert_int_equal(bench.asked, 1);
}

/* As a prefetch for who sets CD has it. */
static void store_denial_for_cd(void)
{
    struct message *message =
        message_of(bench.arena, "www.example. A", RCODE_NXDOMAIN, FLAG_QR, "");
    struct question question = question_of(bench.arena, "www.example. A");
    struct msg_store store = {.message = message,
                              .question = &question,
                              .flavour = MSG_FLAVOUR_CD,
                              .security = SEC_BOGUS,
                              .ttl_s = 200,
                              .now_s = world_now_s(&paper.world)};

    assert_int_equal(msg_cache_store(bench.env.messages, &store), STATUS_OK);
}

static void an_answer_of_ones_own_comes_first(void **state)
{
    (void)state;
    bench.env.validates = true;
    ask_until_known("www.example. A", WITH_EDNS);
    ask_unchecked_until_known("www.example. A");
    assert_int_equal(unchecked_address(), 1);
    store_denial_for_cd();
    assert_int_equal(unchecked_address(), -1);
    assert_true(checked_is_in_lane());
    ask_unchecked_until_known("www.example. A");
    assert_true(unchecked_is_in_lane());
    assert_int_equal(unchecked_address(), -1); /* it is denied */
    paper.now_ms += 200 * 1000; /* his own has expired, what was judged has not */
    assert_int_equal(unchecked_address(), -1);
    ask_unchecked_until_known("www.example. A");
    assert_int_equal(unchecked_address(), 1);
    assert_int_equal(bench.asked, 1);
}

static void cd_that_is_ignored_is_only_copied(void **state)
{
    (void)state;
    bench.env.validates = true;
    bench.options.ignore_cd_flag = true;
    apply(NULL, NULL, NULL);
    ask_until_known("www.example. A", WITH_EDNS);
    assert_int_equal(unchecked_address(), 1);
}

/* ---- failures ---- */

static void fail_until_known(int edns)
{
    bench.records = NULL;
    for (int i = 0; i < 4; i++) {
        ask("www.example. A", FLAG_RD, edns);
        assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    }
}

/* Each answer is given both ways: the numbers have one digit, then two. */
static void failures_are_told_with_their_age(void **state)
{
    char text[128];

    (void)state;
    bench.cache.failure_ttl = bench.cache.failure_ttl_max = 13;
    fail_until_known(WITH_EDNS);
    fail_until_known(WITH_DO);
    for (int age = 0; age < 13; age++, paper.now_ms += 1000) {
        assert_true(is_in_lane("www.example. A", FLAG_RD, WITH_EDNS));
        assert_true(is_in_lane("www.example. A", FLAG_RD, WITH_DO));
        assert_true(is_in_lane("www.example. A", FLAG_RD, PLAIN));
        for (int edns = PLAIN; edns <= WITH_DO; edns++) {
            ask("WWW.example. A", FLAG_RD, edns);
            assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
        }
        snprintf(text, sizeof(text), "cached=%d for www.example/A left=%d", age, 13 - age);
        expect_ede(1, EDE_CACHED_ERROR, text);
    }
    assert_int_equal(bench.asked, 1);
    assert_false(is_in_lane("www.example. A", FLAG_RD, WITH_EDNS));
}

static void failures_end_with_what_they_depend_on(void **state)
{
    (void)state;
    bench.env.validates = true;
    bench.cache.failure_ttl = 60;
    fail_until_known(WITH_EDNS);
    assert_true(checked_is_in_lane());
    assert_false(unchecked_is_in_lane()); /* what is judged would be good for him */
    msg_cache_forget_failures(bench.env.messages, world_now_s(&paper.world));
    assert_false(checked_is_in_lane());
    paper.now_ms += 1000;
    fail_until_known(WITH_EDNS);
    assert_true(checked_is_in_lane());
    bench.records = "www.example. 300 A 192.0.2.1";
    bench.security = SEC_SECURE;
    ask("www.example. A", FLAG_RD | FLAG_CD, WITH_EDNS);
    answer();
    assert_false(checked_is_in_lane());
    ask("www.example. A", FLAG_RD, WITH_EDNS); /* out of the cache: a mark */
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.asked, 3);
}

static void what_is_stale_comes_before_a_failure(void **state)
{
    (void)state;
    bench.cache.serve_expired = true;
    bench.cache.failure_ttl = 60;
    ask_until_known("www.example. A", WITH_EDNS);
    paper_pass(&paper, 301 * 1000);
    bench.records = NULL;
    for (int i = 0; i < 4; i++) {
        ask("www.example. A", FLAG_RD, WITH_EDNS);
        assert_int_equal(answer()->rcode, RCODE_NOERROR);
        assert_false(checked_is_in_lane());
    }
}

static void failures_are_counted(void **state)
{
    const struct request_stats *stats;
    uint64_t told[2];

    (void)state;
    bench.uses_lane = true;
    apply(NULL, NULL, NULL);
    fail_until_known(WITH_EDNS);
    stats = request_stats(bench.service);
    told[0] = stats->edes[EDE_CACHED_ERROR];
    told[1] = stats->edes[EDE_NO_REACHABLE_AUTHORITY];
    assert_true(checked_is_in_lane()); /* tells it once more */
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    stats = request_stats(bench.service);
    assert_int_equal(stats->servfail, 6);
    assert_int_equal(stats->cached_failures, 5);
    assert_int_equal(stats->hits, 5);
    assert_int_equal(stats->rcodes[RCODE_SERVFAIL], 6);
    assert_int_equal(stats->edes[EDE_CACHED_ERROR], told[0] + 2);
    assert_int_equal(stats->edes[EDE_NO_REACHABLE_AUTHORITY], told[1] + 2);
}

/* ---- batches ---- */

/* Whatever a batch is made of: nothing is read beyond it, and nothing depends on it. */
static void batches_are_foreseen(void **state)
{
    struct slice packets[40];
    size_t size;

    (void)state;
    bench.uses_lane = true;
    apply(NULL, NULL, NULL);
    ask_until_known("www.example. A", WITH_EDNS);
    bench.service->cache_is_large = true;
    bench.service->batches = 1; /* it is not looked now */
    size = make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0));
    for (size_t i = 0; i < COUNT(packets); i++) {
        uint8_t *octets = malloc(i + 1); /* so that a tool sees who looks behind it */

        assert_non_null(octets);
        memcpy(octets, bench.packet, i + 1 < size ? i + 1 : size);
        packets[i] = slice_of(octets, i);
    }
    for (size_t i = 0; i < COUNT(packets); i += 8)
        request_foresee(bench.service, packets + i, COUNT(packets) - i);
    for (size_t i = 0; i < COUNT(packets); i++)
        free((void *)(uintptr_t)packets[i].data);
    assert_true(checked_is_in_lane());
    assert_int_equal(bench.service->batches, 6);
    bench.service->batches = 0;
    request_foresee(bench.service, packets, 0);
    assert_false(bench.service->cache_is_large);
}

/* ---- who asks ---- */

static void only_who_may_ask_is_answered(void **state)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));
    size_t size;

    (void)state;
    ask_until_known("www.example. A", PLAIN);
    size = make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0));
    assert_false(lane_takes("192.0.2.9", TRANSPORT_UDP, size, &out));
    apply("192.0.2.0/24 allow", NULL, NULL);
    ask_until_known("www.example. A", PLAIN);
    size = make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0));
    assert_true(lane_takes("192.0.2.9", TRANSPORT_UDP, size, &out));
    apply("192.0.2.0/24 allow_cookie", NULL, NULL);
    ask_until_known("www.example. A", PLAIN);
    size = make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0));
    assert_false(lane_takes("192.0.2.9", TRANSPORT_UDP, size, &out));
}

static void what_does_not_fit_is_not_answered(void **state)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));
    char text[64];
    size_t size;

    (void)state;
    bench.records = "";
    for (int i = 0; i < 40; i++) {
        snprintf(text, sizeof(text), "www.example. 300 A 192.0.2.%d\n", i);
        bench.records = arena_printf(bench.arena, "%s%s", bench.records, text);
    }
    ask_until_known("www.example. A", WITH_EDNS);
    size = make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0));
    assert_true(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
    assert_int_equal(out.used, 12 + 17 + 40 * 16 + 11);
    size = make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0));
    assert_false(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
    assert_true(lane_takes("127.0.0.1", TRANSPORT_TCP, size, &out));
    out.size = 500;
    assert_false(lane_takes("127.0.0.1", TRANSPORT_TCP, size, &out));
}

/* ---- when ---- */

static void a_memo_ends_with_what_it_shows(void **state)
{
    struct dname owner = question_of(bench.arena, "www.example. A").qname;
    const struct rrset *set;

    (void)state;
    ask_until_known("www.example. A", PLAIN);
    assert_true(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    set = rrset_cache_find(bench.env.rrsets, owner, TYPE_A, CLASS_IN, RRSET_PLAIN, 0, 0);
    rrset_set_security(set, SEC_SECURE); /* judged anew */
    assert_false(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    rrset_unref(set);
    ask_until_known("www.example. A", PLAIN);
    assert_true(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    rrset_cache_drop(bench.env.rrsets, owner, TYPE_A, CLASS_IN, RRSET_PLAIN);
    assert_false(is_in_lane("www.example. A", FLAG_RD, PLAIN));
}

static void a_newer_rrset_is_shown(void **state)
{
    struct message *message = message_of(bench.arena, "www.example. A", RCODE_NOERROR, FLAG_QR,
                                         "www.example. 200 A 192.0.2.77");
    struct rrset *set = rrset_copy_in(bench.arena, message->rrsets[0]);
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));
    size_t size;

    (void)state;
    ask_until_known("www.example. A", PLAIN);
    set->trust = TRUST_ANSWER_AA;
    rrset_set_expiry(set, world_now_s(&paper.world) + 200);
    rrset_set_security(set, SEC_INSECURE);
    rrset_unref(
        rrset_cache_replace(bench.env.rrsets, set, RRSET_PLAIN, world_now_s(&paper.world)));
    assert_false(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    ask_until_known("www.example. A", PLAIN);
    size = make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0));
    assert_true(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
    assert_int_equal(octets[out.used - 1], 77);
    assert_int_equal(bytes_u32(octets + out.used - 10), 200);
}

static void supersede_the_answer(int64_t now_s)
{
    struct message *message = message_of(bench.arena, "www.example. A", RCODE_NOERROR, FLAG_QR,
                                         "www.example. 250 A 192.0.2.78");
    struct rrset *set = rrset_copy_in(bench.arena, message->rrsets[0]);

    set->trust = TRUST_ANSWER_AA;
    rrset_set_expiry(set, now_s + 250);
    rrset_set_security(set, SEC_INSECURE);
    rrset_unref(rrset_cache_replace(bench.env.rrsets, set, RRSET_PLAIN, now_s));
}

/* Where each answer supersedes the sets of others, as SOAs do, images are not made all the
 * time. */
static void an_image_a_second_is_enough(void **state)
{
    (void)state;
    bench.uses_lane = true;
    apply(NULL, NULL, NULL);
    ask_until_known("www.example. A", PLAIN);
    assert_true(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    supersede_the_answer(world_now_s(&paper.world));
    ask_until_known("www.example. A", PLAIN);
    assert_false(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    paper.now_ms += 1000;
    ask_until_known("www.example. A", PLAIN);
    assert_true(is_in_lane("www.example. A", FLAG_RD, PLAIN));
}

static void time_passes(void **state)
{
    uint8_t octets[PACKET_MAX];
    struct sink out = sink_of(octets, sizeof(octets));
    size_t size;

    (void)state;
    ask_until_known("www.example. A", PLAIN);
    size = make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0));
    paper.now_ms += 100 * 1000;
    assert_true(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
    assert_int_equal(bytes_u32(octets + out.used - 10), 200);
    paper.now_ms += 200 * 1000;
    assert_false(lane_takes("127.0.0.1", TRANSPORT_UDP, size, &out));
}

static void other_settings_make_other_memos(void **state)
{
    (void)state;
    ask_until_known("www.example. A", PLAIN);
    assert_true(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    apply(NULL, "example. static", NULL);
    assert_false(is_in_lane("www.example. A", FLAG_RD, PLAIN));
    ask_until_known("www.example. A", PLAIN);
    assert_false(is_in_lane("www.example. A", FLAG_RD, PLAIN)); /* it is answered locally */
    bench.upstream.disable_edns_do = true;
    apply(NULL, NULL, NULL);
    assert_false(bench.service->lane_is_open);
}

/* Counted as any other hit, and a memo is made at the second one only. */
static void hits_are_counted(void **state)
{
    (void)state;
    bench.uses_lane = true;
    apply(NULL, NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    for (unsigned i = 1; i <= 4; i++) {
        assert_int_equal(is_in_lane("www.example. A", FLAG_RD, PLAIN), i > 2);
        ask("www.example. A", FLAG_RD, PLAIN);
        assert_int_equal(answer()->rcode, RCODE_NOERROR);
        assert_int_equal(ttl_of_first(), 300);
        assert_int_equal(request_stats(bench.service)->hits, i);
        assert_int_equal(request_stats(bench.service)->answered, i + 1);
    }
    assert_int_equal(request_stats(bench.service)->received, 5);
    assert_int_equal(request_stats(bench.service)->rcodes[RCODE_NOERROR], 5);
    assert_int_equal(bench.asked, 1);
}

/* By type, by AD, and by the reasons told, as if they had gone the long way. */
static void kinds_of_hits_are_counted(void **state)
{
    const struct request_stats *stats;
    struct request_stats before;

    (void)state;
    bench.uses_lane = true;
    bench.security = SEC_SECURE;
    bench.reason = "why";
    apply(NULL, NULL, NULL);
    ask_until_known("www.example. A", WITH_EDNS);
    assert_true(is_in_lane("www.example. A", FLAG_RD | FLAG_AD, WITH_EDNS));
    before = *request_stats(bench.service);
    for (int i = 0; i < 2; i++) {
        ask("www.example. A", FLAG_RD | FLAG_AD, WITH_EDNS);
        answer();
        ask("www.example. A", FLAG_RD, PLAIN);
        answer();
    }
    stats = request_stats(bench.service);
    assert_int_equal(stats->types[GROUP_A], before.types[GROUP_A] + 4);
    assert_int_equal(stats->authentic, before.authentic + 2);
    assert_int_equal(stats->edes[EDE_UNSUPPORTED_DS_DIGEST],
                     before.edes[EDE_UNSUPPORTED_DS_DIGEST] + 2);
    assert_int_equal(stats->types[GROUP_OTHERS] + stats->edes[EDE_OTHER], 0);
}

/* What the octets of a memo cost is taken from the message cache's budget. */
static void memos_pay_for_their_memory(void **state)
{
    uint64_t before;

    (void)state;
    bench.uses_lane = true;
    apply(NULL, NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    before = msg_cache_size_bytes(bench.env.messages);
    ask_until_known("www.example. A", PLAIN);
    assert_true(msg_cache_size_bytes(bench.env.messages) >= before + 16 + 11);
    assert_int_equal(msg_cache_count(bench.env.messages), 1);
}

static void a_memo_without_room_is_made_once(void **state)
{
    struct question question;
    const struct msg_entry *entry;

    (void)state;
    bench.records = "";
    for (int i = 0; i < 40; i++)
        bench.records = arena_printf(bench.arena, "%swww.example. 300 A 192.0.2.%d\n",
                                     bench.records, i);
    msg_cache_resize(bench.env.messages, 2600);
    ask_until_known("www.example. A", WITH_EDNS);
    assert_int_equal(bench.asked, 1);
    assert_false(is_in_lane("www.example. A", FLAG_RD, WITH_EDNS));
    question = question_of(bench.arena, "www.example. A");
    entry = msg_cache_find(bench.env.messages, &question, 0, 0, 0);
    assert_non_null(entry);
    assert_true(entry->memo_is_refused);
    msg_entry_unref(entry);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(usual_questions_are_taken),
        TEST(whatever_is_odd_is_not),
        TEST(options_are_answered_alike),
        TEST(all_options_are_looked_at),
        TEST(cookies_are_answered),
        TEST(cookies_are_counted),
        TEST(bogus_data_is_for_who_sets_cd),
        TEST(what_was_judged_is_for_all),
        TEST(an_answer_of_ones_own_comes_first),
        TEST(cd_that_is_ignored_is_only_copied),
        TEST(failures_are_told_with_their_age),
        TEST(failures_end_with_what_they_depend_on),
        TEST(what_is_stale_comes_before_a_failure),
        TEST(failures_are_counted),
        TEST(batches_are_foreseen),
        TEST(only_who_may_ask_is_answered),
        TEST(what_does_not_fit_is_not_answered),
        TEST(a_memo_ends_with_what_it_shows),
        TEST(a_newer_rrset_is_shown),
        TEST(an_image_a_second_is_enough),
        TEST(time_passes),
        TEST(other_settings_make_other_memos),
        TEST(hits_are_counted),
        TEST(kinds_of_hits_are_counted),
        TEST(memos_pay_for_their_memory),
        TEST(a_memo_without_room_is_made_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
