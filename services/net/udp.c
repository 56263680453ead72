/*
 * udp.c - questions over UDP in, answers out, in batches.
 *
 * Called by libevent and, for answers, through struct channel. Life: udp_new; every event reads
 * up to BATCH datagrams and hands each to the receiver; answers are copied into the out buffer
 * and leave before the next batch is read, at the end of the event, or when it is full. Answers
 * that the kernel does not take are lost, as a datagram may be: nothing here waits for a client.
 */
#define _GNU_SOURCE /* recvmmsg, sendmmsg, struct in6_pktinfo */
#define __APPLE_USE_RFC_3542
#include "config.h"
#include "services/net/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "services/net/loop_inside.h"
#include "services/net/sock.h"

/* A question is at most 65,535 octets, but the batch is for the usual ones: what is larger than
 * QUESTION_MAX comes truncated and is answered as malformed. */
enum { BATCH = 32, QUESTION_MAX = 4096, OUT_SIZE = 128 * 1024, ROUNDS = 4, CONTROL_SIZE = 64, UNTOLD = 64 };

#if !defined(HAVE_RECVMMSG) && !defined(HAVE_SENDMMSG)
struct mmsghdr {
    struct msghdr msg_hdr;
    unsigned msg_len;
};
#endif

union control { /* aligned for struct cmsghdr */
    size_t align;
    uint8_t octets[CONTROL_SIZE];
};

/* What the headers of messages for the kernel point to. */
struct parcels {
    struct iovec parts[BATCH];
    struct sockaddr_storage addresses[BATCH];
    union control controls[BATCH];
};

struct udp {
    struct channel channel; /* first: the channel is cast back */
    struct loop_flush flush;
    struct loop *loop;
    unsigned references;
    int fd; /* -1: closed */
    struct addr bound;
    bool wildcard;
    struct event readable;
    net_receive *receive;
    net_foresee *foresee; /* NULL: nobody wants to know */
    unsigned untold;      /* so many batches more nobody does */
    void *context;
    struct udp_stats stats;

    /* The datagram that is being handed over; its sender's address need not be converted back. */
    const struct peer *now_peer;
    unsigned now_index;

    unsigned answer_count;
    size_t out_used;
    struct mmsghdr to_send[BATCH], received[BATCH];
    struct parcels outgoing, incoming;
    uint8_t out[OUT_SIZE];
    uint8_t in[BATCH][QUESTION_MAX];
};

/* ---- addresses of ours in control messages --------------------------------------------------
 */

static void read_control(struct msghdr *header, struct peer *peer)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(at), sizeof(info));
            memcpy(peer->to.bytes, &info.ipi6_addr, 16);
            peer->interface_index = (uint32_t)info.ipi6_ifindex;
        }
#if HAVE_DECL_IP_PKTINFO
        if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(at), sizeof(info));
            memcpy(peer->to.bytes, &info.ipi_addr, 4);
        }
#elif HAVE_DECL_IP_RECVDSTADDR
        if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVDSTADDR)
            memcpy(peer->to.bytes, CMSG_DATA(at), 4);
#endif
    }
}

static void put_control(struct msghdr *header, int level, int type, const void *data,
                        size_t size)
{
    struct cmsghdr *message = CMSG_FIRSTHDR(header);

    message->cmsg_level = level;
    message->cmsg_type = type;
    message->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(message), data, size);
    header->msg_controllen = CMSG_SPACE(size);
}

static void write_control(struct msghdr *header, union control *control,
                          const struct peer *peer)
{
    memset(control, 0, sizeof(*control));
    header->msg_control = control->octets;
    header->msg_controllen = sizeof(control->octets);
    if (peer->to.family == ADDR_IP6) {
        struct in6_pktinfo info = {.ipi6_ifindex = 0};

        memcpy(&info.ipi6_addr, peer->to.bytes, 16);
        if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
            info.ipi6_ifindex = (unsigned)peer->interface_index;
        put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
        return;
    }
#if HAVE_DECL_IP_PKTINFO
    struct in_pktinfo info = {.ipi_ifindex = 0};

    memcpy(&info.ipi_spec_dst, peer->to.bytes, 4);
    put_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
#elif HAVE_DECL_IP_RECVDSTADDR
    put_control(header, IPPROTO_IP, IP_SENDSRCADDR, peer->to.bytes, 4);
#else
    header->msg_control = NULL;
    header->msg_controllen = 0;
#endif
}

/* ---- answers out ----------------------------------------------------------------------------
 */

#ifdef HAVE_SENDMMSG
static void send_all(struct udp *udp)
{
    unsigned done = 0;

    while (done < udp->answer_count) {
        int sent = sendmmsg(udp->fd, udp->to_send + done, udp->answer_count - done, 0);

        if (sent > 0) {
            udp->stats.sent += (unsigned)sent;
            done += (unsigned)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        /* The first one failed. When the kernel's buffer is full so are the others lost. */
        udp->stats.send_failed++;
        done++;
        if (sock_must_wait(errno) || errno == ENOBUFS || errno == ENOMEM) {
            udp->stats.send_failed += udp->answer_count - done;
            break;
        }
    }
}
#else
static void send_all(struct udp *udp)
{
    for (unsigned i = 0; i < udp->answer_count; i++) {
        if (sendmsg(udp->fd, &udp->to_send[i].msg_hdr, 0) >= 0)
            udp->stats.sent++;
        else
            udp->stats.send_failed++;
    }
}
#endif

static void flush(struct loop_flush *flush)
{
    struct udp *udp = CONTAINER_OF(flush, struct udp, flush);

    if (udp->fd != -1)
        send_all(udp);
    udp->answer_count = 0;
    udp->out_used = 0;
}

static void flush_now(struct udp *udp)
{
    list_remove(&udp->flush.link);
    flush(&udp->flush);
}

static void set_address(struct udp *udp, const struct peer *peer, unsigned index)
{
    struct msghdr *header = &udp->to_send[index].msg_hdr;

    if (peer == udp->now_peer) {
        const struct msghdr *from = &udp->received[udp->now_index].msg_hdr;

        header->msg_name = from->msg_name;
        header->msg_namelen = from->msg_namelen;
    } else {
        header->msg_name = &udp->outgoing.addresses[index];
        header->msg_namelen = sock_addr(&peer->from, &udp->outgoing.addresses[index]);
    }
    if (udp->wildcard)
        write_control(header, &udp->outgoing.controls[index], peer);
}

static void channel_send(struct channel *channel, const struct peer *peer, struct slice message)
{
    struct udp *udp = (struct udp *)channel;
    struct iovec *part;

    if (udp->fd == -1 || message.size == 0 || message.size > OUT_SIZE)
        return;
    if (udp->answer_count == BATCH || message.size > OUT_SIZE - udp->out_used)
        flush_now(udp);
    set_address(udp, peer, udp->answer_count);
    part = &udp->outgoing.parts[udp->answer_count++];
    part->iov_base = memcpy(udp->out + udp->out_used, message.data, message.size);
    part->iov_len = message.size;
    udp->out_used += message.size;
    loop_want_flush(udp->loop, &udp->flush);
}

static void channel_hold(struct channel *channel)
{
    ((struct udp *)channel)->references++;
}

static void channel_release(struct channel *channel)
{
    struct udp *udp = (struct udp *)channel;

    if (--udp->references == 0)
        free(udp);
}

/* ---- questions in ---------------------------------------------------------------------------
 */

/* The kernel writes into the headers what it found: before each call they are set anew. */
static void prepare(struct udp *udp, unsigned index)
{
    struct msghdr *header = &udp->received[index].msg_hdr;

    header->msg_namelen = sizeof(udp->incoming.addresses[index]);
    header->msg_flags = 0;
    if (udp->wildcard)
        header->msg_controllen = sizeof(udp->incoming.controls[index].octets);
}

static void hand_over(struct udp *udp, unsigned index, size_t size)
{
    struct peer peer = {.from = sock_addr_read(&udp->incoming.addresses[index]),
                        .to = udp->bound};

    /* Nobody can be answered at port 0; such a packet is forged. */
    if (peer.from.family == ADDR_NONE || peer.from.port == 0)
        return;
    if (udp->wildcard)
        read_control(&udp->received[index].msg_hdr, &peer);
    udp->stats.received++;
    udp->now_peer = &peer;
    udp->now_index = index;
    udp->receive(udp->context, &udp->channel, &peer, slice_of(udp->in[index], size));
    udp->now_peer = NULL;
}

#ifdef HAVE_RECVMMSG
static void foresee(struct udp *udp, size_t count)
{
    struct slice packets[BATCH];

    for (size_t i = 0; i < count; i++)
        packets[i] = slice_of(udp->in[i], udp->received[i].msg_len);
    if (!udp->foresee(udp->context, packets, count))
        udp->untold = UNTOLD;
}

static bool receive_some(struct udp *udp)
{
    int count = recvmmsg(udp->fd, udp->received, BATCH, 0, NULL);

    if (udp->untold > 0)
        udp->untold--;
    else if (count > 1 && udp->foresee != NULL)
        foresee(udp, (size_t)count);
    for (int i = 0; i < count; i++) {
        if (udp->fd != -1)
            hand_over(udp, (unsigned)i, udp->received[i].msg_len);
        prepare(udp, (unsigned)i);
    }
    return count == BATCH;
}
#else
static bool receive_some(struct udp *udp)
{
    for (unsigned i = 0; i < BATCH && udp->fd != -1; i++) {
        ssize_t size = recvmsg(udp->fd, &udp->received[i].msg_hdr, 0);

        if (size < 0)
            return false;
        hand_over(udp, i, (size_t)size);
        prepare(udp, i);
    }
    return true;
}
#endif

/* To completion: the answers to one batch leave before the next one takes its place. */
static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct udp *udp = context;
    struct loop *loop = udp->loop;

    (void)fd;
    (void)what;
    loop_begin(loop);
    channel_hold(&udp->channel);
    for (int i = 0; i < ROUNDS && udp->fd != -1 && receive_some(udp); i++)
        flush_now(udp);
    channel_release(&udp->channel);
    loop_end(loop);
}

static void point_headers(struct udp *udp)
{
    for (unsigned i = 0; i < BATCH; i++) {
        struct msghdr *in = &udp->received[i].msg_hdr, *out = &udp->to_send[i].msg_hdr;

        udp->incoming.parts[i] = (struct iovec){udp->in[i], QUESTION_MAX};
        in->msg_name = &udp->incoming.addresses[i];
        in->msg_iov = &udp->incoming.parts[i];
        out->msg_iov = &udp->outgoing.parts[i];
        in->msg_iovlen = out->msg_iovlen = 1;
        if (udp->wildcard)
            in->msg_control = udp->incoming.controls[i].octets;
        prepare(udp, i);
    }
}

struct udp *udp_new(struct loop *loop, int fd, const struct addr *bound, net_receive *receive,
                    void *context)
{
    struct udp *udp = calloc(1, sizeof(*udp));

    if (udp == NULL)
        return NULL;
    udp->channel =
        (struct channel){TRANSPORT_UDP, channel_send, channel_hold, channel_release, NULL};
    udp->flush.flush = flush;
    udp->loop = loop;
    udp->references = 1;
    udp->fd = fd;
    udp->bound = *bound;
    udp->wildcard = sock_is_wildcard(bound);
    udp->receive = receive;
    udp->context = context;
    point_headers(udp);
    event_assign(&udp->readable, loop->base, fd, EV_READ | EV_PERSIST, on_readable, udp);
    if (event_add(&udp->readable, NULL) != 0) {
        free(udp);
        return NULL;
    }
    return udp;
}

void udp_foresee(struct udp *udp, net_foresee *told)
{
    udp->foresee = told;
}

void udp_close(struct udp *udp)
{
    if (udp == NULL || udp->fd == -1)
        return;
    event_del(&udp->readable);
    if (udp->answer_count > 0)
        flush(&udp->flush);
    list_remove(&udp->flush.link);
    close(udp->fd);
    udp->fd = -1;
    channel_release(&udp->channel);
}

const struct udp_stats *udp_stats(const struct udp *udp)
{
    return &udp->stats;
}
