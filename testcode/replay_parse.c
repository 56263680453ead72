/*
 * replay_parse.c - reads a scenario file.
 *
 * Called by replay_run.c and by tests. Strict where a mistake would weaken an expectation;
 * lines outside of ranges, steps and entries that mean nothing are passed over, as the format
 * has it.
 */
#include "testcode/replay_parse.h"

#include <stdlib.h>
#include <string.h>

#include "util/wire/types.h"

enum { CONFIG_LINE_MAX = 1024, SCENARIO_LINE_MAX = 10240 };

struct parser {
    struct lines lines;
    struct arena *arena;
    struct entry_defaults defaults;
    struct scenario *scenario;
    struct text config;
    struct replay_step *last_step;
    bool began;
};

static const struct {
    const char *word;
    enum step_type type;
} step_words[] = {
    {"NOTHING", STEP_NOTHING},
    {"QUERY", STEP_QUERY},
    {"CHECK_ANSWER", STEP_CHECK_ANSWER},
    {"CHECK_OUT_QUERY", STEP_CHECK_OUT_QUERY},
    {"REPLY", STEP_REPLY},
    {"TIMEOUT", STEP_TIMEOUT},
    {"ERROR", STEP_ERROR},
    {"TIME_PASSES", STEP_TIME_PASSES},
    {"TRAFFIC", STEP_TRAFFIC},
    {"ASSIGN", STEP_ASSIGN},
    {"CHECK_AUTOTRUST", STEP_CHECK_AUTOTRUST},
    {"CHECK_TEMPFILE", STEP_CHECK_TEMPFILE},
    {"INFRA_RTT", STEP_INFRA_RTT},
    {"FLUSH_MESSAGE", STEP_FLUSH_MESSAGE},
    {"EXPIRE_MESSAGE", STEP_EXPIRE_MESSAGE},
    {"CHECK_WORK", STEP_CHECK_WORK},
    {"RELOAD", STEP_RELOAD},
};

const char *step_type_text(enum step_type type)
{
    for (size_t i = 0; i < COUNT(step_words); i++)
        if (step_words[i].type == type)
            return step_words[i].word;
    return "?";
}

/* ---- files of the scenario
 * -------------------------------------------------------------------- */

const struct scenario_file *scenario_file_by_id(const struct scenario *scenario, const char *id)
{
    for (const struct scenario_file *file = scenario->files; file != NULL; file = file->next)
        if (strcmp(file->id, id) == 0)
            return file;
    return NULL;
}

const struct scenario_file *scenario_file_by_name(const struct scenario *scenario,
                                                  const char *name)
{
    for (const struct scenario_file *file = scenario->files; file != NULL; file = file->next)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

/* One name space for all files, so that a path says which one is meant. */
static const char *file_name(struct parser *parser, const char *id)
{
    return arena_printf(parser->arena, "/scenario/%s", id);
}

/* The lines up to the closing word become a file. */
static bool take_file(struct parser *parser, const char *id, const char *end)
{
    struct scenario_file *file = ARENA_NEW(parser->arena, struct scenario_file);
    struct text text = text_in(parser->arena);
    const char *at, *include;
    char *word;

    if (id == NULL || file == NULL)
        return lines_fail(&parser->lines, "file without an id");
    file->id = id;
    file->name = file_name(parser, id);
    text_add(&text, "");
    while (lines_next(&parser->lines)) {
        at = include = parser->lines.line;
        if (word_begins(&at, end)) {
            file->text = text_done(&text);
            file->next = parser->scenario->files;
            parser->scenario->files = file;
            return file->text != NULL || lines_fail(&parser->lines, "no memory");
        }
        if (word_begins(&include, "$INCLUDE_TEMPFILE")) {
            word = word_next(&include, parser->arena);
            text_printf(&text, "$INCLUDE %s %s\n", file_name(parser, word != NULL ? word : ""),
                        include);
        } else {
            text_printf(&text, "%s\n", parser->lines.line);
        }
    }
    return lines_fail(&parser->lines, "%s missing", end);
}

/* ---- configuration
 * ---------------------------------------------------------------------------- */

/* The config text gets as many line ends as the file has, so that complaints name its lines. */
static void config_catch_up(struct parser *parser, int *lines_written)
{
    for (; *lines_written < parser->lines.number; (*lines_written)++)
        text_add(&parser->config, "\n");
}

static bool take_config_line(struct parser *parser, int *lines_written)
{
    const char *at = parser->lines.line;

    if (strlen(parser->lines.line) >= CONFIG_LINE_MAX)
        return lines_fail(&parser->lines, "line too long");
    if (word_begins(&at, "AUTOTRUST_FILE")) {
        const char *id = word_next(&at, parser->arena);

        text_printf(&parser->config, "server: auto-trust-anchor-file: \"%s\"",
                    id != NULL ? file_name(parser, id) : "");
        return take_file(parser, id, "AUTOTRUST_END");
    }
    if (word_begins(&at, "TEMPFILE_CONTENTS"))
        return take_file(parser, word_next(&at, parser->arena), "TEMPFILE_END");
    if (word_begins(&at, "TEMPFILE_NAME")) {
        /* Stands in the line after its option: the line end before it is taken back. */
        char *id = word_next(&at, parser->arena);

        while (parser->config.used > 0 &&
               parser->config.chars[parser->config.used - 1] == '\n') {
            parser->config.chars[--parser->config.used] = '\0';
            (*lines_written)--;
        }
        text_printf(&parser->config, " \"%s\"", id != NULL ? file_name(parser, id) : "");
        return id != NULL || lines_fail(&parser->lines, "TEMPFILE_NAME without an id");
    }
    if (word_begins(&at, "COMMANDLINE"))
        return lines_fail(&parser->lines, "COMMANDLINE is not supported");
    if (*at != ';')
        text_add(&parser->config, at);
    return true;
}

static bool take_config(struct parser *parser)
{
    int lines_written = 0;

    parser->config = text_in(parser->arena);
    text_add(&parser->config, "");
    while (lines_next(&parser->lines)) {
        const char *at = parser->lines.line;

        if (word_begins(&at, "CONFIG_END")) {
            parser->scenario->config = text_done(&parser->config);
            return parser->scenario->config != NULL || lines_fail(&parser->lines, "no memory");
        }
        if (!take_config_line(parser, &lines_written))
            return false;
        config_catch_up(parser, &lines_written);
    }
    return lines_fail(&parser->lines, "CONFIG_END missing");
}

/* ---- ranges
 * ----------------------------------------------------------------------------------- */

static bool read_number(struct parser *parser, const char **at, int *out)
{
    uint64_t number;
    char *word = word_next(at, parser->arena);

    if (word == NULL || text_read_u64(word, 1000000000, &number) != STATUS_OK)
        return lines_fail(&parser->lines, "number expected");
    *out = (int)number;
    return true;
}

static bool read_address(struct parser *parser, const char **at, struct addr *out)
{
    char *word = word_next(at, parser->arena);

    if (word == NULL || addr_from_text(out, word, 53, NULL) != STATUS_OK)
        return lines_fail(&parser->lines, "address expected");
    return true;
}

static bool take_range(struct parser *parser, const char *at)
{
    struct range *range = ARENA_NEW(parser->arena, struct range);
    struct entry **end;

    if (range == NULL)
        return lines_fail(&parser->lines, "no memory");
    end = &range->entries;
    if (!read_number(parser, &at, &range->first) || !read_number(parser, &at, &range->last))
        return false;
    while (lines_next_said(&parser->lines)) {
        at = parser->lines.line;
        if (*at == '#')
            continue;
        if (word_begins(&at, "RANGE_END")) {
            range->next = parser->scenario->ranges;
            parser->scenario->ranges = range;
            return true;
        }
        if (word_begins(&at, "ADDRESS")) {
            if (range->has_server)
                return lines_fail(&parser->lines, "second ADDRESS in a range");
            range->has_server = true;
            if (!read_address(parser, &at, &range->server))
                return false;
        } else if (word_begins(&at, "ENTRY_BEGIN")) {
            *end = entry_read(&parser->lines, &parser->defaults);
            if (*end == NULL)
                return false;
            end = &(*end)->next;
        } else if (!entry_defaults_take(&parser->defaults, &parser->lines)) {
            return lines_fail(&parser->lines, "unknown line in a range: %s",
                              parser->lines.line);
        }
    }
    return lines_fail(&parser->lines, "RANGE_END missing");
}

/* ---- steps
 * ------------------------------------------------------------------------------------ */

/* The entry that belongs to a step: the next thing that is said. */
static bool take_step_entry(struct parser *parser, struct replay_step *step, const char *at)
{
    if (word_begins(&at, "ADDRESS")) {
        step->has_address = true;
        if (!read_address(parser, &at, &step->address))
            return false;
    }
    while (lines_next_said(&parser->lines)) {
        at = parser->lines.line;
        if (word_begins(&at, "ENTRY_BEGIN")) {
            step->entry = entry_read(&parser->lines, &parser->defaults);
            return step->entry != NULL;
        }
        if (*at != '#' && !entry_defaults_take(&parser->defaults, &parser->lines))
            break;
    }
    return lines_fail(&parser->lines, "ENTRY_BEGIN expected");
}

static bool take_time_passes(struct parser *parser, struct replay_step *step, const char *at)
{
    char *end;

    if (word_begins(&at, "EVAL")) {
        step->is_macro = true;
        step->text = arena_text(parser->arena, at);
        return step->text != NULL;
    }
    if (!word_begins(&at, "ELAPSE") || (step->text = word_next(&at, parser->arena)) == NULL)
        return lines_fail(&parser->lines, "ELAPSE seconds or EVAL macro expected");
    if (strtod(step->text, &end) < 0 || *end != '\0')
        return lines_fail(&parser->lines, "seconds: %s", step->text);
    return true;
}

static bool take_assign(struct parser *parser, struct replay_step *step, const char *at)
{
    step->name = word_next(&at, parser->arena);
    while (*at == ' ' || *at == '\t')
        at++;
    if (step->name == NULL || *at != '=')
        return lines_fail(&parser->lines, "name = expression expected");
    at++;
    while (*at == ' ' || *at == '\t')
        at++;
    step->text = arena_text(parser->arena, at);
    return step->text != NULL || lines_fail(&parser->lines, "no memory");
}

static bool take_expected_file(struct parser *parser, struct replay_step *step, const char *at)
{
    struct text text = text_in(parser->arena);

    step->name = word_next(&at, parser->arena);
    if (step->name == NULL || !lines_next_said(&parser->lines))
        return lines_fail(&parser->lines, "id and file expected");
    at = parser->lines.line;
    if (!word_begins(&at, "FILE_BEGIN"))
        return lines_fail(&parser->lines, "FILE_BEGIN expected");
    text_add(&text, "");
    while (lines_next(&parser->lines)) {
        at = parser->lines.line;
        if (word_begins(&at, "FILE_END")) {
            step->text = text_done(&text);
            return step->text != NULL || lines_fail(&parser->lines, "no memory");
        }
        text_printf(&text, "%s\n", parser->lines.line);
    }
    return lines_fail(&parser->lines, "FILE_END missing");
}

/* name class type */
static bool take_question(struct parser *parser, struct replay_step *step, const char *at)
{
    const char *name = word_next(&at, parser->arena);
    const char *rrclass = word_next(&at, parser->arena);
    const char *type = word_next(&at, parser->arena);

    if (name == NULL || rrclass == NULL || type == NULL ||
        dname_from_text_in(parser->arena, name, &step->question.qname) != STATUS_OK ||
        rrclass_from_text(rrclass, &step->question.qclass) != STATUS_OK ||
        rrtype_from_text(type, &step->question.qtype) != STATUS_OK)
        return lines_fail(&parser->lines, "name, class and type expected");
    return true;
}

static bool take_infra_rtt(struct parser *parser, struct replay_step *step, const char *at)
{
    char *zone;
    int number = 0;

    if (!read_address(parser, &at, &step->address))
        return false;
    zone = word_next(&at, parser->arena);
    if (zone == NULL ||
        dname_from_text_in(parser->arena, zone, &step->question.qname) != STATUS_OK)
        return lines_fail(&parser->lines, "zone expected");
    if (!read_number(parser, &at, &number))
        return false;
    step->milliseconds = (uint32_t)number;
    return true;
}

static const char *const cost_names[WORK_KINDS] = {
    [WORK_SYNTHESIZED] = "SYNTHESIZED",
#define COST(name, word, own, most) [COST_##name] = #name,
#include "services/query/budget.def"
#undef COST
};

const char *replay_work_name(size_t kind)
{
    return cost_names[kind];
}

/* CHECK_WORK SIGNATURES 3 HASH_BLOCKS 0: what questions have cost since the last such step. */
static bool take_costs(struct parser *parser, struct replay_step *step, const char *at)
{
    bool any = false;

    for (;;) {
        char *word = word_next(&at, parser->arena);
        int number = 0;
        size_t cost = 0;

        if (word == NULL)
            return any || lines_fail(&parser->lines, "name of a cost expected");
        while (cost < WORK_KINDS && strcmp(word, cost_names[cost]) != 0)
            cost++;
        if (cost == WORK_KINDS)
            return lines_fail(&parser->lines, "unknown cost: %s", word);
        if (!read_number(parser, &at, &number))
            return false;
        step->has_cost[cost] = any = true;
        step->cost[cost] = (uint64_t)number;
    }
}

static bool take_step_rest(struct parser *parser, struct replay_step *step, const char *at)
{
    switch (step->type) {
    case STEP_QUERY:
    case STEP_CHECK_ANSWER:
    case STEP_CHECK_OUT_QUERY:
    case STEP_REPLY: return take_step_entry(parser, step, at);
    case STEP_TIME_PASSES: return take_time_passes(parser, step, at);
    case STEP_ASSIGN: return take_assign(parser, step, at);
    case STEP_CHECK_AUTOTRUST:
    case STEP_CHECK_TEMPFILE: return take_expected_file(parser, step, at);
    case STEP_INFRA_RTT: return take_infra_rtt(parser, step, at);
    case STEP_FLUSH_MESSAGE:
    case STEP_EXPIRE_MESSAGE: return take_question(parser, step, at);
    case STEP_CHECK_WORK: return take_costs(parser, step, at);
    case STEP_RELOAD:
        step->text = arena_text(parser->arena, at);
        return step->text != NULL;
    default: return true;
    }
}

static bool find_step_type(const char *word, enum step_type *out)
{
    for (size_t i = 0; word != NULL && i < COUNT(step_words); i++)
        if (strcmp(step_words[i].word, word) == 0) {
            *out = step_words[i].type;
            return true;
        }
    return false;
}

static bool take_step(struct parser *parser, const char *at)
{
    struct replay_step *step = ARENA_NEW(parser->arena, struct replay_step);
    char *word;

    if (step == NULL)
        return lines_fail(&parser->lines, "no memory");
    step->line = parser->lines.number;
    if (!read_number(parser, &at, &step->number))
        return false;
    if (parser->last_step != NULL && step->number <= parser->last_step->number)
        return lines_fail(&parser->lines, "step %d behind step %d", step->number,
                          parser->last_step->number);
    word = word_next(&at, parser->arena);
    if (!find_step_type(word, &step->type))
        return lines_fail(&parser->lines, "unknown kind of step: %s",
                          word != NULL ? word : "none");
    while (*at == ' ' || *at == '\t')
        at++;
    if (!take_step_rest(parser, step, at))
        return lines_fail(&parser->lines, "step %d", step->number);
    if (parser->last_step != NULL)
        parser->last_step->next = step;
    else
        parser->scenario->steps = step;
    parser->last_step = step;
    return true;
}

/* ---- the whole
 * -------------------------------------------------------------------------------- */

/* @param ended set when SCENARIO_END was read: what stands behind it is not looked at. */
static bool take_line(struct parser *parser, bool *ended)
{
    const char *at = parser->lines.line;

    if (strlen(at) >= SCENARIO_LINE_MAX)
        return lines_fail(&parser->lines, "line too long");
    if (word_begins(&at, "SCENARIO_BEGIN")) {
        if (parser->began)
            return lines_fail(&parser->lines, "second SCENARIO_BEGIN");
        parser->began = true;
        parser->scenario->title = arena_text(parser->arena, at);
        return true;
    }
    if (word_begins(&at, "RANGE_BEGIN"))
        return parser->began ? take_range(parser, at)
                             : lines_fail(&parser->lines, "range before SCENARIO_BEGIN");
    if (word_begins(&at, "STEP"))
        return parser->began ? take_step(parser, at)
                             : lines_fail(&parser->lines, "step before SCENARIO_BEGIN");
    if (word_begins(&at, "SCENARIO_END"))
        *ended = true;
    else
        entry_defaults_take(&parser->defaults, &parser->lines);
    return parser->lines.error == NULL;
}

struct scenario *scenario_read(const char *text, struct arena *arena, const char **error)
{
    struct parser parser = {.lines = lines_of(text, arena),
                            .arena = arena,
                            .defaults = {dname_root, 3600},
                            .scenario = ARENA_NEW(arena, struct scenario)};
    bool ended = false;

    *error = "no memory";
    if (parser.scenario == NULL)
        return NULL;
    if (take_config(&parser)) {
        while (!ended && lines_next_said(&parser.lines) && take_line(&parser, &ended))
            ;
        if (!ended)
            lines_fail(&parser.lines, "SCENARIO_END missing");
        else if (!parser.began)
            lines_fail(&parser.lines, "SCENARIO_BEGIN missing");
    }
    if (parser.lines.error == NULL)
        return parser.scenario;
    *error = parser.lines.error;
    return NULL;
}
