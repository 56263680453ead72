/*
 * attempt.h - the inside of the exchange: one question to one server under way.
 *
 * exchange.c begins an attempt and hears the world's events, judge.c decides what a packet is
 * worth, attempt.c sends, and ends it. Nobody else includes this.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_ATTEMPT_H
#define TREESHREW_SERVICES_UPSTREAM_ATTEMPT_H

#include "services/upstream/ask_wire.h"
#include "services/upstream/conn.h"
#include "services/upstream/exchange.h"
#include "services/upstream/outgoing.h"
#include "util/spares.h"

enum { CLIENT_COOKIE_SIZE = 8, COOKIE_MAX = 40 };

struct exchange {
    struct upstream upstream; /* first: cast back from the seam */
    struct world *world;
    struct infra_cache *infra;
    const struct upstream_options *options;
    struct outgoing *outgoing;
    struct conns *conns;
    struct list attempts;
    struct list overdue; /* those that are listened to although their time is up, the first first */
    void (*after_event)(void *context);
    void *context;
    struct spares spares; /* attempts that have ended, for the next ones */
    struct upstream_tap *tap; /* NULL mostly */
    struct exchange_stats stats;
    struct frequent trouble; /* which servers do not answer, or not well */
    uint64_t wrong_answers; /* of all attempts together */
};

struct attempt {
    struct link link;
    struct exchange *exchange;
    struct upstream_ask *ask;
    struct infra known; /* about the server, when the attempt began */
    struct datagram_waiter datagram;
    struct conn_ask stream;
    struct timer timer;
    int64_t udp_sent_ms;
    const char *tls_name; /* NULL: TCP */
    bool with_edns;
    bool tried_plain; /* asked again without EDNS after FORMERR or NOTIMP */
    bool bare_seen;   /* a lone header with FORMERR came */
    bool bad_cookie_seen;
    bool truncated; /* the TCP leg is there because of TC */
    bool tcp_tried; /* the TCP leg was opened for false answers */
    bool reconnected;
    bool cookie_missing; /* a reply lacked our cookie: TCP tells who lied */
    bool is_overdue;     /* the asker knows, and so do trace and infra cache */
    bool failing;        /* the timer tells `verdict`, which could not be told at once */
    bool own_fault;      /* and the server has no part in it: no route, no such family */
    enum upstream_verdict verdict;
    int error;
    bool malformed_seen, question_seen; /* of what was dropped: what is worth telling */
    uint16_t misses;
    uint8_t cookie_size;
    uint8_t cookie[COOKIE_MAX];
    /* From here on nothing is set before it is needed. */
    struct ask_wire wire; /* of the UDP leg */
    struct ask_wire stream_wire;
    struct shown_leg {
        struct addr ours;
        int64_t at; /* the tap's time */
    } udp_shown, stream_shown;
};

/** All zero but the wires. @return NULL: no memory. */
struct attempt *attempt_new(struct exchange *exchange);
/** For one that nobody has heard of yet. */
void attempt_drop(struct attempt *attempt);

static inline int64_t attempt_now_ms(const struct attempt *attempt)
{
    return world_now_ms(attempt->exchange->world);
}

/* ---- attempt.c: what is sent, and the end ---- */

/** Sends by UDP from a fresh port; a leg that is open is closed before. */
void attempt_open_udp(struct attempt *attempt);
void attempt_close_udp(struct attempt *attempt);

/** Asks by TCP or TLS; UDP may go on waiting beside it. */
void attempt_open_tcp(struct attempt *attempt);
/** @param fresh not over a connection that is there already. */
void attempt_write_tcp(struct attempt *attempt, bool fresh);
/** The TCP leg could not be opened, or broke: UDP goes on if it waits, else that is the end. */
void attempt_tcp_failed(struct attempt *attempt, enum upstream_verdict verdict, int error);

/** The same server, with what has been learned. */
void attempt_ask_again(struct attempt *attempt, bool over_tcp);
/** The same without EDNS. */
void attempt_ask_plain(struct attempt *attempt, bool over_tcp);

/** What a timeout leaves in trace, infra cache and counters. */
void attempt_note_timeout(struct attempt *attempt);
/** Result, trace, infra cache; the attempt is freed, then the asker told. */
void attempt_finish(struct attempt *attempt, enum upstream_verdict verdict, int error);
/** The same by the timer, for what goes wrong while somebody is calling us. */
void attempt_fail_later(struct attempt *attempt, enum upstream_verdict verdict, int error);
/** Frees it without telling anybody. */
void attempt_let_go(struct attempt *attempt);
bool attempt_set_timer(struct attempt *attempt, int64_t at_ms);

/* ---- shown.c: for who looks on; only when there is somebody ---- */

void attempt_show_question(struct attempt *attempt, bool over_tcp);
void attempt_show_answer(struct attempt *attempt, bool over_tcp, struct slice packet);

/* ---- judge.c: what came back; the attempt may be gone afterwards ---- */

void attempt_judge_datagram(struct attempt *attempt, struct slice packet,
                            const struct addr *from);
void attempt_judge_stream(struct attempt *attempt, struct slice packet);

#endif
