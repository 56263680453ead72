/*
 * replay_run.c - plays one scenario: steps, canned servers, collected answers.
 *
 * Called by replay.c and by tests. One run: the configuration makes a resolver on a simulated
 * world and canned servers; rounds follow until the last step is done or something is not as
 * expected; what is left over at the end is a failure too; then everything is freed.
 */
#include "testcode/replay_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/resolver.h"
#include "testcode/replay_defaults.h"
#include "testcode/replay_files.h"
#include "testcode/replay_macro.h"
#include "testcode/replay_match.h"
#include "testcode/replay_parse.h"
#include "testcode/replay_upstream.h"
#include "testcode/replay_world.h"
#include "util/conf/conf.h"

enum { ROUNDS_MAX = 5000, TIMERS_MAX = 100000 };

/** An answer to a client that no step has looked at yet. */
struct reply {
    struct link link;
    struct addr client;
    struct slice wire;
    struct packet packet;
    bool readable, tcp;
};

struct run {
    const char *name;
    const struct replay_report *report;
    struct arena *arena;
    struct scenario *scenario;
    const struct replay_step *step; /* the current one; NULL behind the last */
    struct replay_world world;
    struct replay_upstream upstream;
    struct channel udp, tcp;
    struct log log;
    struct resolver_shared *shared;
    struct resolver *resolver;
    struct list replies; /* of struct reply, the oldest first */
    struct macros macros;
    struct replay_files files;
    uint64_t spent[WORK_KINDS]; /* until the last CHECK_WORK */
    bool failed;
};

/* ---- telling
 * ---------------------------------------------------------------------------------- */

static void say(const struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fail(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(const struct run *run, const char *format, ...)
{
    va_list list;

    if (run->report->verbose == 0)
        return;
    va_start(list, format);
    vfprintf(run->report->out, format, list);
    va_end(list);
}

/* The first failure of a scenario is told with its step; @return false. */
static bool fail(struct run *run, const char *format, ...)
{
    FILE *out = run->report->out;
    va_list list;

    if (run->failed)
        return false;
    run->failed = true;
    if (run->step != NULL)
        fprintf(out, "%s:%d: step %d %s: ", run->name, run->step->line, run->step->number,
                step_type_text(run->step->type));
    else
        fprintf(out, "%s: ", run->name);
    va_start(list, format);
    vfprintf(out, format, list);
    va_end(list);
    fputc('\n', out);
    return false;
}

static void tell_packet(const struct run *run, const char *head, const struct packet *packet)
{
    fprintf(run->report->out, "  %s:\n%s", head, packet_text(packet, run->arena));
}

static void say_wire(const struct run *run, struct slice wire)
{
    struct packet packet;

    if (run->report->verbose == 0)
        return;
    if (packet_read(wire, run->arena, &packet) == STATUS_OK)
        fputs(packet_text(&packet, run->arena), run->report->out);
    else
        fprintf(run->report->out, "    %zu octets that are no message\n", wire.size);
}

static void write_log(struct log *log, struct log_record *record)
{
    const struct run *run = CONTAINER_OF(log, struct run, log);
    char line[LOG_LINE_MAX];

    log_render(record, LOG_TEXT, NULL, 0, line, sizeof(line));
    say(run, "    log %s: %s\n", log_level_text(record->level), line);
}

/* ---- clients
 * ---------------------------------------------------------------------------------- */

static void collect(struct run *run, const struct peer *peer, struct slice message, bool tcp)
{
    struct reply *reply = ARENA_NEW(run->arena, struct reply);
    char text[ADDR_TEXT_MAX];

    say(run, "  answer to %s:\n", addr_to_text(&peer->from, text));
    if (message.size == 0) {
        say(run, "    none\n");
        return;
    }
    say_wire(run, message);
    if (reply == NULL || (reply->wire = arena_copy(run->arena, message)).data == NULL) {
        fail(run, "no memory");
        return;
    }
    reply->client = peer->from;
    reply->tcp = tcp;
    reply->readable = packet_read(reply->wire, run->arena, &reply->packet) == STATUS_OK;
    list_append(&run->replies, &reply->link);
}

static void send_udp(struct channel *channel, const struct peer *peer, struct slice message)
{
    collect(CONTAINER_OF(channel, struct run, udp), peer, message, false);
}

static void send_tcp(struct channel *channel, const struct peer *peer, struct slice message)
{
    collect(CONTAINER_OF(channel, struct run, tcp), peer, message, true);
}

/* The run outlives every request. */
static void hold(struct channel *channel)
{
    (void)channel;
}

/* ---- the resolver
 * ----------------------------------------------------------------------------- */

static const char *read_scenario_file(void *context, const char *name, struct arena *arena)
{
    const struct run *run = context;
    const struct scenario_file *file = scenario_file_by_name(run->scenario, name);

    return file != NULL ? arena_text(arena, file->text) : NULL;
}

static bool write_scenario_file(void *context, const char *name, const char *known,
                                const char *text)
{
    struct run *run = context;

    (void)known; /* nobody else writes here */
    say(run, "  file %s is written\n", name);
    return replay_files_write(&run->files, name, text);
}

/* A setting that cannot be. */
static void tell_complaint(void *context, const struct opt_item *item, const char *words)
{
    const struct run *run = context;

    fprintf(run->report->out, "%s:%d: %s\n",
            item != NULL && item->file != NULL ? item->file : run->name,
            item != NULL ? item->line : 0, words);
}

static void tell_config(const struct run *run, const struct conf_report *report)
{
    const char *text = conf_report_text(report, run->arena);

    fputs(text != NULL ? text : "no memory\n", run->report->out);
}

/* @param more lines of the server section; "": none. */
static struct options *read_options(struct run *run, const char *more,
                                    struct conf_report *report)
{
    struct options *options = options_new();
    const char *text = run->scenario->config;

    if (options == NULL)
        return NULL;
    if (options_read_text(options, "replay-defaults.conf", replay_defaults,
                          strlen(replay_defaults), report) == STATUS_OK &&
        options_read_text(options, run->name, text, strlen(text), report) == STATUS_OK &&
        options_read_text(options, run->name, more, strlen(more), report) == STATUS_OK)
        return options;
    options_free(options);
    return NULL;
}

/* What no option can say: algorithms whose signatures count as good (for scenarios only). */
static struct resolver_hooks read_hooks(const struct options *options)
{
    struct resolver_hooks hooks = {.documentation_routable = true,
                                   .no_built_in_anchors = true,
                                   .check_memos = true};
    size_t count;
    const struct conf_ignored *ignored = options_ignored(options, &count);

    for (size_t i = 0; i < count; i++) {
        if (ignored[i].name == NULL || strcmp(ignored[i].value, "yes") != 0)
            continue;
        hooks.fake_sha1 = hooks.fake_sha1 || strcmp(ignored[i].name, "fake-sha1") == 0;
        hooks.fake_dsa = hooks.fake_dsa || strcmp(ignored[i].name, "fake-dsa") == 0;
    }
    return hooks;
}

static void question_sent(void *context, struct pending *pending);

static bool make_resolver(struct run *run)
{
    struct conf_report report;
    struct options *options;
    struct resolver_hooks hooks;

    conf_report_init(&report, run->arena);
    options = read_options(run, "", &report);
    if (options != NULL) {
        hooks = read_hooks(options);
        run->shared = resolver_shared_new(options, &run->world.world, &hooks, tell_complaint,
                                          read_scenario_file, run);
    }
    if (run->shared == NULL || run->report->verbose > 0)
        tell_config(run, &report);
    if (run->shared == NULL)
        return fail(run, "the configuration cannot be used");
    replay_upstream_init(&run->upstream, &run->world.world, resolver_infra(run->shared),
                         &resolver_options(run->shared)->upstream, run->arena);
    run->upstream.sent = question_sent;
    run->upstream.context = run;
    run->resolver =
        resolver_new(run->shared, &run->world.world, &run->upstream.upstream, &run->log);
    return (run->resolver != NULL &&
            resolver_keep_anchors(run->resolver, write_scenario_file, run)) ||
           fail(run, "no memory");
}

/* ---- outgoing questions
 * ----------------------------------------------------------------------- */

static void say_pending(const struct run *run, const struct pending *pending, const char *what)
{
    char text[ADDR_TEXT_MAX], name[DNAME_TEXT_MAX];

    say(run, "  %s %s%s (zone %s)\n", what, addr_to_text(&pending->ask->server, text),
        pending->tcp ? " tcp" : "", dname_to_text(pending->ask->zone, name));
}

static bool out_query_matches(struct run *run, const struct pending *pending)
{
    const struct replay_step *step = run->step;

    return step != NULL && step->type == STEP_CHECK_OUT_QUERY &&
           (!step->has_address || addr_equal(&step->address, &pending->ask->server)) &&
           entry_matches(step->entry, &pending->packet, pending->tcp, run->arena, NULL);
}

static void next_step(struct run *run)
{
    if (run->step != NULL)
        run->step = run->step->next;
    if (run->step != NULL)
        say(run, "step %d %s (line %d)\n", run->step->number, step_type_text(run->step->type),
            run->step->line);
}

/* A question that a CHECK_OUT_QUERY step waits for is seen in the act of sending. */
static void question_sent(void *context, struct pending *pending)
{
    struct run *run = context;

    say_pending(run, pending, "question to");
    if (run->report->verbose > 0)
        fputs(packet_text(&pending->packet, run->arena), run->report->out);
    if (out_query_matches(run, pending))
        next_step(run);
}

static void deliver(struct run *run, struct pending *pending, const struct entry *entry)
{
    struct slice wire = entry_wire(entry, &entry->first, &pending->packet, run->arena);

    say_pending(run, pending, "answer from");
    if (wire.data == NULL) {
        fail(run, "the entry at line %d makes no message", entry->line);
        return;
    }
    say_wire(run, wire);
    replay_upstream_answer(&run->upstream, pending, wire);
    resolver_run(run->resolver);
}

static const struct entry *find_canned(struct run *run, const struct pending *pending)
{
    for (const struct range *range = run->scenario->ranges; range != NULL;
         range = range->next) {
        if (run->step->number < range->first || run->step->number > range->last ||
            (range->has_server && !addr_equal(&range->server, &pending->ask->server)))
            continue;
        for (const struct entry *entry = range->entries; entry != NULL; entry = entry->next)
            if (entry_matches(entry, &pending->packet, pending->tcp, run->arena, NULL))
                return entry;
    }
    return NULL;
}

static bool answer_from_ranges(struct run *run)
{
    struct list *list = &run->upstream.pending;

    for (struct link *at = list->head.before; at != &list->head; at = at->before) {
        struct pending *pending = CONTAINER_OF(at, struct pending, link);
        const struct entry *entry = find_canned(run, pending);

        if (entry != NULL) {
            deliver(run, pending, entry);
            return true;
        }
    }
    return false;
}

static bool check_out_query(struct run *run)
{
    struct list *list = &run->upstream.pending;

    for (struct link *at = list->head.before; at != &list->head; at = at->before) {
        struct pending *pending = CONTAINER_OF(at, struct pending, link);
        const struct entry *entry = run->step != NULL ? run->step->entry : NULL;

        if (!out_query_matches(run, pending))
            continue;
        next_step(run);
        if (entry->adjust & ADJUST_COPY_ID)
            deliver(run, pending, entry);
        return true;
    }
    return false;
}

/* ---- answers to clients
 * ----------------------------------------------------------------------- */

static void tell_replies(const struct run *run)
{
    char text[ADDR_TEXT_MAX];

    LIST_EACH(&run->replies, at)
    {
        const struct reply *reply = CONTAINER_OF(at, struct reply, link);

        fprintf(run->report->out, "  came, to %s:\n%s", addr_host_text(&reply->client, text),
                reply->readable ? packet_text(&reply->packet, run->arena)
                                : "    octets that are no message\n");
    }
}

static void tell_pending(const struct run *run)
{
    char text[ADDR_TEXT_MAX];

    LIST_EACH(&run->upstream.pending, at)
    {
        const struct pending *pending = CONTAINER_OF(at, struct pending, link);

        fprintf(run->report->out, "  pending, to %s%s:\n%s",
                addr_to_text(&pending->ask->server, text), pending->tcp ? " tcp" : "",
                packet_text(&pending->packet, run->arena));
    }
}

static void tell_expected(const struct run *run)
{
    const struct entry *entry = run->step->entry;

    tell_packet(run, "expected", &entry->first.packet);
    if (entry->match & MATCH_EDE)
        fprintf(run->report->out, "    EDE %u\n", entry->ede);
}

/* Some collected reply must match; it is taken. */
static void check_answer(struct run *run)
{
    const struct replay_step *step = run->step;
    const char *why = "no answer to that client";

    LIST_EACH(&run->replies, at)
    {
        struct reply *reply = CONTAINER_OF(at, struct reply, link);

        if (step->has_address && !addr_same_host(&step->address, &reply->client))
            continue;
        if (!reply->readable) {
            why = "not a message";
        } else if (entry_matches(step->entry, &reply->packet, reply->tcp, run->arena, &why)) {
            list_remove(&reply->link);
            next_step(run);
            return;
        }
    }
    fail(run, "the answer is not the expected one: %s", why);
    tell_expected(run);
    tell_replies(run);
}

/* ---- steps
 * ------------------------------------------------------------------------------------ */

static void do_query(struct run *run, const struct replay_step *step)
{
    struct peer peer = {0};
    bool tcp = step->entry->match & MATCH_TCP;
    struct slice wire = entry_wire(step->entry, &step->entry->first, NULL, run->arena);
    bool good = addr_from_text(&peer.from, "127.0.0.1", 53, NULL) == STATUS_OK;

    if (step->has_address)
        peer.from = step->address;
    good = good && addr_from_text(&peer.to, peer.from.family == ADDR_IP6 ? "::1" : "127.0.0.1",
                                  53, NULL) == STATUS_OK;
    if (!good || wire.data == NULL) {
        fail(run, "the entry at line %d makes no question", step->entry->line);
        return;
    }
    say_wire(run, wire);
    next_step(run);
    resolver_receive(run->resolver, tcp ? &run->tcp : &run->udp, &peer, wire);
    resolver_run(run->resolver);
}

static void end_newest(struct run *run, const struct replay_step *step)
{
    struct pending *pending = replay_upstream_newest(&run->upstream);

    if (pending == NULL) {
        fail(run, "no question is pending");
        return;
    }
    next_step(run);
    if (step->type == STEP_REPLY) {
        deliver(run, pending, step->entry);
        return;
    }
    say_pending(run, pending, step->type == STEP_TIMEOUT ? "timeout of" : "error from");
    if (step->type == STEP_TIMEOUT)
        replay_upstream_timeout(&run->upstream, pending);
    else
        replay_upstream_error(&run->upstream, pending);
    resolver_run(run->resolver);
}

static const char *expand(struct run *run, const char *text)
{
    int64_t next_ms = timers_next_ms(&run->world.timers);
    const char *error, *done;

    run->macros.now_s = run->world.now_ms / 1000;
    run->macros.next_timer_s = next_ms == INT64_MAX ? 0 : next_ms / 1000;
    done = macro_expand(&run->macros, text, &error);
    if (done == NULL)
        fail(run, "%s", error);
    return done;
}

static void do_time_passes(struct run *run, const struct replay_step *step)
{
    const char *text = step->is_macro ? expand(run, step->text) : step->text;
    struct timer *timer;
    double seconds;
    char *end;

    if (text == NULL)
        return;
    seconds = strtod(text, &end);
    if (end == text || *end != '\0' || seconds < 0 || seconds > 1e11) {
        fail(run, "not a time: %s", text);
        return;
    }
    run->world.now_ms += (int64_t)(seconds * 1000 + 0.5);
    say(run, "  time is %" PRId64 " ms\n", run->world.now_ms);
    for (int i = 0; i < TIMERS_MAX; i++) {
        timer = timers_take_due(&run->world.timers, run->world.now_ms);
        if (timer == NULL) {
            next_step(run);
            return;
        }
        timer->fire(timer);
        resolver_run(run->resolver);
    }
    fail(run, "timers without end");
}

static void do_assign(struct run *run, const struct replay_step *step)
{
    const char *text = expand(run, step->text);

    if (text == NULL)
        return;
    if (!macro_assign(&run->macros, step->name, text)) {
        fail(run, "no memory");
        return;
    }
    say(run, "  %s = %s\n", step->name, text);
    next_step(run);
}

static void do_message(struct run *run, const struct replay_step *step)
{
    struct msg_cache *cache = resolver_messages(run->shared);

    for (uint8_t flavour = 0; flavour < MSG_FLAVOURS; flavour++)
        if ((flavour & MSG_FLAVOUR_FAILURE) != 0)
            continue; /* goes with the answer's */
        else if (step->type == STEP_FLUSH_MESSAGE)
            msg_cache_drop(cache, &step->question, flavour);
        else
            msg_cache_expire(cache, &step->question, flavour, run->world.now_ms / 1000 - 3);
    next_step(run);
}

static void do_infra_rtt(struct run *run, const struct replay_step *step)
{
    infra_answered(resolver_infra(run->shared), &step->address, step->question.qname,
                   run->world.now_ms, step->milliseconds);
    next_step(run);
}

/* The configuration is read anew, with one more option. */
static void do_reload(struct run *run, const struct replay_step *step)
{
    const char *more = arena_printf(run->arena, "server: %s\n", step->text);
    struct conf_report report;
    struct options *options;
    bool good;

    conf_report_init(&report, run->arena);
    options = more == NULL ? NULL : read_options(run, more, &report);
    good = options != NULL && resolver_shared_reload(run->shared, options, tell_complaint,
                                                     read_scenario_file, run);
    if (!good) {
        tell_config(run, &report);
        fail(run, "the configuration cannot be used");
        return;
    }
    run->upstream.options = &resolver_options(run->shared)->upstream;
    resolver_refresh(run->resolver);
    next_step(run);
}

static uint64_t work_done(const struct mesh_stats *stats, size_t kind)
{
    return kind == WORK_SYNTHESIZED ? stats->synthesized + stats->synthesized_nxdomain
                                    : stats->spent[kind];
}

/* Work is counted, not timed: the same on every machine. */
static void check_work(struct run *run, const struct replay_step *step)
{
    const struct mesh_stats *stats = mesh_stats(resolver_mesh(run->resolver));

    for (size_t i = 0; i < WORK_KINDS; i++) {
        uint64_t done = work_done(stats, i) - run->spent[i];

        run->spent[i] += done;
        say(run, "  %s %" PRIu64 "\n", replay_work_name(i), done);
        if (step->has_cost[i] && done != step->cost[i])
            fail(run, "%s is %" PRIu64 ", not %" PRIu64, replay_work_name(i), done,
                 step->cost[i]);
    }
    next_step(run);
}

static void do_check_autotrust(struct run *run, const struct replay_step *step)
{
    const char *text = replay_files_text(&run->files, step->name);
    const char *expected = expand(run, step->text), *why;

    if (text == NULL)
        fail(run, "there is no file %s", step->name);
    if (text == NULL || expected == NULL)
        return;
    why = replay_files_compare(text, expected, run->arena);
    if (why == NULL)
        next_step(run);
    else
        fail(run, "%s", why);
}

static void do_step(struct run *run)
{
    const struct replay_step *step = run->step;

    switch (step->type) {
    case STEP_NOTHING:
    case STEP_TRAFFIC: next_step(run); return;
    case STEP_QUERY: do_query(run, step); return;
    case STEP_REPLY:
    case STEP_TIMEOUT:
    case STEP_ERROR: end_newest(run, step); return;
    case STEP_TIME_PASSES: do_time_passes(run, step); return;
    case STEP_ASSIGN: do_assign(run, step); return;
    case STEP_INFRA_RTT: do_infra_rtt(run, step); return;
    case STEP_CHECK_WORK: check_work(run, step); return;
    case STEP_RELOAD: do_reload(run, step); return;
    case STEP_FLUSH_MESSAGE:
    case STEP_EXPIRE_MESSAGE: do_message(run, step); return;
    case STEP_CHECK_AUTOTRUST: do_check_autotrust(run, step); return;
    case STEP_CHECK_TEMPFILE: fail(run, "zones are not transferred here"); return;
    default: break;
    }
    fail(run, step->type == STEP_CHECK_ANSWER ? "no answer came" : "no such question was sent");
    tell_expected(run);
    tell_pending(run);
    tell_replies(run);
}

/* ---- the run
 * ---------------------------------------------------------------------------------- */

static void play_round(struct run *run)
{
    if (run->step->type == STEP_CHECK_OUT_QUERY && check_out_query(run))
        return;
    if (run->step->type == STEP_CHECK_ANSWER && !list_is_empty(&run->replies)) {
        check_answer(run);
        return;
    }
    if (!answer_from_ranges(run))
        do_step(run);
}

static void play(struct run *run)
{
    int rounds = 0;

    next_step(run);
    while (run->step != NULL && !run->failed) {
        if (++rounds > ROUNDS_MAX)
            fail(run, "no end after %d rounds", ROUNDS_MAX);
        else
            play_round(run);
    }
    if (run->failed)
        return;
    if (!list_is_empty(&run->upstream.pending)) {
        fail(run, "questions are still pending at the end");
        tell_pending(run);
    } else if (!list_is_empty(&run->replies)) {
        fail(run, "answers that no step expected");
        tell_replies(run);
    }
}

static void play_scenario(struct run *run, const char *text)
{
    static const struct replay_step before_first = {.type = STEP_NOTHING};
    struct replay_step start = before_first;
    const char *error;

    run->scenario = scenario_read(text, run->arena, &error);
    if (run->scenario == NULL) {
        fail(run, "%s", error);
        return;
    }
    run->files = (struct replay_files){.arena = run->arena, .scenario = run->scenario};
    say(run, "%s: %s\n", run->name, run->scenario->title);
    replay_world_init(&run->world);
    if (make_resolver(run)) {
        start.next = run->scenario->steps;
        run->step = &start;
        play(run);
    }
    if (run->resolver != NULL)
        resolver_free(run->resolver);
    if (run->shared != NULL)
        resolver_shared_free(run->shared);
    replay_world_clear(&run->world);
}

bool replay_play(const char *name, const char *text, const struct replay_report *report)
{
    struct run run = {
        .name = name,
        .report = report,
        .arena = arena_new(0),
        .udp = {TRANSPORT_UDP, send_udp, hold, hold, NULL},
        .tcp = {TRANSPORT_TCP, send_tcp, hold, hold, NULL},
        .log = {.level = report->verbose > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, .write = write_log},
    };

    run.macros.arena = run.arena;
    list_init(&run.replies);
    list_init(&run.upstream.pending);
    if (run.arena == NULL)
        fail(&run, "no memory");
    else
        play_scenario(&run, text);
    arena_free(run.arena);
    return !run.failed;
}
