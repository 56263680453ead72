/*
 * failures.c - a ring of failed questions.
 *
 * Called by mesh.c at the end of a query, and by whoever shows the list. No clock of its own.
 */
#include "services/query/failures.h"

#include <stdlib.h>
#include <string.h>

#include "services/query/trace_text.h"

/* Names, reasons and some thirty lines; what does not fit is left out. */
enum { PLACE_BYTES_MAX = 16 * 1024, EVENTS_LOOKED_AT = 1000 };

struct place {
    struct arena *arena;
    struct failure failure;
    uint64_t order; /* 0: empty; else the greater, the later */
};

struct failures {
    uint64_t orders;
    struct place places[FAILURES_KEPT];
    struct frequent zones;
};

struct failures *failures_new(void)
{
    return calloc(1, sizeof(struct failures));
}

void failures_free(struct failures *failures)
{
    for (size_t i = 0; failures != NULL && i < FAILURES_KEPT; i++)
        arena_free(failures->places[i].arena);
    free(failures);
}

/* The place of the same question, else the one that was written longest ago. */
static struct place *choose(struct failures *failures, const struct question *question)
{
    struct place *oldest = &failures->places[0];

    for (size_t i = 0; i < FAILURES_KEPT; i++) {
        struct place *place = &failures->places[i];

        if (place->order != 0 && place->failure.type == question->qtype &&
            dname_equal(place->failure.name, question->qname))
            return place;
        if (place->order < oldest->order)
            oldest = place;
    }
    oldest->failure.times = 0;
    return oldest;
}

struct noting {
    struct failure *failure;
    struct arena *arena;
};

static void note_line(void *context, const struct trace_event *event, int64_t at_ms,
                      unsigned depth)
{
    struct noting *noting = context;
    struct failure *failure = noting->failure;
    struct text text = text_in(noting->arena);

    (void)depth;
    if (failure->line_count == FAILURE_LINES || event->kind < TRACE_RCODE ||
        event->kind > TRACE_INSECURE)
        return;
    text_printf(&text, "%lld ms ", (long long)at_ms);
    trace_event_text(&text, event);
    if (text_done(&text) != NULL)
        failure->lines[failure->line_count++] = text.chars;
}

/* The zone that a reason names (" z=", doc/EDE.md); else the name that was asked for. */
static struct slice zone_at_fault(const struct query *query, char name[DNAME_TEXT_MAX])
{
    const struct reasons *reasons = &query->outcome.reasons;

    for (size_t i = 0; i < reasons->count; i++) {
        const char *zone = strstr(reasons->item[i].text, " z=");

        if (zone != NULL)
            return slice_of(zone + 3, strcspn(zone + 3, " "));
    }
    (void)dname_to_reason(query->question.qname, name);
    return slice_of(name, strlen(name));
}

static void count_zone(struct failures *failures, const struct query *query)
{
    const struct reasons *reasons = &query->outcome.reasons;
    char name[DNAME_TEXT_MAX];

    frequent_note(&failures->zones, zone_at_fault(query, name),
                  reasons->count > 0 ? reasons->item[0].code : EDE_OTHER);
}

void failures_note(struct failures *failures, const struct query *query)
{
    struct place *place = failures == NULL ? NULL : choose(failures, &query->question);
    struct failure *failure = place == NULL ? NULL : &place->failure;
    uint32_t times;

    if (place == NULL)
        return;
    count_zone(failures, query);
    times = failure->times;
    place->order = 0;
    if (place->arena == NULL)
        place->arena = arena_new(PLACE_BYTES_MAX);
    else
        arena_reset(place->arena);
    if (place->arena == NULL)
        return;
    *failure = (struct failure){.name = dname_copy_lower(place->arena, query->question.qname),
                                .type = query->question.qtype,
                                .rcode = query->outcome.message.rcode,
                                .wall_s = query->env->world->wall_s(query->env->world),
                                .times = times + 1,
                                .took_ms = (uint32_t)(query_now_ms(query) - query->started_ms)};
    if (failure->name.wire == NULL)
        return;
    reasons_copy(&failure->reasons, &query->outcome.reasons, place->arena);
    (void)trace_walk(query->trace, EVENTS_LOOKED_AT, note_line,
                     &(struct noting){failure, place->arena});
    place->order = ++failures->orders;
}

/* ---- reading ---- */

const struct frequent *failures_zones(const struct failures *failures)
{
    return failures == NULL ? NULL : &failures->zones;
}

static const struct place *latest_before(const struct failures *failures, uint64_t order)
{
    const struct place *found = NULL;

    for (size_t i = 0; i < FAILURES_KEPT; i++) {
        const struct place *place = &failures->places[i];

        if (place->order != 0 && place->order < order &&
            (found == NULL || place->order > found->order))
            found = place;
    }
    return found;
}

static bool copy(struct failure *to, const struct failure *from, struct arena *arena)
{
    *to = *from;
    to->name = dname_copy(arena, from->name);
    reasons_copy(&to->reasons, &from->reasons, arena);
    for (size_t i = 0; i < from->line_count; i++)
        if ((to->lines[i] = arena_text(arena, from->lines[i])) == NULL)
            return false;
    return to->name.wire != NULL;
}

struct failure *failures_copy(const struct failures *failures, struct arena *arena,
                              size_t *count)
{
    struct failure *list;
    const struct place *place;
    uint64_t before = UINT64_MAX;

    *count = 0;
    list = failures == NULL ? NULL : ARENA_ARRAY(arena, struct failure, FAILURES_KEPT);
    while (list != NULL && (place = latest_before(failures, before)) != NULL) {
        if (!copy(&list[*count], &place->failure, arena))
            break;
        before = place->order;
        ++*count;
    }
    return list;
}
