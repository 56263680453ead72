/*
 * error_report_test.c - what is reported of a failure, to whom, and what is nobody's business.
 */
#include "services/query/error_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "testcode/message_of.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct arena *arena;
static struct env env;
static struct query query;

static void learn(const char *zone, const char *name, const void *option, size_t size)
{
    struct message message = {.edns = {.present = true}};

    edns_add(&message.edns, EDNS_REPORT_CHANNEL, slice_of(option, size));
    report_learn(&query, name_of(arena, zone), name_of(arena, name), &message);
}

static const char agent[] = "\5agent\3lab"; /* its NUL is the root label */

static void fail_with(uint16_t code, const char *text)
{
    query.outcome = (struct outcome){.failed = true};
    reasons_add(&query.outcome.reasons, arena, code, text);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(0);
    env = (struct env){.reports_errors = true};
    query = (struct query){.arena = arena,
                           .env = &env,
                           .question = {name_of(arena, "www.broken.test."), TYPE_A, CLASS_IN}};
    learn("broken.test.", "www.broken.test.", agent, sizeof(agent));
    fail_with(EDE_SIGNATURE_EXPIRED, "sig=expired");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* "": nothing is reported. */
static void expect(const char *why, const char *name)
{
    uint8_t storage[DNAME_MAX];
    char text[DNAME_TEXT_MAX] = "";
    struct question question;

    if (report_question(&query, storage, &question)) {
        assert_int_equal(question.qtype, TYPE_TXT);
        assert_int_equal(question.qclass, CLASS_IN);
        dname_to_text(question.qname, text);
    }
    if (strcmp(text, name) != 0)
        fail_msg("%s: %s", why, text);
}

static void the_name_tells_it_all(void **state)
{
    (void)state;
    expect("as the RFC has it", "_er.1.www.broken.test.7._er.agent.lab.");
    query.question.qtype = TYPE_HTTPS;
    fail_with(EDE_NO_REACHABLE_AUTHORITY, "deleg=all-failed");
    expect("another type and code", "_er.65.www.broken.test.22._er.agent.lab.");
}

static const struct {
    const char *why, *data;
    size_t size;
    bool good;
} agents[] = {
    {"a name", agent, sizeof(agent), true},
    {"RFC 9567 section 6.1: not the root", "", 1, false},
    {"nothing", "", 0, false},
    {"no root label", "\5agent", 6, false},
    {"a label that runs out", "\5age", 4, false},
    {"octets behind the name", "\5agent\0x", 8, false},
    {"a compressed name", "\5agent\xc0\0", 8, false},
};

static void agents_are_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(agents); i++) {
        report_forget(&query, false);
        learn("broken.test.", "www.broken.test.", agents[i].data, agents[i].size);
        expect(agents[i].why, agents[i].good ? "_er.1.www.broken.test.7._er.agent.lab." : "");
    }
}

static void only_what_the_operator_can_mend(void **state)
{
    static const uint16_t ours[] = {EDE_OTHER,      EDE_STALE_ANSWER, EDE_CACHED_ERROR,
                                    EDE_NOT_READY,  EDE_BLOCKED,      EDE_FILTERED,
                                    EDE_PROHIBITED, EDE_SYNTHESIZED,  EDE_NOT_SUPPORTED};

    (void)state;
    for (size_t i = 0; i < COUNT(ours); i++) {
        fail_with(ours[i], "x=y");
        expect("a code of ours", "");
    }
    fail_with(EDE_NO_REACHABLE_AUTHORITY, "limit=rate for www.broken.test/A");
    expect("our limits are not his fault", "");
    fail_with(EDE_DNSSEC_BOGUS, "sig=invalid");
    expect("his", "_er.1.www.broken.test.6._er.agent.lab.");
    query.outcome.from_cache = true;
    expect("it has been reported when it happened", "");
    query.outcome.from_cache = query.outcome.failed = false;
    expect("no failure", "");
}

static void no_report_leads_to_another(void **state)
{
    (void)state;
    query.question.qname = name_of(arena, "_ER.1.x.test.7._er.agent.test.");
    expect("a client's report", "");
    query.question.qname = name_of(arena, "www.agent.lab.");
    learn("lab.", "www.agent.lab.", agent, sizeof(agent));
    expect("the agent's own domain", "");
    report_forget(&query, false);
    query.flags = QUERY_REPORT;
    learn("broken.test.", "www.broken.test.", agent, sizeof(agent));
    query.flags = 0;
    expect("what failed is a report", "");
    query.depth = 1;
    learn("broken.test.", "www.broken.test.", agent, sizeof(agent));
    expect("or a sub-question, perhaps of one", "");
}

static void the_servers_at_fault_say_to_whom(void **state)
{
    (void)state;
    report_forget(&query, false); /* a referral: those below are asked */
    expect("what the zone above has said does not count", "");
    learn("other.test.", "www.broken.test.", agent, sizeof(agent));
    expect("a server of another zone", "");
    report_forget(&query, true);
    learn("end.test.", "www.end.test.", agent, sizeof(agent));
    fail_with(EDE_NO_REACHABLE_AUTHORITY, "deleg=all-failed");
    expect("the end of an alias", "_er.1.www.end.test.22._er.agent.lab.");
    query.outcome.security = SEC_BOGUS;
    expect("of a bogus chain, nobody knows whose link it was", "");
}

/* RFC 9567 section 6.1.1 */
static void too_long_a_name_is_not_asked(void **state)
{
    (void)state;
    learn("test.", L63 "." L63 "." L63 ".test.", agent, sizeof(agent));
    expect("just fits", "_er.1." L63 "." L63 "." L63 ".test.7._er.agent.lab.");
    learn("test.", L63 "." L63 "." L63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test.", agent,
          sizeof(agent));
    expect("does not", "");
}

static void only_when_wanted(void **state)
{
    (void)state;
    report_forget(&query, false);
    env.reports_errors = false;
    learn("broken.test.", "www.broken.test.", agent, sizeof(agent));
    expect("dns-error-reporting: no", "");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_name_tells_it_all),
        T(agents_are_names),
        T(only_what_the_operator_can_mend),
        T(no_report_leads_to_another),
        T(the_servers_at_fault_say_to_whom),
        T(too_long_a_name_is_not_asked),
        T(only_when_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
