/*
 * given.c - finds out what the descriptors from 3 on are bound to, and hands out copies of
 * them.
 *
 * Called by server.c and ports.c, in the main thread. The originals stay open for as long as
 * the daemon runs, so that an address that a reload takes away can come back with the next one.
 */
#include "daemon/given.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

enum { FIRST_FD = 3, GIVEN_MAX = 1024, NAME_OCTETS = 48 };

struct given_one {
    int fd;
    struct addr addr; /* ADDR_NONE: neither IPv4 nor IPv6 */
    int type;         /* SOCK_DGRAM or SOCK_STREAM; 0: not to be used */
    const char *why;  /* of type 0 */
    char name[NAME_OCTETS];
    bool is_used;
};

struct given {
    size_t count;
    struct given_one list[];
};

/* Names stand in LISTEN_FDNAMES, colons between them. */
static void read_name(struct given_one *one, const char **names)
{
    size_t size = *names == NULL ? 0 : strcspn(*names, ":");

    if (size == 0 || size >= sizeof(one->name))
        memcpy(one->name, "unknown", sizeof("unknown"));
    else
        memcpy(one->name, *names, size);
    if (*names != NULL)
        *names = (*names)[size] == ':' ? *names + size + 1 : NULL;
}

static void look_at(struct given_one *one)
{
    struct sock_sight sight;

    if (!sock_look(one->fd, &sight))
        one->why = "it is no socket for IPv4 or IPv6";
    else if (sight.type == SOCK_STREAM && !sight.is_listening)
        one->why = "it does not listen (in a .socket unit: Accept=no)";
    else if (sight.is_dual)
        one->why = "it takes IPv4 as well as IPv6; in a .socket unit: BindIPv6Only=ipv6-only";
    else
        one->type = sight.type;
    one->addr = sight.addr;
}

static size_t read_count(void)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    uint64_t whose, count;

    if (pid == NULL || fds == NULL || text_read_u64(pid, INT64_MAX, &whose) != STATUS_OK ||
        whose != (uint64_t)getpid() || text_read_u64(fds, GIVEN_MAX, &count) != STATUS_OK)
        return 0;
    return (size_t)count;
}

struct given *given_take(void)
{
    size_t count = read_count();
    const char *names = getenv("LISTEN_FDNAMES");
    struct given *given =
        count == 0 ? NULL : calloc(1, sizeof(*given) + count * sizeof(given->list[0]));

    for (size_t i = 0; given != NULL && i < count; i++) {
        given->list[i].fd = FIRST_FD + (int)i;
        read_name(&given->list[i], &names);
        look_at(&given->list[i]);
        given->count++;
    }
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return given;
}

void given_free(struct given *given)
{
    if (given == NULL)
        return;
    for (size_t i = 0; i < given->count; i++)
        close(given->list[i].fd);
    free(given);
}

static bool is_it(const struct given_one *one, const struct addr *addr, bool tcp)
{
    return one->type == (tcp ? SOCK_STREAM : SOCK_DGRAM) && addr_equal(&one->addr, addr);
}

static size_t count_of(const struct given *given, const struct addr *addr, bool tcp)
{
    size_t count = 0;

    for (size_t i = 0; given != NULL && i < given->count; i++)
        count += is_it(&given->list[i], addr, tcp);
    return count;
}

bool given_has(const struct given *given, const struct addr *addr, bool tcp)
{
    return count_of(given, addr, tcp) > 0;
}

int given_socket(struct given *given, const struct addr *addr, bool tcp, unsigned thread,
                 const struct sock_wishes *wishes)
{
    size_t count = count_of(given, addr, tcp), at = count > 0 ? thread % count : 0;

    for (size_t i = 0; count > 0 && i < given->count; i++)
        if (is_it(&given->list[i], addr, tcp) && at-- == 0) {
            given->list[i].is_used = true;
            return sock_adopt(given->list[i].fd, addr, given->list[i].type, wishes);
        }
    errno = ENOENT;
    return -1;
}

static void tell_unused(const struct given_one *one, struct log *log)
{
    char text[ADDR_TEXT_MAX], host[ADDR_TEXT_MAX];
    const char *address =
        one->addr.family != ADDR_NONE ? addr_to_text(&one->addr, text) : "none";

    if (one->type == 0)
        log_line(log, LOG_LEVEL_WARN, "event=given-socket name=%s address=%s msg=is not used: %s",
                 one->name, address, one->why);
    else if (!one->is_used)
        log_line(
            log, LOG_LEVEL_WARN,
            "event=given-socket name=%s address=%s/%s msg=is not used: the configuration has no "
            "such address; add interface: %s@%u, or take it out of the .socket unit",
            one->name, address, one->type == SOCK_STREAM ? "tcp" : "udp",
            addr_host_text(&one->addr, host), one->addr.port);
}

void given_tell_unused(const struct given *given, struct log *log)
{
    for (size_t i = 0; given != NULL && i < given->count; i++)
        tell_unused(&given->list[i], log);
}
