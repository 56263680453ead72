/*
 * rfc5011_fuzz.c - the file of a trust point out of any text: a point that can be written and
 * read again as it was, or a reason.
 */
#include <string.h>

#include "util/wire/types.h"
#include "validator/rfc5011_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_point(const struct rfc5011_point *point)
{
    size_t count = 0;

    ASSERT(point->deleted || rfc5011_has_trust(point));
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next, count++) {
        struct dnskey fields;

        ASSERT(dnskey_read(slice_of(key->rdata, key->size), &fields));
        ASSERT((fields.flags & DNSKEY_ZONE) != 0 && fields.protocol == DNSKEY_PROTOCOL);
        ASSERT((fields.flags & DNSKEY_REVOKE) == 0 || key->state == RFC5011_REVOKED);
        ASSERT(key->state > RFC5011_START && key->state < RFC5011_REMOVED);
    }
    ASSERT(count <= RFC5011_KEYS_MAX);
}

static struct rfc5011_point *read_text(const char *text, struct arena *arena)
{
    struct anchor_fault fault = {0};
    struct rfc5011_point *point;
    enum status status = rfc5011_read(text, arena, &point, &fault);

    ASSERT((status == STATUS_OK) == (point != NULL));
    ASSERT(status == STATUS_OK || status == STATUS_NO_MEMORY || fault.why != NULL);
    if (point != NULL)
        check_point(point);
    return point;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    char *text = arena_alloc(arena, size + 1);
    struct rfc5011_point *point;

    if (size > 0)
        memcpy(text, data, size);
    point = read_text(text, arena);
    /* Keys change their order each time, so the second time it is the first one again. */
    if (point != NULL) {
        char *once = rfc5011_write(point, arena), *twice;

        for (int i = 0; i < 2; i++) {
            rfc5011_free(point);
            point = read_text(i == 0 ? once : twice, arena);
            ASSERT(point != NULL);
            twice = rfc5011_write(point, arena);
        }
        ASSERT(strcmp(once, twice) == 0);
    }
    rfc5011_free(point);
    arena_free(arena);
    return 0;
}
