/*
 * replay_match_test.c - each kind of difference between expectation and message is seen.
 *
 * Expectation and message are both written as entries; the words behind MATCH come from the
 * first.
 */
#include "testcode/replay_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define REPLY_OK     "REPLY QR RD RA NOERROR\nSECTION QUESTION\nwww.example. IN A\n"
#define ANSWER_OK    "SECTION ANSWER\nwww.example. 60 IN A 192.0.2.1\n"
#define AUTHORITY_OK "SECTION AUTHORITY\nexample. 60 IN NS ns.example.\n"
#define GOOD         REPLY_OK ANSWER_OK AUTHORITY_OK
#define OPT(hex)     "SECTION ADDITIONAL\nHEX_EDNSDATA_BEGIN\n" hex "\nHEX_EDNSDATA_END\n"
#define EDE_22       "000f 0002 0016"
#define EDE_23_TEXT  "000f 0003 0017 61"
#define COOKIE_8     "000a 0008 0102030405060708"
#define COOKIE_24    "000a 0018 0102030405060708 0102030405060708 0102030405060708"

static const struct {
    const char *why, *expected, *came;
    bool tcp, matches;
} cases[] = {
    {"no word at all matches everything", "", "REPLY SERVFAIL\n", false, true},
    {"all: equal", "MATCH all\n" GOOD, GOOD, false, true},
    {"all: letter case of names is ignored", "MATCH all\n" GOOD,
     "REPLY QR RD RA NOERROR\nSECTION QUESTION\nWWW.example. IN A\n" ANSWER_OK
     "SECTION AUTHORITY\nEXAMPLE. 60 IN NS NS.example.\n",
     false, true},
    {"all: letter case of texts is not",
     "MATCH all\n" REPLY_OK "SECTION ANSWER\na. TXT \"a\"\n",
     REPLY_OK "SECTION ANSWER\na. TXT \"A\"\n", false, false},
    {"all: order of records in a section is free",
     "MATCH all\n" REPLY_OK "SECTION ANSWER\na. A 192.0.2.1\na. A 192.0.2.2\n",
     REPLY_OK "SECTION ANSWER\na. A 192.0.2.2\na. A 192.0.2.1\n", false, true},
    {"all: a record twice is not a record once",
     "MATCH all\n" REPLY_OK "SECTION ANSWER\na. A 192.0.2.1\na. A 192.0.2.1\na. A 192.0.2.2\n",
     REPLY_OK "SECTION ANSWER\na. A 192.0.2.1\na. A 192.0.2.2\na. A 192.0.2.2\n", false, false},
    {"all: rcode", "MATCH all\n" GOOD, "REPLY NXDOMAIN\n" GOOD "REPLY NXDOMAIN\n", false,
     false},
    {"all: opcode", "MATCH all\nREPLY QR NOTIFY\n", "REPLY QR QUERY\n", false, false},
    {"all: a flag more", "MATCH all\n" GOOD, GOOD "REPLY AA\n", false, false},
    {"all: a flag less", "MATCH all\n" GOOD "REPLY AD\n", GOOD, false, false},
    {"all: question", "MATCH all\n" GOOD,
     "REPLY QR RD RA\nSECTION QUESTION\nwww.example. IN NS\n" ANSWER_OK AUTHORITY_OK, false,
     false},
    {"all: record missing", "MATCH all\n" GOOD, REPLY_OK ANSWER_OK, false, false},
    {"all: record too many", "MATCH all\n" REPLY_OK ANSWER_OK, GOOD, false, false},
    {"all: other rdata", "MATCH all\n" GOOD,
     REPLY_OK "SECTION ANSWER\nwww.example. 60 IN A 192.0.2.2\n" AUTHORITY_OK, false, false},
    {"all: record in another section", "MATCH all\n" REPLY_OK ANSWER_OK,
     REPLY_OK "SECTION ADDITIONAL\nwww.example. 60 IN A 192.0.2.1\n", false, false},
    {"all: TTLs are free", "MATCH all\n" GOOD,
     REPLY_OK "SECTION ANSWER\nwww.example. 61 IN A 192.0.2.1\n" AUTHORITY_OK, false, true},
    {"all ttl: equal", "MATCH all ttl\n" GOOD, GOOD, false, true},
    {"all ttl: TTLs are not free", "MATCH all ttl\n" GOOD,
     REPLY_OK "SECTION ANSWER\nwww.example. 61 IN A 192.0.2.1\n" AUTHORITY_OK, false, false},
    {"all: OPT missing", "MATCH all\n" GOOD "REPLY DO\n", GOOD, false, false},
    {"all: OPT not expected", "MATCH all\n" GOOD, GOOD "REPLY DO\n", false, false},
    {"all_noedns: OPT left aside", "MATCH all_noedns\n" GOOD, GOOD "REPLY DO\n", false, true},
    {"all_noedns: all else is not", "MATCH all_noedns\n" GOOD, REPLY_OK ANSWER_OK "REPLY DO\n",
     false, false},
    {"all: DO for CO passes, they stand in the TTL", "MATCH all\n" GOOD "REPLY DO\n",
     GOOD "REPLY CO\n", false, true},
    {"all ttl: DO is not CO", "MATCH all ttl\n" GOOD "REPLY DO\n", GOOD "REPLY CO\n", false,
     false},
    {"all: other options", "MATCH all\n" OPT("0003 0001 61"), OPT("0003 0001 62"), false,
     false},
    {"all: an EDE that is not mentioned", "MATCH all\n" REPLY_OK "REPLY DO\n",
     REPLY_OK OPT(EDE_22), false, false},
    {"ede: it is taken out", "MATCH all ede=22\n" REPLY_OK "REPLY DO\n", REPLY_OK OPT(EDE_22),
     false, true},
    {"ede: another code", "MATCH ede=21\n", OPT(EDE_22), false, false},
    {"ede: none came", "MATCH ede=22\n" REPLY_OK, REPLY_OK "REPLY DO\n", false, false},
    {"ede: the second one is left", "MATCH all ede=22\n" REPLY_OK "REPLY DO\n",
     REPLY_OK OPT(EDE_22 EDE_23_TEXT), false, false},
    {"ede: the second one is left and expected", "MATCH all ede=22\n" REPLY_OK OPT(EDE_23_TEXT),
     REPLY_OK OPT(EDE_22 EDE_23_TEXT), false, true},
    {"ede: only the first one counts", "MATCH ede=23\n", OPT(EDE_22 EDE_23_TEXT), false, false},
    {"ede=any: some", "MATCH ede=any\n", OPT(EDE_23_TEXT), false, true},
    {"ede=any: none", "MATCH ede=any\n", "REPLY DO\n", false, false},
    {"client_cookie: of 8 octets", "MATCH all client_cookie\nREPLY DO\n", OPT(COOKIE_8), false,
     true},
    {"client_cookie: a server cookie is none", "MATCH client_cookie\n", OPT(COOKIE_24), false,
     false},
    {"server_cookie: of 24 octets", "MATCH all server_cookie\nREPLY DO\n", OPT(COOKIE_24),
     false, true},
    {"server_cookie: none came", "MATCH server_cookie\n", GOOD, false, false},
    {"ednsdata: equal", "MATCH ednsdata\n" OPT(EDE_22), OPT(EDE_22), false, true},
    {"ednsdata: differs", "MATCH ednsdata\n" OPT(EDE_22), OPT(EDE_23_TEXT), false, false},
    {"ednsdata: absent and empty are equal", "MATCH ednsdata\nREPLY DO\n", GOOD, false, true},
    {"noedns: none", "MATCH noedns\n", GOOD, false, true},
    {"noedns: there is one", "MATCH noedns\n", "REPLY DO\n", false, false},
    {"DO: set", "MATCH DO\n", "REPLY DO\n", false, true},
    {"DO: not set", "MATCH DO\n", "REPLY CO\n", false, false},
    {"CO: not set", "MATCH CO\n", "REPLY DO\n", false, false},
    {"opcode", "MATCH opcode\n", "REPLY NOTIFY\n", false, false},
    {"rcode", "MATCH rcode\nREPLY NXDOMAIN\n", "REPLY SERVFAIL\n", false, false},
    {"qtype: differs", "MATCH qtype\n" GOOD, "SECTION QUESTION\nwww.example. IN NS\n", false,
     false},
    {"qname: equal", "MATCH qname\n" GOOD, "SECTION QUESTION\nwww.example. IN NS\n", false,
     true},
    {"qname: letter case counts", "MATCH qname\n" GOOD, "SECTION QUESTION\nWww.example. IN A\n",
     false, false},
    {"qname: none came", "MATCH qname\n" GOOD, "", false, false},
    {"subdomain: below", "MATCH subdomain\n" GOOD, "SECTION QUESTION\na.www.example. IN A\n",
     false, true},
    {"subdomain: the name itself", "MATCH subdomain\n" GOOD, GOOD, false, true},
    {"subdomain: above", "MATCH subdomain\n" GOOD, "SECTION QUESTION\nexample. IN A\n", false,
     false},
    {"subdomain: case counts", "MATCH subdomain\n" GOOD,
     "SECTION QUESTION\na.WWW.example. IN A\n", false, false},
    {"question: differs", "MATCH question\n" GOOD, "SECTION QUESTION\nwww.example. IN NS\n",
     false, false},
    {"question: case is ignored", "MATCH question\n" GOOD,
     "SECTION QUESTION\nWWW.example. IN A\n", false, true},
    {"answer: only that section", "MATCH answer\n" GOOD, "REPLY NXDOMAIN\n" ANSWER_OK, false,
     true},
    {"answer: differs", "MATCH answer\n" GOOD, GOOD "SECTION ANSWER\nb. A 192.0.2.1\n", false,
     false},
    {"answer ttl: differs", "MATCH answer ttl\n" GOOD,
     "SECTION ANSWER\nwww.example. 61 IN A 192.0.2.1\n", false, false},
    {"serial: equal", "MATCH serial=7\n", "SECTION AUTHORITY\na. SOA a. a. 7 1 1 1 1\n", false,
     true},
    {"serial: differs", "MATCH serial=8\n", "SECTION AUTHORITY\na. SOA a. a. 7 1 1 1 1\n",
     false, false},
    {"UDP", "MATCH UDP\n", GOOD, true, false},
    {"TCP", "MATCH TCP\n", GOOD, false, false},
    {"TCP over TCP", "MATCH TCP\n", GOOD, true, true},
};

static struct entry *entry_of(const char *text, struct arena *arena)
{
    struct entry_defaults defaults = {dname_root, 3600};
    struct lines lines = lines_of(arena_printf(arena, "%s\nENTRY_END\n", text), arena);
    struct entry *entry = entry_read(&lines, &defaults);

    if (entry == NULL)
        fail_msg("%s: %s", text, lines.error);
    return entry;
}

static void differences_are_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        const struct entry *expected = entry_of(cases[i].expected, arena);
        const struct entry *came = entry_of(cases[i].came, arena);
        struct slice wire = entry_wire(came, &came->first, NULL, arena);
        const char *why = "matches";
        struct packet packet;

        if (wire.data == NULL || packet_read(wire, arena, &packet) != STATUS_OK)
            fail_msg("%s: the message cannot be built", cases[i].why);
        if (entry_matches(expected, &packet, cases[i].tcp, arena, &why) != cases[i].matches)
            fail_msg("%s: %s", cases[i].why, why);
        arena_free(arena);
    }
}

static void unknown_words_are_errors(void **state)
{
    static const char *const texts[] = {
        "MATCH al\n",
        "MATCH ede=x\n",
        "ADJUST copy_ids\n",
        "REPLY SERVFAILED\n",
        "REPLY qr\n",
        "SECTION ANSWERS\n",
        "www. IN A 192.0.2.1\n",
        "SECTION ANSWER\nwww. IN A 192.0.2\n",
        "HEX_ANSWER_BEGIN\n0\nHEX_ANSWER_END\n",
        "HEX_EDNSDATA_BEGIN\n00\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct entry_defaults defaults = {dname_root, 3600};
        struct arena *arena = arena_new(0);
        struct lines lines = lines_of(arena_printf(arena, "%s\nENTRY_END\n", texts[i]), arena);

        if (entry_read(&lines, &defaults) != NULL)
            fail_msg("%s: taken", texts[i]);
        assert_non_null(lines.error);
        arena_free(arena);
    }
}

/* ADJUST copy_query: the question of the query, put in or in place of the entry's own. */
static void questions_are_copied(void **state)
{
    static const char *const replies[] = {
        "ADJUST copy_query copy_id\nREPLY QR\n" ANSWER_OK,
        "ADJUST copy_query copy_id\nREPLY QR\nSECTION QUESTION\nb.other. IN NS\n" ANSWER_OK,
    };
    struct arena *arena = arena_new(0);
    const struct entry *query = entry_of("SECTION QUESTION\nwww.example. IN A\n", arena);
    const struct entry *expected =
        entry_of("MATCH all\nREPLY QR\nSECTION QUESTION\nwww.example. IN A\n" ANSWER_OK, arena);

    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        const struct entry *reply = entry_of(replies[i], arena);
        struct slice wire = entry_wire(reply, &reply->first, &query->first.packet, arena);
        const char *why = "";
        struct packet packet;

        assert_int_equal(packet_read(wire, arena, &packet), STATUS_OK);
        if (!entry_matches(expected, &packet, false, arena, &why))
            fail_msg("%s: %s", replies[i], why);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_seen),
        cmocka_unit_test(unknown_words_are_errors),
        cmocka_unit_test(questions_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
