/*
 * prefix64.c - IPv4 addresses inside IPv6 addresses (RFC 6052).
 */
#include "util/prefix64.h"

#include <string.h>

enum { OCTET_U = 8 }; /* RFC 6052 section 2.2: bits 64 to 71 are zero, whatever the prefix */

bool prefix64_is_prefix(const struct netblock *block)
{
    unsigned bits = block->bits;

    return block->addr.family == ADDR_IP6 && block->addr.bytes[OCTET_U] == 0 &&
           (bits == 32 || bits == 40 || bits == 48 || bits == 56 || bits == 64 || bits == 96);
}

bool prefix64_is_well_known(const struct netblock *prefix)
{
    static const uint8_t well_known[16] = {0x00, 0x64, 0xff, 0x9b};

    return prefix->bits == 96 && memcmp(prefix->addr.bytes, well_known, 16) == 0;
}

/* Where the IPv4 octets stand: one behind the other, with "u" left out. */
static void find_places(const struct netblock *prefix, size_t places[4])
{
    size_t at = prefix->bits / 8;

    for (size_t i = 0; i < 4; i++, at++) {
        if (at == OCTET_U)
            at++;
        places[i] = at;
    }
}

void prefix64_embed(const struct netblock *prefix, const uint8_t ip4[4], uint8_t ip6[16])
{
    size_t places[4];

    find_places(prefix, places);
    memset(ip6, 0, 16);
    memcpy(ip6, prefix->addr.bytes, prefix->bits / 8);
    for (size_t i = 0; i < 4; i++)
        ip6[places[i]] = ip4[i];
}

bool prefix64_extract(const struct netblock *prefix, const uint8_t ip6[16], uint8_t ip4[4])
{
    size_t places[4];

    if (memcmp(ip6, prefix->addr.bytes, prefix->bits / 8) != 0 || ip6[OCTET_U] != 0)
        return false;
    find_places(prefix, places);
    for (size_t i = 0; i < 4; i++)
        ip4[i] = ip6[places[i]];
    return true;
}

bool prefix64_is_not_global(const uint8_t ip4[4])
{
    static const struct {
        uint8_t ip4[4];
        uint8_t bits;
    } blocks[] = {
        {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},      {{127, 0, 0, 0}, 8},
        {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},   {{192, 0, 0, 0}, 24},
        {{192, 0, 2, 0}, 24},   {{192, 88, 99, 0}, 24},  {{192, 168, 0, 0}, 16},
        {{198, 18, 0, 0}, 15},  {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24},
        {{224, 0, 0, 0}, 4},    {{240, 0, 0, 0}, 4},
    };
    struct addr addr = addr_ip4(ip4, 0);

    for (size_t i = 0; i < COUNT(blocks); i++) {
        struct netblock block = {addr_ip4(blocks[i].ip4, 0), blocks[i].bits};

        if (netblock_covers(&block, &addr))
            return true;
    }
    return false;
}
