/*
 * counter.c - the part of counter.h that reads the table and the structs.
 */
#include "util/counter.h"

static const struct {
    const char *name, *words;
} counter_texts[COUNTERS] = {
#define COUNTER(member, name, words) [COUNTER_##member] = {name, words},
#include "util/counter.def"
#undef COUNTER
};

void counters_add_to(uint64_t sums[COUNTERS], const struct counters *counters)
{
    for (size_t i = 0; i < COUNTERS; i++)
        sums[i] += atomic_load_explicit(&counters->value[i], memory_order_relaxed);
}

const char *counter_name(enum counter counter)
{
    return counter_texts[counter].name;
}

const char *counter_words(enum counter counter)
{
    return counter_texts[counter].words;
}
