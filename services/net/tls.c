/*
 * tls.c - TLS to servers, with OpenSSL's session driven by our loop.
 *
 * Called by dial.c only. No memory BIOs: the library reads and writes the socket itself and
 * says what it waits for. Errors of one connection are taken off OpenSSL's queue, so that they
 * are not seen as errors of the next.
 */
#include "services/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct tls_client {
    SSL_CTX *context;
};

struct tls_session {
    SSL *ssl;
    bool ready;
};

struct tls_client *tls_client_new(const char *bundle)
{
    struct tls_client *client = calloc(1, sizeof(*client));
    bool good;

    if (client == NULL)
        return NULL;
    client->context = SSL_CTX_new(TLS_client_method());
    if (client->context == NULL) {
        free(client);
        return NULL;
    }
    /* RFC 9325 section 3.1.1: nothing older than TLS 1.2. */
    good = SSL_CTX_set_min_proto_version(client->context, TLS1_2_VERSION) == 1;
    SSL_CTX_set_mode(client->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (bundle != NULL)
        good = good && SSL_CTX_load_verify_locations(client->context, bundle, NULL) == 1;
    else
        good = good && SSL_CTX_set_default_verify_paths(client->context) == 1;
    ERR_clear_error();
    if (!good) {
        tls_client_free(client);
        return NULL;
    }
    return client;
}

void tls_client_free(struct tls_client *client)
{
    if (client == NULL)
        return;
    SSL_CTX_free(client->context);
    free(client);
}

/* The name may be an address ("192.0.2.1"): then the certificate must carry the address. */
static bool demand_name(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
        return true;
    ERR_clear_error();
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

struct tls_session *tls_session_new(struct tls_client *client, int fd, const char *name)
{
    /* RFC 7858 section 3.1 with the ALPN name that the registry has for DNS over TLS. */
    static const unsigned char dot[] = {3, 'd', 'o', 't'};
    struct tls_session *session = calloc(1, sizeof(*session));

    if (session == NULL)
        return NULL;
    session->ssl = SSL_new(client->context);
    if (session->ssl == NULL || SSL_set_fd(session->ssl, fd) != 1 ||
        SSL_set_alpn_protos(session->ssl, dot, sizeof(dot)) != 0 ||
        (name[0] != '\0' && !demand_name(session->ssl, name))) {
        ERR_clear_error();
        SSL_free(session->ssl);
        free(session);
        return NULL;
    }
    SSL_set_connect_state(session->ssl);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL)
        return;
    if (session->ready)
        (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
    SSL_free(session->ssl);
    free(session);
}

static enum tls_progress judge(struct tls_session *session, int result)
{
    int error = SSL_get_error(session->ssl, result);

    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_NONE: return TLS_DONE;
    case SSL_ERROR_WANT_READ: return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE: return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN: return TLS_CLOSED;
    default:
        session->ready = false; /* no goodbye after a fatal error */
        return TLS_FAILED;
    }
}

enum tls_progress tls_handshake(struct tls_session *session)
{
    int result = SSL_do_handshake(session->ssl);

    if (result == 1)
        session->ready = true;
    return judge(session, result);
}

enum tls_progress tls_read(struct tls_session *session, void *bytes, size_t size, size_t *got)
{
    return judge(session, SSL_read_ex(session->ssl, bytes, size, got));
}

enum tls_progress tls_write(struct tls_session *session, struct slice bytes, size_t *got)
{
    return judge(session, SSL_write_ex(session->ssl, bytes.data, bytes.size, got));
}
