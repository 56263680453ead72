/*
 * sim_servers.c - from a question that arrives to the packets that leave.
 */
#include "testcode/sim_servers.h"

#include <errno.h>
#include <string.h>

#include "testcode/sim_auth.h"

enum {
    UDP_LEAST = 512,
    LENGTH_SIZE = 2,
    FLAGS_AT = 2,
    CHUNK_MOST = 700,
    IDLE_MS = 1000,
    TIME_LIES_BEFORE = 2 /* a liar's answer takes half the time */
};

static struct sim_servers *ours(struct sim_network *network)
{
    return CONTAINER_OF(network, struct sim_servers, network);
}

/* What one question leads to. */
struct visit {
    struct sim_servers *servers;
    const struct sim_server *server;
    const struct sim_fault *fault;
    struct message query;
    bool tcp;
    uint64_t place; /* port or stream */
    uint32_t delay_ms;
};

/* ---- counting ---- */

static void count_equal(struct visit *visit)
{
    static const struct hash_key key = {1, 2};
    struct sim_servers *servers = visit->servers;
    struct sim_asked asked = {.server = visit->server,
                              .name = dname_hash(visit->query.question.qname, key),
                              .type = visit->query.question.qtype,
                              .tcp = visit->tcp,
                              .edns = visit->query.edns.present};
    unsigned i = 0;

    while (i < servers->asked_count &&
           (servers->asked[i].server != asked.server || servers->asked[i].name != asked.name ||
            servers->asked[i].type != asked.type || servers->asked[i].tcp != asked.tcp ||
            servers->asked[i].edns != asked.edns))
        i++;
    if (i == SIM_ASKED_MAX)
        return;
    if (i == servers->asked_count)
        servers->asked[servers->asked_count++] = asked;
    if (++servers->asked[i].count > servers->equal_most)
        servers->equal_most = servers->asked[i].count;
}

void sim_servers_reset(struct sim_servers *servers)
{
    servers->sent = 0;
    servers->asked_count = 0;
    servers->equal_most = 0;
}

/* ---- packets ---- */

static void send_octets(struct visit *visit, const struct addr *from, uint8_t *octets,
                        size_t size, uint32_t delay_ms, const char *what)
{
    struct sim_servers *servers = visit->servers;
    uint8_t head[LENGTH_SIZE];

    servers->witness->reply(servers->witness, from, slice_of(octets, size), delay_ms, what);
    if (!visit->tcp) {
        sim_datagram_in(servers->world, visit->place, from, slice_of(octets, size), delay_ms);
        return;
    }
    bytes_put_u16(head, (uint16_t)size);
    /* In pieces, but all at one time: nothing comes between the pieces of a message. */
    sim_stream_in(servers->world, visit->place, slice_of(head, 1), delay_ms);
    sim_stream_in(servers->world, visit->place, slice_of(head + 1, 1), delay_ms);
    if (visit->fault->tcp == TCP_CLOSES_EARLY)
        size /= 2;
    for (size_t at = 0; at < size;) {
        size_t some = size_min(size - at, 1 + sim_below(&servers->random, CHUNK_MOST));

        sim_stream_in(servers->world, visit->place, slice_of(octets + at, some), delay_ms);
        at += some;
    }
    if (visit->fault->tcp == TCP_CLOSES_EARLY)
        sim_stream_close(servers->world, visit->place, 0, delay_ms);
    else if (sim_chance(&servers->random, 200)) /* idle, or just when the next question comes */
        sim_stream_close(servers->world, visit->place, 0,
                         delay_ms + IDLE_MS + sim_below(&servers->random, IDLE_MS));
}

static uint16_t size_most(const struct visit *visit)
{
    const struct edns *edns = &visit->query.edns;

    if (visit->tcp)
        return MESSAGE_MAX;
    if (!edns->present || visit->server->no_edns_in_reply)
        return UDP_LEAST;
    return (uint16_t)size_min(size_max(edns->udp_size, UDP_LEAST), visit->server->udp_max);
}

/* @return the size; 0: it cannot be written. */
static size_t write_reply(struct visit *visit, struct message *reply, uint8_t *octets)
{
    struct sink out = sink_of(octets, MESSAGE_MAX);
    struct message_write how = {
        .size_max = size_most(visit), .original_ttl = true, .dnssec_ok = true};
    struct edns *edns = &reply->edns;

    reply->id = visit->query.id;
    reply->flags |= visit->query.flags & FLAG_RD;
    if (visit->query.edns.present && !visit->server->no_edns_in_reply &&
        visit->fault->kind != FAULT_FORMERR_EDNS && visit->fault->kind != FAULT_NOTIMP_EDNS) {
        edns->present = true;
        edns->udp_size = visit->server->udp_max;
        edns->dnssec_ok = visit->query.edns.dnssec_ok;
    }
    if (visit->server->keeps_no_case)
        reply->question.qname =
            dname_copy_lower(visit->servers->scratch, reply->question.qname);
    if (reply->question.qname.wire == NULL || message_write(reply, &how, &out) != STATUS_OK)
        return 0;
    return out.used;
}

/* ---- liars on the way ---- */

static struct dname other_name(struct visit *visit, struct dname name)
{
    const struct sim_net *net = visit->servers->net;
    unsigned i = sim_below(&visit->servers->random, net->zone_count);

    while (dname_equal(net->zones[i]->apex, name))
        i = (i + 1) % net->zone_count;
    return net->zones[i]->apex;
}

static struct addr other_address(struct visit *visit)
{
    struct addr addr = visit->server->addr;

    if (sim_chance(&visit->servers->random, 500))
        addr.port ^= 1;
    else
        addr.bytes[addr_octets(&addr) - 1] ^= 0x80;
    return addr;
}

/* An answer of somebody who knows everything but one thing. */
static void forge(struct visit *visit, uint8_t *octets)
{
    struct addr from = visit->server->addr;
    struct question question = visit->query.question;
    struct message lie;
    size_t size;

    if (visit->fault->kind == FAULT_FORGED_QUESTION)
        question.qname = other_name(visit, question.qname);
    if (visit->fault->kind == FAULT_FORGED_SOURCE)
        from = other_address(visit);
    if (!sim_auth_lie(&question, visit->servers->scratch, &lie))
        return;
    size = write_reply(visit, &lie, octets);
    if (size == 0)
        return;
    if (visit->fault->kind == FAULT_FORGED_ID)
        octets[1] ^= (uint8_t)sim_between(&visit->servers->random, 1, 255);
    send_octets(visit, &from, octets, size, visit->delay_ms / TIME_LIES_BEFORE, "forged");
}

/* ---- what the server says ---- */

static bool refuse_edns(const struct visit *visit, uint16_t rcode, struct message *reply)
{
    if (!visit->query.edns.present)
        return false;
    reply->rcode = rcode;
    return true;
}

/* Fills in the reply. @return false: the server says nothing. */
static bool make_reply(struct visit *visit, struct message *reply)
{
    struct sim_servers *servers = visit->servers;
    const struct question *question = &visit->query.question;
    struct sim_asked_for asked = {
        .net = servers->net, .server = visit->server, .question = question};

    *reply = (struct message){.flags = FLAG_QR, .has_question = true, .question = *question};
    switch (visit->fault->kind) {
    case FAULT_SERVFAIL: reply->rcode = RCODE_SERVFAIL; return true;
    case FAULT_REFUSED: reply->rcode = RCODE_REFUSED; return true;
    case FAULT_NOTIMP: reply->rcode = RCODE_NOTIMP; return true;
    case FAULT_FORMERR: reply->rcode = RCODE_FORMERR; return true;
    case FAULT_SOMETIMES:
        if (sim_chance(&servers->random, 500)) {
            reply->rcode = RCODE_SERVFAIL;
            return true;
        }
        break;
    case FAULT_FORMERR_EDNS:
        if (refuse_edns(visit, RCODE_FORMERR, reply))
            return true;
        break;
    case FAULT_NOTIMP_EDNS:
        if (refuse_edns(visit, RCODE_NOTIMP, reply))
            return true;
        break;
    case FAULT_LAME_EMPTY: return true;
    case FAULT_EMPTY: reply->flags |= FLAG_AA; return true;
    case FAULT_LAME_UPWARD:
        return sim_auth_refer_upward(servers->net, question, servers->scratch, reply);
    case FAULT_TC_NO_TCP:
    case FAULT_TRUNCATES:
        if (!visit->tcp) {
            reply->flags |= FLAG_TC;
            return true;
        }
        break;
    default: break;
    }
    asked.sent_ms = servers->world->now_ms + visit->delay_ms;
    asked.dnssec = visit->query.edns.dnssec_ok && !visit->server->no_edns_in_reply;
    if (visit->server->forwards)
        return sim_auth_recurse(&asked, servers->scratch, reply);
    return sim_auth_answer(&asked, servers->scratch, reply) &&
           (visit->fault->kind != FAULT_POISON ||
            sim_auth_poison(servers->net, visit->server, servers->scratch, reply));
}

/* Not quite what the server said. @return the new size. */
static size_t spoil(struct visit *visit, uint8_t *octets, size_t size, struct addr *from)
{
    struct sim_random *random = &visit->servers->random;

    switch (visit->fault->kind) {
    case FAULT_WRONG_ID: octets[0] ^= (uint8_t)sim_between(random, 1, 255); break;
    case FAULT_WRONG_SOURCE: *from = other_address(visit); break;
    case FAULT_CORRUPT: return sim_fault_corrupt(octets, size, random);
    default: break;
    }
    return size;
}

static void answer(struct visit *visit)
{
    uint8_t octets[MESSAGE_MAX];
    struct sim_random *random = &visit->servers->random;
    struct addr from = visit->server->addr;
    struct message reply;
    size_t size;

    if (visit->fault->kind == FAULT_FORGED_ID || visit->fault->kind == FAULT_FORGED_SOURCE ||
        visit->fault->kind == FAULT_FORGED_QUESTION)
        if (!visit->tcp)
            forge(visit, octets);
    if (!make_reply(visit, &reply))
        return;
    if (visit->servers->mangler != NULL)
        sim_mangle_message(visit->servers->mangler, &reply, visit->servers->scratch);
    if (visit->fault->kind == FAULT_WRONG_QUESTION)
        reply.question.qname = other_name(visit, reply.question.qname);
    size = write_reply(visit, &reply, octets);
    if (size == 0)
        return;
    size = spoil(visit, octets, size, &from);
    if (visit->servers->mangler != NULL)
        size = sim_mangle_octets(visit->servers->mangler, octets, size);
    if (size == 0 && visit->servers->mangler != NULL)
        return;
    send_octets(visit, &from, octets, size, visit->delay_ms,
                sim_fault_word(visit->fault->kind));
    if (!visit->tcp && sim_chance(random, visit->fault->duplicate_permil))
        send_octets(visit, &from, octets, size, visit->delay_ms + sim_below(random, 40),
                    "again");
}

/* ---- packets in ---- */

static bool is_question(const struct message *query)
{
    return query->has_question && query->opcode == OPCODE_QUERY &&
           (query->flags & FLAG_QR) == 0 && query->rcode == 0 &&
           query->question.qclass == CLASS_IN && message_rrsets(query) == 0;
}

/* @return false: nobody can answer it. */
static bool receive(struct visit *visit, const struct addr *to, struct slice packet)
{
    struct sim_servers *servers = visit->servers;

    servers->sent++;
    arena_reset(servers->scratch);
    if (message_read(packet, servers->scratch, 0, &visit->query) != STATUS_OK ||
        !is_question(&visit->query)) {
        servers->witness->reply(servers->witness, to, packet, 0, "unreadable question");
        servers->malformed++;
        return false;
    }
    visit->server = sim_server_find(servers->net, to);
    if (visit->server == NULL) {
        servers->astray++;
        return false;
    }
    /* RD is for forwarders alone. */
    if (((visit->query.flags & FLAG_RD) != 0) != visit->server->forwards)
        servers->malformed++;
    visit->fault = &visit->server->fault;
    visit->delay_ms = sim_fault_delay_ms(visit->fault, &servers->random);
    count_equal(visit);
    servers->witness->question(servers->witness, visit->server, &visit->query.question,
                               visit->tcp, visit->query.edns.present);
    return true;
}

static int reach(struct sim_network *network, const struct addr *to)
{
    return to->family == ADDR_IP6 && !ours(network)->net->ip6_works ? ENETUNREACH : 0;
}

static void datagram(struct sim_network *network, uint64_t port, const struct addr *to,
                     struct slice packet)
{
    struct visit visit = {.servers = ours(network), .place = port};
    struct sim_random *random = &visit.servers->random;

    if (!receive(&visit, to, packet) || visit.fault->kind == FAULT_SILENT ||
        sim_chance(random, visit.fault->loss_permil))
        return;
    if (visit.fault->kind == FAULT_UNREACHABLE) {
        sim_datagram_error(visit.servers->world, port,
                           sim_chance(random, 500) ? ECONNREFUSED : EHOSTUNREACH,
                           visit.delay_ms);
        return;
    }
    answer(&visit);
}

static void connecting(struct sim_network *network, uint64_t stream, const struct addr *to)
{
    struct sim_servers *servers = ours(network);
    const struct sim_server *server = sim_server_find(servers->net, to);
    uint32_t delay_ms;

    if (server == NULL || server->fault.kind == FAULT_SILENT || server->fault.tcp == TCP_SILENT)
        return;
    delay_ms = sim_fault_delay_ms(&server->fault, &servers->random);
    if (server->fault.kind == FAULT_UNREACHABLE || server->fault.tcp == TCP_REFUSED)
        sim_stream_close(servers->world, stream, ECONNREFUSED, delay_ms);
    else
        sim_stream_open(servers->world, stream, delay_ms);
}

static void message(struct sim_network *network, uint64_t stream, const struct addr *to,
                    struct slice packet)
{
    struct visit visit = {.servers = ours(network), .place = stream, .tcp = true};

    if (receive(&visit, to, packet))
        answer(&visit);
}

bool sim_servers_init(struct sim_servers *servers, struct sim_net *net, struct sim_world *world,
                      struct sim_random random, struct sim_witness *witness)
{
    *servers = (struct sim_servers){.network = {reach, datagram, connecting, message},
                                    .world = world,
                                    .net = net,
                                    .random = random,
                                    .witness = witness,
                                    .scratch = arena_new(0)};
    return servers->scratch != NULL;
}

void sim_servers_clear(struct sim_servers *servers)
{
    arena_free(servers->scratch);
}
