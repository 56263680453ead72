/*
 * udp.h - listening sockets for questions over UDP.
 *
 * Made by listen.c. Questions are received in batches where the system can; answers that belong
 * to one event leave together, each from the address that was asked.
 */
#ifndef TREESHREW_SERVICES_NET_UDP_H
#define TREESHREW_SERVICES_NET_UDP_H

#include "services/channel.h"
#include "services/net/loop.h"

struct udp;

/** Numbers only, from the start of the process. */
struct udp_stats {
    uint64_t received, sent, send_failed;
};

/** Told of each datagram; packet and peer are borrowed for the call. */
typedef void net_receive(void *context, struct channel *channel, const struct peer *peer,
                         struct slice packet);

/**
 * @param fd    a socket of sock_listen; becomes ours when this succeeds.
 * @param bound what it is bound to; where that is a wildcard, sock_wishes.want_destination was
 * on.
 * @return NULL: no memory.
 */
struct udp *udp_new(struct loop *loop, int fd, const struct addr *bound, net_receive *receive,
                    void *context);

/** Told of the datagrams that came together, before the first of them is handed over.
 * @return false: need not be told of the next few dozen batches. */
typedef bool net_foresee(void *context, const struct slice *packets, size_t count);
/** @param foresee has the context of udp_new. */
void udp_foresee(struct udp *udp, net_foresee *foresee);

/** Stops receiving and closes; requests that hold the channel may still send into the void. */
void udp_close(struct udp *udp);
const struct udp_stats *udp_stats(const struct udp *udp);

#endif
