/*
 * upstream.h - the seam: one question to one server, one verdict back.
 *
 * Above it: which server, how often, what the answer means. Below it (exchange.c): id, port, 0x20,
 * the timer, TC to TCP, EDNS fallback, cookies, dropping what is not the answer. The replay runner
 * implements this seam with canned answers. The answer is told by a callback that only notes it and
 * wakes the query; never from within ask().
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_UPSTREAM_H
#define TREESHREW_SERVICES_UPSTREAM_UPSTREAM_H

#include <string.h>

#include "services/channel.h"
#include "services/query/budget.h"
#include "services/query/trace.h"
#include "util/wire/message.h"

struct infra;

enum upstream_verdict {
    UPSTREAM_ANSWERED,   /* a well-formed reply to the question is in `message` */
    UPSTREAM_TIMEOUT,    /* nothing that counts came in time */
    UPSTREAM_NET_ERROR,  /* unreachable, refused, reset: error is the errno */
    UPSTREAM_TLS_ERROR,
    UPSTREAM_MALFORMED,  /* TCP only: over UDP garbage is dropped and the wait goes on to TIMEOUT */
    UPSTREAM_TC_NO_TCP,  /* truncated, and TCP to the server fails */
    UPSTREAM_LIMIT,      /* the budget said no */
    UPSTREAM_NO_RESOURCE /* no socket, no memory on our side */
};

struct upstream_ask {
    /* set by the asker */
    struct addr server;
    struct question question;
    struct dname zone;       /* the cut for whose sake it is asked: key of the infra cache */
    bool recursion_desired, checking_disabled, dnssec_ok;
    bool want_tcp;           /* straight over TCP */
    bool rather_tcp;         /* the same, but over UDP where no connection can be had */
    bool no_case_change;     /* no 0x20 for this question */
    const char *tls_name;    /* NULL: no TLS; "": any name */
    uint16_t wrong_before;   /* wrong_answers of earlier tries at this server for this question */
    const struct infra *known; /* of the server for that zone, as just read; looked at by ask() alone. NULL:
                                * ask() reads it */
    uint32_t timeout_ms;     /* for one packet; chosen from the infra cache by the asker */
    uint32_t patience_ms;    /* how much longer an answer is taken, when overdue() is set */
    struct arena *arena;     /* for the message */
    struct budget *budget;   /* each packet and connect takes from it */
    struct trace *trace;     /* SENT and the failures below the seam are noted there */
    void (*done)(struct upstream_ask *ask); /* told once; then the ask is the asker's again */
    /**
     * Told at most once, before done(): timeout_ms are over, which is noted like any timeout,
     * but an answer is still listened for. The asker may ask others meanwhile. NULL, or a seam
     * that does not do this: done() with UPSTREAM_TIMEOUT at once. Only notes it, like done().
     */
    void (*overdue)(struct upstream_ask *ask);
    void *owner;             /* the asker's own */

    /* the result */
    enum upstream_verdict verdict;
    enum transport transport; /* that the answer came over */
    uint32_t rtt_ms;
    int error;
    bool case_failed;         /* answered, but the case of the question was not echoed */
    bool without_edns;        /* the question that was answered had no OPT */
    uint16_t wrong_answers;   /* dropped while waiting: wrong id, question, source ... */

    /* the implementation's own; NULL when not under way */
    void *handle;

    struct message message; /* of the result, when the verdict is UPSTREAM_ANSWERED */
};

/** All zero, no message. */
static inline void upstream_ask_clear(struct upstream_ask *ask)
{
    memset(ask, 0, offsetof(struct upstream_ask, message));
    message_clear(&ask->message);
}

struct upstream {
    /** Starts. STATUS_OK: done() will be called later; else it will not. */
    enum status (*ask)(struct upstream *upstream, struct upstream_ask *ask);
    /** Withdraws; done() will not be called. No effect when not under way. */
    void (*withdraw)(struct upstream *upstream, struct upstream_ask *ask);
};

#endif
