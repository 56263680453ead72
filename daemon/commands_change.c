/*
 * commands_change.c - the commands that add, remove and list zones and records at run time.
 *
 * Called by control.c, in the main thread. Words are looked at here as far as a name goes;
 * whether a value is good is said by the table of options, as it is for a file.
 */
#include <string.h>

#include "daemon/change.h"

static const struct change_kind forward_kind = {"forward zone", "forward-zone", "name"};
static const struct change_kind stub_kind = {"stub zone", "stub-zone", "name"};
static const struct change_kind local_zone_kind = {"local zone", "server", "local-zone"};
static const struct change_kind local_data_kind = {"local data", "server", "local-data"};
static const struct change_kind insecure_kind = {"insecure name", "server", "domain-insecure"};

/* @return NULL: no memory, and the call has ended. */
static struct change_plan *plan_new(struct call *call, const struct change_kind *kind,
                                    struct change_entry **entries, size_t count)
{
    struct change_plan *plan = ARENA_NEW(call->arena, struct change_plan);

    *entries = ARENA_ARRAY(call->arena, struct change_entry, count);
    if (plan == NULL || *entries == NULL) {
        call_failed(call, "out of memory");
        return NULL;
    }
    plan->kind = kind;
    plan->entries = *entries;
    plan->count = count;
    return plan;
}

/* One thing of that name is gone. @param command "forward remove". */
static void remove_named(struct call *call, const struct change_kind *kind, const char *command)
{
    struct change_entry *entries;
    struct change_plan *plan = plan_new(call, kind, &entries, 1);

    if (plan == NULL || !change_subject(call, kind, call->words[0], &entries[0].subject))
        return;
    entries[0].command = change_command(call, command, 1);
    change_remove(call, plan);
}

/* An item of a list: "NAME" or "NAME TYPE" of the command's words. */
static void add_item(struct call *call, const struct change_kind *kind, const char *command)
{
    struct change_entry *entries;
    struct change_plan *plan = plan_new(call, kind, &entries, 1);
    struct overlay_value *value = ARENA_NEW(call->arena, struct overlay_value);
    const char *text = call->count == 1
                           ? call->words[0]
                           : arena_printf(call->arena, "%s %s", call->words[0], call->words[1]);

    if (plan == NULL || !change_subject(call, kind, call->words[0], &entries[0].subject))
        return;
    entries[0].command = change_command(call, command, call->count);
    if (value == NULL || text == NULL || entries[0].command == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    *value = (struct overlay_value){kind->option, text, 2 + (int)call->count};
    entries[0].values = value;
    entries[0].count = 1;
    change_add(call, plan);
}

/* ---- forward and stub zones ---- */

/* What a word of "add" behind the zone says. */
struct zone_words {
    const struct change_kind *kind, *other; /* of the other one no zone may have that name */
    const char *command;
    const char *addr, *first, *tcp, *tls; /* options of the section */
};

static const struct zone_words forward_words = {&forward_kind,         &stub_kind,
                                                "forward add",         "forward-addr",
                                                "forward-first",       "forward-tcp-upstream",
                                                "forward-tls-upstream"};
static const struct zone_words stub_words = {
    &stub_kind,   &forward_kind,       "stub add",         "stub-addr",
    "stub-first", "stub-tcp-upstream", "stub-tls-upstream"};

static struct overlay_value zone_value(const struct zone_words *words, const char *text,
                                       int word)
{
    if (strcmp(text, "--first") == 0)
        return (struct overlay_value){words->first, "yes", word};
    if (strcmp(text, "--tcp") == 0)
        return (struct overlay_value){words->tcp, "yes", word};
    if (strcmp(text, "--tls") == 0)
        return (struct overlay_value){words->tls, "yes", word};
    return (struct overlay_value){words->addr, text, word};
}

static void say_origin(void *context, const struct options_word *word)
{
    struct call *call = context;

    call->own = (void *)change_origin(word->place, call->arena);
}

/* @return false: it is taken, and the call has ended. */
static bool is_free(struct call *call, const struct zone_words *words,
                    const struct overlay_subject *subject)
{
    struct overlay_subject other = *subject;

    other.section = words->other->section;
    if (options_words(resolver_options(call->server->shared), &other, say_origin, call) == 0)
        return true;
    call_failed(call, "there is a %s of that name (%s); remove it first", words->other->what,
                (const char *)call->own);
    return false;
}

static void add_zone(struct call *call, const struct zone_words *words)
{
    struct change_entry *entries;
    struct change_plan *plan = plan_new(call, words->kind, &entries, 1);
    struct overlay_value *values = ARENA_ARRAY(call->arena, struct overlay_value, call->count);
    bool has_address = false;

    if (plan == NULL ||
        !change_subject(call, words->kind, call->words[0], &entries[0].subject) ||
        !is_free(call, words, &entries[0].subject))
        return;
    entries[0].command = change_command(call, words->command, call->count);
    if (values == NULL || entries[0].command == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    values[0] = (struct overlay_value){"name", call->words[0], 3};
    for (size_t i = 1; i < call->count; i++) {
        values[i] = zone_value(words, call->words[i], 3 + (int)i);
        if (strncmp(call->words[i], "--", 2) == 0 && values[i].option == words->addr) {
            call_misused(call, "\"%s\" is unknown; --first, --tcp and --tls are there",
                         call->words[i]);
            return;
        }
        has_address = has_address || values[i].option == words->addr;
    }
    if (!has_address) {
        call_misused(call, "an address is missing, as 192.0.2.1 or 192.0.2.1@5353");
        return;
    }
    entries[0].values = values;
    entries[0].count = call->count;
    change_add(call, plan);
}

void command_forward_add(struct call *call)
{
    add_zone(call, &forward_words);
}

void command_forward_remove(struct call *call)
{
    remove_named(call, &forward_kind, "forward remove");
}

void command_stub_add(struct call *call)
{
    add_zone(call, &stub_words);
}

void command_stub_remove(struct call *call)
{
    remove_named(call, &stub_kind, "stub remove");
}

/* ---- local zones and data, insecure names ---- */

void command_local_zone_add(struct call *call)
{
    add_item(call, &local_zone_kind, "local-zone add");
}

void command_local_zone_remove(struct call *call)
{
    remove_named(call, &local_zone_kind, "local-zone remove");
}

void command_insecure_add(struct call *call)
{
    add_item(call, &insecure_kind, "insecure add");
}

void command_insecure_remove(struct call *call)
{
    remove_named(call, &insecure_kind, "insecure remove");
}

/* @return false: no name stands first, and the call has ended. */
static bool read_record(struct call *call, const char *text, struct change_entry *entry,
                        struct overlay_value *value)
{
    uint8_t storage[DNAME_MAX];
    struct dname name;

    if (!options_item_name("local-data", text, storage, &name)) {
        call_misused(call,
                     "\"%.200s\" does not begin with a domain name; a record is expected, as "
                     "\"www.example. A 192.0.2.1\"",
                     text);
        return false;
    }
    *value = (struct overlay_value){"local-data", text, 3};
    *entry = (struct change_entry){
        .subject = {"server", "local-data", true, dname_copy(call->arena, name)},
        .command = arena_printf(call->arena, "local-data add %.160s", text),
        .values = value,
        .count = 1};
    if (entry->command != NULL && entry->subject.name.wire != NULL)
        return true;
    call_failed(call, "out of memory");
    return false;
}

void command_local_data_add(struct call *call)
{
    struct change_entry *entries;
    struct change_plan *plan = plan_new(call, &local_data_kind, &entries, call->count);
    struct overlay_value *values = ARENA_ARRAY(call->arena, struct overlay_value, call->count);

    if (plan == NULL)
        return;
    if (values == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    for (size_t i = 0; i < call->count; i++)
        if (!read_record(call, call->words[i], &entries[i], &values[i]))
            return;
    plan->is_beside = true;
    change_add(call, plan);
}

/* Names of addresses may be said by local-data-ptr as well. */
void command_local_data_remove(struct call *call)
{
    struct change_entry *entries;
    struct change_plan *plan = plan_new(call, &local_data_kind, &entries, 2);

    if (plan == NULL ||
        !change_subject(call, &local_data_kind, call->words[0], &entries[0].subject))
        return;
    entries[0].command = change_command(call, "local-data remove", 1);
    entries[1] = entries[0];
    entries[1].subject.option = "local-data-ptr";
    change_remove(call, plan);
}

/* ---- lists ---- */

static void add_servers(struct text *text, const struct conf_part *part, const char *option)
{
    const struct opt_list *list;
    size_t index;

    if (opt_find(part->section, option, &index) == NULL)
        return;
    list = conf_member(part, index);
    for (size_t i = 0; i < list->count; i++) {
        text_add(text, text->used > 0 ? " " : "");
        text_add(text, list->items[i].text);
    }
}

static void list_zone(void *context, const struct options_word *word)
{
    struct call *call = context;
    struct outline *out = &call->out;
    struct text servers = text_in(call->arena);
    char name[DNAME_TEXT_MAX];

    add_servers(&servers, word->part, "forward-addr");
    add_servers(&servers, word->part, "forward-host");
    add_servers(&servers, word->part, "stub-addr");
    add_servers(&servers, word->part, "stub-host");
    outline_open_row(out);
    outline_bare(out, "zone", dname_to_reason(word->name, name));
    outline_text(out, "servers", servers.used > 0 ? text_done(&servers) : "");
    outline_text(out, "origin", change_origin(word->place, call->arena));
    outline_close(out);
}

static void list_item(void *context, const struct options_word *word)
{
    struct call *call = context;
    struct outline *out = &call->out;
    const char *rest = word->text + strcspn(word->text, " \t");
    char name[DNAME_TEXT_MAX];

    outline_open_row(out);
    outline_bare(out, "name", dname_to_reason(word->name, name));
    if (*rest != '\0')
        outline_text(out, "value", rest + strspn(rest, " \t"));
    outline_text(out, "origin", change_origin(word->place, call->arena));
    outline_close(out);
}

static void list(struct call *call, const struct change_kind *kind, const char *key,
                 options_tell_word *tell)
{
    struct overlay_subject all = {kind->section, kind->option, false, dname_root};
    const struct options *options = resolver_options(call->server->shared);

    outline_open_list(&call->out, key);
    (void)options_words(options, &all, tell, call);
    if (kind == &local_data_kind) {
        all.option = "local-data-ptr";
        (void)options_words(options, &all, tell, call);
    }
    outline_close(&call->out);
    call_done(call);
}

void command_forward_list(struct call *call)
{
    list(call, &forward_kind, "forward zones", list_zone);
}

void command_stub_list(struct call *call)
{
    list(call, &stub_kind, "stub zones", list_zone);
}

void command_local_zone_list(struct call *call)
{
    list(call, &local_zone_kind, "local zones", list_item);
}

void command_local_data_list(struct call *call)
{
    list(call, &local_data_kind, "local data", list_item);
}

void command_insecure_list(struct call *call)
{
    list(call, &insecure_kind, "insecure names", list_item);
}
