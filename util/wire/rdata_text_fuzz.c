/*
 * rdata_text_fuzz.c - rdata between octets and text: what is printed always reads back the
 * same.
 *
 * The first two octets choose the type. The rest is taken as octets of that type and as its
 * text.
 */
#include <string.h>

#include "util/wire/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Octets to text and back, and the canonical form, which is as long and compares as equal. */
static void check_octets(struct arena *arena, struct slice rdata, uint16_t type)
{
    struct text text = text_in(arena);
    uint8_t *room = arena_bytes(arena, rdata.size + 1);
    struct sink lower = sink_of(room, rdata.size);
    struct slice again;

    rdata_to_text(&text, rdata, type, CLASS_IN);
    ASSERT(rdata_from_text(text_done(&text), type, CLASS_IN, NULL, arena, &again) == STATUS_OK);
    ASSERT(slice_equal(rdata, again));
    rdata_write_canonical(&lower, rdata, type);
    ASSERT(!sink_failed(&lower) && lower.used == rdata.size);
    ASSERT(rdata_compare(rdata, sink_written(&lower), type) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t origin_wire[] = "\6origin";
    struct dname origin = dname_of_wire(origin_wire);
    struct arena *arena = arena_new(0);
    uint16_t type = size < 2 ? TYPE_A : (uint16_t)(data[0] | (data[1] & 1) << 8);
    struct slice rdata = size < 2 ? slice_of(data, 0) : slice_of(data + 2, size - 2);
    char *text = (char *)arena_alloc(arena, size + 1);
    struct text printed = text_in(arena);

    if (rdata.size > 0)
        memcpy(text, rdata.data, rdata.size);
    if (rdata_check(rdata, type, CLASS_IN))
        check_octets(arena, rdata, type);
    else
        rdata_to_text(&printed, rdata, type, CLASS_IN);
    if (rdata_from_text(text, type, CLASS_IN, &origin, arena, &rdata) == STATUS_OK) {
        ASSERT(rdata_check(rdata, type, CLASS_IN));
        check_octets(arena, rdata, type);
    }
    arena_free(arena);
    return 0;
}
