/*
 * settings.c - a configuration becomes what the modules and the clients' side work with.
 *
 * Called by lib/resolver. Each reader below makes one part; the first that complains ends it
 * all, and nothing of the configuration takes effect.
 */
#include "lib/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/client/pace.h"

void settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    rate_table_free(settings->rates);
    rate_table_free(settings->zone_rates);
    acl_free(settings->acl);
    local_free(settings->local);
    anchors_free(settings->anchors);
    trust_points_free(settings->fresh);
    options_free(settings->options);
    arena_free(settings->arena);
    free(settings);
}

static void read_limits(const struct iterator_options *options, struct budget_limits *limits)
{
    budget_limits_default(limits);
    limits->most[COST_SENDS] = options->max_global_quota;
    limits->most[COST_CONNECTS] = options->connects_max;
    limits->most[COST_BYTES] = (uint32_t)options->upstream_bytes_max;
    limits->most[COST_ALIASES] = options->max_query_restarts;
    limits->most[COST_REFERRALS] = options->referrals_max;
    limits->most[COST_TARGETS] = options->targets_max;
    limits->most[COST_SUBQUERIES] = options->subqueries_max;
    limits->most[COST_SIGNATURES] = options->signatures_max;
    limits->most[COST_FAILED_SIGNATURES] = options->signature_failures_max;
    limits->most[COST_HASH_BLOCKS] = options->nsec3_blocks_max;
    limits->soft_sends = options->sends_soft;
    limits->time_ms = options->query_time_max;
}

static bool read_hints(struct settings *settings, struct hints *hints, conf_complain *complain,
                       resolver_read_file *read_file, void *context)
{
    const struct opt_list *files = &settings->options->iterator.root_hints;

    hints->count = 0;
    if (files->count == 0)
        return hints_built_in(hints, settings->arena) == STATUS_OK;
    for (size_t i = 0; i < files->count; i++) {
        const struct opt_item *item = &files->items[i];
        const char *text = read_file(context, item->text, settings->arena), *why = NULL;
        int line = 0;

        if (text == NULL) {
            const char *words = arena_printf(settings->arena, "%s cannot be read: %s", item->text,
                                             strerror(errno));

            complain(context, item, words == NULL ? "out of memory" : words);
            return false;
        }
        if (hints_from_text(hints, text, settings->arena, &line, &why) != STATUS_OK) {
            const char *words = arena_printf(settings->arena, "root hints %s, line %d: %s",
                                             item->text, line, why == NULL ? "no address" : why);

            complain(context, item, words == NULL ? "out of memory" : words);
            return false;
        }
    }
    return true;
}

static bool read_iterator(struct settings *settings, const struct settings_needs *needs,
                          conf_complain *complain, resolver_read_file *read_file, void *context)
{
    struct options *options = settings->options;
    struct hints hints;
    struct iterator_sources sources = {.options = &options->iterator,
                                       .upstream = &options->upstream,
                                       .stubs = options->stubs,
                                       .stub_count = options->stub_count,
                                       .forwards = options->forwards,
                                       .forward_count = options->forward_count,
                                       .private_address = &options->client.private_address,
                                       .private_domain = &options->client.private_domain,
                                       .hints = &hints,
                                       .nat64_prefix = options->dns64.dns64_prefix};

    if (!read_hints(settings, &hints, complain, read_file, context))
        return false;
    settings->iterator = iterator_config_new(settings->arena, &sources, complain, context);
    if (settings->iterator == NULL)
        return false;
    if (zone_rates_limit(&settings->iterator->rates)) {
        settings->zone_rates =
            rate_table_new(options->iterator.ratelimit_size, needs->rate_key);
        if (settings->zone_rates == NULL)
            return false;
        settings->iterator->rates.table = settings->zone_rates;
    }
    settings->iterator->documentation_routable = needs->hooks->documentation_routable;
    return true;
}

/* insecure-lan-zones: as if domain-insecure named each of them. */
static bool add_lan_zones(struct settings *settings, struct validator_options *options)
{
    struct opt_list *list = &options->domain_insecure;
    size_t most = list->count + LOCAL_LAN_MAX;
    struct opt_item *items = ARENA_ARRAY(settings->arena, struct opt_item, most);

    if (items == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i];
    list->items = items;
    return local_lan_zones(settings->arena, items, most, &list->count);
}

static bool read_validator(struct settings *settings, const struct settings_needs *needs,
                           conf_complain *complain, resolver_read_file *read_file, void *context)
{
    const struct validator_options *options = &settings->options->validator;
    struct validator_options trust = *options;

    if (!module_words_have(&settings->modules, MODULE_VALIDATOR) ||
        settings->options->upstream.disable_edns_do)
        return true;
    if (settings->options->client.insecure_lan_zones && !add_lan_zones(settings, &trust))
        return false;
    settings->fresh = trust_points_read(needs->points, &options->auto_trust_anchor_file,
                                        complain, read_file, context);
    if (settings->fresh == NULL)
        return false;
    settings->anchors = anchors_new(&trust, settings->fresh, complain, read_file, context);
    if (settings->anchors == NULL)
        return false;
    if (anchors_count(settings->anchors) == 0 ||
        (needs->hooks->no_built_in_anchors && anchors_at(settings->anchors, 0)->built_in))
        return true;
    settings->validator =
        validator_config_new(settings->arena, options, needs->crypto, complain, context);
    return settings->validator != NULL;
}

static bool read_dns64(struct settings *settings, const struct settings_needs *needs,
                       conf_complain *complain, void *context)
{
    if (!module_words_have(&settings->modules, MODULE_DNS64))
        return true;
    settings->dns64 =
        dns64_config_new(settings->arena, &settings->options->dns64, complain, context);
    if (settings->dns64 == NULL)
        return false;
    settings->dns64->documentation_global = needs->hooks->documentation_routable;
    return true;
}

/* The configuration's own local zones, and those that a module needs. */
static struct local *read_local(struct settings *settings, const struct settings *before,
                                conf_complain *complain, void *context)
{
    struct client_options options = settings->options->client;

    if (settings->dns64 == NULL && before != NULL && before->dns64 == NULL)
        return local_renew(before->local, &before->options->client, &options, complain, context);
    if (settings->dns64 != NULL &&
        dns64_add_local(settings->dns64, settings->arena, &options.local_zone,
                        &options.local_data) != STATUS_OK)
        return NULL;
    return local_new(&options, complain, context);
}

/* A file that is not there yet has no secrets: shrewctl makes it. */
static bool read_cookie_file(struct settings *settings, const char *name,
                             conf_complain *complain, resolver_read_file *read_file,
                             void *context)
{
    struct opt_item place = {.text = "cookie-secret-file"};
    const char *text = read_file(context, name, settings->arena), *words;
    int line;

    if (text == NULL && errno == ENOENT)
        return true;
    if (text == NULL)
        words = arena_printf(settings->arena, "cookie-secret-file %s cannot be read: %s", name,
                             strerror(errno));
    else if (cookie_secrets_from_text(text, &settings->cookie_secrets, &line) == STATUS_OK)
        return true;
    else
        words =
            arena_printf(settings->arena,
                         "cookie-secret-file %s, line %d: at most %d secrets of 32 hex digits "
                         "are expected",
                         name, line, COOKIE_SECRETS_MAX);
    complain(context, &place, words == NULL ? "out of memory" : words);
    return false;
}

static bool has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Those of the file count, then the one of the configuration, then one that nobody knows. */
static bool read_cookie_secrets(struct settings *settings, const struct settings_needs *needs,
                                conf_complain *complain, resolver_read_file *read_file,
                                void *context)
{
    const struct client_options *options = &settings->options->client;
    struct cookie_secrets *secrets = &settings->cookie_secrets;
    struct opt_item place = {.text = "cookie-secret"};

    if (has_text(options->cookie_secret_file) &&
        !read_cookie_file(settings, options->cookie_secret_file, complain, read_file, context))
        return false;
    if (secrets->count > 0)
        return true;
    secrets->count = 1;
    secrets->item[0] = needs->random_secret;
    if (!has_text(options->cookie_secret) ||
        cookie_secret_from_text(options->cookie_secret, &secrets->item[0]) == STATUS_OK)
        return true;
    complain(context, &place, "cookie-secret: 32 hex digits are expected");
    return false;
}

static bool read_clients(struct settings *settings, const struct settings_needs *needs,
                         conf_complain *complain, resolver_read_file *read_file, void *context)
{
    const struct client_options *options = &settings->options->client;

    if (!read_cookie_secrets(settings, needs, complain, read_file, context))
        return false;
    settings->rates = pace_table(options, needs->rate_key);
    if (settings->rates == NULL && pace_limits(options))
        return false;
    settings->acl = acl_new(&options->access_control, &options->interface_action, complain, context);
    settings->local = read_local(settings, needs->before, complain, context);
    return settings->acl != NULL && settings->local != NULL;
}

struct settings *settings_new(const struct settings_needs *needs, struct options *options,
                              conf_complain *complain, resolver_read_file *read_file,
                              void *context)
{
    struct settings *settings = calloc(1, sizeof(*settings));

    if (settings == NULL)
        return NULL;
    settings->references = 1;
    settings->options = options;
    /* It was checked when it was read. */
    (void)module_words_read(options->validator.module_config, &settings->modules, NULL, NULL);
    settings->arena = arena_new(0);
    if (settings->arena == NULL || !read_dns64(settings, needs, complain, context) ||
        !read_clients(settings, needs, complain, read_file, context) ||
        !read_iterator(settings, needs, complain, read_file, context) ||
        !read_validator(settings, needs, complain, read_file, context)) {
        settings->options = NULL;
        settings_free(settings);
        return NULL;
    }
    read_limits(&options->iterator, &settings->limits);
    return settings;
}
