/*
 * hit.h - an answer out of the message cache, with the newest RRsets and honest about its age.
 *
 * Called by request.c before it asks the mesh, when a client has waited long enough for fresh
 * data, and when there is none. Nothing is changed in the caches.
 */
#ifndef TREESHREW_SERVICES_CLIENT_HIT_H
#define TREESHREW_SERVICES_CLIENT_HIT_H

#include "services/query/env.h"
#include "util/wire/message.h"

enum hit_age {
    HIT_NONE,
    HIT_FRESH,
    HIT_STALE,  /* expired, within serve-expired-ttl; RRsets have the TTL for stale data */
    HIT_FAILURE /* a remembered failure */
};

struct hit {
    enum hit_age age;
    const struct msg_entry *entry; /* a reference; the message below points into it */
    struct message message;        /* rcode, flags and sections only */
    enum security security;
    bool prefetch;              /* in the last tenth of its life */
    uint32_t stale_s;           /* since it expired */
    const struct rrset **newer; /* references */
    size_t newer_count;
};

/**
 * Looks for an answer.
 *
 * The newest RRset of a name goes out where there is one; if one of the RRsets has expired, so
 * has the answer; a denial whose NSEC records have changed is no answer any more.
 * @param flavour           CD: what was never validated will do, too. MADE: what a module made.
 * @param stale_s           how long expired answers may still be used, 0: not at all.
 * @param stale_ttl_s       the most that an expired RRset's TTL is shown as.
 * @param arena             for the sections; lives as long as `out`.
 * @return out->age, one of NONE, FRESH and STALE. Anything but NONE is to be released.
 */
enum hit_age hit_find(const struct env *env, const struct question *question,
                      uint8_t flavour, int64_t now_s, uint32_t stale_s, uint32_t stale_ttl_s,
                      struct arena *arena, struct hit *out);

/** A failure that is remembered and not yet due for another try: HIT_FAILURE or HIT_NONE. */
enum hit_age hit_find_failure(const struct env *env, const struct question *question,
                              uint8_t flavour, int64_t now_s, struct hit *out);

void hit_release(struct hit *hit);

#endif
