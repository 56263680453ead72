/*
 * test_packet.h - packets put together by hand, for the tests of this folder.
 *
 * Included by *_test.c only. Nothing is compressed here and nothing is checked: what the reader
 * must refuse can be written, too. Records are given as text.
 */
#ifndef TREESHREW_UTIL_WIRE_TEST_PACKET_H
#define TREESHREW_UTIL_WIRE_TEST_PACKET_H

#include "util/wire/message.h"
#include "util/wire/rdata.h"

struct test_packet {
    uint8_t octets[MESSAGE_MAX];
    struct sink out;
    struct arena *arena;
};

static inline void packet_start(struct test_packet *packet, struct arena *arena, uint16_t flags)
{
    packet->out = sink_of(packet->octets, sizeof(packet->octets));
    packet->arena = arena;
    sink_u16(&packet->out, 0x1234);
    sink_u16(&packet->out, flags);
    for (int i = 0; i < 4; i++)
        sink_u16(&packet->out, 0);
}

/* One more in that count of the header: 0 questions, 1 to 3 the sections. */
static inline void packet_count(struct test_packet *packet, size_t which)
{
    uint8_t *at = packet->octets + 4 + 2 * which;

    bytes_put_u16(at, (uint16_t)(bytes_u16(at) + 1));
}

static inline void packet_name(struct test_packet *packet, const char *text)
{
    uint8_t storage[DNAME_MAX];
    struct dname name;

    ASSERT(dname_from_text(text, storage, &name) == STATUS_OK);
    dname_write(&packet->out, name);
}

static inline void packet_question(struct test_packet *packet, const char *qname,
                                   uint16_t qtype)
{
    packet_name(packet, qname);
    sink_u16(&packet->out, qtype);
    sink_u16(&packet->out, CLASS_IN);
    packet_count(packet, 0);
}

static inline void packet_raw(struct test_packet *packet, enum section section,
                              const char *owner, uint16_t type, uint16_t rrclass,
                              uint32_t ttl_s, struct slice rdata)
{
    packet_name(packet, owner);
    sink_u16(&packet->out, type);
    sink_u16(&packet->out, rrclass);
    sink_u32(&packet->out, ttl_s);
    sink_u16(&packet->out, (uint16_t)rdata.size);
    sink_bytes(&packet->out, rdata);
    packet_count(packet, 1 + (size_t)section);
}

static inline void packet_add(struct test_packet *packet, enum section section,
                              const char *owner, uint32_t ttl_s, const char *type,
                              const char *rdata)
{
    struct slice octets;
    uint16_t number;

    ASSERT(rrtype_from_text(type, &number) == STATUS_OK);
    ASSERT(rdata_from_text(rdata, number, CLASS_IN, NULL, packet->arena, &octets) == STATUS_OK);
    packet_raw(packet, section, owner, number, CLASS_IN, ttl_s, octets);
}

static inline struct slice packet_done(const struct test_packet *packet)
{
    ASSERT(!sink_failed(&packet->out));
    return sink_written(&packet->out);
}

/* "A 2+1" - the type, records and signatures - of each RRset of a section, blanks between. */
static inline const char *packet_sets(const struct message *message, enum section section,
                                      struct arena *arena)
{
    struct text text = text_in(arena);
    size_t count;
    const struct rrset **sets = message_section(message, section, &count);

    for (size_t i = 0; i < count; i++) {
        char type[TYPE_TEXT_MAX];

        text_printf(&text, "%s%s %d+%d", i == 0 ? "" : " ", rrtype_to_text(sets[i]->type, type),
                    sets[i]->rr_count, sets[i]->rrsig_count);
    }
    return text_done(&text);
}

#endif
