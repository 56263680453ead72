/*
 * yaml.c - reads a configuration in YAML, event by event.
 *
 * `take` moves to the next event and is the one place that meets libyaml's errors, anchors and
 * aliases; after any of these, and after want of memory, it goes on giving EVENT_STOP, so that
 * every loop ends by itself. Each read_... function begins at the event that starts its node
 * and leaves at the event that ends it.
 */
#include "util/conf/yaml.h"

#include <string.h>
#include <yaml.h>

#include "util/text.h"

/* Sections, options, lists, items: nothing that means something lies deeper. */
enum { DEPTH_MAX = 8 };

enum { EVENT_STOP = -1 };

struct reader {
    struct conf *conf;
    const char *file;
    struct slice text;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    bool stopped;
    bool no_memory;
};

/* ---- events ---- */

static struct conf_place place_at(const struct reader *reader, yaml_mark_t mark)
{
    return (struct conf_place){reader->file, (int)mark.line + 1, (int)mark.column + 1};
}

static struct conf_place place_here(const struct reader *reader)
{
    return place_at(reader, reader->event.start_mark);
}

/* libyaml knows only the offset of an octet that is no UTF-8. */
static struct conf_place place_of_offset(const struct reader *reader, size_t offset)
{
    struct conf_place place = {reader->file, 1, 1};

    for (size_t i = 0; i < offset && i < reader->text.size; i++) {
        place.column++;
        if (reader->text.data[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static int stop(struct reader *reader)
{
    reader->stopped = true;
    return EVENT_STOP;
}

static int out_of_memory(struct reader *reader)
{
    reader->no_memory = true;
    return stop(reader);
}

static int syntax_error(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct conf_place place;

    if (parser->error == YAML_MEMORY_ERROR)
        return out_of_memory(reader);
    place = parser->error == YAML_READER_ERROR ? place_of_offset(reader, parser->problem_offset)
                                               : place_at(reader, parser->problem_mark);
    conf_error(reader->conf->report, place, "this is not YAML: %s%s%s",
               parser->context != NULL ? parser->context : "",
               parser->context != NULL ? ", " : "",
               parser->problem != NULL ? parser->problem : "unknown problem");
    return stop(reader);
}

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT: return true;
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor != NULL;
    default: return false;
    }
}

/** Moves to the next event. @return its type, or EVENT_STOP. */
static int take(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = false;
    if (reader->stopped || reader->conf->report->errors > CONF_ERRORS_MAX)
        return stop(reader);
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return syntax_error(reader);
    reader->has_event = true;
    if (has_anchor(&reader->event)) {
        conf_error(
            reader->conf->report, place_here(reader),
            "anchors (&) and aliases (*) are not taken; quote a value that begins with one");
        return stop(reader);
    }
    return (int)reader->event.type;
}

static int type_here(const struct reader *reader)
{
    return reader->has_event && !reader->stopped ? (int)reader->event.type : EVENT_STOP;
}

/** From the start of a node to its end. */
static void skip(struct reader *reader)
{
    int depth = 0;

    for (int type = type_here(reader); type != EVENT_STOP; type = take(reader)) {
        if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
            depth++;
        if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT)
            depth--;
        if (depth == 0)
            return;
        if (depth > DEPTH_MAX) {
            conf_error(reader->conf->report, place_here(reader), "too many levels");
            stop(reader);
        }
    }
}

/* ---- scalars ---- */

/* A plain scalar that YAML takes for "nothing". */
static bool is_null(const struct reader *reader)
{
    const char *value = (const char *)reader->event.data.scalar.value;

    return reader->event.type == YAML_SCALAR_EVENT &&
           reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (strcmp(value, "") == 0 || strcmp(value, "~") == 0 || strcmp(value, "null") == 0);
}

/** The scalar here, copied. @return NULL: told as an error, or no memory. */
static char *scalar(struct reader *reader)
{
    const char *value = (const char *)reader->event.data.scalar.value;
    size_t size = reader->event.data.scalar.length;
    char *copy;

    if (memchr(value, 0, size) != NULL) {
        conf_error(reader->conf->report, place_here(reader), "a zero octet in a value");
        return NULL;
    }
    copy = arena_text(reader->conf->arena, value);
    if (copy == NULL)
        out_of_memory(reader);
    return copy;
}

/** The key here, which must be a scalar. @return NULL: told; the key and its value are passed.
 */
static char *read_key(struct reader *reader, struct conf_place *place)
{
    char *key = NULL;

    *place = place_here(reader);
    if (type_here(reader) == YAML_SCALAR_EVENT)
        key = scalar(reader);
    else
        conf_error(reader->conf->report, *place, "expected a name, not a list or map");
    if (key == NULL) {
        skip(reader);
        take(reader);
        skip(reader);
    }
    return key;
}

/* ---- values of options ---- */

static void set_text(struct reader *reader, struct conf_part *part,
                     const struct conf_option *option, char *text, struct conf_place place)
{
    /* Quotes may hold blanks in front; of a value of one word they are a part. */
    if (text != NULL && option->words > 1)
        text += strspn(text, " \t");
    if (text != NULL && conf_set_text(reader->conf, part, option, text, place) != STATUS_OK)
        out_of_memory(reader);
}

/* The words of [10.0.0.0/8, allow], joined. @return NULL: told. */
static char *read_joined(struct reader *reader, const struct conf_option *option)
{
    struct text text = text_in(reader->conf->arena);
    bool good = true;

    text_add(&text, "");
    for (int type = take(reader); type != YAML_SEQUENCE_END_EVENT; type = take(reader)) {
        const char *word;

        if (type == EVENT_STOP)
            return NULL;
        if (type != YAML_SCALAR_EVENT) {
            conf_error(reader->conf->report, place_here(reader),
                       "%s: expected a value, not a list or map", option->name);
            skip(reader);
            good = false;
            continue;
        }
        word = scalar(reader);
        if (text.used > 0)
            text_add_char(&text, ' ');
        text_add(&text, word != NULL ? word : "");
        good = good && word != NULL;
    }
    if (text_done(&text) == NULL)
        out_of_memory(reader);
    return good ? text_done(&text) : NULL;
}

/* {10.0.0.0/8: allow, 192.0.2.0/24: refuse}: each pair is an item of two words or more. */
static void read_pairs(struct reader *reader, struct conf_part *part,
                       const struct conf_option *option)
{
    while (take(reader) != YAML_MAPPING_END_EVENT && !reader->stopped) {
        struct conf_place place;
        char *key = read_key(reader, &place), *value, *text;

        if (key == NULL)
            continue;
        if (take(reader) != YAML_SCALAR_EVENT) {
            conf_error(reader->conf->report, place_here(reader),
                       "%s: expected a value, not a list or map", option->name);
            skip(reader);
            continue;
        }
        value = scalar(reader);
        if (value == NULL)
            continue;
        text = arena_printf(reader->conf->arena, "%s %s", key, value);
        if (text == NULL)
            out_of_memory(reader);
        set_text(reader, part, option, text, place);
    }
}

static bool takes_pairs(const struct conf_option *option)
{
    return option->option->kind == OPT_LIST && option->words >= 2;
}

static void read_item(struct reader *reader, struct conf_part *part,
                      const struct conf_option *option)
{
    struct conf_place place = place_here(reader);
    int type = type_here(reader);

    if (type == YAML_SCALAR_EVENT) {
        set_text(reader, part, option, scalar(reader), place);
    } else if (type == YAML_MAPPING_START_EVENT && takes_pairs(option)) {
        read_pairs(reader, part, option);
    } else if (type == YAML_SEQUENCE_START_EVENT && takes_pairs(option)) {
        set_text(reader, part, option, read_joined(reader, option), place);
    } else if (type != EVENT_STOP) {
        conf_error(reader->conf->report, place, "%s: expected a value, not a list or map",
                   option->name);
        skip(reader);
    }
}

static void read_list(struct reader *reader, struct conf_part *part,
                      const struct conf_option *option)
{
    conf_set_empty(part, option, place_here(reader));
    for (int type = take(reader); type != YAML_SEQUENCE_END_EVENT; type = take(reader)) {
        if (type == EVENT_STOP)
            return;
        read_item(reader, part, option);
    }
}

/* Several words in one value, as those of module-config, may also be written as a list. */
static bool takes_words(const struct conf_option *option)
{
    return option->option->kind == OPT_TEXT && (strcmp(option->option->unit, "modules") == 0 ||
                                                strcmp(option->option->unit, "numbers") == 0);
}

static void pass_known(struct reader *reader, struct conf_part *part,
                       const struct conf_option *option)
{
    struct conf_option one = *option;
    struct conf_place place = place_here(reader);
    const char *word = "";

    if (type_here(reader) == YAML_SCALAR_EVENT)
        word = scalar(reader);
    else
        skip(reader);
    one.words = 1;
    if (word != NULL && conf_set(reader->conf, part, &one, &word, &place) != STATUS_OK)
        out_of_memory(reader);
}

static void read_value(struct reader *reader, struct conf_part *part,
                       const struct conf_option *option)
{
    int type = type_here(reader);
    struct conf_place place = place_here(reader);

    if (option->known != NULL) {
        pass_known(reader, part, option);
    } else if (option->option == NULL) {
        skip(reader);
    } else if (type == YAML_SCALAR_EVENT && is_null(reader)) {
        conf_error(reader->conf->report, place, "%s: a value is missing", option->name);
    } else if (type == YAML_SEQUENCE_START_EVENT && option->option->kind == OPT_LIST) {
        read_list(reader, part, option);
    } else if (type == YAML_SEQUENCE_START_EVENT && takes_words(option)) {
        set_text(reader, part, option, read_joined(reader, option), place);
    } else if (type == YAML_SEQUENCE_START_EVENT && option->option->kind != OPT_LIST) {
        conf_error(reader->conf->report, place, "%s: expected one value, not a list",
                   option->name);
        skip(reader);
    } else {
        read_item(reader, part, option);
    }
}

/* ---- sections ---- */

/* Names that one map had so far; as long as names are known or errors are few, they are few. */
struct seen {
    struct seen *next;
    const char *name;
    int line;
};

/** @return false: it was there before (told), or no memory. */
static bool is_new(struct reader *reader, struct seen **seen, const char *name,
                   struct conf_place place)
{
    struct seen *entry;

    for (entry = *seen; entry != NULL; entry = entry->next)
        if (strcmp(entry->name, name) == 0) {
            conf_error(reader->conf->report, place,
                       "\"%s\" is there twice, first on line %d; a list is written [a, b]",
                       name, entry->line);
            return false;
        }
    entry = ARENA_NEW(reader->conf->arena, struct seen);
    if (entry == NULL) {
        out_of_memory(reader);
        return false;
    }
    *entry = (struct seen){*seen, name, place.line};
    *seen = entry;
    return true;
}

static void read_options(struct reader *reader, struct conf_part *part)
{
    struct seen *seen = NULL;

    while (take(reader) != YAML_MAPPING_END_EVENT && !reader->stopped) {
        struct conf_place place;
        char *key = read_key(reader, &place);
        struct conf_option option;

        if (key == NULL)
            continue;
        if (!is_new(reader, &seen, key, place)) {
            take(reader);
            skip(reader);
            continue;
        }
        option = conf_find(reader->conf, part, key, place);
        if (take(reader) != EVENT_STOP)
            read_value(reader, part, &option);
    }
}

/* One map of options; a section without any is fine. */
static void read_part(struct reader *reader, const char *name, struct conf_place place)
{
    struct conf_part *part;

    if (type_here(reader) != YAML_MAPPING_START_EVENT && !is_null(reader)) {
        conf_error(reader->conf->report, place_here(reader),
                   "section %s: expected a map of options, as {name: value}", name);
        skip(reader);
        return;
    }
    switch (conf_open(reader->conf, name, place, &part)) {
    case CONF_OPENED:
        if (type_here(reader) == YAML_MAPPING_START_EVENT)
            read_options(reader, part);
        return;
    case CONF_SKIPPED:
    case CONF_UNKNOWN: UNREACHABLE();
    case CONF_NO_MEMORY: out_of_memory(reader);
    }
}

static const struct opt_section *section_of(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->section_count; i++)
        if (strcmp(conf->sections[i].name, name) == 0)
            return &conf->sections[i];
    return NULL;
}

static void read_section(struct reader *reader, const char *name, struct conf_place place)
{
    const struct opt_section *section = section_of(reader->conf, name);
    struct conf_part *part;

    if (section == NULL) {
        if (conf_open(reader->conf, name, place, &part) == CONF_NO_MEMORY)
            out_of_memory(reader);
        skip(reader);
        return;
    }
    if (!section->repeats || type_here(reader) != YAML_SEQUENCE_START_EVENT) {
        if (!section->repeats || !is_null(reader))
            read_part(reader, name, place);
        return;
    }
    while (take(reader) != YAML_SEQUENCE_END_EVENT && !reader->stopped)
        read_part(reader, name, place_here(reader));
}

static void read_sections(struct reader *reader)
{
    struct seen *seen = NULL;

    while (take(reader) != YAML_MAPPING_END_EVENT && !reader->stopped) {
        struct conf_place place;
        char *key = read_key(reader, &place);

        if (key == NULL)
            continue;
        if (!is_new(reader, &seen, key, place)) {
            take(reader);
            skip(reader);
        } else if (take(reader) != EVENT_STOP) {
            read_section(reader, key, place);
        }
    }
}

static void read_stream(struct reader *reader)
{
    int type = take(reader); /* the start of the stream */

    if (type == EVENT_STOP || take(reader) != YAML_DOCUMENT_START_EVENT)
        return;
    type = take(reader);
    if (type == YAML_MAPPING_START_EVENT) {
        read_sections(reader);
    } else if (type != EVENT_STOP && !is_null(reader)) {
        conf_error(reader->conf->report, place_here(reader),
                   "expected a map of sections, as \"server:\" and its options");
        skip(reader);
    }
    if (take(reader) == YAML_DOCUMENT_END_EVENT && take(reader) == YAML_DOCUMENT_START_EVENT)
        conf_error(reader->conf->report, place_here(reader),
                   "a second document; a configuration is one");
}

enum status yaml_read(struct conf *conf, const char *file, struct slice text)
{
    struct reader reader = {.conf = conf, .text = text};

    reader.file = arena_text(conf->arena, file);
    if (reader.file == NULL || !yaml_parser_initialize(&reader.parser))
        return STATUS_NO_MEMORY;
    yaml_parser_set_input_string(&reader.parser, text.data, text.size);
    read_stream(&reader);
    if (reader.has_event)
        yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return reader.no_memory ? STATUS_NO_MEMORY : STATUS_OK;
}

const char *yaml_library_version(void)
{
    return yaml_get_version_string();
}
