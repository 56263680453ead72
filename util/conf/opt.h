/*
 * opt.h - one table of options: what the readers fill and everything else reads.
 *
 * An option is one line in a *.opt.def file beside the code that uses it. The same line makes the
 * member of a struct, the descriptor from which both readers (YAML, unbound.conf) parse it, its
 * default and range, the manual and the JSON schema. Each floor has its own struct of values
 * (struct iterator_options, ...); lib/options.c gathers structs and tables.
 *
 *   OPTION(member, kind, default, low, high, "unit", reload, "What it does.")
 *
 * member:  the C member; the option's name has "-" for each "_".
 * kind:    BOOL   bool            yes/no/true/false/on/off
 *          UINT   uint32_t        decimal, low..high
 *          INT    int32_t         decimal, may be negative
 *          SIZE   uint64_t        octets; k, m, g suffixes (1024)
 *          TEXT   const char *    any text; default a literal or NULL; low/high unused (0)
 *          LIST   struct opt_list repeated key or YAML sequence; default NULL (empty) or a literal
 *                                 with items separated by '\n'
 *          CHOICE uint32_t        one of names; low..high index the list; "unit" holds the names,
 *                                 separated by '|'; default is an index
 * reload:  RELOAD takes effect at a reload, RESTART needs a restart.
 */
#ifndef TREESHREW_UTIL_CONF_OPT_H
#define TREESHREW_UTIL_CONF_OPT_H

#include "util/base.h"

/** One item of a LIST and where it was said. Words of one item are joined by single spaces. */
struct opt_item {
    const char *text;
    const char *file; /* NULL: a default */
    int line, column;
};

struct opt_list {
    size_t count;
    struct opt_item *items;
};

enum opt_kind { OPT_BOOL, OPT_UINT, OPT_INT, OPT_SIZE, OPT_TEXT, OPT_LIST, OPT_CHOICE };
enum opt_reload { OPT_RELOAD, OPT_RESTART };

/* Members of a struct of values: #define OPTION OPTION_MEMBER, #include the table, #undef. */
#define OPT_C_TYPE_BOOL bool
#define OPT_C_TYPE_UINT uint32_t
#define OPT_C_TYPE_INT int32_t
#define OPT_C_TYPE_SIZE uint64_t
#define OPT_C_TYPE_TEXT const char *
#define OPT_C_TYPE_LIST struct opt_list
#define OPT_C_TYPE_CHOICE uint32_t
#define OPTION_MEMBER(member, kind, default_, low, high, unit, reload, text)                   \
    OPT_C_TYPE_##kind member;

#endif
