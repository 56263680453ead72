/*
 * fuzz_main.c - plays a fuzz driver's corpus without libFuzzer.
 *
 * Linked once with each *_fuzz.c by `make check`, with any compiler. The arguments are files; each
 * is given to the driver as it is, then in a fixed number of damaged versions (the same ones in
 * every run). Without files the damage starts from the empty input. The driver's own assertions
 * end the process; nothing is judged here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base.h"

enum { INPUT_BYTES_MAX = 65536, DAMAGED_VERSIONS = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A small generator with a state of its own: the run must be the same everywhere. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* The driver gets a copy of exactly the right size, so that a read past the end is noticed. */
static void run_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = calloc(1, size > 0 ? size : 1);

    if (copy == NULL)
        return;
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t damage(uint8_t *data, size_t size, uint64_t *state)
{
    uint32_t hits = 1 + next_random(state) % 4;

    if (next_random(state) % 4 == 0 && size < INPUT_BYTES_MAX - 16)
        for (uint32_t more = next_random(state) % 16; more > 0; more--)
            data[size++] = (uint8_t)next_random(state);
    if (next_random(state) % 4 == 0 && size > 0)
        size = next_random(state) % size;
    for (; hits > 0 && size > 0; hits--)
        data[next_random(state) % size] = (uint8_t)next_random(state);
    return size;
}

static void run_damaged(const uint8_t *data, size_t size)
{
    static uint8_t work[INPUT_BYTES_MAX];
    uint64_t state = size;

    for (int version = 0; version < DAMAGED_VERSIONS; version++) {
        memcpy(work, data, size);
        run_one(work, damage(work, size, &state));
    }
}

int main(int argc, char **argv)
{
    static uint8_t data[INPUT_BYTES_MAX];

    run_one(data, 0);
    run_damaged(data, 0);
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size;

        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size = fread(data, 1, sizeof(data), file);
        fclose(file);
        run_one(data, size);
        run_damaged(data, size);
    }
    printf("%d inputs\n", argc);
    return 0;
}
