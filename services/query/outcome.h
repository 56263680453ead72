/*
 * outcome.h - the one door out: rcode, security, message and reasons of a finished query.
 *
 * Nothing fails without a reason: query_fail asks for rcode, EDE code and cause; the evidence is
 * read off the trace. Grammar of the texts: doc/EDE.md.
 */
#ifndef TREESHREW_SERVICES_QUERY_OUTCOME_H
#define TREESHREW_SERVICES_QUERY_OUTCOME_H

#include "services/cache/reasons.h"
#include "services/query/trace.h"
#include "util/wire/message.h"

struct query;

/* Who said it: the RRsets from `first` on, up to the next source's, are this server's words; those
 * of the authority section are the last one's. Its address is ADDR_NONE for what was cached. */
struct outcome_source {
    uint16_t first; /* index in the message */
    enum transport transport;
    struct addr server;
    struct dname zone; /* the cut whose servers were asked */
};

struct outcome {
    enum security security;
    struct reasons reasons;   /* empty on a clean answer */
    bool failed;              /* made by query_fail: to be kept as a remembered failure; security
                                 is SEC_BOGUS where the data was there and could not be believed */
    bool from_cache;          /* a remembered failure or other cached message */
    bool synthesized;         /* made out of validated denials (RFC 8198), nobody was asked */
    bool uncacheable;         /* TTL 0, partial or too large: answers its askers, is not stored */
    int64_t expires_s;        /* when the message as a whole is stale */
    const struct outcome_source *sources; /* in the query's arena; for who judges the answer */
    size_t source_count;
    struct message message;   /* rcode, flags (AA, AD by security), sections */
};

/**
 * Builds the reasons of a failure: cause first, then up to two pieces of evidence of the trace (one
 * per server, most telling first).
 * @param code  EDE of the cause; @param cause its text by the grammar, in the query's arena.
 */
void outcome_explain(struct reasons *reasons, struct arena *arena, const struct trace *trace,
                     uint16_t code, const char *cause);

/**
 * Passes on an upstream's own EDE under its code; the event has it, the server and what it
 * said.
 */
void outcome_pass_on(struct reasons *reasons, struct arena *arena, const struct trace_event *event);

/**
 * Appends one reason if there is room; text is copied into the arena. Over EDE_TEXT_MAX octets it
 * loses details from the end, of what an upstream said only as much as must be.
 */
void reasons_add(struct reasons *reasons, struct arena *arena, uint16_t code, const char *text);

/** A name as reasons show it: lower case, no final dot, leading labels of a long one as "~.". */
const char *reason_name(struct arena *arena, struct dname name);

/** Copies into another arena. */
void reasons_copy(struct reasons *to, const struct reasons *from, struct arena *arena);

/** One line: `7 "sig=expired ..." 23 "..."`, for people. */
const char *reasons_line(const struct reasons *reasons, struct arena *arena);

/** For logs: the codes ("7,23"), and the texts ("sig=expired ...; ..."). "" when there are none, or
 *  reasons is NULL, or there is no memory. */
const char *reasons_codes(const struct reasons *reasons, struct arena *arena);
const char *reasons_words(const struct reasons *reasons, struct arena *arena);

#endif
