/*
 * classify.h - what a server's reply means for the question it was asked. A pure function.
 */
#ifndef TREESHREW_ITERATOR_CLASSIFY_H
#define TREESHREW_ITERATOR_CLASSIFY_H

#include "util/wire/message.h"

enum verdict {
    VERDICT_ANSWER,         /* records of the type asked for */
    VERDICT_NODATA,         /* the name exists, the type does not */
    VERDICT_NXDOMAIN,
    VERDICT_ALIAS,          /* ends in a CNAME whose target is not answered here */
    VERDICT_REFERRAL,       /* to a zone between the one asked and the name */
    VERDICT_LAME,           /* refers upwards or sideways, or does not serve the zone */
    VERDICT_RECURSION_LAME, /* answers out of a cache (RA without AA): a last resort */
    VERDICT_SELF_REFERRAL,  /* refers to the zone it was asked for */
    VERDICT_EMPTY,          /* NOERROR and nothing in it */
    VERDICT_RCODE           /* SERVFAIL, REFUSED ...: useless */
};

const char *verdict_word(enum verdict verdict);

/**
 * @param message scrubbed.
 * @param zone    the cut whose servers were asked.
 * @param recursive the server was asked to recurse: anything that answers will do.
 */
enum verdict classify(const struct message *message, const struct question *question,
                      struct dname zone, bool recursive);

/**
 * Where the chain of CNAMEs in the answer section leads, at most 64 steps; the name itself if
 * none.
 */
struct dname alias_end(const struct message *message, const struct question *question,
                       unsigned *hops);

#endif
