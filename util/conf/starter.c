/*
 * starter.c - writes a configuration for people: a sentence or two about each option, then its
 * line.
 *
 * What is only an example or a default stands behind a number sign without a blank, as "#name:
 * value"; comments have the blank.
 */
#include "util/conf/starter.h"

#include <string.h>

#include "util/conf/print.h"
#include "util/text.h"

enum { LINE_OCTETS = 96 };

static const char head[] =
    "# shrewd.yaml - configuration of shrewd(8). All options are in shrewd.yaml(5).\n"
    "#\n"
    "# What stands behind a number sign is not in effect: it is the default, or an example. "
    "After a\n"
    "# change: shrew-checkconf FILE, and then shrewctl reload.\n";

static const struct opt_section *find_section(const struct opt_section *sections, size_t count,
                                              const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(sections[i].name, name) == 0)
            return &sections[i];
    return NULL;
}

/* Whole words, as many as a line takes. */
static void add_comment(struct text *text, const char *indent, const char *words)
{
    size_t column = strlen(indent) + 1;

    text_printf(text, "%s#", indent);
    while (*words != '\0') {
        size_t size = strcspn(words, " \n");

        if (column + 1 + size > LINE_OCTETS) {
            text_printf(text, "\n%s#", indent);
            column = strlen(indent) + 1;
        }
        text_printf(text, " %.*s", (int)size, words);
        column += 1 + size;
        words += size;
        words += strspn(words, " \n");
    }
    text_add_char(text, '\n');
}

/* "yes" of a flag needs no quotes, but as a text it does. */
static void add_value(struct text *text, const struct opt_desc *option, const char *value)
{
    if (option->kind == OPT_TEXT || option->kind == OPT_LIST)
        print_word(text, value);
    else
        text_add(text, value);
}

/* As a person would write it: 4m. */
static bool add_size(struct text *text, const struct opt_desc *option)
{
    if (option->kind != OPT_SIZE || option->number < 1 << 20 || option->number % (1 << 20) != 0)
        return false;
    text_printf(text, " %lldm", (long long)(option->number >> 20));
    return true;
}

/* The default as a value of YAML; of a list the items, one a line. */
static void add_default(struct text *text, const struct opt_desc *option, const char *indent)
{
    union {
        struct opt_list list;
        uint64_t room[8]; /* for a member of any other kind */
    } member;
    const char *value;

    memset(&member, 0, sizeof(member));
    if (opt_set_default(option, &member, text->arena) != STATUS_OK) {
        text->failed = true;
        return;
    }
    for (size_t i = 0; option->kind == OPT_LIST && i < member.list.count; i++) {
        text_printf(text, "\n%s#  - ", indent);
        print_word(text, member.list.items[i].text);
    }
    if (option->kind == OPT_LIST || add_size(text, option))
        return;
    value = opt_value_text(option, &member, text->arena);
    text_add_char(text, ' ');
    add_value(text, option, value != NULL ? value : "");
}

static bool same_option(const struct starter *one, const struct starter *other)
{
    return strcmp(one->section, other->section) == 0 && strcmp(one->option, other->option) == 0;
}

/* @param list its first entry; @return how many entries were used, 0 for a name that no table
 * has. */
static size_t add_option(struct text *text, const struct opt_section *section,
                         const struct starter *list, size_t count, const char *indent)
{
    size_t index, used = 0;
    const struct opt_desc *option = opt_find(section, list->option, &index);
    const char *sign = list->kind == STARTER_SET || section->repeats ? "" : "#";

    if (option == NULL)
        return 0;
    add_comment(text, indent, option->text);
    text_printf(text, "%s%s%s:", indent, sign, list->option);
    if (list->value == NULL) {
        add_default(text, option, indent);
        used = 1;
    } else if (option->kind != OPT_LIST) {
        text_add_char(text, ' ');
        add_value(text, option, list->value);
        used = 1;
    } else {
        for (; used < count && same_option(&list[used], list); used++) {
            text_printf(text, "\n%s%s  - ", indent, sign);
            print_word(text, list[used].value);
        }
    }
    text_add_char(text, '\n');
    return used;
}

/* A zone is one item of a list, all of it behind number signs. */
static size_t add_zone(struct text *text, const struct opt_section *section,
                       const struct starter *list, size_t count)
{
    size_t i = 0;

    text_add_char(text, '\n');
    add_comment(text, "", section->text);
    text_printf(text, "#%s:\n", section->name);
    while (i < count && strcmp(list[i].section, section->name) == 0) {
        text_printf(text, "#  %s %s: ", i == 0 ? "-" : " ", list[i].option);
        print_word(text, list[i].value != NULL ? list[i].value : "");
        text_add_char(text, '\n');
        i++;
    }
    return i;
}

static size_t add_section(struct text *text, const struct opt_section *section,
                          const struct starter *list, size_t count)
{
    size_t i = 0;

    if (section->repeats)
        return add_zone(text, section, list, count);
    text_printf(text, "\n%s:\n", section->name);
    while (i < count && strcmp(list[i].section, section->name) == 0) {
        size_t used = add_option(text, section, &list[i], count - i, "  ");

        if (used == 0)
            return 0;
        i += used;
        if (i < count && strcmp(list[i].section, section->name) == 0)
            text_add_char(text, '\n');
    }
    return i;
}

char *starter_yaml(const struct opt_section *sections, size_t section_count,
                   const struct starter *list, size_t count, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, head);
    for (size_t i = 0, used; i < count; i += used) {
        const struct opt_section *section =
            find_section(sections, section_count, list[i].section);

        used = section != NULL ? add_section(&text, section, &list[i], count - i) : 0;
        if (used == 0)
            return NULL;
    }
    return text_done(&text);
}
