/*
 * form.h - what a word of a value must look like: an address, a name, a port range ...
 *
 * The "unit" of a TEXT or LIST option names one form for each word. Looks at syntax only;
 * whether an address exists or a file is there is for others. Called by opt.c.
 */
#ifndef TREESHREW_UTIL_CONF_FORM_H
#define TREESHREW_UTIL_CONF_FORM_H

#include "util/base.h"

struct form {
    const char *name;
    const char *wanted; /* "an address, as 192.0.2.1" */
    bool (*is_good)(const char *word);
};

/** The form of the n-th word of a unit ("name zone-type"); n must be below form_count. */
const struct form *form_of(const char *unit, size_t n);

/** The n-th form of all, for the manual; NULL behind the last. */
const struct form *form_at(size_t n);

/** How many words the unit speaks of; 1 for an empty unit. */
size_t form_count(const char *unit);

#endif
