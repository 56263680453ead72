/*
 * anchor_fetch.c - HTTPS by way of OpenSSL, over sockets that do not block.
 *
 * Life of a transfer: connect, handshake, send the request, read until anchor_http.c says that
 * the reply is whole. Each step may wait, none beyond the transfer's deadline.
 */
#include "tools/anchor_fetch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* A server that sends octet by octet makes us read the reply anew each time: it gets so many.
 */
enum { READS_MAX = 4096, CONNECT_MS = 5000 };

struct transfer {
    const struct fetch_from *from;
    struct arena *arena;
    SSL_CTX *context;
    SSL *ssl;
    int fd;
    int64_t deadline_ms;
    const char **why;
};

static enum status fail(struct transfer *transfer, enum status status, const char *why)
{
    *transfer->why = why == NULL ? "out of memory" : why;
    return why == NULL ? STATUS_NO_MEMORY : status;
}

static const char *tls_reason(struct arena *arena, const char *words)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);

    ERR_clear_error();
    return reason == NULL ? words : arena_printf(arena, "%s: %s", words, reason);
}

/* After an operation that did not succeed. @return true: try it again. */
static bool wait_for_tls(struct transfer *transfer, int result)
{
    int error = SSL_get_error(transfer->ssl, result);

    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return false;
    return net_wait(transfer->fd, error == SSL_ERROR_WANT_WRITE, transfer->deadline_ms);
}

static bool is_late(const struct transfer *transfer)
{
    return net_now_ms() >= transfer->deadline_ms;
}

/* ---- TLS ---- */

static bool is_address(const char *host)
{
    struct addr addr;

    return addr_from_text(&addr, host, 0, NULL) == STATUS_OK;
}

/* The name is asked for (SNI) and looked for in the certificate. */
static bool set_name(SSL *ssl, const char *host)
{
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static void tell_of_certificate(struct transfer *transfer)
{
    long result = SSL_get_verify_result(transfer->ssl);

    if (result != X509_V_OK)
        transfer->from->tell(transfer->from->context,
                             arena_printf(transfer->arena,
                                          "the web server's certificate: %s (the signature of "
                                          "the file decides)",
                                          X509_verify_cert_error_string(result)));
}

static enum status shake_hands(struct transfer *transfer)
{
    int result;

    transfer->ssl = SSL_new(transfer->context);
    if (transfer->ssl == NULL || !set_name(transfer->ssl, transfer->from->url->host) ||
        SSL_set_fd(transfer->ssl, transfer->fd) != 1)
        return fail(transfer, STATUS_NO_MEMORY, NULL);
    while ((result = SSL_connect(transfer->ssl)) != 1)
        if (!wait_for_tls(transfer, result))
            return fail(transfer, STATUS_SYSTEM,
                        is_late(transfer) ? "no TLS connection in time"
                                          : tls_reason(transfer->arena, "no TLS connection"));
    tell_of_certificate(transfer);
    return STATUS_OK;
}

static enum status send_request(struct transfer *transfer, const char *name)
{
    const char *request = http_request(transfer->from->url, name, transfer->arena);
    size_t size, sent = 0, written;

    if (request == NULL)
        return fail(transfer, STATUS_NO_MEMORY, NULL);
    size = strlen(request);
    while (sent < size) {
        int result = SSL_write_ex(transfer->ssl, request + sent, size - sent, &written);

        if (result == 1)
            sent += written;
        else if (!wait_for_tls(transfer, result))
            return fail(transfer, STATUS_SYSTEM, "the request could not be sent");
    }
    return STATUS_OK;
}

/* ---- the reply ---- */

/* The parser's memory is given back after each look; what is whole is copied. */
static enum status look(struct transfer *transfer, struct slice octets, bool is_end,
                        size_t size_max, struct arena *scratch, struct slice *body)
{
    struct http_reply reply;
    enum status status;

    arena_reset(scratch);
    status = http_reply_read(octets, is_end, size_max, scratch, &reply, transfer->why);
    if (reply.code != 0 && reply.code != 200 && status != STATUS_NO_MEMORY)
        return fail(
            transfer, STATUS_SYSTEM,
            arena_printf(transfer->arena, "the server says %u instead of 200", reply.code));
    if (status != STATUS_OK)
        return status;
    *body = arena_copy(transfer->arena, reply.body);
    return body->size > 0 && body->data == NULL ? fail(transfer, STATUS_NO_MEMORY, NULL)
                                                : STATUS_OK;
}

static enum status read_reply(struct transfer *transfer, size_t size_max, struct arena *scratch,
                              struct slice *body)
{
    size_t room = HTTP_HEAD_MAX + 2 * size_max, used = 0, got; /* chunks have their own frame */
    uint8_t *octets = arena_bytes(transfer->arena, room);

    if (octets == NULL)
        return fail(transfer, STATUS_NO_MEMORY, NULL);
    for (unsigned reads = 0; reads < READS_MAX && used < room; reads++) {
        int result = SSL_read_ex(transfer->ssl, octets + used, room - used, &got);
        enum status status;

        if (result != 1 && wait_for_tls(transfer, result))
            continue;
        if (result != 1 && is_late(transfer))
            return fail(transfer, STATUS_SYSTEM, "the reply did not come in time");
        used += result == 1 ? got : 0;
        status = look(transfer, slice_of(octets, used), result != 1, size_max, scratch, body);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return fail(transfer, STATUS_LIMIT, "the reply is too large, or comes in too small pieces");
}

static enum status converse(struct transfer *transfer, const struct addr *addr,
                            const char *name, size_t size_max, struct slice *body)
{
    int64_t connect_ms = time_min(transfer->deadline_ms, net_now_ms() + CONNECT_MS);
    struct arena *scratch = arena_new(0);
    enum status status = STATUS_OK;

    transfer->fd = net_connect(addr, true, connect_ms);
    if (transfer->fd < 0)
        status = fail(transfer, STATUS_SYSTEM,
                      arena_printf(transfer->arena, "no connection: %s", strerror(errno)));
    else if (scratch == NULL)
        status = fail(transfer, STATUS_NO_MEMORY, NULL);
    if (status == STATUS_OK)
        status = shake_hands(transfer);
    if (status == STATUS_OK)
        status = send_request(transfer, name);
    if (status == STATUS_OK)
        status = read_reply(transfer, size_max, scratch, body);
    SSL_free(transfer->ssl);
    transfer->ssl = NULL;
    if (transfer->fd >= 0)
        close(transfer->fd);
    if (scratch != NULL)
        arena_free(scratch);
    ERR_clear_error();
    return status;
}

static void tell_failure(struct transfer *transfer, const struct addr *addr, const char *name)
{
    char text[ADDR_TEXT_MAX];
    const char *words = arena_printf(transfer->arena, "%s from %s: %s", name,
                                     addr_to_text(addr, text), *transfer->why);

    transfer->from->tell(transfer->from->context, words == NULL ? "out of memory" : words);
}

enum status fetch_file(const struct fetch_from *from, const char *name, size_t size_max,
                       struct arena *arena, struct slice *body, const char **why)
{
    struct transfer transfer = {.from = from,
                                .arena = arena,
                                .deadline_ms = net_now_ms() + from->time_ms,
                                .context = SSL_CTX_new(TLS_client_method()),
                                .why = why};
    enum status status = STATUS_SYSTEM;

    *why = "it has no address";
    if (transfer.context == NULL)
        return fail(&transfer, STATUS_NO_MEMORY, NULL);
    SSL_CTX_set_min_proto_version(transfer.context, TLS1_2_VERSION);
    SSL_CTX_set_default_verify_paths(transfer.context);
    SSL_CTX_set_verify(transfer.context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(transfer.context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    ERR_clear_error(); /* no CA certificates on this machine are no error here */
    for (size_t i = 0; i < from->addr_count && !is_late(&transfer); i++) {
        status = converse(&transfer, &from->addrs[i], name, size_max, body);
        if (status == STATUS_OK || status == STATUS_NO_MEMORY)
            break;
        tell_failure(&transfer, &from->addrs[i], name);
    }
    SSL_CTX_free(transfer.context);
    return status;
}
