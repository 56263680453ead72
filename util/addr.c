/*
 * addr.c - addresses as values: text forms, comparison, prefixes, and what kind of address it
 * is.
 *
 * Called by configuration, caches and logs. The numbers are turned by inet_pton and inet_ntop,
 * which know no names and ask nobody; no socket is touched here.
 */
#include "util/addr.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/bytes.h"
#include "util/text.h"

bool addr_same_host(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->port == b->port && addr_same_host(a, b);
}

int addr_compare(const struct addr *a, const struct addr *b)
{
    int order;

    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    if (order != 0)
        return order;
    if (a->scope != b->scope)
        return a->scope < b->scope ? -1 : 1;
    return a->port == b->port ? 0 : a->port < b->port ? -1 : 1;
}

/* Digits only, which is what inet_pton leaves to us: port, scope and prefix length. */
static enum status read_number(const char *from, const char *to, uint64_t most, uint64_t *out)
{
    char digits[12];
    size_t size = (size_t)(to - from);

    if (size >= sizeof(digits))
        return STATUS_MALFORMED;
    memcpy(digits, from, size);
    digits[size] = '\0';
    return text_read_u64(digits, most, out) == STATUS_OK ? STATUS_OK : STATUS_MALFORMED;
}

/* The bare address in from..to, with "%scope" behind it where that makes sense. */
static enum status read_host(struct addr *out, const char *from, const char *to)
{
    char host[INET6_ADDRSTRLEN];
    const char *percent = memchr(from, '%', (size_t)(to - from));
    size_t size = (size_t)((percent != NULL ? percent : to) - from);
    uint64_t scope = 0;

    if (size >= sizeof(host))
        return STATUS_MALFORMED;
    memcpy(host, from, size);
    host[size] = '\0';
    if (inet_pton(AF_INET, host, out->bytes) == 1)
        out->family = ADDR_IP4;
    else if (inet_pton(AF_INET6, host, out->bytes) == 1)
        out->family = ADDR_IP6;
    else
        return STATUS_MALFORMED;
    if (percent == NULL)
        return STATUS_OK;
    if (out->family != ADDR_IP6 ||
        read_number(percent + 1, to, UINT32_MAX, &scope) != STATUS_OK)
        return STATUS_MALFORMED;
    out->scope = (uint32_t)scope;
    return STATUS_OK;
}

enum status addr_from_text(struct addr *out, const char *text, uint16_t default_port,
                           const char **tls_name)
{
    struct addr addr = {.port = default_port};
    const char *hash = strchr(text, '#');
    const char *end = hash != NULL ? hash : text + strlen(text);
    const char *at_sign = memchr(text, '@', (size_t)(end - text));
    uint64_t port;

    if (hash != NULL && (tls_name == NULL || hash[1] == '\0'))
        return STATUS_MALFORMED;
    if (read_host(&addr, text, at_sign != NULL ? at_sign : end) != STATUS_OK)
        return STATUS_MALFORMED;
    if (at_sign != NULL) {
        if (read_number(at_sign + 1, end, UINT16_MAX, &port) != STATUS_OK)
            return STATUS_MALFORMED;
        addr.port = (uint16_t)port;
    }
    *out = addr;
    if (tls_name != NULL)
        *tls_name = hash != NULL ? hash + 1 : NULL;
    return STATUS_OK;
}

const char *addr_host_text(const struct addr *addr, char out[ADDR_TEXT_MAX])
{
    int family = addr->family == ADDR_IP4 ? AF_INET : AF_INET6;
    size_t used;

    if (addr->family == ADDR_NONE ||
        inet_ntop(family, addr->bytes, out, ADDR_TEXT_MAX) == NULL) {
        snprintf(out, ADDR_TEXT_MAX, "none");
        return out;
    }
    used = strlen(out);
    if (addr->scope != 0)
        snprintf(out + used, ADDR_TEXT_MAX - used, "%%%" PRIu32, addr->scope);
    return out;
}

const char *addr_to_text(const struct addr *addr, char out[ADDR_TEXT_MAX])
{
    char host[ADDR_TEXT_MAX];

    /* At most 46 octets of address, 11 of scope, 8 of brackets, colon and port: never cut. */
    addr_host_text(addr, host);
    host[ADDR_TEXT_MAX - 9] = '\0';
    snprintf(out, ADDR_TEXT_MAX, addr->family == ADDR_IP6 ? "[%s]:%u" : "%s:%u", host,
             (unsigned)addr->port);
    return out;
}

const char *addr_reverse_name(const struct addr *addr, char out[ADDR_REVERSE_MAX])
{
    const uint8_t *bytes = addr->bytes;
    size_t used = 0;

    if (addr->family == ADDR_IP4) {
        snprintf(out, ADDR_REVERSE_MAX, "%u.%u.%u.%u.in-addr.arpa.", bytes[3], bytes[2], bytes[1],
                 bytes[0]);
        return out;
    }
    for (size_t i = 16; i-- > 0;)
        used += (size_t)snprintf(out + used, ADDR_REVERSE_MAX - used, "%x.%x.", bytes[i] & 15u,
                                 (unsigned)bytes[i] >> 4);
    snprintf(out + used, ADDR_REVERSE_MAX - used, "ip6.arpa.");
    return out;
}

/* Clears the bits behind the prefix. */
static void mask(uint8_t *bytes, size_t size, unsigned bits)
{
    for (size_t i = 0; i < size; i++) {
        unsigned kept = bits > i * 8 ? bits - (unsigned)i * 8 : 0;

        if (kept < 8)
            bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}

struct netblock netblock_around(const struct addr *addr, unsigned bits)
{
    struct netblock block = {*addr, (uint8_t)bits};

    block.addr.port = 0;
    block.addr.scope = 0;
    mask(block.addr.bytes, sizeof(block.addr.bytes), bits);
    return block;
}

enum status netblock_from_text(struct netblock *out, const char *text)
{
    struct addr addr = {.port = 0};
    const char *end = text + strlen(text);
    const char *slash = strchr(text, '/');
    uint64_t bits;

    if (read_host(&addr, text, slash != NULL ? slash : end) != STATUS_OK || addr.scope != 0)
        return STATUS_MALFORMED;
    bits = addr_octets(&addr) * 8;
    if (slash != NULL && read_number(slash + 1, end, bits, &bits) != STATUS_OK)
        return STATUS_MALFORMED;
    mask(addr.bytes, addr_octets(&addr), (unsigned)bits);
    *out = (struct netblock){addr, (uint8_t)bits};
    return STATUS_OK;
}

const char *netblock_to_text(const struct netblock *block, char out[ADDR_NETBLOCK_TEXT_MAX])
{
    size_t used;

    addr_host_text(&block->addr, out);
    used = strlen(out);
    snprintf(out + used, ADDR_NETBLOCK_TEXT_MAX - used, "/%u", (unsigned)block->bits);
    return out;
}

static bool has_prefix(const uint8_t *bytes, const uint8_t *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (bits <= 32) /* most are no longer */
        return bits == 0 || (bytes_u32(bytes) ^ bytes_u32(prefix)) >> (32 - bits) == 0;
    if (memcmp(bytes, prefix, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ prefix[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

bool netblock_covers(const struct netblock *block, const struct addr *addr)
{
    return block->addr.family == addr->family &&
           has_prefix(addr->bytes, block->addr.bytes, block->bits);
}

struct range {
    uint8_t prefix[16];
    uint8_t bits;
};

static bool in_range(const struct addr *addr, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has_prefix(addr->bytes, ranges[i].prefix, ranges[i].bits))
            return true;
    return false;
}

bool addr_is_loopback(const struct addr *addr)
{
    static const struct range ip4[] = {{{127}, 8}};
    static const struct range ip6[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}, 104},
    };

    if (addr->family == ADDR_IP4)
        return in_range(addr, ip4, COUNT(ip4));
    return addr->family == ADDR_IP6 && in_range(addr, ip6, COUNT(ip6));
}

bool addr_is_documentation(const struct addr *addr)
{
    static const struct range ip4[] = {
        {{192, 0, 2}, 24}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24}}; /* RFC 5737 */
    static const struct range ip6[] = {
        {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* RFC 3849 */
        {{0x3f, 0xff}, 20},             /* RFC 9637 */
    };

    if (addr->family == ADDR_IP4)
        return in_range(addr, ip4, COUNT(ip4));
    return addr->family == ADDR_IP6 && in_range(addr, ip6, COUNT(ip6));
}

bool addr_is_unroutable(const struct addr *addr)
{
    /* RFC 6890 and the special-purpose address registries that it opened. */
    static const struct range ip4[] = {
        {{0}, 8},             /* this network, RFC 791 section 3.2 */
        {{169, 254}, 16},     /* link-local, RFC 3927 */
        {{192, 0, 2}, 24},    /* documentation, RFC 5737 */
        {{198, 51, 100}, 24}, /* documentation, RFC 5737 */
        {{203, 0, 113}, 24},  /* documentation, RFC 5737 */
        {{224}, 4},           /* multicast, RFC 5771 */
        {{240}, 4},           /* reserved, and the broadcast address, RFC 1112 section 4 */
    };
    static const struct range ip6[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}, /* mapped, RFC 4291 section 2.5.5.2 */
        {{0x01}, 64},                                     /* discard only, RFC 6666 */
        {{0x20, 0x01, 0x0d, 0xb8}, 32},                   /* documentation, RFC 3849 */
        {{0x3f, 0xff}, 20},                               /* documentation, RFC 9637 */
        {{0xfe, 0x80}, 10},                               /* link-local, RFC 4291 */
        {{0xfe, 0xc0}, 10},                               /* site-local, RFC 3879 */
        {{0xff}, 8},                                      /* multicast, RFC 4291 */
    };
    static const struct range ip4_compatible = {{0}, 96}; /* RFC 4291 section 2.5.5.1; and :: */

    if (addr->family == ADDR_IP4)
        return in_range(addr, ip4, COUNT(ip4));
    if (addr->family != ADDR_IP6)
        return true;
    return in_range(addr, ip6, COUNT(ip6)) ||
           (in_range(addr, &ip4_compatible, 1) && !addr_is_loopback(addr));
}
