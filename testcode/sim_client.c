/*
 * sim_client.c - one question's life: asked, perhaps asked again over TCP, judged.
 */
#include "testcode/sim_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACKET_MAX = 512,
    ID_AT = 0,
    OUR_PORT = 53,
    NO_RD_PERMIL = 20,
    TCP_PERMIL = 150,
    EDNS_PERMIL = 900
};

struct asking {
    struct link link;
    struct sim_clients *clients;
    struct timer impatience;
    struct question question; /* in the letters that were sent */
    uint8_t qname[DNAME_MAX];
    struct peer peer;
    uint16_t id;
    uint16_t udp_size; /* 0: no EDNS */
    bool tcp, no_rd, must;
};

static void asking_free(struct asking *asking)
{
    timers_stop(&asking->clients->world->timers, &asking->impatience);
    list_remove(&asking->link);
    asking->clients->open_count--;
    free(asking);
}

static void violated(struct asking *asking, const char *words)
{
    asking->clients->violated(asking->clients, &asking->question, words);
}

/* ---- asking ---- */

static struct slice write_packet(const struct asking *asking, uint8_t octets[PACKET_MAX])
{
    struct sink out = sink_of(octets, PACKET_MAX);

    sink_u16(&out, asking->id);
    sink_u16(&out, asking->no_rd ? 0 : FLAG_RD);
    sink_u16(&out, 1);
    sink_u16(&out, 0);
    sink_u16(&out, 0);
    sink_u16(&out, asking->udp_size != 0);
    dname_write(&out, asking->question.qname);
    sink_u16(&out, asking->question.qtype);
    sink_u16(&out, asking->question.qclass);
    if (asking->udp_size != 0) { /* RFC 6891 section 6.1.2 */
        sink_u8(&out, 0);
        sink_u16(&out, TYPE_OPT);
        sink_u16(&out, asking->udp_size);
        sink_u32(&out, 0);
        sink_u16(&out, 0);
    }
    return sink_written(&out);
}

static void grew_impatient(struct timer *timer)
{
    struct asking *asking = CONTAINER_OF(timer, struct asking, impatience);

    violated(asking, "no answer");
    asking_free(asking);
}

static void hand_in(struct asking *asking)
{
    struct sim_clients *clients = asking->clients;
    uint8_t octets[PACKET_MAX]; /* the question may be answered and gone within the call */
    struct slice packet;

    (void)sim_pause(clients->world);
    clients->last_port =
        (uint16_t)(clients->last_port == UINT16_MAX ? 1024 : clients->last_port + 1);
    asking->peer.from.port = clients->last_port;
    asking->id = (uint16_t)sim_random_next(&clients->random);
    packet = write_packet(asking, octets);
    if (timers_set(&clients->world->timers, &asking->impatience,
                   clients->world->now_ms + clients->patience_ms) != STATUS_OK)
        return;
    clients->seen(clients, asking->tcp ? "ask by tcp" : "ask", &asking->question, packet);
    sim_resume(clients->world, clients->scarce_permil);
    resolver_receive(clients->resolver, asking->tcp ? &clients->tcp : &clients->udp,
                     &asking->peer, packet);
    (void)sim_pause(clients->world);
}

static void mix_case(struct sim_random *random, uint8_t *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (name[i] >= 'a' && name[i] <= 'z' && sim_chance(random, 100))
            name[i] = (uint8_t)(name[i] - 'a' + 'A');
}

void sim_client_ask(struct sim_clients *clients, const struct question *question)
{
    static const uint16_t sizes[] = {512, 1232, 1232, 4096};
    static const uint8_t client[] = {127, 0, 0, 1}, ours[] = {127, 0, 0, 53};
    struct asking *asking = calloc(1, sizeof(*asking));
    struct oracle_answer truth;

    if (asking == NULL)
        return;
    asking->clients = clients;
    asking->impatience.fire = grew_impatient;
    asking->question = *question;
    asking->question.qname = dname_store(question->qname, asking->qname);
    mix_case(&clients->random, asking->qname, question->qname.size);
    asking->peer.from = addr_ip4(client, 0);
    asking->peer.to = addr_ip4(ours, OUR_PORT);
    asking->tcp = sim_chance(&clients->random, TCP_PERMIL);
    asking->no_rd = sim_chance(&clients->random, NO_RD_PERMIL);
    if (sim_chance(&clients->random, EDNS_PERMIL))
        asking->udp_size = sizes[sim_below(&clients->random, COUNT(sizes))];
    arena_reset(clients->scratch);
    asking->must = !asking->no_rd && clients->scarce_permil == 0 &&
                   !clients->asks_for_too_much &&
                   oracle_resolve(clients->net, question, clients->scratch, &truth) &&
                   oracle_must_answer(clients->net, &truth);
    clients->counts.questions++;
    clients->counts.musts += asking->must;
    list_append(&clients->open, &asking->link);
    clients->open_count++;
    hand_in(asking);
}

/* ---- judging ---- */

static bool question_is_ours(const struct asking *asking, const struct message *message)
{
    return message->has_question && message->question.qtype == asking->question.qtype &&
           message->question.qname.size == asking->question.qname.size &&
           memcmp(message->question.qname.wire, asking->qname, asking->question.qname.size) ==
               0;
}

/* @return NULL: the header is as it must be. */
static const char *header_fault(const struct asking *asking, const struct message *message)
{
    if ((message->flags & FLAG_QR) == 0)
        return "the answer is a question";
    if (!question_is_ours(asking, message))
        return "the answer is to another question, or its letters were changed";
    if ((message->flags & FLAG_AD) != 0)
        return "AD on an answer that nobody signed";
    if ((message->flags & FLAG_TC) != 0 && asking->tcp)
        return "TC over TCP";
    if (message->edns.present != (asking->udp_size != 0))
        return "OPT without OPT in the question, or none where there was one";
    return NULL;
}

static void judge_servfail(struct asking *asking, const struct message *message)
{
    asking->clients->counts.servfail++;
    if (asking->must)
        violated(asking, "SERVFAIL though there is a way to the answer");
    else if (asking->udp_size != 0 && asking->clients->scarce_permil == 0 &&
             edns_find(&message->edns, EDNS_ERROR) == NULL)
        violated(asking, "SERVFAIL without EDE");
}

static void judge_answer(struct asking *asking, const struct message *message)
{
    struct sim_clients *clients = asking->clients;
    struct oracle_answer truth;
    char words[ORACLE_WORDS_MAX];

    if (!oracle_resolve(clients->net, &asking->question, clients->scratch, &truth) ||
        (!asking->must && oracle_was_told_nothing(clients->net, &truth, message)))
        return;
    if (!oracle_check(clients->net, &truth, message,
                      clients->may_be_stale ? INT64_MIN : clients->world->now_ms, words))
        violated(asking, words);
}

/* @return true when the question has been asked once more. */
static bool judge(struct asking *asking, struct slice packet)
{
    struct sim_clients *clients = asking->clients;
    struct message message;
    const char *fault;

    arena_reset(clients->scratch);
    if (message_read(packet, clients->scratch, 0, &message) != STATUS_OK) {
        violated(asking, packet.size == 0 ? "the question was dropped" : "a malformed answer");
        return false;
    }
    fault = header_fault(asking, &message);
    if (fault != NULL) {
        violated(asking, fault);
    } else if (asking->no_rd) {
        if (message.rcode != RCODE_REFUSED)
            violated(asking, "the cache was shown to somebody who did not want recursion");
    } else if (message.rcode == RCODE_SERVFAIL) {
        judge_servfail(asking, &message);
    } else if ((message.flags & FLAG_TC) != 0) {
        clients->counts.truncated++;
        asking->tcp = true;
        return true;
    } else {
        judge_answer(asking, &message);
    }
    return false;
}

static struct asking *find_asking(struct sim_clients *clients, const struct peer *peer,
                                  struct slice packet)
{
    LIST_EACH(&clients->open, link)
    {
        struct asking *asking = CONTAINER_OF(link, struct asking, link);

        if (asking->peer.from.port == peer->from.port &&
            (packet.size < HEADER_SIZE || bytes_u16(packet.data + ID_AT) == asking->id))
            return asking;
    }
    return NULL;
}

/* TC is answered by asking again, but not from within the resolver's call. */
static void ask_again(struct timer *timer)
{
    struct asking *asking = CONTAINER_OF(timer, struct asking, impatience);

    asking->impatience.fire = grew_impatient;
    hand_in(asking);
}

/* The planted fault: under the id of this answer the octets of the one before. */
static struct slice mix_answers(struct sim_clients *clients, struct slice packet,
                                uint8_t mixed[sizeof(((struct sim_clients *)0)->last)])
{
    size_t size = clients->last_size;

    if (packet.size < HEADER_SIZE || packet.size > sizeof(clients->last))
        return packet;
    memcpy(mixed, clients->last, size);
    memcpy(mixed, packet.data, sizeof(uint16_t));
    memcpy(clients->last, packet.data, packet.size);
    clients->last_size = packet.size;
    return size == 0 ? packet : slice_of(mixed, size);
}

static void take_answer(struct sim_clients *clients, const struct peer *peer,
                        struct slice packet)
{
    uint8_t mixed[sizeof(clients->last)];
    struct asking *asking = find_asking(clients, peer, packet);

    if (clients->mixes_answers)
        packet = mix_answers(clients, packet, mixed);
    if (asking == NULL) {
        clients->violated(clients, NULL, "an answer to nobody's question");
        return;
    }
    clients->seen(clients, "answer", &asking->question, packet);
    clients->counts.answered++;
    if (judge(asking, packet)) {
        asking->impatience.fire = ask_again;
        if (timers_set(&clients->world->timers, &asking->impatience, clients->world->now_ms) ==
            STATUS_OK)
            return;
    }
    asking_free(asking);
}

static void take_in_peace(struct sim_clients *clients, const struct peer *peer,
                          struct slice packet)
{
    uint32_t scarce = sim_pause(clients->world);

    take_answer(clients, peer, packet);
    sim_resume(clients->world, scarce);
}

static void send_udp(struct channel *channel, const struct peer *peer, struct slice packet)
{
    take_in_peace(CONTAINER_OF(channel, struct sim_clients, udp), peer, packet);
}

static void send_tcp(struct channel *channel, const struct peer *peer, struct slice packet)
{
    take_in_peace(CONTAINER_OF(channel, struct sim_clients, tcp), peer, packet);
}

static void hold_udp(struct channel *channel)
{
    CONTAINER_OF(channel, struct sim_clients, udp)->held++;
}

static void hold_tcp(struct channel *channel)
{
    CONTAINER_OF(channel, struct sim_clients, tcp)->held++;
}

static void release_udp(struct channel *channel)
{
    CONTAINER_OF(channel, struct sim_clients, udp)->held--;
}

static void release_tcp(struct channel *channel)
{
    CONTAINER_OF(channel, struct sim_clients, tcp)->held--;
}

/* Its connections stay open anyway. */
static void keep_tcp(struct channel *channel, uint32_t idle_ms)
{
    (void)channel, (void)idle_ms;
}

void sim_clients_init(struct sim_clients *clients)
{
    clients->udp = (struct channel){
        .transport = TRANSPORT_UDP, .send = send_udp, .hold = hold_udp, .release = release_udp};
    clients->tcp = (struct channel){.transport = TRANSPORT_TCP,
                                    .send = send_tcp,
                                    .hold = hold_tcp,
                                    .release = release_tcp,
                                    .keep = keep_tcp};
    clients->last_port = 1024;
    list_init(&clients->open);
}

void sim_clients_clear(struct sim_clients *clients)
{
    struct link *link;

    while ((link = list_first(&clients->open)) != NULL)
        asking_free(CONTAINER_OF(link, struct asking, link));
}
