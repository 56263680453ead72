/*
 * starter.h - a first configuration, in YAML, with what the table of options says as comments.
 *
 * Called by lib/options.c for shrew-checkconf, which the build runs to make the file that is
 * installed.
 */
#ifndef TREESHREW_UTIL_CONF_STARTER_H
#define TREESHREW_UTIL_CONF_STARTER_H

#include "util/conf/opt.h"

enum starter_kind { STARTER_SET, STARTER_DEFAULT, STARTER_EXAMPLE };

struct starter {
    const char *section, *option;
    enum starter_kind kind;
    const char *value; /* NULL: the default */
};

/**
 * Sections in the order in which the list names them first; an option that is there several
 * times becomes a list. @return NULL: no memory, or a name that no table has.
 */
char *starter_yaml(const struct opt_section *sections, size_t section_count,
                   const struct starter *list, size_t count, struct arena *arena);

#endif
