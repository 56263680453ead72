/*
 * rdata.h - the inside of records: one layout table gives check, canonical form and text.
 *
 * A layout is a string of fields; rdata.def holds one line a type. Types without a line are opaque
 * (RFC 3597). Nothing here allocates except into the given sink or arena.
 */
#ifndef TREESHREW_UTIL_WIRE_RDATA_H
#define TREESHREW_UTIL_WIRE_RDATA_H

#include "util/text.h"
#include "util/wire/dname.h"
#include "util/wire/types.h"

/**
 * Reads the rdata of one record out of a message: checks it against the layout and decompresses
 * names (only in the types for which RFC 3597 section 4 allows pointers; elsewhere one is
 * malformed).
 * @param rdata a sub-cursor over exactly RDLENGTH octets, base at the message.
 * @param out   the uncompressed rdata, in the arena or a view of the message.
 */
enum status rdata_read(struct cursor *rdata, uint16_t type, uint16_t rrclass, struct arena *arena,
                       struct slice *out);

/** True when these uncompressed octets are well-formed rdata of the type. */
bool rdata_check(struct slice rdata, uint16_t type, uint16_t rrclass);

/** Where names stand in uncompressed rdata, for compression and canonical form. */
struct rdata_name {
    uint16_t offset;
    struct dname name;
    bool compress; /* RFC 3597 section 4: only the types of RFC 1035 */
    bool lower;    /* RFC 4034 section 6.2 as corrected by RFC 6840 section 5.1 */
};
enum { RDATA_NAMES_MAX = 4 };

/** Names of well-formed rdata, in order; @return their number, at most RDATA_NAMES_MAX. (Types with
 *  more names than that, such as HIP's list, are never compressed or lower-cased and give 0.) */
size_t rdata_names(struct slice rdata, uint16_t type, struct rdata_name names[RDATA_NAMES_MAX]);

/** Canonical form for signatures (RFC 4034 section 6.2). */
void rdata_write_canonical(struct sink *out, struct slice rdata, uint16_t type);

/** Orders by canonical form (RFC 4034 section 6.3). */
int rdata_compare(struct slice a, struct slice b, uint16_t type);

/** Whether it is the same in canonical form; cheaper than to compare it. */
bool rdata_same(struct slice a, struct slice b, uint16_t type);

/** Presentation form; \# form for unknown or malformed data (RFC 3597 section 5). */
void rdata_to_text(struct text *out, struct slice rdata, uint16_t type, uint16_t rrclass);

/**
 * From presentation form: one record's rdata, "\# n hex" understood for every type.
 * @param origin completes relative names; NULL: they are completed by the root.
 */
enum status rdata_from_text(const char *text, uint16_t type, uint16_t rrclass,
                            const struct dname *origin, struct arena *arena, struct slice *out);

/* ---- fields that others ask for ---- */

uint16_t rdata_mx_preference(struct slice rdata);
/**
 * The single target of NS, CNAME, DNAME, PTR; of MX, KX, SRV, SVCB and HTTPS their host; of
 * NAPTR its replacement. False: no such name.
 */
bool rdata_target(struct slice rdata, uint16_t type, struct dname *out);

struct rdata_soa {
    struct dname mname, rname;
    uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;
};
bool rdata_soa(struct slice rdata, struct rdata_soa *out);

struct rdata_rrsig {
    uint16_t type_covered;
    uint8_t algorithm, labels;
    uint32_t original_ttl_s, expiration, inception;
    uint16_t key_tag;
    struct dname signer;
    struct slice signature;
};
bool rdata_rrsig(struct slice rdata, struct rdata_rrsig *out);

/** The key tag of DNSKEY rdata (RFC 4034 appendix B; B.1 for algorithm 1). */
uint16_t dnskey_tag(struct slice rdata);

/** The sum that the tag is folded from, of rdata or of an even part of it. */
uint32_t dnskey_tag_sum(struct slice octets);

#endif
