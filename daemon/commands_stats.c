/*
 * commands_stats.c - the commands that show what was counted.
 *
 * Called by control.c, in the main thread; a round collects the threads' counters.
 */
#include "config.h"
#include "daemon/call.h"
#include "daemon/metrics.h"
#include "daemon/stats_round.h"

struct collecting {
    struct call *call;
    struct stats_round round;
};

static void collect(struct call *call, void (*ready)(struct stats_round *, struct server *))
{
    struct collecting *collecting = ARENA_NEW(call->arena, struct collecting);

    if (collecting != NULL)
        collecting->round.of_thread =
            ARENA_ARRAY(call->arena, struct stats, call->server->thread_count);
    if (collecting == NULL || collecting->round.of_thread == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    collecting->call = call;
    collecting->round.ready = ready;
    stats_round_go(&collecting->round, call->server);
}

/* ---- stats ---- */

static void show_whole(struct call *call, const struct stats_round *round, bool fine)
{
    outline_number(&call->out, "time.up", stats_uptime_s(call->server));
    stats_show(&call->out, &round->whole, fine, true);
}

static void show(struct stats_round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct collecting, round)->call;

    show_whole(call, round, resolver_options(server->shared)->daemon.extended_statistics);
    call_done(call);
}

static void show_all(struct stats_round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct collecting, round)->call;

    show_whole(call, round, true);
    outline_open_list(&call->out, "threads");
    for (unsigned i = 0; i < server->thread_count; i++) {
        outline_open(&call->out, NULL);
        outline_number(&call->out, "thread", i);
        stats_show(&call->out, &round->of_thread[i], true, false);
        outline_close(&call->out);
    }
    outline_close(&call->out);
    call_done(call);
}

void command_stats(struct call *call)
{
    collect(call, show);
}

void command_stats_all(struct call *call)
{
    collect(call, show_all);
}

/* ---- metrics ---- */

static void show_metrics(struct stats_round *round, struct server *server)
{
    struct call *call = CONTAINER_OF(round, struct collecting, round)->call;
    struct metrics_source source = {&round->whole, round->of_thread, server->thread_count,
                                    PACKAGE_VERSION};
    struct text text = text_in(call->arena);

    if (call->out.form == OUTLINE_JSON) {
        metrics_show(&call->out, &source);
        call_done(call);
        return;
    }
    metrics_text(&text, &source);
    call_done_with(call, text_done(&text));
}

void command_metrics(struct call *call)
{
    collect(call, show_metrics);
}
