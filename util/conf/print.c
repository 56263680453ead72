/*
 * print.c - a configuration as YAML.
 *
 * Written by hand rather than by libyaml: few shapes occur, and the result shall look like what
 * a person writes. Every word that YAML could take for something else is put in quotes.
 */
#include "util/conf/print.h"

#include <string.h>

#include "util/text.h"

/* Words that some readers of YAML take for a truth value or for nothing. */
static bool is_special(const char *word)
{
    static const char *const words[] = {"yes", "no",   "true", "false", "on",
                                        "off", "null", "y",    "n"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (text_equal_nocase(word, words[i]))
            return true;
    return false;
}

static bool is_plain(const char *word)
{
    static const char inside[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_./@+- ";
    size_t size = strlen(word);

    if (size == 0 || strspn(word, inside) != size || is_special(word))
        return false;
    return strchr(" .@+-", word[0]) == NULL && word[size - 1] != ' ' &&
           strstr(word, "  ") == NULL;
}

void print_word(struct text *text, const char *word)
{
    if (is_plain(word)) {
        text_add(text, word);
        return;
    }
    text_add_char(text, '"');
    for (; *word != '\0'; word++) {
        if (*word == '\t') {
            text_add(text, "\\t");
            continue;
        }
        if (*word == '"' || *word == '\\')
            text_add_char(text, '\\');
        text_add_char(text, *word);
    }
    text_add_char(text, '"');
}

static void add_list(struct text *text, const struct opt_list *list, const char *indent)
{
    if (list->count == 0)
        text_add(text, " []");
    for (size_t i = 0; i < list->count; i++) {
        text_printf(text, "\n%s  - ", indent);
        print_word(text, list->items[i].text);
    }
}

static void add_option(struct text *text, const struct opt_desc *option, const void *member,
                       const char *indent)
{
    char name[OPT_NAME_MAX];
    const char *value;

    text_printf(text, "%s:", opt_name(option, name));
    if (option->kind == OPT_LIST) {
        add_list(text, member, indent);
    } else {
        value = opt_value_text(option, member, text->arena);
        if (value == NULL)
            text->failed = true; /* the caller prints only what is set, so memory ran out */
        text_add_char(text, ' ');
        if (option->kind == OPT_TEXT)
            print_word(text, value != NULL ? value : "");
        else
            text_add(text, value != NULL ? value : "");
    }
    text_add_char(text, '\n');
}

static bool is_wanted(const struct conf_part *part, const struct opt_desc *option, size_t index,
                      bool all)
{
    if (part->places[index].file != NULL)
        return true;
    if (option->kind == OPT_LIST)
        return all && ((const struct opt_list *)conf_member(part, index))->count > 0;
    return all && (option->kind != OPT_TEXT || option->words != NULL);
}

/* @param first, next what stands before the first and the other options. */
static bool add_part(struct text *text, const struct conf_part *part, const char *first,
                     const char *next, bool all)
{
    size_t count = opt_count(part->section), offset;
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        const struct opt_desc *option = opt_at(part->section, i, &offset);

        if (!is_wanted(part, option, i, all))
            continue;
        text_add(text, any ? next : first);
        add_option(text, option, conf_member(part, i), next);
        any = true;
    }
    return any;
}

static void add_section(struct text *text, const struct conf *conf,
                        const struct opt_section *section, bool all)
{
    char *head =
        arena_printf(text->arena, "%s:\n%s", section->name, section->repeats ? "  - " : "  ");
    const char *first = head;

    if (head == NULL)
        text->failed = true;
    for (const struct conf_part *part = conf->first; head != NULL && part != NULL;
         part = part->next)
        if (part->section == section &&
            add_part(text, part, first, section->repeats ? "    " : "  ", all))
            first = "  - ";
}

char *print_yaml(const struct conf *conf, bool all, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, "");
    for (size_t i = 0; i < conf->section_count; i++)
        add_section(&text, conf, &conf->sections[i], all);
    return text_done(&text);
}
