/*
 * anchor_servers_for_tests.h - a name server that knows the root's keys, and a web server with
 * two files, both on loopback and in threads of the test.
 *
 * Included by anchor_run_test.c only. What they say next is set between two runs of the
 * program, when nobody asks.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_SERVERS_FOR_TESTS_H
#define TREESHREW_TOOLS_ANCHOR_SERVERS_FOR_TESTS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tools/signed_file_for_tests.h"
#include "util/wire/message.h"

enum dns_mood { DNS_ANSWERS, DNS_CUTS, DNS_REFUSES, DNS_SILENT };
enum web_mood {
    WEB_ANSWERS,
    WEB_CHUNKS,
    WEB_404,
    WEB_HANGS_UP,
    WEB_NO_TLS,
    WEB_ENDLESS,
    WEB_SILENT,
    WEB_STOPS,
    WEB_CRUMBS
};

struct test_servers {
    pthread_t dns_thread, web_thread;
    pthread_mutex_t lock; /* held while one is served, and while the scene changes */
    atomic_bool ended;
    int udp, tcp, web;
    uint16_t dns_port, web_port;
    SSL_CTX *tls;

    enum dns_mood dns_mood;
    const struct rrset *keys; /* with signatures */
    atomic_uint over_tcp;

    enum web_mood web_mood;
    struct slice xml, signature;
};

/* ---- sockets ---- */

static inline int listen_at(int type, uint16_t *port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof(here);
    int fd = socket(AF_INET, type, 0);

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(fd >= 0);
    if (bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0) {
        close(fd);
        return -1;
    }
    ASSERT(getsockname(fd, (struct sockaddr *)&here, &size) == 0);
    ASSERT(type != SOCK_STREAM || listen(fd, 8) == 0);
    *port = ntohs(here.sin_port);
    return fd;
}

static inline bool is_readable(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, 20) == 1;
}

/* ---- the name server ---- */

static inline size_t dns_reply(const struct test_servers *servers, const uint8_t *question,
                               bool is_tcp, uint8_t *out, size_t room)
{
    struct sink sink = sink_of(out, room);
    struct message_write how = {.dnssec_ok = true, .size_max = (uint16_t)room};
    const struct rrset *sets[] = {servers->keys};
    struct message message = {
        .id = bytes_u16(question),
        .flags = FLAG_QR | FLAG_AA,
        .has_question = true,
        .question = {dname_root, TYPE_DNSKEY, CLASS_IN},
        .rrsets = sets,
        .edns = {.present = true, .dnssec_ok = true, .udp_size = 1232},
    };

    if (servers->dns_mood == DNS_REFUSES)
        message.rcode = 5;
    else if (servers->dns_mood == DNS_CUTS && !is_tcp)
        message.flags |= FLAG_TC;
    else
        message.count[SECTION_ANSWER] = 1;
    ASSERT(message_write(&message, &how, &sink) == STATUS_OK);
    return sink.used;
}

static inline void dns_datagram(struct test_servers *servers)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof(from);
    uint8_t in[512], out[4096];
    ssize_t got = recvfrom(servers->udp, in, sizeof(in), 0, (struct sockaddr *)&from, &size);

    if (got < 12 || servers->dns_mood == DNS_SILENT)
        return;
    got = (ssize_t)dns_reply(servers, in, false, out, sizeof(out));
    (void)!sendto(servers->udp, out, (size_t)got, 0, (struct sockaddr *)&from, size);
}

static inline void dns_stream(struct test_servers *servers)
{
    int fd = accept(servers->tcp, NULL, NULL);
    uint8_t in[512], out[4096];
    size_t size;

    if (fd < 0)
        return;
    if (recv(fd, in, 14, MSG_WAITALL) == 14) {
        atomic_fetch_add(&servers->over_tcp, 1);
        size = dns_reply(servers, in + 2, true, out + 2, sizeof(out) - 2);
        bytes_put_u16(out, (uint16_t)size);
        /* In two pieces: a stream has no borders. */
        (void)!send(fd, out, 1, 0);
        (void)!send(fd, out + 1, size + 1, 0);
        shutdown(fd, SHUT_WR);
        while (recv(fd, in, sizeof(in), 0) > 0)
            ;
    }
    close(fd);
}

static inline void *dns_run(void *context)
{
    struct test_servers *servers = context;

    while (!atomic_load(&servers->ended)) {
        bool is_udp = is_readable(servers->udp), is_tcp = is_readable(servers->tcp);

        pthread_mutex_lock(&servers->lock);
        if (is_udp)
            dns_datagram(servers);
        if (is_tcp)
            dns_stream(servers);
        pthread_mutex_unlock(&servers->lock);
    }
    return NULL;
}

/* ---- the web server ---- */

static inline void web_send(SSL *ssl, const void *octets, size_t size)
{
    size_t written;

    if (size > 0)
        (void)!SSL_write_ex(ssl, octets, size, &written);
}

/* In chunks of a hundred octets. */
static inline void web_send_chunks(SSL *ssl, struct slice body)
{
    char head[32];

    for (size_t at = 0, size; at < body.size; at += size) {
        size = size_min(body.size - at, 100);
        snprintf(head, sizeof(head), "%zx\r\n", size);
        web_send(ssl, head, strlen(head));
        web_send(ssl, body.data + at, size);
        web_send(ssl, "\r\n", 2);
    }
    web_send(ssl, "0\r\n\r\n", 5);
}

static inline void web_reply(const struct test_servers *servers, SSL *ssl, const char *request)
{
    static const char xml_path[] = "GET /root-anchors/root-anchors.xml HTTP/1.1\r\n";
    static const char signature_path[] = "GET /root-anchors/root-anchors.p7s HTTP/1.1\r\n";
    struct slice body = strncmp(request, xml_path, sizeof(xml_path) - 1) == 0
                            ? servers->xml
                            : servers->signature;
    char head[256];

    if (servers->web_mood == WEB_404 ||
        (strncmp(request, xml_path, sizeof(xml_path) - 1) != 0 &&
         strncmp(request, signature_path, sizeof(signature_path) - 1) != 0)) {
        web_send(ssl, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45);
    } else if (servers->web_mood == WEB_CHUNKS) {
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        web_send(ssl, head, strlen(head));
        web_send_chunks(ssl, body);
    } else if (servers->web_mood == WEB_STOPS) {
        web_send(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", 45);
        while (SSL_read(ssl, head, sizeof(head)) > 0)
            ;
    } else if (servers->web_mood == WEB_CRUMBS) {
        web_send(ssl, "HTTP/1.1 200 OK\r\nA: ", 20);
        for (unsigned i = 0; i < 5000; i++)
            web_send(ssl, "x", 1);
    } else if (servers->web_mood == WEB_ENDLESS) {
        web_send(ssl, "HTTP/1.1 200 OK\r\n\r\n", 19);
        for (unsigned i = 0; i < 4000; i++)
            web_send(ssl, xml_path, sizeof(xml_path));
    } else {
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                 body.size);
        web_send(ssl, head, strlen(head));
        web_send(ssl, body.data, body.size);
    }
}

static inline void web_serve(struct test_servers *servers, int fd)
{
    SSL *ssl = SSL_new(servers->tls);
    char request[2048];
    size_t got = 0;

    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && SSL_read_ex(ssl, request, sizeof(request) - 1, &got) == 1) {
        request[got] = '\0';
        web_reply(servers, ssl, request);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
}

/* Says nothing until the other side has had enough. */
static inline void wait_for_end(int fd)
{
    char octets[512];

    while (recv(fd, octets, sizeof(octets), 0) > 0)
        ;
}

static inline void *web_run(void *context)
{
    struct test_servers *servers = context;

    while (!atomic_load(&servers->ended)) {
        int fd = is_readable(servers->web) ? accept(servers->web, NULL, NULL) : -1;

        if (fd < 0)
            continue;
        pthread_mutex_lock(&servers->lock);
        if (servers->web_mood == WEB_NO_TLS)
            (void)!send(fd, "HTTP/1.1 400 No\r\n\r\n", 19, 0);
        else if (servers->web_mood == WEB_SILENT)
            wait_for_end(fd);
        else if (servers->web_mood != WEB_HANGS_UP)
            web_serve(servers, fd);
        close(fd);
        pthread_mutex_unlock(&servers->lock);
    }
    return NULL;
}

/* ---- both ---- */

static inline void servers_start(struct test_servers *servers, const struct party *party)
{
    servers->tls = SSL_CTX_new(TLS_server_method());
    ASSERT(servers->tls != NULL);
    ASSERT(SSL_CTX_use_certificate(servers->tls, party->certificate) == 1);
    ASSERT(SSL_CTX_use_PrivateKey(servers->tls, party->key) == 1);
    pthread_mutex_init(&servers->lock, NULL);
    servers->tcp = -1;
    for (unsigned tries = 0; servers->tcp < 0 && tries < 100; tries++) {
        servers->dns_port = 0;
        servers->udp = listen_at(SOCK_DGRAM, &servers->dns_port);
        servers->tcp = listen_at(SOCK_STREAM, &servers->dns_port);
        if (servers->tcp < 0)
            close(servers->udp);
    }
    servers->web = listen_at(SOCK_STREAM, &servers->web_port);
    ASSERT(servers->tcp >= 0 && servers->web >= 0);
    ASSERT(pthread_create(&servers->dns_thread, NULL, dns_run, servers) == 0);
    ASSERT(pthread_create(&servers->web_thread, NULL, web_run, servers) == 0);
}

static inline void servers_stop(struct test_servers *servers)
{
    atomic_store(&servers->ended, true);
    pthread_join(servers->dns_thread, NULL);
    pthread_join(servers->web_thread, NULL);
    close(servers->udp);
    close(servers->tcp);
    close(servers->web);
    SSL_CTX_free(servers->tls);
    pthread_mutex_destroy(&servers->lock);
}

#endif
