/*
 * iter_explain.h - what goes as it should, for whoever wants the whole story of a question.
 *
 * Called by the states ASK and LEARN. Nothing is noted unless the query's env explains, but
 * that an answer lost records. Failures are in every trace, and not made here.
 */
#ifndef TREESHREW_ITERATOR_ITER_EXPLAIN_H
#define TREESHREW_ITERATOR_ITER_EXPLAIN_H

#include "iterator/classify.h"
#include "iterator/iter_state.h"
#include "iterator/scrub.h"

/** Whose turn it is from here on: the zone, its servers by name and address. Once a delegation.
 */
void iter_explain_cut(struct query *query, struct iter_state *state);

/** What the answer at hand is. */
void iter_explain_answer(struct query *query, const struct iter_state *state,
                         enum verdict verdict);

/** What it lost. @param before the RRsets as they came, `count` of them. */
void iter_explain_scrubbed(struct query *query, const struct iter_state *state,
                           const struct scrub_result *scrubbed,
                           const struct rrset *const *before, size_t count);

#endif
