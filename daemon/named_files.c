/*
 * named_files.c - looks for paths in the tables of options.
 */
#include "daemon/named_files.h"

#include <string.h>

#include "lib/options_files.h"

/* Everything else is only read. A socket to connect to counts as written, for unveil. */
static const char *const written[] = {"auto-trust-anchor-file", "cache-file", "cookie-secret-file",
                                      "logfile", "pidfile", "control-socket",
                                      "dnstap-socket-path"};
/* Where paths begin, not what is opened. */
static const char *const folders[] = {"directory", "chroot"};

struct telling {
    const struct options *options;
    void (*tell)(void *context, const struct named_file *file);
    void *context;
};

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static void tell_one(const struct telling *telling, const struct opt_desc *option,
                     const char *name, const char *path, struct conf_place place)
{
    const char *root = telling->options->daemon.chroot;
    struct named_file file = {.option = name,
                              .place = place,
                              .is_written = is_one_of(name, written, COUNT(written)),
                              .at_start_only = option->reload == OPT_RESTART};

    if (path == NULL || path[0] == '\0')
        return;
    file.path = options_path_inside(root, path);
    telling->tell(telling->context, &file);
}

static void tell_option(const struct telling *telling, const struct conf_part *part,
                        size_t index, const struct opt_desc *option)
{
    char name[OPT_NAME_MAX];
    const void *member = conf_member(part, index);

    opt_name(option, name);
    if (strcmp(option->unit, "path") != 0 || is_one_of(name, folders, COUNT(folders)))
        return;
    if (option->kind == OPT_TEXT) {
        tell_one(telling, option, name, *(const char *const *)member, part->places[index]);
    } else if (option->kind == OPT_LIST) {
        const struct opt_list *list = member;

        for (size_t i = 0; i < list->count; i++)
            tell_one(telling, option, name, list->items[i].text,
                     (struct conf_place){list->items[i].file, list->items[i].line,
                                         list->items[i].column});
    }
}

void named_files_tell(const struct options *options,
                      void (*tell)(void *context, const struct named_file *file), void *context)
{
    const struct telling telling = {options, tell, context};

    for (const struct options_seen *seen = options->seen; seen != NULL; seen = seen->next) {
        struct named_file file = {.path =
                                      options_path_inside(options->daemon.chroot, seen->path),
                                  .is_folder = seen->is_folder};

        tell(context, &file);
    }
    for (const struct conf_part *part = options->conf.first; part != NULL; part = part->next)
        for (size_t i = 0, offset; i < opt_count(part->section); i++)
            tell_option(&telling, part, i, opt_at(part->section, i, &offset));
}
