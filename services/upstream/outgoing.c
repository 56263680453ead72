/*
 * outgoing.c - reads the lists among the upstream options and answers questions about them.
 *
 * Called by exchange.c when options are set, and for each question.
 */
#include "services/upstream/outgoing.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT_STRING_MAX = 255 };

struct client_string {
    struct netblock servers;
    struct slice text;
};

struct outgoing {
    struct arena *arena;
    struct netblock *sources;
    struct dname *exempt;
    struct client_string *strings;
    size_t source_count, exempt_count, string_count;
};

static void read_sources(struct outgoing *outgoing, const struct opt_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct netblock *source = &outgoing->sources[outgoing->source_count];

        if (netblock_from_text(source, list->items[i].text) == STATUS_OK)
            outgoing->source_count++;
    }
}

static void read_exempt(struct outgoing *outgoing, const struct opt_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct dname *name = &outgoing->exempt[outgoing->exempt_count];

        if (dname_from_text_in(outgoing->arena, list->items[i].text, name) == STATUS_OK)
            outgoing->exempt_count++;
    }
}

/* "netblock text"; quotes around the text are the reader's and gone already. */
static void read_string(struct outgoing *outgoing, const char *item)
{
    struct client_string *string = &outgoing->strings[outgoing->string_count];
    const char *blank = strchr(item, ' ');
    char block[ADDR_NETBLOCK_TEXT_MAX];
    size_t size;

    if (blank == NULL || (size_t)(blank - item) >= sizeof(block))
        return;
    memcpy(block, item, (size_t)(blank - item));
    block[blank - item] = '\0';
    size = strlen(blank + 1);
    if (size == 0 || size > CLIENT_STRING_MAX ||
        netblock_from_text(&string->servers, block) != STATUS_OK)
        return;
    string->text = arena_copy(outgoing->arena, slice_of(blank + 1, size));
    if (string->text.data != NULL)
        outgoing->string_count++;
}

struct outgoing *outgoing_new(const struct upstream_options *options)
{
    struct arena *arena = arena_new(0);
    struct outgoing *outgoing = arena != NULL ? ARENA_NEW(arena, struct outgoing) : NULL;

    if (outgoing == NULL) {
        arena_free(arena);
        return NULL;
    }
    outgoing->arena = arena;
    outgoing->sources =
        ARENA_ARRAY(arena, struct netblock, options->outgoing_interface.count + 1);
    outgoing->exempt = ARENA_ARRAY(arena, struct dname, options->caps_exempt.count + 1);
    outgoing->strings =
        ARENA_ARRAY(arena, struct client_string, options->edns_client_string.count + 1);
    if (outgoing->sources == NULL || outgoing->exempt == NULL || outgoing->strings == NULL) {
        arena_free(arena);
        return NULL;
    }
    read_sources(outgoing, &options->outgoing_interface);
    read_exempt(outgoing, &options->caps_exempt);
    for (size_t i = 0; i < options->edns_client_string.count; i++)
        read_string(outgoing, options->edns_client_string.items[i].text);
    return outgoing;
}

void outgoing_free(struct outgoing *outgoing)
{
    if (outgoing != NULL)
        arena_free(outgoing->arena); /* and outgoing with it */
}

/* A netblock with host bits stands for all its addresses: they are drawn at random. */
static void fill_host_bits(struct addr *addr, uint8_t bits, struct world *world)
{
    uint8_t chance[16];

    world->random(world, chance, sizeof(chance));
    for (size_t i = bits; i < 8 * addr_octets(addr); i++) {
        uint8_t bit = (uint8_t)(0x80u >> i % 8);

        addr->bytes[i / 8] = (uint8_t)((addr->bytes[i / 8] & ~bit) | (chance[i / 8] & bit));
    }
}

bool outgoing_source(const struct outgoing *outgoing, enum addr_family family,
                     struct world *world, struct addr *out)
{
    size_t fitting = 0, chosen;

    for (size_t i = 0; i < outgoing->source_count; i++)
        if (outgoing->sources[i].addr.family == family)
            fitting++;
    if (fitting == 0)
        return false;
    chosen = fitting == 1 ? 0 : world_random_below(world, (uint32_t)fitting);
    for (size_t i = 0; i < outgoing->source_count; i++) {
        const struct netblock *source = &outgoing->sources[i];

        if (source->addr.family != family || chosen-- > 0)
            continue;
        *out = source->addr;
        if (source->bits < 8 * addr_octets(out))
            fill_host_bits(out, source->bits, world);
        return true;
    }
    return false;
}

bool outgoing_case_exempt(const struct outgoing *outgoing, struct dname name)
{
    for (size_t i = 0; i < outgoing->exempt_count; i++)
        if (dname_is_at_or_below(name, outgoing->exempt[i]))
            return true;
    return false;
}

struct slice outgoing_client_string(const struct outgoing *outgoing, const struct addr *server)
{
    for (size_t i = 0; i < outgoing->string_count; i++)
        if (netblock_covers(&outgoing->strings[i].servers, server))
            return outgoing->strings[i].text;
    return slice_of(NULL, 0);
}
