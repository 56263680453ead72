/*
 * key_match_test.c - which DNSKEY sets a DS set or an anchor vouches for, and what is told if
 * none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "util/text.h"
#include "validator/digest.h"
#include "validator/key_match.h"
#include "validator/signed_for_tests.h"

struct lab {
    struct arena *arena;
    struct check_for_tests test;
    struct signer ksk, zsk, stranger;
};

static int set_up_with(void **state, struct crypto_policy policy)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->arena = arena_new(0);
    check_init(&lab->test, lab->arena, &policy);
    signer_init(&lab->ksk, lab->arena, "example.org.", 1, DNSKEY_ZONE | DNSKEY_SEP);
    signer_init(&lab->zsk, lab->arena, "example.org.", 2, DNSKEY_ZONE);
    signer_init(&lab->stranger, lab->arena, "example.org.", 3, DNSKEY_ZONE | DNSKEY_SEP);
    *state = lab;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, (struct crypto_policy){0});
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    signer_clear(&lab->ksk);
    signer_clear(&lab->zsk);
    signer_clear(&lab->stranger);
    check_clear(&lab->test);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

/* ---- making ---- */

/* A record of a DS set, out of a word as "k", "kd4", "ka100t4711" or "k!": the DS of that key
 * ('k', 'z', 's'), perhaps with another digest type, algorithm or tag, or with a digest that is
 * wrong. */
struct ds_made {
    char of;
    unsigned digest, algorithm, tag; /* 0: as they should be */
    bool wrong;
};

static struct ds_made read_made(const char *word)
{
    struct ds_made made = {.of = *word++};

    while (*word != '\0') {
        char what = *word++;
        unsigned *field = what == 'd'   ? &made.digest
                          : what == 'a' ? &made.algorithm
                                        : &made.tag;

        if (what == '!')
            made.wrong = true;
        else
            *field = (unsigned)strtoul(word, (char **)(uintptr_t)&word, 10);
    }
    return made;
}

static const struct signer *signer_of(const struct lab *lab, char of)
{
    return of == 'k' ? &lab->ksk : of == 'z' ? &lab->zsk : &lab->stranger;
}

static struct slice ds_of(struct lab *lab, const struct ds_made *made)
{
    const struct signer *signer = signer_of(lab, made->of);
    uint8_t type = made->digest != 0 ? (uint8_t)made->digest : DIGEST_SHA256;
    size_t size = digest_size(type) != 0 ? digest_size(type) : 32;
    uint8_t *octets = arena_bytes(lab->arena, 4 + DIGEST_MAX);
    struct crypto_policy all = {.sha1 = true};
    struct crypto *crypto = crypto_new(&all);

    bytes_put_u16(octets, made->tag != 0 ? (uint16_t)made->tag : signer->tag);
    octets[2] = made->algorithm != 0 ? (uint8_t)made->algorithm : ALGORITHM_ED25519;
    octets[3] = type;
    memset(octets + 4, 0, DIGEST_MAX);
    digest_ds(crypto, type, signer->zone, slice_of(signer->rdata, sizeof(signer->rdata)),
              octets + 4);
    octets[4] ^= made->wrong ? 1 : 0;
    crypto_free(crypto);
    return slice_of(octets, 4 + size);
}

static struct rrset *ds_set(struct lab *lab, const char *words)
{
    struct slice rdata[16];
    struct rrset_parts parts = {.owner = lab->ksk.zone,
                                .type = TYPE_DS,
                                .rrclass = CLASS_IN,
                                .ttl_s = 300,
                                .rdata = rdata};
    char *text = arena_text(lab->arena, words), *rest = NULL;

    for (char *word = strtok_r(text, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        struct ds_made made = read_made(word);

        rdata[parts.rr_count++] = ds_of(lab, &made);
    }
    return rrset_in(lab->arena, &parts);
}

/* A DNSKEY set: the keys of one text, signed by those of another. */
static struct rrset *keys_signed(struct lab *lab, const char *keys, const char *by,
                                 const struct how_signed *how)
{
    const struct signer *signers[4] = {NULL};
    struct slice rrsigs[4];
    struct rrset *set;
    size_t count = 0, signed_by = 0;

    for (; keys[count] != '\0'; count++)
        signers[count] = signer_of(lab, keys[count]);
    set = dnskeys_of(lab->arena, signers, count);
    for (; by[signed_by] != '\0'; signed_by++)
        rrsigs[signed_by] = sign(signer_of(lab, by[signed_by]), lab->arena, set, how);
    return with_rrsigs(lab->arena, set, rrsigs, signed_by);
}

static const char *text_of(struct lab *lab, const struct key_verdict *verdict)
{
    return finding_is_none(&verdict->finding)
               ? "none"
               : finding_text(&verdict->finding, NULL, lab->arena);
}

/* ---- DS ---- */

#define NO_MATCH(tag, digest) "key=no-match for example.org/DNSKEY ds=" tag "/15/" digest

static const struct {
    const char *why;
    const char *ds;
    const char *keys, *by; /* NULL: no DNSKEY at all */
    struct how_signed how;
    enum security want;
    uint16_t ede;
    const char *text;
    uint32_t digests;
    bool sha1;
} cases[] = {
    {"one key, vouched for and signing", "k", "k", "k", {0}, SEC_SECURE, 0, "none", 1, false},
    {"key-signing and zone-signing key", "k", "zk", "kz", {0}, SEC_SECURE, 0, "none", 1, false},
    {"SHA-384", "kd4", "k", "k", {0}, SEC_SECURE, 0, "none", 1, false},
    {"a rollover: one DS for a key to come",
     "s k",
     "kz",
     "k",
     {0},
     SEC_SECURE,
     0,
     "none",
     1,
     false},
    {"two vouched for, one signs", "s k", "ks", "s", {0}, SEC_SECURE, 0, "none", 2, false},
    {"DS without any DNSKEY",
     "k",
     NULL,
     NULL,
     {0},
     SEC_BOGUS,
     9,
     "key=none for example.org/DNSKEY ds=60795/15/2",
     0,
     false},
    {"no key has the tag", "s", "kz", "k", {0}, SEC_BOGUS, 9, NO_MATCH("8433", "2"), 0, false},
    {"the tag but not the digest",
     "k!",
     "kz",
     "k",
     {0},
     SEC_BOGUS,
     9,
     NO_MATCH("60795", "2"),
     1,
     false},
    {"the tag but not the algorithm",
     "ka16",
     "kz",
     "k",
     {0},
     SEC_BOGUS,
     9,
     "key=no-match for example.org/DNSKEY ds=60795/16/2",
     0,
     false},
    {"only an algorithm that nobody knows",
     "ka100",
     "kz",
     "k",
     {0},
     SEC_INSECURE,
     1,
     "ds=unsupported-alg for example.org/DS ds=60795/100/2",
     0,
     false},
    {"only a digest that nobody knows",
     "kd100",
     "kz",
     "k",
     {0},
     SEC_INSECURE,
     2,
     "ds=unsupported-digest for example.org/DS ds=60795/15/100",
     0,
     false},
    {"both: the digest of a known algorithm is told",
     "ka100 kd100",
     "kz",
     "k",
     {0},
     SEC_INSECURE,
     2,
     "ds=unsupported-digest for example.org/DS ds=60795/15/100",
     0,
     false},
    {"unsupported ones beside a good one",
     "ka100 kd100 k",
     "kz",
     "k",
     {0},
     SEC_SECURE,
     0,
     "none",
     1,
     false},
    {"RFC 9905: SHA-1 alone is insecure",
     "kd1",
     "kz",
     "k",
     {0},
     SEC_INSECURE,
     2,
     "ds=unsupported-digest for example.org/DS ds=60795/15/1",
     0,
     false},
    {"unless the policy says so", "kd1", "kz", "k", {0}, SEC_SECURE, 0, "none", 1, true},
    {"RFC 4509 section 3: SHA-1 does not count beside SHA-256",
     "kd1 kd2!",
     "kz",
     "k",
     {0},
     SEC_BOGUS,
     9,
     NO_MATCH("60795", "2"),
     1,
     true},
    {"signed only by a key that nobody vouches for",
     "k",
     "kz",
     "z",
     {0},
     SEC_BOGUS,
     10,
     "sig=missing for example.org/DNSKEY key=60795/15",
     1,
     false},
    {"not signed",
     "k",
     "kz",
     "",
     {0},
     SEC_BOGUS,
     10,
     "sig=missing for example.org/DNSKEY",
     1,
     false},
    {"a bad signature",
     "k",
     "kz",
     "k",
     {.broken = true},
     SEC_BOGUS,
     6,
     "sig=invalid for example.org/DNSKEY key=60795/15",
     1,
     false},
    {"an expired signature",
     "k",
     "kz",
     "k",
     {.end_s = TEST_NOW_S - 100000},
     SEC_BOGUS,
     7,
     "sig=expired for example.org/DNSKEY key=60795/15 end=2026-10-13T14:00Z",
     1,
     false},
    {"at most eight digests",
     "k! kd4! k! kd4! k! kd4! k! kd4! k",
     "kz",
     "k",
     {0},
     SEC_BOGUS,
     9,
     NO_MATCH("60795", "2"),
     8,
     false},
};

static void by_ds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        void *fresh;
        struct lab *lab;
        struct rrset *ds, *keys;
        struct key_verdict verdict;

        set_up_with(&fresh, (struct crypto_policy){.sha1 = cases[i].sha1});
        lab = fresh;
        ds = ds_set(lab, cases[i].ds);
        keys = cases[i].keys == NULL
                   ? NULL
                   : keys_signed(lab, cases[i].keys, cases[i].by, &cases[i].how);
        verdict = keys_verify_by_ds(&lab->test.check, keys, ds);
        if (verdict.security != cases[i].want || verdict.finding.ede != cases[i].ede ||
            strcmp(text_of(lab, &verdict), cases[i].text) != 0 ||
            check_used(&lab->test, COST_DIGESTS) != cases[i].digests)
            fail_msg("%s: %d, %u %s, %u digests", cases[i].why, (int)verdict.security,
                     verdict.finding.ede, text_of(lab, &verdict),
                     check_used(&lab->test, COST_DIGESTS));
        assert_int_equal(verdict.keys != NULL, cases[i].want == SEC_SECURE);
        if (verdict.keys != NULL) {
            assert_int_equal(zone_keys_count(verdict.keys), strlen(cases[i].keys));
            assert_true(algo_set_has(&verdict.algorithms, ALGORITHM_ED25519));
            assert_true(verdict.good.ttl_max_s == 3600);
        }
        zone_keys_unref(verdict.keys);
        tear_down(&fresh);
    }
}

static const struct {
    const char *why;
    uint16_t flags;
    uint8_t protocol;
    bool ds_of_spoiled; /* the DS was made of the key as it is, else of the key as it was */
    const char *text;
    uint16_t ede;
} flawed[] = {
    {"zone bit clear", DNSKEY_SEP, 3, true, "key=no-zone-bit", EDE_NO_ZONE_KEY_BIT},
    {"zone bit cleared behind the DS's back", DNSKEY_SEP, 3, false, "key=no-zone-bit",
     EDE_NO_ZONE_KEY_BIT},
    {"revoked", DNSKEY_ZONE | DNSKEY_SEP | DNSKEY_REVOKE, 3, true, "key=revoked",
     EDE_DNSKEY_MISSING},
    {"revoked since", DNSKEY_ZONE | DNSKEY_SEP | DNSKEY_REVOKE, 3, false, "key=revoked",
     EDE_DNSKEY_MISSING},
    {"protocol 2", DNSKEY_ZONE | DNSKEY_SEP, 2, true, "key=bad-proto", EDE_DNSKEY_MISSING},
    {"protocol 2 since", DNSKEY_ZONE | DNSKEY_SEP, 2, false, "key=bad-proto",
     EDE_DNSKEY_MISSING},
};

static void keys_with_a_flaw(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(flawed); i++) {
        void *fresh;
        struct lab *lab;
        const char *made = "k";
        struct rrset *ds = NULL;
        struct key_verdict verdict;

        set_up(&fresh);
        lab = fresh;
        if (!flawed[i].ds_of_spoiled)
            ds = ds_set(lab, made);
        bytes_put_u16(lab->ksk.rdata, flawed[i].flags);
        lab->ksk.rdata[2] = flawed[i].protocol;
        lab->ksk.tag = dnskey_tag(slice_of(lab->ksk.rdata, sizeof(lab->ksk.rdata)));
        if (ds == NULL)
            ds = ds_set(lab, made);
        verdict = keys_verify_by_ds(&lab->test.check, keys_signed(lab, "kz", "kz", NULL), ds);
        if (verdict.security != SEC_BOGUS || verdict.finding.ede != flawed[i].ede ||
            strcmp(verdict.finding.cause, flawed[i].text) != 0)
            fail_msg("%s: %s", flawed[i].why, text_of(lab, &verdict));
        tear_down(&fresh);
    }
}

static void no_budget_no_digest(void **state)
{
    struct lab *lab = *state;
    const char *made = "k";
    struct key_verdict verdict;

    lab->test.check.budget->left[COST_DIGESTS] = 0;
    verdict = keys_verify_by_ds(&lab->test.check, keys_signed(lab, "k", "k", NULL),
                                ds_set(lab, made));
    assert_int_equal(verdict.security, SEC_BOGUS);
    assert_true(verdict.exhausted);
    assert_int_equal(lab->test.check.budget->exhausted, COST_DIGESTS);
}

/* harden-algo-downgrade: a DS of an algorithm that the zone does not have may be a sign of one
 * that was taken away. */
static void downgrade_of_algorithms(void **state)
{
    struct lab *lab = *state;
    const char *made = "k ka8t4711";
    struct rrset *ds = ds_set(lab, made), *keys = keys_signed(lab, "k", "k", NULL);
    struct key_verdict verdict = keys_verify_by_ds(&lab->test.check, keys, ds);

    assert_int_equal(verdict.security,
                     SEC_SECURE); /* RFC 6840 section 5.11: one path suffices */
    assert_true(algo_set_has(&verdict.algorithms, ALGORITHM_RSASHA256));
    zone_keys_unref(verdict.keys);
    lab->test.check.all_algorithms = true;
    verdict = keys_verify_by_ds(&lab->test.check, keys, ds);
    assert_int_equal(verdict.security, SEC_BOGUS);
    assert_string_equal(text_of(lab, &verdict),
                        "key=no-match for example.org/DNSKEY ds=4711/8/2");
}

/* ---- anchors ---- */

static const struct {
    const char *why, *keys_of_anchor;
    const char *ds;
    const char *keys, *by;
    enum security want;
    const char *text;
} anchored[] = {
    {"by key", "k", "", "kz", "k", SEC_SECURE, "none"},
    {"by digest", "", "k", "kz", "k", SEC_SECURE, "none"},
    {"by either", "s", "k", "kz", "k", SEC_SECURE, "none"},
    {"two keys, of which one is there", "sk", "", "kz", "k", SEC_SECURE, "none"},
    {"a zone-signing key as anchor", "z", "", "kz", "z", SEC_SECURE, "none"},
    {"the key has gone", "s", "", "kz", "k", SEC_BOGUS,
     "key=no-match for example.org/DNSKEY key=8433/15"},
    {"the digest fits none", "", "s", "kz", "k", SEC_BOGUS, NO_MATCH("8433", "2")},
    {"there, but does not sign", "k", "", "kz", "z", SEC_BOGUS,
     "sig=missing for example.org/DNSKEY key=60795/15"},
    {"unsupported", "", "ka100", "kz", "k", SEC_INSECURE,
     "ds=unsupported-alg for example.org/DS ds=60795/100/2"},
    {"no DNSKEY", "k", "", NULL, NULL, SEC_BOGUS, "key=none for example.org/DNSKEY"},
};

static void by_anchor(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(anchored); i++) {
        void *fresh;
        struct lab *lab;
        struct anchor anchor = {.rrclass = CLASS_IN};
        struct key_verdict verdict;

        set_up(&fresh);
        lab = fresh;
        anchor.zone = lab->ksk.zone;
        if (anchored[i].ds[0] != '\0')
            anchor.ds = ds_set(lab, anchored[i].ds);
        if (anchored[i].keys_of_anchor[0] != '\0')
            anchor.keys = keys_signed(lab, anchored[i].keys_of_anchor, "", NULL);
        verdict = keys_verify_by_anchor(
            &lab->test.check,
            anchored[i].keys == NULL ? NULL
                                     : keys_signed(lab, anchored[i].keys, anchored[i].by, NULL),
            &anchor);
        if (verdict.security != anchored[i].want ||
            strcmp(text_of(lab, &verdict), anchored[i].text) != 0)
            fail_msg("%s: %d, %s", anchored[i].why, (int)verdict.security,
                     text_of(lab, &verdict));
        zone_keys_unref(verdict.keys);
        tear_down(&fresh);
    }
}

/* An anchor whose only key is of an algorithm that we do not know: insecure, and said so. */
static void anchor_of_unknown_algorithm(void **state)
{
    struct lab *lab = *state;
    struct anchor anchor = {.zone = lab->ksk.zone, .rrclass = CLASS_IN};
    struct key_verdict verdict;

    lab->stranger.rdata[3] = 100;
    anchor.keys = keys_signed(lab, "s", "", NULL);
    verdict =
        keys_verify_by_anchor(&lab->test.check, keys_signed(lab, "kz", "k", NULL), &anchor);
    assert_int_equal(verdict.security, SEC_INSECURE);
    assert_int_equal(verdict.finding.ede, EDE_UNSUPPORTED_DNSKEY_ALGORITHM);
    assert_string_equal(verdict.finding.cause, "key=unsupported");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_ds),
        cmocka_unit_test(keys_with_a_flaw),
        cmocka_unit_test_setup_teardown(no_budget_no_digest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(downgrade_of_algorithms, set_up, tear_down),
        cmocka_unit_test(by_anchor),
        cmocka_unit_test_setup_teardown(anchor_of_unknown_algorithm, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
