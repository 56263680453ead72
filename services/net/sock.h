/*
 * sock.h - sockets of the kernel made and set up in one place; addresses to and from its form.
 *
 * Used by the other files of services/net only. Every socket made here does not block, is not
 * inherited by programs that are started, and is -1 with errno set when it could not be had.
 */
#ifndef TREESHREW_SERVICES_NET_SOCK_H
#define TREESHREW_SERVICES_NET_SOCK_H

#include <sys/socket.h>

#include "util/addr.h"

/** @return the size of what was filled in; 0 for an address without a family. */
socklen_t sock_addr(const struct addr *addr, struct sockaddr_storage *out);
/** The family is ADDR_NONE when it is neither IPv4 nor IPv6. */
struct addr sock_addr_read(const struct sockaddr_storage *in);

/** @param type SOCK_DGRAM or SOCK_STREAM. */
int sock_new(enum addr_family family, int type);

/** The next connection that waits, set up like sock_new; TCP_NODELAY set. */
int sock_accept(int listening, struct addr *from);

enum status sock_bind(int fd, const struct addr *addr);

/** The address the socket is bound to. */
struct addr sock_name(int fd);

/** 0.0.0.0 or ::, all addresses of the machine. */
bool sock_is_wildcard(const struct addr *addr);

/** What a listening socket needs. */
struct sock_wishes {
    bool reuse_port;       /* several threads share the address */
    bool want_destination; /* each datagram is to tell which address of ours it was sent to */
    uint64_t receive_buffer; /* octets at least, as far as the system lets; 0: its choice */
    uint64_t send_buffer;    /* octets; 0: the system's choice */
};

/**
 * A bound socket for clients; for SOCK_STREAM it listens already. RFC 9715 section 3.1: answers
 * over UDP are not fragmented, where the system lets us say so.
 * @return -1 with errno: EADDRINUSE, EACCES, EADDRNOTAVAIL ...
 */
int sock_listen(const struct addr *addr, int type, const struct sock_wishes *wishes);

/** What a socket is that somebody else has made. */
struct sock_sight {
    struct addr addr;
    int type; /* SOCK_DGRAM or SOCK_STREAM */
    bool is_listening;
    bool is_dual; /* ::, and takes IPv4 as well */
};

/** @return false: no socket of IPv4 or IPv6 that is bound. The address is filled in any case. */
bool sock_look(int fd, struct sock_sight *sight);

/** A copy of a bound socket that somebody else has made, set up like those of sock_listen. */
int sock_adopt(int fd, const struct addr *addr, int type, const struct sock_wishes *wishes);

/** True for errors of accept, send and receive that say: nothing more for now. */
bool sock_must_wait(int error);

#endif
