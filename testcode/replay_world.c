/*
 * replay_world.c - implements services/world.h without kernel and without network.
 *
 * Called by replay_run.c. Whoever asks for a socket gets none: what goes out in a scenario goes
 * through the seam above (replay_upstream.c).
 */
#include "testcode/replay_world.h"

#include <errno.h>

static struct replay_world *ours(struct world *world)
{
    return CONTAINER_OF(world, struct replay_world, world);
}

static int64_t clock_ms(struct world *world)
{
    return ours(world)->now_ms;
}

static int64_t wall_s(struct world *world)
{
    return ours(world)->now_ms / 1000;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint8_t random_octet(struct replay_world *world)
{
    uint64_t mixed = world->random_state += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint8_t)(mixed ^ mixed >> 31);
}

static void random_octets(struct world *world, void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = random_octet(ours(world));
}

static enum status timer_set(struct world *world, struct timer *timer, int64_t at_ms)
{
    return timers_set(&ours(world)->timers, timer, at_ms);
}

static void timer_stop(struct world *world, struct timer *timer)
{
    timers_stop(&ours(world)->timers, timer);
}

static enum status no_send(struct world *world, const struct addr *to, const struct addr *from,
                           struct slice packet, struct datagram_waiter *waiter)
{
    (void)world, (void)to, (void)from, (void)packet, (void)waiter;
    errno = ENETUNREACH;
    return STATUS_SYSTEM;
}

static void no_forget(struct world *world, struct datagram_waiter *waiter)
{
    (void)world, (void)waiter;
}

static enum status no_connect(struct world *world, const struct addr *to,
                              const struct addr *from, const char *tls_name,
                              struct stream_waiter *waiter)
{
    (void)world, (void)to, (void)from, (void)tls_name, (void)waiter;
    errno = ENETUNREACH;
    return STATUS_SYSTEM;
}

static enum status no_write(struct world *world, struct stream_waiter *waiter,
                            struct slice bytes)
{
    (void)world, (void)waiter, (void)bytes;
    return STATUS_LIMIT;
}

static void no_close(struct world *world, struct stream_waiter *waiter)
{
    (void)world, (void)waiter;
}

void replay_world_init(struct replay_world *world)
{
    *world = (struct replay_world){
        .world = {.mono_ms = clock_ms,
                  .wall_s = wall_s,
                  .random = random_octets,
                  .timer_set = timer_set,
                  .timer_stop = timer_stop,
                  .send = no_send,
                  .forget = no_forget,
                  .connect = no_connect,
                  .write = no_write,
                  .close = no_close},
        .random_state = 1,
    };
    timers_init(&world->timers);
}

void replay_world_clear(struct replay_world *world)
{
    timers_clear(&world->timers);
}
