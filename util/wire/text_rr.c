/*
 * text_rr.c - whole records in presentation form, and the lines of master files.
 *
 * Called for local data, hints, trust anchors, zone files of tests and dumps. The text is a
 * configuration or a file of the user's: what is wrong with it is said in words.
 */
#include "util/wire/text_rr.h"

#include <string.h>

#include "util/wire/rdata_field.h"
#include "util/wire/rr_words.h"

enum { HEAD_WORD_MAX = DNAME_TEXT_MAX };

/* What a record is read with. */
struct rr_context {
    const struct dname *origin;
    struct arena *arena;
    bool allow_bare;
    const char *why;
};

/* A word of a record's head: owner, TTL, class or type. Longer ones than any of these are cut,
 * and none of them is one then. */
static bool next_word(struct rr_words *words, char out[HEAD_WORD_MAX])
{
    struct rr_word word;
    size_t size;

    if (!rr_words_next(words, &word))
        return false;
    size = size_min(word.size, HEAD_WORD_MAX - 1);
    memcpy(out, word.at, size);
    out[size] = '\0';
    return true;
}

static enum status fail(struct rr_context *context, const struct rr_words *words,
                        const char *why)
{
    context->why = words->why != NULL ? words->why : why;
    return STATUS_MALFORMED;
}

static enum status read_name_in(const char *text, const struct dname *origin,
                                struct arena *arena, struct dname *out)
{
    uint8_t storage[DNAME_MAX];

    if (strlen(text) == HEAD_WORD_MAX - 1 || read_name(text, origin, storage, out) != STATUS_OK)
        return STATUS_MALFORMED;
    *out = dname_copy(arena, *out);
    return out->wire == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* "ANY" is a class and a type: a class where a type follows. */
static bool is_class(const char *word, const struct rr_words *words)
{
    char next[HEAD_WORD_MAX];
    struct rr_words ahead = *words;
    uint16_t number;

    if (rrclass_from_text(word, &number) != STATUS_OK)
        return false;
    if (rrtype_from_text(word, &number) != STATUS_OK)
        return true;
    return next_word(&ahead, next) && rrtype_from_text(next, &number) == STATUS_OK;
}

/* RFC 1035 section 5.1: [TTL] [class] type, the first two in either order. */
static enum status read_head(struct rr_words *words, struct text_rr *out,
                             struct rr_context *context)
{
    char word[HEAD_WORD_MAX];
    bool has_class = false;

    while (next_word(words, word)) {
        if (!has_class && is_class(word, words)) {
            has_class = rrclass_from_text(word, &out->rrclass) == STATUS_OK;
            continue;
        }
        if (!out->has_ttl && word[0] >= '0' && word[0] <= '9') {
            if (!read_period(word, &out->ttl_s))
                return fail(context, words, "not a TTL");
            out->has_ttl = true;
            continue;
        }
        if (rrtype_from_text(word, &out->type) != STATUS_OK)
            return fail(context, words, "not a record type");
        return STATUS_OK;
    }
    return fail(context, words, "the record type is missing");
}

/* All behind the owner. */
static enum status read_record(struct rr_words *words, struct text_rr *out,
                               struct rr_context *context)
{
    struct rr_words ahead;
    struct rr_word word;
    enum status status;

    out->rrclass = CLASS_IN;
    status = read_head(words, out, context);
    if (status != STATUS_OK)
        return status;
    ahead = *words;
    if (context->allow_bare && !rr_words_next(&ahead, &word) && ahead.why == NULL) {
        *words = ahead;
        return STATUS_OK;
    }
    out->has_rdata = true;
    return rdata_parse(words, out->type, out->rrclass, context->origin, context->arena,
                       &out->rdata, &context->why);
}

enum status text_rr_read(const char *line, const struct dname *origin, uint32_t default_ttl_s,
                         bool allow_bare, struct arena *arena, struct text_rr *out,
                         const char **why)
{
    struct rr_context context = {origin, arena, allow_bare, "out of memory"};
    struct rr_words words = rr_words_of(line, 1);
    char owner[HEAD_WORD_MAX];
    enum status status;

    *out = (struct text_rr){.owner = dname_root, .ttl_s = default_ttl_s};
    if (!next_word(&words, owner))
        status = fail(&context, &words, "the line is empty");
    else if ((status = read_name_in(owner, origin, arena, &out->owner)) == STATUS_MALFORMED)
        status = fail(&context, &words, "the owner is not a domain name");
    if (status == STATUS_OK)
        status = read_record(&words, out, &context);
    if (status == STATUS_OK && words.at[strspn(words.at, " \t\r\n")] != '\0')
        status = fail(&context, &words, "more than one line");
    if (status != STATUS_OK && why != NULL)
        *why = context.why;
    return status;
}

/* ---- writing ---- */

void text_rr_write(struct text *out, struct dname owner, uint32_t ttl_s, uint16_t rrclass,
                   uint16_t type, struct slice rdata)
{
    char name[DNAME_TEXT_MAX], class_words[TYPE_TEXT_MAX], type_words[TYPE_TEXT_MAX];

    text_printf(out, "%s %lu %s %s ", dname_to_text(owner, name), (unsigned long)ttl_s,
                rrclass_to_text(rrclass, class_words), rrtype_to_text(type, type_words));
    rdata_to_text(out, rdata, type, rrclass);
}

void text_rrset_write(struct text *out, const struct rrset *set, int64_t now_s)
{
    uint32_t ttl_s = rrset_ttl_left_s(set, now_s);

    for (size_t i = 0; i < (size_t)set->rr_count + set->rrsig_count; i++) {
        uint16_t type = i < set->rr_count ? set->type : TYPE_RRSIG;

        text_rr_write(out, rrset_owner(set), ttl_s, set->rrclass, type, rrset_rdata(set, i));
        text_add_char(out, '\n');
    }
}

/* ---- master files ---- */

struct zone_reader zone_reader_of(const char *text, struct dname origin, struct arena *arena)
{
    return (struct zone_reader){
        .at = text, .next_line = 1, .origin = origin, .owner = origin, .arena = arena};
}

/* $ORIGIN and $TTL (RFC 1035 section 5.1, RFC 2308 section 4). */
static enum status read_directive(struct zone_reader *reader, const char *directive,
                                  struct rr_words *words, struct rr_context *context)
{
    char word[HEAD_WORD_MAX];
    struct rr_word more;
    enum status status = STATUS_OK;

    if (text_equal_nocase(directive, "$INCLUDE"))
        return fail(context, words, "$INCLUDE is not done here");
    if (!text_equal_nocase(directive, "$ORIGIN") && !text_equal_nocase(directive, "$TTL"))
        return fail(context, words, "an unknown directive");
    if (!next_word(words, word))
        return fail(context, words, "a directive needs a value");
    if (text_equal_nocase(directive, "$TTL")) {
        if (!read_period(word, &reader->ttl_s))
            return fail(context, words, "not a TTL");
        reader->has_ttl = true;
    } else {
        status = read_name_in(word, &reader->origin, reader->arena, &reader->origin);
        if (status == STATUS_MALFORMED)
            return fail(context, words, "$ORIGIN is not a domain name");
    }
    if (status == STATUS_OK && (rr_words_next(words, &more) || words->why != NULL))
        return fail(context, words, "a directive has one value");
    return status;
}

/* A record, whose first word stands in `owner` unless the line began with a blank. */
static enum status read_line(struct zone_reader *reader, const char *owner,
                             struct rr_words *words, struct rr_context *context,
                             struct text_rr *out)
{
    enum status status;

    if (owner != NULL) {
        status = read_name_in(owner, &reader->origin, reader->arena, &reader->owner);
        if (status == STATUS_MALFORMED)
            return fail(context, words, "the owner is not a domain name");
        if (status != STATUS_OK)
            return status;
        reader->has_owner = true;
    } else if (!reader->has_owner) {
        return fail(context, words, "the first record needs an owner");
    }
    *out = (struct text_rr){.owner = reader->owner, .ttl_s = reader->ttl_s};
    status = read_record(words, out, context);
    /* RFC 1035 section 5.1: a missing TTL is the last one stated; RFC 2308: or that of $TTL. */
    if (status == STATUS_OK && out->has_ttl && !reader->has_ttl)
        reader->ttl_s = out->ttl_s;
    return status;
}

/* One line or, with parentheses, several. STATUS_NOT_FOUND: no record stood there. */
static enum status read_entry(struct zone_reader *reader, struct rr_words *words,
                              struct rr_context *context, struct text_rr *out)
{
    bool is_indented = *words->at == ' ' || *words->at == '\t';
    struct rr_words start = *words;
    char first[HEAD_WORD_MAX];
    bool has_word = next_word(words, first);
    enum status status;

    reader->line = words->line;
    if (!has_word)
        return words->why != NULL ? fail(context, words, words->why) : STATUS_NOT_FOUND;
    if (is_indented) {
        *words = start;
        return read_line(reader, NULL, words, context, out);
    }
    if (first[0] != '$')
        return read_line(reader, first, words, context, out);
    status = read_directive(reader, first, words, context);
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

enum status zone_reader_next(struct zone_reader *reader, struct text_rr *out)
{
    struct rr_context context = {&reader->origin, reader->arena, false, "out of memory"};
    enum status status;
    bool more;

    do {
        struct rr_words words = rr_words_of(reader->at, reader->next_line);

        status = read_entry(reader, &words, &context, out);
        more = rr_words_end_line(&words);
        reader->at = words.at;
        reader->next_line = words.line;
    } while (status == STATUS_NOT_FOUND && more);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        reader->why = context.why;
    return status;
}
