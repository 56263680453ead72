/*
 * anchor_ask.h - asks one name server for the keys of the root.
 *
 * Called by shrew-anchor to see whether its anchors work. The answer is checked for form only;
 * whether it is signed as it should be is anchor_set.c's to say.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_ASK_H
#define TREESHREW_TOOLS_ANCHOR_ASK_H

#include "tools/anchor_net.h"
#include "util/wire/message.h"

enum { ASK_SERVERS_MAX = 64 };

/** Whom to ask. */
struct ask_servers {
    bool recursive; /* they are resolvers, not the root's own servers */
    size_t count;
    struct addr items[ASK_SERVERS_MAX];
};

/** Adds one, when its family is allowed and there is room. */
void ask_servers_add(struct ask_servers *servers, const struct addr *addr,
                     enum net_family family);

/** In an order that nobody can foresee, so that no root server has all the load. */
void ask_servers_shuffle(struct ask_servers *servers);

/** The "nameserver" lines of a resolv.conf; others and those that name no address are left out.
 */
void ask_servers_read(struct ask_servers *servers, const char *text, enum net_family family);

/**
 * The question "./DNSKEY", with DO and CD: a resolver with stale anchors of its own answers too
 * (RFC 4035 section 3.2.2).
 * @return its octets in the arena; data NULL: no memory.
 */
struct slice ask_write(uint16_t id, bool recursive, struct arena *arena);

/**
 * Reads what came back.
 * @param dnskeys  in the arena.
 * @param why      static text, for all but STATUS_OK.
 * @return STATUS_NO_SPACE: cut short (TC), to be asked again over TCP; STATUS_NOT_FOUND: not an
 *         answer to that question, wait on; STATUS_MALFORMED: the server will not say;
 *         STATUS_NO_MEMORY.
 */
enum status ask_read(struct slice packet, uint16_t id, struct arena *arena,
                     const struct rrset **dnskeys, const char **why);

/**
 * Asks over UDP, and over TCP where the answer is cut short.
 * @return STATUS_OK; STATUS_SYSTEM: nothing came, why tells; STATUS_MALFORMED: nothing useful
 *         came; STATUS_NO_MEMORY.
 */
enum status ask_root_keys(const struct addr *server, bool recursive, int64_t deadline_ms,
                          struct arena *arena, const struct rrset **dnskeys, const char **why);

#endif
