/*
 * zone_keys_test.c - tags and fields of keys, and keys that are parsed once whoever needs them.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "util/text.h"
#include "validator/signed_for_tests.h"

/* Tags that others computed; RFC 4034 appendix B, and B.1 for algorithm 1. */
static const struct {
    const char *why, *hex;
    uint16_t tag;
} tags[] = {
    {"an even number of octets", "0100030f01020304", 0x0815},
    {"an odd number", "0100030f010203", 0x0811},
    {"a sum that is carried", "ffffffffffff03ff", 0x03ff},
    {"RSA/MD5: out of the key's end", "010003010102030405", 0x0304},
    {"RSA/MD5 with hardly a key", "0100030105", 0},
    {"nothing", "", 0},
};

static void key_tags(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tags); i++) {
        uint8_t octets[64];
        struct sink out = sink_of(octets, sizeof(octets));

        assert_int_equal(text_read_hex(tags[i].hex, &out), STATUS_OK);
        if (dnskey_tag(sink_written(&out)) != tags[i].tag)
            fail_msg("%s: %x", tags[i].why, dnskey_tag(sink_written(&out)));
    }
}

static void fields(void **state)
{
    static const uint8_t octets[] = {0x01, 0x81, 3, 15, 0xaa, 0xbb};
    struct dnskey key;
    struct ds ds;

    (void)state;
    assert_true(dnskey_read(slice_of(octets, 6), &key));
    assert_int_equal(key.flags, DNSKEY_ZONE | DNSKEY_REVOKE | DNSKEY_SEP);
    assert_int_equal(key.protocol, 3);
    assert_int_equal(key.algorithm, 15);
    assert_int_equal(key.key.size, 2);
    assert_true(ds_read(slice_of(octets, 6), &ds));
    assert_int_equal(ds.tag, 0x0181);
    assert_int_equal(ds.algorithm, 3);
    assert_int_equal(ds.digest_type, 15);
    assert_int_equal(ds.digest.size, 2);
    for (size_t size = 0; size <= 4; size++) {
        assert_false(dnskey_read(slice_of(octets, size), &key));
        assert_false(ds_read(slice_of(octets, size), &ds));
    }
}

/* The set that was published when it was found good stands in for the one that came. */
static void keys_rest_on_another_set(void **state)
{
    static const char text[] = "example. 1 DNSKEY 257 3 13 AAAA\nexample. 1 DNSKEY 256 3 13 BBBB\n";
    struct arena *arena = arena_new(0);
    const struct rrset *came = rrset_publish(set_of_text(arena, text));
    const struct rrset *good = rrset_publish(set_of_text(arena, text));
    const struct rrset *other = rrset_publish(set_of_text(
        arena, "example. 1 DNSKEY 257 3 13 AAAA\nexample. 1 DNSKEY 256 3 13 CCCC\n"));
    struct zone_keys *keys = zone_keys_new(came);

    (void)state;
    assert_ptr_equal(zone_keys_rrset(keys), came);
    zone_keys_rest_on(keys, other);
    assert_ptr_equal(zone_keys_rrset(keys), came);
    zone_keys_rest_on(keys, good);
    assert_ptr_equal(zone_keys_rrset(keys), good);
    assert_int_equal(atomic_load(&came->references), 1);
    rrset_unref(came);
    assert_int_equal(zone_keys_count(keys), 2);
    for (size_t i = 0; i < 2; i++)
        assert_ptr_equal(zone_keys_at(keys, i)->key.data, rrset_rdata(good, i).data + 4);
    zone_keys_unref(keys);
    rrset_unref(good);
    rrset_unref(other);
    arena_free(arena);
}

static void broken_keys_are_remembered(void **state)
{
    struct arena *arena = arena_new(0);
    struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    struct zone_keys *keys = zone_keys_new(
        set_of_text(arena, "example. 1 DNSKEY 257 3 8 AQEC\nexample. 1 DNSKEY 257 3 13 AAAA\n"
                           "example. 1 DNSKEY 257 3 100 AAAA\n"));
    const struct public_key *key;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(zone_keys_public(keys, crypto, 0, &key), STATUS_MALFORMED);
        assert_int_equal(zone_keys_public(keys, crypto, 1, &key), STATUS_MALFORMED);
        assert_int_equal(zone_keys_public(keys, crypto, 2, &key), STATUS_NOT_FOUND);
    }
    zone_keys_unref(keys);
    crypto_free(crypto);
    arena_free(arena);
}

/* ---- threads ---- */

enum { THREADS = 4, KEYS = 20 };

struct shared {
    struct crypto *crypto;
    struct zone_keys *keys;
};

struct seen {
    const struct shared *shared;
    const struct public_key *keys[KEYS];
};

static void *parse_all(void *context)
{
    struct seen *seen = context;
    struct zone_keys *mine = zone_keys_ref(seen->shared->keys);

    for (size_t i = 0; i < KEYS; i++)
        if (zone_keys_public(mine, seen->shared->crypto, i, &seen->keys[i]) != STATUS_OK)
            seen->keys[i] = NULL;
    zone_keys_unref(mine);
    return NULL;
}

static void threads_parse_each_key_once(void **state)
{
    struct arena *arena = arena_new(0);
    struct crypto_policy policy = {0};
    struct signer signers[KEYS];
    const struct signer *published[KEYS];
    struct shared shared = {.crypto = crypto_new(&policy)};
    struct seen seen[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        signer_init(&signers[i], arena, "example.", (uint8_t)(i + 1), DNSKEY_ZONE);
        published[i] = &signers[i];
    }
    shared.keys = zone_keys_new(dnskeys_of(arena, published, KEYS));
    for (size_t i = 0; i < THREADS; i++) {
        seen[i].shared = &shared;
        assert_int_equal(pthread_create(&threads[i], NULL, parse_all, &seen[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < KEYS; i++) {
        assert_non_null(seen[0].keys[i]);
        for (size_t n = 1; n < THREADS; n++)
            assert_ptr_equal(seen[n].keys[i], seen[0].keys[i]);
        signer_clear(&signers[i]);
    }
    zone_keys_unref(shared.keys);
    crypto_free(shared.crypto);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_tags),
        cmocka_unit_test(fields),
        cmocka_unit_test(keys_rest_on_another_set),
        cmocka_unit_test(broken_keys_are_remembered),
        cmocka_unit_test(threads_parse_each_key_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
