/*
 * hints.c - the built-in table, and hints files.
 */
#include "iterator/hints.h"

#include <stdio.h>

#include "util/wire/text_rr.h"

static const struct {
    char letter;
    const char *ip4, *ip6;
} root_servers[] = {
    {'a', "198.41.0.4", "2001:503:ba3e::2:30"},  {'b', "170.247.170.2", "2801:1b8:10::b"},
    {'c', "192.33.4.12", "2001:500:2::c"},       {'d', "199.7.91.13", "2001:500:2d::d"},
    {'e', "192.203.230.10", "2001:500:a8::e"},   {'f', "192.5.5.241", "2001:500:2f::f"},
    {'g', "192.112.36.4", "2001:500:12::d0d"},   {'h', "198.97.190.53", "2001:500:1::53"},
    {'i', "192.36.148.17", "2001:7fe::53"},      {'j', "192.58.128.30", "2001:503:c27::2:30"},
    {'k', "193.0.14.129", "2001:7fd::1"},        {'l', "199.7.83.42", "2001:500:9f::42"},
    {'m', "202.12.27.33", "2001:dc3::35"},
};

static enum status add(struct hints *hints, struct dname name, const char *address)
{
    struct hint *hint = &hints->items[hints->count];

    if (hints->count == HINTS_MAX)
        return STATUS_LIMIT;
    hint->name = name;
    hints->count++;
    return addr_from_text(&hint->addr, address, 53, NULL);
}

enum status hints_built_in(struct hints *hints, struct arena *arena)
{
    hints->count = 0;
    for (size_t i = 0; i < COUNT(root_servers); i++) {
        char text[] = "?.root-servers.net.";
        struct dname name;
        enum status status;

        text[0] = root_servers[i].letter;
        status = dname_from_text_in(arena, text, &name);
        if (status == STATUS_OK)
            status = add(hints, name, root_servers[i].ip4);
        if (status == STATUS_OK)
            status = add(hints, name, root_servers[i].ip6);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status hints_from_text(struct hints *hints, const char *text, struct arena *arena, int *line,
                            const char **why)
{
    struct zone_reader reader = zone_reader_of(text, dname_root, arena);
    size_t before = hints->count;
    struct text_rr record;
    enum status status;

    *why = NULL;
    while ((status = zone_reader_next(&reader, &record)) == STATUS_OK) {
        struct hint *hint = &hints->items[hints->count];

        if (record.type != TYPE_A && record.type != TYPE_AAAA)
            continue;
        if (hints->count == HINTS_MAX)
            return STATUS_LIMIT;
        hint->name = record.owner;
        hint->addr = record.type == TYPE_A ? addr_ip4(record.rdata.data, 53)
                                           : addr_ip6(record.rdata.data, 53);
        hints->count++;
    }
    *line = reader.line;
    *why = reader.why;
    if (status != STATUS_NOT_FOUND)
        return status;
    return hints->count == before ? STATUS_NOT_FOUND : STATUS_OK;
}
