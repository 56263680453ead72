/*
 * types.h - the numbers of the protocol with their names, as the IANA registries list them.
 *
 * Each list is one table (*.def); enum, text and look-up are written from it. RFC 9499 for the
 * words.
 */
#ifndef TREESHREW_UTIL_WIRE_TYPES_H
#define TREESHREW_UTIL_WIRE_TYPES_H

#include "util/base.h"

/* RR TYPEs: TYPE_A, TYPE_NS ... one RRTYPE(name, number) a line in rrtype.def ("-" is "_" here). */
enum rrtype {
#define RRTYPE(name, number) TYPE_##name = number,
#include "util/wire/rrtype.def"
#undef RRTYPE
};

enum rrclass { CLASS_IN = 1, CLASS_CH = 3, CLASS_HS = 4, CLASS_NONE = 254, CLASS_ANY = 255 };

enum opcode {
    OPCODE_QUERY = 0,
    OPCODE_IQUERY = 1,
    OPCODE_STATUS = 2,
    OPCODE_NOTIFY = 4,
    OPCODE_UPDATE = 5,
    OPCODE_DSO = 6
};

enum rcode {
#define RCODE(name, number) RCODE_##name = number,
#include "util/wire/rcode.def"
#undef RCODE
};

/* Extended DNS Error codes (RFC 8914 section 4 and the registry). */
enum ede_code {
#define EDE(name, number, words) EDE_##name = number,
#include "util/wire/ede.def"
#undef EDE
};

enum edns_option_code {
    EDNS_NSID = 3,           /* RFC 5001 */
    EDNS_CLIENT_SUBNET = 8,  /* RFC 7871 */
    EDNS_EXPIRE = 9,         /* RFC 7314 */
    EDNS_COOKIE = 10,        /* RFC 7873 */
    EDNS_TCP_KEEPALIVE = 11, /* RFC 7828 */
    EDNS_PADDING = 12,       /* RFC 7830 */
    EDNS_CHAIN = 13,         /* RFC 7901 */
    EDNS_KEY_TAG = 14,       /* RFC 8145 */
    EDNS_ERROR = 15,         /* RFC 8914 */
    EDNS_REPORT_CHANNEL = 18 /* RFC 9567 */
};

enum { TYPE_TEXT_MAX = 16 };

/** "A", "TYPE65280" (RFC 3597 section 5). @return out. */
const char *rrtype_to_text(uint16_t type, char out[TYPE_TEXT_MAX]);
enum status rrtype_from_text(const char *text, uint16_t *out); /* STATUS_MALFORMED */
const char *rrclass_to_text(uint16_t class_, char out[TYPE_TEXT_MAX]);
enum status rrclass_from_text(const char *text, uint16_t *out);
const char *rcode_to_text(uint16_t rcode, char out[TYPE_TEXT_MAX]);
enum status rcode_from_text(const char *text, uint16_t *out);
const char *opcode_to_text(uint8_t opcode, char out[TYPE_TEXT_MAX]);

/** The registry's words, "Stale Answer"; "Unknown" for a code we do not know. */
const char *ede_words(uint16_t code);

/** Types 128 to 255 that only a question can have, OPT, and 0 (RFC 6895 section 3.1). */
bool rrtype_is_meta(uint16_t type);

#endif
