/*
 * text.h - growing text in an arena, and the number and byte codings that DNS text needs.
 */
#ifndef TREESHREW_UTIL_TEXT_H
#define TREESHREW_UTIL_TEXT_H

#include "util/arena.h"
#include "util/bytes.h"

/** Text that grows in an arena; the error sticks: text_done gives NULL when memory ran out. */
struct text {
    struct arena *arena;
    char *chars; /* always NUL-terminated once anything was added */
    size_t used, size;
    bool failed;
};

struct text text_in(struct arena *arena);
void text_add(struct text *text, const char *words);
void text_add_slice(struct text *text, struct slice bytes);
void text_add_char(struct text *text, char character);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
char *text_done(struct text *text);

/** Codings; lower case hex, base64 with padding, base32hex (RFC 4648 section 7) without padding. */
void text_add_hex(struct text *text, struct slice bytes);
void text_add_base64(struct text *text, struct slice bytes);
void text_add_base32hex(struct text *text, struct slice bytes);

/** Reading them; white space is skipped in hex and base64. STATUS_NO_SPACE, STATUS_MALFORMED. */
enum status text_read_hex(const char *text, struct sink *out);
enum status text_read_base64(const char *text, struct sink *out);
enum status text_read_base32hex(const char *text, struct sink *out);

/** A whole decimal number, nothing before or behind it. STATUS_MALFORMED, STATUS_LIMIT. */
enum status text_read_u64(const char *text, uint64_t most, uint64_t *out);

/**
 * The next character of a text as it stands within quotes in JSON (RFC 8259 section 7). An
 * octet that is no UTF-8 (RFC 3629 section 4) is told as the Latin-1 character that it would
 * be, so that the result is always valid; control characters, those behind ASCII included, are
 * never passed on as they are.
 * @param at moved behind it; not at the end of the text. @return octets in `out`.
 */
enum { TEXT_JSON_MAX = 6 };
size_t text_json_char(const char **at, char out[TEXT_JSON_MAX]);

/** ASCII only, whatever the locale. */
char text_lower(char character);
bool text_equal_nocase(const char *a, const char *b);

/** Levenshtein distance for "nearest known name", at most `most` + 1. */
size_t text_distance(const char *a, const char *b, size_t most);

/** Seconds since 1970 of "YYYYMMDDHHmmSS" in UTC (RFC 4034 section 3.2). */
enum status text_read_time(const char *text, int64_t *seconds);
/** The reverse, 14 digits and a NUL. */
void text_time(int64_t seconds, char out[15]);

#endif
