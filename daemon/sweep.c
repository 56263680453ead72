/*
 * sweep.c - the thread that sweeps the caches, and when there is one.
 *
 * Life: settings change, or the last query of old ones ends, in any thread; the main thread is
 * told by a word and starts the thread, unless a change is still on its way to all threads,
 * after which it starts it anyway, once for both. The thread walks the caches, as those who
 * answer go on, posts a word and ends.
 */
#include "daemon/sweep.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { POST_AGAIN_NS = 20000000 };

struct sweep {
    struct server *server;
    pthread_t thread;
    bool is_running;
    atomic_bool is_cancelled;
};

static void wake(void *context)
{
    struct sweep *sweep = context;

    /* Too many words wait already: the next change, or the next word, finds it. */
    (void)server_post_sweep(sweep->server);
}

struct sweep *sweep_new(struct server *server)
{
    struct sweep *sweep = calloc(1, sizeof(*sweep));

    if (sweep == NULL)
        return NULL;
    sweep->server = server;
    atomic_init(&sweep->is_cancelled, false);
    resolver_set_sweeper(server->shared, wake, sweep);
    return sweep;
}

void sweep_free(struct sweep *sweep)
{
    if (sweep == NULL)
        return;
    atomic_store(&sweep->is_cancelled, true);
    if (sweep->is_running)
        pthread_join(sweep->thread, NULL);
    resolver_set_sweeper(sweep->server->shared, NULL, NULL);
    free(sweep);
}

static void *run_thread(void *context)
{
    struct sweep *sweep = context;
    struct timespec rest = {0, POST_AGAIN_NS};

    resolver_sweep(sweep->server->shared);
    while (!atomic_load(&sweep->is_cancelled) && !server_post_sweep_over(sweep->server))
        (void)nanosleep(&rest, NULL);
    return NULL;
}

void sweep_begin(struct sweep *sweep)
{
    sigset_t all, before;

    if (sweep == NULL || sweep->is_running || !resolver_is_outdated(sweep->server->shared))
        return;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sweep->is_running = pthread_create(&sweep->thread, NULL, run_thread, sweep) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!sweep->is_running)
        resolver_sweep(sweep->server->shared);
}

bool sweep_is_busy(const struct sweep *sweep)
{
    return sweep != NULL && (sweep->is_running || resolver_is_outdated(sweep->server->shared));
}

void sweep_end(struct sweep *sweep)
{
    pthread_join(sweep->thread, NULL);
    sweep->is_running = false;
    sweep_begin(sweep);
}
