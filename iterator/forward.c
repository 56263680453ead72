/*
 * forward.c - the told zones in canonical order; a look-up walks up from the name.
 */
#include "iterator/forward.h"

#include <stdlib.h>

#include "util/text.h"

struct forward_table {
    size_t count;
    struct told_zone *zones; /* in canonical order of their names */
    struct told_zone root;
};

struct builder {
    struct arena *arena;
    forward_complain *complain;
    void *context;
    bool failed;
};

static void complain(struct builder *builder, const struct opt_item *item, const char *words)
{
    builder->failed = true;
    builder->complain(builder->context, item, words);
}

static void read_server(struct builder *builder, const struct opt_item *item, bool tls,
                        struct told_server *server)
{
    const char *tls_name = NULL;
    char *text = arena_text(builder->arena, item->text);

    if (text == NULL ||
        addr_from_text(&server->addr, text, tls ? 853 : 53, &tls_name) != STATUS_OK) {
        complain(builder, item, "is no address of a server (192.0.2.1, 192.0.2.1@53#name)");
        return;
    }
    server->tls_name = !tls ? NULL : tls_name == NULL ? "" : tls_name;
}

/* host, host@port, host#name: the port is kept in addr, whose family says "to be looked up". */
static void read_host(struct builder *builder, const struct opt_item *item, bool tls,
                      struct told_server *server)
{
    struct text name = text_in(builder->arena);
    const char *at = item->text;
    uint64_t port = tls ? 853 : 53;
    char *host;

    while (*at != '\0' && *at != '@' && *at != '#')
        text_add_char(&name, *at++);
    if (*at == '@')
        port = strtoul(at + 1, (char **)&at, 10);
    server->tls_name = !tls ? NULL : *at == '#' ? at + 1 : "";
    host = text_done(&name);
    if (host == NULL || port == 0 || port > 65535 || (*at != '\0' && *at != '#') ||
        dname_from_text_in(builder->arena, host, &server->host) != STATUS_OK)
        complain(builder, item, "is no name of a host");
    server->addr = (struct addr){.family = ADDR_NONE, .port = (uint16_t)port};
}

static void read_servers(struct builder *builder, struct told_zone *zone,
                         const struct opt_list *addresses, const struct opt_list *hosts, bool tls)
{
    struct told_server *servers =
        ARENA_ARRAY(builder->arena, struct told_server, addresses->count + hosts->count + 1);

    if (servers == NULL) {
        builder->failed = true;
        return;
    }
    for (size_t i = 0; i < addresses->count; i++)
        read_server(builder, &addresses->items[i], tls, &servers[i]);
    for (size_t i = 0; i < hosts->count; i++)
        read_host(builder, &hosts->items[i], tls, &servers[addresses->count + i]);
    zone->servers = servers;
    zone->count = addresses->count + hosts->count;
}

static void read_name(struct builder *builder, struct told_zone *zone, const char *name)
{
    struct opt_item item = {.text = name == NULL ? "" : name};

    zone->name = dname_root;
    if (name == NULL || dname_from_text_in(builder->arena, name, &zone->name) != STATUS_OK)
        complain(builder, &item, "is no name of a zone");
}

static void read_stub(struct builder *builder, const struct stub_options *options,
                      struct told_zone *zone)
{
    read_name(builder, zone, options->name);
    read_servers(builder, zone, &options->stub_addr, &options->stub_host,
                 options->stub_tls_upstream);
    zone->prime = options->stub_prime;
    zone->first = options->stub_first;
    zone->no_cache = options->stub_no_cache;
    zone->tcp_only = options->stub_tcp_upstream;
    zone->policy = FORWARD_FASTEST;
}

static void read_forward(struct builder *builder, const struct forward_options *options,
                         struct told_zone *zone)
{
    read_name(builder, zone, options->name);
    read_servers(builder, zone, &options->forward_addr, &options->forward_host,
                 options->forward_tls_upstream);
    zone->is_forward = true;
    zone->first = options->forward_first;
    zone->no_cache = options->forward_no_cache;
    zone->tcp_only = options->forward_tcp_upstream;
    zone->policy = (enum forward_policy)options->forward_policy;
}

static bool read_hints(struct builder *builder, struct told_zone *root, const struct hints *hints)
{
    struct told_server *servers = ARENA_ARRAY(builder->arena, struct told_server, hints->count + 1);

    if (servers == NULL)
        return false;
    for (size_t i = 0; i < hints->count; i++) {
        servers[i].addr = hints->items[i].addr;
        servers[i].host = hints->items[i].name;
    }
    *root = (struct told_zone){.name = dname_root,
                               .prime = true,
                               .policy = FORWARD_FASTEST,
                               .count = hints->count,
                               .servers = servers};
    return true;
}

static int by_name(const void *a, const void *b)
{
    return dname_compare(((const struct told_zone *)a)->name, ((const struct told_zone *)b)->name);
}

struct forward_table *forward_table_new(struct arena *arena, const struct hints *hints,
                                        const struct stub_options *stubs, size_t stub_count,
                                        const struct forward_options *forwards,
                                        size_t forward_count, forward_complain *complain_,
                                        void *context)
{
    struct builder builder = {arena, complain_, context, false};
    struct forward_table *table = ARENA_NEW(arena, struct forward_table);

    if (table == NULL || !read_hints(&builder, &table->root, hints))
        return NULL;
    table->zones = ARENA_ARRAY(arena, struct told_zone, stub_count + forward_count + 1);
    if (table->zones == NULL)
        return NULL;
    for (size_t i = 0; i < stub_count; i++) {
        struct told_zone *zone = &table->zones[table->count];

        read_stub(&builder, &stubs[i], zone);
        if (dname_is_root(zone->name)) {
            /* A stub for the root takes the place of the hints: it is primed like them. */
            table->root = *zone;
            table->root.prime = true;
            *zone = (struct told_zone){0};
        } else {
            table->count++;
        }
    }
    for (size_t i = 0; i < forward_count; i++)
        read_forward(&builder, &forwards[i], &table->zones[table->count++]);
    if (builder.failed)
        return NULL;
    qsort(table->zones, table->count, sizeof(table->zones[0]), by_name);
    return table;
}

const struct told_zone *forward_find(const struct forward_table *table, struct dname name)
{
    if (table->count == 0)
        return NULL;
    for (;; name = dname_parent(name)) {
        struct told_zone key = {.name = name};
        const struct told_zone *found =
            bsearch(&key, table->zones, table->count, sizeof(key), by_name);

        if (found != NULL)
            return found->count == 0 ? NULL : found;
        if (dname_is_root(name))
            return NULL;
    }
}

const struct told_zone *forward_root(const struct forward_table *table)
{
    return &table->root;
}
