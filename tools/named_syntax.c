/*
 * named_syntax.c - reads the syntax of named.conf.
 *
 * Words end at white space, at one of { } ; ! and at a comment; "!" is a word of its own. Three
 * kinds of comments. A block is a word too, so that a statement is a row of words up to its
 * semicolon.
 */
#include "tools/named_syntax.h"

#include <errno.h>
#include <string.h>

#include "util/text.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_SEMICOLON };

/* One file that is being read. */
struct source {
    struct slice text;
    size_t at;
    struct conf_place place; /* of the octet at `at` */
};

struct reader {
    const struct conf_files *files;
    struct arena *arena;
    struct conf_report *report;
    const char *folder; /* that "directory" named; NULL: not yet */
    int depth;          /* of including */
    size_t file_count;
    bool no_memory;

    struct source source;
    enum token token;
    struct conf_place place; /* where the token begins */
    struct slice word;       /* of TOKEN_WORD and TOKEN_TEXT */
};

static void read_file(struct reader *reader, const char *name, struct slice text,
                      struct named_block *block);

/* ---- characters ---- */

static int peek(const struct source *source, size_t ahead)
{
    size_t at = source->at + ahead;

    return at < source->text.size ? source->text.data[at] : -1;
}

static void step(struct source *source)
{
    if (source->at >= source->text.size)
        return;
    source->place.column++;
    if (source->text.data[source->at++] == '\n') {
        source->place.line++;
        source->place.column = 1;
    }
}

static bool is_space(int character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static bool begins_comment(const struct source *source)
{
    int here = peek(source, 0), next = peek(source, 1);

    return here == '#' || (here == '/' && (next == '/' || next == '*'));
}

static void skip_comment(struct reader *reader)
{
    struct source *source = &reader->source;
    struct conf_place begin = source->place;

    if (peek(source, 0) == '#' || peek(source, 1) == '/') {
        while (peek(source, 0) != -1 && peek(source, 0) != '\n')
            step(source);
        return;
    }
    step(source);
    step(source);
    while (!(peek(source, 0) == '*' && peek(source, 1) == '/')) {
        if (peek(source, 0) == -1) {
            conf_error(reader->report, begin, "this comment is not closed");
            return;
        }
        step(source);
    }
    step(source);
    step(source);
}

/* ---- tokens ---- */

/* May go over several lines, as keys do. */
static void take_text(struct reader *reader)
{
    struct source *source = &reader->source;
    size_t begin = source->at + 1;

    reader->token = TOKEN_TEXT;
    step(source);
    while (peek(source, 0) != '"') {
        if (peek(source, 0) == -1) {
            conf_error(reader->report, reader->place, "these quotes are not closed");
            break;
        }
        if (peek(source, 0) == '\\')
            step(source);
        step(source);
    }
    reader->word = slice_of(source->text.data + begin, source->at - begin);
    step(source);
}

static void take_word(struct reader *reader)
{
    struct source *source = &reader->source;
    size_t begin = source->at;

    reader->token = TOKEN_WORD;
    do {
        step(source);
    } while (peek(source, 0) != -1 && !is_space(peek(source, 0)) &&
             strchr("{};!\"", peek(source, 0)) == NULL && !begins_comment(source) &&
             source->text.data[begin] != '!');
    reader->word = slice_of(source->text.data + begin, source->at - begin);
}

static void take(struct reader *reader)
{
    struct source *source = &reader->source;

    while (is_space(peek(source, 0)) || begins_comment(source)) {
        if (begins_comment(source))
            skip_comment(reader);
        else
            step(source);
    }
    reader->place = source->place;
    switch (peek(source, 0)) {
    case -1: reader->token = TOKEN_END; return;
    case '"': take_text(reader); return;
    case '{': reader->token = TOKEN_OPEN; break;
    case '}': reader->token = TOKEN_CLOSE; break;
    case ';': reader->token = TOKEN_SEMICOLON; break;
    default: take_word(reader); return;
    }
    step(source);
}

/* ---- include ---- */

static void include_one(struct reader *reader, const char *name, struct conf_place place,
                        struct named_block *block)
{
    struct slice text;
    enum status status;

    if (reader->depth >= NAMED_DEPTH_MAX || reader->file_count >= NAMED_FILES_MAX) {
        conf_error(reader->report, place,
                   "%s is not included: at most %d files within files, %d in all", name,
                   NAMED_DEPTH_MAX, NAMED_FILES_MAX);
        return;
    }
    status = reader->files->read(reader->files->context, name, reader->arena, &text);
    if (status == STATUS_NO_MEMORY)
        reader->no_memory = true;
    else if (status != STATUS_OK)
        conf_error(reader->report, place, "%s cannot be included: %s", name,
                   status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    else
        read_file(reader, name, text, block);
}

static void include(struct reader *reader, const struct named_statement *statement,
                    struct named_block *block)
{
    const struct named_word *word = statement->words->next;
    const char *pattern;
    char **names;
    size_t count;
    enum status status;

    if (word == NULL || word->block != NULL || word->next != NULL || reader->files == NULL) {
        conf_error(reader->report, statement->words->place,
                   reader->files == NULL ? "files cannot be included here"
                                         : "include: expected the name of one file");
        return;
    }
    pattern = word->text[0] == '/' || reader->folder == NULL
                  ? word->text
                  : arena_printf(reader->arena, "%s/%s", reader->folder, word->text);
    status = pattern == NULL
                 ? STATUS_NO_MEMORY
                 : reader->files->find(reader->files->context, pattern, word->place.file,
                                       reader->arena, &names, &count);
    if (status == STATUS_NO_MEMORY)
        reader->no_memory = true;
    else if (status != STATUS_OK)
        conf_error(reader->report, word->place, "%s cannot be included: %s", pattern,
                   status == STATUS_SYSTEM ? strerror(errno) : "no such file");
    else
        for (size_t i = 0; i < count && !reader->no_memory; i++)
            include_one(reader, names[i], word->place, block);
}

/* ---- statements ---- */

static struct named_block *read_block(struct reader *reader, int level);

/* The word or block that begins with the token. @return NULL: no memory. */
static struct named_word *read_word(struct reader *reader, int level)
{
    struct named_word *word = ARENA_NEW(reader->arena, struct named_word);

    if (word == NULL)
        return NULL;
    word->place = reader->place;
    word->is_quoted = reader->token == TOKEN_TEXT;
    word->text = "";
    if (reader->token == TOKEN_OPEN)
        word->block = read_block(reader, level + 1);
    else
        word->text = arena_printf(reader->arena, "%.*s", (int)reader->word.size,
                                  (const char *)reader->word.data);
    return word->text == NULL || (reader->token == TOKEN_OPEN && word->block == NULL) ? NULL
                                                                                      : word;
}

/* From its first token to its semicolon, or to what stands where that should be.
 * @return NULL: no memory, or nothing was there. */
static struct named_statement *read_statement(struct reader *reader, int level)
{
    struct named_statement *statement = ARENA_NEW(reader->arena, struct named_statement);
    struct named_word **last;

    if (statement == NULL)
        goto no_memory;
    last = &statement->words;
    while (reader->token == TOKEN_WORD || reader->token == TOKEN_TEXT ||
           reader->token == TOKEN_OPEN) {
        *last = read_word(reader, level);
        if (*last == NULL)
            goto no_memory;
        last = &(*last)->next;
        take(reader);
    }
    if (reader->token != TOKEN_SEMICOLON)
        conf_error(reader->report, reader->place, "a \";\" is missing before this");
    else if (statement->words == NULL)
        conf_error(reader->report, reader->place, "a \";\" with nothing before it");
    return statement->words != NULL ? statement : NULL;
no_memory:
    reader->no_memory = true;
    return NULL;
}

static void add(struct reader *reader, struct named_block *block,
                struct named_statement *statement)
{
    const char *name = named_name(statement);

    if (strcmp(name, "include") == 0) {
        include(reader, statement, block);
        return;
    }
    if (strcmp(name, "directory") == 0 && statement->words->next != NULL &&
        statement->words->next->block == NULL)
        reader->folder = statement->words->next->text;
    *block->last = statement;
    block->last = &statement->next;
}

/* Statements up to the end of the block or file; the token is that end then. */
static void read_statements(struct reader *reader, int level, struct named_block *block)
{
    take(reader);
    while (reader->token != TOKEN_END && reader->token != TOKEN_CLOSE && !reader->no_memory &&
           reader->report->errors < CONF_ERRORS_MAX) {
        struct named_statement *statement = read_statement(reader, level);

        if (statement != NULL)
            add(reader, block, statement);
        if (reader->token == TOKEN_SEMICOLON)
            take(reader);
    }
}

static struct named_block *new_block(struct arena *arena)
{
    struct named_block *block = ARENA_NEW(arena, struct named_block);

    if (block != NULL)
        block->last = &block->first;
    return block;
}

static struct named_block *read_block(struct reader *reader, int level)
{
    struct named_block *block = new_block(reader->arena);
    struct conf_place begin = reader->place;

    if (block == NULL)
        return NULL;
    if (level > NAMED_BLOCKS_MAX) {
        conf_error(reader->report, begin, "more than %d blocks within blocks",
                   NAMED_BLOCKS_MAX);
        reader->source.at = reader->source.text.size;
    }
    read_statements(reader, level, block);
    if (reader->token == TOKEN_END)
        conf_error(reader->report, begin, "this block is not closed");
    /* The caller asks what the word was; its own token is the closing brace's matter. */
    reader->token = TOKEN_OPEN;
    return block;
}

static void read_file(struct reader *reader, const char *name, struct slice text,
                      struct named_block *block)
{
    struct source outer = reader->source;
    enum token token = reader->token;

    reader->source = (struct source){text, 0, {name, 1, 1}};
    reader->depth++;
    reader->file_count++;
    read_statements(reader, 0, block);
    if (reader->token == TOKEN_CLOSE)
        conf_error(reader->report, reader->place, "a \"}\" that closes nothing");
    reader->depth--;
    reader->source = outer;
    reader->token = token;
}

struct named_block *named_read(const char *file, struct slice text,
                               const struct conf_files *files, struct arena *arena,
                               struct conf_report *report)
{
    struct reader reader = {.files = files, .arena = arena, .report = report};
    struct named_block *block = new_block(arena);
    const char *name = arena_text(arena, file);

    if (block == NULL || name == NULL)
        return NULL;
    read_file(&reader, name, text, block);
    return reader.no_memory ? NULL : block;
}

/* ---- looking ---- */

const char *named_name(const struct named_statement *statement)
{
    return statement->words->text;
}

const struct named_statement *named_find(const struct named_block *block, const char *name)
{
    const struct named_statement *found = NULL;

    for (const struct named_statement *at = block->first; at != NULL; at = at->next)
        if (text_equal_nocase(named_name(at), name))
            found = at;
    return found;
}

const struct named_word *named_block_of(const struct named_word *words)
{
    while (words != NULL && words->block == NULL)
        words = words->next;
    return words;
}

const struct named_word *named_behind(const struct named_word *words, const char *key)
{
    for (; words != NULL && words->block == NULL; words = words->next)
        if (text_equal_nocase(words->text, key) && words->next != NULL &&
            words->next->block == NULL)
            return words->next;
    return NULL;
}
