/*
 * query.h - one question being worked on: arena, budget, trace, outcome, the state of each module.
 *
 * Made by the mesh, stepped by it, freed by it. Everything that belongs to the query lives in its
 * arena; RRset references that it took are released with it (query_hold).
 */
#ifndef TREESHREW_SERVICES_QUERY_QUERY_H
#define TREESHREW_SERVICES_QUERY_QUERY_H

#include "services/query/env.h"
#include "services/query/outcome.h"
#include "util/list.h"

/* What distinguishes two queries of the same question. */
enum {
    QUERY_CD = 1,      /* checking disabled: the answer may be bogus */
    QUERY_NO_RD = 2,   /* only from cache: answered without sending */
    QUERY_PRIMING = 4, /* the NS set of the root or a stub, asked of the configured addresses */
    QUERY_REFRESH =
        8, /* do not answer from the cache: prefetch, priming, retry of the validator */
    QUERY_TARGET = 16, /* address of a name server: never validated */
    QUERY_NO_CACHE_STORE = 32,
    QUERY_MADE = 64, /* a client's own, which a module may answer with what no server said */
    QUERY_EXPLAIN = 128, /* for its trace: not one with the questions of clients */
    QUERY_REPORT = 256,  /* tells of another query's failure, and not of its own (RFC 9567) */
    QUERY_IDENTITY = QUERY_CD | QUERY_NO_RD | QUERY_PRIMING | QUERY_REFRESH | QUERY_TARGET |
                     QUERY_MADE | QUERY_EXPLAIN
};

/* Nesting of sub-questions in all, and of look-ups of name servers without glue (limits of the
 * budget). */
enum { QUERY_DEPTH_MAX = 16, QUERY_TARGET_DEPTH_MAX = 4 };

struct query_waiter { /* a parent's link to a child, in the parent's arena */
    struct link in_child;  /* list of the child's waiters */
    struct link in_parent; /* list of the parent's children */
    struct query *parent, *child;
    void *tag;             /* the parent's own */
    bool told;             /* the child is done; the result is in `result` */
    struct outcome result; /* in the parent's arena */
};

/* A server whose words about a zone were found to be bad. */
struct avoided {
    struct avoided *next;
    struct dname zone;
    struct addr server;
    bool forged; /* it gave a record that is not the zone's, rather than too little */
};

enum { AVOIDED_MAX = 16 };

/* What came beside a delegation without DS: the authority section may deny it (RFC 4035 section
 * 3.1.4.1), so that a validator need not ask. Not judged by anybody yet. */
struct referral {
    struct referral *next;
    struct dname zone; /* that was delegated */
    struct message message;
};

/* Who wants to know if the name's own servers fail (error_report.h). */
struct report {
    struct dname agent; /* wire NULL: nobody */
    struct dname zone;  /* whose servers have said so */
    struct dname name;  /* that they were asked for */
    bool behind_alias;
};

struct query {
    struct link ready;     /* in the mesh's ready queue */
    struct link listed;    /* in the mesh's list of all queries, oldest first */
    struct env *env;
    struct arena *arena;
    struct budget *budget;
    struct trace *trace;
    uint32_t number;
    unsigned flags;        /* QUERY_ */
    unsigned depth;        /* 0: a client's question, else nesting of sub-questions */
    unsigned target_depth; /* how many QUERY_TARGET questions are on the path, this one included */
    struct question question;
    struct hashed names;   /* of the question and above, see query_name */
    uint64_t hash;         /* in the mesh's index */
    struct query *index_next;

    unsigned module;       /* whose turn it is */
    void *state[MODULES_MAX];
    struct outcome outcome;
    bool has_outcome;
    struct list clients;   /* mesh_client.link */
    struct list waiters;   /* query_waiter.in_child */
    struct list children;  /* query_waiter.in_parent */
    struct list held;      /* references that die with the query */
    int64_t started_ms;
    struct timer deadline; /* 'time' of the budget */
    bool out_of_time;      /* the deadline has passed: ends at its next turn */
    uint8_t place;         /* the mesh's: which of its lists */
    bool looked_up;        /* before it was begun: the caches had neither answer nor failure */
    bool nobody_waits;     /* prefetch: runs although nobody is to be told */

    /* A module was not content with the answer and has the next one look for another: not out of
     * the cache, and not from these servers. Sub-questions begun later inherit the list. */
    bool anew;
    const struct reasons *doubt; /* why; none or NULL: it is content */
    struct avoided *avoided;
    unsigned avoided_count;
    struct referral *referrals; /* the newest first; as many as the budget has referrals */
    struct report report;
};

/**
 * The same name with its hash, so that looking for it costs less. @param name its octets stay
 * what they are as long as the query lives.
 */
static inline struct dname query_name(struct query *query, struct dname name)
{
    return hashed_name(&query->names, name);
}

/**
 * What stands in an answer, as the question's own name where it is that one: it has its hash,
 * and so have those above it.
 */
static inline struct dname query_own_name(const struct query *query, struct dname name)
{
    return dname_equal(name, query->question.qname) ? query->question.qname : name;
}

/** The message cache's flavour for a query's flags. */
static inline uint8_t query_flavour(unsigned flags)
{
    return (uint8_t)((flags & QUERY_CD ? MSG_FLAVOUR_CD : 0) |
                     (flags & QUERY_NO_RD ? MSG_FLAVOUR_NO_RD : 0) |
                     (flags & QUERY_MADE ? MSG_FLAVOUR_MADE : 0));
}

/** The reference becomes the query's; released with it. @return set; when memory runs out it is
 *  released at once and NULL comes back. NULL in, NULL out. */
const struct rrset *query_hold(struct query *query, const struct rrset *set);

/** From now on that server is not asked about that zone for this query. At most AVOIDED_MAX. */
void query_avoid(struct query *query, const struct addr *server, struct dname zone, bool forged);

/** All that were avoided may be asked again; how many can be avoided in all stays as it is. */
void query_forgive(struct query *query);

/** @return NULL: that server may be asked about that zone. */
const struct avoided *query_avoids(const struct query *query, const struct addr *server,
                                   struct dname zone);

/** The mesh's: gives back all that query_hold took. */
void query_release_held(struct query *query);

static inline int64_t query_now_ms(const struct query *query)
{
    return world_now_ms(query->env->world);
}

static inline int64_t query_now_s(const struct query *query)
{
    return world_now_s(query->env->world);
}

/** Adds an event to the query's trace; server and zone may be NULL. @return NULL: bound reached. */
struct trace_event *query_trace(struct query *query, enum trace_kind kind,
                                const struct addr *server, const struct dname *zone,
                                const char *words);

/** As query_trace, where the query's env explains; else nothing. Words are printf's. */
void query_explain(struct query *query, struct trace_event event, const char *words, ...)
    PRINTF_LIKE(3, 4);

/**
 * The one way to fail: sets outcome (rcode, no sections, reasons: cause and the trace's evidence).
 * @param code  EDE code of the cause; @param cause printf of the cause by the EDE grammar.
 * @return STEP_DONE.
 */
enum step query_fail(struct query *query, uint16_t rcode, uint16_t code, const char *cause, ...)
    PRINTF_LIKE(4, 5);

/** Sets a good outcome. @return STEP_DONE. */
enum step query_done(struct query *query, const struct message *message, enum security security);

#endif
