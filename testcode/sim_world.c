/*
 * sim_world.c - implements services/world.h on a heap of events.
 *
 * A port or stream lives from send or connect until it is forgotten, closed or told of its end;
 * events name it by number, so that one that comes too late finds nothing.
 */
#include "testcode/sim_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SIZE = 2, STREAM_OCTETS_MAX = 4096 };

enum event_kind { EVENT_DATAGRAM, EVENT_ICMP, EVENT_OPEN, EVENT_BYTES, EVENT_CLOSE };

struct event {
    struct timer timer;
    struct link link;
    struct sim_world *world;
    enum event_kind kind;
    uint64_t target;
    struct addr from;
    int error;
    size_t size;
    uint8_t octets[];
};

struct port {
    struct link link;
    uint64_t id;
    struct datagram_waiter *waiter;
};

struct stream {
    struct link link;
    uint64_t id;
    struct addr to;
    struct stream_waiter *waiter;
    size_t used; /* of what was written and is not yet a whole message */
    uint8_t octets[STREAM_OCTETS_MAX];
};

static struct sim_world *ours(struct world *world)
{
    return CONTAINER_OF(world, struct sim_world, world);
}

/* ---- clock, chance, timers ---- */

static int64_t mono_ms(struct world *world)
{
    return ours(world)->now_ms;
}

static int64_t wall_s(struct world *world)
{
    return sim_wall_s(ours(world)->now_ms);
}

static void random_octets(struct world *world, void *bytes, size_t size)
{
    uint8_t *out = bytes;

    while (size > 0) {
        uint64_t number = sim_random_next(&ours(world)->chance);
        size_t some = size_min(size, sizeof(number));

        for (size_t i = 0; i < some; i++)
            out[i] = (uint8_t)(number >> 8 * i);
        out += some;
        size -= some;
    }
}

static enum status timer_set(struct world *world, struct timer *timer, int64_t at_ms)
{
    return timers_set(&ours(world)->timers, timer, at_ms);
}

static void timer_stop(struct world *world, struct timer *timer)
{
    timers_stop(&ours(world)->timers, timer);
}

/* ---- ports and streams ---- */

static struct port *port_find(struct sim_world *world, uint64_t id)
{
    LIST_EACH(&world->ports, link)
    if (CONTAINER_OF(link, struct port, link)->id == id)
        return CONTAINER_OF(link, struct port, link);
    return NULL;
}

static struct stream *stream_find(struct sim_world *world, uint64_t id)
{
    LIST_EACH(&world->streams, link)
    if (CONTAINER_OF(link, struct stream, link)->id == id)
        return CONTAINER_OF(link, struct stream, link);
    return NULL;
}

static void port_free(struct sim_world *world, struct port *port)
{
    port->waiter->handle = NULL;
    list_remove(&port->link);
    world->port_count--;
    free(port);
}

static void stream_free(struct sim_world *world, struct stream *stream)
{
    stream->waiter->handle = NULL;
    list_remove(&stream->link);
    world->stream_count--;
    free(stream);
}

static enum status unreachable_status(struct sim_world *world, const struct addr *to)
{
    int error = world->network->reach(world->network, to);

    if (error == 0)
        return STATUS_OK;
    errno = error;
    return STATUS_SYSTEM;
}

static enum status send(struct world *world, const struct addr *to, const struct addr *from,
                        struct slice packet, struct datagram_waiter *waiter)
{
    struct sim_world *sim = ours(world);
    enum status status = unreachable_status(sim, to);
    struct port *port;
    uint32_t scarce;

    (void)from;
    ASSERT(waiter->handle == NULL);
    if (status != STATUS_OK)
        return status;
    port = calloc(1, sizeof(*port));
    if (port == NULL)
        return STATUS_NO_MEMORY;
    port->id = ++sim->last_id;
    port->waiter = waiter;
    waiter->handle = port;
    list_append(&sim->ports, &port->link);
    sim->port_count++;
    scarce = sim_pause(sim);
    sim->network->datagram(sim->network, port->id, to, packet);
    sim_resume(sim, scarce);
    return STATUS_OK;
}

static void forget(struct world *world, struct datagram_waiter *waiter)
{
    if (waiter->handle != NULL)
        port_free(ours(world), waiter->handle);
}

static enum status connect(struct world *world, const struct addr *to, const struct addr *from,
                           const char *tls_name, struct stream_waiter *waiter)
{
    struct sim_world *sim = ours(world);
    enum status status = unreachable_status(sim, to);
    struct stream *stream;
    uint32_t scarce;

    (void)from, (void)tls_name;
    ASSERT(waiter->handle == NULL);
    if (status != STATUS_OK)
        return status;
    stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return STATUS_NO_MEMORY;
    stream->id = ++sim->last_id;
    stream->to = *to;
    stream->waiter = waiter;
    waiter->handle = stream;
    list_append(&sim->streams, &stream->link);
    sim->stream_count++;
    scarce = sim_pause(sim);
    sim->network->connecting(sim->network, stream->id, to);
    sim_resume(sim, scarce);
    return STATUS_OK;
}

static void take_messages(struct sim_world *world, struct stream *stream)
{
    uint32_t scarce = sim_pause(world);

    while (stream->used >= LENGTH_SIZE) {
        size_t size = LENGTH_SIZE + (size_t)bytes_u16(stream->octets);

        if (stream->used < size)
            break;
        world->network->message(world->network, stream->id, &stream->to,
                                slice_of(stream->octets + LENGTH_SIZE, size - LENGTH_SIZE));
        stream->used -= size;
        memmove(stream->octets, stream->octets + size, stream->used);
    }
    sim_resume(world, scarce);
}

static enum status write(struct world *world, struct stream_waiter *waiter, struct slice bytes)
{
    struct stream *stream = waiter->handle;

    if (stream == NULL || bytes.size > sizeof(stream->octets) - stream->used)
        return STATUS_LIMIT;
    memcpy(stream->octets + stream->used, bytes.data, bytes.size);
    stream->used += bytes.size;
    take_messages(ours(world), stream);
    return STATUS_OK;
}

static void close_stream(struct world *world, struct stream_waiter *waiter)
{
    if (waiter->handle != NULL)
        stream_free(ours(world), waiter->handle);
}

/* ---- events ---- */

static void run_datagram(struct sim_world *world, const struct event *event)
{
    struct port *port = port_find(world, event->target);
    struct datagram_waiter *waiter;

    if (port == NULL)
        return;
    waiter = port->waiter;
    if (event->kind == EVENT_DATAGRAM) {
        waiter->received(waiter, slice_of(event->octets, event->size), &event->from);
        return;
    }
    port_free(world, port);
    waiter->failed(waiter, event->error);
}

static void run_stream(struct sim_world *world, const struct event *event)
{
    struct stream *stream = stream_find(world, event->target);
    struct stream_waiter *waiter;

    if (stream == NULL)
        return;
    waiter = stream->waiter;
    if (event->kind == EVENT_OPEN) {
        waiter->opened(waiter);
    } else if (event->kind == EVENT_BYTES) {
        waiter->received(waiter, slice_of(event->octets, event->size));
    } else {
        stream_free(world, stream);
        waiter->closed(waiter, event->error);
    }
}

static void event_fired(struct timer *timer)
{
    struct event *event = CONTAINER_OF(timer, struct event, timer);

    list_remove(&event->link);
    if (event->kind == EVENT_DATAGRAM || event->kind == EVENT_ICMP)
        run_datagram(event->world, event);
    else
        run_stream(event->world, event);
    free(event);
}

static struct event *event_new(struct sim_world *world, enum event_kind kind, uint64_t target,
                               struct slice bytes, uint32_t delay_ms)
{
    struct event *event = calloc(1, sizeof(*event) + bytes.size);

    if (event == NULL)
        return NULL;
    event->timer.fire = event_fired;
    event->world = world;
    event->kind = kind;
    event->target = target;
    event->size = bytes.size;
    if (bytes.size != 0)
        memcpy(event->octets, bytes.data, bytes.size);
    if (timers_set(&world->timers, &event->timer, world->now_ms + delay_ms) != STATUS_OK) {
        free(event);
        return NULL;
    }
    list_append(&world->events, &event->link);
    return event;
}

void sim_datagram_in(struct sim_world *world, uint64_t port, const struct addr *from,
                     struct slice packet, uint32_t delay_ms)
{
    struct event *event = event_new(world, EVENT_DATAGRAM, port, packet, delay_ms);

    if (event != NULL)
        event->from = *from;
}

void sim_datagram_error(struct sim_world *world, uint64_t port, int error, uint32_t delay_ms)
{
    struct event *event = event_new(world, EVENT_ICMP, port, slice_of(NULL, 0), delay_ms);

    if (event != NULL)
        event->error = error;
}

void sim_stream_open(struct sim_world *world, uint64_t stream, uint32_t delay_ms)
{
    (void)event_new(world, EVENT_OPEN, stream, slice_of(NULL, 0), delay_ms);
}

void sim_stream_in(struct sim_world *world, uint64_t stream, struct slice bytes,
                   uint32_t delay_ms)
{
    (void)event_new(world, EVENT_BYTES, stream, bytes, delay_ms);
}

void sim_stream_close(struct sim_world *world, uint64_t stream, int error, uint32_t delay_ms)
{
    struct event *event = event_new(world, EVENT_CLOSE, stream, slice_of(NULL, 0), delay_ms);

    if (event != NULL)
        event->error = error;
}

/* ---- life ---- */

void sim_world_init(struct sim_world *world, struct sim_random chance,
                    struct sim_network *network)
{
    *world = (struct sim_world){
        .world = {.mono_ms = mono_ms,
                  .wall_s = wall_s,
                  .random = random_octets,
                  .timer_set = timer_set,
                  .timer_stop = timer_stop,
                  .send = send,
                  .forget = forget,
                  .connect = connect,
                  .write = write,
                  .close = close_stream},
        .now_ms = SIM_START_MS,
        .chance = chance,
        .network = network,
    };
    timers_init(&world->timers);
    list_init(&world->ports);
    list_init(&world->streams);
    list_init(&world->events);
}

void sim_world_clear(struct sim_world *world)
{
    struct link *link;

    while ((link = list_take(&world->events)) != NULL) {
        struct event *event = CONTAINER_OF(link, struct event, link);

        timers_stop(&world->timers, &event->timer);
        free(event);
    }
    while ((link = list_take(&world->ports)) != NULL)
        free(CONTAINER_OF(link, struct port, link));
    while ((link = list_take(&world->streams)) != NULL)
        free(CONTAINER_OF(link, struct stream, link));
    timers_clear(&world->timers);
}

bool sim_world_step(struct sim_world *world, int64_t end_ms)
{
    int64_t next_ms = timers_next_ms(&world->timers);
    struct timer *timer;

    if (next_ms > end_ms)
        return false;
    world->now_ms = time_max(world->now_ms, next_ms);
    timer = timers_take_due(&world->timers, world->now_ms);
    timer->fire(timer);
    return true;
}
