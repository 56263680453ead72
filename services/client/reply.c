/*
 * reply.c - answers for clients: flags, sections, OPT, size.
 *
 * Called by request.c. Chooses what goes in; util/wire/msg_write.c does the encoding. Nothing
 * here looks anything up or keeps anything.
 */
#include "services/client/reply.h"

#include <string.h>

#include "util/text.h"

enum {
    UDP_SIZE_LEAST = 512,    /* RFC 1035 section 4.2.1 */
    LATE_SIZE = 256,         /* limits: a pulse of late answers must amplify nothing */
    LATE_FAILURE_SIZE = 512, /* no more than anybody can take; reasons should fit */
    PADDING_BLOCK = 468,     /* RFC 8467 section 4.1 */
    KEEPALIVE_UNIT_MS = 100, /* RFC 7828 section 3.1 */
    OPTION_HEAD_SIZE = 4,
    OPT_OCTETS = 11,
    ANY_TIMES = 3 /* limits: octets of the answer to ANY, for each of the question */
};

/* ---- sections ---- */

static bool has_type(const struct message *message, enum section section, uint16_t type)
{
    size_t count;
    const struct rrset **sets = message_section(message, section, &count);

    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == type)
            return true;
    return false;
}

/* The records asked for are there, and nothing else is needed to understand or to check them.
 */
static bool is_plain_answer(const struct message *message, uint16_t qtype)
{
    /* NS sets are asked for by resolvers that want the addresses, too (RFC 9609). */
    return message->rcode == RCODE_NOERROR && qtype != TYPE_NS &&
           has_type(message, SECTION_ANSWER, qtype) &&
           /* A wildcard's proof stands in the authority section (RFC 4035 section 3.1.3.3). */
           !has_type(message, SECTION_AUTHORITY, TYPE_NSEC) &&
           !has_type(message, SECTION_AUTHORITY, TYPE_NSEC3);
}

static bool is_denial(const struct message *message)
{
    return message->rcode == RCODE_NXDOMAIN ||
           (message->rcode == RCODE_NOERROR && message->count[SECTION_ANSWER] == 0 &&
            has_type(message, SECTION_AUTHORITY, TYPE_SOA));
}

/* RFC 2308 section 3: of the authority section a denial needs the SOA and proofs, not the NS
 * set. */
static enum status drop_ns(struct message *message, struct arena *arena)
{
    size_t total = message_rrsets(message);
    const struct rrset **kept = ARENA_ARRAY(arena, const struct rrset *, total + 1);
    size_t end = (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];
    size_t count = 0;

    if (kept == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < end; i++)
        if (i < message->count[SECTION_ANSWER] || message->rrsets[i]->type != TYPE_NS)
            kept[count++] = message->rrsets[i];
    message->rrsets = kept;
    message->count[SECTION_AUTHORITY] = (uint16_t)(count - message->count[SECTION_ANSWER]);
    return STATUS_OK;
}

static enum status make_minimal(struct message *message, struct arena *arena)
{
    if (is_plain_answer(message, message->question.qtype)) {
        message->count[SECTION_AUTHORITY] = message->count[SECTION_ADDITIONAL] = 0;
    } else if (is_denial(message)) {
        message->count[SECTION_ADDITIONAL] = 0;
        if (has_type(message, SECTION_AUTHORITY, TYPE_NS))
            return drop_ns(message, arena);
    }
    return STATUS_OK;
}

static bool is_proof(const struct rrset *set)
{
    return set->type == TYPE_NSEC || set->type == TYPE_NSEC3;
}

/* RFC 8482 section 4.1: one RRset answers ANY; the smallest, since its asker may be forged. What
 * proves that a wildcard may have made it goes with it (RFC 4035 section 3.1.3.3). */
static enum status keep_smallest(struct message *message, struct arena *arena)
{
    size_t end = (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];
    const struct rrset **kept = ARENA_ARRAY(arena, const struct rrset *, end);
    uint16_t proofs = 0;

    if (kept == NULL)
        return STATUS_NO_MEMORY;
    kept[0] = message->rrsets[0];
    for (size_t i = 1; i < message->count[SECTION_ANSWER]; i++)
        if (message->rrsets[i]->size_bytes < kept[0]->size_bytes)
            kept[0] = message->rrsets[i];
    for (size_t i = message->count[SECTION_ANSWER]; i < end; i++)
        if (is_proof(message->rrsets[i]))
            kept[++proofs] = message->rrsets[i];
    message->rrsets = kept;
    message->count[SECTION_ANSWER] = 1;
    message->count[SECTION_AUTHORITY] = proofs;
    message->count[SECTION_ADDITIONAL] = 0;
    return STATUS_OK;
}

static enum status fill_sections(const struct reply_style *style, const struct asker *asker,
                                 const struct reply *reply, struct arena *arena,
                                 struct message *out)
{
    out->rrsets = NULL;
    for (size_t i = 0; i < SECTIONS; i++)
        out->count[i] = 0;
    if (reply->message == NULL || reply->truncated)
        return STATUS_OK;
    memcpy(out->count, reply->message->count, sizeof(out->count));
    out->rrsets = reply->message->rrsets;
    /* RFC 6672 section 3.1: a CNAME made from a DNAME does not go without it. */
    if (out->question.qtype == TYPE_ANY && style->options->minimal_any && !asker->is_known &&
        out->count[SECTION_ANSWER] != 0 && !has_type(out, SECTION_ANSWER, TYPE_DNAME))
        return keep_smallest(out, arena);
    return style->options->minimal_responses ? make_minimal(out, arena) : STATUS_OK;
}

/* ---- header ---- */

static uint16_t flags_of(const struct asker *asker, const struct reply *reply)
{
    unsigned flags = FLAG_QR | (asker->flags & (FLAG_RD | FLAG_CD));
    bool wants_ad = asker->dnssec_ok || (asker->flags & FLAG_AD) != 0;

    if (reply->authoritative)
        flags |= FLAG_AA;
    if (!reply->no_recursion)
        flags |= FLAG_RA;
    if (reply->truncated)
        flags |= FLAG_TC;
    /* RFC 6840 section 5.8. What was validated is authentic for who sets CD, too (RFC 4035 section
     * 3.2.3 knows no exception); a failure never is. */
    if (reply->security == SEC_SECURE && wants_ad &&
        (reply->rcode == RCODE_NOERROR || reply->rcode == RCODE_NXDOMAIN))
        flags |= FLAG_AD;
    return (uint16_t)flags;
}

/* ---- OPT ---- */

static void add_reasons(struct edns *edns, const struct reasons *reasons, size_t most,
                        struct arena *arena)
{
    for (size_t i = 0; reasons != NULL && i < size_min(reasons->count, most); i++) {
        struct slice data = ede_option(arena, reasons->item[i].code, reasons->item[i].text);

        if (data.data != NULL) /* without memory the answer goes out without its reason */
            edns_add(edns, EDNS_ERROR, data);
    }
}

static void add_keepalive(struct edns *edns, const struct client_options *options,
                          struct arena *arena)
{
    uint8_t *data = arena_bytes(arena, 2);

    if (data == NULL)
        return;
    bytes_put_u16(data, (uint16_t)(options->edns_tcp_keepalive_timeout / KEEPALIVE_UNIT_MS));
    edns_add(edns, EDNS_TCP_KEEPALIVE, slice_of(data, 2));
}

static void fill_edns(const struct reply_style *style, const struct asker *asker,
                      const struct reply *reply, struct arena *arena, struct edns *out)
{
    out->present = asker->has_edns; /* RFC 6891 section 6.1.1: only who sent one gets one */
    if (!out->present)
        return;
    out->version = out->rcode_high = 0;
    out->dnssec_ok = asker->dnssec_ok; /* RFC 3225 section 3 */
    out->compact_ok = false;
    out->udp_size = style->edns_size;
    out->option_count = 0;
    if (asker->wants_nsid && style->nsid.size != 0)
        edns_add(out, EDNS_NSID, style->nsid);
    if (asker->has_cookie)
        edns_add(out, EDNS_COOKIE, slice_of(asker->cookie, sizeof(asker->cookie)));
    if (asker->wants_keepalive && style->options->edns_tcp_keepalive)
        add_keepalive(out, style->options, arena);
    if (style->options->ede)
        add_reasons(out, reply->reasons, style->options->ede_most, arena);
}

/* ---- all of it ---- */

/* At least what the question had, seen without options. */
static size_t question_size(const struct asker *asker)
{
    return HEADER_SIZE + asker->question.qname.size + 4u + (asker->has_edns ? OPT_OCTETS : 0u);
}

static uint16_t size_limit(const struct reply_style *style, const struct asker *asker,
                           const struct reply *reply)
{
    size_t size;

    if (asker->transport != TRANSPORT_UDP)
        return MESSAGE_MAX;
    size = size_max(UDP_SIZE_LEAST, asker->udp_size);
    size = size_min(size, size_max(UDP_SIZE_LEAST, style->options->max_udp_size));
    /* RFC 8482 section 7: whoever forges an address gains nothing by ANY. */
    if (asker->question.qtype == TYPE_ANY && style->options->minimal_any && !asker->is_known)
        size = size_min(size, ANY_TIMES * question_size(asker));
    if (reply->late)
        size = size_min(size, reply->rcode == RCODE_SERVFAIL ? LATE_FAILURE_SIZE : LATE_SIZE);
    return (uint16_t)size;
}

/* RFC 8467 section 4.1: answers on encrypted connections all have one of few sizes. */
static enum status write_padded(struct message *message, const struct message_write *how,
                                struct arena *arena, struct sink *out)
{
    size_t begin = out->used, size, padding;
    uint8_t *zeroes;
    enum status status = message_write(message, how, out);

    if (status != STATUS_OK)
        return status;
    size = out->used - begin + OPTION_HEAD_SIZE;
    padding = (PADDING_BLOCK - size % PADDING_BLOCK) % PADDING_BLOCK;
    zeroes = arena_alloc(arena, padding + 1);
    if (zeroes == NULL || size + padding > how->size_max)
        return STATUS_OK; /* as it is */
    out->used = begin;
    edns_add(&message->edns, EDNS_PADDING, slice_of(zeroes, padding));
    return message_write(message, how, out);
}

enum status reply_write(const struct reply_style *style, const struct asker *asker,
                        const struct reply *reply, struct arena *arena, struct sink *out)
{
    struct message message;
    struct message_write how = {.now_s = reply->now_s,
                                .dnssec_ok = asker->dnssec_ok,
                                .size_max = size_limit(style, asker, reply),
                                .original_ttl = style->original_ttl,
                                .marks = reply->marks};
    enum status status;

    message.id = asker->id;
    message.flags = flags_of(asker, reply);
    message.opcode = asker->opcode;
    message.rcode = reply->rcode;
    message.has_question = asker->has_question;
    message.question = asker->question;
    message.edns.present = false;
    if (style->options->rrset_roundrobin)
        how.rotate = asker->id; /* chance enough, and the same question gets the same answer */
    status = fill_sections(style, asker, reply, arena, &message);
    if (status != STATUS_OK)
        return status;
    fill_edns(style, asker, reply, arena, &message.edns);
    if (asker->is_padded && message.edns.present && style->options->pad_responses &&
        (asker->transport == TRANSPORT_TLS || asker->transport == TRANSPORT_HTTPS))
        return write_padded(&message, &how, arena, out);
    return message_write(&message, &how, out);
}

enum status reply_nsid_from_text(const char *text, struct sink *out)
{
    static const char ascii[] = "ascii_";

    if (strncmp(text, ascii, sizeof(ascii) - 1) != 0)
        return text_read_hex(text, out);
    text += sizeof(ascii) - 1;
    sink_bytes(out, slice_of(text, strlen(text)));
    return sink_failed(out) ? STATUS_NO_SPACE : STATUS_OK;
}
