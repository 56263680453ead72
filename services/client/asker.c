/*
 * asker.c - reading a client's message as far as its answer depends on it.
 *
 * Called by request.c for every message that arrives; the first of our code that a stranger's
 * octets meet. No allocation but for odd names, nothing is kept.
 */
#include "services/client/asker.h"

#include <string.h>

enum {
    RECORDS_MAX = 8, /* additional records looked at: an OPT, perhaps a TSIG or SIG(0) */
    UDP_SIZE_LEAST = 512,
    AT_ANCOUNT = 6,
    AT_NSCOUNT = 8,
    AT_ARCOUNT = 10
};

/* What the options ask for. @return false: one of them is malformed. */
static bool read_options(const struct edns *edns, struct asker *asker)
{
    bool stream = asker->transport != TRANSPORT_UDP;

    for (size_t i = 0; i < edns->option_count; i++) {
        const struct edns_option *option = &edns->options[i];
        struct client_subnet subnet;

        switch (option->code) {
        case EDNS_NSID: asker->wants_nsid = true; break;
        case EDNS_PADDING: asker->is_padded = true; break;
        case EDNS_COOKIE:
            if (asker->cookie_shown.data == NULL)
                asker->cookie_shown = option->data;
            break;
        case EDNS_TCP_KEEPALIVE:
            /* RFC 7828 section 3.2.1: a client sends no time; section 3.3.1: none on UDP. */
            if (stream && option->data.size != 0)
                return false;
            asker->wants_keepalive = stream;
            break;
        case EDNS_CLIENT_SUBNET: /* RFC 7871 section 7.1.2: malformed is FORMERR; else unused */
            if (client_subnet_read(option->data, &subnet) != STATUS_OK)
                return false;
            break;
        default: break; /* RFC 6891 section 6.1.2: unknown ones are ignored */
        }
    }
    return true;
}

/* One additional record. An OPT is read into edns; a second one, or one below the root, is bad.
 */
static bool read_additional(struct cursor *in, struct arena *arena, struct edns *edns)
{
    struct dname owner;
    uint16_t type;

    if (dname_read(in, arena, &owner) != STATUS_OK)
        return false;
    type = cursor_u16(in);
    if (type == TYPE_OPT)
        return dname_is_root(owner) && !edns->present && edns_read(in, edns) == STATUS_OK;
    cursor_bytes(in, 6); /* class and TTL */
    cursor_bytes(in, cursor_u16(in));
    return !cursor_failed(in);
}

static enum asker_fate read_edns(struct cursor *in, uint16_t count, struct arena *arena,
                                 struct asker *asker)
{
    struct edns edns;

    edns.present = false;
    edns.option_count = 0;
    if (count > RECORDS_MAX)
        return ASKER_FORMERR;
    for (unsigned i = 0; i < count; i++)
        if (!read_additional(in, arena, &edns))
            return ASKER_FORMERR;
    if (cursor_failed(in) || cursor_left(in) != 0)
        return ASKER_FORMERR;
    if (!edns.present)
        return ASKER_GOOD;
    asker->has_edns = true;
    asker->dnssec_ok = edns.dnssec_ok;
    /* RFC 6891 section 6.2.3: below 512 counts as 512. */
    asker->udp_size = edns.udp_size < UDP_SIZE_LEAST ? UDP_SIZE_LEAST : edns.udp_size;
    if (edns.version != 0)
        return ASKER_BADVERS;
    return read_options(&edns, asker) ? ASKER_GOOD : ASKER_FORMERR;
}

static enum asker_fate judge_type(uint16_t qtype)
{
    if (qtype == TYPE_AXFR || qtype == TYPE_IXFR)
        return ASKER_TRANSFER;
    /* RFC 6895 section 3.1: OPT, TSIG and the like are no types of data; ANY may be asked for.
     */
    if (qtype != TYPE_ANY && rrtype_is_meta(qtype))
        return ASKER_BAD_TYPE;
    return ASKER_GOOD;
}

static enum asker_fate judge_header(struct slice packet, const struct message *header)
{
    if ((header->flags & FLAG_QR) != 0)
        return ASKER_DROP;
    if (header->opcode != OPCODE_QUERY)
        return ASKER_NOTIMP;
    /* A question has no answer, needs no authority and was not cut. */
    if ((header->flags & FLAG_TC) != 0 || bytes_u16(packet.data + AT_ANCOUNT) != 0 ||
        bytes_u16(packet.data + AT_NSCOUNT) != 0)
        return ASKER_FORMERR;
    return ASKER_GOOD;
}

/* Of an operation that is not done here: the question and EDNS, if that is all there is, so
 * that the client can be told why (RFC 8914 section 4.22). */
static void read_beside(struct slice packet, struct cursor *in, struct arena *arena,
                        struct message *message, struct asker *out)
{
    if (bytes_u16(packet.data + AT_ANCOUNT) != 0 || bytes_u16(packet.data + AT_NSCOUNT) != 0 ||
        message_read_question(in, arena, message) != STATUS_OK)
        return;
    out->has_question = true;
    out->question = message->question;
    (void)read_edns(in, bytes_u16(packet.data + AT_ARCOUNT), arena, out);
}

enum asker_fate asker_read(struct slice packet, enum transport transport, struct arena *arena,
                           struct asker *out)
{
    struct message message;
    struct cursor in = cursor_of(packet);
    enum asker_fate fate;

    memset(out, 0, sizeof(*out));
    out->transport = transport;
    out->udp_size = UDP_SIZE_LEAST;
    out->is_known = transport != TRANSPORT_UDP;
    if (!message_read_header(packet, &message))
        return ASKER_DROP;
    out->id = message.id;
    out->flags = message.flags & (FLAG_RD | FLAG_AD | FLAG_CD);
    out->opcode = message.opcode;
    fate = judge_header(packet, &message);
    if (fate == ASKER_NOTIMP)
        read_beside(packet, &in, arena, &message, out);
    if (fate != ASKER_GOOD)
        return fate;
    if (message_read_question(&in, arena, &message) != STATUS_OK)
        return ASKER_FORMERR;
    out->has_question = true;
    out->question = message.question;
    fate = read_edns(&in, bytes_u16(packet.data + AT_ARCOUNT), arena, out);
    return fate != ASKER_GOOD ? fate : judge_type(out->question.qtype);
}
