/*
 * channel.h - where a client's question came from and its answer goes to.
 *
 * services/net implements it for UDP sockets and TCP connections, the replay runner and the
 * simulator for themselves; services/client is the only user. A request keeps the channel alive
 * by holding it; when a connection is gone, sending to it does nothing.
 */
#ifndef TREESHREW_SERVICES_CHANNEL_H
#define TREESHREW_SERVICES_CHANNEL_H

#include "util/addr.h"
#include "util/bytes.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_HTTPS };

static inline const char *transport_word(enum transport transport)
{
    static const char *const words[] = {"udp", "tcp", "tls", "https"};

    return words[transport];
}

/** The two ends of one question; the answer leaves from the address that was asked. */
struct peer {
    struct addr from; /* the client */
    struct addr to;   /* ours */
    uint32_t interface_index;
};

struct channel {
    enum transport transport;
    /** Sends one DNS message (without a TCP length). An empty one: the question ends
     * unanswered. */
    void (*send)(struct channel *channel, const struct peer *peer, struct slice message);
    void (*hold)(struct channel *channel);
    void (*release)(struct channel *channel);
    /** The client is told that an idle connection stays open that long (RFC 7828). NULL: no
     * streams. */
    void (*keep)(struct channel *channel, uint32_t idle_ms);
};

#endif
