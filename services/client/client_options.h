/*
 * client_options.h - the values of the options of serving clients.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_SERVICES_CLIENT_OPTIONS_H
#define TREESHREW_SERVICES_CLIENT_OPTIONS_H

#include "util/conf/opt.h"

#define OPTION OPTION_MEMBER
struct client_options {
#include "services/client/client.opt.def"
};
#undef OPTION

#endif
