/*
 * commands_snapshot.c - the caches into a file and back, by hand.
 *
 * Called by control.c, in the main thread. The file comes with the command, opened by shrewctl:
 * it lies where whoever gives the command may open files, and the daemon need not be allowed to
 * open any.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/call.h"
#include "daemon/snapshot_job.h"

static void show_taken_time(struct outline *out, const struct snapshot_job *job)
{
    outline_number(out, "octets", (int64_t)job->counts.octets);
    outline_number(out, "took_ms", job->took_ms);
    outline_number(out, "longest-step_us", job->longest_step_us);
}

static void dumped(struct snapshot_job *job)
{
    struct call *call = job->context;

    if (job->error != 0 || job->is_cancelled) {
        call_failed(call, "%s", job->error != 0 ? strerror(job->error) : "shrewd ends");
        return;
    }
    outline_number(&call->out, "answers", (int64_t)job->counts.messages);
    outline_number(&call->out, "sets", (int64_t)job->counts.sets);
    show_taken_time(&call->out, job);
    call_done(call);
}

static void loaded(struct snapshot_job *job)
{
    const struct snapshot_counts *counts = &job->counts;
    struct call *call = job->context;
    struct outline *out = &call->out;

    if (job->error != 0 || job->is_cancelled) {
        call_failed(call, "%s", job->error != 0 ? strerror(job->error) : "shrewd ends");
        return;
    }
    if (job->end != SNAPSHOT_WHOLE && job->end != SNAPSHOT_FULL) {
        call_failed(call, "%s (answers: %llu, sets: %llu)", snapshot_end_text(job->end),
                    (unsigned long long)counts->messages, (unsigned long long)counts->sets);
        return;
    }
    outline_number(out, "answers", (int64_t)counts->messages);
    outline_number(out, "sets", (int64_t)counts->sets);
    outline_number(out, "expired", (int64_t)counts->expired);
    outline_number(out, "known", (int64_t)counts->known);
    outline_number(out, "unfit", (int64_t)counts->unfit);
    outline_number(out, "no-room", (int64_t)counts->no_room);
    show_taken_time(out, job);
    call_done(call);
}

/* Each takes a thread and memory. */
static bool is_another_under_way(const struct server *server)
{
    LIST_EACH(&server->jobs, link)
    {
        const struct snapshot_job *job = CONTAINER_OF(link, struct snapshot_job, link);

        if (job->done == dumped || job->done == loaded)
            return true;
    }
    return false;
}

/* A pipe or a device could make the thread wait for ever. */
static bool is_fit(int fd, bool writes)
{
    struct stat there;
    int flags = fcntl(fd, F_GETFL);

    return flags != -1 && (flags & O_ACCMODE) != (writes ? O_RDONLY : O_WRONLY) &&
           fstat(fd, &there) == 0 && S_ISREG(there.st_mode);
}

static void begin(struct call *call, bool writes, void (*done)(struct snapshot_job *job))
{
    struct snapshot_job *job = ARENA_NEW(call->arena, struct snapshot_job);
    int fd = control_client_take_file(call->client);

    if (job == NULL) {
        call_failed(call, "out of memory");
    } else if (fd == -1) {
        call_misused(call, "the file has to come with the command, as shrewctl sends it");
    } else if (!is_fit(fd, writes)) {
        call_failed(call, "this is not a regular file, or it is not open for that");
    } else if (is_another_under_way(call->server)) {
        call_failed(call, "another dump or load is under way; try again when it is over");
    } else {
        *job = (struct snapshot_job){.writes = writes,
                                     .fd = fd,
                                     .pace =
                                         writes ? SNAPSHOT_PACE_WRITING : SNAPSHOT_PACE_LOADING,
                                     .done = done,
                                     .context = call};
        if (snapshot_job_begin(call->server, job))
            return;
        call_failed(call, "no thread could be had: %s", strerror(errno));
    }
    if (fd != -1)
        close(fd);
}

void command_cache_dump(struct call *call)
{
    begin(call, true, dumped);
}

void command_cache_load(struct call *call)
{
    begin(call, false, loaded);
}
