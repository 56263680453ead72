/*
 * infra_cache_test.c - what is learned about servers: times, silence, probes, facts,
 * forgetting.
 */
#include "services/cache/infra_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <cmocka.h>

#include "services/cache/sets_for_tests.h"

enum { NOW = 5000000 };

struct home {
    struct arena *arena;
    struct infra_cache *cache;
    struct addr server;
    struct dname zone;
};

static struct addr addr_of(const char *text)
{
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, text, 53, NULL), STATUS_OK);
    return addr;
}

static int set_up(void **state)
{
    struct home *home = calloc(1, sizeof(*home));
    struct infra_rules rules = {900, 50, 120000, 400};

    home->arena = arena_new(0);
    home->cache = infra_cache_new(1 << 20, 4, (struct hash_key){1, 2});
    if (home->cache == NULL)
        return 1;
    infra_cache_set_rules(home->cache, &rules);
    home->server = addr_of("192.0.2.1");
    home->zone = name_of(home->arena, "example.");
    *state = home;
    return 0;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    infra_cache_free(home->cache);
    arena_free(home->arena);
    free(home);
    return 0;
}

static struct infra get(struct home *home, int64_t now_ms)
{
    struct infra infra;

    infra_get(home->cache, &home->server, home->zone, now_ms, &infra);
    return infra;
}

static void answered(struct home *home, int64_t now_ms, uint32_t rtt_ms)
{
    infra_answered(home->cache, &home->server, home->zone, now_ms, rtt_ms);
}

static void timed_out(struct home *home, int64_t now_ms, uint32_t timeout_ms)
{
    infra_timed_out(home->cache, &home->server, home->zone, TYPE_A, now_ms, timeout_ms);
}

static bool claim(struct home *home, int64_t now_ms)
{
    return infra_claim_probe(home->cache, &home->server, home->zone, now_ms);
}

static void never_heard_of(void **state)
{
    struct home *home = *state;
    struct infra infra = get(home, NOW), zero = {.timeout_ms = 400, .rto_ms = 400};

    assert_memory_equal(&infra, &zero, sizeof(infra));
    assert_true(claim(home, NOW));
    assert_false(get(home, NOW).known); /* asking makes no entry */
}

/* RFC 6298 section 2, worked out by hand. */
static const struct {
    const char *why;
    uint32_t rtt_ms[4]; /* 0 ends */
    uint32_t srtt_ms, rttvar_ms, timeout_ms;
} measurements[] = {
    {"first: RTTVAR is half of it", {100}, 100, 50, 300},
    {"steady: RTTVAR shrinks", {100, 100}, 100, 38, 252},
    {"slower: 7/8 and 1/8, 3/4 and 1/4", {100, 180}, 110, 58, 342},
    {"faster", {100, 20}, 90, 58, 322},
    {"very near: the floor", {1, 1, 1}, 1, 0, 50},
    {"very far: the cap of one wait", {1500}, 1500, 750, 2000},
};

static void round_trips(void **state)
{
    struct home *home = *state;

    for (size_t i = 0; i < COUNT(measurements); i++) {
        struct infra infra;

        infra_flush(home->cache);
        for (size_t k = 0; k < 4 && measurements[i].rtt_ms[k] != 0; k++)
            answered(home, NOW, measurements[i].rtt_ms[k]);
        infra = get(home, NOW);
        if (infra.srtt_ms != measurements[i].srtt_ms ||
            infra.rttvar_ms != measurements[i].rttvar_ms ||
            infra.timeout_ms != measurements[i].timeout_ms || !infra.known)
            fail_msg("%s: %u %u %u", measurements[i].why, (unsigned)infra.srtt_ms,
                     (unsigned)infra.rttvar_ms, (unsigned)infra.timeout_ms);
    }
    infra_flush(home->cache);
    answered(home, NOW, 0);
    assert_int_equal(get(home, NOW).srtt_ms, 1); /* 0 would stand for never measured */
}

/* RFC 6298 section 5.5: each silence doubles, one answer ends it. */
static void back_off(void **state)
{
    struct home *home = *state;
    static const uint32_t want_ms[] = {600, 1200, 2000, 2000};
    int64_t now_ms = NOW;

    answered(home, now_ms, 100);
    for (size_t i = 0; i < COUNT(want_ms); i++) {
        uint32_t wait_ms = get(home, now_ms).timeout_ms;

        now_ms += wait_ms;
        timed_out(home, now_ms, wait_ms);
        assert_int_equal(get(home, now_ms).timeout_ms, want_ms[i]);
        assert_int_equal(get(home, now_ms).timeouts_in_row, i + 1);
    }
    answered(home, now_ms, 100);
    assert_int_equal(get(home, now_ms).timeouts_in_row, 0);
    assert_int_equal(get(home, now_ms).dead_until_ms, 0);
    assert_int_equal(get(home, now_ms).timeout_ms, 252);
}

static void a_server_never_measured_backs_off_too(void **state)
{
    struct home *home = *state;

    timed_out(home, NOW, 400);
    assert_true(get(home, NOW).known);
    assert_int_equal(get(home, NOW).timeout_ms, 800);
    assert_int_equal(get(home, NOW).srtt_ms, 0);
}

static void silent_together_counts_once(void **state)
{
    struct home *home = *state;

    for (int i = 0; i < 10; i++) /* sent from NOW on, 10 ms after each other */
        timed_out(home, NOW + 400 + i * 10, 400);
    assert_int_equal(get(home, NOW + 490).timeouts_in_row, 1);
    timed_out(home, NOW + 400 + 400, 400); /* sent just when the first one was given up */
    assert_int_equal(get(home, NOW + 800).timeouts_in_row, 2);
}

/* A dead server costs one packet an interval, whoever asks; the intervals triple up to a
 * minute. */
static void probes(void **state)
{
    struct home *home = *state;
    static const int64_t interval_ms[] = {1500, 4500, 13500, 40500, 60000, 60000, 60000};
    int64_t now_ms = NOW;

    for (int i = 0; i < 3; i++) {
        timed_out(home, now_ms, 400);
        assert_int_equal(get(home, now_ms).dead_until_ms, 0);
        assert_true(claim(home, now_ms));
        assert_true(claim(home, now_ms)); /* some silence is not death: no limit yet */
        now_ms += 2000;
    }
    timed_out(home, now_ms, 2000);
    for (size_t i = 0; i < COUNT(interval_ms); i++) {
        int64_t due_ms = now_ms + interval_ms[i];

        assert_int_equal(get(home, now_ms).dead_until_ms, due_ms);
        assert_false(claim(home, now_ms));
        assert_false(claim(home, due_ms - 1));
        assert_true(claim(home, due_ms));
        assert_false(claim(home, due_ms)); /* the second to ask is too late */
        now_ms = due_ms + 2000;
        timed_out(home, now_ms, 2000);
    }
    answered(home, now_ms, 30);
    assert_true(claim(home, now_ms));
    assert_true(claim(home, now_ms));
    assert_int_equal(get(home, now_ms).dead_until_ms, 0);
}

/* Ten questions a second for ten minutes: a dead server gets few packets, and goes on getting
 * some. */
static void a_dead_server_costs_little(void **state)
{
    struct home *home = *state;
    int64_t sent_ms[64], ends_ms[64];
    size_t first = 0, count = 0, until_dead = 0;

    for (int64_t now_ms = NOW; now_ms < NOW + 600 * 1000; now_ms += 100) {
        for (; first < count && ends_ms[first] <= now_ms; first++)
            timed_out(home, ends_ms[first], (uint32_t)(ends_ms[first] - sent_ms[first]));
        if (get(home, now_ms).dead_until_ms == 0)
            until_dead = count;
        if (!claim(home, now_ms))
            continue;
        assert_true(count < COUNT(sent_ms));
        sent_ms[count] = now_ms;
        ends_ms[count++] = now_ms + get(home, now_ms).timeout_ms;
    }
    assert_in_range(until_dead, 4, 50); /* 400, 800, 1,600 and 2,000 ms of patience */
    /* 1.5, 4.5 ... 40.5 s, then one a minute; one or two more while a probe is under way. */
    assert_in_range(count - until_dead, 12, 18);
}

/* An entry for a zone is found as long as it lives, however many there are, and although what
 * is known of the server as such begins anew meanwhile. */
static void zones_of_a_server(void **state)
{
    struct home *home = *state;
    char text[16];

    answered(home, NOW, 20);
    for (int i = 0; i < 200; i += 2) {
        snprintf(text, sizeof(text), "z%d.", i);
        infra_note(home->cache, &home->server, name_of(home->arena, text), NOW + 800000, INFRA_LAME);
    }
    answered(home, NOW + 899000, 20);
    answered(home, NOW + 901000, 20);
    for (int i = 0; i < 200; i++) {
        struct infra infra;

        snprintf(text, sizeof(text), "z%d.", i);
        infra_get(home->cache, &home->server, name_of(home->arena, text), NOW + 1699000, &infra);
        assert_true(infra.known && infra.lame == (i % 2 == 0));
        infra_get(home->cache, &home->server, name_of(home->arena, text), NOW + 1700000, &infra);
        assert_false(infra.lame);
    }
}

/* Where a third of all packets is lost, four in a row are lost soon: who is heard is not dead. */
static void loss_is_not_death(void **state)
{
    struct home *home = *state;
    int64_t now_ms = NOW;

    answered(home, now_ms, 10);
    for (int i = 0; i < 28; i++) { /* 2.8 s */
        now_ms += 100;
        timed_out(home, now_ms, 50);
        assert_int_equal(get(home, now_ms).dead_until_ms, 0);
        assert_false(get(home, now_ms).dead_elsewhere);
    }
    assert_int_equal(get(home, now_ms).rto_ms, 50); /* what to wait for who lives */
    now_ms = NOW + 3000;
    timed_out(home, now_ms, 50);
    assert_true(get(home, now_ms).dead_elsewhere);
    now_ms += 100;
    timed_out(home, now_ms, 50); /* for the zone: the first silence there was after that answer */
    assert_int_equal(get(home, now_ms).dead_until_ms, now_ms + 40500); /* and it was long */
}

/* Questions about other zones are answered: silence about this one needs more to be believed. */
static void silent_for_one_zone(void **state)
{
    struct home *home = *state;
    struct dname other = name_of(home->arena, "other.");
    int64_t now_ms = NOW;

    for (int i = 0; i < 8; i++) {
        assert_int_equal(get(home, now_ms).dead_until_ms, 0);
        infra_answered(home->cache, &home->server, other, now_ms, 10);
        now_ms += 2000;
        timed_out(home, now_ms, 50);
    }
    assert_int_equal(get(home, now_ms).timeouts_in_row, 8);
    assert_int_equal(get(home, now_ms).dead_until_ms, now_ms + 1500);
    assert_false(get(home, now_ms).dead_elsewhere);
}

/* A server that drops questions of one type only is told from a dead one. */
static void silent_types(void **state)
{
    struct home *home = *state;

    infra_timed_out(home->cache, &home->server, home->zone, TYPE_AAAA, NOW, 400);
    assert_int_equal(get(home, NOW).silent_types, BIT(INFRA_TYPE_AAAA));
    infra_timed_out(home->cache, &home->server, home->zone, TYPE_MX, NOW + 1000, 400);
    assert_int_equal(get(home, NOW + 1000).silent_types,
                     BIT(INFRA_TYPE_AAAA) | BIT(INFRA_TYPE_OTHER));
    answered(home, NOW + 2000, 30);
    assert_int_equal(get(home, NOW + 2000).silent_types, 0);
}

static void facts(void **state)
{
    struct home *home = *state;
    static const uint8_t client[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t server[33] = {9, 8, 7};
    struct infra infra;

    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_LAME);
    infra = get(home, NOW);
    assert_true(infra.known && infra.lame && !infra.recursion_lame && !infra.dnssec_lame &&
                !infra.case_lame);
    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_RECURSION_LAME);
    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_DNSSEC_LAME);
    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_CASE_LAME);
    infra = get(home, NOW);
    assert_true(infra.lame && infra.recursion_lame && infra.dnssec_lame && infra.case_lame);
    assert_int_equal(infra.edns, INFRA_EDNS_UNKNOWN);
    infra_note_edns(home->cache, &home->server, NOW, INFRA_EDNS_NONE);
    assert_int_equal(get(home, NOW).edns, INFRA_EDNS_NONE);
    assert_int_equal(infra.timeout_ms, 400); /* no time was measured by any of it */

    infra_note_cookie(home->cache, &home->server, NOW, client,
                      slice_of(server, 16));
    infra_note_cookie(home->cache, &home->server, NOW, client,
                      slice_of(server, 33)); /* RFC 7873 section 4: no such cookie */
    infra = get(home, NOW);
    assert_int_equal(infra.cookie_size, 16);
    assert_memory_equal(infra.cookie, server, 16);
    assert_memory_equal(infra.client_cookie, client, 8);
    infra_note_cookie(home->cache, &home->server, NOW, client, slice_of(NULL, 0));
    assert_int_equal(get(home, NOW).cookie_size, 0);
}

static void keys_are_told_apart(void **state)
{
    struct home *home = *state;
    struct infra infra;
    struct addr others[3] = {addr_of("192.0.2.1@54"), addr_of("192.0.2.2"),
                             addr_of("2001:db8::1")};

    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_LAME);
    for (size_t i = 0; i < COUNT(others); i++) {
        infra_get(home->cache, &others[i], home->zone, NOW, &infra);
        assert_false(infra.known);
    }
    infra_get(home->cache, &home->server, name_of(home->arena, "sub.example."), NOW, &infra);
    assert_false(infra.known);
    infra_get(home->cache, &home->server, name_of(home->arena, "EXAMPLE."), NOW, &infra);
    assert_true(infra.known && infra.lame);
}

/* A zone never heard of begins with what its server needs for others. */
static void servers_are_known_beyond_their_zones(void **state)
{
    struct home *home = *state;
    struct dname other = name_of(home->arena, "other.");
    struct infra infra;

    infra_get(home->cache, &home->server, other, NOW, &infra);
    assert_int_equal(infra.timeout_ms, 400);
    answered(home, NOW, 20);
    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_LAME);
    infra_get(home->cache, &home->server, other, NOW, &infra);
    assert_false(infra.lame || infra.silent_elsewhere);
    assert_int_equal(infra.srtt_ms, 20);
    assert_int_equal(infra.timeout_ms, 60);
    timed_out(home, NOW + 100, 60);
    infra_get(home->cache, &home->server, other, NOW + 100, &infra);
    assert_false(infra.silent_elsewhere); /* once is mere loss */
    timed_out(home, NOW + 300, 120);
    infra_get(home->cache, &home->server, other, NOW + 300, &infra);
    assert_true(infra.silent_elsewhere);
    assert_int_equal(infra.timeouts_in_row, 0); /* that is for each zone to find out */
    assert_int_equal(infra.dead_until_ms, 0);
    infra_answered(home->cache, &home->server, other, NOW + 400, 20);
    infra_get(home->cache, &home->server, other, NOW + 400, &infra);
    assert_false(infra.silent_elsewhere);
    assert_int_equal(get(home, NOW + 400).timeouts_in_row, 2); /* that zone is as silent as it was */
    assert_int_equal(get(home, NOW + 400).srtt_ms, 20);
}

/* infra-host-ttl counts from the first thing learned, so that a misjudgement ends by itself. */
static void ageing(void **state)
{
    struct home *home = *state;

    infra_note(home->cache, &home->server, home->zone, NOW, INFRA_LAME);
    answered(home, NOW + 899000, 20);
    assert_true(get(home, NOW + 899000).lame);
    assert_false(get(home, NOW + 900000).lame);
    assert_int_equal(get(home, NOW + 900000).srtt_ms, 20); /* this was learned later */
    assert_false(get(home, NOW + 899000 + 900000).known);
}

/* After a change of the network a server's abilities are still what they were. */
static void forgetting_failures(void **state)
{
    struct home *home = *state;
    struct infra infra;

    answered(home, NOW, 100);
    infra_note_edns(home->cache, &home->server, NOW, INFRA_EDNS_WORKS);
    timed_out(home, NOW + 300, 300);
    timed_out(home, NOW + 900, 600);
    timed_out(home, NOW + 2100, 1200);
    timed_out(home, NOW + 4100, 2000);
    assert_true(get(home, NOW + 4100).dead_until_ms > 0);
    infra_forget_failures(home->cache);
    infra = get(home, NOW + 4100);
    assert_int_equal(infra.dead_until_ms, 0);
    assert_int_equal(infra.timeouts_in_row, 0);
    assert_int_equal(infra.srtt_ms, 100);
    assert_int_equal(infra.timeout_ms, 300);
    assert_int_equal(infra.edns, INFRA_EDNS_WORKS);
    infra_flush(home->cache);
    assert_false(get(home, NOW + 900).known);
}

static void budget(void **state)
{
    struct home *home = *state;
    struct infra infra;

    (void)state;
    for (uint32_t i = 0; i < 50000; i++) {
        uint8_t bytes[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        struct addr server = addr_ip4(bytes, 53);

        infra_answered(home->cache, &server, dname_root, NOW, 10);
        infra_get(home->cache, &server, dname_root, NOW, &infra);
        assert_true(infra.known);
    }
    assert_in_range(infra_cache_size_bytes(home->cache), 1 << 19, 1 << 20);
    infra_cache_resize(home->cache, 1 << 17); /* a reload may make it smaller */
    assert_in_range(infra_cache_size_bytes(home->cache), 1, 1 << 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(never_heard_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(round_trips, set_up, tear_down),
        cmocka_unit_test_setup_teardown(back_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_never_measured_backs_off_too, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(silent_together_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silent_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_server_costs_little, set_up, tear_down),
        cmocka_unit_test_setup_teardown(facts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(servers_are_known_beyond_their_zones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loss_is_not_death, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zones_of_a_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silent_for_one_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ageing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgetting_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(budget, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
