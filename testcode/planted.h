/*
 * planted.h - faults of ours on purpose, so that it can be shown that the simulator finds them.
 *
 * The hook is this file alone: production code knows nothing of it. A planted fault sits in a
 * wrapper around a seam that the simulator owns - the world under the exchange, the world under
 * the resolver, the seam upstream.h between them, the configuration, the clients' channel - and
 * does there what the bug it stands for would do. Without a fault no wrapper is in the way.
 */
#ifndef TREESHREW_TESTCODE_PLANTED_H
#define TREESHREW_TESTCODE_PLANTED_H

#include "services/upstream/upstream.h"
#include "testcode/sim_world.h"

/* PLANTED(name, words): where it sits is told in planted.c. */
#define PLANTED_TABLE(X)                                                                       \
    X(NONE, "none")                                                                            \
    X(WRONG_ID, "the id of a reply is not compared")                                           \
    X(WRONG_SOURCE, "the source of a reply is not compared")                                   \
    X(WRONG_QUESTION, "the question of a reply is not compared")                               \
    X(IGNORES_TC, "a truncated reply counts as a whole one")                                   \
    X(SENDS_FOUR_TIMES, "each question is sent four times")                                    \
    X(KEEPS_PORTS, "a port is not given back when the waiting ends")                           \
    X(NEVER_PLAIN, "a server without EDNS is not asked without it")                            \
    X(SLOW_CLOCK, "the caches' clock runs at half speed")                                      \
    X(DROPS_RECORD, "the last record of an RRset is lost")                                     \
    X(DOUBLES_TTL, "TTLs are taken twice")                                                     \
    X(LOSES_WAKEUP, "now and then nobody is told of a reply")                                  \
    X(NODATA_IS_NXDOMAIN, "NODATA is told as NXDOMAIN")                                        \
    X(GIVES_UP, "after SERVFAIL or REFUSED no other server is asked")                          \
    X(BELIEVES_LAME, "a lame server's reply counts as NODATA")                                 \
    X(FORGETS_ADDRESS, "of a referral's addresses only the first is kept")                     \
    X(MIXES_ANSWERS, "a client gets the answer before its own")                                \
    X(DROPS_EDE, "reasons are left out")

enum planted_fault {
#define PLANTED_ID(name, words) PLANTED_##name,
    PLANTED_TABLE(PLANTED_ID)
#undef PLANTED_ID
        PLANTED_FAULTS
};

const char *planted_words(enum planted_fault fault);

struct planted {
    enum planted_fault fault;
    struct sim_world *sim;
    struct world lower;       /* under the exchange */
    struct world upper;       /* under the resolver */
    struct upstream upstream; /* between them */
    struct upstream *exchange;
    struct list datagrams, asks;
    int64_t started_ms;
    unsigned turn;
};

void planted_init(struct planted *planted, enum planted_fault fault, struct sim_world *sim);
/** Frees what wrappers kept. */
void planted_clear(struct planted *planted);

/** What the exchange and the resolver are to be given: a wrapper, or the real thing. */
struct world *planted_lower(struct planted *planted);
struct world *planted_upper(struct planted *planted);
struct upstream *planted_upstream(struct planted *planted, struct upstream *exchange);

/** One more line of configuration, or "". */
const char *planted_config(const struct planted *planted);

/** Clients are to be given the answer before their own (sim_client.c does it). */
bool planted_mixes_answers(const struct planted *planted);

#endif
