/*
 * request.c - a client's message from arrival to answer.
 *
 * Called by lane.c, where request_receive stands, with what it leaves, and by the mesh and the
 * timers when something that was waited for has come. The rooms are entered in this order, and
 * each can end the visit: access, shape of the message, cookie, local zones, class CH, right to
 * recursion, message cache, mesh. A question that has to wait is kept as a struct request until
 * it is told.
 */
#include "services/client/request.h"

#include <stdlib.h>
#include <string.h>

#include "services/cache/fresh.h"
#include "services/client/chaos.h"
#include "services/client/lane.h"
#include "services/client/pace.h"
#include "services/client/visit.h"
#include "util/wire/rdata.h"

enum {
    ALIASES_MAX = 11,            /* limits: CNAMEs, those of local data included */
    SPARES_MAX = 64,             /* requests that are kept for the next questions */
    WAITING_PER_QUERY = 16,      /* clients that wait, for each place in the request list */
    ARENA_BYTES_MAX = 256 * 1024 /* one message with all that its answer needs */
};

struct request {
    struct link listed;
    struct visit visit; /* its arena is set anew for each event */
    struct mesh_client client;
    struct timer stale_timer; /* RFC 8767: the client has waited long enough */
    struct arena *own;        /* of the aliases; NULL when there are none */
    uint8_t qname[DNAME_MAX];
};

/* ---- the service ---- */

static void read_settings(struct request_service *service,
                          const struct request_settings *settings)
{
    const struct client_options *options = settings->options;
    struct sink nsid = sink_of(service->nsid, sizeof(service->nsid));

    service->settings = *settings;
    service->lane_is_open = lane_may_open(settings);
    service->lane_size_max = lane_size_max(settings);
    service->lane_is_used = service->lane_is_open && !settings->check_memos;
    memset(&service->recall, 0, sizeof(service->recall));
    service->style =
        (struct reply_style){.options = options,
                             .edns_size = (uint16_t)settings->upstream->edns_buffer_size,
                             .original_ttl = settings->env->cache_options->serve_original_ttl};
    if (options->nsid != NULL && reply_nsid_from_text(options->nsid, &nsid) == STATUS_OK)
        service->style.nsid = sink_written(&nsid);
}

struct request_service *request_service_new(struct world *world, struct mesh *mesh,
                                            const struct request_settings *settings)
{
    struct request_service *service = calloc(1, sizeof(*service));
    struct hash_key key;

    if (service == NULL)
        return NULL;
    world->random(world, &key, sizeof(key));
    service->world = world;
    service->mesh = mesh;
    list_init(&service->requests);
    spares_init(&service->spares);
    service->arena = arena_new(ARENA_BYTES_MAX);
    service->told = arena_new(ARENA_BYTES_MAX);
    service->limit = limit_new(key);
    service->chance = key.a;
    service->reader = msg_cache_reader_new(settings->env->messages);
    if (service->arena == NULL || service->told == NULL || service->limit == NULL ||
        service->reader == NULL) {
        request_service_free(service);
        return NULL;
    }
    read_settings(service, settings);
    return service;
}

void request_service_set(struct request_service *service,
                         const struct request_settings *settings)
{
    read_settings(service, settings);
}

static void take_lane(struct request_stats *stats, unsigned type, unsigned answer,
                      uint64_t count)
{
    stats->received += count;
    stats->hits += count;
    stats->answered += count;
    stats->types[type] += count;
    stats->rcodes[answer & 0x0f] += count;
    stats->authentic += (answer & FLAG_AD) != 0 ? count : 0;
    if ((answer & 0x0f) == RCODE_SERVFAIL) { /* it was remembered */
        stats->servfail += count;
        stats->cached_failures += count;
    }
}

/* What the lane has answered counts here only: it has time for one number. */
const struct request_stats *request_stats(struct request_service *service)
{
    for (unsigned type = 0; type < TYPE_GROUPS; type++)
        for (unsigned i = 0; i < LANE_ANSWERS; i++)
            if (service->lane_answers[type][i] != 0) {
                take_lane(&service->stats, type, i, service->lane_answers[type][i]);
                service->lane_answers[type][i] = 0;
            }
    service->stats.waiting = service->request_count;
    return &service->stats;
}

/* ---- requests that wait ---- */

/* Not zeroed. NULL: no memory. */
static struct request *take_spare(struct request_service *service)
{
    struct link *spare = spares_take(&service->spares);

    return spare == NULL ? malloc(sizeof(struct request))
                         : CONTAINER_OF(spare, struct request, listed);
}

static void give_spare(struct request_service *service, struct request *request)
{
    if (!spares_keep(&service->spares, &request->listed, SPARES_MAX))
        free(request);
}

static void request_free(struct request *request)
{
    struct request_service *service = request->visit.service;

    list_remove(&request->listed);
    service->request_count--;
    mesh_withdraw(&request->client);
    service->world->timer_stop(service->world, &request->stale_timer);
    limit_leave(service->limit, &request->visit.peer.from);
    request->visit.channel->release(request->visit.channel);
    arena_free(request->own);
    give_spare(service, request);
}

void request_service_free(struct request_service *service)
{
    struct link *link;

    if (service == NULL)
        return;
    while ((link = list_first(&service->requests)) != NULL)
        request_free(CONTAINER_OF(link, struct request, listed));
    while ((link = spares_take(&service->spares)) != NULL)
        free(CONTAINER_OF(link, struct request, listed));
    limit_free(service->limit);
    msg_cache_reader_free(service->reader);
    arena_free(service->arena);
    arena_free(service->told);
    free(service);
}

/* What the visit borrowed from the packet and the scratch arena is copied. */
static bool keep_visit(struct request *request, const struct visit *visit)
{
    struct visit *kept = &request->visit;

    *kept = *visit;
    kept->asker.question.qname = dname_store(visit->asker.question.qname, request->qname);
    kept->asker.cookie_shown = slice_of(NULL, 0);
    if (visit->alias_count == 0) {
        kept->target.qname.wire = kept->asker.question.qname.wire; /* the hash stays */
        return true;
    }
    request->own = arena_new(ARENA_BYTES_MAX);
    if (request->own == NULL)
        return false;
    kept->target.qname = dname_copy(request->own, visit->target.qname);
    kept->aliases = ARENA_ARRAY(request->own, const struct rrset *, visit->alias_count);
    if (kept->target.qname.wire == NULL || kept->aliases == NULL)
        return false;
    for (size_t i = 0; i < visit->alias_count; i++)
        if ((kept->aliases[i] = rrset_copy_in(request->own, visit->aliases[i])) == NULL)
            return false;
    return true;
}

/* @return NULL: no memory. The place among the waiting is the request's from here on. */
static struct request *request_new(const struct visit *visit)
{
    struct request *request = take_spare(visit->service);

    if (request == NULL)
        return NULL;
    memset(request, 0, offsetof(struct request, qname));
    if (!keep_visit(request, visit)) {
        arena_free(request->own);
        give_spare(visit->service, request);
        return NULL;
    }
    visit->channel->hold(visit->channel);
    list_append(&visit->service->requests, &request->listed);
    visit->service->request_count++;
    return request;
}

/* The event that ends or moves a waiting visit brings its own time and scratch memory. */
static struct visit *resume(struct request *request)
{
    struct visit *visit = &request->visit;
    struct request_service *service = visit->service;

    arena_reset(service->told);
    visit->arena = service->told;
    visit->now_ms = world_now_ms(service->world);
    visit->now_s = world_now_s(service->world);
    return visit;
}

/* ---- cache ---- */

/* RFC 6147 section 5.5: who sets CD and DO judges for itself, so it gets what the servers said. */
static bool may_be_made(const struct visit *visit)
{
    const struct request_settings *settings = &visit->service->settings;
    bool judges = (visit->asker.flags & FLAG_CD) != 0 && visit->asker.dnssec_ok &&
                  !settings->options->ignore_cd_flag;

    return settings->env->may_make != NULL && !judges &&
           settings->env->may_make(settings->env, &visit->target);
}

static unsigned query_flags(const struct visit *visit)
{
    return (visit_is_unchecked(visit) ? QUERY_CD : 0u) | (may_be_made(visit) ? QUERY_MADE : 0u);
}

static enum hit_age look_up(struct visit *visit, uint32_t stale_s, struct hit *hit)
{
    const struct env *env = visit->service->settings.env;

    return hit_find(env, &visit->target, query_flavour(query_flags(visit)), visit->now_s,
                    stale_s, env->cache_options->serve_expired_reply_ttl, visit->arena, hit);
}

static enum hit_age look_up_stale(struct visit *visit, struct hit *hit)
{
    uint32_t stale_s = fresh_stale_s(visit->service->settings.env->cache_options);

    hit->age = HIT_NONE;
    return stale_s == 0 ? HIT_NONE : look_up(visit, stale_s, hit);
}

static bool wants_recursion(const struct visit *visit)
{
    return (visit->asker.flags & FLAG_RD) != 0 || visit->action == ACL_ALLOW_SETRD;
}

static void prefetch(struct visit *visit)
{
    struct request_service *service = visit->service;

    mesh_prefetch(service->mesh, service->settings.env, &visit->target, query_flags(visit));
}

/* RFC 8767 section 5: given at once where it is wanted so, or where a try has just failed. */
static bool answer_stale_now(struct visit *visit, struct hit *stale, struct hit *failure)
{
    const struct cache_options *options = visit->service->settings.env->cache_options;

    if (stale->age == HIT_NONE)
        return false;
    if (failure->age == HIT_FAILURE) { /* no new try before that one is forgotten */
        struct reasons why;

        reasons_copy(&why, failure->entry->reasons, visit->arena);
        hit_release(failure);
        visit_hit(visit, stale, &why);
        return true;
    }
    if (options->serve_expired_client_timeout != 0 && wants_recursion(visit))
        return false;
    visit_hit(visit, stale, NULL);
    prefetch(visit);
    return true;
}

/* @return true when the client has its answer. */
static bool answer_from_cache(struct visit *visit, bool *has_stale)
{
    const struct env *env = visit->service->settings.env;
    struct hit hit, failure;

    *has_stale = false;
    visit->target.qname = env_hashed(env, visit->target.qname);
    if (look_up(visit, 0, &hit) == HIT_FRESH) {
        bool want_prefetch = hit.prefetch;

        visit->service->stats.hits++;
        visit_hit(visit, &hit, NULL);
        if (want_prefetch)
            prefetch(visit);
        return true;
    }
    hit_find_failure(env, &visit->target, query_flavour(query_flags(visit)), visit->now_s,
                     &failure);
    look_up_stale(visit, &hit);
    if (answer_stale_now(visit, &hit, &failure))
        return true;
    if (failure.age == HIT_FAILURE) {
        visit->service->stats.hits++;
        visit->service->stats.cached_failures++;
        visit_hit(visit, &failure, NULL);
        return true;
    }
    *has_stale = hit.age != HIT_NONE;
    if (*has_stale)
        hit_release(&hit);
    return false;
}

/* ---- mesh ---- */

/* Nothing fresh can be had: stale data if there is any, else the failure. */
static void tell_failure(struct visit *visit, uint16_t rcode, const struct reasons *reasons)
{
    struct hit hit;

    if (look_up_stale(visit, &hit) != HIT_NONE)
        visit_hit(visit, &hit, reasons);
    else if (rcode == RCODE_SERVFAIL)
        visit_servfail(visit, reasons);
    else
        visit_error(visit, rcode, reasons);
}

/* The request list is full, or the question had to give way to a newer one. */
static void tell_full(struct visit *visit)
{
    struct reasons reasons = {.count = 0};
    struct hit hit;

    if (look_up_stale(visit, &hit) != HIT_NONE) {
        visit_hit(visit, &hit, NULL);
    } else if (visit->service->settings.options->answer_when_full) {
        reasons_add(&reasons, visit->arena, EDE_OTHER, "limit=requests");
        visit_servfail(visit, &reasons);
    } else {
        visit_drop(visit, DROP_FULL);
    }
}

/* To another question, or for lack of memory; what failed for a reason of its own says so. */
static bool gave_way(const struct outcome *outcome)
{
    return outcome->failed && outcome->uncacheable &&
           (outcome->reasons.count == 0 || outcome->reasons.item[0].code == EDE_OTHER);
}

static void count_wait(struct request_stats *stats, int64_t waited_ms)
{
    size_t bucket = 0;

    stats->waited_ms += (uint64_t)waited_ms;
    while (bucket + 1 < REQUEST_WAITS && waited_ms >> bucket != 0)
        bucket++;
    stats->waits[bucket]++;
}

static void told(struct mesh_client *client, const struct query *query,
                 const struct outcome *outcome)
{
    struct request *request = CONTAINER_OF(client, struct request, client);
    struct visit *visit = resume(request);
    struct reply reply = {.rcode = outcome->message.rcode,
                          .message = &outcome->message,
                          .security = outcome->security,
                          .reasons = &outcome->reasons};

    (void)query;
    visit->source = SOURCE_SERVERS;
    count_wait(&visit->service->stats, time_max(visit->now_ms - visit->arrived_ms, 0));
    if (gave_way(outcome))
        tell_full(visit);
    else if (outcome->failed || outcome->message.rcode == RCODE_SERVFAIL)
        tell_failure(visit, outcome->message.rcode, &outcome->reasons);
    else
        visit_answer(visit, &reply);
    request_free(request);
}

static void waited_long_enough(struct timer *timer)
{
    struct request *request = CONTAINER_OF(timer, struct request, stale_timer);
    struct visit *visit = resume(request);
    struct hit hit;

    if (look_up_stale(visit, &hit) == HIT_NONE)
        return; /* it has left the cache meanwhile: wait on */
    visit_hit(visit, &hit, NULL);
    request_free(request); /* the query goes on for the cache's sake */
}

/* Many clients may wait for one query; forged ones must not fill the memory. */
static bool may_wait(const struct visit *visit)
{
    const struct request_service *service = visit->service;
    const struct client_options *options = service->settings.options;
    uint32_t most = visit->asker.is_known ? options->wait_limit_cookie : options->wait_limit;

    if (service->request_count >= (size_t)options->num_queries_per_thread * WAITING_PER_QUERY)
        return false;
    /* The last quarter is for what is known to be answered, as in the mesh. */
    return limit_enter(service->limit, &visit->peer.from, most - most / 4) ||
           (env_is_healthy(service->settings.env, &visit->target) &&
            limit_enter(service->limit, &visit->peer.from, most));
}

static void ask_mesh(struct visit *visit, bool has_stale)
{
    struct request_service *service = visit->service;
    const struct request_settings *settings = &service->settings;
    unsigned flags = query_flags(visit) | (wants_recursion(visit) ? 0 : QUERY_NO_RD);
    uint32_t patience_ms = settings->env->cache_options->serve_expired_client_timeout;
    struct request *request;

    if (!may_wait(visit)) {
        tell_full(visit);
        return;
    }
    request = request_new(visit);
    if (request == NULL) {
        limit_leave(service->limit, &visit->peer.from);
        visit_servfail(visit, NULL);
        return;
    }
    service->stats.misses++;
    request->client.done = told;
    request->client.looked_up = true;
    request->stale_timer.fire = waited_long_enough;
    if (has_stale && patience_ms != 0) /* without memory for a timer it waits for the mesh */
        (void)service->world->timer_set(service->world, &request->stale_timer,
                                        visit->now_ms + patience_ms);
    switch (mesh_ask(service->mesh, settings->env, &request->visit.target, flags,
                     &request->client)) {
    case STATUS_OK: return;
    case STATUS_LIMIT: tell_full(visit); break;
    default: visit_servfail(visit, NULL); break;
    }
    request_free(request);
}

/* ---- the rooms in front of the cache ---- */

/* RFC 7873 section 5.2. @return true when the visit ends here. */
static bool meet_cookie(struct visit *visit)
{
    struct request_service *service = visit->service;
    struct asker *asker = &visit->asker;
    bool strict = visit->action == ACL_ALLOW_COOKIE && asker->transport == TRANSPORT_UDP;
    struct reply reply = {.rcode = RCODE_REFUSED, .truncated = true};

    if (service->settings.options->answer_cookie) {
        enum cookie_verdict verdict = cookie_judge(
            &service->settings.cookie_secrets, asker->cookie_shown, &visit->peer.from,
            service->world->wall_s(service->world), asker->cookie);

        service->stats.cookies[verdict]++;
        if (verdict == COOKIE_MALFORMED) {
            visit_error(visit, RCODE_FORMERR, NULL);
            return true;
        }
        asker->has_cookie = verdict != COOKIE_ABSENT;
        asker->is_known = asker->is_known || verdict == COOKIE_GOOD;
    }
    if (!strict || asker->is_known)
        return false;
    if (asker->has_cookie)
        visit_error(visit, RCODE_BADCOOKIE, NULL); /* the right one goes with it */
    else
        visit_answer(visit, &reply); /* come by TCP, or with a cookie */
    return true;
}

/* The CNAME that is all of a local answer, when something else was asked for; or NULL. */
static const struct rrset *alias_in(const struct message *message, uint16_t qtype)
{
    if (message->rcode != RCODE_NOERROR || message->count[SECTION_ANSWER] != 1 ||
        message->rrsets[0]->type != TYPE_CNAME || qtype == TYPE_CNAME || qtype == TYPE_ANY)
        return NULL;
    return message->rrsets[0];
}

static bool follow_alias(struct visit *visit, const struct rrset *alias)
{
    if (visit->aliases == NULL)
        visit->aliases = ARENA_ARRAY(visit->arena, const struct rrset *, ALIASES_MAX);
    if (visit->aliases == NULL || visit->alias_count == ALIASES_MAX ||
        !rdata_target(rrset_rdata(alias, 0), TYPE_CNAME, &visit->target.qname))
        return false;
    visit->aliases[visit->alias_count++] = alias;
    return true;
}

/* @return true when the visit ends here. */
static bool meet_local(struct visit *visit)
{
    struct request_service *service = visit->service;
    struct local_note note = {.inform = false};
    struct message message;
    const struct rrset *alias;
    enum local_verdict verdict;

    for (;;) {
        verdict = local_answer(service->settings.local, &visit->target, &visit->peer.from,
                               visit->now_s, visit->arena, &message, &note);
        if (note.inform || (service->settings.log.local_actions && verdict != LOCAL_NONE))
            visit_log_local(visit, note.zone, verdict == LOCAL_DROP);
        if (verdict != LOCAL_ANSWER)
            break;
        alias = alias_in(&message, visit->target.qtype);
        if (alias == NULL)
            break;
        if (!follow_alias(visit, alias)) {
            visit_servfail(visit, NULL);
            return true;
        }
    }
    if (verdict == LOCAL_NONE)
        return false;
    service->stats.local++;
    visit->source = SOURCE_LOCAL;
    if (verdict == LOCAL_DROP) {
        visit_drop(visit, DROP_LOCAL);
    } else {
        struct reply reply = {.rcode = message.rcode,
                              .authoritative = true,
                              .security = SEC_INSECURE,
                              .message = &message,
                              .reasons = &note.why};

        visit_answer(visit, &reply);
    }
    return true;
}

/* Class CH speaks of ourselves; other classes than IN have no servers that we know of. */
static bool meet_class(struct visit *visit)
{
    const struct request_settings *settings = &visit->service->settings;
    struct message message;
    struct reply reply = {.message = &message};

    if (visit->target.qclass == CLASS_IN)
        return false;
    if (visit->target.qclass != CLASS_CH) {
        visit_error_because(visit, RCODE_REFUSED, EDE_NOT_SUPPORTED, "client=qclass");
        return true;
    }
    reply.rcode =
        chaos_answer(settings->options, settings->env, &visit->target, visit->arena, &message);
    if (reply.rcode == RCODE_NOERROR)
        visit_answer(visit, &reply);
    else
        visit_error(visit, reply.rcode, NULL);
    return true;
}

/* Who may use more than local data. @return true when the visit ends here. */
static bool meet_rights(struct visit *visit)
{
    switch (visit->action) {
    case ACL_DENY_NON_LOCAL: visit_drop(visit, DROP_ACCESS); return true;
    case ACL_REFUSE_NON_LOCAL:
        visit->service->stats.refused++;
        visit_turn_away(visit, RCODE_REFUSED, EDE_PROHIBITED, "client=not-allowed");
        return true;
    case ACL_ALLOW_SNOOP: return false;
    default: break;
    }
    if (wants_recursion(visit))
        return false;
    /* What is in the cache is nobody's business (no cache snooping). */
    visit->service->stats.refused++;
    visit_error_because(visit, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE, "client=rd-clear");
    return true;
}

/* ---- the door ---- */

static void turn_away_malformed(struct visit *visit, enum asker_fate fate)
{
    struct request_stats *stats = &visit->service->stats;

    switch (fate) {
    case ASKER_NOTIMP:
        stats->notimp++;
        visit_turn_away(visit, RCODE_NOTIMP, EDE_NOT_SUPPORTED, "client=opcode");
        break;
    case ASKER_BADVERS:
        stats->formerr++;
        visit_error(visit, RCODE_BADVERS, NULL);
        break;
    case ASKER_BAD_TYPE:
        stats->formerr++;
        visit_turn_away(visit, RCODE_FORMERR, EDE_INVALID_QUERY_TYPE, "client=qtype");
        break;
    case ASKER_TRANSFER:
        stats->refused++;
        visit_turn_away(visit, RCODE_REFUSED, EDE_NOT_SUPPORTED, "client=qtype");
        break;
    default:
        stats->formerr++;
        if (visit->asker.has_question) /* only what follows it is wrong */
            visit_error(visit, RCODE_FORMERR, NULL);
        else
            visit_turn_away(visit, RCODE_FORMERR, EDE_OTHER, NULL);
        break;
    }
}

/* Access, then shape. @return true when the visit ends here. */
static bool meet_door(struct visit *visit, struct slice packet)
{
    enum asker_fate fate;

    visit->action =
        acl_decide_again(visit->service->settings.acl, &visit->service->recall,
                         &visit->peer.from, &visit->peer.to);
    if (visit->action == ACL_DENY) {
        visit_drop(visit, DROP_ACCESS);
        return true;
    }
    fate = asker_read(packet, visit->channel->transport, visit->arena, &visit->asker);
    if (fate == ASKER_DROP) {
        visit_drop(visit, DROP_NO_QUESTION);
        return true;
    }
    if (visit->asker.has_question)
        visit->service->stats.types[type_group_of(visit->asker.question.qtype)]++;
    if (visit->action == ACL_REFUSE) {
        visit->service->stats.refused++;
        visit_turn_away(visit, RCODE_REFUSED, EDE_PROHIBITED, "client=not-allowed");
        return true;
    }
    if (fate == ASKER_GOOD)
        return false;
    turn_away_malformed(visit, fate);
    return true;
}

static void serve(struct visit *visit, struct slice packet)
{
    const struct request_settings *settings = &visit->service->settings;
    bool has_stale;

    if (meet_door(visit, packet))
        return;
    if (settings->log.queries)
        visit_log_query(visit);
    /* Without the DO bit there is nothing that such a client could use its OPT for. */
    if (settings->upstream->disable_edns_do && visit->asker.dnssec_ok)
        visit->asker.has_edns = visit->asker.dnssec_ok = false;
    if (meet_cookie(visit))
        return;
    visit->target = visit->asker.question;
    /* RFC 1035 section 3.2.5: of any class means of IN, the only one that we resolve. */
    if (visit->target.qclass == CLASS_ANY)
        visit->target.qclass = CLASS_IN;
    if (pace_meet(visit) || meet_local(visit) || meet_class(visit) || meet_rights(visit))
        return;
    if (settings->options->deny_any && visit->target.qtype == TYPE_ANY) {
        visit_error(visit, RCODE_NOERROR, NULL); /* RFC 8482 section 4 */
        return;
    }
    if (!answer_from_cache(visit, &has_stale))
        ask_mesh(visit, has_stale);
}

void visit_all_rooms(struct request_service *service, struct channel *channel,
                     const struct peer *peer, struct slice packet)
{
    struct visit visit = {.service = service, .channel = channel, .peer = *peer};
    bool check = service->settings.check_memos;

    service->stats.received++;
    if (check)
        lane_check_begin(service, channel->transport, peer, packet);
    arena_reset(service->arena);
    visit.arena = service->arena;
    visit.now_ms = visit.arrived_ms = world_now_ms(service->world);
    visit.now_s = world_now_s(service->world);
    serve(&visit, packet);
    if (check)
        lane_check_end(service, visit.asker.transport, &visit.peer, packet);
}
