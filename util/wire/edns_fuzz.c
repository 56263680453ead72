/*
 * edns_fuzz.c - an OPT record from any octets; written and read again it is the same.
 */
#include <string.h>

#include "util/wire/edns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_options(const struct edns *edns)
{
    for (size_t i = 0; i < edns->option_count; i++) {
        struct slice option = edns->options[i].data;
        struct client_subnet subnet;
        struct cookie cookie;
        struct ede ede;
        uint16_t units;

        if (client_subnet_read(option, &subnet) == STATUS_OK)
            ASSERT(subnet.source_bits <= addr_octets(&subnet.addr) * 8);
        if (cookie_read(option, &cookie) == STATUS_OK)
            ASSERT(cookie.client.size == 8 && cookie.server.size <= 32);
        if (ede_read(option, &ede) == STATUS_OK)
            ASSERT(ede.text.size + 2 <= option.size);
        ASSERT((keepalive_read(option, &units) == STATUS_OK) ==
               (option.size % 2 == 0 && option.size < 3));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t written[65535 + 11];
    struct cursor in = cursor_of(slice_of(data, size));
    struct sink out = sink_of(written, sizeof(written));
    struct edns edns, again;

    if (edns_read(&in, &edns) != STATUS_OK)
        return 0;
    read_options(&edns);
    edns_write(&out, &edns);
    ASSERT(!sink_failed(&out) && out.used == edns_size(&edns));
    in = cursor_of(slice_of(written + 3, out.used - 3)); /* behind owner and type */
    ASSERT(edns_read(&in, &again) == STATUS_OK && cursor_left(&in) == 0);
    ASSERT(again.udp_size == edns.udp_size && again.version == edns.version);
    ASSERT(again.dnssec_ok == edns.dnssec_ok && again.compact_ok == edns.compact_ok);
    ASSERT(again.rcode_high == edns.rcode_high && again.option_count == edns.option_count);
    for (size_t i = 0; i < edns.option_count; i++) {
        ASSERT(again.options[i].code == edns.options[i].code);
        ASSERT(slice_equal(again.options[i].data, edns.options[i].data));
    }
    return 0;
}
