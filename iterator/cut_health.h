/*
 * cut_health.h - which zones' servers have answered lately, in one thread.
 *
 * When the list of questions is nearly full, what is left is for names whose zone is known to
 * answer: whatever a flood asks of dead servers, they are worked on. A zone answers when its
 * servers say something of its own names; referrals do not count, for a server that only leads
 * on to dead ones leads nowhere. Zones are told apart by a keyed hash; a slot belongs to the
 * one that answered last.
 */
#ifndef TREESHREW_ITERATOR_CUT_HEALTH_H
#define TREESHREW_ITERATOR_CUT_HEALTH_H

#include "util/hash.h"
#include "util/wire/dname.h"

enum { HEALTH_SLOTS = 2048, HEALTH_MS = 10000 };

struct cut_health {
    struct hash_key key;
    struct {
        uint32_t tag;        /* of the zone's hash; slot and tag are different bits of it */
        uint32_t answered_s; /* 0: nobody has; since the memory's beginning, one added */
    } slots[HEALTH_SLOTS];
};

/** Its servers have just answered. @param now_ms monotonic. */
void cut_health_note(struct cut_health *health, struct dname zone, int64_t now_ms);

/** Have they within the last HEALTH_MS, or a second more? */
bool cut_health_is_good(const struct cut_health *health, struct dname zone, int64_t now_ms);

#endif
