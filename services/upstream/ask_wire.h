/*
 * ask_wire.h - the packet of one question to a server, and whether a packet is the reply to it.
 *
 * Used by exchange.c. Pure functions on octets: chance comes from the world, nothing is sent.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_ASK_WIRE_H
#define TREESHREW_SERVICES_UPSTREAM_ASK_WIRE_H

#include "services/world.h"
#include "util/wire/message.h"

enum { ASK_WIRE_MAX = 640, ASK_EXTRA_MAX = 255 };

/** What the packet is to say. */
struct ask_wishes {
    const struct question *question;
    bool recursion_desired, checking_disabled;
    bool mix_case; /* 0x20 */
    bool edns, dnssec_ok;
    uint16_t udp_size;
    struct slice cookie; /* data of the COOKIE option; size 0: none */
    uint16_t extra_code; /* one more option; no effect when extra is empty */
    struct slice extra;  /* at most ASK_EXTRA_MAX octets */
};

struct ask_wire {
    uint16_t id;
    bool edns, case_mixed;
    uint8_t name_size; /* the question begins behind the header: name, type, class */
    uint16_t size;
    uint8_t octets[ASK_WIRE_MAX];
};

void ask_wire_build(struct ask_wire *wire, const struct ask_wishes *wishes,
                    struct world *world);

/** What is wrong with a packet that wants to be the reply; before any record of it is read. */
enum reply_fault {
    REPLY_FINE,
    REPLY_SHORT, /* not even a header */
    REPLY_ID,
    REPLY_NOT_REPLY, /* QR clear, or another opcode */
    REPLY_BARE,      /* a header alone with FORMERR or NOTIMP: perhaps from before EDNS */
    REPLY_GARBLED,   /* where the question should be is no name */
    REPLY_QUESTION   /* none, several or another one */
};

/** @param case_kept true when the name's letters came back as they were sent. */
enum reply_fault ask_wire_check(const struct ask_wire *wire, struct slice packet,
                                bool *case_kept);

#endif
