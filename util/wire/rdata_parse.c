/*
 * rdata_parse.c - rdata out of presentation form, and how each common field is read.
 *
 * Called by text_rr.c and through rdata_from_text. The text comes from files and options, so
 * the first failure is kept as words for whoever wrote it. What was read is checked against the
 * layout at the end, whatever form it came in.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "util/wire/rdata_field.h"

enum { RDATA_MAX = 65535 };

/* ---- words ---- */

void source_fail(struct rdata_source *in, const char *why)
{
    if (in->why == NULL)
        in->why = why;
    in->has_next = false;
}

static void source_advance(struct rdata_source *in)
{
    in->has_next = rr_words_next(&in->words, &in->next);
    if (in->words.why != NULL)
        source_fail(in, in->words.why);
}

/* The look-ahead word, which is then used up. */
static struct rr_word source_take(struct rdata_source *in)
{
    struct rr_word word = in->next;

    if (!in->has_next) {
        source_fail(in, "a field is missing");
        return (struct rr_word){"", 0, false};
    }
    source_advance(in);
    return word;
}

const char *source_word(struct rdata_source *in)
{
    struct rr_word word = source_take(in);

    memcpy(in->scratch, word.at, word.size);
    in->scratch[word.size] = '\0';
    return in->scratch;
}

const char *source_rest(struct rdata_source *in)
{
    size_t used = 0;

    while (in->has_next) {
        struct rr_word word = source_take(in);

        memcpy(in->scratch + used, word.at, word.size);
        used += word.size;
    }
    in->scratch[used] = '\0';
    return in->scratch;
}

struct slice source_unescape(struct rdata_source *in, struct rr_word word, char *room)
{
    bool broken = false;
    size_t used = 0;
    uint8_t octet;

    while (rr_word_octet(&word, &octet, &broken))
        room[used++] = (char)octet;
    if (broken)
        source_fail(in, "a backslash needs a character or three digits up to 255");
    return slice_of(room, used);
}

struct slice source_string(struct rdata_source *in)
{
    return source_unescape(in, source_take(in), in->scratch);
}

/* ---- the whole ---- */

static void parse_layout(struct rdata_source *in, const char *layout, struct sink *out)
{
    struct layout_walk walk = {layout, false};
    char letter;

    while (in->why == NULL && (letter = layout_next(&walk, in->has_next)) != '\0')
        rdata_field(letter)->parse(in, out);
}

/* RFC 3597 section 5: "\#", the number of octets, the octets in hexadecimal. */
static void parse_generic(struct rdata_source *in, struct sink *out)
{
    uint64_t size;

    source_advance(in);
    size = source_number(in, RDATA_MAX);
    read_coded(in, text_read_hex, source_rest(in), out);
    if (in->why == NULL && out->used != size)
        source_fail(in, "the number behind \\# is not that of the octets");
}

static bool is_generic(const struct rdata_source *in)
{
    return in->has_next && !in->next.quoted && in->next.size == 2 &&
           memcmp(in->next.at, "\\#", 2) == 0;
}

static void parse_rdata(struct rdata_source *in, struct sink *out, uint16_t type,
                        uint16_t rrclass)
{
    const char *layout = rdata_layout(type, rrclass);

    source_advance(in);
    if (is_generic(in))
        parse_generic(in, out);
    else if (layout == NULL)
        source_fail(in, "data of this type is written as \\# and hexadecimal digits");
    else
        parse_layout(in, layout, out);
    if (in->has_next)
        source_fail(in, "more fields than the type has");
    if (sink_failed(out))
        source_fail(in, "data of more than 65535 octets");
    if (in->why == NULL && !rdata_check(sink_written(out), type, rrclass))
        source_fail(in, "not well-formed data of the type");
}

enum status rdata_parse(struct rr_words *words, uint16_t type, uint16_t rrclass,
                        const struct dname *origin, struct arena *arena, struct slice *out,
                        const char **why)
{
    struct rdata_source in = {.words = *words, .origin = origin};
    struct rr_words to_end = *words;
    struct rr_word word;
    struct sink sink;
    size_t room;
    char *scratch;

    while (rr_words_next(&to_end, &word))
        ;
    room = (size_t)(to_end.at - words->at) + 1;
    scratch = (char *)malloc(room + RDATA_MAX);
    *out = slice_of(NULL, 0);
    *why = "out of memory";
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    in.scratch = scratch;
    sink = sink_of(scratch + room, RDATA_MAX);
    parse_rdata(&in, &sink, type, rrclass);
    if (in.why == NULL)
        *out = arena_copy(arena, sink_written(&sink));
    free(scratch);
    *words = to_end;
    if (in.why != NULL) {
        *why = in.why;
        return STATUS_MALFORMED;
    }
    return out->data == NULL && sink.used != 0 ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status rdata_from_text(const char *text, uint16_t type, uint16_t rrclass,
                            const struct dname *origin, struct arena *arena, struct slice *out)
{
    struct rr_words words = rr_words_of(text, 1);
    const char *why;
    enum status status = rdata_parse(&words, type, rrclass, origin, arena, out, &why);

    /* Line ends may follow, but not a second record. */
    if (status == STATUS_OK && words.at[strspn(words.at, " \t\r\n")] != '\0')
        status = STATUS_MALFORMED;
    return status;
}

/* ---- shared ---- */

uint64_t read_number(struct rdata_source *in, const char *text, uint64_t most)
{
    uint64_t number = 0;

    if (in->why == NULL && text_read_u64(text, most, &number) != STATUS_OK)
        source_fail(in, "not a number, or too large a one");
    return number;
}

uint64_t source_number(struct rdata_source *in, uint64_t most)
{
    return read_number(in, source_word(in), most);
}

void read_coded(struct rdata_source *in, enum status (*read)(const char *, struct sink *),
                const char *text, struct sink *out)
{
    enum status status = in->why == NULL ? read(text, out) : STATUS_OK;

    if (status == STATUS_MALFORMED)
        source_fail(in, "not hexadecimal or base64 digits as they should be");
}

void read_address(struct rdata_source *in, const char *text, size_t octets, struct sink *out)
{
    uint8_t address[16];

    if (in->why == NULL && inet_pton(octets == 4 ? AF_INET : AF_INET6, text, address) != 1)
        source_fail(in, octets == 4 ? "not an IPv4 address" : "not an IPv6 address");
    if (in->why == NULL)
        sink_bytes(out, slice_of(address, octets));
}

static uint32_t unit_seconds(char unit)
{
    switch (text_lower(unit)) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 7 * 86400;
    default: return 0;
    }
}

bool read_period(const char *text, uint32_t *seconds)
{
    uint64_t total = 0;

    if (*text == '\0')
        return false;
    while (*text != '\0') {
        uint64_t number = 0;
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 10)
            return false;
        for (size_t i = 0; i < digits; i++)
            number = number * 10 + (uint64_t)(text[i] - '0');
        text += digits;
        if (*text != '\0') {
            number *= unit_seconds(*text);
            if (unit_seconds(*text++) == 0)
                return false;
        }
        total += number;
        if (total > UINT32_MAX)
            return false;
    }
    *seconds = (uint32_t)total;
    return true;
}

/* The last dot ends the name unless a backslash makes it a character of the label. */
static bool is_absolute(const char *text)
{
    size_t size = strlen(text), backslashes = 0;

    if (size == 0 || text[size - 1] != '.')
        return false;
    while (backslashes + 1 < size && text[size - 2 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 0;
}

enum status read_name(const char *text, const struct dname *origin, uint8_t storage[DNAME_MAX],
                      struct dname *out)
{
    struct dname end = origin == NULL ? dname_root : *origin;
    uint8_t relative[DNAME_MAX];
    struct dname name;

    if (strcmp(text, "@") == 0) {
        *out = dname_store(end, storage);
        return STATUS_OK;
    }
    if (dname_from_text(text, relative, &name) != STATUS_OK)
        return STATUS_MALFORMED;
    if (is_absolute(text))
        end = dname_root;
    if (dname_join(name, name.labels, end, storage, out) != STATUS_OK)
        return STATUS_MALFORMED;
    return STATUS_OK;
}

/* ---- numbers ---- */

void field_u8_parse(struct rdata_source *in, struct sink *out)
{
    sink_u8(out, (uint8_t)source_number(in, UINT8_MAX));
}

void field_u16_parse(struct rdata_source *in, struct sink *out)
{
    sink_u16(out, (uint16_t)source_number(in, UINT16_MAX));
}

void field_u32_parse(struct rdata_source *in, struct sink *out)
{
    sink_u32(out, (uint32_t)source_number(in, UINT32_MAX));
}

void field_u48_parse(struct rdata_source *in, struct sink *out)
{
    sink_u48(out, source_number(in, ((uint64_t)1 << 48) - 1));
}

void field_u64_parse(struct rdata_source *in, struct sink *out)
{
    uint64_t number = source_number(in, UINT64_MAX);

    sink_u32(out, (uint32_t)(number >> 32));
    sink_u32(out, (uint32_t)number);
}

void field_period_parse(struct rdata_source *in, struct sink *out)
{
    uint32_t seconds = 0;

    if (!read_period(source_word(in), &seconds))
        source_fail(in, "not a number of seconds, nor one with units (1h30m)");
    sink_u32(out, seconds);
}

struct mnemonic {
    const char *name;
    uint16_t number;
};

/* A number, or one of the names. */
static uint16_t source_mnemonic(struct rdata_source *in, const struct mnemonic *names,
                                size_t count, uint16_t most)
{
    const char *word = source_word(in);

    for (size_t i = 0; i < count; i++)
        if (text_equal_nocase(names[i].name, word))
            return names[i].number;
    return (uint16_t)read_number(in, word, most);
}

void field_algorithm_parse(struct rdata_source *in, struct sink *out)
{
    static const struct mnemonic names[] = {
        {"RSAMD5", 1},
        {"DH", 2},
        {"DSA", 3},
        {"RSASHA1", 5},
        {"DSA-NSEC3-SHA1", 6},
        {"RSASHA1-NSEC3-SHA1", 7},
        {"RSASHA256", 8},
        {"RSASHA512", 10},
        {"ECC-GOST", 12},
        {"ECDSAP256SHA256", 13},
        {"ECDSAP384SHA384", 14},
        {"ED25519", 15},
        {"ED448", 16},
        {"SM2SM3", 17},
        {"ECC-GOST12", 23},
        {"INDIRECT", 252},
        {"PRIVATEDNS", 253},
        {"PRIVATEOID", 254},
    };

    sink_u8(out, (uint8_t)source_mnemonic(in, names, COUNT(names), UINT8_MAX));
}

void field_cert_type_parse(struct rdata_source *in, struct sink *out)
{
    static const struct mnemonic names[] = {
        {"PKIX", 1}, {"SPKI", 2},   {"PGP", 3},     {"IPKIX", 4}, {"ISPKI", 5},
        {"IPGP", 6}, {"ACPKIX", 7}, {"IACPKIX", 8}, {"URI", 253}, {"OID", 254},
    };

    sink_u16(out, source_mnemonic(in, names, COUNT(names), UINT16_MAX));
}

void field_scheme_parse(struct rdata_source *in, struct sink *out)
{
    static const struct mnemonic names[] = {{"NOTIFY", 1}};

    sink_u8(out, (uint8_t)source_mnemonic(in, names, COUNT(names), UINT8_MAX));
}

static uint16_t source_type(struct rdata_source *in)
{
    uint16_t type = 0;

    if (rrtype_from_text(source_word(in), &type) != STATUS_OK)
        source_fail(in, "not a record type");
    return type;
}

void field_type_parse(struct rdata_source *in, struct sink *out)
{
    sink_u16(out, source_type(in));
}

/* RFC 4034 section 3.2: 14 digits are a date, up to 10 a number of seconds; both modulo 2^32.
 */
void field_time_parse(struct rdata_source *in, struct sink *out)
{
    const char *word = source_word(in);
    int64_t seconds = 0;

    if (strlen(word) != 14)
        seconds = (int64_t)read_number(in, word, UINT32_MAX);
    else if (text_read_time(word, &seconds) != STATUS_OK)
        source_fail(in, "not a date as YYYYMMDDHHmmSS");
    sink_u32(out, (uint32_t)seconds);
}

/* ---- addresses and identifiers ---- */

void field_ip4_parse(struct rdata_source *in, struct sink *out)
{
    read_address(in, source_word(in), 4, out);
}

void field_ip6_parse(struct rdata_source *in, struct sink *out)
{
    read_address(in, source_word(in), 16, out);
}

/* So many groups of up to so many hexadecimal digits, each of them 16 or 8 bits. */
static void parse_groups(struct rdata_source *in, size_t groups, size_t digits, char separator,
                         struct sink *out)
{
    const char *word = source_word(in);

    for (size_t i = 0; i < groups; i++) {
        size_t size = strspn(word, "0123456789abcdefABCDEF");
        char wanted = i + 1 == groups ? '\0' : separator;
        unsigned long value = strtoul(word, NULL, 16);

        if (size == 0 || size > digits || word[size] != wanted) {
            source_fail(in, "not groups of hexadecimal digits as they should be");
            return;
        }
        if (digits > 2)
            sink_u16(out, (uint16_t)value);
        else
            sink_u8(out, (uint8_t)value);
        word += size + 1;
    }
}

void field_locator_parse(struct rdata_source *in, struct sink *out)
{
    parse_groups(in, 4, 4, ':', out);
}

void field_eui48_parse(struct rdata_source *in, struct sink *out)
{
    parse_groups(in, 6, 2, '-', out);
}

void field_eui64_parse(struct rdata_source *in, struct sink *out)
{
    parse_groups(in, 8, 2, '-', out);
}

/* ---- names and strings ---- */

void field_name_parse(struct rdata_source *in, struct sink *out)
{
    uint8_t storage[DNAME_MAX];
    struct dname name;
    const char *word = source_word(in);

    if (in->why == NULL && read_name(word, in->origin, storage, &name) != STATUS_OK)
        source_fail(in, "not a domain name");
    if (in->why == NULL)
        dname_write(out, name);
}

void field_string_parse(struct rdata_source *in, struct sink *out)
{
    struct slice string = source_string(in);

    if (string.size > UINT8_MAX)
        source_fail(in, "a string of more than 255 octets");
    sink_u8(out, (uint8_t)string.size);
    sink_bytes(out, string);
}

void field_tag_parse(struct rdata_source *in, struct sink *out)
{
    field_string_parse(in, out);
}

void field_long_string_parse(struct rdata_source *in, struct sink *out)
{
    sink_bytes(out, source_string(in));
}

/* ---- octets ---- */

void field_hex_parse(struct rdata_source *in, struct sink *out)
{
    if (!in->has_next)
        source_fail(in, "a field is missing");
    read_coded(in, text_read_hex, source_rest(in), out);
}

void field_base64_parse(struct rdata_source *in, struct sink *out)
{
    if (!in->has_next)
        source_fail(in, "a field is missing");
    read_coded(in, text_read_base64, source_rest(in), out);
}

void field_base64_dash_parse(struct rdata_source *in, struct sink *out)
{
    const char *rest = source_rest(in);

    if (strcmp(rest, "-") != 0)
        read_coded(in, text_read_base64, rest, out);
}

void field_base64_sized_parse(struct rdata_source *in, struct sink *out)
{
    uint16_t size = (uint16_t)source_number(in, UINT16_MAX);
    size_t before;

    sink_u16(out, size);
    before = out->used;
    if (size != 0)
        read_coded(in, text_read_base64, source_word(in), out);
    if (!sink_failed(out) && out->used - before != size)
        source_fail(in, "the length is not that of the octets behind it");
}

/* Octets behind a length of one octet. */
static void parse_sized(struct rdata_source *in,
                        enum status (*read)(const char *, struct sink *), const char *text,
                        struct sink *out)
{
    size_t before = out->used, size;

    sink_u8(out, 0);
    read_coded(in, read, text, out);
    if (sink_failed(out))
        return;
    size = out->used - before - 1;
    if (size > UINT8_MAX)
        source_fail(in, "a field of more than 255 octets");
    out->base[before] = (uint8_t)size;
}

void field_salt_parse(struct rdata_source *in, struct sink *out)
{
    const char *word = source_word(in);

    parse_sized(in, text_read_hex, strcmp(word, "-") == 0 ? "" : word, out);
}

void field_hash_parse(struct rdata_source *in, struct sink *out)
{
    parse_sized(in, text_read_base32hex, source_word(in), out);
}

/* ---- type bitmaps ---- */

/* The octets of a window up to the last that is not zero. */
static size_t window_size(const uint8_t *bits, size_t most)
{
    while (most > 0 && bits[most - 1] == 0)
        most--;
    return most;
}

static void source_types(struct rdata_source *in, uint8_t *bits)
{
    while (in->has_next) {
        uint16_t type = source_type(in);

        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
    }
}

void field_bitmap_parse(struct rdata_source *in, struct sink *out)
{
    uint8_t bits[65536 / 8] = {0};

    source_types(in, bits);
    for (size_t window = 0; window < 256; window++) {
        size_t size = window_size(bits + window * 32, 32);

        if (size == 0)
            continue;
        sink_u8(out, (uint8_t)window);
        sink_u8(out, (uint8_t)size);
        sink_bytes(out, slice_of(bits + window * 32, size));
    }
}

void field_old_bitmap_parse(struct rdata_source *in, struct sink *out)
{
    uint8_t bits[65536 / 8] = {0};

    source_types(in, bits);
    if (window_size(bits, sizeof(bits)) > 16 || (bits[0] & 0x80) != 0)
        source_fail(in, "only types from 1 to 127 can stand here");
    sink_bytes(out, slice_of(bits, window_size(bits, 16)));
}
