/*
 * list.h - a doubly linked list whose links live inside its members.
 *
 * The list owns nothing. A link belongs to one list at a time; list_remove on a link that is in no
 * list does nothing, so that cleaning up twice is harmless.
 */
#ifndef TREESHREW_UTIL_LIST_H
#define TREESHREW_UTIL_LIST_H

#include "util/base.h"

struct link {
    struct link *before, *after;
};

struct list {
    struct link head; /* the ring's own link; an empty list's head points to itself */
};

static inline void list_init(struct list *list)
{
    list->head.before = list->head.after = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->head.after == &list->head;
}

static inline bool link_is_listed(const struct link *link)
{
    return link->after != NULL;
}

static inline void list_append(struct list *list, struct link *link)
{
    ASSERT(!link_is_listed(link));
    link->before = list->head.before;
    link->after = &list->head;
    link->before->after = link;
    list->head.before = link;
}

static inline void list_prepend(struct list *list, struct link *link)
{
    ASSERT(!link_is_listed(link));
    link->before = &list->head;
    link->after = list->head.after;
    link->after->before = link;
    list->head.after = link;
}

static inline void list_remove(struct link *link)
{
    if (!link_is_listed(link))
        return;
    link->before->after = link->after;
    link->after->before = link->before;
    link->before = link->after = NULL;
}

/** The first link, still in the list, or NULL. */
static inline struct link *list_first(const struct list *list)
{
    return list_is_empty(list) ? NULL : list->head.after;
}

/** Takes the first link out, or NULL. */
static inline struct link *list_take(struct list *list)
{
    struct link *first = list_first(list);

    if (first != NULL)
        list_remove(first);
    return first;
}

/* The body may remove the current link, but no other. */
#define LIST_EACH(list, at)                                                                    \
    for (struct link *at = (list)->head.after, *at##_next = at->after; at != &(list)->head;    \
         at = at##_next, at##_next = at->after)

#endif
