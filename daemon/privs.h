/*
 * privs.h - the process and the system: background, pid file, root directory, user.
 *
 * Used by server.c at start, in the order in which they stand here.
 */
#ifndef TREESHREW_DAEMON_PRIVS_H
#define TREESHREW_DAEMON_PRIVS_H

#include "lib/options.h"
#include "util/log.h"

/**
 * Goes on in a child, in a session of its own; the parent waits for privs_ready and ends with 0
 * then, with 1 when the child ends before. @return -1: could not; else to be handed to
 * privs_ready.
 */
int privs_background(void);

/** Start is over: lets the parent go and the terminal too. */
void privs_ready(int background);

/** Descriptors that the process may have are raised to what it could need, as far as allowed.
 */
void privs_raise_files(uint64_t wanted);

/** Writes the process number. @return false: logged; the daemon runs without. */
bool privs_write_pid(const char *path, struct log *log);
/** Removes it if it is still ours to remove. */
void privs_remove_pid(const char *path);

/**
 * chdir; chroot and change of user when started as root; then every right but that to open
 * ports below 1024 is given up. @return false: logged.
 */
bool privs_drop(const struct options *options, struct log *log);

/** After that: files that were read as root but that the new user cannot read are told. */
void privs_tell_unreadable(const struct options *options, struct log *log);

#endif
