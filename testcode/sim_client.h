/*
 * sim_client.h - clients of the resolver: they ask, wait, and check what comes.
 *
 * Used by swarm_run.c. Each question comes from a port of its own through a struct channel, as
 * services/net would hand it in. The first thing that is not as it must be is told to
 * `violated`.
 */
#ifndef TREESHREW_TESTCODE_SIM_CLIENT_H
#define TREESHREW_TESTCODE_SIM_CLIENT_H

#include "lib/resolver.h"
#include "testcode/oracle.h"
#include "testcode/sim_world.h"

/** What the clients have seen. */
struct sim_client_counts {
    uint64_t questions, answered, servfail, truncated;
    uint64_t secure, bogus; /* answered with AD; failed as the zones deserve it */
    uint64_t musts;         /* questions to which there had to be an answer */
};

struct sim_clients {
    struct channel udp, tcp;
    struct sim_world *world;
    const struct sim_net *net;
    struct resolver *resolver;
    struct sim_random random;
    struct arena *scratch;
    uint32_t patience_ms; /* until a question counts as unanswered */
    uint32_t
        scarce_permil; /* of the resolver's allocations fail; then less is expected of it */
    bool asks_for_too_much; /* the settings are such that an answer cannot always be had */
    bool is_mangled; /* somebody changes what servers say: only what is signed can be relied upon */
    bool may_be_stale;      /* serve-expired: what has run out may be shown */
    bool mixes_answers; /* a planted fault: each answer with the records of the one before */
    size_t last_size;   /* of the answer before */
    uint8_t last[512];
    struct list open; /* questions without an answer */
    size_t open_count;
    long held; /* channels held by the resolver */
    uint16_t last_port;
    struct sim_client_counts counts;
    /** In words; the question may be NULL. */
    void (*violated)(struct sim_clients *clients, const struct question *question,
                     const char *words);
    /** Told of each packet of a client and each answer. */
    void (*seen)(struct sim_clients *clients, const char *what, const struct question *question,
                 struct slice packet);
};

/** The members above `open` are set. */
void sim_clients_init(struct sim_clients *clients);
void sim_clients_clear(struct sim_clients *clients);

/** One question from a client of its own, now. The name is copied. */
void sim_client_ask(struct sim_clients *clients, const struct question *question);

#endif
