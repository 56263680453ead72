/*
 * request_test.c - clients are served: the door, the cache, stale data, waiting, and what is
 * refused.
 *
 * The mesh and the caches are the real ones; in place of the resolver stands a module that
 * answers from a text, fails, or waits. A world of paper has the clock, a channel of paper
 * keeps what is sent.
 */
#include "services/client/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "services/upstream/paper_world.h"
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
    struct message back; /* the answer read last */
    uint8_t packet[PACKET_MAX];

    /* what the module does */
    const char *records; /* NULL: it fails */
    uint16_t rcode;
    bool waits;
    enum security security;
    unsigned asked;
    unsigned last_flags;
    struct query *waiting;
} bench;

/* ---- the module ---- */

static void publish(struct query *query, struct message *message)
{
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < message_rrsets(message); i++) {
        struct rrset *set = rrset_copy_in(query->arena, message->rrsets[i]);
        const struct rrset *stored;

        assert_non_null(set);
        set->trust = TRUST_ANSWER_AA;
        set->expires_s = query_now_s(query) + set->ttl_s;
        rrset_set_security(set, bench.security);
        stored = rrset_cache_replace(query->env->rrsets, set, RRSET_PLAIN, query_now_s(query));
        assert_non_null(stored);
        least = time_min(least, stored->expires_s);
        message->rrsets[i] = query_hold(query, stored);
    }
    query->outcome.expires_s = least == INT64_MAX ? query_now_s(query) : least;
}

static enum step canned_step(struct query *query, void **state)
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
    publish(query, &query->outcome.message);
    return STEP_DONE;
}

static void canned_abandon(struct query *query, void **state)
{
    (void)state;
    if (bench.waiting == query)
        bench.waiting = NULL;
}

static const struct module canned = {"canned", canned_step, canned_abandon};

/* ---- the channel ---- */

static void channel_send(struct channel *channel, const struct peer *peer, struct slice message)
{
    struct paper_channel *self = (struct paper_channel *)channel;

    assert_non_null(peer);
    if (message.size == 0)
        return;
    assert_true(self->count < SENT_MAX && message.size <= PACKET_MAX);
    memcpy(self->octets[self->count], message.data, message.size);
    self->sizes[self->count++] = message.size;
}

static void channel_hold(struct channel *channel)
{
    ((struct paper_channel *)channel)->held++;
}

static void channel_release(struct channel *channel)
{
    ((struct paper_channel *)channel)->held--;
}

/* ---- the bench ---- */

static void env_stays(struct env *env)
{
    (void)env;
}

static void no_complaint(void *context, const struct opt_item *item, const char *words)
{
    (void)context;
    fail_msg("%s: %s", item->text, words);
}

static void set_options(void)
{
    bench.options = (struct client_options){.ede = true,
                                            .ede_serve_expired = true,
                                            .minimal_responses = true,
                                            .minimal_any = true,
                                            .max_udp_size = 1232,
                                            .answer_when_full = true,
                                            .discard_timeout = 1900,
                                            .num_queries_per_thread = 4,
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

static struct request_settings settings_of_bench(void)
{
    return (struct request_settings){.env = &bench.env,
                                     .options = &bench.options,
                                     .upstream = &bench.upstream,
                                     .acl = bench.acl,
                                     .local = bench.local};
}

/* Settings that a test has changed begin to count. */
static void apply(const char *access, const char *local_zone, const char *local_data)
{
    struct opt_item items[3] = {
        {access, "test", 1, 1}, {local_zone, "test", 2, 1}, {local_data, "test", 3, 1}};
    struct opt_list list = {access != NULL, &items[0]}, none = {0, NULL};
    struct request_settings settings;

    acl_free(bench.acl);
    local_free(bench.local);
    bench.acl = acl_new(&list, &none, no_complaint, NULL);
    bench.options.local_zone = (struct opt_list){local_zone != NULL, &items[1]};
    bench.options.local_data = (struct opt_list){local_data != NULL, &items[2]};
    bench.local = local_new(&bench.options, no_complaint, NULL);
    assert_non_null(bench.acl);
    assert_non_null(bench.local);
    settings = settings_of_bench();
    for (int i = 0; i < 16; i++)
        settings.cookie_secret.bytes[i] = (uint8_t)i;
    if (bench.service != NULL)
        request_service_set(bench.service, &settings);
    else
        bench.service = request_service_new(&paper.world, bench.mesh, &settings);
    assert_non_null(bench.service);
}

static int set_up(void **state)
{
    const struct mesh_limits limits = {.queries_max = 4, .jostle_ms = 200};
    const struct hash_key key = {1, 2};

    (void)state;
    memset(&bench, 0, sizeof(bench));
    memset(&paper_channel, 0, sizeof(paper_channel));
    paper_init(&paper);
    paper_channel.channel =
        (struct channel){TRANSPORT_UDP, channel_send, channel_hold, channel_release};
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
    budget_limits_default(&bench.env.limits);
    bench.env.limits.time_ms = 60000;
    apply(NULL, NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    request_service_free(bench.service);
    mesh_free(bench.mesh);
    msg_cache_free(bench.env.messages);
    rrset_cache_free(bench.env.rrsets);
    acl_free(bench.acl);
    local_free(bench.local);
    arena_free(bench.arena);
    paper_clear(&paper);
    assert_int_equal(paper_channel.held, 0);
    return 0;
}

/* ---- asking ---- */

enum { PLAIN = 0, WITH_EDNS = 1, WITH_DO = 2 };

static size_t make_packet(const char *question, uint16_t flags, int edns, struct slice cookie)
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

static void receive_from(const char *client, size_t size)
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

static void ask(const char *question, uint16_t flags, int edns)
{
    receive_from("127.0.0.1", make_packet(question, flags, edns, slice_of(NULL, 0)));
}

/* The module's turn again: what it was waiting for has come. */
static void arrive(void)
{
    assert_non_null(bench.waiting);
    bench.waits = false;
    mesh_wake(bench.waiting);
    mesh_run(bench.mesh);
}

/* Takes the oldest answer that was sent. */
static const struct message *answer(void)
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

static void no_answer(void)
{
    assert_int_equal(paper_channel.count, 0);
}

static uint32_t ttl_of_first(void)
{
    assert_true(bench.back.count[SECTION_ANSWER] > 0);
    return bench.back.rrsets[0]->ttl_s;
}

/* Code of the n-th EDE option, or -1; its text in `text`. */
static int ede_at(size_t index, char text[128])
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

static void expect_ede(size_t index, int code, const char *text)
{
    char came[128] = "";

    assert_int_equal(ede_at(index, came), code);
    if (text != NULL)
        assert_string_equal(came, text);
}

/* ---- the door ---- */

static const struct {
    const char *why, *question;
    uint16_t flags;
    int edns;
    int rcode; /* -1: no answer */
    uint16_t want_flags;
    int ede;
} door_cases[] = {
    {"an answer is no question", "www.example. A", FLAG_QR, PLAIN, -1, 0, -1},
    {"a question that was cut", "www.example. A", FLAG_TC, PLAIN, RCODE_FORMERR, 0, -1},
    {"AXFR", "www.example. AXFR", 0, PLAIN, RCODE_REFUSED, 0, -1},
    {"IXFR", "www.example. IXFR", FLAG_RD, PLAIN, RCODE_REFUSED, FLAG_RD, -1},
    {"type 0", "www.example. TYPE0", FLAG_RD, WITH_EDNS, RCODE_FORMERR, FLAG_RD, 30},
    {"type OPT", "www.example. TYPE41", FLAG_RD, WITH_EDNS, RCODE_FORMERR, FLAG_RD, 30},
    {"type TSIG", "www.example. TYPE250", FLAG_RD, WITH_EDNS, RCODE_FORMERR, FLAG_RD, 30},
    {"RD clear: no snooping", "www.example. A", 0, WITH_EDNS, RCODE_REFUSED, FLAG_RA, 20},
    {"RD clear, local data", "localhost. A", 0, WITH_EDNS, RCODE_NOERROR, FLAG_RA | FLAG_AA,
     -1},
    {"local denial", "x.invalid. A", FLAG_RD, WITH_EDNS, RCODE_NXDOMAIN,
     FLAG_RD | FLAG_RA | FLAG_AA, -1},
    {"resolved", "www.example. A", FLAG_RD | FLAG_CD, WITH_EDNS, RCODE_NOERROR,
     FLAG_RD | FLAG_RA | FLAG_CD, -1},
};

static void the_door_turns_away_what_is_wrong(void **state)
{
    char text[128];

    (void)state;
    for (size_t i = 0; i < COUNT(door_cases); i++) {
        ask(door_cases[i].question, door_cases[i].flags, door_cases[i].edns);
        if (door_cases[i].rcode < 0) {
            no_answer();
            continue;
        }
        answer();
        if (bench.back.rcode != door_cases[i].rcode ||
            bench.back.flags != (door_cases[i].want_flags | FLAG_QR))
            fail_msg("%s: rcode %d flags %04x", door_cases[i].why, bench.back.rcode,
                     bench.back.flags);
        if (ede_at(0, text) != door_cases[i].ede)
            fail_msg("%s: EDE %d", door_cases[i].why, ede_at(0, text));
    }
    assert_int_equal(request_stats(bench.service)->received, COUNT(door_cases));
    assert_int_equal(request_stats(bench.service)->dropped, 1);
}

static const struct {
    const char *why;
    size_t at; /* octet that is changed */
    uint8_t value;
    int change; /* of the packet's size */
    int rcode;  /* -1: no answer */
    bool shows_question;
} octet_cases[] = {
    {"shorter than a header", 0, 0, -(17 + 11 + 1), -1, false},
    {"a header alone", 0, 0, -(17 + 11), RCODE_FORMERR, false},
    {"opcode STATUS", 2, 0x11, 0, RCODE_NOTIMP, false},
    {"opcode 15", 2, 0x79, 0, RCODE_NOTIMP, false},
    {"no question (RFC 9619)", 5, 0, 0, RCODE_FORMERR, false},
    {"two questions (RFC 9619)", 5, 2, 0, RCODE_FORMERR, false},
    {"an answer section", 7, 1, 0, RCODE_FORMERR, false},
    {"an authority section", 9, 1, 0, RCODE_FORMERR, false},
    {"octets behind the end", 0, 0, 1, RCODE_FORMERR, true},
    {"an additional record that is not there", 11, 2, 0, RCODE_FORMERR, true},
    {"the question cut short", 0, 0, -(11 + 2), RCODE_FORMERR, false},
    {"label of a reserved kind", 12, 0x80, 0, RCODE_FORMERR, false},
    {"name that points to itself", 12, 0xc0, 0, RCODE_FORMERR, false},
    {"OPT not at the root", 12 + 17, 0xc0, 0, RCODE_FORMERR, true},
    {"EDNS version 1 (RFC 6891 section 6.1.3)", 12 + 17 + 6, 1, 0, RCODE_BADVERS, true},
};

static void mutilated_messages_get_an_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(octet_cases); i++) {
        size_t size = make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0));

        assert_int_equal(size, 12 + 17 + 11);
        bench.packet[size] = 0;
        bench.packet[0] = 0;
        if (octet_cases[i].at != 0)
            bench.packet[octet_cases[i].at] = octet_cases[i].value;
        receive_from("127.0.0.1", (size_t)((int)size + octet_cases[i].change));
        if (octet_cases[i].rcode < 0) {
            no_answer();
            continue;
        }
        if (paper_channel.count == 0)
            fail_msg("%s: no answer", octet_cases[i].why);
        answer();
        if (bench.back.rcode != octet_cases[i].rcode ||
            bench.back.has_question != octet_cases[i].shows_question)
            fail_msg("%s: rcode %d", octet_cases[i].why, bench.back.rcode);
    }
    assert_int_equal(bench.asked, 0);
}

static void access_comes_first(void **state)
{
    (void)state;
    receive_from("192.0.2.9",
                 make_packet("localhost. A", FLAG_RD, WITH_EDNS, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    assert_int_equal(bench.back.flags, FLAG_QR | FLAG_RD); /* RA clear */
    expect_ede(0, EDE_PROHIBITED, "client=not-allowed for localhost/A");
    apply("192.0.2.0/24 deny", NULL, NULL);
    receive_from("192.0.2.9", make_packet("localhost. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    no_answer();
    apply("192.0.2.0/24 refuse_non_local", NULL, NULL);
    receive_from("192.0.2.9", make_packet("localhost. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    receive_from("192.0.2.9", make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    apply("192.0.2.0/24 deny_non_local", NULL, NULL);
    receive_from("192.0.2.9", make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    no_answer();
    assert_int_equal(bench.asked, 0);
}

static void class_ch_tells_of_the_server(void **state)
{
    size_t size;

    (void)state;
    bench.options.version = "one";
    size = make_packet("version.bind. TXT", FLAG_RD, PLAIN, slice_of(NULL, 0));
    bench.packet[size - 1] = CLASS_CH;
    receive_from("127.0.0.1", size);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_true(slice_equal(rrset_rdata(bench.back.rrsets[0], 0), slice_of("\3one", 4)));
    assert_int_equal(ttl_of_first(), 0);
    bench.options.hide_version = true;
    receive_from("127.0.0.1", size);
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    bench.packet[size - 1] = CLASS_HS;
    receive_from("127.0.0.1", size);
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    assert_int_equal(bench.asked, 0);
}

/* ---- cache ---- */

static void a_hit_asks_nobody(void **state)
{
    (void)state;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(ttl_of_first(), 300);
    paper_pass(&paper, 100000);
    ask("WWW.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(ttl_of_first(), 200);
    assert_memory_equal(bench.back.question.qname.wire, "\3WWW", 4);
    assert_int_equal(bench.asked, 1);
    assert_int_equal(request_stats(bench.service)->hits, 1);
    assert_int_equal(request_stats(bench.service)->misses, 1);
    paper_pass(&paper, 200000);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.asked, 2);
}

static void the_newest_rrset_goes_out(void **state)
{
    struct message *newer = message_of(bench.arena, "www.example. A", RCODE_NOERROR, FLAG_QR,
                                       "www.example. 900 A 192.0.2.2");
    struct rrset *set = rrset_copy_in(bench.arena, newer->rrsets[0]);

    (void)state;
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    set->trust = TRUST_ANSWER_AA;
    set->expires_s = paper.now_ms / 1000 + 900;
    rrset_unref(rrset_cache_replace(bench.env.rrsets, set, RRSET_PLAIN, paper.now_ms / 1000));
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.asked, 1);
    assert_int_equal(rrset_rdata(bench.back.rrsets[0], 0).data[3], 2);
    assert_int_equal(ttl_of_first(), 900);
}

static void ad_needs_every_rrset_secure(void **state)
{
    struct message *newer = message_of(bench.arena, "www.example. A", RCODE_NOERROR, FLAG_QR,
                                       "www.example. 900 A 192.0.2.2");
    struct rrset *set = rrset_copy_in(bench.arena, newer->rrsets[0]);

    (void)state;
    bench.security = SEC_SECURE;
    ask("www.example. A", FLAG_RD, WITH_DO);
    assert_true((answer()->flags & FLAG_AD) != 0);
    ask("www.example. A", FLAG_RD, WITH_DO);
    assert_true((answer()->flags & FLAG_AD) != 0);
    /* One that was never validated takes its place: the validated one is shown. */
    set->trust = TRUST_ANSWER_AA;
    set->expires_s = paper.now_ms / 1000 + 900;
    rrset_unref(rrset_cache_replace(bench.env.rrsets, set, RRSET_PLAIN, paper.now_ms / 1000));
    ask("www.example. A", FLAG_RD, WITH_DO);
    assert_true((answer()->flags & FLAG_AD) != 0);
    assert_int_equal(rrset_rdata(bench.back.rrsets[0], 0).data[3], 1);
    assert_int_equal(bench.asked, 1);
}

static void snooping_is_a_right(void **state)
{
    (void)state;
    apply("127.0.0.0/8 allow_snoop", NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    ask("www.example. A", 0, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.asked, 1);
    bench.records = "other.example. A 192.0.2.3";
    ask("other.example. A", 0, PLAIN);
    answer();
    assert_true((bench.last_flags & QUERY_NO_RD) != 0);
    apply("127.0.0.0/8 allow_setrd", NULL, NULL);
    ask("third.example. A", 0, PLAIN);
    answer();
    assert_true((bench.last_flags & QUERY_NO_RD) == 0);
}

static void failures_keep_their_reasons(void **state)
{
    (void)state;
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    expect_ede(0, EDE_NO_REACHABLE_AUTHORITY,
               "deleg=all-failed for www.example/A z=example n=2/2");
    expect_ede(1, -1, NULL);
    paper_pass(&paper, 3000);
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    expect_ede(0, EDE_NO_REACHABLE_AUTHORITY,
               "deleg=all-failed for www.example/A z=example n=2/2");
    expect_ede(1, EDE_CACHED_ERROR, "cached=3 for www.example/A left=2");
    assert_int_equal(bench.asked, 1);
    paper_pass(&paper, 2000);
    bench.records = "www.example. A 192.0.2.1";
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.asked, 2);
    assert_int_equal(request_stats(bench.service)->servfail, 2);
}

static void popular_answers_are_fetched_anew(void **state)
{
    (void)state;
    bench.cache.prefetch = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    paper_pass(&paper, 269000);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.asked, 1);
    paper_pass(&paper, 2000);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(ttl_of_first(), 29); /* the client does not wait for it */
    assert_int_equal(bench.asked, 2);
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(ttl_of_first(), 300);
    assert_int_equal(bench.asked, 2);
}

static void a_denial_shows_its_own_ttl(void **state)
{
    (void)state;
    bench.rcode = RCODE_NXDOMAIN;
    bench.records = "authority\nexample. 7200 SOA ns.example. host.example. 1 2 3 4 600";
    ask("no.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NXDOMAIN);
    assert_int_equal(bench.back.rrsets[0]->ttl_s, 600); /* RFC 2308 section 5 */
}

/* ---- stale data (RFC 8767) ---- */

static void know_and_expire(void)
{
    bench.cache.serve_expired = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    answer();
    paper_pass(&paper, 300 * 1000);
}

static void stale_at_once_and_refreshed_behind(void **state)
{
    (void)state;
    bench.cache.serve_expired_client_timeout = 0;
    know_and_expire();
    paper_pass(&paper, 7000);
    bench.waits = true;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(ttl_of_first(), 30);
    expect_ede(0, EDE_STALE_ANSWER, "stale=7 for www.example/A left=30");
    assert_int_equal(bench.asked, 2);
    assert_true((bench.last_flags & QUERY_REFRESH) != 0);
    arrive();
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(ttl_of_first(), 300);
    expect_ede(0, -1, NULL);
    assert_int_equal(request_stats(bench.service)->stale, 1);
}

static void stale_after_the_clients_patience(void **state)
{
    (void)state;
    know_and_expire();
    bench.waits = true;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    paper_pass(&paper, 1799);
    no_answer();
    paper_pass(&paper, 1);
    answer();
    expect_ede(0, EDE_STALE_ANSWER, NULL);
    arrive(); /* for the cache's sake: the client has its answer */
    no_answer();
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    answer();
    assert_int_equal(ttl_of_first(), 300);
}

static void fresh_data_in_time_beats_stale(void **state)
{
    (void)state;
    know_and_expire();
    bench.waits = true;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    paper_pass(&paper, 1000);
    arrive();
    answer();
    assert_int_equal(ttl_of_first(), 300);
    expect_ede(0, -1, NULL);
    paper_pass(&paper, 5000); /* the timer is gone */
    no_answer();
}

static void stale_when_servers_fail(void **state)
{
    (void)state;
    know_and_expire();
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    expect_ede(0, EDE_STALE_ANSWER, NULL);
    assert_int_equal(bench.asked, 2);
    /* While the failure is remembered nobody is asked and nobody waits. */
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    expect_ede(0, EDE_STALE_ANSWER, NULL);
    assert_int_equal(bench.asked, 2);
}

static void stale_denial_says_so(void **state)
{
    (void)state;
    bench.rcode = RCODE_NXDOMAIN;
    bench.records = "authority\nexample. 300 SOA ns.example. host.example. 1 2 3 4 300";
    know_and_expire();
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_NXDOMAIN);
    expect_ede(0, EDE_STALE_NXDOMAIN, NULL);
}

static void too_old_is_not_served(void **state)
{
    (void)state;
    know_and_expire();
    bench.cache.serve_expired_ttl = 10;
    paper_pass(&paper, 11000);
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static void a_failed_try_prolongs_the_stale_life(void **state)
{
    (void)state;
    know_and_expire();
    bench.cache.serve_expired_ttl = 10;
    bench.cache.serve_expired_ttl_reset = true;
    bench.records = NULL;
    for (int i = 0; i < 3; i++) { /* each try is in time, together they are not */
        paper_pass(&paper, 9000);
        ask("www.example. A", FLAG_RD, PLAIN);
        assert_int_equal(answer()->rcode, RCODE_NOERROR);
    }
    paper_pass(&paper, 61000);
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static void nothing_stale_unless_wanted(void **state)
{
    (void)state;
    know_and_expire();
    bench.cache.serve_expired = false;
    bench.records = NULL;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

/* ---- cookies ---- */

static void cookies_are_asked_for_and_given(void **state)
{
    uint8_t cookie[COOKIE_SIZE] = "12345678";
    const struct edns_option *option;

    (void)state;
    bench.options.answer_cookie = true;
    apply("127.0.0.0/8 allow_cookie", NULL, NULL);
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_REFUSED);
    assert_true((bench.back.flags & FLAG_TC) != 0);
    receive_from("127.0.0.1",
                 make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(cookie, 8)));
    assert_int_equal(answer()->rcode, RCODE_BADCOOKIE);
    option = edns_find(&bench.back.edns, EDNS_COOKIE);
    assert_non_null(option);
    assert_int_equal(option->data.size, COOKIE_SIZE);
    memcpy(cookie, option->data.data, COOKIE_SIZE);
    receive_from("127.0.0.1", make_packet("www.example. A", FLAG_RD, WITH_EDNS,
                                          slice_of(cookie, COOKIE_SIZE)));
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    cookie[COOKIE_SIZE - 1] ^= 1;
    receive_from("127.0.0.1", make_packet("www.example. A", FLAG_RD, WITH_EDNS,
                                          slice_of(cookie, COOKIE_SIZE)));
    assert_int_equal(answer()->rcode, RCODE_BADCOOKIE);
    receive_from("127.0.0.1",
                 make_packet("www.example. A", FLAG_RD, WITH_EDNS, slice_of(cookie, 7)));
    assert_int_equal(answer()->rcode, RCODE_FORMERR);
    paper_channel.channel.transport = TRANSPORT_TCP;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
}

/* ---- waiting ---- */

static void equal_questions_are_one(void **state)
{
    (void)state;
    bench.waits = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    ask("www.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(bench.asked, 1);
    assert_int_equal(paper_channel.held, 2);
    arrive();
    assert_false(answer()->edns.present);
    assert_true(answer()->edns.present);
}

static void a_full_list_is_told(void **state)
{
    char question[32];

    (void)state;
    bench.waits = true;
    for (int i = 0; i < 4; i++) {
        snprintf(question, sizeof(question), "w%d.example. A", i);
        ask(question, FLAG_RD, PLAIN);
    }
    no_answer();
    ask("w4.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    expect_ede(0, EDE_OTHER, "limit=requests");
    bench.options.answer_when_full = false;
    ask("w5.example. A", FLAG_RD, WITH_EDNS);
    no_answer();
    bench.options.answer_when_full = true;
    paper_pass(&paper, 250); /* the last half gives way */
    ask("w6.example. A", FLAG_RD, WITH_EDNS);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    assert_memory_equal(bench.back.question.qname.wire, "\2w2", 3);
}

static void one_address_waits_for_so_much_only(void **state)
{
    (void)state;
    bench.options.wait_limit = 1;
    bench.waits = true;
    ask("w0.example. A", FLAG_RD, PLAIN);
    ask("w1.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    receive_from("127.0.0.2", make_packet("w2.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    no_answer();
    assert_int_equal(bench.asked, 2);
}

static void all_addresses_together_have_a_limit(void **state)
{
    char client[32];

    (void)state;
    apply("10.0.0.0/8 allow", NULL, NULL);
    bench.waits = true;
    for (int i = 0; i < 4 * 16; i++) { /* of one question, from as many addresses */
        snprintf(client, sizeof(client), "10.0.0.%d", i);
        receive_from(client, make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    }
    no_answer();
    receive_from("10.0.1.1", make_packet("www.example. A", FLAG_RD, PLAIN, slice_of(NULL, 0)));
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
}

static void late_answers_are_small_but_come(void **state)
{
    (void)state;
    bench.records =
        "www.example. TXT \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"";
    bench.waits = true;
    ask("www.example. TXT", FLAG_RD, WITH_EDNS);
    paper_pass(&paper, 1901);
    arrive();
    assert_true((answer()->flags & FLAG_TC) != 0);
    ask("www.example. TXT", FLAG_RD, WITH_EDNS);
    assert_true((answer()->flags & FLAG_TC) == 0); /* from the cache it comes at once */
}

static void what_still_waits_goes_with_the_service(void **state)
{
    (void)state;
    bench.waits = true;
    ask("www.example. A", FLAG_RD, PLAIN);
    assert_int_equal(paper_channel.held, 1);
    /* tear_down frees the service and looks whether the channel was released */
}

/* ---- local aliases ---- */

static void local_aliases_are_followed(void **state)
{
    (void)state;
    apply(NULL, "alias.example. redirect", "alias.example. 60 CNAME www.example.");
    ask("x.alias.example. A", FLAG_RD | FLAG_AD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(bench.back.count[SECTION_ANSWER], 2);
    assert_int_equal(bench.back.rrsets[0]->type, TYPE_CNAME);
    assert_int_equal(bench.back.rrsets[0]->ttl_s, 60);
    assert_int_equal(bench.back.rrsets[1]->type, TYPE_A);
    assert_int_equal(bench.back.flags, FLAG_QR | FLAG_AA | FLAG_RD | FLAG_RA);
    ask("x.alias.example. A", FLAG_RD, PLAIN); /* its end out of the cache */
    answer();
    assert_int_equal(bench.back.count[SECTION_ANSWER], 2);
    assert_int_equal(bench.asked, 1);
    ask("x.alias.example. CNAME", FLAG_RD, PLAIN);
    answer();
    assert_int_equal(bench.back.count[SECTION_ANSWER], 1);
    bench.records = NULL;
    ask("y.alias.example. AAAA", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    assert_int_equal(bench.back.flags, FLAG_QR | FLAG_RD | FLAG_RA);
    assert_int_equal(bench.back.count[SECTION_ANSWER], 0);
}

static void a_loop_of_local_aliases_ends(void **state)
{
    (void)state;
    apply(NULL, "loop.example. redirect", "loop.example. 60 CNAME loop.example.");
    ask("loop.example. A", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_SERVFAIL);
    assert_int_equal(bench.asked, 0);
}

static void any_can_be_denied(void **state)
{
    (void)state;
    bench.options.deny_any = true;
    ask("www.example. ANY", FLAG_RD, PLAIN);
    assert_int_equal(answer()->rcode, RCODE_NOERROR);
    assert_int_equal(message_rrsets(&bench.back), 0);
    assert_int_equal(bench.asked, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_door_turns_away_what_is_wrong),
        TEST(mutilated_messages_get_an_answer),
        TEST(access_comes_first),
        TEST(class_ch_tells_of_the_server),
        TEST(a_hit_asks_nobody),
        TEST(the_newest_rrset_goes_out),
        TEST(ad_needs_every_rrset_secure),
        TEST(snooping_is_a_right),
        TEST(failures_keep_their_reasons),
        TEST(popular_answers_are_fetched_anew),
        TEST(a_denial_shows_its_own_ttl),
        TEST(stale_at_once_and_refreshed_behind),
        TEST(stale_after_the_clients_patience),
        TEST(fresh_data_in_time_beats_stale),
        TEST(stale_when_servers_fail),
        TEST(stale_denial_says_so),
        TEST(too_old_is_not_served),
        TEST(a_failed_try_prolongs_the_stale_life),
        TEST(nothing_stale_unless_wanted),
        TEST(cookies_are_asked_for_and_given),
        TEST(equal_questions_are_one),
        TEST(a_full_list_is_told),
        TEST(one_address_waits_for_so_much_only),
        TEST(all_addresses_together_have_a_limit),
        TEST(late_answers_are_small_but_come),
        TEST(what_still_waits_goes_with_the_service),
        TEST(local_aliases_are_followed),
        TEST(a_loop_of_local_aliases_ends),
        TEST(any_can_be_denied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
