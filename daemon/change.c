/*
 * change.c - carries out the plans of commands that change settings, and answers them.
 *
 * Called by those commands, and through reload.c when it is a plan's turn. All in the main
 * thread.
 */
#include "daemon/change.h"

#include <stdio.h>
#include <string.h>

enum { COMMAND_TEXT_MAX = 160, PLACES_MAX = 20 };

const char *change_command(struct call *call, const char *words, size_t arguments)
{
    struct text text = text_in(call->arena);

    text_add(&text, words);
    for (size_t i = 0; i < arguments && i < call->count; i++) {
        if (text.used + strlen(call->words[i]) > COMMAND_TEXT_MAX) {
            text_add(&text, " ...");
            break;
        }
        text_add_char(&text, ' ');
        text_add(&text, call->words[i]);
    }
    return text_done(&text);
}

bool change_subject(struct call *call, const struct change_kind *kind, const char *name,
                    struct overlay_subject *subject)
{
    *subject = (struct overlay_subject){kind->section, kind->option, true, dname_root};
    return call_name(call, name, &subject->name);
}

const char *change_origin(struct conf_place place, struct arena *arena)
{
    if (place.file == NULL)
        return "default";
    if (conf_place_is_command(place))
        return "set";
    return arena_printf(arena, "%s:%d", place.file, place.line);
}

static void count_word(void *context, const struct options_word *word)
{
    (void)context;
    (void)word;
}

static bool is_in_files(const struct call *call, const struct overlay_subject *subject)
{
    return options_words(call->server->read, subject, count_word, NULL) > 0;
}

/* @return false: the call has ended. */
static bool went_well(struct call *call, enum status status)
{
    if (status == STATUS_LIMIT)
        call_failed(
            call,
            "too much is set at run time (%d statements or %d MiB at most): put some of it "
            "into the configuration file",
            OVERLAY_ENTRIES_MAX, OVERLAY_BYTES_MAX >> 20);
    else if (status != STATUS_OK)
        call_failed(call, "out of memory");
    return status == STATUS_OK;
}

/* ---- what to put into the file ---- */

static bool is_yaml(const char *path)
{
    const char *dot = path == NULL ? NULL : strrchr(path, '.');

    return dot == NULL || text_equal_nocase(dot, ".yaml") || text_equal_nocase(dot, ".yml");
}

static void say_lines(struct call *call, char *text)
{
    outline_open_list(&call->out, "lines");
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, "\n");
        char *next = text + size + (text[size] == '\n');

        text[size] = '\0';
        outline_text(&call->out, NULL, text);
        text = next;
    }
    outline_close(&call->out);
}

/* What is added, over nothing, is what is to be written. @return NULL: no memory. */
static char *lines_of_yaml(struct call *call, const struct change_plan *plan)
{
    struct conf_report *report = ARENA_NEW(call->arena, struct conf_report);
    struct options *nothing = options_new(), *options = NULL;
    struct overlay overlay;
    char *text = NULL;

    overlay_init(&overlay);
    for (size_t i = 0; i < plan->count; i++)
        (void)overlay_add(&overlay, &plan->entries[i].subject, "", plan->entries[i].values,
                          plan->entries[i].count);
    if (nothing != NULL && report != NULL) {
        conf_report_init(report, call->arena);
        options = options_with(nothing, &overlay, report);
    }
    if (options != NULL)
        text = options_print_yaml(options, false, call->arena);
    options_free(options);
    options_free(nothing);
    overlay_clear(&overlay);
    return text;
}

static void add_classic_value(struct text *text, const struct options *options,
                              const char *section, const struct overlay_value *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._:/@-";
    const struct opt_desc *option = NULL;
    char quote = strchr(value->text, '"') == NULL ? '"' : '\'';
    size_t index;

    for (size_t i = 0; i < options->conf.section_count && option == NULL; i++)
        if (strcmp(options->conf.sections[i].name, section) == 0)
            option = opt_find(&options->conf.sections[i], value->option, &index);
    text_printf(text, "    %s: ", value->option);
    if ((option != NULL && opt_word_count(option) > 1) ||
        (value->text[0] != '\0' && strspn(value->text, plain) == strlen(value->text)))
        text_printf(text, "%s\n", value->text);
    else
        text_printf(text, "%c%s%c\n", quote, value->text, quote);
}

static char *lines_of_classic(struct call *call, const struct change_plan *plan)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < plan->count; i++) {
        const struct change_entry *entry = &plan->entries[i];

        if (i == 0 || strcmp(entry->subject.section, "server") != 0)
            text_printf(&text, "%s:\n", entry->subject.section);
        for (size_t v = 0; v < entry->count; v++)
            add_classic_value(&text, call->server->read, entry->subject.section,
                              &entry->values[v]);
    }
    return text_done(&text);
}

/* ---- adding ---- */

/* The same record once more changes nothing. */
static bool is_set_already(const struct overlay *overlay, const struct change_entry *entry)
{
    const struct overlay_statement *found = NULL;

    while ((found = overlay_find(overlay, &entry->subject, found)) != NULL)
        if (strcmp(found->values[0].text, entry->values[0].text) == 0)
            return true;
    return false;
}

static bool edit_add(struct change *change, struct call *call, struct overlay *overlay)
{
    const struct change_plan *plan = CONTAINER_OF(change, struct change_plan, change);

    for (size_t i = 0; i < plan->count; i++) {
        const struct change_entry *entry = &plan->entries[i];
        enum status status = STATUS_OK;

        if (plan->is_beside && is_set_already(overlay, entry))
            continue;
        if (!plan->is_beside) {
            (void)overlay_take_back(overlay, &entry->subject);
            if (!entry->subject.has_name || is_in_files(call, &entry->subject))
                status = overlay_hide(overlay, &entry->subject);
        }
        if (status == STATUS_OK)
            status = overlay_add(overlay, &entry->subject, entry->command, entry->values,
                                 entry->count);
        if (!went_well(call, status))
            return false;
    }
    return true;
}

static void say_subject(struct call *call, const char *key, const struct change_plan *plan)
{
    const struct overlay_subject *subject = &plan->entries[0].subject;
    char name[DNAME_TEXT_MAX];

    if (plan->is_beside && plan->count > 1)
        outline_printf(&call->out, key, "%zu of %s", plan->count, plan->kind->what);
    else
        outline_printf(&call->out, key, "%s %s", plan->kind->what,
                       subject->has_name ? dname_to_reason(subject->name, name)
                                         : subject->option);
}

static void tell_add(struct change *change, struct call *call)
{
    const struct change_plan *plan = CONTAINER_OF(change, struct change_plan, change);
    const char *path = call->server->config_path;

    log_line(call->server->log, LOG_LEVEL_INFO, "event=changed uid=%lu command=%s",
             (unsigned long)control_client_uid(call->client), plan->entries[0].command);
    say_subject(call, "set", plan);
    if (plan->until != NULL) {
        outline_printf(&call->out, "until", "%s, or a restart", plan->until);
        return;
    }
    outline_printf(&call->out, "until", "a restart; to keep it, put these lines into %s",
                   path != NULL ? path : "a configuration file");
    say_lines(call, is_yaml(path) ? lines_of_yaml(call, plan) : lines_of_classic(call, plan));
}

void change_add(struct call *call, struct change_plan *plan)
{
    plan->change = (struct change){edit_add, tell_add};
    call->change = &plan->change;
    server_change(call->server, &plan->change, call);
}

/* ---- removing ---- */

/* All entries are about one thing: records may be said in two ways. */
static bool edit_remove(struct change *change, struct call *call, struct overlay *overlay)
{
    struct change_plan *plan = CONTAINER_OF(change, struct change_plan, change);
    char name[DNAME_TEXT_MAX];
    size_t hidden = 0;

    for (size_t i = 0; i < plan->count; i++) {
        const struct overlay_subject *subject = &plan->entries[i].subject;
        size_t entries;

        plan->removed += overlay_take_back(overlay, subject);
        entries = overlay->entries;
        if (is_in_files(call, subject) && !went_well(call, overlay_hide(overlay, subject)))
            return false;
        hidden += overlay->entries - entries;
    }
    if (plan->removed + hidden > 0)
        return true;
    call_failed(call, "there is no %s %s", plan->kind->what,
                dname_to_reason(plan->entries[0].subject.name, name));
    return false;
}

static void say_place(void *context, const struct options_word *word)
{
    struct call *call = context;

    outline_printf(&call->out, NULL, "%s:%d", word->place.file, word->place.line);
}

static void tell_remove(struct change *change, struct call *call)
{
    const struct change_plan *plan = CONTAINER_OF(change, struct change_plan, change);
    bool is_said = false;

    log_line(call->server->log, LOG_LEVEL_INFO, "event=changed uid=%lu command=%s",
             (unsigned long)control_client_uid(call->client), plan->entries[0].command);
    say_subject(call, "removed", plan);
    for (size_t i = 0; i < plan->count; i++)
        is_said = is_said || is_in_files(call, &plan->entries[i].subject);
    if (!is_said)
        return;
    outline_text(&call->out, "until",
                 "a restart; to keep it, take out what stands at these places");
    outline_open_list(&call->out, "places");
    for (size_t i = 0; i < plan->count; i++)
        (void)options_words(call->server->read, &plan->entries[i].subject, say_place, call);
    outline_close(&call->out);
}

void change_remove(struct call *call, struct change_plan *plan)
{
    plan->change = (struct change){edit_remove, tell_remove};
    call->change = &plan->change;
    server_change(call->server, &plan->change, call);
}
