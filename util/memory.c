/*
 * memory.c - the one setting of malloc that matters to the caches.
 */
#include "util/memory.h"

#include "config.h"

#ifdef HAVE_MALLOPT
#include <malloc.h>
#endif

void memory_use_one_heap(void)
{
#if defined(HAVE_MALLOPT) && defined(M_ARENA_MAX)
    mallopt(M_ARENA_MAX, 1);
#endif
}
