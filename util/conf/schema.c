/*
 * schema.c - what the table of options says, as the option part of the manual and as JSON
 * schema.
 */
#include "util/conf/schema.h"

#include <string.h>

#include "util/conf/form.h"
#include "util/text.h"

/* ---- the manual ---- */

/* Text of the manual: a backslash, and a dot or quote at the start of a line, mean something.
 */
static void add_roff(struct text *text, const char *words)
{
    if (*words == '.' || *words == '\'')
        text_add(text, "\\&");
    for (; *words != '\0'; words++)
        if (*words == '\\')
            text_add(text, "\\e");
        else if (*words == '-')
            text_add(text, "\\-");
        else
            text_add_char(text, *words);
}

static void add_roff_choice(struct text *text, const char *names)
{
    for (; *names != '\0'; names++)
        if (*names == '|')
            text_add(text, "\\fR | \\fI");
        else
            text_add_char(text, *names);
}

/* What stands behind the name: a kind of value, or the forms of its words. */
static void add_roff_value(struct text *text, const struct opt_desc *option)
{
    text_add(text, "\\fI");
    switch (option->kind) {
    case OPT_BOOL: text_add(text, "yes\\fR | \\fIno"); break;
    case OPT_UINT:
    case OPT_INT: add_roff(text, option->unit[0] != '\0' ? option->unit : "number"); break;
    case OPT_SIZE: text_add(text, "size"); break;
    case OPT_CHOICE: add_roff_choice(text, option->unit); break;
    case OPT_TEXT:
    case OPT_LIST: add_roff(text, option->unit); break;
    }
    text_add(text, "\\fR");
}

static void add_items(struct text *text, const char *words)
{
    for (; *words != '\0'; words++)
        if (*words == '\n')
            text_add(text, " and ");
        else
            text_add_char(text, *words);
}

static void add_default(struct text *text, const struct opt_desc *option)
{
    const char *words = option->words;
    int64_t number = option->number;

    if (option->kind == OPT_TEXT || option->kind == OPT_LIST) {
        if (words == NULL)
            return;
        text_add(text, " Default: ");
        add_items(text, words);
    } else if (option->kind == OPT_BOOL) {
        text_printf(text, " Default: %s", number != 0 ? "yes" : "no");
    } else if (option->kind == OPT_CHOICE) {
        const char *name = option->unit;

        for (; number > 0; number--)
            name += strcspn(name, "|") + 1;
        text_printf(text, " Default: %.*s", (int)strcspn(name, "|"), name);
    } else if (option->kind == OPT_SIZE && number >= 1 << 20 && number % (1 << 20) == 0) {
        text_printf(text, " Default: %lldm", (long long)(number >> 20));
    } else if (option->kind == OPT_SIZE && number >= 1 << 10 && number % (1 << 10) == 0) {
        text_printf(text, " Default: %lldk", (long long)(number >> 10));
    } else {
        text_printf(text, " Default: %lld", (long long)number);
        if (option->kind != OPT_SIZE)
            text_printf(text, " (%lld to %lld)", (long long)option->low,
                        (long long)option->high);
    }
    text_add_char(text, '.');
}

static void add_roff_option(struct text *text, const struct opt_desc *option)
{
    char name[OPT_NAME_MAX];

    text_add(text, ".TP\n\\fB");
    add_roff(text, opt_name(option, name));
    text_add(text, ":\\fR ");
    add_roff_value(text, option);
    text_add_char(text, '\n');
    add_roff(text, option->text);
    if (option->kind == OPT_LIST)
        text_add(text, " May be given several times.");
    add_default(text, option);
    if (option->reload == OPT_RESTART)
        text_add(text, " Takes effect at a restart.");
    text_add_char(text, '\n');
}

static void add_roff_forms(struct text *text)
{
    text_add(text, ".SS \"What the words in italics stand for\"\n");
    for (size_t n = 0; form_at(n) != NULL; n++) {
        text_add(text, ".TP\n\\fI");
        add_roff(text, form_at(n)->name);
        text_add(text, "\\fR\n");
        add_roff(text, form_at(n)->wanted);
        text_add(text, ".\n");
    }
}

char *schema_manual(const struct opt_section *sections, size_t count, struct arena *arena)
{
    struct text text = text_in(arena);

    for (size_t i = 0; i < count; i++) {
        const struct opt_section *section = &sections[i];

        text_printf(&text, ".SS \"%s:\"\n%s", section->name, section->text);
        if (section->repeats)
            text_add(&text, " The section may be there several times.");
        text_add_char(&text, '\n');
        for (size_t n = 0, offset; n < opt_count(section); n++)
            add_roff_option(&text, opt_at(section, n, &offset));
    }
    add_roff_forms(&text);
    return text_done(&text);
}

/* ---- JSON schema ---- */

static void add_json(struct text *text, const char *words)
{
    text_add_char(text, '"');
    for (; *words != '\0'; words++) {
        if (*words == '\n') {
            text_add(text, "\\n");
            continue;
        }
        if (*words == '"' || *words == '\\')
            text_add_char(text, '\\');
        text_add_char(text, *words);
    }
    text_add_char(text, '"');
}

static void add_json_names(struct text *text, const char *names)
{
    for (;;) {
        size_t size = strcspn(names, "|");

        text_printf(text, "\"%.*s\"", (int)size, names);
        if (names[size] == '\0')
            return;
        text_add(text, ", ");
        names += size + 1;
    }
}

/* The words of a text option must be text for YAML, or a number that stands for itself. */
static void add_json_kind(struct text *text, const struct opt_desc *option)
{
    static const char scalar[] = "{\"type\": [\"string\", \"number\"]}";

    switch (option->kind) {
    case OPT_BOOL:
        text_add(text, "\"anyOf\": [{\"type\": \"boolean\"}, "
                       "{\"enum\": [\"yes\", \"no\", \"on\", \"off\"]}]");
        break;
    case OPT_UINT:
    case OPT_INT:
        text_printf(text, "\"type\": \"integer\", \"minimum\": %lld, \"maximum\": %lld",
                    (long long)option->low, (long long)option->high);
        break;
    case OPT_SIZE:
        text_add(text, "\"anyOf\": [{\"type\": \"integer\"}, {\"type\": \"string\", "
                       "\"pattern\": \"^[0-9]+[kKmMgG]?[bB]?$\"}]");
        break;
    case OPT_CHOICE:
        text_add(text, "\"enum\": [");
        add_json_names(text, option->unit);
        text_add(text, "]");
        break;
    case OPT_TEXT:
        if (strcmp(option->unit, "modules") == 0 || strcmp(option->unit, "numbers") == 0)
            text_printf(text, "\"anyOf\": [%s, {\"type\": \"array\", \"items\": %s}]", scalar,
                        scalar);
        else
            text_add(text, "\"type\": [\"string\", \"number\"]");
        break;
    case OPT_LIST:
        if (opt_word_count(option) == 1)
            text_printf(text, "\"anyOf\": [%s, {\"type\": \"array\", \"items\": %s}]", scalar,
                        scalar);
        else
            text_add(text, "\"type\": [\"string\", \"array\", \"object\"]");
        break;
    }
}

static void add_json_section(struct text *text, const struct opt_section *section)
{
    size_t count = opt_count(section), offset;
    char name[OPT_NAME_MAX];

    text_add(text, "{\"type\": [\"object\", \"null\"], \"additionalProperties\": false, "
                   "\"properties\": {");
    for (size_t i = 0; i < count; i++) {
        const struct opt_desc *option = opt_at(section, i, &offset);

        text_printf(text, "%s\n      \"%s\": {", i > 0 ? "," : "", opt_name(option, name));
        add_json_kind(text, option);
        text_add(text, ", \"description\": ");
        add_json(text, option->text);
        text_add_char(text, '}');
    }
    text_add(text, "}}");
}

char *schema_json(const struct opt_section *sections, size_t count, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                    "  \"title\": \"shrewd.yaml\",\n  \"type\": [\"object\", \"null\"],\n"
                    "  \"additionalProperties\": false,\n  \"properties\": {");
    for (size_t i = 0; i < count; i++) {
        const struct opt_section *section = &sections[i];

        text_printf(&text, "%s\n    \"%s\": ", i > 0 ? "," : "", section->name);
        if (section->repeats) {
            text_add(&text, "{\"$ref\": \"#/$defs/");
            text_printf(&text, "%s-s\"}", section->name);
        } else {
            add_json_section(&text, section);
        }
    }
    text_add(&text, "},\n  \"$defs\": {");
    for (size_t i = 0, n = 0; i < count; i++) {
        if (!sections[i].repeats)
            continue;
        text_printf(&text, "%s\n    \"%s\": ", n++ > 0 ? "," : "", sections[i].name);
        add_json_section(&text, &sections[i]);
        text_printf(&text, ",\n    \"%s-s\": {\"anyOf\": [{\"$ref\": \"#/$defs/%s\"}, ",
                    sections[i].name, sections[i].name);
        text_printf(&text, "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/%s\"}}]}",
                    sections[i].name);
    }
    text_add(&text, "}\n}\n");
    return text_done(&text);
}
