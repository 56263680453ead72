/*
 * classify_test.c - what replies mean for the question they answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "iterator/classify.h"
#include "testcode/message_of.h"

static const struct {
    const char *why, *question, *zone;
    uint16_t rcode, flags;
    bool recursive;
    const char *records;
    enum verdict want;
} cases[] = {
    {"a record of the type", "www.example. A", "example.", RCODE_NOERROR, FLAG_AA, false,
     "www.example. A 192.0.2.1", VERDICT_ANSWER},
    {"without AA it still answers", "www.example. A", "example.", RCODE_NOERROR, 0, false,
     "www.example. A 192.0.2.1", VERDICT_ANSWER},
    {"RA without AA: out of a cache", "www.example. A", "example.", RCODE_NOERROR, FLAG_RA, false,
     "www.example. A 192.0.2.1", VERDICT_RECURSION_LAME},
    {"a forwarder may answer out of its cache", "www.example. A", ".", RCODE_NOERROR, FLAG_RA,
     true, "www.example. A 192.0.2.1", VERDICT_ANSWER},
    {"an alias that leaves", "www.example. A", "example.", RCODE_NOERROR, FLAG_AA, false,
     "www.example. CNAME www.other.", VERDICT_ALIAS},
    {"an alias that is answered", "www.example. A", "example.", RCODE_NOERROR, FLAG_AA, false,
     "www.example. CNAME w.example.\nw.example. A 192.0.2.1", VERDICT_ANSWER},
    {"the alias itself was asked for", "www.example. CNAME", "example.", RCODE_NOERROR, FLAG_AA,
     false, "www.example. CNAME www.other.", VERDICT_ANSWER},
    {"the CNAME that a DNAME makes answers the question for it", "w.old.example. CNAME",
     "example.", RCODE_NOERROR, FLAG_AA, false,
     "old.example. DNAME new.\nw.old.example. CNAME w.new.", VERDICT_ANSWER},
    {"a forwarder has followed it", "w.old.example. CNAME", ".", RCODE_NOERROR, FLAG_RA, true,
     "old.example. DNAME new.\nw.old.example. CNAME w.new.\nw.new. CNAME x.", VERDICT_ANSWER},
    {"NXDOMAIN behind a DNAME", "w.old.example. CNAME", "example.", RCODE_NXDOMAIN, FLAG_AA,
     false, "old.example. DNAME new.\nw.old.example. CNAME w.new.", VERDICT_ALIAS},
    {"NXDOMAIN with SOA", "no.example. A", "example.", RCODE_NXDOMAIN, FLAG_AA, false,
     "authority\nexample. SOA ns.example. h.example. 1 2 3 4 5", VERDICT_NXDOMAIN},
    {"NXDOMAIN of an alias's target", "www.example. A", "example.", RCODE_NXDOMAIN, FLAG_AA,
     false, "www.example. CNAME www.other.", VERDICT_ALIAS},
    {"NODATA with SOA (RFC 2308 section 2.2)", "www.example. MX", "example.", RCODE_NOERROR,
     FLAG_AA, false, "authority\nexample. SOA ns.example. h.example. 1 2 3 4 5", VERDICT_NODATA},
    {"NODATA of type 3: AA and the zone's own NS", "www.example. MX", "example.", RCODE_NOERROR,
     FLAG_AA, false, "authority\nexample. NS ns.example.", VERDICT_NODATA},
    {"a referral downwards", "www.example. A", ".", RCODE_NOERROR, 0, false,
     "authority\nexample. NS ns.example.\nadditional\nns.example. A 192.0.2.53",
     VERDICT_REFERRAL},
    {"a referral to itself", "www.example. A", "example.", RCODE_NOERROR, 0, false,
     "authority\nexample. NS ns.example.", VERDICT_SELF_REFERRAL},
    {"a referral upwards", "www.example. A", "example.", RCODE_NOERROR, 0, false,
     "authority\n. NS a.root.", VERDICT_LAME},
    {"nothing at all", "www.example. A", "example.", RCODE_NOERROR, FLAG_AA, false, "",
     VERDICT_EMPTY},
    {"SERVFAIL", "www.example. A", "example.", RCODE_SERVFAIL, 0, false, "", VERDICT_RCODE},
    {"REFUSED", "www.example. A", "example.", RCODE_REFUSED, 0, false, "", VERDICT_RCODE},
    {"YXDOMAIN with the DNAME that makes the name too long (RFC 6672 section 2.2)",
     "w.old.example. A", "example.", RCODE_YXDOMAIN, FLAG_AA, false, "old.example. DNAME new.",
     VERDICT_ANSWER},
    {"YXDOMAIN without a DNAME", "w.old.example. A", "example.", RCODE_YXDOMAIN, FLAG_AA, false,
     "", VERDICT_RCODE},
    {"NOTIMP", "www.example. A", "example.", RCODE_NOTIMP, 0, false, "", VERDICT_RCODE},
};

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct message *message = message_of(arena, cases[i].question, cases[i].rcode,
                                             cases[i].flags, cases[i].records);
        enum verdict got = classify(message, &message->question, name_of(arena, cases[i].zone),
                                    cases[i].recursive);

        if (got != cases[i].want)
            fail_msg("%s: got %s, want %s", cases[i].why, verdict_word(got),
                     verdict_word(cases[i].want));
        arena_free(arena);
    }
}

static void loops_end(void **state)
{
    struct arena *arena = arena_new(0);
    struct message *message =
        message_of(arena, "a.example. A", RCODE_NOERROR, FLAG_AA,
                   "a.example. CNAME b.example.\nb.example. CNAME a.example.");
    unsigned hops;

    (void)state;
    alias_end(message, &message->question, &hops);
    assert_int_equal(hops, 64);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(loops_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
