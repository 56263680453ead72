/*
 * rdata_gateway.c - fields whose shape another field gives: IPSECKEY, AMTRELAY, HIP.
 *
 * Called through the table of rdata_field.def only.
 */
#include <string.h>

#include "util/wire/rdata_field.h"

/* Kinds of gateway (RFC 4025 section 2.3) and of relay (RFC 8777 section 4.2.3). */
enum { GATEWAY_NONE, GATEWAY_IP4, GATEWAY_IP6, GATEWAY_NAME };

/* Of an unknown kind the gateway is all of the rest. */
static void gateway_skip(struct cursor *in, unsigned kind)
{
    switch (kind) {
    case GATEWAY_NONE: break;
    case GATEWAY_IP4: cursor_bytes(in, 4); break;
    case GATEWAY_IP6: cursor_bytes(in, 16); break;
    case GATEWAY_NAME: field_name_skip(in); break;
    default: cursor_rest(in); break;
    }
}

static void gateway_print(struct text *out, struct cursor *in, unsigned kind)
{
    text_add_char(out, ' ');
    switch (kind) {
    case GATEWAY_NONE: text_add_char(out, '.'); break;
    case GATEWAY_IP4: field_ip4_print(out, in); break;
    case GATEWAY_IP6: field_ip6_print(out, in); break;
    case GATEWAY_NAME: field_name_print(out, in); break;
    default: cursor_fail(in); break;
    }
}

static void gateway_parse(struct rdata_source *in, struct sink *out, unsigned kind)
{
    switch (kind) {
    case GATEWAY_NONE:
        if (strcmp(source_word(in), ".") != 0)
            source_fail(in, "kind 0 has no gateway: it is written as \".\"");
        break;
    case GATEWAY_IP4: field_ip4_parse(in, out); break;
    case GATEWAY_IP6: field_ip6_parse(in, out); break;
    case GATEWAY_NAME: field_name_parse(in, out); break;
    default: source_fail(in, "an unknown kind of gateway"); break;
    }
}

/* ---- IPSECKEY, RFC 4025 section 2.1: kind, algorithm, gateway ---- */

void field_ipseckey_skip(struct cursor *in)
{
    unsigned kind = cursor_u8(in);

    cursor_u8(in);
    gateway_skip(in, kind);
}

void field_ipseckey_print(struct text *out, struct cursor *in)
{
    unsigned kind = cursor_u8(in), algorithm = cursor_u8(in);

    text_printf(out, "%u %u", kind, algorithm);
    gateway_print(out, in, kind);
}

void field_ipseckey_parse(struct rdata_source *in, struct sink *out)
{
    unsigned kind = (unsigned)source_number(in, UINT8_MAX);

    sink_u8(out, (uint8_t)kind);
    field_u8_parse(in, out);
    gateway_parse(in, out, kind);
}

/* ---- AMTRELAY, RFC 8777 section 4.2: D bit and kind in one octet, relay ---- */

enum { DISCOVERY_OPTIONAL = 0x80 };

void field_amtrelay_skip(struct cursor *in)
{
    gateway_skip(in, cursor_u8(in) & ~(unsigned)DISCOVERY_OPTIONAL);
}

void field_amtrelay_print(struct text *out, struct cursor *in)
{
    unsigned octet = cursor_u8(in), kind = octet & ~(unsigned)DISCOVERY_OPTIONAL;

    text_printf(out, "%u %u", octet >> 7, kind);
    gateway_print(out, in, kind);
}

void field_amtrelay_parse(struct rdata_source *in, struct sink *out)
{
    unsigned optional = (unsigned)source_number(in, 1);
    unsigned kind = (unsigned)source_number(in, 127);

    sink_u8(out, (uint8_t)(optional << 7 | kind));
    gateway_parse(in, out, kind);
}

/* ---- HIP, RFC 8005 section 5: lengths around the algorithm, HIT, public key ---- */

struct hip {
    unsigned algorithm;
    struct slice hit, key;
};

static struct hip hip_read(struct cursor *in)
{
    uint8_t hit_size = cursor_u8(in);
    struct hip hip = {.algorithm = cursor_u8(in)};
    uint16_t key_size = cursor_u16(in);

    hip.hit = cursor_bytes(in, hit_size);
    hip.key = cursor_bytes(in, key_size);
    if (hip.hit.size == 0 || hip.key.size == 0)
        cursor_fail(in);
    return hip;
}

void field_hip_skip(struct cursor *in)
{
    hip_read(in);
}

void field_hip_print(struct text *out, struct cursor *in)
{
    struct hip hip = hip_read(in);

    text_printf(out, "%u ", hip.algorithm);
    text_add_hex(out, hip.hit);
    text_add_char(out, ' ');
    text_add_base64(out, hip.key);
}

void field_hip_parse(struct rdata_source *in, struct sink *out)
{
    size_t start = out->used, hit_size, key_size;

    sink_u8(out, 0);
    field_algorithm_parse(in, out);
    sink_u16(out, 0);
    read_coded(in, text_read_hex, source_word(in), out);
    if (sink_failed(out) || in->why != NULL)
        return;
    hit_size = out->used - start - 4;
    read_coded(in, text_read_base64, source_word(in), out);
    key_size = out->used - start - 4 - hit_size;
    if (hit_size > UINT8_MAX || key_size > UINT16_MAX) {
        source_fail(in, "HIT or key too long");
        return;
    }
    out->base[start] = (uint8_t)hit_size;
    sink_patch_u16(out, start + 2, (uint16_t)key_size);
}
