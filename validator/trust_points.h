/*
 * trust_points.h - the zones of auto-trust-anchor-file, whose keys are kept up to date.
 *
 * One of it lives as long as the caches. A configuration is read into a second one
 * (trust_points_read), which takes the first one's place when all of the configuration is good;
 * what was learned of a zone stays where its file is as we left it. All of it belongs to one
 * thread, which keeps the anchors; other threads see struct anchors.
 */
#ifndef TREESHREW_VALIDATOR_TRUST_POINTS_H
#define TREESHREW_VALIDATOR_TRUST_POINTS_H

#include "util/list.h"
#include "validator/rfc5011.h"

struct trust_point {
    struct link link;
    char *file;  /* as the configuration names it */
    char *known; /* its text when it was last read or written; NULL: it never was there */
    struct rfc5011_point *point;
    bool borrowed;           /* of a new list: the point still belongs to the old one */
    bool unwritten;          /* the file is to be written ... */
    bool urgent;             /* ... soon: a key has moved, or a probe has ended */
    bool trust_changed;      /* other keys are trusted; the anchors do not know it yet */
    unsigned write_failures; /* in a row */
    int64_t write_at_ms;     /* not before, except what is urgent; monotonic */
};

struct trust_points {
    struct list list; /* struct trust_point, in the order of the configuration */
    bool touched;     /* something was learned, or read: for lib/keeper.c */
};

struct trust_points *trust_points_new(void);
void trust_points_free(struct trust_points *points);

/**
 * Reads the files of a configuration. A file that is not there yet stands for the root and
 * begins with the keys that are built in.
 * @param now what is known already; NULL: nothing.
 * @return NULL after at least one complaint, or without memory.
 */
struct trust_points *trust_points_read(struct trust_points *now, const struct opt_list *files,
                                       anchor_complain *complain, anchor_read_file *read_file,
                                       void *context);

/** `fresh` takes the place of what was in `points`, and is freed. */
void trust_points_take(struct trust_points *points, struct trust_points *fresh);

void trust_points_clear(struct trust_points *points);

/** NULL: none of that zone. */
struct trust_point *trust_points_find(const struct trust_points *points, struct dname zone,
                                      uint16_t rrclass);

/**
 * rfc5011_see for the zone of a query, with everything that follows from it noted.
 * @return as there; RFC5011_DELETED as well when the zone has no trust point any more.
 */
enum rfc5011_seen trust_points_see(struct trust_points *points, const struct anchor *anchor,
                                   const struct validator_options *options,
                                   const struct sig_check *check, int64_t mono_s,
                                   uint32_t random, const struct rrset *dnskeys,
                                   struct key_verdict *verdict);

/** Its times as the configuration has them. */
struct rfc5011_rules trust_points_rules(const struct validator_options *options);

/** The point's file was written with this text. Without memory it is written once more later.
 */
void trust_point_written(struct trust_point *point, const char *text);

#endif
