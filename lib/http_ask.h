/*
 * http_ask.h - a request over HTTP for one page, and the head of its answer.
 *
 * Used by the daemon for the page of metrics. As much of RFC 9110 and RFC 9112 as it takes to
 * give one page to whoever asks, once a connection; all else is refused with the status that
 * says why. What a request says beyond its first line, Host and whether it has a body changes
 * nothing.
 */
#ifndef TREESHREW_LIB_HTTP_ASK_H
#define TREESHREW_LIB_HTTP_ASK_H

#include "util/bytes.h"
#include "util/text.h"

enum { HTTP_ASK_MAX = 8192 }; /* octets of a request */

enum http_verdict {
    HTTP_PAGE,
    HTTP_MALFORMED,   /* 400 */
    HTTP_OTHER_HOST,  /* 403 */
    HTTP_NO_PAGE,     /* 404 */
    HTTP_METHOD,      /* 405: only GET */
    HTTP_BODY,        /* 413: a body comes with it */
    HTTP_UNAVAILABLE, /* 503: for the caller, no memory */
    HTTP_VERSION,     /* 505 */
    HTTP_VERDICTS
};

/** 1: the head is whole; 0: more must come; -1: this is no HTTP. */
int http_ask_is_whole(struct slice bytes);

/**
 * @param path of the page; a query ("?...") behind it is passed over.
 * @param any_host false: the Host that is asked for must be an address or "localhost". A name
 * that leads here may be anybody's: so a page of another site reads what this machine alone
 *                 should (DNS rebinding).
 */
enum http_verdict http_ask_read(struct slice bytes, const char *path, bool any_host);

/** Status line and fields, up to the empty line. @param type of the body. */
void http_answer_head(enum http_verdict verdict, const char *type, size_t body_size,
                      struct text *out);

/** One line for a person, of a verdict that is no page. */
const char *http_verdict_words(enum http_verdict verdict);

#endif
