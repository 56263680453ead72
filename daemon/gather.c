/*
 * gather.c - one round through the threads for one call.
 *
 * Called by commands, in the main thread.
 */
#include "daemon/gather.h"

enum { ARENA_BYTES_MAX = 64 << 20 };

struct gathering {
    gather_collect *collect;
    gather_show *show;
    struct gathered threads[];
};

static void in_thread(struct round *round, struct thread *thread)
{
    struct call *call = CONTAINER_OF(round, struct call, round);
    struct gathering *gathering = call->own;
    struct gathered *mine = &gathering->threads[thread->index];

    mine->arena = arena_new(ARENA_BYTES_MAX);
    if (mine->arena != NULL)
        gathering->collect(thread, mine);
}

static void done(struct round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct call, round);
    struct gathering *gathering = call->own;

    gathering->show(call, gathering->threads, server->thread_count);
    call_done(call);
}

/* Also where the daemon ends before the round does. */
static void clean(struct call *call)
{
    struct gathering *gathering = call->own;

    for (unsigned i = 0; i < call->server->thread_count; i++)
        arena_free(gathering->threads[i].arena);
}

void gather(struct call *call, gather_collect *collect, gather_show *show)
{
    struct gathering *gathering =
        arena_alloc(call->arena, sizeof(*gathering) + call->server->thread_count *
                                                          sizeof(gathering->threads[0]));

    if (gathering == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    gathering->collect = collect;
    gathering->show = show;
    call->own = gathering;
    call->clean = clean;
    call->round = (struct round){.in_thread = in_thread, .done = done};
    server_go_round(call->server, &call->round);
}
