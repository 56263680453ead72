/*
 * frequent.c - a table of the most frequent keys.
 *
 * Called by whoever counts what goes wrong, a table a thread, and by the daemon, which adds
 * them up.
 */
#include "util/frequent.h"

#include <stdlib.h>
#include <string.h>

static struct frequent_item *find(struct frequent *table, struct slice key)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->items[i].size == key.size &&
            memcmp(table->items[i].key, key.data, key.size) == 0)
            return &table->items[i];
    return NULL;
}

static struct frequent_item *least(struct frequent *table)
{
    struct frequent_item *found = &table->items[0];

    for (size_t i = 1; i < table->count; i++)
        if (table->items[i].count < found->count)
            found = &table->items[i];
    return found;
}

/* The place of a key: its own, a free one, or that of the least, whose count it takes over. */
static struct frequent_item *place_of(struct frequent *table, struct slice key)
{
    struct frequent_item *item = find(table, key);

    if (item != NULL)
        return item;
    if (table->count < FREQUENT_KEPT) {
        item = &table->items[table->count++];
        item->count = 0;
    } else {
        item = least(table);
    }
    item->over = item->count;
    item->size = (uint8_t)key.size;
    if (key.size > 0)
        memcpy(item->key, key.data, key.size);
    return item;
}

void frequent_note(struct frequent *table, struct slice key, uint32_t note)
{
    struct frequent_item *item =
        place_of(table, slice_of(key.data, size_min(key.size, FREQUENT_KEY_MAX)));

    item->count++;
    item->note = note;
}

void frequent_add(struct frequent *table, const struct frequent_item *more)
{
    struct frequent_item *item = place_of(table, slice_of(more->key, more->size));

    item->count += more->count;
    item->over += more->over;
    item->note = more->note;
}

static int more_frequent(const void *one, const void *other)
{
    const struct frequent_item *a = one, *b = other;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->size != b->size ? (int)a->size - (int)b->size : memcmp(a->key, b->key, a->size);
}

void frequent_sort(struct frequent *table)
{
    qsort(table->items, table->count, sizeof(table->items[0]), more_frequent);
}
