/*
 * rdata_loc.c - the location of RFC 1876: angles, altitude and sizes, in whole numbers
 * throughout.
 *
 * Called through the table of rdata_field.def only.
 */
#include <string.h>

#include "util/wire/rdata_field.h"

enum {
    DEGREE = 3600 * 1000, /* thousandths of a second of arc */
    MINUTE = 60 * 1000,
    ALTITUDE_BASE_CM = 10000000
};

static const uint32_t equator = (uint32_t)1 << 31; /* and prime meridian */

/* Sixteen octets in version 0; others are not defined. */
void field_loc_skip(struct cursor *in)
{
    if (cursor_u8(in) == 0)
        cursor_bytes(in, 15);
    else
        cursor_rest(in);
}

/* ---- text out ---- */

/* RFC 1876 section 2: four bits each for a digit and a power of ten, in centimetres. */
static void print_size(struct text *out, struct cursor *in, uint8_t size)
{
    unsigned digit = size >> 4, power = size & 15;
    uint64_t cm = digit;

    /* Zero has many forms, of which text can say one. */
    if (digit > 9 || power > 9 || (digit == 0 && power != 0))
        cursor_fail(in);
    for (unsigned i = 0; i < power; i++)
        cm *= 10;
    text_printf(out, " %llu.%02llum", (unsigned long long)(cm / 100),
                (unsigned long long)(cm % 100));
}

static void print_angle(struct text *out, struct cursor *in, uint32_t angle, uint32_t degrees,
                        const char *letters)
{
    bool is_negative = angle < equator;
    uint32_t value = is_negative ? equator - angle : angle - equator;

    if (value > degrees * DEGREE)
        cursor_fail(in);
    text_printf(out, "%lu %lu %lu.%03lu %c ", (unsigned long)(value / DEGREE),
                (unsigned long)(value / MINUTE % 60), (unsigned long)(value / 1000 % 60),
                (unsigned long)(value % 1000), letters[is_negative]);
}

void field_loc_print(struct text *out, struct cursor *in)
{
    uint8_t version = cursor_u8(in), size = cursor_u8(in);
    uint8_t horizontal = cursor_u8(in), vertical = cursor_u8(in);
    uint32_t latitude = cursor_u32(in), longitude = cursor_u32(in);
    int64_t altitude_cm = (int64_t)cursor_u32(in) - ALTITUDE_BASE_CM;
    unsigned long long above =
        (unsigned long long)(altitude_cm < 0 ? -altitude_cm : altitude_cm);

    if (version != 0)
        cursor_fail(in);
    print_angle(out, in, latitude, 90, "NS");
    print_angle(out, in, longitude, 180, "EW");
    text_printf(out, "%s%llu.%02llum", altitude_cm < 0 ? "-" : "", above / 100, above % 100);
    print_size(out, in, size);
    print_size(out, in, horizontal);
    print_size(out, in, vertical);
}

/* ---- text in ---- */

/* A decimal fraction as a whole number of its last digit: "1.5" with 3 digits is 1500. */
static uint64_t read_fraction(struct rdata_source *in, const char *text, unsigned digits,
                              uint64_t most)
{
    size_t whole = strspn(text, "0123456789");
    uint64_t value = 0;
    const char *fraction = text + whole;

    if (whole == 0 || whole > 10)
        source_fail(in, "not a decimal number");
    for (size_t i = 0; i < whole && i < 10; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    if (*fraction == '.')
        fraction++;
    for (unsigned i = 0; i < digits; i++) {
        bool has_digit = *fraction >= '0' && *fraction <= '9';

        value = value * 10 + (has_digit ? (uint64_t)(*fraction++ - '0') : 0);
    }
    if (*fraction != '\0' || value > most)
        source_fail(in, "not a decimal number, too large, or with too many digits");
    return value;
}

/* The next word without the letter m at its end. */
static const char *source_metres(struct rdata_source *in)
{
    size_t size = strlen(source_word(in));

    if (size > 0 && text_lower(in->scratch[size - 1]) == 'm')
        in->scratch[size - 1] = '\0';
    return in->scratch;
}

/* RFC 1876 section 3: degrees, then minutes and seconds that may be left out, then a letter. */
static uint32_t source_angle(struct rdata_source *in, uint32_t degrees, const char *letters)
{
    uint64_t value = source_number(in, degrees) * DEGREE;
    const char *word = source_word(in);

    if (*word >= '0' && *word <= '9') {
        value += read_number(in, word, 59) * MINUTE;
        word = source_word(in);
    }
    if (*word >= '0' && *word <= '9') {
        value += read_fraction(in, word, 3, 59999);
        word = source_word(in);
    }
    if (value > (uint64_t)degrees * DEGREE)
        source_fail(in, "more degrees than there are");
    if (in->why == NULL && (strlen(word) != 1 || strchr(letters, *word) == NULL))
        source_fail(in, "an angle ends with N or S, or with E or W");
    return *word == letters[0] ? equator + (uint32_t)value : equator - (uint32_t)value;
}

static uint32_t source_altitude(struct rdata_source *in)
{
    const char *word = source_metres(in);
    bool is_negative = *word == '-';
    uint64_t most = is_negative ? ALTITUDE_BASE_CM : UINT32_MAX - ALTITUDE_BASE_CM;
    uint64_t cm = read_fraction(in, word + is_negative, 2, most);

    return (uint32_t)(is_negative ? ALTITUDE_BASE_CM - cm : ALTITUDE_BASE_CM + cm);
}

/* Digits behind the first are cut off, as there is no room for them. */
static uint8_t source_size(struct rdata_source *in, uint8_t otherwise)
{
    uint64_t cm, power = 0;

    if (!in->has_next)
        return otherwise;
    cm = read_fraction(in, source_metres(in), 2, 9999999999);
    for (; cm > 9; cm /= 10)
        power++;
    return (uint8_t)(cm << 4 | power);
}

void field_loc_parse(struct rdata_source *in, struct sink *out)
{
    uint32_t latitude = source_angle(in, 90, "NS");
    uint32_t longitude = source_angle(in, 180, "EW");
    uint32_t altitude = source_altitude(in);

    sink_u8(out, 0);
    sink_u8(out, source_size(in, 0x12)); /* 1 m */
    sink_u8(out, source_size(in, 0x16)); /* 10,000 m */
    sink_u8(out, source_size(in, 0x13)); /* 10 m */
    sink_u32(out, latitude);
    sink_u32(out, longitude);
    sink_u32(out, altitude);
}
