/*
 * iter_state.h - what the states of the iterator share, and the moves between them.
 *
 *   START    where to ask: cache, told zones, deepest known delegation; primes the root
 *   ASK      which server to ask next, with which name; sends
 *   AWAIT    a question is under way
 *   TARGETS  no server left to ask: look for more addresses, or for the parent's word
 *   LEARN    an answer came, or did not: what it means
 *   DONE     outcome is set
 */
#ifndef TREESHREW_ITERATOR_ITER_STATE_H
#define TREESHREW_ITERATOR_ITER_STATE_H

#include "iterator/iterator.h"
#include "iterator/qmin.h"
#include "services/query/mesh.h"
#include "services/query/error_report.h"
#include "services/upstream/upstream.h"

enum iter_state_id {
    ITER_START,
    ITER_ASK,
    ITER_AWAIT,
    ITER_TARGETS,
    ITER_LEARN,
    ITER_DONE,
    ITER_STATES
};

enum { FLIGHTS_MAX = 8, FLIGHTS_IN_TIME_MAX = 2, CASE_ROUNDS_PER_ADDRESS = 3, CASE_SENDS_MAX = 4 };

/**
 * One question to one server, under way or just landed. When its time is up it is overdue: the
 * server counts as silent and others are asked, but its answer is taken as long as the question
 * lives.
 */
struct flight {
    struct upstream_ask ask;
    struct query *query;
    struct deleg_server *server;
    bool under_way, landed;
    bool overdue;
    bool given_up;       /* overdue, and that has been dealt with */
    bool alive;          /* the server has answered before: its answer is worth waiting for */
    bool minimised;
    bool bare;          /* the answer came without a single record */
    uint16_t load_slot; /* where it counts in cut_load, while under way */
};

/** A look-up of a name server's addresses. */
struct target {
    struct target *next;
    struct query_waiter waiter;
    struct deleg *deleg;
    struct deleg_name *name;
    bool aaaa;
    bool read;
};

/** A server that failed this query for a zone: not asked again when the zone is reached anew. */
struct struck {
    struct struck *next;
    struct dname zone;
    struct addr addr;
};

struct iter_state {
    enum iter_state_id id;
    struct question question;     /* the one being answered now, behind all aliases */
    struct deleg *deleg;
    const struct deleg *explained; /* the one of which the trace tells already */
    struct qmin qmin;
    bool skip_cache;              /* QUERY_REFRESH: only for the first name */
    int64_t leeway_s;             /* delegations that end sooner are asked for anew */
    bool told_zones_failed;       /* stub-first, forward-first: go on without them */
    bool primed;                  /* priming was tried for this query */
    unsigned sends;               /* packets of this query itself */
    const struct rrset **aliases; /* CNAMEs and DNAMEs passed so far */
    size_t alias_count;
    struct dname alias_zone;      /* where the last alias came from; wire NULL: out of the cache */
    struct flight *flights[FLIGHTS_MAX]; /* made when needed, the first first */
    struct flight *landed;        /* for LEARN */
    struct target *targets;
    unsigned targets_running;
    struct query_waiter *priming;
    struct struck *struck;
    struct dname anew_zone;       /* whose parent was asked again; wire NULL: none */
    struct flight *case_flight;   /* with the first answer whose case was not kept, to compare with */
    unsigned case_answers;        /* that agree with it */
    bool case_differs;            /* another one did not: none of them is believed */
    struct message *poor_answer;  /* lame or empty, but better than nothing */
    int64_t progress_ms;          /* when an answer last led further; 0: never */
    struct outcome_source *sources; /* who said what so far, for the module that judges */
    size_t source_count;
    const struct rrset **proofs; /* NSEC and NSEC3 that came with the aliases */
    size_t proof_count;
};

/** The one way to change the state. */
void iter_go(struct query *query, struct iter_state *state, enum iter_state_id to);

/** What the module has of its own, apart from queries. */
static inline const struct iterator_env *iter_env_of(const struct env *env)
{
    unsigned place = 0;

    while (env->modules[place] != &iterator_module)
        place++;
    return env->module_env[place];
}

static inline const struct iterator_env *iter_env(const struct query *query)
{
    return iter_env_of(query->env);
}

/** What is known of this machine's IPv6; nothing after its network has changed. */
struct family_health *iter_ip6(const struct query *query);

/* The states; each makes one step. */
enum step iter_start_run(struct query *query, struct iter_state *state);
enum step iter_ask_run(struct query *query, struct iter_state *state);
enum step iter_await_run(struct query *query, struct iter_state *state);
enum step iter_targets_run(struct query *query, struct iter_state *state);
enum step iter_learn_run(struct query *query, struct iter_state *state);

/* ---- what several states do ---- */

/** Adds an address unless it may not be asked (then it is noted why). */
void iter_add_server(struct query *query, struct iter_state *state, struct deleg *deleg,
                     const struct addr *addr, const char *tls_name, struct dname host);

/** Something may still be sent as far as time goes. */
bool iter_has_time(const struct query *query, const struct iter_state *state);

/** Whether the bounds and the time that are left allow one packet more to this delegation. */
bool iter_may_send(const struct query *query, const struct iter_state *state);

/** Adds the addresses of an A or AAAA set of one of the delegation's names, as many as one name may
 *  have, at the port and with the TLS name that the name was told with. */
void iter_add_addresses(struct query *query, struct iter_state *state, struct deleg *deleg,
                        const struct deleg_name *name, const struct rrset *set);

/** Adds cached and given addresses for all names of the delegation. */
void iter_add_cached_addresses(struct query *query, struct iter_state *state,
                               struct deleg *deleg);

/** What is added from here on are the words of the server that has just answered, or, with
 *  flight NULL, of the cache. */
void iter_note_source(struct query *query, struct iter_state *state,
                      const struct flight *flight);

/** The set was made from a wildcard, as its signature says (RFC 4035 section 5.3.4). */
bool iter_is_expanded(const struct rrset *set);


/** Starts look-ups of addresses of the delegation's names, at most that many now. */
void iter_look_up_targets(struct query *query, struct iter_state *state, uint32_t most);

/**
 * Before a silent server is asked once more, or its zone about its own servers: where the cache
 * has lost addresses of the zone's other servers, the parent (for the root: the hints) may
 * still tell them. Goes to ASK. @return false: there is nothing to be gained by it, or it has
 * been done.
 */
bool iter_ask_parent_early(struct query *query, struct iter_state *state);

/**
 * Starts look-ups of addresses that a later question may want, while this one is under way.
 * @param most at most so many now, and no more than target-fetch-policy allows.
 */
void iter_fetch_ahead(struct query *query, struct iter_state *state, uint32_t most);

/** Takes in the results of look-ups that have ended. */
void iter_read_targets(struct query *query, struct iter_state *state);

/** harden-referral-path: asks the zone itself for its NS set and their addresses; nobody waits. */
void iter_check_path(struct query *query, struct iter_state *state);

/** Forgets answers whose case was not kept: the next question is another one. */
void iter_forget_case(struct iter_state *state);

/**
 * Nobody is left to ask who could contradict the answer whose case was not kept: goes to LEARN
 * with it. @return false: there is none, or there was a contradiction.
 */
bool iter_settle_case(struct query *query, struct iter_state *state);

/** Answers with the poor answer, when nothing better came. */
enum step iter_accept_last_resort(struct query *query, struct iter_state *state);

/** The root with the servers that the hints tell, not primed. NULL: no memory. */
struct deleg *iter_deleg_from_hints(struct query *query, struct iter_state *state);

/** Whom to ask about names above a zone that is no root: what is told, or known of a deeper place;
 *  NULL: nothing. */
struct deleg *iter_place_above(struct query *query, struct iter_state *state, struct dname zone);

/** Strikes the server off for this query. */
void iter_strike(struct query *query, struct iter_state *state, struct deleg_server *server);

/** Some question is under way whose time is not up. */
bool iter_waits(const struct iter_state *state);

/**
 * One that is overdue may still be answered, by a server that is alive, of a zone that others
 * hear of.
 */
bool iter_hopes(const struct query *query, const struct iter_state *state);

/** Withdraws questions that are under way. */
void iter_withdraw_flights(struct query *query, struct iter_state *state);

/** Withdraws all that is under way, look-ups too. */
void iter_withdraw(struct query *query, struct iter_state *state);

/** Ends the query with the reason why the delegation gave no answer. */
enum step iter_give_up(struct query *query, struct iter_state *state);

/** Ends the query because a limit of the budget was reached. */
enum step iter_limit(struct query *query, struct iter_state *state, enum cost cost);

/** Answers with what was learned, the aliases in front. */
enum step iter_finish(struct query *query, struct iter_state *state,
                      const struct message *message, int64_t expires_s, enum security security);

/**
 * Answers a client that does not want recursion with the best known place, NULL: none
 * (refer.c).
 */
enum step iter_refer(struct query *query, struct iter_state *state, const struct deleg *known);

/** Out of memory is a failure like others. */
enum step iter_no_memory(struct query *query, struct iter_state *state);

/** Puts the alias into the chain and turns to its target; goes to START. */
enum step iter_follow(struct query *query, struct iter_state *state, const struct rrset **sets,
                      size_t count, struct dname target);

#endif
