/*
 * control_line_test.c - what passes between shrewctl and shrewd, whole, cut and broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/control_line.h"

#define BYTES(text) slice_of(text, sizeof(text) - 1)

static void requests_are_whole_or_not(void **state)
{
    static const struct {
        const char *text;
        int whole;
        const char *why;
    } cases[] = {
        {"", 0, "nothing yet"},
        {"shrewc", 0, "the beginning of the opening"},
        {"shrewctl 1 lines\n", 0, "no words yet"},
        {"shrewctl 1 lines\nstatus\n", 0, "the empty line is missing"},
        {"shrewctl 1 lines\nstatus\n\n", 1, "whole"},
        {"shrewctl 1 json\nflush\nname\na\n\n", 1, "whole, as JSON"},
        {"shrewctl 2 lines\n", -1, "another version"},
        {"GET / HTTP/1.0\r\n\r\n", -1, "another protocol"},
        {"x", -1, "one wrong octet is enough"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(control_request_is_whole(slice_of(cases[i].text, strlen(cases[i].text))),
                         cases[i].whole);
}

static void requests_come_back_as_written(void **state)
{
    struct arena *arena = arena_new(0);
    const char *words[] = {"flush", "name", "a b\\c"};
    struct control_request request = {OUTLINE_JSON, 3, words}, read;
    struct text text = text_in(arena);

    (void)state;
    assert_int_equal(control_request_write(&request, &text), STATUS_OK);
    assert_int_equal(control_request_read(slice_of(text.chars, text.used), arena, &read), STATUS_OK);
    assert_int_equal(read.form, OUTLINE_JSON);
    assert_int_equal(read.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(read.words[i], words[i]);
    words[1] = "two\nlines";
    assert_int_equal(control_request_write(&request, &text), STATUS_MALFORMED);
    words[1] = "";
    assert_int_equal(control_request_write(&request, &text), STATUS_MALFORMED);
    arena_free(arena);
}

static void broken_requests_are_refused(void **state)
{
    struct arena *arena = arena_new(0);
    struct control_request read;
    struct text text = text_in(arena);

    (void)state;
    assert_int_equal(control_request_read(BYTES(""), arena, &read), STATUS_MALFORMED);
    assert_int_equal(control_request_read(BYTES("shrewctl 1 lines\n\n"), arena, &read),
                     STATUS_MALFORMED);
    assert_int_equal(control_request_read(BYTES("shrewctl 1 lines\na\n"), arena, &read),
                     STATUS_MALFORMED);
    assert_int_equal(control_request_read(BYTES("shrewctl 1 lines\na\n\nb\n\n"), arena, &read),
                     STATUS_MALFORMED);
    assert_int_equal(control_request_read(BYTES("shrewctl 1 lines\na\0b\n\n"), arena, &read),
                     STATUS_MALFORMED);
    text_add(&text, "shrewctl 1 lines\n");
    for (int i = 0; i <= CONTROL_WORDS_MAX; i++)
        text_add(&text, "w\n");
    text_add(&text, "\n");
    assert_int_equal(control_request_read(slice_of(text.chars, text.used), arena, &read),
                     STATUS_LIMIT);
    arena_free(arena);
}

static void answers_are_cut_or_whole(void **state)
{
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);
    enum control_result result;
    size_t used, size;

    (void)state;
    control_answer_begin(CONTROL_FAILED, 42, &text);
    assert_true(control_answer_read(slice_of(text.chars, text.used), &result, &used, &size));
    assert_int_equal(result, CONTROL_FAILED);
    assert_int_equal(used, text.used);
    assert_int_equal(size, 42);
    for (size_t cut = 0; cut < text.used; cut++)
        assert_false(control_answer_read(slice_of(text.chars, cut), &result, &used, &size));
    assert_false(control_answer_read(BYTES("done x\n"), &result, &used, &size));
    assert_false(control_answer_read(BYTES("done -1\n"), &result, &used, &size));
    assert_false(control_answer_read(BYTES("donee 1\n"), &result, &used, &size));
    arena_free(arena);
}

/* The longest command that the words begin with. */
static void commands_are_found(void **state)
{
    static const struct {
        const char *words[4];
        const char *found;
        size_t used;
    } cases[] = {
        {{"status"}, "status", 1},
        {{"flush", "name", "a"}, "flush name", 2},
        {{"flush"}, NULL, 0},
        {{"stat"}, NULL, 0},
        {{"status2"}, NULL, 0},
        {{"Status"}, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *words[4];
        struct control_request request = {.words = words};
        size_t used;
        int found;

        memcpy(words, cases[i].words, sizeof(words));
        while (request.count < 4 && words[request.count] != NULL)
            request.count++;
        found = command_find(&request, &used);
        assert_int_equal(found >= 0, cases[i].found != NULL);
        if (found >= 0)
            assert_string_equal(command_lines[found].words, cases[i].found);
        assert_int_equal(used, cases[i].used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_whole_or_not),
        cmocka_unit_test(requests_come_back_as_written),
        cmocka_unit_test(broken_requests_are_refused),
        cmocka_unit_test(answers_are_cut_or_whole),
        cmocka_unit_test(commands_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
