/*
 * metrics_test.c - samples of each kind of row, escaping, and what must be true of the table.
 *
 * Whether the whole is OpenMetrics is for a parser to say: testcode/lab/watch_test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/metrics.h"
#include "daemon/stats_table.h"

static const struct {
    const char *why, *line;
} lines[] = {
    {"a version may hold anything", "shrewd_build_info{version=\"1\\\"\\\\\\n\"} 1\n"},
    {"a counter of one number", "\nshrewd_cache_hits_total 3\n"},
    {"one of several by a label", "\nshrewd_validations_total{result=\"bogus\"} 4\n"},
    {"one of an array", "\nshrewd_answers_total{rcode=\"NXDOMAIN\"} 5\n"},
    {"each thread", "\nshrewd_thread_requests_in_flight{thread=\"1\"} 6\n"},
    {"under a millisecond", "\nshrewd_wait_seconds_bucket{le=\"0.001\"} 1\n"},
    {"buckets hold those before them", "\nshrewd_wait_seconds_bucket{le=\"4.096\"} 3\n"},
    {"the last has no bound", "\nshrewd_wait_seconds_bucket{le=\"+Inf\"} 4\n"},
    {"milliseconds become seconds", "\nshrewd_wait_seconds_sum 22.007\n"},
    {"how many", "\nshrewd_wait_seconds_count 4\n"},
    {"a unit", "\n# UNIT shrewd_cache_bytes bytes\n"},
    {"names that are everybody's", "\nprocess_cpu_seconds_total 1.250\n"},
};

static void rows_become_samples(void **state)
{
    struct stats whole = {.requests.hits = 3, .mesh.verdicts[SEC_BOGUS] = 4};
    struct stats threads[2] = {{.under_way = 0}, {.under_way = 6}};
    struct metrics_source source = {&whole, threads, 2, "1\"\\\n"};
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);

    (void)state;
    whole.requests.rcodes[RCODE_NXDOMAIN] = 5;
    whole.requests.waits[0] = 1;
    whole.requests.waits[12] = 2;
    whole.requests.waits[REQUEST_WAITS - 1] = 1;
    whole.requests.waited_ms = 22007;
    whole.process.cpu_ms = 1250;
    metrics_text(&text, &source);
    assert_non_null(text_done(&text));
    for (size_t i = 0; i < COUNT(lines); i++)
        if (strstr(text.chars, lines[i].line) == NULL)
            fail_msg("%s: no %s", lines[i].why, lines[i].line);
    arena_free(arena);
}

/* A name stands for one thing, and a part without a family would be nobody's. */
static void the_table_is_sound(void **state)
{
    const struct stats_row *family = NULL;

    (void)state;
    for (size_t i = 0; i < stats_row_count; i++) {
        const struct stats_row *row = &stats_rows[i];

        if (row->what == ROW_FAMILY || row->what == ROW_STAT || row->what == ROW_HISTOGRAM)
            family = row->what == ROW_FAMILY ? row : NULL;
        else if (family == NULL)
            fail_msg("row %zu has no family", i);
        for (size_t k = 0; k < i; k++) {
            const struct stats_row *other = &stats_rows[k];

            if (row->name != NULL && other->name != NULL && strcmp(row->name, other->name) == 0)
                fail_msg("%s stands there twice", row->name);
            if (row->metric != NULL && other->metric != NULL &&
                strcmp(row->metric, other->metric) == 0)
                fail_msg("the metric %s stands there twice", row->metric);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_samples),
        cmocka_unit_test(the_table_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
