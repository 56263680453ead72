/*
 * snapshot_job.h - one writing or reading of the caches, in a thread of its own.
 *
 * Used by cache_file.c and by the commands "cache dump" and "cache load". The thread does one
 * small step after the other and rests in between, so that it takes neither the processor nor a
 * lock away from those who answer; waiting for the disk is its business alone. Everything but
 * the thread's own work happens in the main thread.
 */
#ifndef TREESHREW_DAEMON_SNAPSHOT_JOB_H
#define TREESHREW_DAEMON_SNAPSHOT_JOB_H

#include "daemon/server_inside.h"
#include "services/cache/snapshot.h"

/* How long it rests for each millisecond of work. */
enum { SNAPSHOT_PACE_NONE = 0, SNAPSHOT_PACE_LOADING = 1, SNAPSHOT_PACE_WRITING = 4 };

struct snapshot_job {
    /* What is to be done; the caller's. */
    bool writes;
    int fd; /* a regular file, open for it; closed when the job is over */
    unsigned pace;
    const char *temporary,
        *path; /* writing: the file gets this name when it is whole; NULL: it has it */
    void (*done)(
        struct snapshot_job *job); /* in the main thread, when the job is over; may free it */
    void *context;

    /* What came of it, for `done`. */
    int error;             /* errno of what the system refused; 0: nothing */
    bool is_cancelled;     /* before it was over */
    enum snapshot_end end; /* of reading */
    int64_t written_at_s;  /* wall clock; of reading: as the file says */
    struct snapshot_counts counts;
    int64_t took_ms, longest_step_us; /* with rests; without */

    /* The job's own. */
    struct link link;
    struct server *server;
    struct snapshot_caches caches;
    struct snapshot_limits limits;
    uint64_t number;
    pthread_t thread;
    atomic_bool cancel, is_over;
};

/** @return false with errno, and `done` is not called: no thread. */
bool snapshot_job_begin(struct server *server, struct snapshot_job *job);

/** Does it here and now, in the caller's thread; `done` is not called. */
void snapshot_job_run(struct server *server, struct snapshot_job *job);

/** Those that are over are told so; the main thread's answer to server_post_job_over. */
void snapshot_jobs_end(struct server *server);

/** All are cancelled and waited for. */
void snapshot_jobs_stop(struct server *server);

#endif
