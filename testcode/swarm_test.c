/*
 * swarm_test.c - tests of the simulator itself: it repeats itself, it finds faults, its servers
 * and its oracle agree although they are written apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "testcode/oracle.h"
#include "testcode/sim_auth.h"
#include "testcode/sim_generate.h"
#include "testcode/swarm_run.h"

enum {
    SEEDS_TO_FIND_A_FAULT = 60,
    SEEDS_TO_REPEAT = 12,
    SEEDS_TO_COMPARE = 60,
    QUESTIONS = 40
};

static struct swarm_result run(uint64_t seed, enum planted_fault planted)
{
    struct swarm_wish wish = {.seed = seed, .planted = planted, .out = stderr};
    struct swarm_result result;

    swarm_run(&wish, &result);
    return result;
}

static void same_seed_same_run(void **state)
{
    uint64_t before = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_TO_REPEAT; seed++) {
        struct swarm_result once = run(seed, PLANTED_NONE), twice = run(seed, PLANTED_NONE);

        assert_int_equal(once.hash, twice.hash);
        assert_int_equal(once.sent, twice.sent);
        assert_int_not_equal(once.hash, before); /* another seed, another run */
        assert_true(once.questions > 0 && once.sent > 0);
        before = once.hash;
    }
}

static void planted_faults_are_found(void **state)
{
    (void)state;
    for (unsigned fault = 1; fault < PLANTED_FAULTS; fault++) {
        bool found = false;

        for (uint64_t seed = 1; seed <= SEEDS_TO_FIND_A_FAULT && !found; seed++)
            found = run(seed, (enum planted_fault)fault).failed;
        if (!found)
            fail_msg("%d seeds passed although %s", SEEDS_TO_FIND_A_FAULT,
                     planted_words((enum planted_fault)fault));
    }
}

static void without_a_fault_the_same_seeds_pass(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_TO_FIND_A_FAULT; seed++) {
        struct swarm_result result = run(seed, PLANTED_NONE);

        if (result.failed)
            fail_msg("seed %u: %s", (unsigned)seed, result.words);
    }
}

/* ---- the two halves of the model ---- */

static bool same_link(const struct oracle_link *link, const struct rrset *set)
{
    return rrset_is(set, link->owner, link->type, CLASS_IN) && set->ttl_s == link->set->ttl_s;
}

/* What the zone's own server says is where the truth begins; at its end, if all was said. */
static void compare(const struct sim_net *net, const struct question *question,
                    struct arena *arena)
{
    struct sim_zone *zone = sim_zone_of(net, question->qname, question->qtype);
    struct oracle_answer truth;
    struct message reply;
    size_t count;
    const struct rrset **sets;

    assert_true(oracle_resolve(net, question, arena, &truth));
    assert_true(sim_auth_answer(net, zone->hosts[0]->servers[0], question, 0, arena, &reply));
    assert_ptr_equal(truth.zones[0], zone);
    sets = message_section(&reply, SECTION_ANSWER, &count);
    assert_true(count <= truth.count || truth.endless);
    for (size_t i = 0; i < count && i < truth.count; i++)
        assert_true(same_link(&truth.links[i], sets[i]));
    if (truth.zone_count == 1 && !truth.endless) {
        assert_int_equal(reply.rcode, truth.rcode);
        assert_int_equal(count, truth.count);
        assert_int_equal(message_find(&reply, SECTION_AUTHORITY, zone->apex, TYPE_SOA) != NULL,
                         truth.denier != NULL);
    }
}

static void servers_and_oracle_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_TO_COMPARE; seed++) {
        struct arena *arena = arena_new(0);
        struct sim_net *net = sim_generate(seed, arena);
        struct sim_random random = sim_random_of(seed, 99);

        assert_non_null(net);
        for (unsigned i = 0; i < QUESTIONS; i++) {
            struct question question = sim_question(net, &random, arena);

            compare(net, &question, arena);
        }
        arena_free(arena);
    }
}

/* Every kind of thing must come up in the first seeds, or the simulator tests less than it
 * says. */
static void worlds_are_manifold(void **state)
{
    unsigned kinds[FAULT_KINDS] = {0}, dnames = 0, aliases = 0, wildcards = 0, glueless = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_TO_COMPARE; seed++) {
        struct arena *arena = arena_new(0);
        struct sim_net *net = sim_generate(seed, arena);

        assert_non_null(net);
        for (unsigned i = 0; i < net->server_count; i++)
            kinds[net->servers[i]->fault.kind]++;
        for (unsigned i = 0; i < net->zone_count; i++) {
            const struct sim_zone *zone = net->zones[i];

            for (unsigned j = 0; j < zone->host_count; j++)
                glueless += i > 0 && !sim_has_glue(zone, zone->hosts[j]);
            for (const struct sim_set *set = zone->sets; set != NULL; set = set->next) {
                dnames += set->type == TYPE_DNAME;
                aliases += set->type == TYPE_CNAME;
                wildcards += dname_is_wildcard(set->owner);
            }
        }
        arena_free(arena);
    }
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        if (kinds[i] == 0)
            fail_msg("no server of the kind %s", sim_fault_word((enum sim_fault_kind)i));
    assert_true(dnames > 0 && aliases > 0 && wildcards > 0 && glueless > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_and_oracle_agree),
        cmocka_unit_test(worlds_are_manifold),
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(without_a_fault_the_same_seeds_pass),
        cmocka_unit_test(planted_faults_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
