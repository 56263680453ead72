/*
 * log_bound.c - counts lines by kind, minute by minute.
 *
 * Called by worker.c, in the worker's own thread. More kinds than there are places for share
 * the last place: the bound holds all the same.
 */
#include "daemon/log_bound.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { EVENT_MAX = 32, NUMBER_MAX = 32 };

/* 1234567 is "1,234,567". */
static const char *group_digits(uint64_t number, char out[NUMBER_MAX])
{
    char digits[NUMBER_MAX];
    int size = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    size_t used = 0;

    for (int i = 0; i < size && used + 2 < NUMBER_MAX; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

/* The word behind "event=" at the beginning of a format. */
static const char *event_of(const char *format, char out[EVENT_MAX])
{
    const char *at = strchr(format, '=');

    snprintf(out, EVENT_MAX, "%.*s", at == NULL ? 0 : (int)strcspn(at + 1, " "),
             at == NULL ? "" : at + 1);
    return out;
}

static void begin_period(struct log_bound *bound, int64_t now_ms)
{
    char event[EVENT_MAX], number[NUMBER_MAX];

    for (size_t i = 0; i < bound->count; i++) {
        const struct log_kind *kind = &bound->kinds[i];

        if (kind->left_out != 0)
            log_each(bound->log, kind->level,
                     "event=repeated of=%s count=%" PRIu64 " seconds=%lld msg=and %s more",
                     event_of(kind->format, event), kind->left_out,
                     (long long)(now_ms - bound->began_ms) / 1000,
                     group_digits(kind->left_out, number));
    }
    bound->count = 0;
    bound->began_ms = now_ms;
    bound->world->timer_stop(bound->world, &bound->timer);
}

static void fire(struct timer *timer)
{
    struct log_bound *bound = CONTAINER_OF(timer, struct log_bound, timer);

    begin_period(bound, world_now_ms(bound->world));
}

void log_bound_init(struct log_bound *bound, struct world *world, struct log *log)
{
    *bound = (struct log_bound){.world = world, .log = log};
    bound->timer.fire = fire;
    bound->began_ms = world_now_ms(world);
}

void log_bound_clear(struct log_bound *bound)
{
    if (bound->world != NULL)
        begin_period(bound, world_now_ms(bound->world));
}

static struct log_kind *find_kind(struct log_bound *bound, enum log_level level,
                                  const char *format)
{
    for (size_t i = 0; i < bound->count; i++)
        if (bound->kinds[i].format == format)
            return &bound->kinds[i];
    if (bound->count == LOG_BOUND_KINDS)
        return &bound->kinds[LOG_BOUND_KINDS - 1];
    bound->kinds[bound->count] = (struct log_kind){.format = format, .level = level};
    return &bound->kinds[bound->count++];
}

bool log_bound_admit(struct log_bound *bound, enum log_level level, const char *format)
{
    int64_t now_ms = world_now_ms(bound->world);
    struct log_kind *kind;

    if (bound->most == 0 || level == LOG_LEVEL_DEBUG)
        return true;
    if (now_ms - bound->began_ms >= LOG_BOUND_PERIOD_MS)
        begin_period(bound, now_ms);
    kind = find_kind(bound, level, format);
    if (kind->lines < bound->most) {
        kind->lines++;
        return true;
    }
    kind->left_out++;
    bound->left_out++;
    /* Without memory for a timer the next line after the minute tells. */
    if (!timer_is_set(&bound->timer))
        (void)bound->world->timer_set(bound->world, &bound->timer,
                                      bound->began_ms + LOG_BOUND_PERIOD_MS);
    return false;
}
