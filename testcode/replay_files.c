/*
 * replay_files.c - written files of a scenario, and the comparison with what is expected.
 */
#include "testcode/replay_files.h"

#include <string.h>

bool replay_files_write(struct replay_files *files, const char *name, const char *text)
{
    struct written_file *written = ARENA_NEW(files->arena, struct written_file);

    if (written == NULL)
        return false;
    written->name = arena_text(files->arena, name);
    written->text = arena_text(files->arena, text);
    if (written->name == NULL || written->text == NULL)
        return false;
    written->next = files->written;
    files->written = written;
    return true;
}

const char *replay_files_text(const struct replay_files *files, const char *id)
{
    const struct scenario_file *file = scenario_file_by_id(files->scenario, id);

    if (file == NULL)
        return NULL;
    for (const struct written_file *written = files->written; written != NULL;
         written = written->next)
        if (strcmp(written->name, file->name) == 0)
            return written->text;
    return file->text;
}

/* @return false at the end of the text. */
static bool take_line(const char **at, struct slice *line)
{
    size_t size = strcspn(*at, "\n"), used = size;

    *line = slice_of("nothing", 7);
    if (**at == '\0')
        return false;
    while (used > 0 && strchr(" \t\r", (*at)[used - 1]) != NULL)
        used--;
    *line = slice_of(*at, used);
    *at += size + ((*at)[size] == '\n');
    return true;
}

const char *replay_files_compare(const char *text, const char *expected, struct arena *arena)
{
    for (int number = 1;; number++) {
        struct slice is, wanted;
        bool has_line = take_line(&text, &is), wants_line = take_line(&expected, &wanted);

        if (!has_line && !wants_line)
            return NULL;
        if (!has_line || !wants_line || !slice_equal(is, wanted))
            return arena_printf(arena,
                                "line %d of the file\n  expected: %.*s\n  is:       %.*s",
                                number, (int)wanted.size, (const char *)wanted.data,
                                (int)is.size, (const char *)is.data);
    }
}
