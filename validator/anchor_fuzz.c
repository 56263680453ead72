/*
 * anchor_fuzz.c - trust anchors out of any text, in each syntax: a list of sound records or a
 * reason.
 */
#include "validator/anchor_text.h"

#include <stdlib.h>
#include <string.h>

#include "util/wire/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct anchor_list *list, enum status status,
                  const struct anchor_fault *fault)
{
    size_t count = 0;

    for (const struct anchor_record *r = list->first; r != NULL; r = r->next, count++)
        ASSERT((r->type == TYPE_DS || r->type == TYPE_DNSKEY) &&
               rdata_check(r->rdata, r->type, r->rrclass));
    ASSERT(count == list->count);
    ASSERT(status != STATUS_OK || count > 0);
    ASSERT(status == STATUS_OK || status == STATUS_NO_MEMORY || fault->why != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int syntax = 0; syntax < 3; syntax++) {
        struct arena *arena = arena_new(0);
        struct anchor_fault fault = {0};
        struct anchor_list list;
        char *text = arena_alloc(arena, size + 1);
        enum status status;

        if (size > 0)
            memcpy(text, data, size);
        anchor_list_init(&list, arena);
        status = syntax == 0   ? anchor_read_line(&list, text, &fault)
                 : syntax == 1 ? anchor_read_zone(&list, text, &fault)
                               : anchor_read_bind(&list, text, &fault);
        check(&list, status, &fault);
        arena_free(arena);
    }
    return 0;
}
