/*
 * ask_wire.c - builds a question to a server and recognises the reply by it.
 *
 * Called by exchange.c. A reply has to repeat what only we and the server know: the id, the
 * question and (0x20) the case of its letters (RFC 5452 section 9.1). Everything here looks at
 * the first octets only; whether the rest is well-formed is msg_read.c's to say.
 */
#include "services/upstream/ask_wire.h"

#include <string.h>

#include "util/text.h"

enum { QUESTION_TAIL = 4 }; /* type and class */

/* Eight octets at once: 0x20, which is the case of a letter, in those that are letters. Length
 * octets are below 64 and so none. */
static uint64_t letters(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t small = (word | ones * 0x20) & ones * 0x7f;
    uint64_t from_a = small + ones * (0x80 - 'a');
    uint64_t past_z = small + ones * (0x80 - 'z' - 1);

    return ((from_a ^ past_z) & ~word & ones * 0x80) >> 2;
}

/* 0x20 in each octet whose bit is set. */
static uint64_t coins_of(uint8_t bits)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t spread = (bits * ones) & 0x8040201008040201u;

    return ((spread + ones * 0x7f) & (ones * 0x80)) >> 2;
}

/* draft-vixie-dnsext-dns0x20: one random bit a letter, which turns its case or does not. */
static void mix_case(uint8_t *name, size_t size, struct world *world)
{
    uint8_t coins[DNAME_MAX / 8 + 1];

    world->random(world, coins, size / 8 + 1);
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        size_t part = size_min(size - at, sizeof(uint64_t));
        uint64_t word = 0;

        memcpy(&word, name + at, part);
        word ^= letters(word) & coins_of(coins[at / 8]);
        memcpy(name + at, &word, part);
    }
}

static void write_opt(struct sink *out, const struct ask_wishes *wishes)
{
    struct edns edns;

    edns_clear(&edns);
    edns.present = true;
    edns.udp_size = wishes->udp_size;
    edns.dnssec_ok = wishes->dnssec_ok;
    if (wishes->cookie.size > 0)
        edns_add(&edns, EDNS_COOKIE, wishes->cookie);
    if (wishes->extra.size > 0 && wishes->extra.size <= ASK_EXTRA_MAX)
        edns_add(&edns, wishes->extra_code, wishes->extra);
    edns_write(out, &edns);
}

void ask_wire_build(struct ask_wire *wire, const struct ask_wishes *wishes, struct world *world)
{
    const struct question *question = wishes->question;
    struct sink out = sink_of(wire->octets, sizeof(wire->octets));
    unsigned flags = 0;

    if (wishes->recursion_desired)
        flags |= FLAG_RD;
    if (wishes->checking_disabled)
        flags |= FLAG_CD;
    world->random(world, &wire->id, sizeof(wire->id));
    wire->edns = wishes->edns;
    wire->case_mixed = wishes->mix_case;
    wire->name_size = question->qname.size;
    sink_u16(&out, wire->id);
    sink_u16(&out, (uint16_t)flags);
    sink_u16(&out, 1); /* QDCOUNT */
    sink_u16(&out, 0);
    sink_u16(&out, 0);
    sink_u16(&out, wishes->edns ? 1 : 0);
    dname_write(&out, question->qname);
    if (wishes->mix_case)
        mix_case(wire->octets + HEADER_SIZE, wire->name_size, world);
    sink_u16(&out, question->qtype);
    sink_u16(&out, question->qclass);
    if (wishes->edns)
        write_opt(&out, wishes);
    ASSERT(!sink_failed(&out)); /* ASK_WIRE_MAX has room for the longest of all parts */
    wire->size = (uint16_t)out.used;
}

static bool same_name(const uint8_t *a, const uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text_lower((char)a[i]) != text_lower((char)b[i]))
            return false;
    return true;
}

static bool is_bare(struct slice packet)
{
    unsigned rcode = packet.data[3] & 0x0fu;

    return packet.size == HEADER_SIZE && bytes_u16(packet.data + HEADER_QDCOUNT) == 0 &&
           (rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP);
}

/* Labels, the root, type and class: whatever they say, it can be read. */
static bool has_question(struct slice packet)
{
    size_t at = HEADER_SIZE;

    while (at < packet.size && packet.data[at] != 0 && packet.data[at] < 64)
        at += 1u + packet.data[at];
    return at < packet.size && packet.data[at] == 0 && packet.size - at > QUESTION_TAIL;
}

enum reply_fault ask_wire_check(const struct ask_wire *wire, struct slice packet,
                                bool *case_kept)
{
    const uint8_t *sent = wire->octets + HEADER_SIZE, *got = packet.data + HEADER_SIZE;
    uint16_t flags;

    *case_kept = false;
    if (packet.size < HEADER_SIZE)
        return REPLY_SHORT;
    if (bytes_u16(packet.data) != wire->id)
        return REPLY_ID;
    flags = bytes_u16(packet.data + 2);
    if ((flags & FLAG_QR) == 0 || (flags >> 11 & 0xf) != OPCODE_QUERY)
        return REPLY_NOT_REPLY;
    if (is_bare(packet))
        return REPLY_BARE;
    if (bytes_u16(packet.data + HEADER_QDCOUNT) == 1 && !has_question(packet))
        return REPLY_GARBLED;
    /* The name at this place cannot be compressed: there is nothing before it to point to. */
    if (bytes_u16(packet.data + HEADER_QDCOUNT) != 1 ||
        packet.size < (size_t)HEADER_SIZE + wire->name_size + QUESTION_TAIL ||
        memcmp(sent + wire->name_size, got + wire->name_size, QUESTION_TAIL) != 0)
        return REPLY_QUESTION;
    *case_kept = memcmp(sent, got, wire->name_size) == 0;
    return *case_kept || same_name(sent, got, wire->name_size) ? REPLY_FINE : REPLY_QUESTION;
}
