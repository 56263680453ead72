/*
 * algo.h - the signature algorithms of DNSSEC as one table over OpenSSL, and parsed public
 * keys.
 *
 * Made once and shared by all threads: algorithms are fetched once, a parsed key verifies in
 * many threads at a time. Nothing here knows an RRset; sig.c says what octets are signed. RFC
 * 9904 says what is supported: 8, 10, 13, 14, 15, 16; 5 and 7 only by policy, all others are
 * unknown.
 */
#ifndef TREESHREW_VALIDATOR_ALGO_H
#define TREESHREW_VALIDATOR_ALGO_H

#include "util/bytes.h"

/* RFC 4034 appendix A.1 and the registry. */
enum algorithm {
    ALGORITHM_RSAMD5 = 1,
    ALGORITHM_DSA = 3,
    ALGORITHM_RSASHA1 = 5,
    ALGORITHM_DSA_NSEC3_SHA1 = 6,
    ALGORITHM_RSASHA1_NSEC3_SHA1 = 7,
    ALGORITHM_RSASHA256 = 8,
    ALGORITHM_RSASHA512 = 10,
    ALGORITHM_ECC_GOST = 12,
    ALGORITHM_ECDSAP256SHA256 = 13,
    ALGORITHM_ECDSAP384SHA384 = 14,
    ALGORITHM_ED25519 = 15,
    ALGORITHM_ED448 = 16
};

/**
 * What may differ between two resolvers. The fakes come from a test's hooks and never from a
 * configuration: signatures of algorithms 3 and 6 (and with fake_sha1 also 5 and 7) then count
 * as good, and the DS digest SHA-1 as supported.
 */
struct crypto_policy {
    bool sha1; /* algorithms 5 and 7 and the DS digest 1 are supported; else they mean insecure
                */
    bool fake_sha1, fake_dsa;
};

/** Fetched algorithms and the policy. Not changed once made; shared by threads. */
struct crypto;

/** @return NULL: no memory, or OpenSSL lacks what RFC 9904 demands. */
struct crypto *crypto_new(const struct crypto_policy *policy);
void crypto_free(struct crypto *crypto);

/** Keys of RSA and EdDSA of which OpenSSL's objects are kept, some 2,700 octets each; not many.
 */
unsigned crypto_keys_kept(const struct crypto *crypto);

/** False: data signed by nothing else is insecure, never bogus (RFC 4035 section 5.2). */
bool algo_is_supported(const struct crypto *crypto, uint8_t algorithm);

/**
 * What one verification counts for in COST_SIGNATURES: more where it takes several times as long as
 * those that zones mostly use (RSA, P-256, Ed25519). 1 for what is not supported.
 */
unsigned algo_weight(uint8_t algorithm);

/** "ECDSAP256SHA256"; NULL for a number without a name. For logs. */
const char *algo_name(uint8_t algorithm);

/** A set of numbers of supported algorithms; none of those has a number beyond 31. */
struct algo_set {
    uint32_t bits;
};

static inline void algo_set_add(struct algo_set *set, uint8_t algorithm)
{
    if (algorithm < 32)
        set->bits |= 1u << algorithm;
}

static inline bool algo_set_has(const struct algo_set *set, uint8_t algorithm)
{
    return algorithm < 32 && (set->bits >> algorithm & 1) != 0;
}

static inline bool algo_set_has_all(const struct algo_set *set, const struct algo_set *needed)
{
    return (needed->bits & ~set->bits) == 0;
}

/** A parsed public key, counted. */
struct public_key;

/**
 * Parses the public key field of a DNSKEY (RFC 3110, 6605, 8080), of which a view is kept: it
 * has to live as long as the key, or until public_key_move.
 *
 * RSA: modulus of 512 to 4096 bits (anything shorter proves nothing; with SHA-512 of 1024 at
 * least), odd; exponent odd, 3 at least, at most 64 bits and below the modulus.
 * @return STATUS_OK; STATUS_MALFORMED: a broken key, which no signature can be good for;
 *         STATUS_LIMIT: an RSA key over 4096 bits, refused like a broken one; STATUS_NOT_FOUND:
 * the algorithm is not supported; STATUS_NO_MEMORY.
 */
enum status public_key_new(const struct crypto *crypto, uint8_t algorithm, struct slice octets,
                           struct public_key **key);
struct public_key *public_key_ref(struct public_key *key);
void public_key_unref(struct public_key *key); /* NULL: nothing. Before crypto_free. */

/** The same octets live elsewhere from now on. As long as no other thread has the key. */
void public_key_move(struct public_key *key, struct slice octets);

/** Octets of a key. What is made ready of a few in addition (crypto_keys_kept) counts for none.
 */
size_t public_key_size_bytes(void);

/**
 * Is this the key's signature over these octets? Constant in work for one algorithm and key
 * size; whoever calls has taken COST_SIGNATURES from the budget.
 * @return STATUS_OK: good; STATUS_MALFORMED: bad; STATUS_NO_MEMORY: could not be told.
 */
enum status public_key_verify(const struct crypto *crypto, const struct public_key *key,
                              struct slice octets, struct slice signature);

/* ---- for digest.c only ---- */

enum hash_kind { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_KINDS };

/** The policy that it was made with. */
const struct crypto_policy *crypto_policy(const struct crypto *crypto);

/** An EVP_MD *; NULL: this OpenSSL does not have it. */
const void *crypto_hash(const struct crypto *crypto, enum hash_kind kind);

#endif
