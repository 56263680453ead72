/*
 * swarm_run.h - one seed: a small internet, its faults, some hundred questions, and what must
 * hold.
 *
 * Used by swarm.c and swarm_test.c. The code under test is the daemon's own: lib/resolver.h and
 * services/upstream/exchange.h on a simulated world.
 */
#ifndef TREESHREW_TESTCODE_SWARM_RUN_H
#define TREESHREW_TESTCODE_SWARM_RUN_H

#include <stdio.h>

#include "testcode/planted.h"
#include "util/base.h"

enum { SWARM_WORDS_MAX = 4096 };

struct swarm_wish {
    uint64_t seed;
    enum planted_fault planted;
    /* An attacker changes what servers say (sim_mangle.h), while one question after the other
     * is asked, no more than `questions`. What is secure must stay so, or be no answer. size 0:
     * nobody does. */
    struct slice script;
    unsigned questions;
    /** A day with its questions, and at each hour a reload with other settings or a faulty file. */
    bool is_day;
    unsigned verbose; /* 1: everything that happens; 2: the resolver's log, too */
    FILE *out;
    /** Makes memory scarce (sim_memory.h); NULL: this program cannot. */
    uint32_t (*scarce)(uint32_t permil);
};

struct swarm_result {
    bool failed;
    char words[SWARM_WORDS_MAX]; /* the first thing that was violated */
    uint64_t hash;               /* of everything that happened */
    uint64_t questions, musts, servfails, secure, bogus, sent, reloads;
};

void swarm_run(const struct swarm_wish *wish, struct swarm_result *result);

#endif
