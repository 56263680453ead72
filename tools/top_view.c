/*
 * top_view.c - the difference of two samples as rates, shares and quantiles.
 *
 * Called by top.c. Names of numbers are those of daemon/stats.def.
 */
#include "tools/top_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/quantile.h"

enum { BUCKETS = 16, CARRY = 4 /* a rate lately is carried on by so many seconds, about */ };

static const unsigned shares[] = {500, 900, 990, 999};
static const char *const share_words[] = {"p50", "p90", "p99", "p999"};

/* ---- numbers ---- */

static int64_t grown(const struct top_view *view, const char *name)
{
    return view->before == NULL
               ? 0
               : top_sample_number(view->now, name) - top_sample_number(view->before, name);
}

static int64_t per_second(const struct top_view *view, int64_t count)
{
    return view->interval_ms <= 0 ? 0 : count * 1000000 / view->interval_ms;
}

static int64_t rate(const struct top_view *view, const char *name)
{
    return per_second(view, grown(view, name));
}

/* Of all numbers whose name begins like that. */
static int64_t rate_of_all(const struct top_view *view, const char *beginning)
{
    int64_t count = 0;

    for (size_t i = 0; i < view->now->number_count; i++)
        if (strncmp(view->now->numbers[i].name, beginning, strlen(beginning)) == 0)
            count += grown(view, view->now->numbers[i].name);
    return per_second(view, count);
}

/* ---- how long it took ---- */

/* @return how many. */
static uint64_t take_buckets(const struct top_view *view, const char *what,
                             uint64_t buckets[BUCKETS])
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        char name[64];
        int64_t count;

        if (i + 1 < BUCKETS)
            (void)snprintf(name, sizeof(name), "%s.ms.below.%llu", what, 1ull << i);
        else
            (void)snprintf(name, sizeof(name), "%s.ms.longer", what);
        count = grown(view, name);
        buckets[i] = count > 0 ? (uint64_t)count : 0;
    }
    return quantile_sum(buckets, BUCKETS);
}

static void take_quantiles(const uint64_t buckets[BUCKETS], uint64_t at_once, uint64_t out[4])
{
    for (size_t i = 0; i < COUNT(shares); i++)
        out[i] = quantile_ms(buckets, BUCKETS, at_once, shares[i]);
}

static void take_times(struct top_view *view)
{
    uint64_t buckets[BUCKETS];
    int64_t answers = grown(view, "num.answers");
    uint64_t waited = take_buckets(view, "histogram", buckets), at_once = 0;

    if (answers > 0 && (uint64_t)answers > waited)
        at_once = (uint64_t)answers - waited;
    view->waited = waited;
    take_quantiles(buckets, 0, view->wait_ms);
    take_quantiles(buckets, at_once, view->answer_ms);
    (void)take_buckets(view, "upstream.histogram", buckets);
    take_quantiles(buckets, 0, view->server_ms);
}

/* ---- rows ---- */

/* What came in between counts; of what was not in the table before, no more than surely came.
 */
static int64_t came(const struct top_row *now, const struct top_row *before)
{
    if (before == NULL)
        return now->failed - now->over;
    return now->failed > before->failed ? now->failed - before->failed : 0;
}

static int more_trouble(const void *one, const void *other)
{
    const struct top_row *a = one, *b = other;

    if (a->recent != b->recent)
        return a->recent > b->recent ? -1 : 1;
    if (a->failed != b->failed)
        return a->failed > b->failed ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void carry_on(const struct top_view *view, struct top_rows *now,
                     const struct top_rows *before, bool is_first)
{
    for (size_t i = 0; i < now->count && before != NULL; i++) {
        struct top_row *row = &now->list[i];
        const struct top_row *last = top_rows_find(before, row->name);
        int64_t rate_now = per_second(view, came(row, last));
        int64_t rate_last = last == NULL ? 0 : last->recent;

        row->recent = is_first ? rate_now : rate_last + (rate_now - rate_last) / CARRY;
    }
    if (now->count > 0)
        qsort(now->list, now->count, sizeof(now->list[0]), more_trouble);
}

static void take_limits(struct top_view *view)
{
    static const char beginning[] = "num.limits.";

    for (size_t i = 0; i < view->now->number_count; i++) {
        const struct top_number *number = &view->now->numbers[i];

        if (strncmp(number->name, beginning, strlen(beginning)) == 0 && number->value != 0 &&
            view->limit_count < TOP_LIMITS_MAX)
            view->limits[view->limit_count++] = (struct top_limit){
                number->name + strlen(beginning), rate(view, number->name), number->value};
    }
}

void top_view_make(struct top_view *view, struct top_sample *now,
                   const struct top_sample *before)
{
    int64_t at_hand, looked_for;

    *view = (struct top_view){.now = now, .before = before};
    view->interval_ms = before == NULL ? 0 : now->at_ms - before->at_ms;
    view->queries = rate(view, "num.queries");
    view->answers = rate(view, "num.answers");
    view->hits = rate(view, "num.cachehits");
    view->misses = rate(view, "num.cachemiss");
    view->local = rate(view, "num.local");
    view->stale = rate(view, "num.expired");
    view->servfail = rate(view, "num.answers.servfail");
    view->bogus = rate(view, "num.recursion.bogus");
    view->dropped = rate_of_all(view, "num.queries.dropped.");
    view->asked = rate(view, "num.query.udpout") + rate(view, "num.query.tcpout");
    view->server_timeouts = rate(view, "num.query.timedout");
    view->unreachable = rate(view, "num.query.unreachable");
    at_hand = grown(view, "num.cachehits");
    looked_for = at_hand + grown(view, "num.cachemiss");
    view->at_hand_share = looked_for > 0 ? at_hand * 1000 / looked_for : -1;
    view->cpu_share = rate(view, "time.cpu.ms") / 1000;
    take_times(view);
    take_limits(view);
    carry_on(view, &now->zones, before == NULL ? NULL : &before->zones,
             before == NULL || before->before_rates);
    carry_on(view, &now->servers, before == NULL ? NULL : &before->servers,
             before == NULL || before->before_rates);
    now->before_rates = before == NULL;
}

/* ---- as JSON ---- */

static void show_quantiles(struct outline *out, const char *name, const uint64_t values[4])
{
    outline_open(out, name);
    for (size_t i = 0; i < COUNT(shares); i++)
        outline_number(out, share_words[i], (int64_t)values[i]);
    outline_close(out);
}

static void show_rates(const struct top_view *view, struct outline *out)
{
    const struct {
        const char *name;
        int64_t value;
    } rates[] = {{"queries", view->queries},
                 {"answers", view->answers},
                 {"cache hits", view->hits},
                 {"cache misses", view->misses},
                 {"local", view->local},
                 {"stale", view->stale},
                 {"failures", view->servfail},
                 {"bogus", view->bogus},
                 {"dropped", view->dropped},
                 {"asked of servers", view->asked},
                 {"timeouts of servers", view->server_timeouts},
                 {"unreachable servers", view->unreachable}};

    outline_open(out, "per second");
    for (size_t i = 0; i < COUNT(rates); i++)
        outline_thousandths(out, rates[i].name, rates[i].value);
    outline_close(out);
    if (view->at_hand_share >= 0)
        outline_thousandths(out, "hit ratio", view->at_hand_share);
    outline_thousandths(out, "processors", view->cpu_share);
}

static void show_rows(struct outline *out, const char *name, const char *key,
                      const struct top_rows *rows)
{
    outline_open_list(out, name);
    for (size_t i = 0; i < rows->count; i++) {
        const struct top_row *row = &rows->list[i];

        outline_open_row(out);
        outline_bare(out, key, row->name);
        outline_thousandths(out, "per_second", row->recent);
        outline_number(out, "failed", row->failed);
        outline_text(out, "last", row->last);
        if (row->rtt_ms != 0)
            outline_number(out, "rtt_ms", row->rtt_ms);
        outline_close(out);
    }
    outline_close(out);
}

static void show_threads(const struct top_view *view, struct outline *out)
{
    outline_open_list(out, "threads");
    for (size_t i = 0; i < view->now->threads.count; i++) {
        const struct top_row *row = &view->now->threads.list[i], *last = NULL;

        if (view->before != NULL)
            last = top_rows_find(&view->before->threads, row->name);
        outline_open_row(out);
        outline_number(out, "thread", strtoll(row->name, NULL, 10));
        outline_thousandths(out, "queries per second",
                            last == NULL ? 0 : per_second(view, row->queries - last->queries));
        outline_number(out, "in flight", row->requests);
        outline_close(out);
    }
    outline_close(out);
}

void top_view_show(const struct top_view *view, struct outline *out)
{
    outline_text(out, "version", view->now->version);
    outline_number(out, "uptime", view->now->uptime_s);
    outline_thousandths(out, "seconds", view->interval_ms);
    show_rates(view, out);
    outline_number(out, "waited", (int64_t)view->waited);
    show_quantiles(out, "answer ms", view->answer_ms);
    show_quantiles(out, "wait ms", view->wait_ms);
    show_quantiles(out, "server ms", view->server_ms);
    outline_number(out, "in flight", top_sample_number(view->now, "requestlist.current"));
    outline_number(out, "clients waiting", top_sample_number(view->now, "requestlist.clients"));
    outline_number(out, "connections", top_sample_number(view->now, "tcp.connections"));
    outline_open_list(out, "limits");
    for (size_t i = 0; i < view->limit_count; i++) {
        outline_open_row(out);
        outline_bare(out, "limit", view->limits[i].name);
        outline_thousandths(out, "per_second", view->limits[i].rate);
        outline_number(out, "total", view->limits[i].total);
        outline_close(out);
    }
    outline_close(out);
    show_threads(view, out);
    show_rows(out, "zones", "zone", &view->now->zones);
    show_rows(out, "servers", "server", &view->now->servers);
}
