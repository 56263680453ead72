/*
 * arena.c - blocks in a chain, the newest first; pieces are cut from its front.
 *
 * Blocks double up to 64 KiB; a piece that is larger than a block gets one of its own. The
 * first block is one piece of memory with the arena; arena_reset keeps it, so that a reused
 * arena starts without malloc.
 */
#include "util/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_FIRST = 4096, BLOCK_MOST = 65536 };

struct block {
    struct block *older;
    size_t used, size;
    alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct block *newest;
    struct block *first; /* behind this struct */
    size_t limit_bytes, taken_bytes;
    size_t next_block;
};

/* Where the first block begins. */
enum {
    HEAD_SIZE = (sizeof(struct arena) + alignof(max_align_t) - 1) / alignof(max_align_t) *
                alignof(max_align_t)
};

static struct block *block_in(void *memory, size_t size)
{
    struct block *block = memory;

    block->older = NULL;
    block->used = 0;
    block->size = size;
    return block;
}

static size_t first_bytes(const struct arena *arena)
{
    return HEAD_SIZE + sizeof(struct block) + arena->first->size;
}

struct arena *arena_new_of(size_t limit_bytes, size_t first)
{
    struct arena *arena = malloc(HEAD_SIZE + sizeof(struct block) + first);

    if (arena == NULL)
        return NULL;
    arena->first = block_in((uint8_t *)arena + HEAD_SIZE, first);
    arena->newest = arena->first;
    arena->limit_bytes = limit_bytes;
    arena->taken_bytes = first_bytes(arena);
    arena->next_block = (size_t)BLOCK_FIRST * 2;
    return arena;
}

struct arena *arena_new(size_t limit_bytes)
{
    return arena_new_of(limit_bytes, BLOCK_FIRST - HEAD_SIZE - sizeof(struct block));
}

void arena_reset(struct arena *arena)
{
    while (arena->newest != arena->first) {
        struct block *older = arena->newest->older;

        free(arena->newest);
        arena->newest = older;
    }
    arena->first->used = 0;
    arena->taken_bytes = first_bytes(arena);
    arena->next_block = (size_t)BLOCK_FIRST * 2;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_reset(arena);
    free(arena);
}

static bool add_block(struct arena *arena, size_t piece)
{
    size_t size = size_max(piece, arena->next_block - sizeof(struct block));
    size_t taken = arena->taken_bytes + sizeof(struct block);
    struct block *block;
    void *memory;

    if (piece > SIZE_MAX / 2)
        return false;
    if (arena->limit_bytes != 0) { /* the last block is as large as the limit allows */
        size_t left = arena->limit_bytes > taken ? arena->limit_bytes - taken : 0;

        if (piece > left)
            return false;
        size = size_min(size, left);
    }
    memory = malloc(sizeof(*block) + size);
    if (memory == NULL)
        return false;
    block = block_in(memory, size);
    block->older = arena->newest;
    arena->newest = block;
    arena->taken_bytes += sizeof(*block) + size;
    if (arena->next_block < BLOCK_MOST)
        arena->next_block *= 2;
    return true;
}

static RARELY_CALLED uint8_t *take_from_new(struct arena *arena, size_t size)
{
    if (!add_block(arena, size))
        return NULL;
    arena->newest->used = size;
    return arena->newest->bytes;
}

static inline uint8_t *take(struct arena *arena, size_t size, size_t alignment)
{
    struct block *block = arena->newest;
    size_t start = (block->used + alignment - 1) & ~(alignment - 1);

    if (start > block->size || block->size - start < size)
        return take_from_new(arena, size);
    block->used = start + size;
    return block->bytes + start;
}

void *arena_room(struct arena *arena, size_t size)
{
    return take(arena, size, alignof(max_align_t));
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *piece = take(arena, size, alignof(max_align_t));

    if (piece != NULL)
        memset(piece, 0, size);
    return piece;
}

uint8_t *arena_bytes(struct arena *arena, size_t size)
{
    return take(arena, size, 1);
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    uint8_t *copy = arena_bytes(arena, bytes.size);

    if (copy == NULL)
        return slice_of(NULL, 0);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    return slice_of(copy, bytes.size);
}

char *arena_text(struct arena *arena, const char *text)
{
    return (char *)arena_copy(arena, slice_of(text, strlen(text) + 1)).data;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    char *text;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        return NULL;
    text = (char *)arena_bytes(arena, (size_t)size + 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

size_t arena_size_bytes(const struct arena *arena)
{
    return arena->taken_bytes;
}
