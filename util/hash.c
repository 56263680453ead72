/*
 * hash.c - the part of hash.h that has a loop.
 */
#include "util/hash.h"

void hash_bytes(struct hash_state *state, struct slice bytes)
{
    uint64_t word = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        word = word << 8 | bytes.data[i];
        if (i % 8 == 7) {
            hash_word(state, word);
            word = 0;
        }
    }
    hash_word(state, word);
    hash_word(state, bytes.size);
}
