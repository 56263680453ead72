/*
 * dns64_options.h - the values of the options of DNS64.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_DNS64_OPTIONS_H
#define TREESHREW_DNS64_OPTIONS_H

#include "util/conf/opt.h"

#define OPTION OPTION_MEMBER
struct dns64_options {
#include "dns64/dns64.opt.def"
};
#undef OPTION

#endif
