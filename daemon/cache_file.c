/*
 * cache_file.c - when the file of the caches is read and written, and what is said of it.
 *
 * Called in the main thread; the work is done by a snapshot_job, one at a time. Life: reading
 * (or not, if there is none), then writing at intervals, then the last writing. As long as
 * reading is not over nothing is written, so that a daemon that is stopped right after its
 * start does not put a small cache in a large one's place. The temporary name is always the
 * same: what a killed process left behind is used up by the next one.
 */
#include "daemon/cache_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/advice.h"
#include "daemon/snapshot_job.h"
#include "lib/options_files.h"

enum { PATH_OCTETS = 4096 + 8, WORDS_OCTETS = 2048 };

struct cache_file {
    struct server *server;
    struct timer timer;
    char *path; /* as this process sees it; NULL: there is none */
    bool is_busy, write_again;
    bool was_read; /* or need not be */
    struct snapshot_job job;
    char job_path[PATH_OCTETS], job_temporary[PATH_OCTETS]; /* links followed */
    int64_t written_at_s; /* wall clock; 0: not by this process */
    struct snapshot_counts written, loaded;
    char trouble[WORDS_OCTETS]; /* of the last try; empty: it went well */
};

static struct world *world_of(const struct cache_file *file)
{
    return loop_world(worker_loop(file->server->threads[0].worker));
}

static const struct daemon_options *options_of(const struct cache_file *file)
{
    return &resolver_options(file->server->shared)->daemon;
}

/* ---- what is said ---- */

/* The same trouble is told once, however often it comes. */
static void tell_trouble(struct cache_file *file, const char *path, const char *words)
{
    if (strcmp(file->trouble, words) == 0)
        return;
    snprintf(file->trouble, sizeof(file->trouble), "%s", words);
    log_line(file->server->log, LOG_LEVEL_WARN, "event=cache-file file=%s msg=%s", path,
             words);
}

static void tell_refused(struct cache_file *file, const char *what, int error)
{
    char advice[ADVICE_MAX], words[WORDS_OCTETS + ADVICE_MAX];

    snprintf(words, sizeof(words), "cannot be %s: %s; %s", what, strerror(error),
             advice_on_file(error, file->path, advice));
    tell_trouble(file, file->path, words);
}

/* ---- may it be touched? ---- */

static const char *flaw_of_rights(const struct stat *there)
{
    if (!S_ISREG(there->st_mode))
        return "is not a regular file, and is left alone";
    if (there->st_uid != geteuid() && there->st_uid != 0)
        return "belongs to another user, so it is not read: anybody's words may stand in it";
    if ((there->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "can be written by others, so it is not read: chmod go-w, or remove it";
    return NULL;
}

/* @return -1: there is none, or it is not to be read, which has been told. */
static int open_to_read(struct cache_file *file)
{
    int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    const char *flaw = NULL;
    struct stat there;

    if (fd == -1) {
        if (errno != ENOENT)
            tell_refused(file, "read", errno);
        return -1;
    }
    if (fstat(fd, &there) == 0)
        flaw = flaw_of_rights(&there);
    if (flaw == NULL)
        return fd;
    tell_trouble(file, file->path, flaw);
    close(fd);
    return -1;
}

/* A slip in the configuration must not cost anybody a file: what is there is a cache file, or
 * empty. */
static const char *flaw_of_place(const char *path)
{
    uint8_t begin[SNAPSHOT_MAGIC_SIZE];
    const char *flaw = NULL;
    struct stat there;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t size;

    if (fd == -1)
        return errno == ENOENT ? NULL : "is there and cannot be read, and is left alone";
    if (fstat(fd, &there) == 0 && !S_ISREG(there.st_mode))
        flaw = "is not a regular file, and is left alone";
    size = flaw != NULL ? 0 : read(fd, begin, sizeof(begin));
    if (size > 0 &&
        (size != sizeof(begin) || memcmp(begin, snapshot_magic, sizeof(begin)) != 0))
        flaw = "is something else than a cache file, and is left alone: remove it, or name "
               "another one";
    close(fd);
    return flaw;
}

/* The new file beside the old one. @return -1: told. */
static int open_to_write(struct cache_file *file)
{
    char *target = realpath(file->path, NULL);
    const char *flaw;
    int fd = -1;

    snprintf(file->job_path, sizeof(file->job_path), "%s",
             target != NULL ? target : file->path);
    snprintf(file->job_temporary, sizeof(file->job_temporary), "%.*s.new", PATH_OCTETS - 8,
             file->job_path);
    free(target);
    flaw = flaw_of_place(file->job_path);
    if (flaw != NULL) {
        tell_trouble(file, file->path, flaw);
        return -1;
    }
    if (unlink(file->job_temporary) == 0 || errno == ENOENT)
        fd = open(file->job_temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
    if (fd == -1)
        tell_refused(file, "written", errno);
    return fd;
}

/* ---- writing ---- */

static void start_timer(struct cache_file *file)
{
    struct world *world = world_of(file);
    uint32_t interval_s = options_of(file)->cache_file_interval;

    world->timer_stop(world, &file->timer);
    if (interval_s != 0 && file->path != NULL && !file->is_busy)
        (void)world->timer_set(world, &file->timer,
                               world_now_ms(world) + interval_s * INT64_C(1000));
}

static void note_written(struct cache_file *file, enum log_level level)
{
    const struct snapshot_job *job = &file->job;

    if (job->error != 0) {
        tell_refused(file, "written", job->error);
        return;
    }
    if (job->is_cancelled)
        return;
    file->trouble[0] = '\0';
    file->written_at_s = job->written_at_s;
    file->written = job->counts;
    log_line(file->server->log, level,
             "event=cache-file file=%s done=written answers=%" PRIu64 " sets=%" PRIu64
             " octets=%" PRIu64 " took_ms=%" PRId64 " longest_step_us=%" PRId64,
             job->path, job->counts.messages, job->counts.sets, job->counts.octets,
             job->took_ms, job->longest_step_us);
}

static void write_now(struct cache_file *file);

static void write_over(struct snapshot_job *job)
{
    struct cache_file *file = job->context;

    file->is_busy = false;
    note_written(file, LOG_LEVEL_DEBUG);
    if (file->write_again && !job->is_cancelled)
        write_now(file);
    else
        start_timer(file);
}

static bool prepare_write(struct cache_file *file, unsigned pace)
{
    int fd = file->path == NULL ? -1 : open_to_write(file);

    file->job = (struct snapshot_job){.writes = true,
                                      .fd = fd,
                                      .pace = pace,
                                      .temporary = file->job_temporary,
                                      .path = file->job_path,
                                      .done = write_over,
                                      .context = file};
    return fd != -1;
}

/* A job that is under way is waited for. */
static void write_now(struct cache_file *file)
{
    file->write_again = file->is_busy;
    if (file->is_busy)
        return;
    if (prepare_write(file, SNAPSHOT_PACE_WRITING)) {
        file->is_busy = snapshot_job_begin(file->server, &file->job);
        if (!file->is_busy) {
            tell_refused(file, "written", errno);
            close(file->job.fd);
            (void)unlink(file->job_temporary);
        }
    }
    start_timer(file);
}

static void fire(struct timer *timer)
{
    write_now(CONTAINER_OF(timer, struct cache_file, timer));
}

/* ---- reading ---- */

static void note_read(struct cache_file *file)
{
    const struct snapshot_job *job = &file->job;
    struct log *log = file->server->log;

    file->loaded = job->counts;
    if (job->error != 0)
        tell_refused(file, "read", job->error);
    else if (!job->is_cancelled && job->end != SNAPSHOT_WHOLE)
        tell_trouble(file, file->job_path, snapshot_end_text(job->end));
    if (job->counts.sets + job->counts.messages + job->counts.expired > 0)
        log_line(log, LOG_LEVEL_INFO,
                 "event=cache-file file=%s done=read answers=%" PRIu64 " sets=%" PRIu64
                 " expired=%" PRIu64 " left_out=%" PRIu64 " took_ms=%" PRId64
                 " longest_step_us=%" PRId64,
                 file->job_path, job->counts.messages, job->counts.sets, job->counts.expired,
                 job->counts.unfit + job->counts.known + job->counts.no_room, job->took_ms,
                 job->longest_step_us);
}

static void read_over(struct snapshot_job *job)
{
    struct cache_file *file = job->context;

    file->is_busy = false;
    file->was_read = !job->is_cancelled;
    note_read(file);
    if (file->write_again && !job->is_cancelled)
        write_now(file);
    else
        start_timer(file);
}

static void begin_to_read(struct cache_file *file)
{
    int fd = file->path == NULL ? -1 : open_to_read(file);

    file->was_read = fd == -1;
    if (fd == -1)
        return;
    snprintf(file->job_path, sizeof(file->job_path), "%s", file->path);
    file->job = (struct snapshot_job){
        .fd = fd, .pace = SNAPSHOT_PACE_LOADING, .done = read_over, .context = file};
    file->is_busy = snapshot_job_begin(file->server, &file->job);
    file->was_read = !file->is_busy;
    if (!file->is_busy) {
        tell_refused(file, "read", errno);
        close(fd);
    }
}

/* ---- life ---- */

static char *path_of(const struct cache_file *file)
{
    const struct daemon_options *options = options_of(file);
    const char *path = options->cache_file;

    return path == NULL || *path == '\0' ? NULL
                                         : strdup(options_path_inside(options->chroot, path));
}

struct cache_file *cache_file_new(struct server *server)
{
    struct cache_file *file = calloc(1, sizeof(*file));

    if (file == NULL)
        return NULL;
    file->server = server;
    file->timer.fire = fire;
    file->path = path_of(file);
    begin_to_read(file);
    start_timer(file);
    return file;
}

void cache_file_follow(struct cache_file *file)
{
    char *path = file == NULL ? NULL : path_of(file), *before;

    if (file == NULL)
        return;
    before = file->path;
    file->path = path;
    if (path != NULL && (before == NULL || strcmp(before, path) != 0)) {
        file->trouble[0] = '\0';
        file->written_at_s = 0;
        write_now(file);
    } else {
        start_timer(file);
    }
    free(before);
}

void cache_file_free(struct cache_file *file)
{
    struct world *world;

    if (file == NULL)
        return;
    world = world_of(file);
    file->write_again = false;
    snapshot_jobs_stop(file->server);
    world->timer_stop(world, &file->timer);
    if (file->was_read && prepare_write(file, SNAPSHOT_PACE_NONE)) {
        snapshot_job_run(file->server, &file->job);
        note_written(file, LOG_LEVEL_INFO);
    }
    free(file->path);
    free(file);
}

void cache_file_tell(const struct cache_file *file, struct outline *out)
{
    if (file == NULL || file->path == NULL)
        return;
    outline_open(out, "cache file");
    outline_text(out, "path", file->path);
    if (file->written_at_s != 0) {
        outline_number(out, "written-before",
                       time_max((int64_t)time(NULL) - file->written_at_s, 0));
        outline_number(out, "answers", (int64_t)file->written.messages);
        outline_number(out, "sets", (int64_t)file->written.sets);
        outline_number(out, "octets", (int64_t)file->written.octets);
    }
    outline_number(out, "loaded-answers", (int64_t)file->loaded.messages);
    outline_number(out, "loaded-sets", (int64_t)file->loaded.sets);
    if (file->is_busy)
        outline_text(out, "now", file->job.writes ? "being written" : "being read");
    if (file->trouble[0] != '\0')
        outline_text(out, "trouble", file->trouble);
    outline_close(out);
}
