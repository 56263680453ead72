/*
 * metrics.c - goes through the rows of stats.def and says each family with its samples.
 *
 * Called by commands_stats.c and metrics_page.c. The same walk serves both forms. No number is
 * known here by its name, but for the one that is none: which version runs.
 */
#include "daemon/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/stats_table.h"

enum { NAME_MAX_SIZE = 96, VALUE_MAX_SIZE = 32 };

static const char *const type_words[] = {
    [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

/* One walk. Either text or outline is where it goes. */
struct walk {
    const struct metrics_source *source;
    struct text *text;
    struct outline *outline;
    const struct stats_row *family; /* whose samples follow */
    bool is_open;                   /* its list of samples */
    char name[NAME_MAX_SIZE];
};

/* ---- families ---- */

/* Backslash, quote and line feed are escaped in label values and in HELP. */
static void add_escaped(struct text *text, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == '\\' || *words == '"')
            text_add_char(text, '\\');
        if (*words == '\n')
            text_add(text, "\\n");
        else
            text_add_char(text, *words);
    }
}

static void end_family(struct walk *walk)
{
    if (walk->outline != NULL && walk->is_open) {
        outline_close(walk->outline);
        outline_close(walk->outline);
    }
    walk->is_open = false;
}

static void begin_family(struct walk *walk, const char *metric, const char *type,
                         const char *unit, const char *words)
{
    bool is_common = strncmp(metric, "process_", 8) == 0;

    end_family(walk);
    walk->is_open = true;
    (void)snprintf(walk->name, sizeof(walk->name), "%s%s", is_common ? "" : "shrewd_", metric);
    if (walk->outline != NULL) {
        outline_open(walk->outline, NULL);
        outline_text(walk->outline, "name", walk->name);
        outline_text(walk->outline, "type", type);
        outline_text(walk->outline, "unit", unit);
        outline_text(walk->outline, "help", words);
        outline_open_list(walk->outline, "samples");
        return;
    }
    text_printf(walk->text, "# TYPE %s %s\n", walk->name, type);
    if (*unit != '\0')
        text_printf(walk->text, "# UNIT %s %s\n", walk->name, unit);
    text_printf(walk->text, "# HELP %s ", walk->name);
    add_escaped(walk->text, words);
    text_add_char(walk->text, '\n');
}

/* ---- samples ---- */

static bool in_thousandths(const struct walk *walk)
{
    return walk->family != NULL && strcmp(walk->family->unit, "seconds") == 0;
}

static void show_sample(struct walk *walk, const char *suffix, const struct stats_label *labels,
                        size_t count, uint64_t value)
{
    outline_open(walk->outline, NULL);
    outline_printf(walk->outline, "name", "%s%s", walk->name, suffix);
    outline_open(walk->outline, "labels");
    for (size_t i = 0; i < count; i++)
        outline_text(walk->outline, labels[i].name, labels[i].value);
    outline_close(walk->outline);
    if (in_thousandths(walk) && strcmp(suffix, "_bucket") != 0 && strcmp(suffix, "_count") != 0)
        outline_thousandths(walk->outline, "value", (int64_t)value);
    else
        outline_number(walk->outline, "value", (int64_t)value);
    outline_close(walk->outline);
}

static void write_labels(struct text *text, const struct stats_label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_printf(text, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        add_escaped(text, labels[i].value);
        text_add(text, i + 1 < count ? "\"" : "\"}");
    }
}

static void say(struct walk *walk, const char *suffix, const struct stats_label *labels,
                size_t count, uint64_t value)
{
    if (walk->outline != NULL) {
        show_sample(walk, suffix, labels, count, value);
        return;
    }
    text_printf(walk->text, "%s%s", walk->name, suffix);
    write_labels(walk->text, labels, count);
    if (in_thousandths(walk) && strcmp(suffix, "_bucket") != 0 && strcmp(suffix, "_count") != 0)
        text_printf(walk->text, " %" PRIu64 ".%03u\n", value / 1000, (unsigned)(value % 1000));
    else
        text_printf(walk->text, " %" PRIu64 "\n", value);
}

static const char *suffix_of(const struct walk *walk)
{
    return walk->family->type == METRIC_COUNTER ? "_total" : "";
}

/* ---- rows ---- */

static void say_parts(struct walk *walk, const struct stats_row *row)
{
    struct stats_label labels[STATS_LABELS_MAX];
    char room[STATS_LABEL_ROOM];

    for (size_t i = 0; i < row->count; i++) {
        uint64_t value = stats_value(walk->source->whole, row->place, i);
        size_t count = row->labels(i, labels, room);

        if (count > 0)
            say(walk, suffix_of(walk), labels, count, value);
    }
}

static void say_threads(struct walk *walk, const struct stats_row *row)
{
    for (unsigned i = 0; i < walk->source->threads; i++) {
        char room[STATS_LABEL_ROOM];
        struct stats_label label = {"thread", room};

        (void)snprintf(room, sizeof(room), "%u", i);
        say(walk, suffix_of(walk), &label, 1,
            stats_value(&walk->source->of_thread[i], row->place, 0));
    }
}

/* Buckets are cumulative, and their bounds are in seconds: 0.001, 0.002, 0.004 ... */
static void say_histogram(struct walk *walk, const struct stats_row *row)
{
    uint64_t all = 0;

    for (size_t i = 0; i < row->count; i++) {
        char bound[STATS_LABEL_ROOM] = "+Inf";
        struct stats_label label = {"le", bound};
        unsigned long long ms = 1ull << i;

        if (i + 1 < row->count)
            (void)snprintf(bound, sizeof(bound), "%llu.%03llu", ms / 1000, ms % 1000);
        all += stats_value(walk->source->whole, row->place, i);
        say(walk, "_bucket", &label, 1, all);
    }
    say(walk, "_sum", NULL, 0, stats_value(walk->source->whole, row->sum_place, 0));
    say(walk, "_count", NULL, 0, all);
}

static void say_row(struct walk *walk, const struct stats_row *row)
{
    const struct stats *whole = walk->source->whole;

    if (row->metric != NULL) {
        walk->family = row;
        begin_family(walk, row->metric, type_words[row->type], row->unit, row->words);
    }
    switch (row->what) {
    case ROW_STAT:
        if (row->metric != NULL)
            say(walk, suffix_of(walk), NULL, 0, stats_value(whole, row->place, 0));
        break;
    case ROW_FAMILY: break;
    case ROW_PART:
        say(walk, suffix_of(walk), &row->label, 1, stats_value(whole, row->place, 0));
        break;
    case ROW_PARTS: say_parts(walk, row); break;
    case ROW_THREADS: say_threads(walk, row); break;
    case ROW_HISTOGRAM: say_histogram(walk, row); break;
    }
}

static void go(struct walk *walk)
{
    const struct stats_label version = {"version", walk->source->version};

    begin_family(walk, "build", "info", "", "Which shrewd this is.");
    say(walk, "_info", &version, 1, 1);
    for (size_t i = 0; i < stats_row_count; i++)
        say_row(walk, &stats_rows[i]);
    end_family(walk);
}

void metrics_text(struct text *out, const struct metrics_source *source)
{
    struct walk walk = {.source = source, .text = out};

    go(&walk);
    text_add(out, "# EOF\n");
}

void metrics_show(struct outline *out, const struct metrics_source *source)
{
    struct walk walk = {.source = source, .outline = out};

    outline_open_list(out, "families");
    go(&walk);
    outline_close(out);
}
