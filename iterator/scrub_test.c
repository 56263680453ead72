/*
 * scrub_test.c - what stays of replies (RFC 2181 section 5.4.1, RFC 5452 section 6, RFC 6672).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "iterator/scrub.h"
#include "testcode/message_of.h"
#include "util/wire/text_rr.h"

static const struct {
    const char *why, *question, *zone, *records, *want;
} cases[] = {
    {"an answer stays", "www.example. A", "example.", "www.example. A 192.0.2.1",
     "www.example. A;"},
    {"records of other names go", "www.example. A", "example.",
     "www.example. A 192.0.2.1\nbank.example. A 192.0.2.66", "www.example. A;"},
    {"records outside the zone go", "www.example. A", "example.",
     "www.example. CNAME www.bank.\nwww.bank. A 192.0.2.66", "www.example. CNAME;"},
    {"behind an alias the name is asked for anew", "www.example. A", "example.",
     "www.example. CNAME w.example.\nw.example. A 192.0.2.1", "www.example. CNAME;"},
    {"a DNAME brings its CNAME, the one sent does not count", "a.b.example. A", "example.",
     "b.example. DNAME c.example.\na.b.example. CNAME evil.example.\na.c.example. A 192.0.2.1",
     "b.example. DNAME;a.b.example. CNAME;"},
    {"nor when the CNAME is asked for", "a.b.example. CNAME", "example.",
     "b.example. DNAME c.example.\na.b.example. CNAME evil.example.",
     "b.example. DNAME;a.b.example. CNAME;"},
    {"records of another class go", "www.example. A", "example.",
     "authority\nexample. CH NS ch.example.\nadditional\nch.example. CH A \\# 0", ""},
    {"no records but addresses in the additional section", "www.example. A", "example.",
     "www.example. A 192.0.2.1\nadditional\nexample. NS ns.example.", "www.example. A;"},
    {"promiscuous NS beside an answer go", "www.example. A", "example.",
     "www.example. A 192.0.2.1\nauthority\nexample. NS evil.example.\nadditional\n"
     "evil.example. A 192.0.2.66",
     "www.example. A;"},
    {"a referral keeps its NS and glue", "www.sub.example. A", "example.",
     "authority\nsub.example. NS ns.sub.example.\nadditional\nns.sub.example. A 192.0.2.53",
     "sub.example. NS;ns.sub.example. A;"},
    {"glue outside the zone goes", "www.sub.example. A", "example.",
     "authority\nsub.example. NS ns.bank.\nadditional\nns.bank. A 192.0.2.66",
     "sub.example. NS;"},
    {"addresses that nobody named go", "www.sub.example. A", "example.",
     "authority\nsub.example. NS ns.sub.example.\nadditional\nwww.example. A 192.0.2.66",
     "sub.example. NS;"},
    {"an NS set of a place beside the way goes", "www.sub.example. A", "example.",
     "authority\nother.example. NS ns.other.example.", ""},
    {"an NS set above stays, to be seen as lame", "www.example. A", "example.",
     "authority\n. NS a.root.", ". NS;"},
    {"private addresses go", "www.example. A", "example.",
     "www.example. A 10.0.0.1\nwww.example. A 192.0.2.1", "www.example. A;"},
    {"a set of private addresses goes altogether", "www.example. A", "example.",
     "www.example. A 10.0.0.1", ""},
    {"a private domain may have them", "www.home.example. A", "example.",
     "www.home.example. A 10.0.0.1", "www.home.example. A;"},
    {"two CNAMEs at one name are no alias", "www.example. A", "example.",
     "www.example. CNAME a.example.\nwww.example. CNAME b.example.", ""},
};

static void kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct message *message = message_of(arena, cases[i].question, RCODE_NOERROR, FLAG_AA,
                                             cases[i].records);
        struct netblock private_block;
        struct dname private_domain = name_of(arena, "home.example.");
        struct scrub_rules rules = {.ns_most = 13, .rrsigs_most = 4,
                                    .aliases_most = 11,
                                    .promiscuous = true,
                                    .harden_glue = true,
                                    .private_blocks = &private_block,
                                    .private_block_count = 1,
                                    .private_domains = &private_domain,
                                    .private_domain_count = 1};
        struct scrub_result result;
        struct text seen = text_in(arena);

        netblock_from_text(&private_block, "10.0.0.0/8");
        text_add(&seen, "");
        assert_int_equal(scrub(message, &message->question, name_of(arena, cases[i].zone), false,
                               &rules, arena, &result),
                         STATUS_OK);
        for (size_t j = 0; j < message_rrsets(message); j++) {
            char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

            text_printf(&seen, "%s %s;", dname_to_text(rrset_owner(message->rrsets[j]), name),
                        rrtype_to_text(message->rrsets[j]->type, type));
        }
        if (strcmp(text_done(&seen), cases[i].want) != 0)
            fail_msg("%s: kept %s, want %s", cases[i].why, text_done(&seen), cases[i].want);
        arena_free(arena);
    }
}

/* A forwarder has followed the chain for us: all of it is its answer. */
static void chain_of_a_forwarder(void **state)
{
    struct arena *arena = arena_new(0);
    struct scrub_rules rules = {.ns_most = 13, .rrsigs_most = 4, .aliases_most = 11};
    struct scrub_result result;
    struct message *message =
        message_of(arena, "www.example. A", RCODE_NOERROR, FLAG_RA,
                   "www.example. CNAME w.other.\nw.other. CNAME x.third.\nx.third. A 192.0.2.1");

    (void)state;
    assert_int_equal(
        scrub(message, &message->question, dname_root, true, &rules, arena, &result), STATUS_OK);
    assert_int_equal(message->count[SECTION_ANSWER], 3);
    arena_free(arena);
}

/* RFC 6672 section 2.2: a name that grows over 255 octets is told, not cut. */
static void dname_grows(void **state)
{
    struct arena *arena = arena_new(0);
    char label[64], question[700], record[700];
    struct scrub_rules rules = {.ns_most = 13, .rrsigs_most = 4, .aliases_most = 11};
    struct scrub_result result;
    struct message *message;

    (void)state;
    memset(label, 'x', 63);
    label[63] = '\0';
    snprintf(question, sizeof(question), "%s.%s.b.example. A", label, label);
    snprintf(record, sizeof(record), "b.example. DNAME %s.%s.example.", label, label);
    message = message_of(arena, question, RCODE_NOERROR, FLAG_AA, record);
    assert_int_equal(scrub(message, &message->question, name_of(arena, "example."), false, &rules,
                           arena, &result),
                     STATUS_OK);
    assert_true(result.too_long);
    assert_int_equal(message->count[SECTION_ANSWER], 1);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept),
        cmocka_unit_test(chain_of_a_forwarder),
        cmocka_unit_test(dname_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
