/*
 * conversation_fuzz.c - a whole signed conversation in the simulated world, with an attacker on
 * the way.
 *
 * The input: which of some worlds, how many questions, and the attacker's script
 * (sim_mangle.h). The oracle of the simulator judges: what is secure comes as the zones have
 * it, or not at all; nothing else has AD; bogus data never comes; there is always an answer,
 * within the budget, and nothing is left behind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "testcode/swarm_run.h"

enum { WORLDS = 4096, QUESTIONS_MAX = 4, SCRIPT_MAX = 400, HEAD = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct swarm_result result; /* too large for a small stack */
    struct swarm_wish wish = {.out = stderr};

    if (size <= HEAD || size > HEAD + SCRIPT_MAX)
        return 0;
    wish.seed = 1 + bytes_u16(data) % WORLDS;
    wish.questions = 1 + data[2] % QUESTIONS_MAX;
    wish.script = slice_of(data + HEAD, size - HEAD);
    swarm_run(&wish, &result);
    if (!result.failed)
        return 0;
    fprintf(stderr, "world %u: %s\ninput ", (unsigned)wish.seed, result.words);
    for (size_t i = 0; i < size; i++)
        fprintf(stderr, "%02x", data[i]);
    fputc('\n', stderr);
    abort();
}
