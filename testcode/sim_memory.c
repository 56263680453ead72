/*
 * sim_memory.c - malloc, calloc and realloc as the linker's --wrap hands them over.
 *
 * The only state of the simulator at file scope: malloc has no context.
 */
#include "testcode/sim_memory.h"

#include "testcode/sim_random.h"

#ifdef SIM_WRAPS_MALLOC

static uint32_t scarce_permil;
static struct sim_random chance;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool fails(void)
{
    return scarce_permil != 0 && sim_chance(&chance, scarce_permil);
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

uint32_t sim_memory_scarce(uint32_t permil)
{
    uint32_t before = scarce_permil;

    scarce_permil = permil;
    return before;
}

void sim_memory_seed(uint64_t seed)
{
    chance = sim_random_of(seed, 77);
}

#else

uint32_t sim_memory_scarce(uint32_t permil)
{
    (void)permil;
    return 0;
}

void sim_memory_seed(uint64_t seed)
{
    (void)seed;
}

#endif
