/*
 * tls.h - TLS to servers over a socket that does not block; the only file that knows libssl.
 *
 * Used by dial.c. RFC 8310: with a name the certificate must be good for it (strict); with an
 * empty name any certificate will do (opportunistic).
 */
#ifndef TREESHREW_SERVICES_NET_TLS_H
#define TREESHREW_SERVICES_NET_TLS_H

#include "util/bytes.h"

struct tls_client;
struct tls_session;

enum tls_progress {
    TLS_DONE,       /* handshake finished, octets read or written */
    TLS_WANT_READ,  /* again when the socket is readable */
    TLS_WANT_WRITE, /* again when the socket is writable */
    TLS_CLOSED,     /* the other side closed in good order */
    TLS_FAILED
};

/** @param bundle file of trusted certificates; NULL: the system's. @return NULL: it cannot be
 * read. */
struct tls_client *tls_client_new(const char *bundle);
void tls_client_free(struct tls_client *client);

/** @param name what the certificate must be good for; "": any. @return NULL: no memory. */
struct tls_session *tls_session_new(struct tls_client *client, int fd, const char *name);
/** Says goodbye if it can without waiting; the socket stays the caller's. */
void tls_session_free(struct tls_session *session);

enum tls_progress tls_handshake(struct tls_session *session);
/** @param got octets read or written when TLS_DONE. */
enum tls_progress tls_read(struct tls_session *session, void *bytes, size_t size, size_t *got);
enum tls_progress tls_write(struct tls_session *session, struct slice bytes, size_t *got);

#endif
