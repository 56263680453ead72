/*
 * text_rr.h - whole records in presentation form, one at a time, both ways.
 *
 * Used for local-data, root hints, trust anchor files, zone files of tests and dumps. A zone
 * file is read record by record through struct zone_reader, which keeps origin, default TTL and
 * last owner.
 */
#ifndef TREESHREW_UTIL_WIRE_TEXT_RR_H
#define TREESHREW_UTIL_WIRE_TEXT_RR_H

#include "util/wire/rdata.h"
#include "util/wire/rrset.h"

struct text_rr {
    struct dname owner;
    uint32_t ttl_s;
    bool has_ttl;
    uint16_t rrclass, type;
    struct slice rdata; /* size 0 with type only: a question line, if that was allowed */
    bool has_rdata;
};

/**
 * One record on one line: owner [ttl] [class] type rdata, TTL and class in either order.
 * @param origin     completes relative names; NULL: the root does.
 * @param allow_bare a line that ends behind the type is taken (questions).
 * @param why        on STATUS_MALFORMED a short reason, static text; may be NULL.
 */
enum status text_rr_read(const char *line, const struct dname *origin, uint32_t default_ttl_s,
                         bool allow_bare, struct arena *arena, struct text_rr *out,
                         const char **why);

/** "owner TTL CLASS TYPE rdata" without a line end. */
void text_rr_write(struct text *out, struct dname owner, uint32_t ttl_s, uint16_t rrclass,
                   uint16_t type, struct slice rdata);

/** All records and signatures of an RRset, a line each. */
void text_rrset_write(struct text *out, const struct rrset *set, int64_t now_s);

/** A master file (RFC 1035 section 5), text in: parentheses, quotes, comments, $ORIGIN, $TTL,
 *  blank owners. $INCLUDE is refused. */
struct zone_reader {
    const char *at;  /* what is still to be read */
    int line;        /* of the record last read, from 1 */
    int next_line;
    struct dname origin, owner;
    uint32_t ttl_s;
    bool has_ttl, has_owner;
    const char *why; /* after STATUS_MALFORMED */
    struct arena *arena; /* records live there */
};

struct zone_reader zone_reader_of(const char *text, struct dname origin, struct arena *arena);

/**
 * @return STATUS_OK with a record, STATUS_NOT_FOUND at the end, STATUS_MALFORMED (see why,
 *         line).
 */
enum status zone_reader_next(struct zone_reader *reader, struct text_rr *out);

#endif
