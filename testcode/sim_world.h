/*
 * sim_world.h - a world (services/world.h) in which time, chance and the network are data.
 *
 * Used by swarm_run.c. Everything that happens is an event in one heap of timers; the clock
 * jumps from event to event. What becomes of a packet is decided by a struct sim_network
 * (sim_servers.c), which answers through the functions below. Nothing here reads a clock or a
 * random source of the machine.
 */
#ifndef TREESHREW_TESTCODE_SIM_WORLD_H
#define TREESHREW_TESTCODE_SIM_WORLD_H

#include "services/world.h"
#include "testcode/sim_random.h"
#include "util/list.h"

/* When a run begins, by the clock that only goes on and by the other. */
enum { SIM_START_MS = 1000000, SIM_WALL_START_S = 1700000000 };

static inline int64_t sim_wall_s(int64_t now_ms)
{
    return SIM_WALL_START_S + now_ms / 1000;
}

/** The other side. Its functions never call back: they only put events into the heap. */
struct sim_network {
    /** 0, or the errno with which the system refuses to send or connect there. */
    int (*reach)(struct sim_network *network, const struct addr *to);
    void (*datagram)(struct sim_network *network, uint64_t port, const struct addr *to,
                     struct slice packet);
    void (*connecting)(struct sim_network *network, uint64_t stream, const struct addr *to);
    /** One whole message came over the stream. */
    void (*message)(struct sim_network *network, uint64_t stream, const struct addr *to,
                    struct slice message);
};

struct sim_world {
    struct world world;
    int64_t now_ms;
    struct sim_random chance; /* what the resolver draws */
    struct timers timers;
    struct list ports, streams, events;
    size_t port_count, stream_count;
    uint64_t last_id;
    struct sim_network *network;
    /** Switches the scarcity of memory (sim_memory.h); NULL: there is none. */
    uint32_t (*scarce)(uint32_t permil);
};

/** What the simulator does while the resolver calls it is not under test. @return for
 * sim_resume. */
static inline uint32_t sim_pause(const struct sim_world *world)
{
    return world->scarce == NULL ? 0 : world->scarce(0);
}

static inline void sim_resume(const struct sim_world *world, uint32_t permil)
{
    if (world->scarce != NULL)
        (void)world->scarce(permil);
}

void sim_world_init(struct sim_world *world, struct sim_random chance,
                    struct sim_network *network);

/** Frees events; ports and streams that are still open are leaks of the resolver's. */
void sim_world_clear(struct sim_world *world);

/** Handles the earliest event unless it lies behind `end_ms`. @return false: nothing to do. */
bool sim_world_step(struct sim_world *world, int64_t end_ms);

/* ---- for the network; without memory nothing comes, as if it were lost ---- */

/** A datagram for a port; lost when the port is no longer open. */
void sim_datagram_in(struct sim_world *world, uint64_t port, const struct addr *from,
                     struct slice packet, uint32_t delay_ms);
/** ICMP says no to what was sent from a port. */
void sim_datagram_error(struct sim_world *world, uint64_t port, int error, uint32_t delay_ms);

void sim_stream_open(struct sim_world *world, uint64_t stream, uint32_t delay_ms);
void sim_stream_in(struct sim_world *world, uint64_t stream, struct slice bytes,
                   uint32_t delay_ms);
void sim_stream_close(struct sim_world *world, uint64_t stream, int error, uint32_t delay_ms);

#endif
