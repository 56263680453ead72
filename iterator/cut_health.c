/*
 * cut_health.c - remembering; see the header for the idea.
 */
#include "iterator/cut_health.h"

static uint32_t seconds(int64_t now_ms)
{
    return (uint32_t)(now_ms / 1000) + 1;
}

void cut_health_note(struct cut_health *health, struct dname zone, int64_t now_ms)
{
    uint64_t hash = dname_hash_beside(zone, 0, health->key);

    health->slots[hash % HEALTH_SLOTS].tag = (uint32_t)(hash >> 32);
    health->slots[hash % HEALTH_SLOTS].answered_s = seconds(now_ms);
}

bool cut_health_is_good(const struct cut_health *health, struct dname zone, int64_t now_ms)
{
    uint64_t hash = dname_hash_beside(zone, 0, health->key);
    uint32_t answered_s = health->slots[hash % HEALTH_SLOTS].answered_s;

    return health->slots[hash % HEALTH_SLOTS].tag == (uint32_t)(hash >> 32) &&
           answered_s != 0 && seconds(now_ms) - answered_s <= HEALTH_MS / 1000;
}
