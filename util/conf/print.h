/*
 * print.h - a configuration as YAML.
 *
 * Called by lib/options.c for shrew-checkconf: so an unbound.conf turns into a shrewd.yaml.
 */
#ifndef TREESHREW_UTIL_CONF_PRINT_H
#define TREESHREW_UTIL_CONF_PRINT_H

#include "util/conf/conf.h"
#include "util/text.h"

/** @param all also what was not set and has a default. @return NULL: no memory. */
char *print_yaml(const struct conf *conf, bool all, struct arena *arena);

/** A word as a text of YAML, in quotes where it needs them. */
void print_word(struct text *text, const char *word);

#endif
