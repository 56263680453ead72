/*
 * dname_fuzz.c - names out of any octets: whatever is read can be printed, read again and is
 * equal.
 *
 * The first octet says where in the rest the name begins, so that pointers have something to
 * lead to.
 */
#include <string.h>

#include "util/wire/dname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct dname name)
{
    uint8_t storage[DNAME_MAX];
    char text[DNAME_TEXT_MAX];
    struct dname again;

    ASSERT(dname_from_text(dname_to_text(name, text), storage, &again) == STATUS_OK);
    ASSERT(again.size == name.size && again.labels == name.labels);
    ASSERT(memcmp(again.wire, name.wire, name.size) == 0);
}

static void check_relatives(struct dname name)
{
    const struct hash_key key = {1, 2};
    uint64_t hashes[DNAME_LABELS_MAX + 1];
    uint8_t storage[DNAME_MAX];
    struct dname lower = dname_store_lower(name, storage), parent = dname_parent(name);

    ASSERT(dname_equal(name, lower) && dname_compare(name, lower) == 0);
    ASSERT(dname_is_at_or_below(name, parent) &&
           dname_common_labels(lower, name) == name.labels);
    ASSERT(dname_is_root(name) || dname_compare(parent, name) < 0);
    dname_hashes(name, key, hashes);
    ASSERT(hashes[name.labels] == dname_hash(lower, key));
    ASSERT(hashes[parent.labels] == dname_hash(parent, key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct dname name;
    struct cursor in;

    if (size > 0 && arena != NULL) {
        in = cursor_of(slice_of(data + 1, size - 1));
        cursor_bytes(&in, size_min(data[0], size - 1));
        if (dname_read(&in, arena, &name) == STATUS_OK) {
            ASSERT(!cursor_failed(&in) && name.size == dname_of_wire(name.wire).size);
            check_text(name);
            check_relatives(name);
        }
    }
    arena_free(arena);
    return 0;
}
