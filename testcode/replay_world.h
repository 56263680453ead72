/*
 * replay_world.h - the world of a scenario: a clock that stands still, timers, no network.
 *
 * Time begins at 0 and moves only when a step says so. Chance comes from a fixed seed, so that
 * a scenario runs the same way each time.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_WORLD_H
#define TREESHREW_TESTCODE_REPLAY_WORLD_H

#include "services/world.h"

struct replay_world {
    struct world world;
    struct timers timers;
    int64_t now_ms;
    uint64_t random_state;
};

void replay_world_init(struct replay_world *world);
/** All timers must have been stopped by their owners. */
void replay_world_clear(struct replay_world *world);

#endif
