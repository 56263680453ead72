/*
 * shown.c - the messages of an attempt, for who looks on (struct upstream_tap).
 *
 * Called by attempt.c and judge.c when somebody does: questions as they are handed to the
 * network, and what came as an answer to one of them, before it is judged. What was dropped is
 * not shown.
 */
#include "services/upstream/attempt.h"

static struct upstream_shown face_of(struct attempt *attempt, bool over_tcp)
{
    struct exchange *exchange = attempt->exchange;
    struct world *world = exchange->world;
    struct upstream_shown shown = {.server = attempt->ask->server,
                                   .zone = attempt->ask->zone,
                                   .is_forwarder = attempt->ask->recursion_desired};

    if (over_tcp) {
        shown.transport = attempt->tls_name != NULL ? TRANSPORT_TLS : TRANSPORT_TCP;
        shown.ours = conns_name(exchange->conns, &attempt->stream);
    } else {
        shown.transport = TRANSPORT_UDP;
        if (world->datagram_name != NULL)
            shown.ours = world->datagram_name(world, &attempt->datagram);
    }
    return shown;
}

void attempt_show_question(struct attempt *attempt, bool over_tcp)
{
    struct upstream_tap *tap = attempt->exchange->tap;
    struct upstream_shown shown = face_of(attempt, over_tcp);
    struct ask_wire *wire = over_tcp ? &attempt->stream_wire : &attempt->wire;
    int64_t now;

    if (over_tcp) /* a connection gives each question an id of its own */
        bytes_put_u16(wire->octets, attempt->stream.id);
    now = tap->sent(tap, &shown, slice_of(wire->octets, wire->size));
    if (over_tcp)
        attempt->stream_shown = now;
    else
        attempt->udp_shown = now;
}

void attempt_show_answer(struct attempt *attempt, bool over_tcp, struct slice packet)
{
    struct upstream_tap *tap = attempt->exchange->tap;
    struct upstream_shown shown = face_of(attempt, over_tcp);

    tap->received(tap, &shown, packet, over_tcp ? attempt->stream_shown : attempt->udp_shown);
}
