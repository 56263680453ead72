/*
 * finding.c - a finding as text, by the grammar of doc/EDE.md.
 */
#include "validator/finding.h"

#include <stdio.h>

#include "services/query/outcome.h"
#include "util/text.h"

struct finding finding_of(uint16_t ede, const char *cause, struct dname name, uint16_t type)
{
    return (struct finding){.cause = cause, .ede = ede, .name = name, .type = type};
}

const char *finding_time(int64_t seconds, char out[FINDING_TIME_MAX])
{
    char digits[15];

    text_time(seconds, digits);
    snprintf(out, FINDING_TIME_MAX, "%.4s-%.2s-%.2sT%.2s:%.2sZ", digits, digits + 4, digits + 6,
             digits + 8, digits + 10);
    return out;
}

static void add_time(struct text *text, const char *word, int64_t seconds)
{
    char time[FINDING_TIME_MAX];

    text_printf(text, " %s=%s", word, finding_time(seconds, time));
}

const char *finding_text(const struct finding *finding, const char *server, struct arena *arena)
{
    struct text text = text_in(arena);
    char type[TYPE_TEXT_MAX];
    const char *name = finding->name.wire == NULL ? NULL : reason_name(arena, finding->name);

    text_add(&text, finding->cause);
    if (name != NULL)
        text_printf(&text, " for %s/%s", name, rrtype_to_text(finding->type, type));
    if (server != NULL)
        text_printf(&text, " at %s", server);
    name = finding->zone.wire == NULL ? NULL : reason_name(arena, finding->zone);
    if (name != NULL)
        text_printf(&text, " z=%s", name);
    if (finding->has_key)
        text_printf(&text, " key=%u/%u", finding->key_tag, finding->key_algorithm);
    if (finding->has_ds)
        text_printf(&text, " ds=%u/%u/%u", finding->ds_tag, finding->ds_algorithm,
                    finding->ds_digest);
    if (finding->has_end)
        add_time(&text, "end", finding->end_s);
    if (finding->has_begin)
        add_time(&text, "begin", finding->begin_s);
    if (finding->has_clock) {
        text_printf(&text, " clock=%s", finding->clock_is_ahead ? "ahead" : "behind");
        add_time(&text, "now", finding->clock_s);
    }
    if (finding->has_count)
        text_printf(&text, " n=%u/%u", finding->count, finding->of);
    return text_done(&text);
}

struct finding finding_copy(const struct finding *finding, struct arena *arena)
{
    struct finding copy = *finding;

    if (copy.name.wire != NULL)
        copy.name = dname_copy(arena, copy.name);
    if (copy.zone.wire != NULL)
        copy.zone = dname_copy(arena, copy.zone);
    return copy;
}
