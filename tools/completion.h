/*
 * completion.h - what a shell needs to complete the command line of shrewctl and its siblings.
 *
 * Called by shrewctl.c for the build (--completion SHELL), with the tables of commands and
 * options; so a new command is completed without a further line.
 */
#ifndef TREESHREW_TOOLS_COMPLETION_H
#define TREESHREW_TOOLS_COMPLETION_H

#include "lib/options.h"
#include "util/text.h"

/**
 * @param shell "bash", "zsh" or "fish".
 * @return false: no such shell; nothing was added. Out of memory shows at text_done.
 */
bool completion_print(const char *shell, const struct options *options, struct text *text);

#endif
