/*
 * logger.c - gives log lines their form, with time and level in front, and sends them on their
 * way.
 *
 * Called from all threads. A line that cannot be written (full disk, closed terminal, a reader
 * that does not read) is lost and counted; the daemon goes on answering.
 */
#include "daemon/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon/log_queue.h"
#include "lib/options_files.h"

enum { TIME_MAX = 32, NUMBER_MAX = 16, PREFIX_SIZE = 3, END_PATIENCE_MS = 1000 };

enum time_form { TIME_SECONDS, TIME_DATE, TIME_MILLISECONDS };

struct logger {
    struct log log;  /* first: cast back in write_line */
    struct log lost; /* of the line that tells of lost ones */
    struct log_sink *sink;
    _Atomic(struct log_queue *) queue; /* NULL while the daemon starts */
    pthread_mutex_t starting;          /* held by who writes as long as there is no queue */
    atomic_bool to_syslog;
    atomic_int time_form, form;
    atomic_bool with_thread;
};

/* ---- a line ---- */

static const char *print_time(enum time_form form, char out[TIME_MAX])
{
    struct timespec now = {.tv_sec = 0};
    struct tm parts;
    size_t used;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (form == TIME_SECONDS || gmtime_r(&now.tv_sec, &parts) == NULL) {
        snprintf(out, TIME_MAX, "%lld", (long long)now.tv_sec);
        return out;
    }
    used = strftime(out, TIME_MAX, "%Y-%m-%dT%H:%M:%S", &parts); /* RFC 3339 */
    if (form == TIME_MILLISECONDS)
        snprintf(out + used, TIME_MAX - used, ".%03uZ", (unsigned)(now.tv_nsec / 1000000));
    else
        snprintf(out + used, TIME_MAX - used, "Z");
    return out;
}

/* The journal and syslog keep the time themselves. @return octets in out, a line feed at the
 * end. */
static size_t print_line(const struct logger *logger, const struct log_record *record,
                         bool to_syslog, char out[LOG_LINE_MAX])
{
    enum time_form time_form = (enum time_form)atomic_load(&logger->time_form);
    bool to_journal = !to_syslog && log_sink_is_journal(logger->sink);
    char when[TIME_MAX], thread[NUMBER_MAX];
    struct log_field head[3];
    size_t count = 0, used = 0;

    if (!to_syslog && !to_journal)
        head[count++] =
            (struct log_field){"time", print_time(time_form, when), time_form == TIME_SECONDS};
    head[count++] = (struct log_field){"level", log_level_text(record->level), false};
    if (atomic_load(&logger->with_thread) && record->thread != 0) {
        snprintf(thread, sizeof(thread), "%u", record->thread - 1);
        head[count++] = (struct log_field){"thread", thread, true};
    }
    if (to_journal) { /* sd-daemon(3) */
        static const char priorities[LOG_LEVELS] = {'3', '4', '6', '7'};

        out[used++] = '<';
        out[used++] = priorities[record->level];
        out[used++] = '>';
    }
    used += log_render(record, (enum log_form)atomic_load(&logger->form), head, count,
                       out + used, LOG_LINE_MAX - 1 - PREFIX_SIZE);
    out[used++] = '\n';
    return used;
}

static void make_line(const struct logger *logger, const struct log_record *record,
                      struct log_sink_line *line, char out[LOG_LINE_MAX])
{
    bool to_syslog = atomic_load(&logger->to_syslog);

    *line = (struct log_sink_line){(uint16_t)print_line(logger, record, to_syslog, out),
                                   (uint8_t)record->level, to_syslog};
}

/* Whoever starts it looks there, wherever the log goes. */
static void tell_terminal(const struct logger *logger, const struct log_record *record)
{
    char words[LOG_LINE_MAX];

    if (record->level != LOG_LEVEL_ERROR ||
        (!atomic_load(&logger->to_syslog) && log_sink_is_stderr(logger->sink)))
        return;
    log_words(record, words, sizeof(words));
    fprintf(stderr, "shrewd: %s\n", words);
}

static void write_line(struct log *log, struct log_record *record)
{
    struct logger *logger = (struct logger *)log;
    struct log_queue *queue = atomic_load(&logger->queue);
    struct log_sink_line line;
    char text[LOG_LINE_MAX];

    make_line(logger, record, &line, text);
    if (queue == NULL) {
        pthread_mutex_lock(&logger->starting);
        queue = atomic_load(&logger->queue);
        if (queue == NULL) {
            tell_terminal(logger, record);
            log_sink_put(logger->sink, &line, text);
            log_sink_flush(logger->sink);
        }
        pthread_mutex_unlock(&logger->starting);
    }
    if (queue != NULL)
        log_queue_add(queue, &line, text);
}

/* In the log's thread. */
static void put_lost(struct log *log, struct log_record *record)
{
    struct logger *logger = CONTAINER_OF(log, struct logger, lost);
    struct log_sink_line line;
    char text[LOG_LINE_MAX];

    make_line(logger, record, &line, text);
    log_sink_put(logger->sink, &line, text);
}

static void tell_lost(void *context, uint64_t lines)
{
    struct logger *logger = context;

    log_line(&logger->lost, LOG_LEVEL_WARN,
             "event=log-lost lines=%" PRIu64
             " msg=the log could not be written fast enough, or "
             "not at all",
             lines);
}

/* ---- life ---- */

struct logger *logger_new(void)
{
    struct logger *logger = calloc(1, sizeof(*logger));

    if (logger == NULL || (logger->sink = log_sink_new()) == NULL) {
        free(logger);
        return NULL;
    }
    logger->log = (struct log){.level = LOG_LEVEL_INFO, .write = write_line};
    logger->lost = (struct log){.level = LOG_LEVEL_DEBUG, .write = put_lost};
    atomic_init(&logger->queue, NULL);
    pthread_mutex_init(&logger->starting, NULL);
    atomic_init(&logger->to_syslog, false);
    atomic_init(&logger->with_thread, false);
    atomic_init(&logger->time_form, TIME_SECONDS);
    atomic_init(&logger->form, LOG_TEXT);
    return logger;
}

void logger_free(struct logger *logger)
{
    struct log_queue *queue = logger == NULL ? NULL : atomic_load(&logger->queue);

    if (logger == NULL || (queue != NULL && !log_queue_free(queue, END_PATIENCE_MS)))
        return; /* its thread hangs in a write and still looks at all this; the process ends */
    log_sink_free(logger->sink);
    pthread_mutex_destroy(&logger->starting);
    free(logger);
}

void logger_started(struct logger *logger)
{
    struct log_queue *queue = log_queue_new(logger->sink, tell_lost, logger);

    /* Without a thread lines are written where they come from, as before. */
    pthread_mutex_lock(&logger->starting);
    atomic_store(&logger->queue, queue);
    pthread_mutex_unlock(&logger->starting);
}

struct log *logger_log(struct logger *logger)
{
    return &logger->log;
}

struct logger_stats logger_stats(const struct logger *logger)
{
    struct log_queue *queue = atomic_load(&logger->queue);
    uint64_t no_room = queue == NULL ? 0 : log_queue_lost(queue);

    return (struct logger_stats){log_sink_written(logger->sink),
                                 log_sink_lost(logger->sink) + no_room};
}

/* ---- settings ---- */

void logger_set_level(struct logger *logger, enum log_level level)
{
    logger->log.level = level;
}

/* In the order of the option log-facility. */
static const int facilities[] = {LOG_DAEMON, LOG_USER,   LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2,
                                 LOG_LOCAL3, LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};

static void set_form(struct logger *logger, const struct daemon_options *options)
{
    atomic_store(&logger->form, (int)options->log_format);
    atomic_store(&logger->with_thread, options->log_thread_id);
    atomic_store(&logger->time_form, options->log_time_iso     ? TIME_MILLISECONDS
                                     : options->log_time_ascii ? TIME_DATE
                                                               : TIME_SECONDS);
}

enum status logger_set(struct logger *logger, const struct daemon_options *options,
                       unsigned more, bool background)
{
    bool to_file = !options->use_syslog && options->logfile != NULL && options->logfile[0] != 0;
    bool to_syslog = options->use_syslog || (background && !to_file);
    const char *identity = options->log_identity;
    unsigned verbosity = options->verbosity + more;
    int fd = STDERR_FILENO;

    if (to_file) {
        fd = open(options_path_inside(options->chroot, options->logfile),
                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
        if (fd == -1)
            return STATUS_SYSTEM;
    }
    if (to_syslog)
        log_sink_set_syslog(logger->sink, identity != NULL && identity[0] ? identity : "shrewd",
                            facilities[options->log_facility]);
    atomic_store(&logger->to_syslog, to_syslog);
    log_sink_set_file(logger->sink, fd);
    set_form(logger, options);
    logger->log.level = verbosity == 0   ? LOG_LEVEL_ERROR
                        : verbosity == 1 ? LOG_LEVEL_INFO
                                         : LOG_LEVEL_DEBUG;
    return STATUS_OK;
}
