/*
 * anchor_xml.c - reads root-anchors.xml with libexpat.
 *
 * Life of a reading: expat calls element_begins, characters and element_ends. A small stack of
 * places says where in the document we are; what is unknown there is passed over with all that
 * is in it. The text of a known element is gathered in one buffer and understood at its end.
 * The first fault stops the parser and stays.
 */
#include "tools/anchor_xml.h"

#include <inttypes.h>
#include <string.h>

#include <expat.h>

#include "util/wire/text_rr.h"
#include "validator/digest.h"
#include "validator/zone_keys.h"

/* RFC 9718 section 2.1 nests three deep; more is allowed for what later versions may bring. */
enum { DEPTH_MAX = 16, TEXT_MAX = 8192, ATTRIBUTES_MAX = 16, ATTRIBUTE_MAX = 256 };

enum place {
    PLACE_OUTSIDE,
    PLACE_UNKNOWN,
    PLACE_ANCHOR,
    PLACE_ZONE,
    PLACE_DIGEST_ELEMENT,
    PLACE_KEY_TAG,
    PLACE_ALGORITHM,
    PLACE_DIGEST_TYPE,
    PLACE_DIGEST,
    PLACE_PUBLIC_KEY,
    PLACE_FLAGS,
    PLACES
};

/* The grammar of RFC 9718 section 2.1. */
static const struct {
    enum place in;
    const char *name;
    enum place is;
    bool has_text, mandatory;
} grammar[] = {
    {PLACE_OUTSIDE, "TrustAnchor", PLACE_ANCHOR, false, true},
    {PLACE_ANCHOR, "Zone", PLACE_ZONE, true, true},
    {PLACE_ANCHOR, "KeyDigest", PLACE_DIGEST_ELEMENT, false, true},
    {PLACE_DIGEST_ELEMENT, "KeyTag", PLACE_KEY_TAG, true, true},
    {PLACE_DIGEST_ELEMENT, "Algorithm", PLACE_ALGORITHM, true, true},
    {PLACE_DIGEST_ELEMENT, "DigestType", PLACE_DIGEST_TYPE, true, true},
    {PLACE_DIGEST_ELEMENT, "Digest", PLACE_DIGEST, true, true},
    {PLACE_DIGEST_ELEMENT, "PublicKey", PLACE_PUBLIC_KEY, true, false},
    {PLACE_DIGEST_ELEMENT, "Flags", PLACE_FLAGS, true, false},
};

struct reading {
    XML_Parser parser;
    struct arena *arena;
    const struct crypto *crypto;
    int64_t wall_s;
    struct anchor_xml *xml;
    struct xml_fault *fault;
    enum status status;

    enum place stack[DEPTH_MAX];
    unsigned depth;
    unsigned seen; /* bits of places: what the open KeyDigest has; or, for the zone, the file */
    bool zone_seen;
    char text[TEXT_MAX + 1];
    size_t text_size;

    /* of the open KeyDigest */
    struct key_digest open;
    uint64_t tag, algorithm, digest_type, flags;
    struct slice digest, public_key;
};

/* ---- faults ---- */

static void stop(struct reading *reading, enum status status, const char *why)
{
    if (reading->status != STATUS_OK)
        return;
    reading->status = why == NULL ? STATUS_NO_MEMORY : status;
    reading->fault->line = (unsigned)XML_GetCurrentLineNumber(reading->parser);
    reading->fault->column = (unsigned)XML_GetCurrentColumnNumber(reading->parser) + 1;
    reading->fault->why = why == NULL ? "out of memory" : why;
    XML_StopParser(reading->parser, XML_FALSE);
}

static void wrong(struct reading *reading, const char *why)
{
    stop(reading, STATUS_MALFORMED, why);
}

static enum place place_of(const struct reading *reading)
{
    return reading->depth == 0 ? PLACE_OUTSIDE : reading->stack[reading->depth - 1];
}

static const char *place_name(enum place place)
{
    for (size_t i = 0; i < COUNT(grammar); i++)
        if (grammar[i].is == place)
            return grammar[i].name;
    return "?";
}

/* ---- times ---- */

static bool take_digits(const char **at, unsigned count, char **out)
{
    for (; count > 0; count--) {
        if (**at < '0' || **at > '9')
            return false;
        *(*out)++ = *(*at)++;
    }
    return true;
}

static bool take_mark(const char **at, char mark)
{
    if (**at != mark)
        return false;
    (*at)++;
    return true;
}

/* "Z", "+hh:mm", "-hh:mm" or nothing. */
static bool take_zone(const char *at, int64_t *offset_s)
{
    char digits[5] = "", *out = digits;
    int64_t sign = *at == '-' ? -1 : 1, hours, minutes;

    *offset_s = 0;
    if (*at == '\0' || strcmp(at, "Z") == 0)
        return true;
    if (*at != '-' && *at != '+')
        return false;
    at++;
    if (!take_digits(&at, 2, &out) || !take_mark(&at, ':') || !take_digits(&at, 2, &out) ||
        *at != '\0')
        return false;
    hours = (digits[0] - '0') * 10 + (digits[1] - '0');
    minutes = (digits[2] - '0') * 10 + (digits[3] - '0');
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return hours <= 14 && minutes <= 59;
}

enum status xml_time_read(const char *text, int64_t *seconds)
{
    char digits[15] = "", *out = digits;
    int64_t offset_s;

    if (!take_digits(&text, 4, &out) || !take_mark(&text, '-') ||
        !take_digits(&text, 2, &out) || !take_mark(&text, '-') ||
        !take_digits(&text, 2, &out) || !take_mark(&text, 'T') ||
        !take_digits(&text, 2, &out) || !take_mark(&text, ':') ||
        !take_digits(&text, 2, &out) || !take_mark(&text, ':') || !take_digits(&text, 2, &out))
        return STATUS_MALFORMED;
    if (*text == '.') {
        size_t fraction = strspn(text + 1, "0123456789");

        if (fraction == 0)
            return STATUS_MALFORMED;
        text += 1 + fraction;
    }
    if (!take_zone(text, &offset_s) || text_read_time(digits, seconds) != STATUS_OK)
        return STATUS_MALFORMED;
    *seconds -= offset_s;
    return STATUS_OK;
}

/* ---- what one KeyDigest says ---- */

static void begin_digest(struct reading *reading, const char **attributes)
{
    bool from_seen = false;

    reading->seen = 0;
    reading->open = (struct key_digest){
        .until_s = INT64_MAX,
        .line = (unsigned)XML_GetCurrentLineNumber(reading->parser),
    };
    for (; *attributes != NULL; attributes += 2) {
        const char *name = attributes[0], *value = attributes[1];

        /* RFC 9718 section 2.2: the id is opaque and without meaning. */
        if (strcmp(name, "validFrom") == 0) {
            from_seen = true;
            if (xml_time_read(value, &reading->open.from_s) != STATUS_OK)
                wrong(reading, "validFrom is no time like 2017-02-02T00:00:00+00:00");
        } else if (strcmp(name, "validUntil") == 0 &&
                   xml_time_read(value, &reading->open.until_s) != STATUS_OK) {
            wrong(reading, "validUntil is no time like 2019-01-11T00:00:00+00:00");
        }
    }
    if (!from_seen)
        wrong(reading, "this KeyDigest has no validFrom");
}

/* RFC 9718 section 3.2: a digest that does not fit the key beside it must not be used. */
static bool is_of_its_key(struct reading *reading)
{
    const struct key_digest *open = &reading->open;
    uint8_t digest[DIGEST_MAX];
    struct dnskey key;

    if (!dnskey_read(open->key, &key) || !dnskey_is_usable(&key) || key.tag != reading->tag)
        return false;
    if (digest_ds(reading->crypto, (uint8_t)reading->digest_type, dname_root, open->key,
                  digest) != STATUS_OK)
        return false;
    return slice_equal(reading->digest, slice_of(digest, digest_size(open->ds.data[3])));
}

/* The order of the reasons: what will never do before what a later time may change. */
static enum digest_use judge(struct reading *reading)
{
    if (!algo_is_supported(reading->crypto, (uint8_t)reading->algorithm) ||
        !digest_is_supported(reading->crypto, (uint8_t)reading->digest_type))
        return DIGEST_UNSUPPORTED;
    if (reading->open.key.size > 0 && !is_of_its_key(reading))
        return DIGEST_NOT_ITS_KEY;
    /* RFC 9718 section 2.2: not to be used outside of validFrom and validUntil. */
    if (reading->wall_s < reading->open.from_s)
        return DIGEST_TOO_EARLY;
    return reading->wall_s >= reading->open.until_s ? DIGEST_OVER : DIGEST_GOOD;
}

/* Both records in the form that the rest of the house reads. */
static bool make_records(struct reading *reading)
{
    struct key_digest *open = &reading->open;
    uint8_t *ds = arena_bytes(reading->arena, 4 + reading->digest.size);
    uint8_t *key = arena_bytes(reading->arena, 4 + reading->public_key.size);

    if (ds == NULL || key == NULL)
        return false;
    bytes_put_u16(ds, (uint16_t)reading->tag);
    ds[2] = (uint8_t)reading->algorithm;
    ds[3] = (uint8_t)reading->digest_type;
    memcpy(ds + 4, reading->digest.data, reading->digest.size);
    open->ds = slice_of(ds, 4 + reading->digest.size);
    if ((reading->seen & BIT(PLACE_PUBLIC_KEY)) == 0)
        return true;
    bytes_put_u16(key, (uint16_t)reading->flags);
    key[2] = DNSKEY_PROTOCOL;
    key[3] = (uint8_t)reading->algorithm;
    memcpy(key + 4, reading->public_key.data, reading->public_key.size);
    open->key = slice_of(key, 4 + reading->public_key.size);
    return true;
}

static void end_digest(struct reading *reading)
{
    struct anchor_xml *xml = reading->xml;
    size_t size;

    for (size_t i = 0; i < COUNT(grammar); i++)
        if (grammar[i].in == PLACE_DIGEST_ELEMENT && grammar[i].mandatory &&
            (reading->seen & BIT(grammar[i].is)) == 0) {
            wrong(reading,
                  arena_printf(reading->arena, "this KeyDigest has no %s", grammar[i].name));
            return;
        }
    size = digest_size((uint8_t)reading->digest_type);
    if (size != 0 && reading->digest.size != size) {
        wrong(reading, "the digest has not the size of its type");
    } else if (((reading->seen >> PLACE_PUBLIC_KEY ^ reading->seen >> PLACE_FLAGS) & 1) != 0) {
        wrong(reading, "PublicKey and Flags only come together");
    } else if (xml->count == XML_DIGESTS_MAX) {
        stop(reading, STATUS_LIMIT, "too many KeyDigest elements");
    } else if (!make_records(reading)) {
        stop(reading, STATUS_NO_MEMORY, NULL);
    } else {
        reading->open.use = judge(reading);
        xml->digests[xml->count++] = reading->open;
    }
}

/* ---- what the elements with text say ---- */

/* The text of the element without blanks at both ends. */
static const char *trimmed(struct reading *reading)
{
    static const char blanks[] = " \t\r\n";
    char *text = reading->text;

    while (reading->text_size > 0 && strchr(blanks, text[reading->text_size - 1]) != NULL)
        reading->text_size--;
    text[reading->text_size] = '\0';
    return text + strspn(text, blanks);
}

static void take_number(struct reading *reading, enum place place, uint64_t most, uint64_t *out)
{
    if (text_read_u64(trimmed(reading), most, out) != STATUS_OK)
        wrong(reading, arena_printf(reading->arena, "%s is no number up to %" PRIu64,
                                    place_name(place), most));
}

static void take_octets(struct reading *reading, enum place place, struct slice *out)
{
    uint8_t octets[TEXT_MAX];
    struct sink sink = sink_of(octets, sizeof(octets));
    enum status status = place == PLACE_DIGEST ? text_read_hex(trimmed(reading), &sink)
                                               : text_read_base64(trimmed(reading), &sink);

    if (status != STATUS_OK || sink.used == 0) {
        wrong(reading, arena_printf(reading->arena, "%s is not in %s", place_name(place),
                                    place == PLACE_DIGEST ? "hexadecimal" : "base64"));
        return;
    }
    *out = arena_copy(reading->arena, sink_written(&sink));
    if (out->data == NULL)
        stop(reading, STATUS_NO_MEMORY, NULL);
}

static void take_text(struct reading *reading, enum place place)
{
    switch (place) {
    case PLACE_ZONE:
        /* RFC 9718 section 2.2: the root is a single period. */
        if (strcmp(trimmed(reading), ".") != 0)
            wrong(reading, "this is not for the root zone");
        return;
    case PLACE_KEY_TAG: take_number(reading, place, 65535, &reading->tag); return;
    case PLACE_ALGORITHM: take_number(reading, place, 255, &reading->algorithm); return;
    case PLACE_DIGEST_TYPE: take_number(reading, place, 255, &reading->digest_type); return;
    case PLACE_FLAGS: take_number(reading, place, 65535, &reading->flags); return;
    case PLACE_DIGEST: take_octets(reading, place, &reading->digest); return;
    case PLACE_PUBLIC_KEY: take_octets(reading, place, &reading->public_key); return;
    default: UNREACHABLE();
    }
}

/* ---- expat's calls ---- */

static enum place find_place(enum place in, const char *name)
{
    for (size_t i = 0; i < COUNT(grammar); i++)
        if (grammar[i].in == in && strcmp(grammar[i].name, name) == 0)
            return grammar[i].is;
    return PLACE_UNKNOWN;
}

static bool has_text(enum place place)
{
    for (size_t i = 0; i < COUNT(grammar); i++)
        if (grammar[i].is == place)
            return grammar[i].has_text;
    return false;
}

static void check_attributes(struct reading *reading, const char **attributes)
{
    for (size_t count = 0; attributes[0] != NULL; attributes += 2, count++)
        if (count == ATTRIBUTES_MAX || strlen(attributes[0]) > ATTRIBUTE_MAX ||
            strlen(attributes[1]) > ATTRIBUTE_MAX)
            stop(reading, STATUS_LIMIT, "too many or too long attributes");
}

/* Elements with text stand once where they stand. */
static void note_seen(struct reading *reading, enum place place)
{
    bool again = place == PLACE_ZONE ? reading->zone_seen : (reading->seen & BIT(place)) != 0;

    if (again)
        wrong(reading, arena_printf(reading->arena, "a second %s", place_name(place)));
    if (place == PLACE_ZONE)
        reading->zone_seen = true;
    else
        reading->seen |= BIT(place);
}

static void XMLCALL element_begins(void *context, const char *name, const char **attributes)
{
    struct reading *reading = context;
    enum place place = find_place(place_of(reading), name);

    if (reading->status != STATUS_OK)
        return;
    if (reading->depth == DEPTH_MAX) {
        stop(reading, STATUS_LIMIT, "elements are nested too deeply");
        return;
    }
    if (reading->depth == 0 && place != PLACE_ANCHOR) {
        wrong(reading, "this is not root-anchors.xml: the first element is not TrustAnchor");
        return;
    }
    if (has_text(place_of(reading))) {
        wrong(reading, arena_printf(reading->arena, "%s holds an element instead of text",
                                    place_name(place_of(reading))));
        return;
    }
    check_attributes(reading, attributes);
    reading->stack[reading->depth++] = place;
    reading->text_size = 0;
    if (place == PLACE_DIGEST_ELEMENT)
        begin_digest(reading, attributes);
    else if (has_text(place))
        note_seen(reading, place);
}

static void XMLCALL characters(void *context, const char *text, int size)
{
    struct reading *reading = context;

    if (reading->status != STATUS_OK || !has_text(place_of(reading)))
        return;
    if ((size_t)size > TEXT_MAX - reading->text_size) {
        stop(reading, STATUS_LIMIT, "an element with too much text");
        return;
    }
    memcpy(reading->text + reading->text_size, text, (size_t)size);
    reading->text_size += (size_t)size;
}

static void XMLCALL element_ends(void *context, const char *name)
{
    struct reading *reading = context;
    enum place place = place_of(reading);

    (void)name;
    if (reading->status != STATUS_OK)
        return;
    reading->depth--;
    if (place == PLACE_DIGEST_ELEMENT)
        end_digest(reading);
    else if (has_text(place))
        take_text(reading, place);
}

/* Without a document type there are no entities but the five of XML itself, so nothing can grow
 * out of a few octets and nothing outside can be asked for. */
static void XMLCALL doctype_begins(void *context, const char *name, const char *system_id,
                                   const char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    wrong(context, "a DOCTYPE is not allowed here");
}

/* ---- the whole ---- */

static void parse(struct reading *reading, struct slice octets)
{
    enum XML_Status status;

    XML_SetUserData(reading->parser, reading);
    XML_SetElementHandler(reading->parser, element_begins, element_ends);
    XML_SetCharacterDataHandler(reading->parser, characters);
    XML_SetStartDoctypeDeclHandler(reading->parser, doctype_begins);
    status = XML_Parse(reading->parser, (const char *)octets.data, (int)octets.size, XML_TRUE);
    if (reading->status != STATUS_OK)
        return;
    if (status != XML_STATUS_OK) {
        enum XML_Error error = XML_GetErrorCode(reading->parser);

        wrong(reading, error == XML_ERROR_NO_MEMORY ? NULL : XML_ErrorString(error));
    } else if (!reading->zone_seen) {
        wrong(reading, "there is no Zone in it");
    } else if (reading->xml->count == 0) {
        wrong(reading, "there is no KeyDigest in it");
    }
}

enum status anchor_xml_read(struct slice octets, int64_t wall_s, const struct crypto *crypto,
                            struct arena *arena, struct anchor_xml *xml,
                            struct xml_fault *fault)
{
    struct reading *reading = ARENA_NEW(arena, struct reading);

    *xml = (struct anchor_xml){0};
    *fault = (struct xml_fault){.line = 1, .column = 1, .why = "out of memory"};
    if (octets.size > XML_SIZE_MAX) {
        fault->why = "the file is too large";
        return STATUS_LIMIT;
    }
    if (reading == NULL)
        return STATUS_NO_MEMORY;
    *reading = (struct reading){
        .arena = arena, .crypto = crypto, .wall_s = wall_s, .xml = xml, .fault = fault};
    reading->parser = XML_ParserCreate(NULL);
    if (reading->parser == NULL)
        return STATUS_NO_MEMORY;
    parse(reading, octets);
    XML_ParserFree(reading->parser);
    return reading->status;
}

/* ---- what came of it ---- */

const char *digest_use_text(enum digest_use use)
{
    static const char *const texts[DIGEST_USES] = {
        [DIGEST_GOOD] = "good",
        [DIGEST_TOO_EARLY] = "not valid yet",
        [DIGEST_OVER] = "no longer valid",
        [DIGEST_UNSUPPORTED] = "of an algorithm or digest type that is not supported",
        [DIGEST_NOT_ITS_KEY] = "not the digest of the key beside it: must not be used",
    };

    return texts[use];
}

size_t anchor_xml_good(const struct anchor_xml *xml)
{
    size_t good = 0;

    for (size_t i = 0; i < xml->count; i++)
        good += xml->digests[i].use == DIGEST_GOOD;
    return good;
}

static void write_ds(const struct key_digest *digest, struct text *out)
{
    text_add(out, ". IN DS ");
    rdata_to_text(out, digest->ds, TYPE_DS, CLASS_IN);
}

void anchor_xml_write(const struct anchor_xml *xml, struct text *out)
{
    for (size_t i = 0; i < xml->count; i++)
        if (xml->digests[i].use == DIGEST_GOOD) {
            write_ds(&xml->digests[i], out);
            text_add_char(out, '\n');
        }
}

static void write_day(int64_t seconds, struct text *out)
{
    char digits[15];

    text_time(seconds, digits);
    text_printf(out, "%.4s-%.2s-%.2s", digits, digits + 4, digits + 6);
}

void anchor_xml_describe(const struct anchor_xml *xml, struct text *out)
{
    for (size_t i = 0; i < xml->count; i++) {
        const struct key_digest *digest = &xml->digests[i];

        write_ds(digest, out);
        text_add(out, " ; from ");
        write_day(digest->from_s, out);
        if (digest->until_s != INT64_MAX) {
            text_add(out, " until ");
            write_day(digest->until_s, out);
        }
        text_printf(out, ": %s\n", digest_use_text(digest->use));
    }
}
