/*
 * arena_test.c - pieces, limits and the way back to an empty arena.
 */
#include "util/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void pieces_are_apart(void **state)
{
    struct arena *arena = arena_new(0);
    uint8_t *pieces[400];

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        pieces[i] = i % 2 == 0 ? arena_alloc(arena, i) : arena_bytes(arena, i);
        assert_non_null(pieces[i]);
        for (size_t n = 0; i % 2 == 0 && n < i; n++)
            assert_int_equal(pieces[i][n], 0);
        memset(pieces[i], (int)(i % 251), i);
    }
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t n = 0; n < i; n++)
            assert_int_equal(pieces[i][n], i % 251);
    arena_free(arena);
}

static void pieces_are_aligned(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 1; i < 300; i++) {
        assert_non_null(arena_bytes(arena, i % 7));
        assert_int_equal((uintptr_t)arena_alloc(arena, i) % _Alignof(max_align_t), 0);
    }
    arena_free(arena);
}

static void large_pieces(void **state)
{
    struct arena *arena = arena_new(0);
    uint8_t *small = arena_alloc(arena, 10), *large = arena_alloc(arena, 1000000);

    (void)state;
    assert_non_null(large);
    memset(small, 1, 10);
    memset(large, 2, 1000000);
    assert_int_equal(small[9], 1);
    assert_true(arena_size_bytes(arena) >= 1000000);
    arena_free(arena);
}

static void the_limit_is_kept(void **state)
{
    static const size_t limits[] = {4096, 5000, 10000, 100000};

    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct arena *arena = arena_new(limits[i]);
        size_t taken = 0;

        while (arena_bytes(arena, 100) != NULL)
            taken += 100;
        assert_true(arena_size_bytes(arena) <= limits[i]);
        /* What blocks themselves take must not eat the limit up. */
        assert_true(taken >= limits[i] - limits[i] / 8 - 200);
        assert_null(arena_alloc(arena, 100));
        assert_null(arena_alloc(arena, SIZE_MAX / 2));
        arena_reset(arena);
        assert_non_null(arena_bytes(arena, 100));
        arena_free(arena);
    }
}

static void reset_gives_memory_back(void **state)
{
    struct arena *arena = arena_new(0);
    size_t at_first = arena_size_bytes(arena);
    void *first = arena_alloc(arena, 8);

    (void)state;
    assert_non_null(arena_alloc(arena, 100000));
    assert_true(arena_size_bytes(arena) > 100000);
    arena_reset(arena);
    assert_int_equal(arena_size_bytes(arena), at_first);
    assert_ptr_equal(arena_alloc(arena, 8), first);
    arena_free(arena);
    arena_free(NULL);
}

static void texts(void **state)
{
    struct arena *arena = arena_new(0), *full = arena_new(1);
    struct slice copy;
    char long_text[3000];

    (void)state;
    assert_string_equal(arena_text(arena, "words"), "words");
    assert_string_equal(arena_printf(arena, "%d-%s", 42, "x"), "42-x");
    memset(long_text, 'a', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    assert_string_equal(arena_printf(arena, "%s", long_text), long_text);
    copy = arena_copy(arena, slice_of("abc", 3));
    assert_true(slice_equal(copy, slice_of("abc", 3)));
    assert_int_equal(arena_copy(arena, slice_of(NULL, 0)).size, 0);
    while (arena_bytes(full, 1) != NULL)
        continue;
    assert_null(arena_text(full, "words"));
    assert_null(arena_printf(full, "%d", 1));
    assert_null(arena_copy(full, slice_of("abc", 3)).data);
    arena_free(arena);
    arena_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_apart),
        cmocka_unit_test(pieces_are_aligned),
        cmocka_unit_test(large_pieces),
        cmocka_unit_test(the_limit_is_kept),
        cmocka_unit_test(reset_gives_memory_back),
        cmocka_unit_test(texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
