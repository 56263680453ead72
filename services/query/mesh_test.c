/*
 * mesh_test.c - queries are joined, woken, told and freed; loops and limits are found at once.
 *
 * The chain is one module of the test's own: what a query does is written in its name's first
 * label: "wait" waits for ever, "done" answers at once, "fail" fails, "loop" needs itself through
 * "pool", and "need" needs done.example.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/query/mesh.h"
#include "testcode/message_of.h"
#include "testcode/replay_world.h"

struct home {
    struct replay_world world;
    struct arena *arena;
    struct cache_options cache_options;
    struct env env;
    struct mesh *mesh;
    unsigned steps, abandoned;
};

static struct home home;

struct told {
    struct mesh_client client;
    unsigned times;
    uint16_t rcode;
    char reason[EDE_TEXT_MAX + 1];
    bool from_cache;
};

static enum step answer(struct query *query)
{
    struct message message = {0};

    query_done(query, &message, SEC_UNCHECKED);
    query->outcome.expires_s = query_now_s(query);
    return STEP_DONE;
}

static enum step need(struct query *query, void **state, const char *name)
{
    struct query_waiter *waiter = *state;
    struct question question = {name_of(query->arena, name), TYPE_A, CLASS_IN};
    enum need result;

    if (waiter != NULL && !waiter->told)
        return STEP_WAIT;
    if (waiter != NULL)
        return waiter->result.failed
                   ? query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "below=failed")
                   : answer(query);
    *state = waiter = ARENA_NEW(query->arena, struct query_waiter);
    result = mesh_need(query, &question, 0, waiter);
    if (result == NEED_LOOP)
        return query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "deleg=loop");
    if (result == NEED_LIMIT)
        return query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=depth");
    return STEP_WAIT;
}

static enum step step(struct query *query, void **state)
{
    char name[DNAME_TEXT_MAX];

    home.steps++;
    dname_to_text(query->question.qname, name);
    if (strncmp(name, "done", 4) == 0)
        return answer(query);
    if (strncmp(name, "fail", 4) == 0)
        return query_fail(query, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY, "deleg=all-failed");
    if (strncmp(name, "loop", 4) == 0)
        return need(query, state, "pool.example.");
    if (strncmp(name, "pool", 4) == 0)
        return need(query, state, "loop.example.");
    if (strncmp(name, "need", 4) == 0)
        return need(query, state, "done.example.");
    if (strncmp(name, "slow", 4) == 0)
        return need(query, state, "wait.example.");
    if (strncmp(name, "doubt", 5) == 0) {
        static const struct reasons why = {1, {{EDE_DNSSEC_BOGUS, "sig=bad"}}};

        query->doubt = &why;
    }
    return STEP_WAIT;
}

/* As real modules do: what it still waits for is no longer needed. */
static void abandon(struct query *query, void **state)
{
    struct query_waiter *waiter = *state;

    (void)query;
    if (waiter != NULL && waiter->child != NULL && !waiter->told)
        mesh_unneed(waiter);
    home.abandoned++;
}

static const struct module test_module = {"test", step, abandon};

static void release(struct env *env)
{
    (void)env;
}

static int set_up(void **state)
{
    struct mesh_limits limits = {4, 200};
    struct hash_key key = {1, 2};

    (void)state;
    memset(&home, 0, sizeof(home));
    replay_world_init(&home.world);
    home.arena = arena_new(0);
    home.cache_options = (struct cache_options){.failure_ttl = 5, .failure_ttl_max = 60};
    home.mesh = mesh_new(&home.world.world, &limits, key);
    home.env = (struct env){.references = 1,
                            .world = &home.world.world,
                            .mesh = home.mesh,
                            .cache_options = &home.cache_options,
                            .rrsets = rrset_cache_new(1 << 20, 1, key),
                            .messages = msg_cache_new(1 << 20, 1, key),
                            .infra = infra_cache_new(1 << 20, 1, key),
                            .modules = {&test_module},
                            .module_count = 1,
                            .release = release};
    budget_limits_default(&home.env.limits);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mesh_free(home.mesh);
    assert_int_equal(home.env.references, 1); /* each query has given its env back */
    assert_int_equal(home.world.timers.count, 0);
    rrset_cache_free(home.env.rrsets);
    msg_cache_free(home.env.messages);
    infra_cache_free(home.env.infra);
    replay_world_clear(&home.world);
    arena_free(home.arena);
    return 0;
}

static void done(struct mesh_client *client, const struct query *query,
                 const struct outcome *outcome)
{
    struct told *told = CONTAINER_OF(client, struct told, client);

    assert_non_null(query);
    told->times++;
    told->rcode = outcome->message.rcode;
    told->from_cache = outcome->from_cache;
    if (outcome->reasons.count > 0)
        strcpy(told->reason, outcome->reasons.item[0].text);
}

static enum status ask(struct told *told, const char *name)
{
    struct question question = {name_of(home.arena, name), TYPE_A, CLASS_IN};

    *told = (struct told){.client = {.done = done}};
    return mesh_ask(home.mesh, &home.env, &question, 0, &told->client);
}

static void equal_questions_are_one(void **state)
{
    static struct told a, b;

    (void)state;
    assert_int_equal(ask(&a, "done.example."), STATUS_OK);
    assert_int_equal(ask(&b, "DONE.example."), STATUS_OK);
    assert_int_equal(a.times, 0); /* never told from within the asking */
    mesh_run(home.mesh);
    assert_int_equal(home.steps, 1);
    assert_int_equal(a.times, 1);
    assert_int_equal(b.times, 1);
    assert_int_equal(mesh_size(home.mesh), 0);
    assert_int_equal(mesh_stats(home.mesh)->joined, 1);
}

static void sub_question(void **state)
{
    static struct told told;

    (void)state;
    ask(&told, "need.example.");
    mesh_run(home.mesh);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.rcode, RCODE_NOERROR);
    assert_int_equal(mesh_stats(home.mesh)->sub_started, 1);
}

/* limits: a repeat on the path is a cycle and fails at once, without a timer. */
static void loops_are_found_on_the_path(void **state)
{
    static struct told told;

    (void)state;
    ask(&told, "loop.example.");
    mesh_run(home.mesh);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.rcode, RCODE_SERVFAIL);
    assert_string_equal(told.reason, "below=failed");
    assert_int_equal(home.steps, 3);
}

/* RFC 9520 section 3.2: remembered with its reasons, apart from a good answer. */
static void failures_are_kept(void **state)
{
    static struct told told;
    struct question question = {name_of(home.arena, "fail.example."), TYPE_A, CLASS_IN};
    const struct msg_entry *entry;

    (void)state;
    ask(&told, "fail.example.");
    mesh_run(home.mesh);
    assert_string_equal(told.reason, "deleg=all-failed");
    entry = msg_cache_find(home.env.messages, &question, MSG_FLAVOUR_FAILURE, 0, 0);
    assert_non_null(entry);
    assert_int_equal(entry->failure_ttl_s, 5);
    assert_string_equal(entry->reasons->item[0].text, "deleg=all-failed");
    msg_entry_unref(entry);
    assert_null(msg_cache_find(home.env.messages, &question, 0, 0, 0));
    home.world.now_ms = 6000;
    ask(&told, "fail.example.");
    mesh_run(home.mesh);
    entry = msg_cache_find(home.env.messages, &question, MSG_FLAVOUR_FAILURE, 6, 0);
    assert_int_equal(entry->failure_ttl_s, 10); /* the second in a row */
    msg_entry_unref(entry);
}

static void budget_bounds_sub_questions(void **state)
{
    static struct told told;

    (void)state;
    home.env.limits.most[COST_SUBQUERIES] = 0;
    ask(&told, "need.example.");
    mesh_run(home.mesh);
    assert_string_equal(told.reason, "limit=depth");
}

static void time_ends_a_query(void **state)
{
    static struct told told;
    struct timer *timer;

    (void)state;
    ask(&told, "slow.example.");
    mesh_run(home.mesh);
    assert_int_equal(told.times, 0);
    home.world.now_ms = home.env.limits.time_ms;
    while ((timer = timers_take_due(&home.world.timers, home.world.now_ms)) != NULL)
        timer->fire(timer);
    mesh_run(home.mesh);
    assert_int_equal(told.times, 1);
    assert_int_equal(told.rcode, RCODE_SERVFAIL);
    assert_int_equal(mesh_size(home.mesh), 0); /* the child went with it */
    assert_string_equal(told.reason, "limit=time for slow.example/A");
}

/* When time ends while another answer is looked for, what was wrong with the first is the
 * reason. */
static void time_ends_in_doubt(void **state)
{
    static struct told told;
    struct timer *timer;

    (void)state;
    ask(&told, "doubt.example.");
    mesh_run(home.mesh);
    home.world.now_ms = home.env.limits.time_ms;
    while ((timer = timers_take_due(&home.world.timers, home.world.now_ms)) != NULL)
        timer->fire(timer);
    mesh_run(home.mesh);
    assert_int_equal(told.times, 1);
    assert_string_equal(told.reason, "sig=bad");
}

/* The first half runs to completion, the last half gives way once it has had its time. */
static void jostling(void **state)
{
    static struct told told[6]; /* outlive the test: tear_down frees the mesh */

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char name[] = "wait0.example.";

        name[4] = (char)('0' + i);
        assert_int_equal(ask(&told[i], name), STATUS_OK);
    }
    mesh_run(home.mesh);
    assert_int_equal(ask(&told[4], "wait4.example."), STATUS_LIMIT); /* too early to jostle */
    home.world.now_ms = 250;
    assert_int_equal(ask(&told[4], "wait4.example."), STATUS_OK);
    assert_int_equal(told[2].times, 1); /* the oldest of the last half */
    assert_int_equal(told[2].rcode, RCODE_SERVFAIL);
    assert_int_equal(told[0].times + told[1].times + told[3].times, 0);
}

static bool starts_with_good(const struct env *env, const struct question *question)
{
    char name[DNAME_TEXT_MAX];

    (void)env;
    return strncmp(dname_to_text(question->qname, name), "waitgood", 8) == 0;
}

/* A quarter of all places is for names whose servers are known to answer; the flood of others
 * that fills the rest gives way to them, and not they to it. */
static void a_quarter_is_reserved(void **state)
{
    static struct told told[16];
    const struct mesh_limits limits = {8, 200};
    char bad[] = "wait0.example.";
    unsigned good = 0;

    (void)state;
    mesh_set_limits(home.mesh, &limits);
    home.env.is_healthy = starts_with_good;
    for (bad[4] = '0'; ask(&told[bad[4] - '0'], bad) == STATUS_OK;)
        bad[4]++;
    assert_int_equal(bad[4], '6');
    assert_int_equal(ask(&told[7], "waitgood1.example."), STATUS_OK);
    assert_int_equal(ask(&told[8], "waitgood2.example."), STATUS_OK);
    assert_int_equal(ask(&told[9], "waitgood3.example."), STATUS_LIMIT);
    mesh_run(home.mesh);
    home.world.now_ms = 250;
    for (bad[4] = '7'; bad[4] <= '9';
         bad[4]++) /* of the two in the last half one is new each time */
        good += ask(&told[bad[4] - '0' + 3], bad) == STATUS_OK;
    assert_int_equal(good, 2);
    assert_int_equal(told[7].times + told[8].times, 0);
    assert_int_equal(told[4].times + told[5].times, 2);
    home.env.is_healthy = NULL;
}

static void withdrawn_client_is_not_told(void **state)
{
    static struct told told;

    (void)state;
    ask(&told, "done.example.");
    mesh_withdraw(&told.client);
    mesh_run(home.mesh);
    assert_int_equal(told.times, 0);
    assert_int_equal(home.steps, 1); /* it goes on for the cache's sake */
}

static void freed_while_running(void **state)
{
    static struct told a, b;

    (void)state;
    ask(&a, "slow.example.");
    ask(&b, "wait.example.");
    mesh_run(home.mesh);
    assert_int_equal(mesh_size(home.mesh), 2); /* the sub-question is the other client's question */
    /* tear_down frees the mesh and checks that nothing is left */
}

/* The one that is waited for goes first, and the other must not look for it then. */
static void freed_before_who_waits(void **state)
{
    static struct told a, b;

    (void)state;
    ask(&b, "wait.example.");
    ask(&a, "slow.example.");
    mesh_run(home.mesh);
    assert_int_equal(mesh_size(home.mesh), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_questions_are_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sub_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loops_are_found_on_the_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(budget_bounds_sub_questions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_ends_a_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_ends_in_doubt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(jostling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_quarter_is_reserved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(withdrawn_client_is_not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(freed_while_running, set_up, tear_down),
        cmocka_unit_test_setup_teardown(freed_before_who_waits, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
