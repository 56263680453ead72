/*
 * schema.h - what the table of options says, for people (the manual) and for editors (JSON
 * schema).
 *
 * Called by lib/options.c for shrew-checkconf, which the build runs to make doc/shrewd.yaml.5.
 */
#ifndef TREESHREW_UTIL_CONF_SCHEMA_H
#define TREESHREW_UTIL_CONF_SCHEMA_H

#include "util/conf/opt.h"

/** JSON schema (draft 2020-12) of a configuration in YAML. @return NULL: no memory. */
char *schema_json(const struct opt_section *sections, size_t count, struct arena *arena);

/** The options section by section, in man macros. @return NULL: no memory. */
char *schema_manual(const struct opt_section *sections, size_t count, struct arena *arena);

#endif
