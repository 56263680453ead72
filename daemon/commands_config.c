/*
 * commands_config.c - the commands that show what the daemon was told.
 *
 * Called by control.c, in the main thread, where the settings change, too.
 */
#include <string.h>

#include "daemon/call.h"
#include "lib/options_values.h"

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
    if (place->file == NULL)
        outline_text(out, "origin", "default");
    else
        outline_printf(out, "origin", "%s:%d", place->file, place->line);
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
