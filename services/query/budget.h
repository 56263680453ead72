/*
 * budget.h - one work budget a client question: taking comes before working.
 *
 * Made with the client's question, shared by reference with every sub-question, restart, alias hop,
 * retry and TCP fallback made for it; never reset. What is exhausted is told once (which limit), so
 * that the answer can name it. limits.md of the manual (doc/LIMITS.md) explains each number.
 */
#ifndef TREESHREW_SERVICES_QUERY_BUDGET_H
#define TREESHREW_SERVICES_QUERY_BUDGET_H

#include "util/base.h"

/* One line a cost in budget.def: COST(NAME, limit_word, default_most). */
enum cost {
#define COST(name, word, own, most) COST_##name,
#include "services/query/budget.def"
#undef COST
    COSTS
};

/** The most of each cost; filled from the options. */
struct budget_limits {
    uint32_t most[COSTS];
    uint32_t soft_sends;  /* from this many sends on, only what the answer itself needs */
    uint32_t time_ms;     /* from the question's arrival to the answer */
};

struct budget {
    unsigned references;
    uint32_t left[COSTS];
    uint32_t soft_sends_left;
    int64_t deadline_ms;     /* monotonic; nothing is sent that could only be answered later */
    bool too_deep;           /* look-ups of name servers were nested as deeply as they may */
    enum cost exhausted;     /* the first one that said no; COSTS: none */
};

/** @return NULL: no memory. One reference. */
struct budget *budget_new(const struct budget_limits *limits, int64_t now_ms);
struct budget *budget_ref(struct budget *budget);
void budget_unref(struct budget *budget);

/** Takes, or takes nothing and notes who said no. */
bool budget_take(struct budget *budget, enum cost cost, uint32_t amount);

/** True while work that the answer could do without is still allowed. */
static inline bool budget_allows_extras(const struct budget *budget)
{
    return budget->soft_sends_left > 0;
}

/** "sends", "failed-signatures" ... */
const char *cost_name(enum cost cost);

/** The word of EDE's grammar, "limit=<word>": time, queries, depth, cname ... */
const char *cost_word(enum cost cost);

/** The defaults of budget.def. */
void budget_limits_default(struct budget_limits *limits);

#endif
