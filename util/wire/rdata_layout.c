/*
 * rdata_layout.c - the layouts of all types, the walk through them, and the check of each
 * field.
 *
 * Called by rdata.c and the text functions. Only structure is checked here: a value that the
 * type's RFC does not define is passed on as it is, since a resolver carries what it does not
 * understand.
 */
#include "util/wire/rdata_field.h"

const char *rdata_layout(uint16_t type, uint16_t rrclass)
{
    if (type == TYPE_A && rrclass != CLASS_IN)
        return NULL;
    switch (type) {
#define RDATA(type, layout)                                                                    \
    case TYPE_##type:                                                                          \
        return layout;
#include "util/wire/rdata.def"
#undef RDATA
    default: return NULL;
    }
}

char layout_next(struct layout_walk *walk, bool more)
{
    for (;;) {
        char letter = walk->at[0];
        char mark = letter == '\0' ? '\0' : walk->at[1];

        switch (mark) {
        case '?':
            walk->at += 2;
            if (more)
                return letter;
            break;
        case '*':
        case '+':
            if (more || (mark == '+' && !walk->again)) {
                walk->again = true;
                return letter;
            }
            walk->again = false;
            walk->at += 2;
            break;
        default: walk->at += letter != '\0'; return letter;
        }
    }
}

const struct rdata_field *rdata_field(char letter)
{
    static const struct rdata_field fields[128] = {
#define FIELD(letter, name)                                                                    \
    [letter] = {field_##name##_skip, field_##name##_print, field_##name##_parse},
#include "util/wire/rdata_field.def"
#undef FIELD
    };

    ASSERT(fields[(unsigned char)letter].skip != NULL);
    return &fields[(unsigned char)letter];
}

/* ---- numbers ---- */

void field_u8_skip(struct cursor *in)
{
    cursor_u8(in);
}

void field_u16_skip(struct cursor *in)
{
    cursor_u16(in);
}

void field_u32_skip(struct cursor *in)
{
    cursor_u32(in);
}

void field_u48_skip(struct cursor *in)
{
    cursor_bytes(in, 6);
}

void field_u64_skip(struct cursor *in)
{
    cursor_bytes(in, 8);
}

void field_period_skip(struct cursor *in)
{
    cursor_u32(in);
}

void field_algorithm_skip(struct cursor *in)
{
    cursor_u8(in);
}

void field_cert_type_skip(struct cursor *in)
{
    cursor_u16(in);
}

void field_scheme_skip(struct cursor *in)
{
    cursor_u8(in);
}

void field_type_skip(struct cursor *in)
{
    cursor_u16(in);
}

void field_time_skip(struct cursor *in)
{
    cursor_u32(in);
}

/* ---- addresses and identifiers of fixed size ---- */

void field_ip4_skip(struct cursor *in)
{
    cursor_bytes(in, 4);
}

void field_ip6_skip(struct cursor *in)
{
    cursor_bytes(in, 16);
}

void field_locator_skip(struct cursor *in)
{
    cursor_bytes(in, 8);
}

void field_eui48_skip(struct cursor *in)
{
    cursor_bytes(in, 6);
}

void field_eui64_skip(struct cursor *in)
{
    cursor_bytes(in, 8);
}

/* ---- names and strings ---- */

void field_name_skip(struct cursor *in)
{
    struct dname name;

    if (dname_read_plain(in, &name) != STATUS_OK)
        cursor_fail(in);
}

/* Octets behind a length of one octet. */
static struct slice sized_octets(struct cursor *in)
{
    return cursor_bytes(in, cursor_u8(in));
}

void field_string_skip(struct cursor *in)
{
    sized_octets(in);
}

/* RFC 8659 section 4.1: at least one character, ASCII letters and digits only. */
void field_tag_skip(struct cursor *in)
{
    struct slice tag = sized_octets(in);

    if (tag.size == 0)
        cursor_fail(in);
    for (size_t i = 0; i < tag.size; i++) {
        char lower = text_lower((char)tag.data[i]);

        if (!(lower >= 'a' && lower <= 'z') && !(lower >= '0' && lower <= '9'))
            cursor_fail(in);
    }
}

void field_long_string_skip(struct cursor *in)
{
    cursor_rest(in);
}

/* ---- octets ---- */

void field_hex_skip(struct cursor *in)
{
    if (cursor_rest(in).size == 0)
        cursor_fail(in);
}

void field_base64_skip(struct cursor *in)
{
    field_hex_skip(in);
}

void field_base64_dash_skip(struct cursor *in)
{
    cursor_rest(in);
}

void field_base64_sized_skip(struct cursor *in)
{
    cursor_bytes(in, cursor_u16(in));
}

void field_salt_skip(struct cursor *in)
{
    sized_octets(in);
}

/* RFC 5155 section 3.2: Hash Length ranges from 1 to 255. */
void field_hash_skip(struct cursor *in)
{
    if (sized_octets(in).size == 0)
        cursor_fail(in);
}

/* ---- type bitmaps ---- */

/*
 * RFC 4034 section 4.1.2: windows in ascending order, each of 1 to 32 octets; neither empty
 * windows nor trailing zero octets.
 */
void field_bitmap_skip(struct cursor *in)
{
    int last_window = -1;

    while (cursor_left(in) > 0) {
        int window = cursor_u8(in);
        struct slice bits = sized_octets(in);

        if (window <= last_window || bits.size == 0 || bits.size > 32 ||
            bits.data[bits.size - 1] == 0)
            cursor_fail(in);
        last_window = window;
    }
}

/* RFC 2535 section 5.2: at most 128 types; the first bit is reserved for another format. */
void field_old_bitmap_skip(struct cursor *in)
{
    cursor_rest(in);
}
