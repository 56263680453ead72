/*
 * bench_test.h - a service of clients on a bench, for the tests of this folder.
 *
 * The mesh and the caches are the real ones; in place of the resolver stands a module that
 * answers from a text, fails, or waits. A world of paper has the clock, a channel of paper
 * keeps what is sent. Included by *_test.c only, once a program.
 */
#ifndef TREESHREW_SERVICES_CLIENT_BENCH_TEST_H
#define TREESHREW_SERVICES_CLIENT_BENCH_TEST_H

#include "services/client/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "services/upstream/paper_world_test.h"
#include "testcode/message_of.h"

enum { SENT_MAX = 8, PACKET_MAX = 2048 };

struct paper_channel {
    struct channel channel; /* first */
    unsigned count, held;
    size_t sizes[SENT_MAX];
    uint8_t octets[SENT_MAX][PACKET_MAX];
};

static struct paper paper;
static struct paper_channel paper_channel;

static struct bench {
    struct arena *arena;
    struct cache_options cache;
    struct client_options options;
    struct upstream_options upstream;
    struct env env;
    struct mesh *mesh;
    struct request_service *service;
    struct acl *acl;
    struct local *local;
    struct rate_table *rates;
    uint32_t generation; /* of the settings */
    struct request_log logs;
    bool uses_lane;      /* hits are answered out of memos; else both ways, and compared */
    struct message back; /* the answer read last */
    uint8_t packet[PACKET_MAX];

    /* what the module does */
    const char *records; /* NULL: it fails */
    uint16_t rcode;
    bool waits;
    enum security security;
    const char *reason; /* told with a good answer; NULL: none */
    unsigned asked;
    unsigned last_flags;
    struct query *waiting;
} bench;

/* ---- the module ---- */

static inline void publish(struct query *query, struct message *message)
{
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < message_rrsets(message); i++) {
        struct rrset *set = rrset_copy_in(query->arena, message->rrsets[i]);
        const struct rrset *stored;

        assert_non_null(set);
        set->trust = TRUST_ANSWER_AA;
        rrset_set_expiry(set, query_now_s(query) + set->ttl_s);
        rrset_set_security(set, bench.security);
        stored = rrset_cache_replace(query->env->rrsets, set, RRSET_PLAIN, query_now_s(query));
        assert_non_null(stored);
        least = time_min(least, stored->expires_s);
        message->rrsets[i] = query_hold(query, stored);
    }
    query->outcome.expires_s = least == INT64_MAX ? query_now_s(query) : least;
}

static inline enum step canned_step(struct query *query, void **state)
{
    char question[DNAME_TEXT_MAX + 32], name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];
    struct message *message;

    (void)state;
    if (bench.waits) {
        bench.asked += bench.waiting != query;
        bench.last_flags = query->flags;
        bench.waiting = query;
        return STEP_WAIT;
    }
    if (bench.waiting == query)
        bench.waiting = NULL;
    else
        bench.asked++;
    bench.last_flags = query->flags;
    if (bench.records == NULL)
        return query_fail(query, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY,
                          "deleg=all-failed for www.example/A z=example n=2/2");
    snprintf(question, sizeof(question), "%s %s", dname_to_text(query->question.qname, name),
             rrtype_to_text(query->question.qtype, type));
    message = message_of(query->arena, question, bench.rcode, FLAG_QR, bench.records);
    query_done(query, message, bench.security);
    if (bench.reason != NULL)
        reasons_add(&query->outcome.reasons, query->arena, EDE_UNSUPPORTED_DS_DIGEST, bench.reason);
    publish(query, &query->outcome.message);
    return STEP_DONE;
}

static inline void canned_abandon(struct query *query, void **state)
{
    (void)state;
    if (bench.waiting == query)
        bench.waiting = NULL;
}

static const struct module canned = {"canned", canned_step, canned_abandon};

/* ---- the channel ---- */

static inline void channel_send(struct channel *channel, const struct peer *peer,
                                struct slice message)
{
    struct paper_channel *self = (struct paper_channel *)channel;

    assert_non_null(peer);
    if (message.size == 0)
        return;
    assert_true(self->count < SENT_MAX && message.size <= PACKET_MAX);
    memcpy(self->octets[self->count], message.data, message.size);
    self->sizes[self->count++] = message.size;
}

static inline void channel_hold(struct channel *channel)
{
    ((struct paper_channel *)channel)->held++;
}

static inline void channel_release(struct channel *channel)
{
    ((struct paper_channel *)channel)->held--;
}

/* ---- the bench ---- */

static inline void env_stays(struct env *env)
{
    (void)env;
}

static inline void no_complaint(void *context, const struct opt_item *item, const char *words)
{
    (void)context;
    fail_msg("%s: %s", item->text, words);
}

static inline void set_options(void)
{
    bench.options = (struct client_options){.ede = true,
                                            .ede_most = REASONS_MAX,
                                            .ede_serve_expired = true,
                                            .minimal_responses = true,
                                            .minimal_any = true,
                                            .max_udp_size = 1232,
                                            .answer_when_full = true,
                                            .discard_timeout = 1900,
                                            .slow_answers_max = 16384,
                                            .num_queries_per_thread = 4,
                                            .ip_ratelimit_ipv4_prefix = 32,
                                            .ip_ratelimit_ipv6_prefix = 64,
                                            .ip_ratelimit_size = 65536,
                                            .wait_limit = 256,
                                            .wait_limit_cookie = 4096};
    bench.upstream = (struct upstream_options){.edns_buffer_size = 1232};
    bench.cache = (struct cache_options){.cache_max_ttl = 86400,
                                         .cache_max_negative_ttl = 3600,
                                         .failure_ttl = 5,
                                         .failure_ttl_max = 60,
                                         .serve_expired_ttl = 86400,
                                         .serve_expired_reply_ttl = 30,
                                         .serve_expired_client_timeout = 1800};
}

static inline struct request_settings settings_of_bench(void)
{
    return (struct request_settings){.env = &bench.env,
                                     .options = &bench.options,
                                     .upstream = &bench.upstream,
                                     .acl = bench.acl,
                                     .local = bench.local,
                                     .rates = bench.rates,
                                     .log = bench.logs,
                                     .generation = ++bench.generation,
                                     .check_memos = !bench.uses_lane};
}

/* Settings that a test has changed begin to count. */
static inline void apply(const char *access, const char *local_zone, const char *local_data)
{
    struct opt_item items[3] = {
        {access, "test", 1, 1}, {local_zone, "test", 2, 1}, {local_data, "test", 3, 1}};
    struct opt_list list = {access != NULL, &items[0]}, none = {0, NULL};
    struct request_settings settings;

    acl_free(bench.acl);
    local_free(bench.local);
    rate_table_free(bench.rates);
    bench.rates = pace_table(&bench.options, (struct hash_key){3, 4});
    bench.acl = acl_new(&list, &none, no_complaint, NULL);
    bench.options.local_zone = (struct opt_list){local_zone != NULL, &items[1]};
    bench.options.local_data = (struct opt_list){local_data != NULL, &items[2]};
    bench.local = local_new(&bench.options, no_complaint, NULL);
    assert_non_null(bench.acl);
    assert_non_null(bench.local);
    settings = settings_of_bench();
    settings.cookie_secrets.count = 1;
    for (int i = 0; i < 16; i++)
        settings.cookie_secrets.item[0].bytes[i] = (uint8_t)i;
    if (bench.service != NULL)
        request_service_set(bench.service, &settings);
    else
        bench.service = request_service_new(&paper.world, bench.mesh, &settings);
    assert_non_null(bench.service);
}

static inline int set_up(void **state)
{
    const struct mesh_limits limits = {.queries_max = 4, .jostle_ms = 200};
    const struct hash_key key = {1, 2};

    (void)state;
    memset(&bench, 0, sizeof(bench));
    memset(&paper_channel, 0, sizeof(paper_channel));
    paper_init(&paper);
    paper_channel.channel =
        (struct channel){TRANSPORT_UDP, channel_send, channel_hold, channel_release, NULL};
    set_options();
    bench.arena = arena_new(0);
    bench.security = SEC_INSECURE;
    bench.records = "www.example. 300 A 192.0.2.1";
    bench.mesh = mesh_new(&paper.world, &limits, key);
    bench.env = (struct env){.references = 1,
                             .world = &paper.world,
                             .mesh = bench.mesh,
                             .rrsets = rrset_cache_new(1 << 20, 1, key),
                             .messages = msg_cache_new(1 << 20, 1, key),
                             .cache_options = &bench.cache,
                             .modules = {&canned},
                             .module_count = 1,
                             .release = env_stays};
    msg_cache_rest_on(bench.env.messages, bench.env.rrsets);
    budget_limits_default(&bench.env.limits);
    bench.env.limits.time_ms = 60000;
    apply(NULL, NULL, NULL);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    request_service_free(bench.service);
    mesh_free(bench.mesh);
    msg_cache_free(bench.env.messages);
    rrset_cache_free(bench.env.rrsets);
    acl_free(bench.acl);
    local_free(bench.local);
    rate_table_free(bench.rates);
    arena_free(bench.arena);
    paper_clear(&paper);
    assert_int_equal(paper_channel.held, 0);
    return 0;
}

/* ---- asking ---- */

enum { PLAIN = 0, WITH_EDNS = 1, WITH_DO = 2 };

static inline size_t make_packet(const char *question, uint16_t flags, int edns,
                                 struct slice cookie)
{
    struct message message = {.id = 77, .flags = flags, .has_question = true};
    struct message_write how = {.size_max = PACKET_MAX};
    struct sink out = sink_of(bench.packet, sizeof(bench.packet));

    message.question = question_of(bench.arena, question);
    message.edns.present = edns != PLAIN;
    message.edns.dnssec_ok = (edns & WITH_DO) != 0;
    message.edns.udp_size = 1232;
    if (cookie.size != 0)
        edns_add(&message.edns, EDNS_COOKIE, cookie);
    assert_int_equal(message_write(&message, &how, &out), STATUS_OK);
    return out.used;
}

static inline void receive_from(const char *client, size_t size)
{
    struct peer peer = {.interface_index = 0};
    uint8_t *copy = malloc(size + 1); /* so that a tool sees who looks at it afterwards */

    assert_non_null(copy);
    assert_int_equal(addr_from_text(&peer.from, client, 5353, NULL), STATUS_OK);
    memcpy(copy, bench.packet, size);
    request_receive(bench.service, &paper_channel.channel, &peer, slice_of(copy, size));
    free(copy);
    mesh_run(bench.mesh);
}

static inline void ask(const char *question, uint16_t flags, int edns)
{
    receive_from("127.0.0.1", make_packet(question, flags, edns, slice_of(NULL, 0)));
}

/* The module's turn again: what it was waiting for has come. */
static inline void arrive(void)
{
    assert_non_null(bench.waiting);
    bench.waits = false;
    mesh_wake(bench.waiting);
    mesh_run(bench.mesh);
}

/* Takes the oldest answer that was sent. */
static inline const struct message *answer(void)
{
    struct slice packet;

    if (paper_channel.count == 0)
        fail_msg("no answer came");
    packet = arena_copy(bench.arena, slice_of(paper_channel.octets[0], paper_channel.sizes[0]));
    paper_channel.count--;
    memmove(paper_channel.octets[0], paper_channel.octets[1],
            sizeof(paper_channel.octets[0]) * paper_channel.count);
    memmove(&paper_channel.sizes[0], &paper_channel.sizes[1],
            sizeof(paper_channel.sizes[0]) * paper_channel.count);
    assert_int_equal(message_read(packet, bench.arena, 0, &bench.back), STATUS_OK);
    assert_true((bench.back.flags & FLAG_QR) != 0);
    assert_int_equal(bench.back.id, 77);
    return &bench.back;
}

static inline void no_answer(void)
{
    assert_int_equal(paper_channel.count, 0);
}

static inline uint32_t ttl_of_first(void)
{
    assert_true(bench.back.count[SECTION_ANSWER] > 0);
    return bench.back.rrsets[0]->ttl_s;
}

/* Code of the n-th EDE option, or -1; its text in `text`. */
static inline int ede_at(size_t index, char text[128])
{
    for (size_t i = 0; i < bench.back.edns.option_count; i++) {
        struct ede ede;

        if (bench.back.edns.options[i].code != EDNS_ERROR || index-- != 0)
            continue;
        assert_int_equal(ede_read(bench.back.edns.options[i].data, &ede), STATUS_OK);
        snprintf(text, 128, "%.*s", (int)ede.text.size, (const char *)ede.text.data);
        return ede.code;
    }
    return -1;
}

static inline void expect_ede(size_t index, int code, const char *text)
{
    char came[128] = "";

    assert_int_equal(ede_at(index, came), code);
    if (text != NULL)
        assert_string_equal(came, text);
}

#endif
