/*
 * loss_test.c - thousands of questions on a network that loses packets: how many fail, and how
 * long it takes.
 *
 * The resolver and the exchange of the daemon on a simulated world (sim_world.h), so that a
 * seed gives the same figures on every machine. The internet is a rule and not a model: the
 * root knows top-level domains, these know zones, these know any name; each of the three floors
 * has servers of its own, and two questions in five are the first of their zone. Twenty
 * questions are under way at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/resolver.h"
#include "services/query/mesh.h"
#include "services/upstream/exchange.h"
#include "testcode/message_of.h"
#include "testcode/sim_world.h"
#include "util/text.h"

enum {
    QUESTIONS = 10000,
    UNDER_WAY = 20,
    TOPS = 20,
    FLOORS = 3, /* root, tops, zones */
    SYN_AGAIN_MS = 1000, /* when TCP repeats what was lost (RFC 6298 section 2): while it knows nothing, */
    DATA_AGAIN_MS = 200, /* and later, as Linux has it */
    PATIENCE_MS = 8000
};

/* How a network treats its packets. */
struct weather {
    const char *why;
    unsigned servers;                   /* of each zone */
    uint32_t loss_permil, back_permil; /* of what goes to servers, of what they say */
    uint32_t stream_permil;            /* of TCP's segments, there and back */
    uint32_t rtt_ms, jitter_ms;
    unsigned failures_max, p99_ms_max, dearness_max; /* packets to servers for a hundred questions */
    unsigned silent_from; /* that question on the zones' servers say nothing any more; 0: never */
};

struct asking {
    unsigned number;
    bool open;
    int64_t asked_ms;
    uint8_t qname[DNAME_MAX];
};

struct play {
    const struct weather *weather;
    struct sim_network network;
    struct sim_world world;
    struct sim_random random;
    struct arena *scratch;
    struct resolver_shared *shared;
    struct exchange *exchange;
    struct resolver *resolver;
    struct log log;
    struct channel channel;
    struct asking askings[UNDER_WAY];
    unsigned asked, answered, failed;
    uint64_t sent, by_tcp;
    uint32_t *waited_ms;
};

/* ---- the servers ---- */

static void add_delegation(struct text *text, unsigned floor, unsigned servers, const char *zone)
{
    text_printf(text, "authority\n");
    for (unsigned i = 1; i <= servers; i++)
        text_printf(text, "%s NS ns%u.%s\n", zone, i, zone);
    text_printf(text, "additional\n");
    for (unsigned i = 1; i <= servers; i++)
        text_printf(text, "ns%u.%s A 1.0.%u.%u\n", i, zone, floor, i);
}

/* The records that the servers of a floor have for a question. */
static const char *records_for(struct play *play, unsigned floor, const struct question *question,
                               uint16_t *flags)
{
    struct text text = text_in(play->scratch);
    char zone[DNAME_TEXT_MAX], owner[DNAME_TEXT_MAX];
    struct dname qname = question->qname;

    *flags = FLAG_QR;
    if (qname.labels > floor) {
        dname_to_text(dname_ancestor(qname, (uint8_t)(floor + 1)), zone);
        if (floor + 1 < FLOORS) {
            add_delegation(&text, floor + 1, play->weather->servers, zone);
            return text_done(&text);
        }
    }
    *flags |= FLAG_AA;
    dname_to_text(qname, owner);
    dname_to_text(dname_ancestor(qname, (uint8_t)floor), zone);
    if (question->qtype == TYPE_A && qname.labels > floor)
        text_printf(&text, "%s A 192.0.2.1\n", owner);
    else if (question->qtype == TYPE_NS && qname.labels == floor)
        for (unsigned i = 1; i <= play->weather->servers; i++)
            text_printf(&text, "%s NS ns%u.%s\n", owner, i, floor == 0 ? "" : zone);
    else
        text_printf(&text, "authority\n%s SOA ns1.%s host.%s 1 3600 900 604800 60\n", zone,
                    floor == 0 ? "" : zone, floor == 0 ? "" : zone);
    return text_done(&text);
}

/* @return octets written. */
static size_t reply_to(struct play *play, const struct addr *server, struct slice packet,
                       uint8_t *octets)
{
    struct sink out = sink_of(octets, MESSAGE_MAX);
    struct message_write how = {.size_max = 1232, .original_ttl = true};
    char question[DNAME_TEXT_MAX + TYPE_TEXT_MAX + 2], type[TYPE_TEXT_MAX], name[DNAME_TEXT_MAX];
    struct message query, *reply;
    const char *records;
    uint16_t flags;

    arena_reset(play->scratch);
    assert_int_equal(message_read(packet, play->scratch, 0, &query), STATUS_OK);
    records = records_for(play, server->bytes[2], &query.question, &flags);
    snprintf(question, sizeof(question), "%s %s", dname_to_text(query.question.qname, name),
             rrtype_to_text(query.question.qtype, type));
    reply = message_of(play->scratch, question, RCODE_NOERROR, flags, records);
    reply->question = query.question; /* the case of its letters */
    reply->id = query.id;
    reply->edns = (struct edns){.present = true, .udp_size = 1232};
    assert_int_equal(message_write(reply, &how, &out), STATUS_OK);
    return out.used;
}

static struct play *ours(struct sim_network *network)
{
    return CONTAINER_OF(network, struct play, network);
}

static uint32_t way_ms(struct play *play)
{
    return play->weather->rtt_ms + sim_below(&play->random, play->weather->jitter_ms + 1);
}

static bool is_silent(const struct play *play, const struct addr *server)
{
    return play->weather->silent_from != 0 && play->asked >= play->weather->silent_from &&
           server->bytes[2] == FLOORS - 1;
}

static int reach(struct sim_network *network, const struct addr *to)
{
    (void)network;
    (void)to;
    return 0;
}

static void datagram(struct sim_network *network, uint64_t port, const struct addr *to,
                     struct slice packet)
{
    struct play *play = ours(network);
    uint8_t octets[MESSAGE_MAX];
    uint32_t delay_ms = way_ms(play);

    play->sent++;
    if (is_silent(play, to) || sim_chance(&play->random, play->weather->loss_permil) ||
        sim_chance(&play->random, play->weather->back_permil))
        return;
    sim_datagram_in(&play->world, port, to,
                    slice_of(octets, reply_to(play, to, packet, octets)), delay_ms);
}

/* TCP repeats what is lost by itself. */
static uint32_t way_of_stream_ms(struct play *play, uint32_t again_ms)
{
    uint32_t delay_ms = way_ms(play);

    while (sim_chance(&play->random, play->weather->stream_permil)) {
        delay_ms += again_ms;
        again_ms *= 2;
    }
    return delay_ms;
}

static void connecting(struct sim_network *network, uint64_t stream, const struct addr *to)
{
    struct play *play = ours(network);

    if (!is_silent(play, to))
        sim_stream_open(&play->world, stream, way_of_stream_ms(play, SYN_AGAIN_MS));
}

static void message(struct sim_network *network, uint64_t stream, const struct addr *to,
                    struct slice packet)
{
    struct play *play = ours(network);
    uint8_t octets[2 + MESSAGE_MAX];
    size_t size = reply_to(play, to, packet, octets + 2);

    play->sent++;
    play->by_tcp++;
    if (is_silent(play, to))
        return;
    bytes_put_u16(octets, (uint16_t)size);
    sim_stream_in(&play->world, stream, slice_of(octets, 2 + size),
                  way_of_stream_ms(play, DATA_AGAIN_MS));
}

/* ---- the clients ---- */

/* Of five questions two are the first of their zone, the others go to one that was asked before. */
static unsigned zone_of(struct play *play, unsigned number)
{
    unsigned fresh = number / 5 * 2 + number % 5;

    return number % 5 < 2 || fresh < 2 * UNDER_WAY ? fresh
                                                   : sim_below(&play->random, fresh - 2 * UNDER_WAY);
}

static void ask(struct play *play, struct asking *asking)
{
    static const uint8_t client[] = {127, 0, 0, 1}, server[] = {127, 0, 0, 53};
    struct peer peer = {.from = addr_ip4(client, (uint16_t)(1024 + (asking - play->askings))),
                        .to = addr_ip4(server, 53)};
    unsigned number = play->asked++, zone = zone_of(play, number);
    uint8_t octets[512];
    struct sink out = sink_of(octets, sizeof(octets));
    char text[64];
    struct dname qname;

    snprintf(text, sizeof(text), "h%u.z%u.t%u.", number, zone, zone % TOPS);
    assert_int_equal(dname_from_text(text, asking->qname, &qname), STATUS_OK);
    asking->number = number;
    asking->open = true;
    asking->asked_ms = play->world.now_ms;
    sink_u16(&out, (uint16_t)number);
    sink_u16(&out, FLAG_RD);
    sink_u16(&out, 1);
    sink_u16(&out, 0);
    sink_u16(&out, 0);
    sink_u16(&out, 0);
    dname_write(&out, qname);
    sink_u16(&out, TYPE_A);
    sink_u16(&out, CLASS_IN);
    resolver_receive(play->resolver, &play->channel, &peer, sink_written(&out));
}

static void answered(struct channel *channel, const struct peer *peer, struct slice packet)
{
    struct play *play = CONTAINER_OF(channel, struct play, channel);
    struct asking *asking = &play->askings[peer->from.port - 1024];

    assert_true(asking->open && packet.size > HEADER_SIZE);
    asking->open = false;
    play->waited_ms[play->answered++] = (uint32_t)(play->world.now_ms - asking->asked_ms);
    if ((packet.data[3] & 15) != RCODE_NOERROR)
        play->failed++;
}

static void do_nothing(struct channel *channel)
{
    (void)channel;
}

/* ---- a play ---- */

static const char *read_hints(void *context, const char *name, struct arena *arena)
{
    struct play *play = context;
    struct text text = text_in(arena);

    (void)name;
    for (unsigned i = 1; i <= play->weather->servers; i++)
        text_printf(&text, ". 3600 NS ns%u.\nns%u. 3600 A 1.0.0.%u\n", i, i, i);
    return text_done(&text);
}

static void complain(void *context, const struct opt_item *item, const char *words)
{
    (void)context;
    (void)item;
    fail_msg("%s", words);
}

static void after_event(void *context)
{
    resolver_run(((struct play *)context)->resolver);
}

static void write_log(struct log *log, struct log_record *record)
{
    (void)log;
    (void)record;
}

static struct options *read_options(void)
{
    static const char text[] = "server:\n  root-hints: hints\n  do-ip6: no\n";
    struct options *options = options_new();
    struct arena *arena = arena_new(0);
    struct conf_report report;

    conf_report_init(&report, arena);
    assert_int_equal(options_read_text(options, "loss.conf", text, strlen(text), &report), STATUS_OK);
    arena_free(arena);
    return options;
}

static void begin(struct play *play)
{
    struct resolver_hooks hooks = {.no_built_in_anchors = true};

    play->network = (struct sim_network){reach, datagram, connecting, message};
    play->random = sim_random_of(1, 1);
    play->scratch = arena_new(0);
    play->waited_ms = calloc(QUESTIONS, sizeof(*play->waited_ms));
    play->log = (struct log){.level = LOG_LEVEL_ERROR, .write = write_log};
    play->channel = (struct channel){TRANSPORT_UDP, answered, do_nothing, do_nothing, NULL};
    sim_world_init(&play->world, sim_random_of(1, 2), &play->network);
    play->shared = resolver_shared_new(read_options(), &play->world.world, &hooks, complain,
                                       read_hints, play);
    assert_non_null(play->shared);
    play->exchange =
        exchange_new(&play->world.world, resolver_infra(play->shared),
                     &resolver_options(play->shared)->upstream, after_event, play);
    assert_non_null(play->exchange);
    play->resolver = resolver_new(play->shared, &play->world.world,
                                  exchange_upstream(play->exchange), &play->log);
    assert_non_null(play->resolver);
}

static void end(struct play *play)
{
    resolver_free(play->resolver);
    exchange_free(play->exchange);
    resolver_shared_free(play->shared);
    sim_world_clear(&play->world);
    arena_free(play->scratch);
    free(play->waited_ms);
}

static void ask_all(struct play *play)
{
    while (play->answered < QUESTIONS) {
        for (unsigned i = 0; i < UNDER_WAY && play->asked < QUESTIONS; i++)
            if (!play->askings[i].open)
                ask(play, &play->askings[i]);
        resolver_run(play->resolver);
        if (!sim_world_step(&play->world, play->world.now_ms + PATIENCE_MS))
            fail_msg("nothing happens any more after %u answers", play->answered);
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static void survives(const struct weather *weather)
{
    struct play play = {.weather = weather};
    unsigned p99_ms, dearness;

    begin(&play);
    ask_all(&play);
    qsort(play.waited_ms, QUESTIONS, sizeof(*play.waited_ms), compare);
    p99_ms = play.waited_ms[QUESTIONS * 99 / 100];
    dearness = (unsigned)(play.sent * 100 / QUESTIONS);
    print_message("%s: %u failed, p50 %u ms, p99 %u ms, p99.9 %u ms, most %u ms, %u packets for 100 "
                  "questions, %u by TCP\n",
                  weather->why, play.failed, (unsigned)play.waited_ms[QUESTIONS / 2], p99_ms,
                  (unsigned)play.waited_ms[QUESTIONS * 999 / 1000],
                  (unsigned)play.waited_ms[QUESTIONS - 1], dearness,
                  (unsigned)(play.by_tcp * 100 / QUESTIONS));
    end(&play);
    if (play.failed > weather->failures_max || p99_ms > weather->p99_ms_max ||
        dearness > weather->dearness_max)
        fail_msg("%s: too many failed, too slow, or too dear", weather->why);
}

static void questions_get_through(void **state)
{
    static const struct weather weathers[] = {
        {"nothing is lost", 2, 0, 0, 0, 1, 3, 0, 10, 145, 0},
        {"30 of 100 questions by UDP are lost", 2, 300, 0, 0, 1, 3, 0, 200, 210, 0},
        /* Three questions are all that a server gets: one in some thousands may be lost for
         * good. What is allowed here is twice and more of what other seeds have shown. */
        {"TCP loses as much", 2, 300, 0, 300, 1, 3, 3, 250, 210, 0},
        {"the same, far servers", 2, 300, 0, 300, 40, 20, 3, 600, 210, 0},
        {"the same, three servers a zone", 3, 300, 0, 300, 1, 3, 3, 200, 210, 0},
        {"the same, six servers a zone", 6, 300, 0, 300, 1, 3, 3, 200, 220, 0},
        {"the same, one server a zone", 1, 300, 0, 300, 1, 3, 200, 3000, 210, 0},
        {"30 of 100 packets are lost, each way", 2, 300, 300, 510, 1, 3, 500, 3500, 300, 0},
        /* The first to ask wait for what may only be loss; soon the servers count as dead. */
        {"the zones' servers fall silent", 2, 0, 0, 0, 1, 3, QUESTIONS, 3500, 260, 100},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(weathers); i++)
        survives(&weathers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_get_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
