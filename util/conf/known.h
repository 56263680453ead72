/*
 * known.h - names of unbound.conf that are recognised although nothing is done with them.
 *
 * Read by conf.c when a name is not in our tables. The list and its reasons: known.def.
 */
#ifndef TREESHREW_UTIL_CONF_KNOWN_H
#define TREESHREW_UTIL_CONF_KNOWN_H

#include "util/base.h"

struct known_option {
    const char *section, *name;
    size_t words; /* that follow it */
    const char *reason;
};

/** @return NULL: not known. */
const struct known_option *known_option(const char *section, const char *name);

/** The reason why a section is passed over; NULL: not known. */
const char *known_section(const char *name);

/** Our name for an older name of the same option; NULL: none. */
const char *known_alias(const char *name);

/** Why an option of ours has no effect yet; NULL: it has. */
const char *known_later(const char *name);

/** The n-th name of all (options and aliases), for "did you mean"; NULL behind the last. */
const char *known_name(size_t n);
const char *known_section_name(size_t n);

#endif
