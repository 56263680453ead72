/*
 * settings.h - everything that is made from one configuration, read-only once made.
 *
 * Made by lib/resolver at the start and at each reload; counted there, so that the old ones go
 * with the last query that was born under them.
 */
#ifndef TREESHREW_LIB_SETTINGS_H
#define TREESHREW_LIB_SETTINGS_H

#include "dns64/dns64.h"
#include "iterator/iterator.h"
#include "lib/module_words.h"
#include "lib/outdated.h"
#include "lib/resolver.h"
#include "validator/trust_points.h"
#include "validator/validator.h"

struct settings {
    struct resolver_shared *shared; /* whose they are; these three are lib/resolver's to set */
    unsigned references;
    uint32_t generation; /* counted from 1 */
    struct arena *arena;
    struct options *options;
    struct module_words modules;
    /* Changed by all threads; NULL: no limit. */
    struct rate_table *rates, *zone_rates; /* of clients; of zones */
    struct acl *acl;
    struct local *local;
    struct iterator_config *iterator;
    struct anchors *anchors; /* under the shared part's latch: RFC 5011 replaces them */
    struct trust_points *fresh; /* of a configuration that is not in use yet */
    struct validator_config *validator; /* NULL: the chain has none */
    struct dns64_config *dns64;         /* NULL: the chain has none */
    struct budget_limits limits;
    struct cookie_secrets cookie_secrets; /* under the latch: shrewctl replaces them */
    struct outdated outdated; /* by those that came next; lib/resolver's as well */
};

/** What settings are made with beside the configuration; borrowed for as long as they live. */
struct settings_needs {
    const struct settings *before; /* in use so far: what is the same need not be made again */
    const struct resolver_hooks *hooks;
    struct trust_points *points; /* what is known of RFC 5011's so far */
    struct crypto *crypto;
    struct hash_key rate_key;
    struct cookie_secret random_secret; /* where the configuration has none */
};

/**
 * @param options  taken over only when it succeeds.
 * @param complain told of settings that cannot be, with their place.
 * @return NULL after a complaint or without memory.
 */
struct settings *settings_new(const struct settings_needs *needs, struct options *options,
                              conf_complain *complain, resolver_read_file *read_file,
                              void *context);
void settings_free(struct settings *settings); /* NULL: nothing */

#endif
