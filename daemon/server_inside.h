/*
 * server_inside.h - the running server's inside, for server.c, reload.c, control.c and the
 * commands.
 *
 * Everything here belongs to the main thread, which is the first worker's thread as well. What
 * the other threads are to do goes round as a struct round: one at a time, each thread in turn
 * of its own loop, and when the last has done it the main thread is told.
 */
#ifndef TREESHREW_DAEMON_SERVER_INSIDE_H
#define TREESHREW_DAEMON_SERVER_INSIDE_H

#include <pthread.h>

#include "daemon/logger.h"
#include "daemon/ports.h"
#include "daemon/server.h"
#include "daemon/setup.h"
#include "daemon/worker.h"
#include "services/net/netwatch.h"
#include "util/list.h"

struct cache_file;
struct call;
struct control;
struct given;
struct notify;
struct sandbox;
struct nta_clock;
struct page;
struct stats_log;
struct sweep;
struct watchdog;

struct thread {
    struct server *server;
    struct worker *worker;
    unsigned index;
    pthread_t id;
    bool running;
};

/* One thing that every thread does. */
struct round {
    struct link link;
    /** In each thread. The main thread changes nothing that this reads until `done`. */
    void (*in_thread)(struct round *round, struct thread *thread);
    /** In the main thread, after the last. The round is the caller's again. */
    void (*done)(struct round *round, struct server *server);
};

struct server {
    const struct server_start *start;
    char *config_path; /* absolute, so that it is found after chdir */
    char *pid_path;
    struct logger *logger;
    struct log *log;
    bool background;
    struct given *given;   /* sockets that were open at the start; NULL: none */
    struct notify *notify; /* the service manager; NULL: nobody wants to be told */
    struct sandbox *sandbox;
    struct watchdog *watchdog; /* NULL: nobody asks for signs of life */
    int64_t started_s; /* wall clock */
    struct loop *start_loop; /* chance, before there are workers */
    struct resolver_shared *shared;
    struct taps *taps; /* NULL: nobody is shown what comes and goes */
    struct ports *ports;
    unsigned thread_count;
    struct thread *threads;
    struct netwatch *netwatch; /* NULL where the system does not tell */
    int control_fd;            /* -1: no commands are taken */
    struct control *control;

    struct round *round;  /* that goes round now */
    unsigned round_left;  /* threads that have not done it yet */
    struct list rounds;   /* that wait for their turn */

    bool is_following;     /* a reload has been carried out, and not all threads know yet */
    bool is_followed;      /* all know, but what it has outdated is not swept out yet */
    struct round follow;   /* that tells them */
    bool follows_change;   /* what was carried out is a change at run time ... */
    bool follows_all;      /* ... or speaks of what is logged, too */
    struct call *follower; /* the call that asked for it, or NULL */
    bool reload_wanted;    /* by a signal, meanwhile */
    struct stats_log *stats_log; /* NULL: no memory for it */
    struct page *page;           /* of metrics; there while the loops are */
    struct list reloads;   /* calls that asked for one, or for a change, meanwhile */
    struct list jobs;      /* struct snapshot_job, in threads of their own */
    struct cache_file *cache_file; /* NULL: no memory for it */

    struct options *read;    /* what the files said when they were last read */
    struct overlay overlay;  /* what was set since the start, over it */
    struct nta_clock *nta_clock; /* NULL: no memory for it */
    struct sweep *sweep;         /* likewise */
};

/* ---- rounds (server.c) ---- */

/** Begins now, or when those before it are over. */
void server_go_round(struct server *server, struct round *round);

/** Tells the service manager that all is well, after these words ("", or with a blank behind). */
void server_say_ready(struct server *server, const char *words);

/**
 * From any thread: there is something to sweep; from the sweeping one: it is done.
 * @return false: there are too many words already.
 */
bool server_post_sweep(struct server *server);
bool server_post_sweep_over(struct server *server);

/**
 * From the thread of a job that is over; snapshot_jobs_end follows in the main thread.
 * @return false: too much waits there already.
 */
bool server_post_job_over(struct server *server);

/** Opens the log file anew, for programs that move it away. @param log told why it cannot be. */
enum status server_open_log(struct server *server, struct log *log);

/** Ends the daemon: every thread leaves its loop. */
void server_stop(struct server *server);

/* ---- reload (reload.c) ---- */

/**
 * Reads the files anew; what was set at run time comes over them.
 * @param call that asked, and gets the answer; NULL: a signal.
 */
void server_reload(struct server *server, struct call *call);

/** A sweep has ended: who waits for it goes on. */
void server_swept(struct server *server);

/** A change of what is set at run time. */
struct change {
    /** When it is this one's turn. @return false: it cannot be, and the call has ended. */
    bool (*edit)(struct change *change, struct call *call, struct overlay *overlay);
    /** It holds: the answer of the call. */
    void (*tell)(struct change *change, struct call *call);
};

/**
 * The same transaction with the files as they were last read. The call ends, sooner or later.
 * @param call NULL: the daemon's own; then none may be under way (is_following).
 */
void server_change(struct server *server, struct change *change, struct call *call);

#endif
