/*
 * options_overlay.c - takes out of a copy of what was read what is hidden, and adds what was
 * set.
 *
 * Called by the daemon. First the files' words that do not count any more go, then the
 * statements follow in their order, each through conf_set, as if a reader had met it behind the
 * last file.
 */
#include "lib/options_overlay.h"

#include <stdlib.h>
#include <string.h>

#include "util/addr.h"

bool options_item_name(const char *option, const char *text, uint8_t storage[DNAME_MAX],
                       struct dname *name)
{
    char word[DNAME_TEXT_MAX];
    size_t size = strcspn(text, " \t");
    struct addr addr;

    if (size == 0 || size >= sizeof(word))
        return false;
    memcpy(word, text, size);
    word[size] = '\0';
    if (strcmp(option, "local-data-ptr") == 0) {
        if (addr_from_text(&addr, word, 0, NULL) != STATUS_OK)
            return false;
        addr_reverse_name(&addr, word);
    }
    return dname_from_text(word, storage, name) == STATUS_OK;
}

/* ---- what is there ---- */

static bool tell_word(const struct overlay_subject *subject, struct options_word *word,
                      options_tell_word *tell, void *context)
{
    uint8_t storage[DNAME_MAX];

    if (word->text == NULL ||
        !options_item_name(subject->option, word->text, storage, &word->name) ||
        (subject->has_name && !dname_equal(subject->name, word->name)))
        return false;
    tell(context, word);
    return true;
}

size_t options_words(const struct options *options, const struct overlay_subject *subject,
                     options_tell_word *tell, void *context)
{
    size_t told = 0, index;

    for (const struct conf_part *part = options->conf.first; part != NULL; part = part->next) {
        const struct opt_list *list;

        if (strcmp(part->section->name, subject->section) != 0 ||
            opt_find(part->section, subject->option, &index) == NULL)
            continue;
        if (part->section->repeats) {
            struct options_word word = {.text = *(const char *const *)conf_member(part, index),
                                        .place = part->place,
                                        .part = part};

            told += tell_word(subject, &word, tell, context);
            continue;
        }
        list = conf_member(part, index);
        for (size_t i = 0; i < list->count; i++) {
            const struct opt_item *item = &list->items[i];
            struct options_word word = {.text = item->text,
                                        .place = {item->file, item->line, item->column}};

            told += tell_word(subject, &word, tell, context);
        }
    }
    return told;
}

/* ---- what is hidden ---- */

struct making {
    struct options *options;
    struct overlay *overlay;
    bool *is_own; /* of section "server": which lists have been made the copy's own */
    /* Of the option that is being thinned out, in canonical order of names. */
    const char *option;
    struct overlay_hiding **hidings;
    size_t count;
    /* The option that was set last: many statements are about the same one. */
    struct conf_option last;
    const struct opt_section *last_section;
};

static int compare_hidings(const void *a, const void *b)
{
    return dname_compare((*(struct overlay_hiding *const *)a)->subject.name,
                         (*(struct overlay_hiding *const *)b)->subject.name);
}

static int compare_name(const void *name, const void *hiding)
{
    return dname_compare(*(const struct dname *)name,
                         (*(struct overlay_hiding *const *)hiding)->subject.name);
}

static bool is_hidden(struct making *making, const char *text)
{
    uint8_t storage[DNAME_MAX];
    struct overlay_hiding **found;
    struct dname name;

    if (making->count == 0 || text == NULL ||
        !options_item_name(making->option, text, storage, &name))
        return false;
    found = bsearch(&name, making->hidings, making->count, sizeof(found[0]), compare_name);
    if (found != NULL)
        (*found)->was_used = true;
    return found != NULL;
}

static bool keeps(void *context, const struct opt_item *item)
{
    return !is_hidden(context, item->text);
}

/* Gathers what is hidden of one option. @param whole set when all of it is. */
static bool gather(struct making *making, const char *section, const char *option, bool *whole)
{
    making->option = option;
    making->count = 0;
    *whole = false;
    making->hidings = ARENA_ARRAY(making->options->arena, struct overlay_hiding *,
                                  making->overlay->entries + 1);
    if (making->hidings == NULL)
        return false;
    LIST_EACH(&making->overlay->hidings, link)
    {
        struct overlay_hiding *hiding = CONTAINER_OF(link, struct overlay_hiding, link);

        if (!overlay_is_there(hiding->state) || strcmp(hiding->subject.option, option) != 0 ||
            strcmp(hiding->subject.section, section) != 0)
            continue;
        if (hiding->subject.has_name)
            making->hidings[making->count++] = hiding;
        else
            *whole = hiding->was_used = true;
    }
    qsort(making->hidings, making->count, sizeof(making->hidings[0]), compare_hidings);
    return true;
}

/* The list is about to change: the copy gets its own, without what is hidden. */
static bool own_list(struct making *making, struct conf_part *part, size_t index,
                     const char *option)
{
    bool whole;

    if (making->is_own[index])
        return true;
    making->is_own[index] = true;
    if (!gather(making, part->section->name, option, &whole))
        return false;
    if (whole) {
        *(struct opt_list *)conf_member(part, index) = (struct opt_list){0, NULL};
        part->places[index] = (struct conf_place){NULL, 0, 0};
        return true;
    }
    return opt_list_own(conf_member(part, index), making->options->arena, keeps, making) ==
           STATUS_OK;
}

static bool hide_zones(struct making *making, const char *section)
{
    struct conf *conf = &making->options->conf;
    size_t index;
    bool whole;

    if (!gather(making, section, "name", &whole))
        return false;
    if (making->count == 0)
        return true;
    for (struct conf_part **at = &conf->first; *at != NULL;) {
        struct conf_part *part = *at;

        if (strcmp(part->section->name, section) == 0 &&
            opt_find(part->section, "name", &index) != NULL &&
            is_hidden(making, *(const char *const *)conf_member(part, index)))
            *at = part->next;
        else
            at = &part->next;
    }
    conf->last = &conf->first;
    while (*conf->last != NULL)
        conf->last = &(*conf->last)->next;
    return true;
}

/* Lists of the section "server" only: no other has lists of names. A single value is not
 * hidden, but replaced by what is set. */
static bool hide(struct making *making)
{
    struct conf_part *server = conf_part_of(&making->options->conf, "server");
    const struct opt_desc *option;
    size_t index;

    LIST_EACH(&making->overlay->hidings, link)
    CONTAINER_OF(link, struct overlay_hiding, link)->was_used = false;
    LIST_EACH(&making->overlay->hidings, link)
    {
        const struct overlay_subject *subject =
            &CONTAINER_OF(link, const struct overlay_hiding, link)->subject;

        option = strcmp(subject->section, "server") == 0
                     ? opt_find(server->section, subject->option, &index)
                     : NULL;
        if (option != NULL && option->kind == OPT_LIST &&
            !own_list(making, server, index, subject->option))
            return false;
    }
    return hide_zones(making, "stub-zone") && hide_zones(making, "forward-zone");
}

/* ---- what was set ---- */

static struct conf_option find_option(struct making *making, const struct conf_part *part,
                                      const char *name, struct conf_place place)
{
    if (making->last_section != part->section || strcmp(making->last.name, name) != 0)
        making->last = conf_find(&making->options->conf, part, name, place);
    making->last_section = making->last.option != NULL ? part->section : NULL;
    making->last.name = name;
    return making->last;
}

static bool set_value(struct making *making, struct conf_part *part, const char *command,
                      const struct overlay_value *value)
{
    struct conf *conf = &making->options->conf;
    struct conf_place place = {command, 0, value->word};
    struct conf_option option = find_option(making, part, value->option, place);
    char *text;

    if (option.option == NULL)
        return true; /* told, or none of ours: whoever made the statement has looked */
    if (option.option->kind == OPT_LIST && strcmp(part->section->name, "server") == 0 &&
        !own_list(making, part, option.index, value->option))
        return false;
    text = arena_text(making->options->arena, value->text);
    return text != NULL && conf_set_text(conf, part, &option, text, place) == STATUS_OK;
}

static bool apply(struct making *making, const struct overlay_statement *statement)
{
    struct conf *conf = &making->options->conf;
    const char *command = arena_text(making->options->arena, statement->command);
    struct conf_place place = {command, 0, 1};
    struct conf_part *part;

    if (command == NULL ||
        conf_open(conf, statement->subject.section, place, &part) != CONF_OPENED)
        return false;
    for (size_t i = 0; i < statement->count; i++)
        if (!set_value(making, part, command, &statement->values[i]))
            return false;
    return true;
}

static bool apply_all(struct making *making)
{
    LIST_EACH(&making->overlay->statements, link)
    {
        const struct overlay_statement *statement =
            CONTAINER_OF(link, struct overlay_statement, link);

        if (overlay_is_there(statement->state) && !apply(making, statement))
            return false;
    }
    return true;
}

struct options *options_with(struct options *base, struct overlay *overlay,
                             struct conf_report *report)
{
    struct making making = {.options = options_copy(base), .overlay = overlay};
    struct options *options = making.options;
    bool good = options != NULL;

    if (good) {
        options->conf.report = report;
        making.is_own = ARENA_ARRAY(options->arena, bool,
                                    opt_count(conf_part_of(&options->conf, "server")->section));
        good = making.is_own != NULL && hide(&making) && apply_all(&making);
        options->conf.report = NULL;
    }
    if (!good)
        report->no_memory = true;
    else if (options_finish(options, report) == STATUS_OK)
        return options;
    options_free(options);
    return NULL;
}
