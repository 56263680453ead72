/*
 * sim_random.h - numbers out of a seed, for the simulator.
 *
 * Each part of a simulated world (zones, faults, clients, the resolver's own chance) draws from
 * a generator of its own, so that one number more in one part does not make another world of
 * the rest.
 */
#ifndef TREESHREW_TESTCODE_SIM_RANDOM_H
#define TREESHREW_TESTCODE_SIM_RANDOM_H

#include "util/base.h"

struct sim_random {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t mixed = random->state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

/** The generator of one part; different parts of a seed have nothing in common. */
static inline struct sim_random sim_random_of(uint64_t seed, uint64_t part)
{
    struct sim_random random = {seed * 0x2545f4914f6cdd1du + part};

    random.state = sim_random_next(&random);
    return random;
}

/** Evenly in 0 .. below-1; below > 0. */
static inline uint32_t sim_below(struct sim_random *random, uint32_t below)
{
    return (uint32_t)((sim_random_next(random) >> 32) * below >> 32);
}

/** Evenly in low .. high, both included. */
static inline uint32_t sim_between(struct sim_random *random, uint32_t low, uint32_t high)
{
    return low + sim_below(random, high - low + 1);
}

/** True this many times in a thousand. */
static inline bool sim_chance(struct sim_random *random, uint32_t permil)
{
    return sim_below(random, 1000) < permil;
}

#endif
