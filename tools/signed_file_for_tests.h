/*
 * signed_file_for_tests.h - certificates and CMS signatures of our own making, for tests.
 *
 * Included by *_test.c only. Each party has a key of its own, made anew in each run; what a
 * test wants to be wrong it says in how_certified.
 */
#ifndef TREESHREW_TOOLS_SIGNED_FILE_FOR_TESTS_H
#define TREESHREW_TOOLS_SIGNED_FILE_FOR_TESTS_H

#include <string.h>

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "util/arena.h"

struct party {
    EVP_PKEY *key;
    X509 *certificate;
};

struct how_certified {
    const char *name;        /* common name */
    const char *address;     /* e-mail address in the subject; NULL: none */
    const char *alternative; /* subjectAltName as "email:a@b" or "IP:127.0.0.1"; NULL: none */
    const char *uses;        /* extended key usage, such as "serverAuth"; NULL: unlimited */
    int64_t begin_s, end_s;  /* seconds since 1970 */
    bool is_ca;
};

static inline void party_extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    ASSERT(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static inline void party_name(X509_NAME *name, const char *field, const char *value)
{
    if (value != NULL)
        ASSERT(X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC,
                                          (const unsigned char *)value, -1, -1, 0) == 1);
}

/* @param issuer NULL: signed by itself. */
static inline void party_init(struct party *party, const struct party *issuer,
                              const struct how_certified *how)
{
    X509_NAME *name;
    X509 *certificate = X509_new();

    party->key = EVP_EC_gen("P-256");
    party->certificate = certificate;
    ASSERT(party->key != NULL && certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), how->is_ca ? 1 : 2);
    ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)how->begin_s);
    ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)how->end_s);
    ASSERT(X509_set_pubkey(certificate, party->key) == 1);
    name = X509_get_subject_name(certificate);
    party_name(name, "CN", how->name);
    party_name(name, "emailAddress", how->address);
    X509_set_issuer_name(
        certificate, X509_get_subject_name(issuer == NULL ? certificate : issuer->certificate));
    party_extend(certificate, NID_basic_constraints,
                 how->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    party_extend(certificate, NID_key_usage,
                 how->is_ca ? "critical,keyCertSign" : "critical,digitalSignature");
    if (how->alternative != NULL)
        party_extend(certificate, NID_subject_alt_name, how->alternative);
    if (how->uses != NULL)
        party_extend(certificate, NID_ext_key_usage, how->uses);
    ASSERT(X509_sign(certificate, issuer == NULL ? party->key : issuer->key, EVP_sha256()) > 0);
}

static inline void party_clear(struct party *party)
{
    X509_free(party->certificate);
    EVP_PKEY_free(party->key);
}

static inline struct slice bio_octets(BIO *bio, struct arena *arena)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    struct slice octets = arena_copy(arena, slice_of(data, (size_t)size));

    BIO_free(bio);
    return octets;
}

/* Their certificates in PEM, one behind the other. */
static inline struct slice party_pem(const struct party *const *parties, size_t count,
                                     struct arena *arena)
{
    BIO *bio = BIO_new(BIO_s_mem());

    for (size_t i = 0; i < count; i++)
        ASSERT(PEM_write_bio_X509(bio, parties[i]->certificate) == 1);
    return bio_octets(bio, arena);
}

/* A signature in DER. @param between sent along, to complete the chain; NULL: nothing. */
static inline struct slice party_sign(const struct party *party, const struct party *between,
                                      struct slice content, unsigned flags, struct arena *arena)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    BIO *in = BIO_new_mem_buf(content.data, (int)content.size), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms;

    if (between != NULL)
        sk_X509_push(chain, between->certificate);
    cms = CMS_sign(party->certificate, party->key, chain, in, flags | CMS_BINARY);
    ASSERT(cms != NULL && i2d_CMS_bio(out, cms) == 1);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    sk_X509_free(chain);
    return bio_octets(out, arena);
}

#endif
