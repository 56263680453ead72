/*
 * algo.c - the table of signature algorithms, and keys parsed for OpenSSL's EVP.
 *
 * The only file that verifies signatures, together with curve.c, which does ECDSA. Everything
 * that OpenSSL looks up by name is looked up in crypto_new and when a key is made ready: then
 * it carries an operation, of which each verification takes a copy, so that threads share
 * nothing but what is only read. A key is a view of its octets, and one of RSA or EdDSA has
 * something made ready of them once it was used often enough to be worth some 2,000 more.
 */
#include "validator/algo.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "validator/curve.h"

enum kind { KIND_RSA, KIND_ECDSA, KIND_EDDSA, KIND_NAMED_ONLY };

enum {
    RSA_MODULUS_BITS_LEAST = 512,         /* RFC 5702 section 2.1 */
    RSA_SHA512_MODULUS_BITS_LEAST = 1024, /* RFC 5702 section 2.2 */
    RSA_MODULUS_BITS_MOST = 4096, /* RFC 3110 section 2, RFC 5702 */
    RSA_EXPONENT_BITS_MOST = 64,
    FIELD_OCTETS_MOST = 48, /* P-384 */
    FLAG_SHA1 = 1,          /* needs the policy `sha1` */
    FLAG_FAKE = 2,          /* either fake makes it good */
    FLAG_FAKE_SHA1 = 4      /* fake_sha1 does */
};

static const struct algorithm_row {
    uint8_t number;
    const char *name;
    enum kind kind;
    enum hash_kind hash;
    const char *key_type;  /* as OpenSSL calls it */
    const char *signature; /* likewise */
    const char *group;
    size_t field_octets; /* ECDSA: of a coordinate; EdDSA: of the key */
    unsigned flags;
} rows[] = {
    {ALGORITHM_RSAMD5, "RSAMD5", KIND_NAMED_ONLY, HASH_KINDS, NULL, NULL, NULL, 0, 0},
    {ALGORITHM_DSA, "DSA", KIND_NAMED_ONLY, HASH_KINDS, NULL, NULL, NULL, 0, FLAG_FAKE},
    {ALGORITHM_RSASHA1, "RSASHA1", KIND_RSA, HASH_SHA1, "RSA", "RSA", NULL, 0,
     FLAG_SHA1 | FLAG_FAKE_SHA1},
    {ALGORITHM_DSA_NSEC3_SHA1, "DSA-NSEC3-SHA1", KIND_NAMED_ONLY, HASH_KINDS, NULL, NULL, NULL,
     0, FLAG_FAKE},
    {ALGORITHM_RSASHA1_NSEC3_SHA1, "RSASHA1-NSEC3-SHA1", KIND_RSA, HASH_SHA1, "RSA", "RSA",
     NULL, 0, FLAG_SHA1 | FLAG_FAKE_SHA1},
    {ALGORITHM_RSASHA256, "RSASHA256", KIND_RSA, HASH_SHA256, "RSA", "RSA", NULL, 0, 0},
    {ALGORITHM_RSASHA512, "RSASHA512", KIND_RSA, HASH_SHA512, "RSA", "RSA", NULL, 0, 0},
    {ALGORITHM_ECC_GOST, "ECC-GOST", KIND_NAMED_ONLY, HASH_KINDS, NULL, NULL, NULL, 0, 0},
    {ALGORITHM_ECDSAP256SHA256, "ECDSAP256SHA256", KIND_ECDSA, HASH_SHA256, "EC", "ECDSA",
     "prime256v1", 32, 0},
    {ALGORITHM_ECDSAP384SHA384, "ECDSAP384SHA384", KIND_ECDSA, HASH_SHA384, "EC", "ECDSA",
     "secp384r1", 48, 0},
    {ALGORITHM_ED25519, "ED25519", KIND_EDDSA, HASH_KINDS, "ED25519", "ED25519", NULL, 32, 0},
    {ALGORITHM_ED448, "ED448", KIND_EDDSA, HASH_KINDS, "ED448", "ED448", NULL, 57, 0},
};

struct crypto {
    struct crypto_policy policy;
    EVP_MD *hashes[HASH_KINDS];
    EVP_SIGNATURE *signatures[COUNT(rows)]; /* held, so that looking them up again is short */
    struct curve *curves[COUNT(rows)];      /* of ECDSA */
    atomic_uint kept;                       /* of all keys, what was made ready for good */
};

/* A key as OpenSSL has it, of RSA or EdDSA. */
struct ready {
    const struct algorithm_row *row;
    EVP_PKEY *key;
    EVP_PKEY_CTX *over_hash; /* RSA: ready to verify a digest */
    EVP_MD_CTX *over_octets; /* EdDSA: ready to verify the octets */
    atomic_uint *kept;       /* where it is counted; NULL: nowhere */
};

/*
 * What parsing a key has made ready is there for its first use, which follows at once. After
 * that it is made anew for each use, which takes 13 us with RSA of 2048 bits and 8 us with
 * Ed25519, until so many uses say that this is the key of a large zone. Only so many are kept:
 * what they take is no cache's to account for.
 */
enum { USES_UNTIL_KEPT = 32, KEPT_MOST = 256 };

struct public_key {
    atomic_uint references;
    atomic_ushort uses; /* while nothing is kept */
    uint16_t octets_size;
    const uint8_t *octets; /* as they came; the zone's */
    const struct algorithm_row *row;
    _Atomic(struct ready *) spare; /* for the first use: whoever takes it has it alone */
    _Atomic(struct ready *) kept;  /* for many; once there it stays */
};

/* ---- what is there ---- */

static const char *const hash_names[HASH_KINDS] = {[HASH_SHA1] = "SHA1",
                                                   [HASH_SHA256] = "SHA256",
                                                   [HASH_SHA384] = "SHA384",
                                                   [HASH_SHA512] = "SHA512"};

static const struct algorithm_row *row_of(uint8_t algorithm)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].number == algorithm)
            return &rows[i];
    return NULL;
}

static bool is_fake(const struct crypto *crypto, const struct algorithm_row *row)
{
    const struct crypto_policy *policy = &crypto->policy;

    return ((row->flags & FLAG_FAKE) != 0 && (policy->fake_sha1 || policy->fake_dsa)) ||
           ((row->flags & FLAG_FAKE_SHA1) != 0 && policy->fake_sha1);
}

static bool is_supported(const struct crypto *crypto, const struct algorithm_row *row)
{
    if (is_fake(crypto, row))
        return true;
    if (row->kind == KIND_NAMED_ONLY || crypto->signatures[row - rows] == NULL ||
        (row->kind == KIND_ECDSA && crypto->curves[row - rows] == NULL))
        return false;
    return (row->flags & FLAG_SHA1) == 0 || crypto->policy.sha1;
}

struct crypto *crypto_new(const struct crypto_policy *policy)
{
    struct crypto *crypto = calloc(1, sizeof(*crypto));

    if (crypto == NULL)
        return NULL;
    crypto->policy = *policy;
    for (size_t i = 0; i < HASH_KINDS; i++)
        crypto->hashes[i] = EVP_MD_fetch(NULL, hash_names[i], NULL);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].signature != NULL &&
            (rows[i].hash == HASH_KINDS || crypto->hashes[rows[i].hash] != NULL))
            crypto->signatures[i] = EVP_SIGNATURE_fetch(NULL, rows[i].signature, NULL);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].kind == KIND_ECDSA && crypto->signatures[i] != NULL)
            crypto->curves[i] = curve_new(rows[i].group, crypto->hashes[rows[i].hash]);
    ERR_clear_error();
    /* RFC 9904 section 2.2: these two every validator has; without SHA-1 there is no NSEC3. */
    if (crypto->hashes[HASH_SHA1] != NULL && algo_is_supported(crypto, ALGORITHM_RSASHA256) &&
        algo_is_supported(crypto, ALGORITHM_ECDSAP256SHA256))
        return crypto;
    crypto_free(crypto);
    return NULL;
}

void crypto_free(struct crypto *crypto)
{
    if (crypto == NULL)
        return;
    for (size_t i = 0; i < HASH_KINDS; i++)
        EVP_MD_free(crypto->hashes[i]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        EVP_SIGNATURE_free(crypto->signatures[i]);
        curve_free(crypto->curves[i]);
    }
    free(crypto);
}

const struct crypto_policy *crypto_policy(const struct crypto *crypto)
{
    return &crypto->policy;
}

const void *crypto_hash(const struct crypto *crypto, enum hash_kind kind)
{
    return crypto->hashes[kind];
}

bool algo_is_supported(const struct crypto *crypto, uint8_t algorithm)
{
    const struct algorithm_row *row = row_of(algorithm);

    return row != NULL && is_supported(crypto, row);
}

/* Measured with OpenSSL 3.0: P-256 80 us, Ed25519 100, RSA of 4096 bits 80; P-384 500, Ed448
 * 300. */
unsigned algo_weight(uint8_t algorithm)
{
    return algorithm == ALGORITHM_ECDSAP384SHA384 || algorithm == ALGORITHM_ED448 ? 3 : 1;
}

const char *algo_name(uint8_t algorithm)
{
    const struct algorithm_row *row = row_of(algorithm);

    return row == NULL ? NULL : row->name;
}

/* ---- parsing keys ---- */

/* OpenSSL's own answer does not tell lack of memory from a key that is no key: taken as the
 * latter. */
static enum status make_key(struct ready *ready, const char *key_type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, key_type, NULL);
    enum status status = STATUS_NO_MEMORY;

    if (context != NULL && EVP_PKEY_fromdata_init(context) > 0)
        status = EVP_PKEY_fromdata(context, &ready->key, EVP_PKEY_PUBLIC_KEY, params) > 0
                     ? STATUS_OK
                     : STATUS_MALFORMED;
    EVP_PKEY_CTX_free(context);
    return status;
}

/* Bounds that keep one verification cheap, and shut out keys that prove nothing. */
static enum status check_rsa(uint8_t algorithm, const BIGNUM *modulus, const BIGNUM *exponent)
{
    int least = algorithm == ALGORITHM_RSASHA512 ? RSA_SHA512_MODULUS_BITS_LEAST
                                                 : RSA_MODULUS_BITS_LEAST;

    if (BN_num_bits(modulus) > RSA_MODULUS_BITS_MOST)
        return STATUS_LIMIT;
    if (BN_num_bits(modulus) < least || !BN_is_odd(modulus) ||
        !BN_is_odd(exponent) || BN_is_one(exponent) ||
        BN_num_bits(exponent) > RSA_EXPONENT_BITS_MOST)
        return STATUS_MALFORMED;
    return STATUS_OK;
}

static enum status make_rsa(struct ready *ready, const BIGNUM *modulus,
                            const BIGNUM *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    enum status status = STATUS_NO_MEMORY;

    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params != NULL)
        status = make_key(ready, "RSA", params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return status;
}

/* RFC 3110 section 2: exponent length in one octet, or 0 and two octets; exponent; modulus. */
static enum status parse_rsa(struct ready *ready, struct slice octets)
{
    struct cursor in = cursor_of(octets);
    size_t size = cursor_u8(&in);
    struct slice exponent, modulus;
    BIGNUM *n, *e;
    enum status status = STATUS_NO_MEMORY;

    if (size == 0)
        size = cursor_u16(&in);
    exponent = cursor_bytes(&in, size);
    modulus = cursor_rest(&in);
    if (cursor_failed(&in) || exponent.size == 0 || modulus.size == 0)
        return STATUS_MALFORMED;
    /* No number is made of a key whose octets alone are too many. */
    if (modulus.size > RSA_MODULUS_BITS_MOST / 8 + 1)
        return STATUS_LIMIT;
    if (exponent.size > RSA_MODULUS_BITS_MOST / 8)
        return STATUS_MALFORMED;
    n = BN_bin2bn(modulus.data, (int)modulus.size, NULL);
    e = BN_bin2bn(exponent.data, (int)exponent.size, NULL);
    if (n != NULL && e != NULL)
        status = check_rsa(ready->row->number, n, e);
    if (n != NULL && e != NULL && status == STATUS_OK)
        status = make_rsa(ready, n, e);
    BN_free(n);
    BN_free(e);
    return status;
}

/* RFC 6605 section 4: both coordinates, to which SEC 1 puts the octet 4 for "uncompressed". */
struct point {
    uint8_t octets[1 + 2 * FIELD_OCTETS_MOST];
};

static struct slice point_of(const struct public_key *key, struct point *storage)
{
    storage->octets[0] = 4;
    memcpy(storage->octets + 1, key->octets, key->octets_size);
    return slice_of(storage->octets, (size_t)1 + key->octets_size);
}

/* That the point lies on the curve is checked by OpenSSL. */
static enum status parse_ecdsa(const struct crypto *crypto, const struct public_key *key)
{
    struct point point;

    if (key->octets_size != 2 * key->row->field_octets)
        return STATUS_MALFORMED;
    return curve_check(crypto->curves[key->row - rows], point_of(key, &point));
}

/* RFC 8080 section 3: the key as RFC 8032 encodes it. */
static enum status parse_eddsa(struct ready *ready, struct slice octets)
{
    if (octets.size != ready->row->field_octets)
        return STATUS_MALFORMED;
    ready->key = EVP_PKEY_new_raw_public_key_ex(NULL, ready->row->key_type, NULL, octets.data,
                                              octets.size);
    return ready->key == NULL ? STATUS_MALFORMED : STATUS_OK;
}

/* The operation of which each verification takes a copy. */
static enum status make_ready(const struct crypto *crypto, struct ready *ready)
{
    if (ready->row->kind == KIND_EDDSA) {
        ready->over_octets = EVP_MD_CTX_new();
        return ready->over_octets != NULL &&
                       EVP_DigestVerifyInit_ex(ready->over_octets, NULL, NULL, NULL, NULL,
                                               ready->key, NULL) > 0
                   ? STATUS_OK
                   : STATUS_NO_MEMORY;
    }
    ready->over_hash = EVP_PKEY_CTX_new_from_pkey(NULL, ready->key, NULL);
    if (ready->over_hash == NULL || EVP_PKEY_verify_init(ready->over_hash) <= 0)
        return STATUS_NO_MEMORY;
    if (ready->row->kind == KIND_RSA &&
        EVP_PKEY_CTX_set_rsa_padding(ready->over_hash, RSA_PKCS1_PADDING) <= 0)
        return STATUS_NO_MEMORY;
    return EVP_PKEY_CTX_set_signature_md(ready->over_hash, crypto->hashes[ready->row->hash]) > 0
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

static void ready_free(struct ready *ready)
{
    if (ready == NULL)
        return;
    if (ready->kept != NULL)
        atomic_fetch_sub(ready->kept, 1);
    EVP_PKEY_CTX_free(ready->over_hash);
    EVP_MD_CTX_free(ready->over_octets);
    EVP_PKEY_free(ready->key);
    free(ready);
}

static enum status ready_new(const struct crypto *crypto, const struct algorithm_row *row,
                             struct slice octets, struct ready **out)
{
    struct ready *ready = calloc(1, sizeof(*ready));
    enum status status;

    if (ready == NULL)
        return STATUS_NO_MEMORY;
    ready->row = row;
    status = row->kind == KIND_RSA ? parse_rsa(ready, octets) : parse_eddsa(ready, octets);
    if (status == STATUS_OK)
        status = make_ready(crypto, ready);
    if (status == STATUS_OK)
        *out = ready;
    else
        ready_free(ready);
    return status;
}

static struct slice octets_of(const struct public_key *key)
{
    return slice_of(key->octets, key->octets_size);
}

static enum status parse(const struct crypto *crypto, struct public_key *key)
{
    struct ready *ready = NULL;
    enum status status;

    if (is_fake(crypto, key->row))
        return STATUS_OK;
    if (key->row->kind == KIND_ECDSA)
        return parse_ecdsa(crypto, key);
    status = ready_new(crypto, key->row, octets_of(key), &ready);
    atomic_init(&key->spare, ready);
    return status;
}

enum status public_key_new(const struct crypto *crypto, uint8_t algorithm, struct slice octets,
                           struct public_key **out)
{
    const struct algorithm_row *row = row_of(algorithm);
    struct public_key *key;
    enum status status;

    *out = NULL;
    if (row == NULL || !is_supported(crypto, row))
        return STATUS_NOT_FOUND;
    if (octets.size > UINT16_MAX)
        return STATUS_LIMIT;
    key = calloc(1, sizeof(*key));
    if (key == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&key->references, 1);
    key->octets = octets.data;
    key->octets_size = (uint16_t)octets.size;
    key->row = row;
    atomic_init(&key->uses, 0);
    atomic_init(&key->spare, NULL);
    atomic_init(&key->kept, NULL);
    status = parse(crypto, key);
    if (status == STATUS_OK) {
        *out = key;
        return STATUS_OK;
    }
    ERR_clear_error();
    public_key_unref(key);
    return status;
}

struct public_key *public_key_ref(struct public_key *key)
{
    atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
    return key;
}

void public_key_unref(struct public_key *key)
{
    if (key == NULL ||
        atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) != 1)
        return;
    ready_free(key->spare);
    ready_free(key->kept);
    free(key);
}

void public_key_move(struct public_key *key, struct slice octets)
{
    ASSERT(slice_equal(octets_of(key), octets));
    key->octets = octets.data;
}

size_t public_key_size_bytes(void)
{
    return sizeof(struct public_key);
}

unsigned crypto_keys_kept(const struct crypto *crypto)
{
    return crypto->kept;
}

/* ---- verifying ---- */

/* A non-negative INTEGER of DER, of octets most significant first. @return octets written. */
static size_t write_integer(uint8_t *out, const uint8_t *octets, size_t size)
{
    size_t lead;

    while (size > 1 && octets[0] == 0) {
        octets++;
        size--;
    }
    lead = octets[0] >= 0x80 ? 1 : 0; /* else it would read as negative */
    out[0] = 2;
    out[1] = (uint8_t)(size + lead);
    out[2] = 0;
    memcpy(out + 2 + lead, octets, size);
    return 2 + lead + size;
}

/* RFC 6605 section 4 has r and s side by side; OpenSSL wants a SEQUENCE of both. */
static size_t write_ecdsa(uint8_t out[2 + 2 * (3 + FIELD_OCTETS_MOST)], struct slice signature)
{
    size_t half = signature.size / 2, size = 2;

    size += write_integer(out + size, signature.data, half);
    size += write_integer(out + size, signature.data + half, half);
    out[0] = 0x30;
    out[1] = (uint8_t)(size - 2); /* at most 102: one octet of length */
    return size;
}

static enum status hash_octets(const struct crypto *crypto, const struct algorithm_row *row,
                               struct slice octets, uint8_t hash[EVP_MAX_MD_SIZE],
                               unsigned *size)
{
    return EVP_Digest(octets.data, octets.size, hash, size, crypto->hashes[row->hash], NULL)
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

static enum status verify_ecdsa(const struct crypto *crypto, const struct public_key *key,
                                struct slice octets, struct slice signature)
{
    uint8_t hash[EVP_MAX_MD_SIZE], der[2 + 2 * (3 + FIELD_OCTETS_MOST)];
    unsigned hash_size = 0;
    struct point point;

    if (signature.size != 2 * key->row->field_octets)
        return STATUS_MALFORMED;
    if (hash_octets(crypto, key->row, octets, hash, &hash_size) != STATUS_OK)
        return STATUS_NO_MEMORY;
    return curve_verify(crypto->curves[key->row - rows], point_of(key, &point),
                        slice_of(hash, hash_size), slice_of(der, write_ecdsa(der, signature)));
}

static enum status verify_hash(const struct crypto *crypto, const struct ready *ready,
                               struct slice octets, struct slice signature)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;
    EVP_PKEY_CTX *context;
    bool good;

    if (hash_octets(crypto, ready->row, octets, hash, &hash_size) != STATUS_OK)
        return STATUS_NO_MEMORY;
    context = EVP_PKEY_CTX_dup(ready->over_hash);
    if (context == NULL)
        return STATUS_NO_MEMORY;
    good = EVP_PKEY_verify(context, signature.data, signature.size, hash, hash_size) == 1;
    EVP_PKEY_CTX_free(context);
    return good ? STATUS_OK : STATUS_MALFORMED;
}

static enum status verify_octets(const struct ready *ready, struct slice octets,
                                 struct slice signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum status status = STATUS_NO_MEMORY;

    if (context != NULL && EVP_MD_CTX_copy_ex(context, ready->over_octets))
        status = EVP_DigestVerify(context, signature.data, signature.size, octets.data,
                                  octets.size) == 1
                     ? STATUS_OK
                     : STATUS_MALFORMED;
    EVP_MD_CTX_free(context);
    return status;
}

static enum status verify_ready(const struct crypto *crypto, const struct ready *ready,
                                struct slice octets, struct slice signature)
{
    return ready->row->kind == KIND_EDDSA ? verify_octets(ready, octets, signature)
                                          : verify_hash(crypto, ready, octets, signature);
}

/* It is for all others from now on, or for nobody. */
static void put_away(const struct crypto *crypto, struct public_key *key, struct ready *ready)
{
    unsigned uses = atomic_fetch_add_explicit(&key->uses, 1, memory_order_relaxed) + 1;
    atomic_uint *kept = &((struct crypto *)(uintptr_t)crypto)->kept;
    struct ready *none = NULL;

    if (uses >= USES_UNTIL_KEPT) {
        ready->kept = kept;
        if (atomic_fetch_add(kept, 1) < KEPT_MOST &&
            atomic_compare_exchange_strong(&key->kept, &none, ready))
            return;
    }
    ready_free(ready);
}

static enum status verify_with(const struct crypto *crypto, struct public_key *key,
                               struct slice octets, struct slice signature)
{
    struct ready *ready = atomic_load_explicit(&key->kept, memory_order_acquire);
    enum status status = STATUS_OK;

    if (ready != NULL)
        return verify_ready(crypto, ready, octets, signature);
    ready = atomic_exchange(&key->spare, NULL);
    if (ready == NULL)
        status = ready_new(crypto, key->row, octets_of(key), &ready);
    if (status != STATUS_OK)
        return STATUS_NO_MEMORY; /* it was a key when it was parsed */
    status = verify_ready(crypto, ready, octets, signature);
    put_away(crypto, key, ready);
    return status;
}

enum status public_key_verify(const struct crypto *crypto, const struct public_key *key,
                              struct slice octets, struct slice signature)
{
    enum status status;

    if (is_fake(crypto, key->row)) /* even a fake signature has octets */
        return signature.size == 0 ? STATUS_MALFORMED : STATUS_OK;
    if (key->row->kind == KIND_ECDSA)
        status = verify_ecdsa(crypto, key, octets, signature);
    else /* what is made ready of a key is not what it says */
        status = verify_with(crypto, (struct public_key *)(uintptr_t)key, octets, signature);
    if (status != STATUS_OK)
        ERR_clear_error(); /* the thread's list of OpenSSL errors would hold it for ever */
    return status;
}
