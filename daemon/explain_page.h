/*
 * explain_page.h - the story of a question as one page with a picture.
 *
 * Used by the command "explain --html". The page is whole in itself: no scripts, nothing
 * fetched.
 */
#ifndef TREESHREW_DAEMON_EXPLAIN_PAGE_H
#define TREESHREW_DAEMON_EXPLAIN_PAGE_H

#include "services/query/query.h"

/** @return in the arena; NULL: no memory. */
char *explain_page(const struct query *query, const struct outcome *outcome,
                   struct arena *arena);

#endif
