/*
 * digest.h - digests of DS records, and the hash of NSEC3.
 *
 * Whoever calls has taken the cost from the budget before: COST_DIGESTS for a DS digest,
 * COST_HASH_BLOCKS for as many blocks as nsec3_hash_blocks says.
 */
#ifndef TREESHREW_VALIDATOR_DIGEST_H
#define TREESHREW_VALIDATOR_DIGEST_H

#include "util/wire/dname.h"
#include "validator/algo.h"

/* RFC 4034 appendix A.2, RFC 4509, RFC 6605. */
enum digest_type { DIGEST_SHA1 = 1, DIGEST_SHA256 = 2, DIGEST_GOST = 3, DIGEST_SHA384 = 4 };

enum { DIGEST_MAX = 48, NSEC3_HASH_SIZE = 20, NSEC3_HASH_SHA1 = 1 };

/** 2 and 4; 1 by policy (or with the fakes). */
bool digest_is_supported(const struct crypto *crypto, uint8_t digest_type);

/** Octets of that digest, 0 for an unknown type. */
size_t digest_size(uint8_t digest_type);

/**
 * The digest of a DS record (RFC 4034 section 5.1.4): over owner in canonical form and DNSKEY
 * rdata.
 * @param out digest_size(digest_type) octets.
 * @return STATUS_OK; STATUS_NOT_FOUND: not supported; STATUS_NO_MEMORY.
 */
enum status digest_ds(const struct crypto *crypto, uint8_t digest_type, struct dname owner,
                      struct slice dnskey, uint8_t out[DIGEST_MAX]);

/** SHA-1 blocks (of 64 octets) that hashing this name takes: all of its iterations. */
uint32_t nsec3_hash_blocks(struct dname name, size_t salt_size, uint16_t iterations);

/**
 * The hashed owner name (RFC 5155 section 5); the name is taken in lower case.
 * @return STATUS_OK; STATUS_NO_MEMORY.
 */
enum status nsec3_hash(const struct crypto *crypto, struct dname name, struct slice salt,
                       uint16_t iterations, uint8_t out[NSEC3_HASH_SIZE]);

#endif
