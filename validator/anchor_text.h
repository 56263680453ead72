/*
 * anchor_text.h - trust anchors as people and programs write them: lines, zone files, BIND's
 * syntax.
 *
 * Called by anchor.c for each option that names anchors. Only reads; what the records mean
 * together is anchor.c's.
 */
#ifndef TREESHREW_VALIDATOR_ANCHOR_TEXT_H
#define TREESHREW_VALIDATOR_ANCHOR_TEXT_H

#include "util/arena.h"
#include "util/wire/dname.h"

/** One DS or DNSKEY record. */
struct anchor_record {
    struct anchor_record *next;
    struct dname zone;
    uint16_t rrclass, type;
    struct slice rdata;
    bool is_kept; /* of a trust point of RFC 5011 */
    bool built_in;
};

struct anchor_list {
    struct arena *arena;
    struct anchor_record *first, **last;
    size_t count;
};

/** What is wrong with a text, and where. */
struct anchor_fault {
    const char *why; /* static text, or in the list's arena */
    int line;        /* 0: a single line */
};

static inline void anchor_list_init(struct anchor_list *list, struct arena *arena)
{
    *list = (struct anchor_list){.arena = arena, .last = &list->first};
}

/** "example. IN DS 4711 13 2 ..." STATUS_MALFORMED, STATUS_NO_MEMORY. */
enum status anchor_read_line(struct anchor_list *list, const char *text,
                             struct anchor_fault *fault);

/** A zone file; records of other types are passed over. STATUS_NOT_FOUND: it has no anchor. */
enum status anchor_read_zone(struct anchor_list *list, const char *text,
                             struct anchor_fault *fault);

/** The keys of the public root that came with the program. STATUS_NO_MEMORY. */
enum status anchor_read_built_in(struct anchor_list *list);

/** One more record, its octets as they are: rdata and zone have to live as long as the list. */
enum status anchor_list_add(struct anchor_list *list, const struct anchor_record *record);

/** named.conf: trusted-keys, managed-keys and trust-anchors; other statements are passed over.
 */
enum status anchor_read_bind(struct anchor_list *list, const char *text,
                             struct anchor_fault *fault);

#endif
