/*
 * cut_load.c - counting; see the header for the idea.
 */
#include "iterator/cut_load.h"

enum {
    MEMORY = 200,      /* ends remembered of one kind before both are halved */
    JUDGED_AFTER = 16, /* fewer ends say nothing */
    SHRINK = 10
};

static bool is_silent(const struct cut_slot *slot)
{
    uint32_t ends = (uint32_t)slot->answers + slot->timeouts;

    return ends >= JUDGED_AFTER && slot->timeouts * 10u > ends * 9u;
}

static uint32_t most_now(const struct cut_slot *slot, uint32_t most)
{
    if (!is_silent(slot))
        return most;
    return most / SHRINK == 0 ? 1 : most / SHRINK;
}

bool cut_load_is_silent(const struct cut_load *load, uint16_t slot)
{
    return is_silent(&load->slots[slot]);
}

bool cut_load_enter(struct cut_load *load, struct dname zone, uint32_t most, uint16_t *slot)
{
    struct cut_slot *place;

    *slot = (uint16_t)(dname_hash_whole(zone, load->key) % CUT_SLOTS);
    place = &load->slots[*slot];
    if (place->under_way >= most_now(place, most) || place->under_way == UINT16_MAX)
        return false;
    place->under_way++;
    return true;
}

void cut_load_leave(struct cut_load *load, uint16_t slot, enum cut_end end)
{
    struct cut_slot *place = &load->slots[slot];

    ASSERT(place->under_way > 0);
    place->under_way--;
    if (end == CUT_WITHDRAWN)
        return;
    if (place->answers >= MEMORY || place->timeouts >= MEMORY) {
        place->answers /= 2;
        place->timeouts /= 2;
    }
    if (end == CUT_ANSWERED)
        place->answers++;
    else
        place->timeouts++;
}
