/*
 * options_values.c - walks the tables of options beside what was read into them.
 */
#include "lib/options_values.h"

#include <string.h>

struct walk {
    const char *name;
    struct arena *arena;
    option_tell *tell;
    void *context;
    size_t told;
};

static void tell(struct walk *walk, struct option_value *value, const char *text,
                 struct conf_place place)
{
    value->value = text;
    value->place = place;
    walk->tell(walk->context, value);
    walk->told++;
}

static void tell_list(struct walk *walk, struct option_value *value,
                      const struct opt_list *list, struct conf_place place)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct opt_item *item = &list->items[i];

        tell(walk, value, item->text,
             (struct conf_place){item->file, item->line, item->column});
    }
    if (list->count == 0)
        tell(walk, value, NULL, place);
}

static void tell_part(struct walk *walk, const struct conf_part *part, unsigned number)
{
    size_t count = opt_count(part->section), offset;

    for (size_t i = 0; i < count; i++) {
        const struct opt_desc *option = opt_at(part->section, i, &offset);
        struct option_value value = {.section = part->section->name, .part = number};
        char name[OPT_NAME_MAX];
        const void *member = conf_member(part, i);

        value.name = opt_name(option, name);
        if (walk->name != NULL && strcmp(walk->name, value.name) != 0)
            continue;
        if (option->kind == OPT_LIST)
            tell_list(walk, &value, member, part->places[i]);
        else
            tell(walk, &value, opt_value_text(option, member, walk->arena), part->places[i]);
    }
}

/* Asked for by name, an option of a section that does not occur is there, but has no value. */
static bool is_option(const struct conf *conf, const char *name)
{
    size_t index;

    for (size_t i = 0; i < conf->section_count; i++)
        if (opt_find(&conf->sections[i], name, &index) != NULL)
            return true;
    return false;
}

size_t options_values(const struct options *options, const char *name, struct arena *arena,
                      option_tell *tell_value, void *context)
{
    struct walk walk = {name, arena, tell_value, context, 0};
    const struct conf_part *before = NULL;
    unsigned number = 0;

    for (const struct conf_part *part = options->conf.first; part != NULL; part = part->next) {
        number = before != NULL && before->section == part->section ? number + 1 : 1;
        tell_part(&walk, part, part->section->repeats ? number : 0);
        before = part;
    }
    if (walk.told == 0 && name != NULL && is_option(&options->conf, name)) {
        struct option_value value = {.name = name};

        tell(&walk, &value, NULL, (struct conf_place){NULL, 0, 0});
    }
    return walk.told;
}
