/*
 * ports.h - the addresses we answer on, and their sockets, one for each thread.
 *
 * Made by server.c in the main thread (at start with root's rights, later as whoever we are). A
 * thread takes its own sockets out with ports_take; the main thread waits until all have done
 * so before it touches the table again.
 */
#ifndef TREESHREW_DAEMON_PORTS_H
#define TREESHREW_DAEMON_PORTS_H

#include "lib/options.h"
#include "util/addr.h"
#include "util/log.h"

enum { PORTS_MAX = 256 };

struct port {
    struct addr addr;
    int *udp, *tcp; /* one for each thread; -1: not there, or taken */
};

struct given;

struct ports {
    unsigned threads;
    struct given *given; /* sockets that are open already; borrowed, NULL: none */
    size_t count;
    struct port list[PORTS_MAX];
};

/**
 * The addresses of `interface`, without sockets yet. Names of network interfaces are replaced
 * by their addresses; families and transports that are off are left out.
 * @return NULL: no memory, or an item that cannot be (then it is in the report).
 */
struct ports *ports_new(const struct options *options, unsigned threads,
                        struct conf_report *report);

/**
 * Opens sockets for the addresses that `before` (NULL: none) does not have.
 * @return false after an error, which has been logged; nothing stays open.
 */
bool ports_open(struct ports *ports, const struct ports *before, const struct options *options,
                struct log *log);

/** The thread's socket; -1: none. It is the caller's from then on. */
int ports_take(struct ports *ports, size_t index, unsigned thread, bool tcp);
bool ports_have(const struct ports *ports, const struct addr *addr);

/** Closes what nobody took. */
void ports_free(struct ports *ports);

#endif
