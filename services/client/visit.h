/*
 * visit.h - one question of a client being served: who asked, what, and the ways to answer.
 *
 * Private to the serving of clients: request.c leads a visit from room to room, visit.c knows
 * how to leave, visit_log.c what to write about it. A visit lives on the stack of
 * request_receive; when it has to wait, request.c keeps a copy.
 */
#ifndef TREESHREW_SERVICES_CLIENT_VISIT_H
#define TREESHREW_SERVICES_CLIENT_VISIT_H

#include "services/client/hit.h"
#include "services/client/limit.h"
#include "services/client/reply.h"
#include "services/client/request.h"
#include "util/spares.h"

enum { NSID_MAX = 255, LANE_ANSWERS = 64 };

struct lane_check { /* lane.h */
    bool is_expected; /* octets are what the lane would have answered; else what was sent */
    size_t size;
    uint8_t octets[MESSAGE_MAX];
};

struct request_service {
    struct world *world;
    struct mesh *mesh;
    struct request_settings settings;
    struct reply_style style;
    uint8_t nsid[NSID_MAX];
    struct request_stats stats; /* to be read by request_stats */
    /* What the lane answered since it was last read, by type and by AD and rcode of the header. */
    uint64_t lane_answers[TYPE_GROUPS][LANE_ANSWERS];
    uint16_t lane_type; /* of the question that it had last */
    enum cookie_verdict lane_cookie; /* what its cookie was worth; ABSENT: none was answered */
    size_t lane_size_max;
    unsigned batches;    /* of messages that were foreseen (lane.c) */
    bool cache_is_large; /* of answers: the processor's caches do not hold it */
    int64_t failures_until_s; /* up to then a memo of a failure may be there */
    bool servfail_is_admitted; /* the lane has asked for the line that is to come */
    struct limit *limit;
    uint64_t chance;      /* cheap and not secret: which of those over a rate are let slip */
    struct list requests; /* that wait */
    size_t request_count;
    struct spares spares; /* requests to be used again */
    struct arena *arena; /* of the message being received; emptied with each */
    struct arena *told;  /* of what is told while a message is being received */
    struct acl_recall recall; /* of settings.acl */
    struct shards_reader *reader; /* of the message cache */
    bool lane_is_open;        /* usual questions may be answered out of memos (lane.h) */
    bool lane_is_used;        /* and are: it is not only compared with the long way */
    uint8_t out[MESSAGE_MAX];
    struct lane_check check;
};

/* Where an answer came from. */
enum visit_source { SOURCE_SELF, SOURCE_LOCAL, SOURCE_CACHE, SOURCE_STALE, SOURCE_SERVERS };

struct visit {
    struct request_service *service;
    struct channel *channel;
    struct peer peer;
    enum acl_action action;
    enum visit_source source;
    int64_t now_ms, now_s; /* of the event being handled */
    int64_t arrived_ms;
    struct arena *arena;
    struct asker asker;
    struct question target; /* what is looked for: the question, or the end of local aliases */
    const struct rrset **aliases; /* CNAMEs of local data that lead there */
    size_t alias_count;
};

/** The long way of a message, from room to room (request.c). */
void visit_all_rooms(struct request_service *service, struct channel *channel,
                     const struct peer *peer, struct slice packet);

/** What was found, told to the client. AA and the CNAMEs in front are added where aliases led
 * here. */
void visit_answer(struct visit *visit, struct reply *reply);

/**
 * RFC 2308 section 5: a denial's SOA, behind aliases as well, shows how long a denial may be kept,
 * even where the one at hand was asked for as such and lives longer.
 * @return the message to show: as it is, or `changed`, where a copy stands in for the SOA.
 */
const struct message *visit_denial_soa(struct visit *visit, const struct message *message,
                                       struct message *changed);

/** An answer without records; reasons may be NULL. */
void visit_error(struct visit *visit, uint16_t rcode, const struct reasons *reasons);

/** With one reason by the grammar of doc/EDE.md: "<cause> for <name>/<TYPE>". */
void visit_error_because(struct visit *visit, uint16_t rcode, uint16_t code, const char *cause);

/** An error at the door: nothing was looked at, RA stays clear. cause NULL: no reason is told.
 */
void visit_turn_away(struct visit *visit, uint16_t rcode, uint16_t code, const char *cause);

/** SERVFAIL, counted and, if so configured, logged. */
void visit_servfail(struct visit *visit, const struct reasons *reasons);

/** From the cache: fresh, stale or a remembered failure. The hit is released. @param why
 * reasons of a failure that led to a stale answer, or NULL. */
void visit_hit(struct visit *visit, struct hit *hit, const struct reasons *why);

/** No answer at all; the channel is told so. */
void visit_drop(struct visit *visit, enum drop_cause cause);

/** Log lines of the visit (visit_log.c), for who has looked whether they are wanted. */
void visit_log_query(const struct visit *visit);
/** @param size of the answer; 0: it could not be made. */
void visit_log_reply(const struct visit *visit, const struct reply *reply, size_t size);
void visit_log_servfail(const struct visit *visit, const struct reasons *reasons);
/** Would a line about a failure be written? It counts as one. */
bool visit_log_admits_servfail(struct request_service *service);
/** What a local zone decided. @param name the name of the zone. */
void visit_log_local(const struct visit *visit, struct dname zone, bool is_dropped);

/** Where CD counts: with a validator, and unless ignore-cd-flag says otherwise. */
bool visit_is_unchecked(const struct visit *visit);

#endif
