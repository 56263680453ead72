/*
 * addr.h - an IP address with its port, and prefixes of addresses.
 *
 * Plain values, compared and hashed without the operating system's structures; net/ turns them into
 * a sockaddr. Text forms: 192.0.2.1, 192.0.2.1@53, 2001:db8::1@853#name (classic configuration) and
 * 192.0.2.1:53, [2001:db8::1]:53 (what we print).
 */
#ifndef TREESHREW_UTIL_ADDR_H
#define TREESHREW_UTIL_ADDR_H

#include <string.h>

#include "util/base.h"

enum addr_family { ADDR_NONE, ADDR_IP4, ADDR_IP6 };

enum { ADDR_TEXT_MAX = 64, ADDR_NETBLOCK_TEXT_MAX = 64, ADDR_REVERSE_MAX = 80 };

struct addr {
    uint8_t family; /* enum addr_family */
    uint16_t port;  /* host byte order */
    uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
    uint8_t bytes[16]; /* the first 4 for IPv4, the rest zero */
};

/** A prefix such as 10.0.0.0/8. Bits behind the prefix are zero. */
struct netblock {
    struct addr addr; /* port 0 */
    uint8_t bits;
};

static inline size_t addr_octets(const struct addr *addr)
{
    return addr->family == ADDR_IP4 ? 4 : addr->family == ADDR_IP6 ? 16 : 0;
}

static inline struct addr addr_ip4(const uint8_t bytes[4], uint16_t port)
{
    struct addr addr = {.family = ADDR_IP4, .port = port};

    memcpy(addr.bytes, bytes, 4);
    return addr;
}

static inline struct addr addr_ip6(const uint8_t bytes[16], uint16_t port)
{
    struct addr addr = {.family = ADDR_IP6, .port = port};

    memcpy(addr.bytes, bytes, 16);
    return addr;
}

bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_same_host(const struct addr *a, const struct addr *b); /* ports left aside */
int addr_compare(const struct addr *a, const struct addr *b);

/**
 * Reads "ip", "ip@port", with an optional "#name" behind it (its place goes to tls_name, NULL
 * if none). Also takes a scope ("fe80::1%2", number only).
 * @param tls_name may be NULL: then a '#' is an error.
 */
enum status addr_from_text(struct addr *out, const char *text, uint16_t default_port,
                           const char **tls_name);

/** "192.0.2.1:53" or "[2001:db8::1]:53". @return out. */
const char *addr_to_text(const struct addr *addr, char out[ADDR_TEXT_MAX]);

/** The address without its port: "192.0.2.1", "2001:db8::1". @return out. */
const char *addr_host_text(const struct addr *addr, char out[ADDR_TEXT_MAX]);

/** The block of so many bits that the address lies in. */
struct netblock netblock_around(const struct addr *addr, unsigned bits);

/** The name of its PTR record (RFC 1035 section 3.5, RFC 3596 section 2.5). @return out. */
const char *addr_reverse_name(const struct addr *addr, char out[ADDR_REVERSE_MAX]);

/** "ip/bits" or "ip" (all bits). */
enum status netblock_from_text(struct netblock *out, const char *text);
const char *netblock_to_text(const struct netblock *block, char out[ADDR_NETBLOCK_TEXT_MAX]);
bool netblock_covers(const struct netblock *block, const struct addr *addr);

/** 127.0.0.0/8, ::1 (and the mapped form of the former). */
bool addr_is_loopback(const struct addr *addr);

/** Prefixes that stand in examples (RFC 5737, 3849, 9637); unroutable, too. */
bool addr_is_documentation(const struct addr *addr);

/**
 * Addresses that no name server in the world can have: 0/8, multicast, 240/4, link-local,
 * documentation, ::, mapped and deprecated forms. Loopback and private space are not among
 * them.
 */
bool addr_is_unroutable(const struct addr *addr);

#endif
