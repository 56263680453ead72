/*
 * watchdog.c - a round through all threads, three times in the period that the manager allows.
 *
 * Called by server.c and by its own timer. Only when the last thread has turned its loop the
 * manager gets its WATCHDOG=1. A thread that hangs holds up the round, so that the manager
 * restarts the daemon; the log names the thread before that.
 */
#include "daemon/watchdog.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/notify.h"

enum { SIGNS_IN_PERIOD = 3 };

struct watchdog {
    struct server *server;
    int64_t apart_ms;
    struct timer timer;
    struct round round;
    bool is_round, is_told;
    atomic_bool turned[]; /* one for each thread */
};

static void wait_for_next(struct watchdog *watchdog)
{
    struct world *world = loop_world(worker_loop(watchdog->server->threads[0].worker));

    (void)world->timer_set(world, &watchdog->timer, world_now_ms(world) + watchdog->apart_ms);
}

static void turn(struct round *round, struct thread *thread)
{
    struct watchdog *watchdog = CONTAINER_OF(round, struct watchdog, round);

    atomic_store(&watchdog->turned[thread->index], true);
}

static void all_turned(struct round *round, struct server *server)
{
    struct watchdog *watchdog = CONTAINER_OF(round, struct watchdog, round);

    notify_say(server->notify, "WATCHDOG=1");
    if (watchdog->is_told)
        log_line(server->log, LOG_LEVEL_INFO, "event=watchdog msg=all threads work again");
    watchdog->is_round = watchdog->is_told = false;
}

static void tell_stuck(struct watchdog *watchdog)
{
    const struct server *server = watchdog->server;

    for (unsigned i = 0; i < server->thread_count && !watchdog->is_told; i++)
        if (!atomic_load(&watchdog->turned[i])) {
            log_line(
                server->log, LOG_LEVEL_WARN,
                "event=watchdog thread=%u msg=has not answered for %lld ms; if that goes on the "
                "service manager restarts shrewd. `gdb -p %ld` would show where it hangs",
                i, (long long)watchdog->apart_ms, (long)getpid());
            watchdog->is_told = true;
        }
}

static void fire(struct timer *timer)
{
    struct watchdog *watchdog = CONTAINER_OF(timer, struct watchdog, timer);

    wait_for_next(watchdog);
    if (watchdog->is_round) {
        tell_stuck(watchdog);
        return;
    }
    for (unsigned i = 0; i < watchdog->server->thread_count; i++)
        atomic_store(&watchdog->turned[i], false);
    watchdog->is_round = true;
    watchdog->round = (struct round){.in_thread = turn, .done = all_turned};
    server_go_round(watchdog->server, &watchdog->round);
}

struct watchdog *watchdog_new(struct server *server)
{
    int64_t period_ms = notify_watchdog_ms(server->notify);
    struct watchdog *watchdog =
        period_ms == 0
            ? NULL
            : calloc(1, sizeof(*watchdog) + server->thread_count * sizeof(watchdog->turned[0]));

    if (watchdog == NULL)
        return NULL;
    watchdog->server = server;
    watchdog->apart_ms = time_max(period_ms / SIGNS_IN_PERIOD, 1);
    watchdog->timer.fire = fire;
    for (unsigned i = 0; i < server->thread_count; i++)
        atomic_init(&watchdog->turned[i], false);
    wait_for_next(watchdog);
    return watchdog;
}

void watchdog_free(struct watchdog *watchdog)
{
    struct world *world;

    if (watchdog == NULL)
        return;
    world = loop_world(worker_loop(watchdog->server->threads[0].worker));
    world->timer_stop(world, &watchdog->timer);
    free(watchdog);
}
