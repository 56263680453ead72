/*
 * ipv4only.c - the local zones by which hosts learn the prefix (RFC 7050, RFC 8880).
 *
 * RFC 8880 section 7: a resolver that does DNS64 answers for ipv4only.arpa and for the names of
 * its two addresses itself and never asks for them; DS questions alone go to the zone above,
 * which says that nothing is signed here. A resolver without DNS64 treats these names as any
 * other.
 */
#include "dns64/dns64.h"

#include <string.h>

#include "util/prefix64.h"

/* RFC 7050 section 8.2. */
static const uint8_t well_known_ip4[2][4] = {{192, 0, 0, 170}, {192, 0, 0, 171}};

static const char *const zone_names[] = {"ipv4only.arpa.", "170.0.0.192.in-addr.arpa.",
                                         "171.0.0.192.in-addr.arpa."};

#define IPV4ONLY_TTL "86400"
#define IPV4ONLY_SOA "localhost. nobody.invalid. 1 3600 1200 604800 10800"

enum { RECORDS_MAX = 16 };

struct adder {
    struct arena *arena;
    struct opt_item *zones, *records; /* as the lists, with room behind */
    size_t zone_count, record_count;
    bool no_memory;
};

static void add_text(struct adder *adder, struct opt_item *items, size_t *count,
                     const char *text)
{
    if (text == NULL)
        adder->no_memory = true;
    else
        items[(*count)++] = (struct opt_item){.text = text};
}

static void add_record(struct adder *adder, const char *owner, const char *type,
                       const char *rdata)
{
    add_text(adder, adder->records, &adder->record_count,
             arena_printf(adder->arena, "%s " IPV4ONLY_TTL " IN %s %s", owner, type, rdata));
}

/* Each item of these lists begins with the name that it is about. */
static bool speaks_of(const struct opt_list *list, const char *zone)
{
    uint8_t zone_storage[DNAME_MAX], storage[DNAME_MAX];
    char word[DNAME_TEXT_MAX];
    struct dname apex, name;

    if (dname_from_text(zone, zone_storage, &apex) != STATUS_OK)
        return false;
    for (size_t i = 0; i < list->count; i++) {
        size_t size = strcspn(list->items[i].text, " \t");

        if (size >= sizeof(word))
            continue;
        memcpy(word, list->items[i].text, size);
        word[size] = '\0';
        if (dname_from_text(word, storage, &name) == STATUS_OK &&
            dname_is_at_or_below(name, apex))
            return true;
    }
    return false;
}

/* RFC 7050 section 3: hosts look for the well-known IPv4 addresses in the AAAA records. */
static void add_addresses(struct adder *adder, const struct dns64_config *config,
                          const uint8_t ip4[4])
{
    struct addr addr = addr_ip4(ip4, 0);
    char text[ADDR_TEXT_MAX];
    uint8_t ip6[16];

    add_record(adder, zone_names[0], "A", addr_host_text(&addr, text));
    prefix64_embed(&config->prefix, ip4, ip6);
    addr = addr_ip6(ip6, 0);
    add_record(adder, zone_names[0], "AAAA", addr_host_text(&addr, text));
}

static void add_zone(struct adder *adder, const struct dns64_config *config, size_t which)
{
    const char *zone = zone_names[which];

    add_text(adder, adder->zones, &adder->zone_count,
             arena_printf(adder->arena, "%s static", zone));
    add_record(adder, zone, "SOA", IPV4ONLY_SOA);
    add_record(adder, zone, "NS", "localhost.");
    if (which > 0)
        add_record(adder, zone, "PTR", zone_names[0]);
    for (size_t i = 0; which == 0 && i < COUNT(well_known_ip4); i++)
        add_addresses(adder, config, well_known_ip4[i]);
}

static struct opt_item *with_room(struct adder *adder, const struct opt_list *list, size_t room)
{
    struct opt_item *items = ARENA_ARRAY(adder->arena, struct opt_item, list->count + room);

    if (items == NULL)
        adder->no_memory = true;
    else if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof(*items));
    return items;
}

enum status dns64_add_local(const struct dns64_config *config, struct arena *arena,
                            struct opt_list *zones, struct opt_list *records)
{
    struct adder adder = {
        .arena = arena, .zone_count = zones->count, .record_count = records->count};

    adder.zones = with_room(&adder, zones, COUNT(zone_names));
    adder.records = with_room(&adder, records, RECORDS_MAX);
    for (size_t i = 0; i < COUNT(zone_names) && !adder.no_memory; i++)
        if (!speaks_of(zones, zone_names[i]) && !speaks_of(records, zone_names[i]))
            add_zone(&adder, config, i);
    if (adder.no_memory)
        return STATUS_NO_MEMORY;
    *zones = (struct opt_list){adder.zone_count, adder.zones};
    *records = (struct opt_list){adder.record_count, adder.records};
    return STATUS_OK;
}
