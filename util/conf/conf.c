/*
 * conf.c - a configuration while it is being read: names, places, and what is said about them.
 */
#include "util/conf/conf.h"

#include <string.h>

#include "util/conf/known.h"
#include "util/text.h"

void conf_init(struct conf *conf, struct arena *arena, const struct opt_section *sections,
               size_t count)
{
    memset(conf, 0, sizeof(*conf));
    conf->arena = arena;
    conf->sections = sections;
    conf->section_count = count;
    conf->last = &conf->first;
}

struct conf_part *conf_add_part(struct conf *conf, const struct opt_section *section,
                                void *values, struct conf_place place)
{
    size_t count = opt_count(section);
    struct conf_part *part = ARENA_NEW(conf->arena, struct conf_part);

    if (part == NULL)
        return NULL;
    part->section = section;
    part->place = place;
    part->values = values != NULL ? values : arena_alloc(conf->arena, section->size);
    part->places = ARENA_ARRAY(conf->arena, struct conf_place, count);
    if (part->values == NULL || part->places == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t offset;
        const struct opt_desc *option = opt_at(section, i, &offset);

        if (opt_set_default(option, conf_member(part, i), conf->arena) != STATUS_OK)
            return NULL;
    }
    *conf->last = part;
    conf->last = &part->next;
    return part;
}

void *conf_member(const struct conf_part *part, size_t index)
{
    size_t offset;

    opt_at(part->section, index, &offset);
    return (char *)part->values + offset;
}

static const struct opt_section *section_of(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->section_count; i++)
        if (strcmp(conf->sections[i].name, name) == 0)
            return &conf->sections[i];
    return NULL;
}

struct conf_part *conf_part_of(const struct conf *conf, const char *section)
{
    struct conf_part *part = conf->first;

    while (part != NULL &&
           (part->section->repeats || strcmp(part->section->name, section) != 0))
        part = part->next;
    return part;
}

bool conf_is_section(const struct conf *conf, const char *name)
{
    return section_of(conf, name) != NULL || known_section(name) != NULL;
}

bool conf_is_option(const struct conf *conf, const char *name)
{
    size_t index;

    if (known_alias(name) != NULL)
        return true;
    for (size_t i = 0; i < conf->section_count; i++)
        if (opt_find(&conf->sections[i], name, &index) != NULL ||
            known_option(conf->sections[i].name, name) != NULL)
            return true;
    return false;
}

/* ---- nearest names ---- */

/* The best guess so far for a name that nobody knows. */
struct guess {
    const char *wrong;
    size_t distance; /* of the best; what is farther is no guess */
    char best[OPT_NAME_MAX];
};

static struct guess guess_for(const char *wrong)
{
    size_t most = strlen(wrong) / 3;

    return (struct guess){wrong, (most < 1 ? 1 : most > 4 ? 4 : most) + 1, ""};
}

static void guess_try(struct guess *guess, const char *name)
{
    size_t distance;

    if (strlen(name) >= sizeof(guess->best) || strlen(guess->wrong) >= OPT_NAME_MAX)
        return;
    distance = text_distance(guess->wrong, name, guess->distance - 1);
    if (distance < guess->distance) {
        guess->distance = distance;
        memcpy(guess->best, name, strlen(name) + 1);
    }
}

static void guess_section(struct guess *guess, const struct opt_section *section)
{
    size_t count = opt_count(section), offset;
    char name[OPT_NAME_MAX];

    for (size_t i = 0; i < count; i++)
        guess_try(guess, opt_name(opt_at(section, i, &offset), name));
}

static void unknown_section(struct conf *conf, const char *name, struct conf_place place)
{
    struct guess guess = guess_for(name);

    for (size_t i = 0; i < conf->section_count; i++)
        guess_try(&guess, conf->sections[i].name);
    for (size_t i = 0; known_section_name(i) != NULL; i++)
        guess_try(&guess, known_section_name(i));
    if (guess.best[0] != '\0')
        conf_error(conf->report, place, "unknown section \"%s\"; did you mean \"%s\"?", name,
                   guess.best);
    else
        conf_error(conf->report, place,
                   "unknown section \"%s\"; expected server, remote-control, dnstap, stub-zone "
                   "or forward-zone",
                   name);
}

/* In the order of usefulness: the option stands in the wrong section; a near name; nothing. */
static void unknown_option(struct conf *conf, const struct opt_section *section,
                           const char *name, struct conf_place place)
{
    struct guess guess = guess_for(name);
    size_t index;

    for (size_t i = 0; i < conf->section_count; i++)
        if (opt_find(&conf->sections[i], name, &index) != NULL) {
            conf_error(conf->report, place, "option \"%s\" belongs in section %s, not in %s",
                       name, conf->sections[i].name, section->name);
            return;
        }
    guess_section(&guess, section);
    for (size_t i = 0; i < conf->section_count; i++)
        guess_try(&guess, conf->sections[i].name);
    for (size_t i = 0; known_name(i) != NULL; i++)
        guess_try(&guess, known_name(i));
    if (guess.best[0] != '\0')
        conf_error(conf->report, place,
                   "unknown option \"%s\" in section %s; did you mean \"%s\"?", name,
                   section->name, guess.best);
    else
        conf_error(conf->report, place, "unknown option \"%s\" in section %s", name,
                   section->name);
}

/* ---- what is passed over ---- */

static enum status ignore(struct conf *conf, const char *section, const char *name,
                          const char *value, struct conf_place place)
{
    struct conf_ignored *entry;

    if (conf->ignored_count == conf->ignored_room) {
        size_t room = conf->ignored_room == 0 ? 8 : conf->ignored_room * 2;
        struct conf_ignored *more = ARENA_ARRAY(conf->arena, struct conf_ignored, room);

        if (more == NULL)
            return STATUS_NO_MEMORY;
        if (conf->ignored_count > 0)
            memcpy(more, conf->ignored, conf->ignored_count * sizeof(*more));
        conf->ignored = more;
        conf->ignored_room = room;
    }
    entry = &conf->ignored[conf->ignored_count++];
    *entry = (struct conf_ignored){section, NULL, NULL, place};
    if (name != NULL && (entry->name = arena_text(conf->arena, name)) == NULL)
        return STATUS_NO_MEMORY;
    if (value != NULL && (entry->value = arena_text(conf->arena, value)) == NULL)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

enum conf_opened conf_open(struct conf *conf, const char *name, struct conf_place place,
                           struct conf_part **part)
{
    const struct opt_section *section = section_of(conf, name);
    const char *reason;

    *part = NULL;
    if (section != NULL) {
        *part = section->repeats ? conf_add_part(conf, section, NULL, place)
                                 : conf_part_of(conf, name);
        return *part != NULL ? CONF_OPENED : CONF_NO_MEMORY;
    }
    reason = known_section(name);
    if (reason == NULL) {
        unknown_section(conf, name, place);
        return CONF_UNKNOWN;
    }
    conf_warning(conf->report, place, "section %s is passed over: %s", name, reason);
    name = arena_text(conf->arena, name);
    if (name == NULL || ignore(conf, name, NULL, NULL, place) != STATUS_OK)
        return CONF_NO_MEMORY;
    return CONF_SKIPPED;
}

/* ---- options ---- */

struct conf_option conf_find(struct conf *conf, const struct conf_part *part, const char *name,
                             struct conf_place place)
{
    struct conf_option found = {NULL, NULL, name, 0, 0};
    const char *other = known_alias(name);

    found.option = opt_find(part->section, other != NULL ? other : name, &found.index);
    if (found.option != NULL) {
        found.words = opt_word_count(found.option);
        return found;
    }
    found.known = known_option(part->section->name, name);
    if (found.known != NULL)
        found.words = found.known->words;
    else
        unknown_option(conf, part->section, name, place);
    return found;
}

static enum status pass_over(struct conf *conf, const struct conf_option *option,
                             const char *const *words, struct conf_place place)
{
    struct text text = text_in(conf->arena);

    conf_warning(conf->report, place, "option %s has no effect: %s", option->name,
                 option->known->reason);
    for (size_t i = 0; i < option->words; i++) {
        text_add(&text, i > 0 ? " " : "");
        text_add(&text, words[i]);
    }
    if (text_done(&text) == NULL)
        return STATUS_NO_MEMORY;
    return ignore(conf, option->known->section, option->known->name, text_done(&text), place);
}

/* Octets that follow the first one of a character in UTF-8 (RFC 3629 section 4); -1: it is
 * none. */
static int utf8_more(uint8_t first)
{
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

/* Values end up in log lines, answers and YAML: no control characters, nothing but UTF-8. */
static bool is_clean(const char *word)
{
    const uint8_t *at = (const uint8_t *)word;

    while (*at != 0) {
        uint8_t first = *at++;
        int more = utf8_more(first);

        if ((first < 0x20 && first != '\t') || first == 0x7f || more < 0)
            return false;
        /* Forms that are too long, surrogates, and what is past U+10FFFF. */
        if ((first == 0xe0 && *at < 0xa0) || (first == 0xed && *at > 0x9f) ||
            (first == 0xf0 && *at < 0x90) || (first == 0xf4 && *at > 0x8f))
            return false;
        for (; more > 0; more--)
            if ((*at++ & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static bool are_clean(struct conf *conf, const struct conf_option *option,
                      const char *const *words, const struct conf_place *places)
{
    for (size_t i = 0; i < option->words; i++)
        if (!is_clean(words[i])) {
            conf_error(conf->report, places[i],
                       "%s: the value has control characters, or is not UTF-8", option->name);
            return false;
        }
    return true;
}

/* Once an option and section, not for each item of a list. */
static void warn_of_later(struct conf *conf, struct conf_part *part,
                          const struct conf_option *option, struct conf_place place)
{
    char name[OPT_NAME_MAX];
    const char *reason = known_later(opt_name(option->option, name));

    if (reason != NULL && !opt_is_idle(option->option, conf_member(part, option->index)))
        conf_warning(conf->report, place, "option %s has no effect yet: %s", name, reason);
}

enum status conf_set(struct conf *conf, struct conf_part *part,
                     const struct conf_option *option, const char *const *words,
                     const struct conf_place *places)
{
    void *member;
    const char *wanted;
    size_t bad;
    enum status status;

    if (!are_clean(conf, option, words, places))
        return STATUS_OK;
    if (option->known != NULL)
        return pass_over(conf, option, words, places[0]);
    member = conf_member(part, option->index);
    if (option->option->kind == OPT_LIST && part->places[option->index].file == NULL)
        *(struct opt_list *)member = (struct opt_list){0, NULL}; /* the default gives way */
    status = opt_set(option->option, member, conf->arena, words, places[0], &wanted, &bad);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        conf_error(conf->report, places[bad], "%s: expected %s, not \"%.100s\"", option->name,
                   wanted, words[bad]);
    else if (part->places[option->index].file == NULL)
        warn_of_later(conf, part, option, places[0]);
    part->places[option->index] = places[0];
    return STATUS_OK;
}

/* @return false: told as an error. */
static bool cut(struct conf *conf, const struct conf_option *option, char *text,
                struct conf_place place, const char **words)
{
    size_t n = 0;

    words[n++] = text;
    while (n < option->words) {
        text += strcspn(text, " \t");
        if (*text == '\0')
            break;
        *text++ = '\0';
        text += strspn(text, " \t");
        words[n++] = text;
    }
    if (n == option->words && (n == 1 || words[n - 1][0] != '\0'))
        return true;
    if (option->option != NULL)
        conf_error(conf->report, place, "%s: expected %zu words: %s", option->name, option->words,
                   option->option->unit);
    return false;
}

enum status conf_set_text(struct conf *conf, struct conf_part *part,
                          const struct conf_option *option, char *text,
                          struct conf_place place)
{
    const struct conf_place places[OPT_WORDS_MAX] = {place, place, place};
    const char *words[OPT_WORDS_MAX];

    if (!cut(conf, option, text, place, words))
        return STATUS_OK;
    return conf_set(conf, part, option, words, places);
}

void conf_set_empty(struct conf_part *part, const struct conf_option *option,
                    struct conf_place place)
{
    ASSERT(option->option->kind == OPT_LIST);
    if (part->places[option->index].file == NULL)
        *(struct opt_list *)conf_member(part, option->index) = (struct opt_list){0, NULL};
    part->places[option->index] = place;
}

bool conf_parts_equal(const struct conf_part *one, const struct conf_part *other)
{
    size_t count = opt_count(one->section), offset;

    if (one->section != other->section)
        return false;
    if (one->values == other->values)
        return true;
    for (size_t i = 0; i < count; i++)
        if (!opt_equal(opt_at(one->section, i, &offset), conf_member(one, i),
                       conf_member(other, i)))
            return false;
    return true;
}
