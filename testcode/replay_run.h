/*
 * replay_run.h - plays one scenario through the real resolver.
 *
 * Called by the program replay (replay.c) and by tests. Settings are the scenario's own, on top
 * of those that its format promises (replay_defaults.h).
 */
#ifndef TREESHREW_TESTCODE_REPLAY_RUN_H
#define TREESHREW_TESTCODE_REPLAY_RUN_H

#include <stdio.h>

#include "util/base.h"

struct replay_report {
    FILE *out;
    int verbose; /* 0: failures; 1: every step and packet; 2: also the resolver's log */
};

/**
 * Plays a scenario given as text.
 * @param name of the file, for messages.
 * @return false after a failure, which has been printed: the step, what was expected, what
 * came.
 */
bool replay_play(const char *name, const char *text, const struct replay_report *report);

#endif
