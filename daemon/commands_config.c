/*
 * commands_config.c - the commands that show what the daemon was told, and change it.
 *
 * Called by control.c, in the main thread, where the settings change, too.
 */
#include <string.h>

#include "daemon/change.h"
#include "lib/options_values.h"
#include "util/conf/known.h"

static void tell(void *context, const struct option_value *value)
{
    struct outline *out = context;
    const struct conf_place *place = &value->place;

    outline_open_row(out);
    outline_bare(out, "option", value->name);
    if (value->section != NULL && strcmp(value->section, "server") != 0)
        outline_text(out, "section", value->section);
    if (value->part != 0)
        outline_number(out, "number", value->part);
    outline_text(out, "value", value->value == NULL ? "" : value->value);
    outline_text(out, "origin", change_origin(*place, out->text.arena));
    outline_close(out);
}

static size_t show(struct call *call, const char *name)
{
    size_t told;

    outline_open_list(&call->out, "options");
    told = options_values(resolver_options(call->server->shared), name, call->arena, tell,
                          &call->out);
    outline_close(&call->out);
    return told;
}

void command_config_show(struct call *call)
{
    (void)show(call, NULL);
    call_done(call);
}

void command_config_get(struct call *call)
{
    if (show(call, call->words[0]) == 0)
        call_misused(call, "there is no option \"%s\"; shrewctl config show lists them",
                     call->words[0]);
    else
        call_done(call);
}

/* ---- set and unset ---- */

static const struct change_kind option_kind = {"option", "server", ""};

/* What is known of Unbound and not done, or needs a restart, is refused here. What nobody knows is
 * left to the table, which has a guess. @return false: the call has ended. */
static bool may_set(struct call *call, const char *name)
{
    const struct conf *conf = &resolver_options(call->server->shared)->conf;
    const struct opt_desc *option =
        opt_find(conf_part_of(conf, "server")->section, name, &(size_t){0});
    const struct known_option *known = known_option("server", name);
    const char *later = known_later(name);

    if (option == NULL)
        option = opt_find(conf_part_of(conf, "remote-control")->section, name, &(size_t){0});
    if (option != NULL && option->reload == OPT_RESTART)
        call_failed(call, "%s takes effect at a restart only: put it into the configuration file "
                          "and restart", name);
    else if (option == NULL && known != NULL)
        call_failed(call, "%s has no effect: %s", name, known->reason);
    else if (option != NULL && later != NULL)
        call_failed(call, "%s has no effect yet: %s", name, later);
    else
        return true;
    return false;
}

static struct change_plan *plan_option(struct call *call, const char *name,
                                       struct change_entry **entry)
{
    struct change_plan *plan = ARENA_NEW(call->arena, struct change_plan);
    const char *other = known_alias(name);

    *entry = ARENA_NEW(call->arena, struct change_entry);
    if (plan == NULL || *entry == NULL) {
        call_failed(call, "out of memory");
        return NULL;
    }
    (*entry)->subject =
        (struct overlay_subject){"server", other != NULL ? other : name, false, dname_root};
    plan->kind = &option_kind;
    plan->entries = *entry;
    plan->count = 1;
    return plan;
}

void command_config_set(struct call *call)
{
    size_t count = call->count - 1;
    struct change_entry *entry;
    struct change_plan *plan = plan_option(call, call->words[0], &entry);
    struct overlay_value *values = ARENA_ARRAY(call->arena, struct overlay_value, count);

    if (plan == NULL || !may_set(call, entry->subject.option))
        return;
    entry->command = change_command(call, "config set", call->count);
    if (values == NULL || entry->command == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = (struct overlay_value){entry->subject.option, call->words[1 + i], 4 + (int)i};
    entry->values = values;
    entry->count = count;
    change_add(call, plan);
}

/* Where the option stands when nothing was set. */
static bool edit_unset(struct change *change, struct call *call, struct overlay *overlay)
{
    const struct change_plan *plan = CONTAINER_OF(change, struct change_plan, change);
    const struct overlay_subject *subject = &plan->entries[0].subject;
    struct conf_place place = options_place(call->server->read, "server", subject->option);
    bool was_set = overlay_take_back(overlay, subject) > 0;

    if (overlay_show(overlay, subject) || was_set)
        return true;
    if (place.file != NULL)
        call_failed(call, "%s was not set at run time: it stands in %s:%d", subject->option,
                    place.file, place.line);
    else
        call_failed(call, "%s was not set at run time", subject->option);
    return false;
}

static void tell_unset(struct change *change, struct call *call)
{
    const struct change_plan *plan = CONTAINER_OF(change, struct change_plan, change);

    log_line(call->server->log, LOG_LEVEL_INFO, "event=changed uid=%lu command=%s",
             (unsigned long)control_client_uid(call->client), plan->entries[0].command);
    (void)show(call, plan->entries[0].subject.option);
}

void command_config_unset(struct call *call)
{
    struct change_entry *entry;
    struct change_plan *plan = plan_option(call, call->words[0], &entry);

    if (plan == NULL)
        return;
    entry->command = change_command(call, "config unset", 1);
    plan->change = (struct change){edit_unset, tell_unset};
    call->change = &plan->change;
    server_change(call->server, &plan->change, call);
}
