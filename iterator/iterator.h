/*
 * iterator.h - the module that finds answers by asking name servers or forwarders.
 *
 * Settings are made once a configuration (struct iterator_config, shared by threads, read-only);
 * each thread adds what it learns about its own network (struct iterator_memory).
 */
#ifndef TREESHREW_ITERATOR_ITERATOR_H
#define TREESHREW_ITERATOR_ITERATOR_H

#include "iterator/cut_health.h"
#include "iterator/cut_load.h"
#include "iterator/zone_rate.h"
#include "iterator/deleg.h"
#include "iterator/forward.h"
#include "iterator/iterator_options.h"
#include "iterator/scrub.h"
#include "services/query/module.h"
#include "services/upstream/upstream_options.h"

enum { FETCH_POLICY_DEPTHS = 8 };

struct iterator_config {
    const struct iterator_options *options;
    const struct upstream_options *upstream;
    const struct forward_table *told;
    struct scrub_rules scrub;
    struct deleg_limits deleg_limits;
    const struct netblock *do_not_query;
    size_t do_not_query_count;
    const struct netblock *nat64; /* IPv4 servers are reached below this prefix; NULL: as they are */
    bool documentation_routable; /* addresses of examples may be asked; for scenarios only */
    int fetch_policy[FETCH_POLICY_DEPTHS]; /* target-fetch-policy by depth; -1: all */
    struct zone_rates rates;               /* its table is whose the settings are */
};

/** What is needed besides the iterator's own options. */
struct iterator_sources {
    const struct iterator_options *options;
    const struct upstream_options *upstream;
    const struct stub_options *stubs;
    size_t stub_count;
    const struct forward_options *forwards;
    size_t forward_count;
    const struct opt_list *private_address, *private_domain;
    const struct hints *hints;
    const char *nat64_prefix; /* where nat64-prefix says nothing */
};

/** @return in the arena, or NULL after a complaint or without memory. */
struct iterator_config *iterator_config_new(struct arena *arena,
                                            const struct iterator_sources *sources,
                                            forward_complain *complain, void *context);

/** Whether this machine's IPv6 works: counted by what comes back. */
struct family_health {
    unsigned network; /* of which this is true, see infra_network */
    unsigned failures_in_row;
    int64_t doubted_until_ms;
};

/** What one thread learns about its own network; outlives reloads. Zeroed at first, but for the
 *  keys. */
struct iterator_memory {
    struct family_health ip6;
    struct cut_load load;
    struct cut_health health;
};

struct iterator_env {
    const struct iterator_config *config;
    struct iterator_memory *memory;
};

extern const struct module iterator_module;

/** For env's is_healthy: have the servers of the deepest zone that is known for the name
 * answered within the last 10 s? Some look-ups in the cache; asked only when room is short. */
bool iterator_is_healthy(const struct env *env, const struct question *question);

#endif
