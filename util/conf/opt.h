/*
 * opt.h - one table of options: what the readers fill and everything else reads.
 *
 * An option is one line in a *.opt.def file beside the code that uses it. The same line makes
 * the member of a struct, the descriptor from which both readers (YAML, unbound.conf) parse it,
 * its default and range, the manual and the JSON schema. Each floor has its own struct of
 * values (struct iterator_options, ...); lib/options.c gathers structs and tables.
 *
 *   OPTION(member, kind, default, low, high, "unit", reload, "What it does.")
 *
 * member:  the C member; the option's name has "-" for each "_".
 * kind:    BOOL   bool            yes/no/true/false/on/off
 *          UINT   uint32_t        decimal, low..high
 *          INT    int32_t         decimal, may be negative
 *          SIZE   uint64_t        octets; k, m, g suffixes (1024)
 *          TEXT   const char *    one word of the form that "unit" names (form.def); default a
 *                                 literal or NULL; low/high unused (0)
 *          LIST   struct opt_list repeated key or YAML sequence; default NULL (empty) or a
 * literal with items separated by '\n'; "unit" has one form (form.def) for each word of an item
 *          CHOICE uint32_t        one of names; low..high index the list; "unit" holds the
 * names, separated by '|'; default is an index reload:  RELOAD takes effect at a reload,
 * RESTART needs a restart.
 */
#ifndef TREESHREW_UTIL_CONF_OPT_H
#define TREESHREW_UTIL_CONF_OPT_H

#include "util/arena.h"
#include "util/conf/report.h"

/** One item of a LIST and where it was said. Words of one item are joined by single spaces. */
struct opt_item {
    const char *text;
    const char *file; /* NULL: a default */
    int line, column;
};

struct opt_list {
    size_t count;
    struct opt_item *items;
};

enum opt_kind { OPT_BOOL, OPT_UINT, OPT_INT, OPT_SIZE, OPT_TEXT, OPT_LIST, OPT_CHOICE };
enum opt_reload { OPT_RELOAD, OPT_RESTART };

/* Members of a struct of values: #define OPTION OPTION_MEMBER, #include the table, #undef. */
#define OPT_C_TYPE_BOOL   bool
#define OPT_C_TYPE_UINT   uint32_t
#define OPT_C_TYPE_INT    int32_t
#define OPT_C_TYPE_SIZE   uint64_t
#define OPT_C_TYPE_TEXT   const char *
#define OPT_C_TYPE_LIST   struct opt_list
#define OPT_C_TYPE_CHOICE uint32_t
#define OPTION_MEMBER(member, kind, default_, low, high, unit, reload, text)                   \
    OPT_C_TYPE_##kind member;

/** One line of a table, as the readers and printers see it. */
struct opt_desc {
    const char *member; /* the option's name with "_" for "-" */
    enum opt_kind kind;
    enum opt_reload reload;
    size_t offset;     /* of the member in its struct */
    int64_t number;    /* default of BOOL, UINT, INT, SIZE, CHOICE */
    const char *words; /* default of TEXT, LIST */
    int64_t low, high;
    const char *unit;
    const char *text;
};

#define OPT_NUMBER_BOOL(value)   (value)
#define OPT_NUMBER_UINT(value)   (value)
#define OPT_NUMBER_INT(value)    (value)
#define OPT_NUMBER_SIZE(value)   (value)
#define OPT_NUMBER_CHOICE(value) (value)
#define OPT_NUMBER_TEXT(value)   0
#define OPT_NUMBER_LIST(value)   0
#define OPT_WORDS_BOOL(value)    NULL
#define OPT_WORDS_UINT(value)    NULL
#define OPT_WORDS_INT(value)     NULL
#define OPT_WORDS_SIZE(value)    NULL
#define OPT_WORDS_CHOICE(value)  NULL
#define OPT_WORDS_TEXT(value)    (value)
#define OPT_WORDS_LIST(value)    (value)

/* Initialiser of a struct opt_desc for a member of `owner` (struct cache_options, ...). */
#define OPT_DESC(owner, member, kind, default_, low, high, unit, reload, text)                 \
    {#member,                                                                                  \
     OPT_##kind,                                                                               \
     OPT_##reload,                                                                             \
     offsetof(owner, member),                                                                  \
     OPT_NUMBER_##kind(default_),                                                              \
     OPT_WORDS_##kind(default_),                                                               \
     low,                                                                                      \
     high,                                                                                     \
     unit,                                                                                     \
     text},

/** A table and where its struct lies in the values of its section. */
struct opt_table {
    const struct opt_desc *options;
    size_t count;
    size_t offset;
};

/** A section (a "clause" of unbound.conf): server, remote-control, stub-zone, forward-zone. */
struct opt_section {
    const char *name;
    const char *text; /* for the manual */
    const struct opt_table *tables;
    size_t table_count;
    bool repeats; /* each is a struct of its own; else all land in one */
    size_t size;  /* of that struct */
};

/** Longest value in words: local-zone-override has three. */
enum { OPT_WORDS_MAX = 3, OPT_NAME_MAX = 64 };

/** "cache-min-ttl" for "cache_min_ttl". @return out. */
const char *opt_name(const struct opt_desc *option, char out[OPT_NAME_MAX]);
bool opt_is_named(const struct opt_desc *option, const char *name);

/** How many options a section has, and the n-th of them; @param offset of its member. */
size_t opt_count(const struct opt_section *section);
const struct opt_desc *opt_at(const struct opt_section *section, size_t index, size_t *offset);

/** @param index the number for opt_at. @return NULL: no option of that name. */
const struct opt_desc *opt_find(const struct opt_section *section, const char *name,
                                size_t *index);

/** How many words make one value; for a LIST, one item. At least 1. */
size_t opt_word_count(const struct opt_desc *option);

/**
 * Gives the member its default.
 * @param member the address of the member. @return STATUS_OK, STATUS_NO_MEMORY.
 */
enum status opt_set_default(const struct opt_desc *option, void *member, struct arena *arena);

/**
 * Checks the words of a value and stores it; a LIST gets one item more. Texts are copied.
 * @param place  where the value stands; the file's name must outlive the list.
 * @param wanted after STATUS_MALFORMED: what was expected, in words (in the arena).
 * @param bad    after STATUS_MALFORMED: the word at fault.
 * @return STATUS_OK, STATUS_MALFORMED (nothing changed), STATUS_NO_MEMORY.
 */
enum status opt_set(const struct opt_desc *option, void *member, struct arena *arena,
                    const char *const *words, struct conf_place place, const char **wanted,
                    size_t *bad);

/**
 * Gives the list an array of its own with the items that `keeps` wants; so what was copied from
 * another struct of values can be changed without touching that one's.
 * @return STATUS_OK, STATUS_NO_MEMORY (nothing changed).
 */
enum status opt_list_own(struct opt_list *list, struct arena *arena,
                         bool (*keeps)(void *context, const struct opt_item *item),
                         void *context);

/** True when the member asks for nothing that it would not get anyway: default, no, empty. */
bool opt_is_idle(const struct opt_desc *option, const void *member);

/** The value as a word of a configuration, for all kinds but LIST; NULL: unset, or no memory.
 */
const char *opt_value_text(const struct opt_desc *option, const void *member,
                           struct arena *arena);

/** True when both hold the same (lists: the same items in the same order). */
bool opt_equal(const struct opt_desc *option, const void *one, const void *other);

#endif
