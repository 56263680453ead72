/*
 * hash.h - keyed hashing for tables that strangers fill.
 *
 * SipHash's round with one round a word and three at the end. Steps can be taken one at a time, so
 * that a name is hashed from the root label down and every ancestor's hash is a by-product.
 */
#ifndef TREESHREW_UTIL_HASH_H
#define TREESHREW_UTIL_HASH_H

#include "util/bytes.h"

/** Secret of one table or process; from the world's random source. */
struct hash_key {
    uint64_t a, b;
};

struct hash_state {
    uint64_t v0, v1, v2, v3;
};

static inline void hash_round(struct hash_state *state)
{
#define HASH_ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
    state->v0 += state->v1;
    state->v1 = HASH_ROTATE(state->v1, 13) ^ state->v0;
    state->v0 = HASH_ROTATE(state->v0, 32);
    state->v2 += state->v3;
    state->v3 = HASH_ROTATE(state->v3, 16) ^ state->v2;
    state->v0 += state->v3;
    state->v3 = HASH_ROTATE(state->v3, 21) ^ state->v0;
    state->v2 += state->v1;
    state->v1 = HASH_ROTATE(state->v1, 17) ^ state->v2;
    state->v2 = HASH_ROTATE(state->v2, 32);
#undef HASH_ROTATE
}

static inline struct hash_state hash_start(struct hash_key key)
{
    return (struct hash_state){key.a ^ 0x736f6d6570736575u, key.b ^ 0x646f72616e646f6du,
                               key.a ^ 0x6c7967656e657261u, key.b ^ 0x7465646279746573u};
}

static inline void hash_word(struct hash_state *state, uint64_t word)
{
    state->v3 ^= word;
    hash_round(state);
    state->v0 ^= word;
}

/** The value of what was taken in so far; the state can go on. */
static inline uint64_t hash_end(struct hash_state state)
{
    state.v2 ^= 0xff;
    hash_round(&state);
    hash_round(&state);
    hash_round(&state);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

/**
 * A hash and what belongs to a table's key beside it, which strangers may choose: it can only
 * move what it is mixed with, and that is secret.
 */
static inline uint64_t hash_beside(uint32_t hash, uint64_t beside)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t mixed = hash + beside * odd;

    return (mixed ^ mixed >> 32) * odd;
}

/** Takes in octets and their number. */
void hash_bytes(struct hash_state *state, struct slice bytes);

#endif
