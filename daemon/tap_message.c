/*
 * tap_message.c - writes fields of protocol buffers: a number before each says which and of
 * what kind.
 *
 * Called by tap.c in the threads that answer. The order of fields is free: the DNS message is
 * the last one, so that everything before it is small and of a known size at most.
 */
#include "daemon/tap_message.h"

#include <stdlib.h>
#include <string.h>

/* Kinds of fields, and the numbers of fields in dnstap.proto. */
enum { KIND_VARINT = 0, KIND_OCTETS = 2, KIND_FIXED32 = 5 };

enum { DNSTAP_IDENTITY = 1, DNSTAP_VERSION = 2, DNSTAP_MESSAGE = 14, DNSTAP_TYPE = 15 };

enum {
    MESSAGE_TYPE = 1,
    MESSAGE_SOCKET_FAMILY = 2,
    MESSAGE_SOCKET_PROTOCOL = 3,
    MESSAGE_QUERY_ADDRESS = 4,
    MESSAGE_RESPONSE_ADDRESS = 5,
    MESSAGE_QUERY_PORT = 6,
    MESSAGE_RESPONSE_PORT = 7,
    MESSAGE_QUERY_TIME_SEC = 8,
    MESSAGE_QUERY_TIME_NSEC = 9,
    MESSAGE_QUERY_MESSAGE = 10,
    MESSAGE_QUERY_ZONE = 11,
    MESSAGE_RESPONSE_TIME_SEC = 12,
    MESSAGE_RESPONSE_TIME_NSEC = 13,
    MESSAGE_RESPONSE_MESSAGE = 14
};

enum {
    TYPE_IS_MESSAGE = 1,
    NS_OF_SECOND = 1000000000,
    FIELDS_MAX = 512, /* all fields of Message but the DNS message: 16 short ones and a name */
    HEAD_MAX = 12     /* a field's number and length */
};

static void put_varint(struct sink *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        sink_u8(out, (uint8_t)(value | 0x80));
    sink_u8(out, (uint8_t)value);
}

static void put_number(struct sink *out, unsigned field, uint64_t value)
{
    put_varint(out, field << 3 | KIND_VARINT);
    put_varint(out, value);
}

static void put_fixed32(struct sink *out, unsigned field, uint32_t value)
{
    put_varint(out, field << 3 | KIND_FIXED32);
    for (int i = 0; i < 4; i++)
        sink_u8(out, (uint8_t)(value >> 8 * i));
}

static void put_head(struct sink *out, unsigned field, size_t size)
{
    put_varint(out, field << 3 | KIND_OCTETS);
    put_varint(out, size);
}

static void put_octets(struct sink *out, unsigned field, struct slice octets)
{
    put_head(out, field, octets.size);
    sink_bytes(out, octets);
}

static void put_addr(struct sink *out, unsigned address, unsigned port, const struct addr *addr)
{
    if (addr->family == ADDR_NONE)
        return;
    put_octets(out, address, slice_of(addr->bytes, addr_octets(addr)));
    put_number(out, port, addr->port);
}

static void put_time(struct sink *out, unsigned seconds, unsigned rest, int64_t ns)
{
    if (ns <= 0)
        return;
    put_number(out, seconds, (uint64_t)(ns / NS_OF_SECOND));
    put_fixed32(out, rest, (uint32_t)(ns % NS_OF_SECOND));
}

static unsigned protocol_number(enum transport transport)
{
    switch (transport) {
    case TRANSPORT_UDP: return 1;
    case TRANSPORT_TCP: return 2;
    case TRANSPORT_TLS: return 3;
    case TRANSPORT_HTTPS: return 4;
    }
    return 0;
}

static void put_fields(struct sink *out, const struct tap_message *message)
{
    const struct addr *known =
        message->asker->family != ADDR_NONE ? message->asker : message->answerer;

    put_number(out, MESSAGE_TYPE, message->kind);
    put_number(out, MESSAGE_SOCKET_FAMILY, known->family == ADDR_IP6 ? 2 : 1);
    put_number(out, MESSAGE_SOCKET_PROTOCOL, protocol_number(message->transport));
    put_addr(out, MESSAGE_QUERY_ADDRESS, MESSAGE_QUERY_PORT, message->asker);
    put_addr(out, MESSAGE_RESPONSE_ADDRESS, MESSAGE_RESPONSE_PORT, message->answerer);
    put_time(out, MESSAGE_QUERY_TIME_SEC, MESSAGE_QUERY_TIME_NSEC, message->query_ns);
    put_time(out, MESSAGE_RESPONSE_TIME_SEC, MESSAGE_RESPONSE_TIME_NSEC, message->response_ns);
    if (message->zone.wire != NULL)
        put_octets(out, MESSAGE_QUERY_ZONE, slice_of(message->zone.wire, message->zone.size));
    put_head(out, message->kind % 2 == 0 ? MESSAGE_RESPONSE_MESSAGE : MESSAGE_QUERY_MESSAGE,
             message->octets.size);
}

uint8_t *tap_message_encode(const struct tap_message *message, struct slice identity,
                            struct slice version, size_t *size)
{
    uint8_t octets[FIELDS_MAX];
    struct sink fields = sink_of(octets, sizeof(octets)), out;
    size_t inner, most;
    uint8_t *memory;

    put_fields(&fields, message);
    ASSERT(!sink_failed(&fields));
    inner = fields.used + message->octets.size;
    most = 4 * HEAD_MAX + identity.size + version.size + inner;
    memory = malloc(most);
    if (memory == NULL)
        return NULL;
    out = sink_of(memory, most);
    if (identity.size > 0)
        put_octets(&out, DNSTAP_IDENTITY, identity);
    if (version.size > 0)
        put_octets(&out, DNSTAP_VERSION, version);
    put_number(&out, DNSTAP_TYPE, TYPE_IS_MESSAGE);
    put_head(&out, DNSTAP_MESSAGE, inner);
    sink_bytes(&out, sink_written(&fields));
    sink_bytes(&out, message->octets);
    ASSERT(!sink_failed(&out));
    *size = out.used;
    return memory;
}
