/*
 * env.h - what a query can reach: world, caches, the seam to the servers, settings.
 *
 * One a thread and configuration, made by lib/resolver. A query holds the one it was born with,
 * so a reload changes nothing under a running query.
 */
#ifndef TREESHREW_SERVICES_QUERY_ENV_H
#define TREESHREW_SERVICES_QUERY_ENV_H

#include "services/cache/cache_options.h"
#include "services/cache/infra_cache.h"
#include "services/cache/msg_cache.h"
#include "services/cache/rrset_cache.h"
#include "services/query/budget.h"
#include "services/query/module.h"
#include "services/world.h"
#include "util/log.h"
#include "util/wire/hashed.h"

struct upstream;
struct mesh;

struct env {
    unsigned references;
    struct world *world;
    struct log *log;
    struct upstream *upstream;
    struct mesh *mesh;
    struct rrset_cache *rrsets;
    struct msg_cache *messages;
    struct infra_cache *infra;
    struct hash_key name_key; /* of the caches of names and the mesh; {0, 0}: there is none */
    const struct cache_options *cache_options;
    struct budget_limits limits;
    const struct module *modules[MODULES_MAX];
    void *module_env[MODULES_MAX]; /* each module's own settings (options, hints, anchors ...) */
    unsigned module_count;
    bool explains; /* traces tell what went well, too: for "shrewctl explain" */
    bool is_to_last; /* the caches are written to a file: a later run is thought of, too */
    bool reports_errors;          /* dns-error-reporting */
    bool validates;               /* the chain has a validator: ask for DNSSEC records */
    /** The validator's: an answer out of denials that were validated, for the name at which aliases
     *  have arrived; all of its RRsets are secure. NULL: there is none who could. */
    bool (*known_denial)(struct query *query, const struct question *question,
                         struct message *out, int64_t *expires_s);
    /**
     * The validator's: a set that was validated has come again. @return the one to use and keep
     * from now on, or NULL: what is known stays as it is.
     */
    const struct rrset *(*renew)(struct query *query, const struct rrset *known,
                                 const struct rrset *fresh);
    /** A client's question that a module may answer with records of its own making (QUERY_MADE).
     *  NULL: there is no such module. */
    bool (*may_make)(const struct env *env, const struct question *question);
    /** The text of a trust anchor, "example. 12345 23456": its zone and the tags of its keys.
     *  @return false: there are no more. NULL: nothing is validated. */
    bool (*trust_text)(const struct env *env, size_t index, struct sink *out);
    /** The iterator's: are the servers to be asked known to answer? NULL: as if they were. */
    bool (*is_healthy)(const struct env *env, const struct question *question);
    void (*release)(struct env *env); /* called with the last reference */
};

/** The same name with its hash, for who looks for it more than once. */
static inline struct dname env_hashed(const struct env *env, struct dname name)
{
    return hashed_has_key(&env->name_key) ? dname_hashed(name, env->name_key) : name;
}

static inline bool env_is_healthy(const struct env *env, const struct question *question)
{
    return env->is_healthy == NULL || env->is_healthy(env, question);
}

static inline struct env *env_ref(struct env *env)
{
    env->references++;
    return env;
}

static inline void env_unref(struct env *env)
{
    if (--env->references == 0)
        env->release(env);
}

#endif
