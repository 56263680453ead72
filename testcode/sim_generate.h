/*
 * sim_generate.h - a seed becomes a small internet, and questions about it.
 */
#ifndef TREESHREW_TESTCODE_SIM_GENERATE_H
#define TREESHREW_TESTCODE_SIM_GENERATE_H

#include "testcode/sim_model.h"
#include "util/wire/message.h"

/** @return NULL: no memory. The net lives in the arena; sim_net_clear first. */
struct sim_net *sim_generate(uint64_t seed, struct arena *arena);

/** Gives back what an arena does not; the net may not be used any more. */
void sim_net_clear(struct sim_net *net);

/** The names and addresses of the root's servers as a hints file. NULL: no memory. */
const char *sim_hints(const struct sim_net *net);

/** A question worth asking: something that is there, is not there, or nearly is there. */
struct question sim_question(const struct sim_net *net, struct sim_random *random,
                             struct arena *arena);

#endif
