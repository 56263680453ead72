/*
 * commands_questions.c - the commands that show questions: those under way, and the last that
 * failed.
 *
 * Called by control.c, in the main thread; each thread tells of its own.
 */
#include "daemon/gather.h"
#include "services/query/failures.h"
#include "services/query/trace_text.h"

/* ---- requests ---- */

struct request_row {
    const char *question, *state, *last;
    int64_t age_ms, left_ms;
    size_t clients;
    unsigned depth;
    bool is_prefetch;
    uint32_t spent[COSTS], most[COSTS];
};

struct row_room {
    struct gathered *mine;
    size_t size;
};

static const char *question_text(struct arena *arena, struct dname qname, uint16_t qtype)
{
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    return arena_printf(arena, "%s/%s", dname_to_reason(qname, name),
                        rrtype_to_text(qtype, type));
}

static size_t list_count(const struct list *list)
{
    size_t count = 0;

    LIST_EACH(list, link)
    count++;
    return count;
}

static void fill_row(struct request_row *row, const struct query *query, struct arena *arena)
{
    const struct trace_event *last = trace_last(query->trace);
    struct text text = text_in(arena);

    row->question = question_text(arena, query->question.qname, query->question.qtype);
    row->state = query->env->modules[query->module]->name;
    if (last != NULL) {
        trace_event_text(&text, last);
        row->last = text_done(&text);
    }
    row->age_ms = query_now_ms(query) - query->started_ms;
    row->left_ms = time_max(query->budget->deadline_ms - query_now_ms(query), 0);
    row->clients = list_count(&query->clients);
    row->depth = query->depth;
    row->is_prefetch = query->nobody_waits;
    for (unsigned i = 0; i < COSTS; i++) {
        row->most[i] = query->env->limits.most[i];
        row->spent[i] = row->most[i] - query->budget->left[i];
    }
}

static void add_row(void *context, const struct query *query)
{
    struct row_room *room = context;
    struct request_row *rows = room->mine->items;

    if (room->mine->count < room->size)
        fill_row(&rows[room->mine->count++], query, room->mine->arena);
}

static void collect_requests(struct thread *thread, struct gathered *mine)
{
    const struct mesh *mesh = worker_mesh(thread->worker);
    struct row_room room = {mine, mesh_size(mesh)};

    mine->items = ARENA_ARRAY(mine->arena, struct request_row, room.size + 1);
    if (mine->items != NULL)
        mesh_each(mesh, add_row, &room);
}

static void show_request(struct outline *out, const struct request_row *row, unsigned thread)
{
    outline_open_row(out);
    outline_bare(out, "question", row->question);
    outline_number(out, "thread", thread);
    outline_number(out, "age_ms", row->age_ms);
    outline_number(out, "left_ms", row->left_ms);
    outline_number(out, "clients", (int64_t)row->clients);
    outline_number(out, "depth", row->depth);
    if (row->is_prefetch)
        outline_bool(out, "prefetch", true);
    outline_text(out, "module", row->state);
    for (unsigned i = 0; i < COSTS; i++)
        if (row->spent[i] != 0)
            outline_printf(out, cost_name((enum cost)i), "%u/%u", row->spent[i], row->most[i]);
    outline_text(out, "last", row->last);
    outline_close(out);
}

static void show_requests(struct call *call, const struct gathered *threads, unsigned count)
{
    outline_open_list(&call->out, "requests");
    for (unsigned i = 0; i < count; i++)
        for (size_t k = 0; k < threads[i].count; k++)
            show_request(&call->out, &((const struct request_row *)threads[i].items)[k], i);
    outline_close(&call->out);
}

void command_requests(struct call *call)
{
    gather(call, collect_requests, show_requests);
}

/* ---- failures ---- */

static void collect_failures(struct thread *thread, struct gathered *mine)
{
    mine->items =
        failures_copy(mesh_failures(worker_mesh(thread->worker)), mine->arena, &mine->count);
}

static void show_failure(struct outline *out, const struct failure *failure,
                         struct arena *arena)
{
    char rcode[TYPE_TEXT_MAX], time[15];

    text_time(failure->wall_s, time);
    outline_open(out, NULL);
    outline_text(out, "question", question_text(arena, failure->name, failure->type));
    outline_printf(out, "time", "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", time, time + 4, time + 6,
                   time + 8, time + 10, time + 12);
    outline_number(out, "times", failure->times);
    outline_number(out, "took_ms", failure->took_ms);
    outline_text(out, "rcode", rcode_to_text(failure->rcode, rcode));
    call_reasons(out, &failure->reasons);
    outline_open_list(out, "events");
    for (size_t i = 0; i < failure->line_count; i++)
        outline_text(out, NULL, failure->lines[i]);
    outline_close(out);
    outline_close(out);
}

/* The latest of all threads that is not shown yet; each thread's come with the latest first. */
static const struct failure *next_failure(const struct gathered *threads, unsigned count,
                                          size_t *shown)
{
    const struct failure *found = NULL;
    unsigned from = 0;

    for (unsigned i = 0; i < count; i++) {
        const struct failure *list = threads[i].items;

        if (shown[i] < threads[i].count &&
            (found == NULL || list[shown[i]].wall_s > found->wall_s)) {
            found = &list[shown[i]];
            from = i;
        }
    }
    if (found != NULL)
        shown[from]++;
    return found;
}

static void show_failures(struct call *call, const struct gathered *threads, unsigned count)
{
    size_t *shown = ARENA_ARRAY(call->arena, size_t, count);
    const struct failure *failure;

    outline_open_list(&call->out, "failures");
    while (shown != NULL && (failure = next_failure(threads, count, shown)) != NULL)
        show_failure(&call->out, failure, call->arena);
    outline_close(&call->out);
}

void command_failures(struct call *call)
{
    gather(call, collect_failures, show_failures);
}
