/*
 * planted.c - the wrappers in which planted faults sit.
 *
 * lower_*: the world under the exchange; each waiting datagram gets a tap between the simulated
 * network and the exchange. upper_*: the world under the resolver, clock and timers only.
 * upstream_*: the seam between them; each ask gets a tap that sees the reply first.
 */
#include "testcode/planted.h"

#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 1024, SENDS_MORE = 3, WAKEUPS_UNTIL_LOSS = 12, QUESTION_TAIL = 4 };

struct datagram_tap {
    struct link link;
    struct planted *planted;
    struct datagram_waiter own;
    struct datagram_waiter *real; /* NULL: it has been forgotten, but its port is still open */
    struct addr to;
    size_t sent_size;
    uint8_t sent[PACKET_MAX];
};

struct ask_tap {
    struct link link;
    struct planted *planted;
    struct upstream_ask *ask;
    void (*done)(struct upstream_ask *ask);
    void *owner;
};

const char *planted_words(enum planted_fault fault)
{
    static const char *const words[] = {
#define PLANTED_WORDS(name, words_) words_,
        PLANTED_TABLE(PLANTED_WORDS)
#undef PLANTED_WORDS
    };

    return words[fault];
}

/* ---- under the exchange ---- */

static struct planted *of_lower(struct world *world)
{
    return CONTAINER_OF(world, struct planted, lower);
}

static void tap_free(struct datagram_tap *tap)
{
    list_remove(&tap->link);
    free(tap);
}

/* Header and question of what was sent, in front of the rest of what came. @return the new
 * size. */
static size_t put_question(const struct datagram_tap *tap, struct slice packet, uint8_t *out)
{
    struct cursor sent = cursor_of(slice_of(tap->sent, tap->sent_size));
    struct cursor came = cursor_of(packet);
    struct dname name;
    size_t sent_end, came_end;

    cursor_bytes(&sent, HEADER_SIZE);
    cursor_bytes(&came, HEADER_SIZE);
    if (dname_read_plain(&sent, &name) != STATUS_OK ||
        dname_read_plain(&came, &name) != STATUS_OK)
        return 0;
    sent_end = cursor_offset(&sent) + QUESTION_TAIL;
    came_end = cursor_offset(&came) + QUESTION_TAIL;
    if (came_end > packet.size || sent_end + packet.size > MESSAGE_MAX)
        return 0;
    memcpy(out, packet.data, HEADER_SIZE);
    memcpy(out + HEADER_SIZE, tap->sent + HEADER_SIZE, sent_end - HEADER_SIZE);
    memcpy(out + sent_end, packet.data + came_end, packet.size - came_end);
    return sent_end + packet.size - came_end;
}

static void tap_received(struct datagram_waiter *waiter, struct slice packet,
                         const struct addr *from)
{
    struct datagram_tap *tap = CONTAINER_OF(waiter, struct datagram_tap, own);
    struct datagram_waiter *real = tap->real;
    uint8_t octets[MESSAGE_MAX];
    size_t size = packet.size, changed;
    struct addr source = *from;

    if (real == NULL)
        return;
    memcpy(octets, packet.data, packet.size);
    if (packet.size >= HEADER_SIZE) {
        switch (tap->planted->fault) {
        case PLANTED_WRONG_ID: memcpy(octets, tap->sent, sizeof(uint16_t)); break;
        case PLANTED_WRONG_SOURCE: source = tap->to; break;
        case PLANTED_IGNORES_TC: octets[2] &= (uint8_t) ~(FLAG_TC >> 8); break;
        case PLANTED_WRONG_QUESTION:
            changed = put_question(tap, packet, octets);
            size = changed == 0 ? size : changed;
            break;
        default: break;
        }
    }
    real->received(real, slice_of(octets, size), &source); /* may forget, and free the tap */
}

static void tap_failed(struct datagram_waiter *waiter, int error)
{
    struct datagram_tap *tap = CONTAINER_OF(waiter, struct datagram_tap, own);
    struct datagram_waiter *real = tap->real;

    tap_free(tap);
    if (real == NULL)
        return;
    real->handle = NULL;
    real->failed(real, error);
}

/* The last count of the header: OPT is all that a question of ours can carry there. */
static bool has_edns(struct slice packet)
{
    return packet.size >= HEADER_SIZE && bytes_u16(packet.data + HEADER_SIZE - 2) != 0;
}

static int reach_anybody(struct sim_network *network, const struct addr *to)
{
    (void)network, (void)to;
    return 0;
}

static void lose_datagram(struct sim_network *network, uint64_t port, const struct addr *to,
                          struct slice packet)
{
    (void)network, (void)port, (void)to, (void)packet;
}

/* A port is open, but the packet is gone. */
static enum status send_nowhere(struct sim_world *sim, const struct addr *to,
                                struct slice packet, struct datagram_waiter *waiter)
{
    struct sim_network nowhere = {.reach = reach_anybody, .datagram = lose_datagram};
    struct sim_network *network = sim->network;
    enum status status;

    sim->network = &nowhere;
    status = sim->world.send(&sim->world, to, NULL, packet, waiter);
    sim->network = network;
    return status;
}

static enum status lower_send(struct world *world, const struct addr *to,
                              const struct addr *from, struct slice packet,
                              struct datagram_waiter *waiter)
{
    struct planted *planted = of_lower(world);
    struct sim_world *sim = planted->sim;
    struct datagram_tap *tap = calloc(1, sizeof(*tap));
    enum status status;

    if (tap == NULL || packet.size > sizeof(tap->sent)) {
        free(tap);
        return STATUS_NO_MEMORY;
    }
    tap->planted = planted;
    tap->own.received = tap_received;
    tap->own.failed = tap_failed;
    tap->real = waiter;
    tap->to = *to;
    tap->sent_size = packet.size;
    memcpy(tap->sent, packet.data, packet.size);
    if (planted->fault == PLANTED_NEVER_PLAIN && !has_edns(packet))
        status = send_nowhere(sim, to, packet, &tap->own);
    else
        status = sim->world.send(&sim->world, to, from, packet, &tap->own);
    if (status != STATUS_OK) {
        free(tap);
        return status;
    }
    for (int i = 0; planted->fault == PLANTED_SENDS_FOUR_TIMES && i < SENDS_MORE; i++)
        sim->network->datagram(sim->network, 0, to, packet);
    list_append(&planted->datagrams, &tap->link);
    waiter->handle = tap;
    return STATUS_OK;
}

static void lower_forget(struct world *world, struct datagram_waiter *waiter)
{
    struct planted *planted = of_lower(world);
    struct datagram_tap *tap = waiter->handle;

    if (tap == NULL)
        return;
    waiter->handle = NULL;
    tap->real = NULL;
    if (planted->fault == PLANTED_KEEPS_PORTS)
        return;
    planted->sim->world.forget(&planted->sim->world, &tap->own);
    tap_free(tap);
}

static enum status lower_connect(struct world *world, const struct addr *to,
                                 const struct addr *from, const char *tls_name,
                                 struct stream_waiter *waiter)
{
    struct world *below = &of_lower(world)->sim->world;

    return below->connect(below, to, from, tls_name, waiter);
}

static enum status lower_write(struct world *world, struct stream_waiter *waiter,
                               struct slice bytes)
{
    struct world *below = &of_lower(world)->sim->world;

    return below->write(below, waiter, bytes);
}

static void lower_close(struct world *world, struct stream_waiter *waiter)
{
    struct world *below = &of_lower(world)->sim->world;

    below->close(below, waiter);
}

static int64_t lower_mono_ms(struct world *world)
{
    return of_lower(world)->sim->now_ms;
}

static int64_t lower_wall_s(struct world *world)
{
    struct world *below = &of_lower(world)->sim->world;

    return below->wall_s(below);
}

static void lower_random(struct world *world, void *bytes, size_t size)
{
    struct world *below = &of_lower(world)->sim->world;

    below->random(below, bytes, size);
}

static enum status lower_timer_set(struct world *world, struct timer *timer, int64_t at_ms)
{
    return timers_set(&of_lower(world)->sim->timers, timer, at_ms);
}

static void lower_timer_stop(struct world *world, struct timer *timer)
{
    timers_stop(&of_lower(world)->sim->timers, timer);
}

/* ---- under the resolver ---- */

static struct planted *of_upper(struct world *world)
{
    return CONTAINER_OF(world, struct planted, upper);
}

/* Half as fast since the beginning; its timers still fire when they should. */
static int64_t upper_mono_ms(struct world *world)
{
    struct planted *planted = of_upper(world);

    return planted->started_ms + (planted->sim->now_ms - planted->started_ms) / 2;
}

static enum status upper_timer_set(struct world *world, struct timer *timer, int64_t at_ms)
{
    struct planted *planted = of_upper(world);
    int64_t wait_ms = time_max(at_ms - upper_mono_ms(world), 0);

    return timers_set(&planted->sim->timers, timer, planted->sim->now_ms + wait_ms);
}

static void upper_timer_stop(struct world *world, struct timer *timer)
{
    timers_stop(&of_upper(world)->sim->timers, timer);
}

static int64_t upper_wall_s(struct world *world)
{
    struct world *below = &of_upper(world)->sim->world;

    return below->wall_s(below);
}

static void upper_random(struct world *world, void *bytes, size_t size)
{
    struct world *below = &of_upper(world)->sim->world;

    below->random(below, bytes, size);
}

/* ---- between them ---- */

static struct planted *of_upstream(struct upstream *upstream)
{
    return CONTAINER_OF(upstream, struct planted, upstream);
}

/* A copy of the set with a record less. */
static const struct rrset *without_last(struct arena *arena, const struct rrset *set)
{
    bool *stays = ARENA_ARRAY(arena, bool, (size_t)set->rr_count + set->rrsig_count);

    for (size_t i = 0; stays != NULL && i + 1 < set->rr_count; i++)
        stays[i] = true;
    return stays == NULL ? NULL : rrset_filter_in(arena, set, stays);
}

static const struct rrset *with_twice_the_ttl(struct arena *arena, const struct rrset *set)
{
    struct rrset *copy = rrset_copy_in(arena, set);

    if (copy != NULL) {
        copy->expires_s += copy->ttl_s;
        copy->ttl_s *= 2;
    }
    return copy;
}

static void change_sets(struct upstream_ask *ask, enum planted_fault fault)
{
    struct message *message = &ask->message;

    for (size_t i = 0; i < message_rrsets(message); i++) {
        const struct rrset *set = message->rrsets[i], *other = set;

        if (fault == PLANTED_DOUBLES_TTL)
            other = with_twice_the_ttl(ask->arena, set);
        else if (i < message->count[SECTION_ANSWER] && set->rr_count > 1)
            other = without_last(ask->arena, set);
        if (other != NULL)
            message->rrsets[i] = other;
    }
}

/* What a lame server did not say: a denial by the zone. */
static void believe_lame(struct upstream_ask *ask)
{
    static const uint8_t octets[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0,
                                     0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 60};
    static const struct slice rdata = {octets, sizeof(octets)};
    struct message *message = &ask->message;
    struct rrset_parts parts = {.owner = ask->zone,
                                .type = TYPE_SOA,
                                .rrclass = CLASS_IN,
                                .ttl_s = 60,
                                .now_s = 0,
                                .rdata = &rdata,
                                .rr_count = 1};
    const struct rrset *soa = rrset_in(ask->arena, &parts);

    if (soa == NULL || message->rcode != RCODE_NOERROR || (message->flags & FLAG_AA) != 0 ||
        message->count[SECTION_ANSWER] != 0 || message->count[SECTION_ADDITIONAL] != 0)
        return;
    for (size_t i = 0; i < message->count[SECTION_AUTHORITY]; i++)
        if (dname_is_below(rrset_owner(message->rrsets[i]), ask->zone))
            return; /* a referral without glue */
    message->rrsets = ARENA_ARRAY(ask->arena, const struct rrset *, 1);
    if (message->rrsets == NULL)
        return;
    message->rrsets[0] = soa;
    message->count[SECTION_AUTHORITY] = 1;
    message->flags |= FLAG_AA;
}

static bool is_nodata(const struct message *message)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);

    return message->rcode == RCODE_NOERROR && message->count[SECTION_ANSWER] == 0 &&
           count > 0 && sets[0]->type == TYPE_SOA;
}

/* @return false: nobody is told. */
static bool spoil(struct planted *planted, struct upstream_ask *ask)
{
    struct message *message = &ask->message;

    if (planted->fault == PLANTED_LOSES_WAKEUP)
        return ++planted->turn % WAKEUPS_UNTIL_LOSS != 0;
    if (ask->verdict != UPSTREAM_ANSWERED)
        return true;
    switch (planted->fault) {
    case PLANTED_DROPS_RECORD:
    case PLANTED_DOUBLES_TTL: change_sets(ask, planted->fault); break;
    case PLANTED_NODATA_IS_NXDOMAIN:
        if (is_nodata(message))
            message->rcode = RCODE_NXDOMAIN;
        break;
    case PLANTED_GIVES_UP:
        if (message->rcode == RCODE_SERVFAIL || message->rcode == RCODE_REFUSED)
            ask->verdict = UPSTREAM_LIMIT;
        break;
    case PLANTED_BELIEVES_LAME: believe_lame(ask); break;
    case PLANTED_FORGETS_ADDRESS:
        if (message->count[SECTION_ANSWER] == 0 && message->count[SECTION_ADDITIONAL] > 1)
            message->count[SECTION_ADDITIONAL] = 1;
        break;
    default: break;
    }
    return true;
}

static void tap_done(struct upstream_ask *ask)
{
    struct ask_tap *tap = ask->owner;
    struct planted *planted = tap->planted;
    bool told;

    ask->owner = tap->owner;
    ask->done = tap->done;
    list_remove(&tap->link);
    free(tap);
    told = spoil(planted, ask);
    if (told)
        ask->done(ask);
}

static enum status upstream_ask(struct upstream *upstream, struct upstream_ask *ask)
{
    struct planted *planted = of_upstream(upstream);
    struct ask_tap *tap = calloc(1, sizeof(*tap));
    enum status status;

    if (tap == NULL)
        return STATUS_NO_MEMORY;
    *tap = (struct ask_tap){
        .planted = planted, .ask = ask, .done = ask->done, .owner = ask->owner};
    ask->owner = tap;
    ask->done = tap_done;
    status = planted->exchange->ask(planted->exchange, ask);
    if (status == STATUS_OK) {
        list_append(&planted->asks, &tap->link);
        return STATUS_OK;
    }
    ask->owner = tap->owner;
    ask->done = tap->done;
    free(tap);
    return status;
}

static void upstream_withdraw(struct upstream *upstream, struct upstream_ask *ask)
{
    struct planted *planted = of_upstream(upstream);

    planted->exchange->withdraw(planted->exchange, ask);
    LIST_EACH(&planted->asks, link)
    {
        struct ask_tap *tap = CONTAINER_OF(link, struct ask_tap, link);

        if (tap->ask != ask)
            continue;
        list_remove(&tap->link);
        free(tap);
        return;
    }
}

/* ---- putting together ---- */

void planted_init(struct planted *planted, enum planted_fault fault, struct sim_world *sim)
{
    *planted = (struct planted){
        .fault = fault,
        .sim = sim,
        .lower = {lower_mono_ms, lower_wall_s, lower_random, lower_timer_set, lower_timer_stop,
                  lower_send, lower_forget, lower_connect, lower_write, lower_close},
        .upper = sim->world, /* packets are the exchange's alone */
        .upstream = {upstream_ask, upstream_withdraw},
        .started_ms = sim->now_ms};
    planted->upper.mono_ms = upper_mono_ms;
    planted->upper.wall_s = upper_wall_s;
    planted->upper.random = upper_random;
    planted->upper.timer_set = upper_timer_set;
    planted->upper.timer_stop = upper_timer_stop;
    list_init(&planted->datagrams);
    list_init(&planted->asks);
}

void planted_clear(struct planted *planted)
{
    struct link *link;

    while ((link = list_first(&planted->datagrams)) != NULL)
        tap_free(CONTAINER_OF(link, struct datagram_tap, link));
    while ((link = list_take(&planted->asks)) != NULL)
        free(CONTAINER_OF(link, struct ask_tap, link));
}

struct world *planted_lower(struct planted *planted)
{
    switch (planted->fault) {
    case PLANTED_WRONG_ID:
    case PLANTED_WRONG_SOURCE:
    case PLANTED_WRONG_QUESTION:
    case PLANTED_IGNORES_TC:
    case PLANTED_SENDS_FOUR_TIMES:
    case PLANTED_KEEPS_PORTS:
    case PLANTED_NEVER_PLAIN: return &planted->lower;
    default: return &planted->sim->world;
    }
}

struct world *planted_upper(struct planted *planted)
{
    return planted->fault == PLANTED_SLOW_CLOCK ? &planted->upper : &planted->sim->world;
}

struct upstream *planted_upstream(struct planted *planted, struct upstream *exchange)
{
    planted->exchange = exchange;
    switch (planted->fault) {
    case PLANTED_DROPS_RECORD:
    case PLANTED_DOUBLES_TTL:
    case PLANTED_LOSES_WAKEUP:
    case PLANTED_NODATA_IS_NXDOMAIN:
    case PLANTED_GIVES_UP:
    case PLANTED_BELIEVES_LAME:
    case PLANTED_FORGETS_ADDRESS: return &planted->upstream;
    default: return exchange;
    }
}

const char *planted_config(const struct planted *planted)
{
    return planted->fault == PLANTED_DROPS_EDE ? "  ede: no\n" : "";
}

bool planted_mixes_answers(const struct planted *planted)
{
    return planted->fault == PLANTED_MIXES_ANSWERS;
}
