/*
 * commands_stats.c - the commands that show what was counted.
 *
 * Called by control.c, in the main thread; a round collects the threads' counters.
 */
#include <time.h>

#include "daemon/call.h"

static void show_caches(struct outline *out, struct resolver_shared *shared)
{
    const struct {
        const char *name;
        uint64_t value;
    } values[] = {
        {"msg.cache.count", msg_cache_count(resolver_messages(shared))},
        {"rrset.cache.count", rrset_cache_count(resolver_rrsets(shared))},
        {"infra.cache.count", infra_cache_count(resolver_infra(shared))},
        {"key.cache.count", resolver_keys_count(shared)},
        {"mem.cache.message", msg_cache_size_bytes(resolver_messages(shared))},
        {"mem.cache.rrset", rrset_cache_size_bytes(resolver_rrsets(shared))},
        {"mem.cache.infra", infra_cache_size_bytes(resolver_infra(shared))},
        {"mem.cache.key", resolver_keys_size_bytes(shared)},
    };

    for (size_t i = 0; i < COUNT(values); i++)
        outline_number(out, values[i].name, (int64_t)values[i].value);
}

static void collect(struct round *round, struct thread *thread)
{
    struct stats *of_thread = CONTAINER_OF(round, struct call, round)->own;

    worker_stats(thread->worker, &of_thread[thread->index]);
}

static void show_sum(struct call *call, bool fine)
{
    const struct server *server = call->server;
    const struct stats *of_thread = call->own;
    struct stats sum = of_thread[0];

    for (unsigned i = 1; i < server->thread_count; i++)
        stats_add(&sum, &of_thread[i]);
    outline_number(&call->out, "time.up", time_max((int64_t)time(NULL) - server->started_s, 0));
    stats_show(&call->out, &sum, fine);
    show_caches(&call->out, server->shared);
}

static void show(struct round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct call, round);
    bool fine = resolver_options(server->shared)->daemon.extended_statistics;

    show_sum(call, fine);
    call_done(call);
}

static void show_all(struct round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct call, round);
    const struct stats *of_thread = call->own;

    show_sum(call, true);
    outline_open_list(&call->out, "threads");
    for (unsigned i = 0; i < server->thread_count; i++) {
        outline_open(&call->out, NULL);
        outline_number(&call->out, "thread", i);
        stats_show(&call->out, &of_thread[i], true);
        outline_close(&call->out);
    }
    outline_close(&call->out);
    call_done(call);
}

static void ask_threads(struct call *call, void (*done)(struct round *, struct server *))
{
    call->own = ARENA_ARRAY(call->arena, struct stats, call->server->thread_count);
    if (call->own == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    call->round = (struct round){.in_thread = collect, .done = done};
    server_go_round(call->server, &call->round);
}

void command_stats(struct call *call)
{
    ask_threads(call, show);
}

void command_stats_all(struct call *call)
{
    ask_threads(call, show_all);
}
