/*
 * logger.c - writes log lines, each with time and level in front.
 *
 * Called from all threads. A line that cannot be written (full disk, closed terminal) is lost;
 * the daemon goes on answering.
 */
#include "daemon/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/options_files.h"

/* util/log.h has names of its own for the levels; syslog's numbers are only used here. */
static const int syslog_levels[LOG_LEVELS] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

enum { IDENTITY_MAX = 64 };

struct logger {
    struct log log; /* first: cast back in write_line */
    atomic_int fd;
    atomic_bool to_syslog;
    atomic_bool ascii_time;
    atomic_bool starting; /* errors go to standard error, too */
    bool syslog_open;
    char identity[IDENTITY_MAX];
};

static const char *print_time(char *out, size_t size, bool ascii)
{
    time_t now = time(NULL);
    struct tm parts;

    if (!ascii || gmtime_r(&now, &parts) == NULL ||
        strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(out, size, "%lld", (long long)now);
    return out;
}

static void write_line(struct log *log, struct log_record *record)
{
    struct logger *logger = (struct logger *)log;
    char text[LOG_LINE_MAX + 1], words[LOG_LINE_MAX], when[32];
    bool to_syslog = atomic_load(&logger->to_syslog);
    struct log_field head[] = {
        {"time", print_time(when, sizeof(when), atomic_load(&logger->ascii_time)),
         !atomic_load(&logger->ascii_time)},
        {"level", log_level_text(record->level), false}};
    size_t used;
    ssize_t written;

    if (record->level == LOG_LEVEL_ERROR && atomic_load(&logger->starting) &&
        (to_syslog || atomic_load(&logger->fd) != STDERR_FILENO)) {
        log_words(record, words, sizeof(words));
        fprintf(stderr, "shrewd: %s\n", words);
    }
    used = log_render(record, LOG_TEXT, head + to_syslog, 2u - to_syslog, text, sizeof(text) - 1);
    if (to_syslog) {
        syslog(syslog_levels[record->level], "%s", text);
        return;
    }
    text[used++] = '\n';
    written = write(atomic_load(&logger->fd), text, used);
    (void)written; /* there is nobody to tell */
}

struct logger *logger_new(void)
{
    struct logger *logger = calloc(1, sizeof(*logger));

    if (logger == NULL)
        return NULL;
    logger->log.level = LOG_LEVEL_INFO;
    logger->log.write = write_line;
    atomic_init(&logger->fd, STDERR_FILENO);
    atomic_init(&logger->to_syslog, false);
    atomic_init(&logger->ascii_time, false);
    atomic_init(&logger->starting, true);
    return logger;
}

void logger_free(struct logger *logger)
{
    if (logger == NULL)
        return;
    if (atomic_load(&logger->fd) != STDERR_FILENO)
        close(atomic_load(&logger->fd));
    if (logger->syslog_open)
        closelog();
    free(logger);
}

void logger_started(struct logger *logger)
{
    atomic_store(&logger->starting, false);
}

struct log *logger_log(struct logger *logger)
{
    return &logger->log;
}

void logger_set_level(struct logger *logger, enum log_level level)
{
    logger->log.level = level;
}

static void open_syslog(struct logger *logger, const char *identity)
{
    snprintf(logger->identity, sizeof(logger->identity), "%s",
             identity != NULL && identity[0] != '\0' ? identity : "shrewd");
    if (logger->syslog_open)
        closelog();
    openlog(logger->identity, LOG_PID, LOG_DAEMON);
    logger->syslog_open = true;
}

/*
 * Other threads may be writing to the old file this moment: its number is not given back but
 * made to mean the new file.
 */
static void change_file(struct logger *logger, int fd)
{
    int old = atomic_load(&logger->fd);

    if (fd == old)
        return;
    if (old == STDERR_FILENO) {
        atomic_store(&logger->fd, fd);
    } else if (fd == STDERR_FILENO) {
        atomic_store(&logger->fd, fd);
        close(old);
    } else {
        (void)dup2(fd, old);
        close(fd);
    }
}

enum status logger_set(struct logger *logger, const struct daemon_options *options,
                       unsigned more, bool background)
{
    bool to_file = !options->use_syslog && options->logfile != NULL && options->logfile[0] != 0;
    unsigned verbosity = options->verbosity + more;
    int fd = STDERR_FILENO;

    if (to_file) {
        fd = open(options_path_inside(options->chroot, options->logfile),
                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
        if (fd == -1)
            return STATUS_SYSTEM;
    }
    if (options->use_syslog || (background && !to_file)) {
        open_syslog(logger, options->log_identity);
        atomic_store(&logger->to_syslog, true);
    } else {
        atomic_store(&logger->to_syslog, false);
    }
    change_file(logger, fd);
    atomic_store(&logger->ascii_time, options->log_time_ascii);
    logger->log.level = verbosity == 0   ? LOG_LEVEL_ERROR
                        : verbosity == 1 ? LOG_LEVEL_INFO
                                         : LOG_LEVEL_DEBUG;
    return STATUS_OK;
}
