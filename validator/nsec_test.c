/*
 * nsec_test.c - one NSEC against one name, and type bitmaps that are whole, broken and lying.
 */
#include "validator/nsec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "validator/denial_for_tests.h"

static void bitmaps_are_checked(void **state)
{
    static const struct {
        const char *why;
        struct slice bitmap;
        bool good, has_a, has_caa; /* types 1 and 257 */
    } cases[] = {
        {"empty: an empty non-terminal of NSEC3", {(const uint8_t *)"", 0}, true, false, false},
        {"A alone", {(const uint8_t *)"\0\1\x40", 3}, true, true, false},
        {"A and CAA", {(const uint8_t *)"\0\1\x40\1\1\x40", 6}, true, true, true},
        {"windows out of order", {(const uint8_t *)"\1\1\x40\0\1\x40", 6}, false, false, true},
        {"a window twice", {(const uint8_t *)"\0\1\x20\0\1\x40", 6}, false, false, false},
        {"a window without octets", {(const uint8_t *)"\0\0\1\1\x40", 5}, false, false, false},
        {"33 octets in a window",
         {(const uint8_t *)"\0\x21"
                           "\x40"
                           "0123456789abcdef0123456789abcdef",
          35},
         false,
         false,
         false},
        {"cut within a window", {(const uint8_t *)"\0\2\x40", 3}, false, false, false},
        {"a window number and nothing else",
         {(const uint8_t *)"\0\1\x40\1", 4},
         false,
         true,
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].why);
        assert_int_equal(bitmap_check(cases[i].bitmap), cases[i].good);
        assert_int_equal(bitmap_has(cases[i].bitmap, TYPE_A), cases[i].has_a);
        assert_int_equal(bitmap_has(cases[i].bitmap, TYPE_CAA), cases[i].has_caa);
    }
}

static void records_that_cannot_serve_are_left_aside(void **state)
{
    static const struct {
        const char *why, *zone, *record;
        bool good;
    } cases[] = {
        {"as it should be", "example.", A, true},
        {"the last one of the zone", "example.", XX, true},
        {"alone in its zone", "example.", "example. 1 IN NSEC example. SOA NS NSEC", true},
        {"owner outside the zone", "w.example.", "v.example. 1 IN NSEC x.w.example. A NSEC",
         false},
        {"next name outside the zone: the span would swallow the neighbours", "b.example.",
         "x.b.example. 1 IN NSEC example. A NSEC", false},
        {"next name in a zone beside it", "b.example.",
         "b.example. 1 IN NSEC c.example. SOA NSEC", false},
        {"next name above, in the root", "example.", "z.example. 1 IN NSEC . A NSEC", false},
        {"turns back, but not to the apex (RFC 4034 section 4.1.1)", "example.",
         "z.example. 1 IN NSEC a.example. A NSEC", false},
        {"next name is its owner, which is not the apex", "example.",
         "z.example. 1 IN NSEC z.example. A NSEC", false},
        {"another type", "example.", "a.example. 1 IN A 192.0.2.1", false},
    };
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nsec nsec;

        print_message("%s\n", cases[i].why);
        assert_int_equal(
            nsec_read(lab_set(lab, cases[i].record), lab_name(lab, cases[i].zone), &nsec),
            cases[i].good);
    }
}

/* Two NSEC records of one owner leave open which one is meant. */
static void an_rrset_has_one_nsec(void **state)
{
    struct lab *lab = *state;
    const struct rrset *one = lab_set(lab, NS1);
    struct slice rdata[2] = {rrset_rdata(one, 0), rrset_rdata(lab_set(lab, NS2), 0)};
    struct rrset_parts parts = {.owner = rrset_owner(one),
                                .type = TYPE_NSEC,
                                .rrclass = CLASS_IN,
                                .rdata = rdata,
                                .rr_count = 2};
    struct nsec nsec;

    assert_false(nsec_read(rrset_in(lab->arena, &parts), lab_name(lab, "example."), &nsec));
}

enum relation { APART, MATCHES, COVERS, SHOWS_EMPTY };

static const struct {
    const char *why, *record, *name;
    enum relation relation;
    const char *encloser;
} relations[] = {
    {"RFC 4035 B.2: between owner and next", B, "ml.example.", COVERS, "example."},
    {"letter case does not matter (RFC 4034 section 6.1)", B, "ML.EXAMPLE.", COVERS,
     "example."},
    {"before the owner", B, "ai.example.", APART, NULL},
    {"the owner", NS1, "ns1.example.", MATCHES, NULL},
    {"the next name is there", B, "ns1.example.", APART, NULL},
    {"below the owner, before the next", NS1, "a.ns1.example.", COVERS, "ns1.example."},
    {"the last span reaches to the end of the zone", XX, "zz.example.", COVERS, "example."},
    {"but not to the apex itself", XX, "example.", APART, NULL},
    {"nor to another zone behind it", XX, "zz.other.", APART, NULL},
    {"the last span has no end before the apex", XX, "a.xx.example.", COVERS, "xx.example."},
    {"the first span", APEX, "\\000.example.", COVERS, "example."},
    {"a name below a delegation: RFC 6840 section 4.1", B, "mc.b.example.", APART, NULL},
    {"deep below a delegation", B, "x.y.mc.b.example.", APART, NULL},
    {"below a DNAME: RFC 6840 section 4.1", "d.example. 1 IN NSEC f.example. DNAME NSEC",
     "x.d.example.", APART, NULL},
    {"beside a DNAME", "d.example. 1 IN NSEC f.example. DNAME NSEC", "e.example.", COVERS,
     "example."},
    {"the apex has NS and SOA: it speaks for what is below", APEX, "0.example.", COVERS,
     "example."},
    {"an empty non-terminal lies in the span and is there (RFC 4592 section 2.2.2)", X_W,
     "y.w.example.", SHOWS_EMPTY, NULL},
    {"w.example is one by its wildcard", NS2, "w.example.", SHOWS_EMPTY, NULL},
    {"two levels of it", "a.example. 1 IN NSEC b.c.d.example. A NSEC", "d.example.",
     SHOWS_EMPTY, NULL},
    {"before such a one nothing is", "a.example. 1 IN NSEC b.c.d.example. A NSEC",
     "b.d.example.", COVERS, "d.example."},
    {"a delegation's own record shows no empty name below it",
     "b.example. 1 IN NSEC x.y.b.example. NS NSEC", "y.b.example.", APART, NULL},
    {"the wildcard's place", APEX, "*.example.", COVERS, "example."},
    {"minimal spans (RFC 4470)", "m\\255.example. 1 IN NSEC n\\000.example. RRSIG NSEC",
     "n.example.", COVERS, "example."},
};

static void a_span_says_where_a_name_is(void **state)
{
    struct lab *lab = *state;
    struct dname zone = lab_name(lab, "example.");

    for (size_t i = 0; i < COUNT(relations); i++) {
        struct dname name = lab_name(lab, relations[i].name);
        enum relation relation = relations[i].relation;
        struct nsec nsec;

        print_message("%s\n", relations[i].why);
        assert_true(nsec_read(lab_set(lab, relations[i].record), zone, &nsec));
        assert_int_equal(nsec_matches(&nsec, name), relation == MATCHES);
        assert_int_equal(nsec_covers(&nsec, name, zone), relation == COVERS);
        assert_int_equal(nsec_shows_empty(&nsec, name), relation == SHOWS_EMPTY);
        if (relation == COVERS)
            assert_true(
                dname_equal(nsec_encloser(&nsec, name), lab_name(lab, relations[i].encloser)));
    }
}

static const struct {
    const char *why, *types;
    const char *name;
    uint16_t qtype;
    enum bitmap_word word;
} judgements[] = {
    {"not there", "A RRSIG NSEC", "x.example.", TYPE_MX, BITMAP_DENIES},
    {"there", "A RRSIG NSEC", "x.example.", TYPE_A, BITMAP_HAS_TYPE},
    {"a CNAME would have been the answer: RFC 6840 section 4.3", "CNAME RRSIG NSEC",
     "x.example.", TYPE_A, BITMAP_HAS_TYPE},
    {"parent's side of a cut says nothing of A: RFC 6840 section 4.1", "NS RRSIG NSEC",
     "x.example.", TYPE_A, BITMAP_OTHER_ZONE},
    {"but of DS", "NS RRSIG NSEC", "x.example.", TYPE_DS, BITMAP_DENIES},
    {"DS is there", "NS DS RRSIG NSEC", "x.example.", TYPE_DS, BITMAP_HAS_TYPE},
    {"child's apex cannot deny DS: RFC 4035 section 5.2, 6840 section 4.4",
     "NS SOA RRSIG NSEC DNSKEY", "x.example.", TYPE_DS, BITMAP_OTHER_ZONE},
    {"nor without its SOA bit, when it is the signer", "RRSIG NSEC", "example.", TYPE_DS,
     BITMAP_OTHER_ZONE},
    {"apex, another type", "NS SOA RRSIG NSEC DNSKEY", "example.", TYPE_A, BITMAP_DENIES},
    {"a DNAME at the name itself denies other types there", "DNAME RRSIG NSEC", "x.example.",
     TYPE_A, BITMAP_DENIES},
    {"NXNAME: the name is not there (RFC 9824)", "RRSIG NSEC NXNAME", "x.example.", TYPE_A,
     BITMAP_NO_NAME},
    {"no data for ANY only where nothing is", "A RRSIG NSEC", "x.example.", TYPE_ANY,
     BITMAP_HAS_TYPE},
    {"compact denial of a name asked for ANY", "RRSIG NSEC NXNAME", "x.example.", TYPE_ANY,
     BITMAP_NO_NAME},
};

static void a_bitmap_says_what_it_may(void **state)
{
    struct lab *lab = *state;
    struct dname zone = lab_name(lab, "example.");

    for (size_t i = 0; i < COUNT(judgements); i++) {
        struct nsec nsec;

        print_message("%s\n", judgements[i].why);
        assert_true(
            nsec_read(lab_set(lab, arena_printf(lab->arena, "%s 1 IN NSEC zz.example. %s",
                                                judgements[i].name, judgements[i].types)),
                      zone, &nsec));
        assert_int_equal(bitmap_judge(nsec.bitmap, judgements[i].qtype, nsec.owner, zone),
                         judgements[i].word);
    }
}

/* The root has no parent: its own apex denies its DS. */
static void the_root_denies_its_own_ds(void **state)
{
    struct lab *lab = *state;
    struct nsec nsec;

    assert_true(nsec_read(lab_set(lab, ". 1 IN NSEC aaa. NS SOA RRSIG NSEC DNSKEY"), dname_root,
                          &nsec));
    assert_int_equal(bitmap_judge(nsec.bitmap, TYPE_DS, nsec.owner, dname_root), BITMAP_DENIES);
    assert_true(nsec_covers(&nsec, lab_name(lab, "a."), dname_root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitmaps_are_checked),
        cmocka_unit_test(records_that_cannot_serve_are_left_aside),
        cmocka_unit_test(an_rrset_has_one_nsec),
        cmocka_unit_test(a_span_says_where_a_name_is),
        cmocka_unit_test(a_bitmap_says_what_it_may),
        cmocka_unit_test(the_root_denies_its_own_ds),
    };

    return cmocka_run_group_tests_name("nsec", tests, lab_set_up, lab_tear_down);
}
