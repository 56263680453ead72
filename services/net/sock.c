/*
 * sock.c - what differs from system to system about making sockets.
 *
 * Called by datagram.c, dial.c, udp.c and stream.c. Options that only make things better
 * (buffers, no fragments) are tried and their refusal is ignored; those that an answer's
 * correctness rests on (IPV6_V6ONLY, the destination address) are demanded.
 */
#define _GNU_SOURCE /* accept4 */
#include "config.h"
#include "services/net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

socklen_t sock_addr(const struct addr *addr, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (addr->family == ADDR_IP4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;

        in->sin_family = AF_INET;
        in->sin_port = htons(addr->port);
        memcpy(&in->sin_addr, addr->bytes, 4);
#ifdef HAVE_STRUCT_SOCKADDR_IN_SIN_LEN
        in->sin_len = sizeof(*in);
#endif
        return sizeof(*in);
    }
    if (addr->family == ADDR_IP6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(addr->port);
        in6->sin6_scope_id = addr->scope;
        memcpy(&in6->sin6_addr, addr->bytes, 16);
#ifdef HAVE_STRUCT_SOCKADDR_IN_SIN_LEN
        in6->sin6_len = sizeof(*in6);
#endif
        return sizeof(*in6);
    }
    return 0;
}

struct addr sock_addr_read(const struct sockaddr_storage *in)
{
    struct addr addr = {.family = ADDR_NONE};

    if (in->ss_family == AF_INET) {
        const struct sockaddr_in *in4 = (const struct sockaddr_in *)in;

        return addr_ip4((const uint8_t *)&in4->sin_addr, ntohs(in4->sin_port));
    }
    if (in->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)in;

        addr = addr_ip6((const uint8_t *)&in6->sin6_addr, ntohs(in6->sin6_port));
        if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
            addr.scope = in6->sin6_scope_id;
    }
    return addr;
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

#if !defined(SOCK_NONBLOCK) || !defined(SOCK_CLOEXEC) || !defined(HAVE_ACCEPT4)
static int set_up(int fd)
{
    int flags;

    if (fd == -1)
        return -1;
    flags = fcntl(fd, F_GETFL);
    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}
#endif

int sock_new(enum addr_family family, int type)
{
    int domain = family == ADDR_IP6 ? AF_INET6 : AF_INET;

#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
    return socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
#else
    return set_up(socket(domain, type, 0));
#endif
}

int sock_accept(int listening, struct addr *from)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof(storage);
    int fd;

    memset(&storage, 0, sizeof(storage));
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC) && defined(HAVE_ACCEPT4)
    fd = accept4(listening, (struct sockaddr *)&storage, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    fd = set_up(accept(listening, (struct sockaddr *)&storage, &size));
#endif
    if (fd == -1)
        return -1;
    *from = sock_addr_read(&storage);
    (void)set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return fd;
}

enum status sock_bind(int fd, const struct addr *addr)
{
    struct sockaddr_storage storage;
    socklen_t size = sock_addr(addr, &storage);

    return bind(fd, (struct sockaddr *)&storage, size) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

struct addr sock_name(int fd)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof(storage);

    memset(&storage, 0, sizeof(storage));
    if (getsockname(fd, (struct sockaddr *)&storage, &size) != 0)
        return (struct addr){.family = ADDR_NONE};
    return sock_addr_read(&storage);
}

bool sock_is_wildcard(const struct addr *addr)
{
    static const uint8_t zeroes[sizeof(addr->bytes)];

    return memcmp(addr->bytes, zeroes, sizeof(zeroes)) == 0;
}

static bool want_destination(int fd, enum addr_family family)
{
    if (family == ADDR_IP6) {
#if HAVE_DECL_IPV6_RECVPKTINFO
        return set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
#else
        return false;
#endif
    }
#if HAVE_DECL_IP_PKTINFO
    return set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
#elif HAVE_DECL_IP_RECVDSTADDR
    return set_option(fd, IPPROTO_IP, IP_RECVDSTADDR, 1);
#else
    return false;
#endif
}

/* RFC 9715 section 3.1: no fragments of ours; a packet that is too big for the path is lost,
 * and the client asks again by TCP. IP_PMTUDISC_OMIT also ignores forged ICMP "too big". */
static void refuse_fragments(int fd, enum addr_family family)
{
    if (family == ADDR_IP6) {
#if HAVE_DECL_IPV6_DONTFRAG
        (void)set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
#endif
        return;
    }
#if HAVE_DECL_IP_MTU_DISCOVER && HAVE_DECL_IP_PMTUDISC_OMIT
    (void)set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
#elif HAVE_DECL_IP_DONTFRAG
    (void)set_option(fd, IPPROTO_IP, IP_DONTFRAG, 1);
#endif
}

/* A buffer that is larger already stays: whoever made it so (the service manager for a socket
 * that it hands over, net.core.rmem_default for all) meant it. */
static void widen_receive_buffer(int fd, int wanted)
{
    int have = 0;
    socklen_t size = sizeof(have);

    (void)getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &have, &size);
#if HAVE_DECL_SO_RCVBUFFORCE
    have /= 2; /* socket(7): Linux doubles what it is asked for, and tells that */
    if (have >= wanted || set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted))
        return; /* beyond net.core.rmem_max for who is root or has CAP_NET_ADMIN */
#endif
    /* Linux grants what it can; the BSDs refuse what is too much. */
    while (wanted > have && !set_option(fd, SOL_SOCKET, SO_RCVBUF, wanted))
        wanted /= 2;
}

static void set_buffers(int fd, const struct sock_wishes *wishes)
{
    const uint64_t most = 1 << 30;

    if (wishes->receive_buffer != 0)
        widen_receive_buffer(
            fd, (int)(wishes->receive_buffer < most ? wishes->receive_buffer : most));
    if (wishes->send_buffer != 0)
        (void)set_option(fd, SOL_SOCKET, SO_SNDBUF,
                         (int)(wishes->send_buffer < most ? wishes->send_buffer : most));
}

static bool share_port(int fd)
{
#if HAVE_DECL_SO_REUSEPORT_LB
    return set_option(fd, SOL_SOCKET, SO_REUSEPORT_LB, 1);
#elif HAVE_DECL_SO_REUSEPORT
    return set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#else
    (void)fd;
    errno = ENOTSUP;
    return false;
#endif
}

static bool prepare(int fd, const struct addr *addr, int type, const struct sock_wishes *wishes)
{
    enum addr_family family = (enum addr_family)addr->family;

    /* Both families have their own sockets, so that ::0 and 0.0.0.0 can be served side by side.
     */
    if (family == ADDR_IP6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
        return false;
    if (wishes->reuse_port && !share_port(fd))
        return false;
    if (type == SOCK_STREAM)
        return set_option(fd, SOL_SOCKET, SO_REUSEADDR,
                          1); /* after a restart, TIME-WAIT stays */
    if (wishes->want_destination && !want_destination(fd, family))
        return false;
    refuse_fragments(fd, family);
    set_buffers(fd, wishes);
    return true;
}

int sock_listen(const struct addr *addr, int type, const struct sock_wishes *wishes)
{
    enum { BACKLOG = 256 };
    int fd = sock_new((enum addr_family)addr->family, type);

    if (fd == -1)
        return -1;
    if (!prepare(fd, addr, type, wishes) || sock_bind(fd, addr) != STATUS_OK ||
        (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

bool sock_look(int fd, struct sock_sight *sight)
{
    int value = 0;
    socklen_t size = sizeof(value);

    *sight = (struct sock_sight){.addr = sock_name(fd)};
    if (sight->addr.family == ADDR_NONE || sight->addr.port == 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) != 0)
        return false;
    sight->type = value;
    size = sizeof(value);
    sight->is_listening =
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
    size = sizeof(value);
    sight->is_dual = sight->addr.family == ADDR_IP6 && sock_is_wildcard(&sight->addr) &&
                     getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, &size) == 0 &&
                     value == 0;
    return sight->type == SOCK_DGRAM || sight->type == SOCK_STREAM;
}

int sock_adopt(int fd, const struct addr *addr, int type, const struct sock_wishes *wishes)
{
    enum addr_family family = (enum addr_family)addr->family;
    int copy = dup(fd), flags = copy != -1 ? fcntl(copy, F_GETFL) : -1;

    if (flags == -1 || fcntl(copy, F_SETFL, flags | O_NONBLOCK) == -1 ||
        fcntl(copy, F_SETFD, FD_CLOEXEC) == -1 ||
        (type == SOCK_DGRAM && wishes->want_destination && !want_destination(copy, family))) {
        int error = errno;

        if (copy != -1)
            close(copy);
        errno = error;
        return -1;
    }
    if (type == SOCK_DGRAM) {
        refuse_fragments(copy, family);
        set_buffers(copy, wishes);
    }
    return copy;
}

bool sock_must_wait(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}
