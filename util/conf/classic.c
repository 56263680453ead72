/*
 * classic.c - reads the syntax of unbound.conf.
 *
 * One walk over the text: a name with a colon opens a section, names an option or asks for
 * another file; behind an option come as many words as its table says. State is where we are
 * (inside a section, in one that is passed over, or before the first); an included file goes on
 * in the state of the one that includes it.
 */
#include "util/conf/classic.h"

#include <errno.h>
#include <string.h>

#include "util/conf/classic_word.h"

enum where {
    NOWHERE, /* before the first section */
    INSIDE,  /* part is set */
    PASSING  /* up to the next section nothing counts */
};

struct reader {
    struct conf *conf;
    const struct conf_files *files;
    enum where where;
    struct conf_part *part;
    int depth;               /* of including */
    size_t file_count;       /* read so far */
    const char *last_option; /* for a word too many: whose value stood before it, */
    int last_line;           /* where, */
    size_t last_words;       /* and how many words it takes */
};

static enum status read_file(struct reader *reader, const char *name, struct slice text);

static char *copy_word(struct reader *reader, const struct word *word)
{
    struct slice text = word->text;

    return arena_printf(reader->conf->arena, "%.*s", (int)text.size, (const char *)text.data);
}

static void unclosed(struct reader *reader, const struct word *word)
{
    conf_error(reader->conf->report, word->place, "these quotes are not closed on their line");
}

/* A value that was forgotten: the next line begins with a name that everybody knows. Unbound
 * would take that name for the value and then stumble over what follows it. */
static bool value_is_missing(struct reader *reader, struct words words)
{
    int line = words.place.line;
    struct word next;
    char name[OPT_NAME_MAX];

    words_skip(&words);
    if (words.at == words.end)
        return true;
    if (words.place.line == line)
        return false;
    next = words_name(&words);
    if (next.kind != WORD_NAME || next.text.size >= sizeof(name))
        return false;
    memcpy(name, next.text.data, next.text.size);
    name[next.text.size] = '\0';
    return strcmp(name, "include") == 0 || strcmp(name, "include-toplevel") == 0 ||
           conf_is_section(reader->conf, name) || conf_is_option(reader->conf, name);
}

/* @return false: told as an error, or (text NULL) no memory. */
static bool read_value(struct reader *reader, struct words *words, const char *name,
                       const char **text, struct conf_place *place)
{
    struct conf_place behind = words->place;
    struct word word;

    *text = "";
    if (value_is_missing(reader, *words)) {
        conf_error(reader->conf->report, behind, "%s: a value is missing", name);
        return false;
    }
    word = words_value(words);
    if (word.kind == WORD_UNCLOSED) {
        unclosed(reader, &word);
        return false;
    }
    *place = word.place;
    *text = copy_word(reader, &word);
    return *text != NULL;
}

/* ---- include ---- */

static enum status include_one(struct reader *reader, const char *name, struct conf_place place)
{
    struct slice text;
    enum status status;

    if (reader->depth >= CLASSIC_DEPTH_MAX || reader->file_count >= CLASSIC_FILES_MAX) {
        conf_error(reader->conf->report, place,
                   "%s is not included: at most %d files within files, %d in all", name,
                   CLASSIC_DEPTH_MAX, CLASSIC_FILES_MAX);
        return STATUS_OK;
    }
    status = reader->files->read(reader->files->context, name, reader->conf->arena, &text);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK) {
        conf_error(reader->conf->report, place, "%s cannot be included: %s", name,
                   status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
        return STATUS_OK;
    }
    reader->depth++;
    status = read_file(reader, name, text);
    reader->depth--;
    return status;
}

static enum status include(struct reader *reader, struct words *words, bool is_toplevel)
{
    const char *pattern;
    struct conf_place place;
    char **names;
    size_t count;
    enum status status;

    if (!read_value(reader, words, "include", &pattern, &place))
        return pattern != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    if (reader->files == NULL) {
        conf_error(reader->conf->report, place, "include is not possible here");
        return STATUS_OK;
    }
    status = reader->files->find(reader->files->context, pattern, words->place.file,
                                 reader->conf->arena, &names, &count);
    if (status == STATUS_NOT_FOUND) {
        conf_error(reader->conf->report, place, "%s cannot be included: there is no such file",
                   pattern);
        return STATUS_OK;
    }
    if (status == STATUS_SYSTEM) {
        conf_error(reader->conf->report, place, "%s cannot be included: %s", pattern,
                   strerror(errno));
        return STATUS_OK;
    }
    if (is_toplevel)
        reader->where = NOWHERE;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = include_one(reader, names[i], place);
    if (is_toplevel)
        reader->where = NOWHERE;
    return status;
}

/* ---- sections and options ---- */

static enum status open_section(struct reader *reader, const char *name,
                                struct conf_place place)
{
    switch (conf_open(reader->conf, name, place, &reader->part)) {
    case CONF_OPENED: reader->where = INSIDE; return STATUS_OK;
    case CONF_SKIPPED:
    case CONF_UNKNOWN: reader->where = PASSING; return STATUS_OK;
    case CONF_NO_MEMORY: break;
    }
    return STATUS_NO_MEMORY;
}

static enum status read_option(struct reader *reader, struct words *words, const char *name,
                               struct conf_place place)
{
    struct conf_option option = conf_find(reader->conf, reader->part, name, place);
    const char *texts[OPT_WORDS_MAX];
    struct conf_place places[OPT_WORDS_MAX];

    if (option.words ==
        0) { /* unknown, and told: its value ends with the line, as far as we know */
        words_skip_line(words);
        return STATUS_OK;
    }
    ASSERT(option.words <= OPT_WORDS_MAX);
    for (size_t i = 0; i < option.words; i++)
        if (!read_value(reader, words, name, &texts[i], &places[i]))
            return texts[i] != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    reader->last_option = name;
    reader->last_words = option.words;
    reader->last_line = words->place.line;
    return conf_set(reader->conf, reader->part, &option, texts, places);
}

/* A name without a section, or one that opens a section that does not exist. */
static enum status lost_name(struct reader *reader, const char *name, struct conf_place place)
{
    if (!conf_is_option(reader->conf, name))
        return open_section(reader, name, place); /* says that it is unknown */
    conf_error(reader->conf->report, place,
               "option \"%s\" stands in no section; a line such as \"server:\" must come first",
               name);
    reader->where = PASSING;
    return STATUS_OK;
}

static enum status read_name(struct reader *reader, struct words *words,
                             const struct word *word)
{
    const char *name = copy_word(reader, word);

    if (name == NULL)
        return STATUS_NO_MEMORY;
    if (strcmp(name, "include") == 0)
        return include(reader, words, false);
    if (strcmp(name, "include-toplevel") == 0)
        return include(reader, words, true);
    if (conf_is_section(reader->conf, name))
        return open_section(reader, name, word->place);
    switch (reader->where) {
    case INSIDE: return read_option(reader, words, name, word->place);
    case NOWHERE: return lost_name(reader, name, word->place);
    case PASSING: break;
    }
    return STATUS_OK;
}

static void stray_word(struct reader *reader, const struct word *word)
{
    struct conf_report *report = reader->conf->report;
    int size = (int)size_min(word->text.size, 100);
    const char *text = (const char *)word->text.data;

    if (word->kind == WORD_UNCLOSED)
        unclosed(reader, word);
    else if (reader->last_option != NULL && reader->last_line == word->place.line)
        conf_error(report, word->place,
                   "unexpected \"%.*s\": %s takes %zu word%s; quotes hold a value with spaces "
                   "together",
                   size, text, reader->last_option, reader->last_words,
                   reader->last_words == 1 ? "" : "s");
    else
        conf_error(report, word->place,
                   "expected the name of an option or section and a colon, "
                   "not \"%.*s\"",
                   size, text);
}

static enum status read_words(struct reader *reader, struct words *words)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK) {
        struct word word = words_name(words);

        if (word.kind == WORD_END)
            break;
        if (word.kind == WORD_NAME) {
            status = read_name(reader, words, &word);
        } else if (reader->where != PASSING || word.kind == WORD_UNCLOSED) {
            stray_word(reader, &word);
            words_skip_line(words);
        }
    }
    return status;
}

static struct conf_place place_of(const char *file, struct slice text, const uint8_t *at)
{
    struct conf_place place = {file, 1, 1};

    for (const uint8_t *octet = text.data; octet < at; octet++) {
        place.column++;
        if (*octet == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static enum status read_file(struct reader *reader, const char *name, struct slice text)
{
    struct conf *conf = reader->conf;
    const char *file = arena_text(conf->arena, name);
    const uint8_t *zero = text.size > 0 ? memchr(text.data, 0, text.size) : NULL;
    struct words words;

    if (file == NULL)
        return STATUS_NO_MEMORY;
    reader->file_count++;
    reader->last_option = NULL;
    if (zero != NULL) {
        conf_error(conf->report, place_of(file, text, zero),
                   "a zero octet: this is not a text");
        return STATUS_OK;
    }
    words = words_of(file, text);
    return read_words(reader, &words);
}

enum status classic_read(struct conf *conf, const char *file, struct slice text,
                         const struct conf_files *files)
{
    struct reader reader = {.conf = conf, .files = files, .where = NOWHERE};

    return read_file(&reader, file, text);
}
