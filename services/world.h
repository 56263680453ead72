/*
 * world.h - clock, chance, timers and the network, as the core sees them.
 *
 * services/net makes one out of libevent and the kernel, the simulator one out of a seed. Nothing
 * else in the core reads a clock, a random source or a socket. One world a thread; no call of it
 * ever calls back before it has returned.
 */
#ifndef TREESHREW_SERVICES_WORLD_H
#define TREESHREW_SERVICES_WORLD_H

#include "util/addr.h"
#include "util/bytes.h"
#include "util/timers.h"

struct world;

/** One datagram out, and whatever comes back to its port until it is forgotten. */
struct datagram_waiter {
    /** A datagram from anywhere: the receiver judges source, id and question. */
    void (*received)(struct datagram_waiter *waiter, struct slice packet, const struct addr *from);
    /** The network said no (ICMP unreachable ...); error is an errno. Nothing comes after it. */
    void (*failed)(struct datagram_waiter *waiter, int error);
    void *handle; /* the world's own; NULL when not waiting */
};

/** A TCP or TLS connection that was asked for. */
struct stream_waiter {
    void (*opened)(struct stream_waiter *waiter);
    /** The next octets, as they come; framing is the receiver's. */
    void (*received)(struct stream_waiter *waiter, struct slice bytes);
    /** Closed by the other side (error 0) or broken (errno). Nothing comes after it. */
    void (*closed)(struct stream_waiter *waiter, int error);
    void *handle; /* the world's own; NULL when not connected */
};

struct world {
    /** Milliseconds that never jump back; the time of the event being handled. */
    int64_t (*mono_ms)(struct world *world);
    /** Seconds since 1970. */
    int64_t (*wall_s)(struct world *world);
    void (*random)(struct world *world, void *bytes, size_t size);

    /** Sets or moves a timer. STATUS_NO_MEMORY: not set. */
    enum status (*timer_set)(struct world *world, struct timer *timer, int64_t at_ms);
    void (*timer_stop)(struct world *world, struct timer *timer);

    /**
     * Sends from a random port (and from `from`'s host where that is not NULL), and waits.
     * STATUS_SYSTEM (errno), STATUS_LIMIT (no socket to be had) or STATUS_NO_MEMORY: nothing waits.
     */
    enum status (*send)(struct world *world, const struct addr *to, const struct addr *from,
                        struct slice packet, struct datagram_waiter *waiter);
    /** Ends the waiting; no effect when it does not wait. */
    void (*forget)(struct world *world, struct datagram_waiter *waiter);

    /**
     * @param tls_name NULL for TCP; else TLS whose certificate must be good for that name ("":
     *                 any).
     */
    enum status (*connect)(struct world *world, const struct addr *to, const struct addr *from,
                           const char *tls_name, struct stream_waiter *waiter);
    /** Queues octets; they are copied. STATUS_NO_MEMORY, STATUS_LIMIT (too much unsent). */
    enum status (*write)(struct world *world, struct stream_waiter *waiter, struct slice bytes);
    void (*close)(struct world *world, struct stream_waiter *waiter);

    /** Our end of what waits, for who looks on; family ADDR_NONE where it is not known. May cost a
     *  system call. NULL: a world whose ends have no names. */
    struct addr (*datagram_name)(struct world *world, const struct datagram_waiter *waiter);
    struct addr (*stream_name)(struct world *world, const struct stream_waiter *waiter);
};

static inline int64_t world_now_ms(struct world *world)
{
    return world->mono_ms(world);
}

static inline int64_t world_now_s(struct world *world)
{
    return world->mono_ms(world) / 1000;
}

static inline uint32_t world_random(struct world *world)
{
    uint32_t number;

    world->random(world, &number, sizeof(number));
    return number;
}

/** Evenly in 0 .. below-1; below > 0. */
static inline uint32_t world_random_below(struct world *world, uint32_t below)
{
    return (uint32_t)((uint64_t)world_random(world) * below >> 32);
}

#endif
