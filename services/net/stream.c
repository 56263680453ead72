/*
 * stream.c - one client's connection: questions in, answers out, and when it ends.
 *
 * Called by libevent, by stream_accept.c and, for answers, through struct channel. Life:
 * stream_new, then events until the client closes, stays idle too long, does not read its
 * answers, or has to give way to another; stream_close takes it out of everything, the last
 * reference frees it. Answers are collected and leave at the end of an event. Reading pauses
 * while too much is unsent or under way: the kernel's buffers then slow the client down.
 */
#include "services/net/stream_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/net/sock.h"
#include "util/wire/message.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* the daemon ignores SIGPIPE */
#endif

enum {
    LENGTH_SIZE = 2,
    UNSENT_PAUSE = 256 * 1024, /* reading stops */
    UNSENT_MAX = 512 * 1024,   /* who asks on without reading is cut off */
    WAITING_PAUSE = 128,       /* questions under way on one connection */
    READ_LEAST = 2048
};

static void drop_buffer(struct stream *stream, uint8_t **buffer, size_t *size)
{
    stream->streams->held -= *size;
    free(*buffer);
    *buffer = NULL;
    *size = 0;
}

/*
 * When all together hold too much, whoever made no progress for the longest time is cut off,
 * unless it holds no more than its share of the places: what the others hold is not its fault.
 * Only its answers are dropped at once: its questions may just be being read.
 */
static void relieve(struct stream *stream)
{
    struct streams *streams = stream->streams;
    size_t share = streams->limits.held_max / (streams->limits.connections_max + 1u);

    LIST_EACH(&streams->open, link)
    {
        struct stream *other = CONTAINER_OF(link, struct stream, link);

        if (streams->held - streams->doomed <= streams->limits.held_max)
            return;
        if (other == stream || other->broken || other->in_size + other->out_size <= share)
            continue;
        streams->stats.overflowed++;
        other->broken = true;
        other->out_used = 0;
        drop_buffer(other, &other->out, &other->out_size);
        other->doomed = other->in_size;
        streams->doomed += other->doomed;
        loop_want_flush(streams->loop, &other->flush);
    }
}

static bool grow(struct stream *stream, uint8_t **buffer, size_t *size, size_t needed)
{
    size_t larger = size_max(needed, 2 * *size);
    uint8_t *memory;

    if (needed <= *size)
        return true;
    memory = realloc(*buffer, larger);
    if (memory == NULL)
        return false;
    stream->streams->held += larger - *size;
    *buffer = memory;
    *size = larger;
    relieve(stream);
    return true;
}

/* ---- life -----------------------------------------------------------------------------------
 */

static void channel_hold(struct channel *channel)
{
    ((struct stream *)channel)->waiting++;
}

static void free_if_over(struct stream *stream)
{
    if (stream->fd != -1 || stream->waiting > 0)
        return;
    free(stream);
}

static void channel_release(struct channel *channel)
{
    struct stream *stream = (struct stream *)channel;

    stream->waiting--;
    if (stream->fd != -1 && (stream->paused || stream->ended))
        loop_want_flush(stream->streams->loop, &stream->flush);
    free_if_over(stream);
}

void stream_close(struct stream *stream)
{
    struct loop *loop = stream->streams->loop;

    if (stream->fd == -1)
        return;
    event_del(&stream->readable);
    event_del(&stream->writable);
    loop->world.timer_stop(&loop->world, &stream->timer);
    list_remove(&stream->flush.link);
    list_remove(&stream->link);
    stream->streams->count--;
    stream->streams->doomed -= stream->doomed;
    drop_buffer(stream, &stream->in, &stream->in_size);
    drop_buffer(stream, &stream->out, &stream->out_size);
    close(stream->fd);
    stream->fd = -1;
    free_if_over(stream);
}

static void was_active(struct stream *stream)
{
    stream->active_ms = stream->streams->loop->now_ms;
    list_remove(&stream->link);
    list_append(&stream->streams->open, &stream->link);
}

static uint32_t idle_ms(const struct stream *stream)
{
    return stream->idle_ms > 0 ? stream->idle_ms : stream->streams->limits.idle_ms;
}

/* RFC 7828 section 3.3.2: what the client was told is kept to, unless its place is needed. */
static void channel_keep(struct channel *channel, uint32_t idle_ms)
{
    ((struct stream *)channel)->idle_ms = idle_ms;
}

static void timer_fired(struct timer *timer)
{
    struct stream *stream = CONTAINER_OF(timer, struct stream, timer);
    struct loop *loop = stream->streams->loop;
    int64_t until_ms = stream->active_ms + idle_ms(stream);

    /* Who waits for us is not idle. */
    if (stream->waiting > 0 && stream->out_used == 0)
        until_ms = time_max(until_ms, loop->now_ms + idle_ms(stream));
    if (until_ms > loop->now_ms &&
        loop->world.timer_set(&loop->world, &stream->timer, until_ms) == STATUS_OK)
        return;
    stream->streams->stats.timed_out++;
    stream_close(stream);
}

/* ---- answers out ----------------------------------------------------------------------------
 */

static void channel_send(struct channel *channel, const struct peer *peer, struct slice message)
{
    struct stream *stream = (struct stream *)channel;
    size_t needed = stream->out_used + LENGTH_SIZE + message.size;

    (void)peer;
    if (stream->fd == -1 || message.size == 0 || message.size > MESSAGE_MAX)
        return;
    if (needed > UNSENT_MAX || !grow(stream, &stream->out, &stream->out_size, needed)) {
        stream->streams->stats.overflowed++;
        stream->broken = true; /* closed by the flush: nothing may be freed under a caller */
    } else {
        bytes_put_u16(stream->out + stream->out_used, (uint16_t)message.size);
        memcpy(stream->out + stream->out_used + LENGTH_SIZE, message.data, message.size);
        stream->out_used = needed;
        stream->streams->stats.sent++;
    }
    loop_want_flush(stream->streams->loop, &stream->flush);
}

/* False when the connection is broken. */
static bool send_out(struct stream *stream)
{
    size_t done = 0;

    while (done < stream->out_used) {
        ssize_t size =
            send(stream->fd, stream->out + done, stream->out_used - done, MSG_NOSIGNAL);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && !sock_must_wait(errno))
            return false;
        if (size <= 0)
            break;
        done += (size_t)size;
    }
    if (done > 0) {
        stream->out_used -= done;
        memmove(stream->out, stream->out + done, stream->out_used);
        was_active(stream);
    }
    if (stream->out_used > 0)
        return event_add(&stream->writable, NULL) == 0;
    event_del(&stream->writable);
    drop_buffer(stream, &stream->out, &stream->out_size);
    return true;
}

/* ---- questions in ---------------------------------------------------------------------------
 */

static bool may_read(const struct stream *stream)
{
    return !stream->broken && stream->out_used < UNSENT_PAUSE &&
           stream->waiting < WAITING_PAUSE;
}

/* Octets of the questions that were handed over; SIZE_MAX: not DNS. */
static size_t take_questions(struct stream *stream, struct slice bytes)
{
    size_t done = 0;

    while (may_read(stream) && bytes.size - done >= LENGTH_SIZE) {
        size_t size = bytes_u16(bytes.data + done);

        if (size < HEADER_SIZE)
            return SIZE_MAX;
        if (bytes.size - done - LENGTH_SIZE < size)
            break;
        was_active(stream);
        stream->streams->stats.received++;
        stream->streams->receive(stream->streams->context, &stream->channel, &stream->peer,
                                 slice_of(bytes.data + done + LENGTH_SIZE, size));
        done += LENGTH_SIZE + size;
    }
    return done;
}

/* After questions were taken out of the buffer: what is left, and whether more may come. */
static void note_rest(struct stream *stream)
{
    if (stream->in_used == 0) {
        stream->unfinished_ms = 0;
        drop_buffer(stream, &stream->in, &stream->in_size);
    } else if (stream->unfinished_ms == 0) {
        stream->unfinished_ms = stream->streams->loop->now_ms;
    }
    if (!may_read(stream) && !stream->paused) {
        stream->paused = true;
        event_del(&stream->readable);
    }
}

static bool take_from_buffer(struct stream *stream)
{
    size_t done = take_questions(stream, slice_of(stream->in, stream->in_used));

    if (done == SIZE_MAX)
        return false;
    if (done > 0) {
        stream->in_used -= done;
        memmove(stream->in, stream->in + done, stream->in_used);
        stream->unfinished_ms = 0;
    }
    note_rest(stream);
    return true;
}

/* The usual case: whole questions, read into the loop's buffer and never copied. */
static bool take_straight(struct stream *stream, struct slice bytes)
{
    size_t done = take_questions(stream, bytes), left;

    if (done == SIZE_MAX)
        return false;
    left = bytes.size - done;
    if (left > 0) {
        if (!grow(stream, &stream->in, &stream->in_size, left))
            return false;
        memcpy(stream->in, bytes.data + done, left);
        stream->in_used = left;
    }
    note_rest(stream);
    return true;
}

/* False: close. What is buffered never exceeds one question and one reading. */
static bool read_in(struct stream *stream)
{
    struct loop *loop = stream->streams->loop;
    bool straight = stream->in_used == 0;
    ssize_t size;

    if (straight) {
        size = recv(stream->fd, loop->buffer, LOOP_BUFFER_SIZE, 0);
    } else {
        if (!grow(stream, &stream->in, &stream->in_size, stream->in_used + READ_LEAST))
            return false;
        size = recv(stream->fd, stream->in + stream->in_used, stream->in_size - stream->in_used,
                    0);
    }
    if (size < 0)
        return sock_must_wait(errno);
    if (size == 0) {
        /* It may only have closed its half (RFC 7766 section 6.2.3): what it asked is answered.
         */
        stream->ended = true;
        event_del(&stream->readable);
        return stream->waiting > 0 || stream->out_used > 0;
    }
    if (straight)
        return take_straight(stream, slice_of(loop->buffer, (size_t)size));
    stream->in_used += (size_t)size;
    return take_from_buffer(stream);
}

/* After sending, or after an answer: close, or go on with what waits in the buffer. */
static bool go_on(struct stream *stream)
{
    if (stream->out_used == 0 && stream->waiting == 0 && stream->ended && !stream->paused)
        return false;
    if (!stream->paused || stream->out_used > UNSENT_PAUSE / 2 ||
        stream->waiting > WAITING_PAUSE / 2)
        return true;
    stream->paused = false;
    if (!take_from_buffer(stream))
        return false;
    if (stream->paused)
        return true;
    if (stream->ended)
        return stream->out_used > 0 || stream->waiting > 0;
    return event_add(&stream->readable, NULL) == 0;
}

static void flush(struct loop_flush *flush)
{
    struct stream *stream = CONTAINER_OF(flush, struct stream, flush);

    if (stream->broken || !send_out(stream) || !go_on(stream))
        stream_close(stream);
}

static void on_event(evutil_socket_t fd, short what, void *context)
{
    struct stream *stream = context;
    struct loop *loop = stream->streams->loop;

    (void)fd;
    loop_begin(loop);
    if ((what & EV_WRITE) != 0)
        loop_want_flush(loop, &stream->flush);
    else if (!read_in(stream))
        stream_close(stream);
    loop_end(loop);
}

struct stream *stream_new(struct streams *streams, int fd, const struct peer *peer)
{
    struct loop *loop = streams->loop;
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return NULL;
    stream->channel = (struct channel){TRANSPORT_TCP, channel_send, channel_hold,
                                       channel_release, channel_keep};
    stream->streams = streams;
    stream->fd = fd;
    stream->peer = *peer;
    stream->flush.flush = flush;
    stream->timer.fire = timer_fired;
    stream->active_ms = loop->now_ms;
    event_assign(&stream->readable, loop->base, fd, EV_READ | EV_PERSIST, on_event, stream);
    event_assign(&stream->writable, loop->base, fd, EV_WRITE | EV_PERSIST, on_event, stream);
    if (loop->world.timer_set(&loop->world, &stream->timer,
                              loop->now_ms + streams->limits.idle_ms) != STATUS_OK ||
        event_add(&stream->readable, NULL) != 0) {
        loop->world.timer_stop(&loop->world, &stream->timer);
        free(stream);
        return NULL;
    }
    list_append(&streams->open, &stream->link);
    streams->count++;
    return stream;
}
