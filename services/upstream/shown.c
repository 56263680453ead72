/*
 * shown.c - the messages of an attempt, for who looks on (struct upstream_tap).
 *
 * Called by attempt.c and judge.c when somebody does: questions as they are handed to the
 * network, and what came as an answer to one of them, before it is judged. What was dropped is
 * not shown.
 */
#include "services/upstream/attempt.h"

/* Our end is looked up with the question: a connection is no longer at hand with the answer. */
static struct addr our_end(struct attempt *attempt, bool over_tcp)
{
    struct world *world = attempt->exchange->world;

    if (over_tcp)
        return conns_name(attempt->exchange->conns, &attempt->stream);
    if (world->datagram_name != NULL)
        return world->datagram_name(world, &attempt->datagram);
    return (struct addr){.family = ADDR_NONE};
}

static struct upstream_shown face_of(const struct attempt *attempt, bool over_tcp)
{
    const struct shown_leg *leg = over_tcp ? &attempt->stream_shown : &attempt->udp_shown;

    return (struct upstream_shown){.server = attempt->ask->server,
                                   .ours = leg->ours,
                                   .zone = attempt->ask->zone,
                                   .transport = !over_tcp                   ? TRANSPORT_UDP
                                                : attempt->tls_name != NULL ? TRANSPORT_TLS
                                                                            : TRANSPORT_TCP,
                                   .is_forwarder = attempt->ask->recursion_desired};
}

void attempt_show_question(struct attempt *attempt, bool over_tcp)
{
    struct upstream_tap *tap = attempt->exchange->tap;
    struct shown_leg *leg = over_tcp ? &attempt->stream_shown : &attempt->udp_shown;
    struct ask_wire *wire = over_tcp ? &attempt->stream_wire : &attempt->wire;
    struct upstream_shown shown;

    leg->ours = our_end(attempt, over_tcp);
    shown = face_of(attempt, over_tcp);
    if (over_tcp) /* a connection gives each question an id of its own */
        bytes_put_u16(wire->octets, attempt->stream.id);
    leg->at = tap->sent(tap, &shown, slice_of(wire->octets, wire->size));
}

void attempt_show_answer(struct attempt *attempt, bool over_tcp, struct slice packet)
{
    struct upstream_tap *tap = attempt->exchange->tap;
    struct upstream_shown shown = face_of(attempt, over_tcp);

    tap->received(tap, &shown, packet,
                  over_tcp ? attempt->stream_shown.at : attempt->udp_shown.at);
}
