/*
 * request.h - a client's message from arrival to answer.
 *
 * The order is fixed: access, header and question, opcode and shape, local zones, message
 * cache, mesh. Called by whoever owns the listening sockets (daemon, replay runner, simulator).
 * Per thread.
 */
#ifndef TREESHREW_SERVICES_CLIENT_REQUEST_H
#define TREESHREW_SERVICES_CLIENT_REQUEST_H

#include "services/channel.h"
#include "services/client/acl.h"
#include "services/client/client_options.h"
#include "services/client/cookie.h"
#include "services/client/local.h"
#include "services/client/tally.h"
#include "services/query/mesh.h"
#include "services/upstream/upstream_options.h"
#include "util/rate_table.h"

struct request_service;

enum {
    REQUEST_RCODES = 25, /* counted each; the last stands for all further ones */
    REQUEST_WAITS = 16   /* under 1 ms, under 2, 4, 8 ...; the last is open */
};

/** Numbers only, from the start of the process: struct stats of the daemon adds them up. */
struct request_stats {
    uint64_t received, hits, misses, local, refused, formerr, notimp, stale, answered, servfail;
    uint64_t dropped[DROP_CAUSES];
    uint64_t types[TYPE_GROUPS];      /* of questions that could be read */
    uint64_t authentic;               /* answers with AD */
    uint64_t edes[TALLY_EDES];        /* Extended DNS Errors told */
    uint64_t rate_limited;            /* asked faster than ip-ratelimit allows */
    uint64_t slipped;                 /* of them, told to come back by TCP or with a cookie */
    uint64_t cookies[COOKIE_VERDICTS]; /* by enum cookie_verdict */
    uint64_t waiting;                 /* clients that wait, now */
    uint64_t cached_failures;         /* of the hits: a remembered failure */
    uint64_t rcodes[REQUEST_RCODES];  /* of what was answered */
    uint64_t waits[REQUEST_WAITS];    /* of who was answered by the mesh, from arrival */
    uint64_t waited_ms;               /* all together */
};

/** Which lines are logged. Clients are named up to so many bits of their address. */
struct request_log {
    bool queries, replies, servfail, local_actions, destination;
    uint8_t client_bits_ip4, client_bits_ip6;
};

/** What the service works with; borrowed. Replaced as a whole at a reload. */
struct request_settings {
    struct env *env;
    const struct client_options *options;
    const struct upstream_options *upstream; /* our own EDNS size, disable-edns-do */
    /** Those of cookie-secret-file, cookie-secret, or one that was drawn at the start and is
     * the same in all threads. */
    struct cookie_secrets cookie_secrets;
    struct rate_table *rates; /* of clients (pace.h); NULL: none is limited */
    const struct acl *acl;
    const struct local *local;
    struct request_log log;
    /** Another one for each configuration, so that memos of answers are those of this one. 0: no
     *  memos. */
    uint32_t generation;
    bool check_memos; /* for tests: every hit is answered both ways, and both must be the same */
};

struct request_service *request_service_new(struct world *world, struct mesh *mesh,
                                            const struct request_settings *settings);
/** Requests under way end unanswered. */
void request_service_free(struct request_service *service);
void request_service_set(struct request_service *service,
                         const struct request_settings *settings);
/** In the service's own thread. */
const struct request_stats *request_stats(struct request_service *service);

/**
 * One message of a client. Answers at once through the channel, or later.
 * Garbage without a header, and responses (QR set), are dropped and counted (RFC 8906: all else
 * gets an answer).
 * @return true: the caller runs the mesh afterwards; false: there is nothing for it to do.
 */
bool request_receive(struct request_service *service, struct channel *channel,
                     const struct peer *peer, struct slice packet);

/**
 * These messages are going to be received, one after the other: what their answers are made of is
 * fetched from memory, all at once. Nothing depends on it but time.
 * @return false: the cache is so small that it is not worth it.
 */
bool request_foresee(struct request_service *service, const struct slice *packets, size_t count);

#endif
