/*
 * deleg.c - adding to a delegation and counting what is left of it.
 */
#include "iterator/deleg.h"

#include "util/wire/rdata.h"

struct deleg *deleg_new(struct arena *arena, struct dname zone, enum deleg_origin origin)
{
    struct deleg *deleg = ARENA_NEW(arena, struct deleg);

    if (deleg == NULL)
        return NULL;
    deleg->zone = dname_copy(arena, zone);
    deleg->origin = origin;
    return deleg->zone.wire == NULL ? NULL : deleg;
}

struct deleg_name *deleg_find_name(const struct deleg *deleg, struct dname name)
{
    struct deleg_name *at = deleg->names;

    while (at != NULL && !dname_equal(at->name, name))
        at = at->next;
    return at;
}

struct deleg_name *deleg_add_name(struct deleg *deleg, struct arena *arena, struct dname name,
                                  const struct deleg_limits *limits)
{
    struct deleg_name **place = &deleg->names;
    struct deleg_name *added;

    for (; *place != NULL; place = &(*place)->next)
        if (dname_equal((*place)->name, name))
            return *place;
    if (deleg->name_count >= limits->names)
        return NULL;
    added = ARENA_NEW(arena, struct deleg_name);
    if (added == NULL)
        return NULL;
    added->name = dname_copy(arena, name);
    if (added->name.wire == NULL)
        return NULL;
    *place = added;
    deleg->name_count++;
    return added;
}

struct deleg_server *deleg_add_server(struct deleg *deleg, struct arena *arena,
                                      const struct addr *addr, const char *tls_name,
                                      const struct deleg_limits *limits)
{
    struct deleg_server **place = &deleg->servers;
    struct deleg_server *added;

    /* Addresses are made unique first: many names at one address are one server. */
    for (; *place != NULL; place = &(*place)->next)
        if (addr_equal(&(*place)->addr, addr))
            return *place;
    if (deleg->server_count >= limits->addresses)
        return NULL;
    added = ARENA_NEW(arena, struct deleg_server);
    if (added == NULL)
        return NULL;
    added->addr = *addr;
    added->tls_name = tls_name;
    *place = added;
    deleg->server_count++;
    return added;
}

bool deleg_add_blocked(struct deleg *deleg, struct arena *arena, const struct addr *addr)
{
    struct deleg_server *added;

    for (const struct deleg_server *at = deleg->blocked; at != NULL; at = at->next)
        if (addr_equal(&at->addr, addr))
            return false;
    added = ARENA_NEW(arena, struct deleg_server);
    if (added == NULL)
        return false;
    added->addr = *addr;
    added->next = deleg->blocked;
    deleg->blocked = added;
    deleg->blocked_count++;
    return true;
}

enum status deleg_add_ns(struct deleg *deleg, struct arena *arena, const struct rrset *ns,
                         const struct deleg_limits *limits, uint32_t random)
{
    size_t start = ns->rr_count == 0 ? 0 : random % ns->rr_count;

    for (size_t i = 0; i < ns->rr_count; i++) {
        struct dname name;

        if (!rdata_target(rrset_rdata(ns, (start + i) % ns->rr_count), TYPE_NS, &name))
            continue;
        if (deleg_add_name(deleg, arena, name, limits) == NULL)
            return deleg->name_count >= limits->names ? STATUS_LIMIT : STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

size_t deleg_usable(const struct deleg *deleg)
{
    size_t count = 0;

    for (const struct deleg_server *at = deleg->servers; at != NULL; at = at->next)
        count += !at->failed;
    return count;
}

bool deleg_has_untried(const struct deleg *deleg)
{
    for (const struct deleg_server *at = deleg->servers; at != NULL; at = at->next)
        if (!at->failed && at->sends == 0)
            return true;
    return false;
}

size_t deleg_failed(const struct deleg *deleg)
{
    size_t count = 0;

    for (const struct deleg_server *at = deleg->servers; at != NULL; at = at->next)
        count += at->failed || at->timeouts > 0;
    return count;
}

bool deleg_needs_glue(const struct deleg *deleg, struct dname name)
{
    return dname_is_at_or_below(name, deleg->zone);
}

bool deleg_is_useless(const struct deleg *deleg)
{
    if (deleg->servers != NULL)
        return false;
    for (const struct deleg_name *at = deleg->names; at != NULL; at = at->next)
        if (!deleg_needs_glue(deleg, at->name))
            return false;
    return true;
}
