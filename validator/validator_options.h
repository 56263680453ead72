/*
 * validator_options.h - the values of the options of validation.
 *
 * Filled by lib/options.c from a configuration, read by whoever needs the values. Plain data;
 * the texts belong to the struct options that holds this struct.
 */
#ifndef TREESHREW_VALIDATOR_OPTIONS_H
#define TREESHREW_VALIDATOR_OPTIONS_H

#include "util/conf/opt.h"

#define OPTION OPTION_MEMBER
struct validator_options {
#include "validator/validator.opt.def"
};
#undef OPTION

#endif
