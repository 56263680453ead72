/*
 * asker.h - what of a client's message its answer depends on.
 *
 * Read by request.c as the first thing; whatever is wrong with a message is told as the rcode
 * that it deserves. Nothing is looked up here and nothing is sent.
 */
#ifndef TREESHREW_SERVICES_CLIENT_ASKER_H
#define TREESHREW_SERVICES_CLIENT_ASKER_H

#include "services/channel.h"
#include "services/client/cookie.h"
#include "util/wire/message.h"

struct asker {
    enum transport transport;
    uint16_t id;
    uint16_t flags; /* RD, AD and CD, as the client set them */
    uint8_t opcode;
    bool has_question;
    struct question question; /* in the client's letter case; a view of the packet */

    bool has_edns;
    bool dnssec_ok;
    uint16_t udp_size;         /* what the client takes, at least 512 */
    bool wants_nsid;           /* RFC 5001 */
    bool wants_keepalive;      /* RFC 7828, on a stream only */
    bool is_padded;            /* RFC 7830 */
    struct slice cookie_shown; /* data of its COOKIE option; data NULL: none */

    /* set by who judges the cookie */
    bool is_known;   /* its address is not forged: a stream, or a good cookie */
    bool has_cookie; /* `cookie` goes into the answer */
    uint8_t cookie[COOKIE_SIZE];
};

/** What is wrong with a message. */
enum asker_fate {
    ASKER_GOOD,
    ASKER_DROP, /* not a question at all: no answer is due */
    ASKER_FORMERR,
    ASKER_NOTIMP,   /* another opcode than QUERY */
    ASKER_BADVERS,  /* RFC 6891 section 6.1.3 */
    ASKER_BAD_TYPE, /* a type that no question may have: FORMERR with EDE 30 */
    ASKER_TRANSFER  /* AXFR or IXFR: REFUSED */
};

/**
 * Reads header, question and OPT.
 *
 * Dropped: shorter than a header, and answers (RFC 8906: all else gets an answer). QDCOUNT
 * other than 1 (RFC 9619), records where none belong, a second OPT, anything malformed:
 * FORMERR. Where the question could be read it is in `out`, so that the answer can show it.
 *
 * @param packet must outlive `out`, @param arena too (it is used for odd names only).
 */
enum asker_fate asker_read(struct slice packet, enum transport transport, struct arena *arena,
                           struct asker *out);

#endif
