/*
 * nta_clock.c - a timer that stands at the end of the first negative trust anchor, and a change
 * that takes back those whose time is over.
 *
 * Called by reload.c after each change, and by its timer. Ends are times of the wall clock,
 * which may be set while the timer runs: so it looks once a minute at least.
 */
#include "daemon/nta_clock.h"

#include <stdlib.h>

#include "validator/anchor.h"

enum { LOOK_MS = 60000, RETRY_MS = 1000 };

struct nta_clock {
    struct server *server;
    struct timer timer;
    struct change change;
};

static const struct overlay_subject all_ntas = {
    "server", "negative-trust-anchor", false, {NULL, 0, 0, 0}};

static struct world *world_of(const struct nta_clock *clock)
{
    return loop_world(worker_loop(clock->server->threads[0].worker));
}

/* @return INT64_MAX: it does not end, or is not about one name. */
static int64_t end_of(const struct overlay_statement *statement)
{
    int64_t end_s;

    if (!statement->subject.has_name ||
        !negative_anchor_end(statement->values[0].text, &end_s) || end_s == 0)
        return INT64_MAX;
    return end_s;
}

static int64_t first_end_s(const struct overlay *overlay)
{
    const struct overlay_statement *at = NULL;
    int64_t first_s = INT64_MAX;

    while ((at = overlay_find(overlay, &all_ntas, at)) != NULL)
        first_s = time_min(first_s, end_of(at));
    return first_s;
}

static void set_timer(struct nta_clock *clock, int64_t in_ms)
{
    struct world *world = world_of(clock);

    (void)world->timer_set(world, &clock->timer, world_now_ms(world) + in_ms);
}

/* In the transaction of a change that nobody has asked for. */
static bool take_back(struct change *change, struct call *call, struct overlay *overlay)
{
    struct nta_clock *clock = CONTAINER_OF(change, struct nta_clock, change);
    struct world *world = world_of(clock);
    const struct overlay_statement *at = NULL;
    int64_t now_s = world->wall_s(world);
    char name[DNAME_TEXT_MAX];

    (void)call;
    while ((at = overlay_find(overlay, &all_ntas, at)) != NULL)
        if (end_of(at) <= now_s) {
            log_line(clock->server->log, LOG_LEVEL_INFO, "event=nta-ended zone=%s",
                     dname_to_reason(at->subject.name, name));
            (void)overlay_take_back(overlay, &at->subject);
        }
    return true;
}

static void fire(struct timer *timer)
{
    struct nta_clock *clock = CONTAINER_OF(timer, struct nta_clock, timer);
    struct world *world = world_of(clock);

    if (first_end_s(&clock->server->overlay) > world->wall_s(world))
        nta_clock_follow(clock);
    else if (clock->server->is_following)
        set_timer(clock, RETRY_MS);
    else
        server_change(clock->server, &clock->change, NULL);
}

struct nta_clock *nta_clock_new(struct server *server)
{
    struct nta_clock *clock = calloc(1, sizeof(*clock));

    if (clock == NULL)
        return NULL;
    clock->server = server;
    clock->timer.fire = fire;
    clock->change.edit = take_back;
    return clock;
}

void nta_clock_free(struct nta_clock *clock)
{
    struct world *world;

    if (clock == NULL)
        return;
    world = world_of(clock);
    world->timer_stop(world, &clock->timer);
    free(clock);
}

void nta_clock_follow(struct nta_clock *clock)
{
    struct world *world;
    int64_t first_s, left_s;

    if (clock == NULL)
        return;
    world = world_of(clock);
    first_s = first_end_s(&clock->server->overlay);
    world->timer_stop(world, &clock->timer);
    if (first_s == INT64_MAX)
        return;
    left_s = first_s - world->wall_s(world);
    set_timer(clock, time_max(time_min(left_s * 1000, LOOK_MS), RETRY_MS));
}
