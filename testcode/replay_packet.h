/*
 * replay_packet.h - a DNS message as a plain list of records, nothing merged and nothing
 * hidden.
 *
 * Scenarios compare messages record by record, so the reader of util/wire/message.h, which
 * makes RRsets and drops duplicates, will not do. Only the OPT record is taken out of the
 * additional section. All octets live in the arena or in the packet that was read.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_PACKET_H
#define TREESHREW_TESTCODE_REPLAY_PACKET_H

#include "util/text.h"
#include "util/wire/message.h"
#include "util/wire/rdata.h"

enum { PACKET_QUESTION, PACKET_ANSWER, PACKET_AUTHORITY, PACKET_ADDITIONAL, PACKET_SECTIONS };

/* Bits in the OPT record's TTL field: RFC 6891 section 6.1.3, RFC 9824 section 3.1. */
enum { OPT_DO = 0x8000, OPT_CO = 0x4000 };

struct packet_record {
    struct dname owner;
    uint16_t type, rrclass;
    uint32_t ttl_s;     /* 0 in the question section */
    struct slice rdata; /* names not compressed */
};

struct packet_section {
    size_t count, room;
    struct packet_record *records;
};

struct packet {
    uint16_t id;
    uint16_t flags; /* FLAG_ bits only */
    uint8_t opcode;
    uint8_t rcode; /* the header's four bits */
    struct packet_section sections[PACKET_SECTIONS];
    bool has_opt;
    uint16_t opt_size;
    uint32_t opt_ttl; /* extended rcode, version, flags */
    struct slice opt_rdata;
};

/** STATUS_MALFORMED (octets left over, too), STATUS_NO_MEMORY. */
enum status packet_read(struct slice wire, struct arena *arena, struct packet *out);

/** Appends a copy of the record; its octets are borrowed. */
enum status packet_add(struct packet *packet, int section, const struct packet_record *record,
                       struct arena *arena);

/** The message without compression. @return data NULL: no memory, or over 64 KiB. */
struct slice packet_write(const struct packet *packet, struct arena *arena);

/** The first option with that code in the OPT record's rdata, its header included. */
bool packet_option(struct slice opt_rdata, uint16_t code, struct slice *option);

/** The OPT record's rdata without that piece of it. */
struct slice packet_without(struct slice opt_rdata, struct slice option, struct arena *arena);

/** For people; every line is indented. "(no memory)" when there is none. */
const char *packet_text(const struct packet *packet, struct arena *arena);

/** "www.example.com. 3600 IN A 192.0.2.1"; without TTL where with_ttl is false. */
void packet_record_text(struct text *out, const struct packet_record *record, bool question,
                        bool with_ttl);

#endif
