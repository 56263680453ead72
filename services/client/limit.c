/*
 * limit.c - a table of counters by hashed client address.
 *
 * Called by request.c when a question has to wait. The hash is keyed, so that nobody can choose
 * whom to share a place with.
 */
#include "services/client/limit.h"

#include <stdlib.h>

enum { PLACES = 4096, IP6_OCTETS = 8, PULSE_MS = 100 };

struct place {
    uint32_t waiting;
    uint32_t pulse; /* octets that were sent, less what has gone by since */
    int64_t pulse_ms;
};

struct limit {
    struct hash_key key;
    struct place places[PLACES];
};

struct limit *limit_new(struct hash_key key)
{
    struct limit *limit = calloc(1, sizeof(*limit));

    if (limit != NULL)
        limit->key = key;
    return limit;
}

void limit_free(struct limit *limit)
{
    free(limit);
}

static struct place *place_of(struct limit *limit, const struct addr *client)
{
    struct hash_state state = hash_start(limit->key);
    size_t octets = client->family == ADDR_IP6 ? IP6_OCTETS : addr_octets(client);

    hash_bytes(&state, slice_of(client->bytes, octets));
    return &limit->places[hash_end(state) % PLACES];
}

bool limit_enter(struct limit *limit, const struct addr *client, uint32_t most)
{
    struct place *place = place_of(limit, client);

    if (most != 0 && place->waiting >= most)
        return false;
    place->waiting++;
    return true;
}

void limit_leave(struct limit *limit, const struct addr *client)
{
    struct place *place = place_of(limit, client);

    ASSERT(place->waiting > 0);
    place->waiting--;
}

bool limit_pulse(struct limit *limit, const struct addr *client, size_t octets, uint32_t most,
                 int64_t now_ms)
{
    struct place *place = place_of(limit, client);
    int64_t gone_by = time_min(now_ms - place->pulse_ms, PULSE_MS) * most / PULSE_MS;

    if (most == 0)
        return true;
    place->pulse -= (uint32_t)time_min(place->pulse, time_max(gone_by, 0));
    place->pulse_ms = now_ms;
    if (place->pulse + octets > most)
        return false;
    place->pulse += (uint32_t)octets;
    return true;
}
