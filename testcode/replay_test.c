/*
 * replay_test.c - the runner fails a scenario for each kind of wrong expectation.
 *
 * One good scenario through the real resolver; a case puts one word of it in place of another.
 * Only those changes that mean nothing may still pass.
 */
#include "testcode/replay_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char base[] =
    "server:\n"
    "  module-config: \"iterator\"\n"
    "  qname-minimisation: no\n"
    "  minimal-responses: no\n"
    "  ede: yes\n"
    "stub-zone: name: example. stub-addr: 198.18.1.1\n"
    "CONFIG_END\n"
    "SCENARIO_BEGIN strictness\n"
    "RANGE_BEGIN 0 15\n"
    "ADDRESS 198.18.1.1\n"
    "ENTRY_BEGIN\n"
    "MATCH opcode qtype qname\n"
    "ADJUST copy_id\n"
    "REPLY QR AA NOERROR\n"
    "SECTION QUESTION\n"
    "www.example. IN A\n"
    "SECTION ANSWER\n"
    "www.example. 300 IN A 192.0.2.1\n"
    "www.example. 300 IN A 192.0.2.2\n"
    "ENTRY_END\n"
    "RANGE_END\n"
    "STEP 1 QUERY\n"
    "ENTRY_BEGIN\nREPLY RD DO\nSECTION QUESTION\nwww.example. IN A\nENTRY_END\n"
    "STEP 10 CHECK_ANSWER\n"
    "ENTRY_BEGIN\n"
    "MATCH all ttl\n"
    "REPLY QR RD RA DO NOERROR\n"
    "SECTION QUESTION\n"
    "www.example. IN A\n"
    "SECTION ANSWER\n"
    "www.example. 300 IN A 192.0.2.1 ; first\n"
    "www.example. 300 IN A 192.0.2.2 ; second\n"
    "ENTRY_END\n"
    "STEP 20 TIME_PASSES ELAPSE 1.5\n"
    "STEP 30 QUERY\n"
    "ENTRY_BEGIN\nREPLY RD DO\nSECTION QUESTION\nmail.example. IN A\nENTRY_END\n"
    "STEP 40 CHECK_OUT_QUERY ADDRESS 198.18.1.1\n"
    "ENTRY_BEGIN\n"
    "MATCH all UDP\n"
    "REPLY QUERY\n"
    "SECTION QUESTION\n"
    "mail.example. IN A ; asked\n"
    "HEX_EDNSDATA_BEGIN\nHEX_EDNSDATA_END\n"
    "ENTRY_END\n"
    "STEP 50 REPLY\n"
    "ENTRY_BEGIN\nREPLY QR REFUSED\nSECTION QUESTION\nmail.example. IN A\nENTRY_END\n"
    "STEP 60 CHECK_ANSWER\n"
    "ENTRY_BEGIN\n"
    "MATCH opcode rcode question answer DO ede=22\n"
    "REPLY QR RD RA DO SERVFAIL ; last\n"
    "SECTION QUESTION\n"
    "mail.example. IN A\n"
    "ENTRY_END\n"
    "STEP 65 CHECK_WORK SENDS 2 SIGNATURES 0\n"
    "STEP 70 TRAFFIC\n"
    "SCENARIO_END\n";

static const struct {
    const char *why, *from, *to;
    bool passes;
} cases[] = {
    {"as it is", "", "", true},
    {"order of the records",
     "www.example. 300 IN A 192.0.2.1 ; first\n"
     "www.example. 300 IN A 192.0.2.2 ; second\n",
     "www.example. 300 IN A 192.0.2.2 ; second\n"
     "www.example. 300 IN A 192.0.2.1 ; first\n",
     true},
    {"rcode", "DO NOERROR\n", "DO NXDOMAIN\n", false},
    {"a flag too many", "REPLY QR RD RA DO NOERROR", "REPLY QR RD RA AD DO NOERROR", false},
    {"a flag too few", "REPLY QR RD RA DO NOERROR", "REPLY QR RD DO NOERROR", false},
    {"no OPT expected", "REPLY QR RD RA DO NOERROR", "REPLY QR RD RA NOERROR", false},
    {"DO bit", "REPLY QR RD RA DO NOERROR", "REPLY QR RD RA CO NOERROR", false},
    {"TTL", "300 IN A 192.0.2.1 ; first", "299 IN A 192.0.2.1", false},
    {"another record", "IN A 192.0.2.1 ; first", "IN A 192.0.2.3", false},
    {"a record that does not come", "; second\n", "\nwww.example. 300 IN A 192.0.2.9\n", false},
    {"a record that is not expected", "www.example. 300 IN A 192.0.2.2 ; second\n", "", false},
    {"another section", "SECTION ANSWER\nwww.example. 300 IN A 192.0.2.1 ; first\n",
     "SECTION AUTHORITY\nwww.example. 300 IN A 192.0.2.1 ; first\n", false},
    {"an option that does not come", "; second\n",
     "\nSECTION ADDITIONAL\nHEX_EDNSDATA_BEGIN\n000f00020016\nHEX_EDNSDATA_END\n", false},
    {"question",
     "MATCH all ttl\nREPLY QR RD RA DO NOERROR\nSECTION QUESTION\nwww.example. IN A",
     "MATCH all ttl\nREPLY QR RD RA DO NOERROR\nSECTION QUESTION\nwww.example. IN NS", false},
    {"an answer where none is due", "STEP 70 TRAFFIC\n",
     "STEP 70 CHECK_ANSWER\nENTRY_BEGIN\nENTRY_END\n", false},
    {"an answer to another client", "STEP 10 CHECK_ANSWER", "STEP 10 CHECK_ANSWER ADDRESS ::1",
     false},
    {"EDE code", "ede=22", "ede=23", false},
    {"an EDE where there is none", "MATCH all ttl\n", "MATCH all ttl ede=any\n", false},
    {"EDE not mentioned", "MATCH opcode rcode question answer DO ede=22", "MATCH all", false},
    {"rcode of a failure", "DO SERVFAIL ; last", "DO REFUSED", false},
    {"question to a server: name", "mail.example. IN A ; asked", "ftp.example. IN A", false},
    {"question to a server: type", "mail.example. IN A ; asked", "mail.example. IN NS", false},
    {"question to a server: flags", "REPLY QUERY", "REPLY QUERY RD", false},
    {"question to a server: transport", "MATCH all UDP", "MATCH all TCP", false},
    {"question to a server: no OPT", "HEX_EDNSDATA_BEGIN\nHEX_EDNSDATA_END\n", "", false},
    {"question to a server: DO", "MATCH all UDP", "MATCH all DO", false},
    {"question to a server: address", "CHECK_OUT_QUERY ADDRESS 198.18.1.1",
     "CHECK_OUT_QUERY ADDRESS 198.18.1.2", false},
    {"question to a server: port", "CHECK_OUT_QUERY ADDRESS 198.18.1.1",
     "CHECK_OUT_QUERY ADDRESS 198.18.1.1@54", false},
    {"a question that is not sent", "STEP 70 TRAFFIC\n",
     "STEP 70 CHECK_OUT_QUERY\nENTRY_BEGIN\nENTRY_END\n", false},
    {"a question that nobody answers",
     "STEP 50 REPLY\n"
     "ENTRY_BEGIN\nREPLY QR REFUSED\nSECTION QUESTION\nmail.example. IN A\nENTRY_END\n",
     "", false},
    {"a question pending at the end", "STEP 70 TRAFFIC\n",
     "STEP 70 QUERY\nENTRY_BEGIN\nREPLY RD\nSECTION QUESTION\na.example. IN A\nENTRY_END\n",
     false},
    {"an answer left over at the end", "STEP 70 TRAFFIC\n",
     "STEP 70 QUERY\nENTRY_BEGIN\nREPLY RD\nSECTION QUESTION\nwww.example. IN A\nENTRY_END\n",
     false},
    {"a timeout without a question", "STEP 70 TRAFFIC\n", "STEP 70 TIMEOUT\n", false},
    {"a range that is not valid yet", "RANGE_BEGIN 0 15", "RANGE_BEGIN 11 15", false},
    {"a range for another address", "ADDRESS 198.18.1.1\nENTRY", "ADDRESS 198.18.1.2\nENTRY",
     false},
    {"work that was done", "SENDS 2", "SENDS 1", false},
    {"work that was not done", "SIGNATURES 0", "SIGNATURES 1", false},
    {"work counted twice", "STEP 70 TRAFFIC\n", "STEP 70 CHECK_WORK SENDS 2\n", false},
    {"work of which there is none", "SIGNATURES 0", "MIRACLES 0", false},
    {"an unknown word", "MATCH all ttl", "MATCH all ttls", false},
    {"an unknown option", "  ede: yes\n", "  edes: yes\n", false},
};

/* The base text with one change; to be freed. */
static char *changed(const char *from, const char *to)
{
    const char *place = strstr(base, from);
    size_t before, size = sizeof(base) + strlen(to);
    char *text = malloc(size);

    assert_non_null(place);
    assert_non_null(text);
    before = (size_t)(place - base);
    snprintf(text, size, "%.*s%s%s", (int)before, base, to, place + strlen(from));
    return text;
}

static void wrong_expectations_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = changed(cases[i].from, cases[i].to);
        FILE *out = tmpfile();
        struct replay_report report = {.out = out};
        bool passed;

        assert_non_null(out);
        passed = replay_play("case.rpl", text, &report);
        /* Who fails says why. */
        if (passed != cases[i].passes || passed != (ftell(out) == 0)) {
            char said[2000] = "";

            rewind(out);
            said[fread(said, 1, sizeof(said) - 1, out)] = '\0';
            fail_msg("%s: %s\n%s", cases[i].why, passed ? "passed" : "failed", said);
        }
        fclose(out);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_expectations_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
