/*
 * nsec.h - one NSEC record against one name: matches, covers, what its type bitmap says.
 *
 * Used by denial.c and proven.c. Pure functions over verified records; the rules of RFC 4034
 * section 4, RFC 4035 section 5.4 and RFC 6840 section 4.1. No allocation, no budget: all is
 * linear in the names.
 */
#ifndef TREESHREW_VALIDATOR_NSEC_H
#define TREESHREW_VALIDATOR_NSEC_H

#include "util/wire/rrset.h"

/** A type bitmap (RFC 4034 section 4.1.2) as it stands in NSEC and NSEC3 rdata. */

/** False: windows out of order, an empty or overlong window, octets left over. */
bool bitmap_check(struct slice bitmap);

/** Bits beyond a malformed place count as clear. */
bool bitmap_has(struct slice bitmap, uint16_t type);

struct nsec {
    const struct rrset *set;
    struct dname owner, next;
    struct slice bitmap;
};

/**
 * Reads the first record of an NSEC RRset.
 * @return false: no NSEC, malformed, more than one record, owner or next name outside the zone.
 */
bool nsec_read(const struct rrset *set, struct dname zone, struct nsec *out);

/** Owner and name are the same. */
bool nsec_matches(const struct nsec *nsec, struct dname name);

/**
 * The name sorts strictly between owner and next name (the last NSEC's next is the apex), and
 * this NSEC may speak of it: it is not below a delegation or DNAME at the owner (RFC 6840
 * section 4.1). An empty non-terminal, which exists although it lies in the span, is not
 * covered.
 */
bool nsec_covers(const struct nsec *nsec, struct dname name, struct dname zone);

/** The name has no records but is there, because the next name is below it (RFC 4592 section
 *  2.2.2): it sorts after the owner and is an ancestor of the next name. */
bool nsec_shows_empty(const struct nsec *nsec, struct dname name);

/** The nearest ancestor of a covered name that this NSEC shows to exist. */
struct dname nsec_encloser(const struct nsec *nsec, struct dname name);

/** What a matching bitmap (of NSEC or NSEC3) says of one type. */
enum bitmap_word {
    BITMAP_DENIES,    /* not there, and this record may say so */
    BITMAP_HAS_TYPE,  /* the type, or CNAME, is there */
    BITMAP_NO_NAME,   /* NXNAME: the name is not there either (RFC 9824 section 3.1) */
    BITMAP_OTHER_ZONE /* the record is of the other side of a zone cut (RFC 6840 section 4.4) */
};

/** @param name the matched name; zone: whose key signed. */
enum bitmap_word bitmap_judge(struct slice bitmap, uint16_t qtype, struct dname name,
                              struct dname zone);

/** NS without SOA: the parent's side of a delegation. */
bool bitmap_is_delegation(struct slice bitmap);

#endif
