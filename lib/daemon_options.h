/*
 * daemon_options.h - the values of the options of the process, of remote control and of dnstap.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_LIB_DAEMON_OPTIONS_H
#define TREESHREW_LIB_DAEMON_OPTIONS_H

#include "util/conf/opt.h"

#define OPTION OPTION_MEMBER
struct daemon_options {
#include "lib/daemon.opt.def"
};
#undef OPTION

#define OPTION OPTION_MEMBER
struct control_options {
#include "lib/control.opt.def"
};
#undef OPTION

#define OPTION OPTION_MEMBER
struct dnstap_options {
#include "lib/dnstap.opt.def"
};
#undef OPTION

#endif
