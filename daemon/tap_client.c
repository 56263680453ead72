/*
 * tap_client.c - shows questions and answers of clients.
 *
 * Called by worker.c for each message. A channel is made for each question, since the answer
 * tells when the question came.
 */
#include "daemon/tap_client.h"

#include <stdlib.h>

struct tapped {
    struct channel channel; /* first: cast back */
    struct channel *inner;
    struct tap *tap;
    unsigned references;
    int64_t asked_ns;
};

static void show(struct tapped *tapped, enum tap_kind kind, const struct peer *peer,
                 struct slice octets)
{
    struct tap_message message = {.kind = kind,
                                  .transport = tapped->channel.transport,
                                  .asker = &peer->from,
                                  .answerer = &peer->to,
                                  .query_ns = tapped->asked_ns,
                                  .octets = octets};

    if (!tap_wants(tapped->tap, kind))
        return;
    if (kind == TAP_CLIENT_RESPONSE)
        message.response_ns = tap_now_ns();
    tap_show(tapped->tap, &message);
}

static void channel_send(struct channel *channel, const struct peer *peer, struct slice message)
{
    struct tapped *tapped = (struct tapped *)channel;

    if (message.size > 0) /* else it ends without an answer */
        show(tapped, TAP_CLIENT_RESPONSE, peer, message);
    tapped->inner->send(tapped->inner, peer, message);
}

static void channel_hold(struct channel *channel)
{
    struct tapped *tapped = (struct tapped *)channel;

    tapped->references++;
    tapped->inner->hold(tapped->inner);
}

static void channel_release(struct channel *channel)
{
    struct tapped *tapped = (struct tapped *)channel;

    tapped->inner->release(tapped->inner);
    tap_client_done(channel);
}

static void channel_keep(struct channel *channel, uint32_t idle_ms)
{
    struct tapped *tapped = (struct tapped *)channel;

    tapped->inner->keep(tapped->inner, idle_ms);
}

struct channel *tap_client_begin(struct tap *tap, struct channel *inner,
                                 const struct peer *peer, struct slice packet)
{
    struct tapped *tapped = malloc(sizeof(*tapped));

    if (tapped == NULL)
        return NULL;
    *tapped = (struct tapped){.channel = {.transport = inner->transport,
                                          .send = channel_send,
                                          .hold = channel_hold,
                                          .release = channel_release,
                                          .keep = inner->keep == NULL ? NULL : channel_keep},
                              .inner = inner,
                              .tap = tap,
                              .references = 1,
                              .asked_ns = tap_now_ns()};
    show(tapped, TAP_CLIENT_QUERY, peer, packet);
    return &tapped->channel;
}

void tap_client_done(struct channel *channel)
{
    struct tapped *tapped = (struct tapped *)channel;

    if (--tapped->references == 0)
        free(tapped);
}
