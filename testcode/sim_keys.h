/*
 * sim_keys.h - keys of simulated zones: made from a number, and real signatures by them.
 *
 * Used by sim_signing.c (which zone has which keys) and sim_sign.c (what they sign). The same
 * key gives the same signature for the same octets in each run: Ed25519, Ed448 and RSA are made
 * that way, for ECDSA the nonce is a hash of key and octets. RSA keys are short, for speed:
 * nobody has to be kept from breaking them.
 */
#ifndef TREESHREW_TESTCODE_SIM_KEYS_H
#define TREESHREW_TESTCODE_SIM_KEYS_H

#include "testcode/sim_random.h"
#include "util/arena.h"
#include "util/wire/dname.h"

enum { SIM_SIGNATURE_MAX = 128 };

/* An algorithm out of the range that anybody will ever know (RFC 4034 appendix A.1.1). */
enum { SIM_ALGORITHM_UNKNOWN = 199 };

struct sim_secret;

struct sim_key {
    uint8_t algorithm;
    uint16_t flags, tag;
    struct slice rdata;        /* of its DNSKEY, in the arena */
    struct sim_secret *secret; /* NULL: an algorithm that nobody knows */
};

/** One of the algorithms that every validator knows (RFC 9904); the cheap ones more often. */
uint8_t sim_algorithm(struct sim_random *random);

/**
 * @param number of the keys of one net each has another.
 * @param flags  of DNSKEY: DNSKEY_ZONE, DNSKEY_SEP, DNSKEY_REVOKE.
 * @return false: no memory.
 */
bool sim_key_make(struct sim_key *key, struct arena *arena, unsigned number, uint8_t algorithm,
                  uint16_t flags);
void sim_key_clear(struct sim_key *key);

/** @return octets of the signature; 0: no memory. */
size_t sim_key_sign(const struct sim_key *key, struct slice octets,
                    uint8_t out[SIM_SIGNATURE_MAX]);

/** The rdata of a DS record for the key. data NULL: no memory. @param digest_type one that
 *  nobody knows gives octets of chance. */
struct slice sim_key_ds(const struct sim_key *key, struct dname zone, uint8_t digest_type,
                        struct arena *arena);

#endif
