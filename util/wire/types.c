/*
 * types.c - names of types, classes, rcodes and the rest, written from their tables.
 *
 * Called by everything that prints or reads presentation form. Unknown numbers have a text form
 * too (RFC 3597 section 5), so that no value is unprintable.
 */
#include "util/wire/types.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

struct name {
    const char *text;
    uint16_t number;
};

static const struct name rrtype_names[] = {
#define RRTYPE(name, number) {#name, number},
#include "util/wire/rrtype.def"
#undef RRTYPE
};

static const struct name rcode_names[] = {
#define RCODE(name, number) {#name, number},
#include "util/wire/rcode.def"
#undef RCODE
};

static const struct name rrclass_names[] = {
    {"IN", CLASS_IN},     {"CH", CLASS_CH},   {"HS", CLASS_HS},
    {"NONE", CLASS_NONE}, {"ANY", CLASS_ANY},
};

static const struct name opcode_names[] = {
    {"QUERY", OPCODE_QUERY},   {"IQUERY", OPCODE_IQUERY}, {"STATUS", OPCODE_STATUS},
    {"NOTIFY", OPCODE_NOTIFY}, {"UPDATE", OPCODE_UPDATE}, {"DSO", OPCODE_DSO},
};

/* "_" in the tables is "-" in the registry. */
static char spelled(char character)
{
    return character == '_' ? '-' : character;
}

static const char *to_text(const char *known, const char *prefix, unsigned number,
                           char out[TYPE_TEXT_MAX])
{
    size_t used = 0;

    if (known == NULL) {
        snprintf(out, TYPE_TEXT_MAX, "%s%u", prefix, number & 0xffff);
        return out;
    }
    for (; known[used] != '\0' && used < TYPE_TEXT_MAX - 1; used++)
        out[used] = spelled(known[used]);
    out[used] = '\0';
    return out;
}

static const char *find_text(const struct name *names, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].text;
    return NULL;
}

static bool same_name(const char *known, const char *text)
{
    for (; *known != '\0'; known++, text++)
        if (text_lower(spelled(*known)) != text_lower(*text))
            return false;
    return *text == '\0';
}

static enum status from_text(const struct name *names, size_t count, const char *prefix,
                             const char *text, uint16_t *out)
{
    size_t size = strlen(prefix);
    uint64_t number;

    for (size_t i = 0; i < count; i++) {
        if (same_name(names[i].text, text)) {
            *out = names[i].number;
            return STATUS_OK;
        }
    }
    for (size_t i = 0; i < size; i++)
        if (text_lower(text[i]) != text_lower(prefix[i]))
            return STATUS_MALFORMED;
    if (text_read_u64(text + size, UINT16_MAX, &number) != STATUS_OK)
        return STATUS_MALFORMED;
    *out = (uint16_t)number;
    return STATUS_OK;
}

const char *rrtype_to_text(uint16_t type, char out[TYPE_TEXT_MAX])
{
    const char *known = NULL;

    switch (type) { /* the compiler makes a jump table of it */
#define RRTYPE(name, number)                                                                   \
    case number:                                                                               \
        known = #name;                                                                         \
        break;
#include "util/wire/rrtype.def"
#undef RRTYPE
    default: break;
    }
    return to_text(known, "TYPE", type, out);
}

enum status rrtype_from_text(const char *text, uint16_t *out)
{
    return from_text(rrtype_names, COUNT(rrtype_names), "TYPE", text, out);
}

const char *rrclass_to_text(uint16_t class_, char out[TYPE_TEXT_MAX])
{
    return to_text(find_text(rrclass_names, COUNT(rrclass_names), class_), "CLASS", class_,
                   out);
}

enum status rrclass_from_text(const char *text, uint16_t *out)
{
    return from_text(rrclass_names, COUNT(rrclass_names), "CLASS", text, out);
}

const char *rcode_to_text(uint16_t rcode, char out[TYPE_TEXT_MAX])
{
    return to_text(find_text(rcode_names, COUNT(rcode_names), rcode), "RCODE", rcode, out);
}

enum status rcode_from_text(const char *text, uint16_t *out)
{
    return from_text(rcode_names, COUNT(rcode_names), "RCODE", text, out);
}

const char *opcode_to_text(uint8_t opcode, char out[TYPE_TEXT_MAX])
{
    return to_text(find_text(opcode_names, COUNT(opcode_names), opcode), "OPCODE", opcode, out);
}

const char *ede_words(uint16_t code)
{
    switch (code) {
#define EDE(name, number, words)                                                               \
    case number:                                                                               \
        return words;
#include "util/wire/ede.def"
#undef EDE
    default: return "Unknown";
    }
}

bool rrtype_is_meta(uint16_t type)
{
    return type == 0 || type == TYPE_OPT || (type >= 128 && type <= 255);
}
