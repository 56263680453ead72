/*
 * zone_reader_fuzz.c - any text as a master file: it ends, and each record reads back the same.
 */
#include <string.h>

#include "util/wire/text_rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(struct arena *arena, const struct text_rr *rr)
{
    struct text text = text_in(arena);
    struct text_rr again;

    text_rr_write(&text, rr->owner, rr->ttl_s, rr->rrclass, rr->type, rr->rdata);
    ASSERT(text_rr_read(text_done(&text), NULL, 0, false, arena, &again, NULL) == STATUS_OK);
    ASSERT(dname_equal(rr->owner, again.owner) && rr->ttl_s == again.ttl_s);
    ASSERT(rr->rrclass == again.rrclass && rr->type == again.type);
    ASSERT(slice_equal(rr->rdata, again.rdata));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    char *text = (char *)arena_alloc(arena, size + 1);
    struct zone_reader reader = zone_reader_of(text, dname_root, arena);
    const char *before = NULL;
    enum status status;
    struct text_rr rr;

    if (size > 0)
        memcpy(text, data, size);
    while ((status = zone_reader_next(&reader, &rr)) != STATUS_NOT_FOUND) {
        ASSERT(status == STATUS_OK || reader.why != NULL);
        ASSERT(reader.at != before); /* no call without progress */
        before = reader.at;
        if (status == STATUS_OK)
            check_record(arena, &rr);
    }
    arena_free(arena);
    return 0;
}
