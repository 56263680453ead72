/*
 * dname.c - reading, comparing, hashing and printing domain names.
 *
 * Called by everything that touches a name. Length octets are at most 63 and so are never taken
 * for an upper case letter: whole names are lower-cased and compared eight octets at a time
 * without looking at where labels begin. Nothing here allocates but the functions that are
 * given an arena.
 */
#include "util/wire/dname.h"

#include <string.h>

#include "util/text.h"

static const uint8_t root_wire[1] = {0};

const struct dname dname_root = {root_wire, 1, 0, 0};

/* ---- letter case ---- */

static uint64_t load(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* Fewer octets than a word's worth, at least one. Some may stand in the word twice; for a given
 * size different octets still give different words, and that is all that is asked for. */
static uint64_t load_part(const uint8_t *at, size_t size)
{
    uint32_t first, last;

    if (size < sizeof(first))
        return (uint64_t)at[0] | (uint64_t)at[size / 2] << 8 | (uint64_t)at[size - 1] << 16;
    memcpy(&first, at, sizeof(first));
    memcpy(&last, at + size - sizeof(last), sizeof(last));
    return first | (uint64_t)last << 32;
}

/* Eight octets at once: bit 7 of an octet is set in `upper` where it is one of A to Z; a
 * quarter of that bit is 0x20, the difference to the small letter. */
static uint64_t lower(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t seven = word & ones * 0x7f;
    uint64_t from_a = seven + ones * (0x80 - 'A');
    uint64_t past_z = seven + ones * (0x80 - 'Z' - 1);
    uint64_t upper = (from_a ^ past_z) & ~word & ones * 0x80;

    return word + (upper >> 2);
}

static void copy_lower(uint8_t *to, const uint8_t *from, size_t size)
{
    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        uint64_t word = lower(load(from));

        memcpy(to, &word, sizeof(word));
        from += sizeof(word);
        to += sizeof(word);
    }
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)text_lower((char)from[i]);
}

/* Do they differ only in 0x20, and only where an octet is a letter? */
OUT_OF_LINE static bool words_equal_nocase(uint64_t left, uint64_t right)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t small = (left | ones * 0x20) & ones * 0x7f;
    uint64_t from_a = small + ones * (0x80 - 'a');
    uint64_t past_z = small + ones * (0x80 - 'z' - 1);
    uint64_t letters = (from_a ^ past_z) & ~left & ones * 0x80;

    return ((left ^ right) & ~(letters >> 2)) == 0;
}

/* What is left of a name that does not fill a word is read together with what stands before it.
 * Mostly the letters are the same: then they are only compared. */
static bool equal_nocase(const uint8_t *a, const uint8_t *b, size_t size)
{
    const size_t word = sizeof(uint64_t);
    uint64_t left, right;

    if (size < word)
        return size == 0 || words_equal_nocase(load_part(a, size), load_part(b, size));
    for (; size >= word; a += word, b += word, size -= word) {
        left = load(a), right = load(b);
        if (left != right && !words_equal_nocase(left, right))
            return false;
    }
    if (size == 0)
        return true;
    left = load(a + size - word), right = load(b + size - word);
    return left == right || words_equal_nocase(left, right);
}

/* ---- walking ---- */

static struct dname skip_labels(struct dname name, unsigned count)
{
    const uint8_t *at = name.wire;

    for (unsigned i = 0; i < count; i++)
        at += 1 + at[0];
    return (struct dname){at, (uint8_t)(name.size - (at - name.wire)),
                          (uint8_t)(name.labels - count), count == 0 ? name.hash : 0};
}

struct dname dname_parent(struct dname name)
{
    return skip_labels(name, name.labels == 0 ? 0 : 1);
}

struct dname dname_ancestor(struct dname name, uint8_t labels)
{
    return skip_labels(name, labels >= name.labels ? 0u : (unsigned)(name.labels - labels));
}

bool dname_is_wildcard(struct dname name)
{
    return name.wire[0] == 1 && name.wire[1] == '*';
}

void dname_label_starts(struct dname name, uint8_t starts[DNAME_LABELS_MAX])
{
    uint8_t at = 0;

    for (size_t i = 0; i < name.labels; i++) {
        starts[i] = at;
        at = (uint8_t)(at + 1 + name.wire[at]);
    }
}

/* ---- reading ---- */

enum status dname_read_plain(struct cursor *in, struct dname *out)
{
    size_t left = cursor_left(in), size = 0;
    const uint8_t *at = in->at;
    uint8_t labels = 0;

    for (;;) {
        uint8_t length;

        if (size >= left)
            break;
        length = at[size];
        size += 1u + length;
        if (length > DNAME_LABEL_MAX || size > DNAME_MAX || size > left)
            break;
        if (length == 0) {
            *out = (struct dname){at, (uint8_t)size, labels, 0};
            in->at += size;
            return STATUS_OK;
        }
        labels++;
    }
    cursor_fail(in);
    *out = dname_root;
    return STATUS_MALFORMED;
}

/* A name with pointers: what stood before the last of them is copied, the part behind it is
 * only looked at until it turns out whether a copy is needed at all. */
struct gathering {
    uint8_t wire[DNAME_MAX];
    size_t copied;       /* octets in wire */
    const uint8_t *part; /* begin of the part that is being read */
};

/* RFC 1035 section 4.1.4. The part that was read so far is kept and a new one begins. Every
 * part has to begin before the one that led to it: that makes loops impossible. */
static bool follow_pointer(const struct cursor *in, struct gathering *name, const uint8_t *at)
{
    size_t target, size = (size_t)(at - name->part);

    if (in->end - at < 2)
        return false;
    target = bytes_u16(at) & 0x3fffu;
    if (target >= (size_t)(name->part - in->base))
        return false;
    if (size != 0)
        memcpy(name->wire + name->copied, name->part, size);
    name->copied += size;
    name->part = in->base + target;
    return true;
}

/* @param size of the last part. */
static enum status finish_gathering(const struct gathering *name, size_t size, unsigned labels,
                                    struct arena *arena, struct dname *out)
{
    uint8_t *wire;

    if (name->copied == 0) { /* nothing but pointers led here: a view will do */
        *out = (struct dname){name->part, (uint8_t)size, (uint8_t)labels, 0};
        return STATUS_OK;
    }
    wire = arena_bytes(arena, name->copied + size);
    if (wire == NULL)
        return STATUS_NO_MEMORY;
    memcpy(wire, name->wire, name->copied);
    memcpy(wire + name->copied, name->part, size);
    *out = (struct dname){wire, (uint8_t)(name->copied + size), (uint8_t)labels, 0};
    return STATUS_OK;
}

enum status dname_read(struct cursor *in, struct arena *arena, struct dname *out)
{
    struct gathering name;
    unsigned pointers = 0, labels = 0;
    const uint8_t *at = in->at, *end = in->failed ? at : in->end;
    const uint8_t *behind = NULL; /* where reading goes on, known at the first pointer */

    name.copied = 0;
    name.part = at;
    *out = dname_root;
    while (at < end) {
        unsigned length = at[0];

        if (length >= 0xc0) {
            /* Pointers to pointers add no octet to the name, so they need a bound of their own.
             */
            if (++pointers > DNAME_LABELS_MAX || !follow_pointer(in, &name, at))
                break;
            behind = behind == NULL ? at + 2 : behind;
            at = name.part;
            continue;
        }
        /* The upper bits 01 and 10 stand for nothing (RFC 6891 section 5, RFC 1035). */
        if (length > DNAME_LABEL_MAX || (size_t)(end - at) < 1 + length ||
            name.copied + (size_t)(at - name.part) + 1 + length > DNAME_MAX)
            break;
        at += 1 + length;
        if (length != 0) {
            labels++;
            continue;
        }
        in->at = behind != NULL ? behind : at;
        return finish_gathering(&name, (size_t)(at - name.part), labels, arena, out);
    }
    cursor_fail(in);
    return STATUS_MALFORMED;
}

struct dname dname_of_wire(const uint8_t *wire)
{
    const uint8_t *at = wire;
    uint8_t labels = 0;

    for (; at[0] != 0; at += 1 + at[0])
        labels++;
    return (struct dname){wire, (uint8_t)(at - wire + 1), labels, 0};
}

/* ---- text ---- */

/* One character of a label, escapes resolved. @return where reading goes on, or NULL. */
static const char *read_character(const char *text, uint8_t *out)
{
    unsigned value = 0;

    if (text[0] != '\\') {
        *out = (uint8_t)text[0];
        return text + 1;
    }
    if (text[1] == '\0')
        return NULL;
    if (text[1] < '0' || text[1] > '9') {
        *out = (uint8_t)text[1];
        return text + 2;
    }
    for (size_t i = 1; i <= 3; i++) {
        if (text[i] < '0' || text[i] > '9')
            return NULL;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = (uint8_t)value;
    return value > 255 ? NULL : text + 4;
}

enum status dname_from_text(const char *text, uint8_t storage[DNAME_MAX], struct dname *out)
{
    size_t label = 0,
           used = 1; /* begin of the current label; octets used, its length included */
    uint8_t labels = 0;

    *out = dname_root;
    if (strcmp(text, ".") == 0) {
        storage[0] = 0;
        *out = (struct dname){storage, 1, 0, 0};
        return STATUS_OK;
    }
    for (;;) {
        uint8_t octet = 0;

        if (*text != '.' && *text != '\0') {
            text = read_character(text, &octet);
            /* One octet is kept free for the root label. */
            if (text == NULL || used - label > DNAME_LABEL_MAX || used >= DNAME_MAX - 1)
                return STATUS_MALFORMED;
            storage[used++] = octet;
            continue;
        }
        if (used - label == 1)
            return STATUS_MALFORMED; /* an empty label */
        storage[label] = (uint8_t)(used - label - 1);
        labels++;
        label = used++;
        if (*text == '\0' || *++text == '\0')
            break;
        if (used >= DNAME_MAX)
            return STATUS_MALFORMED;
    }
    storage[label] = 0;
    *out = (struct dname){storage, (uint8_t)used, labels, 0};
    return STATUS_OK;
}

enum status dname_from_text_in(struct arena *arena, const char *text, struct dname *out)
{
    uint8_t storage[DNAME_MAX];
    enum status status = dname_from_text(text, storage, out);

    if (status != STATUS_OK)
        return status;
    *out = dname_copy(arena, *out);
    return out->wire == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static char *put_character(char *to, uint8_t octet)
{
    if (octet <= 0x20 || octet >= 0x7f) {
        *to++ = '\\';
        *to++ = (char)('0' + octet / 100);
        *to++ = (char)('0' + octet / 10 % 10);
        *to++ = (char)('0' + octet % 10);
        return to;
    }
    if (strchr(".\\\"();@$", octet) !=
        NULL) /* special in a master file, RFC 1035 section 5.1 */
        *to++ = '\\';
    *to++ = (char)octet;
    return to;
}

const char *dname_to_text(struct dname name, char out[DNAME_TEXT_MAX])
{
    char *to = out;

    if (dname_is_root(name))
        *to++ = '.';
    for (const uint8_t *at = name.wire; at[0] != 0; at += 1 + at[0]) {
        for (size_t i = 1; i <= at[0]; i++)
            to = put_character(to, at[i]);
        *to++ = '.';
    }
    *to = '\0';
    return out;
}

const char *dname_to_reason(struct dname name, char out[DNAME_TEXT_MAX])
{
    uint8_t storage[DNAME_MAX];

    dname_to_text(dname_store_lower(name, storage), out);
    if (!dname_is_root(name))
        out[strlen(out) - 1] = '\0';
    return out;
}

/* ---- comparing ---- */

bool dname_equal(struct dname a, struct dname b)
{
    return a.size == b.size && equal_nocase(a.wire, b.wire, a.size);
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
    size_t common = size_min(a[0], b[0]);

    for (size_t i = 1; i <= common; i++) {
        uint8_t left = (uint8_t)text_lower((char)a[i]);
        uint8_t right = (uint8_t)text_lower((char)b[i]);

        if (left != right)
            return left < right ? -1 : 1;
    }
    return a[0] == b[0] ? 0 : a[0] < b[0] ? -1 : 1;
}

int dname_compare(struct dname a, struct dname b)
{
    uint8_t a_starts[DNAME_LABELS_MAX], b_starts[DNAME_LABELS_MAX];
    size_t common = size_min(a.labels, b.labels);

    dname_label_starts(a, a_starts);
    dname_label_starts(b, b_starts);
    for (size_t i = 1; i <= common; i++) {
        int order =
            compare_labels(a.wire + a_starts[a.labels - i], b.wire + b_starts[b.labels - i]);

        if (order != 0)
            return order;
    }
    return a.labels == b.labels ? 0 : a.labels < b.labels ? -1 : 1;
}

uint8_t dname_common_labels(struct dname a, struct dname b)
{
    uint8_t common = 0;

    a = dname_ancestor(a, b.labels);
    b = dname_ancestor(b, a.labels);
    /* From the left: the run of equal labels that reaches the root is the last one. */
    for (const uint8_t *at = a.wire, *bt = b.wire; at[0] != 0; at += 1 + at[0]) {
        common = dname_label_equal(at, bt) ? (uint8_t)(common + 1) : 0;
        bt += 1 + bt[0];
    }
    return common;
}

bool dname_is_at_or_below(struct dname name, struct dname ancestor)
{
    if (name.labels < ancestor.labels || name.size < ancestor.size)
        return false;
    return dname_equal(dname_ancestor(name, ancestor.labels), ancestor);
}

/* ---- copying ---- */

static struct dname copy_to(uint8_t *to, struct dname name)
{
    memcpy(to, name.wire, name.size);
    return (struct dname){to, name.size, name.labels, name.hash};
}

static struct dname copy_lower_to(uint8_t *to, struct dname name)
{
    copy_lower(to, name.wire, name.size);
    return (struct dname){to, name.size, name.labels, name.hash};
}

struct dname dname_store(struct dname name, uint8_t storage[DNAME_MAX])
{
    return copy_to(storage, name);
}

struct dname dname_store_lower(struct dname name, uint8_t storage[DNAME_MAX])
{
    return copy_lower_to(storage, name);
}

struct dname dname_copy(struct arena *arena, struct dname name)
{
    uint8_t *wire = arena_bytes(arena, name.size);

    return wire == NULL ? (struct dname){NULL, 1, 0, 0} : copy_to(wire, name);
}

struct dname dname_copy_lower(struct arena *arena, struct dname name)
{
    uint8_t *wire = arena_bytes(arena, name.size);

    return wire == NULL ? (struct dname){NULL, 1, 0, 0} : copy_lower_to(wire, name);
}

enum status dname_join(struct dname prefix, uint8_t prefix_labels, struct dname suffix,
                       uint8_t storage[DNAME_MAX], struct dname *out)
{
    unsigned labels = prefix_labels < prefix.labels ? prefix_labels : prefix.labels;
    size_t prefix_size = (size_t)(prefix.size - skip_labels(prefix, labels).size);

    *out = dname_root;
    if (prefix_size + suffix.size > DNAME_MAX)
        return STATUS_LIMIT;
    memcpy(storage, prefix.wire, prefix_size);
    memcpy(storage + prefix_size, suffix.wire, suffix.size);
    *out = (struct dname){storage, (uint8_t)(prefix_size + suffix.size),
                          (uint8_t)(labels + suffix.labels), 0};
    return STATUS_OK;
}

enum status dname_replace_suffix(struct dname name, struct dname from, struct dname to,
                                 uint8_t storage[DNAME_MAX], struct dname *out)
{
    ASSERT(name.labels >= from.labels);
    return dname_join(name, (uint8_t)(name.labels - from.labels), to, storage, out);
}

/* ---- hashing ---- */

/* The length octet is taken in with the label: no two different names give the same words.
 * Inline, so that the state stays in registers. */
static inline void hash_label(struct hash_state *state, const uint8_t *label)
{
    size_t size = 1u + label[0];

    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        hash_word(state, lower(load(label)));
        label += sizeof(uint64_t);
    }
    if (size != 0)
        hash_word(state, lower(load_part(label, size)));
}

uint64_t dname_hash(struct dname name, struct hash_key key)
{
    struct hash_state state = hash_start(key);
    uint8_t starts[DNAME_LABELS_MAX];

    dname_label_starts(name, starts);
    for (size_t i = name.labels; i > 0; i--)
        hash_label(&state, name.wire + starts[i - 1]);
    return hash_end(state);
}

uint32_t dname_hash_anew(struct dname name, struct hash_key key)
{
    struct hash_state state = hash_start(key);
    const size_t word = sizeof(uint64_t);
    size_t at = 0;

    for (; at + word <= name.size; at += word)
        hash_word(&state, lower(load(name.wire + at)));
    if (name.size < word)
        hash_word(&state, lower(load_part(name.wire, name.size)) ^ name.size);
    else if (at < name.size) /* the last octets, some of them once more */
        hash_word(&state, lower(load(name.wire + name.size - word)) ^ name.size);
    return (uint32_t)hash_end(state) | 1; /* 0 says that there is none */
}

void dname_hashes(struct dname name, struct hash_key key, uint64_t hashes[DNAME_LABELS_MAX + 1])
{
    struct hash_state state = hash_start(key);
    uint8_t starts[DNAME_LABELS_MAX];

    dname_label_starts(name, starts);
    hashes[0] = hash_end(state);
    for (size_t i = 1; i <= name.labels; i++) {
        hash_label(&state, name.wire + starts[name.labels - i]);
        hashes[i] = hash_end(state);
    }
}

bool dname_label_equal(const uint8_t *a, const uint8_t *b)
{
    return a[0] == b[0] && equal_nocase(a, b, 1u + a[0]);
}

uint32_t dname_label_mix(uint32_t above, const uint8_t *label)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t mixed = above;
    size_t size = 1u + label[0];

    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        mixed = (mixed ^ lower(load(label))) * odd;
        mixed ^= mixed >> 32;
        label += sizeof(uint64_t);
    }
    if (size != 0)
        mixed = (mixed ^ lower(load_part(label, size))) * odd;
    return (uint32_t)(mixed >> 32);
}

/* ---- writing ---- */

void dname_write(struct sink *out, struct dname name)
{
    sink_bytes(out, slice_of(name.wire, name.size));
}

void dname_write_lower(struct sink *out, struct dname name)
{
    uint8_t storage[DNAME_MAX];

    dname_write(out, dname_store_lower(name, storage));
}
