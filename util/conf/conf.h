/*
 * conf.h - a configuration while it is being read: what both readers fill.
 *
 * A reader opens a section, asks how many words an option takes, and sets it; names, ranges,
 * nearest known names, and the warnings about what Unbound knows and we do not, are all decided
 * here, so that both syntaxes say the same. Made by lib/options.c, which knows the sections.
 */
#ifndef TREESHREW_UTIL_CONF_CONF_H
#define TREESHREW_UTIL_CONF_CONF_H

#include "util/conf/opt.h"

struct known_option;

/** One section that was opened: a struct of values and where each of them was said. */
struct conf_part {
    const struct opt_section *section;
    struct conf_part *next; /* the next part of this or another section, in file order */
    struct conf_place place;
    void *values;
    struct conf_place *places; /* one an option, by opt_find's index; file NULL: default */
};

/** What was recognised and passed over. */
struct conf_ignored {
    const char *section, *name; /* name NULL: the whole section */
    const char *value;
    struct conf_place place;
};

struct conf {
    struct arena *arena; /* of values, names and texts */
    const struct opt_section *sections;
    size_t section_count;
    struct conf_part *first, **last;
    struct conf_ignored *ignored;
    size_t ignored_count, ignored_room;
    struct conf_report *report;
};

/** What a name in a section turned out to be. */
struct conf_option {
    const struct opt_desc *option;    /* ours, or ... */
    const struct known_option *known; /* ... Unbound's, or both NULL: told as an error */
    const char *name;                 /* as written; kept by the caller until it was set */
    size_t index;
    size_t words; /* that follow the name; 0 when unknown */
};

/** How a section that a reader wants to open came out. */
enum conf_opened {
    CONF_OPENED,  /* part is set */
    CONF_SKIPPED, /* recognised, told as a warning: the reader passes over what is in it */
    CONF_UNKNOWN, /* told as an error; likewise passed over */
    CONF_NO_MEMORY
};

void conf_init(struct conf *conf, struct arena *arena, const struct opt_section *sections,
               size_t count);

/** Sections that do not repeat must be there before the first read: their defaults count.
 *  @param values where the structs are; NULL: in the arena. @return NULL: no memory. */
struct conf_part *conf_add_part(struct conf *conf, const struct opt_section *section,
                                void *values, struct conf_place place);

/** True for the name of a section, ours or only known. */
bool conf_is_section(const struct conf *conf, const char *name);

enum conf_opened conf_open(struct conf *conf, const char *name, struct conf_place place,
                           struct conf_part **part);

/** Looks an option up; says what is wrong with a name that is neither ours nor Unbound's. */
struct conf_option conf_find(struct conf *conf, const struct conf_part *part, const char *name,
                             struct conf_place place);

/** True for the name of an option of any section, ours or only known. Says nothing. */
bool conf_is_option(const struct conf *conf, const char *name);

/**
 * Sets an option that conf_find found, or warns of one that is only known.
 * @param places of the words; the first is that of the value.
 * @return STATUS_OK also for a wrong value, which is in the report; STATUS_NO_MEMORY.
 */
enum status conf_set(struct conf *conf, struct conf_part *part,
                     const struct conf_option *option, const char *const *words,
                     const struct conf_place *places);

/**
 * The same for a value that stands in one text, as "10.0.0.0/8 allow": it is cut, in place,
 * into the words that the option takes; the last has all that is left. Too few are told as an
 * error.
 */
enum status conf_set_text(struct conf *conf, struct conf_part *part,
                          const struct conf_option *option, char *text,
                          struct conf_place place);

/** An empty list said as such ("[]" in YAML). */
void conf_set_empty(struct conf_part *part, const struct conf_option *option,
                    struct conf_place place);

/** Address of the member of an option of a part. */
void *conf_member(const struct conf_part *part, size_t index);

/** True when both are of one section and hold the same values. */
bool conf_parts_equal(const struct conf_part *one, const struct conf_part *other);

/** The part of a section that does not repeat; NULL: no such section. */
struct conf_part *conf_part_of(const struct conf *conf, const char *section);

#endif
