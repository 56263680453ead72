/*
 * cut_load.h - how many questions are under way to the servers of each zone, in one thread.
 *
 * One zone, dead or slow, must not take all the places: its questions are bounded, and bounded
 * more tightly while nearly all of them time out. Zones are told apart by a keyed hash into a
 * fixed number of slots; two zones in one slot share a bound, which does no harm.
 */
#ifndef TREESHREW_ITERATOR_CUT_LOAD_H
#define TREESHREW_ITERATOR_CUT_LOAD_H

#include "util/hash.h"
#include "util/wire/dname.h"

enum { CUT_SLOTS = 4096 };

struct cut_slot {
    uint16_t under_way;
    uint8_t answers, timeouts; /* lately: both are halved when one is full */
};

struct cut_load {
    struct hash_key key;
    struct cut_slot slots[CUT_SLOTS];
};

/**
 * One more question to the zone's servers.
 * @param most  questions at a time; a tenth of it while over nine tenths time out.
 * @param slot  to be given to cut_load_leave.
 * @return false: there are enough, nothing was counted.
 */
bool cut_load_enter(struct cut_load *load, struct dname zone, uint32_t most, uint16_t *slot);

/**
 * Over nine tenths of what was asked there lately timed out: nothing is gained by waiting
 * longer.
 */
bool cut_load_is_silent(const struct cut_load *load, uint16_t slot);

enum cut_end { CUT_ANSWERED, CUT_TIMED_OUT, CUT_WITHDRAWN };
void cut_load_leave(struct cut_load *load, uint16_t slot, enum cut_end end);

#endif
