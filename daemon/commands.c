/*
 * commands.c - the commands about the daemon as a whole.
 *
 * Called by control.c, in the main thread.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "daemon/advice.h"
#include "daemon/cache_file.h"
#include "daemon/call.h"
#include "daemon/caps.h"
#include "daemon/sandbox.h"

static void say_cache(struct outline *out, const char *name, uint64_t entries, uint64_t size_bytes,
                      uint64_t most_bytes)
{
    outline_open(out, name);
    outline_number(out, "entries", (int64_t)entries);
    outline_number(out, "bytes", (int64_t)size_bytes);
    outline_number(out, "bytes-max", (int64_t)most_bytes);
    outline_close(out);
}

void command_status(struct call *call)
{
    struct server *server = call->server;
    struct resolver_shared *shared = server->shared;
    const struct options *options = resolver_options(shared);
    struct outline *out = &call->out;
    char text[ADDR_TEXT_MAX], user[ADVICE_USER_MAX], caps[CAPS_TEXT_MAX];

    outline_text(out, "version", PACKAGE_VERSION);
    outline_number(out, "pid", (int64_t)getpid());
    outline_number(out, "uptime", time_max((int64_t)time(NULL) - server->started_s, 0));
    outline_number(out, "uid", (int64_t)geteuid());
    outline_text(out, "user", advice_user(user));
    outline_text(out, "capabilities", caps_text(caps));
    outline_text(out, "sandbox", sandbox_state(server->sandbox));
    outline_text(out, "config", server->config_path != NULL ? server->config_path : "(defaults)");
    outline_number(out, "threads", server->thread_count);
    outline_text(out, "modules", options->validator.module_config);
    outline_open_list(out, "addresses");
    for (size_t i = 0; i < server->ports->count; i++)
        outline_text(out, NULL, addr_to_text(&server->ports->list[i].addr, text));
    outline_close(out);
    say_cache(out, "message cache", msg_cache_count(resolver_messages(shared)),
              msg_cache_size_bytes(resolver_messages(shared)), options->cache.msg_cache_size);
    say_cache(out, "RRset cache", rrset_cache_count(resolver_rrsets(shared)),
              rrset_cache_size_bytes(resolver_rrsets(shared)), options->cache.rrset_cache_size);
    cache_file_tell(server->cache_file, out);
    call_done(call);
}

/* The answer leaves before the process does: threads end at the next turn of their loops. */
void command_stop(struct call *call)
{
    struct server *server = call->server;

    log_line(server->log, LOG_LEVEL_INFO, "event=stop uid=%lu",
             (unsigned long)control_client_uid(call->client));
    call_done(call);
    server_stop(server);
}

void command_reload(struct call *call)
{
    server_reload(call->server, call);
}

/* ---- the log ---- */

void command_log_reopen(struct call *call)
{
    if (server_open_log(call->server, &call->log) == STATUS_OK)
        call_done(call);
    else
        call_failed(call, NULL);
}

static void follow_log(struct round *round, struct thread *thread)
{
    (void)round;
    worker_follow_log(thread->worker);
}

static void all_follow_log(struct round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct call, round);

    outline_text(&call->out, "log-level", log_level_text(server->log->level));
    call_done(call);
}

/* Other threads' levels are copies, so that none changes while it is read. */
void command_log_level(struct call *call)
{
    unsigned level = 0;

    if (call->count == 0) {
        all_follow_log(&call->round, call->server);
        return;
    }
    while (level < LOG_LEVELS && strcmp(call->words[0], log_level_text((enum log_level)level)) != 0)
        level++;
    if (level == LOG_LEVELS) {
        call_misused(call, "\"%s\" is no level: error, warn, info and debug are", call->words[0]);
        return;
    }
    logger_set_level(call->server->logger, (enum log_level)level);
    call->round = (struct round){.in_thread = follow_log, .done = all_follow_log};
    server_go_round(call->server, &call->round);
}
