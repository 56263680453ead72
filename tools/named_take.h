/*
 * named_take.h - the recursive part of a named.conf, as our own configuration.
 *
 * Called by shrew-checkconf --from-named. What named.conf says becomes options, with its
 * places, so that a value that cannot be is told where it stands; what has no counterpart is
 * left out with a warning that says so.
 */
#ifndef TREESHREW_TOOLS_NAMED_TAKE_H
#define TREESHREW_TOOLS_NAMED_TAKE_H

#include "tools/named_acl.h"

/**
 * An options_reader (lib/options.h); what it needs to know of the machine comes with its
 * context.
 */
struct named_source {
    const char *file;
    struct slice text;
    const struct conf_files *files;
    const struct named_interface *interfaces;
    size_t interface_count;
};
enum status named_take(void *source, struct conf *conf);

#endif
