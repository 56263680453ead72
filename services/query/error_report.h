/*
 * error_report.h - DNS error reporting (RFC 9567): whom to tell that a zone's servers have failed,
 * and how.
 *
 * A zone's servers name an agent in their answers; the iterator notes it with the query. When
 * the query has failed for a reason that is the zone's, the mesh asks the question made here:
 * asking it is the report. Off unless dns-error-reporting says yes (env's reports_errors).
 */
#ifndef TREESHREW_SERVICES_QUERY_ERROR_REPORT_H
#define TREESHREW_SERVICES_QUERY_ERROR_REPORT_H

#include "services/query/query.h"

/**
 * Notes the agent that an answer names; without one, that of an earlier answer for that zone
 * stays.
 * @param zone whose servers gave the answer. @param name what is looked for: the end of
 * aliases.
 */
void report_learn(struct query *query, struct dname zone, struct dname name,
                  const struct message *answer);

/** Other servers are asked from now on: those of a zone below, or, behind an alias, any. */
void report_forget(struct query *query, bool behind_alias);

/**
 * The question that reports the failure of a query that has ended.
 * @param storage for its name. @return false: there is nothing to report, or nobody who wants
 * to know.
 */
bool report_question(const struct query *query, uint8_t storage[DNAME_MAX],
                     struct question *question);

#endif
