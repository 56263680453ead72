/*
 * control_line_fuzz.c - whatever comes in on the control socket; what is taken is written back
 * alike.
 */
#include "lib/control_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct control_request request;
    enum control_result result;
    size_t used, more;

    if (arena == NULL)
        return 0;
    if (control_request_is_whole(slice_of(data, size)) == 1 &&
        control_request_read(slice_of(data, size), arena, &request) == STATUS_OK) {
        struct text text = text_in(arena);

        if (control_request_write(&request, &text) == STATUS_OK && text_done(&text) != NULL)
            ASSERT(slice_equal(slice_of(text.chars, text.used), slice_of(data, size)));
        ASSERT(command_find(&request, &used) < (int)command_line_count &&
               used <= request.count);
    }
    if (control_answer_read(slice_of(data, size), &result, &used, &more))
        ASSERT(used <= size && result <= CONTROL_USAGE);
    arena_free(arena);
    return 0;
}
