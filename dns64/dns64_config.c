/*
 * dns64_config.c - the settings of DNS64 out of the options.
 */
#include "dns64/dns64.h"

#include "util/prefix64.h"

static bool read_prefix(struct dns64_config *config, const char *text, dns64_complain *complain,
                        void *context)
{
    struct opt_item place = {.text = "dns64-prefix"};

    if (netblock_from_text(&config->prefix, text) != STATUS_OK ||
        !prefix64_is_prefix(&config->prefix)) {
        complain(context, &place, "dns64-prefix: " PREFIX64_WANTED);
        return false;
    }
    return true;
}

/* The texts of both lists were checked when they were read. */
static bool read_exclude(struct dns64_config *config, struct arena *arena,
                         const struct opt_list *list)
{
    struct netblock *blocks = ARENA_ARRAY(arena, struct netblock, list->count + 1);

    config->exclude = blocks;
    for (size_t i = 0; blocks != NULL && i < list->count; i++)
        if (netblock_from_text(&blocks[config->exclude_count], list->items[i].text) ==
            STATUS_OK)
            config->exclude_count++;
    return blocks != NULL;
}

static bool read_ignore(struct dns64_config *config, struct arena *arena,
                        const struct opt_list *list)
{
    struct dname *names = ARENA_ARRAY(arena, struct dname, list->count + 1);

    config->ignore = names;
    for (size_t i = 0; names != NULL && i < list->count; i++)
        if (dname_from_text_in(arena, list->items[i].text, &names[config->ignore_count]) ==
            STATUS_OK)
            config->ignore_count++;
    return names != NULL;
}

struct dns64_config *dns64_config_new(struct arena *arena, const struct dns64_options *options,
                                      dns64_complain *complain, void *context)
{
    struct dns64_config *config = ARENA_NEW(arena, struct dns64_config);

    if (config == NULL || !read_prefix(config, options->dns64_prefix, complain, context) ||
        !read_exclude(config, arena, &options->dns64_exclude) ||
        !read_ignore(config, arena, &options->dns64_ignore_aaaa))
        return NULL;
    config->all = options->dns64_synthall;
    return config;
}
