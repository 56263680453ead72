/*
 * edns.h - the OPT pseudo-RR (RFC 6891) and the options that we understand.
 *
 * Read: the fixed fields and a list of raw options, each view pointing into the message. Written:
 * from the same struct. One OPT at most; a second one, one outside the additional section, or one
 * whose owner is not the root is malformed (RFC 6891 section 6.1.1).
 */
#ifndef TREESHREW_UTIL_WIRE_EDNS_H
#define TREESHREW_UTIL_WIRE_EDNS_H

#include <string.h>

#include "util/addr.h"
#include "util/arena.h"
#include "util/bytes.h"
#include "util/wire/types.h"

enum { EDNS_OPTIONS_MAX = 32, EDE_MAX = 4, EDE_TEXT_MAX = 100 };

struct edns_option {
    uint16_t code;
    struct slice data;
};

struct edns {
    bool present;
    uint8_t version;
    uint8_t rcode_high; /* upper eight bits of the extended RCODE */
    bool dnssec_ok;     /* DO */
    bool compact_ok;    /* CO, RFC 9824 section 3.1 */
    uint16_t udp_size;  /* as written; below 512 counts as 512 for who asks */
    uint16_t option_count;
    struct edns_option options[EDNS_OPTIONS_MAX]; /* more than that: the rest is not kept */
};

/** None. The table of options is as long as its count says; what is behind that is left as it
 * is, since it is ten times as long as all the rest. */
static inline void edns_clear(struct edns *edns)
{
    edns->present = edns->dnssec_ok = edns->compact_ok = false;
    edns->version = edns->rcode_high = 0;
    edns->udp_size = edns->option_count = 0;
}

/** The same options: views of the same octets. */
static inline void edns_copy(struct edns *to, const struct edns *from)
{
    memcpy(to, from,
           offsetof(struct edns, options) + from->option_count * sizeof(from->options[0]));
}

/** Reads CLASS, TTL and RDATA of an OPT; `in` stands behind TYPE. STATUS_MALFORMED. */
enum status edns_read(struct cursor *in, struct edns *out);

/** The first option with that code, or NULL. */
const struct edns_option *edns_find(const struct edns *edns, uint16_t code);

/** Appends a view; no effect when the table is full. */
void edns_add(struct edns *edns, uint16_t code, struct slice data);

/** Writes the whole OPT record, owner included. */
void edns_write(struct sink *out, const struct edns *edns);

/** Octets that edns_write will need. */
size_t edns_size(const struct edns *edns);

/* ---- the options ---- */

struct ede {
    uint16_t code;
    struct slice text; /* not NUL-terminated */
};

/** RFC 8914 section 2. */
enum status ede_read(struct slice data, struct ede *out);
/** As option data in the arena; data NULL: no memory. */
struct slice ede_option(struct arena *arena, uint16_t code, const char *text);

/** RFC 7871 section 6. */
struct client_subnet {
    struct addr addr;
    uint8_t source_bits, scope_bits;
};
enum status client_subnet_read(struct slice data, struct client_subnet *out);

/** RFC 7873 section 4: a client cookie of 8 octets, a server cookie of 0 or 8 to 32. */
struct cookie {
    struct slice client, server;
};
enum status cookie_read(struct slice data, struct cookie *out);

/** RFC 7828 section 3.1: units of 100 ms; absent data is 0. */
enum status keepalive_read(struct slice data, uint16_t *units_100ms);

#endif
