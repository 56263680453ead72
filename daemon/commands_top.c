/*
 * commands_top.c - the command top: all that a live view needs, from all threads at one moment.
 *
 * Called by control.c, in the main thread. Nothing is compared here and nothing is kept:
 * shrewctl (tools/top.c) takes the difference of two answers, so that however many look on,
 * none disturbs another.
 */
#include "config.h"
#include "daemon/gather.h"
#include "daemon/stats_round.h"
#include "services/query/failures.h"
#include "util/wire/types.h"

enum { TOP_SHOWN = 40 };

/* What one thread copies. */
struct top_share {
    struct stats stats;
    struct frequent zones, trouble;
};

static void collect_top(struct thread *thread, struct gathered *mine)
{
    const struct frequent *zones = failures_zones(mesh_failures(worker_mesh(thread->worker)));
    struct top_share *share = ARENA_NEW(mine->arena, struct top_share);

    if (share == NULL)
        return;
    worker_stats(thread->worker, &share->stats);
    if (zones != NULL)
        share->zones = *zones;
    share->trouble = *worker_trouble(thread->worker);
    mine->items = share;
    mine->count = 1;
}

/* ---- showing ---- */

static void add_all(struct frequent *sum, const struct frequent *more)
{
    for (size_t i = 0; i < more->count; i++)
        frequent_add(sum, &more->items[i]);
}

static void show_zones(struct call *call, struct frequent *zones)
{
    frequent_sort(zones);
    outline_open_list(&call->out, "zones");
    for (size_t i = 0; i < zones->count && i < TOP_SHOWN; i++) {
        const struct frequent_item *item = &zones->items[i];

        outline_open_row(&call->out);
        outline_bare(
            &call->out, "zone",
            arena_printf(call->arena, "%.*s", (int)item->size, (const char *)item->key));
        outline_number(&call->out, "failed", (int64_t)item->count);
        outline_number(&call->out, "over", (int64_t)item->over);
        outline_printf(&call->out, "last", "%u %s", (unsigned)item->note,
                       ede_words((uint16_t)item->note));
        outline_close(&call->out);
    }
    outline_close(&call->out);
}

static const char *trouble_word(uint32_t note, char text[TYPE_TEXT_MAX])
{
    switch (note) {
    case TROUBLE_SILENT: return "silent";
    case TROUBLE_UNREACHABLE: return "unreachable";
    case TROUBLE_MALFORMED: return "malformed";
    default: return rcode_to_text((uint16_t)note, text);
    }
}

static void show_server(struct call *call, const struct frequent_item *item)
{
    struct world *world = loop_world(worker_loop(call->server->threads[0].worker));
    struct addr addr = exchange_server_addr(slice_of(item->key, item->size));
    char text[ADDR_TEXT_MAX], word[TYPE_TEXT_MAX];
    struct infra infra;

    infra_get(resolver_infra(call->server->shared), &addr, dname_root, world_now_ms(world),
              &infra);
    outline_open_row(&call->out);
    outline_bare(&call->out, "server", addr_to_text(&addr, text));
    outline_number(&call->out, "failed", (int64_t)item->count);
    outline_number(&call->out, "over", (int64_t)item->over);
    outline_text(&call->out, "last", trouble_word(item->note, word));
    if (infra.srtt_ms != 0)
        outline_number(&call->out, "rtt_ms", infra.srtt_ms);
    outline_number(&call->out, "timeouts", infra.timeouts_in_row);
    outline_close(&call->out);
}

static void show_trouble(struct call *call, struct frequent *trouble)
{
    frequent_sort(trouble);
    outline_open_list(&call->out, "servers");
    for (size_t i = 0; i < trouble->count && i < TOP_SHOWN; i++)
        show_server(call, &trouble->items[i]);
    outline_close(&call->out);
}

static void show_threads(struct outline *out, const struct gathered *threads, unsigned count)
{
    outline_open_list(out, "threads");
    for (unsigned i = 0; i < count; i++) {
        const struct top_share *share = threads[i].items;

        if (share == NULL)
            continue;
        outline_open_row(out);
        outline_printf(out, "thread", "%u", i);
        outline_number(out, "queries", (int64_t)share->stats.requests.received);
        outline_number(out, "hits", (int64_t)share->stats.requests.hits);
        outline_number(out, "requests", (int64_t)share->stats.under_way);
        outline_close(out);
    }
    outline_close(out);
}

static void show_top(struct call *call, const struct gathered *threads, unsigned count)
{
    struct top_share *sum = ARENA_NEW(call->arena, struct top_share);

    for (unsigned i = 0; sum != NULL && i < count; i++) {
        const struct top_share *share = threads[i].items;

        if (share == NULL)
            continue;
        stats_add(&sum->stats, &share->stats);
        add_all(&sum->zones, &share->zones);
        add_all(&sum->trouble, &share->trouble);
    }
    if (sum == NULL)
        return;
    sum->stats.process = stats_of_process(call->server);
    outline_text(&call->out, "version", PACKAGE_VERSION);
    outline_number(&call->out, "uptime", stats_uptime_s(call->server));
    outline_open(&call->out, "stats");
    stats_show(&call->out, &sum->stats, true, true);
    outline_close(&call->out);
    show_threads(&call->out, threads, count);
    show_zones(call, &sum->zones);
    show_trouble(call, &sum->trouble);
}

/* --once and the like are shrewctl's business, and do not come here. */
void command_top(struct call *call)
{
    if (call->count > 0)
        call_misused(call, "usage: shrewctl top [--once]");
    else
        gather(call, collect_top, show_top);
}
