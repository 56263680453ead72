/*
 * swarm_run.c - puts a simulated world together, lets time go by, takes it apart and looks for
 * what is left.
 *
 * Life of a run: generate the net; resolver and exchange on the world; questions, either one at
 * a time (what each of them costs is then known) or many at once; quiet; timers run out;
 * everything is freed and counted. On a day there are more questions, and a reload every hour.
 */
#include "testcode/swarm_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "lib/resolver.h"
#include "services/upstream/exchange.h"
#include "testcode/sim_client.h"
#include "testcode/sim_generate.h"
#include "testcode/sim_servers.h"
#include "testcode/sim_signing.h"
#include "util/text.h"
#include "util/wire/rdata.h"

enum {
    PART_CHANCE = 11,
    PART_SERVERS,
    PART_CLIENTS,
    PART_QUESTIONS,
    PART_CONFIG,
    STEPS_MAX = 400000,
    POOL_MAX = 90,
    SCARCE_ONE_IN = 10, /* seeds in which memory runs out now and then */
    ABRUPT_ONE_IN = 16, /* seeds in which everything ends in the middle of work */
    EQUAL_MAX = 6, /* 3 for each question; of one client question several may need the same */
    EQUAL_SIGNED_MAX = 20, /* and bad data is asked for again */
    ANSWER_SLACK_MS = 500,
    AFTERWARDS_MS = 3600 * 1000, /* until the last idle connection is closed */
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    DAY_QUESTIONS = 1000,
    FAULTY_ONE_IN = 6 /* reloads, of a file with a mistake */
};

struct run {
    const struct swarm_wish *wish;
    struct swarm_result *result;
    struct arena *arena;
    struct sim_net *net;
    struct sim_world world;
    struct sim_servers servers;
    struct sim_clients clients;
    struct sim_witness witness;
    struct sim_mangler mangler;
    struct planted planted;
    struct log log;
    struct resolver_shared *shared;
    struct exchange *exchange;
    struct resolver *resolver;
    struct sim_random random;
    unsigned steps;
    int64_t next_reload_ms; /* INT64_MAX: none */
    unsigned hour;
    bool is_hard; /* the settings in effect ask for too much */
    bool one_at_a_time;
    bool repeats_itself; /* the settings want equal questions */
    uint64_t truncated;  /* answers until now */
    bool caches_are_small;
};

/* ---- telling ---- */

static void hash_in(struct run *run, const void *octets, size_t size)
{
    const uint8_t *at = octets;

    /* FNV-1a. */
    for (size_t i = 0; i < size; i++)
        run->result->hash = (run->result->hash ^ at[i]) * 0x100000001b3u;
}

static void hash_number(struct run *run, int64_t number)
{
    hash_in(run, &number, sizeof(number));
}

static void say(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);

static void say(struct run *run, const char *format, ...)
{
    va_list list;

    if (run->wish->verbose == 0)
        return;
    fprintf(run->wish->out, "%8" PRId64 " ", run->world.now_ms);
    va_start(list, format);
    vfprintf(run->wish->out, format, list);
    va_end(list);
    fputc('\n', run->wish->out);
}

static void violate(struct run *run, const char *format, ...) PRINTF_LIKE(2, 3);

/* Only the first violation counts: what follows is mostly its consequence. */
static void violate(struct run *run, const char *format, ...)
{
    va_list list;

    if (run->result->failed)
        return;
    run->result->failed = true;
    va_start(list, format);
    vsnprintf(run->result->words, sizeof(run->result->words), format, list);
    va_end(list);
    say(run, "VIOLATED: %s", run->result->words);
}

static const char *question_text(const struct question *question, char out[DNAME_TEXT_MAX + 32])
{
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    snprintf(out, DNAME_TEXT_MAX + 32, "%s %s", dname_to_text(question->qname, name),
             rrtype_to_text(question->qtype, type));
    return out;
}

static void say_packet(struct run *run, struct slice packet)
{
    struct message message;
    char text[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];
    struct arena *arena;

    if (run->wish->verbose == 0 || (arena = arena_new(0)) == NULL)
        return;
    if (message_read(packet, arena, 0, &message) != STATUS_OK) {
        say(run, "      %zu octets that are no message", packet.size);
        arena_free(arena);
        return;
    }
    say(run, "      %s%s%s %u/%u/%u", rcode_to_text(message.rcode, type),
        message.flags & FLAG_AA ? " aa" : "", message.flags & FLAG_TC ? " tc" : "",
        message.count[0], message.count[1], message.count[2]);
    for (size_t i = 0; i < message_rrsets(&message); i++)
        say(run, "        %s %u %s x%u", dname_to_text(rrset_owner(message.rrsets[i]), text),
            (unsigned)message.rrsets[i]->ttl_s, rrtype_to_text(message.rrsets[i]->type, type),
            message.rrsets[i]->rr_count);
    for (size_t i = 0; i < message.edns.option_count; i++) {
        struct ede ede;

        if (message.edns.options[i].code == EDNS_ERROR &&
            ede_read(message.edns.options[i].data, &ede) == STATUS_OK)
            say(run, "        EDE %u %.*s", ede.code, (int)ede.text.size,
                (const char *)ede.text.data);
    }
    arena_free(arena);
}

static void saw_question(struct sim_witness *witness, const struct sim_server *server,
                         const struct question *question, bool tcp, bool edns)
{
    struct run *run = CONTAINER_OF(witness, struct run, witness);
    char text[DNAME_TEXT_MAX + 32], addr[ADDR_TEXT_MAX];

    hash_number(run, run->world.now_ms);
    hash_in(run, question->qname.wire, question->qname.size);
    hash_number(run, question->qtype << 2 | tcp << 1 | edns);
    if (run->wish->verbose != 0)
        say(run, "   -> %s%s%s %s", addr_to_text(&server->addr, addr), tcp ? "/tcp" : "",
            edns ? "" : " plain", question_text(question, text));
}

static void saw_reply(struct sim_witness *witness, const struct addr *from, struct slice packet,
                      uint32_t delay_ms, const char *what)
{
    struct run *run = CONTAINER_OF(witness, struct run, witness);
    char addr[ADDR_TEXT_MAX];

    hash_number(run, delay_ms);
    hash_in(run, packet.data, packet.size);
    say(run, "      +%u ms from %s (%s)", (unsigned)delay_ms, addr_to_text(from, addr), what);
    say_packet(run, packet);
}

static void saw_client(struct sim_clients *clients, const char *what,
                       const struct question *question, struct slice packet)
{
    struct run *run = CONTAINER_OF(clients, struct run, clients);
    char text[DNAME_TEXT_MAX + 32];

    hash_number(run, run->world.now_ms);
    hash_in(run, packet.data, packet.size);
    if (run->wish->verbose == 0)
        return;
    say(run, "%s %s", what, question_text(question, text));
    if (strcmp(what, "answer") == 0)
        say_packet(run, packet);
}

static void client_violated(struct sim_clients *clients, const struct question *question,
                            const char *words)
{
    struct run *run = CONTAINER_OF(clients, struct run, clients);
    char text[DNAME_TEXT_MAX + 32];

    if (question == NULL)
        violate(run, "%s", words);
    else
        violate(run, "%s: %s", question_text(question, text), words);
}

static void write_log(struct log *log, struct log_record *record)
{
    struct run *run = CONTAINER_OF(log, struct run, log);
    char line[LOG_LINE_MAX];

    if (run->wish->verbose <= 1)
        return;
    log_render(record, LOG_TEXT, NULL, 0, line, sizeof(line));
    say(run, "      log %s", line);
}

static void say_server(struct run *run, const struct sim_server *server)
{
    char addr[ADDR_TEXT_MAX];

    say(run, "    %s %s %s tcp=%d loss=%u delay=%u%s%s", addr_to_text(&server->addr, addr),
        sim_fault_word(server->fault.kind), sim_flaw_word(server->flaw), (int)server->fault.tcp,
        (unsigned)server->fault.loss_permil, (unsigned)server->fault.delay_ms,
        server->keeps_no_case ? " no-case" : "", server->no_edns_in_reply ? " no-edns" : "");
}

static void say_signing(struct run *run, const struct sim_zone *zone)
{
    const struct sim_signing *signing = zone->signing;

    if (signing == NULL)
        return;
    say(run, "  signed, %s%s iterations=%u life=%" PRId64 " flaw=%s%s%s",
        signing->nsec3 ? "NSEC3" : "NSEC", signing->opt_out ? " opt-out" : "",
        signing->iterations, signing->life_s, sim_flaw_word(signing->flaw),
        signing->flaw_spares_keys ? " but of keys" : "", signing->is_noisy ? " noisy" : "");
    for (unsigned i = 0; i < signing->signer_count; i++) {
        const struct sim_signer *signer = &signing->signers[i];

        say(run, "  key %u algorithm %u flags %u%s%s%s%s%s", signer->key.tag,
            signer->key.algorithm, signer->key.flags, signer->published ? "" : " unpublished",
            signer->signs_keys ? " signs keys" : "", signer->signs_data ? " signs data" : "",
            signer->retires ? " retires" : "", signer->replaces ? " replaces" : "");
    }
    for (unsigned i = 0; i < signing->link_count; i++) {
        char name[DNAME_TEXT_MAX], owner[DNAME_TEXT_MAX];

        say(run, "  %s %s", dname_to_text(signing->links[i].set->owner, owner),
            signing->nsec3 ? dname_to_text(signing->links[i].name, name) : "");
    }
}

static void say_net(struct run *run)
{
    const struct sim_net *net = run->net;
    char text[DNAME_TEXT_MAX];

    if (run->wish->verbose == 0)
        return;
    say(run, "weather %s, IPv6 %s", net->weather, net->ip6_works ? "works" : "does not work");
    for (unsigned i = 0; i < net->forwarder_count; i++)
        say_server(run, net->forwarders[i]);
    for (unsigned i = 0; i < net->zone_count; i++) {
        const struct sim_zone *zone = net->zones[i];

        say(run, "zone %s %s", dname_to_text(zone->apex, text), security_word(zone->security));
        say_signing(run, zone);
        for (unsigned j = 0; j < zone->host_count; j++) {
            const struct sim_host *host = zone->hosts[j];

            say(run, "  host %s%s", dname_to_text(host->name, text),
                sim_has_glue(zone, host) ? " with glue" : "");
            for (unsigned k = 0; k < host->server_count; k++)
                say_server(run, host->servers[k]);
        }
        for (const struct sim_set *set = zone->sets; set != NULL; set = set->next) {
            struct text record = text_in(run->arena);

            text_printf(&record, "  %s %u ", dname_to_text(set->owner, text),
                        (unsigned)set->ttl_s);
            text_printf(&record, "%s ", rrtype_to_text(set->type, text));
            rdata_to_text(&record, set->rdata[0], set->type, CLASS_IN);
            say(run, "%s%s", text_done(&record), set->count > 1 ? " ..." : "");
        }
    }
}

/* ---- putting together ---- */

static const char *read_hints(void *context, const char *name, struct arena *arena)
{
    struct run *run = context;
    const char *text = sim_hints(run->net);

    (void)name;
    return text == NULL ? NULL : arena_text(arena, text);
}

static void complain(void *context, const struct opt_item *item, const char *words)
{
    (void)item;
    violate(context, "configuration: %s", words);
}

static void add_forwarders(const struct run *run, struct sim_random *random, struct text *text)
{
    char addr[ADDR_TEXT_MAX];

    if (run->net->forwarder_count == 0)
        return;
    text_printf(text, "forward-zone:\n  name: .\n  forward-first: %s\n",
                sim_chance(random, 500) ? "yes" : "no");
    for (unsigned i = 0; i < run->net->forwarder_count; i++)
        text_printf(text, "  forward-addr: %s\n",
                    addr_host_text(&run->net->forwarders[i]->addr, addr));
}

/*
 * Settings that are rarely touched, each in some seeds. With those that make work harder,
 * answers have to be right, but there need not always be one.
 */
static void add_rare_settings(struct run *run, struct sim_random *random, struct text *text)
{
    static const struct {
        const char *line;
        bool harder;
    } settings[] = {
        {"harden-referral-path: yes", false}, /* the first: asks on purpose what is known */
        {"harden-below-nxdomain: no", false},
        {"qname-minimisation-strict: yes", true},
        {"target-fetch-policy: \"0 0 0 0 0\"", false},
        {"target-fetch-policy: \"-1 -1 -1 -1 -1\"", true},
        {"prefer-ip6: yes", false},
        {"prefer-ip4: yes", false},
        {"edns-buffer-size: 512", false},
        {"cache-max-ttl: 20", false},
        {"cache-max-negative-ttl: 1", false},
        {"tcp-upstream: yes", true},
        {"outgoing-num-tcp: 1", true},
        {"outgoing-num-tcp: 0", true},
        {"do-tcp: no", true},
        {"max-reuse-tcp-queries: 1", false},
        {"tcp-reuse-timeout: 0", false},
        {"tcp-reuse-timeout: 3", false},
        {"iter-scrub-promiscuous: no", false},
        {"infra-cache-numhosts: 4", true},
        {"infra-host-ttl: 1", false},
        {"num-queries-per-thread: 3", true},
        {"num-queries-per-thread: 10\n  jostle-timeout: 20", true},
        {"wait-limit: 2", true},
        {"questions-per-cut-max: 2", true},
        {"outbound-msg-retry: 1", true},
        {"outbound-msg-retry: 0", true},
        {"max-query-restarts: 0", true},
        {"sends-per-delegation: 1", true},
        {"failed-servers-max: 1", true},
        {"max-global-quota: 5", true},
        {"referrals-max: 2", true},
        {"target-lookups-max: 1", false},
        {"targets-max: 0", true},
        {"subqueries-max: 1", true},
        {"connects-max: 0", true},
        {"query-time-max: 300", true},
        {"silent-time-max: 200", true},
        {"minimise-steps-max: 1", false},
        {"msg-cache-size: 0", false},
    };

    while (sim_chance(random, 300)) {
        unsigned i = sim_below(random, COUNT(settings));

        text_printf(text, "  %s\n", settings[i].line);
        run->repeats_itself = run->repeats_itself || i == 0;
        run->clients.asks_for_too_much = run->clients.asks_for_too_much || settings[i].harder;
    }
}

/* Where nothing is signed, or no anchor is known, validation is left out in some seeds. */
static void add_validation(struct run *run, struct sim_random *random, struct text *text)
{
    const char *anchors = sim_anchor_lines(run->net);

    if (anchors == NULL || run->net->anchor_count == 0) {
        if (sim_chance(random, 300))
            text_printf(text, "  module-config: iterator\n");
        return;
    }
    text_printf(text, "%s", anchors);
    if (run->net->strict_algorithms)
        text_printf(text, "  harden-algo-downgrade: yes\n");
    text_printf(text, "  aggressive-nsec: %s\n", sim_chance(random, 700) ? "yes" : "no");
    text_printf(text, "  val-clean-additional: %s\n", sim_chance(random, 800) ? "yes" : "no");
    text_printf(text, "  trust-anchor-signaling: %s\n", sim_chance(random, 300) ? "yes" : "no");
}

/* Each seed has settings of its own; all of them are ones that people use. */
static const char *draw_config(struct run *run)
{
    struct sim_random random =
        sim_random_of(run->wish->seed + run->hour * 0x100000001u, PART_CONFIG);
    struct text text = text_in(run->arena);
    bool is_stale;

    text_printf(&text, "server:\n  root-hints: hints\n%s", planted_config(&run->planted));
    add_validation(run, &random, &text);
    text_printf(&text, "  use-caps-for-id: %s\n", sim_chance(&random, 700) ? "yes" : "no");
    text_printf(&text, "  qname-minimisation: %s\n", sim_chance(&random, 850) ? "yes" : "no");
    text_printf(&text, "  prefetch: %s\n", sim_chance(&random, 200) ? "yes" : "no");
    text_printf(&text, "  minimal-responses: %s\n", sim_chance(&random, 700) ? "yes" : "no");
    text_printf(&text, "  rrset-roundrobin: %s\n", sim_chance(&random, 700) ? "yes" : "no");
    if (!run->net->ip6_works && sim_chance(&random, 500))
        text_printf(&text, "  do-ip6: no\n");
    is_stale = sim_chance(&random, 150);
    run->clients.may_be_stale = run->clients.may_be_stale || is_stale;
    if (is_stale)
        text_printf(&text, "  serve-expired: yes\n  serve-expired-client-timeout: %u\n",
                    (unsigned)(sim_below(&random, 3) * 900));
    /* What memos are checked for is settled at the start. */
    if (run->hour == 0 ? sim_chance(&random, 150) : run->caches_are_small) {
        text_printf(&text, "  msg-cache-size: 32k\n  rrset-cache-size: 32k\n");
        run->caches_are_small = true;
        /* Signatures push out addresses of servers before they were asked. */
        run->clients.asks_for_too_much |= run->net->anchor_count > 0;
    }
    add_rare_settings(run, &random, &text);
    add_forwarders(run, &random, &text);
    say(run, "%s", text_done(&text));
    return text_done(&text);
}

static struct options *read_options(struct run *run)
{
    struct options *options = options_new();
    const char *text = draw_config(run);
    struct conf_report report;

    conf_report_init(&report, run->arena);
    if (options != NULL && text != NULL &&
        options_read_text(options, "swarm.conf", text, strlen(text), &report) == STATUS_OK)
        return options;
    violate(run, "configuration: %s", conf_report_text(&report, run->arena));
    options_free(options);
    return NULL;
}

/* One of some mistakes that people make; the text of a file that is good but for that. */
static const char *faulty_config(struct run *run, const char *good)
{
    static const char *const mistakes[] = {
        "server:\n  prefetsh: yes\n",
        "server:\n  cache-min-ttl: 100\n  cache-max-ttl: 5\n",
        "forward-zone:\n  forward-addr: 192.0.2.1\n",
        "server:\n  access-control: 300.0.0.0/8 allow\n",
        "server:\n  local-data: \"a.example. A 192.0.2\"\n",
    };

    return arena_printf(run->arena, "%s%s", good, mistakes[run->hour % COUNT(mistakes)]);
}

static void ignore_complaint(void *context, const struct opt_item *item, const char *words)
{
    (void)item;
    say(context, "reload: %s", words);
}

/* As the daemon does it: all is read and built, or everything stays as it was. */
static void reload(struct run *run)
{
    bool is_faulty = run->hour % FAULTY_ONE_IN == 0, done = false;
    bool was_hard = run->is_hard;
    struct options *options = options_new();
    const char *text;
    struct conf_report report;

    run->clients.asks_for_too_much = false;
    text = draw_config(run);
    run->is_hard = is_faulty ? run->is_hard : run->clients.asks_for_too_much;
    /* What was asked for in vain is remembered for a while. */
    run->clients.asks_for_too_much = run->is_hard || was_hard;
    conf_report_init(&report, run->arena);
    if (is_faulty && text != NULL)
        text = faulty_config(run, text);
    if (options != NULL && text != NULL &&
        options_read_text(options, "swarm.conf", text, strlen(text), &report) == STATUS_OK)
        done = resolver_shared_reload(run->shared, options, ignore_complaint, read_hints, run);
    else
        options_free(options);
    say(run, "reload %u: %s", run->hour, done ? "done" : "refused");
    if (done == is_faulty)
        violate(run, "reload %u was %s: %s", run->hour, done ? "done" : "refused",
                conf_report_text(&report, run->arena));
    if (!done)
        return;
    resolver_refresh(run->resolver);
    exchange_set_options(run->exchange, &resolver_options(run->shared)->upstream);
    run->clients.patience_ms = (uint32_t)time_max(
        run->clients.patience_ms,
        resolver_options(run->shared)->iterator.query_time_max + ANSWER_SLACK_MS);
    run->result->reloads++;
}

static void after_event(void *context)
{
    const struct run *run = context;

    resolver_run(run->resolver);
}

static bool make_resolver(struct run *run)
{
    struct options *options = read_options(run);
    bool is_scarce = run->wish->scarce != NULL && run->wish->seed % SCARCE_ONE_IN == 0;
    struct resolver_hooks hooks = {.no_built_in_anchors = true, /* of the real root */
                                   /* without memory the long way cannot tell all reasons; a set
                                    * that was pushed out is not marked as replaced */
                                   .check_memos = !is_scarce && !run->caches_are_small};
    const struct upstream_options *upstream;

    if (options == NULL)
        return false;
    run->is_hard = run->clients.asks_for_too_much;
    run->shared = resolver_shared_new(options, planted_upper(&run->planted), &hooks, complain,
                                      read_hints, run);
    if (run->shared == NULL)
        return false;
    upstream = &resolver_options(run->shared)->upstream;
    run->exchange = exchange_new(planted_lower(&run->planted), resolver_infra(run->shared),
                                 upstream, after_event, run);
    if (run->exchange == NULL)
        return false;
    run->resolver = resolver_new(
        run->shared, planted_upper(&run->planted),
        planted_upstream(&run->planted, exchange_upstream(run->exchange)), &run->log);
    return run->resolver != NULL;
}

static bool make_world(struct run *run)
{
    static const uint32_t scarcities[] = {20, 3, 100, 400};
    uint64_t seed = run->wish->seed;

    run->net = sim_generate(seed, run->arena);
    if (run->net == NULL || !sim_servers_init(&run->servers, run->net, &run->world,
                                              sim_random_of(seed, PART_SERVERS), &run->witness))
        return false;
    run->mangler = (struct sim_mangler){.script = run->wish->script, .arena = run->arena};
    run->clients.is_mangled = run->wish->script.size > 0;
    if (run->clients.is_mangled)
        run->servers.mangler = &run->mangler;
    sim_world_init(&run->world, sim_random_of(seed, PART_CHANCE), &run->servers.network);
    planted_init(&run->planted, run->wish->planted, &run->world);
    say_net(run);
    if (!make_resolver(run))
        return false;
    run->world.scarce = run->wish->scarce;
    if (run->wish->scarce != NULL && seed % SCARCE_ONE_IN == 0)
        run->clients.scarce_permil = scarcities[seed / SCARCE_ONE_IN % COUNT(scarcities)];
    run->clients.world = &run->world;
    run->clients.net = run->net;
    run->clients.resolver = run->resolver;
    run->clients.random = sim_random_of(seed, PART_CLIENTS);
    run->clients.scratch = arena_new(0);
    run->clients.mixes_answers = planted_mixes_answers(&run->planted);
    run->clients.patience_ms =
        resolver_options(run->shared)->iterator.query_time_max + ANSWER_SLACK_MS;
    run->clients.violated = client_violated;
    run->clients.seen = saw_client;
    sim_clients_init(&run->clients);
    return run->clients.scratch != NULL;
}

static void check_closed(struct run *run)
{
    if (run->world.port_count != 0 || run->world.stream_count != 0)
        violate(run, "%zu ports and %zu streams are still open at the end",
                run->world.port_count, run->world.stream_count);
    if (run->clients.held != 0)
        violate(run, "channels of clients are held %ld times at the end", run->clients.held);
}

static void take_apart(struct run *run)
{
    resolver_free(run->resolver);
    exchange_free(run->exchange);
    resolver_shared_free(run->shared);
    if (run->exchange != NULL)
        check_closed(run);
    sim_clients_clear(&run->clients);
    planted_clear(&run->planted);
    sim_world_clear(&run->world);
    sim_servers_clear(&run->servers);
    arena_free(run->clients.scratch);
}

/* ---- time ---- */

/* @return false: nothing more to do until then. */
static bool step(struct run *run, int64_t end_ms)
{
    bool some;

    if (run->result->failed)
        return false;
    sim_resume(&run->world, run->clients.scarce_permil);
    some = sim_world_step(&run->world, end_ms);
    if (some)
        resolver_run(run->resolver);
    (void)sim_pause(&run->world);
    if (!some)
        return false;
    if (++run->steps > STEPS_MAX)
        violate(run, "no end after %d events", STEPS_MAX);
    return true;
}

static void run_until(struct run *run, int64_t end_ms)
{
    while (run->next_reload_ms < end_ms && !run->result->failed) {
        while (step(run, run->next_reload_ms))
            ;
        run->world.now_ms = time_max(run->world.now_ms, run->next_reload_ms);
        run->hour++;
        run->next_reload_ms += HOUR_MS;
        (void)sim_pause(&run->world);
        reload(run);
    }
    while (step(run, end_ms))
        ;
    run->world.now_ms = time_max(run->world.now_ms, end_ms);
}

static bool is_quiet(const struct run *run)
{
    return run->clients.open_count == 0 && mesh_size(resolver_mesh(run->resolver)) == 0;
}

static void run_until_quiet(struct run *run)
{
    while (!is_quiet(run) && step(run, INT64_MAX))
        ;
    if (!is_quiet(run))
        violate(run,
                "nothing will happen any more, but %zu questions of clients and %zu of the "
                "mesh are open",
                run->clients.open_count, mesh_size(resolver_mesh(run->resolver)));
}

/* ---- questions ---- */

static int64_t draw_gap_ms(struct run *run)
{
    uint32_t kind = sim_below(&run->random, 100);

    if (run->wish->is_day)
        return sim_below(&run->random, 2 * DAY_MS / DAY_QUESTIONS);
    if (kind < 60)
        return sim_below(&run->random, 40);
    if (kind < 90)
        return sim_below(&run->random, 3000);
    if (kind < 98)
        return sim_below(&run->random, 120 * 1000);
    return sim_below(&run->random, 7200 * 1000);
}

static void check_cost(struct run *run, const struct question *question)
{
    char text[DNAME_TEXT_MAX + 32];
    uint32_t most = resolver_options(run->shared)->iterator.max_global_quota;
    unsigned equal_most = run->net->anchor_count == 0 ? EQUAL_MAX : EQUAL_SIGNED_MAX;

    /* Who asks once more by TCP pays once more. */
    if (run->clients.counts.truncated != run->truncated)
        most *= 2, equal_most *= 2;
    run->truncated = run->clients.counts.truncated;
    if (run->servers.sent > most)
        violate(run, "%s: cost %" PRIu64 " packets, the limit is %" PRIu32,
                question_text(question, text), run->servers.sent, most);
    if (run->servers.equal_most > equal_most && !run->repeats_itself &&
        !run->clients.is_mangled)
        violate(run, "%s: a server was asked the same %u times", question_text(question, text),
                run->servers.equal_most);
}

static void check_packets(struct run *run)
{
    if (run->servers.malformed != 0)
        violate(run, "a question was sent that no server can read");
    if (run->servers.astray != 0 && !run->clients.is_mangled)
        violate(run, "a question was sent to an address that nobody told the truth about");
}

static bool is_abrupt(const struct run *run)
{
    return run->wish->seed % ABRUPT_ONE_IN == 0 && !run->clients.is_mangled;
}

static void ask_all(struct run *run)
{
    struct question pool[POOL_MAX];
    unsigned pool_count, count;

    run->random = sim_random_of(run->wish->seed, PART_QUESTIONS);
    pool_count = sim_between(&run->random, 20, POOL_MAX);
    count = sim_between(&run->random, 100, 300);
    run->one_at_a_time = sim_chance(&run->random, 400) || run->clients.is_mangled;
    if (run->clients.is_mangled)
        count = run->wish->questions;
    if (run->wish->is_day)
        count = DAY_QUESTIONS;
    for (unsigned i = 0; i < pool_count; i++)
        pool[i] = sim_question(run->net, &run->random, run->arena);
    for (unsigned i = 0; i < count && !run->result->failed; i++) {
        const struct question *question = &pool[sim_below(&run->random, pool_count)];

        run_until(run, run->world.now_ms + draw_gap_ms(run));
        if (run->one_at_a_time)
            sim_servers_reset(&run->servers);
        if (!run->result->failed)
            sim_client_ask(&run->clients, question);
        sim_resume(&run->world, run->clients.scarce_permil);
        resolver_run(run->resolver);
        (void)sim_pause(&run->world);
        if (is_abrupt(run) && i == count / 2)
            return;
        if (!run->one_at_a_time)
            continue;
        run_until_quiet(run);
        check_cost(run, question);
        run->result->sent += run->servers.sent;
    }
    run_until_quiet(run);
    check_packets(run);
    if (!run->one_at_a_time)
        run->result->sent += run->servers.sent;
}

/* What must be gone when all has been quiet for an hour. */
static void check_leftovers(struct run *run)
{
    run->next_reload_ms = INT64_MAX;
    run_until(run, run->world.now_ms + AFTERWARDS_MS);
    if (run->world.timers.count != 0)
        violate(run, "%zu timers are still set at the end", run->world.timers.count);
    check_closed(run);
}

void swarm_run(const struct swarm_wish *wish, struct swarm_result *result)
{
    struct run run = {.wish = wish,
                      .result = result,
                      .witness = {saw_question, saw_reply},
                      .next_reload_ms = wish->is_day ? SIM_START_MS + HOUR_MS : INT64_MAX,
                      .log = {.level = wish->verbose > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR,
                              .write = write_log}};

    *result = (struct swarm_result){.hash = 0xcbf29ce484222325u};
    list_init(&run.clients.open);
    run.arena = arena_new(0);
    if (run.arena != NULL && make_world(&run)) {
        ask_all(&run);
        if (!is_abrupt(&run))
            check_leftovers(&run);
    } else {
        violate(&run, "the world could not be made");
    }
    result->questions = run.clients.counts.questions;
    result->musts = run.clients.counts.musts;
    result->servfails = run.clients.counts.servfail;
    result->secure = run.clients.counts.secure;
    result->bogus = run.clients.counts.bogus;
    take_apart(&run);
    if (run.net != NULL)
        sim_net_clear(run.net);
    arena_free(run.arena);
}
