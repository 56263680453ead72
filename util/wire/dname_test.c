/*
 * dname_test.c - names: text both ways, pointers in messages, order, relatives, hashes.
 */
#include "util/wire/hashed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define L31           "abcdefghijklmnopqrstuvwxyz01234"
#define LABEL63       "a" L31 L31
#define OF_255_OCTETS LABEL63 "." LABEL63 "." LABEL63 ".a" L31 "abcdefghijklmnopqrstuvwxyz012"

static struct dname name_of(const char *text, uint8_t storage[DNAME_MAX])
{
    struct dname name;

    assert_int_equal(dname_from_text(text, storage, &name), STATUS_OK);
    return name;
}

static const struct {
    const char *why, *text;
    enum status want;
    const char *printed; /* NULL: as it was written */
    uint8_t size, labels;
} texts[] = {
    {"the root", ".", STATUS_OK, NULL, 1, 0},
    {"with the final dot", "example.com.", STATUS_OK, NULL, 13, 2},
    {"without it", "example.com", STATUS_OK, "example.com.", 13, 2},
    {"case is kept", "WwW.ExAmPlE.", STATUS_OK, NULL, 13, 2},
    {"an octet by its number", "a\\046b.", STATUS_OK, "a\\.b.", 5, 1},
    {"a dot inside of a label", "a\\.b.c.", STATUS_OK, NULL, 7, 2},
    {"octets that cannot be printed", "\\000\\255\\032.", STATUS_OK, NULL, 5, 1},
    {"a backslash", "\\\\.", STATUS_OK, NULL, 3, 1},
    {"special in a master file", "\\@\\$\\;\\(\\).", STATUS_OK, NULL, 7, 1},
    {"an escaped letter is the letter", "\\a.", STATUS_OK, "a.", 3, 1},
    {"wildcard", "*.example.", STATUS_OK, NULL, 11, 2},
    {"label of 63 octets", LABEL63 ".", STATUS_OK, NULL, 65, 1},
    {"label of 64 octets", LABEL63 "a.", STATUS_MALFORMED, NULL, 0, 0},
    {"255 octets in all", OF_255_OCTETS ".", STATUS_OK, NULL, 255, 4},
    {"256 octets in all", OF_255_OCTETS "a.", STATUS_MALFORMED, NULL, 0, 0},
    {"254 octets and one label more",
     LABEL63 "." LABEL63 "." LABEL63 ".a" L31 "abcdefghijklmnopqrstuvwxyz0.a", STATUS_OK,
     LABEL63 "." LABEL63 "." LABEL63 ".a" L31 "abcdefghijklmnopqrstuvwxyz0.a.", 255, 5},
    {"the empty text", "", STATUS_MALFORMED, NULL, 0, 0},
    {"an empty first label", ".a.", STATUS_MALFORMED, NULL, 0, 0},
    {"an empty label inside", "a..b.", STATUS_MALFORMED, NULL, 0, 0},
    {"two final dots", "a..", STATUS_MALFORMED, NULL, 0, 0},
    {"two dots", "..", STATUS_MALFORMED, NULL, 0, 0},
    {"number over 255", "\\256.", STATUS_MALFORMED, NULL, 0, 0},
    {"number of two digits", "\\12.", STATUS_MALFORMED, NULL, 0, 0},
    {"backslash at the end", "a\\", STATUS_MALFORMED, NULL, 0, 0},
};

static void text_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        uint8_t storage[DNAME_MAX];
        char printed[DNAME_TEXT_MAX];
        struct dname name;
        const char *want = texts[i].printed != NULL ? texts[i].printed : texts[i].text;

        if (dname_from_text(texts[i].text, storage, &name) != texts[i].want)
            fail_msg("%s: %s", texts[i].text, texts[i].why);
        if (texts[i].want != STATUS_OK)
            continue;
        if (name.size != texts[i].size || name.labels != texts[i].labels ||
            strcmp(dname_to_text(name, printed), want) != 0)
            fail_msg("%s: %s: %s, %u octets", texts[i].text, texts[i].why, printed, name.size);
    }
}

static void reasons_are_lower_case_without_final_dot(void **state)
{
    uint8_t storage[DNAME_MAX];
    char text[DNAME_TEXT_MAX];

    (void)state;
    assert_string_equal(dname_to_reason(name_of("WWW.Example.", storage), text), "www.example");
    assert_string_equal(dname_to_reason(dname_root, text), ".");
    assert_string_equal(dname_to_reason(name_of("a\\.", storage), text), "a\\.");
}

/* Octets, where the name begins in them, what it is and where reading goes on. */
static const struct {
    const char *why;
    uint8_t octets[24];
    size_t size, at;
    const char *want; /* NULL: malformed */
    size_t behind;
} messages[] = {
    {"plain", "\1a\1b\0", 5, 0, "a.b.", 5},
    {"the root", "\0", 1, 0, ".", 1},
    {"pointer alone", "\1a\0\xc0\0zz", 7, 3, "a.", 5},
    {"label and pointer", "\1a\0\1b\xc0\0", 7, 3, "b.a.", 7},
    {"into the middle of a name", "\1a\1b\0\1c\xc0\2", 9, 5, "c.b.", 9},
    {"pointer to a pointer", "\1a\0\xc0\0\xc0\3", 7, 5, "a.", 7},
    {"two pointers with labels between", "\1a\0\1b\xc0\0\1c\xc0\3", 11, 7, "c.b.a.", 11},
    {"to the root", "\0\1b\xc0\0", 5, 1, "b.", 5},
    {"to itself", "\xc0\0", 2, 0, NULL, 0},
    {"to its own label", "\1a\xc0\0", 4, 0, NULL, 0},
    {"forward", "\xc0\2\1a\0", 5, 0, NULL, 0},
    {"loop of two", "\xc0\2\xc0\0", 4, 2, NULL, 0},
    {"back, and then forward again", "\1a\xc0\5\0\1b\xc0\0", 9, 5, NULL, 0},
    {"behind the end", "\xc0\x20", 2, 0, NULL, 0},
    {"half a pointer", "\1a\0\xc0", 4, 3, NULL, 0},
    {"label over the end", "\5abc", 4, 0, NULL, 0},
    {"no end", "\1a\1b", 4, 0, NULL, 0},
    {"nothing", "", 0, 0, NULL, 0},
    {"label type 01", "\x41\0\0", 3, 0, NULL, 0},
    {"label type 10", "\x80\0\0", 3, 0, NULL, 0},
};

static void names_out_of_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct cursor in = cursor_of(slice_of(messages[i].octets, messages[i].size));
        struct arena *arena = arena_new(0);
        char text[DNAME_TEXT_MAX];
        struct dname name;
        enum status status;

        in.at += messages[i].at;
        status = dname_read(&in, arena, &name);
        if (messages[i].want == NULL) {
            if (status != STATUS_MALFORMED || !cursor_failed(&in))
                fail_msg("%s: was read as %s", messages[i].why, dname_to_text(name, text));
        } else if (status != STATUS_OK || cursor_offset(&in) != messages[i].behind ||
                   strcmp(dname_to_text(name, text), messages[i].want) != 0) {
            fail_msg("%s: %s", messages[i].why, text);
        }
        arena_free(arena);
    }
}

static void pointers_cannot_make_a_name_too_long(void **state)
{
    uint8_t octets[300] = {0};
    struct arena *arena = arena_new(0);
    struct cursor in;
    struct dname name;
    size_t used = 0;

    (void)state;
    for (int i = 0; i < 3; i++) { /* 192 octets and the root label */
        octets[used] = 63;
        used += 64;
    }
    used++;
    octets[used] = 61; /* 62 octets more: 255 */
    bytes_put_u16(octets + used + 62, 0xc000);
    in = cursor_of(slice_of(octets, used + 64));
    in.at += used;
    assert_int_equal(dname_read(&in, arena, &name), STATUS_OK);
    assert_int_equal(name.size, 255);
    octets[used] = 62; /* 63 octets more: 256 */
    bytes_put_u16(octets + used + 63, 0xc000);
    in = cursor_of(slice_of(octets, used + 65));
    in.at += used;
    assert_int_equal(dname_read(&in, arena, &name), STATUS_MALFORMED);
    arena_free(arena);
}

static void chains_of_pointers_have_an_end(void **state)
{
    uint8_t octets[2 * 200 + 1] = {0};
    struct arena *arena = arena_new(0);
    struct cursor in = cursor_of(slice_of(octets, sizeof(octets)));
    struct dname name;

    (void)state;
    for (size_t i = 0; i < 200; i++) /* each to the one before, the first to the root label */
        bytes_put_u16(octets + 1 + 2 * i, (uint16_t)(0xc000 | (i == 0 ? 0 : 2 * i - 1)));
    in.at += 1 + 2 * 100;
    assert_int_equal(dname_read(&in, arena, &name), STATUS_OK);
    in = cursor_of(slice_of(octets, sizeof(octets)));
    in.at += 1 + 2 * 199;
    assert_int_equal(dname_read(&in, arena, &name), STATUS_MALFORMED);
    arena_free(arena);
}

static void no_memory_is_an_ordinary_failure(void **state)
{
    static const uint8_t octets[] = "\1a\0\1b\xc0\0";
    struct cursor in = cursor_of(slice_of(octets, 7));
    struct arena *arena = arena_new(1);
    struct dname name;

    (void)state;
    while (arena_bytes(arena, 1) != NULL)
        continue; /* until the first block is full */
    in.at += 3;
    assert_int_equal(dname_read(&in, arena, &name), STATUS_NO_MEMORY);
    assert_null(dname_copy(arena, dname_root).wire);
    arena_free(arena);
}

static void plain_names_have_no_pointers(void **state)
{
    static const uint8_t octets[] = "\1a\0\xc0\0";
    struct cursor in = cursor_of(slice_of(octets, 5));
    struct dname name;

    (void)state;
    assert_int_equal(dname_read_plain(&in, &name), STATUS_OK);
    assert_ptr_equal(name.wire, octets);
    assert_int_equal(dname_read_plain(&in, &name), STATUS_MALFORMED);
    assert_true(cursor_failed(&in));
}

/* RFC 4034 section 6.1: its own example, in order, and a few more. */
static void canonical_order(void **state)
{
    static const char *const sorted[] = {
        ".",
        "example.",
        "a.example.",
        "yljkjljk.a.example.",
        "Z.a.example.",
        "zABC.a.EXAMPLE.",
        "z.example.",
        "\\001.z.example.",
        "*.z.example.",
        "\\200.z.example.",
        "exampleA.",
        "aa.exampleA.",
        "aaa.exampleA.",
    };
    uint8_t a_storage[DNAME_MAX], b_storage[DNAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(sorted); i++) {
        for (size_t j = 0; j < COUNT(sorted); j++) {
            int order =
                dname_compare(name_of(sorted[i], a_storage), name_of(sorted[j], b_storage));

            if ((order < 0) != (i < j) || (order > 0) != (i > j))
                fail_msg("%s and %s: %d", sorted[i], sorted[j], order);
        }
    }
}

static const struct {
    const char *why, *a, *b;
    uint8_t common;
    bool equal, a_at_or_below_b, a_below_b;
} pairs[] = {
    {"the same", "a.b.", "a.b.", 2, true, true, false},
    {"case", "A.b.", "a.B.", 2, true, true, false},
    {"below", "x.a.b.", "a.b.", 2, false, true, true},
    {"above", "a.b.", "x.a.b.", 2, false, false, false},
    {"below the root", "a.", ".", 0, false, true, true},
    {"the root twice", ".", ".", 0, true, true, false},
    {"siblings", "a.c.", "b.c.", 1, false, false, false},
    {"strangers", "a.b.", "a.c.", 0, false, false, false},
    {"equal labels that do not reach the root", "a.x.b.", "a.x.c.", 0, false, false, false},
    {"equal octets at the end, not at a label", "xa.b.", "a.b.", 1, false, false, false},
    {"an octet that looks like a length", "\\001a.b.", "a.b.", 1, false, false, false},
    {"neighbours of the letters are not letters", "@[.", "`{.", 0, false, false, false},
    {"octets above 127 are not letters", "\\193\\225.", "\\225\\225.", 0, false, false, false},
    {"long labels, case in the ninth octet", "abcdefghIjklmnopQ.x.", "abcdefghijklmnopq.x.", 2,
     true, true, false},
};

static uint64_t whole_hash(struct dname name, struct hash_key key)
{
    return dname_hash_beside(name, 1, key);
}

/* Whatever the size: an octet that differs is seen, a letter's case is not. */
static void each_octet_counts(void **state)
{
    const struct hash_key key = {4711, 815};
    uint8_t a_storage[DNAME_MAX], b_storage[DNAME_MAX];
    char text[64 + 1];

    (void)state;
    for (size_t size = 1; size <= 63; size++) {
        struct dname a, b;

        memset(text, 'q', size);
        text[size] = '\0';
        a = name_of(text, a_storage);
        b = name_of(text, b_storage);
        for (size_t i = 1; i <= size; i++) {
            b_storage[i] = 'Q';
            assert_true(dname_equal(a, b));
            assert_true(whole_hash(a, key) == whole_hash(b, key));
            b_storage[i] = 'r';
            assert_false(dname_equal(a, b));
            assert_false(whole_hash(a, key) == whole_hash(b, key));
            b_storage[i] = 'q';
        }
    }
}

static void relatives(void **state)
{
    const struct hash_key key = {4711, 815};
    uint8_t a_storage[DNAME_MAX], b_storage[DNAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct dname a = name_of(pairs[i].a, a_storage), b = name_of(pairs[i].b, b_storage);

        if (dname_equal(a, b) != pairs[i].equal || dname_equal(b, a) != pairs[i].equal ||
            dname_common_labels(a, b) != pairs[i].common ||
            dname_common_labels(b, a) != pairs[i].common ||
            dname_is_at_or_below(a, b) != pairs[i].a_at_or_below_b ||
            dname_is_below(a, b) != pairs[i].a_below_b ||
            (dname_hash(a, key) == dname_hash(b, key)) != pairs[i].equal ||
            (whole_hash(a, key) == whole_hash(b, key)) != pairs[i].equal ||
            (dname_compare(a, b) == 0) != pairs[i].equal)
            fail_msg("%s and %s: %s", pairs[i].a, pairs[i].b, pairs[i].why);
    }
}

static void every_ancestor_has_its_hash(void **state)
{
    const struct hash_key key = {1, 2}, other = {1, 3};
    uint64_t hashes[DNAME_LABELS_MAX + 1];
    uint8_t storage[DNAME_MAX];
    struct dname name = name_of("a.bc.Example.longer-than-eight.org.", storage);

    (void)state;
    dname_hashes(name, key, hashes);
    for (uint8_t i = 0; i <= name.labels; i++) {
        assert_int_equal(hashes[i], dname_hash(dname_ancestor(name, i), key));
        for (uint8_t j = 0; j < i; j++)
            assert_int_not_equal(hashes[i], hashes[j]);
    }
    assert_int_not_equal(dname_hash(name, key), dname_hash(name, other));
}

/* Copies have it, and no other name that is made of this one. */
static void a_hash_is_carried_along(void **state)
{
    const struct hash_key key = {4711, 815};
    uint8_t storage[DNAME_MAX], other[DNAME_MAX];
    struct dname plain = name_of("a.Example.org.", storage), made;
    struct dname name = dname_hashed(plain, key);

    (void)state;
    assert_int_not_equal(name.hash, 0);
    assert_int_equal(plain.hash, 0);
    assert_int_equal(name.hash, dname_hash_whole(plain, key));
    assert_true(dname_hash_beside(name, 1, key) == dname_hash_beside(plain, 1, key));
    assert_false(dname_hash_beside(name, 1, key) == dname_hash_beside(name, 2, key));
    assert_int_equal(dname_store(name, other).hash, name.hash);
    assert_int_equal(dname_store_lower(name, other).hash, name.hash);
    assert_int_equal(dname_ancestor(name, name.labels).hash, name.hash);
    assert_int_equal(dname_parent(name).hash, 0);
    assert_int_equal(dname_ancestor(name, 1).hash, 0);
    assert_int_equal(dname_join(name, 1, name, other, &made), STATUS_OK);
    assert_int_equal(made.hash, 0);
}

static void each_is_hashed_once(void **state)
{
    struct hashed hashed = {.key = {4711, 815}}, none = {.key = {0, 0}};
    uint8_t storage[DNAME_MAX];
    struct dname name = name_of("a.b.c.d.e.f.g.h.Example.org.", storage);

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (struct dname at = name; at.labels > 0; at = dname_parent(at)) {
            struct dname got = hashed_name(&hashed, at);

            assert_true(got.wire == at.wire && got.size == at.size && got.labels == at.labels);
            assert_int_equal(got.hash, dname_hash_whole(at, hashed.key));
            assert_int_equal(hashed_name(&none, at).hash, 0);
        }
    }
    /* what is kept is not worked out again: so this wrong one is believed */
    hashed.kept[1].hash ^= 1;
    assert_int_not_equal(hashed_name(&hashed, dname_ancestor(name, 1)).hash,
                         dname_hash_whole(dname_ancestor(name, 1), hashed.key));
}

static void walking_up(void **state)
{
    uint8_t storage[DNAME_MAX], other[DNAME_MAX];
    struct dname name = name_of("*.b.c.", storage);

    (void)state;
    assert_true(dname_is_wildcard(name));
    assert_false(dname_is_wildcard(dname_parent(name)));
    assert_false(dname_is_wildcard(name_of("*a.b.", other)));
    assert_true(dname_equal(dname_parent(name), name_of("b.c.", other)));
    assert_true(dname_equal(dname_ancestor(name, 1), name_of("c.", other)));
    assert_true(dname_equal(dname_ancestor(name, 9), name));
    assert_true(dname_is_root(dname_parent(dname_root)));
    assert_true(dname_is_root(dname_ancestor(name, 0)));
    assert_int_equal(dname_of_wire(storage).labels, 3);
    assert_int_equal(dname_of_wire(storage).size, 7);
}

static void joining(void **state)
{
    uint8_t a_storage[DNAME_MAX], b_storage[DNAME_MAX], c_storage[DNAME_MAX], out[DNAME_MAX];
    struct dname a = name_of("x.y.old.example.", a_storage);
    struct dname b = name_of("new.", b_storage), joined;

    (void)state;
    assert_int_equal(dname_join(a, 1, b, out, &joined), STATUS_OK);
    assert_true(dname_equal(joined, name_of("x.new.", c_storage)));
    assert_int_equal(joined.labels, 2);
    assert_int_equal(dname_join(a, 200, b, out, &joined), STATUS_OK);
    assert_true(dname_equal(joined, name_of("x.y.old.example.new.", c_storage)));
    assert_int_equal(
        dname_replace_suffix(a, name_of("OLD.example.", c_storage), b, out, &joined),
        STATUS_OK);
    assert_true(dname_equal(joined, name_of("x.y.new.", c_storage)));
    assert_int_equal(dname_join(b, 1, name_of(OF_255_OCTETS, a_storage), out, &joined),
                     STATUS_LIMIT); /* RFC 6672 section 2.2: YXDOMAIN */
}

static void copies(void **state)
{
    struct arena *arena = arena_new(0);
    uint8_t storage[DNAME_MAX], out[2 * DNAME_MAX];
    struct dname name = name_of("WWW.Example-With-A-Long-Label.ORG.", storage), copy;
    struct sink sink = sink_of(out, sizeof(out));
    char text[DNAME_TEXT_MAX];

    (void)state;
    copy = dname_copy(arena, name);
    assert_string_equal(dname_to_text(copy, text), "WWW.Example-With-A-Long-Label.ORG.");
    assert_ptr_not_equal(copy.wire, name.wire);
    copy = dname_copy_lower(arena, name);
    assert_string_equal(dname_to_text(copy, text), "www.example-with-a-long-label.org.");
    dname_write(&sink, name);
    dname_write_lower(&sink, name);
    assert_int_equal(sink.used, 2 * name.size);
    assert_memory_equal(out, name.wire, name.size);
    assert_memory_equal(out + name.size, copy.wire, copy.size);
    assert_int_equal(dname_from_text_in(arena, "a.b", &copy), STATUS_OK);
    assert_string_equal(dname_to_text(copy, text), "a.b.");
    arena_free(arena);
}

static void labels_one_by_one(void **state)
{
    uint8_t starts[DNAME_LABELS_MAX], storage[DNAME_MAX];
    struct dname name = name_of("aBcDeFgHi.b.AbCdEfGhI.", storage);

    (void)state;
    dname_label_starts(name, starts);
    assert_int_equal(starts[0], 0);
    assert_int_equal(starts[1], 10);
    assert_int_equal(starts[2], 12);
    assert_true(dname_label_equal(storage, storage + 12));
    assert_false(dname_label_equal(storage, storage + 10));
    assert_int_equal(dname_label_mix(7, storage), dname_label_mix(7, storage + 12));
    assert_int_not_equal(dname_label_mix(7, storage), dname_label_mix(8, storage));
    assert_int_not_equal(dname_label_mix(7, storage), dname_label_mix(7, storage + 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_both_ways),
        cmocka_unit_test(reasons_are_lower_case_without_final_dot),
        cmocka_unit_test(names_out_of_messages),
        cmocka_unit_test(pointers_cannot_make_a_name_too_long),
        cmocka_unit_test(chains_of_pointers_have_an_end),
        cmocka_unit_test(no_memory_is_an_ordinary_failure),
        cmocka_unit_test(plain_names_have_no_pointers),
        cmocka_unit_test(canonical_order),
        cmocka_unit_test(relatives),
        cmocka_unit_test(each_octet_counts),
        cmocka_unit_test(every_ancestor_has_its_hash),
        cmocka_unit_test(a_hash_is_carried_along),
        cmocka_unit_test(each_is_hashed_once),
        cmocka_unit_test(walking_up),
        cmocka_unit_test(joining),
        cmocka_unit_test(copies),
        cmocka_unit_test(labels_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
