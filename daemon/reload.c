/*
 * reload.c - a new configuration takes the place of the old one while questions run.
 *
 * Called by server.c (SIGHUP) and by the command "reload". One transaction: read, build and open all;
 * only then swap and tell the threads. They answer when they have followed, and until all have, a
 * further reload waits. After any error everything is as it was, and whoever asked is told why.
 */
#include <errno.h>
#include <string.h>

#include "daemon/cache_file.h"
#include "daemon/call.h"
#include "daemon/notify.h"
#include "daemon/sandbox.h"
#include "daemon/server_inside.h"
#include "daemon/stats_log.h"

enum { RELOAD_LINES = 20 };

static void next_reload(struct server *server)
{
    struct link *link;

    if (server->reload_wanted) {
        server->reload_wanted = false;
        server_reload(server, NULL);
    } else if ((link = list_take(&server->reloads)) != NULL) {
        server_reload(server, CONTAINER_OF(link, struct call, waiting));
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

static void all_followed(struct round *round, struct server *server)
{
    struct call *call = server->follower;

    (void)round;
    stats_log_follow(server->stats_log);
    cache_file_follow(server->cache_file);
    server->follower = NULL;
    server->is_following = false;
    server_say_ready(server, "");
    log_line(server->log, LOG_LEVEL_INFO, "event=reloaded config=%s",
             server->config_path != NULL ? server->config_path : "(defaults)");
    if (call != NULL)
        call_done(call);
    next_reload(server);
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

/* ---- the transaction ---- */

static bool swap(struct server *server, struct setup *setup, struct call *call, struct log *log)
{
    struct ports *ports = ports_new(setup->options, server->thread_count, &setup->report);
    struct options *options = setup->options;

    if (ports != NULL)
        ports->given = server->given;
    if (ports == NULL || conf_failed(&setup->report) ||
        !ports_open(ports, server->ports, options, log)) {
        ports_free(ports);
        return false;
    }
    tell_changes(server, options, call);
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

static void tell_threads(struct server *server, struct call *call)
{
    const struct daemon_options *options = &resolver_options(server->shared)->daemon;

    if (logger_set(server->logger, options, server->start->more_verbose, server->background) !=
        STATUS_OK)
        log_line(server->log, LOG_LEVEL_ERROR, "event=reload logfile=%s msg=%s", options->logfile,
                 strerror(errno));
    server->follower = call;
    server->is_following = true;
    server->follow = (struct round){.in_thread = follow_in_thread, .done = all_followed};
    server_go_round(server, &server->follow);
}

/* A file that the sandbox shuts off may be why it could not be read; that is told, too. */
static bool read_new(const struct server *server, struct setup *setup)
{
    bool good = setup_read(setup, server->config_path);

    return (setup->options == NULL ||
            sandbox_covers(server->sandbox, setup->options, &setup->report)) &&
           good;
}

void server_reload(struct server *server, struct call *call)
{
    struct log *log = call != NULL ? &call->log : server->log;
    struct setup setup;
    bool good;

    if (server->is_following && call == NULL) {
        server->reload_wanted = true;
        return;
    }
    if (server->is_following) {
        list_append(&server->reloads, &call->waiting);
        return;
    }
    notify_reloading(server->notify);
    good = read_new(server, &setup) && swap(server, &setup, call, log);
    setup_log(&setup, log, RELOAD_LINES);
    setup_clear(&setup);
    if (good) {
        tell_threads(server, call);
        return;
    }
    log_line(log, LOG_LEVEL_ERROR, "event=reload msg=it failed; everything stays as it was");
    server_say_ready(server, "the last reload failed; ");
    if (call != NULL)
        call_failed(call, NULL);
    next_reload(server);
}
