/*
 * sim_keys.c - keys out of numbers, over OpenSSL.
 *
 * Signing is written here a second time and not shared with the validator, which only verifies.
 */
#include "testcode/sim_keys.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "validator/digest.h"
#include "validator/zone_keys.h"

enum {
    RSA_EXPONENT = 65537,
    P256_OCTETS = 32,
    P256_POINT = 1 + 2 * P256_OCTETS,
    EDDSA_SECRET_MAX = 57,
    KEY_OCTETS_MAX = 160
};

struct sim_secret {
    EVP_PKEY *key;   /* RSA, EdDSA */
    EC_GROUP *group; /* ECDSA */
    BIGNUM *scalar;
};

/* ---- RSA: two primes of a table make a key ---- */

static const char *const primes_256[] = {
    "C0E5F268AA83CDE838605CC4A008710D89FBB06859CB192EEAB44C1D72CE4655",
    "EEB089C5F540BB80F38174E150337B7ABAA85F8FAFDA918839A16314F7A12EB5",
    "F5555AF508BBB4623D37A5D9DA7E103C8D8A6B0DE5FC0D7E9F31406AA2463901",
    "E3D7CFDBBD66C913A157B85B980BD88969873E277649D7F23D6729EC983A4F1F",
    "F2CB6366A3A2AF8900B581E3180D9E0F41E3AA82672393982FB24A8E33D72257",
    "CCBD00D2D5AD3E5FCFEDA2746C3B65D6FE73C06D8E4D67DF6E1F8A2A4785DE2D",
    "CBE4D013BEF7ED101362C28AA674D3A9D58EEE08E3E98352BB9E3FBA9226CD29",
    "EC0DFA456DCA982F411D84D6D2306895BA71C1B699E303CAAAE3EB5C1D012355",
    "CCEC5137875CDB9E8B1C7AC194662C18E07ECEE8B102C652D633D36531CF668D",
    "D8B46C94A29EE8A7629DC56A1932DFD8632EF048CA8D4165C75012CAE9822B61",
    "CB0B1C247AB06ACF8CF223548280878B8AD4506B14ADD14353E7165F7B80131B",
    "C3DC3B20AA6053D3832C7F340374C5E661593E9FA965B31447D4FE4B68E59205",
};

/* RFC 5702 section 2.2: with SHA-512 nothing shorter counts. */
static const char *const primes_512[] = {
    "F5E05794963EAA05A7913380D6F82874843C716E534BBAABBEBBC1279F987943"
    "B38451E54DE9A1E9618234086A90B0D92BFADCAE5C1298AF7FF3CBA74C84E29D",
    "C0E688D3A694A27BADAAB9EBE2230EA6DB669A9FD57AF41163756CA495AA1492"
    "08E3D2F9D74566B0EA249427E87F79E6B4AB4EC145B98DAD495A38B033B1AB57",
    "C59FA5A7E4E3DF14787195F7B0045CB47765984A00D9FCCEFC7D8E4EB1D11204"
    "8991D967A0E59FCC5549221112FAD56ADA0CD8EC67288B046D58969B287ECF47",
    "FADDF6FFD63F44DC30370D8F8FD953FA412FF098DBD28608ED70792E722D3A10"
    "F758607AF2FAA93D5F142F05919DFD47CF54CAF375146E5795541F63B10FE2B3",
    "CDC77FDB8B7E5DABD3951897372543E5E0701D96A51B08E82D634519F8F5587E"
    "D23DFBDFC302259BBD20C085A5DF127D7D06ABE839CDE1CEFA8EEF86DD0AD007",
    "C6570CA103004AB26089622822F05F9F1ED2E9B53731476E9E8F82282934A2EA"
    "279A073CEDE666B3C0EC4477F1192ADDAB06CC9B21B17039CBA40F2F9FEA86BD",
    "E05947967060D226D9B83B346F3B58FD93952A601EA460CEF57AD1F20CBD5EEF"
    "0A8A11D82DAEDD36A4D53B6A9767C4C8754BACB9BDE8FCA9537E40B80D9F748D",
};

/* The number'th pair of different primes. */
static void choose_pair(unsigned number, unsigned count, unsigned *a, unsigned *b)
{
    number %= count * (count - 1) / 2;
    for (*a = 0; number >= count - 1 - *a; ++*a)
        number -= count - 1 - *a;
    *b = *a + 1 + number;
}

struct rsa_numbers {
    BIGNUM *p, *q, *n, *e, *d, *phi;
};

static bool make_numbers(struct rsa_numbers *numbers, const char *p, const char *q)
{
    BN_CTX *context = BN_CTX_new();
    bool good;

    numbers->n = BN_new();
    numbers->e = BN_new();
    numbers->d = BN_new();
    numbers->phi = BN_new();
    good = context != NULL && numbers->n != NULL && numbers->e != NULL && numbers->d != NULL &&
           numbers->phi != NULL && BN_hex2bn(&numbers->p, p) && BN_hex2bn(&numbers->q, q) &&
           BN_mul(numbers->n, numbers->p, numbers->q, context) && BN_sub_word(numbers->p, 1) &&
           BN_sub_word(numbers->q, 1) &&
           BN_mul(numbers->phi, numbers->p, numbers->q, context) &&
           BN_set_word(numbers->e, RSA_EXPONENT) &&
           BN_mod_inverse(numbers->d, numbers->e, numbers->phi, context) != NULL;
    BN_CTX_free(context);
    return good;
}

static void clear_numbers(struct rsa_numbers *numbers)
{
    BN_free(numbers->p);
    BN_free(numbers->q);
    BN_free(numbers->n);
    BN_free(numbers->e);
    BN_free(numbers->d);
    BN_free(numbers->phi);
}

static EVP_PKEY *key_of_numbers(const struct rsa_numbers *numbers)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, numbers->n) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, numbers->e) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, numbers->d))
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params != NULL && context != NULL && EVP_PKEY_fromdata_init(context) > 0)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* RFC 3110 section 2. */
static bool make_rsa(struct sim_secret *secret, unsigned number, bool longer, struct sink *out)
{
    const char *const *table = longer ? primes_512 : primes_256;
    unsigned count = longer ? COUNT(primes_512) : COUNT(primes_256), a, b;
    struct rsa_numbers numbers = {0};
    bool good;

    choose_pair(number, count, &a, &b);
    good = make_numbers(&numbers, table[a], table[b]) &&
           (secret->key = key_of_numbers(&numbers)) != NULL;
    if (good) {
        int size = BN_num_bytes(numbers.n);

        sink_u8(out, 3);
        sink_u8(out, RSA_EXPONENT >> 16);
        sink_u16(out, RSA_EXPONENT & 0xffff);
        if (out->size - out->used >= (size_t)size)
            out->used += (size_t)BN_bn2bin(numbers.n, out->base + out->used);
    }
    clear_numbers(&numbers);
    return good;
}

/* ---- the other kinds ---- */

static void fill(uint8_t *octets, size_t size, unsigned number, uint8_t algorithm)
{
    struct sim_random random = sim_random_of(number, algorithm);

    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)sim_random_next(&random);
}

static bool make_eddsa(struct sim_secret *secret, unsigned number, uint8_t algorithm,
                       struct sink *out)
{
    bool is_448 = algorithm == ALGORITHM_ED448;
    uint8_t octets[EDDSA_SECRET_MAX];
    size_t size = is_448 ? EDDSA_SECRET_MAX : 32;

    fill(octets, size, number, algorithm);
    secret->key = EVP_PKEY_new_raw_private_key(is_448 ? EVP_PKEY_ED448 : EVP_PKEY_ED25519, NULL,
                                               octets, size);
    if (secret->key == NULL ||
        EVP_PKEY_get_raw_public_key(secret->key, out->base + out->used, &size) != 1)
        return false;
    out->used += size;
    return true;
}

/* RFC 6605 section 4. */
static bool make_ecdsa(struct sim_secret *secret, unsigned number, struct sink *out)
{
    uint8_t octets[P256_OCTETS], point[P256_POINT];
    EC_POINT *public_point;
    bool good;

    fill(octets, sizeof(octets), number, ALGORITHM_ECDSAP256SHA256);
    octets[0] &= 0x7f; /* below the order */
    secret->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    secret->scalar = BN_bin2bn(octets, sizeof(octets), NULL);
    public_point = secret->group == NULL ? NULL : EC_POINT_new(secret->group);
    good = public_point != NULL && secret->scalar != NULL &&
           EC_POINT_mul(secret->group, public_point, secret->scalar, NULL, NULL, NULL) &&
           EC_POINT_point2oct(secret->group, public_point, POINT_CONVERSION_UNCOMPRESSED, point,
                              sizeof(point), NULL) == sizeof(point);
    EC_POINT_free(public_point);
    sink_bytes(out, slice_of(point + 1, sizeof(point) - 1));
    return good;
}

uint8_t sim_algorithm(struct sim_random *random)
{
    uint32_t kind = sim_below(random, 100);

    if (kind < 60)
        return ALGORITHM_RSASHA256;
    if (kind < 72)
        return ALGORITHM_RSASHA512;
    if (kind < 86)
        return ALGORITHM_ED25519;
    return kind < 99 ? ALGORITHM_ECDSAP256SHA256 : ALGORITHM_ED448;
}

static bool make_secret(struct sim_key *key, unsigned number, struct sink *out)
{
    struct sim_secret *secret;

    if (key->algorithm == SIM_ALGORITHM_UNKNOWN || key->algorithm == ALGORITHM_RSASHA1) {
        fill(out->base + out->used, 64, number, key->algorithm);
        out->base[out->used] = 3; /* of RSA/SHA-1 it looks like a key */
        out->used += 64;
        return true;
    }
    secret = key->secret = calloc(1, sizeof(*secret));
    if (secret == NULL)
        return false;
    switch (key->algorithm) {
    case ALGORITHM_RSASHA256: return make_rsa(secret, number, false, out);
    case ALGORITHM_RSASHA512: return make_rsa(secret, number, true, out);
    case ALGORITHM_ECDSAP256SHA256: return make_ecdsa(secret, number, out);
    default: return make_eddsa(secret, number, key->algorithm, out);
    }
}

bool sim_key_make(struct sim_key *key, struct arena *arena, unsigned number, uint8_t algorithm,
                  uint16_t flags)
{
    struct sink out = sink_of(arena_bytes(arena, KEY_OCTETS_MAX), KEY_OCTETS_MAX);

    *key = (struct sim_key){.algorithm = algorithm, .flags = flags};
    if (out.base == NULL)
        return false;
    sink_u16(&out, flags);
    sink_u8(&out, DNSKEY_PROTOCOL);
    sink_u8(&out, algorithm);
    if (!make_secret(key, number, &out))
        return false;
    key->rdata = sink_written(&out);
    key->tag = dnskey_tag(key->rdata);
    return true;
}

void sim_key_clear(struct sim_key *key)
{
    if (key->secret == NULL)
        return;
    EVP_PKEY_free(key->secret->key);
    EC_GROUP_free(key->secret->group);
    BN_free(key->secret->scalar);
    free(key->secret);
    key->secret = NULL;
}

/* ---- signing ---- */

static size_t sign_rsa(const struct sim_key *key, struct slice octets, uint8_t *out)
{
    const EVP_MD *hash = key->algorithm == ALGORITHM_RSASHA256 ? EVP_sha256() : EVP_sha512();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->secret->key, NULL);
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t size = SIM_SIGNATURE_MAX;
    unsigned digest_size;

    if (context == NULL ||
        !EVP_Digest(octets.data, octets.size, digest, &digest_size, hash, NULL) ||
        EVP_PKEY_sign_init(context) <= 0 || EVP_PKEY_CTX_set_signature_md(context, hash) <= 0 ||
        EVP_PKEY_sign(context, out, &size, digest, digest_size) <= 0)
        size = 0;
    EVP_PKEY_CTX_free(context);
    return size;
}

static size_t sign_eddsa(const struct sim_key *key, struct slice octets, uint8_t *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = SIM_SIGNATURE_MAX;

    if (context == NULL ||
        EVP_DigestSignInit(context, NULL, NULL, NULL, key->secret->key) != 1 ||
        EVP_DigestSign(context, out, &size, octets.data, octets.size) != 1)
        size = 0;
    EVP_MD_CTX_free(context);
    return size;
}

/* SEC 1 section 4.1.3 with the nonce out of key and digest. @param k, r, s room for numbers. */
static bool compute_ecdsa(const struct sim_secret *secret, const uint8_t *digest, BIGNUM *k,
                          BIGNUM *r, BIGNUM *s, BN_CTX *context)
{
    const BIGNUM *order = EC_GROUP_get0_order(secret->group);
    EC_POINT *point = EC_POINT_new(secret->group);
    uint8_t both[2 * P256_OCTETS], nonce[EVP_MAX_MD_SIZE];
    bool good = point != NULL && BN_bn2binpad(secret->scalar, both, P256_OCTETS) > 0;

    memcpy(both + P256_OCTETS, digest, P256_OCTETS);
    good = good && EVP_Digest(both, sizeof(both), nonce, NULL, EVP_sha256(), NULL) &&
           BN_bin2bn(nonce, P256_OCTETS, k) != NULL && BN_nnmod(k, k, order, context) &&
           EC_POINT_mul(secret->group, point, k, NULL, NULL, context) &&
           EC_POINT_get_affine_coordinates(secret->group, point, r, NULL, context) &&
           BN_nnmod(r, r, order, context) && BN_mod_inverse(k, k, order, context) != NULL &&
           BN_mod_mul(s, r, secret->scalar, order, context);
    EC_POINT_free(point);
    return good;
}

static size_t sign_ecdsa(const struct sim_key *key, struct slice octets, uint8_t *out)
{
    const struct sim_secret *secret = key->secret;
    const BIGNUM *order = EC_GROUP_get0_order(secret->group);
    BN_CTX *context = BN_CTX_new();
    BIGNUM *k = BN_new(), *r = BN_new(), *s = BN_new(), *z = BN_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    bool good = context != NULL && k != NULL && r != NULL && s != NULL && z != NULL;

    good = good && EVP_Digest(octets.data, octets.size, digest, NULL, EVP_sha256(), NULL) &&
           BN_bin2bn(digest, P256_OCTETS, z) != NULL &&
           compute_ecdsa(secret, digest, k, r, s, context) &&
           BN_mod_add(s, s, z, order, context) && BN_mod_mul(s, s, k, order, context) &&
           BN_bn2binpad(r, out, P256_OCTETS) > 0 &&
           BN_bn2binpad(s, out + P256_OCTETS, P256_OCTETS) > 0;
    BN_free(k);
    BN_free(r);
    BN_free(s);
    BN_free(z);
    BN_CTX_free(context);
    return good ? 2 * P256_OCTETS : 0;
}

size_t sim_key_sign(const struct sim_key *key, struct slice octets,
                    uint8_t out[SIM_SIGNATURE_MAX])
{
    if (key->secret == NULL) {
        fill(out, 64, key->tag, key->algorithm);
        return 64;
    }
    switch (key->algorithm) {
    case ALGORITHM_RSASHA256:
    case ALGORITHM_RSASHA512: return sign_rsa(key, octets, out);
    case ALGORITHM_ECDSAP256SHA256: return sign_ecdsa(key, octets, out);
    default: return sign_eddsa(key, octets, out);
    }
}

/* RFC 4034 section 5.1.4. */
struct slice sim_key_ds(const struct sim_key *key, struct dname zone, uint8_t digest_type,
                        struct arena *arena)
{
    const EVP_MD *hash = digest_type == DIGEST_SHA1     ? EVP_sha1()
                         : digest_type == DIGEST_SHA384 ? EVP_sha384()
                                                        : EVP_sha256();
    size_t room = DNAME_MAX + key->rdata.size;
    struct sink octets = sink_of(arena_bytes(arena, room), room);
    struct sink out = sink_of(arena_bytes(arena, 4 + DIGEST_MAX), 4 + DIGEST_MAX);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (octets.base == NULL || out.base == NULL)
        return slice_of(NULL, 0);
    dname_write_lower(&octets, zone);
    sink_bytes(&octets, key->rdata);
    if (!EVP_Digest(octets.base, octets.used, digest, &size, hash, NULL))
        return slice_of(NULL, 0);
    sink_u16(&out, key->tag);
    sink_u8(&out, key->algorithm);
    sink_u8(&out, digest_type);
    sink_bytes(&out, slice_of(digest, size));
    return sink_written(&out);
}
