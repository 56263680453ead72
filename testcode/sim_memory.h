/*
 * sim_memory.h - memory that runs out now and then, for the simulator.
 *
 * Linked into swarm alone, with malloc wrapped by the linker (Makefile); where the linker
 * cannot do that, memory is always there. Off until switched on; the simulator switches it off
 * wherever the resolver calls it, so that only the code under test goes without.
 */
#ifndef TREESHREW_TESTCODE_SIM_MEMORY_H
#define TREESHREW_TESTCODE_SIM_MEMORY_H

#include "util/base.h"

/** From now on, that many of a thousand allocations fail; 0: none does. @return what it was. */
uint32_t sim_memory_scarce(uint32_t permil);

/** Another seed, other failures. */
void sim_memory_seed(uint64_t seed);

#endif
