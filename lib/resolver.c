/*
 * resolver.c - caches, settings, chain, mesh and clients are put together.
 *
 * A configuration becomes a struct settings: everything that is made from it, read-only, counted.
 * The shared part holds the newest; each thread's env holds the one it was made from, and each
 * running query holds its env. So a reload swaps one pointer and the old settings go with the last
 * query that was born under them.
 */
#include "lib/resolver.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/keeper.h"
#include "lib/settings.h"
#include "validator/anchor_words.h"
#include "validator/clock_sense.h"
#include "validator/proven.h"

enum { CACHE_SHARDS = 16, INFRA_ENTRY_BYTES = 256, WARM_UP_MOST = 8, OWN_CACHE_BYTES = 4 << 20 };

struct resolver_shared {
    atomic_flag latch; /* held for a few instructions: which settings are the newest, and counting */
    struct settings *newest;
    uint32_t generations; /* made so far; only whoever starts and reloads counts */
    struct resolver_hooks hooks;
    struct cookie_secret random_secret;
    struct rrset_cache *rrsets;
    struct msg_cache *messages;
    struct infra_cache *infra;
    struct key_cache *keys;
    struct proven *proven;
    struct crypto *crypto;
    struct clock_memory clock;
    struct hash_key name_key; /* of the names in most tables, so that each is hashed once a question */
    struct hash_key rate_key;
    struct trust_points *points; /* of the thread that keeps the anchors */
    atomic_uint anchors_number;  /* how often they were replaced */
    struct outdated_sum *outdated; /* that the sweeper is to forget */
    void (*wake_sweeper)(void *context); /* NULL: there is none */
    void *sweeper;
};

struct resolver {
    struct resolver_shared *shared;
    struct world *world;
    struct upstream *upstream;
    struct log *log;
    struct mesh *mesh;
    struct request_service *requests;
    struct env *env;
    struct iterator_memory memory;
    struct keeper *keeper; /* NULL: another thread keeps the anchors */
    unsigned anchors_number; /* of those in env */
};

/* One thread's env for one configuration. */
struct thread_env {
    struct env env;
    struct iterator_env iterator;
    struct validator_env validator;
    struct dns64_env dns64;
    struct settings *settings;
    struct anchors *anchors;
    struct cookie_secrets cookie_secrets;
    struct own_caches *own; /* NULL: those that all threads share */
};

/* Of a question that is explained: it is to find nothing that is known already, and to leave
 * nothing behind. */
struct own_caches {
    struct rrset_cache *rrsets;
    struct msg_cache *messages;
    struct key_cache *keys;
    struct proven *proven;
};

/* ---- settings ---- */

static void latch(struct resolver_shared *shared)
{
    while (atomic_flag_test_and_set_explicit(&shared->latch, memory_order_acquire))
        ;
}

static void unlatch(struct resolver_shared *shared)
{
    atomic_flag_clear_explicit(&shared->latch, memory_order_release);
}

static struct outdated_caches caches_of(struct resolver_shared *shared)
{
    return (struct outdated_caches){shared->rrsets, shared->messages, shared->keys,
                                    shared->proven};
}

static void outdate(struct resolver_shared *shared, const struct outdated *outdated)
{
    struct outdated_caches caches = caches_of(shared);

    if (!outdated_is_any(outdated))
        return;
    if (shared->wake_sweeper == NULL) {
        outdated_drop(outdated, &caches);
        return;
    }
    outdated_sum_add(shared->outdated, outdated);
    shared->wake_sweeper(shared->sweeper);
}

/* Its last query has ended: what it may have stored since new settings came goes, too, where
 * that is about some names only. All judgements do not go a second time, for most are of the
 * new ones. */
static void end_of_settings(struct settings *settings)
{
    if (!settings->outdated.judgements)
        outdate(settings->shared, &settings->outdated);
    settings_free(settings);
}

static void settings_unref(struct settings *settings)
{
    struct resolver_shared *shared = settings->shared;
    bool last;

    latch(shared);
    last = --settings->references == 0;
    unlatch(shared);
    if (last)
        end_of_settings(settings);
}

/* The newest settings, with what may change in them meanwhile; no anchors where nothing is
 * validated. */
static void take_newest(struct resolver_shared *shared, struct thread_env *thread)
{
    struct settings *newest;

    latch(shared);
    newest = shared->newest;
    newest->references++;
    thread->settings = newest;
    thread->anchors = newest->anchors == NULL ? NULL : anchors_ref(newest->anchors);
    thread->cookie_secrets = newest->cookie_secrets;
    unlatch(shared);
}

/* ---- the shared part ---- */

/* @return NULL: as settings_new. */
static struct settings *make_settings(struct resolver_shared *shared, struct options *options,
                                      conf_complain *complain, resolver_read_file *read_file,
                                      void *context)
{
    struct settings_needs needs = {shared->newest, &shared->hooks, shared->points, shared->crypto,
                                   shared->rate_key, shared->random_secret};
    struct settings *settings = settings_new(&needs, options, complain, read_file, context);

    if (settings != NULL) {
        settings->shared = shared;
        settings->generation = ++shared->generations;
    }
    return settings;
}

static struct hash_key random_key(struct world *world)
{
    struct hash_key key;

    world->random(world, &key, sizeof(key));
    return key;
}

static void set_infra_rules(struct resolver_shared *shared, const struct options *options)
{
    struct infra_rules rules = {.host_ttl_s = options->cache.infra_host_ttl,
                                .min_rtt_ms = options->cache.infra_cache_min_rtt,
                                .max_rtt_ms = options->cache.infra_cache_max_rtt,
                                .unknown_ms = options->upstream.unknown_server_time_limit};

    infra_cache_set_rules(shared->infra, &rules);
}

static uint64_t infra_limit_bytes(const struct options *options)
{
    return (uint64_t)options->cache.infra_cache_numhosts * INFRA_ENTRY_BYTES;
}

static bool make_caches(struct resolver_shared *shared, const struct options *options,
                        struct world *world)
{
    struct crypto_policy policy = {.sha1 = options->validator.val_sha1,
                                   .fake_sha1 = shared->hooks.fake_sha1,
                                   .fake_dsa = shared->hooks.fake_dsa};

    shared->name_key = random_key(world);
    shared->rrsets =
        rrset_cache_new(options->cache.rrset_cache_size, CACHE_SHARDS, shared->name_key);
    shared->messages =
        msg_cache_new(options->cache.msg_cache_size, CACHE_SHARDS, shared->name_key);
    shared->infra = infra_cache_new(infra_limit_bytes(options), CACHE_SHARDS, random_key(world));
    shared->keys = key_cache_new(options->cache.key_cache_size, CACHE_SHARDS, shared->name_key);
    shared->proven = proven_new(options->cache.neg_cache_size, shared->name_key);
    shared->crypto = crypto_new(&policy);
    shared->points = trust_points_new();
    shared->outdated = outdated_sum_new();
    world->random(world, &shared->random_secret, sizeof(shared->random_secret));
    shared->rate_key = random_key(world);
    if (shared->messages != NULL)
        msg_cache_rest_on(shared->messages, shared->rrsets);
    return shared->rrsets != NULL && shared->messages != NULL && shared->infra != NULL &&
           shared->keys != NULL && shared->proven != NULL && shared->crypto != NULL &&
           shared->points != NULL && shared->outdated != NULL;
}

/* Below a trust point that was not there before, or begins anew, other keys may count. */
static void forget_keys_of(struct resolver_shared *shared, const struct trust_points *fresh)
{
    LIST_EACH (&fresh->list, link) {
        const struct trust_point *point = CONTAINER_OF(link, struct trust_point, link);

        if (!point->borrowed)
            key_cache_drop(shared->keys, point->point->zone);
    }
}

/* The configuration is good, and what it says of trust points holds from now on. */
static void take_points(struct resolver_shared *shared, struct settings *settings)
{
    struct trust_points *fresh = settings->fresh;

    settings->fresh = NULL;
    if (fresh != NULL)
        forget_keys_of(shared, fresh);
    if (fresh != NULL)
        trust_points_take(shared->points, fresh);
    else
        trust_points_clear(shared->points);
}

struct resolver_shared *resolver_shared_new(struct options *options, struct world *world,
                                            const struct resolver_hooks *hooks,
                                            conf_complain *complain,
                                            resolver_read_file *read_file, void *context)
{
    struct resolver_shared *shared = calloc(1, sizeof(*shared));

    if (shared == NULL) {
        options_free(options);
        return NULL;
    }
    atomic_flag_clear(&shared->latch);
    atomic_init(&shared->clock.told_ms, CLOCK_NEVER_TOLD);
    shared->hooks = *hooks;
    if (make_caches(shared, options, world)) {
        set_infra_rules(shared, options);
        shared->newest = make_settings(shared, options, complain, read_file, context);
    }
    if (shared->newest == NULL) {
        options_free(options);
        resolver_shared_free(shared);
        return NULL;
    }
    take_points(shared, shared->newest);
    return shared;
}

void resolver_shared_free(struct resolver_shared *shared)
{
    if (shared == NULL)
        return;
    settings_free(shared->newest);
    msg_cache_free(shared->messages);
    rrset_cache_free(shared->rrsets);
    infra_cache_free(shared->infra);
    key_cache_free(shared->keys);
    proven_free(shared->proven);
    trust_points_free(shared->points);
    outdated_sum_free(shared->outdated);
    crypto_free(shared->crypto);
    free(shared);
}

bool resolver_shared_reload(struct resolver_shared *shared, struct options *options,
                            conf_complain *complain, resolver_read_file *read_file, void *context)
{
    struct settings *settings = make_settings(shared, options, complain, read_file, context);
    struct settings *before;

    if (settings == NULL) {
        options_free(options);
        return false;
    }
    latch(shared);
    before = shared->newest;
    shared->newest = settings;
    unlatch(shared);
    outdated_find(before, settings, before->arena, &before->outdated);
    outdate(shared, &before->outdated);
    settings_unref(before);
    take_points(shared, settings);
    set_infra_rules(shared, options);
    rrset_cache_resize(shared->rrsets, options->cache.rrset_cache_size);
    msg_cache_resize(shared->messages, options->cache.msg_cache_size);
    infra_cache_resize(shared->infra, infra_limit_bytes(options));
    key_cache_resize(shared->keys, options->cache.key_cache_size);
    proven_resize(shared->proven, options->cache.neg_cache_size);
    return true;
}

void resolver_set_sweeper(struct resolver_shared *shared, void (*wake)(void *context),
                          void *context)
{
    shared->sweeper = context;
    shared->wake_sweeper = wake;
}

bool resolver_is_outdated(struct resolver_shared *shared)
{
    return outdated_sum_is_any(shared->outdated);
}

void resolver_sweep(struct resolver_shared *shared)
{
    struct outdated_caches caches = caches_of(shared);
    struct outdated outdated = {.judgements = true};
    struct arena *arena = arena_new(0);

    /* Without memory for names nothing is known but that something is outdated. */
    if (arena == NULL || outdated_sum_take(shared->outdated, arena, &outdated))
        outdated_drop(&outdated, &caches);
    arena_free(arena);
}

const struct options *resolver_options(const struct resolver_shared *shared)
{
    return shared->newest->options;
}

struct rrset_cache *resolver_rrsets(struct resolver_shared *shared)
{
    return shared->rrsets;
}

struct msg_cache *resolver_messages(struct resolver_shared *shared)
{
    return shared->messages;
}

struct infra_cache *resolver_infra(struct resolver_shared *shared)
{
    return shared->infra;
}

void resolver_set_cookie_secrets(struct resolver_shared *shared,
                                 const struct cookie_secrets *secrets)
{
    latch(shared);
    shared->newest->cookie_secrets = *secrets;
    unlatch(shared);
}

struct cookie_secrets resolver_cookie_secrets(struct resolver_shared *shared)
{
    struct cookie_secrets secrets;

    latch(shared);
    secrets = shared->newest->cookie_secrets;
    unlatch(shared);
    return secrets;
}

struct cache_use resolver_cache_use(const struct resolver_shared *shared,
                                    enum resolver_cache cache)
{
    const struct options *options = resolver_options(shared);

    switch (cache) {
    case RESOLVER_MESSAGES:
        return (struct cache_use){msg_cache_count(shared->messages),
                                  msg_cache_size_bytes(shared->messages),
                                  options->cache.msg_cache_size};
    case RESOLVER_RRSETS:
        return (struct cache_use){rrset_cache_count(shared->rrsets),
                                  rrset_cache_size_bytes(shared->rrsets),
                                  options->cache.rrset_cache_size};
    case RESOLVER_INFRA:
        return (struct cache_use){infra_cache_count(shared->infra),
                                  infra_cache_size_bytes(shared->infra),
                                  infra_limit_bytes(options)};
    case RESOLVER_KEYS:
        return (struct cache_use){key_cache_count(shared->keys),
                                  key_cache_size_bytes(shared->keys),
                                  options->cache.key_cache_size};
    case RESOLVER_DENIALS:
        return (struct cache_use){0, proven_size_bytes(shared->proven),
                                  options->cache.neg_cache_size};
    case RESOLVER_CACHES: break;
    }
    return (struct cache_use){0, 0, 0};
}

void resolver_forget_proofs(struct resolver_shared *shared)
{
    key_cache_flush(shared->keys);
    proven_flush(shared->proven);
}

/* ---- one thread ---- */

static void own_caches_free(struct own_caches *own)
{
    if (own == NULL)
        return;
    msg_cache_free(own->messages);
    rrset_cache_free(own->rrsets);
    key_cache_free(own->keys);
    proven_free(own->proven);
    free(own);
}

static struct own_caches *own_caches_new(struct hash_key key)
{
    struct own_caches *own = calloc(1, sizeof(*own));

    if (own == NULL)
        return NULL;
    own->rrsets = rrset_cache_new(OWN_CACHE_BYTES, 1, key);
    own->messages = msg_cache_new(OWN_CACHE_BYTES, 1, key);
    own->keys = key_cache_new(OWN_CACHE_BYTES, 1, key);
    own->proven = proven_new(OWN_CACHE_BYTES, key);
    if (own->rrsets != NULL && own->messages != NULL && own->keys != NULL &&
        own->proven != NULL) {
        msg_cache_rest_on(own->messages, own->rrsets);
        return own;
    }
    own_caches_free(own);
    return NULL;
}

static void env_release(struct env *env)
{
    struct thread_env *thread = CONTAINER_OF(env, struct thread_env, env);

    own_caches_free(thread->own);
    settings_unref(thread->settings);
    anchors_free(thread->anchors);
    free(thread);
}

static void add_module(struct env *env, const struct module *module, void *module_env)
{
    ASSERT(env->module_count < MODULES_MAX);
    env->modules[env->module_count] = module;
    env->module_env[env->module_count++] = module_env;
}

static bool trust_text(const struct env *env, size_t index, struct sink *out)
{
    return anchor_words(CONTAINER_OF(env, struct thread_env, env)->anchors, index, out);
}

static void add_validator(struct resolver *resolver, struct thread_env *thread)
{
    struct env *env = &thread->env;

    if (thread->settings->validator == NULL)
        return;
    thread->validator = (struct validator_env){.config = thread->settings->validator,
                                               .anchors = thread->anchors,
                                               .points = resolver->keeper == NULL
                                                             ? NULL
                                                             : resolver->shared->points,
                                               .keys = thread->own != NULL
                                                           ? thread->own->keys
                                                           : resolver->shared->keys,
                                               .proven = thread->own != NULL
                                                             ? thread->own->proven
                                                             : resolver->shared->proven,
                                               .clock = &resolver->shared->clock};
    add_module(env, &validator_module, &thread->validator);
    env->validates = true;
    env->known_denial = validator_known_denial;
    env->renew = validator_renew;
    env->trust_text = trust_text;
}

static void add_iterator(struct resolver *resolver, struct thread_env *thread)
{
    thread->iterator.config = thread->settings->iterator;
    thread->iterator.memory = &resolver->memory;
    add_module(&thread->env, &iterator_module, &thread->iterator);
    thread->env.is_healthy = iterator_is_healthy;
}

static void add_dns64(struct resolver *resolver, struct thread_env *thread)
{
    (void)resolver;
    thread->dns64.config = thread->settings->dns64;
    add_module(&thread->env, &dns64_module, &thread->dns64);
    thread->env.may_make = dns64_may_make;
}

/* Each adds its module to the chain, unless the settings leave nothing for it to do. */
static void (*const add[MODULE_WORDS])(struct resolver *resolver, struct thread_env *thread) = {
    [MODULE_DNS64] = add_dns64,
    [MODULE_VALIDATOR] = add_validator,
    [MODULE_ITERATOR] = add_iterator,
};

static void build_chain(struct resolver *resolver, struct thread_env *thread)
{
    const struct module_words *words = &thread->settings->modules;

    for (size_t i = 0; i < words->count; i++)
        add[words->item[i]](resolver, thread);
}

static bool has_words(const char *text)
{
    return text != NULL && *text != '\0';
}

/* The env of the thread for the newest settings. @param own taken over; NULL: the shared caches. */
static struct env *env_with(struct resolver *resolver, struct own_caches *own)
{
    struct thread_env *thread = calloc(1, sizeof(*thread));
    struct env *env;

    if (thread == NULL) {
        own_caches_free(own);
        return NULL;
    }
    thread->own = own;
    resolver->anchors_number = atomic_load(&resolver->shared->anchors_number);
    take_newest(resolver->shared, thread);
    env = &thread->env;
    *env = (struct env){
        .references = 1,
        .world = resolver->world,
        .log = resolver->log,
        .upstream = resolver->upstream,
        .mesh = resolver->mesh,
        .rrsets = own != NULL ? own->rrsets : resolver->shared->rrsets,
        .messages = own != NULL ? own->messages : resolver->shared->messages,
        .infra = resolver->shared->infra,
        .name_key = resolver->shared->name_key,
        .cache_options = &thread->settings->options->cache,
        .limits = thread->settings->limits,
        .reports_errors = thread->settings->options->iterator.dns_error_reporting,
        .is_to_last = own == NULL && has_words(thread->settings->options->daemon.cache_file),
        .release = env_release};
    build_chain(resolver, thread);
    return env;
}

static struct env *env_new(struct resolver *resolver)
{
    return env_with(resolver, NULL);
}

static struct request_log request_log_of(const struct daemon_options *options)
{
    return (struct request_log){.queries = options->log_queries,
                                .replies = options->log_replies,
                                .servfail = options->log_servfail,
                                .local_actions = options->log_local_actions,
                                .destination = options->log_destaddr,
                                .client_bits_ip4 = (uint8_t)options->log_client_bits_ip4,
                                .client_bits_ip6 = (uint8_t)options->log_client_bits_ip6};
}

static struct request_settings request_settings_of(struct env *env)
{
    const struct thread_env *thread = CONTAINER_OF(env, struct thread_env, env);
    const struct settings *settings = thread->settings;
    const struct resolver_hooks *hooks = &settings->shared->hooks;
    const struct options *options = settings->options;

    return (struct request_settings){.env = env,
                                     .generation = settings->generation,
                                     .check_memos = hooks->check_memos,
                                     .options = &options->client,
                                     .upstream = &options->upstream,
                                     .cookie_secrets = thread->cookie_secrets,
                                     .rates = settings->rates,
                                     .acl = settings->acl,
                                     .local = settings->local,
                                     .log = request_log_of(&options->daemon)};
}

static struct mesh_limits mesh_limits_of(const struct options *options)
{
    return (struct mesh_limits){.queries_max = options->client.num_queries_per_thread,
                                .jostle_ms = options->client.jostle_timeout};
}

struct resolver *resolver_new(struct resolver_shared *shared, struct world *world,
                              struct upstream *upstream, struct log *log)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    struct mesh_limits limits = mesh_limits_of(resolver_options(shared));
    struct request_settings settings;

    if (resolver == NULL)
        return NULL;
    resolver->shared = shared;
    resolver->world = world;
    resolver->upstream = upstream;
    resolver->log = log;
    resolver->memory.load.key = resolver->memory.health.key = shared->name_key;
    resolver->mesh = mesh_new(world, &limits, shared->name_key);
    resolver->env = resolver->mesh == NULL ? NULL : env_new(resolver);
    if (resolver->env != NULL) {
        settings = request_settings_of(resolver->env);
        resolver->requests = request_service_new(world, resolver->mesh, &settings);
    }
    if (resolver->requests == NULL) {
        resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    keeper_free(resolver->keeper);
    if (resolver->requests != NULL)
        request_service_free(resolver->requests);
    if (resolver->mesh != NULL)
        mesh_free(resolver->mesh);
    if (resolver->env != NULL)
        env_unref(resolver->env);
    free(resolver);
}

void resolver_refresh(struct resolver *resolver)
{
    struct env *env = env_new(resolver);
    struct request_settings settings;
    struct mesh_limits limits;

    if (env == NULL)
        return; /* without memory the thread goes on with what it has */
    settings = request_settings_of(env);
    limits = mesh_limits_of(CONTAINER_OF(env, struct thread_env, env)->settings->options);
    request_service_set(resolver->requests, &settings);
    mesh_set_limits(resolver->mesh, &limits);
    env_unref(resolver->env);
    resolver->env = env;
}

void resolver_receive(struct resolver *resolver, struct channel *channel, const struct peer *peer,
                      struct slice packet)
{
    if (request_receive(resolver->requests, channel, peer, packet))
        mesh_run(resolver->mesh);
}

bool resolver_foresee(struct resolver *resolver, const struct slice *packets, size_t count)
{
    return request_foresee(resolver->requests, packets, count);
}

void resolver_run(struct resolver *resolver)
{
    if (atomic_load_explicit(&resolver->shared->anchors_number, memory_order_relaxed) !=
        resolver->anchors_number)
        resolver_refresh(resolver);
    do {
        mesh_run(resolver->mesh);
    } while (resolver->keeper != NULL && keeper_run(resolver->keeper));
}

/* ---- the thread that keeps the anchors ---- */

static struct env *env_of(void *context)
{
    return ((struct resolver *)context)->env;
}

static const struct options *options_of(void *context)
{
    return resolver_options(((struct resolver *)context)->shared);
}

/* Others trust from now on what the trust points say: this thread at once, the others with their
 * next event. What was judged by other keys is forgotten. */
static bool publish(void *context, struct dname zone)
{
    struct resolver *resolver = context;
    struct resolver_shared *shared = resolver->shared;
    struct anchors *before = shared->newest->anchors, *anchors;

    if (before == NULL) /* nothing is validated by this configuration */
        return true;
    anchors = anchors_renew(before, shared->points);
    if (anchors == NULL)
        return false;
    latch(shared);
    shared->newest->anchors = anchors;
    unlatch(shared);
    anchors_free(before);
    key_cache_drop(shared->keys, zone);
    atomic_fetch_add(&shared->anchors_number, 1);
    resolver_refresh(resolver);
    return true;
}

bool resolver_keep_anchors(struct resolver *resolver, resolver_write_file *write_file,
                           void *context)
{
    const struct keeper_place place = {.world = resolver->world,
                                       .mesh = resolver->mesh,
                                       .log = resolver->log,
                                       .points = resolver->shared->points,
                                       .env = env_of,
                                       .options = options_of,
                                       .publish = publish,
                                       .context = resolver,
                                       .write_file = write_file,
                                       .write_context = context};

    resolver->keeper = keeper_new(&place);
    if (resolver->keeper == NULL)
        return false;
    resolver_refresh(resolver);
    (void)keeper_run(resolver->keeper);
    return true;
}

void resolver_warm_up(struct resolver *resolver)
{
    const struct anchors *anchors =
        CONTAINER_OF(resolver->env, struct thread_env, env)->anchors;
    size_t count = anchors == NULL ? 0 : size_min(anchors_count(anchors), WARM_UP_MOST);

    if (!resolver->env->validates)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct anchor *anchor = anchors_at(anchors, i);
        struct question question = {anchor->zone, TYPE_DNSKEY, anchor->rrclass};

        if (!anchor->is_kept)
            mesh_prefetch(resolver->mesh, resolver->env, &question, 0);
    }
    resolver_run(resolver);
}

struct mesh *resolver_mesh(struct resolver *resolver)
{
    return resolver->mesh;
}

enum status resolver_explain(struct resolver *resolver, const struct question *question,
                             bool cached, struct mesh_client *client)
{
    unsigned before = resolver->anchors_number, flags = QUERY_EXPLAIN;
    struct own_caches *own = cached ? NULL : own_caches_new(resolver->shared->name_key);
    struct env *env;
    enum status status;

    if (!cached && own == NULL)
        return STATUS_NO_MEMORY;
    env = env_with(resolver, own);
    if (env == NULL)
        return STATUS_NO_MEMORY;
    resolver->anchors_number = before; /* resolver->env does not know them */
    env->explains = true;
    if (env->may_make != NULL && env->may_make(env, question))
        flags |= QUERY_MADE;
    status = mesh_ask(resolver->mesh, env, question, flags, client);
    env_unref(env); /* the query has its own reference */
    return status;
}

const struct anchors *resolver_anchors(const struct resolver *resolver)
{
    return CONTAINER_OF(resolver->env, struct thread_env, env)->anchors;
}

const struct trust_points *resolver_trust_points(const struct resolver_shared *shared)
{
    return shared->points;
}

enum local_verdict resolver_local_answer(struct resolver *resolver, const struct question *question,
                                         struct arena *arena, struct message *out,
                                         struct local_note *note)
{
    static const uint8_t here[4] = {127, 0, 0, 1};
    const struct settings *settings =
        CONTAINER_OF(resolver->env, struct thread_env, env)->settings;
    struct addr client = addr_ip4(here, 0);

    return local_answer(settings->local, question, &client, world_now_s(resolver->world), arena,
                        out, note);
}

const struct request_stats *resolver_request_stats(const struct resolver *resolver)
{
    return request_stats(resolver->requests);
}
