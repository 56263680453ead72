/*
 * conf_test.h - a small set of sections, and a configuration made of it, for the tests and fuzz
 * drivers of both readers. Included by *_test.c and *_fuzz.c of this folder only.
 */
#ifndef TREESHREW_UTIL_CONF_CONF_TEST_H
#define TREESHREW_UTIL_CONF_CONF_TEST_H

#include "util/conf/conf.h"

#define OPTION OPTION_MEMBER
struct sample {
#include "util/conf/conf_test.opt.def"
};
#undef OPTION

#define OPTION(member, kind, default_, low, high, unit, reload, text)                          \
    OPT_DESC(struct sample, member, kind, default_, low, high, unit, reload, text)
static const struct opt_desc sample_options[] = {
#include "util/conf/conf_test.opt.def"
};
#undef OPTION

static const struct opt_table sample_tables[] = {{sample_options, COUNT(sample_options), 0}};

/* "server" so that known.def speaks of it; "stub-zone" for a section that repeats. */
static const struct opt_section sample_sections[] = {
    {"server", "One.", sample_tables, 1, false, sizeof(struct sample)},
    {"stub-zone", "Many.", sample_tables, 1, true, sizeof(struct sample)},
};

struct sample_conf {
    struct arena *arena;
    struct conf conf;
    struct conf_report report;
    struct sample *server;
};

enum { SAMPLE_BYTES = 8192 };

/**
 * @param spent_bytes 0: memory without limit; else how many of SAMPLE_BYTES are gone already.
 * @return false: no memory.
 */
static inline bool sample_init(struct sample_conf *sample, size_t spent_bytes)
{
    struct conf_place nowhere = {NULL, 0, 0};
    struct conf_part *part;

    sample->arena = arena_new(spent_bytes > 0 ? SAMPLE_BYTES : 0);
    if (sample->arena == NULL || arena_bytes(sample->arena, spent_bytes) == NULL)
        return false;
    conf_report_init(&sample->report, sample->arena);
    conf_init(&sample->conf, sample->arena, sample_sections, COUNT(sample_sections));
    sample->conf.report = &sample->report;
    part = conf_add_part(&sample->conf, &sample_sections[0], NULL, nowhere);
    sample->server = part != NULL ? part->values : NULL;
    return part != NULL;
}

static inline void sample_clear(struct sample_conf *sample)
{
    if (sample->arena != NULL)
        arena_free(sample->arena);
}

#endif
