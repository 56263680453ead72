/*
 * named_acl.h - address match lists of named.conf: who is meant.
 *
 * In named.conf the first element that matches decides; in access-control the longest netblock
 * does. So a list is asked netblock by netblock: every address of a netblock that lies in no
 * longer one of those that the lists name is matched by the same elements.
 */
#ifndef TREESHREW_TOOLS_NAMED_ACL_H
#define TREESHREW_TOOLS_NAMED_ACL_H

#include "tools/named_syntax.h"
#include "util/addr.h"

/** An address of this machine, and how much of it is its network's. */
struct named_interface {
    struct addr addr;
    uint8_t bits;
};

struct named_list;

/** What lists are made from. Zeroed but for the first three. */
struct named_lists {
    const struct named_block *top;            /* where "acl" gives names to lists */
    const struct named_interface *interfaces; /* what "localhost" and "localnets" stand for */
    size_t interface_count;
    struct arena *arena;
    struct conf_report *report;
    size_t elements;      /* of all lists so far, with those that they name */
    bool used_interfaces; /* a list depends on the addresses that the machine has now */
    bool is_too_long, no_memory;
};

/** Elements of all lists together; a list may name others, and they others. */
enum { NAMED_ELEMENTS_MAX = 20000, NAMED_NESTING_MAX = 16 };

/** @param word the block; NULL: there is no list. @return NULL then, and without memory, which
 *         `lists` notes. */
struct named_list *named_list(struct named_lists *lists, const struct named_word *word);

enum named_match { NAMED_NO_MATCH, NAMED_POSITIVE, NAMED_NEGATIVE };

/** What the list says to all addresses of the netblock that lie in no longer one of its own. */
enum named_match named_match(const struct named_list *list, const struct netblock *block);

/** Every netblock that the list names, in its order; "any" is both whole address spaces. */
void named_each_block(const struct named_list *list,
                      void (*each)(void *context, const struct netblock *block), void *context);

#endif
