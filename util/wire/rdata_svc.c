/*
 * rdata_svc.c - the parameters of SVCB and HTTPS records (RFC 9460).
 *
 * Called through the table of rdata_field.def only. In a message the values stay opaque
 * (section 4.3 leaves that to a resolver). In text they have their own forms; values that break
 * their key's rules are refused when they are read, and make the whole rdata print in generic
 * form.
 */
#include <stdlib.h>
#include <string.h>

#include "util/wire/rdata_field.h"

enum { KEY_MANDATORY = 0, KEY_ALPN = 1, KEY_NO_DEFAULT_ALPN = 2, SVC_PARAMS_MAX = 256 };

enum svc_form {
    SVC_KEYS,
    SVC_LIST,
    SVC_NOTHING,
    SVC_U16,
    SVC_IP4S,
    SVC_BASE64,
    SVC_IP6S,
    SVC_TEXT,
    SVC_U16S
};

/* IANA "DNS SVCB Service Parameter Keys"; the index is the number. */
static const struct svc_key {
    const char *name;
    enum svc_form form;
} svc_keys[] = {
    {"mandatory", SVC_KEYS},
    {"alpn", SVC_LIST},
    {"no-default-alpn", SVC_NOTHING},
    {"port", SVC_U16},
    {"ipv4hint", SVC_IP4S},
    {"ech", SVC_BASE64}, /* RFC 9848 */
    {"ipv6hint", SVC_IP6S},
    {"dohpath", SVC_TEXT},              /* RFC 9461 */
    {"ohttp", SVC_NOTHING},             /* RFC 9540 */
    {"tls-supported-groups", SVC_U16S}, /* draft-ietf-tls-key-share-prediction */
};

struct svc_param {
    uint16_t key;
    struct slice value;
};

static struct svc_param svc_read(struct cursor *in)
{
    struct svc_param param = {.key = cursor_u16(in)};

    param.value = cursor_bytes(in, cursor_u16(in));
    return param;
}

/* Section 2.2: keys in strictly ascending order. */
void field_svc_params_skip(struct cursor *in)
{
    int last_key = -1;

    while (cursor_left(in) > 0) {
        int key = svc_read(in).key;

        if (key <= last_key)
            cursor_fail(in);
        last_key = key;
    }
}

/* ---- what the keys say of their values ---- */

static bool has_key(struct slice params, uint16_t key)
{
    struct cursor in = cursor_of(params);

    while (cursor_left(&in) > 0)
        if (svc_read(&in).key == key && !cursor_failed(&in))
            return true;
    return false;
}

/* Section 8: keys in ascending order, without itself, each of them present. Both lists ascend.
 */
static bool keys_are_valid(struct slice value, struct slice params)
{
    struct cursor in = cursor_of(value), rest = cursor_of(params);
    uint16_t last_key = KEY_MANDATORY;

    while (cursor_left(&in) > 0) {
        uint16_t key = cursor_u16(&in), present = KEY_MANDATORY;

        while (cursor_left(&rest) > 0 && present < key)
            present = svc_read(&rest).key;
        if (key <= last_key || present != key)
            return false;
        last_key = key;
    }
    return value.size != 0 && !cursor_failed(&in);
}

/* Section 7.1.1: strings behind their lengths, none of them empty. */
static bool list_is_valid(struct slice value)
{
    struct cursor in = cursor_of(value);

    while (cursor_left(&in) > 0)
        if (cursor_bytes(&in, cursor_u8(&in)).size == 0)
            return false;
    return value.size != 0 && !cursor_failed(&in);
}

static bool value_is_valid(struct svc_param param, struct slice params)
{
    size_t size = param.value.size;

    if (param.key >= COUNT(svc_keys))
        return true;
    switch (svc_keys[param.key].form) {
    case SVC_KEYS: return keys_are_valid(param.value, params);
    case SVC_LIST: return list_is_valid(param.value);
    case SVC_NOTHING:
        return size == 0 && (param.key != KEY_NO_DEFAULT_ALPN || has_key(params, KEY_ALPN));
    case SVC_U16: return size == 2;
    case SVC_IP4S: return size != 0 && size % 4 == 0;
    case SVC_IP6S: return size != 0 && size % 16 == 0;
    case SVC_U16S: return size != 0 && size % 2 == 0;
    case SVC_BASE64:
    case SVC_TEXT: return size != 0;
    }
    UNREACHABLE();
}

static bool params_are_valid(struct slice params)
{
    struct cursor in = cursor_of(params);

    while (cursor_left(&in) > 0)
        if (!value_is_valid(svc_read(&in), params))
            return false;
    return !cursor_failed(&in);
}

/* ---- text out ---- */

static void print_key(struct text *out, uint16_t key)
{
    if (key < COUNT(svc_keys))
        text_add(out, svc_keys[key].name);
    else
        text_printf(out, "key%u", (unsigned)key);
}

/* Appendix A.1: a comma or backslash of an item gets a backslash, which as any is written
 * twice. */
static void print_list(struct text *out, struct slice value)
{
    struct cursor in = cursor_of(value);

    text_add_char(out, '"');
    while (cursor_left(&in) > 0) {
        struct slice item = cursor_bytes(&in, cursor_u8(&in));

        for (size_t i = 0; i < item.size; i++) {
            if (item.data[i] == ',' || item.data[i] == '\\')
                text_add(out, "\\\\");
            print_octet(out, item.data[i]);
        }
        if (cursor_left(&in) > 0)
            text_add_char(out, ',');
    }
    text_add_char(out, '"');
}

/* Items of one size with commas between them. */
static void print_items(struct text *out, enum svc_form form, struct slice value)
{
    struct cursor in = cursor_of(value);

    while (cursor_left(&in) > 0) {
        if (in.at != in.base)
            text_add_char(out, ',');
        switch (form) {
        case SVC_KEYS: print_key(out, cursor_u16(&in)); break;
        case SVC_IP4S: field_ip4_print(out, &in); break;
        case SVC_IP6S: field_ip6_print(out, &in); break;
        default: field_u16_print(out, &in); break;
        }
    }
}

static void print_param(struct text *out, struct svc_param param)
{
    enum svc_form form = param.key < COUNT(svc_keys) ? svc_keys[param.key].form : SVC_TEXT;

    print_key(out, param.key);
    if (param.value.size == 0)
        return;
    text_add_char(out, '=');
    switch (form) {
    case SVC_LIST: print_list(out, param.value); break;
    case SVC_BASE64: text_add_base64(out, param.value); break;
    case SVC_TEXT: print_quoted(out, param.value); break;
    default: print_items(out, form, param.value); break;
    }
}

void field_svc_params_print(struct text *out, struct cursor *in)
{
    struct slice params = cursor_rest(in);
    struct cursor rest = cursor_of(params);

    if (!params_are_valid(params))
        cursor_fail(in);
    while (!cursor_failed(in) && cursor_left(&rest) > 0) {
        if (rest.at != rest.base)
            text_add_char(out, ' ');
        print_param(out, svc_read(&rest));
    }
}

/* ---- text in ---- */

static uint16_t parse_key(struct rdata_source *in, const char *name)
{
    for (size_t i = 0; i < COUNT(svc_keys); i++)
        if (strcmp(name, svc_keys[i].name) == 0)
            return (uint16_t)i;
    if (strncmp(name, "key", 3) != 0 || (name[3] == '0' && name[4] != '\0')) {
        source_fail(in, "an unknown service parameter");
        return 0;
    }
    return (uint16_t)read_number(in, name + 3, UINT16_MAX);
}

/* Appendix A.1. Resolves one item of a list in place, where it is never longer than its text.
 * @return the octets read. */
static size_t list_item(char *text, size_t left, size_t *size)
{
    size_t at;

    *size = 0;
    for (at = 0; at < left && text[at] != ','; at++) {
        if (text[at] == '\\' && at + 1 < left)
            at++;
        text[(*size)++] = text[at];
    }
    return at;
}

static void parse_list(struct rdata_source *in, char *text, size_t left, struct sink *out)
{
    size_t size;

    for (;;) {
        size_t used = list_item(text, left, &size);

        if (size == 0 || size > UINT8_MAX) {
            source_fail(in, "an item of a list has 1 to 255 octets");
            return;
        }
        sink_u8(out, (uint8_t)size);
        sink_bytes(out, slice_of(text, size));
        if (used == left)
            return;
        text += used + 1;
        left -= used + 1;
    }
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, 2);
}

/* Items of one size with commas between them. `text` is NUL-terminated and is taken apart. */
static void parse_items(struct rdata_source *in, enum svc_form form, char *text,
                        struct sink *out)
{
    size_t start = out->used;

    for (char *item = text, *comma = text; comma != NULL && in->why == NULL; item = comma + 1) {
        comma = strchr(item, ',');
        if (comma != NULL)
            *comma = '\0';
        switch (form) {
        case SVC_KEYS: sink_u16(out, parse_key(in, item)); break;
        case SVC_IP4S: read_address(in, item, 4, out); break;
        case SVC_IP6S: read_address(in, item, 16, out); break;
        default: sink_u16(out, (uint16_t)read_number(in, item, UINT16_MAX)); break;
        }
        if (comma == NULL)
            break;
    }
    /* Section 8: any order in text, ascending on the wire. */
    if (form == SVC_KEYS && !sink_failed(out))
        qsort(out->base + start, (out->used - start) / 2, 2, compare_keys);
}

/* The value stands in scratch with its escapes resolved, `size` octets and a NUL behind them.
 */
static void parse_value(struct rdata_source *in, enum svc_form form, size_t size,
                        struct sink *out)
{
    char *text = in->scratch;

    if (form == SVC_TEXT)
        sink_bytes(out, slice_of(text, size));
    else if (form == SVC_LIST)
        parse_list(in, text, size, out);
    else if (strlen(text) != size)
        source_fail(in, "not a value of this service parameter");
    else if (form == SVC_BASE64)
        read_coded(in, text_read_base64, text, out);
    else if (form == SVC_NOTHING)
        source_fail(in, "this service parameter has no value");
    else
        parse_items(in, form, text, out);
}

/* Resolves the escapes of the value, without the quotes around it, into scratch. */
static size_t read_value(struct rdata_source *in, struct rr_word value)
{
    size_t size;

    if (value.size >= 2 && value.at[0] == '"' && value.at[value.size - 1] == '"') {
        value.at++;
        value.size -= 2;
    }
    size = source_unescape(in, value, in->scratch).size;
    in->scratch[size] = '\0';
    return size;
}

/* One key[=value]. @return its key. */
static uint16_t parse_param(struct rdata_source *in, struct sink *out)
{
    struct rr_word word = in->next;
    const char *name = source_word(in); /* in scratch, until the value is */
    size_t name_size = strcspn(name, "="), before, size;
    /* Section 2.1: keyNNNNN has the octets of its value as they are, whatever its number. */
    bool is_numbered = strncmp(name, "key", 3) == 0;
    uint16_t key;

    in->scratch[name_size] = '\0';
    key = parse_key(in, name);
    sink_u16(out, key);
    sink_u16(out, 0);
    if (name_size == word.size || in->why != NULL || sink_failed(out))
        return key;
    word.at += name_size + 1;
    word.size -= name_size + 1;
    size = read_value(in, word);
    before = out->used;
    if (in->why == NULL && size != 0)
        parse_value(in, is_numbered ? SVC_TEXT : svc_keys[key].form, size, out);
    if (!sink_failed(out) && out->used - before <= UINT16_MAX)
        sink_patch_u16(out, before - 2, (uint16_t)(out->used - before));
    return key;
}

static void reverse(uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t held = octets[i];

        octets[i] = octets[size - 1 - i];
        octets[size - 1 - i] = held;
    }
}

/* Moves the last parameter, from `last` on, to its place among those from `start` on. */
static void insert_param(struct sink *out, size_t start, size_t last, uint16_t key)
{
    struct cursor in = cursor_of(slice_of(out->base + start, last - start));
    size_t place = start;

    while (cursor_left(&in) > 0 && svc_read(&in).key <= key)
        place = start + cursor_offset(&in);
    /* Two neighbours change places when each is reversed, and then both as one. */
    reverse(out->base + place, last - place);
    reverse(out->base + last, out->used - last);
    reverse(out->base + place, out->used - place);
}

void field_svc_params_parse(struct rdata_source *in, struct sink *out)
{
    size_t start = out->used, last;

    for (size_t count = 0; in->has_next; count++) {
        uint16_t key;

        if (count == SVC_PARAMS_MAX) {
            source_fail(in, "too many service parameters");
            return;
        }
        last = out->used;
        key = parse_param(in, out);
        if (in->why != NULL || sink_failed(out))
            return;
        insert_param(out, start, last, key);
    }
    if (!params_are_valid(slice_of(out->base + start, out->used - start)))
        source_fail(in, "the values of the service parameters break the rules of RFC 9460");
}
