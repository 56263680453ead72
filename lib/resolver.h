/*
 * resolver.h - the resolver without a network: caches, chain, mesh and clients on a given world.
 *
 * The only place that knows the modules. Shared part (caches, settings) once a process; one
 * resolver a thread. The daemon, the replay runner and the simulator all start here.
 */
#ifndef TREESHREW_LIB_RESOLVER_H
#define TREESHREW_LIB_RESOLVER_H

#include "lib/options.h"
#include "services/client/request.h"
#include "services/upstream/upstream.h"

/** Caches, and the settings made from one configuration; shared by all threads. */
struct resolver_shared;
struct anchors;
struct trust_points;

/** What a test sets and no configuration file can reach. All zero in the daemon. */
struct resolver_hooks {
    bool fake_sha1, fake_dsa;  /* RRSIGs of these algorithms count as good */
    bool documentation_routable; /* name servers may have addresses out of examples */
    bool check_memos; /* of answers, see request_settings */
    bool no_built_in_anchors;  /* without anchors of its own a configuration does not validate */
};

/** How a file named in the configuration is read (hints, anchors): its text in the arena, or NULL
 *  with errno. The core itself opens no file. */
typedef const char *resolver_read_file(void *context, const char *name, struct arena *arena);

/**
 * @param options  taken over; freed with the shared part, or after the next reload.
 * @param complain told of settings that cannot be, with their place.
 * @return NULL after a complaint or without memory.
 */
struct resolver_shared *resolver_shared_new(struct options *options, struct world *world,
                                            const struct resolver_hooks *hooks,
                                            conf_complain *complain,
                                            resolver_read_file *read_file, void *context);
void resolver_shared_free(struct resolver_shared *shared);
const struct options *resolver_options(const struct resolver_shared *shared);
struct rrset_cache *resolver_rrsets(struct resolver_shared *shared);
struct msg_cache *resolver_messages(struct resolver_shared *shared);
struct infra_cache *resolver_infra(struct resolver_shared *shared);

/** What is kept up to date by RFC 5011; for the thread that keeps it. */
const struct trust_points *resolver_trust_points(const struct resolver_shared *shared);

/** The secrets of server cookies, until the next reload reads them anew. Each thread uses them
 * after its next resolver_refresh. At least one. */
void resolver_set_cookie_secrets(struct resolver_shared *shared,
                                 const struct cookie_secrets *secrets);
struct cookie_secrets resolver_cookie_secrets(struct resolver_shared *shared);

/**
 * Forgets validated keys and denials: whoever empties caches would be answered out of them
 * else.
 */
void resolver_forget_proofs(struct resolver_shared *shared);

/**
 * Builds new settings from the options; on a complaint everything stays as it was (false). The
 * caches are kept, but for what does not hold any more (outdated.h): names whose servers are
 * told otherwise, or whose trust is suspended or is so no longer, are forgotten with all below
 * them; where validation itself has changed, all that was judged is.
 */
bool resolver_shared_reload(struct resolver_shared *shared, struct options *options,
                            conf_complain *complain, resolver_read_file *read_file, void *context);

/**
 * Somebody forgets what is outdated aside, for caches may be large; he is told, from any
 * thread, when there is something. Without one it is done on the spot.
 */
void resolver_set_sweeper(struct resolver_shared *shared, void (*wake)(void *context),
                          void *context);
bool resolver_is_outdated(struct resolver_shared *shared);

/** Forgets what is outdated by now. From any thread. */
void resolver_sweep(struct resolver_shared *shared);

struct resolver;

/**
 * How a file of auto-trust-anchor-file gets its new text.
 * @param known what it said when it was last read or written, NULL: it was not there. If it says
 *              something else by now, it is somebody else's and stays as it is until a reload.
 * @return false: it could not be written, which has been logged; the resolver asks again later.
 */
typedef bool resolver_write_file(void *context, const char *name, const char *known,
                                 const char *text);

/** One a thread. upstream is borrowed. @return NULL: no memory. */
struct resolver *resolver_new(struct resolver_shared *shared, struct world *world,
                              struct upstream *upstream, struct log *log);
void resolver_free(struct resolver *resolver);

/**
 * This thread keeps the trust anchors up to date (RFC 5011); one thread does, the one that reloads.
 * @return false: no memory.
 */
bool resolver_keep_anchors(struct resolver *resolver, resolver_write_file *write_file,
                           void *context);

/**
 * Looks up the keys of the trust anchors (those of files that are kept up to date are looked up
 * anyway): the first client need not wait for them, and a clock that is wrong is told at the start.
 */
void resolver_warm_up(struct resolver *resolver);

/** The thread takes the newest settings (after a reload); running queries keep theirs. */
void resolver_refresh(struct resolver *resolver);

/** A client's message; runs the mesh. */
void resolver_receive(struct resolver *resolver, struct channel *channel, const struct peer *peer,
                      struct slice packet);

/** As request_foresee. */
bool resolver_foresee(struct resolver *resolver, const struct slice *packets, size_t count);

/** Runs the mesh, and takes over trust anchors that another thread has learned of: after events
 *  from upstream or timers. */
void resolver_run(struct resolver *resolver);
struct mesh *resolver_mesh(struct resolver *resolver);

/**
 * Asks a question for its trace, which tells what went well, too. The caller runs the mesh.
 * @param cached with the caches as they are; else with empty ones of its own, from the root down.
 * @return as mesh_ask.
 */
enum status resolver_explain(struct resolver *resolver, const struct question *question,
                             bool cached, struct mesh_client *client);

/** The anchors that this thread trusts; NULL: nothing is validated. */
const struct anchors *resolver_anchors(const struct resolver *resolver);

/** What local zones and local data say to that question, asked from this machine. */
enum local_verdict resolver_local_answer(struct resolver *resolver, const struct question *question,
                                         struct arena *arena, struct message *out,
                                         struct local_note *note);

const struct request_stats *resolver_request_stats(const struct resolver *resolver);

/** The caches, for who wants to know what they take. */
enum resolver_cache {
    RESOLVER_MESSAGES,
    RESOLVER_RRSETS,
    RESOLVER_INFRA,
    RESOLVER_KEYS,
    RESOLVER_DENIALS, /* its entries, one for each zone, are not counted */
    RESOLVER_CACHES
};

/** Numbers only: struct stats of the daemon holds it. */
struct cache_use {
    uint64_t entries, size_bytes, limit_bytes;
};
struct cache_use resolver_cache_use(const struct resolver_shared *shared,
                                    enum resolver_cache cache);

#endif
