/*
 * sim_servers.h - the other side of a simulated world: who answers what, and how badly.
 *
 * A struct sim_network (sim_world.h) made of the model: each packet that the resolver sends is
 * counted, read by the server at that address (sim_auth.c) and answered as the server's fault
 * wants it. What goes through is shown to a witness, who hashes it and may print it.
 */
#ifndef TREESHREW_TESTCODE_SIM_SERVERS_H
#define TREESHREW_TESTCODE_SIM_SERVERS_H

#include "testcode/sim_mangle.h"
#include "testcode/sim_model.h"
#include "testcode/sim_world.h"
#include "util/wire/message.h"

enum { SIM_ASKED_MAX = 256 };

struct sim_servers;

/** Told of everything that happens, in order. */
struct sim_witness {
    void (*question)(struct sim_witness *witness, const struct sim_server *server,
                     const struct question *question, bool tcp, bool edns);
    void (*reply)(struct sim_witness *witness, const struct addr *from, struct slice packet,
                  uint32_t delay_ms, const char *what);
};

/** Equal questions to one server since the last reset. */
struct sim_asked {
    const struct sim_server *server;
    uint64_t name;
    uint16_t type;
    bool tcp, edns;
    unsigned count;
};

struct sim_servers {
    struct sim_network network;
    struct sim_world *world;
    struct sim_net *net;
    struct sim_random random;
    struct arena *scratch;
    struct sim_witness *witness;
    struct sim_mangler *mangler; /* changes every reply; NULL: nobody does */

    uint64_t sent;      /* questions, by UDP and TCP */
    uint64_t malformed; /* of them, that no server could read: a fault of ours */
    uint64_t astray;    /* to addresses that nobody has */
    unsigned asked_count;
    struct sim_asked asked[SIM_ASKED_MAX];
    unsigned equal_most; /* of one question to one server */
};

/** @return false: no memory. */
bool sim_servers_init(struct sim_servers *servers, struct sim_net *net, struct sim_world *world,
                      struct sim_random random, struct sim_witness *witness);
void sim_servers_clear(struct sim_servers *servers);

/** A new client question: what it costs is counted from here. */
void sim_servers_reset(struct sim_servers *servers);

#endif
