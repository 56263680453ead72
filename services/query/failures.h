/*
 * failures.h - the last questions of clients that failed, with what went wrong on the way.
 *
 * Written by the mesh of the thread, read by the same thread for whoever asks ("shrewctl
 * failures"). Bounded: a ring, of which each place has its own memory with a bound, used again
 * and again. What fails again and again takes one place and is counted there. Beside it, which
 * zones fail most, in a table of the same kind.
 */
#ifndef TREESHREW_SERVICES_QUERY_FAILURES_H
#define TREESHREW_SERVICES_QUERY_FAILURES_H

#include "services/query/query.h"
#include "util/frequent.h"

enum { FAILURES_KEPT = 128, FAILURE_LINES = 32 };

struct failure {
    struct dname name;
    uint16_t type, rcode;
    int64_t wall_s; /* of the last time, seconds since 1970 */
    uint32_t times;
    uint32_t took_ms;
    struct reasons reasons; /* as the client was told */
    size_t line_count;
    const char *lines[FAILURE_LINES]; /* servers that failed and what was found bad, in order */
};

struct failures;

/** @return NULL: no memory; the other functions take it. */
struct failures *failures_new(void);
void failures_free(struct failures *failures);

/** Keeps what is to be known of a query that has failed. */
void failures_note(struct failures *failures, const struct query *query);

/**
 * The zones that most questions failed for since the start, as reasons name them; the note is
 * the code of the first reason (EDE). NULL: none.
 */
const struct frequent *failures_zones(const struct failures *failures);

/** Copies of all, the latest first, in the arena. @param count set. @return NULL: none, or no
 * memory. */
struct failure *failures_copy(const struct failures *failures, struct arena *arena,
                              size_t *count);

#endif
