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
#include "testcode/sim_signing.h"
#include "testcode/swarm_run.h"
#include "validator/algo.h"
#include "validator/zone_keys.h"

enum {
    SEEDS_TO_FIND_A_FAULT = 300,
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
static void compare(struct sim_net *net, const struct question *question, struct arena *arena)
{
    struct sim_zone *zone = sim_zone_of(net, question->qname, question->qtype);
    struct sim_server honest = *zone->hosts[0]->servers[0];
    struct sim_asked_for asked = {.net = net, .server = &honest, .question = question};
    struct oracle_answer truth;
    struct message reply;
    size_t count;
    const struct rrset **sets;

    honest.flaw = FLAW_NONE;
    assert_true(oracle_resolve(net, question, arena, &truth));
    assert_true(sim_auth_answer(&asked, arena, &reply));
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
        sim_net_clear(net);
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
        sim_net_clear(net);
        arena_free(arena);
    }
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        if (kinds[i] == 0)
            fail_msg("no server of the kind %s", sim_fault_word((enum sim_fault_kind)i));
    assert_true(dnames > 0 && aliases > 0 && wildcards > 0 && glueless > 0);
}

/* What there is of signing in the first seeds. */
struct variety {
    unsigned flaws_of_zones[FLAW_KINDS], flaws_of_servers[FLAW_KINDS];
    unsigned secure, insecure, bogus;
    unsigned nsec, nsec3, opt_out, too_many, noisy, retiring, revoked, ds_anchors, key_anchors;
};

static void count_zone(const struct sim_zone *zone, struct variety *variety)
{
    const struct sim_signing *signing = zone->signing;

    variety->secure += zone->security == SEC_SECURE;
    variety->insecure += zone->security == SEC_INSECURE;
    variety->bogus += zone->security == SEC_BOGUS;
    if (signing == NULL)
        return;
    variety->flaws_of_zones[signing->flaw]++;
    variety->nsec += !signing->nsec3;
    variety->nsec3 += signing->nsec3;
    variety->opt_out += signing->opt_out;
    variety->too_many += sim_has_too_many_iterations(zone);
    variety->noisy += signing->is_noisy;
    for (unsigned i = 0; i < signing->signer_count; i++) {
        variety->retiring += signing->signers[i].retires;
        variety->revoked += (signing->signers[i].key.flags & DNSKEY_REVOKE) != 0;
    }
}

static void count_net(const struct sim_net *net, struct variety *variety)
{
    for (unsigned i = 0; i < net->zone_count; i++)
        count_zone(net->zones[i], variety);
    for (unsigned i = 0; i < net->server_count; i++)
        variety->flaws_of_servers[net->servers[i]->flaw]++;
    for (unsigned i = 0; i < net->anchor_count; i++) {
        variety->ds_anchors += net->anchors[i].type == TYPE_DS;
        variety->key_anchors += net->anchors[i].type == TYPE_DNSKEY;
    }
}

static void signed_worlds_are_manifold(void **state)
{
    struct variety variety = {.secure = 0};

    (void)state;
    for (uint64_t seed = 1; seed <= 3 * SEEDS_TO_COMPARE; seed++) {
        struct arena *arena = arena_new(0);
        struct sim_net *net = sim_generate(seed, arena);

        assert_non_null(net);
        count_net(net, &variety);
        sim_net_clear(net);
        arena_free(arena);
    }
    for (unsigned i = 1; i < FLAW_KINDS; i++)
        if (variety.flaws_of_zones[i] + variety.flaws_of_servers[i] == 0)
            fail_msg("nobody with the flaw %s", sim_flaw_word((enum sim_flaw)i));
    assert_true(variety.secure > 0 && variety.insecure > 0 && variety.bogus > 0);
    assert_true(variety.nsec > 0 && variety.nsec3 > 0 && variety.opt_out > 0);
    assert_true(variety.too_many > 0 && variety.noisy > 0 && variety.retiring > 0);
    assert_true(variety.revoked > 0 && variety.ds_anchors > 0 && variety.key_anchors > 0);
}

/* Signing is written apart from verifying; each key verifies what it signed, and nothing else.
 */
static void keys_sign_for_the_validator(void **state)
{
    static const uint8_t algorithms[] = {ALGORITHM_RSASHA256, ALGORITHM_RSASHA512,
                                         ALGORITHM_ECDSAP256SHA256, ALGORITHM_ED25519,
                                         ALGORITHM_ED448};
    const struct crypto_policy policy = {.sha1 = false};
    struct crypto *crypto = crypto_new(&policy);
    struct arena *arena = arena_new(0);

    (void)state;
    for (unsigned number = 0; number < 5 * COUNT(algorithms); number++) {
        uint8_t signature[SIM_SIGNATURE_MAX], again[SIM_SIGNATURE_MAX];
        uint8_t algorithm = algorithms[number % COUNT(algorithms)];
        struct slice octets = slice_of(&number, sizeof(number));
        struct public_key *public_key;
        struct sim_key key;
        size_t size;

        assert_true(sim_key_make(&key, arena, number, algorithm, DNSKEY_ZONE));
        assert_int_equal(public_key_new(crypto, algorithm,
                                        slice_of(key.rdata.data + 4, key.rdata.size - 4),
                                        &public_key),
                         STATUS_OK);
        size = sim_key_sign(&key, octets, signature);
        assert_int_equal(sim_key_sign(&key, octets, again), size);
        assert_memory_equal(signature, again, size);
        assert_int_equal(
            public_key_verify(crypto, public_key, octets, slice_of(signature, size)),
            STATUS_OK);
        signature[size / 2] ^= 1;
        assert_int_equal(
            public_key_verify(crypto, public_key, octets, slice_of(signature, size)),
            STATUS_MALFORMED);
        public_key_unref(public_key);
        sim_key_clear(&key);
    }
    crypto_free(crypto);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_and_oracle_agree),
        cmocka_unit_test(worlds_are_manifold),
        cmocka_unit_test(signed_worlds_are_manifold),
        cmocka_unit_test(keys_sign_for_the_validator),
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(without_a_fault_the_same_seeds_pass),
        cmocka_unit_test(planted_faults_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
