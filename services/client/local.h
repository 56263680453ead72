/*
 * local.h - local zones and local data: what is answered here and never asked upstream.
 *
 * Built from the configuration, read-only afterwards, shared by all threads. The default
 * zones are those of RFC 6303, 6761, 7686, 8375, 9462, 9476 and the reverse zones of special
 * addresses.
 */
#ifndef TREESHREW_SERVICES_CLIENT_LOCAL_H
#define TREESHREW_SERVICES_CLIENT_LOCAL_H

#include "services/client/acl.h"
#include "services/client/client_options.h"
#include "services/cache/reasons.h"
#include "util/wire/message.h"

struct local;

/** @return a reference; NULL after at least one complaint, or without memory. */
struct local *local_new(const struct client_options *options, conf_complain *complain,
                        void *context);

/**
 * The same out of the one before: where few items have come and gone, that costs little,
 * however many there are.
 * @param before made of `was`; not changed. @param now its lists may share items with those of
 * `was`.
 * @return a reference, to `before` itself where nothing has changed; else as local_new.
 */
struct local *local_renew(struct local *before, const struct client_options *was,
                          const struct client_options *now, conf_complain *complain,
                          void *context);

/** Gives a reference back; NULL: nothing. From any thread. */
void local_free(struct local *local);

enum local_verdict {
    LOCAL_NONE,   /* not ours: resolve */
    LOCAL_ANSWER, /* message is filled in */
    LOCAL_DROP    /* no answer at all (deny) */
};

/** What is to be said beside the answer. */
struct local_note {
    struct reasons why; /* blocked (EDE 15), forged (4) ...; added to what is there */
    bool inform;        /* the operator wants to see who asks: types inform... */
    struct dname zone;  /* of which; lives as long as the table */
};

/** True: whoever asks this, local_answer says LOCAL_NONE and notes nothing. */
bool local_is_silent(const struct local *local, const struct question *question);

/**
 * Answers from local data where a zone is responsible.
 * @param arena for the message; RRsets are the local ones, with TTLs that do not run down
 * (expires_s is set relative to now_s).
 */
enum local_verdict local_answer(const struct local *local, const struct question *question,
                                const struct addr *client, int64_t now_s, struct arena *arena,
                                struct message *out, struct local_note *note);

enum { LOCAL_LAN_MAX = 128 };

/** Appends the names of the reverse zones of private addresses (unblock-lan-zones), texts in
 * the arena.
 *  @return false: no memory, or no room for more than `most`. */
bool local_lan_zones(struct arena *arena, struct opt_item *items, size_t most, size_t *count);

#endif
