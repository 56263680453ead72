/*
 * conn_test.c - reused connections: ids, order, framing, ends; the servers are played by the
 * test.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "services/upstream/conn.h"
#include "services/upstream/paper_world_test.h"

enum { PACKET_SIZE = 20, ASKS = 4 };

struct told {
    struct conn_ask ask;
    unsigned answers, failures;
    int error;
    bool worn;
    size_t size;
    uint8_t first; /* octet behind the header */
};

struct bench {
    struct paper paper;
    struct conns *conns;
    struct addr server;
    unsigned events;
    uint8_t packet[PACKET_SIZE];
    struct told told[ASKS];
};

static void answered(struct conn_ask *ask, struct slice message)
{
    struct told *told = CONTAINER_OF(ask, struct told, ask);

    told->answers++;
    told->size = message.size;
    told->first = message.size > 12 ? message.data[12] : 0;
}

static void failed(struct conn_ask *ask, int error, bool worn)
{
    struct told *told = CONTAINER_OF(ask, struct told, ask);

    told->failures++;
    told->error = error;
    told->worn = worn;
}

static void count_event(void *context)
{
    ((struct bench *)context)->events++;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    if (bench == NULL)
        return -1;
    paper_init(&bench->paper);
    bench->conns = conns_new(&bench->paper.world, count_event, bench);
    conns_set_limits(bench->conns, &(struct conn_limits){3, 5, 1000});
    bench->server = addr_ip4((const uint8_t[]){192, 0, 2, 53}, 53);
    for (size_t i = 0; i < ASKS; i++) {
        bench->told[i].ask.packet = slice_of(bench->packet, PACKET_SIZE);
        bench->told[i].ask.answered = answered;
        bench->told[i].ask.failed = failed;
    }
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    conns_free(bench->conns);
    paper_clear(&bench->paper);
    free(bench);
    return 0;
}

static enum status ask(struct bench *bench, size_t index)
{
    return conns_ask(bench->conns, &bench->server, NULL, NULL, false, &bench->told[index].ask);
}

/* One answer as it stands in a stream. @return octets written. */
static size_t put_answer(uint8_t *out, uint16_t id, uint8_t first)
{
    memset(out, 0, 2 + PACKET_SIZE);
    bytes_put_u16(out, PACKET_SIZE);
    bytes_put_u16(out + 2, id);
    out[2 + 12] = first;
    return 2 + PACKET_SIZE;
}

static void answers_come_in_any_order(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[3 * (2 + PACKET_SIZE)];
    size_t used = 0;

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ask(bench, i), STATUS_OK);
    assert_int_equal(bench->paper.connects, 1);
    assert_int_equal(bench->paper.streams[0].used, 0); /* not open yet */
    paper_open(&bench->paper, 0);
    assert_int_equal(bench->paper.streams[0].used, 3 * (2 + PACKET_SIZE));
    assert_int_equal(bytes_u16(bench->paper.streams[0].octets), PACKET_SIZE);
    assert_int_equal(bytes_u16(bench->paper.streams[0].octets + 2), bench->told[0].ask.id);
    for (size_t i = 3; i-- > 0;)
        used += put_answer(octets + used, bench->told[i].ask.id, (uint8_t)(i + 1));
    paper_stream_bytes(&bench->paper, 0, slice_of(octets, used));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench->told[i].answers, 1);
        assert_int_equal(bench->told[i].first, i + 1);
        assert_int_equal(bench->told[i].size, PACKET_SIZE);
    }
    assert_int_equal(bench->events, 1); /* one event, however many answers */
}

static void answers_come_octet_by_octet(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 * (2 + PACKET_SIZE)];
    size_t used;

    ask(bench, 0);
    ask(bench, 1);
    paper_open(&bench->paper, 0);
    used = put_answer(octets, bench->told[0].ask.id, 7);
    used += put_answer(octets + used, bench->told[1].ask.id, 8);
    for (size_t i = 0; i < used; i++) {
        assert_int_equal(bench->told[0].answers, i >= 2 + PACKET_SIZE ? 1 : 0);
        paper_stream_bytes(&bench->paper, 0, slice_of(octets + i, 1));
    }
    assert_int_equal(bench->told[0].first, 7);
    assert_int_equal(bench->told[1].first, 8);
}

static void idle_connections_are_kept_for_a_while(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 + PACKET_SIZE];

    ask(bench, 0);
    paper_open(&bench->paper, 0);
    put_answer(octets, bench->told[0].ask.id, 1);
    paper_stream_bytes(&bench->paper, 0, slice_of(octets, sizeof(octets)));
    paper_pass(&bench->paper, 900);
    assert_true(conns_has(bench->conns, &bench->server, NULL));
    assert_false(conns_has(bench->conns, &bench->server, "")); /* TLS is another one */
    ask(bench, 1); /* the clock stops while it is used */
    paper_pass(&bench->paper, 5000);
    assert_non_null(bench->paper.streams[0].waiter);
    put_answer(octets, bench->told[1].ask.id, 1);
    paper_stream_bytes(&bench->paper, 0, slice_of(octets, sizeof(octets)));
    paper_pass(&bench->paper, 1000);
    assert_null(bench->paper.streams[0].waiter);
    assert_int_equal(conns_count(bench->conns), 0);
    assert_int_equal(bench->paper.connects, 1);
}

static void given_up_questions_wear_a_connection_out(void **state)
{
    struct bench *bench = *state;

    ask(bench, 0);
    ask(bench, 1);
    paper_open(&bench->paper, 0);
    conns_withdraw(bench->conns, &bench->told[0].ask); /* it was silent on this one */
    assert_false(conns_has(bench->conns, &bench->server, NULL));
    ask(bench, 2);
    assert_int_equal(bench->paper.connects, 2);
    assert_non_null(bench->paper.streams[0].waiter); /* the other question still waits */
    conns_withdraw(bench->conns, &bench->told[1].ask);
    assert_null(bench->paper.streams[0].waiter);
    conns_withdraw(bench->conns, &bench->told[2].ask); /* not even open */
    assert_null(bench->paper.streams[1].waiter);
    assert_int_equal(conns_count(bench->conns), 0);
}

static void the_end_is_told_to_all(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 + PACKET_SIZE];

    ask(bench, 0);
    ask(bench, 1);
    paper_break(&bench->paper, 0, ECONNREFUSED);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(bench->told[i].failures, 1);
        assert_int_equal(bench->told[i].error, ECONNREFUSED);
        assert_false(bench->told[i].worn);
    }
    ask(bench, 2);
    ask(bench, 3);
    paper_open(&bench->paper, 1);
    put_answer(octets, bench->told[2].ask.id, 1);
    paper_stream_bytes(&bench->paper, 1, slice_of(octets, sizeof(octets)));
    paper_break(&bench->paper, 1, 0);
    assert_int_equal(bench->told[2].failures, 0);
    assert_int_equal(bench->told[3].failures, 1);
    assert_true(bench->told[3].worn); /* it had worked: a fresh one may do better */
}

static void connections_are_bounded(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 + PACKET_SIZE];

    for (size_t i = 0; i < 3; i++) {
        bench->server.bytes[3] = (uint8_t)i;
        assert_int_equal(ask(bench, i), STATUS_OK);
        paper_open(&bench->paper, (unsigned)i);
    }
    bench->server.bytes[3] = 3;
    assert_int_equal(ask(bench, 3), STATUS_LIMIT); /* all are in use */
    put_answer(octets, bench->told[1].ask.id, 1);
    paper_stream_bytes(&bench->paper, 1, slice_of(octets, sizeof(octets)));
    assert_int_equal(ask(bench, 3), STATUS_OK); /* the idle one gives way */
    assert_null(bench->paper.streams[1].waiter);
    conns_withdraw(bench->conns, &bench->told[0].ask);
    conns_withdraw(bench->conns, &bench->told[2].ask);
    conns_withdraw(bench->conns, &bench->told[3].ask);
}

static void questions_on_one_connection_are_bounded(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 + PACKET_SIZE];

    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(ask(bench, 0), STATUS_OK);
        if (i == 0 || i == 5)
            paper_open(&bench->paper, bench->paper.connects - 1);
        put_answer(octets, bench->told[0].ask.id, 1);
        paper_stream_bytes(&bench->paper, bench->paper.connects - 1,
                           slice_of(octets, sizeof(octets)));
    }
    assert_int_equal(bench->told[0].answers, 6);
    assert_int_equal(bench->paper.connects, 2);
    assert_null(bench->paper.streams[0].waiter); /* five are enough */
}

static void answers_that_nobody_asked_for(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 + PACKET_SIZE];

    ask(bench, 0);
    paper_open(&bench->paper, 0);
    put_answer(octets, (uint16_t)(bench->told[0].ask.id + 1), 1);
    for (unsigned i = 0; i < 50 && bench->told[0].failures == 0; i++)
        paper_stream_bytes(&bench->paper, 0, slice_of(octets, sizeof(octets)));
    assert_int_equal(bench->told[0].answers, 0);
    assert_int_equal(bench->told[0].failures, 1); /* some are overlooked, then it is closed */
    assert_null(bench->paper.streams[0].waiter);
}

static void large_messages_are_put_together(void **state)
{
    struct bench *bench = *state;
    size_t size = 2 + 65535;
    uint8_t *octets = calloc(1, size);

    assert_non_null(octets);
    ask(bench, 0);
    paper_open(&bench->paper, 0);
    bytes_put_u16(octets, 65535);
    bytes_put_u16(octets + 2, bench->told[0].ask.id);
    for (size_t at = 0; at < size; at += 1000)
        paper_stream_bytes(&bench->paper, 0, slice_of(octets + at, size_min(1000, size - at)));
    assert_int_equal(bench->told[0].answers, 1);
    assert_int_equal(bench->told[0].size, 65535);
    free(octets);
}

static void what_the_system_refuses(void **state)
{
    struct bench *bench = *state;

    bench->paper.connect_status = STATUS_SYSTEM;
    bench->paper.connect_errno = ENETUNREACH;
    assert_int_equal(ask(bench, 0), STATUS_SYSTEM);
    assert_int_equal(errno, ENETUNREACH);
    assert_int_equal(conns_count(bench->conns), 0);
    assert_null(bench->told[0].ask.conn);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(answers_come_in_any_order),
        T(answers_come_octet_by_octet),
        T(idle_connections_are_kept_for_a_while),
        T(given_up_questions_wear_a_connection_out),
        T(the_end_is_told_to_all),
        T(connections_are_bounded),
        T(questions_on_one_connection_are_bounded),
        T(answers_that_nobody_asked_for),
        T(large_messages_are_put_together),
        T(what_the_system_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
