/*
 * iterator.c - the iterator's settings out of the options.
 */
#include "iterator/iterator.h"

#include <stdlib.h>
#include <string.h>

#include "util/prefix64.h"
#include "util/text.h"

static bool read_netblocks(struct arena *arena, const struct opt_list *list,
                           struct netblock **blocks, forward_complain *complain, void *context)
{
    bool good = true;

    *blocks = ARENA_ARRAY(arena, struct netblock, list->count + 1);
    if (*blocks == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (netblock_from_text(&(*blocks)[i], list->items[i].text) != STATUS_OK) {
            complain(context, &list->items[i], "is no address or netblock (10.0.0.0/8)");
            good = false;
        }
    return good;
}

static bool read_names(struct arena *arena, const struct opt_list *list, struct dname **names,
                       forward_complain *complain, void *context)
{
    bool good = true;

    *names = ARENA_ARRAY(arena, struct dname, list->count + 1);
    if (*names == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (dname_from_text_in(arena, list->items[i].text, &(*names)[i]) != STATUS_OK) {
            complain(context, &list->items[i], "is no domain name");
            good = false;
        }
    return good;
}

/* "3 2 1 0 0": the last number holds for all greater depths. */
static bool read_fetch_policy(struct iterator_config *config, forward_complain *complain,
                              void *context)
{
    const char *at = config->options->target_fetch_policy;
    struct opt_item item = {.text = at};
    size_t count = 0;
    int last = 0;

    while (at != NULL && *at != '\0') {
        char *end;
        long number = strtol(at, &end, 10);

        if (end == at || number < -1 || number > 1000) {
            complain(context, &item, "is no list of numbers (target-fetch-policy)");
            return false;
        }
        last = (int)number;
        if (count < FETCH_POLICY_DEPTHS)
            config->fetch_policy[count++] = last;
        at = end + strspn(end, " \t");
    }
    while (count < FETCH_POLICY_DEPTHS)
        config->fetch_policy[count++] = last;
    return true;
}

static void read_limits(struct iterator_config *config)
{
    const struct iterator_options *options = config->options;

    config->deleg_limits = (struct deleg_limits){.names = options->iter_scrub_ns,
                                                 .addresses_per_name = options->addresses_per_ns,
                                                 .addresses = options->addresses_per_delegation};
    config->scrub.ns_most = options->iter_scrub_ns;
    config->scrub.rrsigs_most = options->iter_scrub_rrsig;
    config->scrub.aliases_most = options->iter_scrub_cname;
    config->scrub.promiscuous = options->iter_scrub_promiscuous;
    config->scrub.harden_glue = options->harden_glue;
    config->scrub.harden_unknown_additional = options->harden_unknown_additional;
}

static bool read_nat64(struct iterator_config *config, struct arena *arena,
                       const struct iterator_sources *sources, forward_complain *complain,
                       void *context)
{
    struct opt_item place = {.text = config->options->nat64_prefix};
    struct netblock *prefix = ARENA_NEW(arena, struct netblock);

    if (!config->options->do_nat64)
        return true;
    if (place.text == NULL)
        place.text = sources->nat64_prefix;
    if (prefix == NULL)
        return false;
    if (netblock_from_text(prefix, place.text) != STATUS_OK || !prefix64_is_prefix(prefix)) {
        complain(context, &place, "nat64-prefix: " PREFIX64_WANTED);
        return false;
    }
    config->nat64 = prefix;
    return true;
}

struct iterator_config *iterator_config_new(struct arena *arena,
                                            const struct iterator_sources *sources,
                                            forward_complain *complain, void *context)
{
    struct iterator_config *config = ARENA_NEW(arena, struct iterator_config);
    struct netblock *blocks, *private_blocks;
    struct dname *private_domains;

    if (config == NULL)
        return NULL;
    config->options = sources->options;
    config->upstream = sources->upstream;
    read_limits(config);
    if (!read_netblocks(arena, &sources->options->do_not_query_address, &blocks, complain,
                        context) ||
        !read_netblocks(arena, sources->private_address, &private_blocks, complain, context) ||
        !read_names(arena, sources->private_domain, &private_domains, complain, context) ||
        !read_fetch_policy(config, complain, context) ||
        !zone_rates_read(&config->rates, arena, sources->options, complain, context) ||
        !read_nat64(config, arena, sources, complain, context))
        return NULL;
    config->do_not_query = blocks;
    config->do_not_query_count = sources->options->do_not_query_address.count;
    config->scrub.private_blocks = private_blocks;
    config->scrub.private_block_count = sources->private_address->count;
    config->scrub.private_domains = private_domains;
    config->scrub.private_domain_count = sources->private_domain->count;
    config->told = forward_table_new(arena, sources->hints, sources->stubs, sources->stub_count,
                                     sources->forwards, sources->forward_count, complain,
                                     context);
    return config->told == NULL ? NULL : config;
}
