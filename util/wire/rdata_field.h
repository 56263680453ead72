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
#include "util/wire/rr_words.h"

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

/** Text that rdata is read from: words with one of look-ahead, and room to take one apart. */
struct rdata_source {
    struct rr_words words;
    struct rr_word next;
    bool has_next;
    const struct dname *origin; /* completes relative names; NULL: the root does */
    char *scratch;              /* as large as the text */
    const char *why;            /* the first failure; from then on all reads give nothing */
};

struct rdata_field {
    /* Passes over the field in uncompressed rdata; the cursor fails when it is malformed. */
    void (*skip)(struct cursor *in);
    /* Adds its text, words separated by blanks; the cursor fails when there is no such text. */
    void (*print)(struct text *out, struct cursor *in);
    /* Reads its words and writes its octets; failure is noted in the source. */
    void (*parse)(struct rdata_source *in, struct sink *out);
};

/** @param letter must be one of rdata_field.def. */
const struct rdata_field *rdata_field(char letter);

#define FIELD(letter, name)                                                                    \
    void field_##name##_skip(struct cursor *in);                                               \
    void field_##name##_print(struct text *out, struct cursor *in);                            \
    void field_##name##_parse(struct rdata_source *in, struct sink *out);
#include "util/wire/rdata_field.def"
#undef FIELD

/* ---- what printing fields share (rdata_print.c) ---- */

/** Makes the text as long as it was. */
void text_cut(struct text *text, size_t used);

/** Escapes what is not plain inside quotes: \" \\ \DDD. */
void print_octet(struct text *out, uint8_t octet);
void print_quoted(struct text *out, struct slice octets);

/** Address of 4 or 16 octets. */
void print_address(struct text *out, struct slice address);

/* ---- what parsing fields share (rdata_parse.c) ---- */

/** Notes the first failure. @param why static text */
void source_fail(struct rdata_source *in, const char *why);

/** The next word as it is written, NUL-terminated in scratch; "" and a failure when there is
 * none. */
const char *source_word(struct rdata_source *in);

/** All words that are left, put together. */
const char *source_rest(struct rdata_source *in);

/** The next word with escapes resolved, in scratch. */
struct slice source_string(struct rdata_source *in);

/** Resolves the escapes of a word into room, which is as large as the word. */
struct slice source_unescape(struct rdata_source *in, struct rr_word word, char *room);

uint64_t source_number(struct rdata_source *in, uint64_t most);

/** A number out of its text. */
uint64_t read_number(struct rdata_source *in, const char *text, uint64_t most);

/** Hexadecimal, base64 or base32hex into the sink. */
void read_coded(struct rdata_source *in, enum status (*read)(const char *, struct sink *),
                const char *text, struct sink *out);

/** Address of 4 or 16 octets into the sink. */
void read_address(struct rdata_source *in, const char *text, size_t octets, struct sink *out);

/** "3600" or "1h30m" (s, m, h, d, w). */
bool read_period(const char *text, uint32_t *seconds);

/** A name, relative to the origin unless its last dot says otherwise; "@" is the origin itself.
 */
enum status read_name(const char *text, const struct dname *origin, uint8_t storage[DNAME_MAX],
                      struct dname *out);

/**
 * Reads the rdata of a record whose owner and type are read already.
 * @param words left behind the record's last word.
 * @param why   static text, set unless the status is STATUS_OK.
 */
enum status rdata_parse(struct rr_words *words, uint16_t type, uint16_t rrclass,
                        const struct dname *origin, struct arena *arena, struct slice *out,
                        const char **why);

#endif
