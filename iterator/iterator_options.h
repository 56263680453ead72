/*
 * iterator_options.h - the values of the options of the iterator.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_ITERATOR_OPTIONS_H
#define TREESHREW_ITERATOR_OPTIONS_H

#include "util/conf/opt.h"

#define OPTION OPTION_MEMBER
struct iterator_options {
#include "iterator/iterator.opt.def"
};
#undef OPTION

#endif
