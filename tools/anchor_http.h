/*
 * anchor_http.h - as much of HTTP/1.1 as one GET of one small file needs (RFC 9112).
 *
 * Called by anchor_fetch.c, which has the octets. No I/O here. What a server says is hostile:
 * header and body are bounded, and what is not understood is refused, not guessed.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_HTTP_H
#define TREESHREW_TOOLS_ANCHOR_HTTP_H

#include "util/arena.h"

enum { HTTP_HEAD_MAX = 16384, HTTP_FIELDS_MAX = 100, HTTP_URL_MAX = 1024 };

/** A folder: https://host[:port]/path/ */
struct http_url {
    const char *host; /* without the brackets of an IPv6 address */
    uint16_t port;
    const char *path; /* begins and ends with '/', no query and no fragment */
};

/**
 * Reads the URL of a folder. A mere host, or host:port, is completed by the scheme; without a
 * path it is the folder of RFC 9718 section 3.1, /root-anchors/.
 * @param why static text, with STATUS_MALFORMED.
 * @return STATUS_MALFORMED, STATUS_NO_MEMORY.
 */
enum status http_url_read(const char *text, struct arena *arena, struct http_url *url,
                          const char **why);

/** The URL of a file in the folder. @return NULL: no memory. */
const char *http_url_text(const struct http_url *url, const char *name, struct arena *arena);

/** The octets of a GET of a file in the folder. @return NULL: no memory. */
const char *http_request(const struct http_url *url, const char *name, struct arena *arena);

struct http_reply {
    unsigned code; /* 200, 404 */
    struct slice body;
};

/**
 * Reads what a server has sent so far.
 *
 * @param is_end   the server has closed the connection: nothing more will come.
 * @param body_max octets of a body that are still taken.
 * @param reply    the body is in the arena, or a view of the octets. The code is known with
 *                 STATUS_MALFORMED too, where the first line was sound; else 0.
 * @param why      static text, for all but STATUS_OK.
 * @return STATUS_OK: a whole reply; STATUS_NOT_FOUND: more has to come; STATUS_MALFORMED;
 *         STATUS_LIMIT: head or body are too large; STATUS_NO_MEMORY.
 */
enum status http_reply_read(struct slice octets, bool is_end, size_t body_max,
                            struct arena *arena, struct http_reply *reply, const char **why);

#endif
