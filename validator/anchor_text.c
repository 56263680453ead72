/*
 * anchor_text.c - trust anchors out of lines, zone files and BIND's syntax.
 */
#include "validator/anchor_text.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "util/wire/text_rr.h"
#include "validator/zone_keys.h"

/* IANA's root-anchors.xml of 2024: KSK-2017 and KSK-2024. */
static const char *const built_in[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

static enum status wrong(struct anchor_fault *fault, const char *why)
{
    fault->why = why;
    return STATUS_MALFORMED;
}

enum status anchor_list_add(struct anchor_list *list, const struct anchor_record *from)
{
    struct anchor_record *record = ARENA_NEW(list->arena, struct anchor_record);

    if (record == NULL)
        return STATUS_NO_MEMORY;
    *record = *from;
    record->next = NULL;
    *list->last = record;
    list->last = &record->next;
    list->count++;
    return STATUS_OK;
}

static enum status add(struct anchor_list *list, const struct text_rr *rr)
{
    const struct anchor_record record = {
        .zone = rr->owner, .rrclass = rr->rrclass, .type = rr->type, .rdata = rr->rdata};

    return anchor_list_add(list, &record);
}

/* What is written as an anchor has to be able to be one. */
static const char *check(const struct text_rr *rr)
{
    struct dnskey key;

    if (rr->type == TYPE_DS)
        return NULL;
    if (rr->type != TYPE_DNSKEY)
        return "only DS and DNSKEY records can be trust anchors";
    if (!dnskey_read(rr->rdata, &key) || !dnskey_is_usable(&key))
        return "this DNSKEY is revoked, or not the key of a zone";
    return NULL;
}

enum status anchor_read_line(struct anchor_list *list, const char *text,
                             struct anchor_fault *fault)
{
    struct text_rr rr;
    enum status status = text_rr_read(text, NULL, 0, false, list->arena, &rr, &fault->why);

    fault->line = 0;
    if (status != STATUS_OK)
        return status;
    fault->why = check(&rr);
    return fault->why != NULL ? STATUS_MALFORMED : add(list, &rr);
}

enum status anchor_read_built_in(struct anchor_list *list)
{
    struct anchor_record **from = list->last;
    struct anchor_fault fault = {0};

    for (size_t i = 0; i < COUNT(built_in); i++)
        if (anchor_read_line(list, built_in[i], &fault) != STATUS_OK)
            return STATUS_NO_MEMORY;
    for (struct anchor_record *record = *from; record != NULL; record = record->next)
        record->built_in = true;
    return STATUS_OK;
}

enum status anchor_read_zone(struct anchor_list *list, const char *text,
                             struct anchor_fault *fault)
{
    struct zone_reader reader = zone_reader_of(text, dname_root, list->arena);
    size_t before = list->count;
    struct text_rr rr;
    enum status status;

    while ((status = zone_reader_next(&reader, &rr)) == STATUS_OK) {
        if ((rr.type != TYPE_DS && rr.type != TYPE_DNSKEY) || check(&rr) != NULL)
            continue;
        status = add(list, &rr);
        if (status != STATUS_OK)
            return status;
    }
    fault->line = reader.line;
    fault->why = reader.why;
    if (status != STATUS_NOT_FOUND)
        return status;
    fault->why = "there is no trusted DS or DNSKEY record in it";
    return list->count == before ? STATUS_NOT_FOUND : STATUS_OK;
}

/* ---- BIND ---- */

enum { WORD_MAX = 8192 };
static const char bad_word[] = "a word that is too long, or a quote that is not closed";

/* Words of named.conf: bare, quoted (white space inside a quoted key is no part of it), { } ;
 */
struct words {
    const char *at;
    int line;
    char *word; /* WORD_MAX octets */
    bool quoted;
    bool failed;
};

static void skip_line(struct words *words)
{
    words->at += strcspn(words->at, "\n");
}

static void skip_remark(struct words *words)
{
    const char *end = strstr(words->at + 2, "*/");

    for (; *words->at != '\0' && words->at != end; words->at++)
        words->line += *words->at == '\n';
    if (end != NULL)
        words->at += 2;
}

static void skip_blanks(struct words *words)
{
    for (;;) {
        if (*words->at == '#' || (words->at[0] == '/' && words->at[1] == '/'))
            skip_line(words);
        else if (words->at[0] == '/' && words->at[1] == '*')
            skip_remark(words);
        else if (*words->at != '\0' && strchr(" \t\r\n", *words->at) != NULL)
            words->line += *words->at++ == '\n';
        else
            return;
    }
}

static void take_quoted(struct words *words)
{
    size_t size = 0;

    for (words->at++; *words->at != '\0' && *words->at != '"'; words->at++) {
        words->line += *words->at == '\n';
        if (strchr(" \t\r\n", *words->at) != NULL)
            continue;
        if (size == WORD_MAX - 1)
            break;
        words->word[size++] = *words->at;
    }
    words->word[size] = '\0';
    if (*words->at == '"')
        words->at++;
    else
        words->failed = true;
}

/* @return false at the end of the text, or where a word is too long. */
static bool next_word(struct words *words)
{
    size_t size;

    skip_blanks(words);
    words->quoted = *words->at == '"';
    if (*words->at == '\0' || words->failed)
        return false;
    if (words->quoted) {
        take_quoted(words);
        return !words->failed;
    }
    size = strchr("{};", *words->at) != NULL ? 1 : strcspn(words->at, "{};\" \t\r\n");
    words->failed = size >= WORD_MAX;
    if (words->failed)
        return false;
    memcpy(words->word, words->at, size);
    words->word[size] = '\0';
    words->at += size;
    return true;
}

static bool is_mark(const struct words *words, const char *mark)
{
    return !words->quoted && strcmp(words->word, mark) == 0;
}

/* Behind a statement that is not ours: up to the ";" that ends it. */
static void skip_statement(struct words *words)
{
    unsigned depth = 0;

    while (!(depth == 0 && is_mark(words, ";"))) {
        if (is_mark(words, "{"))
            depth++;
        else if (is_mark(words, "}") && depth > 0)
            depth--;
        if (!next_word(words))
            return;
    }
}

/* name [static-key|initial-key|static-ds|initial-ds] number number number "octets" */
static enum status read_entry(struct anchor_list *list, struct words *words,
                              struct anchor_fault *fault)
{
    struct text record = text_in(list->arena);
    const char *type = " IN DNSKEY";
    bool first = true;
    char *line;

    text_add(&record, words->word[0] == '\0' ? "." : words->word);
    while (next_word(words) && !is_mark(words, ";")) {
        bool is_ds =
            strcmp(words->word, "static-ds") == 0 || strcmp(words->word, "initial-ds") == 0;
        bool is_key =
            strcmp(words->word, "static-key") == 0 || strcmp(words->word, "initial-key") == 0;

        if (first && is_ds)
            type = " IN DS";
        if (first)
            text_add(&record, type);
        first = false;
        if (!is_ds && !is_key)
            text_printf(&record, " %s", words->word);
    }
    if (words->failed)
        return wrong(fault, bad_word);
    line = text_done(&record);
    if (line == NULL)
        return STATUS_NO_MEMORY;
    return anchor_read_line(list, line, fault);
}

static enum status read_entries(struct anchor_list *list, struct words *words,
                                struct anchor_fault *fault)
{
    if (!next_word(words) || !is_mark(words, "{"))
        return wrong(fault, "\"{\" is expected");
    while (next_word(words)) {
        int line = words->line;
        enum status status;

        if (is_mark(words, "}"))
            return STATUS_OK;
        status = read_entry(list, words, fault);
        if (status != STATUS_OK) {
            words->line = line;
            return status;
        }
    }
    return wrong(fault, "\"}\" is expected");
}

static bool is_statement(const struct words *words)
{
    static const char *const names[] = {"trusted-keys", "managed-keys", "trust-anchors"};

    for (size_t i = 0; i < COUNT(names); i++)
        if (is_mark(words, names[i]))
            return true;
    return false;
}

enum status anchor_read_bind(struct anchor_list *list, const char *text,
                             struct anchor_fault *fault)
{
    struct words words = {.at = text, .line = 1};
    size_t before = list->count;
    enum status status = STATUS_OK;

    words.word = (char *)arena_bytes(list->arena, WORD_MAX);
    if (words.word == NULL)
        return STATUS_NO_MEMORY;
    while (status == STATUS_OK && next_word(&words)) {
        if (is_statement(&words))
            status = read_entries(list, &words, fault);
        else
            skip_statement(&words);
    }
    if (status == STATUS_OK && words.failed)
        status = wrong(fault, bad_word);
    fault->line = words.line;
    if (status != STATUS_OK)
        return status;
    fault->why = "there is no trusted key in it";
    return list->count == before ? STATUS_NOT_FOUND : STATUS_OK;
}
