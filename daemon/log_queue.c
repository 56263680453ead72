/*
 * log_queue.c - two buffers: one that threads add to, one that is being written.
 *
 * The thread takes the full one by exchanging the two, so the lock is held for a copy of one
 * line and never while something is written.
 */
#include "daemon/log_queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUEUE_SIZE = 1 << 19 };

struct log_queue {
    struct log_sink *sink;
    void (*tell_lost)(void *context, uint64_t lines);
    void *context;
    pthread_t thread;
    atomic_ullong lost;
    uint64_t told; /* of all that was lost; the thread's own */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool is_ending, has_ended;
    char *filling; /* struct log_sink_line and its text, one after the other */
    size_t filled;

    char *writing; /* the thread's own */
    char octets[2][QUEUE_SIZE];
};

void log_queue_add(struct log_queue *queue, const struct log_sink_line *line, const char *text)
{
    pthread_mutex_lock(&queue->lock);
    if (queue->filled + sizeof(*line) + line->size > QUEUE_SIZE) {
        atomic_fetch_add(&queue->lost, 1);
    } else {
        if (queue->filled == 0)
            pthread_cond_broadcast(&queue->changed);
        memcpy(queue->filling + queue->filled, line, sizeof(*line));
        memcpy(queue->filling + queue->filled + sizeof(*line), text, line->size);
        queue->filled += sizeof(*line) + line->size;
    }
    pthread_mutex_unlock(&queue->lock);
}

uint64_t log_queue_lost(const struct log_queue *queue)
{
    return atomic_load(&queue->lost);
}

/* ---- the thread ---- */

static void write_lines(struct log_queue *queue, size_t size)
{
    struct log_sink_line line;

    for (size_t at = 0; at < size; at += sizeof(line) + line.size) {
        memcpy(&line, queue->writing + at, sizeof(line));
        log_sink_put(queue->sink, &line, queue->writing + at + sizeof(line));
    }
    log_sink_flush(queue->sink);
}

static void tell_lost(struct log_queue *queue, uint64_t failed_before)
{
    uint64_t failed = log_sink_lost(queue->sink), lost = failed + atomic_load(&queue->lost);

    if (lost == queue->told || failed != failed_before)
        return;
    queue->tell_lost(queue->context, lost - queue->told);
    log_sink_flush(queue->sink);
    queue->told = lost;
}

static void *run(void *context)
{
    struct log_queue *queue = context;

    pthread_mutex_lock(&queue->lock);
    for (;;) {
        size_t size = queue->filled;
        char *full = queue->filling;

        if (size == 0 && queue->is_ending)
            break;
        if (size == 0) {
            pthread_cond_wait(&queue->changed, &queue->lock);
            continue;
        }
        queue->filling = queue->writing;
        queue->filled = 0;
        queue->writing = full;
        pthread_mutex_unlock(&queue->lock);
        {
            uint64_t failed = log_sink_lost(queue->sink);

            write_lines(queue, size);
            tell_lost(queue, failed);
        }
        pthread_mutex_lock(&queue->lock);
    }
    queue->has_ended = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

/* ---- life ---- */

/* Signals are for the main thread. */
static bool start(struct log_queue *queue)
{
    sigset_t all, before;
    bool good;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    good = pthread_create(&queue->thread, NULL, run, queue) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

struct log_queue *log_queue_new(struct log_sink *sink,
                                void (*tell)(void *context, uint64_t lines), void *context)
{
    struct log_queue *queue = calloc(1, sizeof(*queue)); /* touched as far as it fills only */

    if (queue == NULL)
        return NULL;
    queue->sink = sink;
    queue->tell_lost = tell;
    queue->context = context;
    queue->told = log_sink_lost(sink);
    atomic_init(&queue->lost, 0);
    queue->filling = queue->octets[0];
    queue->writing = queue->octets[1];
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    if (start(queue))
        return queue;
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
    return NULL;
}

static bool wait_for_end(struct log_queue *queue, uint32_t patience_ms)
{
    struct timespec until;
    bool ended;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms / 1000;
    until.tv_nsec += (long)(patience_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&queue->lock);
    queue->is_ending = true;
    pthread_cond_broadcast(&queue->changed);
    while (!queue->has_ended &&
           pthread_cond_timedwait(&queue->changed, &queue->lock, &until) != ETIMEDOUT)
        ;
    ended = queue->has_ended;
    pthread_mutex_unlock(&queue->lock);
    return ended;
}

bool log_queue_free(struct log_queue *queue, uint32_t patience_ms)
{
    if (!wait_for_end(queue, patience_ms)) {
        pthread_detach(queue->thread);
        return false;
    }
    pthread_join(queue->thread, NULL);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
    return true;
}
