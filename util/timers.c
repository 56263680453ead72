/*
 * timers.c - a binary heap; every timer knows its place, so that moving and stopping are cheap.
 */
#include "util/timers.h"

#include <stdlib.h>

void timers_init(struct timers *timers)
{
    *timers = (struct timers){NULL, 0, 0, 0};
}

void timers_clear(struct timers *timers)
{
    for (size_t i = 0; i < timers->count; i++)
        timers->heap[i]->place = 0;
    free(timers->heap);
    timers_init(timers);
}

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void put(struct timers *timers, size_t index, struct timer *timer)
{
    timers->heap[index] = timer;
    timer->place = index + 1;
}

static void sift_up(struct timers *timers, size_t index)
{
    struct timer *timer = timers->heap[index];

    while (index > 0 && earlier(timer, timers->heap[(index - 1) / 2])) {
        put(timers, index, timers->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(timers, index, timer);
}

static void sift_down(struct timers *timers, size_t index)
{
    struct timer *timer = timers->heap[index];

    for (;;) {
        size_t child = 2 * index + 1;

        if (child >= timers->count)
            break;
        if (child + 1 < timers->count && earlier(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!earlier(timers->heap[child], timer))
            break;
        put(timers, index, timers->heap[child]);
        index = child;
    }
    put(timers, index, timer);
}

static bool make_room(struct timers *timers)
{
    size_t room = timers->room == 0 ? 64 : timers->room * 2;
    struct timer **heap;

    if (timers->count < timers->room)
        return true;
    heap = realloc(timers->heap, room * sizeof(*heap));
    if (heap == NULL)
        return false;
    timers->heap = heap;
    timers->room = room;
    return true;
}

enum status timers_set(struct timers *timers, struct timer *timer, int64_t at_ms)
{
    if (!timer_is_set(timer)) {
        if (!make_room(timers))
            return STATUS_NO_MEMORY;
        put(timers, timers->count++, timer);
    }
    timer->at_ms = at_ms;
    timer->order = ++timers->order;
    sift_up(timers, timer->place - 1);
    sift_down(timers, timer->place - 1);
    return STATUS_OK;
}

void timers_stop(struct timers *timers, struct timer *timer)
{
    size_t index = timer->place - 1;
    struct timer *last;

    if (!timer_is_set(timer))
        return;
    ASSERT(index < timers->count && timers->heap[index] == timer);
    timer->place = 0;
    last = timers->heap[--timers->count];
    if (last == timer)
        return;
    put(timers, index, last);
    sift_up(timers, index);
    sift_down(timers, last->place - 1);
}

struct timer *timers_take_due(struct timers *timers, int64_t now_ms)
{
    struct timer *first;

    if (timers->count == 0 || timers->heap[0]->at_ms > now_ms)
        return NULL;
    first = timers->heap[0];
    timers_stop(timers, first);
    return first;
}

int64_t timers_next_ms(const struct timers *timers)
{
    return timers->count == 0 ? INT64_MAX : timers->heap[0]->at_ms;
}
