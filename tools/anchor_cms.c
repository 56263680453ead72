/*
 * anchor_cms.c - CMS signatures by way of OpenSSL.
 */
#include "tools/anchor_cms.h"

#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* What is made on the way and taken back at the end. */
struct verification {
    const struct cms_check *check;
    struct arena *arena;
    const char **why;
    X509_STORE *store;
    CMS_ContentInfo *cms;
    BIO *content;
    STACK_OF(X509) * signers; /* the stack is ours, the certificates are not */
};

static enum status refuse(struct verification *verification, enum status status,
                          const char *why)
{
    *verification->why = why == NULL ? "out of memory" : why;
    return why == NULL ? STATUS_NO_MEMORY : status;
}

/* The last thing that OpenSSL complained about is the most telling; the queue is emptied. */
static const char *complaint(struct arena *arena, const char *words)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error), *data = "";
    int flags = 0;

    ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
    if ((flags & ERR_TXT_STRING) == 0 || data == NULL)
        data = "";
    words =
        arena_printf(arena, "%s: %s%s%s", words, reason == NULL ? "no reason given" : reason,
                     *data == '\0' ? "" : ": ", data);
    ERR_clear_error();
    return words;
}

static BIO *read_bio(struct slice octets)
{
    return BIO_new_mem_buf(octets.size == 0 ? "" : (const void *)octets.data, (int)octets.size);
}

/* ---- the three inputs ---- */

/* Certificates of the bundle that are not signed by themselves only help to build the chain. */
static enum status read_store(struct verification *verification)
{
    BIO *bio = read_bio(verification->check->ca);
    X509 *certificate = NULL;
    size_t count = 0;
    bool added = true;

    verification->store = X509_STORE_new();
    if (bio == NULL || verification->store == NULL) {
        BIO_free(bio);
        return refuse(verification, STATUS_NO_MEMORY, NULL);
    }
    while (added && count < CA_CERTIFICATES_MAX &&
           (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        added = X509_STORE_add_cert(verification->store, certificate) == 1;
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    ERR_clear_error(); /* the end of the file is an error to PEM_read_bio_X509 */
    if (!added)
        return refuse(verification, STATUS_NO_MEMORY, NULL);
    if (count == 0)
        return refuse(verification, STATUS_NOT_FOUND,
                      "there is no certificate in PEM to trust in");
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(verification->store),
                               (time_t)verification->check->wall_s);
    return STATUS_OK;
}

static enum status read_signature(struct verification *verification)
{
    BIO *bio = read_bio(verification->check->signature);
    bool is_whole;

    if (bio == NULL)
        return refuse(verification, STATUS_NO_MEMORY, NULL);
    verification->cms = d2i_CMS_bio(bio, NULL);
    is_whole = BIO_pending(bio) == 0;
    BIO_free(bio);
    if (verification->cms == NULL || !is_whole)
        return refuse(verification, STATUS_MALFORMED, "the signature is not CMS in DER");
    if (OBJ_obj2nid(CMS_get0_type(verification->cms)) != NID_pkcs7_signed)
        return refuse(verification, STATUS_MALFORMED, "the CMS message holds no signature");
    /* With content of its own it would be that which is signed, not our file. */
    if (CMS_is_detached(verification->cms) != 1)
        return refuse(verification, STATUS_MALFORMED, "the signature is not a detached one");
    if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(verification->cms)) > CMS_SIGNERS_MAX)
        return refuse(verification, STATUS_LIMIT, "too many signers");
    return STATUS_OK;
}

/* ---- the verdict ---- */

/* The defaults of CMS_verify are those of S/MIME: purpose smimesign, which asks for
 * emailProtection where a certificate limits its uses, and for a key that may sign. */
static enum status verify_signatures(struct verification *verification)
{
    verification->content = read_bio(verification->check->content);
    if (verification->content == NULL)
        return refuse(verification, STATUS_NO_MEMORY, NULL);
    if (CMS_verify(verification->cms, NULL, verification->store, verification->content, NULL,
                   CMS_BINARY) != 1)
        return refuse(verification, STATUS_MALFORMED,
                      complaint(verification->arena, "the signature is not good"));
    return STATUS_OK;
}

/* The CA signs certificates for other people, too. */
static enum status check_signers(struct verification *verification)
{
    const char *address = verification->check->signer;

    verification->signers = CMS_get0_signers(verification->cms);
    if (sk_X509_num(verification->signers) < 1)
        return refuse(verification, STATUS_MALFORMED, "nobody has signed");
    for (int i = 0; i < sk_X509_num(verification->signers); i++)
        if (X509_check_email(sk_X509_value(verification->signers, i), address, 0,
                             X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT) != 1)
            return refuse(verification, STATUS_MALFORMED,
                          arena_printf(verification->arena, "the signer is not %s", address));
    return STATUS_OK;
}

enum status anchor_cms_verify(const struct cms_check *check, struct arena *arena,
                              const char **why)
{
    struct verification verification = {.check = check, .arena = arena, .why = why};
    enum status status;

    *why = "";
    if (check->signature.size > CMS_SIZE_MAX || check->ca.size > CA_SIZE_MAX ||
        check->content.size > INT32_MAX)
        return refuse(&verification, STATUS_LIMIT, "the signature or the CA file is too large");
    status = read_store(&verification);
    if (status == STATUS_OK)
        status = read_signature(&verification);
    if (status == STATUS_OK)
        status = verify_signatures(&verification);
    if (status == STATUS_OK)
        status = check_signers(&verification);
    sk_X509_free(verification.signers);
    BIO_free(verification.content);
    CMS_ContentInfo_free(verification.cms);
    X509_STORE_free(verification.store);
    ERR_clear_error();
    return status;
}
