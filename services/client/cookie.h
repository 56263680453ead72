/*
 * cookie.h - server cookies: a client that shows one has been reached at its address before.
 *
 * RFC 7873 with the interoperable form of RFC 9018: version, time and SipHash-2-4 over client
 * cookie and address. Used by request.c. Nothing is stored per client.
 */
#ifndef TREESHREW_SERVICES_CLIENT_COOKIE_H
#define TREESHREW_SERVICES_CLIENT_COOKIE_H

#include "util/addr.h"
#include "util/wire/edns.h"

enum {
    COOKIE_SECRET_SIZE = 16,
    COOKIE_CLIENT_SIZE = 8,
    COOKIE_SIZE = 24,
    COOKIE_SECRETS_MAX = 2
};

struct cookie_secret {
    uint8_t bytes[COOKIE_SECRET_SIZE];
};

/**
 * RFC 9018 section 5: cookies are made with the first, the active one; what was made with the
 * second is good as well. That one is the next secret, which other servers of the same address
 * may use already, or the one before, until the last of its cookies is an hour old.
 */
struct cookie_secrets {
    size_t count; /* 0: none are known */
    struct cookie_secret item[COOKIE_SECRETS_MAX];
};

enum { COOKIE_SECRET_TEXT_MAX = 2 * COOKIE_SECRET_SIZE + 1 };

/** From 32 hex digits. STATUS_MALFORMED. */
enum status cookie_secret_from_text(const char *hex, struct cookie_secret *out);
/** @return out */
char *cookie_secret_to_text(const struct cookie_secret *secret,
                            char out[COOKIE_SECRET_TEXT_MAX]);

/**
 * A file of secrets: one on a line, the active one first; empty lines and what follows a # are
 * passed over.
 * @param line of the mistake. @return STATUS_MALFORMED; STATUS_LIMIT: more than two.
 */
enum status cookie_secrets_from_text(const char *text, struct cookie_secrets *out, int *line);

enum cookie_verdict {
    COOKIE_ABSENT,
    COOKIE_MALFORMED,   /* FORMERR, RFC 7873 section 5.2.2 */
    COOKIE_CLIENT_ONLY, /* the client does not know ours yet */
    COOKIE_BAD,         /* not ours, or too old */
    COOKIE_GOOD,        /* ours; the client is where it says it is */
    COOKIE_VERDICTS
};

/**
 * Judges the COOKIE option of a question and makes the one for the answer.
 *
 * @param secrets at least one.
 * @param shown  the option's data; data NULL: it has none.
 * @param wall_s seconds since 1970; a cookie is good for an hour and is renewed after half of
 * it (RFC 9018 section 4.3).
 * @param answer filled with the whole option data for the answer, when the verdict is one of
 *               CLIENT_ONLY, BAD and GOOD.
 */
enum cookie_verdict cookie_judge(const struct cookie_secrets *secrets, struct slice shown,
                                 const struct addr *client, int64_t wall_s,
                                 uint8_t answer[COOKIE_SIZE]);

/** Client cookie and server cookie of that time. */
void cookie_make(const struct cookie_secret *secret,
                 const uint8_t client_cookie[COOKIE_CLIENT_SIZE], const struct addr *client,
                 int64_t wall_s, uint8_t out[COOKIE_SIZE]);

#endif
