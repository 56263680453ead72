/*
 * infra_cache.c - what is known for everybody about one server address and one zone.
 *
 * Called by the iterator's choice of servers (get, claim_probe) and by exchange (answered,
 * timed out, facts). Values in, values out: nobody holds a pointer into the table. Never looks
 * at a clock.
 *
 * Of a server as such there is an entry under the name of the root: how fast it answers,
 * whether it answers at all, EDNS and cookie. One for a zone is only made when something is
 * wrong there (lame, silent): so a zone that was never heard of does not begin with a long wait
 * at a server that is known, and twenty thousand sound zones at one server cost one entry.
 *
 * Life of an entry: made by the first thing learned, kept infra-host-ttl seconds from then on
 * whatever is learned later, so that an error of judgement about a server ends by itself.
 */
#include "services/cache/infra_cache.h"

#include <stdlib.h>
#include <string.h>

#include "util/shards.h"
#include "util/wire/types.h"

enum {
    DEAD_AFTER = 4,          /* timeouts in a row; fewer may be mere loss, */
    DEAD_HERE_AFTER = 8,     /* for one zone, while others are answered for, */
    HEARD_LATELY_MS = 3000,  /* and so may more, where answers came as short ago as this */
    SILENT_AFTER = 2,        /* the same, for whether another server is asked first */
    JITTER_MS = 25,          /* of a path that has shown none yet (RFC 6298 section 2: G) */
    EXCESS_MOST = 3,         /* steps that the first interval may be ahead by, */
    DEAD_FIRST_MS = 1500,    /* between probes of a dead server, tripled ... */
    DEAD_MOST_MS = 60 * 1000 /* ... up to a packet a minute */
};

struct infra_cache {
    struct shards *shards;
    struct hash_key key;
    /* The rules; atomic because a reload sets them while threads read. */
    atomic_uint host_ttl_s, min_rtt_ms, max_rtt_ms, unknown_ms;
    atomic_uint network, told; /* of the network with that number + 1 */
};

struct host {
    struct shard_link link;
    struct addr server;
    struct infra infra;    /* timeout_ms is worked out on reading */
    int64_t backed_off_ms; /* when the last timeout was counted */
    int64_t heard_ms;      /* when the last answer came; for a zone, at the least when the server was found to
                              * be alive, but silent here; INT64_MIN: never */
    uint32_t probe_ms;     /* between probes, while it is dead */
    /* Of the server as such: a bit for each zone that has an entry, by a hash of its name, so
     * that of the others none is looked for. The bits of the life before count as well: an
     * entry for a zone may be younger than this one. */
    uint64_t zones, zones_before;
    uint8_t zone_size;
    uint8_t zone[]; /* the octets of its name */
};

struct host_key {
    const struct addr *server;
    struct dname zone;
};

static uint64_t key_hash(const struct infra_cache *cache, const struct host_key *key)
{
    const struct addr *server = key->server;
    struct hash_state state = hash_start(cache->key);
    uint64_t words[2];

    memcpy(words, server->bytes, sizeof(words)); /* what IPv4 leaves over is zero */
    if (!dname_is_root(key->zone))
        hash_word(&state, dname_hash(key->zone, cache->key));
    hash_word(&state, (uint64_t)server->scope << 32 | (uint64_t)server->port << 8 | server->family);
    hash_word(&state, words[0]);
    if (server->family == ADDR_IP6)
        hash_word(&state, words[1]);
    return hash_end(state);
}

static uint64_t zone_bit(struct dname zone)
{
    return dname_is_root(zone) ? 0 : (uint64_t)1 << dname_label_mix(zone.size, zone.wire) % 64;
}

/* Of most servers there is no entry for any zone. */
static bool may_have(uint64_t zones, struct dname zone)
{
    return zones != 0 && (zones & zone_bit(zone)) != 0;
}

static bool host_is(const struct host *host, const struct host_key *key)
{
    return host->zone_size == key->zone.size && addr_equal(&host->server, key->server) &&
           dname_equal(dname_of_wire(host->zone), key->zone);
}

static void host_release(struct shard_link *link)
{
    free(CONTAINER_OF(link, struct host, link));
}

struct infra_cache *infra_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key)
{
    static const struct infra_rules rules = {900, 50, 120000, 376};
    struct infra_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->key = key;
    infra_cache_set_rules(cache, &rules);
    cache->shards = shards_new(size_bytes, shards, host_release);
    if (cache->shards != NULL)
        return cache;
    free(cache);
    return NULL;
}

void infra_cache_free(struct infra_cache *cache)
{
    if (cache == NULL)
        return;
    shards_free(cache->shards);
    free(cache);
}

void infra_cache_resize(struct infra_cache *cache, uint64_t size_bytes)
{
    shards_resize(cache->shards, size_bytes);
}

void infra_cache_set_rules(struct infra_cache *cache, const struct infra_rules *rules)
{
    atomic_store_explicit(&cache->host_ttl_s, rules->host_ttl_s, memory_order_relaxed);
    atomic_store_explicit(&cache->min_rtt_ms, rules->min_rtt_ms, memory_order_relaxed);
    atomic_store_explicit(&cache->max_rtt_ms, rules->max_rtt_ms, memory_order_relaxed);
    atomic_store_explicit(&cache->unknown_ms, rules->unknown_ms, memory_order_relaxed);
}

/* ---- times ---- */

static uint64_t wait_max_ms(struct infra_cache *cache)
{
    uint64_t most = atomic_load_explicit(&cache->max_rtt_ms, memory_order_relaxed);

    return most > INFRA_WAIT_MAX_MS ? INFRA_WAIT_MAX_MS : most;
}

/* RFC 6298 section 2: RTO, bounded. */
static uint32_t rto_ms(struct infra_cache *cache, const struct infra *infra)
{
    uint64_t least = atomic_load_explicit(&cache->min_rtt_ms, memory_order_relaxed);
    uint64_t most = wait_max_ms(cache);
    uint64_t wait = infra->srtt_ms + (uint64_t)size_max(4 * (size_t)infra->rttvar_ms, JITTER_MS);

    if (infra->srtt_ms == 0)
        wait = atomic_load_explicit(&cache->unknown_ms, memory_order_relaxed);
    if (wait < least)
        wait = least;
    return (uint32_t)(wait < most ? wait : most);
}

/* RFC 6298 section 5.5: doubled for each timeout, and bounded by one wait. */
static uint32_t timeout_ms(struct infra_cache *cache, const struct infra *infra)
{
    uint64_t most = wait_max_ms(cache), wait = rto_ms(cache, infra);

    for (unsigned i = 0; i < infra->timeouts_in_row && wait < most; i++)
        wait *= 2;
    return (uint32_t)(wait < most ? wait : most);
}

/* RFC 6298 sections 2.2 and 2.3, rounded to the nearest millisecond. */
static void measure(struct infra *infra, uint32_t rtt_ms)
{
    uint64_t rtt = rtt_ms == 0 ? 1 : rtt_ms; /* 0 stands for never measured */
    uint64_t srtt = infra->srtt_ms;
    uint64_t error = rtt > srtt ? rtt - srtt : srtt - rtt;

    if (srtt == 0) {
        infra->srtt_ms = (uint32_t)rtt;
        infra->rttvar_ms = (uint32_t)(rtt / 2);
        return;
    }
    infra->rttvar_ms = (uint32_t)((3 * (uint64_t)infra->rttvar_ms + error + 2) / 4);
    infra->srtt_ms = (uint32_t)((7 * srtt + rtt + 4) / 8);
}

/* Dead, from now on or still. @param excess timeouts in a row beyond those that it takes. */
static void is_dead(struct host *host, unsigned excess, int64_t now_ms)
{
    if (host->infra.dead_until_ms == 0)
        host->probe_ms = DEAD_FIRST_MS;
    else
        excess = 1;
    excess = (unsigned)size_min(excess, EXCESS_MOST);
    for (unsigned i = 0; i < excess && host->probe_ms < DEAD_MOST_MS; i++)
        host->probe_ms *= 3;
    host->probe_ms = (uint32_t)size_min(host->probe_ms, DEAD_MOST_MS);
    host->infra.dead_until_ms = now_ms + host->probe_ms;
}

static bool is_current(const struct host *host, int64_t now_ms)
{
    return host->infra.known && host->infra.expires_s > now_ms / 1000;
}

/* ---- reading ---- */

struct reading {
    struct host_key key;
    int64_t now_ms;
    struct infra *out;
    uint64_t zones; /* that may have entries */
};

static bool look_get(const struct shard_link *link, void *context)
{
    const struct host *host = CONTAINER_OF(link, const struct host, link);
    struct reading *reading = context;

    if (!host_is(host, &reading->key))
        return false;
    reading->zones = host->zones | host->zones_before;
    if (!is_current(host, reading->now_ms))
        return false;
    *reading->out = host->infra;
    return true;
}

/* @return the bits of zones of the server for which there may be entries. */
static uint64_t read_entry(struct infra_cache *cache, const struct addr *server, struct dname zone,
                       int64_t now_ms, struct infra *out)
{
    struct reading reading = {{server, zone}, now_ms, out, UINT64_MAX};

    memset(out, 0, sizeof(*out));
    shards_look(cache->shards, key_hash(cache, &reading.key), look_get, &reading);
    return reading.zones;
}

/* What is known of the server as such becomes what is known of it for a zone. */
static void join(struct infra *out, const struct infra *here)
{
    out->silent_elsewhere = out->timeouts_in_row >= SILENT_AFTER;
    out->dead_elsewhere = out->dead_until_ms != 0;
    out->known = out->known || here->known;
    out->timeouts_in_row = here->timeouts_in_row;
    out->silent_types = here->silent_types;
    out->dead_until_ms = here->dead_until_ms;
    out->lame = here->lame;
    out->recursion_lame = here->recursion_lame;
    out->dnssec_lame = here->dnssec_lame;
    out->case_lame = here->case_lame;
}

void infra_get(struct infra_cache *cache, const struct addr *server, struct dname zone,
               int64_t now_ms, struct infra *out)
{
    static const struct infra nothing;
    struct infra here;
    bool may_be = may_have(read_entry(cache, server, dname_root, now_ms, out), zone);

    if (may_be)
        (void)read_entry(cache, server, zone, now_ms, &here);
    if (!dname_is_root(zone))
        join(out, may_be ? &here : &nothing);
    out->timeout_ms = timeout_ms(cache, out);
    out->rto_ms = rto_ms(cache, out);
}

/* ---- learning ---- */

struct event;
typedef void learn(struct host *host, const struct event *event);

/* One thing that happened; `learn` writes it into the entry, under the shard's lock. */
struct event {
    struct host_key key;
    int64_t now_ms;
    learn *learn; /* NULL: of the server as such nothing is learned by it */
    uint32_t host_ttl_s;
    struct host *fresh; /* NULL at the first try */
    union {
        uint32_t rtt_ms;
        struct {
            uint32_t timeout_ms;
            uint16_t qtype;
            bool *lives; /* has answered lately, for whatever zone */
        } silence;
        enum infra_fact fact;
        enum infra_edns edns;
        struct {
            const uint8_t *client;
            struct slice server;
        } cookie;
        bool *leave;
    } what;
    uint64_t makes_zone; /* for the server as such: its bit, when an entry for a zone is made as well */
    uint64_t zones;      /* of the server as such, as it was found */
};

static void begin_anew(struct host *host, const struct event *event)
{
    host->zones_before = host->zones;
    host->zones = 0;
    memset(&host->infra, 0, sizeof(host->infra));
    host->backed_off_ms = host->heard_ms = INT64_MIN;
    host->infra.known = true;
    host->infra.expires_s = event->now_ms / 1000 + event->host_ttl_s;
}

static bool match_event(const struct shard_link *link, const void *context)
{
    return host_is(CONTAINER_OF(link, const struct host, link),
                   &((const struct event *)context)->key);
}

static enum shard_verdict decide_learn(struct shard_link *link, void *context)
{
    struct event *event = context;
    struct host *host = event->fresh;

    if (link != NULL)
        host = CONTAINER_OF(link, struct host, link);
    if (host == NULL)
        return SHARD_DROP; /* not there: come again with memory for it */
    if (event->learn != NULL && !is_current(host, event->now_ms))
        begin_anew(host, event);
    if (event->learn != NULL)
        event->learn(host, event);
    host->zones |= event->makes_zone;
    event->zones = host->zones | host->zones_before;
    return link != NULL ? SHARD_KEEP : SHARD_PUT;
}

static struct host *host_new(const struct event *event, uint64_t hash)
{
    size_t size = sizeof(struct host) + event->key.zone.size;
    struct host *host = calloc(1, size);

    if (host == NULL)
        return NULL;
    shard_link_init(&host->link, hash, shard_cost(size));
    host->server = *event->key.server;
    host->backed_off_ms = host->heard_ms = INT64_MIN;
    host->zone_size = event->key.zone.size;
    memcpy(host->zone, event->key.zone.wire, event->key.zone.size);
    return host;
}

/* Without memory the event is forgotten: nothing but speed depends on it. */
static void happened(struct infra_cache *cache, struct event *event, bool makes_entry)
{
    struct shard_change change = {key_hash(cache, &event->key), match_event, decide_learn,
                                  event, NULL};

    event->host_ttl_s = atomic_load_explicit(&cache->host_ttl_s, memory_order_relaxed);
    if (shards_change(cache->shards, &change) == SHARD_KEEP || !makes_entry)
        return;
    event->fresh = host_new(event, change.hash);
    if (event->fresh == NULL)
        return;
    change.fresh = &event->fresh->link;
    if (shards_change(cache->shards, &change) != SHARD_PUT)
        free(event->fresh);
}

/* To the server as such, and to its entry for the zone: where it has one, or gets one by this. */
static void happened_everywhere(struct infra_cache *cache, const struct event *event,
                                bool makes_entry)
{
    struct event here = *event, everywhere = *event;

    everywhere.key.zone = dname_root;
    everywhere.makes_zone = makes_entry ? zone_bit(event->key.zone) : 0;
    happened(cache, &everywhere, true);
    if (may_have(everywhere.zones, event->key.zone))
        happened(cache, &here, makes_entry);
}

static void forget_silence(struct host *host)
{
    host->infra.timeouts_in_row = 0;
    host->infra.silent_types = 0;
    host->infra.dead_until_ms = 0;
}

static void learn_answer(struct host *host, const struct event *event)
{
    if (host->zone_size == dname_root.size) /* times are the server's, not the zone's */
        measure(&host->infra, event->what.rtt_ms);
    host->heard_ms = event->now_ms;
    forget_silence(host);
}

void infra_answered(struct infra_cache *cache, const struct addr *server, struct dname zone,
                    int64_t now_ms, uint32_t rtt_ms)
{
    struct event event = {.key = {server, zone},
                          .now_ms = now_ms,
                          .learn = learn_answer,
                          .what = {.rtt_ms = rtt_ms}};

    happened_everywhere(cache, &event, false);
}

enum infra_type infra_type_of(uint16_t qtype)
{
    return qtype == TYPE_A      ? INFRA_TYPE_A
           : qtype == TYPE_AAAA ? INFRA_TYPE_AAAA
                                : INFRA_TYPE_OTHER;
}

static bool was_heard_lately(const struct host *host, const struct event *event)
{
    return event->now_ms - HEARD_LATELY_MS < host->heard_ms;
}

static void learn_timeout(struct host *host, const struct event *event)
{
    struct infra *infra = &host->infra;
    unsigned least;

    /* The server's own entry comes first, and vouches for it with the zone. */
    if (host->zone_size == dname_root.size)
        *event->what.silence.lives = was_heard_lately(host, event);
    else if (host->heard_ms == INT64_MIN && *event->what.silence.lives)
        host->heard_ms = event->now_ms;
    if (event->now_ms - event->what.silence.timeout_ms < host->backed_off_ms)
        return; /* was under way when we last backed off */
    host->backed_off_ms = event->now_ms;
    infra->silent_types |= (uint8_t)BIT(infra_type_of(event->what.silence.qtype));
    if (infra->timeouts_in_row < UINT16_MAX)
        infra->timeouts_in_row++;
    /* Where a third of all packets is lost, four in a row are soon found. */
    least = *event->what.silence.lives ? DEAD_HERE_AFTER : DEAD_AFTER;
    if (infra->timeouts_in_row >= least && !was_heard_lately(host, event))
        is_dead(host, infra->timeouts_in_row - least, event->now_ms);
}

void infra_timed_out(struct infra_cache *cache, const struct addr *server, struct dname zone,
                     uint16_t qtype, int64_t now_ms, uint32_t timeout_ms_given)
{
    bool lives = false;
    struct event event = {.key = {server, zone},
                          .now_ms = now_ms,
                          .learn = learn_timeout,
                          .what = {.silence = {timeout_ms_given, qtype, &lives}}};

    happened_everywhere(cache, &event, true);
}

static void learn_probe(struct host *host, const struct event *event)
{
    struct infra *infra = &host->infra;

    *event->what.leave = infra->dead_until_ms == 0 || event->now_ms >= infra->dead_until_ms;
    if (infra->dead_until_ms != 0 && *event->what.leave)
        infra->dead_until_ms = event->now_ms + host->probe_ms;
}

bool infra_claim_probe(struct infra_cache *cache, const struct addr *server, struct dname zone,
                       int64_t now_ms)
{
    bool leave = true;
    struct event event = {.key = {server, zone},
                          .now_ms = now_ms,
                          .learn = learn_probe,
                          .what = {.leave = &leave}};
    struct shard_change change = {key_hash(cache, &event.key), match_event, decide_learn,
                                  &event, NULL};

    event.host_ttl_s = atomic_load_explicit(&cache->host_ttl_s, memory_order_relaxed);
    shards_change(cache->shards, &change); /* a server never heard of gets no entry by this */
    return leave;
}

static void learn_fact(struct host *host, const struct event *event)
{
    switch (event->what.fact) {
    case INFRA_LAME: host->infra.lame = true; break;
    case INFRA_RECURSION_LAME: host->infra.recursion_lame = true; break;
    case INFRA_DNSSEC_LAME: host->infra.dnssec_lame = true; break;
    case INFRA_CASE_LAME: host->infra.case_lame = true; break;
    }
}

void infra_note(struct infra_cache *cache, const struct addr *server, struct dname zone,
                int64_t now_ms, enum infra_fact fact)
{
    struct event event = {.key = {server, zone},
                          .now_ms = now_ms,
                          .learn = learn_fact,
                          .what = {.fact = fact}};
    struct event everywhere = {
        .key = {server, dname_root}, .now_ms = now_ms, .makes_zone = zone_bit(zone)};

    if (!dname_is_root(zone))
        happened(cache, &everywhere, true);
    happened(cache, &event, true);
}

static void learn_edns(struct host *host, const struct event *event)
{
    host->infra.edns = (uint8_t)event->what.edns;
}

void infra_note_edns(struct infra_cache *cache, const struct addr *server, int64_t now_ms,
                     enum infra_edns edns)
{
    struct event event = {.key = {server, dname_root},
                          .now_ms = now_ms,
                          .learn = learn_edns,
                          .what = {.edns = edns}};

    happened(cache, &event, true);
}

static void learn_cookie(struct host *host, const struct event *event)
{
    struct slice cookie = event->what.cookie.server;

    memcpy(host->infra.client_cookie, event->what.cookie.client,
           sizeof(host->infra.client_cookie));
    if (cookie.size > 0)
        memcpy(host->infra.cookie, cookie.data, cookie.size);
    host->infra.cookie_size = (uint8_t)cookie.size;
}

void infra_note_cookie(struct infra_cache *cache, const struct addr *server, int64_t now_ms,
                       const uint8_t client[8], struct slice server_cookie)
{
    struct event event = {.key = {server, dname_root},
                          .now_ms = now_ms,
                          .learn = learn_cookie,
                          .what = {.cookie = {client, server_cookie}}};

    if (server_cookie.size <=
        sizeof(((struct infra *)0)->cookie)) /* RFC 7873 section 4: 8 to 32 */
        happened(cache, &event, true);
}

/* ---- all of it ---- */

static enum shard_verdict visit_forget(struct shard_link *link, void *context)
{
    (void)context;
    forget_silence(CONTAINER_OF(link, struct host, link));
    return SHARD_KEEP;
}

void infra_forget_failures(struct infra_cache *cache)
{
    atomic_fetch_add(&cache->network, 1);
    shards_visit(cache->shards, visit_forget, NULL);
}

unsigned infra_network(const struct infra_cache *cache)
{
    return atomic_load_explicit(&cache->network, memory_order_relaxed);
}

bool infra_may_tell(struct infra_cache *cache)
{
    unsigned number = infra_network(cache) + 1;

    return atomic_exchange(&cache->told, number) != number;
}

struct showing {
    struct infra_cache *cache;
    int64_t now_ms;
    void (*show)(void *context, const struct addr *server, struct dname zone,
                 const struct infra *infra);
    void *context;
};

static enum shard_verdict visit_show(struct shard_link *link, void *context)
{
    const struct showing *showing = context;
    const struct host *host = CONTAINER_OF(link, struct host, link);
    struct infra infra = host->infra;

    if (infra.expires_s <= showing->now_ms / 1000)
        return SHARD_KEEP;
    infra.timeout_ms = timeout_ms(showing->cache, &infra);
    showing->show(showing->context, &host->server, dname_of_wire(host->zone), &infra);
    return SHARD_KEEP;
}

void infra_cache_visit(struct infra_cache *cache, int64_t now_ms,
                       void (*show)(void *context, const struct addr *server, struct dname zone,
                                    const struct infra *infra),
                       void *context)
{
    struct showing showing = {cache, now_ms, show, context};

    shards_visit(cache->shards, visit_show, &showing);
}

void infra_flush(struct infra_cache *cache)
{
    shards_flush(cache->shards);
}

uint64_t infra_cache_count(const struct infra_cache *cache)
{
    return shards_state(cache->shards).entries;
}

uint64_t infra_cache_size_bytes(const struct infra_cache *cache)
{
    return shards_state(cache->shards).size_bytes;
}
