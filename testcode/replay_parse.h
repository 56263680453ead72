/*
 * replay_parse.h - a scenario file taken apart: configuration, canned servers, steps.
 *
 * Made by replay_parse.c, played by replay_run.c. Everything lives in the arena.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_PARSE_H
#define TREESHREW_TESTCODE_REPLAY_PARSE_H

#include "services/query/budget.h"
#include "testcode/replay_entry.h"
#include "util/addr.h"

/** A file that exists only in the scenario: TEMPFILE_CONTENTS, AUTOTRUST_FILE. */
struct scenario_file {
    struct scenario_file *next;
    const char *id;
    const char *name; /* as the configuration says it */
    const char *text;
};

struct range {
    struct range *next; /* the one before it in the file: later ones are searched first */
    int first, last;
    bool has_server;
    struct addr server;
    struct entry *entries;
};

enum step_type {
    STEP_NOTHING,
    STEP_QUERY,
    STEP_CHECK_ANSWER,
    STEP_CHECK_OUT_QUERY,
    STEP_REPLY,
    STEP_TIMEOUT,
    STEP_ERROR,
    STEP_TIME_PASSES,
    STEP_TRAFFIC,
    STEP_ASSIGN,
    STEP_CHECK_AUTOTRUST,
    STEP_CHECK_TEMPFILE,
    STEP_INFRA_RTT,
    STEP_FLUSH_MESSAGE,
    STEP_EXPIRE_MESSAGE,
    STEP_CHECK_WORK,
    STEP_RELOAD,
    STEP_TYPES
};

/* What CHECK_WORK can name: the costs of a budget, and answers that needed no question. */
enum { WORK_SYNTHESIZED = COSTS, WORK_KINDS };

struct replay_step {
    struct replay_step *next;
    enum step_type type;
    int number, line;
    struct entry *entry; /* the four types with an entry */
    bool has_address;
    struct addr address;      /* of those, and of INFRA_RTT */
    const char *text;         /* expression, seconds or expected file; RELOAD: one more option */
    bool is_macro;            /* of TIME_PASSES: text is to be evaluated */
    const char *name;         /* variable of ASSIGN, id of a file */
    struct question question; /* of FLUSH_MESSAGE, EXPIRE_MESSAGE; zone of INFRA_RTT */
    uint32_t milliseconds;    /* of INFRA_RTT */
    bool has_cost[WORK_KINDS]; /* of CHECK_WORK: which are named, and what each has to be */
    uint64_t cost[WORK_KINDS];
};

struct scenario {
    const char *title;
    const char *config; /* with the line numbers of the file */
    struct scenario_file *files;
    struct range *ranges;      /* the last one first */
    struct replay_step *steps; /* in order */
};

/** @return NULL: *error (in the arena) says line and reason. */
struct scenario *scenario_read(const char *text, struct arena *arena, const char **error);

const char *step_type_text(enum step_type type);
/** As CHECK_WORK calls it: SIGNATURES. */
const char *replay_work_name(size_t kind);

/** By its id, or by its name in the configuration. NULL: there is none. */
const struct scenario_file *scenario_file_by_id(const struct scenario *scenario,
                                                const char *id);
const struct scenario_file *scenario_file_by_name(const struct scenario *scenario,
                                                  const char *name);

#endif
