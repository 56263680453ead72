/*
 * reverse64.c - names of addresses in ip6.arpa and in-addr.arpa.
 */
#include "dns64/reverse64.h"

#include <stdio.h>

enum { NIBBLES = 32, IP6_ARPA_LABELS = 2 };

static const uint8_t ip6_arpa_wire[] = "\003ip6\004arpa";

static bool nibble_of(const uint8_t *label, uint8_t *nibble)
{
    uint8_t lower = (uint8_t)(label[1] | 0x20);

    if (label[0] != 1)
        return false;
    if (label[1] >= '0' && label[1] <= '9')
        *nibble = (uint8_t)(label[1] - '0');
    else if (lower >= 'a' && lower <= 'f')
        *nibble = (uint8_t)(lower - 'a' + 10);
    else
        return false;
    return true;
}

bool reverse64_read(struct dname name, uint8_t ip6[16])
{
    const uint8_t *label = name.wire;

    if (name.labels != NIBBLES + IP6_ARPA_LABELS ||
        !dname_is_at_or_below(name, dname_of_wire(ip6_arpa_wire)))
        return false;
    for (size_t i = NIBBLES; i-- > 0; label += 2) { /* the last one stands first */
        uint8_t nibble;

        if (!nibble_of(label, &nibble))
            return false;
        ip6[i / 2] = (uint8_t)(i % 2 == 0 ? ip6[i / 2] | nibble << 4 : nibble);
    }
    return true;
}

struct dname reverse64_name(const uint8_t ip4[4], uint8_t storage[DNAME_MAX])
{
    char text[64];
    struct dname name = dname_root;
    enum status status;

    snprintf(text, sizeof(text), "%u.%u.%u.%u.in-addr.arpa.", ip4[3], ip4[2], ip4[1], ip4[0]);
    status = dname_from_text(text, storage, &name);
    ASSERT(status == STATUS_OK);
    return name;
}
