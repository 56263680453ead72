/*
 * exchange_bench_test.h - one question to one server on a bench, with the server played by the
 * test.
 *
 * The exchange, the infrastructure cache and the budget are the real ones, the world is one of
 * paper. Included by exchange_*test.c only, once a program.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_EXCHANGE_BENCH_TEST_H
#define TREESHREW_SERVICES_UPSTREAM_EXCHANGE_BENCH_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "services/upstream/exchange.h"
#include "services/upstream/paper_world_test.h"

#define OPT_INIT_BOOL(value)   value
#define OPT_INIT_UINT(value)   value
#define OPT_INIT_INT(value)    value
#define OPT_INIT_SIZE(value)   value
#define OPT_INIT_TEXT(value)   value
#define OPT_INIT_CHOICE(value) value
#define OPT_INIT_LIST(value)                                                                   \
    {                                                                                          \
        0, NULL                                                                                \
    }
#define OPTION(member, kind, default_, low, high, unit, reload, text)                          \
    .member = OPT_INIT_##kind(default_),
static const struct upstream_options defaults = {
#include "services/upstream/upstream.opt.def"
};
#undef OPTION

static const uint8_t example[] = {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0};
enum { EXAMPLE_SIZE = sizeof(example) };

struct bench {
    struct paper paper;
    struct upstream_options options;
    struct infra_cache *infra;
    struct exchange *exchange;
    struct upstream_ask ask;
    unsigned done, overdue, events;
};

static inline void count_event(void *context)
{
    ((struct bench *)context)->events++;
}

static inline void told(struct upstream_ask *ask)
{
    struct bench *bench = ask->owner;

    bench->done++;
    assert_null(ask->handle);
}

static inline void bench_ask(struct bench *bench)
{
    struct upstream *upstream = exchange_upstream(bench->exchange);

    bench->done = 0;
    assert_int_equal(upstream->ask(upstream, &bench->ask), STATUS_OK);
    assert_int_equal(bench->done, 0); /* never from within ask */
}

static inline void bench_new_exchange(struct bench *bench)
{
    exchange_free(bench->exchange);
    bench->exchange =
        exchange_new(&bench->paper.world, bench->infra, &bench->options, count_event, bench);
    assert_non_null(bench->exchange);
}

static inline int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct budget_limits limits;
    struct upstream_ask *ask;

    if (bench == NULL)
        return -1;
    paper_init(&bench->paper);
    bench->options = defaults;
    bench->infra = infra_cache_new(1 << 20, 1, (struct hash_key){1, 2});
    bench_new_exchange(bench);
    ask = &bench->ask;
    ask->server = addr_ip4((const uint8_t[]){192, 0, 2, 53}, 53);
    ask->question = (struct question){dname_of_wire(example), TYPE_A, CLASS_IN};
    ask->zone = dname_of_wire(example + 8);
    ask->timeout_ms = 400;
    ask->arena = arena_new(0);
    budget_limits_default(&limits);
    ask->budget = budget_new(&limits, bench->paper.now_ms);
    ask->trace = trace_new(bench->paper.now_ms);
    ask->done = told;
    ask->owner = bench;
    *state = bench;
    return 0;
}

static inline int teardown(void **state)
{
    struct bench *bench = *state;

    exchange_free(bench->exchange);
    infra_cache_free(bench->infra);
    arena_free(bench->ask.arena);
    budget_unref(bench->ask.budget);
    trace_unref(bench->ask.trace);
    paper_clear(&bench->paper);
    free(bench);
    return 0;
}

/* ---- replies ---- */

struct reply {
    size_t size;
    uint8_t octets[1024];
};

static inline void append(struct reply *reply, const void *octets, size_t size)
{
    memcpy(reply->octets + reply->size, octets, size);
    reply->size += size;
}

/* Header and question of the packet that was sent, and one A record 192.0.2.1. */
static inline struct reply good_reply_to(const uint8_t *sent)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
    struct reply reply = {.size = 0};

    append(&reply, sent, HEADER_SIZE + EXAMPLE_SIZE + 4);
    reply.octets[2] = 0x84; /* QR AA */
    reply.octets[3] = 0;
    bytes_put_u16(reply.octets + 6, 1);
    bytes_put_u16(reply.octets + 10, 0);
    append(&reply, record, sizeof(record));
    return reply;
}

static inline struct reply good_reply(const struct bench *bench)
{
    return good_reply_to(bench->paper.sent);
}

/* No records, only a header with that rcode and the question. */
static inline struct reply short_reply(const struct bench *bench, unsigned rcode)
{
    struct reply reply = good_reply(bench);

    reply.size = HEADER_SIZE + EXAMPLE_SIZE + 4;
    bytes_put_u16(reply.octets + 6, 0);
    reply.octets[3] = (uint8_t)rcode;
    return reply;
}

static inline void add_opt(struct reply *reply, uint8_t rcode_high, struct slice options)
{
    uint8_t head[] = {0, 0, 41, 0x04, 0xd0, rcode_high, 0, 0, 0, 0, 0};

    bytes_put_u16(head + 9, (uint16_t)options.size);
    append(reply, head, sizeof(head));
    if (options.size > 0)
        append(reply, options.data, options.size);
    bytes_put_u16(reply->octets + 10, 1);
}

static inline void deliver(struct bench *bench, const struct reply *reply)
{
    unsigned events = bench->events;

    paper_datagram(&bench->paper, slice_of(reply->octets, reply->size), &bench->ask.server);
    assert_true(bench->events > events); /* whoever was woken gets its turn */
}

static inline struct reply framed(const struct reply *reply)
{
    struct reply out = {.size = 2};

    bytes_put_u16(out.octets, (uint16_t)reply->size);
    append(&out, reply->octets, reply->size);
    return out;
}

/* The reply to the last question written on that connection, whose id is not the datagram's. */
static inline struct reply stream_reply(const struct bench *bench, unsigned index)
{
    const struct paper_stream *stream = &bench->paper.streams[index];
    size_t at = 0, last = 0;

    while (at < stream->used) {
        last = at;
        at += 2u + bytes_u16(stream->octets + at);
    }
    assert_true(at == stream->used && at > 0);
    return good_reply_to(stream->octets + last + 2);
}

static inline void deliver_stream(struct bench *bench, unsigned index,
                                  const struct reply *reply)
{
    struct reply out = framed(reply);

    paper_stream_bytes(&bench->paper, index, slice_of(out.octets, out.size));
}

static inline void assert_answered(struct bench *bench)
{
    const struct upstream_ask *ask = &bench->ask;
    const struct rrset *set;

    assert_int_equal(bench->done, 1);
    assert_int_equal(ask->verdict, UPSTREAM_ANSWERED);
    set = message_find(&ask->message, SECTION_ANSWER, ask->question.qname, TYPE_A);
    assert_non_null(set);
    assert_int_equal(rrset_rdata(set, 0).data[3], 1);
    assert_null(bench->paper.datagram); /* nothing waits any more */
}

/* How many events of that kind the trace has. */
static inline unsigned traced(const struct bench *bench, enum trace_kind kind)
{
    unsigned count = 0;

    for (const struct trace_event *event = trace_first(bench->ask.trace); event != NULL;
         event = event->next)
        if (event->kind == kind)
            count++;
    return count;
}

/* Options of the OPT record that was sent; size 0 when there is none. */
static inline struct slice sent_cookie(const uint8_t *sent, size_t size)
{
    size_t at = HEADER_SIZE + EXAMPLE_SIZE + 4 + 11;

    if (size <= at || bytes_u16(sent + at) != EDNS_COOKIE)
        return slice_of(NULL, 0);
    return slice_of(sent + at + 4, bytes_u16(sent + at + 2));
}

/* ---- replies that are spoilt ---- */

static inline void wrong_id(struct reply *reply)
{
    reply->octets[1] ^= 1;
}
static inline void other_type(struct reply *reply)
{
    reply->octets[HEADER_SIZE + EXAMPLE_SIZE + 1] = TYPE_AAAA;
}
static inline void lone_formerr(struct reply *reply)
{
    memset(reply->octets + 4, 0, 8);
    reply->octets[3] = RCODE_FORMERR;
    reply->size = HEADER_SIZE;
}
static inline void cut_off(struct reply *reply)
{
    reply->size -= 2;
}

#endif
