/*
 * cache_options.h - the values of the options of the caches.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_SERVICES_CACHE_OPTIONS_H
#define TREESHREW_SERVICES_CACHE_OPTIONS_H

#include "util/conf/opt.h"

#define OPTION OPTION_MEMBER
struct cache_options {
#include "services/cache/cache.opt.def"
};
#undef OPTION

#endif
