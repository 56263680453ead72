/*
 * digest_test.c - DS digests and NSEC3 hashes against the RFCs' own, and what a hash costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/text.h"
#include "util/wire/text_rr.h"
#include "validator/digest.h"
#include "validator/zone_keys.h"

#define KEY_4034                                                                               \
    "dskey.example.com. 86400 IN DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXV"  \
    "bfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjE"  \
    "Vv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
#define KEY_P256                                                                               \
    "example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQp"  \
    "F64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="
#define KEY_P384                                                                               \
    "example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsX"  \
    "vSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40"

static const struct {
    const char *why, *key;
    uint16_t tag;
    uint8_t type;
    const char *digest;
} digests[] = {
    {"RFC 4034 section 5.4", KEY_4034, 60485, DIGEST_SHA1,
     "2bb183af5f22588179a53b0a98631fad1a292118"},
    {"RFC 4509 section 2.3", KEY_4034, 60485, DIGEST_SHA256,
     "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"},
    {"RFC 6605 section 6.1", KEY_P256, 55648, DIGEST_SHA256,
     "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"},
    {"RFC 6605 section 6.2", KEY_P384, 10771, DIGEST_SHA384,
     "72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946"
     "df983d6"},
    {"RFC 8080 section 6.1",
     "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", 3613,
     DIGEST_SHA256, "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b"},
    {"the owner in upper case",
     "EXAMPLE.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", 3613,
     DIGEST_SHA256, "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b"},
};

static void ds_digests(void **state)
{
    struct crypto_policy policy = {.sha1 = true};
    struct crypto *crypto = crypto_new(&policy);
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(digests); i++) {
        struct text text = text_in(arena);
        uint8_t digest[DIGEST_MAX];
        struct text_rr rr;

        assert_int_equal(text_rr_read(digests[i].key, NULL, 0, false, arena, &rr, NULL),
                         STATUS_OK);
        assert_int_equal(dnskey_tag(rr.rdata), digests[i].tag);
        assert_int_equal(digest_ds(crypto, digests[i].type, rr.owner, rr.rdata, digest),
                         STATUS_OK);
        text_add_hex(&text, slice_of(digest, digest_size(digests[i].type)));
        if (strcmp(text_done(&text), digests[i].digest) != 0)
            fail_msg("%s: %s", digests[i].why, text.chars);
    }
    arena_free(arena);
    crypto_free(crypto);
}

static const struct {
    const char *why;
    struct crypto_policy policy;
    bool sha1;
} policies[] = {
    {"RFC 9905: SHA-1 is of the past", {false, false, false}, false},
    {"by policy", {true, false, false}, true},
    {"with a fake", {false, true, false}, true},
    {"with the other", {false, false, true}, true},
};

static void supported_digests(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        struct crypto *crypto = crypto_new(&policies[i].policy);
        uint8_t out[DIGEST_MAX];

        for (unsigned type = 0; type < 256; type++) {
            bool want = type == DIGEST_SHA256 || type == DIGEST_SHA384 ||
                        (type == DIGEST_SHA1 && policies[i].sha1);
            enum status status =
                digest_ds(crypto, (uint8_t)type, dname_root, slice_of("", 0), out);

            if (digest_is_supported(crypto, (uint8_t)type) != want ||
                status != (want ? STATUS_OK : STATUS_NOT_FOUND))
                fail_msg("%s: digest %u", policies[i].why, type);
        }
        crypto_free(crypto);
    }
}

/* RFC 5155 appendix A: salt aabbccdd, 12 iterations; then others' without, by dnspython. */
static const struct {
    const char *name, *salt;
    uint16_t iterations;
    const char *hash;
    uint32_t blocks;
} hashes[] = {
    {"example.", "aabbccdd", 12, "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", 13},
    {"a.example.", "aabbccdd", 12, "35mthgpgcu1qg68fab165klnsnk3dpvl", 13},
    {"ai.example.", "aabbccdd", 12, "gjeqe526plbf1g8mklp59enfd789njgi", 13},
    {"ns1.example.", "aabbccdd", 12, "2t7b4g4vsa5smi47k61mv5bv1a22bojr", 13},
    {"ns2.example.", "aabbccdd", 12, "q04jkcevqvmu85r014c7dkba38o0ji5r", 13},
    {"w.example.", "aabbccdd", 12, "k8udemvp1j2f7eg6jebps17vp3n8i58h", 13},
    {"*.w.example.", "aabbccdd", 12, "r53bq7cc2uvmubfu5ocmm6pers9tk9en", 13},
    {"X.W.Example.", "aabbccdd", 12, "b4um86eghhds6nea196smvmlo4ors995", 13},
    {"y.w.example.", "aabbccdd", 12, "ji6neoaepv8b5o6k4ev33abha8ht9fgc", 13},
    {"x.y.w.example.", "aabbccdd", 12, "2vptu5timamqttgl4luu9kg21e0aor3s", 13},
    {"xx.example.", "aabbccdd", 12, "t644ebqk9bibcna874givr6joj62mlhv", 13},
    {"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", "aabbccdd", 12,
     "kohar7mbb8dc2ce8a9qvl8hon4k53uhi", 13},
    {"example.com.", "", 0, "onib9mgub9h0rml3cdf5bgrj59dkjhvk", 1},
    /* 42 octets of name and 13 of salt fill a block to its last octet; one more makes two. */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.", "00112233445566778899aabbcc", 0, NULL, 1},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.", "00112233445566778899aabbccdd", 0, NULL, 2},
    /* 20 octets of hash and 36 of salt: two blocks an iteration. */
    {"example.", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223", 50,
     NULL, 101},
};

static void nsec3_hashes(void **state)
{
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        uint8_t octets[64], hash[NSEC3_HASH_SIZE];
        struct sink salt = sink_of(octets, sizeof(octets));
        struct text text = text_in(arena);
        struct dname name;

        assert_int_equal(dname_from_text_in(arena, hashes[i].name, &name), STATUS_OK);
        assert_int_equal(text_read_hex(hashes[i].salt, &salt), STATUS_OK);
        assert_int_equal(nsec3_hash_blocks(name, salt.used, hashes[i].iterations),
                         hashes[i].blocks);
        assert_int_equal(
            nsec3_hash(crypto, name, sink_written(&salt), hashes[i].iterations, hash),
            STATUS_OK);
        text_add_base32hex(&text, slice_of(hash, sizeof(hash)));
        if (hashes[i].hash != NULL && strcmp(text_done(&text), hashes[i].hash) != 0)
            fail_msg("%s: %s", hashes[i].name, text.chars);
    }
    arena_free(arena);
    crypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ds_digests),
        cmocka_unit_test(supported_digests),
        cmocka_unit_test(nsec3_hashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
