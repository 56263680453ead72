/*
 * checks.c - counts the signature checks of whatever program it is loaded into.
 *
 * Built by bench and put in front of OpenSSL and GnuTLS by LD_PRELOAD. The number stands in the
 * first eight octets of the file that BENCH_CHECKS names. Each function calls the library's own
 * one: nothing else changes. Those that resolvers use are here; one that is called by another
 * one of them does not count.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t *counted;
static _Thread_local unsigned depth;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("BENCH_CHECKS");
    int fd = path == NULL ? -1 : open(path, O_RDWR);
    void *page = fd == -1 ? MAP_FAILED
                          : mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (fd != -1)
        close(fd);
    if (page != MAP_FAILED)
        counted = page;
}

/* dlsym gives an object pointer; ISO C has no cast from it to a function. */
#define COUNT_CALLS(name, parameters, arguments)                                                         \
    int name parameters;                                                                                 \
    int name parameters                                                                                  \
    {                                                                                                    \
        int(*function) parameters;                                                                       \
        void *found = dlsym(RTLD_NEXT, #name);                                                           \
        int result;                                                                                      \
        memcpy(&function, &found, sizeof(function));                                                     \
        if (depth++ == 0 && counted != NULL)                                                             \
            atomic_fetch_add(counted, 1);                                                                \
        result = function arguments;                                                                     \
        depth--;                                                                                         \
        return result;                                                                                   \
    }

COUNT_CALLS(EVP_PKEY_verify,
            (void *context, const uint8_t *signature, size_t size, const uint8_t *octets, size_t count),
            (context, signature, size, octets, count))
COUNT_CALLS(EVP_DigestVerify,
            (void *context, const uint8_t *signature, size_t size, const uint8_t *octets, size_t count),
            (context, signature, size, octets, count))
COUNT_CALLS(EVP_DigestVerifyFinal, (void *context, const uint8_t *signature, size_t size),
            (context, signature, size))
COUNT_CALLS(EVP_VerifyFinal, (void *context, const uint8_t *signature, unsigned size, void *key),
            (context, signature, size, key))
COUNT_CALLS(ECDSA_do_verify, (const uint8_t *octets, int count, const void *signature, void *key),
            (octets, count, signature, key))
COUNT_CALLS(RSA_verify,
            (int kind, const uint8_t *octets, unsigned count, const uint8_t *signature, unsigned size,
             void *key),
            (kind, octets, count, signature, size, key))
COUNT_CALLS(gnutls_pubkey_verify_data2,
            (void *key, int algorithm, unsigned flags, const void *octets, const void *signature),
            (key, algorithm, flags, octets, signature))
COUNT_CALLS(gnutls_pubkey_verify_hash2,
            (void *key, int algorithm, unsigned flags, const void *octets, const void *signature),
            (key, algorithm, flags, octets, signature))
