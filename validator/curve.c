/*
 * curve.c - verifying ECDSA for many keys of one curve with few objects of OpenSSL.
 *
 * Called by algo.c, from any thread. A bench is a key of the curve and an operation over it.
 * Who verifies takes one that is idle, or makes one, so that there come to be as many as
 * threads verify at a time. Neither lock nor waiting; OpenSSL's errors are the caller's to
 * clear.
 */
#include "validator/curve.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

enum { IDLE_MAX = 32, GROUP_NAME_MAX = 16 };

struct bench {
    EVP_PKEY *key;
    EVP_PKEY_CTX *operation;
};

struct curve {
    char group[GROUP_NAME_MAX];
    const EVP_MD *hash;
    _Atomic(struct bench *) idle[IDLE_MAX];
};

struct curve *curve_new(const char *group, const void *hash)
{
    struct curve *curve = calloc(1, sizeof(*curve));

    if (curve == NULL)
        return NULL;
    ASSERT(strlen(group) < sizeof(curve->group));
    strcpy(curve->group, group);
    curve->hash = hash;
    for (size_t i = 0; i < IDLE_MAX; i++)
        atomic_init(&curve->idle[i], NULL);
    return curve;
}

static void bench_free(struct bench *bench)
{
    if (bench == NULL)
        return;
    EVP_PKEY_CTX_free(bench->operation);
    EVP_PKEY_free(bench->key);
    free(bench);
}

void curve_free(struct curve *curve)
{
    if (curve == NULL)
        return;
    for (size_t i = 0; i < IDLE_MAX; i++)
        bench_free(curve->idle[i]);
    free(curve);
}

static EVP_PKEY *make_key(struct curve *curve, struct slice point)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.data,
                                          point.size),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;

    if (context != NULL && EVP_PKEY_fromdata_init(context) > 0)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* OpenSSL's own answer does not tell lack of memory from a point that is none: taken as the
 * latter. */
static enum status bench_new(struct curve *curve, struct slice point, struct bench **out)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    enum status status = STATUS_NO_MEMORY;

    if (bench == NULL)
        return STATUS_NO_MEMORY;
    bench->key = make_key(curve, point);
    if (bench->key == NULL) {
        status = STATUS_MALFORMED;
    } else {
        bench->operation = EVP_PKEY_CTX_new_from_pkey(NULL, bench->key, NULL);
        if (bench->operation != NULL && EVP_PKEY_verify_init(bench->operation) > 0 &&
            EVP_PKEY_CTX_set_signature_md(bench->operation, curve->hash) > 0)
            status = STATUS_OK;
    }
    *out = bench;
    if (status != STATUS_OK)
        bench_free(bench);
    return status;
}

static void give_back(struct curve *curve, struct bench *bench)
{
    for (size_t i = 0; i < IDLE_MAX; i++) {
        struct bench *none = NULL;

        if (atomic_compare_exchange_strong(&curve->idle[i], &none, bench))
            return;
    }
    bench_free(bench);
}

/* One that holds this point and is the caller's until it gives it back. That the point lies on
 * the curve is checked by OpenSSL whenever it is set. */
static enum status take(struct curve *curve, struct slice point, struct bench **out)
{
    struct bench *bench = NULL;

    for (size_t i = 0; i < IDLE_MAX && bench == NULL; i++)
        if (atomic_load_explicit(&curve->idle[i], memory_order_relaxed) != NULL)
            bench = atomic_exchange(&curve->idle[i], NULL);
    if (bench == NULL)
        return bench_new(curve, point, out);
    *out = bench;
    if (EVP_PKEY_set1_encoded_public_key(bench->key, point.data, point.size) > 0)
        return STATUS_OK;
    give_back(curve, bench);
    return STATUS_MALFORMED;
}

enum status curve_check(struct curve *curve, struct slice point)
{
    struct bench *bench;
    enum status status = take(curve, point, &bench);

    if (status == STATUS_OK)
        give_back(curve, bench);
    return status;
}

enum status curve_verify(struct curve *curve, struct slice point, struct slice hash,
                         struct slice signature)
{
    struct bench *bench;
    enum status status = take(curve, point, &bench);

    if (status != STATUS_OK) /* it was a point when it was checked */
        return STATUS_NO_MEMORY;
    status = EVP_PKEY_verify(bench->operation, signature.data, signature.size, hash.data,
                             hash.size) == 1
                 ? STATUS_OK
                 : STATUS_MALFORMED;
    give_back(curve, bench);
    return status;
}
