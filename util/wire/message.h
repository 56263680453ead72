/*
 * message.h - a DNS message taken apart into RRsets, and the way back.
 *
 * msg_read.c makes one from a packet, msg_write.c makes a packet from one; between them a struct
 * message also carries a query's result. All parts live in an arena, except RRsets that are
 * references into a cache (held by whoever put them there).
 */
#ifndef TREESHREW_UTIL_WIRE_MESSAGE_H
#define TREESHREW_UTIL_WIRE_MESSAGE_H

#include "util/wire/edns.h"
#include "util/wire/rrset.h"

/* Header bits as they stand in octets 2 and 3 (RFC 1035 section 4.1.1, RFC 4035 section 3). */
enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_Z = 0x0040,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010
};

enum { HEADER_SIZE = 12, MESSAGE_MAX = 65535 };

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, SECTIONS };

struct question {
    struct dname qname;
    uint16_t qtype, qclass;
};

bool question_equal(const struct question *a, const struct question *b); /* case ignored */

struct message {
    uint16_t id;
    uint16_t flags;  /* FLAG_ bits only */
    uint8_t opcode;
    uint16_t rcode;  /* with the upper bits of EDNS */
    bool has_question;
    struct question question;
    uint16_t count[SECTIONS];    /* RRsets of each section */
    const struct rrset **rrsets; /* all of them, section by section */
    uint32_t size_bytes;         /* of the packet it was read from */
    struct edns edns;            /* last: the table of options is copied as far as it is used */
};

/** All zero but the options behind option_count, and the question's name the root. */
static inline void message_clear(struct message *message)
{
    memset(message, 0, offsetof(struct message, edns));
    message->question.qname = dname_root;
    edns_clear(&message->edns);
}

/** What `*to = *from` would do, without the options that are not there. */
static inline void message_copy(struct message *to, const struct message *from)
{
    memcpy(to, from, offsetof(struct message, edns));
    edns_copy(&to->edns, &from->edns);
}

/** The RRsets of a section. */
static inline const struct rrset **message_section(const struct message *message,
                                                  enum section section, size_t *count)
{
    size_t before = 0;

    for (size_t i = 0; i < (size_t)section; i++)
        before += message->count[i];
    *count = message->count[section];
    /* A message without any RRset need not have a table of them. */
    return message->rrsets == NULL ? NULL : message->rrsets + before;
}

/** The first RRset of that owner and type in the section, or NULL. */
const struct rrset *message_find(const struct message *message, enum section section,
                                 struct dname owner, uint16_t type);

static inline size_t message_rrsets(const struct message *message)
{
    return (size_t)message->count[0] + message->count[1] + message->count[2];
}

/* ---- msg_read.c ---- */

enum { HEADER_QDCOUNT = 4 };

/** Only id, flags, opcode and rcode; false when shorter than a header. */
bool message_read_header(struct slice packet, struct message *out);

/**
 * Header and, where QDCOUNT is 1, the question; `in` is left behind it.
 * QDCOUNT other than 1 gives STATUS_LIMIT with the header filled in (RFC 9619: FORMERR); 0 too.
 * Meant for a quick look: qname may be a view of the packet, which then has to live as long.
 */
enum status message_read_question(struct cursor *in, struct arena *arena, struct message *out);

/**
 * The whole message; nothing of it is believed when any part is malformed.
 *
 * Records of one owner, type and class in one section become one RRset (duplicates removed,
 * least TTL, RFC 2181 section 5.2; TTLs with the top bit set are 0, section 8), RRSIGs go to
 * the RRset they cover, whatever section they stand in, or stand alone under type RRSIG when it
 * is not there; equal RRSIGs are kept once. Names in rdata are decompressed
 * (RFC 3597 section 4) and rdata is checked against its type's layout. Trust is TRUST_NONE; it
 * is the receiver's to rank.
 * @param now_s monotonic seconds of receipt, for expires_s.
 * @return STATUS_MALFORMED, STATUS_NO_MEMORY, STATUS_LIMIT (QDCOUNT over 1).
 */
enum status message_read(struct slice packet, struct arena *arena, int64_t now_s,
                         struct message *out);

/* ---- msg_write.c ---- */

/** An RRset as it stands in a packet. */
struct message_mark {
    const struct rrset *set;
    uint16_t ttl_count; /* its records and signatures; their places follow those of the mark before */
    uint16_t movable;   /* its first so many records, all of movable_size octets of rdata, may change
                           places without anything else changing; 0: they may not */
    uint16_t movable_size;
};

/** Where in a packet stands what changes from one writing to the next; for who keeps it. */
struct message_marks {
    struct message_mark *marks;
    size_t mark_count, marks_max;
    uint16_t *ttls; /* offsets of TTLs in the message; rdata begins 6 octets further on */
    size_t ttl_count, ttls_max;
    size_t records_end; /* where the OPT begins, or the message ends */
    bool failed;        /* there were more than there is room for */
};

struct message_write {
    int64_t now_s;        /* TTLs are what is left at this time */
    bool dnssec_ok;       /* write RRSIGs, and other DNSSEC types outside the answer's own type */
    uint32_t ttl_cap_s;   /* no TTL above this one; 0: no cap (stale data: 30) */
    uint16_t size_max;    /* the packet's limit, EDNS included */
    uint32_t rotate;      /* start each RRset's records at this one, modulo their number; 0: as they are.
                             Only where all rdata is of one size and without compressed names: such
                             records change places and nothing else does. */
    bool original_ttl;    /* ttl_s instead of what is left */
    struct message_marks *marks; /* filled in; NULL: nobody wants to know */
};

/**
 * Writes header, question, sections and OPT (when message->edns.present).
 *
 * Compression follows RFC 1035 section 4.1.4 and only in the types of RFC 3597 section 4; at
 * most 128 names are entered, so that the cost is linear in the octets. Where size_max does not
 * suffice: additional RRsets are left out one by one (the answer stays complete: no TC), then
 * with TC set the answer is cut at an RRset; the OPT record always fits. EDE options give way
 * before records do: the caller has put them into edns, the last ones are dropped here (text
 * first, then option).
 * @return STATUS_NO_SPACE only when not even the question and OPT fit.
 */
enum status message_write(const struct message *message, const struct message_write *how,
                          struct sink *out);

#endif
