/*
 * budget.c - counting down; see the header for the idea.
 */
#include "services/query/budget.h"

#include <stdlib.h>

void budget_limits_default(struct budget_limits *limits)
{
#define COST(name, word, own, most_) limits->most[COST_##name] = (most_);
#include "services/query/budget.def"
#undef COST
    limits->soft_sends = 50;
    limits->time_ms = 4000;
}

struct budget *budget_new(const struct budget_limits *limits, int64_t now_ms)
{
    struct budget *budget = malloc(sizeof(*budget));

    if (budget == NULL)
        return NULL;
    budget->references = 1;
    for (size_t i = 0; i < COSTS; i++)
        budget->left[i] = limits->most[i];
    budget->soft_sends_left = limits->soft_sends;
    budget->deadline_ms = now_ms + limits->time_ms;
    budget->too_deep = false;
    budget->exhausted = COSTS;
    return budget;
}

struct budget *budget_ref(struct budget *budget)
{
    budget->references++;
    return budget;
}

void budget_unref(struct budget *budget)
{
    if (budget != NULL && --budget->references == 0)
        free(budget);
}

bool budget_take(struct budget *budget, enum cost cost, uint32_t amount)
{
    if (budget->left[cost] < amount) {
        if (budget->exhausted == COSTS)
            budget->exhausted = cost;
        return false;
    }
    budget->left[cost] -= amount;
    if (cost == COST_SENDS)
        budget->soft_sends_left -= (uint32_t)size_min(budget->soft_sends_left, amount);
    return true;
}

const char *cost_name(enum cost cost)
{
    switch (cost) {
#define COST(name, word, own, most_)                                                           \
    case COST_##name: return own;
#include "services/query/budget.def"
#undef COST
    case COSTS: break;
    }
    return "none";
}

const char *cost_word(enum cost cost)
{
    switch (cost) {
#define COST(name, word, own, most_)                                                                \
    case COST_##name: return word;
#include "services/query/budget.def"
#undef COST
    case COSTS: break;
    }
    return "none";
}
