/*
 * mesh.h - all running queries of one thread: equal questions are one, one ready queue, no
 * recursion.
 *
 * Clients join by mesh_ask, modules start sub-questions by mesh_need. A query leaves every
 * index before anybody is told of its end. Everything is driven by mesh_run, which the owner of
 * the loop calls after each event.
 */
#ifndef TREESHREW_SERVICES_QUERY_MESH_H
#define TREESHREW_SERVICES_QUERY_MESH_H

#include "services/query/query.h"

struct mesh;
struct failures;

struct mesh_limits {
    uint32_t queries_max;    /* num-queries-per-thread */
    uint32_t jostle_ms;      /* jostle-timeout: the later half gives way after that */
};

enum { MESH_VERDICTS = SEC_SECURE + 1 };

/** Numbers only, from the start of the process: struct stats of the daemon adds them up. */
struct mesh_stats {
    uint64_t started, finished, joined, jostled, refused, sub_started, failures_cached;
    uint64_t prefetched;              /* begun although nobody waits for it */
    uint64_t reports; /* of failures, to whom the zones' servers name (RFC 9567) */
    uint64_t verdicts[MESH_VERDICTS]; /* enum security of what clients waited for */
    uint64_t synthesized_nxdomain, synthesized; /* answers out of denials (RFC 8198) */
    uint64_t spent[COSTS];    /* of the budgets of questions that have ended */
    uint64_t overruns[COSTS]; /* questions whose budget said no, by the limit that did first */
};

struct mesh *mesh_new(struct world *world, const struct mesh_limits *limits, struct hash_key key);

/** Ends all queries without telling anybody. */
void mesh_free(struct mesh *mesh);
void mesh_set_limits(struct mesh *mesh, const struct mesh_limits *limits);
const struct mesh_stats *mesh_stats(const struct mesh *mesh);
size_t mesh_size(const struct mesh *mesh);

/** Shows all queries under way, those of clients first. */
void mesh_each(const struct mesh *mesh,
               void (*show)(void *context, const struct query *query), void *context);

/** The last questions of clients that failed. NULL: there was no memory for it. */
const struct failures *mesh_failures(const struct mesh *mesh);

/** A client's place in a query; embedded in the client's request, which outlives it. */
struct mesh_client {
    struct link link;
    struct query *query; /* NULL once told or withdrawn */
    bool looked_up;      /* set by who asks: the caches have just been asked and have neither answer nor
                          * failure */
    /** Told once, at the end; outcome and its arena live until the call returns. */
    void (*done)(struct mesh_client *client, const struct query *query,
                 const struct outcome *outcome);
};

/**
 * Joins or starts a query for a client. The query is only put on the ready queue.
 * @param env what a new query gets.
 * @return STATUS_OK; STATUS_LIMIT: the request list is full and nobody gives way (done will not be
 *         called); STATUS_NO_MEMORY.
 */
enum status mesh_ask(struct mesh *mesh, struct env *env, const struct question *question,
                     unsigned flags, struct mesh_client *client);

/**
 * Starts a query that nobody waits for (prefetch), or does nothing when one runs or there is no
 * room.
 */
void mesh_prefetch(struct mesh *mesh, struct env *env, const struct question *question,
                   unsigned flags);

/**
 * As mesh_prefetch, for the sake of a running query and out of its budget: what nobody waits for is
 * still work for one client's question.
 */
void mesh_look_aside(struct query *parent, const struct question *question, unsigned flags);

/** The same for what will be needed soon: whoever needs it joins it, and what is known is
 * enough. */
void mesh_look_ahead(struct query *parent, const struct question *question, unsigned flags);

/** The client waits no longer; the query goes on. */
void mesh_withdraw(struct mesh_client *client);

enum need {
    NEED_WAIT,  /* it runs; the parent is woken at its end */
    NEED_LOOP,  /* it would wait for itself: the question is on the path already */
    NEED_LIMIT, /* the budget or the depth says no */
    NEED_NO_MEMORY
};

/**
 * A sub-question of a module. It shares the parent's budget unless it ran already. When it
 * ends, waiter->told is set, its outcome copied (RRset references held by the parent) and the
 * parent woken.
 * @param waiter in the parent's arena, zeroed; its tag may be set.
 */
enum need mesh_need(struct query *parent, const struct question *question, unsigned flags,
                    struct query_waiter *waiter);

/** The parent no longer waits; a child that nobody else waits for ends at once. */
void mesh_unneed(struct query_waiter *waiter);

/** Puts the query on the ready queue (an answer came, a timer fired). */
void mesh_wake(struct query *query);

/** Steps queries until nobody is ready. */
void mesh_run(struct mesh *mesh);

#endif
