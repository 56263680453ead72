/*
 * anchor.h - trust anchors and negative trust anchors of a configuration.
 *
 * Built when settings are made, read-only afterwards, counted, shared by threads. Files come in as
 * text. What RFC 5011 learns at run time (trust_points.h) replaces the whole by a new one.
 */
#ifndef TREESHREW_VALIDATOR_ANCHOR_H
#define TREESHREW_VALIDATOR_ANCHOR_H

#include "util/conf/opt.h"
#include "util/wire/rrset.h"
#include "validator/finding.h"
#include "validator/validator_options.h"

/** Where trust begins: DS and DNSKEY records of one zone. */
struct anchor {
    struct dname zone;
    uint16_t rrclass;
    const struct rrset *ds;   /* NULL: none in this form; not counted, lives with the anchors */
    const struct rrset *keys; /* DNSKEY form; NULL: none */
    bool is_kept;             /* of auto-trust-anchor-file: RFC 5011 may change it */
    bool has_fixed;           /* of another option, and for good */
    bool built_in;
};

/** Where trust is suspended (RFC 7646; domain-insecure). */
struct negative_anchor {
    struct dname zone;
    int64_t expires_s;  /* seconds since 1970; 0: never */
    const char *reason; /* "" : none */
};

/**
 * The end in an item of negative-trust-anchor ("name time reason").
 * @param end_s seconds since 1970; 0: never.
 * @return the reason, or NULL: this is no such item.
 */
const char *negative_anchor_end(const char *item, int64_t *end_s);

struct anchors;
struct trust_points;

/** As resolver_read_file: the text of a file in the arena, or NULL with errno. */
typedef const char *anchor_read_file(void *context, const char *name, struct arena *arena);
/** As conf_complain. */
typedef void anchor_complain(void *context, const struct opt_item *item, const char *words);

/**
 * The anchors of trust-anchor, trust-anchor-file, trusted-keys-file, domain-insecure and
 * negative-trust-anchor, and those of auto-trust-anchor-file. When none of these options names
 * anything, those of the public root are built in (unless root-trust-anchor says no).
 * @param points what auto-trust-anchor-file comes to; NULL: nothing.
 * @return one reference; NULL after at least one complaint, or without memory.
 */
struct anchors *anchors_new(const struct validator_options *options,
                            const struct trust_points *points, anchor_complain *complain,
                            anchor_read_file *read_file, void *context);

/** The same with what the trust points trust by now. @return NULL: no memory. */
struct anchors *anchors_renew(const struct anchors *anchors, const struct trust_points *points);

/**
 * Do both say the same of what is trusted? Keys of auto-trust-anchor-file are left aside: they
 * change by themselves, and whoever changes them sees to what follows. So are negative anchors.
 * @param one, other NULL: nothing is validated.
 */
bool anchors_same(const struct anchors *one, const struct anchors *other);

/**
 * Tells each zone whose trust one of both suspends, and the other does not, or until another
 * time.
 */
void anchors_negative_changes(const struct anchors *one, const struct anchors *other,
                              void (*tell)(void *context, struct dname zone), void *context);

struct anchors *anchors_ref(struct anchors *anchors);
/** Gives a reference back; NULL: nothing. */
void anchors_free(struct anchors *anchors);

/** What counts for a name: the deepest at or above it; at one name the negative one goes
 * before. */
struct anchor_found {
    const struct anchor *anchor;            /* NULL: none, or a negative one is nearer */
    const struct negative_anchor *negative; /* NULL: none, or an anchor is nearer */
};

/**
 * @param wall_s negative anchors that have expired are passed over.
 * @return both NULL: no anchor above the name, so it is indeterminate: treated as insecure.
 */
struct anchor_found anchors_find(const struct anchors *anchors, struct dname name,
                                 uint16_t rrclass, int64_t wall_s);

/** All negative ones, those that have expired included. */
size_t anchors_negative_count(const struct anchors *anchors);
const struct negative_anchor *anchors_negative_at(const struct anchors *anchors, size_t index);

size_t anchors_count(const struct anchors *anchors);
const struct anchor *anchors_at(const struct anchors *anchors, size_t index);

/** The anchor of exactly that zone, or NULL. */
const struct anchor *anchors_of(const struct anchors *anchors, struct dname zone,
                                uint16_t rrclass);

#endif
