/*
 * tls_test.c - connections over TLS to a server in another thread, with a certificate made
 * here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "services/net/net_bench_test.h"

struct server {
    SSL_CTX *context;
    int listening;
    struct addr served;
    pthread_t thread;
    char bundle[64]; /* file with the certificate */
};

static X509 *new_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:dns.example,IP:127.0.0.1");

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                               0);
    X509_set_issuer_name(certificate, name);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

/* Takes one connection, sends back what it reads in capitals, until the client leaves. */
static void *serve(void *context)
{
    struct server *server = context;
    int fd = accept(server->listening, NULL, NULL);
    SSL *ssl = SSL_new(server->context);
    char octets[64];
    int size;

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        while ((size = SSL_read(ssl, octets, sizeof(octets))) > 0) {
            for (int i = 0; i < size; i++)
                octets[i] &= ~0x20;
            SSL_write(ssl, octets, size);
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
    ERR_clear_error();
    return NULL;
}

static int setup(void **state)
{
    struct server *server = calloc(1, sizeof(*server));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct addr bound = loopback(0);
    struct sock_wishes wishes = {.reuse_port = false};
    X509 *certificate;
    FILE *file;
    int fd;

    if (server == NULL || key == NULL)
        return -1;
    certificate = new_certificate(key);
    snprintf(server->bundle, sizeof(server->bundle), "/tmp/tls_test.XXXXXX");
    fd = mkstemp(server->bundle);
    file = fd != -1 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return -1;
    PEM_write_X509(file, certificate);
    fclose(file);
    server->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(server->context, certificate);
    SSL_CTX_use_PrivateKey(server->context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    server->listening = sock_listen(&bound, SOCK_STREAM, &wishes);
    server->served = sock_name(server->listening);
    (void)fcntl(server->listening, F_SETFL, 0); /* the server's thread may wait */
    *state = server;
    return pthread_create(&server->thread, NULL, serve, server) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    struct server *server = *state;

    pthread_join(server->thread, NULL);
    close(server->listening);
    SSL_CTX_free(server->context);
    unlink(server->bundle);
    free(server);
    return 0;
}

struct call {
    struct stream_waiter waiter;
    unsigned opened, ended;
    unsigned received; /* octets */
    int error;
    char octets[64];
};

static void opened(struct stream_waiter *waiter)
{
    CONTAINER_OF(waiter, struct call, waiter)->opened++;
}

static void received(struct stream_waiter *waiter, struct slice bytes)
{
    struct call *call = CONTAINER_OF(waiter, struct call, waiter);

    assert_true(bytes.size < sizeof(call->octets) - call->received);
    memcpy(call->octets + call->received, bytes.data, bytes.size);
    call->received += (unsigned)bytes.size;
}

static void closed(struct stream_waiter *waiter, int error)
{
    struct call *call = CONTAINER_OF(waiter, struct call, waiter);

    call->ended++;
    call->error = error;
}

/* Connects with that name, and says a word when the certificate was good. */
static struct call call_up(struct server *server, const char *name, bool trust)
{
    struct call call = {.waiter = {opened, received, closed, NULL}};
    struct loop_limits limits = {.tls_bundle = trust ? server->bundle : NULL};
    struct loop *loop = loop_new(&limits);
    struct world *world = loop_world(loop);

    assert_non_null(loop);
    assert_int_equal(world->connect(world, &server->served, NULL, name, &call.waiter),
                     STATUS_OK);
    for (int i = 0; i < WAIT_MS && call.opened + call.ended == 0; i++)
        run_for(loop, 1);
    if (call.opened > 0) {
        assert_int_equal(world->write(world, &call.waiter, slice_of("hello", 5)), STATUS_OK);
        assert_true(run_until(loop, &call.received, 5));
        assert_memory_equal(call.octets, "HELLO", 5);
    }
    world->close(world, &call.waiter);
    loop_free(loop);
    return call;
}

static void the_right_name(void **state)
{
    struct call call = call_up(*state, "dns.example", true);

    assert_int_equal(call.opened, 1);
    assert_int_equal(call.ended, 0);
}

static void an_address_for_a_name(void **state)
{
    assert_int_equal(call_up(*state, "127.0.0.1", true).opened, 1);
}

/* RFC 8310 section 5: strict means that a wrong name is no connection. */
static void the_wrong_name(void **state)
{
    struct call call = call_up(*state, "other.example", true);

    assert_int_equal(call.opened, 0);
    assert_int_equal(call.ended, 1);
    assert_int_equal(call.error, EPROTO);
}

static void a_certificate_of_nobody(void **state)
{
    struct call call = call_up(*state, "dns.example", false);

    assert_int_equal(call.opened, 0);
    assert_int_equal(call.error, EPROTO);
}

/* Opportunistic: encrypted, to whomever. */
static void no_name_no_questions(void **state)
{
    assert_int_equal(call_up(*state, "", false).opened, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_right_name),          T(an_address_for_a_name), T(the_wrong_name),
        T(a_certificate_of_nobody), T(no_name_no_questions),
    };

    signal(SIGPIPE, SIG_IGN); /* as the daemon does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
