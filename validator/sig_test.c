/*
 * sig_test.c - signatures of others that are good, and each way in which one can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "util/text.h"
#include "util/wire/rdata.h"
#include "validator/signed_for_tests.h"
#include "validator/vectors_for_tests.h"

struct lab {
    struct arena *arena;
    struct check_for_tests test;
    struct signer ksk, zsk, other; /* of example.org; the third one's key is not published */
    struct zone_keys *keys;
};

static int set_up(void **state)
{
    struct crypto_policy policy = {.sha1 = true};
    struct lab *lab = calloc(1, sizeof(*lab));
    const struct signer *published[2];

    lab->arena = arena_new(0);
    check_init(&lab->test, lab->arena, &policy);
    signer_init(&lab->ksk, lab->arena, "example.org.", 1, DNSKEY_ZONE | DNSKEY_SEP);
    signer_init(&lab->zsk, lab->arena, "example.org.", 2, DNSKEY_ZONE);
    signer_init(&lab->other, lab->arena, "example.org.", 3, DNSKEY_ZONE);
    published[0] = &lab->ksk;
    published[1] = &lab->zsk;
    lab->keys = zone_keys_new(dnskeys_of(lab->arena, published, 2));
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    zone_keys_unref(lab->keys);
    signer_clear(&lab->ksk);
    signer_clear(&lab->zsk);
    signer_clear(&lab->other);
    check_clear(&lab->test);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

static const char *text_of(struct lab *lab, const struct sig_verdict *verdict)
{
    return finding_is_none(&verdict->finding)
               ? "none"
               : finding_text(&verdict->finding, NULL, lab->arena);
}

/* ---- others' signatures ---- */

/* The set with one bit of its signature, or of its first record, turned. */
static struct rrset *spoiled(struct lab *lab, const struct rrset *set, bool the_record)
{
    struct slice rrsig = arena_copy(lab->arena, rrset_rrsig(set, 0));
    struct rrset *copy = with_rrsigs(lab->arena, set, &rrsig, 1);
    struct slice at = the_record ? rrset_rdata(copy, 0) : rrset_rrsig(copy, 0);

    /* The last octet: never a label's length, as it might be further in front. */
    ((uint8_t *)(uintptr_t)at.data)[at.size - 1] ^= the_record ? 0x40 : 1;
    return copy;
}

static void check_vector(struct lab *lab, const struct vector *vector)
{
    struct rrset *set = set_of_text(lab->arena, vector->set);
    struct zone_keys *keys = zone_keys_new(set_of_text(lab->arena, vector->key));
    struct sig_verdict verdict;

    assert_int_equal(text_read_time(vector->now, &lab->test.check.wall_s), STATUS_OK);
    verdict = sig_verify(&lab->test.check, set, keys, NULL);
    if (verdict.security != SEC_SECURE)
        fail_msg("%s: %s", vector->why, text_of(lab, &verdict));
    assert_int_equal(verdict.good.is_expanded, vector->closest >= 0);
    if (vector->closest >= 0)
        assert_int_equal(verdict.good.closest_labels, vector->closest);
    /* One of P-384 or Ed448 counts as three. */
    assert_int_equal(check_used(&lab->test, COST_SIGNATURES),
                     verdict.good.algorithm == ALGORITHM_ECDSAP384SHA384 ||
                             verdict.good.algorithm == ALGORITHM_ED448
                         ? 3
                         : 1);
    assert_int_equal(check_used(&lab->test, COST_FAILED_SIGNATURES), 0);
    for (int record = 0; record < 2; record++) {
        verdict = sig_verify(&lab->test.check, spoiled(lab, set, record != 0), keys, NULL);
        if (verdict.security != SEC_BOGUS || strcmp(verdict.finding.cause, "sig=invalid") != 0)
            fail_msg("%s, spoiled: %s", vector->why, text_of(lab, &verdict));
    }
    assert_int_equal(check_used(&lab->test, COST_FAILED_SIGNATURES), 2);
    zone_keys_unref(keys);
}

static void signatures_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        void *lab;

        set_up(&lab);
        check_vector(lab, &vectors[i]);
        tear_down(&lab);
    }
}

/* ---- findings ---- */

enum { KSK, ZSK, OTHER, NOBODY };

#define SET "www.example.org. 300 IN A 192.0.2.1\n"
#define END .end_s = TEST_NOW_S - 100000

/* The signature's lifetime, where not said otherwise, is 5,000,000 s: a skew of 86,400 s is
 * allowed. */
static const struct {
    const char *why, *set;
    int by;
    struct how_signed how;
    const char *want; /* "secure", or the finding */
    uint16_t ede;
} findings[] = {
    {"as it should be", SET, ZSK, {0}, "secure", 0},
    {"the key-signing key may sign data too", SET, KSK, {0}, "secure", 0},
    {"no signature", SET, NOBODY, {0}, "sig=missing for www.example.org/A", 10},
    {"octets that are none",
     SET,
     ZSK,
     {.broken = true},
     "sig=invalid for www.example.org/A key=40118/15",
     6},
    {"expired",
     SET,
     ZSK,
     {END},
     "sig=expired for www.example.org/A key=40118/15 end=2026-10-13T14:00Z",
     7},
    {"not yet valid",
     SET,
     ZSK,
     {.begin_s = TEST_NOW_S + 100000},
     "sig=future for www.example.org/A key=40118/15 begin=2026-10-15T21:33Z",
     8},
    {"expired before it began",
     SET,
     ZSK,
     {.begin_s = TEST_NOW_S, .end_s = TEST_NOW_S - 1},
     "sig=expired-before-valid for www.example.org/A key=40118/15 end=2026-10-14T17:46Z "
     "begin=2026-10-14T17:46Z",
     25},
    {"a key that is not published",
     SET,
     OTHER,
     {0},
     "sig=no-key for www.example.org/A key=8432/15",
     6},
    {"the tag of another key",
     SET,
     ZSK,
     {.tag = 4711},
     "sig=no-key for www.example.org/A key=4711/15",
     6},
    {"an algorithm that the key does not have",
     SET,
     ZSK,
     {.algorithm = ALGORITHM_ED448},
     "sig=no-key for www.example.org/A key=40118/16",
     6},
    {"an algorithm that nobody knows",
     SET,
     ZSK,
     {.algorithm = 100},
     "sig=unsupported for www.example.org/A key=40118/100",
     6},
    {"RFC 4035 section 5.3.1: signed in the name of the parent",
     SET,
     ZSK,
     {.signer = "org."},
     "sig=foreign-signer for www.example.org/A key=40118/15",
     6},
    {"signed in the name of a child",
     SET,
     ZSK,
     {.signer = "www.example.org."},
     "sig=foreign-signer for www.example.org/A key=40118/15",
     6},
    {"covers another type",
     SET,
     ZSK,
     {.covered = TYPE_AAAA},
     "sig=foreign-signer for www.example.org/A key=40118/15",
     6},
    {"a name outside of the zone",
     "www.example.net. 300 IN A 192.0.2.1\n",
     ZSK,
     {0},
     "sig=foreign-signer for www.example.net/A key=40118/15",
     6},
    {"more labels than the name has",
     SET,
     ZSK,
     {.labels = 4},
     "sig=bad-labels for www.example.org/A key=40118/15",
     6},
    {"fewer labels than the zone: a wildcard of the parent",
     SET,
     ZSK,
     {.labels = 1},
     "sig=bad-labels for www.example.org/A key=40118/15",
     6},
    {"no labels at all",
     SET,
     ZSK,
     {.zero_labels = true},
     "sig=bad-labels for www.example.org/A key=40118/15",
     6},
    {"fewer labels than were signed",
     SET,
     ZSK,
     {.labels = 2},
     "sig=invalid for www.example.org/A key=40118/15",
     6},
    {"RFC 4034 section 3.1.3: the star is no label",
     "*.example.org. 300 IN A 192.0.2.1\n",
     ZSK,
     {.labels = 3},
     "sig=bad-labels for *.example.org/A key=40118/15",
     6},
    {"RFC 4035 section 2.4: the child signs its own DS",
     "example.org. 300 IN DS 1 8 2 aa\n",
     KSK,
     {0},
     "sig=foreign-signer for example.org/DS key=60795/15",
     6},
    {"DNSKEY of a name that is no zone",
     "www.example.org. 300 IN DNSKEY 256 3 15 aaaa\n",
     ZSK,
     {0},
     "sig=foreign-signer for www.example.org/DNSKEY key=40118/15",
     6},
};

static const struct signer *signer_by(struct lab *lab, int by)
{
    return by == KSK ? &lab->ksk : by == ZSK ? &lab->zsk : &lab->other;
}

static void each_finding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(findings); i++) {
        void *fresh;
        struct lab *lab;
        struct rrset *set;
        struct sig_verdict verdict;
        struct slice rrsig;

        set_up(&fresh);
        lab = fresh;
        set = set_of_text(lab->arena, findings[i].set);
        if (findings[i].by != NOBODY) {
            rrsig = sign(signer_by(lab, findings[i].by), lab->arena, set, &findings[i].how);
            set = with_rrsigs(lab->arena, set, &rrsig, 1);
        }
        verdict = sig_verify(&lab->test.check, set, lab->keys, NULL);
        if (verdict.security == SEC_SECURE) {
            assert_true(finding_is_none(&verdict.finding));
            assert_string_equal(findings[i].want, "secure");
        } else if (verdict.security != SEC_BOGUS || verdict.finding.ede != findings[i].ede ||
                   strcmp(findings[i].want, text_of(lab, &verdict)) != 0)
            fail_msg("%s: %u %s", findings[i].why, verdict.finding.ede, text_of(lab, &verdict));
        tear_down(&fresh);
    }
}

/* ---- keys that do not count ---- */

static const struct {
    const char *why;
    uint16_t flags;
    uint8_t protocol;
    bool old_tag; /* the signature was made before the key was spoiled */
    const char *want;
    uint16_t ede;
} spoiled_keys[] = {
    {"zone bit clear", DNSKEY_SEP, 3, false, "key=no-zone-bit", 11},
    {"zone bit cleared after signing", DNSKEY_SEP, 3, true, "key=no-zone-bit", 11},
    {"RFC 5011 section 2.1: revoked", DNSKEY_ZONE | DNSKEY_REVOKE, 3, false, "key=revoked", 9},
    {"revoked after signing", DNSKEY_ZONE | DNSKEY_REVOKE, 3, true, "key=revoked", 9},
    {"RFC 4034 section 2.1.2: protocol 2", DNSKEY_ZONE, 2, false, "key=bad-proto", 9},
    {"protocol 2 after signing", DNSKEY_ZONE, 2, true, "key=bad-proto", 9},
    {"a flag without meaning is no flaw", DNSKEY_ZONE | 0x0400, 3, false, NULL, 0},
};

static void keys_that_do_not_count(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(spoiled_keys); i++) {
        struct signer signer;
        const struct signer *signers = &signer;
        struct how_signed how = {0};
        struct rrset *set = set_of_text(lab->arena, SET);
        struct zone_keys *keys;
        struct sig_verdict verdict;
        struct slice rrsig;

        signer_init(&signer, lab->arena, "example.org.", 9,
                    DNSKEY_ZONE | (spoiled_keys[i].flags & DNSKEY_SEP));
        how.tag = signer.tag;
        bytes_put_u16(signer.rdata, spoiled_keys[i].flags);
        signer.rdata[2] = spoiled_keys[i].protocol;
        if (!spoiled_keys[i].old_tag)
            how.tag = dnskey_tag(slice_of(signer.rdata, sizeof(signer.rdata)));
        keys = zone_keys_new(dnskeys_of(lab->arena, &signers, 1));
        rrsig = sign(&signer, lab->arena, set, &how);
        set = with_rrsigs(lab->arena, set, &rrsig, 1);
        verdict = sig_verify(&lab->test.check, set, keys, NULL);
        if (spoiled_keys[i].want == NULL)
            assert_int_equal(verdict.security, SEC_SECURE);
        else if (verdict.security != SEC_BOGUS || verdict.finding.ede != spoiled_keys[i].ede ||
                 strcmp(verdict.finding.cause, spoiled_keys[i].want) != 0)
            fail_msg("%s: %s", spoiled_keys[i].why, text_of(lab, &verdict));
        zone_keys_unref(keys);
        signer_clear(&signer);
    }
    assert_int_equal(check_used(&lab->test, COST_FAILED_SIGNATURES), 0);
}

/* RFC 5011 section 2.1: only who signs with a key may revoke it. */
static void a_key_that_revokes_itself(void **state)
{
    struct lab *lab = *state;
    const struct signer *published[2] = {&lab->zsk, &lab->ksk};
    struct zone_keys *keys;
    struct rrset *set;
    struct slice rrsig;

    bytes_put_u16(lab->ksk.rdata, DNSKEY_ZONE | DNSKEY_SEP | DNSKEY_REVOKE);
    lab->ksk.tag = dnskey_tag(slice_of(lab->ksk.rdata, sizeof(lab->ksk.rdata)));
    set = dnskeys_of(lab->arena, published, 2);
    rrsig = sign(&lab->ksk, lab->arena, set, NULL);
    keys = zone_keys_new(with_rrsigs(lab->arena, set, &rrsig, 1));
    assert_int_equal(sig_verify_self(&lab->test.check, keys, 1).security, SEC_SECURE);
    assert_int_equal(sig_verify_self(&lab->test.check, keys, 0).security, SEC_BOGUS);
    assert_int_equal(sig_verify(&lab->test.check, zone_keys_rrset(keys), keys, NULL).security,
                     SEC_BOGUS);
    zone_keys_unref(keys);
}

/* ---- times ---- */

/* Skew between 60 and 600 s; lifetimes of 300 s, 3,000 s and 30,000 s give 60, 300 and 600. */
static const struct {
    const char *why;
    int64_t begin, end, now;
    const char *want;
    uint32_t ttl_max;
} times[] = {
    {"in the middle", 0, 3000, 1500, "secure", 300},
    {"little time left: RFC 4035 section 5.3.3", 0, 3000, 2900, "secure", 100},
    {"the last second", 0, 3000, 3000, "secure", 300},
    {"a tenth of the lifetime after", 0, 3000, 3300, "secure", 0},
    {"later than that", 0, 3000, 3301, "sig=expired", 0},
    {"a tenth before", 0, 3000, -300, "secure", 300},
    {"earlier than that", 0, 3000, -301, "sig=future", 0},
    {"val-sig-skew-min", 0, 300, 360, "secure", 0},
    {"beyond val-sig-skew-min", 0, 300, 361, "sig=expired", 0},
    {"val-sig-skew-max", 0, 30000, 30600, "secure", 0},
    {"beyond val-sig-skew-max", 0, 30000, 30601, "sig=expired", 0},
    {"within the skew: what is left of it", 0, 30000, 30500, "secure", 100},
};

static void times_and_skew(void **state)
{
    struct lab *lab = *state;
    const uint32_t bases[] = {1000000000u, UINT32_MAX - 1500u, UINT32_MAX - 100u};

    lab->test.clock.skew_min_s = 60;
    lab->test.clock.skew_max_s = 600;
    for (size_t i = 0; i < COUNT(times) * COUNT(bases); i++) {
        /* RFC 4034 section 3.1.5: over the year 2106 as before it. */
        int64_t base = bases[i / COUNT(times)];
        size_t n = i % COUNT(times);
        struct how_signed how = {.begin_s = (uint32_t)(base + times[n].begin),
                                 .end_s = (uint32_t)(base + times[n].end)};
        struct rrset *set = set_of_text(lab->arena, SET);
        struct slice rrsig = sign(&lab->zsk, lab->arena, set, &how);
        struct sig_verdict verdict;
        const char *got;

        set = with_rrsigs(lab->arena, set, &rrsig, 1);
        lab->test.check.wall_s = base + times[n].now;
        verdict = sig_verify(&lab->test.check, set, lab->keys, NULL);
        got = verdict.security == SEC_SECURE ? "secure" : verdict.finding.cause;
        if (strcmp(got, times[n].want) != 0 ||
            (verdict.security == SEC_SECURE && verdict.good.ttl_max_s != times[n].ttl_max))
            fail_msg("%s: %s, at most %u", times[n].why, got, verdict.good.ttl_max_s);
        if (verdict.security == SEC_SECURE)
            assert_true(verdict.good.end_s == base + times[n].end);
    }
}

static void the_same_once_more(void **state)
{
    struct lab *lab = *state;
    struct rrset *set = set_of_text(lab->arena, SET);
    struct how_signed later = {.end_s = TEST_END_S + 1}, short_one = {.end_s = TEST_NOW_S + 100};
    struct slice one = sign(&lab->zsk, lab->arena, set, NULL);
    struct slice two = sign(&lab->zsk, lab->arena, set, &later);
    struct slice soon = sign(&lab->zsk, lab->arena, set, &short_one);
    const struct {
        const char *why;
        struct slice known[2], fresh[2];
        size_t known_count, fresh_count;
        bool same;
        uint32_t ttl_max_s;
    } cases[] = {
        {"the same", {one}, {one}, 1, 1, true, set->ttl_s},
        {"another one", {one}, {two}, 1, 1, false, 0},
        {"one more", {one}, {one, two}, 1, 2, false, 0},
        {"one less", {one, two}, {one}, 2, 1, false, 0},
        {"in another order", {one, two}, {two, one}, 2, 2, true, set->ttl_s},
        {"none", {one}, {one}, 0, 0, false, 0},
        {"the one that ends first counts", {one, soon}, {one, soon}, 2, 2, true, 100},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rrset *known =
            with_rrsigs(lab->arena, set, cases[i].known, cases[i].known_count);
        struct rrset *fresh =
            with_rrsigs(lab->arena, set, cases[i].fresh, cases[i].fresh_count);
        struct sig_good good;

        if (sig_is_unchanged(&lab->test.check, fresh, known, &good) != cases[i].same ||
            (cases[i].same && (good.ttl_max_s != cases[i].ttl_max_s ||
                               good.original_ttl_s != set->ttl_s)))
            fail_msg("%s: at most %u", cases[i].why, good.ttl_max_s);
        lab->test.check.wall_s = TEST_END_S + 90000;
        assert_false(sig_is_unchanged(&lab->test.check, fresh, known, &good));
        lab->test.check.wall_s = TEST_NOW_S;
    }
}

static void dates_for_tests(void **state)
{
    struct lab *lab = *state;
    struct rrset *set = set_of_text(lab->arena, SET);
    struct how_signed how = {.begin_s = 1000, .end_s = 2000};
    struct slice rrsig = sign(&lab->zsk, lab->arena, set, &how);
    struct sig_clock *clock = &lab->test.clock;
    struct sig_verdict verdict;

    set = with_rrsigs(lab->arena, set, &rrsig, 1);
    assert_int_equal(sig_clock_read(clock, "0"), STATUS_OK);
    verdict = sig_verify(&lab->test.check, set, lab->keys, NULL);
    assert_string_equal(verdict.finding.cause, "sig=expired");
    assert_int_equal(sig_clock_read(clock, "19700101002500"), STATUS_OK);
    assert_int_equal(clock->override_s, 1500);
    verdict = sig_verify(&lab->test.check, set, lab->keys, NULL);
    assert_int_equal(verdict.security, SEC_SECURE);
    assert_int_equal(sig_clock_read(clock, "1990"), STATUS_OK);
    verdict = sig_verify(&lab->test.check, set, lab->keys, NULL);
    assert_int_equal(verdict.good.ttl_max_s, 10);
    assert_int_equal(sig_clock_read(clock, "-1"), STATUS_OK);
    verdict = sig_verify(&lab->test.check, set, lab->keys, NULL);
    assert_int_equal(verdict.security, SEC_SECURE);
    assert_int_equal(verdict.good.ttl_max_s, 300);
    assert_int_equal(sig_clock_read(clock, "yesterday"), STATUS_MALFORMED);
    assert_int_equal(sig_clock_read(clock, "20261340000000"), STATUS_MALFORMED);
}

/* ---- several signatures, several keys ---- */

static void the_good_one_counts(void **state)
{
    struct lab *lab = *state;
    struct rrset *set = set_of_text(lab->arena, SET);
    struct how_signed expired = {END}, broken = {.broken = true};
    struct slice rrsigs[4] = {
        sign(&lab->zsk, lab->arena, set, &expired), sign(&lab->other, lab->arena, set, NULL),
        sign(&lab->zsk, lab->arena, set, &broken), sign(&lab->ksk, lab->arena, set, NULL)};
    struct sig_verdict verdict;

    verdict =
        sig_verify(&lab->test.check, with_rrsigs(lab->arena, set, rrsigs, 4), lab->keys, NULL);
    assert_int_equal(verdict.security, SEC_SECURE);
    assert_int_equal(verdict.good.key_tag, lab->ksk.tag);
    assert_int_equal(check_used(&lab->test, COST_SIGNATURES), 2);
    /* Without it: the one that came nearest is told. */
    verdict =
        sig_verify(&lab->test.check, with_rrsigs(lab->arena, set, rrsigs, 3), lab->keys, NULL);
    assert_string_equal(verdict.finding.cause, "sig=invalid");
    verdict =
        sig_verify(&lab->test.check, with_rrsigs(lab->arena, set, rrsigs, 2), lab->keys, NULL);
    assert_string_equal(verdict.finding.cause, "sig=expired");
}

static void every_algorithm_where_demanded(void **state)
{
    struct lab *lab = *state;
    struct rrset *set = set_of_text(lab->arena, SET);
    struct slice rrsig = sign(&lab->zsk, lab->arena, set, NULL);
    struct algo_set needed = {0};
    struct sig_verdict verdict;

    set = with_rrsigs(lab->arena, set, &rrsig, 1);
    algo_set_add(&needed, ALGORITHM_ED25519);
    lab->test.check.all_algorithms = true;
    verdict = sig_verify(&lab->test.check, set, lab->keys, &needed);
    assert_int_equal(verdict.security, SEC_SECURE);
    algo_set_add(&needed, ALGORITHM_RSASHA256);
    verdict = sig_verify(&lab->test.check, set, lab->keys, &needed);
    assert_int_equal(verdict.security, SEC_BOGUS);
    assert_int_equal(verdict.finding.ede, EDE_RRSIGS_MISSING);
    /* RFC 6840 section 5.11: not otherwise. */
    lab->test.check.all_algorithms = false;
    verdict = sig_verify(&lab->test.check, set, lab->keys, &needed);
    assert_int_equal(verdict.security, SEC_SECURE);
}

/* Keys whose tags collide: the two octets before the last are turned until the sum is the same.
 */
static struct rrset *colliding_keys(struct lab *lab, size_t count, bool broken)
{
    struct slice *rdata = ARENA_ARRAY(lab->arena, struct slice, count);
    struct rrset_parts parts = {.owner = lab->zsk.zone,
                                .type = TYPE_DNSKEY,
                                .rrclass = CLASS_IN,
                                .rdata = rdata,
                                .rr_count = (uint16_t)count};

    for (size_t i = 0; i < count; i++) {
        uint8_t *octets = arena_bytes(lab->arena, sizeof(lab->zsk.rdata) + 2);
        size_t size = sizeof(lab->zsk.rdata) + (broken ? 2 : 0);

        memcpy(octets, lab->zsk.rdata, sizeof(lab->zsk.rdata));
        memset(octets + sizeof(lab->zsk.rdata), 0, 2);
        octets[10] = (uint8_t)i;
        octets[12] = (uint8_t)(200 - i);
        rdata[i] = slice_of(octets, size);
    }
    return rrset_in(lab->arena, &parts);
}

static const struct {
    const char *why;
    size_t keys, signatures;
    bool broken;
    uint32_t failures_left;
    uint32_t verified, failed; /* what it may cost */
    bool exhausted;
} floods[] = {
    {"CVE-2023-50387: 100 keys, 100 signatures", 100, 100, false, 4, 1, 4, true},
    {"many keys of one tag, one signature: two are tried", 100, 1, false, 4, 2, 4, false},
    {"100 keys, two signatures: two keys are tried", 100, 2, false, 4, 2, 4, true},
    {"both signatures of a key roll are bad: another server is tried", 1, 2, false, 4, 2, 2,
     false},
    {"CVE-2025-8677: keys that are none cost as much", 100, 2, true, 4, 2, 4, true},
    {"one key, many bad signatures: that is no accident", 1, 100, false, 100, 1, 100, true},
    {"three of them are enough to tell", 1, 3, false, 4, 1, 4, true},
    {"nothing left: nothing tried", 100, 100, false, 0, 0, 0, true},
};

static void floods_end_soon(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(floods); i++) {
        void *fresh;
        struct lab *lab;
        struct rrset *set;
        struct slice rrsigs[100];
        struct zone_keys *keys;
        struct budget *budget;
        struct sig_verdict verdict;

        set_up(&fresh);
        lab = fresh;
        budget = lab->test.check.budget;
        budget->left[COST_FAILED_SIGNATURES] = floods[i].failures_left;
        set = set_of_text(lab->arena, SET);
        keys = zone_keys_new(colliding_keys(lab, floods[i].keys, floods[i].broken));
        for (size_t n = 0; n < floods[i].signatures; n++) {
            struct how_signed how = {.tag = zone_keys_at(keys, 0)->tag,
                                     .end_s = (uint32_t)(TEST_END_S + n)};

            rrsigs[n] = sign(&lab->zsk, lab->arena, set, &how);
        }
        assert_int_equal(zone_keys_at(keys, floods[i].keys - 1)->tag,
                         zone_keys_at(keys, 0)->tag);
        set = with_rrsigs(lab->arena, set, rrsigs, floods[i].signatures);
        verdict = sig_verify(&lab->test.check, set, keys, NULL);
        if (verdict.security != SEC_BOGUS || verdict.exhausted != floods[i].exhausted ||
            check_used(&lab->test, COST_SIGNATURES) != floods[i].verified ||
            floods[i].failures_left - budget->left[COST_FAILED_SIGNATURES] != floods[i].failed)
            fail_msg("%s: %u verified", floods[i].why, check_used(&lab->test, COST_SIGNATURES));
        assert_string_equal(verdict.finding.cause,
                            floods[i].verified == 0 ? "limit=signatures" : "sig=invalid");
        if (floods[i].exhausted)
            assert_int_equal(budget->exhausted, COST_FAILED_SIGNATURES);
        zone_keys_unref(keys);
        tear_down(&fresh);
    }
}

static void an_rrset_too_large_is_not_hashed(void **state)
{
    struct lab *lab = *state;
    struct slice rdata[TEST_RECORDS_MAX];
    struct rrset_parts parts = {.owner = lab->zsk.zone,
                                .type = 65280,
                                .rrclass = CLASS_IN,
                                .ttl_s = 300,
                                .rdata = rdata};
    struct sig_verdict verdict;
    struct slice rrsig;
    struct rrset *set;

    for (parts.rr_count = 0; parts.rr_count < 9; parts.rr_count++) {
        uint8_t *octets = arena_bytes(lab->arena, 60000);

        memset(octets, parts.rr_count, 60000);
        rdata[parts.rr_count] = slice_of(octets, 60000);
    }
    set = rrset_in(lab->arena, &parts);
    rrsig = sign(&lab->zsk, lab->arena, set, NULL);
    verdict =
        sig_verify(&lab->test.check, with_rrsigs(lab->arena, set, &rrsig, 1), lab->keys, NULL);
    assert_string_equal(verdict.finding.cause, "sig=invalid");
    assert_int_equal(check_used(&lab->test, COST_SIGNATURES), 0);
    /* One less, which could stand in a message of ours, is judged. */
    parts.rr_count = 8;
    set = rrset_in(lab->arena, &parts);
    rrsig = sign(&lab->zsk, lab->arena, set, NULL);
    verdict =
        sig_verify(&lab->test.check, with_rrsigs(lab->arena, set, &rrsig, 1), lab->keys, NULL);
    assert_int_equal(verdict.security, SEC_SECURE);
}

static const struct {
    const char *why, *set, *signer, *want;
} signers[] = {
    {"its zone", SET, "example.org.", "example.org."},
    {"a zone above", SET, "org.", "org."},
    {"a zone below is none", SET, "a.www.example.org.", NULL},
    {"a strange zone is none", SET, "example.net.", NULL},
    {"a DS is signed above its owner", "example.org. 300 IN DS 1 8 2 aa\n", "org.", "org."},
    {"and not by it", "example.org. 300 IN DS 1 8 2 aa\n", "example.org.", NULL},
};

static void who_signed(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(signers); i++) {
        struct rrset *set = set_of_text(lab->arena, signers[i].set);
        struct how_signed how = {.signer = signers[i].signer};
        struct slice rrsig = sign(&lab->zsk, lab->arena, set, &how);
        char text[DNAME_TEXT_MAX];
        struct dname signer;
        bool found = sig_signer(with_rrsigs(lab->arena, set, &rrsig, 1), &signer);

        if (found != (signers[i].want != NULL) ||
            (found && strcmp(dname_to_text(signer, text), signers[i].want) != 0))
            fail_msg("%s", signers[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_of_others),
        cmocka_unit_test(each_finding),
        cmocka_unit_test_setup_teardown(keys_that_do_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_revokes_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_and_skew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_once_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates_for_tests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_good_one_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_algorithm_where_demanded, set_up, tear_down),
        cmocka_unit_test(floods_end_soon),
        cmocka_unit_test_setup_teardown(an_rrset_too_large_is_not_hashed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_signed, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
