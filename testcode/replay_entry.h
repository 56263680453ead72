/*
 * replay_entry.h - one ENTRY of a scenario: a packet, how to match with it, how to adjust it.
 *
 * The same form is a canned reply, a client's question and an expectation. Read by
 * replay_parse.c, matched by replay_match.c, sent by replay_run.c.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_ENTRY_H
#define TREESHREW_TESTCODE_REPLAY_ENTRY_H

#include "testcode/replay_lines.h"
#include "testcode/replay_packet.h"

/* The words behind MATCH. */
enum {
    MATCH_OPCODE = 1 << 0,
    MATCH_QTYPE = 1 << 1,
    MATCH_QNAME = 1 << 2,
    MATCH_RCODE = 1 << 3,
    MATCH_SUBDOMAIN = 1 << 4,
    MATCH_QUESTION = 1 << 5,
    MATCH_ANSWER = 1 << 6,
    MATCH_ALL = 1 << 7,
    MATCH_ALL_NOEDNS = 1 << 8,
    MATCH_TTL = 1 << 9,
    MATCH_UDP = 1 << 10,
    MATCH_TCP = 1 << 11,
    MATCH_DO = 1 << 12,
    MATCH_CO = 1 << 13,
    MATCH_NOEDNS = 1 << 14,
    MATCH_EDNSDATA = 1 << 15,
    MATCH_SERIAL = 1 << 16,
    MATCH_EDE = 1 << 17, /* with that code */
    MATCH_EDE_ANY = 1 << 18,
    MATCH_CLIENT_COOKIE = 1 << 19,
    MATCH_SERVER_COOKIE = 1 << 20
};

/* The words behind ADJUST. */
enum {
    ADJUST_COPY_ID = 1,
    ADJUST_COPY_QUERY = 2,
    ADJUST_CLIENT_SUBNET = 4,
    ADJUST_ECS_SCOPE = 8
};

/** The UDP size in the OPT record of built packets. */
enum { ENTRY_UDP_SIZE = 1232 };

struct entry_packet {
    struct entry_packet *next; /* behind EXTRA_PACKET */
    struct packet packet;
    bool has_hex; /* then these octets are sent instead */
    struct slice hex;
};

struct entry {
    struct entry *next; /* in its range */
    int line;
    unsigned match, adjust;
    uint16_t ede;
    uint32_t serial;
    struct entry_packet first;
};

/** What $ORIGIN and $TTL said last; holds from entry to entry. */
struct entry_defaults {
    struct dname origin;
    uint32_t ttl_s;
};

/** A $ORIGIN or $TTL line is taken in. @return false: it is neither, or wrong (lines->error).
 */
bool entry_defaults_take(struct entry_defaults *defaults, struct lines *lines);

/** Reads up to ENTRY_END; the current line is ENTRY_BEGIN. @return NULL: see lines->error. */
struct entry *entry_read(struct lines *lines, struct entry_defaults *defaults);

/**
 * The octets that are sent for this packet of an entry.
 * @param query the question that is answered, for the entry's ADJUST words; NULL: none.
 * @return data NULL: no memory, or what was built does not fit a message.
 */
struct slice entry_wire(const struct entry *entry, const struct entry_packet *packet,
                        const struct packet *query, struct arena *arena);

#endif
