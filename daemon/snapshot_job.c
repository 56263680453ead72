/*
 * snapshot_job.c - the thread that brings the caches into a file or back.
 */
#include "daemon/snapshot_job.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/whole_file.h"

enum { POST_AGAIN_MS = 20, REST_MOST_US = 100000 };

static int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void rest_us(int64_t rest)
{
    struct timespec left = {(time_t)(rest / 1000000), (long)(rest % 1000000) * 1000};

    if (rest > 0)
        (void)nanosleep(&left, NULL);
}

/* After each step. @param begun_us when it began. */
static void step_over(struct snapshot_job *job, int64_t begun_us)
{
    int64_t worked_us = clock_us() - begun_us;

    job->longest_step_us = time_max(job->longest_step_us, worked_us);
    rest_us(time_min(worked_us * job->pace, REST_MOST_US));
}

/* ---- writing ---- */

static void write_steps(struct snapshot_job *job, struct snapshot_writer *writer)
{
    bool more = true;

    while (more && job->error == 0) {
        int64_t begun_us = clock_us();
        struct slice octets;

        if (atomic_load(&job->cancel)) {
            job->is_cancelled = true;
            return;
        }
        more = snapshot_write(writer, begun_us / 1000000, &octets);
        if (!whole_file_write(job->fd, octets))
            job->error = errno;
        step_over(job, begun_us);
    }
}

/* The file gets its name only when all of it is on the disk. */
static void give_name(struct snapshot_job *job)
{
    int fd = job->fd;

    job->fd = -1;
    if (job->error == 0 && !job->is_cancelled) {
        if (!whole_file_finish(fd, job->temporary, job->path))
            job->error = errno;
        return;
    }
    close(fd);
    (void)unlink(job->temporary);
}

static void write_all(struct snapshot_job *job)
{
    struct snapshot_writer *writer;

    job->written_at_s = (int64_t)time(NULL);
    writer =
        snapshot_writer_new(&job->caches, clock_us() / 1000000, job->written_at_s, job->number);
    if (writer == NULL) {
        job->error = ENOMEM;
    } else {
        write_steps(job, writer);
        job->counts = *snapshot_written(writer);
    }
    snapshot_writer_free(writer);
    if (job->path != NULL)
        give_name(job);
}

/* ---- reading ---- */

/* @return how many came; fewer than wanted at the end of the file. */
static size_t read_some(struct snapshot_job *job, uint8_t *octets, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t count = read(job->fd, octets + used, size - used);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            job->error = errno;
        if (count <= 0)
            break;
        used += (size_t)count;
    }
    return used;
}

static void read_steps(struct snapshot_job *job, struct snapshot_reader *reader,
                       uint8_t *octets)
{
    while (job->end == SNAPSHOT_GOES_ON && job->error == 0) {
        int64_t begun_us = clock_us();
        size_t size;

        if (atomic_load(&job->cancel)) {
            job->is_cancelled = true;
            return;
        }
        size = read_some(job, octets, snapshot_wants(reader));
        if (job->error == 0)
            job->end = snapshot_read(reader, slice_of(octets, size));
        step_over(job, begun_us);
    }
}

static void read_all(struct snapshot_job *job)
{
    struct snapshot_reader *reader = snapshot_reader_new(
        &job->caches, &job->limits, clock_us() / 1000000, (int64_t)time(NULL));
    uint8_t *octets = malloc(SNAPSHOT_STEP_MAX);

    job->end = SNAPSHOT_MEMORY;
    if (reader != NULL && octets != NULL) {
        job->end = SNAPSHOT_GOES_ON;
        read_steps(job, reader, octets);
        job->counts = *snapshot_loaded(reader);
        job->written_at_s = snapshot_written_at_s(reader);
    }
    free(octets);
    snapshot_reader_free(reader);
}

/* ---- the thread ---- */

static void prepare(struct server *server, struct snapshot_job *job)
{
    struct world *world = loop_world(worker_loop(server->threads[0].worker));

    job->server = server;
    job->caches = (struct snapshot_caches){resolver_rrsets(server->shared),
                                           resolver_messages(server->shared)};
    job->limits = snapshot_limits_of(&resolver_options(server->shared)->cache);
    world->random(world, &job->number, sizeof(job->number));
    atomic_init(&job->cancel, false);
    atomic_init(&job->is_over, false);
}

static void work(struct snapshot_job *job)
{
    int64_t begun_us = clock_us();

    if (job->writes)
        write_all(job);
    else
        read_all(job);
    if (job->fd != -1)
        close(job->fd);
    job->fd = -1;
    job->took_ms = (clock_us() - begun_us) / 1000;
}

static void *run_thread(void *context)
{
    struct snapshot_job *job = context;
    struct server *server = job->server;

    work(job);
    atomic_store(&job->is_over, true);
    while (!atomic_load(&job->cancel) && !server_post_job_over(server))
        rest_us(POST_AGAIN_MS * 1000);
    return NULL;
}

bool snapshot_job_begin(struct server *server, struct snapshot_job *job)
{
    sigset_t all, before;
    int error;

    prepare(server, job);
    list_append(&server->jobs, &job->link);
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&job->thread, NULL, run_thread, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        return true;
    list_remove(&job->link);
    errno = error;
    return false;
}

void snapshot_job_run(struct server *server, struct snapshot_job *job)
{
    prepare(server, job);
    work(job);
}

static struct snapshot_job *one_that_is_over(struct server *server)
{
    LIST_EACH(&server->jobs, link)
    {
        struct snapshot_job *job = CONTAINER_OF(link, struct snapshot_job, link);

        if (atomic_load(&job->is_over))
            return job;
    }
    return NULL;
}

static void end(struct snapshot_job *job)
{
    pthread_join(job->thread, NULL);
    list_remove(&job->link);
    job->done(job);
}

void snapshot_jobs_end(struct server *server)
{
    struct snapshot_job *job;

    while ((job = one_that_is_over(server)) != NULL)
        end(job);
}

void snapshot_jobs_stop(struct server *server)
{
    struct link *link;

    LIST_EACH(&server->jobs, each)
    atomic_store(&CONTAINER_OF(each, struct snapshot_job, link)->cancel, true);
    while ((link = list_first(&server->jobs)) != NULL)
        end(CONTAINER_OF(link, struct snapshot_job, link));
}
