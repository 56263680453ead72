/*
 * top.h - `shrewctl top`: what a running shrewd does, as a live view.
 *
 * The daemon tells totals (daemon/commands_top.c); here two of them become what happened in
 * between (top_sample.c, top_view.c), and that is drawn or printed.
 */
#ifndef TREESHREW_TOOLS_TOP_H
#define TREESHREW_TOOLS_TOP_H

enum top_form {
    TOP_LIVE, /* until q; where that is no terminal, as TOP_ONCE */
    TOP_ONCE, /* one picture in plain text, of one second */
    TOP_JSON  /* the same numbers */
};

/** @return what shrewctl ends with (enum control_result, CONTROL_NOT_RUNNING). */
int top_run(const char *path, enum top_form form);

#endif
