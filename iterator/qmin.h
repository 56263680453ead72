/*
 * qmin.h - QNAME minimisation (RFC 9156): which name a name server gets to see. Pure functions.
 */
#ifndef TREESHREW_ITERATOR_QMIN_H
#define TREESHREW_ITERATOR_QMIN_H

#include "util/wire/message.h"

struct qmin {
    bool active;       /* off: the full question goes out */
    uint8_t labels;    /* of the name sent last (or of the zone, at first) */
    uint8_t steps;     /* names shortened so far, for one full name */
    uint8_t before;    /* labels as they were before the last step */
    uint8_t timeouts;  /* of the name sent last, in a row */
};

/**
 * The question to send next.
 *
 * RFC 9156 section 2.3: one more label than the zone, the first four steps; then the remaining
 * labels are spread over the steps that are left. The type is A until the full name is reached
 * (section 2.1: types other than A and AAAA stand out).
 * @param most     MAX_MINIMISE_COUNT.
 * @param minimised set to whether the question differs from the full one.
 */
struct question qmin_next(struct qmin *qmin, const struct question *full, struct dname zone,
                          unsigned most, bool *minimised);

/**
 * The shortened question sent last was not answered: it goes out once more.
 *
 * @param most after so many times the full question is sent instead, for a server may drop what it
 *             does not know (RFC 9156 section 2.3); 0: never.
 */
void qmin_timed_out(struct qmin *qmin, unsigned most);

#endif
