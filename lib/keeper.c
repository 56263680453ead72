/*
 * keeper.c - when to ask for the keys of trust points, and what to do with what was learned.
 *
 * Called by resolver.c in the thread that keeps the anchors. Life of a probe (RFC 5011
 * section 2.3, active refresh): the timer of the earliest point fires; a question for its
 * DNSKEY set goes into the mesh; when it ends, the point has either its next time from what was
 * validated, or, set when the probe began, the retry time. Bad answers are followed by further
 * questions at once, up to val-max-restart in all, for another instance behind the same address
 * may have better ones.
 */
#include "lib/keeper.h"

#include <inttypes.h>
#include <stdlib.h>

#include "services/query/query.h"
#include "validator/rfc5011_text.h"

enum {
    WRITE_AGAIN_MS = 5 * 1000, /* after a failure, doubled for each in a row ... */
    WRITE_AGAIN_MAX_MS = 3600 * 1000,
    WRITE_NEXT_MS = 3600 * 1000, /* where only times and counts have changed */
    WAIT_MAX_S =
        86400 /* the clock may have been set meanwhile: looked at once a day at least */
};

struct probe {
    struct link link;
    struct keeper *keeper;
    struct mesh_client client;
    struct dname zone;
    uint8_t zone_octets[DNAME_MAX];
    uint16_t rrclass;
    uint32_t failed_before; /* the point's count when it began */
    uint32_t failed_last;   /* when the last question of it began */
    bool ended;
};

struct keeper {
    struct keeper_place place;
    struct timer timer;
    struct list probes;
    bool due;   /* the timer has fired */
    bool ended; /* a probe has */
};

static int64_t wall_s(const struct keeper *keeper)
{
    return keeper->place.world->wall_s(keeper->place.world);
}

static const struct validator_options *options_of(const struct keeper *keeper)
{
    return &keeper->place.options(keeper->place.context)->validator;
}

/* ---- probes ---- */

static void told(struct mesh_client *client, const struct query *query,
                 const struct outcome *outcome)
{
    struct probe *probe = CONTAINER_OF(client, struct probe, client);

    (void)query, (void)outcome; /* the validator has noted what there was to learn */
    probe->ended = probe->keeper->ended = true;
}

/* A failure that is remembered does not hold it up: RFC 5011 section 2.3 says when to ask. */
static bool ask(struct probe *probe, const struct rfc5011_point *point)
{
    const struct keeper_place *place = &probe->keeper->place;
    struct env *env = place->env(place->context);
    const struct question question = {probe->zone, TYPE_DNSKEY, probe->rrclass};

    probe->ended = false;
    probe->failed_last = point->failed;
    probe->client.done = told;
    msg_cache_drop(env->messages, &question, MSG_FLAVOUR_FAILURE);
    return mesh_ask(place->mesh, env, &question, QUERY_REFRESH, &probe->client) == STATUS_OK;
}

static struct probe *probe_of(const struct keeper *keeper, const struct rfc5011_point *point)
{
    LIST_EACH(&keeper->probes, link)
    {
        struct probe *probe = CONTAINER_OF(link, struct probe, link);

        if (probe->rrclass == point->rrclass && dname_equal(probe->zone, point->zone))
            return probe;
    }
    return NULL;
}

static void probe_free(struct probe *probe)
{
    mesh_withdraw(&probe->client);
    list_remove(&probe->link);
    free(probe);
}

/* Without memory or room the next try is after the retry time. */
static bool begin_probe(struct keeper *keeper, struct rfc5011_point *point)
{
    struct rfc5011_rules rules = trust_points_rules(options_of(keeper));
    struct probe *probe = calloc(1, sizeof(*probe));
    char zone[DNAME_TEXT_MAX];

    rfc5011_probe_begins(point, &rules, wall_s(keeper), world_random(keeper->place.world));
    if (probe == NULL)
        return false;
    probe->keeper = keeper;
    probe->zone = dname_store(point->zone, probe->zone_octets);
    probe->rrclass = point->rrclass;
    probe->failed_before = point->failed;
    list_append(&keeper->probes, &probe->link);
    log_line(keeper->place.log, LOG_LEVEL_DEBUG, "event=probe zone=%s failed=%" PRIu32,
             dname_to_text(point->zone, zone), point->failed);
    if (ask(probe, point))
        return true;
    probe_free(probe);
    return false;
}

/* @return true: it goes on with one more question. */
static bool continue_probe(struct keeper *keeper, struct probe *probe)
{
    const struct trust_point *point =
        trust_points_find(keeper->place.points, probe->zone, probe->rrclass);
    uint32_t failed, last;

    if (point == NULL || point->point->deleted || point->point->failed == 0)
        return false;
    failed = point->point->failed - probe->failed_before;
    last = point->point->failed - probe->failed_last;
    if (last == 0 || failed > options_of(keeper)->val_max_restart)
        return false; /* no answer at all, or enough of them */
    return ask(probe, point->point);
}

static void end_probe(struct keeper *keeper, struct probe *probe)
{
    struct trust_point *point =
        trust_points_find(keeper->place.points, probe->zone, probe->rrclass);

    if (point != NULL)
        point->urgent = point->unwritten;
    probe_free(probe);
}

static bool run_probes(struct keeper *keeper)
{
    bool asked = false;

    LIST_EACH(&keeper->probes, link)
    {
        struct probe *probe = CONTAINER_OF(link, struct probe, link);

        if (!probe->ended)
            continue;
        if (continue_probe(keeper, probe))
            asked = true;
        else
            end_probe(keeper, probe);
    }
    return asked;
}

static bool begin_due(struct keeper *keeper)
{
    bool asked = false;

    LIST_EACH(&keeper->place.points->list, link)
    {
        struct rfc5011_point *point = CONTAINER_OF(link, struct trust_point, link)->point;

        if (rfc5011_wait_s(point, wall_s(keeper)) == 0 && probe_of(keeper, point) == NULL)
            asked = begin_probe(keeper, point) || asked;
    }
    return asked;
}

/* ---- what was learned ---- */

static void tell_change(const struct keeper *keeper, const struct rfc5011_point *point)
{
    char zone[DNAME_TEXT_MAX];
    unsigned trusted = 0, pending = 0, revoked = 0;

    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next) {
        trusted += rfc5011_is_trusted(key);
        pending += key->state == RFC5011_ADDPEND;
        revoked += key->state == RFC5011_REVOKED;
    }
    dname_to_text(point->zone, zone);
    if (point->deleted)
        log_line(
            keeper->place.log, LOG_LEVEL_WARN,
            "event=trust-anchor zone=%s msg=all keys are revoked: it is no trust anchor any more "
            "(RFC 5011 section 5)",
            zone);
    else
        log_line(keeper->place.log, LOG_LEVEL_INFO,
                 "event=trust-anchor zone=%s trusted=%u pending=%u revoked=%u", zone, trusted,
                 pending, revoked);
}

static void write_point(struct keeper *keeper, struct trust_point *point)
{
    const struct keeper_place *place = &keeper->place;
    struct arena *arena = arena_new(0);
    const char *text = arena == NULL ? NULL : rfc5011_write(point->point, arena);
    int64_t wait_ms = WRITE_AGAIN_MS;

    if (text != NULL &&
        place->write_file(place->write_context, point->file, point->known, text)) {
        trust_point_written(point, text);
        wait_ms = WRITE_NEXT_MS;
    } else {
        for (unsigned i = 0; i < point->write_failures && wait_ms < WRITE_AGAIN_MAX_MS; i++)
            wait_ms *= 2;
        wait_ms = time_min(wait_ms, WRITE_AGAIN_MAX_MS);
        point->write_failures++;
    }
    point->write_at_ms = world_now_ms(place->world) + wait_ms;
    arena_free(arena);
}

/* While a probe runs there may be more to write in a moment. */
static bool may_write(const struct keeper *keeper, const struct trust_point *point)
{
    if (!point->unwritten || probe_of(keeper, point->point) != NULL)
        return false;
    return (point->urgent && point->write_failures == 0) ||
           point->write_at_ms <= world_now_ms(keeper->place.world);
}

static void carry_out(struct keeper *keeper)
{
    const struct keeper_place *place = &keeper->place;

    LIST_EACH(&place->points->list, link)
    {
        struct trust_point *point = CONTAINER_OF(link, struct trust_point, link);

        if (point->trust_changed && place->publish(place->context, point->point->zone)) {
            point->trust_changed = false;
            tell_change(keeper, point->point);
        }
        if (may_write(keeper, point))
            write_point(keeper, point);
    }
}

/* ---- the timer ---- */

static void fired(struct timer *timer)
{
    CONTAINER_OF(timer, struct keeper, timer)->due = true;
}

/* Points that are being asked for set the timer at their end. */
static void set_timer(struct keeper *keeper)
{
    struct world *world = keeper->place.world;
    int64_t now_ms = world_now_ms(world), at_ms = INT64_MAX;

    LIST_EACH(&keeper->place.points->list, link)
    {
        const struct trust_point *point = CONTAINER_OF(link, struct trust_point, link);
        int64_t wait_s = rfc5011_wait_s(point->point, wall_s(keeper));

        if (probe_of(keeper, point->point) != NULL)
            continue;
        if (wait_s != INT64_MAX)
            at_ms = time_min(at_ms, now_ms + time_min(wait_s, WAIT_MAX_S) * 1000);
        if (point->unwritten)
            at_ms = time_min(at_ms, time_max(point->write_at_ms, now_ms + 1000));
        if (point->trust_changed) /* there was no memory to tell the others */
            at_ms = time_min(at_ms, now_ms + 1000);
    }
    if (at_ms == INT64_MAX)
        world->timer_stop(world, &keeper->timer);
    else if (!timer_is_set(&keeper->timer) || keeper->timer.at_ms != at_ms)
        (void)world->timer_set(world, &keeper->timer, at_ms); /* else at the next event */
}

bool keeper_run(struct keeper *keeper)
{
    bool asked = false;

    if (!keeper->due && !keeper->ended && !keeper->place.points->touched)
        return false;
    if (keeper->ended)
        asked = run_probes(keeper);
    if (keeper->due)
        asked = begin_due(keeper) || asked;
    keeper->due = keeper->ended = keeper->place.points->touched = false;
    carry_out(keeper);
    set_timer(keeper);
    return asked;
}

/* ---- life ---- */

static void tell_made(const struct keeper *keeper)
{
    LIST_EACH(&keeper->place.points->list, link)
    {
        const struct trust_point *point = CONTAINER_OF(link, struct trust_point, link);

        if (point->known == NULL)
            log_line(
                keeper->place.log, LOG_LEVEL_INFO,
                "event=trust-anchor file=%s msg=is not there yet; it begins with the keys of the "
                "public root that are built in",
                point->file);
    }
}

struct keeper *keeper_new(const struct keeper_place *place)
{
    struct keeper *keeper = calloc(1, sizeof(*keeper));

    if (keeper == NULL)
        return NULL;
    keeper->place = *place;
    keeper->timer.fire = fired;
    list_init(&keeper->probes);
    tell_made(keeper);
    return keeper;
}

void keeper_free(struct keeper *keeper)
{
    struct link *link;

    if (keeper == NULL)
        return;
    LIST_EACH(&keeper->place.points->list, at)
    {
        struct trust_point *point = CONTAINER_OF(at, struct trust_point, link);

        if (point->unwritten)
            write_point(keeper, point);
    }
    keeper->place.world->timer_stop(keeper->place.world, &keeper->timer);
    while ((link = list_first(&keeper->probes)) != NULL)
        probe_free(CONTAINER_OF(link, struct probe, link));
    free(keeper);
}
