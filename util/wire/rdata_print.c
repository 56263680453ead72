/*
 * rdata_print.c - rdata in presentation form, and how each common field is printed.
 *
 * A field that has no text for its octets fails the cursor; then the whole of the rdata is
 * printed in the generic form of RFC 3597 section 5. So whatever is printed reads back as the
 * same octets.
 */
#include <arpa/inet.h>
#include <string.h>

#include "util/wire/rdata_field.h"

void text_cut(struct text *text, size_t used)
{
    if (text->chars != NULL && text->used > used) {
        text->used = used;
        text->chars[used] = '\0';
    }
}

/* RFC 3597 section 5. */
static void print_generic(struct text *out, struct slice rdata)
{
    text_printf(out, rdata.size == 0 ? "\\# %zu" : "\\# %zu ", rdata.size);
    text_add_hex(out, rdata);
}

/* False: these octets cannot be said in the type's own form. */
static bool print_layout(struct text *out, const char *layout, struct slice rdata)
{
    struct layout_walk walk = {layout, false};
    struct cursor in = cursor_of(rdata);
    size_t start = out->used;
    char letter;

    while ((letter = layout_next(&walk, cursor_left(&in) > 0)) != '\0') {
        size_t before = out->used;

        if (before != start)
            text_add_char(out, ' ');
        rdata_field(letter)->print(out, &in);
        if (before != start && out->used == before + 1)
            text_cut(out, before); /* an empty list */
    }
    return !cursor_failed(&in) && cursor_left(&in) == 0;
}

void rdata_to_text(struct text *out, struct slice rdata, uint16_t type, uint16_t rrclass)
{
    const char *layout = rdata_layout(type, rrclass);
    size_t start = out->used;

    if (layout != NULL && rdata.size != 0 && print_layout(out, layout, rdata))
        return;
    text_cut(out, start);
    print_generic(out, rdata);
}

/* ---- shared ---- */

void print_octet(struct text *out, uint8_t octet)
{
    if (octet < 0x20 || octet >= 0x7f) {
        text_printf(out, "\\%03u", (unsigned)octet);
        return;
    }
    if (octet == '"' || octet == '\\')
        text_add_char(out, '\\');
    text_add_char(out, (char)octet);
}

void print_quoted(struct text *out, struct slice octets)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < octets.size; i++)
        print_octet(out, octets.data[i]);
    text_add_char(out, '"');
}

void print_address(struct text *out, struct slice address)
{
    char words[INET6_ADDRSTRLEN];

    if (address.size == 4 || address.size == 16)
        text_add(out, inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.data, words,
                                sizeof(words)));
}

static struct slice sized_octets(struct cursor *in)
{
    return cursor_bytes(in, cursor_u8(in));
}

/* ---- numbers ---- */

void field_u8_print(struct text *out, struct cursor *in)
{
    text_printf(out, "%u", (unsigned)cursor_u8(in));
}

void field_u16_print(struct text *out, struct cursor *in)
{
    text_printf(out, "%u", (unsigned)cursor_u16(in));
}

void field_u32_print(struct text *out, struct cursor *in)
{
    text_printf(out, "%lu", (unsigned long)cursor_u32(in));
}

void field_u48_print(struct text *out, struct cursor *in)
{
    text_printf(out, "%llu", (unsigned long long)cursor_u48(in));
}

void field_u64_print(struct text *out, struct cursor *in)
{
    uint64_t high = cursor_u32(in);

    text_printf(out, "%llu", (unsigned long long)(high << 32 | cursor_u32(in)));
}

void field_period_print(struct text *out, struct cursor *in)
{
    field_u32_print(out, in);
}

void field_algorithm_print(struct text *out, struct cursor *in)
{
    field_u8_print(out, in);
}

void field_cert_type_print(struct text *out, struct cursor *in)
{
    field_u16_print(out, in);
}

/* RFC 9859 section 3.1: scheme 1 is NOTIFY. */
void field_scheme_print(struct text *out, struct cursor *in)
{
    uint8_t scheme = cursor_u8(in);

    if (scheme == 1)
        text_add(out, "NOTIFY");
    else
        text_printf(out, "%u", (unsigned)scheme);
}

void field_type_print(struct text *out, struct cursor *in)
{
    char words[TYPE_TEXT_MAX];

    text_add(out, rrtype_to_text(cursor_u16(in), words));
}

void field_time_print(struct text *out, struct cursor *in)
{
    char words[15];

    text_time(cursor_u32(in), words);
    text_add(out, words);
}

/* ---- addresses and identifiers ---- */

void field_ip4_print(struct text *out, struct cursor *in)
{
    print_address(out, cursor_bytes(in, 4));
}

void field_ip6_print(struct text *out, struct cursor *in)
{
    print_address(out, cursor_bytes(in, 16));
}

/* RFC 6742 section 2.1.2: four groups of hexadecimal digits. */
void field_locator_print(struct text *out, struct cursor *in)
{
    for (size_t i = 0; i < 4; i++)
        text_printf(out, i == 0 ? "%04x" : ":%04x", (unsigned)cursor_u16(in));
}

/* RFC 7043 sections 3.2 and 4.2. */
static void print_eui(struct text *out, struct slice octets)
{
    for (size_t i = 0; i < octets.size; i++)
        text_printf(out, i == 0 ? "%02x" : "-%02x", (unsigned)octets.data[i]);
}

void field_eui48_print(struct text *out, struct cursor *in)
{
    print_eui(out, cursor_bytes(in, 6));
}

void field_eui64_print(struct text *out, struct cursor *in)
{
    print_eui(out, cursor_bytes(in, 8));
}

/* ---- names and strings ---- */

void field_name_print(struct text *out, struct cursor *in)
{
    char words[DNAME_TEXT_MAX];
    struct dname name;

    if (dname_read_plain(in, &name) == STATUS_OK)
        text_add(out, dname_to_text(name, words));
    else
        cursor_fail(in);
}

void field_string_print(struct text *out, struct cursor *in)
{
    print_quoted(out, sized_octets(in));
}

void field_tag_print(struct text *out, struct cursor *in)
{
    struct cursor same = *in;

    field_tag_skip(in);
    if (!cursor_failed(in))
        text_add_slice(out, sized_octets(&same));
}

void field_long_string_print(struct text *out, struct cursor *in)
{
    print_quoted(out, cursor_rest(in));
}

/* ---- octets ---- */

void field_hex_print(struct text *out, struct cursor *in)
{
    struct slice octets = cursor_rest(in);

    if (octets.size == 0)
        cursor_fail(in);
    text_add_hex(out, octets);
}

void field_base64_print(struct text *out, struct cursor *in)
{
    struct slice octets = cursor_rest(in);

    if (octets.size == 0)
        cursor_fail(in);
    text_add_base64(out, octets);
}

void field_base64_dash_print(struct text *out, struct cursor *in)
{
    struct slice octets = cursor_rest(in);

    if (octets.size == 0)
        text_add_char(out, '-');
    text_add_base64(out, octets);
}

void field_base64_sized_print(struct text *out, struct cursor *in)
{
    struct slice octets = cursor_bytes(in, cursor_u16(in));

    text_printf(out, octets.size == 0 ? "%zu" : "%zu ", octets.size);
    text_add_base64(out, octets);
}

/* RFC 5155 section 3.3. */
void field_salt_print(struct text *out, struct cursor *in)
{
    struct slice octets = sized_octets(in);

    if (octets.size == 0)
        text_add_char(out, '-');
    text_add_hex(out, octets);
}

void field_hash_print(struct text *out, struct cursor *in)
{
    struct slice octets = sized_octets(in);

    if (octets.size == 0)
        cursor_fail(in);
    text_add_base32hex(out, octets);
}

/* ---- type bitmaps ---- */

/* The types of one window; first says whether no type has been printed yet. */
static bool print_window(struct text *out, unsigned window, struct slice bits, bool first)
{
    char words[TYPE_TEXT_MAX];

    for (unsigned i = 0; i < bits.size * 8; i++) {
        if ((bits.data[i / 8] & (0x80 >> i % 8)) == 0)
            continue;
        if (!first)
            text_add_char(out, ' ');
        text_add(out, rrtype_to_text((uint16_t)(window << 8 | i), words));
        first = false;
    }
    return first;
}

void field_bitmap_print(struct text *out, struct cursor *in)
{
    struct cursor same = *in;
    bool first = true;

    field_bitmap_skip(in);
    if (cursor_failed(in))
        return;
    while (cursor_left(&same) > 0) {
        unsigned window = cursor_u8(&same);

        first = print_window(out, window, sized_octets(&same), first);
    }
}

void field_old_bitmap_print(struct text *out, struct cursor *in)
{
    struct slice bits = cursor_rest(in);

    if (bits.size == 0)
        return;
    if (bits.size > 16 || (bits.data[0] & 0x80) != 0 || bits.data[bits.size - 1] == 0)
        cursor_fail(in);
    else
        print_window(out, 0, bits, true);
}
