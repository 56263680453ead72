/*
 * reload.c - a new configuration takes the place of the old one while questions run.
 *
 * Called by server.c (SIGHUP), by the command "reload", and by the commands that change
 * something at run time. One transaction: read, build and open all; only then swap and tell the
 * threads. They answer when they have followed, and until all have, a further reload or change
 * waits. After any error everything is as it was, and whoever asked is told why.
 *
 * A reload reads the files; a change does not, so that a file that is just being edited takes
 * effect when its editor says so. Both lay over it what was set since the start
 * (lib/overlay.h).
 */
#include <errno.h>
#include <string.h>

#include "daemon/cache_file.h"
#include "daemon/call.h"
#include "daemon/lacks.h"
#include "daemon/notify.h"
#include "daemon/nta_clock.h"
#include "daemon/page.h"
#include "daemon/sandbox.h"
#include "daemon/server_inside.h"
#include "daemon/stats_log.h"
#include "daemon/sweep.h"

enum { RELOAD_LINES = 20 };

static void next_reload(struct server *server)
{
    struct link *link;
    struct call *call;

    if (server->reload_wanted) {
        server->reload_wanted = false;
        server_reload(server, NULL);
    } else if ((link = list_take(&server->reloads)) != NULL) {
        call = CONTAINER_OF(link, struct call, waiting);
        if (call->change != NULL)
            server_change(server, call->change, call);
        else
            server_reload(server, call);
    }
}

static void follow_in_thread(struct round *round, struct thread *thread)
{
    (void)round;
    worker_refresh(thread->worker);
    if (!worker_follow_ports(thread->worker, thread->server->ports))
        log_line(thread->server->log, LOG_LEVEL_ERROR,
                 "event=listen thread=%u msg=an address could not be served: out of memory",
                 thread->index);
}

/* A reload follows all of the configuration; a change leaves alone what it did not speak of, as the
 * level that log-level has set. */
static void end_well(struct server *server)
{
    struct call *call = server->follower;

    server->follower = NULL;
    server->is_following = server->is_followed = false;
    if (server->follows_all) {
        stats_log_follow(server->stats_log);
        cache_file_follow(server->cache_file);
    }
    nta_clock_follow(server->nta_clock);
    if (!server->follows_change) {
        server_say_ready(server, "");
        lacks_tell(resolver_options(server->shared), server->log);
        log_line(server->log, LOG_LEVEL_INFO, "event=reloaded config=%s",
                 server->config_path != NULL ? server->config_path : "(defaults)");
    }
    if (call != NULL)
        call_done(call);
    next_reload(server);
}

void server_swept(struct server *server)
{
    if (server->is_followed && !sweep_is_busy(server->sweep))
        end_well(server);
}

/* Whoever asked for it hears of it when nothing of before is left in the caches. */
static void all_followed(struct round *round, struct server *server)
{
    (void)round;
    server->is_followed = true;
    sweep_begin(server->sweep);
    server_swept(server);
}

/* ---- what changes ---- */

struct changes {
    struct server *server;
    struct call *call;
    bool need_restart;
};

static void tell_change(void *context, const char *section, const char *name, bool at_restart)
{
    struct changes *changes = context;

    if (at_restart != changes->need_restart)
        return;
    if (changes->call != NULL)
        outline_printf(&changes->call->out, NULL, "%s%s%s",
                       strcmp(section, "server") == 0 ? "" : section,
                       strcmp(section, "server") == 0 ? "" : ": ", name);
    else if (at_restart)
        log_line(changes->server->log, LOG_LEVEL_WARN,
                 "event=reload option=%s msg=takes effect at a restart only", name);
}

static void tell_changes(struct server *server, const struct options *options,
                         struct call *call)
{
    const struct options *before = resolver_options(server->shared);
    struct changes changes = {server, call, false};

    for (int i = 0; i < 2; i++) {
        changes.need_restart = i == 1;
        if (call != NULL)
            outline_open_list(&call->out, i == 0 ? "changed" : "need a restart");
        options_changes(before, options, tell_change, &changes);
        if (call != NULL)
            outline_close(&call->out);
    }
}

/* What is logged, and where to, and when the cache is written follow a change that speaks of it. */
static void note_follower(void *context, const char *section, const char *name, bool at_restart)
{
    bool *has_follower = context;

    (void)section;
    if (!at_restart && (strncmp(name, "log", 3) == 0 || strncmp(name, "statistics-", 11) == 0 ||
                        strncmp(name, "cache-file", 10) == 0 || strcmp(name, "verbosity") == 0 ||
                        strcmp(name, "use-syslog") == 0))
        *has_follower = true;
}

/* ---- the transaction ---- */

/* @param change NULL: a reload. */
static bool swap(struct server *server, struct setup *setup, const struct change *change,
                 struct call *call, struct log *log)
{
    struct ports *ports = ports_new(setup->options, server->thread_count, &setup->report);
    struct options *options = setup->options;

    if (ports != NULL)
        ports->given = server->given;
    if (ports == NULL || conf_failed(&setup->report) ||
        !ports_open(ports, server->ports, options, log) ||
        !page_open(server->page, options, true, &setup->report, log)) {
        ports_free(ports);
        return false;
    }
    server->follows_all = change == NULL;
    if (change == NULL)
        tell_changes(server, options, call);
    else
        options_changes(resolver_options(server->shared), options, note_follower,
                        &server->follows_all);
    setup->options = NULL;
    if (!resolver_shared_reload(server->shared, options, options_complain, setup_read_file,
                                &setup->report)) {
        ports_free(ports);
        page_forget(server->page);
        return false;
    }
    page_follow(server->page);
    ports_free(server->ports);
    server->ports = ports;
    options_free(server->read);
    server->read = options_ref(setup->read);
    return true;
}

static void tell_threads(struct server *server, const struct change *change, struct call *call)
{
    const struct daemon_options *options = &resolver_options(server->shared)->daemon;

    if (server->follows_all &&
        logger_set(server->logger, options, server->start->more_verbose, server->background) !=
            STATUS_OK)
        log_line(server->log, LOG_LEVEL_ERROR, "event=reload logfile=%s msg=%s", options->logfile,
                 strerror(errno));
    server->follower = call;
    server->is_following = true;
    server->follows_change = change != NULL;
    server->follow = (struct round){.in_thread = follow_in_thread, .done = all_followed};
    server_go_round(server, &server->follow);
}

/* A file that the sandbox shuts off may be why it could not be read; that is told, too.
 * @param change NULL: a reload. */
static bool read_new(struct server *server, struct setup *setup, const struct change *change)
{
    bool good = change == NULL ? setup_read(setup, server->config_path, &server->overlay)
                               : setup_change(setup, server->read, &server->overlay);
    const struct options *options = setup->options != NULL ? setup->options : setup->read;

    return (options == NULL ||
            sandbox_covers(server->sandbox, options, &setup->report)) &&
           good;
}

static void end_badly(struct server *server, const struct change *change, struct call *call,
                      struct log *log)
{
    overlay_roll_back(&server->overlay);
    if (change == NULL) {
        log_line(log, LOG_LEVEL_ERROR, "event=reload msg=it failed; everything stays as it was");
        server_say_ready(server, "the last reload failed; ");
    } else {
        log_line(log, LOG_LEVEL_ERROR, "event=change msg=nothing was changed");
    }
    if (call != NULL)
        call_failed(call, NULL);
    next_reload(server);
}

/* Of a change only errors are told: warnings about the files were told when they were read. */
static void carry_out(struct server *server, struct change *change, struct call *call)
{
    struct log *log = call != NULL ? &call->log : server->log;
    struct setup setup;
    bool good;

    if (change == NULL)
        notify_reloading(server->notify);
    good = read_new(server, &setup, change) && swap(server, &setup, change, call, log);
    if (!good || change == NULL)
        setup_log(&setup, log, RELOAD_LINES);
    setup_clear(&setup);
    if (!good) {
        end_badly(server, change, call, log);
        return;
    }
    overlay_commit(&server->overlay);
    if (change == NULL)
        overlay_forget_unused(&server->overlay);
    else if (call != NULL)
        change->tell(change, call);
    tell_threads(server, change, call);
}

void server_reload(struct server *server, struct call *call)
{
    if (!server->is_following)
        carry_out(server, NULL, call);
    else if (call == NULL)
        server->reload_wanted = true;
    else
        list_append(&server->reloads, &call->waiting);
}

void server_change(struct server *server, struct change *change, struct call *call)
{
    if (server->is_following) {
        ASSERT(call != NULL);
        list_append(&server->reloads, &call->waiting);
    } else if (change->edit(change, call, &server->overlay)) {
        carry_out(server, change, call);
    } else {
        overlay_roll_back(&server->overlay);
        next_reload(server);
    }
}
