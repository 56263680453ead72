/*
 * qmin.h - QNAME minimisation (RFC 9156): which name a name server gets to see. Pure functions.
 */
#ifndef TREESHREW_ITERATOR_QMIN_H
#define TREESHREW_ITERATOR_QMIN_H

#include "util/wire/message.h"

struct qmin {
    bool active;       /* off: the full question goes out */
    uint8_t labels;    /* of the shortened name that was answered last; 0: none */
    uint8_t steps;     /* shortened names that were answered, for one full name */
    uint8_t timeouts;  /* of the shortened name under way, in a row */
};

/**
 * The question to send next; the same one until it was answered.
 *
 * RFC 9156 section 2.3: one more label than the zone, the first four steps; then the remaining
 * labels are spread over the steps that are left. The type is A until the full name is reached
 * (section 2.1: types other than A and AAAA stand out).
 * @param most     MAX_MINIMISE_COUNT.
 * @param minimised set to whether the question differs from the full one.
 */
struct question qmin_next(const struct qmin *qmin, const struct question *full,
                          struct dname zone, unsigned most, bool *minimised);

/** A shortened question of that many labels got its answer: the next one is longer. */
void qmin_answered(struct qmin *qmin, uint8_t labels);

/**
 * A shortened question was not answered.
 *
 * @param most after so many in a row the full question is sent instead, for a server may drop what
 *             it does not know (RFC 9156 section 2.3); 0: never.
 */
void qmin_timed_out(struct qmin *qmin, unsigned most);

#endif
