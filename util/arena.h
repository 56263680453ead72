/*
 * arena.h - memory that is given piece by piece and taken back in one call.
 *
 * Everything that belongs to one query lives in the query's arena and dies with it. An arena has a
 * limit; reaching it is an ordinary failure (NULL), as is malloc's.
 */
#ifndef TREESHREW_UTIL_ARENA_H
#define TREESHREW_UTIL_ARENA_H

#include "util/base.h"
#include "util/bytes.h"

struct arena;

/** @param limit_bytes most that malloc is asked for; 0 for no limit. @return NULL: no memory. */
struct arena *arena_new(size_t limit_bytes);
void arena_free(struct arena *arena);

/** The same with room for so many octets at first, where it is known what will be needed. */
struct arena *arena_new_of(size_t limit_bytes, size_t first_bytes);

/** Forgets all pieces, keeps the first block for the next use. */
void arena_reset(struct arena *arena);

/** Zeroed memory, aligned for any type. @return NULL when the limit or malloc says no. */
void *arena_alloc(struct arena *arena, size_t size);

/** The same, not zeroed: for who writes all of it at once. */
void *arena_room(struct arena *arena, size_t size);

/** Not zeroed, not aligned: for octets. @return NULL as above. */
uint8_t *arena_bytes(struct arena *arena, size_t size);

/** A copy of the slice; data is NULL when there was no memory and size was not 0. */
struct slice arena_copy(struct arena *arena, struct slice bytes);

/** A NUL-terminated copy. @return NULL: no memory. */
char *arena_text(struct arena *arena, const char *text);

/** printf into the arena. @return NULL: no memory. */
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/** Octets taken from malloc so far. */
size_t arena_size_bytes(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
