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
    DO_BIT = 0x8000,
    NO_RD_PERMIL = 20,
    TCP_PERMIL = 150,
    EDNS_PERMIL = 900,
    DO_PERMIL = 500,
    CD_PERMIL = 80,
    AD_PERMIL = 300
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
    bool dnssec_ok, checking_disabled, wants_ad;
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
    sink_u16(&out, (uint16_t)((asking->no_rd ? 0 : FLAG_RD) |
                              (asking->checking_disabled ? FLAG_CD : 0) |
                              (asking->wants_ad ? FLAG_AD : 0)));
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
        sink_u32(&out, asking->dnssec_ok ? DO_BIT : 0); /* RFC 3225 section 3 */
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
    asking->dnssec_ok = asking->udp_size != 0 && sim_chance(&clients->random, DO_PERMIL);
    asking->checking_disabled = sim_chance(&clients->random, CD_PERMIL);
    asking->wants_ad = sim_chance(&clients->random, AD_PERMIL);
    arena_reset(clients->scratch);
    asking->must = !asking->no_rd && clients->scarce_permil == 0 && !clients->is_mangled &&
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
    if (((message->flags & FLAG_CD) != 0) != asking->checking_disabled)
        return "CD is not the question's";
    if ((message->flags & FLAG_TC) != 0 && asking->tcp)
        return "TC over TCP";
    if (message->edns.present != (asking->udp_size != 0))
        return "OPT without OPT in the question, or none where there was one";
    return NULL;
}

/* RFC 8914: one that tells of signatures, keys or proofs. */
static bool has_dnssec_reason(const struct message *message)
{
    for (size_t i = 0; i < message->edns.option_count; i++) {
        struct ede ede;

        if (message->edns.options[i].code == EDNS_ERROR &&
            ede_read(message->edns.options[i].data, &ede) == STATUS_OK &&
            ((ede.code >= EDE_DNSSEC_INDETERMINATE && ede.code <= EDE_NSEC_MISSING) ||
             ede.code == EDE_SIGNATURE_EXPIRED_BEFORE_VALID))
            return true;
    }
    return false;
}

static enum security true_security(struct asking *asking, struct oracle_answer *truth)
{
    struct sim_clients *clients = asking->clients;

    if (!oracle_resolve(clients->net, &asking->question, clients->scratch, truth) ||
        truth->endless)
        return SEC_INDETERMINATE;
    return oracle_security(clients->net, truth);
}

static void judge_servfail(struct asking *asking, const struct message *message)
{
    struct oracle_answer truth;
    bool bogus = true_security(asking, &truth) == SEC_BOGUS && !asking->checking_disabled;

    asking->clients->counts.servfail++;
    asking->clients->counts.bogus += bogus;
    if ((message->flags & FLAG_AD) != 0)
        violated(asking, "AD on a failure");
    else if (asking->must && !bogus)
        violated(asking, "SERVFAIL though there is a way to the answer");
    else if (asking->must && asking->udp_size != 0 && !has_dnssec_reason(message))
        violated(asking, "bogus, but nothing says so");
    else if (asking->udp_size != 0 && asking->clients->scarce_permil == 0 &&
             edns_find(&message->edns, EDNS_ERROR) == NULL)
        violated(asking, "SERVFAIL without EDE");
}

/* What only who asks for it gets (RFC 3225 section 3, RFC 4035 section 3.2.1). */
static bool has_dnssec_records(const struct asking *asking, const struct message *message)
{
    for (size_t i = 0; i < message_rrsets(message); i++) {
        const struct rrset *set = message->rrsets[i];

        if (set->rrsig_count != 0 || ((set->type == TYPE_NSEC || set->type == TYPE_NSEC3) &&
                                      set->type != asking->question.qtype))
            return true;
    }
    return false;
}

/* @return NULL: AD, signatures and proofs are there if and only if they must be. */
static const char *security_fault(const struct asking *asking, const struct message *message,
                                  const struct oracle_answer *truth, enum security security)
{
    const struct sim_clients *clients = asking->clients;
    bool ad = (message->flags & FLAG_AD) != 0;
    bool may_have_ad = message->rcode == RCODE_NOERROR || message->rcode == RCODE_NXDOMAIN;

    if (!asking->dnssec_ok && has_dnssec_records(asking, message))
        return "signatures or proofs for somebody who did not ask for them";
    if (ad && !asking->dnssec_ok && !asking->wants_ad)
        return "AD for somebody who knows nothing of it";
    /* With CD what was validated before may say so; nothing has to be. */
    if (asking->checking_disabled)
        return ad && security != SEC_SECURE ? "AD with CD, on what is not secure" : NULL;
    if (security == SEC_BOGUS)
        return "bogus, but answered";
    if (ad && security != SEC_SECURE)
        return "AD on an answer that is not secure";
    if (security != SEC_SECURE || clients->may_be_stale || !may_have_ad ||
        (!ad && truth->may_be_insecure))
        return NULL;
    if (!ad && (asking->dnssec_ok || asking->wants_ad))
        return "secure, but no AD";
    return asking->dnssec_ok ? oracle_misses_proof(clients->net, truth, message) : NULL;
}

static void judge_answer(struct asking *asking, const struct message *message)
{
    struct sim_clients *clients = asking->clients;
    struct oracle_answer truth;
    enum security security = true_security(asking, &truth);
    const char *fault = NULL;
    char words[ORACLE_WORDS_MAX];

    /* Anybody can say anything of what nobody has to validate. */
    if (clients->is_mangled && (message->flags & FLAG_AD) == 0 &&
        (asking->checking_disabled || security == SEC_INSECURE || truth.may_be_insecure ||
         truth.has_insecure_part || security == SEC_INDETERMINATE))
        return;
    if (!asking->must && (security != SEC_SECURE || asking->checking_disabled) &&
        oracle_was_told_nothing(clients->net, &truth, message))
        return;
    if (security != SEC_INDETERMINATE)
        fault = security_fault(asking, message, &truth, security);
    if (fault != NULL) {
        violated(asking, fault);
        return;
    }
    truth.may_lack_soa = clients->is_mangled;
    truth.is_validated = security == SEC_SECURE && !asking->checking_disabled &&
                         (!truth.may_be_insecure || (message->flags & FLAG_AD) != 0);
    clients->counts.secure += (message->flags & FLAG_AD) != 0;
    if (asking->checking_disabled && oracle_may_be_lied_to(clients->net))
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
