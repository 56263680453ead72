/*
 * rdata_field.h - the fields of rdata: how a layout is walked, and three functions for each
 * letter.
 *
 * Inside of rdata only: rdata.c walks layouts to check, rdata_print.c and rdata_parse.c to
 * write and read text. A field that needs more than some lines has a file of its own with all
 * its functions.
 */
#ifndef TREESHREW_UTIL_WIRE_RDATA_FIELD_H
#define TREESHREW_UTIL_WIRE_RDATA_FIELD_H

#include "util/wire/rdata.h"

/** The line of rdata.def; NULL: opaque. A in another class than IN is opaque, as CH has its
 * own. */
const char *rdata_layout(uint16_t type, uint16_t rrclass);

/** The way through a layout. */
struct layout_walk {
    const char *at;
    bool again; /* one of a '+' field has been seen */
};

/** @param more there is more to read. @return the next field's letter, 0 at the layout's end.
 */
char layout_next(struct layout_walk *walk, bool more);

static inline bool field_is_name(char letter)
{
    return letter == 'C' || letter == 'D' || letter == 'L' || letter == 'U';
}

struct rdata_field {
    /* Passes over the field in uncompressed rdata; the cursor fails when it is malformed. */
    void (*skip)(struct cursor *in);
};

/** @param letter must be one of rdata_field.def. */
const struct rdata_field *rdata_field(char letter);

#define FIELD(letter, name) void field_##name##_skip(struct cursor *in);
#include "util/wire/rdata_field.def"
#undef FIELD

#endif
