/*
 * loop.c - clock, timers, chance and the wake-up pipe of one thread's loop.
 *
 * Every callback from libevent is framed by loop_begin and loop_end. Timers are ours (a heap);
 * libevent only knows the earliest. Random octets come from OpenSSL's generator in blocks, so
 * that a port and an id do not cost a call into the kernel each.
 */
#define _GNU_SOURCE /* pipe2 */
#include "config.h"
#include "services/net/loop_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "services/net/tls.h"

/* Timers that fire one after the other before sockets get their turn. */
enum { TIMERS_AT_ONCE = 256 };

static int64_t read_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t world_mono_ms(struct world *world)
{
    return loop_of(world)->now_ms;
}

static int64_t world_wall_s(struct world *world)
{
    (void)world;
    return (int64_t)time(NULL);
}

static void world_random_bytes(struct world *world, void *bytes, size_t size)
{
    struct loop *loop = loop_of(world);
    uint8_t *out = bytes;

    while (size > 0) {
        size_t part;

        if (loop->random_left == 0) {
            /* Going on with numbers that can be guessed would be worse than ending. */
            ASSERT(RAND_bytes(loop->random, sizeof(loop->random)) == 1);
            loop->random_left = sizeof(loop->random);
        }
        part = size_min(size, loop->random_left);
        loop->random_left -= part;
        memcpy(out, loop->random + loop->random_left, part);
        memset(loop->random + loop->random_left, 0,
               part); /* what was used cannot be read again */
        out += part;
        size -= part;
    }
}

static enum status world_timer_set(struct world *world, struct timer *timer, int64_t at_ms)
{
    return timers_set(&loop_of(world)->timers, timer, at_ms);
}

static void world_timer_stop(struct world *world, struct timer *timer)
{
    timers_stop(&loop_of(world)->timers, timer);
}

/* An alarm that is too early does no harm: it finds nothing due and is set anew. */
static void arm(struct loop *loop)
{
    int64_t next_ms = timers_next_ms(&loop->timers), wait_ms;
    struct timeval wait;

    if (next_ms >= loop->armed_ms)
        return;
    wait_ms = time_max(next_ms - loop->now_ms, 0);
    wait.tv_sec = (time_t)(wait_ms / 1000);
    wait.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
    if (event_add(&loop->clock, &wait) == 0)
        loop->armed_ms = next_ms;
}

void loop_begin(struct loop *loop)
{
    loop->now_ms = read_clock_ms();
}

static void flush_all(struct loop *loop)
{
    struct link *link;

    while ((link = list_take(&loop->flushes)) != NULL) {
        struct loop_flush *flush = CONTAINER_OF(link, struct loop_flush, link);

        flush->flush(flush);
    }
}

void loop_end(struct loop *loop)
{
    if (loop->after != NULL)
        loop->after(loop->after_context);
    flush_all(loop);
    arm(loop);
}

void loop_end_of_many(struct loop *loop)
{
    if (loop->after != NULL)
        loop->after(loop->after_context);
    if (!list_is_empty(&loop->flushes) && !loop->flush_wanted) {
        loop->flush_wanted = true;
        event_active(&loop->flush, EV_TIMEOUT, 0); /* behind all that are active already */
    }
    arm(loop);
}

static void on_flush(evutil_socket_t fd, short what, void *context)
{
    struct loop *loop = context;

    (void)fd;
    (void)what;
    loop->flush_wanted = false;
    flush_all(loop);
}

static void on_clock(evutil_socket_t fd, short what, void *context)
{
    struct loop *loop = context;
    struct timer *timer;

    (void)fd;
    (void)what;
    loop_begin(loop);
    loop->armed_ms = INT64_MAX;
    for (int i = 0; i < TIMERS_AT_ONCE; i++) {
        timer = timers_take_due(&loop->timers, loop->now_ms);
        if (timer == NULL)
            break;
        timer->fire(timer);
    }
    loop_end(loop);
}

static void on_post(evutil_socket_t fd, short what, void *context)
{
    struct loop *loop = context;
    uint8_t words[64];
    ssize_t size;

    (void)what;
    loop_begin(loop);
    size = read(fd, words, sizeof(words));
    for (ssize_t i = 0; i < size; i++)
        if (loop->posted != NULL)
            loop->posted(loop->posted_context, words[i]);
    loop_end(loop);
}

bool loop_post(struct loop *loop, uint8_t word)
{
    int error = errno;
    bool sent = write(loop->post_write, &word, 1) == 1;

    errno = error;
    return sent;
}

static bool make_pipe(int ends[2])
{
#ifdef HAVE_PIPE2
    return pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0;
#else
    if (pipe(ends) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
#endif
}

static bool make_base(struct loop *loop)
{
    struct event_config *config = event_config_new();

    if (config == NULL)
        return false;
    /* A loop belongs to one thread; loop_post goes through the pipe. */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    return loop->base != NULL;
}

static void set_world(struct world *world)
{
    world->mono_ms = world_mono_ms;
    world->wall_s = world_wall_s;
    world->random = world_random_bytes;
    world->timer_set = world_timer_set;
    world->timer_stop = world_timer_stop;
    world->send = datagram_send;
    world->forget = datagram_forget;
    world->connect = dial_connect;
    world->datagram_name = datagram_name;
    world->stream_name = dial_name;
    world->write = dial_write;
    world->close = dial_close;
}

static bool set_limits(struct loop *loop, const struct loop_limits *limits)
{
    if (limits != NULL)
        loop->limits = *limits;
    if (loop->limits.tls_bundle != NULL) {
        loop->tls_bundle = strdup(loop->limits.tls_bundle);
        if (loop->tls_bundle == NULL)
            return false;
    }
    if (loop->limits.ports != NULL) {
        memcpy(loop->ports, loop->limits.ports, sizeof(loop->ports));
    } else {
        memset(loop->ports, 0xff, sizeof(loop->ports));
        memset(loop->ports, 0, 1024 / 8);
    }
    loop->limits.ports = NULL;
    loop->limits.tls_bundle = NULL;
    return true;
}

struct loop *loop_new(const struct loop_limits *limits)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    int ends[2] = {-1, -1};

    if (loop == NULL)
        return NULL;
    set_world(&loop->world);
    list_init(&loop->flushes);
    timers_init(&loop->timers);
    datagram_init(loop);
    loop->armed_ms = INT64_MAX;
    loop->post_read = loop->post_write = -1;
    loop_begin(loop);
    loop->buffer = malloc(LOOP_BUFFER_SIZE);
    if (loop->buffer == NULL || !set_limits(loop, limits) || !make_base(loop) ||
        !make_pipe(ends)) {
        loop_free(loop);
        return NULL;
    }
    loop->post_read = ends[0];
    loop->post_write = ends[1];
    event_assign(&loop->clock, loop->base, -1, 0, on_clock, loop);
    event_assign(&loop->flush, loop->base, -1, 0, on_flush, loop);
    event_assign(&loop->post, loop->base, loop->post_read, EV_READ | EV_PERSIST, on_post, loop);
    if (event_add(&loop->post, NULL) != 0) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    ASSERT(loop->datagrams == 0);
    if (loop->post_read != -1) {
        event_del(&loop->post);
        event_del(&loop->clock);
        event_del(&loop->flush);
        close(loop->post_read);
        close(loop->post_write);
    }
    datagram_free_all(loop);
    tls_client_free(loop->tls);
    timers_clear(&loop->timers);
    if (loop->base != NULL)
        event_base_free(loop->base);
    free(loop->buffer);
    free(loop->tls_bundle);
    OPENSSL_cleanse(loop->random, sizeof(loop->random));
    free(loop);
}

struct world *loop_world(struct loop *loop)
{
    return &loop->world;
}

void loop_set_after(struct loop *loop, void (*after)(void *context), void *context)
{
    loop->after = after;
    loop->after_context = context;
}

void loop_set_posted(struct loop *loop, void (*posted)(void *context, uint8_t word),
                     void *context)
{
    loop->posted = posted;
    loop->posted_context = context;
}

void loop_run(struct loop *loop)
{
    loop_begin(loop);
    loop_end(loop);
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    flush_all(loop); /* the loop may have been left between an event and its flush */
}

void loop_stop(struct loop *loop)
{
    event_base_loopbreak(loop->base);
}
