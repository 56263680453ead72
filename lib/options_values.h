/*
 * options_values.h - each option with its value and where it was said, one after the other.
 *
 * Called by the daemon's commands that show the configuration. Reads only.
 */
#ifndef TREESHREW_LIB_OPTIONS_VALUES_H
#define TREESHREW_LIB_OPTIONS_VALUES_H

#include "lib/options.h"

struct option_value {
    const char *section; /* "server" */
    unsigned part;       /* of a section that repeats: which one, from 1; else 0 */
    const char *name;
    const char *value;       /* as in a configuration; NULL: empty */
    struct conf_place place; /* file NULL: a default */
};

typedef void option_tell(void *context, const struct option_value *value);

/**
 * Tells every option in the order of its table; of a list each item, or once that it is empty.
 * @param name only options of this name; NULL: all. @param arena of the texts.
 * @return how many were told; 0 with a name: there is no such option.
 */
size_t options_values(const struct options *options, const char *name, struct arena *arena,
                      option_tell *tell, void *context);

#endif
