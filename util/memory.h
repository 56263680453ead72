/*
 * memory.h - how this process wants its malloc.
 *
 * Called by programs (shrewd, tests that measure), first thing in main; never by the library,
 * whose user chooses for himself.
 */
#ifndef TREESHREW_UTIL_MEMORY_H
#define TREESHREW_UTIL_MEMORY_H

/**
 * All threads take memory from one heap. The caches need it to keep their budgets: what one
 * thread stored another one evicts, and where each has its own heap (glibc) the room that
 * becomes free in one is of no use to the other; the process grew to 1.6 times the budgets.
 * Only misses allocate more than a thread's own small store holds, so the one heap's lock is no
 * bottleneck. No effect where malloc has no such setting. Before any other thread starts.
 */
void memory_use_one_heap(void);

#endif
