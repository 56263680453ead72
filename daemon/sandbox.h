/*
 * sandbox.h - after the start the daemon reaches only the files that its configuration names.
 *
 * Closed by server.c before the threads start (they inherit it), asked by reload.c and by the
 * command "status".
 */
#ifndef TREESHREW_DAEMON_SANDBOX_H
#define TREESHREW_DAEMON_SANDBOX_H

#include "lib/options.h"
#include "util/log.h"

struct sandbox;

/**
 * Gathers the folders of all files that are named, and shuts everything else off as far as the
 * system can. @return NULL: no memory.
 */
struct sandbox *sandbox_close(const struct options *options, struct log *log);
void sandbox_free(struct sandbox *sandbox);

/** "landlock abi 3", "off", "none: this kernel has no landlock" ... */
const char *sandbox_state(const struct sandbox *sandbox);

/**
 * Whether the files of a new configuration can be reached.
 * @return false: each that cannot is an error in the report.
 */
bool sandbox_covers(const struct sandbox *sandbox, const struct options *options,
                    struct conf_report *report);

#endif
