/*
 * edns.c - the OPT record and its options, both ways.
 *
 * Called by the message reader and writer, and by whoever understands an option. Views point
 * into the message; only ede_option makes octets of its own, in the arena that it is given.
 */
#include "util/wire/edns.h"

#include <string.h>

/* RFC 6891 section 6.1.3; CO: RFC 9824 section 3.1. */
enum { BIT_DNSSEC_OK = 0x8000, BIT_COMPACT_OK = 0x4000 };
enum { OPT_FIXED_SIZE = 11, OPTION_HEAD_SIZE = 4 };

enum status edns_read(struct cursor *in, struct edns *out)
{
    struct cursor options;
    uint16_t flags;

    out->present = true;
    out->option_count = 0;
    out->udp_size = cursor_u16(in);
    out->rcode_high = cursor_u8(in);
    out->version = cursor_u8(in);
    flags = cursor_u16(in);
    out->dnssec_ok = (flags & BIT_DNSSEC_OK) != 0;
    out->compact_ok = (flags & BIT_COMPACT_OK) != 0;
    options = cursor_sub(in, cursor_u16(in));
    while (cursor_left(&options) != 0) {
        uint16_t code = cursor_u16(&options);
        struct slice data = cursor_bytes(&options, cursor_u16(&options));

        if (!cursor_failed(&options))
            edns_add(out, code, data);
    }
    cursor_inherit(in, &options);
    return cursor_failed(in) ? STATUS_MALFORMED : STATUS_OK;
}

const struct edns_option *edns_find(const struct edns *edns, uint16_t code)
{
    for (size_t i = 0; i < edns->option_count; i++)
        if (edns->options[i].code == code)
            return &edns->options[i];
    return NULL;
}

void edns_add(struct edns *edns, uint16_t code, struct slice data)
{
    if (edns->option_count < EDNS_OPTIONS_MAX)
        edns->options[edns->option_count++] = (struct edns_option){code, data};
}

size_t edns_size(const struct edns *edns)
{
    size_t size = OPT_FIXED_SIZE;

    for (size_t i = 0; i < edns->option_count; i++)
        size += OPTION_HEAD_SIZE + edns->options[i].data.size;
    return size;
}

void edns_write(struct sink *out, const struct edns *edns)
{
    size_t rdata_size = edns_size(edns) - OPT_FIXED_SIZE;
    unsigned flags =
        (edns->dnssec_ok ? BIT_DNSSEC_OK : 0u) | (edns->compact_ok ? BIT_COMPACT_OK : 0u);

    uint8_t *fixed = sink_room(out, OPT_FIXED_SIZE);

    ASSERT(rdata_size <= UINT16_MAX);
    if (fixed == NULL)
        return;
    fixed[0] = 0; /* the root */
    bytes_put_u16(fixed + 1, TYPE_OPT);
    bytes_put_u16(fixed + 3, edns->udp_size);
    fixed[5] = edns->rcode_high;
    fixed[6] = edns->version;
    bytes_put_u16(fixed + 7, (uint16_t)flags);
    bytes_put_u16(fixed + 9, (uint16_t)rdata_size);
    for (size_t i = 0; i < edns->option_count; i++) {
        sink_u16(out, edns->options[i].code);
        sink_u16(out, (uint16_t)edns->options[i].data.size);
        sink_bytes(out, edns->options[i].data);
    }
}

/* ---- the options ---- */

enum status ede_read(struct slice data, struct ede *out)
{
    struct cursor in = cursor_of(data);

    out->code = cursor_u16(&in);
    out->text = cursor_rest(&in);
    /* RFC 8914 section 2: the text may, but need not, end with a NUL. */
    while (out->text.size != 0 && out->text.data[out->text.size - 1] == 0)
        out->text.size--;
    return cursor_failed(&in) ? STATUS_MALFORMED : STATUS_OK;
}

/* Cut between characters of UTF-8, never inside of one (RFC 3629 section 3). */
static size_t text_size(const char *text)
{
    size_t size = strlen(text);

    if (size <= EDE_TEXT_MAX)
        return size;
    size = EDE_TEXT_MAX;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

struct slice ede_option(struct arena *arena, uint16_t code, const char *text)
{
    size_t size = text == NULL ? 0 : text_size(text);
    uint8_t *data = arena_bytes(arena, 2 + size);

    if (data == NULL)
        return slice_of(NULL, 0);
    bytes_put_u16(data, code);
    if (size != 0)
        memcpy(data + 2, text, size);
    return slice_of(data, 2 + size);
}

enum status client_subnet_read(struct slice data, struct client_subnet *out)
{
    struct cursor in = cursor_of(data);
    uint16_t family = cursor_u16(&in);
    unsigned most = family == 1 ? 32 : family == 2 ? 128 : 0;
    struct slice address;

    *out = (struct client_subnet){.addr = {.family = ADDR_NONE}};
    out->source_bits = cursor_u8(&in);
    out->scope_bits = cursor_u8(&in);
    address = cursor_rest(&in);
    if (cursor_failed(&in) || family > 2 || out->source_bits > most || out->scope_bits > most ||
        address.size != (out->source_bits + 7u) / 8)
        return STATUS_MALFORMED;
    /* Bits behind the prefix must be zero. */
    if (out->source_bits % 8 != 0 &&
        (address.data[address.size - 1] & 0xff >> out->source_bits % 8) != 0)
        return STATUS_MALFORMED;
    /* Family 0 with no bits is how some clients say "none of my address". */
    out->addr.family = family == 1 ? ADDR_IP4 : family == 2 ? ADDR_IP6 : ADDR_NONE;
    if (address.size != 0)
        memcpy(out->addr.bytes, address.data, address.size);
    return STATUS_OK;
}

enum status cookie_read(struct slice data, struct cookie *out)
{
    struct cursor in = cursor_of(data);

    out->client = cursor_bytes(&in, 8);
    out->server = cursor_rest(&in);
    if (cursor_failed(&in) ||
        (out->server.size != 0 && (out->server.size < 8 || out->server.size > 32)))
        return STATUS_MALFORMED;
    return STATUS_OK;
}

enum status keepalive_read(struct slice data, uint16_t *units_100ms)
{
    *units_100ms = data.size == 2 ? bytes_u16(data.data) : 0;
    return data.size == 0 || data.size == 2 ? STATUS_OK : STATUS_MALFORMED;
}
