/*
 * forward.h - zones whose servers are told by the configuration: root hints, stubs and forwards.
 *
 * Made once from the options, read-only afterwards and shared by all threads.
 */
#ifndef TREESHREW_ITERATOR_FORWARD_H
#define TREESHREW_ITERATOR_FORWARD_H

#include "iterator/hints.h"
#include "iterator/zone_options.h"
#include "util/arena.h"

struct told_server {
    struct addr addr;        /* family ADDR_NONE: to be looked up by name */
    struct dname host;       /* with ADDR_NONE */
    const char *tls_name;    /* NULL: no TLS */
};

struct told_zone {
    struct dname name;
    bool is_forward;
    bool prime;              /* ask these servers for the zone's NS set, then use that */
    bool first, no_cache, tcp_only;
    enum forward_policy policy;
    size_t count;
    const struct told_server *servers;
};

struct forward_table;

/** Where a problem in the configuration is told. */
typedef void forward_complain(void *context, const struct opt_item *item, const char *words);

/**
 * @param hints used for the root unless a stub for the root is there.
 * @param arena owns all of it.
 * @return NULL after a complaint, or without memory.
 */
struct forward_table *forward_table_new(struct arena *arena, const struct hints *hints,
                                        const struct stub_options *stubs, size_t stub_count,
                                        const struct forward_options *forwards,
                                        size_t forward_count, forward_complain *complain,
                                        void *context);

/** The deepest zone at or above the name that is told; a forward zone without servers hides those
 *  above it. Never the root's hints: see forward_root. NULL: none. */
const struct told_zone *forward_find(const struct forward_table *table, struct dname name);

/** Hints, or the stub that stands for them. */
const struct told_zone *forward_root(const struct forward_table *table);

#endif
