/*
 * server.c - starts the threads, follows signals, takes everything down again.
 *
 * Called by shrewd.c. Life: configuration, background, sockets, rights given up, shared part,
 * workers, threads; the first worker runs in the main thread and hears the signals. A reload is
 * one transaction: read, build and open all; only then swap and tell the threads. They answer
 * when they have followed, and until all have, a further SIGHUP waits. After SIGTERM the
 * threads end, then all is freed.
 */
#include "daemon/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/logger.h"
#include "daemon/ports.h"
#include "daemon/privs.h"
#include "daemon/setup.h"
#include "daemon/worker.h"
#include "services/net/netwatch.h"

enum {
    THREADS_MAX = 1024,
    START_LINES = 5, /* of warnings; at start there are at most ten lines in all */
    RELOAD_LINES = 20
};

/* What is posted from thread to thread, and by the signal handler. */
enum word { WORD_STOP = 1, WORD_RELOAD, WORD_FOLLOW, WORD_FOLLOWED };

struct thread {
    struct server *server;
    struct worker *worker;
    unsigned index;
    pthread_t id;
    bool running;
};

struct server {
    const struct server_start *start;
    char *config_path; /* absolute, so that it is found after chdir */
    char *pid_path;
    struct logger *logger;
    struct log *log;
    bool background;
    struct loop *start_loop; /* chance, before there are workers */
    struct resolver_shared *shared;
    struct ports *ports;
    unsigned thread_count;
    struct thread *threads;
    unsigned following; /* threads that have not yet followed the last reload */
    bool reload_wanted;
    struct netwatch *netwatch; /* NULL where the system does not tell */
};

/* The signal handler's only way in. */
static struct loop *volatile signal_loop;

static void on_signal(int number)
{
    if (signal_loop != NULL)
        (void)loop_post(signal_loop, number == SIGHUP ? WORD_RELOAD : WORD_STOP);
}

static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_signal;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
}

/* ---- configuration --------------------------------------------------------------------------
 */

static unsigned count_threads(const struct options *options)
{
    long cores;

    if (options->daemon.num_threads > 0)
        return options->daemon.num_threads < THREADS_MAX ? options->daemon.num_threads
                                                         : THREADS_MAX;
    cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores < THREADS_MAX ? (unsigned)cores : THREADS_MAX;
}

/* Everything that can be wrong with a configuration, without any effect. */
static struct resolver_shared *build_shared(struct setup *setup, struct world *world)
{
    const struct resolver_hooks hooks = {.no_built_in_anchors = false};
    struct options *options = setup->options;

    setup->options = NULL; /* taken over, whatever comes of it */
    return resolver_shared_new(options, world, &hooks, options_complain, setup_read_file,
                               &setup->report);
}

static char *absolute(const char *path)
{
    char *full = path != NULL ? realpath(path, NULL) : NULL;

    return full != NULL || path == NULL ? full : strdup(path);
}

/* Files with relative names are looked for in `directory`, already while the settings are
 * built. */
static void enter_directory(const struct options *options)
{
    const char *path = options->daemon.directory;

    if (path != NULL && path[0] != '\0' && chdir(path) != 0)
        return; /* privs_drop tells; a check alone may run on another machine */
}

static void print_report(const struct setup *setup)
{
    char *text = setup->arena != NULL ? conf_report_text(&setup->report, setup->arena) : NULL;

    fputs(text != NULL ? text : "shrewd: out of memory\n", stderr);
}

int server_check(const struct server_start *start)
{
    struct setup setup;
    struct loop *loop = loop_new(NULL);
    struct resolver_shared *shared = NULL;
    struct ports *ports = NULL;
    bool good = loop != NULL && setup_read(&setup, start->config);

    if (good) {
        enter_directory(setup.options);
        ports = ports_new(setup.options, 1, &setup.report);
        shared = build_shared(&setup, loop_world(loop));
        good = shared != NULL && ports != NULL && !conf_failed(&setup.report);
    }
    if (loop != NULL) {
        print_report(&setup);
        setup_clear(&setup);
    }
    if (good)
        printf("shrewd: no errors in %s\n",
               start->config != NULL ? start->config : "the defaults");
    ports_free(ports);
    resolver_shared_free(shared);
    loop_free(loop);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A server that was silent may only have been out of our reach: it gets another chance at once,
 * and so do the questions that failed for it. */
static void network_changed(void *context)
{
    struct server *server = context;

    infra_forget_failures(resolver_infra(server->shared));
    msg_cache_forget_failures(resolver_messages(server->shared),
                              world_now_s(loop_world(signal_loop)));
    log_line(server->log, LOG_LEVEL_DEBUG, "event=network-changed");
}

/* ---- threads --------------------------------------------------------------------------------
 */

static void reload(struct server *server);

static void follow(struct thread *thread)
{
    worker_refresh(thread->worker);
    if (!worker_follow_ports(thread->worker, thread->server->ports))
        log_line(thread->server->log, LOG_LEVEL_ERROR,
                 "event=listen thread=%u an address could not be served: out of memory",
                 thread->index);
}

static void all_followed(struct server *server)
{
    log_line(server->log, LOG_LEVEL_INFO, "event=reloaded config=%s",
             server->config_path != NULL ? server->config_path : "(defaults)");
    if (server->reload_wanted) {
        server->reload_wanted = false;
        reload(server);
    }
}

static void stop_all(struct server *server)
{
    for (unsigned i = 0; i < server->thread_count && server->threads != NULL; i++)
        if (server->threads[i].running)
            (void)loop_post(worker_loop(server->threads[i].worker), WORD_STOP);
}

/* In the thread's own loop. Only the main thread gets RELOAD and FOLLOWED. */
static void on_word(void *context, uint8_t word)
{
    struct thread *thread = context;
    struct server *server = thread->server;

    switch (word) {
    case WORD_STOP:
        if (thread->index == 0)
            stop_all(server);
        loop_stop(worker_loop(thread->worker));
        break;
    case WORD_RELOAD: reload(server); break;
    case WORD_FOLLOW:
        follow(thread);
        (void)loop_post(worker_loop(server->threads[0].worker), WORD_FOLLOWED);
        break;
    case WORD_FOLLOWED:
        if (--server->following == 0)
            all_followed(server);
        break;
    default: break;
    }
}

static void *run_thread(void *context)
{
    struct thread *thread = context;

    loop_run(worker_loop(thread->worker));
    return NULL;
}

static bool make_workers(struct server *server)
{
    server->threads = calloc(server->thread_count, sizeof(*server->threads));
    if (server->threads == NULL)
        return false;
    for (unsigned i = 0; i < server->thread_count; i++) {
        struct thread *thread = &server->threads[i];
        struct worker_place place = {i, server->thread_count, server->shared, server->log};

        *thread = (struct thread){.server = server, .index = i};
        thread->worker = worker_new(&place);
        if (thread->worker == NULL || !worker_follow_ports(thread->worker, server->ports))
            return false;
        loop_set_posted(worker_loop(thread->worker), on_word, thread);
    }
    return true;
}

/* Signals are for the main thread: the others begin with all of them blocked. */
static bool start_threads(struct server *server)
{
    sigset_t all, before;
    bool good = true;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 1; i < server->thread_count && good; i++) {
        struct thread *thread = &server->threads[i];

        thread->running = pthread_create(&thread->id, NULL, run_thread, thread) == 0;
        good = thread->running;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

static void join_threads(struct server *server)
{
    for (unsigned i = 1; i < server->thread_count && server->threads != NULL; i++)
        if (server->threads[i].running)
            pthread_join(server->threads[i].id, NULL);
}

/* ---- reload ---------------------------------------------------------------------------------
 */

/* What can be changed while running is; the rest is named. */
static void warn_of_restart(struct server *server, const struct options *options)
{
    if (count_threads(options) != server->thread_count)
        log_line(server->log, LOG_LEVEL_WARN,
                 "event=reload option=num-threads takes effect at a restart only");
}

static bool swap(struct server *server, struct setup *setup)
{
    struct ports *ports = ports_new(setup->options, server->thread_count, &setup->report);
    struct options *options = setup->options;

    if (ports == NULL || conf_failed(&setup->report) ||
        !ports_open(ports, server->ports, options, server->log)) {
        ports_free(ports);
        return false;
    }
    warn_of_restart(server, options);
    setup->options = NULL;
    if (!resolver_shared_reload(server->shared, options, options_complain, setup_read_file,
                                &setup->report)) {
        ports_free(ports);
        return false;
    }
    ports_free(server->ports);
    server->ports = ports;
    return true;
}

static void tell_threads(struct server *server)
{
    const struct daemon_options *options = &resolver_options(server->shared)->daemon;

    if (logger_set(server->logger, options, server->start->more_verbose, server->background) !=
        STATUS_OK)
        log_line(server->log, LOG_LEVEL_ERROR, "event=reload logfile=%s %s", options->logfile,
                 strerror(errno));
    follow(&server->threads[0]);
    server->following = 0;
    for (unsigned i = 1; i < server->thread_count; i++)
        if (loop_post(worker_loop(server->threads[i].worker), WORD_FOLLOW))
            server->following++;
    if (server->following == 0)
        all_followed(server);
}

static void reload(struct server *server)
{
    struct setup setup;
    bool good;

    if (server->following > 0) {
        server->reload_wanted = true;
        return;
    }
    good = setup_read(&setup, server->config_path) && swap(server, &setup);
    setup_log(&setup, server->log, RELOAD_LINES);
    if (!good)
        log_line(server->log, LOG_LEVEL_ERROR,
                 "event=reload failed; everything stays as it was");
    setup_clear(&setup);
    if (good)
        tell_threads(server);
}

/* ---- start ----------------------------------------------------------------------------------
 */

static uint64_t descriptors_wanted(const struct options *options, unsigned threads)
{
    return (uint64_t)threads * (options->upstream.outgoing_range +
                                options->upstream.outgoing_num_tcp + 2 * PORTS_MAX) +
           options->client.incoming_num_tcp + 64;
}

static void follow_name(char *path, const char *root, size_t size)
{
    if (size > 0 && path != NULL && strncmp(path, root, size) == 0 && path[size] == '/')
        memmove(path, path + size, strlen(path + size) + 1);
}

/* After a change of the root directory the same file has another name, if it has one at all. */
static void follow_chroot(struct server *server, const char *root)
{
    size_t size = root != NULL && geteuid() == 0 ? strlen(root) : 0;

    while (size > 0 && root[size - 1] == '/')
        size--;
    follow_name(server->config_path, root, size);
    follow_name(server->pid_path, root, size);
}

/* The part that may need root, and its end. */
static bool take_places(struct server *server, struct setup *setup)
{
    const struct options *options = setup->options;

    enter_directory(options);
    server->thread_count = count_threads(options);
    server->ports = ports_new(options, server->thread_count, &setup->report);
    if (server->ports == NULL || conf_failed(&setup->report)) {
        setup_log(setup, server->log, START_LINES);
        return false;
    }
    privs_raise_files(descriptors_wanted(options, server->thread_count));
    if (!ports_open(server->ports, NULL, options, server->log))
        return false;
    if (!server->start->no_pidfile && options->daemon.pidfile != NULL) {
        server->pid_path = strdup(options->daemon.pidfile);
        (void)privs_write_pid(server->pid_path, server->log);
    }
    if (logger_set(server->logger, &options->daemon, server->start->more_verbose, false) !=
        STATUS_OK) {
        log_line(server->log, LOG_LEVEL_ERROR, "event=start logfile=%s %s",
                 options->daemon.logfile, strerror(errno));
        return false;
    }
    follow_chroot(server, options->daemon.chroot);
    return privs_drop(&options->daemon, server->log);
}

static bool build(struct server *server, struct setup *setup)
{
    server->start_loop = loop_new(NULL);
    if (server->start_loop != NULL)
        server->shared = build_shared(setup, loop_world(server->start_loop));
    setup_log(setup, server->log, START_LINES);
    if (server->shared == NULL || conf_failed(&setup->report))
        return false;
    if (make_workers(server))
        return true;
    log_line(server->log, LOG_LEVEL_ERROR, "event=start out of memory or descriptors");
    return false;
}

static void say_started(const struct server *server)
{
    char text[ADDR_TEXT_MAX];

    log_line(server->log, LOG_LEVEL_INFO,
             "event=started pid=%ld threads=%u addresses=%zu first=%s config=%s",
             (long)getpid(), server->thread_count, server->ports->count,
             addr_to_text(&server->ports->list[0].addr, text),
             server->config_path != NULL ? server->config_path : "(defaults)");
}

static void clear(struct server *server)
{
    signal_loop = NULL;
    join_threads(server);
    for (unsigned i = 0; i < server->thread_count && server->threads != NULL; i++)
        worker_free(server->threads[i].worker);
    free(server->threads);
    ports_free(server->ports);
    resolver_shared_free(server->shared);
    loop_free(server->start_loop);
    if (server->pid_path != NULL)
        privs_remove_pid(server->pid_path);
    free(server->pid_path);
    free(server->config_path);
    logger_free(server->logger);
}

static bool go_to_background(struct server *server, const struct setup *setup, int *ready)
{
    *ready = -1;
    server->background = !server->start->foreground && setup->options->daemon.do_daemonize;
    if (!server->background)
        return true;
    *ready = privs_background();
    if (*ready == -1)
        log_line(server->log, LOG_LEVEL_ERROR, "event=start background: %s", strerror(errno));
    return *ready != -1;
}

static bool start(struct server *server, struct setup *setup, int *ready)
{
    if (!setup_read(setup, server->config_path)) {
        setup_log(setup, server->log, RELOAD_LINES);
        return false;
    }
    return go_to_background(server, setup, ready) && take_places(server, setup) &&
           build(server, setup) && start_threads(server);
}

static void run(struct server *server, int ready)
{
    const struct daemon_options *options = &resolver_options(server->shared)->daemon;

    signal_loop = worker_loop(server->threads[0].worker);
    catch_signals();
    if (server->background) {
        (void)logger_set(server->logger, options, server->start->more_verbose, true);
        privs_ready(ready);
    }
    logger_started(server->logger);
    server->netwatch = netwatch_new(signal_loop, network_changed, server);
    say_started(server);
    loop_run(signal_loop);
    netwatch_free(server->netwatch);
    log_line(server->log, LOG_LEVEL_INFO, "event=stopped");
}

int server_run(const struct server_start *start_)
{
    struct server server = {.start = start_};
    struct setup setup;
    int ready = -1;
    bool good;

    server.logger = logger_new();
    if (server.logger == NULL)
        return EXIT_FAILURE;
    server.log = logger_log(server.logger);
    server.config_path = absolute(start_->config);
    setup = (struct setup){.arena = NULL};
    good = (start_->config == NULL || server.config_path != NULL) &&
           start(&server, &setup, &ready);
    setup_clear(&setup);
    if (good)
        run(&server, ready);
    else
        stop_all(&server);
    clear(&server);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
