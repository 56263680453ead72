/*
 * stream_test.c - clients over TCP, good and bad, with real sockets on loopback; and dial.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/resource.h>

#include "services/net/net_bench_test.h"
#include "services/net/stream.h"

enum { QUESTION = 20, CLIENTS_MAX = 64, HELD_MAX = 300 };

struct bench {
    struct loop *loop;
    struct streams *streams;
    struct addr served;
    unsigned received;
    bool hold_back; /* keep questions, answer later */
    size_t answer_size;
    unsigned held;
    struct channel *channels[HELD_MAX];
    uint8_t numbers[HELD_MAX];
    struct peer peer;
    int clients[CLIENTS_MAX];
};

static void answer(struct bench *bench, struct channel *channel, uint8_t number)
{
    static uint8_t octets[65535];

    octets[0] = number;
    channel->send(channel, &bench->peer, slice_of(octets, bench->answer_size));
}

static void receive(void *context, struct channel *channel, const struct peer *peer,
                    struct slice packet)
{
    struct bench *bench = context;

    bench->received++;
    bench->peer = *peer;
    assert_int_equal(packet.size, QUESTION);
    if (bench->hold_back && bench->held < HELD_MAX) {
        channel->hold(channel);
        bench->numbers[bench->held] = packet.data[0];
        bench->channels[bench->held++] = channel;
    } else {
        answer(bench, channel, packet.data[0]);
    }
}

static void let_go(struct bench *bench, unsigned index, bool with_answer)
{
    struct channel *channel = bench->channels[index];

    if (with_answer)
        answer(bench, channel, bench->numbers[index]);
    channel->release(channel);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct stream_limits limits = {20, 1000, 10000, 16 << 20};
    struct addr bound = loopback(0);
    struct sock_wishes wishes = {.reuse_port = false};
    int fd;

    if (bench == NULL)
        return -1;
    bench->answer_size = QUESTION;
    bench->loop = loop_new(NULL);
    bench->streams = streams_new(bench->loop, &limits, receive, bench);
    fd = sock_listen(&bound, SOCK_STREAM, &wishes);
    bench->served = sock_name(fd);
    for (int i = 0; i < CLIENTS_MAX; i++)
        bench->clients[i] = -1;
    *state = bench;
    return streams_listen(bench->streams, fd, &bound) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < CLIENTS_MAX; i++)
        if (bench->clients[i] != -1)
            close(bench->clients[i]);
    streams_free(bench->streams);
    loop_free(bench->loop);
    free(bench);
    return 0;
}

static void join(struct bench *bench, unsigned index)
{
    unsigned before = (unsigned)stream_stats(bench->streams)->accepted;

    bench->clients[index] = client_socket(&bench->served, SOCK_STREAM);
    assert_int_not_equal(bench->clients[index], -1);
    for (int i = 0; i < 1000 && stream_stats(bench->streams)->accepted == before; i++)
        run_for(bench->loop, 1);
    assert_int_equal(stream_stats(bench->streams)->accepted, before + 1);
}

static void ask(struct bench *bench, unsigned index, uint8_t number)
{
    uint8_t octets[2 + QUESTION] = {0, QUESTION, number};

    assert_int_equal(send(bench->clients[index], octets, sizeof(octets), MSG_NOSIGNAL),
                     sizeof(octets));
}

static void assert_answer(struct bench *bench, unsigned index, uint8_t number)
{
    uint8_t octets[2 + QUESTION];

    assert_int_equal(
        client_read(bench->loop, bench->clients[index], octets, sizeof(octets), WAIT_MS),
        sizeof(octets));
    assert_int_equal(octets[1], QUESTION);
    assert_int_equal(octets[2], number);
}

static bool is_closed(struct bench *bench, unsigned index, int wait_ms)
{
    uint8_t octet;

    return client_read(bench->loop, bench->clients[index], &octet, 1, wait_ms) == 0;
}

/* ---- good clients ---------------------------------------------------------------------------
 */

static void many_questions_on_one_connection(void **state)
{
    struct bench *bench = *state;

    join(bench, 0);
    for (uint8_t i = 1; i < 50; i++)
        ask(bench, 0, i);
    for (uint8_t i = 1; i < 50; i++)
        assert_answer(bench, 0, i);
    assert_true(addr_is_loopback(&bench->peer.to));
}

/* RFC 7766 section 7: answers leave as they are ready. */
static void answers_out_of_order(void **state)
{
    struct bench *bench = *state;

    bench->hold_back = true;
    join(bench, 0);
    for (uint8_t i = 1; i <= 3; i++)
        ask(bench, 0, i);
    assert_true(run_until(bench->loop, &bench->received, 3));
    let_go(bench, 2, true);
    run_for(bench->loop, 1);
    assert_answer(bench, 0, 3);
    let_go(bench, 0, true);
    let_go(bench, 1, true);
    run_for(bench->loop, 1);
    assert_answer(bench, 0, 1);
    assert_answer(bench, 0, 2);
}

static void questions_octet_by_octet(void **state)
{
    struct bench *bench = *state;
    uint8_t octets[2 * (2 + QUESTION)] = {0, QUESTION, 5};

    octets[2 + QUESTION + 1] = QUESTION;
    octets[2 + QUESTION + 2] = 6;
    join(bench, 0);
    for (size_t i = 0; i < sizeof(octets); i++) {
        assert_int_equal(send(bench->clients[0], octets + i, 1, MSG_NOSIGNAL), 1);
        run_for(bench->loop, 1);
    }
    assert_answer(bench, 0, 5);
    assert_answer(bench, 0, 6);
}

/* Who closes its half after asking still gets the answer. */
static void half_closed_clients_are_answered(void **state)
{
    struct bench *bench = *state;

    bench->hold_back = true;
    join(bench, 0);
    ask(bench, 0, 9);
    assert_int_equal(shutdown(bench->clients[0], SHUT_WR), 0);
    assert_true(run_until(bench->loop, &bench->received, 1));
    run_for(bench->loop, 20);
    assert_int_equal(streams_count(bench->streams), 1);
    let_go(bench, 0, true);
    assert_answer(bench, 0, 9);
    assert_true(is_closed(bench, 0, WAIT_MS));
    assert_int_equal(streams_count(bench->streams), 0);
}

static void clients_that_leave_before_the_answer(void **state)
{
    struct bench *bench = *state;

    bench->hold_back = true;
    join(bench, 0);
    ask(bench, 0, 1);
    ask(bench, 0, 2);
    assert_true(run_until(bench->loop, &bench->received, 2));
    streams_free(
        bench->streams); /* the connection goes, the questions still hold the channel */
    bench->streams = NULL;
    let_go(bench, 0, true);
    let_go(bench, 1, false);
    run_for(bench->loop, 1);
}

/* ---- bad clients ----------------------------------------------------------------------------
 */

static void not_dns_is_closed(void **state)
{
    struct bench *bench = *state;

    join(bench, 0);
    assert_int_equal(send(bench->clients[0], "\0\4abcd", 6, MSG_NOSIGNAL), 6);
    assert_true(is_closed(bench, 0, WAIT_MS));
}

static void idle_clients_are_closed(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {20, 1000, 100, 16 << 20};

    streams_set_limits(bench->streams, &limits);
    bench->hold_back = true;
    join(bench, 0);
    join(bench, 1);
    join(bench, 2);
    ask(bench, 1, 1);              /* waits for us: not idle */
    for (int i = 0; i < 20; i++) { /* half of a question is no sign of life */
        (void)send(bench->clients[2], "", 1, MSG_NOSIGNAL);
        run_for(bench->loop, 10);
    }
    assert_true(is_closed(bench, 0, WAIT_MS));
    assert_true(is_closed(bench, 2, WAIT_MS));
    assert_false(is_closed(bench, 1, 10));
    let_go(bench, 0, true);
    run_for(bench->loop, 1);
    assert_answer(bench, 1, 1);
    assert_true(is_closed(bench, 1, WAIT_MS));
}

/* Told a minute, while all others are closed after a tenth of a second. */
static void told_to_stay_they_stay(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {20, 1000, 100, 16 << 20};

    streams_set_limits(bench->streams, &limits);
    bench->hold_back = true;
    join(bench, 0);
    ask(bench, 0, 1);
    assert_true(run_until(bench->loop, &bench->received, 1));
    bench->channels[0]->keep(bench->channels[0], 60000);
    let_go(bench, 0, true);
    run_for(bench->loop, 1);
    assert_answer(bench, 0, 1);
    join(bench, 1);
    assert_true(is_closed(bench, 1, WAIT_MS));
    run_for(bench->loop, 200);
    assert_false(is_closed(bench, 0, 10));
}

/* Reading stops at 256 KiB unsent, so the answers stay bounded however many questions come. */
static void clients_that_never_read(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {20, 1000, 2000, 16 << 20};
    unsigned sent = 0;

    bench->answer_size = 60000;
    streams_set_limits(bench->streams, &limits);
    join(bench, 0);
    for (int i = 0; i < 2000; i++) {
        uint8_t octets[2 + QUESTION] = {0, QUESTION, 1};

        if (send(bench->clients[0], octets, sizeof(octets), MSG_NOSIGNAL) !=
            (ssize_t)sizeof(octets))
            break;
        sent++;
        if (i % 100 == 0)
            run_for(bench->loop, 1);
    }
    run_for(bench->loop, 50);
    /* What the kernel takes (some MiB) and 256 KiB of ours. */
    assert_in_range(bench->received, 1, 400);
    assert_true(sent > bench->received);
    assert_int_equal(streams_count(bench->streams), 1); /* made to wait, not cut off */
    for (int waited = 0; waited < 100 && streams_count(bench->streams) != 0; waited++)
        run_for(bench->loop, 100);
    assert_int_equal(streams_count(bench->streams), 0); /* no progress in sending: idle */
}

/* All together hold no more than is allowed, and who reads is served meanwhile. */
static void many_that_never_read(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {100, 1000, 10000, 1 << 20};

    bench->answer_size = 60000;
    streams_set_limits(bench->streams, &limits);
    join(bench, 30);
    assert_int_equal(send(bench->clients[30], "", 1, MSG_NOSIGNAL), 1); /* a question begins */
    run_for(bench->loop, 2);
    for (unsigned i = 0; i < 20; i++) {
        int small = 4096;

        join(bench, i);
        setsockopt(bench->clients[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        for (uint8_t number = 0; number < 200; number++)
            ask(bench, i, number);
        run_for(bench->loop, 5);
        assert_true(streams_held(bench->streams) <= limits.held_max);
    }
    assert_in_range(stream_stats(bench->streams)->overflowed, 1, 20);
    assert_false(is_closed(bench, 30, 10)); /* which has held an octet, for the longest time */
    bench->answer_size = QUESTION;
    join(bench, 20);
    ask(bench, 20, 4);
    assert_answer(bench, 20, 4);
}

/* Beginnings of questions are held as well; of those no more are cut off than must be. */
static void many_that_never_finish(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {100, 1000, 10000, 1 << 20};
    uint8_t *octets = calloc(1, 60000);
    unsigned open = 0;

    assert_non_null(octets);
    octets[0] = octets[1] = 0xff;
    streams_set_limits(bench->streams, &limits);
    for (unsigned i = 0; i < 40; i++) {
        join(bench, i);
        for (unsigned at = 0; at < 60000; at += 10000) {
            assert_int_equal(send(bench->clients[i], octets + at, 10000, MSG_NOSIGNAL), 10000);
            run_for(bench->loop, 2);
        }
        assert_true(streams_held(bench->streams) <= limits.held_max);
    }
    open = (unsigned)streams_count(bench->streams);
    assert_in_range(open, 6, 17); /* a buffer may be twice as large as what is in it */
    assert_false(is_closed(bench, 39, 10));
    free(octets);
}

static void too_many_questions_wait_in_the_kernel(void **state)
{
    struct bench *bench = *state;
    unsigned before;

    bench->hold_back = true;
    join(bench, 0);
    for (unsigned i = 0; i < 200; i++)
        ask(bench, 0, (uint8_t)i);
    run_for(bench->loop, 50);
    assert_int_equal(bench->received, 128);
    before = bench->held;
    bench->hold_back = false;
    for (unsigned i = 0; i < before; i++)
        let_go(bench, i, true);
    assert_true(run_until(bench->loop, &bench->received, 200));
    for (unsigned i = 0; i < 200; i++)
        assert_answer(bench, 0, (uint8_t)i);
}

/* ---- places ---------------------------------------------------------------------------------
 */

static void the_idlest_gives_way(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {10, 1000, 10000, 16 << 20};

    streams_set_limits(bench->streams, &limits);
    for (unsigned i = 0; i < 8; i++)
        join(bench, i);
    ask(bench, 0, 1); /* now 1 is the idlest */
    assert_answer(bench, 0, 1);
    join(bench, 8);
    assert_true(is_closed(bench, 1, WAIT_MS));
    assert_int_equal(streams_count(bench->streams), 8); /* from 80 % on */
    for (unsigned i = 9; i < 40; i++) {
        join(bench, i);
        ask(bench, i, 7); /* whoever is new is served, however many come */
        assert_answer(bench, i, 7);
    }
    assert_int_equal(streams_count(bench->streams), 8);
}

static void the_unfinished_give_way_first(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {5, 1000, 10000, 16 << 20};

    streams_set_limits(bench->streams, &limits);
    for (unsigned i = 0; i < 4; i++)
        join(bench, i);
    assert_int_equal(send(bench->clients[3], "\0\24half", 6, MSG_NOSIGNAL), 6);
    run_for(bench->loop, 2100);
    join(bench, 4);
    assert_true(is_closed(bench, 3, WAIT_MS)); /* although 0 is idle longer */
    assert_false(is_closed(bench, 0, 10));
}

static void who_waits_for_us_stays(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {5, 1000, 10000, 16 << 20};

    streams_set_limits(bench->streams, &limits);
    bench->hold_back = true;
    for (unsigned i = 0; i < 5; i++) {
        join(bench, i);
        ask(bench, i, (uint8_t)i);
        assert_true(run_until(bench->loop, &bench->received, i + 1));
    }
    assert_int_equal(streams_count(bench->streams),
                     5); /* up to 100 % when all have questions */
    join(bench, 5);
    assert_true(is_closed(bench, 0, WAIT_MS)); /* then the oldest question */
    for (unsigned i = 0; i < 5; i++)
        let_go(bench, i, true);
    run_for(bench->loop, 1);
    assert_answer(bench, 4, 4);
}

static void one_network_has_its_share(void **state)
{
    struct bench *bench = *state;
    struct stream_limits limits = {1000, 4, 10000, 16 << 20};

    streams_set_limits(bench->streams, &limits);
    for (unsigned i = 0; i < 12; i++)
        join(bench, i);
    assert_int_equal(streams_count(bench->streams), 4);
    ask(bench, 11, 3);
    assert_answer(bench, 11, 3);
}

/* Without descriptors the loop waits instead of spinning, and goes on afterwards. */
static void without_descriptors(void **state)
{
    struct bench *bench = *state;
    struct rlimit before, few;
    int probe = dup(0);

    join(bench, 0);
    ask(bench, 0, 1);
    assert_answer(bench, 0, 1);
    bench->clients[1] = client_socket(&bench->served, SOCK_STREAM);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)probe; /* lower than what is open: no new one */
    close(probe);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    run_for(bench->loop, 100);
    assert_in_range(stream_stats(bench->streams)->no_descriptor, 1, 3);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    run_for(bench->loop, 600);
    ask(bench, 1, 2);
    assert_answer(bench, 1, 2);
}

/* ---- the other direction: dial.c ------------------------------------------------------------
 */

struct call {
    struct stream_waiter waiter;
    unsigned opened, received, closed;
    int error;
    size_t used;
    uint8_t octets[64];
};

static void call_opened(struct stream_waiter *waiter)
{
    CONTAINER_OF(waiter, struct call, waiter)->opened++;
}

static void call_received(struct stream_waiter *waiter, struct slice bytes)
{
    struct call *call = CONTAINER_OF(waiter, struct call, waiter);

    assert_true(bytes.size <= sizeof(call->octets) - call->used);
    memcpy(call->octets + call->used, bytes.data, bytes.size);
    call->used += bytes.size;
    call->received++;
}

static void call_closed(struct stream_waiter *waiter, int error)
{
    struct call *call = CONTAINER_OF(waiter, struct call, waiter);

    call->closed++;
    call->error = error;
}

static struct call new_call(void)
{
    return (struct call){.waiter = {call_opened, call_received, call_closed, NULL}};
}

static void dialling(void **state)
{
    struct bench *bench = *state;
    struct world *world = loop_world(bench->loop);
    struct call call = new_call();
    uint8_t octets[2 + QUESTION] = {0, QUESTION, 77};

    assert_int_equal(world->connect(world, &bench->served, NULL, NULL, &call.waiter),
                     STATUS_OK);
    assert_true(run_until(bench->loop, &call.opened, 1));
    assert_int_equal(world->write(world, &call.waiter, slice_of(octets, sizeof(octets))),
                     STATUS_OK);
    assert_true(run_until(bench->loop, &call.received, 1));
    assert_int_equal(call.used, 2 + QUESTION);
    assert_int_equal(call.octets[2], 77);
    assert_int_equal(streams_count(bench->streams), 1);
    world->close(world, &call.waiter);
    world->close(world, &call.waiter); /* no effect */
    for (int i = 0; i < 100 && streams_count(bench->streams) > 0; i++)
        run_for(bench->loop, 5);
    assert_int_equal(streams_count(bench->streams), 0);
    assert_int_equal(call.closed, 0); /* who closes is not told */
}

static void dialling_where_nobody_is(void **state)
{
    struct bench *bench = *state;
    struct world *world = loop_world(bench->loop);
    struct call call = new_call();

    streams_free(bench->streams);
    bench->streams = NULL;
    if (world->connect(world, &bench->served, NULL, NULL, &call.waiter) == STATUS_OK) {
        assert_true(run_until(bench->loop, &call.closed, 1));
        assert_int_equal(call.error, ECONNREFUSED);
    } else {
        assert_int_equal(errno, ECONNREFUSED);
    }
    assert_int_equal(call.opened, 0);
    assert_null(call.waiter.handle);
}

static void the_other_side_closes(void **state)
{
    struct bench *bench = *state;
    struct world *world = loop_world(bench->loop);
    struct call call = new_call();

    assert_int_equal(world->connect(world, &bench->served, NULL, NULL, &call.waiter),
                     STATUS_OK);
    assert_true(run_until(bench->loop, &call.opened, 1));
    assert_int_equal(world->write(world, &call.waiter, slice_of("\0\1x", 3)), STATUS_OK);
    assert_true(run_until(bench->loop, &call.closed, 1)); /* not DNS: closed at once */
    assert_null(call.waiter.handle);
}

static void unsent_octets_are_bounded(void **state)
{
    struct bench *bench = *state;
    struct world *world = loop_world(bench->loop);
    struct call call = new_call();
    uint8_t *octets = calloc(1, 100000);
    enum status status = STATUS_OK;

    assert_non_null(octets);
    assert_int_equal(world->connect(world, &bench->served, NULL, NULL, &call.waiter),
                     STATUS_OK);
    for (int i = 0; i < 3 && status == STATUS_OK; i++)
        status = world->write(world, &call.waiter, slice_of(octets, 100000));
    assert_int_equal(status, STATUS_LIMIT);
    world->close(world, &call.waiter);
    free(octets);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(many_questions_on_one_connection),
        T(answers_out_of_order),
        T(questions_octet_by_octet),
        T(half_closed_clients_are_answered),
        T(clients_that_leave_before_the_answer),
        T(not_dns_is_closed),
        T(idle_clients_are_closed),
        T(told_to_stay_they_stay),
        T(clients_that_never_read),
        T(many_that_never_read),
        T(many_that_never_finish),
        T(too_many_questions_wait_in_the_kernel),
        T(the_idlest_gives_way),
        T(the_unfinished_give_way_first),
        T(who_waits_for_us_stays),
        T(one_network_has_its_share),
        T(without_descriptors),
        T(dialling),
        T(dialling_where_nobody_is),
        T(the_other_side_closes),
        T(unsent_octets_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
