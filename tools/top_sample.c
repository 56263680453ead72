/*
 * top_sample.c - reads the lines in which the daemon answers "top" (util/outline.h has their
 * form).
 *
 * Called by top.c.
 */
#include "tools/top_sample.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct top_sample *sample;
    struct top_rows
        *rows; /* that the lines of this section belong to; NULL: numbers, or nothing known */
    bool is_stats;
};

/* ---- words of a row ---- */

/* A value in quotes, or up to the next space; unquoted in place. @return behind it. */
static char *take_value(char *at, char **value)
{
    char *to;

    if (*at != '"') {
        *value = at;
        at += strcspn(at, " ");
    } else {
        *value = to = ++at;
        while (*at != '\0' && *at != '"') {
            if (*at == '\\' && at[1] != '\0')
                at++;
            *to++ = *at++;
        }
        at += *at == '"';
        *to = '\0';
    }
    if (*at == ' ')
        *at++ = '\0';
    return at;
}

static void set_field(struct top_row *row, const char *key, const char *value)
{
    const struct {
        const char *key;
        int64_t *number;
    } fields[] = {{"failed", &row->failed},    {"over", &row->over},
                  {"rtt_ms", &row->rtt_ms},    {"timeouts", &row->timeouts},
                  {"queries", &row->queries},  {"hits", &row->hits},
                  {"requests", &row->requests}};

    if (strcmp(key, "last") == 0)
        row->last = value;
    else if (strcmp(key, "thread") == 0)
        row->name = value;
    for (size_t i = 0; i < COUNT(fields); i++)
        if (strcmp(key, fields[i].key) == 0)
            *fields[i].number = strtoll(value, NULL, 10);
}

/* "name key=value key="quoted value" ..."; the name has no key. */
static void read_row(struct top_row *row, char *at)
{
    *row = (struct top_row){.name = "?"};
    for (bool is_first = true; *at != '\0'; is_first = false) {
        size_t size = strcspn(at, "= ");
        char *key = at, *value;

        if (at[size] == '=') {
            at[size] = '\0';
            at = take_value(at + size + 1, &value);
            set_field(row, key, value);
        } else {
            at = take_value(at, &value);
            if (is_first)
                row->name = value;
        }
        while (*at == ' ')
            at++;
    }
}

/* ---- lines ---- */

static void add_number(struct top_sample *sample, char *line)
{
    char *colon = strstr(line, ": ");

    if (colon == NULL || sample->number_count == TOP_NUMBERS_MAX)
        return;
    *colon = '\0';
    sample->numbers[sample->number_count++] =
        (struct top_number){line, strtoll(colon + 2, NULL, 10)};
}

static void begin_section(struct reading *reading, const char *line)
{
    struct top_sample *sample = reading->sample;

    reading->is_stats = strcmp(line, "stats:") == 0;
    reading->rows = strcmp(line, "threads:") == 0   ? &sample->threads
                    : strcmp(line, "zones:") == 0   ? &sample->zones
                    : strcmp(line, "servers:") == 0 ? &sample->servers
                                                    : NULL;
    if (strncmp(line, "uptime: ", 8) == 0)
        sample->uptime_s = strtoll(line + 8, NULL, 10);
    else if (strncmp(line, "version: ", 9) == 0)
        sample->version = line + 9;
}

static void read_line(struct reading *reading, char *line)
{
    if (strncmp(line, "  ", 2) != 0)
        begin_section(reading, line);
    else if (reading->is_stats)
        add_number(reading->sample, line + 2);
    else if (reading->rows != NULL && reading->rows->count < TOP_ROWS_MAX)
        read_row(&reading->rows->list[reading->rows->count++], line + 2);
}

static bool make_room(struct top_sample *sample)
{
    struct top_rows *rows[] = {&sample->threads, &sample->zones, &sample->servers};

    sample->numbers = ARENA_ARRAY(sample->arena, struct top_number, TOP_NUMBERS_MAX);
    for (size_t i = 0; i < COUNT(rows); i++)
        if ((rows[i]->list = ARENA_ARRAY(sample->arena, struct top_row, TOP_ROWS_MAX)) == NULL)
            return false;
    return sample->numbers != NULL;
}

bool top_sample_read(struct top_sample *out, struct slice lines, struct arena *arena,
                     int64_t at_ms)
{
    struct reading reading = {.sample = out};
    char *at = arena_printf(arena, "%.*s", (int)lines.size, (const char *)lines.data);

    *out = (struct top_sample){.arena = arena, .at_ms = at_ms, .version = "?"};
    if (at == NULL || !make_room(out))
        return false;
    while (*at != '\0') {
        char *end = at + strcspn(at, "\n"), *next = end + (*end != '\0');

        *end = '\0';
        read_line(&reading, at);
        at = next;
    }
    return out->number_count > 0;
}

int64_t top_sample_number(const struct top_sample *sample, const char *name)
{
    for (size_t i = 0; i < sample->number_count; i++)
        if (strcmp(sample->numbers[i].name, name) == 0)
            return sample->numbers[i].value;
    return 0;
}

const struct top_row *top_rows_find(const struct top_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->list[i].name, name) == 0)
            return &rows->list[i];
    return NULL;
}
