/*
 * conn.h - connections to servers, kept open and shared by the questions that go to one server.
 *
 * Used by exchange.c. RFC 7766: questions are sent without waiting for earlier answers, which
 * may come in any order; an idle connection is kept for a while.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_CONN_H
#define TREESHREW_SERVICES_UPSTREAM_CONN_H

#include "services/world.h"
#include "util/list.h"

struct conns;
struct conn;

struct conn_limits {
    uint32_t connections_max; /* open at a time */
    uint32_t questions_max;   /* on one connection before it is closed */
    uint32_t idle_ms;         /* how long one without a question is kept; 0: not at all */
};

/** One question on a connection; embedded in its owner. */
struct conn_ask {
    /* set by the owner */
    struct slice
        packet; /* borrowed until told or withdrawn; its id is replaced by one of conn.c */
    /** A message with the id that was sent. The ask is the owner's again. */
    void (*answered)(struct conn_ask *ask, struct slice message);
    /**
     * The connection is gone: error is an errno, 0 when the server closed it.
     * @param worn it had answered before, so that a fresh one may do better (RFC 7766
     * section 6.1).
     */
    void (*failed)(struct conn_ask *ask, int error, bool worn);

    /* conn.c's */
    struct link link;
    struct conn *conn; /* NULL when not under way */
    uint16_t id;
    bool written;
    int64_t written_ms; /* for the round trip time */
};

/** @param after_event called after each event in which somebody was told. @return NULL: no
 * memory. */
struct conns *conns_new(struct world *world, void (*after_event)(void *context), void *context);
/** Closes all; nobody may wait any more. */
void conns_free(struct conns *conns);
void conns_set_limits(struct conns *conns, const struct conn_limits *limits);

/** True when a question to the server would go over a connection that is there already. */
bool conns_has(struct conns *conns, const struct addr *server, const char *tls_name);

/**
 * Asks over an open connection, or over a new one.
 * @param from     our address for a new connection; NULL: the system chooses.
 * @param tls_name NULL: TCP. Connections of different names are different.
 * @param fresh    do not use one that is there.
 * @return STATUS_SYSTEM (errno), STATUS_LIMIT (too many connections), STATUS_NO_MEMORY: not
 * asked.
 */
enum status conns_ask(struct conns *conns, const struct addr *server, const struct addr *from,
                      const char *tls_name, bool fresh, struct conn_ask *ask);

/** Nobody will be told; no effect when not under way. The connection is not used for new
 * questions. */
void conns_withdraw(struct conns *conns, struct conn_ask *ask);

/** Our end of the connection that it is asked over. */
struct addr conns_name(struct conns *conns, const struct conn_ask *ask);

size_t conns_count(const struct conns *conns);

#endif
