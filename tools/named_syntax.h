/*
 * named_syntax.h - a named.conf as a tree of statements, each word with its place.
 *
 * Used by named_take.c, which knows what the statements mean; here nothing does, but "include"
 * and (for names of included files that are relative) "directory". Everything is untrusted
 * text.
 */
#ifndef TREESHREW_TOOLS_NAMED_SYNTAX_H
#define TREESHREW_TOOLS_NAMED_SYNTAX_H

#include "util/conf/classic.h"

struct named_block;

/** A word, a text in quotes, or a block in braces. */
struct named_word {
    const char *text;          /* "" for a block */
    struct named_block *block; /* NULL for a word */
    bool is_quoted;
    struct conf_place place;
    struct named_word *next;
};

/** Words up to a semicolon; at least one. */
struct named_statement {
    struct named_word *words;
    struct named_statement *next;
};

struct named_block {
    struct named_statement *first, **last;
};

/** Blocks within blocks, files within files, files in all. */
enum { NAMED_BLOCKS_MAX = 16, NAMED_DEPTH_MAX = 16, NAMED_FILES_MAX = 1000 };

/**
 * @param file  stands in messages and places.
 * @param files how "include" gets at others; its find is asked with the folder that the text
 *              names by "directory" before the pattern, if it does. NULL: "include" is an
 * error.
 * @return the statements outside of all blocks, in the arena; after errors, which are in the
 * report, what could be read. NULL: no memory.
 */
struct named_block *named_read(const char *file, struct slice text,
                               const struct conf_files *files, struct arena *arena,
                               struct conf_report *report);

/** The statement's name: its first word, "" when that is a block. */
const char *named_name(const struct named_statement *statement);

/** The last statement of that name, whatever its case; NULL: none. */
const struct named_statement *named_find(const struct named_block *block, const char *name);

/** The first block among the words; NULL: none. */
const struct named_word *named_block_of(const struct named_word *words);

/** The word behind the one that says `key`, before any block; NULL: it is not there. */
const struct named_word *named_behind(const struct named_word *words, const char *key);

#endif
