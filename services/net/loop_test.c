/*
 * loop_test.c - the world of libevent and the kernel, with real sockets on loopback.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>

#include "services/net/net_bench_test.h"
#include "services/net/udp.h"

static int setup(void **state)
{
    *state = loop_new(NULL);
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    loop_free(*state);
    return 0;
}

/* ---- timers, chance, words ------------------------------------------------------------------
 */

struct ring {
    struct timer timer;
    unsigned *order;
    unsigned place; /* at which it rang; 0: not yet */
};

static void rang(struct timer *timer)
{
    struct ring *ring = CONTAINER_OF(timer, struct ring, timer);

    ring->place = ++*ring->order;
}

static void timers_ring_in_order(void **state)
{
    struct world *world = loop_world(*state);
    unsigned order = 0;
    struct ring rings[3] = {
        {{.fire = rang}, &order, 0}, {{.fire = rang}, &order, 0}, {{.fire = rang}, &order, 0}};
    int64_t now_ms = world->mono_ms(world);

    world->timer_set(world, &rings[0].timer, now_ms + 30);
    world->timer_set(world, &rings[1].timer, now_ms + 10);
    world->timer_set(world, &rings[2].timer, now_ms + 20);
    world->timer_stop(world, &rings[2].timer);
    assert_true(run_until(*state, &order, 2));
    assert_int_equal(rings[1].place, 1);
    assert_int_equal(rings[0].place, 2);
    assert_int_equal(rings[2].place, 0);
    assert_true(world->mono_ms(world) >= now_ms + 30);
}

static void random_octets_do_not_repeat(void **state)
{
    struct world *world = loop_world(*state);
    uint8_t first[3000], second[3000]; /* more than one block of the generator */

    world->random(world, first, sizeof(first));
    world->random(world, second, sizeof(second));
    for (size_t i = 0; i + 16 <= sizeof(first); i += 16)
        assert_memory_not_equal(first + i, second + i, 16);
}

static void note_word(void *context, uint8_t word)
{
    *(unsigned *)context += word;
}

static void *post_three(void *loop)
{
    for (int i = 0; i < 3; i++)
        loop_post(loop, 2);
    return NULL;
}

static void words_come_from_other_threads(void **state)
{
    unsigned sum = 0;
    pthread_t thread;

    loop_set_posted(*state, note_word, &sum);
    assert_int_equal(pthread_create(&thread, NULL, post_three, *state), 0);
    assert_true(run_until(*state, &sum, 6));
    pthread_join(thread, NULL);
}

/* ---- datagrams ------------------------------------------------------------------------------
 */

struct waiting {
    struct datagram_waiter waiter;
    struct world *world; /* not NULL: the waiting ends with datagram number `enough` */
    unsigned enough;
    unsigned events, failed;
    int error;
    size_t size;
    uint8_t first;
    struct addr from;
};

static void got_datagram(struct datagram_waiter *waiter, struct slice packet,
                         const struct addr *from)
{
    struct waiting *waiting = CONTAINER_OF(waiter, struct waiting, waiter);

    waiting->events++;
    waiting->size = packet.size;
    waiting->first = packet.size > 0 ? packet.data[0] : 0;
    waiting->from = *from;
    if (waiting->world != NULL && waiting->events == waiting->enough)
        waiting->world->forget(waiting->world, waiter);
}

static void datagram_failed(struct datagram_waiter *waiter, int error)
{
    struct waiting *waiting = CONTAINER_OF(waiter, struct waiting, waiter);

    waiting->events++;
    waiting->failed++;
    waiting->error = error;
}

static struct waiting new_waiting(void)
{
    return (struct waiting){.waiter = {.received = got_datagram, .failed = datagram_failed}};
}

struct echo {
    unsigned received;
    unsigned copies; /* of each answer */
    struct peer peer;
    uint16_t ports[64];
};

/* Answers with the question, its first octet plus one. */
static void echo_back(void *context, struct channel *channel, const struct peer *peer,
                      struct slice packet)
{
    struct echo *echo = context;
    uint8_t answer[2048];

    echo->ports[echo->received % 64] = peer->from.port;
    echo->received++;
    echo->peer = *peer;
    if (packet.size == 0 || packet.size > sizeof(answer))
        return;
    memcpy(answer, packet.data, packet.size);
    answer[0]++;
    for (unsigned i = 0; i < echo->copies; i++)
        channel->send(channel, peer, slice_of(answer, packet.size));
}

static struct udp *serve(struct loop *loop, const struct addr *bound, struct echo *echo,
                         struct addr *served)
{
    struct sock_wishes wishes = {.want_destination = sock_is_wildcard(bound)};
    int fd = sock_listen(bound, SOCK_DGRAM, &wishes);
    struct udp *udp;

    assert_int_not_equal(fd, -1);
    *served = sock_name(fd);
    udp = udp_new(loop, fd, bound, echo_back, echo);
    assert_non_null(udp);
    return udp;
}

static void a_question_and_its_answer(void **state)
{
    struct world *world = loop_world(*state);
    struct addr bound = loopback(0), served;
    struct echo echo = {.copies = 1};
    struct udp *udp = serve(*state, &bound, &echo, &served);
    struct waiting waiting = new_waiting();
    const uint8_t packet[] = {41, 2, 3};

    assert_int_equal(
        world->send(world, &served, NULL, slice_of(packet, sizeof(packet)), &waiting.waiter),
        STATUS_OK);
    assert_true(run_until(*state, &waiting.events, 1));
    assert_int_equal(waiting.failed, 0);
    assert_int_equal(waiting.size, sizeof(packet));
    assert_int_equal(waiting.first, 42);
    assert_true(addr_equal(&waiting.from, &served));
    assert_true(addr_is_loopback(&echo.peer.from));
    world->forget(world, &waiting.waiter);
    world->forget(world, &waiting.waiter); /* no effect */
    assert_null(waiting.waiter.handle);
    udp_close(udp);
}

/* RFC 5452 section 9.2: the port of a question cannot be told from the one before. */
static void each_question_has_its_own_port(void **state)
{
    struct world *world = loop_world(*state);
    struct addr bound = loopback(0), served;
    struct echo echo = {.copies = 1};
    struct udp *udp = serve(*state, &bound, &echo, &served);
    unsigned low = 0, steps = 0;

    for (unsigned i = 0; i < 40; i++) {
        struct waiting waiting = new_waiting();
        const uint8_t packet[] = {1};

        assert_int_equal(
            world->send(world, &served, NULL, slice_of(packet, 1), &waiting.waiter), STATUS_OK);
        assert_true(run_until(*state, &waiting.events, 1));
        world->forget(world, &waiting.waiter);
    }
    for (unsigned i = 0; i < 40; i++) {
        assert_true(echo.ports[i] >= 1024);
        low += echo.ports[i] < 33000;
        steps += i > 0 && echo.ports[i] == echo.ports[i - 1] + 1;
    }
    assert_in_range(low, 5, 35); /* all of the range is used; wrong once in a million runs */
    assert_in_range(steps, 0, 5);
    udp_close(udp);
}

/* Asks one question, and is content with the n-th datagram that comes back. */
static void ask_until(struct loop *loop, const struct addr *to, unsigned enough)
{
    struct world *world = loop_world(loop);
    struct waiting waiting = new_waiting();

    waiting.world = world;
    waiting.enough = enough;
    assert_int_equal(world->send(world, to, NULL, slice_of("a", 1), &waiting.waiter), STATUS_OK);
    assert_true(run_until(loop, &waiting.events, enough));
    assert_int_equal(waiting.failed, 0);
    assert_null(waiting.waiter.handle);
}

static void ask_once(struct loop *loop, const struct addr *to)
{
    ask_until(loop, to, 1);
}

/* A socket whose answer came serves a few more questions to the same server, and no others. */
static void sockets_are_used_again_for_a_while(void **state)
{
    struct addr bound = loopback(0), served, other_served;
    struct echo echo = {.copies = 1}, other = {.copies = 1};
    struct udp *udp = serve(*state, &bound, &echo, &served);
    struct udp *other_udp = serve(*state, &bound, &other, &other_served);
    unsigned changes = 0;

    for (unsigned i = 0; i < 32; i++) {
        ask_once(*state, &served);
        ask_once(*state, &other_served);
        assert_int_not_equal(echo.ports[i], other.ports[i]);
        changes += i > 0 && echo.ports[i] != echo.ports[i - 1];
    }
    assert_int_equal(changes, 3); /* eight questions each */
    ask_once(*state, &served);
    run_for(*state, 600);
    ask_once(*state, &served); /* half a second is over: a fresh one */
    assert_int_not_equal(echo.ports[32], echo.ports[33]);
    udp_close(udp);
    udp_close(other_udp);
}

/* Nobody may come to know a port and then meet a question at it. */
static void what_was_guessed_at_is_closed(void **state)
{
    struct addr bound = loopback(0), served;
    struct echo echo = {.copies = 1};
    struct udp *udp = serve(*state, &bound, &echo, &served);

    echo.copies = 2; /* the second one arrives while the socket rests, or with the first */
    ask_once(*state, &served);
    run_for(*state, 20);
    echo.copies = 1;
    ask_once(*state, &served);
    assert_int_not_equal(echo.ports[0], echo.ports[1]);

    echo.copies = 2; /* one that was not what it hoped for, and then the answer */
    ask_until(*state, &served, 2);
    echo.copies = 1;
    ask_once(*state, &served);
    assert_int_not_equal(echo.ports[2], echo.ports[3]);
    udp_close(udp);
}

static void only_ports_that_are_allowed(void **state)
{
    struct addr bound = loopback(0), served;
    struct echo echo = {.copies = 1};
    uint8_t ports[8192] = {0};
    struct loop_limits limits = {.ports = ports};
    struct loop *loop;
    struct world *world;
    struct udp *udp;

    (void)state;
    for (unsigned port = 20000; port < 20032; port++)
        ports[port / 8] |= (uint8_t)(1u << port % 8);
    loop = loop_new(&limits);
    assert_non_null(loop);
    world = loop_world(loop);
    udp = serve(loop, &bound, &echo, &served);
    for (unsigned i = 0; i < 5; i++) {
        struct waiting waiting = new_waiting();
        const uint8_t packet[] = {1};

        assert_int_equal(
            world->send(world, &served, NULL, slice_of(packet, 1), &waiting.waiter), STATUS_OK);
        assert_true(run_until(loop, &waiting.events, 1));
        world->forget(world, &waiting.waiter);
        assert_in_range(echo.ports[i], 20000, 20031);
    }
    udp_close(udp);
    loop_free(loop);
}

static void nobody_listens(void **state)
{
    struct world *world = loop_world(*state);
    struct addr bound = loopback(0), served;
    struct echo echo = {.copies = 1};
    struct udp *udp = serve(*state, &bound, &echo, &served);
    struct waiting waiting = new_waiting();
    const uint8_t packet[] = {1};

    udp_close(udp); /* the port is free again: ICMP says so */
    assert_int_equal(world->send(world, &served, NULL, slice_of(packet, 1), &waiting.waiter),
                     STATUS_OK);
    assert_true(run_until(*state, &waiting.events, 1));
    assert_int_equal(waiting.error, ECONNREFUSED);
    assert_null(waiting.waiter.handle);
}

static void answers_leave_from_the_address_asked(void **state)
{
    struct world *world = loop_world(*state);
    struct addr bound = addr_ip4((const uint8_t[]){0, 0, 0, 0}, 0), served;
    struct echo echo = {.copies = 1};
    struct udp *udp = serve(*state, &bound, &echo, &served);
    struct waiting waiting = new_waiting();
    const uint8_t packet[] = {1};

    /* The asking socket is connected to 127.0.0.77: an answer from elsewhere never arrives. */
    served = addr_ip4((const uint8_t[]){127, 0, 0, 77}, served.port);
    assert_int_equal(world->send(world, &served, NULL, slice_of(packet, 1), &waiting.waiter),
                     STATUS_OK);
    assert_true(run_until(*state, &waiting.events, 1));
    assert_int_equal(waiting.failed, 0);
    assert_int_equal(echo.peer.to.bytes[3], 77);
    world->forget(world, &waiting.waiter);
    udp_close(udp);
}

static void batches_overflow_into_the_next(void **state)
{
    struct addr bound = loopback(0), served;
    struct echo echo = {.copies = 7}; /* 100 x 7 answers are more than a batch */
    struct udp *udp = serve(*state, &bound, &echo, &served);
    int client = client_socket(&served, SOCK_DGRAM);
    uint8_t octets[16];
    unsigned answers = 0;

    for (int i = 0; i < 100; i++)
        assert_int_equal(send(client, "abc", 3, 0), 3);
    assert_true(run_until(*state, &echo.received, 100));
    run_for(*state, 10);
    while (recv(client, octets, sizeof(octets), 0) == 3)
        answers++;
    /* The kernel's buffer may have lost some on the way; what was sent is counted. */
    assert_int_equal(udp_stats(udp)->sent + udp_stats(udp)->send_failed, 700);
    assert_in_range(answers, 33, 700);
    close(client);
    udp_close(udp);
}

static void sockets_are_bounded(void **state)
{
    struct loop_limits limits = {.datagrams_max = 2};
    struct loop *loop = loop_new(&limits);
    struct world *world = loop_world(loop);
    struct addr to = loopback(9);
    struct waiting waiting[3] = {new_waiting(), new_waiting(), new_waiting()};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(world->send(world, &to, NULL, slice_of("a", 1), &waiting[i].waiter),
                         i < 2 ? STATUS_OK : STATUS_LIMIT);
    world->forget(world, &waiting[0].waiter);
    assert_int_equal(world->send(world, &to, NULL, slice_of("a", 1), &waiting[2].waiter),
                     STATUS_OK);
    for (int i = 0; i < 3; i++)
        world->forget(world, &waiting[i].waiter);
    loop_free(loop);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(timers_ring_in_order),
        T(random_octets_do_not_repeat),
        T(words_come_from_other_threads),
        T(a_question_and_its_answer),
        T(each_question_has_its_own_port),
        T(sockets_are_used_again_for_a_while),
        T(what_was_guessed_at_is_closed),
        T(only_ports_that_are_allowed),
        T(nobody_listens),
        T(answers_leave_from_the_address_asked),
        T(batches_overflow_into_the_next),
        T(sockets_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
