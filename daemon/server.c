/*
 * server.c - starts the threads, follows signals, takes everything down again.
 *
 * Called by shrewd.c. Life: configuration, background, sockets, rights given up, shared part,
 * workers, threads; the first worker runs in the main thread, hears the signals and takes the
 * commands. After SIGTERM or the command "stop" the threads end, then all is freed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/advice.h"
#include "daemon/anchor_file.h"
#include "daemon/cache_file.h"
#include "daemon/control.h"
#include "daemon/given.h"
#include "daemon/lacks.h"
#include "daemon/notify.h"
#include "daemon/nta_clock.h"
#include "daemon/page.h"
#include "daemon/privs.h"
#include "daemon/sandbox.h"
#include "daemon/server_inside.h"
#include "daemon/snapshot_job.h"
#include "daemon/sweep.h"
#include "daemon/stats_log.h"
#include "daemon/watchdog.h"
#include "lib/options_files.h"
#include "lib/page_places.h"

enum {
    THREADS_MAX = 1024,
    START_LINES = 5, /* of warnings; at start there are at most ten lines in all */
    CHECK_LINES = 20
};

/* What is posted from thread to thread, and by the signal handler. */
enum word {
    WORD_STOP = 1,
    WORD_RELOAD,
    WORD_ROUND,
    WORD_ROUND_DONE,
    WORD_OPEN_LOG,
    WORD_JOB_OVER,
    WORD_SWEEP,
    WORD_SWEEP_OVER
};

/* The signal handler's only way in. */
static struct loop *volatile signal_loop;

static void on_signal(int number)
{
    if (signal_loop != NULL)
        (void)loop_post(signal_loop, number == SIGHUP    ? WORD_RELOAD
                                     : number == SIGUSR1 ? WORD_OPEN_LOG
                                                         : WORD_STOP);
}

/* While it starts, none of these may end it as they would by themselves; SIGUSR2 means nothing. */
static void ignore_signals(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGUSR2, SIG_IGN);
}

static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_signal;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
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
    struct page_places places;
    bool good = loop != NULL && setup_read(&setup, start->config, NULL);

    if (good) {
        enter_directory(setup.options);
        ports = ports_new(setup.options, 1, &setup.report);
        (void)page_places_read(setup.options, &places, &setup.report);
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

static void begin_round(struct server *server)
{
    struct link *first = list_first(&server->rounds);

    if (server->round != NULL || first == NULL)
        return;
    list_remove(first);
    server->round = CONTAINER_OF(first, struct round, link);
    server->round_left = 1;
    for (unsigned i = 1; i < server->thread_count; i++)
        if (loop_post(worker_loop(server->threads[i].worker), WORD_ROUND))
            server->round_left++;
    server->round->in_thread(server->round, &server->threads[0]);
    (void)loop_post(worker_loop(server->threads[0].worker), WORD_ROUND_DONE);
}

void server_go_round(struct server *server, struct round *round)
{
    list_append(&server->rounds, &round->link);
    begin_round(server);
}

static void end_round(struct server *server)
{
    struct round *round = server->round;

    if (--server->round_left > 0)
        return;
    server->round = NULL;
    round->done(round, server);
    begin_round(server);
}

static void stop_others(struct server *server)
{
    for (unsigned i = 0; i < server->thread_count && server->threads != NULL; i++)
        if (server->threads[i].running)
            (void)loop_post(worker_loop(server->threads[i].worker), WORD_STOP);
}

void server_stop(struct server *server)
{
    (void)loop_post(worker_loop(server->threads[0].worker), WORD_STOP);
}

/* For programs that move log files away and want no more than a new one. The level stays as it
 * is. */
enum status server_open_log(struct server *server, struct log *log)
{
    const struct daemon_options *options = &resolver_options(server->shared)->daemon;
    enum log_level level = server->log->level;
    enum status status =
        logger_set(server->logger, options, server->start->more_verbose, server->background);

    if (status != STATUS_OK)
        log_line(log, LOG_LEVEL_ERROR, "event=open-log logfile=%s msg=%s", options->logfile,
                 strerror(errno));
    logger_set_level(server->logger, level);
    return status;
}

bool server_post_job_over(struct server *server)
{
    return loop_post(worker_loop(server->threads[0].worker), WORD_JOB_OVER);
}

bool server_post_sweep(struct server *server)
{
    return loop_post(worker_loop(server->threads[0].worker), WORD_SWEEP);
}

bool server_post_sweep_over(struct server *server)
{
    return loop_post(worker_loop(server->threads[0].worker), WORD_SWEEP_OVER);
}

/* While a change is on its way to all threads, reload.c begins with it afterwards. */
static void begin_sweep(struct server *server)
{
    if (!server->is_following)
        sweep_begin(server->sweep);
}

static void end_sweep(struct server *server)
{
    sweep_end(server->sweep);
    server_swept(server);
}

/* In the thread's own loop. What is not for all comes to the main thread only. */
static void on_word(void *context, uint8_t word)
{
    struct thread *thread = context;
    struct server *server = thread->server;

    switch (word) {
    case WORD_STOP:
        if (thread->index == 0) {
            notify_say(server->notify, "STOPPING=1\nSTATUS=ending");
            stop_others(server);
        }
        loop_stop(worker_loop(thread->worker));
        break;
    case WORD_RELOAD: server_reload(server, NULL); break;
    case WORD_ROUND:
        server->round->in_thread(server->round, thread);
        (void)loop_post(worker_loop(server->threads[0].worker), WORD_ROUND_DONE);
        break;
    case WORD_ROUND_DONE: end_round(server); break;
    case WORD_OPEN_LOG: (void)server_open_log(server, server->log); break;
    case WORD_JOB_OVER: snapshot_jobs_end(server); break;
    case WORD_SWEEP: begin_sweep(server); break;
    case WORD_SWEEP_OVER: end_sweep(server); break;
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
        struct worker_place place = {i, server->thread_count, server->shared, server->log,
                                     taps_of(server->taps, i)};

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
    server->ports->given = server->given;
    privs_raise_files(descriptors_wanted(options, server->thread_count));
    if (!ports_open(server->ports, NULL, options, server->log))
        return false;
    server->page = page_new(server);
    if (server->page == NULL ||
        !page_open(server->page, options, false, &setup->report, server->log)) {
        setup_log(setup, server->log, START_LINES);
        return false;
    }
    if (!server->start->no_pidfile && options->daemon.pidfile != NULL) {
        server->pid_path = strdup(options->daemon.pidfile);
        (void)privs_write_pid(server->pid_path, server->log);
    }
    if (logger_set(server->logger, &options->daemon, server->start->more_verbose, false) !=
        STATUS_OK) {
        char advice[ADVICE_MAX];
        int error = errno;

        log_line(server->log, LOG_LEVEL_ERROR, "event=start logfile=%s msg=%s; %s",
                 options->daemon.logfile, strerror(error),
                 advice_on_file(error, options->daemon.logfile, advice));
        return false;
    }
    follow_chroot(server, options->daemon.chroot);
    server->control_fd = control_open(options, server->log);
    return privs_drop(options, server->log);
}

/* The resolver's texts of auto-trust-anchor-file; in the main thread, as the reload is. */
static bool write_anchors(void *context, const char *name, const char *known, const char *text)
{
    struct server *server = context;
    const char *root = resolver_options(server->shared)->daemon.chroot;

    return anchor_file_write(options_path_inside(root, name), known, text, server->log);
}

/* A file that cannot be written is told at the start, not after hours. */
static bool keep_anchors(struct server *server)
{
    const struct options *options = resolver_options(server->shared);
    const struct opt_list *files = &options->validator.auto_trust_anchor_file;

    for (size_t i = 0; i < files->count; i++)
        (void)anchor_file_check(
            options_path_inside(options->daemon.chroot, files->items[i].text), server->log);
    return worker_keep_anchors(server->threads[0].worker, write_anchors, server);
}

/* Before the first thread, whosesoever: they inherit what this one may, and it is too late for
 * those that are there. */
static bool give_up_paths(struct server *server)
{
    const struct options *options = resolver_options(server->shared);

    privs_tell_unreadable(options, server->log);
    lacks_tell(options, server->log);
    server->sandbox = sandbox_close(options, server->log);
    if (server->sandbox == NULL)
        log_line(server->log, LOG_LEVEL_ERROR, "event=start msg=out of memory");
    return server->sandbox != NULL;
}

static bool build(struct server *server, struct setup *setup)
{
    server->start_loop = loop_new(NULL);
    if (server->start_loop != NULL)
        server->shared = build_shared(setup, loop_world(server->start_loop));
    setup_log(setup, server->log, START_LINES);
    if (server->shared == NULL || conf_failed(&setup->report))
        return false;
    server->read = options_ref(setup->read);
    if (!give_up_paths(server))
        return false;
    server->taps = taps_new(resolver_options(server->shared), server->thread_count, server->log);
    if (make_workers(server) && keep_anchors(server)) {
        worker_warm_up(server->threads[0].worker);
        return true;
    }
    log_line(server->log, LOG_LEVEL_ERROR, "event=start msg=out of memory or descriptors");
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

void server_say_ready(struct server *server, const char *words)
{
    notify_say(server->notify, "READY=1\nMAINPID=%ld\nSTATUS=%sanswering on %zu address%s",
               (long)getpid(), words, server->ports->count,
               server->ports->count == 1 ? "" : "es");
}

static void clear(struct server *server)
{
    signal_loop = NULL;
    join_threads(server);
    if (server->control != NULL)
        control_free(server->control);
    else if (server->control_fd != -1)
        close(server->control_fd);
    page_free(server->page);
    stats_log_free(server->stats_log);
    watchdog_free(server->watchdog);
    nta_clock_free(server->nta_clock);
    sweep_free(server->sweep);
    for (unsigned i = 0; i < server->thread_count && server->threads != NULL; i++)
        worker_free(server->threads[i].worker);
    free(server->threads);
    taps_free(server->taps);
    ports_free(server->ports);
    given_free(server->given);
    notify_free(server->notify);
    sandbox_free(server->sandbox);
    resolver_shared_free(server->shared);
    overlay_clear(&server->overlay);
    options_free(server->read);
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
        log_line(server->log, LOG_LEVEL_ERROR, "event=start msg=background: %s", strerror(errno));
    return *ready != -1;
}

static bool start(struct server *server, struct setup *setup, int *ready)
{
    if (!setup_read(setup, server->config_path, NULL)) {
        setup_log(setup, server->log, CHECK_LINES);
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
    server->started_s = (int64_t)time(NULL);
    if (server->control_fd != -1)
        server->control = control_new(server, server->control_fd);
    page_follow(server->page);
    server->netwatch = netwatch_new(signal_loop, network_changed, server);
    server->stats_log = stats_log_new(server);
    server->watchdog = watchdog_new(server);
    server->nta_clock = nta_clock_new(server);
    server->sweep = sweep_new(server);
    say_started(server);
    given_tell_unused(server->given, server->log);
    server_say_ready(server, "");
    server->cache_file = cache_file_new(server);
    loop_run(signal_loop);
    cache_file_free(server->cache_file);
    netwatch_free(server->netwatch);
    log_line(server->log, LOG_LEVEL_INFO, "event=stopped");
}

int server_run(const struct server_start *start_)
{
    struct server server = {.start = start_, .control_fd = -1};
    struct setup setup;
    int ready = -1;
    bool good;

    server.logger = logger_new();
    if (server.logger == NULL)
        return EXIT_FAILURE;
    server.log = logger_log(server.logger);
    list_init(&server.rounds);
    list_init(&server.reloads);
    ignore_signals();
    list_init(&server.jobs);
    server.given = given_take();
    server.notify = notify_new();
    overlay_init(&server.overlay);
    server.config_path = absolute(start_->config);
    setup = (struct setup){.arena = NULL};
    good = (start_->config == NULL || server.config_path != NULL) &&
           start(&server, &setup, &ready);
    setup_clear(&setup);
    if (good)
        run(&server, ready);
    else
        stop_others(&server);
    clear(&server);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
