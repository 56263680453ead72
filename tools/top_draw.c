/*
 * top_draw.c - a view as lines of text.
 *
 * Called by top.c. A line is cut at the width; of the lists as many rows are shown as there is
 * height for, zones and servers sharing alike.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/top_view.h"

enum { WIDTH_MAX = 512, ROWS_PLAIN = 10, THREADS_SHOWN = 8 };

struct drawing {
    struct text *out;
    size_t width, lines, height; /* 0: no bound */
    bool bold;
};

/* ---- lines ---- */

static void add_line(struct drawing *drawing, bool is_title, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void add_line(struct drawing *drawing, bool is_title, const char *format, ...)
{
    char line[WIDTH_MAX];
    va_list values;

    if (drawing->height != 0 && drawing->lines >= drawing->height)
        return;
    va_start(values, format);
    (void)vsnprintf(line, sizeof(line), format, values);
    va_end(values);
    if (drawing->width != 0 && drawing->width < sizeof(line))
        line[drawing->width] = '\0';
    if (is_title && drawing->bold)
        text_printf(drawing->out, "\033[1m%s\033[0m\n", line);
    else
        text_printf(drawing->out, "%s\n", line);
    drawing->lines++;
}

/* "0", "0.25", "7.3", "1234": about three digits of a number in thousandths. */
static const char *short_rate(int64_t thousandths, char out[24])
{
    if (thousandths == 0)
        (void)snprintf(out, 24, "0");
    else if (thousandths < 1000)
        (void)snprintf(out, 24, "0.%02d", (int)(thousandths / 10));
    else if (thousandths < 100000)
        (void)snprintf(out, 24, "%" PRId64 ".%d", thousandths / 1000,
                       (int)(thousandths % 1000 / 100));
    else
        (void)snprintf(out, 24, "%" PRId64, thousandths / 1000);
    return out;
}

/* "512B", "8.0K", "64K", "4.0M". */
static const char *short_size(int64_t octets, char out[24])
{
    static const char units[] = "BKMGT";
    int64_t tenths = octets * 10;
    size_t unit = 0;

    while (tenths >= 10240 && unit + 1 < strlen(units))
        tenths /= 1024, unit++;
    if (unit == 0 || tenths >= 100)
        (void)snprintf(out, 24, "%" PRId64 "%c", tenths / 10, units[unit]);
    else
        (void)snprintf(out, 24, "%" PRId64 ".%d%c", tenths / 10, (int)(tenths % 10),
                       units[unit]);
    return out;
}

/* ---- the head ---- */

static void draw_title(struct drawing *drawing, const struct top_view *view)
{
    const struct top_sample *now = view->now;
    int64_t up = now->uptime_s;

    add_line(drawing, true,
             "shrewd %s   up %" PRId64 "d %02d:%02d:%02d   %zu thread%s   cpu %d.%d %%",
             now->version, up / 86400, (int)(up / 3600 % 24), (int)(up / 60 % 60),
             (int)(up % 60), now->threads.count, now->threads.count == 1 ? "" : "s",
             (int)(view->cpu_share / 10), (int)(view->cpu_share % 10));
}

static void draw_rates(struct drawing *drawing, const struct top_view *view)
{
    char a[24], b[24], c[24], d[24], e[24], share[24] = "-";

    if (view->at_hand_share >= 0)
        (void)snprintf(share, sizeof(share), "%d.%d %%", (int)(view->at_hand_share / 10),
                       (int)(view->at_hand_share % 10));
    add_line(drawing, false, "questions  %s/s   from cache %s   local %s/s   stale %s/s",
             short_rate(view->queries, a), share, short_rate(view->local, b),
             short_rate(view->stale, c));
    add_line(drawing, false, "failures   %s/s   bogus %s/s   dropped %s/s",
             short_rate(view->servfail, a), short_rate(view->bogus, b),
             short_rate(view->dropped, c));
    add_line(drawing, false, "servers    %s/s asked   timeouts %s/s   unreachable %s/s",
             short_rate(view->asked, d), short_rate(view->server_timeouts, e),
             short_rate(view->unreachable, a));
}

static void draw_times(struct drawing *drawing, const char *what, const uint64_t ms[4],
                       bool has_any, const char *more)
{
    if (has_any)
        add_line(drawing, false,
                 "%-10s p50 %" PRIu64 "   p90 %" PRIu64 "   p99 %" PRIu64 "   p99.9 %" PRIu64
                 " ms%s",
                 what, ms[0], ms[1], ms[2], ms[3], more);
    else
        add_line(drawing, false, "%-10s -", what);
}

static void draw_now(struct drawing *drawing, const struct top_view *view)
{
    const struct top_sample *now = view->now;
    static const char *const caches[] = {"message", "rrset", "infra", "key", "denial"};
    char line[WIDTH_MAX] = "", name[48], used[24], most[24];
    size_t at = 0;

    add_line(drawing, false,
             "now        %" PRId64 " under way   %" PRId64 " clients wait   %" PRId64
             " connections",
             top_sample_number(now, "requestlist.current"),
             top_sample_number(now, "requestlist.clients"),
             top_sample_number(now, "tcp.connections"));
    for (size_t i = 0; i < COUNT(caches); i++) {
        int64_t octets;

        (void)snprintf(name, sizeof(name), "mem.cache.%s", caches[i]);
        octets = top_sample_number(now, name);
        (void)snprintf(name, sizeof(name), "mem.limit.%s", caches[i]);
        at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%s %s/%s", i == 0 ? "" : "  ",
                               caches[i], short_size(octets, used),
                               short_size(top_sample_number(now, name), most));
    }
    add_line(drawing, false, "caches     %s", line);
}

static void draw_limits(struct drawing *drawing, const struct top_view *view)
{
    char line[WIDTH_MAX] = "none", text[24];
    size_t at = 0;

    for (size_t i = 0; i < view->limit_count && at + 64 < sizeof(line); i++)
        at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%s %s/s (%" PRId64 ")",
                               i == 0 ? "" : "   ", view->limits[i].name,
                               short_rate(view->limits[i].rate, text), view->limits[i].total);
    add_line(drawing, false, "overruns   %s", line);
}

static void draw_threads(struct drawing *drawing, const struct top_view *view)
{
    const struct top_rows *threads = &view->now->threads;
    char line[WIDTH_MAX] = "", text[24];
    size_t at = 0;

    for (size_t i = 0; i < threads->count && i < THREADS_SHOWN; i++) {
        const struct top_row *row = &threads->list[i], *last = NULL;
        int64_t queries = 0;

        if (view->before != NULL)
            last = top_rows_find(&view->before->threads, row->name);
        if (last != NULL && view->interval_ms > 0)
            queries = (row->queries - last->queries) * 1000000 / view->interval_ms;
        at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%.8s: %s/s",
                               i == 0 ? "" : "   ", row->name, short_rate(queries, text));
    }
    add_line(drawing, false, "threads    %s%s", line,
             threads->count > THREADS_SHOWN ? "   ..." : "");
}

/* ---- lists ---- */

static void draw_list(struct drawing *drawing, const char *title, const struct top_rows *rows,
                      size_t most, bool has_rtt)
{
    /* The name has what the other columns leave, within reason. */
    int name_width = drawing->width > 100 || drawing->width == 0 ? 46 : 30;

    add_line(drawing, true, "%-*s %9s %10s %*s last", name_width, title, "/s lately", "in all",
             has_rtt ? 8 : 0, has_rtt ? "rtt ms" : "");
    for (size_t i = 0; i < rows->count && i < most; i++) {
        const struct top_row *row = &rows->list[i];
        char recent[24], rtt[24] = "-";

        if (row->rtt_ms != 0)
            (void)snprintf(rtt, sizeof(rtt), "%" PRId64, row->rtt_ms);
        add_line(drawing, false, "%-*.*s %9s %10" PRId64 " %*s %s", name_width, name_width,
                 row->name, short_rate(row->recent, recent), row->failed, has_rtt ? 8 : 0,
                 has_rtt ? rtt : "", row->last != NULL ? row->last : "");
    }
    if (rows->count == 0)
        add_line(drawing, false, "  none");
}

void top_view_draw(const struct top_view *view, size_t width, size_t height, bool bold,
                   struct text *out)
{
    struct drawing drawing = {out, width, 0, height, bold};
    size_t zones = ROWS_PLAIN, servers = ROWS_PLAIN;

    draw_title(&drawing, view);
    draw_rates(&drawing, view);
    draw_times(&drawing, "answers", view->answer_ms, view->answers > 0, "");
    draw_times(&drawing, "waits", view->wait_ms, view->waited > 0, " (who had to wait)");
    draw_times(&drawing, "replies", view->server_ms, view->server_ms[3] > 0, " (of servers)");
    draw_now(&drawing, view);
    draw_limits(&drawing, view);
    draw_threads(&drawing, view);
    if (height != 0) {
        size_t left = height > drawing.lines + 4 ? height - drawing.lines - 4 : 0;

        zones = size_min(size_max(view->now->zones.count, 1),
                         left - size_min(left / 2, size_max(view->now->servers.count, 1)));
        servers = left - zones;
    }
    add_line(&drawing, false, "%s", "");
    draw_list(&drawing, "zones that fail", &view->now->zones, zones, false);
    add_line(&drawing, false, "%s", "");
    draw_list(&drawing, "servers in trouble", &view->now->servers, servers, true);
}
