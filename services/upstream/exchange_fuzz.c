/*
 * exchange_fuzz.c - a server that does anything at all to one question.
 *
 * The input is a row of deeds, each a kind, a length and octets: datagrams raw or with the
 * right beginning, connections opened, fed and broken, time passing. Whatever comes, the
 * question is told at most once, an answer is one to our question, and nothing is left waiting.
 */
#include "services/upstream/exchange.h"
#include "services/upstream/paper_world_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum deed { DATAGRAM, GOOD_HEAD, STREAM, STREAM_GOOD_HEAD, OPEN, BREAK, PASS, ICMP, DEEDS };

static const uint8_t name[] = {7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0};
enum { QUESTION_END = HEADER_SIZE + sizeof(name) + 4, OUT_MAX = 2 + QUESTION_END + 256 };

struct fuzz {
    struct paper paper;
    struct exchange *exchange;
    struct upstream_ask ask;
    unsigned told;
};

static void told(struct upstream_ask *ask)
{
    struct fuzz *fuzz = ask->owner;

    fuzz->told++;
    ASSERT(ask->handle == NULL);
    if (ask->verdict != UPSTREAM_ANSWERED)
        return;
    ASSERT(ask->message.has_question && (ask->message.flags & FLAG_QR) != 0);
    ASSERT(question_equal(&ask->message.question, &ask->question));
}

/* Id and question of what was sent, the rest as the input has it. */
static size_t with_good_head(const uint8_t *sent, const uint8_t *data, size_t size,
                             uint8_t *out)
{
    size_t used = QUESTION_END;

    memcpy(out, sent, QUESTION_END);
    out[2] |= 0x80;
    if (size >= 10) { /* flags and counts */
        out[2] = data[0] | 0x80;
        memcpy(out + 3, data + 1, 1);
        memcpy(out + 6, data + 2, 6);
        data += 8;
        size -= 8;
    }
    memcpy(out + used, data, size);
    return used + size;
}

static bool last_stream(const struct fuzz *fuzz, unsigned *index)
{
    if (fuzz->paper.connects == 0)
        return false;
    *index = fuzz->paper.connects - 1;
    return fuzz->paper.streams[*index].waiter != NULL;
}

static void feed_stream(struct fuzz *fuzz, bool good_head, const uint8_t *data, size_t size)
{
    uint8_t out[OUT_MAX];
    unsigned index;

    if (!last_stream(fuzz, &index))
        return;
    if (!good_head || fuzz->paper.streams[index].used < 2 + QUESTION_END) {
        paper_stream_bytes(&fuzz->paper, index, slice_of(data, size));
        return;
    }
    size = with_good_head(fuzz->paper.streams[index].octets + 2, data, size, out + 2);
    bytes_put_u16(out, (uint16_t)size);
    paper_stream_bytes(&fuzz->paper, index, slice_of(out, size + 2));
}

static void feed_datagram(struct fuzz *fuzz, bool good_head, const uint8_t *data, size_t size)
{
    uint8_t out[OUT_MAX];

    if (fuzz->paper.datagram == NULL)
        return;
    if (good_head) {
        size = with_good_head(fuzz->paper.sent, data, size, out);
        data = out;
    }
    paper_datagram(&fuzz->paper, slice_of(data, size), &fuzz->ask.server);
}

static void do_deed(struct fuzz *fuzz, enum deed deed, const uint8_t *data, size_t size)
{
    unsigned index;

    switch (deed) {
    case DATAGRAM: feed_datagram(fuzz, false, data, size); break;
    case GOOD_HEAD: feed_datagram(fuzz, true, data, size); break;
    case STREAM: feed_stream(fuzz, false, data, size); break;
    case STREAM_GOOD_HEAD: feed_stream(fuzz, true, data, size); break;
    case OPEN:
        if (last_stream(fuzz, &index) && fuzz->paper.streams[index].used == 0)
            paper_open(&fuzz->paper, index);
        break;
    case BREAK:
        if (last_stream(fuzz, &index))
            paper_break(&fuzz->paper, index, (int)size);
        break;
    case PASS: paper_pass(&fuzz->paper, (int64_t)size * 4); break;
    case ICMP:
        if (fuzz->paper.datagram != NULL)
            paper_icmp(&fuzz->paper, ECONNREFUSED);
        break;
    case DEEDS: break;
    }
}

static void play(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
    struct upstream *upstream = exchange_upstream(fuzz->exchange);

    if (upstream->ask(upstream, &fuzz->ask) != STATUS_OK)
        return;
    ASSERT(fuzz->told == 0);
    while (size >= 2 && fuzz->told == 0) {
        size_t length = size_min(data[1], size - 2);

        do_deed(fuzz, (enum deed)(data[0] % DEEDS), data + 2, length);
        data += 2 + length;
        size -= 2 + length;
    }
    if (fuzz->told == 0 && size == 1)
        paper_pass(&fuzz->paper, 100000); /* whatever came: it ends by itself */
    ASSERT(fuzz->told == 1 || size != 1);
    upstream->withdraw(upstream, &fuzz->ask);
    ASSERT(fuzz->ask.handle == NULL && fuzz->paper.datagram == NULL);
    paper_pass(&fuzz->paper, 100000); /* idle connections end too */
    ASSERT(fuzz->told <= 1 && timers_next_ms(&fuzz->paper.timers) == INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct upstream_options options = {.do_ip4 = true,
                                       .do_udp = true,
                                       .do_tcp = true,
                                       .edns_buffer_size = 1232,
                                       .use_caps_for_id = size % 2 == 0,
                                       .outgoing_num_tcp = 4,
                                       .max_reuse_tcp_queries = 3,
                                       .tcp_reuse_timeout = 1000};
    struct infra_cache *infra = infra_cache_new(1 << 16, 1, (struct hash_key){1, 2});
    struct fuzz *fuzz = calloc(1, sizeof(*fuzz));
    struct budget_limits limits;

    if (fuzz == NULL || infra == NULL)
        abort();
    paper_init(&fuzz->paper);
    budget_limits_default(&limits);
    limits.most[COST_CONNECTS] = PAPER_STREAMS - 1;
    fuzz->exchange = exchange_new(&fuzz->paper.world, infra, &options, NULL, NULL);
    fuzz->ask = (struct upstream_ask){.server = addr_ip4((const uint8_t[]){192, 0, 2, 1}, 53),
                                      .question = {dname_of_wire(name), TYPE_A, CLASS_IN},
                                      .zone = dname_root,
                                      .timeout_ms = 400,
                                      .arena = arena_new(0),
                                      .budget = budget_new(&limits, fuzz->paper.now_ms),
                                      .done = told,
                                      .owner = fuzz};
    play(fuzz, data, size);
    exchange_free(fuzz->exchange);
    infra_cache_free(infra);
    budget_unref(fuzz->ask.budget);
    arena_free(fuzz->ask.arena);
    paper_clear(&fuzz->paper);
    free(fuzz);
    return 0;
}
