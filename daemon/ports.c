/*
 * ports.c - which addresses are served, and opening them.
 *
 * Called by server.c. Every thread has a socket of its own for each address where the kernel
 * spreads questions over them (SO_REUSEPORT), else all share one. Because SO_REUSEPORT would
 * also let a second daemon in unnoticed, each address is first tried without it.
 */
#include "daemon/ports.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "daemon/given.h"
#include "daemon/holder.h"
#include "services/net/sock.h"

static bool has_port(const struct ports *ports, const struct addr *addr)
{
    for (size_t i = 0; i < ports->count; i++)
        if (addr_equal(&ports->list[i].addr, addr))
            return true;
    return false;
}

bool ports_have(const struct ports *ports, const struct addr *addr)
{
    return has_port(ports, addr);
}

/* ---- which ----------------------------------------------------------------------------------
 */

struct reading {
    struct ports *ports;
    const struct options *options;
    const struct opt_item *item;
    struct conf_report *report;
};

static struct conf_place place_of(const struct opt_item *item)
{
    return (struct conf_place){item->file, item->line, item->column};
}

static int *no_sockets(unsigned threads)
{
    int *list = malloc(threads * sizeof(*list));

    for (unsigned i = 0; list != NULL && i < threads; i++)
        list[i] = -1;
    return list;
}

static bool is_off(const struct reading *reading, const struct addr *addr)
{
    return addr->family == ADDR_IP4 ? !reading->options->upstream.do_ip4
                                    : !reading->options->upstream.do_ip6;
}

static bool add_port(struct reading *reading, const struct addr *addr)
{
    struct ports *ports = reading->ports;
    struct port *port = &ports->list[ports->count];

    if (is_off(reading, addr) || has_port(ports, addr))
        return true;
    if (ports->count == PORTS_MAX) {
        conf_error(reading->report, place_of(reading->item),
                   "more than %d addresses to answer on", PORTS_MAX);
        return false;
    }
    *port = (struct port){*addr, no_sockets(ports->threads), no_sockets(ports->threads)};
    ports->count++; /* also when only one of both could be had: ports_free frees it */
    return port->udp != NULL && port->tcp != NULL;
}

/* All addresses of the network interface of that name. */
static bool add_interface(struct reading *reading, const char *name, uint16_t number)
{
    struct ifaddrs *list = NULL;
    bool good = true, found = false;

    if (getifaddrs(&list) != 0)
        return false;
    for (struct ifaddrs *at = list; at != NULL && good; at = at->ifa_next) {
        struct sockaddr_storage storage;
        struct addr addr;
        size_t size;

        if (at->ifa_addr == NULL || strcmp(at->ifa_name, name) != 0)
            continue;
        size = at->ifa_addr->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
               : at->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                     : 0;
        if (size == 0)
            continue;
        memset(&storage, 0, sizeof(storage));
        memcpy(&storage, at->ifa_addr, size);
        addr = sock_addr_read(&storage);
        addr.port = number;
        found = true;
        good = add_port(reading, &addr);
    }
    freeifaddrs(list);
    if (!found) {
        conf_error(reading->report, place_of(reading->item),
                   "\"%s\" is neither an address nor a network interface with addresses", name);
        return false;
    }
    return good;
}

static bool speaks_tls(const struct client_options *options, uint16_t number)
{
    bool has_key = options->tls_service_key != NULL && options->tls_service_key[0] != '\0';

    return has_key && (number == options->tls_port || number == options->https_port);
}

/* "eth0" or "eth0@5353". */
static bool split_name(const char *text, char name[64], uint16_t *number)
{
    const char *at = strchr(text, '@');
    size_t size = at != NULL ? (size_t)(at - text) : strlen(text);
    uint64_t value;

    if (size == 0 || size >= 64)
        return false;
    memcpy(name, text, size);
    name[size] = '\0';
    if (at != NULL) {
        if (text_read_u64(at + 1, 65535, &value) != STATUS_OK || value == 0)
            return false;
        *number = (uint16_t)value;
    }
    return true;
}

static bool add_item(struct reading *reading)
{
    const struct client_options *client = &reading->options->client;
    const char *text = reading->item->text;
    uint16_t number = (uint16_t)client->port;
    struct addr addr;
    char name[64];

    if (addr_from_text(&addr, text, number, NULL) == STATUS_OK) {
        /* The defaults name both families; who turns one off need not hear of it. */
        if (is_off(reading, &addr) && reading->item->file != NULL)
            conf_warning(reading->report, place_of(reading->item),
                         "\"%s\" is left out: %s is no", text,
                         addr.family == ADDR_IP4 ? "do-ip4" : "do-ip6");
        if (!speaks_tls(client, addr.port))
            return add_port(reading, &addr);
        conf_warning(reading->report, place_of(reading->item),
                     "DNS over TLS and HTTPS are not served yet: \"%s\" is left out", text);
        return true;
    }
    if (!split_name(text, name, &number)) {
        conf_error(reading->report, place_of(reading->item),
                   "\"%s\" is no address, as 192.0.2.1 or 192.0.2.1@5353", text);
        return false;
    }
    return add_interface(reading, name, number);
}

struct ports *ports_new(const struct options *options, unsigned threads,
                        struct conf_report *report)
{
    struct ports *ports = calloc(1, sizeof(*ports));
    struct reading reading = {ports, options, NULL, report};

    if (ports == NULL)
        return NULL;
    ports->threads = threads;
    for (size_t i = 0; i < options->client.interface.count; i++) {
        reading.item = &options->client.interface.items[i];
        if (!add_item(&reading)) {
            ports_free(ports);
            return NULL;
        }
    }
    return ports;
}

/* ---- opening --------------------------------------------------------------------------------
 */

static void tell_why(struct log *log, const struct addr *addr, bool tcp, int error, bool at_start)
{
    const char *transport = tcp ? "tcp" : "udp";
    struct arena *arena = arena_new(0);
    char text[ADDR_TEXT_MAX];
    struct holder holder = {.pid = 0};

    addr_to_text(addr, text);
    if (error == EADDRINUSE)
        (void)holder_find(addr, tcp, &holder);
    if (error == EADDRINUSE && arena != NULL && holder.pid != 0)
        log_line(log, LOG_LEVEL_ERROR,
                 "event=listen address=%s/%s msg=taken by %s (process %ld): %s", text, transport,
                 holder.name, holder.pid, holder_advice(&holder, addr, arena));
    else if (error == EADDRINUSE && arena != NULL)
        log_line(log, LOG_LEVEL_ERROR,
                 "event=listen address=%s/%s msg=taken by %s: %s", text, transport,
                 holder.name[0] != '\0' ? holder.name : "another program",
                 holder_advice(&holder, addr, arena));
    else if (error == EACCES)
        log_line(log, LOG_LEVEL_ERROR,
                 "event=listen address=%s/%s msg=ports below 1024 need root or the capability "
                 "CAP_NET_BIND_SERVICE%s; or choose another port (port: 5353)",
                 text, transport,
                 at_start ? "" : ", and what of it there was is given up after the start: restart shrewd");
    else
        log_line(log, LOG_LEVEL_ERROR, "event=listen address=%s/%s msg=%s", text, transport,
                 strerror(error));
    arena_free(arena);
}

static bool is_taken(const struct addr *addr, int type)
{
    struct sock_wishes plain = {.reuse_port = false};
    int fd = sock_listen(addr, type, &plain);

    if (fd == -1)
        return true;
    close(fd);
    return false;
}

/* As they were given: whether threads have a socket each is for who opened them. */
static bool take_given(struct ports *ports, const struct port *port, bool tcp, int *list,
                       const struct sock_wishes *wishes)
{
    for (unsigned i = 0; i < ports->threads; i++) {
        list[i] = given_socket(ports->given, &port->addr, tcp, i, wishes);
        if (list[i] == -1)
            return false;
    }
    return true;
}

static bool open_kind(struct ports *ports, struct port *port, bool tcp,
                      const struct daemon_options *options)
{
    int type = tcp ? SOCK_STREAM : SOCK_DGRAM, *list = tcp ? port->tcp : port->udp;
    struct sock_wishes wishes = {.want_destination = !tcp && sock_is_wildcard(&port->addr),
                                 .receive_buffer = options->so_rcvbuf,
                                 .send_buffer = options->so_sndbuf};

    if (given_has(ports->given, &port->addr, tcp))
        return take_given(ports, port, tcp, list, &wishes);
#if HAVE_DECL_SO_REUSEPORT || HAVE_DECL_SO_REUSEPORT_LB
    wishes.reuse_port = options->so_reuseport && ports->threads > 1;
#endif
    if (wishes.reuse_port && is_taken(&port->addr, type))
        return false;
    for (unsigned i = 0; i < ports->threads; i++) {
        bool share = i > 0 && !wishes.reuse_port;

        list[i] = share ? dup(list[0]) : sock_listen(&port->addr, type, &wishes);
        if (list[i] == -1)
            return false;
    }
    return true;
}

/* A default address that the machine does not have (::1 without IPv6) is no mistake of anybody.
 */
static bool may_lack(const struct addr *addr, const struct options *options, int error)
{
    bool by_default =
        options->client.interface.count > 0 && options->client.interface.items[0].file == NULL;

    return addr_is_loopback(addr) && (by_default || addr->family == ADDR_IP6) &&
           (error == EADDRNOTAVAIL || error == EAFNOSUPPORT);
}

static void close_sockets(struct port *port, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++) {
        if (port->udp != NULL && port->udp[i] != -1)
            close(port->udp[i]);
        if (port->tcp != NULL && port->tcp[i] != -1)
            close(port->tcp[i]);
    }
}

static void drop_port(struct ports *ports, size_t index)
{
    struct port *port = &ports->list[index];

    close_sockets(port, ports->threads);
    free(port->udp);
    free(port->tcp);
    *port = ports->list[--ports->count];
}

bool ports_open(struct ports *ports, const struct ports *before, const struct options *options,
                struct log *log)
{
    size_t i = 0;

    while (i < ports->count) {
        struct port *port = &ports->list[i];
        bool tcp = false, good = true;

        if (before == NULL || !has_port(before, &port->addr)) {
            if (options->upstream.do_udp)
                good = open_kind(ports, port, false, &options->daemon);
            if (good && options->upstream.do_tcp && options->client.incoming_num_tcp > 0) {
                tcp = true;
                good = open_kind(ports, port, true, &options->daemon);
            }
        }
        if (good) {
            i++;
        } else if (may_lack(&port->addr, options, errno)) {
            drop_port(ports, i);
        } else {
            tell_why(log, &port->addr, tcp, errno, before == NULL);
            return false;
        }
    }
    if (ports->count == 0)
        log_line(
            log, LOG_LEVEL_ERROR,
            "event=listen msg=there is no address to answer on; see interface, do-ip4 and do-ip6");
    return ports->count > 0;
}

int ports_take(struct ports *ports, size_t index, unsigned thread, bool tcp)
{
    int *list = tcp ? ports->list[index].tcp : ports->list[index].udp;
    int fd = list[thread];

    list[thread] = -1;
    return fd;
}

void ports_free(struct ports *ports)
{
    if (ports == NULL)
        return;
    for (size_t i = 0; i < ports->count; i++) {
        close_sockets(&ports->list[i], ports->threads);
        free(ports->list[i].udp);
        free(ports->list[i].tcp);
    }
    free(ports);
}
