/*
 * denial_test.c - what the records of an answer prove: the examples of RFC 4035 appendix B and
 * RFC 5155 appendix B, each with the record left out that makes it true, and answers that were
 * made up.
 */
#include "validator/denial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "validator/denial_for_tests.h"

enum asks { NAME, TYPE, CLOSER, DS };

static const struct proof_case {
    const char *why;
    const char *records;
    enum asks asks;
    const char *name;
    uint16_t qtype; /* of TYPE; the closest encloser's labels of CLOSER */
    const char *words;
} with_nsec[] = {
    /* RFC 4035 appendix B */
    {"B.2 name error", B APEX, NAME, "ml.example.", 0, "name"},
    {"B.2 nothing denies the wildcard", B, NAME, "ml.example.", 0, "bogus proof=no-wildcard"},
    {"B.2 nothing denies the name", APEX, NAME, "ml.example.", 0, "bogus proof=no-cover"},
    {"B.2 no record at all", "", NAME, "ml.example.", 0, "bogus proof=none"},
    {"B.3 no data", NS1, TYPE, "ns1.example.", TYPE_MX, "type"},
    {"B.3 the type is there", NS1, TYPE, "ns1.example.", TYPE_A, "bogus proof=type-exists"},
    {"B.3 of another name", NS2, TYPE, "ns1.example.", TYPE_MX, "bogus proof=no-cover"},
    {"B.4 signed delegation: it has a DS", A, DS, "a.example.", 0, "bogus proof=type-exists"},
    {"B.5 unsigned delegation", B, DS, "b.example.", 0, "ds"},
    {"B.6 wildcard: nothing nearer", X_Y_W, CLOSER, "a.z.w.example.", 2, "closer"},
    {"B.6 left out", X_W, CLOSER, "a.z.w.example.", 2, "bogus proof=no-cover"},
    {"B.7 wildcard no data", X_Y_W STAR, TYPE, "a.z.w.example.", TYPE_AAAA, "type"},
    {"B.7 the wildcard has the type", X_Y_W STAR, TYPE, "a.z.w.example.", TYPE_MX,
     "bogus proof=type-exists"},
    {"B.7 the wildcard's record left out", X_Y_W, TYPE, "a.z.w.example.", TYPE_AAAA,
     "bogus proof=no-wildcard"},
    {"B.8 the child's apex does not deny its DS", APEX, TYPE, "example.", TYPE_DS,
     "bogus proof=no-cover"},
    {"B.8 nor on the way down", APEX, DS, "example.", 0, "bogus proof=no-ds"},
    /* more of RFC 4035 and 4592 */
    {"empty non-terminal", X_W, TYPE, "y.w.example.", TYPE_A, "type"},
    {"an empty non-terminal is there: no NXDOMAIN", X_W APEX, NAME, "y.w.example.", 0,
     "bogus proof=no-cover"},
    {"one record for name and wildcard", APEX, NAME, "0.example.", 0, "name"},
    {"one record covers both", "example. 1 IN NSEC example. NS SOA NSEC", NAME, "x.example.", 0,
     "name"},
    {"the wildcard that must be denied is the nearest one's", X_Y_W APEX, NAME,
     "a.z.w.example.", 0, "bogus proof=no-wildcard"},
    {"the asked name is a wildcard itself", APEX, NAME, "*.example.", 0, "name"},
    {"that wildcard is there", NS2 STAR, NAME, "*.w.example.", 0, "bogus proof=no-cover"},
    {"the wildcard is an empty non-terminal",
     "c.example. 1 IN NSEC z.example. A NSEC\nexample. 1 IN NSEC x.*.example. NS SOA NSEC",
     TYPE, "d.example.", TYPE_A, "type"},
    {"and then its names do exist",
     "c.example. 1 IN NSEC z.example. A NSEC\nexample. 1 IN NSEC x.*.example. NS SOA NSEC",
     NAME, "d.example.", 0, "bogus proof=no-wildcard"},
    /* RFC 6840 */
    {"4.1 the delegation's record denies no name below it", B APEX, NAME, "mc.b.example.", 0,
     "bogus proof=no-cover"},
    {"4.1 nor a type at it", B, TYPE, "b.example.", TYPE_A, "bogus proof=no-cover"},
    {"4.1 nor the DS of a zone further down", B, DS, "sub.b.example.", 0, "bogus proof=no-ds"},
    {"4.1 DNAME", "d.example. 1 IN NSEC f.example. DNAME NSEC\n" APEX, NAME, "x.d.example.", 0,
     "bogus proof=no-cover"},
    {"4.3 CNAME at the name", "c.example. 1 IN NSEC f.example. CNAME NSEC", TYPE, "c.example.",
     TYPE_A, "bogus proof=type-exists"},
    {"4.3 CNAME at the wildcard", "*.example. 1 IN NSEC f.example. CNAME NSEC", TYPE,
     "c.example.", TYPE_A, "bogus proof=type-exists"},
    {"4.4 DS denied by the parent", B, TYPE, "b.example.", TYPE_DS, "type"},
    {"4.4 by a child's apex that the parent's key happens to have signed",
     "b.example. 1 IN NSEC z.b.example. NS SOA NSEC", TYPE, "b.example.", TYPE_DS,
     "bogus proof=no-cover"},
    {"a wildcard delegation denies nothing but DS", "*.example. 1 IN NSEC f.example. NS NSEC",
     TYPE, "c.example.", TYPE_A, "bogus proof=no-cover"},
    /* the way down */
    {"no cut at a name with data", NS1, DS, "ns1.example.", 0, "cut"},
    {"no cut at an empty non-terminal", X_W, DS, "y.w.example.", 0, "cut"},
    {"no cut where nothing is, wildcard or not", XX, DS, "zz.example.", 0, "cut no-name"},
    {"no cut at a CNAME", "c.example. 1 IN NSEC f.example. CNAME NSEC", DS, "c.example.", 0,
     "cut"},
    {"the child's own record", "b.example. 1 IN NSEC z.b.example. NS SOA NSEC", DS,
     "b.example.", 0, "bogus proof=no-ds"},
    {"the zone's own apex, even without its SOA bit", "example. 1 IN NSEC a.example. NS NSEC",
     DS, "example.", 0, "bogus proof=no-ds"},
    {"no record", "", DS, "b.example.", 0, "bogus proof=no-ds"},
    /* RFC 9824 */
    {"compact: name without the type", "ns1.example. 1 IN NSEC \\000.ns1.example. A RRSIG NSEC",
     TYPE, "ns1.example.", TYPE_MX, "type"},
    {"compact: no such name", "nx.example. 1 IN NSEC \\000.nx.example. RRSIG NSEC NXNAME", TYPE,
     "nx.example.", TYPE_A, "type no-name"},
    {"compact: NXDOMAIN in the header",
     "nx.example. 1 IN NSEC \\000.nx.example. RRSIG NSEC NXNAME", NAME, "nx.example.", 0,
     "name no-name"},
    {"compact: an empty non-terminal is no NXDOMAIN",
     "ent.example. 1 IN NSEC \\000.ent.example. RRSIG NSEC", NAME, "ent.example.", 0,
     "bogus proof=no-cover"},
    {"compact: no cut", "nx.example. 1 IN NSEC \\000.nx.example. RRSIG NSEC NXNAME", DS,
     "nx.example.", 0, "cut no-name"},
    {"compact: NXNAME of another name",
     "ny.example. 1 IN NSEC \\000.ny.example. RRSIG NSEC NXNAME", TYPE, "nx.example.", TYPE_A,
     "bogus proof=no-cover"},
    /* made up */
    {"wildcard replay: something nearer than the wildcard is there",
     "b.w.example. 1 IN NSEC c.w.example. A NSEC", CLOSER, "a.b.w.example.", 2,
     "bogus proof=no-cover"},
    {"wildcard replay: for a name that is there", X_W, CLOSER, "x.w.example.", 2,
     "bogus proof=no-cover"},
    {"wildcard replay: labels above the zone", X_Y_W, CLOSER, "a.z.w.example.", 0,
     "bogus proof=no-cover"},
    {"labels of the name itself are no expansion", X_Y_W, CLOSER, "a.z.w.example.", 4,
     "bogus proof=no-cover"},
    {"a name outside the zone", APEX B, NAME, "ml.other.", 0, "bogus proof=none"},
    {"next name outside the zone", "z.example. 1 IN NSEC zz. A NSEC\n" APEX, NAME,
     "zzz.example.", 0, "bogus proof=no-cover"},
};

static struct proof ask(struct lab *lab, struct denial *denial, const struct proof_case *c)
{
    struct dname name = lab_name(lab, c->name);

    switch (c->asks) {
    case NAME: return denial_of_name(denial, name);
    case TYPE: return denial_of_type(denial, name, c->qtype);
    case CLOSER: return denial_of_closer(denial, name, (uint8_t)c->qtype);
    case DS: return denial_of_ds(denial, name);
    }
    UNREACHABLE();
}

static void expect(struct lab *lab, const struct proof_case *c)
{
    struct denial denial = lab_denial(lab, "example.", c->records);
    struct proof proof;

    print_message("%s\n", c->why);
    proof = ask(lab, &denial, c);
    assert_string_equal(lab_words(lab, &proof), c->words);
    if (proof.what == DENIED_NOTHING)
        assert_int_equal(proof.finding.ede,
                         denial.has_unfit || strstr(c->words, "no-wildcard") != NULL
                             ? EDE_DNSSEC_BOGUS
                             : EDE_NSEC_MISSING);
}

static void nsec_proves(void **state)
{
    for (size_t i = 0; i < COUNT(with_nsec); i++)
        expect(*state, &with_nsec[i]);
}

#define OPT_OUT_ANSWER APEX3 A3 /* the closest encloser of c.example, and its opt-out span */

static const struct proof_case with_nsec3[] = {
    /* RFC 5155 appendix B; its zone has opt-out set in every record */
    {"B.1 name error", APEX3 X_W3 A3, NAME, "a.c.x.w.example.", 0, "name opt-out"},
    {"B.1 nothing at the next closer name left out", X_W3 A3, NAME, "a.c.x.w.example.", 0,
     "bogus proof=no-cover"},
    {"B.1 closest encloser left out", APEX3 A3, NAME, "a.c.x.w.example.", 0,
     "bogus proof=no-cover"},
    {"B.1 wildcard left out", APEX3 X_W3, NAME, "a.c.x.w.example.", 0,
     "bogus proof=no-wildcard"},
    {"B.2 no data", NS1_3, TYPE, "ns1.example.", TYPE_MX, "type"},
    {"B.2 the type is there", NS1_3, TYPE, "ns1.example.", TYPE_A, "bogus proof=type-exists"},
    {"B.2.1 empty non-terminal", Y_W3, TYPE, "y.w.example.", TYPE_A, "type"},
    {"B.2.1 and it is no NXDOMAIN", Y_W3 W3 APEX3 A3, NAME, "y.w.example.", 0,
     "bogus proof=no-cover"},
    {"B.3 referral to an opt-out unsigned zone", OPT_OUT_ANSWER, DS, "c.example.", 0,
     "ds opt-out"},
    {"B.3 the zone below it", OPT_OUT_ANSWER, DS, "mc.c.example.", 0, "ds opt-out"},
    {"B.3 span left out", APEX3, DS, "c.example.", 0, "bogus proof=no-ds"},
    {"B.3 closest encloser left out", A3, DS, "c.example.", 0, "bogus proof=no-ds"},
    {"B.4 wildcard", NS2_3, CLOSER, "a.z.w.example.", 2, "closer opt-out"},
    {"B.4 left out", APEX3, CLOSER, "a.z.w.example.", 2, "bogus proof=no-cover"},
    {"B.4 replay: the wildcard of example, although w.example is there", NS2_3, CLOSER,
     "a.z.w.example.", 1, "bogus proof=no-cover"},
    {"B.5 wildcard no data", W3 NS2_3 STAR3, TYPE, "a.z.w.example.", TYPE_AAAA, "type opt-out"},
    {"B.5 the wildcard has the type", W3 NS2_3 STAR3, TYPE, "a.z.w.example.", TYPE_MX,
     "bogus proof=type-exists"},
    {"B.6 the child's apex does not deny its DS", APEX3, TYPE, "example.", TYPE_DS,
     "bogus proof=no-cover"},
    {"B.6 nor on the way down", APEX3, DS, "example.", 0, "bogus proof=no-ds"},
    /* sections 8.3 to 8.9 */
    {"8.6 DS no data under opt-out", OPT_OUT_ANSWER, TYPE, "c.example.", TYPE_DS,
     "type opt-out"},
    {"8.5 the parent's side of a cut denies DS only", A3, TYPE, "a.example.", TYPE_A,
     "bogus proof=no-cover"},
    {"a signed delegation has a DS", A3, DS, "a.example.", 0, "bogus proof=type-exists"},
    {"an unsigned one with a record of its own", N3(H_A, H_X_W, "NS"), DS, "a.example.", 0,
     "ds"},
    {"no cut at a name with data", NS1_3, DS, "ns1.example.", 0, "cut"},
    {"no cut at an empty non-terminal", Y_W3, DS, "y.w.example.", 0, "cut"},
    {"8.3 a delegation above the name may not deny it", A3 APEX3 XX3 NS2_3 STAR3 NS1_3, NAME,
     "x.a.example.", 0, "bogus proof=no-cover"},
    {"8.3 nor may a DNAME", N3(H_AI, H_Y_W, "DNAME") APEX3 XX3 NS2_3 NS1_3 W3, NAME,
     "x.ai.example.", 0, "bogus proof=no-cover"},
    {"of another zone",
     "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.a.example. 1 IN NSEC3 1 1 12 aabbccdd " H_NS1 " SOA\n",
     TYPE, "example.", TYPE_A, "bogus proof=none"},
    {"unknown hash: RFC 5155 section 8.1",
     H_NS1 ".example. 1 IN NSEC3 2 1 12 aabbccdd " H_X_Y_W " A\n", TYPE, "ns1.example.",
     TYPE_MX, "bogus proof=unknown-hash"},
    {"unknown flags are not looked at: section 8.2",
     H_NS1 ".example. 1 IN NSEC3 1 2 12 aabbccdd " H_X_Y_W " A\n", TYPE, "ns1.example.",
     TYPE_MX, "bogus proof=none"},
    {"the owner is no hash", "ns1.example. 1 IN NSEC3 1 1 12 aabbccdd " H_X_Y_W " A\n", TYPE,
     "ns1.example.", TYPE_MX, "bogus proof=none"},
    {"two records of an old chain before the new one",
     H_X_W ".example. 1 IN NSEC3 1 0 12 - " H_AI " A\n" H_AI
           ".example. 1 IN NSEC3 1 0 12 - " H_Y_W " A\n" NS1_3,
     TYPE, "ns1.example.", TYPE_MX, "type"},
    {"records of two chains do not make one proof",
     APEX3 X_W3 H_A ".example. 1 IN NSEC3 1 1 11 aabbccdd " H_X_W " NS\n", NAME,
     "a.c.x.w.example.", 0, "bogus proof=no-wildcard"},
    {"NSEC beside NSEC3, as while a zone changes", NS2 NS1_3, TYPE, "ns1.example.", TYPE_MX,
     "type"},
};

static void nsec3_proves(void **state)
{
    for (size_t i = 0; i < COUNT(with_nsec3); i++) {
        lab_new_budget(*state);
        expect(*state, &with_nsec3[i]);
    }
}

/* The encloser and the records of a proof, for TTLs and for what is kept of it. */
static void a_proof_names_its_records(void **state)
{
    struct lab *lab = *state;
    struct denial denial = lab_denial(lab, "example.", W3 NS2_3 STAR3);
    struct proof proof = denial_of_type(&denial, lab_name(lab, "a.z.w.example."), TYPE_AAAA);

    assert_true(dname_equal(proof.encloser, lab_name(lab, "w.example.")));
    assert_true(dname_equal(rrset_owner(proof.used[0]), lab_name(lab, H_W ".example.")));
    assert_true(dname_equal(rrset_owner(proof.used[1]), lab_name(lab, H_NS2 ".example.")));
    assert_true(dname_equal(rrset_owner(proof.used[2]), lab_name(lab, H_STAR ".example.")));
    assert_null(proof.used[3]);
    denial = lab_denial(lab, "example.", B APEX);
    proof = denial_of_name(&denial, lab_name(lab, "ml.example."));
    assert_true(dname_equal(rrset_owner(proof.used[0]), lab_name(lab, "b.example.")));
    assert_true(dname_equal(rrset_owner(proof.used[1]), lab_name(lab, "example.")));
    assert_null(proof.used[2]);
}

/* RFC 4035 section 5.3.4: an NSEC that a wildcard was expanded to says nothing of the names
 * beside the expanded one. */
static void expanded_records_prove_nothing(void **state)
{
    struct lab *lab = *state;
    struct denial denial = lab_denial(lab, "example.", "");
    struct proof proof;

    denial_add(&denial, lab_set(lab, B), true);
    denial_add(&denial, lab_set(lab, APEX), true);
    proof = denial_of_name(&denial, lab_name(lab, "ml.example."));
    assert_string_equal(lab_words(lab, &proof), "bogus proof=none");
}

/* The same of a set that was found secure earlier: its signature tells. */
static void signatures_tell_of_expansion(void **state)
{
    static const struct {
        const char *why, *record, *rrsig;
        bool expanded;
    } cases[] = {
        {"over the name itself", B, "b.example. 1 IN RRSIG NSEC 13 2", false},
        {"over *.example", B, "b.example. 1 IN RRSIG NSEC 13 1", true},
        {"the wildcard itself", STAR, "*.w.example. 1 IN RRSIG NSEC 13 2", false},
        {"over *.example, as *.w.example", STAR, "*.w.example. 1 IN RRSIG NSEC 13 1", true},
    };
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct rrset *plain = lab_set(lab, cases[i].record);
        const struct rrset *rrsig = lab_set(
            lab, arena_printf(lab->arena, "%s 1 20300101000000 20200101000000 1 example. AAAA",
                              cases[i].rrsig));
        struct slice rdata[2] = {rrset_rdata(plain, 0), rrset_rdata(rrsig, 0)};
        struct rrset_parts parts = {.owner = rrset_owner(plain),
                                    .type = TYPE_NSEC,
                                    .rrclass = CLASS_IN,
                                    .rdata = rdata,
                                    .rr_count = 1,
                                    .rrsig_count = 1};
        struct denial denial = lab_denial(lab, "example.", "");

        print_message("%s\n", cases[i].why);
        denial_add(&denial, rrset_in(lab->arena, &parts), false);
        assert_int_equal(denial.nsec_count, !cases[i].expanded);
    }
}

static void unsigned_records_are_named(void **state)
{
    struct lab *lab = *state;
    struct denial denial = lab_denial(lab, "example.", B);
    struct proof proof;

    denial_add_unsigned(&denial);
    proof = denial_of_name(&denial, lab_name(lab, "ml.example."));
    assert_string_equal(lab_words(lab, &proof), "bogus proof=unsigned");
    assert_int_equal(proof.finding.ede, EDE_RRSIGS_MISSING);
    proof = denial_of_ds(&denial, lab_name(lab, "b.example."));
    assert_string_equal(lab_words(lab, &proof), "ds");
}

static const struct {
    const char *why, *record, *words;
    uint16_t count; /* of n= */
} too_many[] = {
    {"51 iterations", H_NS1 ".example. 1 IN NSEC3 1 0 51 - " H_X_Y_W " A\n",
     "anything nsec3=iterations", 51},
    {"65535 iterations", H_NS1 ".example. 1 IN NSEC3 1 0 65535 - " H_X_Y_W " A\n",
     "anything nsec3=iterations", 65535},
    {"33 octets of salt",
     H_NS1 ".example. 1 IN NSEC3 1 0 0 "
           "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 " H_X_Y_W " A\n",
     "anything nsec3=iterations", 0},
    {"51, in another zone", H_NS1 ".a.example. 1 IN NSEC3 1 0 51 - " H_X_Y_W " A\n",
     "bogus proof=none", 0},
};

/* RFC 9276 section 3.2: insecure, and not one block is hashed. */
static void many_iterations_are_insecure_and_free(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(too_many); i++) {
        struct denial denial = lab_denial(lab, "example.", too_many[i].record);
        struct proof proof;

        print_message("%s\n", too_many[i].why);
        lab_new_budget(lab);
        denial.hash.budget = lab->budget;
        proof = denial_of_type(&denial, lab_name(lab, "ns1.example."), TYPE_MX);
        assert_string_equal(lab_words(lab, &proof), too_many[i].words);
        assert_int_equal(lab_blocks_used(lab), 0);
        if (proof.what != DENIED_ANYTHING)
            continue;
        assert_int_equal(proof.security, SEC_INSECURE);
        assert_int_equal(proof.finding.ede, EDE_UNSUPPORTED_NSEC3_ITERATIONS);
        assert_int_equal(proof.finding.type, TYPE_NSEC3PARAM);
        assert_int_equal(proof.finding.has_count, too_many[i].count != 0);
        if (proof.finding.has_count) {
            assert_int_equal(proof.finding.count, too_many[i].count);
            assert_int_equal(proof.finding.of, 50);
        }
    }
}

/* The first eight are looked at; what was sent beyond them changes nothing. */
static void records_looked_at_are_bounded(void **state)
{
    struct lab *lab = *state;
    struct denial denial = lab_denial(lab, "example.", "");
    struct proof proof;

    for (unsigned i = 0; i < 200; i++) {
        denial_add(&denial,
                   lab_set(lab, arena_printf(lab->arena,
                                             "n%03u.example. 1 IN NSEC n%03u.example. A NSEC",
                                             i, i + 1)),
                   false);
        denial_add(&denial,
                   lab_set(lab, arena_printf(lab->arena,
                                             "%032u.example. 1 IN NSEC3 1 0 0 %02x " H_NS1 " A",
                                             i, i)),
                   false);
    }
    assert_int_equal(denial.nsec_count, DENIAL_RECORDS_MAX);
    assert_int_equal(denial.nsec3_count, DENIAL_RECORDS_MAX);
    lab_new_budget(lab);
    denial.hash.budget = lab->budget;
    proof = denial_of_name(&denial, lab_name(lab, "a.b.c.example."));
    assert_string_equal(lab_words(lab, &proof), "bogus proof=no-cover");
    /* two chains of a block or two a name: apex, c, b.c, a.b.c and the asked name again */
    assert_true(lab_blocks_used(lab) <= 2 * 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nsec_proves),
        cmocka_unit_test(nsec3_proves),
        cmocka_unit_test(a_proof_names_its_records),
        cmocka_unit_test(expanded_records_prove_nothing),
        cmocka_unit_test(signatures_tell_of_expansion),
        cmocka_unit_test(unsigned_records_are_named),
        cmocka_unit_test(many_iterations_are_insecure_and_free),
        cmocka_unit_test(records_looked_at_are_bounded),
    };

    return cmocka_run_group_tests_name("denial", tests, lab_set_up, lab_tear_down);
}
