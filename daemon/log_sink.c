/*
 * log_sink.c - writes lines to a descriptor, many at once, or to the system log, one by one.
 *
 * Called by logger.c. What cannot be written is counted and forgotten. A line that a full disk
 * cut is ended before the next one begins, so that the next one is whole.
 */
#include "daemon/log_sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

enum {
    IDENTITY_MAX = 64,
    BUFFER_SIZE = 65536,
    PATIENCE_MS = 1000 /* with a reader of standard error that takes nothing */
};

/* util/log.h has names of its own for the levels; syslog's numbers are only used here. */
static const int syslog_levels[LOG_LEVELS] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

struct log_sink {
    atomic_int fd;
    bool is_journal; /* standard error is the journal's */
    bool is_torn;    /* what was written last is no whole line */
    atomic_ullong written, lost;

    pthread_mutex_t lock; /* of what follows */
    bool has_changed;
    char wanted[IDENTITY_MAX];
    int facility;

    bool syslog_open;
    char identity[IDENTITY_MAX]; /* openlog keeps a pointer to it */
    size_t used;
    char buffer[BUFFER_SIZE];
};

/* sd-daemon(3): the variable names the very file that the journal reads. */
static bool is_journal(void)
{
    const char *text = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat stat;

    return text != NULL && sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &stat) == 0 && (unsigned long long)stat.st_dev == device &&
           (unsigned long long)stat.st_ino == inode;
}

struct log_sink *log_sink_new(void)
{
    struct log_sink *sink = calloc(1, sizeof(*sink));

    if (sink == NULL)
        return NULL;
    atomic_init(&sink->fd, STDERR_FILENO);
    atomic_init(&sink->written, 0);
    atomic_init(&sink->lost, 0);
    pthread_mutex_init(&sink->lock, NULL);
    sink->is_journal = is_journal();
    return sink;
}

void log_sink_free(struct log_sink *sink)
{
    if (sink == NULL)
        return;
    log_sink_flush(sink);
    if (atomic_load(&sink->fd) != STDERR_FILENO)
        close(atomic_load(&sink->fd));
    if (sink->syslog_open)
        closelog();
    pthread_mutex_destroy(&sink->lock);
    free(sink);
}

/*
 * The log's thread may be writing to the old file this moment: its number is not given back but
 * made to mean the new file.
 */
void log_sink_set_file(struct log_sink *sink, int fd)
{
    int old = atomic_load(&sink->fd);

    if (fd == old)
        return;
    if (old != STDERR_FILENO && fd != STDERR_FILENO) {
        (void)dup2(fd, old);
        close(fd);
        return;
    }
    atomic_store(&sink->fd, fd);
    if (old != STDERR_FILENO)
        close(old);
}

void log_sink_set_syslog(struct log_sink *sink, const char *identity, int facility)
{
    pthread_mutex_lock(&sink->lock);
    snprintf(sink->wanted, sizeof(sink->wanted), "%s", identity);
    sink->facility = facility;
    sink->has_changed = true;
    pthread_mutex_unlock(&sink->lock);
}

bool log_sink_is_stderr(const struct log_sink *sink)
{
    return atomic_load(&sink->fd) == STDERR_FILENO;
}

bool log_sink_is_journal(const struct log_sink *sink)
{
    return sink->is_journal && log_sink_is_stderr(sink);
}

/* ---- writing ---- */

/* In the thread that writes, since syslog(3) holds a lock for as long as it waits. */
static void follow_syslog(struct log_sink *sink)
{
    pthread_mutex_lock(&sink->lock);
    if (sink->has_changed) {
        if (sink->syslog_open)
            closelog();
        memcpy(sink->identity, sink->wanted, sizeof(sink->identity));
        openlog(sink->identity, LOG_PID, sink->facility);
        sink->syslog_open = true;
        sink->has_changed = false;
    }
    pthread_mutex_unlock(&sink->lock);
}

static bool wait_for_room(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};

    return poll(&one, 1, PATIENCE_MS) == 1 && (one.revents & POLLOUT) != 0;
}

/* @return octets written, fewer when it failed. */
static size_t write_all(int fd, const char *octets, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t written = write(fd, octets + done, size - done);

        if (written > 0)
            done += (size_t)written;
        else if (written == 0 || (errno != EINTR && errno != EAGAIN) ||
                 (errno == EAGAIN && !wait_for_room(fd)))
            break;
    }
    return done;
}

static uint64_t count_lines(const char *octets, size_t size)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < size; i++)
        lines += octets[i] == '\n';
    return lines;
}

void log_sink_flush(struct log_sink *sink)
{
    int fd = atomic_load(&sink->fd);
    uint64_t all = count_lines(sink->buffer, sink->used), good;
    size_t done;

    if (sink->used == 0)
        return;
    if (sink->is_torn && write_all(fd, "\n", 1) == 1)
        sink->is_torn = false;
    done = write_all(fd, sink->buffer, sink->used);
    good = count_lines(sink->buffer, done);
    if (done > 0)
        sink->is_torn = sink->buffer[done - 1] != '\n';
    atomic_fetch_add(&sink->written, good);
    atomic_fetch_add(&sink->lost, all - good);
    sink->used = 0;
}

void log_sink_put(struct log_sink *sink, const struct log_sink_line *line, const char *text)
{
    if (line->to_syslog) {
        follow_syslog(sink);
        syslog(syslog_levels[line->level], "%.*s", (int)line->size - 1, text);
        atomic_fetch_add(&sink->written, 1);
        return;
    }
    if (sink->used + line->size > sizeof(sink->buffer))
        log_sink_flush(sink);
    memcpy(sink->buffer + sink->used, text, line->size);
    sink->used += line->size;
}

uint64_t log_sink_written(const struct log_sink *sink)
{
    return atomic_load(&sink->written);
}

uint64_t log_sink_lost(const struct log_sink *sink)
{
    return atomic_load(&sink->lost);
}
