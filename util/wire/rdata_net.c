/*
 * rdata_net.c - fields of network addresses that one type each has: WKS, APL, A6, NSAP, ATMA.
 *
 * Called through the table of rdata_field.def only.
 */
#include <string.h>

#include "util/wire/rdata_field.h"

/* ---- WKS, RFC 1035 section 3.4.2 ---- */

enum { PORTS = 65536 };

void field_wks_skip(struct cursor *in)
{
    cursor_u8(in);
    if (cursor_rest(in).size > PORTS / 8)
        cursor_fail(in);
}

void field_wks_print(struct text *out, struct cursor *in)
{
    unsigned protocol = cursor_u8(in);
    struct slice bits = cursor_rest(in);

    /* Zero octets at the end are allowed and cannot be said. */
    if (bits.size > PORTS / 8 || (bits.size > 0 && bits.data[bits.size - 1] == 0))
        cursor_fail(in);
    if (cursor_failed(in))
        return;
    text_printf(out, "%u", protocol);
    for (unsigned port = 0; port < bits.size * 8; port++)
        if ((bits.data[port / 8] & (0x80 >> port % 8)) != 0)
            text_printf(out, " %u", port);
}

/* The services that RFC 1035's example and RFC 1010 have most use for; others go by number. */
static uint16_t read_port(struct rdata_source *in, const char *word)
{
    static const struct {
        const char *name;
        uint16_t port;
    } services[] = {
        {"ftp-data", 20}, {"ftp", 21},        {"ssh", 22},    {"telnet", 23},  {"smtp", 25},
        {"time", 37},     {"nameserver", 42}, {"domain", 53}, {"tftp", 69},    {"gopher", 70},
        {"finger", 79},   {"http", 80},       {"pop3", 110},  {"sunrpc", 111}, {"nntp", 119},
        {"ntp", 123},     {"imap2", 143},     {"snmp", 161},  {"https", 443},
    };

    for (size_t i = 0; i < COUNT(services); i++)
        if (text_equal_nocase(services[i].name, word))
            return services[i].port;
    return (uint16_t)read_number(in, word, PORTS - 1);
}

void field_wks_parse(struct rdata_source *in, struct sink *out)
{
    const char *protocol = source_word(in);
    uint8_t bits[PORTS / 8] = {0};
    size_t used = 0;

    if (text_equal_nocase(protocol, "tcp"))
        sink_u8(out, 6);
    else if (text_equal_nocase(protocol, "udp"))
        sink_u8(out, 17);
    else
        sink_u8(out, (uint8_t)read_number(in, protocol, UINT8_MAX));
    while (in->has_next) {
        uint16_t port = read_port(in, source_word(in));

        bits[port / 8] |= (uint8_t)(0x80 >> port % 8);
        used = size_max(used, port / 8 + 1u);
    }
    sink_bytes(out, slice_of(bits, used));
}

/* ---- APL, RFC 3123 section 4: family, prefix, N bit and length, address part ---- */

enum { FAMILY_IP4 = 1, FAMILY_IP6 = 2, NEGATED = 0x80 };

void field_prefix_skip(struct cursor *in)
{
    cursor_u16(in);
    cursor_u8(in);
    cursor_bytes(in, cursor_u8(in) & ~(unsigned)NEGATED);
}

void field_prefix_print(struct text *out, struct cursor *in)
{
    uint16_t family = cursor_u16(in);
    unsigned bits = cursor_u8(in);
    unsigned length = cursor_u8(in);
    struct slice part = cursor_bytes(in, length & ~(unsigned)NEGATED);
    size_t octets = family == FAMILY_IP4 ? 4 : 16;
    uint8_t address[16] = {0};

    if ((family != FAMILY_IP4 && family != FAMILY_IP6) || part.size > octets ||
        bits > octets * 8 || (part.size > 0 && part.data[part.size - 1] == 0))
        cursor_fail(in);
    if (cursor_failed(in))
        return;
    memcpy(address, part.data, part.size);
    text_printf(out, "%s%u:", (length & NEGATED) != 0 ? "!" : "", (unsigned)family);
    print_address(out, slice_of(address, octets));
    text_printf(out, "/%u", bits);
}

void field_prefix_parse(struct rdata_source *in, struct sink *out)
{
    const char *word = source_word(in);
    bool negated = word[0] == '!';
    char *family = in->scratch + negated;
    char *colon = strchr(family, ':'), *slash = strchr(family, '/');
    size_t octets, size;
    struct sink address;
    uint8_t storage[16];

    if (colon != family + 1 || (*family != '1' && *family != '2') || slash == NULL) {
        source_fail(in, "an item of APL is [!]1:ADDRESS/BITS or [!]2:ADDRESS/BITS");
        return;
    }
    *slash = '\0';
    octets = size = *family == '1' ? 4 : 16;
    address = sink_of(storage, sizeof(storage));
    read_address(in, colon + 1, octets, &address);
    sink_u16(out, (uint16_t)(*family - '0'));
    sink_u8(out, (uint8_t)read_number(in, slash + 1, octets * 8));
    if (in->why != NULL)
        return;
    while (size > 0 && storage[size - 1] == 0)
        size--;
    sink_u8(out, (uint8_t)(size | (negated ? NEGATED : 0u)));
    sink_bytes(out, slice_of(storage, size));
}

/* ---- A6, RFC 2874 section 3.1: the suffix has the bits that the prefix leaves over ---- */

void field_a6_skip(struct cursor *in)
{
    uint8_t prefix_bits = cursor_u8(in);

    if (prefix_bits > 128)
        cursor_fail(in);
    else
        cursor_bytes(in, (128u - prefix_bits + 7) / 8);
    if ((prefix_bits == 0) != (cursor_left(in) == 0))
        cursor_fail(in);
}

/* The bits of the suffix's first octet that belong to the prefix are padding and zero. */
static uint8_t a6_mask(unsigned prefix_bits)
{
    return (uint8_t)(0xff >> prefix_bits % 8);
}

void field_a6_print(struct text *out, struct cursor *in)
{
    struct cursor same = *in;
    unsigned prefix_bits = cursor_u8(&same);
    uint8_t address[16] = {0};
    struct slice suffix;

    field_a6_skip(in);
    if (cursor_failed(in))
        return;
    suffix = cursor_bytes(&same, (128u - prefix_bits + 7) / 8);
    text_printf(out, "%u", prefix_bits);
    if (suffix.size == 0)
        return;
    if ((suffix.data[0] & ~(unsigned)a6_mask(prefix_bits)) != 0)
        cursor_fail(in);
    memcpy(address + 16 - suffix.size, suffix.data, suffix.size);
    text_add_char(out, ' ');
    print_address(out, slice_of(address, sizeof(address)));
}

void field_a6_parse(struct rdata_source *in, struct sink *out)
{
    unsigned prefix_bits = (unsigned)source_number(in, 128);
    size_t size = (128u - prefix_bits + 7) / 8;
    uint8_t address[16];
    struct sink whole = sink_of(address, sizeof(address));

    sink_u8(out, (uint8_t)prefix_bits);
    if (size == 0)
        return;
    read_address(in, source_word(in), 16, &whole);
    if (in->why != NULL)
        return;
    address[16 - size] &= a6_mask(prefix_bits);
    sink_bytes(out, slice_of(address + 16 - size, size));
}

/* ---- NSAP, RFC 1706 section 7 ---- */

static void remove_dots(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++)
        if (*text != '.')
            *to++ = *text;
    *to = '\0';
}

void field_nsap_skip(struct cursor *in)
{
    field_hex_skip(in);
}

void field_nsap_print(struct text *out, struct cursor *in)
{
    text_add(out, "0x");
    field_hex_print(out, in);
}

void field_nsap_parse(struct rdata_source *in, struct sink *out)
{
    const char *rest = source_rest(in);

    remove_dots(in->scratch);
    if (rest[0] != '0' || text_lower(rest[1]) != 'x')
        source_fail(in, "an NSAP address begins with 0x");
    else
        read_coded(in, text_read_hex, rest + 2, out);
}

/* ---- ATMA, af-dans-0152.000: format 0 is an end system address, 1 a number of E.164 ---- */

enum { ATMA_AESA = 0, ATMA_E164 = 1 };

void field_atma_skip(struct cursor *in)
{
    cursor_u8(in);
    field_hex_skip(in);
}

void field_atma_print(struct text *out, struct cursor *in)
{
    uint8_t format = cursor_u8(in);
    struct slice address = cursor_rest(in);

    if (address.size == 0 || format > ATMA_E164)
        cursor_fail(in);
    for (size_t i = 0; format == ATMA_E164 && i < address.size; i++)
        if (address.data[i] < '0' || address.data[i] > '9')
            cursor_fail(in);
    if (format == ATMA_AESA) {
        text_add_hex(out, address);
    } else {
        text_add_char(out, '+');
        text_add_slice(out, address);
    }
}

void field_atma_parse(struct rdata_source *in, struct sink *out)
{
    const char *rest = source_rest(in);
    size_t digits;

    remove_dots(in->scratch);
    if (rest[0] != '+') {
        sink_u8(out, ATMA_AESA);
        read_coded(in, text_read_hex, rest, out);
        return;
    }
    digits = strlen(rest + 1);
    if (strspn(rest + 1, "0123456789") != digits)
        source_fail(in, "a number of E.164 is + and digits");
    sink_u8(out, ATMA_E164);
    sink_bytes(out, slice_of(rest + 1, digits));
}
