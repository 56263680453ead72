/*
 * digest.c - DS digests and NSEC3 hashes over OpenSSL's hashes, fetched by algo.c.
 */
#include "validator/digest.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

static const struct digest_row {
    uint8_t type, size;
    enum hash_kind hash;
} rows[] = {
    {DIGEST_SHA1, 20, HASH_SHA1},
    {DIGEST_SHA256, 32, HASH_SHA256},
    {DIGEST_SHA384, 48, HASH_SHA384},
};

static const struct digest_row *row_of(uint8_t digest_type)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].type == digest_type)
            return &rows[i];
    return NULL;
}

bool digest_is_supported(const struct crypto *crypto, uint8_t digest_type)
{
    const struct crypto_policy *policy = crypto_policy(crypto);
    const struct digest_row *row = row_of(digest_type);

    if (row == NULL || crypto_hash(crypto, row->hash) == NULL)
        return false;
    return row->hash != HASH_SHA1 || policy->sha1 || policy->fake_sha1 || policy->fake_dsa;
}

size_t digest_size(uint8_t digest_type)
{
    const struct digest_row *row = row_of(digest_type);

    return row == NULL ? 0 : row->size;
}

enum status digest_ds(const struct crypto *crypto, uint8_t digest_type, struct dname owner,
                      struct slice dnskey, uint8_t out[DIGEST_MAX])
{
    const struct digest_row *row = row_of(digest_type);
    uint8_t storage[DNAME_MAX];
    struct dname lower = dname_store_lower(owner, storage);
    EVP_MD_CTX *context;
    bool good;

    if (row == NULL || !digest_is_supported(crypto, digest_type))
        return STATUS_NOT_FOUND;
    context = EVP_MD_CTX_new();
    good = context != NULL &&
           EVP_DigestInit_ex2(context, crypto_hash(crypto, row->hash), NULL) &&
           EVP_DigestUpdate(context, lower.wire, lower.size) &&
           EVP_DigestUpdate(context, dnskey.data, dnskey.size) &&
           EVP_DigestFinal_ex(context, out, NULL);
    EVP_MD_CTX_free(context);
    if (!good)
        ERR_clear_error();
    return good ? STATUS_OK : STATUS_NO_MEMORY;
}

/* FIPS 180-4 section 5.1.1: one octet and eight of length are added, then filled up to 64. */
static uint32_t blocks(size_t octets)
{
    return (uint32_t)((octets + 1 + 8 + 63) / 64);
}

uint32_t nsec3_hash_blocks(struct dname name, size_t salt_size, uint16_t iterations)
{
    return blocks(name.size + salt_size) + iterations * blocks(NSEC3_HASH_SIZE + salt_size);
}

/* RFC 5155 section 5: IH(0) = H(name | salt), IH(k) = H(IH(k-1) | salt). */
enum status nsec3_hash(const struct crypto *crypto, struct dname name, struct slice salt,
                       uint16_t iterations, uint8_t out[NSEC3_HASH_SIZE])
{
    const EVP_MD *sha1 = crypto_hash(crypto, HASH_SHA1);
    uint8_t storage[DNAME_MAX];
    struct dname lower = dname_store_lower(name, storage);
    struct slice octets = slice_of(lower.wire, lower.size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL;

    for (unsigned i = 0; good && i <= iterations; i++) {
        good = EVP_DigestInit_ex2(context, sha1, NULL) &&
               EVP_DigestUpdate(context, octets.data, octets.size) &&
               (salt.size == 0 || EVP_DigestUpdate(context, salt.data, salt.size)) &&
               EVP_DigestFinal_ex(context, out, NULL);
        octets = slice_of(out, NSEC3_HASH_SIZE);
    }
    EVP_MD_CTX_free(context);
    if (!good)
        ERR_clear_error();
    return good ? STATUS_OK : STATUS_NO_MEMORY;
}
