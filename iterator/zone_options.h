/*
 * zone_options.h - one stub-zone section, one forward-zone section.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_ITERATOR_ZONE_OPTIONS_H
#define TREESHREW_ITERATOR_ZONE_OPTIONS_H

#include "util/conf/opt.h"

/** The order of the names in forward.opt.def. */
enum forward_policy { FORWARD_ORDER, FORWARD_FASTEST, FORWARD_SPREAD, FORWARD_PARALLEL };

#define OPTION OPTION_MEMBER
struct stub_options {
#include "iterator/stub.opt.def"
};
#undef OPTION

#define OPTION OPTION_MEMBER
struct forward_options {
#include "iterator/forward.opt.def"
};
#undef OPTION

#endif
