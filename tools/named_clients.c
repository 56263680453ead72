/*
 * named_clients.c - from named.conf: where questions come in, and who may ask.
 *
 * Two lists in named decide, the first match in each: who may have what is cached, who may have
 * names resolved. (A third, who may ask for what the server's own zones have, stands for them
 * where they are not there.) Here one action stands for a
 * netblock, and the longest netblock counts; named_acl.h tells why asking each netblock gives
 * the same.
 */
#include <string.h>

#include "tools/named_inside.h"
#include "util/text.h"

/* ---- listening ---- */

/* One "listen-on", while its list is gone through. */
struct listening {
    struct named_take *take;
    const struct named_list *list;
    enum addr_family family;
    struct conf_place place;
    const char *port; /* NULL: that of the options */
};

static void listen_at(struct listening *on, const char *address)
{
    take_option(on->take, on->take->server, "interface", on->place, "%s%s%s", address,
                on->port != NULL ? "@" : "", on->port != NULL ? on->port : "");
}

/* A list that says plain addresses says them to us; all else is asked for the addresses that
 * the machine has now. */
static bool has_plain_addresses(const struct named_block *block, enum addr_family family)
{
    struct addr addr;

    for (const struct named_statement *at = block->first; at != NULL; at = at->next)
        if (addr_from_text(&addr, named_name(at), 0, NULL) != STATUS_OK ||
            addr.family != family)
            return false;
    return true;
}

static void listen_at_own(struct listening *on)
{
    const struct named_lists *lists = &on->take->lists;
    char text[ADDR_TEXT_MAX];
    bool is_told = false;

    for (size_t i = 0; i < lists->interface_count; i++) {
        const struct addr *addr = &lists->interfaces[i].addr;
        struct netblock whole = {*addr, (uint8_t)(8 * addr_octets(addr))};

        if (addr->family != on->family || named_match(on->list, &whole) != NAMED_POSITIVE)
            continue;
        listen_at(on, addr_host_text(addr, text));
        if (!is_told)
            conf_warning(on->take->report, on->place,
                         "this list was asked for the addresses that the machine has now; "
                         "\"interface\" takes names of network interfaces, too");
        is_told = true;
    }
}

static void listen_on(struct named_take *take, const struct named_statement *statement,
                      enum addr_family family)
{
    const struct named_word *block = named_block_of(statement->words);
    const struct named_word *port = named_behind(statement->words, "port");
    const char *every = family == ADDR_IP4 ? "0.0.0.0" : "::0";
    const struct netblock space = {{.family = (uint8_t)family}, 0};
    struct listening on = {take, named_list(&take->lists, block), family,
                           statement->words->place, port != NULL ? port->text : NULL};

    if (on.list == NULL) {
        conf_error(take->report, on.place, "%s: expected a list of addresses",
                   named_name(statement));
        return;
    }
    if (named_behind(statement->words, "tls") != NULL ||
        named_behind(statement->words, "http") != NULL) {
        leave(take, statement->words, "clients are not served by TLS or HTTPS");
        return;
    }
    if (has_plain_addresses(block->block, family)) {
        for (const struct named_statement *at = block->block->first; at != NULL; at = at->next)
            listen_at(&on, named_name(at));
    } else if (named_match(on.list, &space) == NAMED_POSITIVE &&
               block->block->first->next == NULL) {
        listen_at(&on, every);
    } else {
        listen_at_own(&on);
    }
}

/* @return true when there was one. */
static bool listen_on_all(struct named_take *take, const char *name, enum addr_family family)
{
    const struct named_statement *at = take->options != NULL ? take->options->first : NULL;
    bool found = false;

    for (; at != NULL; at = at->next)
        if (text_equal_nocase(named_name(at), name)) {
            listen_on(take, at, family);
            found = true;
        }
    return found;
}

void take_listening(struct named_take *take)
{
    const struct named_statement *port = taken(take, "port");
    struct conf_place place = take->whole;
    size_t index;

    if (port != NULL && only_word(take, port) != NULL)
        take_option(take, take->server, "port", port->words->next->place, "%s",
                    port->words->next->text);
    /* named listens on every address unless told otherwise. */
    if (!listen_on_all(take, "listen-on", ADDR_IP4))
        take_option(take, take->server, "interface", place, "0.0.0.0");
    if (!listen_on_all(take, "listen-on-v6", ADDR_IP6))
        take_option(take, take->server, "interface", place, "::0");
    if (opt_find(take->server->section, "interface", &index) != NULL &&
        take->server->places[index].file == NULL)
        conf_error(take->report, place, "none of the addresses to listen on was left");
}

/* ---- access ---- */

/* Lists that both have to say yes, and that of those who are not heard. */
struct access {
    struct named_take *take;
    const struct named_list *cache, *recursion, *blackhole; /* the last: NULL, nobody */
    bool has_recursion, needs_cookie, has_half; /* cached data for those who may not recurse */
    struct netblock *blocks;                    /* each once, in the order of the lists */
    size_t count, room;
};

static struct named_list *list_of(struct named_take *take,
                                  const struct named_statement *statement)
{
    return statement == NULL ? NULL
                             : named_list(&take->lists, named_block_of(statement->words));
}

/* What named does when a list is not there: those for recursion and for the cache stand for
 * each other, then for that for questions; then it is the machine and its networks. */
static void find_lists(struct named_take *take, struct access *access)
{
    const struct named_statement *query = taken(take, "allow-query");
    const struct named_statement *cache = taken(take, "allow-query-cache");
    const struct named_statement *recursion = taken(take, "allow-recursion");
    struct named_word nets = {.text = "localnets"}, host = {.text = "localhost"};
    struct named_statement second = {&host, NULL}, first = {&nets, &second};
    struct named_block near = {&first, NULL};
    struct named_word word = {.text = "", .block = &near, .place = take->whole};

    if (recursion == NULL && cache == NULL && query == NULL)
        access->recursion = named_list(&take->lists, &word);
    else
        access->recursion = list_of(take, recursion != NULL ? recursion
                                          : cache != NULL   ? cache
                                                            : query);
    access->cache =
        cache != NULL && recursion != NULL ? list_of(take, cache) : access->recursion;
    access->blackhole = list_of(take, taken(take, "blackhole"));
}

static void add_netblock(void *context, const struct netblock *block)
{
    struct access *access = context;

    for (size_t i = 0; i < access->count; i++)
        if (access->blocks[i].bits == block->bits &&
            addr_equal(&access->blocks[i].addr, &block->addr))
            return;
    if (access->count == access->room) {
        size_t room = access->room == 0 ? 64 : access->room * 2;
        struct netblock *more = ARENA_ARRAY(access->take->arena, struct netblock, room);

        if (more == NULL) {
            access->take->no_memory = true;
            return;
        }
        if (access->count > 0)
            memcpy(more, access->blocks, access->count * sizeof(*more));
        access->blocks = more;
        access->room = room;
    }
    access->blocks[access->count++] = *block;
}

static void add_netblocks(struct access *access, const struct named_list *list)
{
    if (list != NULL)
        named_each_block(list, add_netblock, access);
}

static bool says_yes(const struct named_list *list, const struct netblock *block)
{
    return list != NULL && named_match(list, block) == NAMED_POSITIVE;
}

static const char *action_of(struct access *access, const struct netblock *block)
{
    if (says_yes(access->blackhole, block))
        return "deny";
    access->has_half = access->has_half ||
                       (says_yes(access->cache, block) && !says_yes(access->recursion, block));
    if (!access->has_recursion || !says_yes(access->cache, block) ||
        !says_yes(access->recursion, block))
        return "refuse";
    return access->needs_cookie ? "allow_cookie" : "allow";
}

/* The action that a netblock has without being named itself: of the longest around it that is,
 * or what is built in. */
static const char *action_around(struct access *access, const struct netblock *block)
{
    const struct netblock *around = NULL;

    for (size_t i = 0; i < access->count; i++) {
        const struct netblock *other = &access->blocks[i];

        if (other->bits < block->bits && netblock_covers(other, &block->addr) &&
            (around == NULL || around->bits < other->bits))
            around = other;
    }
    return around != NULL ? action_of(access, around) : "refuse";
}

static void say_access(struct access *access, struct conf_place place)
{
    static const char *const built_in[] = {"127.0.0.0/8", "::1/128"};
    struct netblock loopback[COUNT(built_in)];
    char text[ADDR_NETBLOCK_TEXT_MAX];

    for (size_t i = 0; i < COUNT(built_in); i++) {
        if (netblock_from_text(&loopback[i], built_in[i]) != STATUS_OK)
            UNREACHABLE();
        add_netblock(access, &loopback[i]);
    }
    for (size_t i = 0; i < access->count && !access->take->no_memory; i++) {
        const struct netblock *block = &access->blocks[i];
        const char *otherwise = action_around(access, block);

        for (size_t n = 0; n < COUNT(loopback); n++)
            if (block->bits == loopback[n].bits && addr_equal(&block->addr, &loopback[n].addr))
                otherwise = "allow";
        if (strcmp(action_of(access, block), otherwise) != 0)
            take_option(access->take, access->take->server, "access-control", place, "%s %s",
                        netblock_to_text(block, text), action_of(access, block));
    }
}

void take_access(struct named_take *take)
{
    const struct named_statement *recursion = taken(take, "recursion");
    const struct named_statement *cookie = taken(take, "require-server-cookie");
    struct access access = {.take = take,
                            .has_recursion = recursion == NULL || is_yes(take, recursion, true),
                            .needs_cookie = cookie != NULL && is_yes(take, cookie, false)};
    bool used_before = take->lists.used_interfaces;

    if (!access.has_recursion)
        conf_warning(take->report, recursion->words->place,
                     "without recursion there is nothing to do here: all clients are refused");
    take->lists.used_interfaces = false;
    find_lists(take, &access);
    add_netblocks(&access, access.cache);
    add_netblocks(&access, access.recursion);
    add_netblocks(&access, access.blackhole);
    say_access(&access, take->whole);
    if (access.has_half)
        conf_warning(take->report, take->whole,
                     "clients that may have what is cached but no recursion are refused");
    if (take->lists.used_interfaces)
        conf_warning(
            take->report, take->whole,
            "access-control has the networks that this machine is in now, for \"localnets\" "
            "and \"localhost\"; they are not followed when they change");
    take->lists.used_interfaces = take->lists.used_interfaces || used_before;
}
