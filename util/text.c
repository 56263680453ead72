/*
 * text.c - growing text, and the codings of DNS text forms.
 *
 * Called by whoever prints or reads presentation form or configuration. Nothing here looks at
 * the locale or at a clock.
 */
#include "util/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_FIRST = 64 };

struct text text_in(struct arena *arena)
{
    return (struct text){.arena = arena};
}

/* Room for `size` more characters and a NUL. The outgrown piece stays behind in the arena;
 * since pieces double, all of them together are no larger than the last one. */
static char *text_room(struct text *text, size_t size)
{
    size_t wanted;
    char *larger;

    if (text->failed)
        return NULL;
    if (text->size - text->used > size)
        return text->chars + text->used;
    wanted = size_max(TEXT_FIRST, text->size * 2);
    wanted = size_max(wanted, text->used + size + 1);
    larger = (char *)arena_bytes(text->arena, wanted);
    if (larger == NULL) {
        text->failed = true;
        return NULL;
    }
    if (text->used != 0)
        memcpy(larger, text->chars, text->used);
    larger[text->used] = '\0';
    text->chars = larger;
    text->size = wanted;
    return larger + text->used;
}

static void text_grown(struct text *text, size_t size)
{
    text->used += size;
    text->chars[text->used] = '\0';
}

void text_add_slice(struct text *text, struct slice bytes)
{
    char *room = text_room(text, bytes.size);

    if (room == NULL)
        return;
    if (bytes.size != 0)
        memcpy(room, bytes.data, bytes.size);
    text_grown(text, bytes.size);
}

void text_add(struct text *text, const char *words)
{
    text_add_slice(text, slice_of(words, strlen(words)));
}

void text_add_char(struct text *text, char character)
{
    text_add_slice(text, slice_of(&character, 1));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;
    char *room;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0) {
        text->failed = true;
        return;
    }
    room = text_room(text, (size_t)size);
    if (room == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(room, (size_t)size + 1, format, arguments);
    va_end(arguments);
    text_grown(text, (size_t)size);
}

char *text_done(struct text *text)
{
    return text_room(text, 0) == NULL ? NULL : text->chars;
}

/* ---- codings ---- */

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base32hex_digits[] = "0123456789abcdefghijklmnopqrstuv";

void text_add_hex(struct text *text, struct slice bytes)
{
    char *room = text_room(text, bytes.size * 2);

    if (room == NULL)
        return;
    for (size_t i = 0; i < bytes.size; i++) {
        *room++ = hex_digits[bytes.data[i] >> 4];
        *room++ = hex_digits[bytes.data[i] & 15];
    }
    text_grown(text, bytes.size * 2);
}

/* Takes the octets apart into digits of so many bits, the last one filled up with zero bits. */
static size_t put_digits(char *room, struct slice bytes, unsigned digit_bits,
                         const char *digits)
{
    uint32_t held = 0, mask = BIT(digit_bits) - 1;
    unsigned held_bits = 0;
    size_t used = 0;

    for (size_t i = 0; i < bytes.size; i++) {
        held = held << 8 | bytes.data[i];
        held_bits += 8;
        while (held_bits >= digit_bits) {
            held_bits -= digit_bits;
            room[used++] = digits[held >> held_bits & mask];
        }
    }
    if (held_bits > 0)
        room[used++] = digits[held << (digit_bits - held_bits) & mask];
    return used;
}

void text_add_base64(struct text *text, struct slice bytes)
{
    char *room = text_room(text, (bytes.size + 2) / 3 * 4);
    size_t used;

    if (room == NULL)
        return;
    used = put_digits(room, bytes, 6, base64_digits);
    while (used % 4 != 0)
        room[used++] = '=';
    text_grown(text, used);
}

void text_add_base32hex(struct text *text, struct slice bytes)
{
    char *room = text_room(text, (bytes.size * 8 + 4) / 5);

    if (room != NULL)
        text_grown(text, put_digits(room, bytes, 5, base32hex_digits));
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static int digit_value(char character, const char *digits, unsigned digit_bits)
{
    /* All but base64 are written in either case. */
    const char *at = strchr(digits, digit_bits == 6 ? character : text_lower(character));

    return character == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/*
 * Puts digits together into octets, up to the end of the text or a '='. *rest gives what
 * follows, *count the number of digits. Bits that fill the last digit up must be zero, so that
 * every value has one text form only (RFC 4648 section 3.5).
 */
static enum status take_digits(const char *text, const char *digits, unsigned digit_bits,
                               struct sink *out, const char **rest, size_t *count)
{
    uint32_t held = 0;
    unsigned held_bits = 0;

    for (*count = 0; *text != '\0' && *text != '='; text++) {
        int value;

        if (is_space(*text) && digit_bits != 5)
            continue;
        value = digit_value(*text, digits, digit_bits);
        if (value < 0)
            return STATUS_MALFORMED;
        held = (held << digit_bits | (uint32_t)value) & 0xffff;
        held_bits += digit_bits;
        ++*count;
        if (held_bits >= 8) {
            held_bits -= 8;
            sink_u8(out, (uint8_t)(held >> held_bits));
        }
    }
    *rest = text;
    if (held_bits >= digit_bits || (held & (BIT(held_bits) - 1)) != 0)
        return STATUS_MALFORMED; /* a digit too many, or stray bits */
    return sink_failed(out) ? STATUS_NO_SPACE : STATUS_OK;
}

enum status text_read_hex(const char *text, struct sink *out)
{
    const char *rest;
    size_t count;
    enum status status = take_digits(text, hex_digits, 4, out, &rest, &count);

    if (status == STATUS_OK && *rest != '\0')
        status = STATUS_MALFORMED;
    return status;
}

enum status text_read_base32hex(const char *text, struct sink *out)
{
    const char *rest;
    size_t count;
    enum status status = take_digits(text, base32hex_digits, 5, out, &rest, &count);

    if (status == STATUS_OK && *rest != '\0')
        status = STATUS_MALFORMED;
    return status;
}

enum status text_read_base64(const char *text, struct sink *out)
{
    const char *rest;
    size_t count, padding = 0;
    enum status status = take_digits(text, base64_digits, 6, out, &rest, &count);

    if (status != STATUS_OK)
        return status;
    for (; *rest != '\0'; rest++) {
        if (*rest == '=')
            padding++;
        else if (!is_space(*rest))
            return STATUS_MALFORMED;
    }
    return padding < 3 && (count + padding) % 4 == 0 ? STATUS_OK : STATUS_MALFORMED;
}

/* ---- numbers and words ---- */

enum status text_read_u64(const char *text, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;
    bool too_large = false;

    if (*text == '\0')
        return STATUS_MALFORMED;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (*text < '0' || *text > '9')
            return STATUS_MALFORMED;
        if (value > (UINT64_MAX - digit) / 10)
            too_large = true;
        else
            value = value * 10 + digit;
    }
    if (too_large || value > most)
        return STATUS_LIMIT;
    *out = value;
    return STATUS_OK;
}

/* How many octets the character at `at` has; 0: it is not UTF-8 (RFC 3629 section 4). */
static size_t utf8_size(const unsigned char *at)
{
    size_t size = at[0] >= 0xf5 ? 0 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc2 ? 2 : 0;

    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    /* Longer than need be, surrogates, and beyond the last character. */
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] >= 0x90))
        return 0;
    return size;
}

static size_t json_escape(unsigned character, char out[TEXT_JSON_MAX])
{
    static const char digits[] = "0123456789abcdef";

    memcpy(out, "\\u00", 4);
    out[4] = digits[character >> 4];
    out[5] = digits[character & 15];
    return 6;
}

size_t text_json_char(const char **at, char out[TEXT_JSON_MAX])
{
    const unsigned char *octets = (const unsigned char *)*at;
    size_t size = octets[0] < 0x80 ? 1 : utf8_size(octets);

    *at += size == 0 ? 1 : size;
    if (octets[0] == '"' || octets[0] == '\\') {
        out[0] = '\\';
        out[1] = *(const char *)octets;
        return 2;
    }
    if (size == 0 || octets[0] < 0x20 || octets[0] == 0x7f)
        return json_escape(octets[0], out);
    if (octets[0] == 0xc2 && octets[1] < 0xa0) /* control characters of ISO 6429, CSI among them */
        return json_escape(octets[1], out);
    memcpy(out, octets, size);
    return size;
}

char text_lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character + ('a' - 'A')) : character;
}

bool text_equal_nocase(const char *a, const char *b)
{
    for (; *a != '\0' && text_lower(*a) == text_lower(*b); a++)
        b++;
    return text_lower(*a) == text_lower(*b);
}

size_t text_distance(const char *a, const char *b, size_t most)
{
    enum { LONGEST = 63 };
    size_t before[LONGEST + 1], row[LONGEST + 1];
    size_t a_size = strlen(a), b_size = strlen(b);
    size_t gap = a_size > b_size ? a_size - b_size : b_size - a_size;

    if (gap > most || a_size > LONGEST || b_size > LONGEST)
        return most + 1;
    for (size_t j = 0; j <= b_size; j++)
        before[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t change = before[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = size_min(change, size_min(before[j], row[j - 1]) + 1);
        }
        memcpy(before, row, sizeof(row[0]) * (b_size + 1));
    }
    return size_min(before[b_size], most + 1);
}

/* ---- time ---- */

/* Days since 1970-01-01 in the Gregorian calendar; the year is taken to begin in March, so that
 * the day that comes and goes is its last. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t full_years = month > 2 ? year : year - 1;

    return full_years * 365 + full_years / 4 - full_years / 100 + full_years / 400 +
           (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static int64_t month_days(int64_t year, int64_t month)
{
    return (month == 12 ? days_of_date(year + 1, 1, 1) : days_of_date(year, month + 1, 1)) -
           days_of_date(year, month, 1);
}

static int64_t two_digits(const char *at)
{
    return (at[0] - '0') * 10 + (at[1] - '0');
}

enum status text_read_time(const char *text, int64_t *seconds)
{
    int64_t year, month, day, hour, minute, second;

    if (strlen(text) != 14 || strspn(text, "0123456789") != 14)
        return STATUS_MALFORMED;
    year = two_digits(text) * 100 + two_digits(text + 2);
    month = two_digits(text + 4);
    day = two_digits(text + 6);
    hour = two_digits(text + 8);
    minute = two_digits(text + 10);
    second = two_digits(text + 12);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return STATUS_MALFORMED;
    *seconds = ((days_of_date(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return STATUS_OK;
}

void text_time(int64_t seconds, char out[15])
{
    const int64_t last = 253402300799; /* 9999-12-31 23:59:59 */
    int64_t day_seconds, days, year, month;
    char digits[32];

    seconds = time_max(0, time_min(seconds, last));
    days = seconds / 86400;
    day_seconds = seconds % 86400;
    year = 1970 + days / 366; /* never too late; too early by some twenty years at most */
    while (days_of_date(year + 1, 1, 1) <= days)
        year++;
    month = 1;
    while (month < 12 && days_of_date(year, month + 1, 1) <= days)
        month++;
    snprintf(digits, sizeof(digits), "%04d%02d%02d%02d%02d%02d", (int)year, (int)month,
             (int)(days - days_of_date(year, month, 1) + 1), (int)(day_seconds / 3600),
             (int)(day_seconds / 60 % 60), (int)(day_seconds % 60));
    memcpy(out, digits, 14);
    out[14] = '\0';
}
