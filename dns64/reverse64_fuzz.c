/*
 * reverse64_fuzz.c - any name as a reverse name: what is read as an address has one form only.
 */
#include "dns64/reverse64.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor in = cursor_of(slice_of(data, size));
    uint8_t storage[DNAME_MAX], ip6[16];
    char text[DNAME_TEXT_MAX];
    struct dname name, again;
    size_t used = 0;

    if (dname_read_plain(&in, &name) != STATUS_OK || !reverse64_read(name, ip6))
        return 0;
    for (size_t i = 16; i-- > 0;)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%x.%x.", ip6[i] & 15u,
                                 ip6[i] >> 4);
    snprintf(text + used, sizeof(text) - used, "ip6.arpa.");
    ASSERT(dname_from_text(text, storage, &again) == STATUS_OK && dname_equal(name, again));
    (void)reverse64_name(ip6, storage);
    return 0;
}
