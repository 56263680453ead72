/*
 * named_zones.c - from named.conf: forwarding, stubs, hints and trust. Zones that would be
 * served are left out.
 */
#include <string.h>

#include "tools/named_inside.h"
#include "util/text.h"

/* ---- servers ---- */

/* { 192.0.2.1; 192.0.2.2 port 5353; ... }, with a port for those that name none. */
static void take_servers(struct named_take *take, struct conf_part *part, const char *option,
                         const struct named_statement *statement)
{
    const struct named_word *block = named_block_of(statement->words);
    const struct named_word *all = named_behind(statement->words, "port");
    const struct named_statement *at = block != NULL ? block->block->first : NULL;
    struct addr addr;

    if (block == NULL)
        conf_error(take->report, statement->words->place, "%s: expected a list of addresses",
                   named_name(statement));
    for (; at != NULL; at = at->next) {
        const struct named_word *own = named_behind(at->words, "port");
        const struct named_word *port = own != NULL ? own : all;

        if (addr_from_text(&addr, named_name(at), 0, NULL) != STATUS_OK)
            leave(take, at->words, "only addresses are taken from such a list");
        else if (named_behind(at->words, "tls") != NULL ||
                 named_behind(statement->words, "tls") != NULL)
            leave(take, at->words, "what its \"tls\" says; see forward-tls-upstream");
        else
            take_option(take, part, option, at->words->place, "%s%s%s", named_name(at),
                        port != NULL ? "@" : "", port != NULL ? port->text : "");
    }
}

/* ---- forwarding ---- */

/* @param forwarders NULL: named forwards nothing at and below that name, nor do we with no
 * address. */
static void forward(struct named_take *take, const struct named_word *name,
                    const struct named_statement *forwarders, const struct named_statement *how)
{
    struct conf_part *part = take_section(take, "forward-zone", name->place);

    if (part == NULL)
        return;
    take_option(take, part, "name", name->place, "%s", name->text);
    if (forwarders == NULL || named_block_of(forwarders->words) == NULL ||
        named_block_of(forwarders->words)->block->first == NULL)
        return;
    take_servers(take, part, "forward-addr", forwarders);
    if (how == NULL || named_behind(how->words, "forward") == NULL ||
        !text_equal_nocase(how->words->next->text, "only"))
        take_option(take, part, "forward-first", name->place, "yes");
}

void take_forwarders(struct named_take *take)
{
    const struct named_statement *forwarders = taken(take, "forwarders");
    const struct named_word *block =
        forwarders != NULL ? named_block_of(forwarders->words) : NULL;
    struct named_word root = {.text = "."};

    if (block == NULL || block->block->first == NULL)
        return;
    root.place = forwarders->words->place;
    forward(take, &root, forwarders, taken(take, "forward"));
}

/* ---- zones ---- */

static void stub(struct named_take *take, const struct named_word *name,
                 const struct named_block *block, bool is_static)
{
    static const char *const lists[] = {"server-addresses", "primaries", "masters"};
    struct conf_part *part = take_section(take, "stub-zone", name->place);
    const struct named_statement *names = named_find(block, "server-names");
    const struct named_word *hosts = names != NULL ? named_block_of(names->words) : NULL;
    const struct named_statement *host = hosts != NULL ? hosts->block->first : NULL;

    if (part == NULL)
        return;
    take_option(take, part, "name", name->place, "%s", name->text);
    for (size_t i = 0; i < COUNT(lists); i++)
        if (named_find(block, lists[i]) != NULL)
            take_servers(take, part, "stub-addr", named_find(block, lists[i]));
    for (; host != NULL; host = host->next)
        take_option(take, part, "stub-host", host->words->place, "%s", named_name(host));
    /* A stub asks its servers for the zone's NS records and goes on with those. */
    if (!is_static)
        take_option(take, part, "stub-prime", name->place, "yes");
}

static void hints(struct named_take *take, const struct named_word *name,
                  const struct named_block *block)
{
    const struct named_statement *file = named_find(block, "file");
    const struct named_statement *folder = taken(take, "directory");
    const struct named_word *path = file != NULL ? only_word(take, file) : NULL;
    bool is_below = path != NULL && path->text[0] != '/' && folder != NULL &&
                    only_word(take, folder) != NULL;

    if (path == NULL || strcmp(name->text, ".") != 0)
        leave(take, name, "hints are a file, and for the root");
    else
        take_option(take, take->server, "root-hints", path->place, "%s%s%s",
                    is_below ? folder->words->next->text : "", is_below ? "/" : "", path->text);
}

void take_zone(struct named_take *take, const struct named_statement *statement)
{
    const struct named_word *name = statement->words->next;
    const struct named_word *body = named_block_of(statement->words);
    const struct named_statement *type = body != NULL ? named_find(body->block, "type") : NULL;
    const struct named_word *word = type != NULL ? only_word(take, type) : NULL;

    if (name == NULL || name->block != NULL || (body != NULL && word == NULL)) {
        if (name == NULL || name->block != NULL || type == NULL)
            conf_error(take->report, statement->words->place,
                       "zone: expected a name and a type");
        return;
    }
    if (body == NULL ||
        (name->next->block == NULL && !text_equal_nocase(name->next->text, "in")))
        leave(take, statement->words, "only zones of class IN are known here");
    else if (text_equal_nocase(word->text, "forward"))
        forward(take, name, named_find(body->block, "forwarders"),
                named_find(body->block, "forward"));
    else if (text_equal_nocase(word->text, "stub"))
        stub(take, name, body->block, false);
    else if (text_equal_nocase(word->text, "static-stub"))
        stub(take, name, body->block, true);
    else if (text_equal_nocase(word->text, "hint"))
        hints(take, name, body->block);
    else
        leave(take, statement->words,
              "zones are not served here; what is empty or local is built in, see local-zone");
}

/* ---- trust ---- */

static bool is_number(const struct named_word *word)
{
    uint64_t number;

    return word != NULL && word->block == NULL &&
           text_read_u64(word->text, UINT16_MAX, &number) == STATUS_OK;
}

/* The key or digest may stand in several texts, with spaces. */
static const char *without_spaces(struct named_take *take, const struct named_word *word)
{
    struct text text = text_in(take->arena);

    text_add(&text, "");
    for (; word != NULL && word->block == NULL; word = word->next)
        for (const char *at = word->text; *at != '\0'; at++)
            if (strchr(" \t\r\n", *at) == NULL)
                text_add_char(&text, *at);
    return text_done(&text);
}

static void take_anchor(struct named_take *take, const struct named_word *name, bool *was_told)
{
    static const char *const kinds[] = {"static-key", "initial-key", "static-ds", "initial-ds"};
    const struct named_word *at = name->next;
    const char *record = "DNSKEY", *text;

    for (size_t i = 0; at != NULL && i < COUNT(kinds); i++) {
        if (!text_equal_nocase(at->text, kinds[i]))
            continue;
        if (kinds[i][0] == 'i' && !*was_told)
            conf_warning(
                take->report, at->place,
                "named keeps this key up to date (RFC 5011); here it stays as it is, and "
                "auto-trust-anchor-file does that");
        *was_told = *was_told || kinds[i][0] == 'i';
        record = i >= 2 ? "DS" : "DNSKEY";
        at = at->next;
        break;
    }
    if (!is_number(at) || !is_number(at->next) || !is_number(at->next->next)) {
        conf_error(take->report, name->place, "%s: this is no key and no digest", name->text);
        return;
    }
    text = without_spaces(take, at->next->next->next);
    if (text == NULL)
        take->no_memory = true;
    else
        take_option(take, take->server, "trust-anchor", name->place, "%s %s %s %s %s %s",
                    name->text, record, at->text, at->next->text, at->next->next->text, text);
}

void take_trust(struct named_take *take, const struct named_statement *statement)
{
    const struct named_word *block = named_block_of(statement->words);
    const struct named_statement *at = block != NULL ? block->block->first : NULL;
    bool was_told = false;

    for (; at != NULL; at = at->next)
        take_anchor(take, at->words, &was_told);
}

void take_validation(struct named_take *take)
{
    const struct named_statement *statement = taken(take, "dnssec-validation");
    const struct named_word *word = statement != NULL ? only_word(take, statement) : NULL;
    const struct named_statement *dns64 = taken(take, "dns64");
    bool is_auto = word == NULL || text_equal_nocase(word->text, "auto");
    bool validates = is_auto || is_yes(take, statement, true);
    struct conf_place place = word != NULL    ? word->place
                              : dns64 != NULL ? dns64->words->place
                                              : take->whole;

    if (!is_auto && validates)
        take_option(take, take->server, "root-trust-anchor", place, "no");
    if (!validates || dns64 != NULL)
        take_option(take, take->server, "module-config", place, "%s%siterator",
                    dns64 != NULL ? "dns64 " : "", validates ? "validator " : "");
}
