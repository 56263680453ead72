/*
 * setup.c - reads a configuration for the daemon, and files that it names.
 *
 * Called by server.c. Nothing here takes effect; that is the caller's to decide when all is
 * read.
 */
#include "daemon/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/options_files.h"
#include "lib/options_overlay.h"
#include "util/text.h"

enum { NAMED_FILE_MAX = 16 << 20, PIECE = 65536 };

static bool begin(struct setup *setup)
{
    *setup = (struct setup){.arena = arena_new(0)};
    if (setup->arena == NULL)
        return false;
    conf_report_init(&setup->report, setup->arena);
    return true;
}

/* What was set at run time comes over what was read. */
static bool finish(struct setup *setup, struct overlay *overlay)
{
    setup->options = overlay == NULL ? options_ref(setup->read)
                                     : options_with(setup->read, overlay, &setup->report);
    if (setup->options == NULL || conf_failed(&setup->report))
        return false;
    setup->root = setup->options->daemon.chroot;
    return true;
}

bool setup_read(struct setup *setup, const char *path, struct overlay *overlay)
{
    if (!begin(setup))
        return false;
    setup->read = options_new();
    if (setup->read == NULL) {
        setup->report.no_memory = true;
        return false;
    }
    if (path != NULL && options_read_file(setup->read, path, &setup->report) != STATUS_OK)
        return false;
    return !conf_failed(&setup->report) && finish(setup, overlay);
}

bool setup_change(struct setup *setup, struct options *read, struct overlay *overlay)
{
    if (!begin(setup))
        return false;
    setup->read = options_ref(read);
    return finish(setup, overlay);
}

void setup_clear(struct setup *setup)
{
    options_free(setup->options);
    options_free(setup->read);
    arena_free(setup->arena);
    *setup = (struct setup){.arena = NULL};
}

static const char *read_open_file(FILE *file, struct arena *arena)
{
    struct text text = text_in(arena);
    char piece[PIECE];
    size_t size;

    while ((size = fread(piece, 1, sizeof(piece), file)) > 0) {
        if (text.used + size > NAMED_FILE_MAX) {
            errno = EFBIG;
            return NULL;
        }
        text_add_slice(&text, slice_of(piece, size));
    }
    if (ferror(file))
        return NULL;
    errno = ENOMEM;
    return text.used == 0 ? "" : text_done(&text);
}

const char *setup_read_file(void *report, const char *name, struct arena *arena)
{
    const struct setup *setup =
        CONTAINER_OF((struct conf_report *)report, struct setup, report);
    FILE *file = fopen(options_path_inside(setup->root, name), "re");
    const char *text;
    int error;

    if (file == NULL)
        return NULL;
    text = read_open_file(file, arena);
    error = errno;
    fclose(file);
    errno = error;
    return text;
}

static void log_note(const struct conf_note *note, struct log *log, struct arena *arena)
{
    const char *line = conf_note_line(note, arena);

    log_line(log, note->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "event=config msg=%s",
             line != NULL ? line : note->words);
}

void setup_log(const struct setup *setup, struct log *log, size_t lines_max)
{
    const struct conf_report *report = &setup->report;
    size_t lines = 0;

    if (setup->arena == NULL || report->no_memory) {
        log_line(log, LOG_LEVEL_ERROR, "event=config msg=out of memory");
        return;
    }
    for (int errors = 1; errors >= 0; errors--)
        for (size_t i = 0; i < report->count && lines < lines_max; i++)
            if (report->notes[i].is_error == (errors == 1)) {
                log_note(&report->notes[i], log, setup->arena);
                lines++;
            }
    if (report->errors + report->warnings > lines)
        log_line(log, LOG_LEVEL_WARN, "event=config msg=and %zu more; `shrewd -t` shows them",
                 report->errors + report->warnings - lines);
}
