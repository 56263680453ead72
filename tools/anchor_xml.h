/*
 * anchor_xml.h - root-anchors.xml: the trust anchors that IANA publishes (RFC 9718 section 2).
 *
 * Called by shrew-anchor with octets whose signature was checked, or is not there to be checked
 * (--list). Still treated as hostile: bounded in every direction, no document type, no entities
 * of its own. Opens no file and follows no reference.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_XML_H
#define TREESHREW_TOOLS_ANCHOR_XML_H

#include "util/arena.h"
#include "util/text.h"
#include "validator/algo.h"

/* The file of 2026 has 3 digests and 2.5 KiB. */
enum { XML_SIZE_MAX = 65536, XML_DIGESTS_MAX = 32 };

/** What one KeyDigest is good for now. */
enum digest_use {
    DIGEST_GOOD,
    DIGEST_TOO_EARLY,   /* validFrom lies in the future */
    DIGEST_OVER,        /* validUntil has passed */
    DIGEST_UNSUPPORTED, /* an algorithm or digest type that shrewd does not validate with */
    DIGEST_NOT_ITS_KEY, /* is not the digest of the key that is given with it */
    DIGEST_USES
};
const char *digest_use_text(enum digest_use use);

/** One KeyDigest element. */
struct key_digest {
    int64_t from_s;   /* seconds since 1970 */
    int64_t until_s;  /* INT64_MAX: no end is known */
    struct slice ds;  /* rdata of the DS record */
    struct slice key; /* rdata of the DNSKEY record; size 0: the file does not give it */
    unsigned line;
    enum digest_use use;
};

struct anchor_xml {
    size_t count;
    struct key_digest digests[XML_DIGESTS_MAX];
};

/** Where reading ended, and why. */
struct xml_fault {
    unsigned line, column; /* from 1 */
    const char *why;       /* static text or in the arena */
};

/**
 * Reads the file. A digest that cannot be used is no fault: its `use` says why.
 *
 * Refused are: more than XML_SIZE_MAX octets, any DOCTYPE, another zone than the root, a
 * KeyDigest in which something mandatory is missing, stands twice or cannot be read. Unknown
 * elements and attributes are passed over, so that later versions of the format can be read.
 * @param wall_s seconds since 1970, for validFrom and validUntil.
 * @return STATUS_MALFORMED and STATUS_LIMIT with the fault filled in; STATUS_NO_MEMORY.
 */
enum status anchor_xml_read(struct slice octets, int64_t wall_s, const struct crypto *crypto,
                            struct arena *arena, struct anchor_xml *xml,
                            struct xml_fault *fault);

/** Digests with DIGEST_GOOD. */
size_t anchor_xml_good(const struct anchor_xml *xml);

/** ". IN DS 20326 8 2 e06d..." and the line's end, for each good digest. */
void anchor_xml_write(const struct anchor_xml *xml, struct text *out);

/**
 * For people: each digest with its dates and what it is good for.
 */
void anchor_xml_describe(const struct anchor_xml *xml, struct text *out);

/** Seconds since 1970 of an XML Schema dateTime: "2017-02-02T00:00:00+00:00"; without a zone it
 *  is UTC. STATUS_MALFORMED. */
enum status xml_time_read(const char *text, int64_t *seconds);

#endif
