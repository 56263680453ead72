/*
 * control_line.c - reads and writes both halves of a talk on the control socket.
 *
 * Called by shrewctl and by the daemon. The daemon's input comes from whoever may open the
 * socket; it is read with the same care as any other.
 */
#include "lib/control_line.h"

#include <stdio.h>
#include <string.h>

static const char *const openings[] = {"shrewctl 1 lines\n", "shrewctl 1 json\n"};
static const char *const results[] = {"done", "failed", "usage"};

const struct command_line command_lines[] = {
#define COMMAND(ident, words, arguments, least, most, text) {words, arguments, least, most, text},
#include "lib/commands.def"
#undef COMMAND
};
const size_t command_line_count = COUNT(command_lines);

/* ---- request ---- */

/* The opening that the bytes begin with, or may still come to begin with; -1: none of them. */
static int opening_of(struct slice bytes, bool *is_whole)
{
    for (size_t i = 0; i < COUNT(openings); i++) {
        size_t size = strlen(openings[i]);

        *is_whole = bytes.size >= size;
        if (memcmp(bytes.data, openings[i], size_min(size, bytes.size)) == 0)
            return (int)i;
    }
    return -1;
}

int control_request_is_whole(struct slice bytes)
{
    bool opened;

    if (bytes.size == 0)
        return 0;
    if (opening_of(bytes, &opened) < 0)
        return -1;
    return opened && memcmp(bytes.data + bytes.size - 2, "\n\n", 2) == 0;
}

enum status control_request_read(struct slice bytes, struct arena *arena,
                                 struct control_request *out)
{
    bool opened = false;
    int form = bytes.size == 0 ? -1 : opening_of(bytes, &opened);
    const char *at, *end = (const char *)bytes.data + bytes.size;

    if (form < 0 || !opened || control_request_is_whole(bytes) != 1 ||
        memchr(bytes.data, '\0', bytes.size) != NULL)
        return STATUS_MALFORMED;
    *out = (struct control_request){form == 1 ? OUTLINE_JSON : OUTLINE_LINES, 0, NULL};
    out->words = ARENA_ARRAY(arena, const char *, CONTROL_WORDS_MAX);
    if (out->words == NULL)
        return STATUS_NO_MEMORY;
    for (at = (const char *)bytes.data + strlen(openings[form]); *at != '\n';) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct slice word = slice_of(at, (size_t)(stop - at));
        char *copy;

        if (out->count == CONTROL_WORDS_MAX)
            return STATUS_LIMIT;
        copy = (char *)arena_bytes(arena, word.size + 1);
        if (copy == NULL)
            return STATUS_NO_MEMORY;
        memcpy(copy, word.data, word.size);
        copy[word.size] = '\0';
        out->words[out->count++] = copy;
        at = stop + 1;
    }
    return at + 1 == end && out->count > 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status control_request_write(const struct control_request *request, struct text *out)
{
    text_add(out, openings[request->form == OUTLINE_JSON]);
    for (size_t i = 0; i < request->count; i++) {
        if (request->words[i][0] == '\0' || strchr(request->words[i], '\n') != NULL)
            return STATUS_MALFORMED;
        text_add(out, request->words[i]);
        text_add_char(out, '\n');
    }
    text_add_char(out, '\n');
    return STATUS_OK;
}

/* ---- answer ---- */

void control_answer_begin(enum control_result result, size_t size, struct text *out)
{
    text_printf(out, "%s %zu\n", results[result], size);
}

bool control_answer_read(struct slice bytes, enum control_result *result, size_t *used,
                         size_t *size)
{
    const uint8_t *stop = bytes.size == 0 ? NULL : memchr(bytes.data, '\n', bytes.size);
    char line[64];
    uint64_t number;

    if (stop == NULL || (size_t)(stop - bytes.data) >= sizeof(line))
        return false;
    memcpy(line, bytes.data, (size_t)(stop - bytes.data));
    line[stop - bytes.data] = '\0';
    *used = (size_t)(stop - bytes.data) + 1;
    for (size_t i = 0; i < COUNT(results); i++) {
        size_t length = strlen(results[i]);

        if (strncmp(line, results[i], length) != 0 || line[length] != ' ')
            continue;
        if (text_read_u64(line + length + 1, SIZE_MAX / 2, &number) != STATUS_OK)
            return false;
        *result = (enum control_result)i;
        *size = (size_t)number;
        return true;
    }
    return false;
}

/* ---- commands ---- */

/* How many words of the request spell out the command; 0: it is another. */
static size_t words_matched(const char *command, const struct control_request *request)
{
    size_t used = 0;

    while (*command != '\0') {
        size_t size = strcspn(command, " ");

        if (used == request->count || strlen(request->words[used]) != size ||
            strncmp(request->words[used], command, size) != 0)
            return 0;
        used++;
        command += size + (command[size] == ' ');
    }
    return used;
}

int command_find(const struct control_request *request, size_t *used)
{
    int found = -1;

    *used = 0;
    for (size_t i = 0; i < COUNT(command_lines); i++) {
        size_t matched = words_matched(command_lines[i].words, request);

        if (matched > *used) {
            *used = matched;
            found = (int)i;
        }
    }
    return found;
}
