/*
 * dns64.h - the module that gives names without IPv6 addresses some: those of a NAT64 (RFC
 * 6147).
 *
 * It stands before the modules that find and judge answers and knows neither: what it needs it
 * asks as sub-questions through the mesh. Settings are made once a configuration (struct
 * dns64_config, shared by threads, read-only).
 */
#ifndef TREESHREW_DNS64_DNS64_H
#define TREESHREW_DNS64_DNS64_H

#include "dns64/dns64_options.h"
#include "services/query/module.h"
#include "util/addr.h"
#include "util/wire/message.h"

/** As conf_complain (services/client/acl.h). */
typedef void dns64_complain(void *context, const struct opt_item *item, const char *words);

struct dns64_config {
    struct netblock prefix;
    bool all;                  /* dns64-synthall */
    bool documentation_global; /* addresses of examples count as global; for scenarios only */
    const struct netblock *exclude; /* addresses that count as not there */
    size_t exclude_count;
    const struct dname *ignore; /* dns64-ignore-aaaa */
    size_t ignore_count;
};

/** @return in the arena, or NULL after a complaint or without memory. */
struct dns64_config *dns64_config_new(struct arena *arena, const struct dns64_options *options,
                                      dns64_complain *complain, void *context);

struct dns64_env {
    const struct dns64_config *config;
};

extern const struct module dns64_module;

/** For env's may_make: AAAA records, and PTR records below the prefix. */
bool dns64_may_make(const struct env *env, const struct question *question);

/**
 * Adds the zones of RFC 8880 to local zones and data: a resolver that does DNS64 answers for
 * ipv4only.arpa and the names of its two addresses itself. What the configuration speaks of is
 * left as it is.
 * @return STATUS_OK, STATUS_NO_MEMORY (the lists are as they were).
 */
enum status dns64_add_local(const struct dns64_config *config, struct arena *arena,
                            struct opt_list *zones, struct opt_list *records);

#endif
