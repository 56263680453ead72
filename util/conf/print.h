/*
 * print.h - a configuration as YAML.
 *
 * Called by lib/options.c for shrew-checkconf: so an unbound.conf turns into a shrewd.yaml.
 */
#ifndef TREESHREW_UTIL_CONF_PRINT_H
#define TREESHREW_UTIL_CONF_PRINT_H

#include "util/conf/conf.h"

/** @param all also what was not set and has a default. @return NULL: no memory. */
char *print_yaml(const struct conf *conf, bool all, struct arena *arena);

#endif
