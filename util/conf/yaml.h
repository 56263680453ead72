/*
 * yaml.h - reads a configuration in YAML. The only file that knows libyaml is yaml.c.
 *
 * Called by lib/options.c. A document is a map of sections, a section a map of options:
 *
 *   server:
 *     interface: [127.0.0.1, "::1"]
 *     access-control: {10.0.0.0/8: allow}
 *   forward-zone:
 *     - {name: example.org, forward-addr: 192.0.2.1}
 */
#ifndef TREESHREW_UTIL_CONF_YAML_H
#define TREESHREW_UTIL_CONF_YAML_H

#include "util/conf/conf.h"

/**
 * Reads a text into a configuration. Anchors, aliases and a second document are refused; a
 * scalar where a list is possible is a list of one.
 *
 * @param file stands in messages and places; copied.
 * @return STATUS_OK even after errors, which are in the report of conf; STATUS_NO_MEMORY.
 */
enum status yaml_read(struct conf *conf, const char *file, struct slice text);

/** The version of libyaml, as "0.2.5", for `shrewd -V`. */
const char *yaml_library_version(void);

#endif
