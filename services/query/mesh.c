/*
 * mesh.c - the queries of one thread: index, ready queue, births and deaths.
 *
 * A query is born by mesh_ask, mesh_prefetch or mesh_need, is stepped whenever it is on the
 * ready queue, and dies in finish(): it leaves the index, its outcome is kept in the message
 * cache, clients and parents are told, its memory goes. One that nobody waits for any more dies
 * in discard().
 */
#include "services/query/mesh.h"

#include <stdlib.h>
#include <string.h>

#include "services/cache/fresh.h"
#include "services/query/failures.h"
#include "services/query/error_report.h"

enum {
    BUCKETS = 4096,
    QUERY_BYTES_MAX = 512 * 1024, /* limits: memory of one query */
    QUERY_BYTES_FIRST = 12 * 1024, /* what a question to one or two servers needs */
    SPARES_MAX = 32, /* arenas kept for the next queries */
    PATH_WALK_MAX = 1000,         /* queries looked at in search of a loop */
    REPORTS_MAX = 5               /* a second: what strangers make us tell others */
};

/*
 * Where a query is listed. A client's runs to the end in the first half, and may have to give
 * way in the last one, of which a part is reserved for names whose servers are known to answer:
 * a flood of questions for dead ones leaves it free.
 */
enum place { PLACE_FIRST_HALF, PLACE_LAST_HALF, PLACE_RESERVED, PLACE_OTHERS, PLACES };

struct mesh {
    struct world *world;
    struct mesh_limits limits;
    struct hash_key key;
    struct mesh_stats stats;
    struct failures *failures; /* NULL: no memory for it */
    int64_t report_second;
    uint32_t report_count; /* in that second */
    uint32_t last_number;
    struct list ready;
    struct {
        struct list list; /* oldest first */
        size_t count;
    } places[PLACES];
    struct query *buckets[BUCKETS];
    struct arena *spares[SPARES_MAX];
    size_t spare_count;
};

struct mesh *mesh_new(struct world *world, const struct mesh_limits *limits, struct hash_key key)
{
    struct mesh *mesh = calloc(1, sizeof(*mesh));

    if (mesh == NULL)
        return NULL;
    mesh->world = world;
    mesh->limits = *limits;
    mesh->key = key;
    list_init(&mesh->ready);
    for (size_t i = 0; i < PLACES; i++)
        list_init(&mesh->places[i].list);
    mesh->failures = failures_new();
    return mesh;
}

void mesh_set_limits(struct mesh *mesh, const struct mesh_limits *limits)
{
    mesh->limits = *limits;
}

const struct mesh_stats *mesh_stats(const struct mesh *mesh)
{
    return &mesh->stats;
}

size_t mesh_size(const struct mesh *mesh)
{
    size_t count = 0;

    for (size_t i = 0; i < PLACES; i++)
        count += mesh->places[i].count;
    return count;
}

void mesh_each(const struct mesh *mesh,
               void (*show)(void *context, const struct query *query), void *context)
{
    for (size_t i = 0; i < PLACES; i++)
        LIST_EACH(&mesh->places[i].list, link)
    show(context, CONTAINER_OF(link, struct query, listed));
}

const struct failures *mesh_failures(const struct mesh *mesh)
{
    return mesh->failures;
}

/* ---- the index ---- */

static uint64_t identity_hash(const struct mesh *mesh, const struct question *question,
                              unsigned flags)
{
    return dname_hash_beside(question->qname,
                             (uint64_t)question->qtype << 48 |
                                 (uint64_t)question->qclass << 32 | (flags & QUERY_IDENTITY),
                             mesh->key);
}

/* A query that was begun under other settings is none of ours: its answer may be one that does not
 * hold any more. */
static struct query *find(struct mesh *mesh, const struct env *env,
                          const struct question *question, unsigned flags)
{
    uint64_t hash = identity_hash(mesh, question, flags);
    struct query *query = mesh->buckets[hash % BUCKETS];

    while (query != NULL &&
           (query->hash != hash || query->env != env ||
            (query->flags & QUERY_IDENTITY) != (flags & QUERY_IDENTITY) ||
            !question_equal(&query->question, question)))
        query = query->index_next;
    return query;
}

static void index_add(struct mesh *mesh, struct query *query)
{
    struct query **bucket = &mesh->buckets[query->hash % BUCKETS];

    query->index_next = *bucket;
    *bucket = query;
}

static void index_remove(struct mesh *mesh, struct query *query)
{
    struct query **place = &mesh->buckets[query->hash % BUCKETS];

    while (*place != query) {
        ASSERT(*place != NULL);
        place = &(*place)->index_next;
    }
    *place = query->index_next;
}

/* ---- lists: who may stay ---- */

static void enlist(struct mesh *mesh, struct query *query, enum place place)
{
    query->place = (uint8_t)place;
    list_append(&mesh->places[place].list, &query->listed);
    mesh->places[place].count++;
}

static void delist(struct mesh *mesh, struct query *query)
{
    list_remove(&query->listed);
    mesh->places[query->place].count--;
}

/* ---- birth ---- */

/* What follows looks for this name many times, if only to see that nobody asks for it yet. */
static struct question question_hashed(const struct env *env, const struct question *question)
{
    return (struct question){env_hashed(env, question->qname), question->qtype,
                             question->qclass};
}

static void deadline_passed(struct timer *timer)
{
    struct query *query = CONTAINER_OF(timer, struct query, deadline);

    query->out_of_time = true;
    mesh_wake(query);
}

static bool copy_question(struct query *query, const struct env *env,
                          const struct question *question)
{
    query->question = *question;
    query->question.qname = dname_copy(query->arena, env_hashed(env, question->qname));
    return query->question.qname.wire != NULL;
}

static struct arena *take_arena(struct mesh *mesh)
{
    return mesh->spare_count > 0 ? mesh->spares[--mesh->spare_count]
                                 : arena_new_of(QUERY_BYTES_MAX, QUERY_BYTES_FIRST);
}

static void give_arena(struct mesh *mesh, struct arena *arena)
{
    if (arena == NULL || mesh->spare_count == SPARES_MAX) {
        arena_free(arena);
        return;
    }
    arena_reset(arena);
    mesh->spares[mesh->spare_count++] = arena;
}

/* @param budget shared by reference; NULL: a new one. @return NULL: no memory. */
static struct query *query_new(struct mesh *mesh, struct env *env,
                               const struct question *question, unsigned flags,
                               struct budget *budget)
{
    struct arena *arena = take_arena(mesh);
    struct query *query = arena == NULL ? NULL : ARENA_NEW(arena, struct query);

    if (query == NULL) {
        give_arena(mesh, arena);
        return NULL;
    }
    query->arena = arena;
    query->names.key = env->name_key;
    query->flags = flags;
    query->started_ms = world_now_ms(mesh->world);
    query->budget = budget != NULL ? budget_ref(budget)
                                   : budget_new(&env->limits, query->started_ms);
    query->trace = trace_new(query->started_ms);
    query->deadline.fire = deadline_passed;
    if (query->budget == NULL || query->trace == NULL || !copy_question(query, env, question) ||
        mesh->world->timer_set(mesh->world, &query->deadline, query->budget->deadline_ms) !=
            STATUS_OK) {
        budget_unref(query->budget);
        trace_unref(query->trace);
        give_arena(mesh, arena);
        return NULL;
    }
    query->env = env_ref(env);
    query->number = ++mesh->last_number;
    query->hash = identity_hash(mesh, question, flags);
    list_init(&query->clients);
    list_init(&query->waiters);
    list_init(&query->children);
    list_init(&query->held);
    index_add(mesh, query);
    return query;
}

/* ---- death ---- */

static void leave(struct mesh *mesh, struct query *query)
{
    index_remove(mesh, query);
    delist(mesh, query);
    list_remove(&query->ready);
    mesh->world->timer_stop(mesh->world, &query->deadline);
}

/* What a client's question has cost is known when the last query that draws from its budget
 * ends. */
static void count_costs(struct query *query)
{
    const struct budget *budget = query->budget;
    struct mesh_stats *stats = &query->env->mesh->stats;

    if (budget->references != 1)
        return;
    for (size_t i = 0; i < COSTS; i++)
        stats->spent[i] += query->env->limits.most[i] - budget->left[i];
    if (budget->exhausted != COSTS)
        stats->overruns[budget->exhausted]++;
}

static void query_free(struct mesh *mesh, struct query *query)
{
    struct link *link;
    struct env *env = query->env;

    for (unsigned i = 0; i < env->module_count; i++)
        if (env->modules[i]->abandon != NULL)
            env->modules[i]->abandon(query, &query->state[i]);
    while ((link = list_first(&query->children)) != NULL)
        mesh_unneed(CONTAINER_OF(link, struct query_waiter, in_parent));
    query_release_held(query);
    count_costs(query);
    budget_unref(query->budget);
    trace_unref(query->trace);
    give_arena(mesh, query->arena);
    env_unref(env);
}

/* A query that nobody is to be told of goes away unfinished. */
static void discard(struct mesh *mesh, struct query *query)
{
    leave(mesh, query);
    query_free(mesh, query);
}

static bool all_published(const struct message *message)
{
    size_t count = message_rrsets(message);

    for (size_t i = 0; i < count; i++)
        if (!rrset_is_published(message->rrsets[i]))
            return false;
    return true;
}

/* serve-expired-ttl-reset: a try has failed, so what has expired may be served as long once
 * more. */
static void prolong_stale(struct query *query)
{
    struct env *env = query->env;
    uint8_t flavour = query_flavour(query->flags);
    int64_t now_s = query_now_s(query);
    const struct msg_entry *stale = msg_cache_find(env->messages, &query->question, flavour, now_s,
                                                   fresh_stale_s(env->cache_options));

    if (stale == NULL)
        return;
    if (stale->expires_s < now_s)
        (void)msg_cache_expire(env->messages, &query->question, flavour, now_s);
    msg_entry_unref(stale);
}

/* RFC 9520 section 3.2: a failure is remembered, each time in a row twice as long. */
static void keep_failure(struct mesh *mesh, struct query *query)
{
    struct env *env = query->env;
    uint8_t flavour = (uint8_t)(query_flavour(query->flags) | MSG_FLAVOUR_FAILURE);
    int64_t now_s = query_now_s(query);
    const struct msg_entry *before =
        msg_cache_find(env->messages, &query->question, flavour, now_s, FAILURE_MEMORY_S);
    uint32_t ttl_s = fresh_failure_ttl_s(env->cache_options, before == NULL ? 0 : before->failure_ttl_s);
    struct msg_store store = {.message = &query->outcome.message,
                              .question = &query->question,
                              .flavour = flavour,
                              .security = query->outcome.security,
                              .reasons = &query->outcome.reasons,
                              .ttl_s = ttl_s,
                              .failure_ttl_s = ttl_s,
                              .now_s = now_s};

    if (before != NULL)
        msg_entry_unref(before);
    if (msg_cache_store(env->messages, &store) == STATUS_OK)
        mesh->stats.failures_cached++;
    if (env->cache_options->serve_expired_ttl_reset)
        prolong_stale(query);
}

static void keep_answer(struct query *query)
{
    struct env *env = query->env;
    const struct outcome *outcome = &query->outcome;
    int64_t now_s = query_now_s(query);
    int64_t ttl_s = time_max(outcome->expires_s - now_s, 0);
    struct msg_store store = {.message = &outcome->message,
                              .question = &query->question,
                              .flavour = query_flavour(query->flags),
                              .security = outcome->security,
                              .reasons = &outcome->reasons,
                              .ttl_s = (uint32_t)time_min(ttl_s, UINT32_MAX),
                              .now_s = now_s};

    /* What nobody has judged (the answer to priming) is only for those who judge for themselves
     * (RFC 4035 section 3.2.2). */
    if (env->validates && outcome->security == SEC_UNCHECKED)
        store.flavour |= MSG_FLAVOUR_CD;
    store.prefetch_s = fresh_prefetch_s(env->cache_options, store.ttl_s);
    /* Failures are no longer in a row, whether the answer is kept or not: to store it drops
     * them. */
    if (ttl_s == 0) /* RFC 1035 section 3.2.1: for this transaction only; what was there is over */
        msg_cache_drop(env->messages, &query->question, store.flavour);
    else if (!all_published(&outcome->message) ||
             msg_cache_store(env->messages, &store) != STATUS_OK)
        msg_cache_drop(env->messages, &query->question,
                       (uint8_t)(store.flavour | MSG_FLAVOUR_FAILURE));
}

static void keep(struct mesh *mesh, struct query *query)
{
    const struct outcome *outcome = &query->outcome;

    if (outcome->from_cache || outcome->uncacheable ||
        (query->flags & (QUERY_NO_CACHE_STORE | QUERY_NO_RD)) != 0)
        return;
    if (outcome->failed)
        keep_failure(mesh, query);
    else
        keep_answer(query);
}

static void copy_sources(struct query *parent, struct outcome *to, const struct outcome *from)
{
    struct outcome_source *copy =
        ARENA_ARRAY(parent->arena, struct outcome_source, from->source_count + 1);

    to->sources = copy;
    to->source_count = copy == NULL ? 0 : from->source_count;
    for (size_t i = 0; i < to->source_count; i++) {
        copy[i] = from->sources[i];
        copy[i].zone = dname_copy(parent->arena, from->sources[i].zone);
        if (copy[i].zone.wire == NULL)
            to->source_count = i; /* whoever asks learns of fewer servers */
    }
}

/* A copy that lives as long as the parent: references held by it, texts in its arena. */
static void copy_outcome(struct query *parent, struct outcome *to, const struct outcome *from)
{
    size_t count = message_rrsets(&from->message);

    memcpy(to, from, offsetof(struct outcome, message));
    message_copy(&to->message, &from->message);
    edns_clear(&to->message.edns);
    to->message.has_question = false;
    reasons_copy(&to->reasons, &from->reasons, parent->arena);
    copy_sources(parent, to, from);
    to->message.rrsets = ARENA_ARRAY(parent->arena, const struct rrset *, count + 1);
    for (size_t i = 0; to->message.rrsets != NULL && i < count; i++) {
        const struct rrset *set = from->message.rrsets[i];
        bool counted = rrset_is_published(set);

        to->message.rrsets[i] = counted ? query_hold(parent, rrset_ref(set))
                                        : rrset_copy_in(parent->arena, set);
        if (to->message.rrsets[i] == NULL)
            to->message.rrsets = NULL;
    }
    if (to->message.rrsets == NULL) { /* no memory: the parent sees a failure */
        to->message.count[0] = to->message.count[1] = to->message.count[2] = 0;
        to->message.rcode = RCODE_SERVFAIL;
        to->failed = true;
    }
}

static void tell_parent(struct query *query, struct query_waiter *waiter)
{
    struct query *parent = waiter->parent;
    struct trace_event event = {.kind = TRACE_SUBQUESTION,
                                .name = query->question.qname,
                                .type = query->question.qtype,
                                .code = query->outcome.message.rcode,
                                .upstream_ede = -1,
                                .below = query->trace};

    trace_add(parent->trace, query_now_ms(parent), &event);
    copy_outcome(parent, &waiter->result, &query->outcome);
    list_remove(&waiter->in_child);
    list_remove(&waiter->in_parent);
    waiter->child = NULL;
    waiter->told = true;
    mesh_wake(parent);
}

static void tell(struct query *query)
{
    struct link *link;

    while ((link = list_take(&query->clients)) != NULL) {
        struct mesh_client *client = CONTAINER_OF(link, struct mesh_client, link);

        client->query = NULL;
        client->done(client, query, &query->outcome);
    }
    while ((link = list_first(&query->waiters)) != NULL)
        tell_parent(query, CONTAINER_OF(link, struct query_waiter, in_child));
}

static void start(struct mesh *mesh, struct query *query, enum place place)
{
    enlist(mesh, query, place);
    mesh->stats.started++;
    mesh_wake(query);
}

static bool may_report(struct mesh *mesh, int64_t now_s)
{
    if (mesh->report_second != now_s) {
        mesh->report_second = now_s;
        mesh->report_count = 0;
    }
    return mesh_size(mesh) < mesh->limits.queries_max && mesh->report_count++ < REPORTS_MAX;
}

/*
 * RFC 9567 section 6.1: a failure is reported by asking for a name that tells of it, once in
 * the time that the answer is remembered. It is a question like any other: validated, with a
 * budget of its own, by UDP with a cookie (RFC 7873), so that the agent can tell who asked.
 */
static void report_failure(struct mesh *mesh, const struct query *failed)
{
    uint8_t storage[DNAME_MAX];
    struct question question;
    struct query *query;

    if (!report_question(failed, storage, &question) ||
        find(mesh, failed->env, &question, QUERY_REPORT) != NULL ||
        !may_report(mesh, query_now_s(failed)))
        return;
    query = query_new(mesh, failed->env, &question, QUERY_REPORT, NULL);
    if (query == NULL)
        return;
    query->nobody_waits = true;
    mesh->stats.reports++;
    start(mesh, query, PLACE_OTHERS);
}

static void finish(struct mesh *mesh, struct query *query)
{
    leave(mesh, query); /* unreachable from here on ... */
    keep(mesh, query);
    report_failure(mesh, query);
    mesh->stats.finished++;
    if (query->outcome.synthesized && query->outcome.message.rcode == RCODE_NXDOMAIN)
        mesh->stats.synthesized_nxdomain++;
    else if (query->outcome.synthesized)
        mesh->stats.synthesized++;
    if (!list_is_empty(&query->clients)) {
        mesh->stats.verdicts[query->outcome.security]++;
        if (query->outcome.failed && !query->outcome.from_cache && !query->env->explains)
            failures_note(mesh->failures, query);
    }
    tell(query); /* ... so whatever the listeners do cannot find it */
    query_free(mesh, query);
}

void mesh_free(struct mesh *mesh)
{
    /* Freeing a parent may discard its children, so always the first that is left. */
    for (size_t i = 0; i < PLACES; i++) {
        struct link *link;

        while ((link = list_first(&mesh->places[i].list)) != NULL) {
            struct query *query = CONTAINER_OF(link, struct query, listed);

            while ((link = list_take(&query->clients)) != NULL)
                CONTAINER_OF(link, struct mesh_client, link)->query = NULL;
            while ((link = list_first(&query->waiters)) != NULL) {
                struct query_waiter *waiter = CONTAINER_OF(link, struct query_waiter, in_child);

                list_remove(&waiter->in_child);
                list_remove(&waiter->in_parent);
                waiter->child = NULL; /* the parent may be freed later, and withdraw it then */
            }
            discard(mesh, query);
        }
    }
    while (mesh->spare_count > 0)
        arena_free(mesh->spares[--mesh->spare_count]);
    failures_free(mesh->failures);
    free(mesh);
}

/* ---- clients ---- */

/* Ends the oldest query there if it has had its time, so that a newer one gets its place. */
static bool jostle(struct mesh *mesh, enum place place)
{
    struct link *oldest = list_first(&mesh->places[place].list);
    struct query *query;
    char type[TYPE_TEXT_MAX];

    if (oldest == NULL)
        return false;
    query = CONTAINER_OF(oldest, struct query, listed);
    if (query_now_ms(query) - query->started_ms < mesh->limits.jostle_ms)
        return false;
    mesh->stats.jostled++;
    query_fail(query, RCODE_SERVFAIL, EDE_OTHER, "limit=requests for %s/%s",
               reason_name(query->arena, query->question.qname),
               rrtype_to_text(query->question.qtype, type));
    query->outcome.uncacheable = true; /* it says nothing about the name */
    finish(mesh, query);
    return true;
}

/* A place for one more query of a client, perhaps that of an older one. PLACES: there is none.
 */
static enum place find_place(struct mesh *mesh, const struct env *env,
                             const struct question *question)
{
    size_t most = mesh->limits.queries_max, half = (most + 1) / 2, reserved = most / 4;
    bool is_healthy;

    if (mesh->places[PLACE_FIRST_HALF].count < half)
        return PLACE_FIRST_HALF;
    if (mesh->places[PLACE_LAST_HALF].count < most - half - reserved)
        return PLACE_LAST_HALF;
    is_healthy = reserved != 0 && env_is_healthy(env, question);
    if (is_healthy && mesh->places[PLACE_RESERVED].count < reserved)
        return PLACE_RESERVED;
    if (jostle(mesh, PLACE_LAST_HALF))
        return PLACE_LAST_HALF;
    return is_healthy && jostle(mesh, PLACE_RESERVED) ? PLACE_RESERVED : PLACES;
}

enum status mesh_ask(struct mesh *mesh, struct env *env, const struct question *asked,
                     unsigned flags, struct mesh_client *client)
{
    const struct question hashed = question_hashed(env, asked), *question = &hashed;
    struct query *query = find(mesh, env, question, flags);

    if (query == NULL) {
        enum place place = find_place(mesh, env, question);

        if (place == PLACES) {
            mesh->stats.refused++;
            return STATUS_LIMIT;
        }
        query = query_new(mesh, env, question, flags, NULL);
        if (query == NULL)
            return STATUS_NO_MEMORY;
        query->looked_up = client->looked_up;
        start(mesh, query, place);
    } else {
        mesh->stats.joined++;
    }
    client->query = query;
    list_append(&query->clients, &client->link);
    return STATUS_OK;
}

void mesh_prefetch(struct mesh *mesh, struct env *env, const struct question *question,
                   unsigned flags)
{
    struct query *query;

    flags |= QUERY_REFRESH;
    if (mesh_size(mesh) >= mesh->limits.queries_max ||
        find(mesh, env, question, flags) != NULL)
        return;
    query = query_new(mesh, env, question, flags, NULL);
    if (query == NULL)
        return;
    query->nobody_waits = true;
    mesh->stats.prefetched++;
    start(mesh, query, PLACE_OTHERS);
}

void mesh_look_aside(struct query *parent, const struct question *question, unsigned flags)
{
    mesh_look_ahead(parent, question, flags | QUERY_REFRESH);
}

void mesh_look_ahead(struct query *parent, const struct question *question, unsigned flags)
{
    struct mesh *mesh = parent->env->mesh;
    struct query *query;

    if (mesh_size(mesh) >= mesh->limits.queries_max ||
        find(mesh, parent->env, question, flags) != NULL ||
        !budget_take(parent->budget, COST_SUBQUERIES, 1))
        return;
    query = query_new(mesh, parent->env, question, flags, parent->budget);
    if (query == NULL)
        return;
    query->depth = parent->depth + 1;
    query->nobody_waits = true;
    start(mesh, query, PLACE_OTHERS);
}

void mesh_withdraw(struct mesh_client *client)
{
    if (client->query == NULL)
        return;
    client->query->nobody_waits = true; /* goes on for the cache's sake */
    client->query = NULL;
    list_remove(&client->link);
}

/* ---- sub-questions ---- */

/* True when the question is being worked on by the query itself or by somebody who waits for it. */
static bool is_on_path(const struct query *query, const struct question *question,
                       unsigned flags, unsigned *looked_at)
{
    const unsigned kind = QUERY_PRIMING | QUERY_REFRESH | QUERY_CD | QUERY_MADE;

    if (++*looked_at > PATH_WALK_MAX)
        return true;
    if ((query->flags & kind) == (flags & kind) && question_equal(&query->question, question))
        return true;
    LIST_EACH (&query->waiters, link)
        if (is_on_path(CONTAINER_OF(link, struct query_waiter, in_child)->parent, question, flags,
                       looked_at))
            return true;
    return false;
}

static enum need new_child(struct query *parent, const struct question *question, unsigned flags,
                           struct query **child)
{
    struct mesh *mesh = parent->env->mesh;
    unsigned target_depth = parent->target_depth + ((flags & QUERY_TARGET) != 0);

    if (parent->depth >= QUERY_DEPTH_MAX || target_depth > QUERY_TARGET_DEPTH_MAX ||
        !budget_take(parent->budget, COST_SUBQUERIES, 1))
        return NEED_LIMIT;
    *child = query_new(mesh, parent->env, question, flags, parent->budget);
    if (*child == NULL)
        return NEED_NO_MEMORY;
    (*child)->depth = parent->depth + 1;
    (*child)->target_depth = target_depth;
    /* Addresses of name servers are the iterator's own matter, which no module judges. */
    for (const struct avoided *at = parent->avoided;
         at != NULL && (flags & QUERY_TARGET) == 0; at = at->next)
        query_avoid(*child, &at->server, at->zone, at->forged);
    mesh->stats.sub_started++;
    start(mesh, *child, PLACE_OTHERS);
    return NEED_WAIT;
}

enum need mesh_need(struct query *parent, const struct question *needed, unsigned flags,
                    struct query_waiter *waiter)
{
    const struct question hashed = question_hashed(parent->env, needed), *question = &hashed;
    struct mesh *mesh = parent->env->mesh;
    struct query *child;
    unsigned looked_at = 0;
    enum need need = NEED_WAIT;

    if (is_on_path(parent, question, flags, &looked_at))
        return NEED_LOOP;
    child = find(mesh, parent->env, question, flags);
    if (child == NULL)
        need = new_child(parent, question, flags, &child);
    if (need != NEED_WAIT)
        return need;
    waiter->parent = parent;
    waiter->child = child;
    waiter->told = false;
    list_append(&child->waiters, &waiter->in_child);
    list_append(&parent->children, &waiter->in_parent);
    return NEED_WAIT;
}

void mesh_unneed(struct query_waiter *waiter)
{
    struct query *child = waiter->child;

    list_remove(&waiter->in_child);
    list_remove(&waiter->in_parent);
    waiter->child = NULL;
    if (child != NULL && !child->nobody_waits && list_is_empty(&child->waiters) &&
        list_is_empty(&child->clients))
        discard(child->env->mesh, child);
}

/* ---- running ---- */

void mesh_wake(struct query *query)
{
    if (!link_is_listed(&query->ready))
        list_append(&query->env->mesh->ready, &query->ready);
}

static enum step out_of_time(struct query *query)
{
    char type[TYPE_TEXT_MAX];

    budget_take(query->budget, COST_TIME, UINT32_MAX);
    /* Time ended while something better was looked for than what had come: that is the reason. */
    if (query->doubt != NULL && query->doubt->count > 0)
        return query_fail(query, RCODE_SERVFAIL, query->doubt->item[0].code, "%s",
                          query->doubt->item[0].text);
    return query_fail(query, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY, "limit=time for %s/%s",
                      reason_name(query->arena, query->question.qname),
                      rrtype_to_text(query->question.qtype, type));
}

/* One turn: until the query waits, yields or is done. */
static enum step turn(struct query *query)
{
    if (query->out_of_time)
        return out_of_time(query);
    for (;;) {
        const struct module *module = query->env->modules[query->module];
        enum step step = module->step(query, &query->state[query->module]);

        switch (step) {
        case STEP_PASS:
            ASSERT(query->module + 1 < query->env->module_count);
            query->module++;
            break;
        case STEP_DONE:
            ASSERT(query->has_outcome);
            if (query->module == 0)
                return STEP_DONE;
            query->module--;
            break;
        case STEP_AGAIN:
        case STEP_WAIT: return step;
        }
    }
}

void mesh_run(struct mesh *mesh)
{
    struct link *link;

    while ((link = list_take(&mesh->ready)) != NULL) {
        struct query *query = CONTAINER_OF(link, struct query, ready);

        switch (turn(query)) { /* may wake or start others: they join the queue */
        case STEP_DONE: finish(mesh, query); break;
        case STEP_AGAIN: mesh_wake(query); break;
        case STEP_PASS:
        case STEP_WAIT: break;
        }
    }
}
