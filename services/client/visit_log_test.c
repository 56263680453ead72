/*
 * visit_log_test.c - what is logged of a question: asked, answered, failed; and of whose.
 */
#include "services/client/bench_test.h"

static struct log_book {
    struct log log;
    unsigned count, asked, most;
    char lines[8][LOG_LINE_MAX];
} book;

static void keep(struct log *log, struct log_record *record)
{
    (void)log;
    assert_true(book.count < COUNT(book.lines));
    log_render(record, LOG_TEXT, NULL, 0, book.lines[book.count++], LOG_LINE_MAX);
}

static bool admit(struct log *log, enum log_level level, const char *format)
{
    (void)log, (void)level, (void)format;
    return book.asked++ < book.most;
}

static int set_up_log(void **state)
{
    int result = set_up(state);

    memset(&book, 0, sizeof(book));
    book.log = (struct log){.level = LOG_LEVEL_INFO, .write = keep};
    bench.env.log = &book.log;
    bench.uses_lane = true;
    bench.logs = (struct request_log){.client_bits_ip4 = 32, .client_bits_ip6 = 128};
    return result;
}

static void expect_line(unsigned index, const char *line)
{
    assert_true(index < book.count);
    assert_string_equal(book.lines[index], line);
}

static void nothing_unless_wanted(void **state)
{
    (void)state;
    apply(NULL, NULL, NULL);
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    ask("localhost. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(book.count, 0);
}

/* The lane answers out of memos without a line: it stays closed. */
static void each_question_and_answer(void **state)
{
    (void)state;
    bench.logs.queries = bench.logs.replies = true;
    apply("0.0.0.0/0 allow", NULL, NULL);
    for (int i = 0; i < 3; i++) {
        ask("WWW.example. A", FLAG_RD, WITH_EDNS);
        answer();
    }
    assert_int_equal(book.count, 6);
    for (unsigned i = 0; i < 6; i += 2)
        expect_line(
            i, "event=query client=127.0.0.1 transport=udp name=WWW.example. type=A class=IN");
    expect_line(1,
                "event=reply client=127.0.0.1 transport=udp name=WWW.example. type=A class=IN "
                "rcode=NOERROR source=servers ms=0 bytes=56");
    expect_line(3,
                "event=reply client=127.0.0.1 transport=udp name=WWW.example. type=A class=IN "
                "rcode=NOERROR source=cache ms=0 bytes=56");
    expect_line(5, book.lines[3]);
}

static const struct {
    const char *why, *client, *shown;
    uint8_t ip4, ip6;
} clients[] = {
    {"all of it", "192.0.2.77", "192.0.2.77", 32, 128},
    {"a /24", "192.0.2.77", "192.0.2.0/24", 24, 56},
    {"no octet's boundary", "192.0.2.77", "192.0.0.0/15", 15, 56},
    {"nothing", "192.0.2.77", "0.0.0.0/0", 0, 0},
    {"all of it", "2001:db8:1:23ff::7", "2001:db8:1:23ff::7", 24, 128},
    {"a /56", "2001:db8:1:23ff::7", "2001:db8:1:2300::/56", 24, 56},
    {"nothing", "2001:db8:1:23ff::7", "::/0", 0, 0},
};

/* In every line: what shows one client whole shows where all of them are. */
static void clients_are_masked(void **state)
{
    char want[128];

    (void)state;
    for (size_t i = 0; i < COUNT(clients); i++) {
        book.count = 0;
        bench.records = NULL;
        bench.logs = (struct request_log){.queries = true,
                                          .replies = true,
                                          .servfail = true,
                                          .local_actions = true,
                                          .client_bits_ip4 = clients[i].ip4,
                                          .client_bits_ip6 = clients[i].ip6};
        apply(strchr(clients[i].client, ':') != NULL ? "::0/0 allow" : "0.0.0.0/0 allow", NULL,
              NULL);
        receive_from(clients[i].client,
                     make_packet("bad.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
        answer();
        receive_from(clients[i].client,
                     make_packet("localhost. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
        answer();
        snprintf(want, sizeof(want), " client=%s ", clients[i].shown);
        assert_int_equal(book.count, 6); /* query servfail reply, query local reply */
        for (unsigned k = 0; k < book.count; k++)
            if (strstr(book.lines[k], want) == NULL)
                fail_msg("%s: %s", clients[i].why, book.lines[k]);
    }
}

static void a_failure_has_its_reasons(void **state)
{
    (void)state;
    bench.records = NULL;
    bench.logs.servfail = true;
    apply(NULL, NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(book.count, 1);
    expect_line(
        0, "event=servfail client=127.0.0.1 name=www.example. type=A source=servers ede=22 "
           "why=\"deleg=all-failed for www.example/A z=example n=2/2\"");
}

/* Asked over and over it counts each time as a line, and is one as long as the bound allows. */
static void failures_are_bounded(void **state)
{
    (void)state;
    bench.records = NULL;
    bench.logs.servfail = true;
    book.log.admit = admit;
    book.most = 4;
    apply(NULL, NULL, NULL);
    for (int i = 0; i < 7; i++) {
        ask("www.example. A", FLAG_RD, WITH_EDNS);
        answer();
    }
    assert_int_equal(book.asked, 7);
    assert_int_equal(book.count, 4);
    assert_int_equal(request_stats(bench.service)->servfail, 7);
}

static void local_zones_tell_who_asks(void **state)
{
    (void)state;
    apply(NULL, "block.example. inform_deny", NULL);
    ask("x.block.example. A", FLAG_RD, PLAIN);
    assert_int_equal(book.count, 1);
    expect_line(0,
                "event=local client=127.0.0.1 name=x.block.example. type=A zone=block.example. "
                "action=drop");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_log, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_unless_wanted),     TEST(each_question_and_answer),
        TEST(clients_are_masked),        TEST(a_failure_has_its_reasons),
        TEST(failures_are_bounded),      TEST(local_zones_tell_who_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
