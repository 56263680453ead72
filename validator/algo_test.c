/*
 * algo_test.c - what is supported by which policy, keys that are none, and threads that share a
 * key.
 *
 * That good signatures of each algorithm are good is in sig_test.c (vectors of the RFCs).
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "util/text.h"
#include "validator/algo.h"

enum { OPEN = 1, SHA1 = 2, FAKE_SHA1 = 4, FAKE_DSA = 8 };

/* By which policies an algorithm is supported: a bit for each. */
static const struct {
    uint8_t number;
    unsigned by;
    const char *name;
} support[] = {
    {1, 0, "RSAMD5"},
    {2, 0, NULL},
    {3, FAKE_SHA1 | FAKE_DSA, "DSA"},
    {5, SHA1 | FAKE_SHA1, "RSASHA1"},
    {6, FAKE_SHA1 | FAKE_DSA, "DSA-NSEC3-SHA1"},
    {7, SHA1 | FAKE_SHA1, "RSASHA1-NSEC3-SHA1"},
    {8, OPEN | SHA1 | FAKE_SHA1 | FAKE_DSA, "RSASHA256"},
    {9, 0, NULL},
    {10, OPEN | SHA1 | FAKE_SHA1 | FAKE_DSA, "RSASHA512"},
    {12, 0, "ECC-GOST"},
    {13, OPEN | SHA1 | FAKE_SHA1 | FAKE_DSA, "ECDSAP256SHA256"},
    {14, OPEN | SHA1 | FAKE_SHA1 | FAKE_DSA, "ECDSAP384SHA384"},
    {15, OPEN | SHA1 | FAKE_SHA1 | FAKE_DSA, "ED25519"},
    {16, OPEN | SHA1 | FAKE_SHA1 | FAKE_DSA, "ED448"},
    {17, 0, NULL},
    {252, 0, NULL},
    {253, 0, NULL},
    {255, 0, NULL},
};

static void who_supports_what(void **state)
{
    static const struct {
        unsigned bit;
        struct crypto_policy policy;
    } policies[] = {{OPEN, {false, false, false}},
                    {SHA1, {true, false, false}},
                    {FAKE_SHA1, {false, true, false}},
                    {FAKE_DSA, {false, false, true}}};

    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        struct crypto *crypto = crypto_new(&policies[i].policy);

        for (size_t n = 0; n < COUNT(support); n++) {
            bool want = (support[n].by & policies[i].bit) != 0;
            struct public_key *key;
            const char *name = algo_name(support[n].number);

            if (algo_is_supported(crypto, support[n].number) != want)
                fail_msg("algorithm %u, policy %u", support[n].number, policies[i].bit);
            assert_int_equal(name == NULL, support[n].name == NULL);
            if (name != NULL)
                assert_string_equal(name, support[n].name);
            if (!want)
                assert_int_equal(
                    public_key_new(crypto, support[n].number, slice_of("\1", 1), &key),
                    STATUS_NOT_FOUND);
        }
        crypto_free(crypto);
    }
}

static void fakes_are_good_whatever_they_are(void **state)
{
    static const uint8_t fakes[] = {3, 5, 6, 7};
    struct crypto_policy policy = {.fake_sha1 = true};
    struct crypto *crypto = crypto_new(&policy);

    (void)state;
    for (size_t i = 0; i < COUNT(fakes); i++) {
        struct public_key *key;

        assert_int_equal(public_key_new(crypto, fakes[i], slice_of("x", 1), &key), STATUS_OK);
        assert_int_equal(public_key_verify(crypto, key, slice_of("a", 1), slice_of("b", 1)),
                         STATUS_OK);
        public_key_unref(key);
    }
    crypto_free(crypto);
}

/* ---- keys that are none ---- */

/* The modulus is so many octets of ff with this one at the end. */
static const struct {
    const char *why, *head;
    size_t modulus;
    uint8_t last;
    enum status want;
} rsa[] = {
    {"512 bits", "03010001", 64, 0xff, STATUS_OK},
    {"4096 bits", "03010001", 512, 0xff, STATUS_OK},
    {"504 bits", "03010001", 63, 0xff, STATUS_MALFORMED},
    {"4104 bits", "03010001", 513, 0xff, STATUS_LIMIT},
    {"64 KiB", "03010001", 65000, 0xff, STATUS_LIMIT},
    {"an even modulus", "03010001", 128, 0xfe, STATUS_MALFORMED},
    {"no modulus", "03010001", 0, 0, STATUS_MALFORMED},
    {"the exponent 3", "0103", 128, 0xff, STATUS_OK},
    {"the exponent 1: everything is its own signature", "0101", 128, 0xff, STATUS_MALFORMED},
    {"the exponent 0", "0100", 128, 0xff, STATUS_MALFORMED},
    {"an even exponent", "0102", 128, 0xff, STATUS_MALFORMED},
    {"33 bits, as some signers had it", "050100000001", 128, 0xff, STATUS_OK},
    {"64 bits", "08ffffffffffffffff", 256, 0xff, STATUS_OK},
    {"65 bits", "0901ffffffffffffffff", 256, 0xff, STATUS_MALFORMED},
    {"RFC 3110: the length in two octets", "000003010001", 128, 0xff, STATUS_OK},
    {"an exponent of no octets", "00", 128, 0xff, STATUS_MALFORMED},
    {"an exponent beyond the end", "ff010001", 128, 0xff, STATUS_MALFORMED},
    {"nothing", "", 0, 0, STATUS_MALFORMED},
};

/* RFC 5702 section 2.2: with SHA-512 a key of less than 1024 bits must not be. */
static void rsa_sha512_keys(void **state)
{
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    uint8_t octets[4 + 128] = {3, 1, 0, 1};
    struct public_key *key;

    (void)state;
    memset(octets + 4, 0xff, 128);
    assert_int_equal(
        public_key_new(crypto, ALGORITHM_RSASHA512, slice_of(octets, 4 + 128), &key),
        STATUS_OK);
    public_key_unref(key);
    assert_int_equal(
        public_key_new(crypto, ALGORITHM_RSASHA512, slice_of(octets, 4 + 127), &key),
        STATUS_MALFORMED);
    assert_null(key);
    crypto_free(crypto);
}

/* A key that is used often is made ready for good, but of many such keys only some hundred. */
static void few_are_kept(void **state)
{
    enum { KEYS = 300, SELDOM = 12, OFTEN = 40, KEPT = 256 };
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    uint8_t octets[4 + 64] = {3, 1, 0, 1};
    struct public_key *keys[KEYS];

    (void)state;
    memset(octets + 4, 0xff, 64);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(public_key_new(crypto, ALGORITHM_RSASHA256,
                                        slice_of(octets, sizeof(octets)), &keys[i]),
                         STATUS_OK);
    for (int use = 0; use < OFTEN; use++) {
        for (size_t i = 0; i < KEYS; i++)
            assert_int_equal(
                public_key_verify(crypto, keys[i], slice_of("a", 1), slice_of(octets, 64)),
                STATUS_MALFORMED);
        if (use == SELDOM)
            assert_int_equal(crypto_keys_kept(crypto), 0);
    }
    assert_int_equal(crypto_keys_kept(crypto), KEPT);
    for (size_t i = 0; i < KEYS; i++)
        public_key_unref(keys[i]);
    assert_int_equal(crypto_keys_kept(crypto), 0);
    crypto_free(crypto);
}

static void rsa_keys(void **state)
{
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    static uint8_t octets[70000];

    (void)state;
    for (size_t i = 0; i < COUNT(rsa); i++) {
        struct sink out = sink_of(octets, sizeof(octets));
        struct public_key *key;
        enum status status;

        assert_int_equal(text_read_hex(rsa[i].head, &out), STATUS_OK);
        for (size_t n = 0; n < rsa[i].modulus; n++)
            sink_u8(&out, n + 1 == rsa[i].modulus ? rsa[i].last : 0xff);
        status = public_key_new(crypto, ALGORITHM_RSASHA256, sink_written(&out), &key);
        if (status != rsa[i].want || (status != STATUS_OK) != (key == NULL))
            fail_msg("%s: %s", rsa[i].why, status_text(status));
        if (key == NULL)
            continue;
        /* RFC 8017 section 8.2.2: a signature has the modulus's length. */
        assert_int_equal(
            public_key_verify(crypto, key, slice_of("a", 1), slice_of(octets, rsa[i].modulus)),
            STATUS_MALFORMED);
        assert_int_equal(public_key_verify(crypto, key, slice_of("a", 1), slice_of(octets, 1)),
                         STATUS_MALFORMED);
        assert_int_equal(public_key_verify(crypto, key, slice_of("a", 1), slice_of(octets, 0)),
                         STATUS_MALFORMED);
        public_key_unref(key);
    }
    crypto_free(crypto);
}

#define P256                                                                                   \
    "1a88c88615d437fbb8bf9e1942a1929f28562706ae6c2bd399e7b1bfb6d1e9e75b92b4aa42917ae1c61b70"   \
    "1ef035c3fe7be3009cbafe5a2f71316c902dcf0d00"

static const struct {
    const char *why;
    uint8_t algorithm;
    const char *octets;
    enum status want;
} curves[] = {
    {"a point of P-256", ALGORITHM_ECDSAP256SHA256, P256, STATUS_OK},
    {"a point beside the curve", ALGORITHM_ECDSAP256SHA256,
     "1a88c88615d437fbb8bf9e1942a1929f28562706ae6c2bd399e7b1bfb6d1e9e75b92b4aa42917ae1c61b701ef"
     "035"
     "c3fe7be3009cbafe5a2f71316c902dcf0d01",
     STATUS_MALFORMED},
    {"coordinates beyond the field", ALGORITHM_ECDSAP256SHA256,
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "fff"
     "ffffffffffffffffffffffffffffffffffff",
     STATUS_MALFORMED},
    {"the point at no place", ALGORITHM_ECDSAP256SHA256,
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000"
     "000000000000000000000000000000000000",
     STATUS_MALFORMED},
    {"one octet less", ALGORITHM_ECDSAP256SHA256, "1a88", STATUS_MALFORMED},
    {"RFC 6605 section 4: an octet that says uncompressed", ALGORITHM_ECDSAP256SHA256,
     "04" P256, STATUS_MALFORMED},
    {"a point of the other curve", ALGORITHM_ECDSAP384SHA384, P256, STATUS_MALFORMED},
    {"Ed25519 with too little", ALGORITHM_ED25519, "00", STATUS_MALFORMED},
    {"Ed448 with too little", ALGORITHM_ED448, P256, STATUS_MALFORMED},
};

static void keys_of_curves(void **state)
{
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);

    (void)state;
    for (size_t i = 0; i < COUNT(curves); i++) {
        uint8_t octets[256];
        struct sink out = sink_of(octets, sizeof(octets));
        struct public_key *key;
        enum status status;

        assert_int_equal(text_read_hex(curves[i].octets, &out), STATUS_OK);
        status = public_key_new(crypto, curves[i].algorithm, sink_written(&out), &key);
        if (status != curves[i].want)
            fail_msg("%s: %s", curves[i].why, status_text(status));
        public_key_unref(key);
    }
    crypto_free(crypto);
}

/* Lengths and values of (r, s) that are none: refused without a verdict of its own. */
static void signatures_of_no_shape(void **state)
{
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    uint8_t octets[64], signature[70];
    struct sink out = sink_of(octets, sizeof(octets));
    struct public_key *key;

    (void)state;
    assert_int_equal(text_read_hex(P256, &out), STATUS_OK);
    assert_int_equal(
        public_key_new(crypto, ALGORITHM_ECDSAP256SHA256, sink_written(&out), &key), STATUS_OK);
    for (int fill = 0; fill < 256; fill += 51)
        for (size_t size = 0; size <= sizeof(signature); size++) {
            memset(signature, fill, sizeof(signature));
            assert_int_equal(
                public_key_verify(crypto, key, slice_of("a", 1), slice_of(signature, size)),
                STATUS_MALFORMED);
        }
    public_key_unref(key);
    crypto_free(crypto);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 100 };

struct shared {
    struct crypto *crypto;
    struct public_key *key;
    uint8_t signature[64];
};

static void *verify_often(void *context)
{
    const struct shared *shared = context;
    uintptr_t wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct public_key *mine = public_key_ref(shared->key);

        wrong += public_key_verify(shared->crypto, mine, slice_of("good", 4),
                                   slice_of(shared->signature, 64)) != STATUS_OK;
        wrong += public_key_verify(shared->crypto, mine, slice_of("bad!", 4),
                                   slice_of(shared->signature, 64)) != STATUS_MALFORMED;
        public_key_unref(mine);
    }
    return (void *)wrong;
}

static void threads_share_a_key(void **state)
{
    struct crypto_policy policy = {0};
    struct shared shared = {.crypto = crypto_new(&policy)};
    uint8_t seed[32] = {7}, octets[32];
    EVP_PKEY *secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = sizeof(octets), signature_size = 64;
    pthread_t threads[THREADS];

    (void)state;
    assert_int_equal(EVP_PKEY_get_raw_public_key(secret, octets, &size), 1);
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, secret), 1);
    assert_int_equal(
        EVP_DigestSign(context, shared.signature, &signature_size, (const uint8_t *)"good", 4),
        1);
    assert_int_equal(
        public_key_new(shared.crypto, ALGORITHM_ED25519, slice_of(octets, size), &shared.key),
        STATUS_OK);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, &shared), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    public_key_unref(shared.key);
    crypto_free(shared.crypto);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(secret);
}

/* Keys of one curve are verified with the same few objects of OpenSSL, whichever thread it is:
 * none must be seen with another key's point. */
struct curve_key {
    struct public_key *key;
    uint8_t point[65], signature[64];
};

enum { CURVE_KEYS = 3 };

struct curve_shared {
    struct crypto *crypto;
    struct curve_key keys[CURVE_KEYS];
};

static void make_curve_key(const struct crypto *crypto, struct curve_key *out)
{
    EVP_PKEY *secret = EVP_EC_gen("P-256");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t der[80];
    const uint8_t *at = der;
    size_t size = 0, der_size = sizeof(der);
    ECDSA_SIG *signature;

    assert_int_equal(EVP_PKEY_get_octet_string_param(secret, OSSL_PKEY_PARAM_PUB_KEY,
                                                     out->point, sizeof(out->point), &size),
                     1);
    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, secret), 1);
    assert_int_equal(EVP_DigestSign(context, der, &der_size, (const uint8_t *)"good", 4), 1);
    signature = d2i_ECDSA_SIG(NULL, &at, (long)der_size);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), out->signature, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), out->signature + 32, 32), 32);
    assert_int_equal(public_key_new(crypto, ALGORITHM_ECDSAP256SHA256,
                                    slice_of(out->point + 1, size - 1), &out->key),
                     STATUS_OK);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(secret);
}

static void *verify_in_turn(void *context)
{
    const struct curve_shared *shared = context;
    uintptr_t wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        const struct curve_key *mine = &shared->keys[i % CURVE_KEYS];
        const struct curve_key *other = &shared->keys[(i + 1) % CURVE_KEYS];

        wrong += public_key_verify(shared->crypto, mine->key, slice_of("good", 4),
                                   slice_of(mine->signature, 64)) != STATUS_OK;
        wrong += public_key_verify(shared->crypto, other->key, slice_of("good", 4),
                                   slice_of(mine->signature, 64)) != STATUS_MALFORMED;
    }
    return (void *)wrong;
}

static void threads_share_a_curve(void **state)
{
    struct crypto_policy policy = {0};
    struct curve_shared shared = {.crypto = crypto_new(&policy)};
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < CURVE_KEYS; i++)
        make_curve_key(shared.crypto, &shared.keys[i]);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_in_turn, &shared), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong = NULL;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    for (size_t i = 0; i < CURVE_KEYS; i++)
        public_key_unref(shared.keys[i].key);
    crypto_free(shared.crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_supports_what),
        cmocka_unit_test(fakes_are_good_whatever_they_are),
        cmocka_unit_test(rsa_keys),
        cmocka_unit_test(few_are_kept),
        cmocka_unit_test(rsa_sha512_keys),
        cmocka_unit_test(keys_of_curves),
        cmocka_unit_test(signatures_of_no_shape),
        cmocka_unit_test(threads_share_a_key),
        cmocka_unit_test(threads_share_a_curve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
