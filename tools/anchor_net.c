/*
 * anchor_net.c - sockets with a deadline.
 */
#include "tools/anchor_net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

bool net_family_allows(enum net_family family, const struct addr *addr)
{
    return family == NET_ANY || (family == NET_ONLY_IP4) == (addr->family == ADDR_IP4);
}

int64_t net_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t net_wall_s(void)
{
    return (int64_t)time(NULL);
}

/* @return its size. */
static socklen_t to_sockaddr(const struct addr *addr, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (addr->family == ADDR_IP4) {
        struct sockaddr_in *ip4 = (struct sockaddr_in *)(void *)out;

#ifdef HAVE_STRUCT_SOCKADDR_IN_SIN_LEN
        ip4->sin_len = sizeof(*ip4);
#endif
        ip4->sin_family = AF_INET;
        ip4->sin_port = htons(addr->port);
        memcpy(&ip4->sin_addr, addr->bytes, 4);
        return sizeof(*ip4);
    } else {
        struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)(void *)out;

#ifdef HAVE_STRUCT_SOCKADDR_IN_SIN_LEN
        ip6->sin6_len = sizeof(*ip6);
#endif
        ip6->sin6_family = AF_INET6;
        ip6->sin6_port = htons(addr->port);
        ip6->sin6_scope_id = addr->scope;
        memcpy(&ip6->sin6_addr, addr->bytes, 16);
        return sizeof(*ip6);
    }
}

bool net_wait(int fd, bool for_writing, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd wanted = {.fd = fd, .events = for_writing ? POLLOUT : POLLIN};
        int64_t left_ms = deadline_ms - net_now_ms();
        int ready;

        if (left_ms <= 0)
            return false;
        ready = poll(&wanted, 1, (int)time_min(left_ms, 60000));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* Waits for a connection that was begun; errno tells why not. */
static bool finish_connect(int fd, int64_t deadline_ms)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (!net_wait(fd, true, deadline_ms)) {
        errno = ETIMEDOUT;
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return false;
    errno = error;
    return error == 0;
}

int net_connect(const struct addr *to, bool is_stream, int64_t deadline_ms)
{
    struct sockaddr_storage address;
    socklen_t size = to_sockaddr(to, &address);
    int fd = socket(address.ss_family, is_stream ? SOCK_STREAM : SOCK_DGRAM, 0), flags;

    if (fd < 0)
        return -1;
    flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
        (connect(fd, (struct sockaddr *)&address, size) == 0 ||
         (errno == EINPROGRESS && finish_connect(fd, deadline_ms))))
        return fd;
    flags = errno;
    close(fd);
    errno = flags;
    return -1;
}

static bool from_sockaddr(const struct sockaddr *address, uint16_t port, struct addr *out)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ip4 = (const struct sockaddr_in *)(const void *)address;

        *out = addr_ip4((const uint8_t *)&ip4->sin_addr, port);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)(const void *)address;

        *out = addr_ip6((const uint8_t *)&ip6->sin6_addr, port);
        out->scope = ip6->sin6_scope_id;
        return true;
    }
    return false;
}

size_t net_look_up(const char *host, uint16_t port, enum net_family family,
                   struct addr found[NET_HOST_ADDRESSES_MAX], const char **why)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    size_t count = 0;
    int error = getaddrinfo(host, NULL, &hints, &list);

    *why = "no address of the kind that is allowed";
    if (error != 0) {
        *why = gai_strerror(error);
        return 0;
    }
    for (struct addrinfo *item = list; item != NULL && count < NET_HOST_ADDRESSES_MAX;
         item = item->ai_next)
        if (from_sockaddr(item->ai_addr, port, &found[count]) &&
            net_family_allows(family, &found[count]))
            count++;
    freeaddrinfo(list);
    return count;
}
